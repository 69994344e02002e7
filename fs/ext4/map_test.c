/*
 * map_test.c - extent trees and block maps against a model, at random.
 *
 * The model is an array: for each logical block its disk block, and whether it is unwritten.  Every operation is
 * done on both; then the map must say what the model says, its nodes must be as e2fsck wants them, and in the end
 * e2fsck itself must find nothing.
 */
#include "abi/fcntl.h"
#include "fs/ext4/map.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "kernel/task.h"

#define SPAN	3000			/* logical blocks in play */

struct model {
	struct inode *inode;
	u64	physical[SPAN];		/* 0: a hole */
	bool	unwritten[SPAN];
	bool	extents;
	uint	depth;			/* deepest tree seen */
};

/* ---- the map must be the model ---- */

static void
check_run(struct model *t, u32 at, const struct ext4_map *m)
{
	HOST_CHECK(m->len >= 1 && at + m->len <= SPAN);
	for (u32 i = 0; i < m->len && at + i < SPAN; i++) {
		HOST_CHECK(t->physical[at + i] == (m->physical ? m->physical + i : 0));
		HOST_CHECK(t->unwritten[at + i] == m->unwritten);
		if (host_failures) {
			printf("block %u: map %lu%s, model %lu%s\n", at + i, (ulong)(m->physical ? m->physical + i : 0),
			       m->unwritten ? " unwritten" : "", (ulong)t->physical[at + i],
			       t->unwritten[at + i] ? " unwritten" : "");
			return;
		}
	}
}

static void
check_range(struct model *t, u32 first, u32 end)
{
	struct ext4_map m;

	for (u32 at = first; at < end; at += m.len) {
		m.logical = at;
		m.len = end - at;
		HOST_CHECK(ext4_map_find(t->inode, &m) == 0);
		check_run(t, at, &m);
		if (host_failures)
			return;
	}
}

/* Below this node: keys are what is below them, no node is empty, extents are in order. The end of the last one. */
static u64
check_node(struct model *t, struct ext4_extent_header *h, uint depth, u64 from, bool root)
{
	struct buffer *b;

	HOST_CHECK(h->eh_magic == EXT4_EXTENT_MAGIC && h->eh_depth == depth && h->eh_entries <= h->eh_max);
	HOST_CHECK(root || h->eh_entries);
	for (uint i = 0; i < h->eh_entries && !host_failures; i++) {
		if (depth) {
			struct ext4_extent_idx *x = &ext4_indexes(h)[i];

			b = ext4_bread(t->inode->sb, ext4_ei_leaf(x), ext4_extent_block_check, t->inode);
			HOST_CHECK(!IS_ERR(b));
			if (IS_ERR(b))
				break;
			HOST_CHECK(x->ei_block >= from);
			HOST_CHECK(ext4_extents(b->data)->ee_block == x->ei_block);
			from = check_node(t, b->data, depth - 1, x->ei_block, false);
			buffer_put(b);
		} else {
			struct ext4_extent *e = &ext4_extents(h)[i];

			HOST_CHECK(e->ee_block >= from && ext4_ee_len(e) > 0);
			from = ext4_ee_end(e);
		}
	}
	return from;
}

static void
check_all(struct model *t)
{
	struct ext4_inode *ei = ext4_i(t->inode);

	ext4_map_forget(ei);
	check_range(t, 0, SPAN);
	if (!t->extents)
		return;
	check_node(t, &ei->root, ei->root.eh_depth, 0, true);
	t->depth = MAX(t->depth, ei->root.eh_depth);
}

/* ---- operations on both ---- */

static struct handle *
begin(struct model *t)
{
	struct handle *h = ext4_begin(t->inode->sb, ext4_credits_blocks(t->inode->sb, 1) + EXT4_CREDITS_INODE);

	if (IS_ERR(h))
		panic("no handle: %d", PTR_ERR(h));
	return h;
}

static void
end(struct model *t, struct handle *h)
{
	HOST_CHECK(ext4_inode_dirty(h, t->inode) == 0);
	HOST_CHECK(ext4_end(t->inode->sb, h) == 0);
}

/* Allocate up to len blocks from `at`. 0 or -ENOSPC. */
static int
do_create(struct model *t, u32 at, u32 len, uint flags)
{
	struct ext4_map m = { .logical = at, .len = MIN(len, SPAN - at) };
	struct handle *h = begin(t);
	bool was = t->physical[at], unwritten = flags & EXT4_MAP_UNWRITTEN && t->extents;
	int err = ext4_map_create(h, t->inode, &m, flags);

	end(t, h);
	if (err == -ENOSPC)
		return err;
	HOST_CHECK(err == 0);
	HOST_CHECK(m.physical && m.len >= 1 && m.len <= len);
	HOST_CHECK(m.fresh == !was);
	for (u32 i = 0; !err && i < m.len; i++) {
		HOST_CHECK(!!t->physical[at + i] == was);
		t->physical[at + i] = was ? t->physical[at + i] : m.physical + i;
		if (!was)
			t->unwritten[at + i] = unwritten;
		else if (flags & EXT4_MAP_CONVERT)
			t->unwritten[at + i] = false;
	}
	if (!err)
		check_run(t, at, &m);
	return 0;
}

static void
do_convert(struct model *t, u32 at, u32 len)
{
	struct handle *h = begin(t);

	len = MIN(len, SPAN - at);
	HOST_CHECK(ext4_map_convert(h, t->inode, at, len, false) == 0);
	end(t, h);
	for (u32 i = 0; i < len; i++)
		t->unwritten[at + i] = false;
}

static void
do_remove(struct model *t, u32 first, u32 last)
{
	struct handle *h = begin(t);

	HOST_CHECK(ext4_map_remove(h, t->inode, first, last) == 0);
	end(t, h);
	for (u32 i = first; i < SPAN && i <= last; i++) {
		t->physical[i] = 0;
		t->unwritten[i] = false;
	}
}

static void
step(struct model *t, uint n)
{
	u32 at = host_below(SPAN), len = 1 + host_below(host_below(8) ? 3 : 200);
	uint kind = host_below(100);
	/* For a while it grows, then it shrinks, and so on. */
	uint removals = n / 500 % 3 == 2 ? 45 : 8;

	if (kind < removals)
		do_remove(t, at, host_below(30) ? at + host_below(n / 500 % 3 == 2 ? 100 : 4) : ~0U);
	else if (kind < 60)
		do_create(t, at, len, host_below(2) ? EXT4_MAP_UNWRITTEN : 0);
	else if (kind < 80)
		do_create(t, at, len, EXT4_MAP_CONVERT);
	else if (t->extents)
		do_convert(t, at, len);
	check_range(t, at > 5 ? at - 5 : 0, MIN(at + len + 5, SPAN));
	if (n % 50 == 0)
		check_all(t);
}

/* Every second block, at random: as many extents as can be. Then all gone again. */
static void
comb(struct model *t)
{
	for (uint i = 0; i < 4 * SPAN && !host_failures; i++)
		do_create(t, host_below(SPAN / 2) * 2, 1, host_below(2) ? EXT4_MAP_UNWRITTEN : 0);
	check_all(t);
	for (u32 at = 0; at < SPAN && !host_failures; at += 2)
		do_create(t, at + 1, 1, 0);
	check_all(t);
}

static void
play(struct model *t, uint steps)
{
	comb(t);
	do_remove(t, 0, ~0U);
	check_all(t);
	if (t->extents)
		HOST_CHECK(ext4_i(t->inode)->root.eh_depth == 0 && ext4_i(t->inode)->root.eh_entries == 0);
	HOST_CHECK(t->inode->blocks == 0);
	for (uint n = 0; n < steps && !host_failures; n++)
		step(t, n);
	check_all(t);
}

/* ---- on a real file system ---- */

static void
run(const char *mke2fs, u64 size, const char *options, uint steps)
{
	struct block_device *dev = host_mke2fs(mke2fs, size);
	struct model *t = calloc(1, sizeof(*t));
	struct file *f;

	HOST_CHECK(host_mount(dev, 0, options) == 0);
	f = vfs_open(AT_FDCWD, "/mnt/file", O_CREAT | O_RDWR, 0644);
	HOST_CHECK(!IS_ERR(f));
	if (host_failures)
		return;
	t->inode = f->inode;
	t->extents = ext4_has_extents(f->inode);
	HOST_CHECK(ext4_truncate(f->inode, (u64)SPAN << ext4_isb(f->inode)->block_bits) == 0);
	play(t, steps);
	printf("%s: depth %u\n", mke2fs, t->depth);
	file_put(f);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
	free(t);
}

int
main(int argc, char **argv)
{
	host_boot(argc, argv);
	run("-t ext4 -b 1024", 24 * MiB, NULL, 6000);
	run("-t ext4 -b 4096", 48 * MiB, NULL, 2000);
	run("-t ext4 -b 2048 -O ^has_journal,^metadata_csum,^64bit", 16 * MiB, NULL, 2000);
	run("-t ext2 -b 1024", 16 * MiB, NULL, 4000);
	run("-t ext3 -b 4096", 48 * MiB, NULL, 2000);
	return host_end();
}
