/*
 * journal.c - ext4's side of its log: where it is on the disk, and handles that work without one.
 *
 * A file system without a journal (ext2) goes through the same calls: its handle is pretended,
 * the same for all, and what is dirtied is written by sync, without any promise of order.
 *
 * Also here: metadata blocks read, and checked once for each reader's idea of what they are.
 * Further     fs/jbd2/jbd2.h.
 */
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "kernel/printk.h"
#include "kernel/task.h"

/* --- handles --- */

struct handle *
ext4_begin(struct super_block *sb, int credits)
{
	struct ext4_sb *s = ext4_sb(sb);

	if (unlikely(READ_ONCE(s->aborted) || s->read_only))
		return ERR_PTR(-EROFS);
	if (s->journal)
		return journal_begin(s->journal, credits);
	return &s->pretended;
}

int
ext4_end(struct super_block *sb, struct handle *h)
{
	return ext4_sb(sb)->journal ? journal_end(h) : 0;
}

int
ext4_extend(struct super_block *sb, struct handle *h, int more)
{
	return ext4_sb(sb)->journal ? journal_extend(h, more) : 0;
}

int
ext4_restart(struct super_block *sb, struct handle *h, int credits)
{
	return ext4_sb(sb)->journal ? journal_restart(h, credits) : 0;
}

u32
ext4_tid(struct super_block *sb, struct handle *h)
{
	return ext4_sb(sb)->journal ? journal_tid(h) : 0;
}

int
ext4_write_access(struct super_block *sb, struct handle *h, struct buffer *b)
{
	if (likely(ext4_sb(sb)->journal != NULL))
		return journal_write_access(h, b);
	if (READ_ONCE(ext4_sb(sb)->aborted))
		return -EROFS;
	if (READ_ONCE(b->flags) & BUFFER_WRITING)
		buffer_wait(b);
	return 0;
}

int
ext4_create_access(struct super_block *sb, struct handle *h, struct buffer *b)
{
	int err;

	err = ext4_sb(sb)->journal ? journal_create_access(h, b) : ext4_write_access(sb, h, b);
	if (err)
		return err;
	/* What it was before means nothing: neither who checked it, nor how it was to be sealed. */
	b->checked = NULL;
	b->seal = NULL;
	__atomic_store_n(&b->seal_bits, 0, __ATOMIC_RELAXED);
	__atomic_fetch_or(&b->flags, BUFFER_VERIFIED, __ATOMIC_RELAXED);
	return 0;
}

int
ext4_dirty(struct super_block *sb, struct handle *h, struct buffer *b)
{
	if (likely(ext4_sb(sb)->journal != NULL))
		return journal_dirty(h, b);
	buffer_mark_dirty(b);
	return 0;
}

/*
 * To allocate n blocks in the worst case, each in a group of its own: two blocks a group (bitmap,
 * descriptor), but there are not more groups than there are; and the tree: a split on each level,
 * whose new blocks are allocated, too.
 */
int
ext4_credits_blocks(const struct super_block *sb, u32 blocks)
{
	const struct ext4_sb *s = ext4_sb(sb);
	u32 tree = 2 * EXT4_EXTENT_DEPTH_MAX + 1;
	u32 n = blocks + tree;

	return 2 * MIN(n, s->groups) + tree + EXT4_CREDITS_INODE;
}

int
ext4_credits_new(const struct super_block *sb)
{
	/* Inode bitmap, block bitmap (if it was never written), descriptor, and the inode's own. */
	return 3 + EXT4_CREDITS_INODE;
}

bool
ext4_alloc_retry(struct super_block *sb, int *tries)
{
	struct ext4_sb *s = ext4_sb(sb);

	assert(!current->journal_handle);
	if (!s->journal || READ_ONCE(s->aborted) || READ_ONCE(s->held) <= 0 || ++*tries > 3)
		return false;
	ext4_prealloc_drop_all(s);
	journal_commit_all(s->journal, true);
	return true;
}

/* --- blocks read --- */

struct buffer *
ext4_bread(struct super_block *sb, u64 block, int (*check)(struct super_block *, struct buffer *, void *),
	   void *arg)
{
	struct ext4_sb *s = ext4_sb(sb);
	struct buffer *b;
	int err;

	if (unlikely(block < s->first_data_block || block >= s->blocks))
		return ERR_PTR(ext4_corrupt(sb, 0, block, "metadata outside the file system"));
	b = buffer_read(s->dev, block, s->block_size);
	if (IS_ERR(b) || !check)
		return b;
	/*
	 * On a disk made to mislead us, a block may be part of a directory and of an extent tree.
	 * Each must find it as he needs it, so it is not enough that somebody has checked it.
	 * The checksum, though, counts only before it is VERIFIED: afterwards a new one may be
	 * due.
	 */
	if (likely((READ_ONCE(b->flags) & BUFFER_VERIFIED) && b->checked == (void *)check))
		return b;
	err = check(sb, b, arg);
	if (err) {
		buffer_put(b);
		return ERR_PTR(err);
	}
	b->checked = (void *)check;
	__atomic_fetch_or(&b->flags, BUFFER_VERIFIED, __ATOMIC_RELEASE);
	return b;
}

/* --- where the log is --- */

static int
journal_map(void *arg, u32 i, u32 *n, u64 *out)
{
	struct inode *inode = ((struct ext4_sb *)arg)->journal_inode;
	struct ext4_map m = { .logical = i, .len = *n };
	int err = ext4_map_find(inode, &m);

	if (err)
		return err;
	if (!m.physical || m.unwritten)
		return ext4_corrupt(inode->sb, inode->ino, 0, "block %u of the journal is not there", i);
	*n = m.len;
	*out = m.physical;
	return 0;
}

/* The journal's inode, which must look like one. */
static struct inode *
journal_iget(struct ext4_sb *s)
{
	struct inode *i = ext4_iget_special(s->sb, s->super->s_journal_inum);

	if (IS_ERR(i)) {
		pr_err("EXT4-fs (%s): no journal found: error %d\n", s->dev->name, -PTR_ERR(i));
		return i;
	}
	if (S_ISREG(i->mode) && i->nlink && i->size >> s->block_bits <= ~0U)
		return i;
	inode_put(i);
	return ERR_PTR(ext4_corrupt(s->sb, s->super->s_journal_inum, 0, "the journal is no regular file"));
}

int
ext4_journal_open(struct ext4_sb *s)
{
	struct journal_config c = {
		.dev = s->dev,
		.block_size = s->block_size,
		.map = journal_map,
		.barrier = s->barrier,
		.read_only = s->dev->read_only,
		.csum = s->csum,
		.large = s->incompat & EXT4_INCOMPAT_64BIT,
		.commit_interval = s->commit_interval,
		.aborted = ext4_journal_aborted,
		.committed = ext4_alloc_committed,
		.arg = s,
	};
	struct inode *i;
	int err;

	if (!s->super->s_journal_inum) {
		pr_err("EXT4-fs (%s): a journal on another device is not supported\n", s->dev->name);
		return -EINVAL;
	}
	i = journal_iget(s);
	if (IS_ERR(i))
		return PTR_ERR(i);
	c.blocks = i->size >> s->block_bits;
	s->journal_inode = i;		/* for journal_map; put by whoever frees s */
	err = journal_load(&c, &s->journal);
	if (err)
		s->journal = NULL;
	return err;
}

int
ext4_journal_replay(struct ext4_sb *s, bool *done)
{
	u32 n = 0;
	int err;

	*done = false;
	if (!journal_needs_replay(s->journal) && !(s->incompat & EXT4_INCOMPAT_RECOVER))
		return 0;
	if (s->dev->read_only) {
		pr_err("EXT4-fs (%s): write access unavailable, cannot replay the journal "
		       "(try mounting with noload)\n", s->dev->name);
		return -EROFS;
	}
	err = journal_replay(s->journal, &n);
	if (err)
		return err;
	pr_info("EXT4-fs (%s): recovery complete: %u transactions\n", s->dev->name, n);
	*done = true;
	return 0;
}
