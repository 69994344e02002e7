/* text_busy: a program that runs is not written to, and a file open for writing is not run: ETXTBSY, on every way. */
#include "test.h"

#define PROGRAM	"/tmp/busy.t"
#define OTHER	"/tmp/busy2.t"
#define SCRIPT	"/tmp/busy.sh"

static char self[256];

/* What matters of an ELF file's headers. */
struct elf_header { char ident[32]; uint64_t phoff; char skip[14]; uint16_t phentsize, phnum, rest[3]; };
struct elf_segment { uint32_t type, flags; uint64_t offset, vaddr, paddr, filesz, memsz, align; };
#define PT_LOAD		1
#define PT_INTERP	3

static void
copy(const char *from, const char *to, mode_t mode)
{
	static char buf[1 << 16];
	int in = open(from, O_RDONLY), out;
	ssize_t n;

	unlink(to);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL, mode);
	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof buf)) > 0)
		CHECK(write(out, buf, n) == n);
	close(in);
	close(out);
}

static void
script(const char *interpreter, const char *arg)
{
	char line[300];
	int n = snprintf(line, sizeof line, "#!%s %s\n", interpreter, arg), fd;

	unlink(SCRIPT);
	CHECK((fd = open(SCRIPT, O_WRONLY | O_CREAT | O_EXCL, 0755)) >= 0 && write(fd, line, n) == n && close(fd) == 0);
}

/* Run it with one argument. What execve says, or how it ended. */
static int
run(const char *path, const char *arg)
{
	char *argv[] = { (char *)path, (char *)arg, NULL };
	int status;
	pid_t p;

	fflush(stdout);
	p = vfork();
	CHECK(p >= 0);
	if (p == 0) {
		execve(path, argv, environ);
		_exit(100 + errno);
	}
	CHECK(waitpid(p, &status, 0) == p && WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define BUSY	(100 + ETXTBSY)

/* It is running: says so by a byte, and waits for its standard input to end. */
static pid_t
started(const char *path, const char *arg, int *end)
{
	char *argv[] = { (char *)path, (char *)arg, NULL }, c;
	int in[2], out[2];
	pid_t p;

	CHECK(pipe(in) == 0 && pipe(out) == 0);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execve(path, argv, environ);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	CHECK(read(out[0], &c, 1) == 1);
	close(out[0]);
	*end = in[1];
	return p;
}

static void
ended(pid_t p, int end)
{
	int status;

	close(end);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 7));
}

static void
refused(const char *path)
{
	CHECK_ERRNO(ETXTBSY, open(path, O_WRONLY));
	CHECK_ERRNO(ETXTBSY, open(path, O_RDWR));
	CHECK_ERRNO(ETXTBSY, open(path, O_WRONLY | O_APPEND));
	CHECK_ERRNO(ETXTBSY, open(path, O_WRONLY | O_TRUNC));
	CHECK_ERRNO(ETXTBSY, open(path, O_RDONLY | O_TRUNC));
	CHECK_ERRNO(ETXTBSY, open(path, O_WRONLY | O_CREAT, 0755));
	CHECK_ERRNO(ETXTBSY, truncate(path, 0));
	CHECK_ERRNO(EEXIST, open(path, O_WRONLY | O_CREAT | O_EXCL, 0755));
}

static void
allowed(const char *path)
{
	int fd = open(path, O_RDWR);

	CHECK(fd >= 0 && close(fd) == 0);
}

static void
running(void)
{
	char link[64];
	struct stat st;
	int end, fd;
	pid_t p;

	copy(self, PROGRAM, 0755);
	allowed(PROGRAM);
	p = started(PROGRAM, "wait", &end);
	refused(PROGRAM);
	snprintf(link, sizeof link, "/proc/%d/exe", p);
	refused(link);
	CHECK(stat(PROGRAM, &st) == 0 && st.st_size > 0);
	CHECK((fd = open(PROGRAM, O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK(chmod(PROGRAM, 0700) == 0);
	CHECK(run(PROGRAM, "seven") == 7);		/* runs twice, ends once */
	refused(PROGRAM);
	/* Another file takes its name: that one is nobody's program. */
	CHECK(rename(PROGRAM, OTHER) == 0);
	copy(self, PROGRAM, 0755);
	allowed(PROGRAM);
	refused(OTHER);
	ended(p, end);
	allowed(OTHER);
	CHECK(run(OTHER, "seven") == 7);

	/* Its children run from it, too, until they run something else. */
	p = started(PROGRAM, "parent", &end);
	refused(PROGRAM);
	ended(p, end);
	allowed(PROGRAM);
	p = started(PROGRAM, "successor", &end);
	allowed(PROGRAM);
	refused(OTHER);
	ended(p, end);
	allowed(OTHER);
}

static void
written(void)
{
	int fd, again;
	char *m;

	CHECK((fd = open(PROGRAM, O_WRONLY | O_APPEND)) >= 0);
	CHECK(run(PROGRAM, "seven") == BUSY);
	CHECK((again = dup(fd)) >= 0 && close(fd) == 0 && run(PROGRAM, "seven") == BUSY);
	CHECK(close(again) == 0 && run(PROGRAM, "seven") == 7);
	/* A mapping that may be stored to has it open. */
	CHECK((fd = open(PROGRAM, O_RDWR)) >= 0);
	m = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED && close(fd) == 0 && run(PROGRAM, "seven") == BUSY);
	CHECK(munmap(m, PAGE) == 0 && run(PROGRAM, "seven") == 7);
	/* By its descriptor, too. */
	CHECK((fd = open(PROGRAM, O_RDWR)) >= 0);
	CHECK_ERRNO(ETXTBSY, syscall(SYS_execveat, fd, "", (char *[]){ self, NULL }, environ, AT_EMPTY_PATH));
	close(fd);
}

static void
scripts(void)
{
	int fd, end;
	pid_t p;

	script(PROGRAM, "seven");
	CHECK(run(SCRIPT, "") == 7);
	CHECK((fd = open(SCRIPT, O_WRONLY)) >= 0 && run(SCRIPT, "") == BUSY && close(fd) == 0);
	CHECK((fd = open(PROGRAM, O_WRONLY)) >= 0 && run(SCRIPT, "") == BUSY && close(fd) == 0);
	CHECK(run(SCRIPT, "") == 7);
	/* What runs is the interpreter. */
	script(PROGRAM, "wait");
	p = started(SCRIPT, "", &end);
	allowed(SCRIPT);
	refused(PROGRAM);
	ended(p, end);
	CHECK(unlink(SCRIPT) == 0);
}

/* A program that asks for OTHER as its interpreter: a copy of this one, one of whose headers is made to say so. */
static void
dynamic(void)
{
	static const char name[] = OTHER;
	struct elf_header e;
	struct elf_segment p;
	off_t at, size;
	int fd;

	copy(self, PROGRAM, 0755);
	CHECK((fd = open(PROGRAM, O_RDWR)) >= 0 && read(fd, &e, sizeof e) == sizeof e);
	for (int i = 0; ; i++) {
		CHECK(i < e.phnum);
		at = e.phoff + i * e.phentsize;
		CHECK(pread(fd, &p, sizeof p, at) == sizeof p);
		if (p.type != PT_LOAD)
			break;
	}
	size = lseek(fd, 0, SEEK_END);
	CHECK(write(fd, name, sizeof name) == sizeof name);
	p.type = PT_INTERP;
	p.offset = size;
	p.filesz = p.memsz = sizeof name;
	CHECK(pwrite(fd, &p, sizeof p, at) == sizeof p && close(fd) == 0);
	CHECK((fd = open(OTHER, O_WRONLY)) >= 0 && run(PROGRAM, "seven") == BUSY && close(fd) == 0);
}

/* A file in memory counts when it is opened by its number, not by who made it. */
static void
in_memory(void)
{
	static char buf[1 << 16];
	int fd = syscall(SYS_memfd_create, "busy", 0), in = open(self, O_RDONLY), end;
	char name[64];
	ssize_t n;
	pid_t p;

	CHECK(fd >= 0 && in >= 0);
	while ((n = read(in, buf, sizeof buf)) > 0)
		CHECK(write(fd, buf, n) == n);
	close(in);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	CHECK(run(name, "seven") == 7);
	p = started(name, "wait", &end);
	CHECK_ERRNO(ETXTBSY, open(name, O_RDWR));
	CHECK_ERRNO(ETXTBSY, truncate(name, 0));
	ended(p, end);
	CHECK((in = open(name, O_RDWR)) >= 0 && run(name, "seven") == BUSY);
	close(in);
	close(fd);
}

/* ---- what is run ---- */

static int
wait_for_end(void)
{
	char c;

	if (write(1, "x", 1) != 1)
		return 1;
	return read(0, &c, 1) ? 1 : 7;
}

static int
parent(void)
{
	pid_t p = fork();

	if (p < 0)
		return 1;
	if (p == 0)
		return wait_for_end();
	return waitpid(p, NULL, 0) == p ? 7 : 1;
}

int
main(int argc, char **argv)
{
	ssize_t n;

	if (argc > 1 && !strcmp(argv[1], "seven"))
		return 7;
	if (argc > 1 && !strcmp(argv[1], "wait"))
		return wait_for_end();
	if (argc > 1 && !strcmp(argv[1], "parent"))
		return parent();
	if (argc > 1 && !strcmp(argv[1], "successor")) {
		execve(OTHER, (char *[]){ OTHER, "wait", NULL }, environ);
		return 1;
	}
	n = readlink("/proc/self/exe", self, sizeof self - 1);
	CHECK(n > 0);
	running();
	written();
	scripts();
	dynamic();
	in_memory();
	CHECK(unlink(PROGRAM) == 0 && unlink(OTHER) == 0);
	return 0;
}
