/*
 * data_test.c - files written, read, cut and grown at random, against a model in memory; and after power cuts.
 *
 *	same     one file, every way to change it: what is read is the model, at once, from the disk, after a remount
 *	together four tasks do so, each with a file of its own, and spoil another one together
 *	full     a disk that fills up: -ENOSPC is told to who writes, and nothing that was written is lost
 *	faults   writes that fail: fsync says so, once; memory that runs out: -ENOMEM, and the file system is whole
 *	crash    files are written and synced while power fails: what was synced is there, and what a deleted file
 *	         left on the disk (STALE) is in no other
 */
#include "abi/fcntl.h"
#include "fs/ext4/data.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "kernel/task.h"
#include "lib/string.h"

#define STALE		0x53

static struct block_device *dev;

static struct file *
open_file(const char *path, u32 flags)
{
	struct file *f = vfs_open(AT_FDCWD, path, flags | O_CREAT | O_RDWR, 0644);

	if (IS_ERR(f))
		panic("cannot open %s: %d", path, PTR_ERR(f));
	return f;
}

/* Bytes that are neither zero nor STALE. */
static void
fill(u8 *p, size_t n)
{
	u8 c = host_random();

	for (size_t i = 0; i < n; i++)
		p[i] = 0x80 | (c + i * 7);
}

static int
truncate_file(struct file *f, u64 size)
{
	struct attr a = { .valid = ATTR_SIZE, .size = size };
	int err;

	rwsem_lock_write(&f->inode->lock);
	err = f->inode->ops->setattr(f->inode, &a);
	rwsem_unlock_write(&f->inode->lock);
	return err;
}

/* A program stores n bytes through a shared mapping, inside one page and the file. */
static int
mmap_store(struct file *f, const u8 *src, u64 pos, size_t n)
{
	struct mapping *m = &f->inode->mapping;
	struct frame *p = mapping_get(m, pos >> PAGE_SHIFT, false);
	int err;

	if (IS_ERR(p))
		return PTR_ERR(p);
	mapping_lock_page(p);
	err = p->owner == m ? m->ops->make_writable(m, p) : -EAGAIN;
	if (!err) {
		memcpy((char *)frame_va(p) + PAGE_OFFSET(pos), src, n);
		mapping_dirty(m, p);
	}
	mapping_unlock_page(p);
	frame_put(p);
	return err;
}

/* ---- the same as the model ---- */

#define MAX_SIZE	(400 * KiB)

struct model {
	struct file *f, *direct;
	u8	*bytes;			/* MAX_SIZE */
	u64	size;
	u8	*buf;			/* MAX_SIZE, aligned */
	bool	holes_told;		/* extents: fallocate works */
};

static void
check_bytes(struct model *t, struct file *f, u64 pos, size_t n)
{
	u64 expect = pos < t->size ? MIN(n, t->size - pos) : 0;
	ssize_t got = host_read(f, t->buf, n, pos);

	HOST_CHECK(got == (ssize_t)expect);
	if (got < 0 || memcmp(t->buf, t->bytes + pos, expect)) {
		for (u64 i = 0; i < expect; i++)
			if (t->buf[i] != t->bytes[pos + i]) {
				printf("size %lu: byte %lu is %#x, not %#x\n", (ulong)t->size, (ulong)(pos + i),
				       t->buf[i], t->bytes[pos + i]);
				break;
			}
		HOST_CHECK(!"contents");
	}
}

static void
model_write(struct model *t, struct file *f, u64 pos, size_t n)
{
	fill(t->buf, n);
	HOST_CHECK(host_write(f, t->buf, n, pos) == (ssize_t)n);
	memcpy(t->bytes + pos, t->buf, n);
	t->size = MAX(t->size, pos + n);
}

static void
model_truncate(struct model *t, u64 size)
{
	HOST_CHECK(truncate_file(t->f, size) == 0);
	if (size < t->size)
		memset(t->bytes + size, 0, t->size - size);
	t->size = size;
}

static void
model_fallocate(struct model *t, u64 pos, u64 n, int mode)
{
	long r = t->f->ops->fallocate(t->f, mode, pos, n);

	HOST_CHECK(r == (t->holes_told ? 0 : -EOPNOTSUPP));
	if (r)
		return;
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		memset(t->bytes + pos, 0, n);
	if (!(mode & FALLOC_FL_KEEP_SIZE))
		t->size = MAX(t->size, pos + n);
}

static int
some_mode(void)
{
	static const int modes[] = { 0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE,
				     FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
				     FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE };

	return modes[host_below(ARRAY_SIZE(modes))];
}

static void
model_step(struct model *t)
{
	u64 pos = host_below(host_below(4) ? 40 * KiB : MAX_SIZE), n = 1 + host_below(host_below(3) ? 3000 : 60 * KiB);
	u64 whole = ALIGN_DOWN(pos, 512), sectors = MIN(ALIGN_UP(n, 512), MAX_SIZE - whole);

	n = MIN(n, MAX_SIZE - pos);
	switch (host_below(18)) {
	case 0 ... 4:
		model_write(t, t->f, pos, n);
		break;
	case 5:
		model_write(t, t->direct, whole, sectors);
		break;
	case 6:
		if (pos < t->size && t->size > 1) {
			n = MIN(MIN(n, PAGE_SIZE - PAGE_OFFSET(pos)), t->size - pos);
			fill(t->buf, n);
			HOST_CHECK(mmap_store(t->f, t->buf, pos, n) == 0);
			memcpy(t->bytes + pos, t->buf, n);
		}
		break;
	case 7:
		model_truncate(t, pos);
		break;
	case 8:
	case 16:
	case 17:
		model_fallocate(t, pos, n, some_mode());
		break;
	case 9:
		HOST_CHECK(t->f->ops->fsync(t->f, host_below(2)) == 0);
		break;
	case 10:
		HOST_CHECK(mapping_write_range(&t->f->inode->mapping, pos, pos + n, host_below(2)) == 0);
		break;
	case 11:
		mapping_invalidate(&t->f->inode->mapping, 0, ~0UL);
		break;
	case 12:
		check_bytes(t, t->direct, whole, sectors);
		break;
	default:
		check_bytes(t, t->f, pos, n);
	}
}

/* SEEK_DATA and SEEK_HOLE alternate, and no byte in what they call a hole is anything but zero. */
static void
check_seek(struct model *t)
{
	loff_t at = 0, end;

	while (at < (loff_t)t->size) {
		end = t->f->ops->seek(t->f, at, SEEK_DATA);
		if (end == -ENXIO)
			end = t->size;
		HOST_CHECK(end >= at && end <= (loff_t)t->size);
		for (loff_t i = at; i < end; i++)
			HOST_CHECK(t->bytes[i] == 0);
		if (end == (loff_t)t->size)
			break;
		at = t->f->ops->seek(t->f, end, SEEK_HOLE);
		HOST_CHECK(at > end && at <= (loff_t)t->size);
		if (host_failures)
			break;
	}
}

static void
mount_or_die(const char *options)
{
	int err = host_mount(dev, 0, options);

	if (err)
		panic("cannot mount: %d", err);
}

static void
same(const char *mke2fs, const char *options, uint steps)
{
	struct model t = { .bytes = calloc(1, MAX_SIZE), .buf = aligned_alloc(4096, MAX_SIZE) };

	dev = host_mke2fs(mke2fs, 16 * MiB);
	for (uint round = 0; round < 3 && !host_failures; round++) {
		mount_or_die(options);
		t.f = open_file("/mnt/file", 0);
		t.direct = open_file("/mnt/file", O_DIRECT);
		t.holes_told = ext4_has_extents(t.f->inode);
		HOST_CHECK(t.f->inode->size == t.size);
		check_bytes(&t, t.f, 0, MAX_SIZE);
		for (uint i = 0; i < steps && !host_failures; i++)
			model_step(&t);
		check_bytes(&t, t.f, 0, MAX_SIZE);
		check_seek(&t);
		file_put(t.f);
		file_put(t.direct);
		HOST_CHECK(host_umount() == 0);
		HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	}
	if (host_failures)
		printf("in: %s, %s\n", mke2fs, options);
	host_disk_free(dev);
	free(t.bytes);
	free(t.buf);
}

/* ---- several at once ---- */

struct player {
	struct model t;
	struct file *shared;
	uint	steps;
	struct task *task;
};

/* What others do to the shared file at the same time cannot be foretold; but nothing may break. */
static void
disturb(struct file *f, u8 *buf)
{
	u64 pos = host_below(100 * KiB), n = 1 + host_below(20 * KiB);

	switch (host_below(8)) {
	case 0:
		HOST_CHECK(truncate_file(f, pos) == 0);
		break;
	case 4:
	case 5:
		HOST_CHECK(f->ops->fallocate(f, some_mode(), pos, n) == (ext4_has_extents(f->inode) ? 0 : -EOPNOTSUPP));
		break;
	case 1:
		HOST_CHECK(f->ops->fsync(f, host_below(2)) == 0);
		break;
	case 2:
		mapping_write_range(&f->inode->mapping, pos, pos + n, host_below(2));
		mapping_invalidate(&f->inode->mapping, 0, ~0UL);
		break;
	case 3:
		HOST_CHECK(host_read(f, buf, n, pos) >= 0);
		break;
	default:
		HOST_CHECK(host_write(f, buf, n, pos) == (ssize_t)n);
	}
}

static void
player(void *arg)
{
	struct player *p = arg;

	for (uint i = 0; i < p->steps && !host_failures; i++) {
		if (host_below(3))
			model_step(&p->t);
		else
			disturb(p->shared, p->t.buf);
	}
	check_bytes(&p->t, p->t.f, 0, MAX_SIZE);
}

static void
together(const char *mke2fs, const char *options, uint steps)
{
	struct player p[4];
	char path[32];

	dev = host_mke2fs(mke2fs, 16 * MiB);
	mount_or_die(options);
	for (uint i = 0; i < ARRAY_SIZE(p); i++) {
		snprintf(path, sizeof(path), "/mnt/own%u", i);
		p[i] = (struct player){ .steps = steps };
		p[i].t.bytes = calloc(1, MAX_SIZE);
		p[i].t.buf = aligned_alloc(4096, MAX_SIZE);
		p[i].t.f = open_file(path, 0);
		p[i].t.direct = open_file(path, O_DIRECT);
		p[i].t.holes_told = ext4_has_extents(p[i].t.f->inode);
		p[i].shared = open_file("/mnt/shared", 0);
	}
	for (uint i = 0; i < ARRAY_SIZE(p); i++)
		p[i].task = host_spawn("player", player, &p[i]);
	for (uint i = 0; i < ARRAY_SIZE(p); i++) {
		host_join(p[i].task);
		file_put(p[i].t.f);
		file_put(p[i].t.direct);
		file_put(p[i].shared);
		free(p[i].t.bytes);
		free(p[i].t.buf);
	}
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	if (host_failures)
		printf("together: %s, %s\n", mke2fs, options);
	host_disk_free(dev);
}

/* ---- a full disk ---- */

static void
full(const char *mke2fs, u64 bytes, const char *options)
{
	static u8 buf[64 * KiB], back[64 * KiB];
	char path[32];
	uint n, i;

	dev = host_mke2fs(mke2fs, bytes);
	mount_or_die(options);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0777) == 0);
	current->cap_effective = 0;
	current->fsuid = 1000;
	for (uint round = 0; round < 3 && !host_failures; round++) {
		for (n = 0; n < 1000; n++) {
			memset(buf, 0x80 + n, sizeof(buf));
			snprintf(path, sizeof(path), "/mnt/d/%u", n);
			i = host_put_file(path, buf, sizeof(buf));
			HOST_CHECK((int)i == 0 || (int)i == -ENOSPC);
			if (i)
				break;
		}
		HOST_CHECK(n > 10 && n < 1000);
		HOST_CHECK(super_sync(host_super(), true) == 0);
		for (i = 0; i < n; i++) {
			memset(buf, 0x80 + i, sizeof(buf));
			snprintf(path, sizeof(path), "/mnt/d/%u", i);
			HOST_CHECK(host_get_file(path, back, sizeof(back)) == sizeof(back));
			HOST_CHECK(memcmp(buf, back, sizeof(buf)) == 0);
		}
		for (i = 0; i <= n; i++) {
			snprintf(path, sizeof(path), "/mnt/d/%u", i);
			HOST_CHECK(vfs_unlink(AT_FDCWD, path, false) == 0);
		}
	}
	current->cap_effective = ~0UL;
	current->fsuid = 0;
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

/* ---- faults ---- */

static void
write_fails(void)
{
	static u8 buf[40 * KiB];
	struct file *f, *g;

	dev = host_mke2fs("-t ext4 -b 4096", 16 * MiB);
	mount_or_die(NULL);
	f = open_file("/mnt/file", 0);
	g = open_file("/mnt/file", 0);
	fill(buf, sizeof(buf));
	HOST_CHECK(host_write(f, buf, sizeof(buf), 0) == sizeof(buf));
	HOST_CHECK(host_fsync(f) == 0);
	/* Overwritten in place: no transaction carries it, so only the data can fail. */
	HOST_CHECK(host_write(f, buf, sizeof(buf), 0) == sizeof(buf));
	host_disk_fail(dev, BIO_WRITE, 1, 1);
	HOST_CHECK(mapping_write_range(&f->inode->mapping, 0, ~0UL, true) == -EIO);
	host_disk_fail(dev, BIO_WRITE, 0, 0);
	HOST_CHECK(host_fsync(f) == -EIO);
	HOST_CHECK(host_fsync(f) == 0);
	HOST_CHECK(host_fsync(g) == -EIO);
	HOST_CHECK(host_fsync(g) == 0);
	file_put(f);
	file_put(g);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

/* Every so many-th allocation fails: errors are -ENOMEM, and what e2fsck finds is nothing. */
static void
memory_fails(const char *options)
{
	static u8 buf[100 * KiB];
	struct file *f;
	ssize_t n;

	dev = host_mke2fs("-t ext4 -b 1024", 16 * MiB);
	mount_or_die(options);
	f = open_file("/mnt/file", 0);
	for (uint i = 0; i < 300; i++) {
		u64 pos = host_below(1 * MiB), len = 1 + host_below(sizeof(buf) - 1);

		fill(buf, len);
		host_alloc_fail(1 + host_below(30), 8 + host_below(50));
		n = host_write(f, buf, len, pos);
		HOST_CHECK(n > 0 || n == -ENOMEM);
		if (host_below(4) == 0) {
			n = truncate_file(f, host_below(1 * MiB));
			HOST_CHECK(n == 0 || n == -ENOMEM);
		}
		if (host_below(2) == 0) {
			n = f->ops->fallocate(f, some_mode(), host_below(1 * MiB), len);
			HOST_CHECK(n == 0 || n == -ENOMEM);
		}
		if (host_below(4) == 0) {
			n = host_fsync(f);
			HOST_CHECK(n == 0 || n == -ENOMEM);
		}
		host_alloc_fail(0, 0);
	}
	file_put(f);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

/* ---- power cuts ---- */

#define NFILES		6
#define CRASH_SIZE	(96 * KiB)
#define NSYNCED		400

struct synced {				/* a file's contents, from one fsync to its next change */
	uint	file;
	ulong	from, to;		/* events */
	u64	size;
	u8	*bytes;
} synced[NSYNCED];
static uint nsynced;

static void
name_of(char *path, size_t size, uint i)
{
	snprintf(path, size, "/mnt/f%u", i);
}

/* All free blocks hold what a deleted file left there. */
static void
litter(void)
{
	static u8 buf[256 * KiB];
	struct file *f = open_file("/mnt/litter", 0);
	u64 pos = 0;
	ssize_t n;

	memset(buf, STALE, sizeof(buf));
	while ((n = host_write(f, buf, sizeof(buf), pos)) > 0)
		pos += n;
	HOST_CHECK(n == -ENOSPC);
	HOST_CHECK(host_fsync(f) == 0);
	file_put(f);
	HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/litter", false) == 0);
	HOST_CHECK(super_sync(host_super(), true) == 0);
}

/* The model of file i changes from here on. */
static void
unsynced(uint i)
{
	for (uint k = 0; k < nsynced; k++)
		if (synced[k].file == i && synced[k].to == ~0UL)
			synced[k].to = host_disk_events(dev);
}

static void
crash_step(struct file **f, u8 **bytes, u64 *size, u8 *buf)
{
	uint i = host_below(NFILES);
	u64 pos = host_below(3) ? size[i] : host_below(CRASH_SIZE), n = 1 + host_below(host_below(3) ? 2000 : 20 * KiB);
	int mode = some_mode();
	u64 cut;
	long r;

	pos = MIN(pos, CRASH_SIZE - 1);
	n = MIN(n, CRASH_SIZE - pos);
	switch (host_below(10)) {
	case 0 ... 3:
		unsynced(i);
		fill(buf, n);
		HOST_CHECK(host_write(f[i], buf, n, pos) == (ssize_t)n);
		memcpy(bytes[i] + pos, buf, n);
		size[i] = MAX(size[i], pos + n);
		break;
	case 4:
		unsynced(i);
		cut = host_below(2) ? 0 : host_below(CRASH_SIZE);
		HOST_CHECK(truncate_file(f[i], cut) == 0);
		if (cut < size[i])
			memset(bytes[i] + cut, 0, size[i] - cut);
		size[i] = cut;
		break;
	case 5:
		mapping_write_range(&f[i]->inode->mapping, pos, pos + n, false);
		break;
	case 6:
	case 7:
		unsynced(i);
		r = f[i]->ops->fallocate(f[i], mode, pos, n);
		HOST_CHECK(r == (ext4_has_extents(f[i]->inode) ? 0 : -EOPNOTSUPP));
		if (r)
			break;
		if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
			memset(bytes[i] + pos, 0, n);
		if (!(mode & FALLOC_FL_KEEP_SIZE))
			size[i] = MAX(size[i], pos + n);
		break;
	default:
		HOST_CHECK(f[i]->ops->fsync(f[i], host_below(2)) == 0);
		unsynced(i);
		if (nsynced == NSYNCED)
			break;
		synced[nsynced] = (struct synced){ i, host_disk_events(dev), ~0UL, size[i], malloc(CRASH_SIZE) };
		memcpy(synced[nsynced++].bytes, bytes[i], CRASH_SIZE);
	}
}

/* What is on the disk after a cut at event `cut` must be what was promised. */
static void
crash_check(ulong cut, bool stale_allowed)
{
	static u8 buf[2 * CRASH_SIZE];
	char path[32];
	ssize_t n;

	for (uint i = 0; i < NFILES; i++) {
		name_of(path, sizeof(path), i);
		n = host_get_file(path, buf, sizeof(buf));
		HOST_CHECK(n >= 0 && n <= (ssize_t)CRASH_SIZE);
		for (ssize_t k = 0; k < n && !stale_allowed; k++) {
			if (buf[k] == STALE) {
				printf("%s: byte %ld of %ld is another file's\n", path, (long)k, (long)n);
				HOST_CHECK(!"stale");
				break;
			}
		}
		for (uint k = 0; k < nsynced; k++) {
			struct synced *y = &synced[k];

			if (y->file != i || y->from > cut || y->to <= cut)
				continue;
			HOST_CHECK(n == (ssize_t)y->size);
			if (n == (ssize_t)y->size && memcmp(buf, y->bytes, n)) {
				for (ssize_t b = 0; b < n; b++)
					if (buf[b] != y->bytes[b]) {
						printf("%s: byte %ld of %ld is %#x, was synced as %#x\n", path, (long)b,
						       (long)n, buf[b], y->bytes[b]);
						break;
					}
				HOST_CHECK(!"synced");
			}
		}
	}
}

static void
crash(const char *mke2fs, const char *options, bool stale_allowed, uint steps, uint cuts)
{
	struct block_device *whole;
	struct file *f[NFILES];
	u8 *bytes[NFILES], *buf = malloc(CRASH_SIZE);
	u64 size[NFILES] = { 0 };
	char path[32];
	ulong cut, events;

	nsynced = 0;
	whole = dev = host_mke2fs(mke2fs, 8 * MiB);
	mount_or_die(options);
	litter();
	for (uint i = 0; i < NFILES; i++) {
		name_of(path, sizeof(path), i);
		f[i] = open_file(path, 0);
		bytes[i] = calloc(1, CRASH_SIZE);
	}
	HOST_CHECK(super_sync(host_super(), true) == 0);
	HOST_CHECK(journal_flush(ext4_sb(host_super())->journal) == 0);		/* nothing is under way */
	host_disk_forget(dev);
	for (uint i = 0; i < steps && !host_failures; i++)
		crash_step(f, bytes, size, buf);
	for (uint i = 0; i < NFILES; i++) {
		unsynced(i);
		file_put(f[i]);
		free(bytes[i]);
	}
	events = host_disk_events(whole);
	HOST_CHECK(host_umount() == 0);
	for (uint i = 0; i < cuts && !host_failures; i++) {
		cut = host_below(events + 1);
		dev = host_disk_crash(whole, cut, host_below(4) ? host_random() : 0);
		/* The super block is two sectors, one with the checksum: half of it written is the end of any ext4. */
		if (!ext4_super_csum_ok((void *)((u8 *)host_disk_bytes(dev) + EXT4_SUPER_OFFSET))) {
			host_disk_free(dev);
			continue;
		}
		mount_or_die(options);
		crash_check(cut, stale_allowed);
		HOST_CHECK(host_umount() == 0);
		if (i % 8 == 0)
			HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
		if (host_failures)
			printf("cut %lu of %lu, %s, %s\n", cut, events, mke2fs, options);
		host_disk_free(dev);
	}
	for (uint i = 0; i < nsynced; i++)
		free(synced[i].bytes);
	host_disk_free(whole);
	free(buf);
}

int
main(int argc, char **argv)
{
	host_boot(argc, argv);
	same("-t ext4 -b 1024", "data=ordered", 600);
	same("-t ext4 -b 4096", "data=ordered", 600);
	same("-t ext4 -b 2048", "data=ordered,nodelalloc", 400);
	same("-t ext4 -b 1024", "data=journal", 400);
	same("-t ext4 -b 4096", "data=journal", 400);
	same("-t ext4 -b 1024 -O ^has_journal", NULL, 400);
	same("-t ext3 -b 1024", "data=writeback", 400);
	same("-t ext2 -b 4096", NULL, 400);
	together("-t ext4 -b 1024", "data=ordered", 200);
	together("-t ext4 -b 4096", "data=journal", 150);
	together("-t ext3 -b 2048", "data=ordered", 150);
	full("-t ext4 -b 1024 -N 400", 6 * MiB, "data=ordered");
	full("-t ext4 -b 4096 -N 400 -J size=4", 16 * MiB, "data=ordered");
	full("-t ext3 -b 1024 -N 400", 6 * MiB, "data=ordered");
	full("-t ext4 -b 1024 -N 400", 6 * MiB, "data=journal");
	write_fails();
	memory_fails("data=ordered");
	memory_fails("data=journal");
	crash("-t ext4 -b 1024", "data=ordered", false, 300, 60);
	crash("-t ext4 -b 4096", "data=ordered", false, 300, 60);
	crash("-t ext3 -b 1024", "data=ordered", false, 300, 40);
	crash("-t ext4 -b 1024", "data=journal", false, 300, 40);
	crash("-t ext4 -b 4096", "data=writeback", true, 300, 40);
	return host_end();
}
