/*
 * truncate.c - files made shorter and longer.
 *
 *	shrink   1  what is left of the last block past the new end is zeroed, and on its way to the disk
 *	         2  the size in memory; pages past it leave the cache
 *	         3  a handle: the file is an orphan, its size on the disk the new one ...
 *	         4  ... blocks go, from the end backwards, in as many transactions as it takes; then it is none any more
 *
 * Should the machine stop between 3 and 4, the next mount finds the orphan and goes on with 4.  A file of a few extents
 * needs one transaction and no orphan.
 *
 * 1 keeps a promise that growing again relies on: what lies between a file's end and the end of its last block is zeros
 * on the disk.  The write belongs to the transaction of 3, or to one before it.
 *
 * Locks       inode->lock for writing; pages before handles.
 */
#include "abi/fcntl.h"
#include "fs/ext4/map.h"
#include "fs/ext4/data.h"
#include "fs/internal.h"

/* What a shrink dirties besides blocks freed: its inode twice, and the orphan list. */
#define CREDITS_SHRINK	(3 * EXT4_CREDITS_INODE)

static void
disk_size_set(struct inode *inode, u64 size)
{
	struct ext4_inode *ei = ext4_i(inode);

	rwsem_lock_write(&ei->map_lock);
	ei->disk_size = size;
	rwsem_unlock_write(&ei->map_lock);
}

/* ---- the last block ---- */

/* If the file is to end inside a block that is on the disk: its page in *out, counted; else NULL. 0 or -errno. */
static int
tail_get(struct inode *inode, u64 size, struct frame **out)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_map m = { .logical = size >> s->block_bits, .len = 1 };
	struct frame *f;
	int err;

	*out = NULL;
	if (!(size & (s->block_size - 1)))
		return 0;
	err = ext4_map_find(inode, &m);
	if (err || !m.physical || m.unwritten)
		return err;
	f = mapping_get(&inode->mapping, size >> PAGE_SHIFT, false);
	if (IS_ERR(f))
		return PTR_ERR(f);
	*out = f;
	return 0;
}

/* f holds the file's new end, and zeros after it: write that, and have its transaction wait for it. */
static void
tail_write(struct inode *inode, u64 size, struct frame *f)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct mapping *m = &inode->mapping;
	u64 end = ALIGN_DOWN(size, PAGE_SIZE) + PAGE_SIZE;

	mapping_wait_range(m, size, end);
	mapping_lock_page(f);
	if (f->owner == m) {
		page_bits_set(f, PAGE_CHANGED(PAGE_OFFSET(size) >> s->block_bits) | PAGE_ORDER);
		mapping_dirty(m, f);
	}
	mapping_unlock_page(f);
	mapping_write_range(m, size, end, false);
}

/* Blocks of the page at the new end, behind it, are not to be written any more. */
static void
tail_trim(struct inode *inode, u64 size)
{
	struct mapping *m = &inode->mapping;
	struct frame *f;

	if (!PAGE_OFFSET(size) || !page_block_bits(ext4_isb(inode)))
		return;
	f = mapping_peek(m, size >> PAGE_SHIFT);
	if (!f)
		return;
	mapping_lock_page(f);
	if (f->owner == m)
		ext4_page_trim(inode, f, size);
	mapping_unlock_page(f);
	frame_put(f);
}

/* ---- blocks freed ---- */

/* Does the map certainly have nothing from this block on? */
static bool
nothing_from(struct inode *inode, u32 first)
{
	struct ext4_map m = { .logical = first, .len = ~0U };

	if (first >= ext4_map_max_blocks(inode))
		return true;
	if (!ext4_has_extents(inode) || ext4_map_find(inode, &m))
		return false;
	return !m.physical && (u64)first + m.len >= EXT4_BLOCKS_END;
}

/* Could all the file's blocks be freed in one transaction? Then so many credits are needed; 0: perhaps not. */
static int
credits_at_once(struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);
	int n;

	if (!s->journal)
		return EXT4_CREDITS_INODE;
	if (!ext4_has_extents(inode) || READ_ONCE(ei->root.eh_depth) || ext4_blocks_logged(inode))
		return 0;
	n = ext4_credits_free(s, EXT4_EXTENT_MAX) * ei->root.eh_entries + ext4_tree_credits(inode) + CREDITS_SHRINK;
	return n <= (int)journal_max_credits(s->journal) ? n : 0;
}

int
ext4_credits_for_end(struct handle *h, struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	uint tries = 0;
	int err;

	if (!s->journal || h->credits >= CREDITS_SHRINK)
		return 0;
	err = ext4_extend(inode->sb, h, CREDITS_SHRINK - h->credits);
	if (err <= 0)
		return err;
	err = ext4_inode_dirty(h, inode);
	if (err)
		return err;
	do {
		err = ext4_restart(inode->sb, h, CREDITS_SHRINK);
	} while (ext4_map_again(err, &tries));
	return err;
}

/* A handle, when it is too late to give up for memory. ERR_PTR. */
static struct handle *
begin_surely(struct super_block *sb, int credits)
{
	struct handle *h;
	uint tries = 0;

	do {
		h = ext4_begin(sb, credits);
	} while (IS_ERR(h) && ext4_map_again(PTR_ERR(h), &tries));
	return h;
}

/* The size on the disk becomes `size`; with an orphan's safety, blocks from `first` on go. */
static int
remove_as_orphan(struct handle *h, struct inode *inode, u64 size, u32 first)
{
	int err, err2;

	err = ext4_orphan_add(h, inode);
	if (err)
		return err;
	disk_size_set(inode, size);
	err = ext4_inode_dirty(h, inode);
	if (!err)
		err = ext4_map_remove(h, inode, first, ~0U);
	if (!err)
		err = ext4_credits_for_end(h, inode);
	/* Unlinked, it stays one until its last user is gone; after an error, for e2fsck or the next mount. */
	if (!err && inode->nlink)
		err = ext4_orphan_del(h, inode);
	err2 = ext4_inode_dirty(h, inode);
	return err ? err : err2;
}

static int
remove_at_once(struct handle *h, struct inode *inode, u64 size, u32 first, bool nothing)
{
	int err = 0, err2;

	disk_size_set(inode, size);
	if (!nothing)
		err = ext4_map_remove(h, inode, first, ~0U);
	err2 = ext4_inode_dirty(h, inode);
	return err ? err : err2;
}

/* The file on the disk becomes one of `size` bytes, and loses what is behind them. */
static int
remove_from(struct inode *inode, u64 size)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct super_block *sb = inode->sb;
	u32 first = MIN(DIV_ROUND_UP(size, s->block_size), (u64)EXT4_BLOCKS_END);
	bool nothing = nothing_from(inode, first), orphan = !list_empty(&ext4_i(inode)->orphan_link);
	int credits, err, err2;
	struct handle *h;

	/* Nobody makes the map larger between the counting and the removing. */
	rwsem_lock_write(&ext4_i(inode)->size_lock);
	credits = orphan ? 0 : nothing ? EXT4_CREDITS_INODE : credits_at_once(inode);
	h = begin_surely(sb, credits ? credits : ext4_credits_blocks(sb, 1) + CREDITS_SHRINK);
	if (IS_ERR(h)) {
		rwsem_unlock_write(&ext4_i(inode)->size_lock);
		return PTR_ERR(h);
	}
	if (credits)
		err = remove_at_once(h, inode, size, first, nothing);
	else
		err = remove_as_orphan(h, inode, size, first);
	err2 = ext4_end(sb, h);
	rwsem_unlock_write(&ext4_i(inode)->size_lock);
	return err ? err : err2;
}

/* ---- both ways ---- */

static int
shrink(struct inode *inode, u64 size)
{
	struct frame *tail = NULL;
	int err = 0;

	if (READ_ONCE(ext4_isb(inode)->aborted))
		return -EROFS;
	if (size < inode->size || !list_empty(&ext4_i(inode)->orphan_link))
		err = tail_get(inode, size, &tail);
	if (err)
		return err;
	ext4_prealloc_drop(inode);
	inode->mtime = inode->ctime = time_now();
	/* Who gives blocks to pages past the new end has done so with the size of then, or sees the new one. */
	rwsem_lock_write(&ext4_i(inode)->size_lock);
	WRITE_ONCE(inode->size, size);
	rwsem_unlock_write(&ext4_i(inode)->size_lock);
	mapping_truncate(&inode->mapping, size);
	tail_trim(inode, size);
	if (tail) {
		tail_write(inode, size, tail);
		frame_put(tail);
	}
	return remove_from(inode, size);
}

void
ext4_old_end_zero(struct inode *inode)
{
	struct mapping *m = &inode->mapping;

	if (PAGE_OFFSET(inode->size) && !list_empty(&m->areas))
		mapping_truncate(m, inode->size);
}

static int
grow(struct inode *inode, u64 size)
{
	struct handle *h;
	int err, err2;

	if (size > ext4_size_max(inode))
		return -EFBIG;
	ext4_old_end_zero(inode);
	h = ext4_begin(inode->sb, EXT4_CREDITS_INODE);
	if (IS_ERR(h))
		return PTR_ERR(h);
	inode->mtime = inode->ctime = time_now();
	WRITE_ONCE(inode->size, size);
	disk_size_set(inode, size);
	err = ext4_inode_dirty(h, inode);
	err2 = ext4_end(inode->sb, h);
	return err ? err : err2;
}

int
ext4_truncate(struct inode *inode, u64 size)
{
	return size > inode->size ? grow(inode, size) : shrink(inode, size);
}

/* ---- the end of a file ---- */

static bool
has_no_map(const struct inode *inode)
{
	const struct ext4_inode *ei = ext4_i(inode);

	if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode) && !(S_ISLNK(inode->mode) && !ext4_is_fast_symlink(inode)))
		return true;
	if (ext4_has_extents(inode))
		return !ei->root.eh_entries;
	for (uint i = 0; i < ARRAY_SIZE(ei->block); i++)
		if (ei->block[i])
			return false;
	return true;
}

int
ext4_truncate_free(struct inode *inode)
{
	struct super_block *sb = inode->sb;
	int credits, err, err2;
	struct handle *h;

	ext4_prealloc_drop(inode);
	if (S_ISREG(inode->mode)) {
		WRITE_ONCE(inode->size, 0);
		mapping_truncate(&inode->mapping, 0);
	}
	if (has_no_map(inode))
		return 0;
	credits = credits_at_once(inode);
	h = begin_surely(sb, credits ? credits : ext4_credits_blocks(sb, 1) + CREDITS_SHRINK);
	if (IS_ERR(h))
		return PTR_ERR(h);
	disk_size_set(inode, 0);
	err = ext4_map_remove(h, inode, 0, ~0U);
	if (!err)
		err = ext4_credits_for_end(h, inode);
	err2 = ext4_inode_dirty(h, inode);
	err = err ? err : err2;
	err2 = ext4_end(sb, h);
	return err ? err : err2;
}
