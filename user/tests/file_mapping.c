/*
 * file_mapping: a shared mapping and read/write show the same bytes at once; what lies past the end of a file, or was
 * cut off it, is SIGBUS, for private copies too; and grows back as zeros. msync's errors.
 * The file: in the folder given, or the working directory.
 */
#include "test.h"

#define N	8			/* pages of the file */

static int fd;
static volatile char *where;
static void touch(void) { char c = *where; (void)c; }
static void poke(void) { *where = 1; }
static int bus_read(volatile char *p) { where = p; return killed(in_child(touch), SIGBUS); }
static int bus_write(volatile char *p) { where = p; return killed(in_child(poke), SIGBUS); }

static char *
map(int prot, int flags, long pages)
{
	char *p = mmap(NULL, pages * PAGE, prot, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void
fill(void)
{
	char page[PAGE];

	CHECK(ftruncate(fd, 0) == 0);
	for (int i = 0; i < N; i++) {
		memset(page, 'a' + i, PAGE);
		CHECK(pwrite(fd, page, PAGE, i * PAGE) == PAGE);
	}
}

static void
same_bytes(void)
{
	char *m = map(PROT_READ | PROT_WRITE, MAP_SHARED, N), *r = map(PROT_READ, MAP_SHARED, N), buf[8];

	CHECK(m[3 * PAGE] == 'd' && r[3 * PAGE] == 'd');
	m[3 * PAGE + 1] = 'X';
	CHECK(r[3 * PAGE + 1] == 'X' && pread(fd, buf, 2, 3 * PAGE) == 2 && buf[1] == 'X');
	CHECK(pwrite(fd, "YZ", 2, 3 * PAGE + 1) == 2 && m[3 * PAGE + 1] == 'Y' && r[3 * PAGE + 2] == 'Z');
	/* Again after it went to the disk. */
	CHECK(msync(m, N * PAGE, MS_SYNC) == 0 && fsync(fd) == 0);
	m[3 * PAGE + 1] = 'V';
	CHECK(r[3 * PAGE + 1] == 'V' && pread(fd, buf, 2, 3 * PAGE + 1) == 2 && buf[0] == 'V');
	CHECK(munmap(m, N * PAGE) == 0 && pread(fd, buf, 1, 3 * PAGE + 1) == 1 && buf[0] == 'V');
	/* write() from a mapping of the same file, page to page, with nothing of it in the page table yet. */
	m = map(PROT_READ, MAP_SHARED, N);
	CHECK(pwrite(fd, m + 5 * PAGE, 100, 5 * PAGE + 7) == 100);
	CHECK(pwrite(fd, m + 6 * PAGE, PAGE, PAGE) == PAGE && r[PAGE] == 'g' && r[2 * PAGE - 1] == 'g');
	CHECK(munmap(m, N * PAGE) == 0 && munmap(r, N * PAGE) == 0);
}

static void
cut_off(void)
{
	char *m = map(PROT_READ | PROT_WRITE, MAP_SHARED, N), *c = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, N);

	for (int i = 0; i < N; i++) {
		CHECK(m[i * PAGE] == 'a' + i);
		c[i * PAGE] = 'C';
	}
	CHECK(ftruncate(fd, 2 * PAGE + 10) == 0);
	CHECK(m[2 * PAGE + 9] == 'c' && m[2 * PAGE + 10] == 0 && m[3 * PAGE - 1] == 0);
	CHECK(c[2 * PAGE] == 'C' && c[0] == 'C');
	CHECK(bus_read(m + 3 * PAGE) && bus_write(m + 3 * PAGE) && bus_read(m + 7 * PAGE));
	CHECK(bus_read(c + 3 * PAGE) && bus_write(c + 7 * PAGE));
	/* The kernel's own copies see it too. */
	CHECK_ERRNO(EFAULT, pwrite(fd, m + 4 * PAGE, 10, 0));
	CHECK(ftruncate(fd, 5 * PAGE) == 0);
	CHECK(m[2 * PAGE + 10] == 0 && m[3 * PAGE] == 0 && m[5 * PAGE - 1] == 0 && c[3 * PAGE] == 0);
	CHECK(bus_read(m + 5 * PAGE));
	m[4 * PAGE] = 'n';
	CHECK(c[4 * PAGE] == 'n');
	CHECK(munmap(m, N * PAGE) == 0 && munmap(c, N * PAGE) == 0);
}

/* Areas that were cut, moved, copied by fork: all are found when the file gets shorter. */
static char *moved;
static void
in_the_child(void)
{
	CHECK(bus_read(moved + 4 * PAGE) && moved[0] == 'a');
}

static void
cut_areas(void)
{
	char *m = map(PROT_READ | PROT_WRITE, MAP_SHARED, N), *to;
	int status, go[2];
	pid_t p;
	char b;

	for (int i = 0; i < N; i++)
		m[i * PAGE + 1] = 1;
	CHECK(munmap(m + 2 * PAGE, PAGE) == 0);
	CHECK(mprotect(m + 6 * PAGE, PAGE, PROT_READ) == 0);
	CHECK(mprotect(m + 6 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
	to = map_anon(4 * N * PAGE, PROT_NONE);
	CHECK(mremap(m + 3 * PAGE, 5 * PAGE, 5 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	CHECK(to[0] == 'd' && to[4 * PAGE] == 'h' && to[PAGE + 1] == 1);
	moved = map(PROT_READ, MAP_SHARED, N);
	CHECK(moved[4 * PAGE] == 'e' && pipe(go) == 0);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		CHECK(moved[4 * PAGE] == 'e' && read(go[0], &b, 1) == 1);
		in_the_child();
		_exit(0);
	}
	pause_ms(20);
	CHECK(ftruncate(fd, 4 * PAGE) == 0);
	CHECK(m[0] == 'a' && to[0] == 'd' && bus_read(to + PAGE) && bus_read(to + 4 * PAGE));
	CHECK(bus_read(moved + 4 * PAGE));
	CHECK(write(go[1], "x", 1) == 1 && waitpid(p, &status, 0) == p && exited(status, 0));
	CHECK(munmap(m, N * PAGE) == 0 && munmap(to, 4 * N * PAGE) == 0 && munmap(moved, N * PAGE) == 0);
	close(go[0]);
	close(go[1]);
}

static void
msync_errors(void)
{
	char *m = map(PROT_READ | PROT_WRITE, MAP_SHARED, 4);

	CHECK_ERRNO(EINVAL, msync(m + 1, PAGE, MS_SYNC));
	CHECK_ERRNO(EINVAL, msync(m, PAGE, MS_SYNC | MS_ASYNC));
	CHECK_ERRNO(EINVAL, msync(m, PAGE, 64));
	CHECK(msync(m, PAGE, 0) == 0 && msync(m, PAGE, MS_ASYNC | MS_INVALIDATE) == 0 && msync(m, 0, MS_SYNC) == 0);
	CHECK(munmap(m + PAGE, PAGE) == 0);
	CHECK_ERRNO(ENOMEM, msync(m, 4 * PAGE, MS_SYNC));
	CHECK(munmap(m, 4 * PAGE) == 0);
}

int
main(int argc, char **argv)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/file_mapping.%d", argc > 1 ? argv[1] : ".", getpid());
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && unlink(name) == 0);
	fill();
	same_bytes();
	fill();
	cut_off();
	fill();
	cut_areas();
	fill();
	msync_errors();
	return 0;
}
