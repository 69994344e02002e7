/*
 * fsx: seeded random operations on files and names agree with a model of them, call by call.
 *
 *	fsx [-k] [-s SEED] [-n OPERATIONS] [-t TASKS] [DIRECTORY]
 *	fsx -d DIRECTORY
 *
 * Each task works in a directory of its own (tN), and now and then, under a lock, in one that all
 * share.  Every call's result and errno are compared with what the model says, and so are the
 * bytes, sizes, modes, link counts, inode numbers and directory listings that can be seen.  At the
 * end a digest of the whole tree is printed:
 *
 *	fsx: seed S tasks T ops N: tree HASH
 *
 * The operations are shared out evenly.  The digest depends on the arguments alone, not on the kernel,
 * the kind of file system or the order in which tasks ran.  -d prints the digest of a tree that is
 * there already.  The tree stays if a DIRECTORY was named.  A mismatch prints the operations that led
 * to it, and exits with 1.
 */
#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include "test.h"
#include "fsx_model.h"

#define NNAMES		48		/* names that a directory may have */
#define NDIRS		10		/* directories of a task */
#define NOPEN		8		/* files that it has open */
#define DEPTH		5
#define PAGES		1024		/* of a task's files together; then some are emptied */
#define NEAR		(256UL << 10)	/* where most bytes are */
#define FAR		(8UL << 30)	/* where some are */
#define CHUNK		24576UL		/* the most that one call moves */
#define NLOG		40

static struct handle {
	int	fd;			/* -1: free */
	int	flags;
	uint64_t pos;
	struct node *node;
} handles[NOPEN];

static char names[NNAMES][220];
static struct node *dirs[NDIRS];	/* dirs[0] is the top, the task's own */
static int ndirs;
static uint64_t state, seed;		/* of the random numbers; as given */
static long op, nops = 2000;
static int task, ntasks = 2;
static unsigned char bytes[CHUNK], seen[CHUNK];
static volatile long *shared_count;	/* what the shared counter file must say */
static const char *top = "/tmp/fsx";

/* ---- random numbers ---- */

static uint64_t
rnd(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15UL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebUL;
	return z ^ z >> 31;
}

static uint64_t below(uint64_t n) { return rnd() % n; }
static int one_in(int n) { return below(n) == 0; }

static void
fill(unsigned char *p, size_t n)
{
	uint64_t x = rnd() | 1;

	for (; n >= 8; n -= 8, p += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(p, &x, 8);
	}
	memset(p, (int)x, n);
}

/* Mostly near the beginning, where pages meet and files overlap. */
static uint64_t
offset(void)
{
	uint64_t off = one_in(60) ? below(FAR) : one_in(3) ? below(NEAR) : below(16384);

	return one_in(4) ? off / MPAGE * MPAGE : off;
}

static size_t
length(void)
{
	return one_in(40) ? 1 + below(CHUNK - 1) : one_in(3) ? 1 + below(8192) : 1 + below(300);
}

/* ---- the log, and the end when something is wrong ---- */

static struct record {
	long	op, r;
	int	error;
	const char *what;
	const struct node *dir, *dir2;
	const char *name, *name2;
	uint64_t a, b;
} records[NLOG];
static struct record *now;		/* the operation at hand */

static char *
path_into(char *buf, const struct node *dir, const char *name)
{
	const struct node *way[DEPTH + 3];
	int n = 0;
	char *to = buf;

	for (; dir->parent && n < DEPTH + 3; dir = dir->parent)
		way[n++] = dir;
	*to = '\0';
	while (n--) {
		to = stpcpy(to, way[n]->name);
		*to++ = '/';
	}
	strcpy(to, name ? name : ".");
	return buf;
}

static void
start(const char *what, const struct node *dir, const char *name, uint64_t a, uint64_t b)
{
	now = &records[op % NLOG];
	*now = (struct record){ .op = op, .what = what, .dir = dir, .name = name, .a = a, .b = b };
}

/* Names are printed as their numbers, so that the log stays readable. */
static long
name_number(const char *name)
{
	return (name - names[0]) / (long)sizeof names[0];
}

static void
print_log(void)
{
	for (long i = op >= NLOG ? op - NLOG + 1 : 0; i <= op; i++) {
		const struct record *r = &records[i % NLOG];

		if (r->op != i || !r->what)
			continue;
		printf("  %6ld %-12s", r->op, r->what);
		if (r->name)
			printf(" dir %p name %ld", (const void *)r->dir, name_number(r->name));
		if (r->name2)
			printf(" to dir %p name %ld", (const void *)r->dir2, name_number(r->name2));
		printf(" %#lx %#lx = %ld errno %d\n", (long)r->a, (long)r->b, r->r, r->error);
	}
}

static void __attribute__((format(printf, 1, 2)))
wrong(const char *fmt, ...)
{
	va_list ap;

	printf("fsx: seed %lu task %d of %d op %ld %s: ", (unsigned long)seed, task, ntasks, op, now->what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	print_log();
	fflush(stdout);
	_exit(1);
}

/* What a call gave, and what the model says: a result, or -errno. */
static void
expect(long r, long want)
{
	now->r = r;
	now->error = r < 0 ? errno : 0;
	if ((r < 0 ? -errno : r) != want)
		wrong("gave %ld (errno %d), not %ld", r, r < 0 ? errno : 0, want);
}

/* ---- comparing ---- */

static void
compare_bytes(struct node *n, uint64_t off, const unsigned char *got, size_t len)
{
	static unsigned char want[CHUNK];
	size_t i = 0;

	model_read(n, off, want, len);
	if (!memcmp(got, want, len))
		return;
	while (got[i] == want[i])
		i++;
	wrong("byte %#lx of a file of %#lx is %02x, not %02x", (long)(off + i), (long)n->size, got[i], want[i]);
}

static void
compare_stat(struct node *n, const struct stat *st)
{
	if (st->st_mode != n->mode || (int)st->st_nlink != n->nlink || st->st_uid != n->uid)
		wrong("mode %o links %d uid %u, not %o %d %u", st->st_mode, (int)st->st_nlink, st->st_uid,
		      n->mode, n->nlink, n->uid);
	if (!S_ISDIR(n->mode) && (uint64_t)st->st_size != n->size)
		wrong("size %#lx, not %#lx", (long)st->st_size, (long)n->size);
	if (n->ino && st->st_ino != n->ino)
		wrong("inode number %lu, not %lu", (unsigned long)st->st_ino, (unsigned long)n->ino);
	n->ino = st->st_ino;
}

static void
compare_range(int fd, struct node *n, uint64_t off, size_t len)
{
	long want = off >= n->size ? 0 : n->size - off < len ? n->size - off : len;

	expect(pread(fd, seen, len, off), want);
	compare_bytes(n, off, seen, want);
}

/* All pages that have bytes, what lies on both sides of them, and some of the holes. */
static void
compare_file(int fd, struct node *n)
{
	uint64_t done = 0;

	for (size_t i = 0; i < n->npages; i++) {
		uint64_t from = n->pages[i].index ? (n->pages[i].index - 1) * MPAGE : 0;
		uint64_t to = (n->pages[i].index + 2) * MPAGE;

		if (from < done)
			from = done;
		for (; from < to; from += 4 * MPAGE)
			compare_range(fd, n, from, to - from < 4 * MPAGE ? to - from : 4 * MPAGE);
		done = to;
	}
	for (int i = 0; i < 3 && n->size; i++)
		compare_range(fd, n, below(n->size), 2000);
	compare_range(fd, n, n->size > 100 ? n->size - 100 : 0, 300);
}

/* ---- choosing ---- */

static struct node *some_dir(void) { return dirs[below(ndirs)]; }
static const char *some_name(void) { return names[below(NNAMES)]; }

/* A directory and a name in it, more often than not one that is there. */
static struct entry *
some_entry(struct node **dir, const char **name)
{
	struct entry *e;
	int n = 0, k;

	*dir = some_dir();
	*name = some_name();
	for (e = (*dir)->first; e; e = e->next)
		n++;
	if (!n || one_in(4))
		return entry_find(*dir, *name);
	k = below(n);
	for (e = (*dir)->first; k--; e = e->next)
		;
	*name = e->name;
	return e;
}

/* An open file; NULL if none is. */
static struct handle *
some_handle(int for_writing)
{
	for (int tries = 0; tries < 12; tries++) {
		struct handle *h = &handles[below(NOPEN)];

		if (h->fd >= 0 && !(for_writing && (h->flags & O_ACCMODE) == O_RDONLY))
			return h;
	}
	return NULL;
}

/* ---- operations on open files ---- */

static void
do_close(struct handle *h)
{
	start("close", NULL, NULL, h - handles, 0);
	expect(close(h->fd), 0);
	h->fd = -1;
	h->node->opens--;
	node_check(h->node);
}

static void
op_open(void)
{
	static const int extra[] = {
		0, 0, 0, 0, 0, O_APPEND, O_APPEND, O_TRUNC, O_TRUNC, O_EXCL, O_EXCL,
		O_TRUNC | O_APPEND, O_DSYNC, O_SYNC,
	};
	int how = extra[below(sizeof extra / sizeof *extra)] | O_NOFOLLOW | (one_in(8) ? O_RDONLY : O_RDWR);
	struct handle *h = &handles[below(NOPEN)];
	char path[PATH_MAX];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	mode_t mode = 0600 | below(01000);
	long want = 0;

	if (h->fd >= 0) {
		do_close(h);
		return;
	}
	if (how & O_TRUNC && !(how & O_RDWR))
		how &= ~O_TRUNC;
	if (!one_in(3) || how & O_EXCL)
		how |= O_CREAT;
	if (e && S_ISFIFO(e->node->mode))
		return;				/* would wait for the other end */
	start("open", dir, name, how, mode);
	if (!e)
		want = how & O_CREAT ? 0 : -ENOENT;
	else if (how & O_EXCL)
		want = -EEXIST;
	else if (S_ISLNK(e->node->mode))
		want = -ELOOP;
	else if (S_ISDIR(e->node->mode) && (how & O_CREAT || how & O_RDWR))
		want = -EISDIR;
	h->fd = open(path_into(path, dir, name), how, mode);
	expect(h->fd < 0 ? -1 : 0, want);
	if (h->fd < 0)
		return;
	if (e && S_ISDIR(e->node->mode)) {
		close(h->fd);
		h->fd = -1;
		return;
	}
	if (!e) {
		entry_add(dir, name, node_create(S_IFREG | mode));
		e = entry_find(dir, name);
	} else if (how & O_TRUNC) {
		model_truncate(e->node, 0);
	}
	h->node = e->node;
	h->node->opens++;
	h->flags = how;
	h->pos = 0;
}

static void
op_write(void)
{
	struct handle *h = some_handle(1);
	size_t len = length();

	if (!h)
		return;
	if (h->flags & O_APPEND)
		h->pos = h->node->size;
	start("write", NULL, NULL, h->pos, len);
	if (h->pos + len > FAR + NEAR)
		return;
	fill(bytes, len);
	expect(write(h->fd, bytes, len), len);
	model_write(h->node, h->pos, bytes, len);
	h->pos += len;
}

static void
op_pwrite(void)
{
	struct handle *h = some_handle(1);
	uint64_t off = offset();
	size_t len = length();

	if (!h)
		return;
	if (h->flags & O_APPEND)		/* Linux appends whatever pwrite says */
		off = h->node->size;
	if (off + len > FAR + NEAR)
		return;
	start("pwrite", NULL, NULL, off, len);
	fill(bytes, len);
	expect(pwrite(h->fd, bytes, len, off), len);
	model_write(h->node, off, bytes, len);
	if (one_in(8))
		compare_range(h->fd, h->node, off, len);
}

static void
op_read(void)
{
	struct handle *h = some_handle(0);
	size_t len = length();
	long want;

	if (!h)
		return;
	if (one_in(3)) {
		h->pos = h->node->size ? below(h->node->size) : 0;
		start("lseek", NULL, NULL, h->pos, 0);
		expect(lseek(h->fd, h->pos, SEEK_SET), h->pos);
	}
	start("read", NULL, NULL, h->pos, len);
	want = h->pos >= h->node->size ? 0 : h->node->size - h->pos < len ? h->node->size - h->pos : len;
	expect(read(h->fd, seen, len), want);
	compare_bytes(h->node, h->pos, seen, want);
	h->pos += want;
	expect(lseek(h->fd, 0, SEEK_CUR), h->pos);
}

static void
op_pread(void)
{
	struct handle *h = some_handle(0);
	uint64_t off = offset();

	if (!h)
		return;
	start("pread", NULL, NULL, off, 0);
	compare_range(h->fd, h->node, off, length());
}

static void
op_compare(void)
{
	struct handle *h = some_handle(0);

	if (!h)
		return;
	start("compare", NULL, NULL, h->node->size, 0);
	compare_file(h->fd, h->node);
}

static uint64_t
new_size(const struct node *n)
{
	return one_in(3) ? offset() : n->size && !one_in(4) ? below(n->size) : below(40000);
}

static void
op_ftruncate(void)
{
	struct handle *h = some_handle(1);
	uint64_t old, size;

	if (!h)
		return;
	old = h->node->size;
	size = new_size(h->node);
	start("ftruncate", NULL, NULL, old, size);
	expect(ftruncate(h->fd, size), 0);
	model_truncate(h->node, size);
	if (one_in(4))
		compare_range(h->fd, h->node, size > 3000 ? size - 3000 : 0, 6000);
}

static void
op_truncate(void)
{
	char path[PATH_MAX];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	uint64_t size;

	if (e && (S_ISLNK(e->node->mode) || S_ISFIFO(e->node->mode)))
		return;				/* it would follow; it would be EINVAL */
	size = e ? new_size(e->node) : 0;
	start("truncate", dir, name, size, 0);
	expect(truncate(path_into(path, dir, name), size), !e ? -ENOENT : S_ISDIR(e->node->mode) ? -EISDIR : 0);
	if (e && S_ISREG(e->node->mode))
		model_truncate(e->node, size);
}

static void
op_fallocate(void)
{
	struct handle *h = some_handle(1);
	uint64_t off = one_in(3) ? below(NEAR) : below(32768), len = 1 + below(16384);
	int mode = one_in(2) ? 0 : FALLOC_FL_KEEP_SIZE;
	struct stat st;

	if (!h)
		return;
	start("fallocate", NULL, NULL, off, len);
	if (fallocate(h->fd, mode, off, len) && errno == EOPNOTSUPP) {
		/* A file without extents. It becomes as long all the same, for the digest. */
		if (!mode && off + len > h->node->size) {
			expect(ftruncate(h->fd, off + len), 0);
			h->node->size = off + len;
		}
		return;
	}
	expect(fallocate(h->fd, mode, off, len), 0);	/* again: nothing changes */
	if (!mode && off + len > h->node->size)
		h->node->size = off + len;
	expect(fstat(h->fd, &st), 0);
	compare_stat(h->node, &st);
	if ((uint64_t)st.st_blocks * 512 < len / 1024 * 1024)
		wrong("%ld blocks after fallocate of %ld", (long)st.st_blocks, (long)len);
	compare_range(h->fd, h->node, off, len < 8192 ? len : 8192);
}

/* Where the file system cannot turn a range into zeros or a hole, it is written with zeros: for the digest. */
static void
clear_by_hand(struct handle *h, uint64_t off, uint64_t end, int keep)
{
	uint64_t size = h->node->size, stop = end < size ? end : size;

	if (off < stop) {
		memset(bytes, 0, stop - off);
		expect(pwrite(h->fd, bytes, stop - off, off), stop - off);
	}
	if (!keep && end > size)
		expect(ftruncate(h->fd, end), 0);
}

static void
op_clear(void)
{
	static const int modes[] = { FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE,
				     FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE };
	struct handle *h = some_handle(1);
	uint64_t off = offset() % NEAR, end = off + 1 + below(16384);
	int mode = modes[below(3)], keep = mode & FALLOC_FL_KEEP_SIZE;

	if (!h || h->flags & O_APPEND)
		return;
	start("fallocate zero", NULL, NULL, off, end);
	if (fallocate(h->fd, mode, off, end - off)) {
		if (errno != EOPNOTSUPP)
			wrong("mode %#x: errno %d", mode, errno);
		clear_by_hand(h, off, end, keep);
	}
	model_clear(h->node, off, end);
	if (!keep && end > h->node->size)
		h->node->size = end;
	compare_range(h->fd, h->node, off > 100 ? off - 100 : 0, end - off + 200 < CHUNK ? end - off + 200 : CHUNK);
}

/* What lies before the data is zeros; where a hole is, there is a zero or the end. */
static void
op_seek(void)
{
	struct handle *h = some_handle(0);
	uint64_t size, off;
	long r;

	if (!h)
		return;
	size = h->node->size;
	off = size && !one_in(10) ? below(size) : size + below(100);
	start("lseek data", NULL, NULL, off, size);
	now->r = r = lseek(h->fd, off, SEEK_DATA);
	if (r < 0 && errno != ENXIO)
		wrong("errno %d", errno);
	if (r >= 0 && ((uint64_t)r < off || (uint64_t)r >= size))
		wrong("data at %#lx", r);
	if (off < size && !model_is_zero(h->node, off, r < 0 ? size : (uint64_t)r))
		wrong("bytes before the data at %#lx", r);
	start("lseek hole", NULL, NULL, off, size);
	now->r = r = lseek(h->fd, off, SEEK_HOLE);
	if (off >= size)
		expect(r, -ENXIO);
	else if (r < 0 || (uint64_t)r < off || (uint64_t)r > size)
		wrong("hole at %#lx, errno %d", r, errno);
	else if ((uint64_t)r < size && !model_is_zero(h->node, r, r + 1))
		wrong("a byte in the hole at %#lx", r);
	/* Where holes are differs between file systems, and all else shall not. */
	expect(lseek(h->fd, h->pos, SEEK_SET), h->pos);
}

static void
op_sync(void)
{
	struct handle *h = some_handle(0);
	int how = below(16);

	if (!h)
		return;
	start("sync", NULL, NULL, how, 0);
	if (how < 8)
		expect(fsync(h->fd), 0);
	else if (how < 14)
		expect(fdatasync(h->fd), 0);
	else if (one_in(4))
		sync();
}

/* ---- mappings: one with the file's bytes, at once, in both directions ---- */

static void
map_write(struct handle *h, unsigned char *p, uint64_t from, uint64_t to)
{
	uint64_t off = from + below(to - from);
	size_t len = 1 + below(to - off);

	fill(bytes, len);
	memcpy(p + (off - from), bytes, len);
	model_write(h->node, off, bytes, len);
	if (one_in(3))
		expect(msync(p, (to - from + MPAGE - 1) / MPAGE * MPAGE, one_in(2) ? MS_SYNC : MS_ASYNC), 0);
	compare_range(h->fd, h->node, off, len);
}

/* Cut the file inside the mapping and make it as long again: zeros are where it was cut. */
static void
map_truncate(struct handle *h, const unsigned char *p, uint64_t from, uint64_t to)
{
	uint64_t size = h->node->size, cut = from + below(to - from);

	expect(ftruncate(h->fd, cut), 0);
	model_truncate(h->node, cut);
	expect(ftruncate(h->fd, size), 0);
	model_truncate(h->node, size);
	compare_bytes(h->node, from, p, to - from);
}

static void
op_map(void)
{
	struct handle *h = some_handle(1);
	int private = one_in(4);
	uint64_t from, to;
	unsigned char *p;

	if (!h || !h->node->size || (h->flags & O_ACCMODE) != O_RDWR)
		return;
	from = below(h->node->size) / MPAGE * MPAGE;
	to = from + (1 + below(5)) * MPAGE;
	if (to > h->node->size)
		to = h->node->size;
	start(private ? "map private" : "map", NULL, NULL, from, to);
	p = mmap(NULL, to - from, PROT_READ | PROT_WRITE, private ? MAP_PRIVATE : MAP_SHARED, h->fd, from);
	if (p == MAP_FAILED)
		wrong("mmap: errno %d", errno);
	compare_bytes(h->node, from, p, to - from);
	for (size_t i = to - from; i % MPAGE; i++)
		if (p[i])
			wrong("%02x behind the end, at %#lx", p[i], (long)(from + i));
	if (private) {
		memset(p, 0x5a, to - from);
		compare_range(h->fd, h->node, from, to - from);
	} else {
		map_write(h, p, from, to);
		if (!(h->flags & O_APPEND)) {
			size_t len = 1 + below(to - from);

			fill(bytes, len);
			expect(pwrite(h->fd, bytes, len, from), len);
			model_write(h->node, from, bytes, len);
			compare_bytes(h->node, from, p, to - from);
		}
		if (one_in(4))
			map_truncate(h, p, from, to);
	}
	expect(munmap(p, to - from), 0);
}

/* ---- operations on names ---- */

static void
op_mkdir(void)
{
	char path[PATH_MAX];
	struct node *dir, *n;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	mode_t mode = 0700 | below(01000);

	if (!e && (ndirs == NDIRS || depth_of(dir) + 1 >= DEPTH))
		return;
	start("mkdir", dir, name, mode, 0);
	expect(mkdir(path_into(path, dir, name), mode), e ? -EEXIST : 0);
	if (e)
		return;
	n = node_create(S_IFDIR | mode | (dir->mode & S_ISGID));	/* directories pass that on */
	entry_add(dir, name, n);
	dirs[ndirs++] = n;
}

static void
forget_dir(struct node *n)
{
	for (int i = 1; i < ndirs; i++)
		if (dirs[i] == n)
			dirs[i] = dirs[--ndirs];
	n->nlink = 0;
	node_check(n);
}

static void
op_rmdir(void)
{
	char path[PATH_MAX];
	struct node *dir, *n;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	long want = !e ? -ENOENT : !S_ISDIR(e->node->mode) ? -ENOTDIR : e->node->first ? -ENOTEMPTY : 0;

	start("rmdir", dir, name, 0, 0);
	expect(rmdir(path_into(path, dir, name)), want);
	if (want)
		return;
	n = e->node;
	entry_remove(dir, name);
	forget_dir(n);
}

static void
drop_link(struct node *n)
{
	n->nlink--;
	node_check(n);
}

static void
op_unlink(void)
{
	char path[PATH_MAX];
	struct node *dir, *n;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	long want = !e ? -ENOENT : S_ISDIR(e->node->mode) ? -EISDIR : 0;

	start("unlink", dir, name, 0, 0);
	expect(unlink(path_into(path, dir, name)), want);
	if (want)
		return;
	n = e->node;
	entry_remove(dir, name);
	drop_link(n);
}

static void
op_link(void)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct node *dir, *dir2;
	const char *name, *name2;
	struct entry *e = some_entry(&dir, &name), *there = some_entry(&dir2, &name2);
	long want = !e ? -ENOENT : there ? -EEXIST : S_ISDIR(e->node->mode) ? -EPERM : 0;

	start("link", dir, name, 0, 0);
	now->dir2 = dir2;
	now->name2 = name2;
	expect(link(path_into(from, dir, name), path_into(to, dir2, name2)), want);
	if (want)
		return;
	e->node->nlink++;
	entry_add(dir2, name2, e->node);
}

static void
op_symlink(void)
{
	char path[PATH_MAX], target[1000];
	size_t n = one_in(2) ? 1 + below(59) : one_in(3) ? 58 + below(4) : 1 + below(sizeof target - 2);
	struct node *dir, *made;
	const char *name;
	struct entry *e = some_entry(&dir, &name);

	memset(target, 'a' + below(26), n);
	target[n] = '\0';
	start("symlink", dir, name, n, 0);
	expect(symlink(target, path_into(path, dir, name)), e ? -EEXIST : 0);
	if (e)
		return;
	made = node_create(S_IFLNK | 0777);
	made->target = strdup(target);
	made->size = n;
	entry_add(dir, name, made);
}

static void
op_readlink(void)
{
	char path[PATH_MAX], got[1100];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);

	start("readlink", dir, name, 0, 0);
	expect(readlink(path_into(path, dir, name), got, sizeof got),
	       !e ? -ENOENT : S_ISLNK(e->node->mode) ? (long)e->node->size : -EINVAL);
	if (e && S_ISLNK(e->node->mode) && memcmp(got, e->node->target, e->node->size))
		wrong("another target");
}

static void
op_mkfifo(void)
{
	char path[PATH_MAX];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);

	start("mkfifo", dir, name, 0, 0);
	expect(mknod(path_into(path, dir, name), S_IFIFO | 0640, 0), e ? -EEXIST : 0);
	if (!e)
		entry_add(dir, name, node_create(S_IFIFO | 0640));
}

/* What rename says, in the order in which Linux looks. */
static long
rename_result(struct entry *e, struct node *dir, struct entry *there, struct node *dir2, unsigned int flags)
{
	if (!e)
		return -ENOENT;
	if (flags & RENAME_NOREPLACE && there)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE && !there)
		return -ENOENT;
	if (S_ISDIR(e->node->mode) && is_below(dir2, e->node))
		return -EINVAL;
	if (there && S_ISDIR(there->node->mode) && is_below(dir, there->node))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (!there || e->node == there->node || flags & RENAME_EXCHANGE)
		return 0;
	if (S_ISDIR(e->node->mode) != S_ISDIR(there->node->mode))
		return S_ISDIR(e->node->mode) ? -ENOTDIR : -EISDIR;
	return there->node->first ? -ENOTEMPTY : 0;
}

static void
op_rename(void)
{
	static const unsigned int kinds[] = { 0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE };
	unsigned int flags = kinds[below(sizeof kinds / sizeof *kinds)];
	char from[PATH_MAX], to[PATH_MAX];
	struct node *dir, *dir2, *n, *old = NULL;
	const char *name, *name2;
	struct entry *e = some_entry(&dir, &name), *there = some_entry(&dir2, &name2);
	long want = rename_result(e, dir, there, dir2, flags);

	if (!want && depth_of(dir2) + height_of(e->node) > DEPTH)
		return;
	if (!want && flags & RENAME_EXCHANGE && depth_of(dir) + height_of(there->node) > DEPTH)
		return;
	start(flags & RENAME_EXCHANGE ? "exchange" : flags ? "rename new" : "rename", dir, name, flags, 0);
	now->dir2 = dir2;
	now->name2 = name2;
	expect(renameat2(AT_FDCWD, path_into(from, dir, name), AT_FDCWD, path_into(to, dir2, name2), flags), want);
	if (want || (there && e->node == there->node))
		return;
	n = e->node;
	if (there) {
		old = there->node;
		entry_remove(dir2, name2);
	}
	entry_remove(dir, name);
	entry_add(dir2, name2, n);
	if (flags & RENAME_EXCHANGE)
		entry_add(dir, name, old);
	else if (old && S_ISDIR(old->mode))
		forget_dir(old);
	else if (old)
		drop_link(old);
}

static void
op_stat(void)
{
	char path[PATH_MAX];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	struct stat st;

	start("lstat", dir, name, 0, 0);
	expect(lstat(path_into(path, dir, name), &st), e ? 0 : -ENOENT);
	if (e)
		compare_stat(e->node, &st);
}

static void
op_fstat(void)
{
	struct handle *h = some_handle(0);
	struct stat st;

	if (!h)
		return;
	start("fstat", NULL, NULL, h - handles, 0);
	expect(fstat(h->fd, &st), 0);
	compare_stat(h->node, &st);
}

static void
op_chmod(void)
{
	char path[PATH_MAX];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	mode_t mode = below(010000);
	struct stat st;

	if (e && S_ISLNK(e->node->mode))
		return;
	if (e && S_ISDIR(e->node->mode))
		mode &= ~S_ISVTX;		/* where fs.protected_regular would have a say */
	start("chmod", dir, name, mode, 0);
	expect(chmod(path_into(path, dir, name), mode), e ? 0 : -ENOENT);
	if (!e)
		return;
	e->node->mode = (e->node->mode & S_IFMT) | mode;
	expect(lstat(path, &st), 0);
	compare_stat(e->node, &st);
}

/* Another owner takes away the set-user-ID bit, and that of the group where it means execution. */
static void
op_chown(void)
{
	char path[PATH_MAX];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	uid_t uid = below(3) * 40000;
	struct stat st;

	if (!e || S_ISFIFO(e->node->mode))
		return;
	start("lchown", dir, name, uid, 0);
	expect(lchown(path_into(path, dir, name), uid, -1), 0);
	e->node->uid = uid;
	if (S_ISREG(e->node->mode))
		e->node->mode &= ~(S_ISUID | (e->node->mode & S_IXGRP ? S_ISGID : 0));
	expect(lstat(path, &st), 0);
	compare_stat(e->node, &st);
}

static void
op_utimens(void)
{
	char path[PATH_MAX];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	struct timespec t[2] = { { below(1UL << 31), below(1000000000) }, { below(1UL << 33), below(1000000000) } };
	struct stat before, st;

	if (!e || lstat(path_into(path, dir, name), &before))
		return;
	start("utimensat", dir, name, t[0].tv_sec, t[1].tv_sec);
	if (one_in(3))
		t[0].tv_nsec = UTIME_OMIT;
	expect(utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW), 0);
	if (t[0].tv_nsec == UTIME_OMIT)
		t[0] = before.st_atim;
	expect(lstat(path, &st), 0);
	compare_stat(e->node, &st);
	if (st.st_atim.tv_sec != t[0].tv_sec || st.st_atim.tv_nsec != t[0].tv_nsec
	    || st.st_mtim.tv_sec != t[1].tv_sec || st.st_mtim.tv_nsec != t[1].tv_nsec)
		wrong("times %ld.%09ld %ld.%09ld, not %ld.%09ld %ld.%09ld", st.st_atim.tv_sec, st.st_atim.tv_nsec,
		      st.st_mtim.tv_sec, st.st_mtim.tv_nsec, t[0].tv_sec, t[0].tv_nsec, t[1].tv_sec, t[1].tv_nsec);
}

/* Each name once, with its type and its inode number. */
static void
compare_dir(struct node *dir)
{
	char path[PATH_MAX];
	struct dirent *d;
	struct entry *e;
	int n = 0, dots = 0;
	DIR *s = opendir(path_into(path, dir, NULL));

	if (!s)
		wrong("opendir: errno %d", errno);
	while ((d = readdir(s))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, "..")) {
			dots++;
			continue;
		}
		for (e = dir->first; e && strcmp(e->name, d->d_name); e = e->next)
			;
		if (!e)
			wrong("readdir gave %s", d->d_name);
		if (d->d_type != DT_UNKNOWN && d->d_type != (e->node->mode & S_IFMT) >> 12)
			wrong("%s has type %d", d->d_name, d->d_type);
		if (e->node->ino && d->d_ino != e->node->ino)
			wrong("%s has inode number %ld, not %ld", d->d_name, (long)d->d_ino, (long)e->node->ino);
		n++;
	}
	closedir(s);
	for (e = dir->first; e; e = e->next)
		n--;
	if (n || dots != 2)
		wrong("%d names too many, %d dots", n, dots);
}

static void
op_readdir(void)
{
	struct node *dir = some_dir();

	start("readdir", dir, NULL, 0, 0);
	compare_dir(dir);
}

static void
op_statfs(void)
{
	struct statfs s;

	start("statfs", NULL, NULL, 0, 0);
	expect(statfs(".", &s), 0);
	if (s.f_bfree > s.f_blocks || s.f_bavail > s.f_bfree || s.f_ffree > s.f_files || s.f_bsize <= 0)
		wrong("blocks %ld free %ld available %ld, inodes %ld free %ld", (long)s.f_blocks, (long)s.f_bfree,
		      (long)s.f_bavail, (long)s.f_files, (long)s.f_ffree);
}

/* ---- the directory that all share, under a lock ---- */

/* A file of ours goes there and comes back; all the while it is the same file. */
static void
shared_rename(void)
{
	char path[PATH_MAX], there[64];
	struct node *dir;
	const char *name;
	struct entry *e = some_entry(&dir, &name);
	struct stat st;

	if (!e || S_ISDIR(e->node->mode))
		return;
	snprintf(there, sizeof there, "../shared/from-%d", task);
	start("share", dir, name, 0, 0);
	expect(rename(path_into(path, dir, name), there), 0);
	expect(lstat(there, &st), 0);
	compare_stat(e->node, &st);
	expect(link(there, path), 0);
	expect(rename(there, path), 0);			/* two names of one file: nothing happens */
	expect(unlink(there), 0);
	expect(lstat(path, &st), 0);
	compare_stat(e->node, &st);
}

/* The counter file is replaced by one with the next number, as programs do that must not lose it. */
static void
shared_counter(void)
{
	char text[32] = "", want[32];
	int fd = open("../shared/counter", O_RDONLY), n;

	start("counter", NULL, NULL, *shared_count, 0);
	if (fd < 0)
		wrong("open: errno %d", errno);
	expect(read(fd, text, sizeof text), snprintf(want, sizeof want, "%ld\n", *shared_count));
	if (strcmp(text, want))
		wrong("it says %s", text);
	close(fd);
	++*shared_count;
	n = snprintf(want, sizeof want, "%ld\n", *shared_count);
	fd = open("../shared/new", O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		wrong("create: errno %d", errno);
	expect(write(fd, want, n), n);
	if (one_in(4))
		expect(fsync(fd), 0);
	close(fd);
	expect(rename("../shared/new", "../shared/counter"), 0);
}

static void
op_shared(void)
{
	int lock = open("../shared/lock", O_RDWR);

	start("lock", NULL, NULL, 0, 0);
	if (lock < 0)
		wrong("open: errno %d", errno);
	expect(flock(lock, LOCK_EX), 0);
	if (one_in(2))
		shared_rename();
	else
		shared_counter();
	close(lock);
}

/* ---- a task ---- */

static const struct { void (*run)(void); int weight; } operations[] = {
	{ op_open, 16 }, { op_write, 10 }, { op_pwrite, 12 }, { op_read, 6 }, { op_pread, 6 }, { op_compare, 1 },
	{ op_ftruncate, 5 }, { op_truncate, 3 }, { op_fallocate, 2 }, { op_clear, 3 }, { op_seek, 4 }, { op_sync, 2 },
	{ op_map, 5 },
	{ op_mkdir, 2 }, { op_rmdir, 2 }, { op_unlink, 3 }, { op_link, 3 }, { op_symlink, 2 }, { op_readlink, 1 },
	{ op_mkfifo, 1 }, { op_rename, 7 }, { op_stat, 4 }, { op_fstat, 2 }, { op_chmod, 2 }, { op_chown, 1 },
	{ op_utimens, 1 }, { op_readdir, 1 }, { op_statfs, 1 }, { op_shared, 1 },
};

/* Space is not for ever: empty an open file, or remove a name. */
static void
make_room(void)
{
	struct handle *h = some_handle(1);

	if (!h) {
		op_unlink();
		return;
	}
	start("empty", NULL, NULL, h->node->size, 0);
	expect(ftruncate(h->fd, 0), 0);
	model_truncate(h->node, 0);
}

/* Everything there is, once more, by new descriptors. */
static void
compare_all(struct node *dir)
{
	char path[PATH_MAX];
	struct entry *e;
	struct stat st;
	int fd;

	start("final", dir, NULL, 0, 0);
	compare_dir(dir);
	for (e = dir->first; e; e = e->next) {
		now->name = e->name;
		expect(lstat(path_into(path, dir, e->name), &st), 0);
		compare_stat(e->node, &st);
		if (S_ISREG(e->node->mode)) {
			fd = open(path, O_RDONLY);
			if (fd < 0)
				wrong("open: errno %d", errno);
			compare_file(fd, e->node);
			close(fd);
		}
	}
	for (e = dir->first; e; e = e->next)
		if (S_ISDIR(e->node->mode))
			compare_all(e->node);
}

static void
run_task(void)
{
	int total = 0, pick;
	char own[32];

	state = seed * 1000003 + task;
	snprintf(own, sizeof own, "t%d", task);
	start("begin", NULL, NULL, 0, 0);
	if (mkdir(own, 0755) || chdir(own))
		wrong("%s: errno %d", own, errno);
	for (int i = 0; i < NNAMES; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i);
		if (i % 3 == 0)			/* so long that directories need more than a block */
			memset(names[i] + strlen(names[i]), '.', 100 + i);
	}
	dirs[ndirs++] = node_create(S_IFDIR | 0755);
	for (int i = 0; i < NOPEN; i++)
		handles[i].fd = -1;
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		total += operations[i].weight;
	for (op = 1; op <= nops / ntasks; op++) {
		if (model_pages > PAGES) {
			make_room();
			continue;
		}
		pick = below(total);
		for (size_t i = 0; ; i++) {
			pick -= operations[i].weight;
			if (pick < 0) {
				operations[i].run();
				break;
			}
		}
	}
	for (int i = 0; i < NOPEN; i++)
		if (handles[i].fd >= 0)
			do_close(&handles[i]);
	compare_all(dirs[0]);
	_exit(0);
}

/* ---- the digest of a tree ---- */

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const unsigned char *s = p;

	while (n--)
		h = (h ^ *s++) * 0x100000001b3UL;
	return h;
}

/* A file's bytes, wherever its holes are: pages of zeros count for nothing. */
static uint64_t
digest_file(uint64_t h, const char *path)
{
	static const unsigned char zeros[MPAGE];
	int fd = open(path, O_RDONLY);
	off_t at = 0;
	ssize_t n;

	CHECK(fd >= 0);
	while ((at = lseek(fd, at, SEEK_DATA)) >= 0) {
		at = at / MPAGE * MPAGE;
		n = pread(fd, seen, MPAGE, at);
		CHECK(n > 0);
		if (memcmp(seen, zeros, n)) {
			h = mix(h, &at, sizeof at);
			h = mix(h, seen, n);
		}
		at += MPAGE;
	}
	CHECK(errno == ENXIO);
	close(fd);
	return h;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static uint64_t
digest(uint64_t h, const char *path)
{
	char below_it[PATH_MAX], target[PATH_MAX], *list[1024];
	struct dirent *d;
	struct stat st;
	int n = 0;
	DIR *s;

	CHECK(lstat(path, &st) == 0);
	h = mix(h, &st.st_mode, sizeof st.st_mode);
	h = mix(h, &st.st_uid, sizeof st.st_uid);
	h = mix(h, &st.st_nlink, sizeof(int));
	if (!S_ISDIR(st.st_mode))
		h = mix(h, &st.st_size, sizeof st.st_size);
	if (S_ISLNK(st.st_mode)) {
		CHECK(readlink(path, target, sizeof target) == st.st_size);
		return mix(h, target, st.st_size);
	}
	if (S_ISREG(st.st_mode))
		return digest_file(h, path);
	if (!S_ISDIR(st.st_mode))
		return h;
	s = opendir(path);
	CHECK(s != NULL);
	while ((d = readdir(s)))
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, "..") && strcmp(d->d_name, "lost+found")) {
			CHECK(n < 1024);
			list[n++] = strdup(d->d_name);
		}
	closedir(s);
	qsort(list, n, sizeof *list, by_name);
	for (int i = 0; i < n; i++) {
		snprintf(below_it, sizeof below_it, "%s/%s", path, list[i]);
		h = mix(h, list[i], strlen(list[i]));
		h = digest(h, below_it);
		free(list[i]);
	}
	return h;
}

static void
remove_tree(const char *path)
{
	char below_it[PATH_MAX];
	struct dirent *d;
	DIR *s;

	if (unlink(path) == 0)
		return;
	while ((s = opendir(path)) && rmdir(path)) {	/* again, as long as reading it misses some */
		while ((d = readdir(s)))
			if (strcmp(d->d_name, ".") && strcmp(d->d_name, "..")) {
				snprintf(below_it, sizeof below_it, "%s/%s", path, d->d_name);
				remove_tree(below_it);
			}
		closedir(s);
	}
	if (s)
		closedir(s);
}

/* ---- all of it ---- */

static void
make_shared(void)
{
	int fd;

	CHECK(mkdir("shared", 0755) == 0);
	fd = open("shared/lock", O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && close(fd) == 0);
	fd = open("shared/counter", O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && write(fd, "0\n", 2) == 2 && close(fd) == 0);
	shared_count = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared_count != MAP_FAILED);
}

static int
run_tasks(void)
{
	int failed = 0, status;

	fflush(stdout);
	for (task = 0; task < ntasks; task++) {
		pid_t p = fork();

		CHECK(p >= 0);
		if (p == 0)
			run_task();
	}
	for (int i = 0; i < ntasks; i++) {
		CHECK(wait(&status) > 0);
		if (!WIFEXITED(status))
			printf("fsx: seed %lu: a task ended by signal %d\n", (unsigned long)seed, WTERMSIG(status));
		failed |= status;
	}
	return failed;
}

int
main(int argc, char **argv)
{
	int keep = 0, only_digest = 0, c;
	uint64_t h = 0xcbf29ce484222325UL;

	seed = 1;
	while ((c = getopt(argc, argv, "dks:n:t:")) != -1) {
		keep |= c == 'k';
		only_digest |= c == 'd';
		if (c == 's')
			seed = strtoul(optarg, NULL, 0);
		if (c == 'n')
			nops = strtol(optarg, NULL, 0);
		if (c == 't')
			ntasks = atoi(optarg);
		if (c == '?')
			return 2;
	}
	if (argv[optind]) {
		top = argv[optind];
		keep = 1;
	}
	if (only_digest) {
		printf("fsx: tree %016lx\n", (unsigned long)digest(h, top));
		return 0;
	}
	umask(0);
	CHECK(mkdir(top, 0755) == 0 || errno == EEXIST);
	CHECK(chdir(top) == 0);
	make_shared();
	if (run_tasks())
		return 1;
	h = digest(h, ".");
	printf("fsx: seed %lu tasks %d ops %ld: tree %016lx\n", (unsigned long)seed, ntasks, nops, (unsigned long)h);
	if (!keep) {
		CHECK(chdir("/") == 0);
		remove_tree(top);
	}
	return 0;
}
