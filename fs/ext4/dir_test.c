/*
 * dir_test.c - directories do what they promise, whatever their kind: random operations against a model, many names,
 * names of one hash, a full disk, readdir while names come and go; each time e2fsck must find nothing to say.
 */
#include <time.h>
#include "abi/dirent.h"
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define MAX_FILES	3000
#define MAX_DIRS	12
#define MAX_NAMES	700		/* in one directory */
#define NAME_ROOM	256

/* ---- the model ---- */

struct file_model {			/* any inode but a directory */
	u64	ino;
	u32	mode;
	uint	links;
	char	target[80];		/* of a symbolic link */
};

struct name_model {
	char	name[NAME_ROOM];
	int	file;			/* in files[]; or, -1 - n, directory n */
};

struct dir_model {
	bool	used;
	int	up;
	u64	ino;
	uint	n;
	char	path[4 * NAME_ROOM];
	struct name_model name[MAX_NAMES];
};

static struct file_model files[MAX_FILES];
static struct dir_model dirs[MAX_DIRS];
static int nfiles;

static void
model_reset(void)
{
	memset(files, 0, sizeof(files));
	memset(dirs, 0, sizeof(dirs));
	nfiles = 0;
	dirs[0].used = true;
	strlcpy(dirs[0].path, "/mnt", sizeof(dirs[0].path));
}

static struct name_model *
model_find(struct dir_model *d, const char *name)
{
	for (uint i = 0; i < d->n; i++)
		if (!strcmp(d->name[i].name, name))
			return &d->name[i];
	return NULL;
}

static void
model_add(struct dir_model *d, const char *name, int file)
{
	strlcpy(d->name[d->n].name, name, NAME_ROOM);
	d->name[d->n++].file = file;
}

static void
model_remove(struct dir_model *d, struct name_model *n)
{
	*n = d->name[--d->n];
}

static char *
path_of(char *buf, const struct dir_model *d, const char *name)
{
	snprintf(buf, 6 * NAME_ROOM, "%s/%s", d->path, name);
	return buf;
}

/* Directories' paths, after one has moved. */
static void
model_paths(int dir)
{
	struct dir_model *d = &dirs[dir], *below;

	for (uint i = 0; i < d->n; i++) {
		if (d->name[i].file >= 0)
			continue;
		below = &dirs[-1 - d->name[i].file];
		below->up = dir;
		snprintf(below->path, sizeof(below->path), "%s/%s", d->path, d->name[i].name);
		model_paths(-1 - d->name[i].file);
	}
}

static bool
model_below(int dir, int top)
{
	while (dir != top && dir)
		dir = dirs[dir].up;
	return dir == top;
}

/* ---- what is there ---- */

static int
stat_path(const char *path, struct stat_k *st)
{
	struct path p;
	int err = path_lookup(AT_FDCWD, path, 0, &p);

	if (err)
		return err;
	err = vfs_getattr(&p, st);
	path_put(&p);
	return err;
}

struct collect {
	struct dir_emit e;
	uint	room;			/* names in this call */
	void	(*each)(void *arg, const char *name, size_t len, u64 ino, u8 type);
	void	*arg;
};

static bool
collect_emit(struct dir_emit *e, const char *name, size_t len, u64 ino, u8 type, loff_t next)
{
	struct collect *c = container_of(e, struct collect, e);

	if (!c->room)
		return false;
	c->room--;
	c->each(c->arg, name, len, ino, type);
	*e->pos = next;
	return true;
}

/* As getdents64: up to `room` names of f. How many, or -errno. */
static int
read_some(struct file *f, uint room, void (*each)(void *, const char *, size_t, u64, u8), void *arg)
{
	struct collect c = { .e.emit = collect_emit, .e.pos = &f->pos, .room = room, .each = each, .arg = arg };
	int err;

	mutex_lock(&f->pos_lock);
	rwsem_lock_read(&f->inode->lock);
	err = f->inode->flags & INODE_DEAD ? -ENOENT : f->ops->readdir(f, &c.e);
	rwsem_unlock_read(&f->inode->lock);
	mutex_unlock(&f->pos_lock);
	return err && c.room == room ? err : (int)(room - c.room);
}

/* All names of a directory, a few at a time. */
static void
read_all(const char *path, void (*each)(void *, const char *, size_t, u64, u8), void *arg)
{
	struct file *f = vfs_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	int n;

	HOST_CHECK(!IS_ERR(f));
	if (IS_ERR(f))
		return;
	do {
		n = read_some(f, 1 + host_below(40), each, arg);
		HOST_CHECK(n >= 0);
	} while (n > 0);
	file_put(f);
}

struct check {
	struct dir_model *d;
	bool	seen[MAX_NAMES];
	uint	dots;
};

static u8
type_of(const struct name_model *n)
{
	if (!(ext4_sb(host_super())->incompat & EXT4_INCOMPAT_FILETYPE))
		return DT_UNKNOWN;
	return n->file < 0 ? DT_DIR : files[n->file].mode >> 12;
}

static void
check_name(void *arg, const char *name, size_t len, u64 ino, u8 type)
{
	struct check *c = arg;
	char s[NAME_ROOM] = "";
	struct name_model *n;

	memcpy(s, name, len);
	if (!strcmp(s, ".") || !strcmp(s, "..")) {
		HOST_CHECK(ino == (s[1] ? dirs[c->d->up].ino : c->d->ino));
		c->dots++;
		return;
	}
	n = model_find(c->d, s);
	HOST_CHECK(n != NULL);
	if (!n)
		return;
	HOST_CHECK(!c->seen[n - c->d->name]);
	c->seen[n - c->d->name] = true;
	HOST_CHECK(ino == (n->file < 0 ? dirs[-1 - n->file].ino : files[n->file].ino));
	HOST_CHECK(type == type_of(n));
}

static void
check_file(const char *path, const struct file_model *f)
{
	struct stat_k st;
	char buf[100] = "";
	struct path p;

	HOST_CHECK(stat_path(path, &st) == 0);
	HOST_CHECK(st.ino == f->ino && st.mode == f->mode && st.nlink == f->links);
	if (!S_ISLNK(f->mode))
		return;
	HOST_CHECK(path_lookup(AT_FDCWD, path, 0, &p) == 0);
	HOST_CHECK(p.dentry->inode->ops->readlink(p.dentry->inode, buf, sizeof(buf)) == (ssize_t)strlen(f->target));
	HOST_CHECK(!strcmp(buf, f->target));
	path_put(&p);
}

static void
check_all(void)
{
	static struct check c;
	char path[6 * NAME_ROOM];
	struct stat_k st;

	HOST_CHECK(stat_path("/mnt", &st) == 0);
	dirs[0].ino = st.ino;
	for (int d = 0; d < MAX_DIRS; d++) {
		uint subdirs = 0;

		if (!dirs[d].used)
			continue;
		memset(&c, 0, sizeof(c));
		c.d = &dirs[d];
		read_all(dirs[d].path, check_name, &c);
		HOST_CHECK(c.dots == 2);
		for (uint i = 0; i < c.d->n; i++) {
			HOST_CHECK(c.seen[i]);
			subdirs += c.d->name[i].file < 0;
			if (c.d->name[i].file >= 0)
				check_file(path_of(path, c.d, c.d->name[i].name), &files[c.d->name[i].file]);
		}
		HOST_CHECK(stat_path(c.d->path, &st) == 0 && st.ino == c.d->ino && st.nlink == 2 + subdirs);
	}
}

/* ---- random operations ---- */

static uint fail_every;			/* allocations fail so often; 0: never */

/* The operation failed for want of memory: then nothing has happened. In any case there is memory from here on. */
static bool
no_memory(int err)
{
	host_alloc_fail(0, 0);
	return fail_every && err == -ENOMEM;
}

static char longest[NAME_ROOM];		/* a long name's beginning */

/* A name that may or may not be there; some are very long. */
static void
random_name(char *buf, uint range)
{
	u64 n = host_below(range);

	if (n % 7 == 0)
		snprintf(buf, NAME_ROOM, "%.*s%lu", 100 + (int)(n % 150), longest, (ulong)n);
	else if (n % 5 == 0)
		snprintf(buf, NAME_ROOM, ".%lu", (ulong)n);
	else
		snprintf(buf, NAME_ROOM, "name-%lu", (ulong)n);
}

static int
random_dir(void)
{
	int d = host_below(MAX_DIRS);

	return dirs[d].used ? d : 0;
}

static int
file_new(const char *path, u32 mode)
{
	struct stat_k st;

	HOST_CHECK(stat_path(path, &st) == 0 && nfiles < MAX_FILES);
	files[nfiles] = (struct file_model){ .ino = st.ino, .mode = mode, .links = 1 };
	return nfiles++;
}

static void
op_make(struct dir_model *d, const char *name, uint kind)
{
	char path[6 * NAME_ROOM], target[80];
	bool there = model_find(d, name), full = d->n == MAX_NAMES || nfiles == MAX_FILES;
	uint len = 1 + host_below(sizeof(target) - 1);
	u32 mode = S_IFREG | 0644;
	int err, n;

	if (full)
		return;
	path_of(path, d, name);
	if (kind == 0) {
		err = vfs_mknod(AT_FDCWD, path, mode, 0);
	} else if (kind == 1) {
		memset(target, 'a' + len % 26, len);
		target[len] = 0;
		mode = S_IFLNK | 0777;
		err = vfs_symlink(target, AT_FDCWD, path);
	} else {
		mode = S_IFIFO | 0600;
		err = vfs_mknod(AT_FDCWD, path, mode, 0);
	}
	if (no_memory(err))
		return;
	HOST_CHECK(err == (there ? -EEXIST : 0));
	if (err)
		return;
	n = file_new(path, mode);
	if (kind == 1)
		strlcpy(files[n].target, target, sizeof(files[n].target));
	model_add(d, name, n);
}

static void
op_mkdir(int up, const char *name)
{
	struct dir_model *d = &dirs[up];
	bool there = model_find(d, name);
	char path[6 * NAME_ROOM];
	struct stat_k st;
	int n = 0, err;

	while (n < MAX_DIRS && dirs[n].used)
		n++;
	if (n == MAX_DIRS || d->n == MAX_NAMES || strlen(d->path) + strlen(name) + 2 > sizeof(d->path))
		return;
	err = vfs_mkdir(AT_FDCWD, path_of(path, d, name), 0755);
	if (no_memory(err))
		return;
	HOST_CHECK(err == (there ? -EEXIST : 0));
	if (err)
		return;
	HOST_CHECK(stat_path(path, &st) == 0);
	memset(&dirs[n], 0, sizeof(dirs[n]));
	dirs[n].used = true;
	dirs[n].up = up;
	dirs[n].ino = st.ino;
	strlcpy(dirs[n].path, path, sizeof(dirs[n].path));
	model_add(d, name, -1 - n);
}

static void
op_link(struct dir_model *from, const char *old, struct dir_model *to, const char *name)
{
	struct name_model *n = model_find(from, old);
	char a[6 * NAME_ROOM], b[6 * NAME_ROOM];
	int err, want = 0;

	if (to->n == MAX_NAMES)
		return;
	if (!n)
		want = -ENOENT;
	else if (model_find(to, name))
		want = -EEXIST;
	else if (n->file < 0)
		want = -EPERM;
	err = vfs_link(AT_FDCWD, path_of(a, from, old), AT_FDCWD, path_of(b, to, name), 0);
	if (no_memory(err))
		return;
	HOST_CHECK(err == want);
	if (err)
		return;
	files[n->file].links++;
	model_add(to, name, n->file);
}

static void
op_remove(struct dir_model *d, const char *name, bool isdir)
{
	struct name_model *n = model_find(d, name);
	char path[6 * NAME_ROOM];
	int err, want = 0;

	if (!n)
		want = -ENOENT;
	else if (isdir && n->file >= 0)
		want = -ENOTDIR;
	else if (!isdir && n->file < 0)
		want = -EISDIR;
	else if (isdir && dirs[-1 - n->file].n)
		want = -ENOTEMPTY;
	err = vfs_unlink(AT_FDCWD, path_of(path, d, name), isdir);
	if (no_memory(err))
		return;
	HOST_CHECK(err == want);
	if (err)
		return;
	if (isdir)
		dirs[-1 - n->file].used = false;
	else
		files[n->file].links--;
	model_remove(d, n);
}

/* What rename must say. */
static int
rename_expected(int from, const struct name_model *o, int to, const struct name_model *n, uint flags)
{
	bool odir, ndir;

	if (!o)
		return -ENOENT;
	odir = o->file < 0;
	ndir = n && n->file < 0;
	if (n && (flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (!n && (flags & RENAME_EXCHANGE))
		return -ENOENT;
	if (odir && model_below(to, -1 - o->file))
		return -EINVAL;
	if (ndir && model_below(from, -1 - n->file))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (!n || (flags & RENAME_EXCHANGE) || o->file == n->file)
		return 0;
	if (odir && !ndir)
		return -ENOTDIR;
	if (!odir && ndir)
		return -EISDIR;
	return ndir && dirs[-1 - n->file].n ? -ENOTEMPTY : 0;
}

static void
op_rename(int from, const char *old, int to, const char *name, uint flags)
{
	struct dir_model *od = &dirs[from], *nd = &dirs[to];
	struct name_model *o = model_find(od, old), *n = model_find(nd, name);
	char a[6 * NAME_ROOM], b[6 * NAME_ROOM];
	int err, want = rename_expected(from, o, to, n, flags), file;

	if (nd->n == MAX_NAMES || strlen(nd->path) > 2 * NAME_ROOM)
		return;
	err = vfs_rename(AT_FDCWD, path_of(a, od, old), AT_FDCWD, path_of(b, nd, name), flags);
	if (no_memory(err))
		return;
	HOST_CHECK(err == want);
	if (err || (n && o->file == n->file))
		return;
	file = o->file;
	if (flags & RENAME_EXCHANGE) {
		o->file = n->file;
		n->file = file;
	} else {
		if (n && n->file < 0)
			dirs[-1 - n->file].used = false;
		else if (n)
			files[n->file].links--;
		if (n)
			n->file = file;
		model_remove(od, o);
		if (!n)
			model_add(nd, name, file);
	}
	model_paths(0);
}

static void
random_op(uint range)
{
	static const uint flags[] = { 0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE };
	char name[NAME_ROOM], other[NAME_ROOM];
	int d = random_dir(), e = random_dir();

	random_name(name, range);
	random_name(other, range);
	if (fail_every)
		host_alloc_fail(1 + host_below(fail_every), 0);
	switch (host_below(16)) {
	case 0: case 1: case 2: case 3: case 4:
		op_make(&dirs[d], name, 0);
		break;
	case 5:
		op_make(&dirs[d], name, 1 + host_below(2));
		break;
	case 6: case 7:
		op_mkdir(d, name);
		break;
	case 8: case 9:
		op_link(&dirs[d], name, &dirs[e], other);
		break;
	case 10: case 11:
		op_remove(&dirs[d], name, false);
		break;
	case 12:
		op_remove(&dirs[d], name, true);
		break;
	default:
		op_rename(d, name, e, other, flags[host_below(ARRAY_SIZE(flags))]);
	}
	host_alloc_fail(0, 0);
}

/* ---- each kind of file system ---- */

static struct block_device *
make(const char *args, u64 bytes, u8 hash)
{
	struct block_device *dev = host_mke2fs(args, bytes);
	struct ext4_disk_super *d = (void *)((char *)host_disk_bytes(dev) + EXT4_SUPER_OFFSET);

	d->s_def_hash_version = hash;
	ext4_super_csum_set(d);
	return dev;
}

static void
fsck(struct block_device *dev)
{
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
}

static void
test_random(const char *args, uint ops, uint fail)
{
	struct block_device *dev = host_mke2fs(args, 24 * MiB);
	int before = host_failures;
	struct stat_k st;

	model_reset();
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(stat_path("/mnt", &st) == 0);
	dirs[0].ino = st.ino;
	HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/lost+found", true) == 0);
	for (int round = 0; round < 3; round++) {
		fail_every = fail;
		for (uint i = 0; i < ops; i++)
			random_op(round == 1 ? 900 : 150);
		fail_every = 0;
		check_all();
		HOST_CHECK(host_umount() == 0);
		fsck(dev);
		HOST_CHECK(host_mount(dev, 0, NULL) == 0);
		check_all();
	}
	HOST_CHECK(host_umount() == 0);
	host_disk_free(dev);
	if (host_failures != before)
		printf("... with mke2fs %s\n", args);
}

/* ---- the power goes ---- */

#define CRASH_OPS	220
#define CRASHES		40

static u64
mix(u64 h, const void *p, size_t n)
{
	for (const u8 *b = p; n--; b++)
		h = (h ^ *b) * 0x100000001b3UL;
	return h;
}

static u64
name_digest(const char *path, u64 ino, u32 mode, uint links, const char *target)
{
	u64 h = mix(0xcbf29ce484222325UL, path, strlen(path));

	h = mix(h, &ino, sizeof(ino));
	h = mix(h, &mode, sizeof(mode));
	h = mix(h, &links, sizeof(links));
	return mix(h, target, strlen(target));
}

/* A number for all that the model has, whatever the order. */
static u64
model_digest(void)
{
	char path[6 * NAME_ROOM];
	u64 sum = 0;

	for (int d = 0; d < MAX_DIRS; d++) {
		for (uint i = 0; dirs[d].used && i < dirs[d].n; i++) {
			const struct name_model *n = &dirs[d].name[i];
			const struct file_model *f = n->file < 0 ? NULL : &files[n->file];

			path_of(path, &dirs[d], n->name);
			sum += f ? name_digest(path, f->ino, f->mode, f->links, f->target) :
				   name_digest(path, dirs[-1 - n->file].ino, S_IFDIR | 0755, 0, "");
		}
	}
	return sum;
}

struct names { uint n; char name[MAX_NAMES + 2][NAME_ROOM]; };

static void
keep_name(void *arg, const char *name, size_t len, u64 ino, u8 type)
{
	struct names *all = arg;

	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return;
	HOST_CHECK(all->n < ARRAY_SIZE(all->name));
	memcpy(all->name[all->n], name, len);
	all->name[all->n++][len] = 0;
}

/* The same of what is on the disk. */
static u64
disk_digest(const char *dir)
{
	struct names *all = calloc(1, sizeof(*all));
	char path[6 * NAME_ROOM], target[100];
	struct stat_k st;
	struct path p;
	u64 sum = 0;

	read_all(dir, keep_name, all);
	for (uint i = 0; i < all->n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, all->name[i]);
		HOST_CHECK(path_lookup(AT_FDCWD, path, 0, &p) == 0 && vfs_getattr(&p, &st) == 0);
		memset(target, 0, sizeof(target));
		if (S_ISLNK(st.mode))
			p.dentry->inode->ops->readlink(p.dentry->inode, target, sizeof(target));
		path_put(&p);
		sum += name_digest(path, st.ino, st.mode, S_ISDIR(st.mode) ? 0 : st.nlink, target);
		if (S_ISDIR(st.mode))
			sum += disk_digest(path);
	}
	free(all);
	return sum;
}

/* Whatever is on the disk when the power goes: after replay, what was there after one of the operations, all of it. */
static void
test_crash(const char *args)
{
	struct block_device *dev = host_mke2fs(args, 16 * MiB), *after;
	static u64 digest[CRASH_OPS + 1], seen_digest;
	static ulong synced[CRASH_OPS + 1];	/* events when operation i was known to be on the disk */
	ulong cut, events;
	uint i, least;

	model_reset();
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/lost+found", true) == 0);
	HOST_CHECK(super_sync(host_super(), true) == 0);
	host_disk_forget(dev);
	digest[0] = model_digest();
	synced[0] = 0;
	for (i = 1; i <= CRASH_OPS; i++) {
		random_op(60);
		digest[i] = model_digest();
		synced[i] = ~0UL;
		if (host_below(12) == 0) {
			HOST_CHECK(super_sync(host_super(), true) == 0);
			synced[i] = host_disk_events(dev);
		} else if (host_below(6) == 0) {
			host_sleep(NSEC_PER_SEC * host_below(7));
		}
	}
	events = host_disk_events(dev);
	for (uint n = 0; n < CRASHES; n++) {
		cut = host_below(events + 1);
		after = host_disk_crash(dev, cut, 1 + n);
		for (least = CRASH_OPS; least && synced[least] > cut; least--)
			;
		HOST_CHECK(host_umount() == 0);
		HOST_CHECK(host_mount(after, 0, NULL) == 0);
		seen_digest = disk_digest("/mnt");
		for (i = least; i <= CRASH_OPS && digest[i] != seen_digest; i++)
			;
		HOST_CHECK(i <= CRASH_OPS);
		if (i > CRASH_OPS)
			printf("... cut at %lu of %lu, operation %u was synced\n", cut, events, least);
		HOST_CHECK(host_umount() == 0);
		fsck(after);
		host_disk_free(after);
		HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	}
	HOST_CHECK(host_umount() == 0);
	host_disk_free(dev);
}

/* ---- many names ---- */

static double
seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void
many_name(char *buf, uint i)
{
	snprintf(buf, 64, "/mnt/d/file-%08x", i * 2654435761u);
}

/* What one create and one look-up of a name nobody has cached cost, among `have` names. */
static void
cost(uint have, double *create, double *find)
{
	char name[64], target[] = "/mnt/target";
	double best[2] = { 1e9, 1e9 };

	/* The names that are measured replace each other, so that `have` stays. */
	for (uint turn = 0; turn < 8; turn++) {
		double t = seconds();

		for (uint i = 0; i < 200; i++) {
			many_name(name, have + i);
			HOST_CHECK(vfs_link(AT_FDCWD, target, AT_FDCWD, name, 0) == 0);
		}
		best[0] = MIN(best[0], seconds() - t);
		for (uint i = 0; i < 200; i++) {
			many_name(name, have + i);
			HOST_CHECK(vfs_unlink(AT_FDCWD, name, false) == 0);
		}
		while (dcache_reclaim(1000))
			;
		t = seconds();
		for (uint i = 0; i < 100; i++) {
			struct stat_k st;

			many_name(name, (i * 7919 + turn) % have);
			HOST_CHECK(stat_path(name, &st) == 0);
		}
		best[1] = MIN(best[1], seconds() - t);
	}
	*create = best[0];
	*find = best[1];
}

static uint counted;

static void
count_name(void *arg, const char *name, size_t len, u64 ino, u8 type)
{
	counted++;
}

static void
fill(uint from, uint to)
{
	char name[64];

	for (uint i = from; i < to; i++) {
		/* A file has at most 65000 names. */
		if (i % 50000 == 0) {
			if (i)
				HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/target", false) == 0);
			HOST_CHECK(vfs_mknod(AT_FDCWD, "/mnt/target", S_IFREG | 0600, 0) == 0);
		}
		many_name(name, i);
		HOST_CHECK(vfs_link(AT_FDCWD, "/mnt/target", AT_FDCWD, name, 0) == 0);
	}
}

static void
test_many(const char *args, uint names)
{
	struct block_device *dev = host_mke2fs(args, 24 * MiB);
	double create[2], find[2];
	char name[64];

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	fill(0, 100);
	cost(100, &create[0], &find[0]);
	fill(100, names);
	cost(names, &create[1], &find[1]);
	if (create[1] > 3 * create[0] || find[1] > 3 * find[0])
		printf("%u names: create %.0f us (of 100: %.0f), find %.0f us (%.0f)\n", names, create[1] * 5000,
		       create[0] * 5000, find[1] * 10000, find[0] * 10000);
	HOST_CHECK(create[1] <= 3 * create[0]);
	HOST_CHECK(find[1] <= 3 * find[0]);
	counted = 0;
	read_all("/mnt/d", count_name, NULL);
	HOST_CHECK(counted == names + 2);
	for (uint i = 0; i < names; i += 2) {
		many_name(name, i);
		HOST_CHECK(vfs_unlink(AT_FDCWD, name, false) == 0);
	}
	HOST_CHECK(host_umount() == 0);
	fsck(dev);
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	counted = 0;
	read_all("/mnt/d", count_name, NULL);
	HOST_CHECK(counted == names / 2 + 2);
	HOST_CHECK(host_umount() == 0);
	host_disk_free(dev);
}

/* ---- reading while names come and go ---- */

#define STEADY	150			/* names that stay */

static bool stop;
static uint seen[STEADY];

static void
churn(void *arg)
{
	char name[300], other[300];
	u64 which;

	while (!stop) {
		which = host_below(400);
		snprintf(name, sizeof(name), "/mnt/d/churn-%lu-%.*s", (ulong)which, (int)(which % 100), longest);
		snprintf(other, sizeof(other), "/mnt/d/other-%lu", (ulong)which);
		switch (host_below(3)) {
		case 0:
			vfs_mknod(AT_FDCWD, name, S_IFREG | 0600, 0);
			break;
		case 1:
			vfs_unlink(AT_FDCWD, name, false);
			break;
		default:
			vfs_rename(AT_FDCWD, name, AT_FDCWD, other, 0);
			vfs_unlink(AT_FDCWD, other, false);
		}
	}
}

static void
see_name(void *arg, const char *name, size_t len, u64 ino, u8 type)
{
	char s[NAME_ROOM] = "";
	uint n;

	memcpy(s, name, len);
	if (sscanf(s, "steady-%u", &n) == 1 && n < STEADY)
		seen[n]++;
}

/* From a directory of few names to a hashed one of many, while it is read. */
static void
test_concurrent(const char *args, u8 hash)
{
	struct block_device *dev = make(args, 24 * MiB, hash);
	struct task *t[3];
	char name[64];
	struct file *f;
	uint have = 5;
	int n;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	stop = false;
	for (uint i = 0; i < have; i++) {
		snprintf(name, sizeof(name), "/mnt/d/steady-%u", i);
		HOST_CHECK(vfs_mknod(AT_FDCWD, name, S_IFREG | 0600, 0) == 0);
	}
	for (uint i = 0; i < ARRAY_SIZE(t); i++)
		t[i] = host_spawn("churn", churn, NULL);
	for (uint turn = 0; turn < 40; turn++) {
		memset(seen, 0, sizeof(seen));
		f = vfs_open(AT_FDCWD, "/mnt/d", O_RDONLY | O_DIRECTORY, 0);
		HOST_CHECK(!IS_ERR(f));
		while ((n = read_some(f, 1 + host_below(9), see_name, NULL)) > 0)
			if (host_below(4) == 0)
				host_sleep(host_below(300000));
		HOST_CHECK(n == 0);
		file_put(f);
		for (uint i = 0; i < have; i++)
			HOST_CHECK(seen[i] == 1);
		for (uint more = 0; more < 4 && have < STEADY; more++) {
			snprintf(name, sizeof(name), "/mnt/d/steady-%u", have++);
			HOST_CHECK(vfs_mknod(AT_FDCWD, name, S_IFREG | 0600, 0) == 0);
		}
	}
	stop = true;
	for (uint i = 0; i < ARRAY_SIZE(t); i++)
		host_join(t[i]);
	HOST_CHECK(host_umount() == 0);
	fsck(dev);
	host_disk_free(dev);
}

/* ---- names that share a hash ---- */

#define TRIES	(1 << 20)
#define COLLIDING 1200

struct hashed { u32 hash, n; };

static int
by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;

	return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash) : (x->n > y->n) - (x->n < y->n);
}

static void
colliding_name(char *buf, u32 n)
{
	snprintf(buf, NAME_ROOM, "%.*s%06x", 180, longest, n);
}

/* Leaves of few long names, among them many pairs of one hash: some are divided when a leaf is split. */
static void
test_collisions(const char *args, u8 hash)
{
	struct block_device *dev = make(args, 24 * MiB, hash);
	struct hashed *all = malloc(TRIES * sizeof(*all));
	static char names[COLLIDING][NAME_ROOM];
	char path[2 * NAME_ROOM];
	uint n = 0, continued = 0;
	struct stat_k st;
	struct ext4_hash h;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	for (u32 i = 0; i < TRIES; i++) {
		colliding_name(names[0], i);
		h = ext4_name_hash(ext4_sb(host_super()), ext4_sb(host_super())->def_hash, names[0], strlen(names[0]));
		all[i] = (struct hashed){ h.major, i };
	}
	qsort(all, TRIES, sizeof(*all), by_hash);
	for (u32 i = 1; i < TRIES && n + 2 <= COLLIDING; i++) {
		if (all[i].hash != all[i - 1].hash)
			continue;
		colliding_name(names[n++], all[i - 1].n);
		colliding_name(names[n++], all[i].n);
	}
	HOST_CHECK(n > 200);
	for (u32 i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/mnt/d/%s", names[(i * 7) % n]);
		if (n % 7 == 0)
			snprintf(path, sizeof(path), "/mnt/d/%s", names[i]);
		vfs_mknod(AT_FDCWD, path, S_IFREG | 0600, 0);
	}
	while (dcache_reclaim(1000))
		continued++;
	for (u32 i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/mnt/d/%s", names[i]);
		HOST_CHECK(stat_path(path, &st) == 0);
	}
	for (uint turn = 0; turn < 3; turn++) {
		counted = 0;
		read_all("/mnt/d", count_name, NULL);
		HOST_CHECK(counted >= n && counted <= n + 2);
	}
	for (u32 i = 0; i < n; i += 3) {
		snprintf(path, sizeof(path), "/mnt/d/%s", names[i]);
		HOST_CHECK(vfs_unlink(AT_FDCWD, path, false) == 0);
	}
	HOST_CHECK(host_umount() == 0);
	fsck(dev);
	free(all);
	host_disk_free(dev);
}

/* ---- no room ---- */

/* The index is full, or the disk: an error, and nothing half done. */
static void
test_full(const char *args, u64 bytes, uint most, bool directories)
{
	struct block_device *dev = host_mke2fs(args, bytes);
	char path[2 * NAME_ROOM];
	uint n, left = 0;
	struct stat_k st;
	int err = 0;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	HOST_CHECK(vfs_mknod(AT_FDCWD, "/mnt/target", S_IFREG | 0600, 0) == 0);
	for (n = 0; n < most && !err; n++) {
		snprintf(path, sizeof(path), "/mnt/d/%u%.*s", n, 200, longest);
		if (directories)
			err = vfs_mkdir(AT_FDCWD, path, 0700);
		else
			err = vfs_link(AT_FDCWD, "/mnt/target", AT_FDCWD, path, 0);
	}
	HOST_CHECK(err == -ENOSPC);
	n--;
	HOST_CHECK(stat_path(path, &st) == -ENOENT);
	for (uint i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/mnt/d/%u%.*s", i, 200, longest);
		if (stat_path(path, &st) == 0)
			left++;
		if (i % 2)
			HOST_CHECK(vfs_unlink(AT_FDCWD, path, directories) == 0);
	}
	HOST_CHECK(left == n);
	HOST_CHECK(host_umount() == 0);
	fsck(dev);
	host_disk_free(dev);
}

/* More subdirectories than a link count can say. */
static void
test_subdirs(void)
{
	struct block_device *dev = host_mke2fs("-t ext4 -O ^has_journal -b 1024 -N 66000", 160 * MiB);
	char path[64];
	struct stat_k st;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	for (uint i = 0; i < 65010; i++) {
		snprintf(path, sizeof(path), "/mnt/d/%u", i);
		HOST_CHECK(vfs_mkdir(AT_FDCWD, path, 0700) == 0);
		if (i == 64997)
			HOST_CHECK(stat_path("/mnt/d", &st) == 0 && st.nlink == 65000);
	}
	HOST_CHECK(stat_path("/mnt/d", &st) == 0 && st.nlink == 1);
	HOST_CHECK(host_umount() == 0);
	fsck(dev);
	host_disk_free(dev);
}

/* ---- directories removed while somebody is in them ---- */

static void
test_removed(void)
{
	struct block_device *dev = host_mke2fs("-t ext4 -O ^has_journal -b 1024", 8 * MiB);
	char path[64];
	struct path p;
	struct file *f;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	for (uint i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "/mnt/d/%u", i);
		HOST_CHECK(vfs_mknod(AT_FDCWD, path, S_IFREG | 0600, 0) == 0);
	}
	for (uint i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "/mnt/d/%u", i);
		HOST_CHECK(vfs_unlink(AT_FDCWD, path, false) == 0);
	}
	f = vfs_open(AT_FDCWD, "/mnt/d", O_RDONLY | O_DIRECTORY, 0);
	HOST_CHECK(!IS_ERR(f) && path_lookup(AT_FDCWD, "/mnt/d", 0, &p) == 0);
	HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/d", true) == 0);
	HOST_CHECK(read_some(f, 10, count_name, NULL) == -ENOENT);
	/* Looked up in it, though nobody can find it: as a task does whose working directory it is. */
	current->fs->cwd = p;
	HOST_CHECK(path_lookup(AT_FDCWD, "7", 0, &p) == -ENOENT);
	HOST_CHECK(vfs_mknod(AT_FDCWD, "new", S_IFREG | 0600, 0) == -ENOENT);
	p = current->fs->cwd;
	current->fs->cwd = current->fs->root;
	path_put(&p);
	file_put(f);
	HOST_CHECK(!ext4_sb(host_super())->errors_new);
	HOST_CHECK(host_umount() == 0);
	fsck(dev);
	host_disk_free(dev);
}

static const char *const kinds[] = {
	"-t ext4 -O ^has_journal -b 1024", "-t ext4 -O ^has_journal -b 2048", "-t ext4 -O ^has_journal -b 4096",
	"-t ext4 -O ^has_journal,^dir_index -b 1024", "-t ext4 -O ^has_journal,^dir_index -b 4096",
	"-t ext4 -O ^has_journal,^metadata_csum -b 1024", "-t ext4 -O ^has_journal,^metadata_csum,^dir_index -b 2048",
	"-t ext4 -O ^has_journal,^filetype -b 1024", "-t ext4 -O ^has_journal,^dir_nlink,^extent,^64bit -b 1024",
	"-t ext4 -O ^has_journal,large_dir -b 1024", "-t ext2 -b 1024", "-t ext2 -b 4096 -O ^filetype",
	"-t ext4 -b 1024", "-t ext4 -b 4096",
};

int
main(int argc, char **argv)
{
	host_boot(argc, argv);
	memset(longest, 'l', sizeof(longest) - 1);
	for (uint i = 0; i < ARRAY_SIZE(kinds); i++)
		test_random(kinds[i], 500, 0);
	for (uint i = 0; i < ARRAY_SIZE(kinds); i += 3)
		test_random(kinds[i], 500, 12);
	test_crash("-t ext4 -b 1024");
	test_crash("-t ext4 -b 4096 -O ^metadata_csum,^dir_index");
	test_removed();
	test_concurrent("-t ext4 -O ^has_journal -b 1024", EXT4_HASH_HALF_MD4);
	test_concurrent("-t ext4 -O ^has_journal -b 4096", EXT4_HASH_HALF_MD4);
	test_concurrent("-t ext4 -O ^has_journal,^dir_index -b 1024", EXT4_HASH_HALF_MD4);
	test_concurrent("-t ext4 -b 1024", EXT4_HASH_LEGACY);
	test_collisions("-t ext4 -O ^has_journal -b 1024", EXT4_HASH_LEGACY);
	test_collisions("-t ext4 -O ^has_journal -b 1024", EXT4_HASH_TEA);
	test_full("-t ext4 -O ^has_journal -b 1024", 8 * MiB, 100000, false);
	test_full("-t ext4 -O ^has_journal -b 1024 -N 8000", 4 * MiB, 100000, true);
	test_full("-t ext2 -b 1024 -N 8000", 4 * MiB, 100000, true);
	test_many("-t ext4 -O ^has_journal -b 4096", 100000);
	test_many("-t ext4 -O ^has_journal,large_dir -b 1024", 100000);
	test_subdirs();
	return host_end();
}
