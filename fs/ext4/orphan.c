/*
 * orphan.c - orphans: files that are to be deleted, or cut, by several transactions, should the
 * machine stop in between.
 *
 *	s_last_orphan --> inode, i_dtime --> inode, i_dtime --> 0
 *
 * A list through the inodes on the disk, its head in the super block; and in memory s->orphans in
 * the same order. With the feature orphan_file the numbers are in a file instead (orphan_file.c),
 * and the list is for when that is full.
 *
 * Locks       s->lock [s] for the list and all its links, i_dtime (ei->dtime) of orphans included.
 * Invariants  O1  an inode on the list has a struct ext4_inode until it is off it:
 * ext4_free_inode sees to that.
 * Further     Documentation/filesystems/ext4/orphan.rst.
 */
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "fs/internal.h"
#include "kernel/printk.h"

static bool
is_orphan(const struct ext4_inode *ei)
{
	return !list_empty(&ei->orphan_link) || ei->orphan_slot != EXT4_NO_SLOT;
}

static int
list_add(struct ext4_sb *s, struct handle *h, struct inode *inode) MUST_HOLD(s->lock)
{
	struct ext4_inode *ei = ext4_i(inode);
	int err = ext4_super_access(s, h);

	if (err)
		return err;
	ei->dtime = s->super->s_last_orphan;
	s->super->s_last_orphan = inode->ino;
	list_push_front(&s->orphans, &ei->orphan_link);
	err = ext4_super_dirty(s, h);
	return err ? err : ext4_inode_dirty(h, inode);
}

int
ext4_orphan_add(struct handle *h, struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	int err = 0;

	mutex_lock(&s->lock);
	if (!is_orphan(ext4_i(inode))) {
		err = s->orphan_file ? ext4_orphan_file_add(s, h, inode) : -ENOSPC;
		if (err == -ENOSPC)
			err = list_add(s, h, inode);
		s->norphans += is_orphan(ext4_i(inode));
	}
	mutex_unlock(&s->lock);
	return err;
}

/* Take inode out of the list on the disk: whoever pointed to it points to the next one. */
static int
list_del(struct ext4_sb *s, struct handle *h, struct inode *inode) MUST_HOLD(s->lock)
{
	struct ext4_inode *ei = ext4_i(inode), *newer;
	int err;

	if (list_first(&s->orphans, struct ext4_inode, orphan_link) == ei) {
		err = ext4_super_access(s, h);
		if (err)
			return err;
		s->super->s_last_orphan = ei->dtime;
		err = ext4_super_dirty(s, h);
	} else {
		newer = list_entry(ei->orphan_link.prev, struct ext4_inode, orphan_link);
		newer->dtime = ei->dtime;
		err = ext4_inode_dirty(h, newer->inode);
	}
	ei->dtime = 0;
	return err;
}

int
ext4_orphan_del(struct handle *h, struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);
	int err = 0;

	if (!is_orphan(ei))
		return 0;
	mutex_lock(&s->lock);
	if (h && ei->orphan_slot != EXT4_NO_SLOT)
		err = ext4_orphan_file_del(s, h, ei->orphan_slot);
	else if (h)
		err = list_del(s, h, inode);
	ei->orphan_slot = EXT4_NO_SLOT;
	list_remove(&ei->orphan_link);
	s->norphans--;
	/* Not finished: it stays on the disk. */
	if (!h || err)
		s->orphans_unknown = true;
	mutex_unlock(&s->lock);
	/* One that goes on living must not look deleted. */
	if (h && !err && inode->nlink)
		err = ext4_inode_dirty(h, inode);
	return err;
}

/* --- at mount --- */

/* The file goes on living, but was to be cut. */
static int
finish_truncate(struct inode *inode)
{
	struct super_block *sb = inode->sb;
	struct handle *h;
	int err = 0, end;

	if (S_ISREG(inode->mode)) {
		rwsem_lock_write(&inode->lock);
		err = ext4_truncate(inode, inode->size);
		rwsem_unlock_write(&inode->lock);
	}
	h = ext4_begin(sb, EXT4_CREDITS_INODE);
	if (IS_ERR(h))
		return PTR_ERR(h);
	end = ext4_orphan_del(h, inode);
	err = err ? err : end;
	end = ext4_end(sb, h);
	return err ? err : end;
}

int
ext4_orphan_process(struct ext4_sb *s, u64 ino, u32 slot)
{
	struct inode *inode;
	int err;

	if (ino < s->first_ino || ino > s->super->s_inodes_count || ext4_inode_in_use(s, ino) != 1)
		return ext4_corrupt(s->sb, ino, 0, "no inode to be deleted, but listed as one");
	inode = ext4_iget_special(s->sb, ino);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	if (is_orphan(ext4_i(inode))) {
		inode_put(inode);
		return ext4_corrupt(s->sb, ino, 0, "listed twice as an orphan");
	}
	mutex_lock(&s->lock);
	ext4_i(inode)->orphan_slot = slot;
	if (slot == EXT4_NO_SLOT)
		list_push_front(&s->orphans, &ext4_i(inode)->orphan_link);
	s->norphans++;
	mutex_unlock(&s->lock);
	if (inode->nlink == 0) {
		inode_put(inode);		/* deletes it */
		return 0;
	}
	err = finish_truncate(inode);
	if (err)
		ext4_orphan_del(NULL, inode);
	inode_put(inode);
	return err;
}

/* Forget the list on the disk: its inodes are left to e2fsck. */
static int
list_clear(struct ext4_sb *s)
{
	struct handle *h = ext4_begin(s->sb, 1);
	int err, end;

	if (IS_ERR(h))
		return PTR_ERR(h);
	mutex_lock(&s->lock);
	err = ext4_super_access(s, h);
	if (!err) {
		s->super->s_last_orphan = 0;
		err = ext4_super_dirty(s, h);
	}
	mutex_unlock(&s->lock);
	end = ext4_end(s->sb, h);
	return err ? err : end;
}

/* Each inode that is finished takes itself off the list, so the head is always the next one. */
static int
list_finish(struct ext4_sb *s, u32 *count)
{
	u32 ino, left = s->super->s_inodes_count;
	int err = 0;

	while ((ino = s->super->s_last_orphan) && !err) {
		err = ext4_orphan_process(s, ino, EXT4_NO_SLOT);
		if (!err && (s->super->s_last_orphan == ino || left-- == 0))
			err = -EFSCORRUPTED;
		*count += !err;
	}
	if (!err || READ_ONCE(s->aborted))
		return err;
	pr_err("EXT4-fs (%s): the orphan list leads nowhere beyond inode %u: cleared\n", s->dev->name, ino);
	return list_clear(s);
}

bool
ext4_orphans_left(struct ext4_sb *s)
{
	return s->super->s_last_orphan || (s->ro_compat & EXT4_RO_ORPHAN_PRESENT);
}

int
ext4_orphans_finish(struct ext4_sb *s)
{
	u32 count = 0;
	int err;

	if (!ext4_orphans_left(s))
		return 0;
	if (s->super->s_state & EXT4_STATE_ERROR) {
		/* What is freed now could be somebody else's: that is for e2fsck to say. */
		if (s->super->s_last_orphan && !(s->sb->flags & 1)) {
			pr_info("EXT4-fs (%s): Errors on filesystem, clearing orphan list.\n", s->dev->name);
			return list_clear(s);
		}
		return 0;
	}
	err = list_finish(s, &count);
	if (!err && s->orphan_file && (s->ro_compat & EXT4_RO_ORPHAN_PRESENT))
		err = ext4_orphan_file_finish(s);
	if (count)
		pr_info("EXT4-fs (%s): %u orphans finished\n", s->dev->name, count);
	return err;
}
