/*
 * alloc_test.c - the allocators against a model: every block and inode is somebody's or free,
 * never both, never twice.
 *
 * Blocks are taken and given back at random by several tasks; with a log, none may come again
 * before its transaction is on the disk.  In the end the counts are what they were, and e2fsck
 * finds nothing.
 */
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "lib/bitops.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define BLOCKS_MAX	(64 << 10)
#define RUNS		400

static ulong taken[BITMAP_LONGS(BLOCKS_MAX)];		/* by us */
static u32 freed_in[BLOCKS_MAX];			/* tid in which it was freed last */

struct run { u64 start; u32 n; };

static struct inode *
file_inode(const char *path)
{
	struct inode *i;
	struct path p;

	HOST_CHECK(host_put_file(path, "x", 1) == 0);
	if (path_lookup(AT_FDCWD, path, 0, &p))
		panic("no %s", path);
	i = p.dentry->inode;
	inode_get(i);
	path_put(&p);
	return i;
}

static struct inode *
dir_inode(const char *path)
{
	struct inode *i;
	struct path p;

	if (path_lookup(AT_FDCWD, path, 0, &p))
		panic("no %s", path);
	i = p.dentry->inode;
	inode_get(i);
	path_put(&p);
	return i;
}

static struct handle *
begin(struct super_block *sb)
{
	struct handle *h = ext4_begin(sb, 16);

	if (IS_ERR(h))
		panic("begin: %d", PTR_ERR(h));
	return h;
}

static void
note_taken(struct super_block *sb, struct handle *h, u64 start, u32 n)
{
	struct ext4_sb *s = ext4_sb(sb);

	for (u64 b = start; b < start + n; b++) {
		HOST_CHECK(b < BLOCKS_MAX && !bitmap_test(taken, b));
		HOST_CHECK(ext4_blocks_valid(s, b, 1));
		/* Freed in the transaction that is running: its old owner may still have it after a crash. */
		HOST_CHECK(!s->journal || freed_in[b] != ext4_tid(sb, h));
		bitmap_set(taken, b);
	}
}

static int
take(struct inode *inode, u32 want, uint flags, struct run *out)
{
	struct super_block *sb = inode->sb;
	u64 goal = host_below(2) ? 0 : host_below(ext4_sb(sb)->blocks);
	struct handle *h = begin(sb);
	int err;

	out->n = want;
	err = ext4_alloc_blocks(h, inode, goal, &out->n, flags, &out->start);
	if (!err) {
		HOST_CHECK(out->n >= 1 && out->n <= want);
		note_taken(sb, h, out->start, out->n);
		HOST_CHECK(ext4_inode_dirty(h, inode) == 0);
	}
	HOST_CHECK(ext4_end(sb, h) == 0);
	return err;
}

static void
give(struct inode *inode, struct run r, bool metadata)
{
	struct super_block *sb = inode->sb;
	struct handle *h = begin(sb);

	for (u64 b = r.start; b < r.start + r.n; b++) {
		HOST_CHECK(bitmap_test(taken, b));
		bitmap_clear(taken, b);
		freed_in[b] = ext4_tid(sb, h);
	}
	HOST_CHECK(ext4_free_blocks(h, inode, r.start, r.n, metadata) == 0);
	HOST_CHECK(ext4_inode_dirty(h, inode) == 0);
	HOST_CHECK(ext4_end(sb, h) == 0);
}

struct job { struct inode *inode; int rounds; };

static void
blocks_job(void *arg)
{
	struct job *j = arg;
	struct run runs[RUNS];
	u32 n = 0, k;
	int i, err;

	for (i = 0; i < j->rounds; i++) {
		if (n < RUNS && (n == 0 || host_below(5) < 3)) {
			k = 1 + host_below(host_below(4) ? 12 : 500);
			err = take(j->inode, k, host_below(4) ? 0 : EXT4_ALLOC_METADATA, &runs[n]);
			HOST_CHECK(err == 0 || err == -ENOSPC);
			n += !err;
		} else {
			k = host_below(n);
			give(j->inode, runs[k], host_below(4) == 0);
			runs[k] = runs[--n];
		}
		if (host_below(100) == 0)
			ext4_prealloc_drop(j->inode);
	}
	while (n)
		give(j->inode, runs[--n], false);
}

/* Every count there is agrees with every other. */
static void
check_counts(struct ext4_sb *s, u64 blocks, u32 inodes)
{
	u64 sum_blocks = 0, sum_inodes = 0;
	struct ext4_group *g;
	u32 n;

	for (u32 i = 0; i < s->groups; i++) {
		g = ext4_group(s, i);
		sum_blocks += g->free_blocks;
		sum_inodes += g->free_inodes;
		n = ext4_group_blocks(s, i);
		if (g->block_buffer)
			HOST_CHECK(bitmap_count_clear(g->block_buffer->data, n) == g->free_blocks);
		n = s->inodes_per_group;
		if (g->inode_buffer)
			HOST_CHECK(bitmap_count_clear(g->inode_buffer->data, n) == g->free_inodes);
	}
	HOST_CHECK(sum_blocks == blocks && (u64)s->free_blocks == blocks);
	HOST_CHECK(sum_inodes == inodes && (u64)s->free_inodes == inodes);
	HOST_CHECK(s->reserved == 0);
}

static void
test_blocks(const char *make, u64 size)
{
	struct block_device *dev = host_mke2fs(make, size);
	struct inode *inode[4];
	struct task *t[4];
	struct job job[4];
	struct ext4_sb *s;
	u64 blocks;
	u32 inodes;
	char name[32];

	memset(taken, 0, sizeof(taken));
	memset(freed_in, 0, sizeof(freed_in));
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	s = ext4_sb(host_super());
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "/mnt/f%d", i);
		inode[i] = file_inode(name);
	}
	HOST_CHECK(super_sync(host_super(), true) == 0);
	blocks = s->free_blocks;
	inodes = s->free_inodes;
	for (int i = 0; i < 4; i++) {
		job[i] = (struct job){ inode[i], 400 };
		t[i] = host_spawn("blocks", blocks_job, &job[i]);
	}
	for (int i = 0; i < 4; i++)
		host_join(t[i]);
	HOST_CHECK(super_sync(host_super(), true) == 0);
	for (int i = 0; i < 4; i++) {
		ext4_prealloc_drop(inode[i]);
		inode_put(inode[i]);
	}
	check_counts(s, blocks, inodes);
	HOST_CHECK(s->held == 0);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

/* To the last block, and back. */
static void
test_full(const char *make)
{
	struct block_device *dev = host_mke2fs(make, 6 * MiB);
	static struct run runs[BLOCKS_MAX];
	struct inode *inode;
	struct ext4_sb *s;
	u64 blocks, got = 0;
	u32 n = 0;
	int err, tries = 0;

	memset(taken, 0, sizeof(taken));
	memset(freed_in, 0, sizeof(freed_in));
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	s = ext4_sb(host_super());
	inode = file_inode("/mnt/f");
	HOST_CHECK(super_sync(host_super(), true) == 0);
	blocks = s->free_blocks;
	while (!(err = take(inode, 1 + host_below(60), n % 2 ? EXT4_ALLOC_METADATA : 0, &runs[n]))) {
		got += runs[n++].n;
		/* Holes, so that the end is found one block at a time. */
		if (n > 8 && host_below(3) == 0) {
			n--;
			got -= runs[n].n;
			give(inode, runs[n], false);
		}
	}
	HOST_CHECK(err == -ENOSPC);
	while (ext4_alloc_retry(host_super(), &tries))
		while (!take(inode, 64, EXT4_ALLOC_METADATA, &runs[n]))
			got += runs[n++].n;
	while (!take(inode, 64, EXT4_ALLOC_METADATA, &runs[n]))
		got += runs[n++].n;
	HOST_CHECK(got == blocks && s->free_blocks == 0);
	HOST_CHECK(ext4_reserve(host_super(), 1) == -ENOSPC);
	while (n)
		give(inode, runs[--n], false);
	HOST_CHECK(ext4_reserve(host_super(), 100) == 0);	/* after a commit */
	ext4_unreserve(host_super(), 100);
	check_counts(s, blocks, s->free_inodes);
	inode_put(inode);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

/* What is promised is there. */
static void
test_reserve(void)
{
	struct block_device *dev = host_mke2fs("-t ext4 -O ^has_journal -b 1024 -m 10", 6 * MiB);
	struct inode *inode;
	struct ext4_sb *s;
	static struct run runs[BLOCKS_MAX];
	u32 promised = 0, got = 0, n = 0;
	int err = 0;

	memset(taken, 0, sizeof(taken));
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	s = ext4_sb(host_super());
	inode = file_inode("/mnt/f");
	HOST_CHECK(super_sync(host_super(), true) == 0);
	while (!ext4_reserve(host_super(), 7))
		promised += 7;
	while (!ext4_reserve(host_super(), 1))
		promised++;
	/* Root may have what is kept for root, but not what is kept for metadata. */
	HOST_CHECK(promised + s->meta_reserve == (u64)s->free_blocks);
	while (got < promised && !err) {
		err = take(inode, MIN(promised - got, 50U), EXT4_ALLOC_RESERVED, &runs[n]);
		HOST_CHECK(!err);
		got += runs[n++].n;
	}
	HOST_CHECK(s->reserved == 0);
	HOST_CHECK(take(inode, 1, 0, &runs[n]) == -ENOSPC);
	HOST_CHECK(take(inode, 1, EXT4_ALLOC_METADATA, &runs[n]) == 0);
	n++;
	while (n)
		give(inode, runs[--n], false);
	inode_put(inode);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

/* --- inodes --- */

static void
inodes_job(void *arg)
{
	struct inode *dir = arg, *have[60];
	struct super_block *sb = dir->sb;
	struct handle *h;
	u32 n = 0, k;
	int i;

	for (i = 0; i < 250; i++) {
		if (n < 60 && (n == 0 || host_below(5) < 3)) {
			h = begin(sb);
			have[n] = ext4_inode_alloc(h, dir, host_below(3) ? S_IFREG | 0644 : S_IFDIR | 0755);
			HOST_CHECK(!IS_ERR(have[n]) || PTR_ERR(have[n]) == -ENOSPC);
			if (!IS_ERR(have[n])) {
				HOST_CHECK(have[n]->ino >= ext4_sb(sb)->first_ino && have[n]->nlink == 1);
				HOST_CHECK(ext4_inode_in_use(ext4_sb(sb), have[n]->ino) == 1);
				have[n]->nlink = 0;
				HOST_CHECK(ext4_orphan_add(h, have[n]) == 0);
				HOST_CHECK(ext4_inode_dirty(h, have[n]) == 0);
				n++;
			}
			HOST_CHECK(ext4_end(sb, h) == 0);
		} else {
			k = host_below(n);
			inode_put(have[k]);
			have[k] = have[--n];
		}
	}
	while (n)
		inode_put(have[--n]);
}

static void
test_inodes(const char *make)
{
	struct block_device *dev = host_mke2fs(make, 8 * MiB);
	struct inode *dir;
	struct task *t[3];
	struct ext4_sb *s;
	u64 blocks;
	u32 inodes;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	HOST_CHECK(super_sync(host_super(), true) == 0);
	s = ext4_sb(host_super());
	dir = dir_inode("/mnt/d");
	blocks = s->free_blocks;
	inodes = s->free_inodes;
	for (int i = 0; i < 3; i++)
		t[i] = host_spawn("inodes", inodes_job, dir);
	for (int i = 0; i < 3; i++)
		host_join(t[i]);
	HOST_CHECK(super_sync(host_super(), true) == 0);
	check_counts(s, blocks, inodes);
	HOST_CHECK(s->norphans == 0 && list_empty(&s->orphans));
	inode_put(dir);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	static const char *const makes[] = {
		"-t ext4 -b 1024", "-t ext4 -b 1024 -g 512", "-t ext2 -b 1024",
		"-t ext4 -b 1024 -O ^has_journal,^flex_bg", "-t ext4 -b 1024 -O orphan_file",
		"-t ext4 -b 1024 -O ^metadata_csum,uninit_bg -N 2000", "-t ext4 -b 4096", "-t ext3 -b 2048 -N 128",
	};

	host_boot(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(makes); i++) {
		int before = host_failures;

		test_blocks(makes[i], 20 * MiB);
		test_full(makes[i]);
		test_inodes(makes[i]);
		if (host_failures != before)
			printf("... with mke2fs %s\n", makes[i]);
	}
	test_reserve();
	return host_end();
}
