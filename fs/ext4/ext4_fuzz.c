/*
 * ext4_fuzz.c - no disk, whatever is on it, may do more than make calls fail.
 *
 * Each case is one of hostile.c's images with some of its metadata changed, in half of the cases under a right
 * checksum.  It is mounted, walked, read, written to and unmounted: there may be errors, but no crash, nothing a
 * sanitizer sees, no endless loop, no memory left behind.
 *
 *	ext4_fuzz              so many cases as `make test` runs
 *	ext4_fuzz -n 100000    so many
 *	ext4_fuzz -c 4711      this one
 *	ext4_fuzz -w DIR 200   no test: write that many images to DIR, for the machine
 */
#include "abi/mount.h"
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/hostile.h"
#include "fs/host/private.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "fs/xattr.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define CASES		5400
#define SECONDS		20		/* no case may take longer */
#define MAX_NAMES	160		/* remembered on the walk */
#define MAX_STEPS	3000		/* names looked at */
#define PATH_ROOM	1024

/* The C library's, whose headers quarrel with the kernel's. */
extern uint alarm(uint seconds);
extern void (*signal(int number, void (*handler)(int)))(int);
extern void _exit(int status) __attribute__((noreturn));
extern void __sanitizer_set_death_callback(void (*fn)(void));
#define HOST_SIGABRT	6
#define HOST_SIGALRM	14

static struct hostile_image images[HOSTILE_IMAGES];
static uint now;			/* the case that runs */
static char step[PATH_ROOM + 64];	/* what it does */

/* The sanitizer's: so that stopped() tells the case. */
const char *__ubsan_default_options(void);

const char *
__ubsan_default_options(void)
{
	return "print_stacktrace=1:abort_on_error=1";
}

static void
tell_case(void)
{
	fprintf(stderr, "case %u (-c %u), at %s\n", now, now, step);
}

static void
stopped(int number)
{
	fprintf(stderr, number == HOST_SIGALRM ? "takes too long: " : "stopped: ");
	tell_case();
	_exit(3);
}

/* ---- walking ---- */

static char names[MAX_NAMES][PATH_ROOM];
static uint nnames, steps;

struct listing {
	struct dir_emit e;
	const char *dir;
	char	(*name)[EXT4_NAME_MAX + 1];
	uint	n, max;
};

static bool
list_name(struct dir_emit *e, const char *name, size_t len, u64 ino, u8 type, loff_t next)
{
	struct listing *l = container_of(e, struct listing, e);

	steps++;
	if (l->n == l->max)
		return false;
	memcpy(l->name[l->n], name, len);
	l->name[l->n++][len] = 0;
	*e->pos = next;
	return true;
}

/* The names in dir, at most max, a few at a time. */
static uint
list(const char *dir, char (*name)[EXT4_NAME_MAX + 1], uint max)
{
	struct file *f = vfs_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	struct listing l = { .e.emit = list_name, .name = name };
	uint before;
	int err;

	if (IS_ERR(f))
		return 0;
	l.e.pos = &f->pos;
	do {
		before = l.n;
		l.max = MIN(max, l.n + 1 + (uint)host_below(30));
		mutex_lock(&f->pos_lock);
		rwsem_lock_read(&f->inode->lock);
		err = f->ops->readdir(f, &l.e);
		rwsem_unlock_read(&f->inode->lock);
		mutex_unlock(&f->pos_lock);
	} while (!err && l.n > before && l.n < max);
	file_put(f);
	return l.n;
}

static void
look_at(const char *path, const struct stat_k *st, struct inode *inode)
{
	static char buf[16384];
	struct file *f;

	rwsem_lock_read(&inode->lock);
	inode->sb->ops->listxattr(inode, buf, sizeof(buf));
	inode->sb->ops->getxattr(inode, "user.long", buf, sizeof(buf));
	rwsem_unlock_read(&inode->lock);
	if (S_ISLNK(st->mode))
		inode->ops->readlink(inode, buf, sizeof(buf));
	if (!S_ISREG(st->mode))
		return;
	f = vfs_open(AT_FDCWD, path, O_RDONLY, 0);
	if (IS_ERR(f))
		return;
	host_read(f, buf, sizeof(buf), 0);
	host_read(f, buf, 700, host_below(MAX(st->size, 1)));
	if (st->size > sizeof(buf))
		host_read(f, buf, sizeof(buf), st->size - sizeof(buf) + 100);
	f->ops->seek(f, 5000, SEEK_HOLE);
	file_put(f);
}

static void
walk(const char *dir, uint depth)
{
	uint max = 400, n;
	char (*name)[EXT4_NAME_MAX + 1] = malloc(max * sizeof(*name));
	char path[PATH_ROOM];
	struct stat_k st;
	struct path p;

	n = list(dir, name, max);
	for (uint i = 0; i < n && steps < MAX_STEPS; i++) {
		if (!strcmp(name[i], ".") || !strcmp(name[i], "..") || strlen(dir) + strlen(name[i]) + 2 > sizeof(path))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		snprintf(step, sizeof(step), "looking at %s", path);
		if (path_lookup(AT_FDCWD, path, 0, &p))
			continue;
		if (!vfs_getattr(&p, &st)) {
			look_at(path, &st, p.dentry->inode);
			if (nnames < MAX_NAMES && (nnames < MAX_NAMES / 2 || host_below(2)))
				strlcpy(names[nnames++], path, PATH_ROOM);
			if (S_ISDIR(st.mode) && depth < 6)
				walk(path, depth + 1);
		}
		path_put(&p);
	}
	free(name);
}

/* ---- changing ---- */

static const char *
some_name(void)
{
	return nnames ? names[host_below(nnames)] : "/mnt/none";
}

/* A new name beside, or in, one that was seen. */
static const char *
new_name(char *buf)
{
	snprintf(buf, PATH_ROOM + 32, "%s%snew-%lu", some_name(), host_below(2) ? "/" : "-", (ulong)host_below(20));
	return buf;
}

static void
write_some(const char *path)
{
	struct file *f = vfs_open(AT_FDCWD, path, O_RDWR | O_NONBLOCK | (host_below(2) ? O_CREAT : 0), 0644);
	static const char data[9000] = "some data";
	loff_t at;

	if (IS_ERR(f))
		return;
	if (S_ISREG(f->inode->mode)) {
		at = host_below(4) ? host_below(40000) : host_below(1UL << (10 + host_below(32)));
		host_write(f, data, 1 + host_below(sizeof(data)), at);
		if (host_below(3) == 0)
			host_fsync(f);
		if (host_below(3) == 0 && f->ops->fallocate)
			f->ops->fallocate(f, host_below(2), host_below(100000), 1 + host_below(30000));
	}
	file_put(f);
}

static void
cut(const char *path)
{
	struct path p;

	if (path_lookup(AT_FDCWD, path, 0, &p))
		return;
	if (S_ISREG(p.dentry->inode->mode))
		vfs_truncate(&p, NULL, host_below(3) ? host_below(30000) : 0);
	path_put(&p);
}

static void
set_attribute(const char *path)
{
	static const char *const name[] = { "user.long", "user.short", "user.new", "trusted.new" };
	static const char value[600];
	struct path p;

	if (path_lookup(AT_FDCWD, path, 0, &p))
		return;
	vfs_setxattr(&p, name[host_below(4)], host_below(3) ? value : NULL, host_below(host_below(2) ? 20 : 600), 0);
	path_put(&p);
}

static void
change_something(void)
{
	static const char *const what[] = {
		"write", "cut", "unlink", "rmdir", "rename", "exchange", "link", "mkdir", "symlink", "attribute",
		"fsync",
	};
	char a[PATH_ROOM + 32];
	const char *name = some_name();
	struct file *f;
	uint op = host_below(ARRAY_SIZE(what));

	snprintf(step, sizeof(step), "%s of %s", what[op], name);
	switch (op) {
	case 0:
		write_some(host_below(2) ? name : new_name(a));
		break;
	case 1:
		cut(name);
		break;
	case 2:
		vfs_unlink(AT_FDCWD, name, false);
		break;
	case 3:
		vfs_unlink(AT_FDCWD, name, true);
		break;
	case 4:
		vfs_rename(AT_FDCWD, name, AT_FDCWD, host_below(2) ? some_name() : new_name(a), 0);
		break;
	case 5:
		vfs_rename(AT_FDCWD, name, AT_FDCWD, some_name(), RENAME_EXCHANGE);
		break;
	case 6:
		vfs_link(AT_FDCWD, name, AT_FDCWD, new_name(a), 0);
		break;
	case 7:
		vfs_mkdir(AT_FDCWD, new_name(a), 0755);
		break;
	case 8:
		vfs_symlink(host_below(2) ? "short" : some_name(), AT_FDCWD, new_name(a));
		break;
	case 9:
		set_attribute(name);
		break;
	default:
		f = vfs_open(AT_FDCWD, name, O_RDONLY | O_NONBLOCK, 0);
		if (!IS_ERR(f)) {
			if (f->ops->fsync)
				host_fsync(f);
			file_put(f);
		}
	}
}

/* ---- a case ---- */

static struct block_device *
disk_of_case(uint n, const struct hostile_image **image)
{
	const struct hostile_image *m = &images[n % HOSTILE_IMAGES];
	struct block_device *dev = host_disk_new("", m->size);

	host_seed(n);
	memcpy(host_disk_bytes(dev), m->bytes, m->size);
	hostile_mutate(m, host_disk_bytes(dev), n / HOSTILE_IMAGES % 2);
	*image = m;
	return dev;
}

static const char *
options_of_case(const struct hostile_image *m)
{
	static const char *const options[] = {
		NULL, NULL, "errors=continue", "errors=continue", "errors=remount-ro", "data=journal,errors=continue",
	};
	const char *o = options[host_below(ARRAY_SIZE(options))];

	return o && strstr(o, "data=") && !strstr(m->args, "-J") ? NULL : o;
}

/* True: it could be mounted. */
static bool
run_case(uint n)
{
	const struct hostile_image *m;
	struct block_device *dev = disk_of_case(n, &m);
	bool mounted;

	now = n;
	alarm(SECONDS);
	nnames = steps = 0;
	host_disk_set(dev, HOST_DISK_INSTANT);
	strlcpy(step, "mount", sizeof(step));
	mounted = host_mount(dev, host_below(10) ? 0 : MS_RDONLY, options_of_case(m)) == 0;
	if (mounted) {
		walk("/mnt", 0);
		for (uint i = 0; i < 25; i++)
			change_something();
		strlcpy(step, "sync", sizeof(step));
		super_sync(host_super(), true);
		if (host_below(2))
			walk("/mnt", 0);
		strlcpy(step, "unmount", sizeof(step));
		HOST_CHECK(host_umount() == 0);
	}
	host_disk_free(dev);
	alarm(0);
	return mounted;
}

/* ---- all of them ---- */

static void
run_cases(uint first, uint n)
{
	ulong frames = 0, mounted = 0;
	int failures = host_failures;

	for (uint i = first; i < first + n; i++) {
		mounted += run_case(i);
		/* The first few fill caches that stay. */
		if (i >= first + 50 && host_frames_used() > frames) {
			printf("%lu frames are in use now, not %lu\n", host_frames_used(), frames);
			host_failures++;
		}
		frames = MAX(frames, host_frames_used());
		if (host_failures != failures)
			tell_case();
		failures = host_failures;
	}
	printf("ext4_fuzz: %u cases, %lu of them could be mounted\n", n, mounted);
	HOST_CHECK(n < 100 || (mounted > n / 4 && mounted < n));
}

/* Is there something of each kind to be changed? */
static void
check_images(void)
{
	uint count[PIECE_KINDS] = { 0 };

	for (uint i = 0; i < HOSTILE_IMAGES; i++)
		for (uint k = 0; k < PIECE_KINDS; k++)
			count[k] += hostile_count(&images[i], k);
	for (uint k = 0; k < PIECE_KINDS; k++)
		HOST_CHECK(count[k] > 0);
}

static void
write_images(const char *dir, uint n)
{
	const struct hostile_image *m;
	struct block_device *dev;
	char path[300];

	for (uint i = 0; i < n; i++) {
		dev = disk_of_case(i, &m);
		snprintf(path, sizeof(path), "%s/%03u.img", dir, i);
		host_disk_save(dev, path);
		host_disk_free(dev);
	}
}

int
main(int argc, char **argv)
{
	uint first = 0, n = CASES, write = 0;
	const char *dir = NULL;

	host_boot(argc, argv);
	if (console_loglevel == 4)
		console_loglevel = 0;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-n") && i + 1 < argc) {
			n = strtoul(argv[++i], NULL, 0);
		} else if (!strcmp(argv[i], "-c") && i + 1 < argc) {
			first = strtoul(argv[++i], NULL, 0);
			n = 1;
		} else if (!strcmp(argv[i], "-w") && i + 2 < argc) {
			dir = argv[i + 1];
			write = strtoul(argv[i + 2], NULL, 0);
			i += 2;
		}
	}
	__sanitizer_set_death_callback(tell_case);
	signal(HOST_SIGABRT, stopped);
	signal(HOST_SIGALRM, stopped);
	for (uint i = 0; i < HOSTILE_IMAGES; i++)
		hostile_make(&images[i], i);
	check_images();
	if (dir)
		write_images(dir, write);
	else
		run_cases(first, n);
	for (uint i = 0; i < HOSTILE_IMAGES; i++)
		hostile_free(&images[i]);
	return host_end();
}
