/*
 * prealloc.c - blocks set aside for files that grow a little at a time.
 *
 * When a file that has blocks already is given a few more, as many again are set aside behind
 * them, so that its next ones follow.  They are busy in their group, but free on the disk: a
 * crash loses nothing, and no transaction has to know.  They go back when the file is closed or
 * forgotten, or when somebody finds no space.
 *
 * Locks       freed_lock [f] for pa_start, pa_len and the list s->preallocs.
 */
#include "fs/ext4/ext4.h"

#define PREALLOC_MAX	256UL		/* blocks */
#define SMALL		64		/* who asks for more knows what he needs */

u32
ext4_prealloc_want(struct inode *inode, u32 n, uint flags)
{
	const struct ext4_sb *s = ext4_isb(inode);
	u64 has = READ_ONCE(inode->blocks) >> (s->block_bits - 9);
	s64 there = READ_ONCE(s->free_blocks) - READ_ONCE(s->held) - READ_ONCE(s->reserved);

	if (!S_ISREG(inode->mode) || inode->nlink == 0 || (flags & EXT4_ALLOC_METADATA) || has == 0 || n > SMALL)
		return 0;
	/* Not when it gets crowded. */
	if (there < (s64)(s->blocks / 16 + s->meta_reserve + s->root_reserve))
		return 0;
	return MIN(has, PREALLOC_MAX);
}

/* Take what is set aside for ei off it. True: there was something. */
static bool
detach(struct ext4_inode *ei, u64 *start, u32 *n)
{
	if (!ei->pa_len)
		return false;
	*start = ei->pa_start;
	*n = ei->pa_len;
	ei->pa_len = 0;
	list_remove(&ei->pa_link);
	return true;
}

static void
give_back(struct ext4_sb *s, u64 start, u32 n)
{
	u32 group = ext4_block_group(s, start);

	ext4_group_release(s, group, start - ext4_group_first_block(s, group), n);
}

void
ext4_prealloc_keep(struct inode *inode, u64 start, u32 n)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);
	u64 old;
	u32 len;
	bool had;

	spin_lock(&s->freed_lock);
	had = detach(ei, &old, &len);
	ei->pa_start = start;
	ei->pa_len = n;
	list_push_back(&s->preallocs, &ei->pa_link);
	spin_unlock(&s->freed_lock);
	if (had)
		give_back(s, old, len);
}

u32
ext4_prealloc_take(struct inode *inode, u64 goal, u32 n)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);

	if (likely(!READ_ONCE(ei->pa_len)))
		return 0;
	spin_lock(&s->freed_lock);
	n = ei->pa_len && ei->pa_start == goal ? MIN(n, ei->pa_len) : 0;
	if (n) {
		ei->pa_start += n;
		ei->pa_len -= n;
		if (!ei->pa_len)
			list_remove(&ei->pa_link);
	}
	spin_unlock(&s->freed_lock);
	return n;
}

void
ext4_prealloc_drop(struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);
	u64 start;
	u32 n;
	bool had;

	if (likely(!READ_ONCE(ei->pa_len)))
		return;
	spin_lock(&s->freed_lock);
	had = detach(ei, &start, &n);
	spin_unlock(&s->freed_lock);
	if (had)
		give_back(s, start, n);
}

bool
ext4_prealloc_drop_all(struct ext4_sb *s)
{
	struct ext4_inode *ei;
	bool any = false;
	u64 start = 0;
	u32 n = 0;

	for (;;) {
		spin_lock(&s->freed_lock);
		ei = list_first(&s->preallocs, struct ext4_inode, pa_link);
		if (ei)
			detach(ei, &start, &n);
		spin_unlock(&s->freed_lock);
		if (!ei)
			return any;
		give_back(s, start, n);
		any = true;
	}
}
