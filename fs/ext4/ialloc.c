/*
 * ialloc.c - inodes: found, taken, given back.
 *
 * Where a new one goes decides what will be near what.  A file goes to its directory's group.  A
 * directory of the top level goes to the emptiest of a few flexible groups, so that trees are
 * spread over the disk; one further down stays with its parent, unless it is crowded there
 * (Orlov's way).
 *
 * In a group whose table was never initialised (uninit groups), inodes from ipg - itable_unused
 * on have never been used; the first inode in a block of the table brings the block with it,
 * zeroed, unread.
 *
 * Locks       group->load_lock while an inode is taken, so that its neighbour finds the table block ready;
 *             group->lock [g] for bits and counts.
 */
#include "fs/ext4/ext4.h"
#include "fs/internal.h"
#include "lib/bitops.h"
#include "lib/string.h"

#define GENERATION_STEP	0x9e3779b9U	/* odd: all numbers come in turn */
#define DIR_TRIES	8U		/* flexible groups looked at for a directory */

/* Flags a file has from its directory; of them, what a regular file, and any other, can have. */
#define INHERITED	(0x00000001 | 0x00000002 | 0x00000004 | EXT4_SYNC_FL | 0x00000040 | 0x00000080 | \
			 0x00000400 | EXT4_JOURNAL_DATA_FL | 0x00008000 | 0x00010000)
#define REG_FLAGS	(~(0x00010000U | EXT4_TOPDIR_FL))
#define OTHER_FLAGS	(0x00000040U | 0x00000080U)

/* --- which group --- */

struct flex_sum {
	u32	free_inodes, used_dirs;
	u64	free_blocks;
	u32	group;			/* one with a free inode */
};

/* Sum up the flexible group n. False: it has no free inode. */
static bool
flex_sum(struct ext4_sb *s, u32 n, struct flex_sum *out)
{
	u32 first = n * s->flex_groups, i;
	u64 end = MIN((u64)first + s->flex_groups, s->groups);
	struct ext4_group *g;

	*out = (struct flex_sum){ .group = ~0U };
	for (i = first; i < end; i++) {
		g = ext4_group(s, i);
		if (IS_ERR(g) || g->corrupt)
			continue;
		if (READ_ONCE(g->free_inodes) && out->group == ~0U)
			out->group = i;
		out->free_inodes += READ_ONCE(g->free_inodes);
		out->used_dirs += READ_ONCE(g->used_dirs);
		out->free_blocks += READ_ONCE(g->free_blocks);
	}
	return out->group != ~0U;
}

/* A group for a directory in `dir`, whose own group is `near`. ~0: none of those looked at. */
static u32
group_for_dir(struct ext4_sb *s, const struct inode *dir, u32 near)
{
	u32 nflex = DIV_ROUND_UP(s->groups, s->flex_groups), start = near / s->flex_groups;
	u64 inodes = (u64)MAX(READ_ONCE(s->free_inodes), 0L) / nflex;
	u64 blocks = (u64)MAX(READ_ONCE(s->free_blocks), 0L) / nflex;
	u32 best = ~0U, dirs = ~0U, k;
	bool top = dir->ino == EXT4_INO_ROOT || (ext4_i(dir)->flags & EXT4_TOPDIR_FL);
	struct flex_sum f;

	if (top)
		start = __atomic_fetch_add(&s->last_group, 1, __ATOMIC_RELAXED) % nflex;
	for (k = 0; k < MIN(nflex, DIR_TRIES); k++) {
		if (!flex_sum(s, (start + k) % nflex, &f))
			continue;
		if (!top && f.free_inodes >= inodes / 2 && f.free_blocks >= blocks / 2)
			return f.group;
		if (best == ~0U || (f.free_inodes >= inodes && f.free_blocks >= blocks && f.used_dirs < dirs)) {
			best = f.group;
			dirs = f.used_dirs;
		}
	}
	return best;
}

/* Does the chunk have no free inode? Remembered. */
static bool
chunk_full(struct ext4_chunk *c)
{
	u32 i;

	if (READ_ONCE(c->inodes_full))
		return true;
	/* First say so, then look: whoever frees one counts it, then says the contrary. */
	__atomic_store_n(&c->inodes_full, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < c->n; i++) {
		if (__atomic_load_n(&c->group[i].free_inodes, __ATOMIC_SEQ_CST) && !c->group[i].corrupt) {
			__atomic_store_n(&c->inodes_full, false, __ATOMIC_SEQ_CST);
			return false;
		}
	}
	return true;
}

/* The first group from `from` on, and round, with a free inode; at most *left are looked at. ~0: none. */
static u32
group_with_inode(struct ext4_sb *s, u32 from, u32 *left)
{
	struct ext4_chunk *c;
	struct ext4_group *g;
	u32 skip;

	while (*left) {
		g = ext4_group(s, from);
		c = s->chunk[from / s->desc_per_block];
		if (!IS_ERR(g) && !g->corrupt && READ_ONCE(g->free_inodes)) {
			(*left)--;
			return from;
		}
		skip = 1;
		if (!c || chunk_full(c))
			skip = MIN(*left, MIN(s->desc_per_block - from % s->desc_per_block, s->groups - from));
		*left -= skip;
		from = from + skip < s->groups ? from + skip : from + skip - s->groups;
	}
	return ~0U;
}

/* --- one inode --- */

/* Blocks of a group come into use with its inodes: write its bitmap, if that was never done. */
static int
blocks_initialise(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g)
{
	int err;

	if (likely(!(READ_ONCE(g->flags) & EXT4_BG_BLOCK_UNINIT)))
		return 0;
	err = ext4_group_load_blocks(s, group, g);
	if (!err)
		err = ext4_group_blocks_access(s, h, group, g);
	if (err)
		return err;
	spin_lock(&g->lock);
	g->flags &= ~EXT4_BG_BLOCK_UNINIT;
	spin_unlock(&g->lock);
	return ext4_group_blocks_dirty(s, h, group, g);
}

/* Mark a free inode: its index in the group. *fresh: nobody has had one in its block of the table. -ENOSPC. */
static int
inode_take(struct ext4_sb *s, u32 group, struct ext4_group *g, bool dir, u32 *index, bool *fresh)
{
	u32 from, i, used;

	spin_lock(&g->lock);
	from = MAX(g->next_inode, group == 0 ? s->first_ino - 1 : 0);
	i = g->free_inodes ? bitmap_find_clear(g->inode_buffer->data, s->inodes_per_group, from) : ~0U;
	if (i >= s->inodes_per_group) {
		spin_unlock(&g->lock);
		return i == ~0U ? -ENOSPC : -EFSCORRUPTED;
	}
	used = s->inodes_per_group - g->itable_unused;
	*fresh = s->desc_csum && i / s->inodes_per_block * s->inodes_per_block >= used;
	if (s->desc_csum && i >= used)
		g->itable_unused = s->inodes_per_group - i - 1;
	bitmap_set(g->inode_buffer->data, i);
	g->flags &= ~EXT4_BG_INODE_UNINIT;
	g->free_inodes--;
	g->used_dirs += dir;
	g->next_inode = i + 1;
	spin_unlock(&g->lock);
	__atomic_fetch_sub(&s->free_inodes, 1, __ATOMIC_RELAXED);
	*index = i;
	return 0;
}

/* The contrary. -EFSCORRUPTED: it was free. */
static int
inode_give(struct ext4_sb *s, struct ext4_group *g, u32 index, bool dir)
{
	bool was;

	spin_lock(&g->lock);
	was = bitmap_test(g->inode_buffer->data, index);
	if (was) {
		bitmap_clear(g->inode_buffer->data, index);
		__atomic_store_n(&g->free_inodes, g->free_inodes + 1, __ATOMIC_SEQ_CST);
		if (dir && g->used_dirs)
			g->used_dirs--;
		g->next_inode = MIN(g->next_inode, index);
	}
	spin_unlock(&g->lock);
	if (was && !g->corrupt)
		__atomic_fetch_add(&s->free_inodes, 1, __ATOMIC_RELAXED);
	return was ? 0 : -EFSCORRUPTED;
}

static void
inode_inherit(struct inode *i, const struct inode *dir, u32 mode)
{
	struct ext4_sb *s = ext4_isb(i);
	struct ext4_inode *ei = ext4_i(i);
	u32 flags = ext4_i(dir)->flags & INHERITED;

	i->mode = mode;
	if (s->grpid) {
		i->gid = dir->gid;
	} else {
		inode_inherit_group(i, dir);
	}
	rwsem_init(&i->lock, S_ISDIR(mode) ? RANK_INODE_DIR : RANK_INODE);
	if (!S_ISDIR(mode))
		flags &= S_ISREG(mode) ? REG_FLAGS : OTHER_FLAGS;
	ei->flags = flags;
	ei->generation = __atomic_add_fetch(&s->last_generation, GENERATION_STEP, __ATOMIC_RELAXED);
	if (s->csum)
		ei->csum_seed = ext4_inode_csum_seed(s, i->ino, ei->generation);
	ei->extra_isize = s->extra_isize;
}

/* The inode with this number, marked as in use: cached, filled in, its place in the table zeroed. ERR_PTR. */
static struct inode *
inode_make(struct handle *h, struct inode *dir, u32 mode, u64 ino, bool fresh)
{
	struct super_block *sb = dir->sb;
	struct ext4_sb *s = ext4_sb(sb);
	struct inode *i = inode_lookup(sb, ino);
	struct buffer *b;
	int err;

	if (IS_ERR(i))
		return i;
	if (!(i->flags & INODE_NEW)) {
		inode_put(i);
		return ERR_PTR(ext4_corrupt(sb, ino, 0, "inode is in use, but free in the bitmap"));
	}
	err = ext4_inode_init(i, ino);
	if (err)
		goto out;
	inode_inherit(i, dir, mode);
	if (fresh) {
		err = ext4_inode_table_new(h, i);
		b = ext4_i(i)->table;
	} else {
		b = ext4_inode_table(i);
		err = IS_ERR(b) ? PTR_ERR(b) : ext4_write_access(sb, h, b);
	}
	if (err)
		goto out_destroy;
	memset((u8 *)b->data + ext4_i(i)->table_off, 0, s->inode_size);
	if ((s->incompat & EXT4_INCOMPAT_EXTENTS) && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode))) {
		ext4_i(i)->flags |= EXT4_EXTENTS_FL;
		err = ext4_extent_init(i);
	}
	if (err)
		goto out_destroy;
	ext4_set_ops(i);
	inode_new_done(i, 0);
	return i;
out_destroy:
	ext4_inode_destroy(i);
out:
	inode_new_done(i, err);
	return ERR_PTR(err);
}

/* An inode of this group. ERR_PTR(-ENOSPC): it has none. */
static struct inode *
alloc_in_group(struct handle *h, struct inode *dir, u32 mode, u32 group)
{
	struct ext4_sb *s = ext4_isb(dir);
	struct ext4_group *g = ext4_group(s, group);
	struct inode *i = NULL;
	u32 index;
	bool fresh;
	int err;

	if (IS_ERR(g))
		return (struct inode *)g;
	err = ext4_group_load_inodes(s, group, g);
	if (!err)
		err = blocks_initialise(s, h, group, g);
	if (!err)
		err = ext4_group_inodes_access(s, h, group, g);
	if (err)
		return ERR_PTR(err);
	mutex_lock(&g->load_lock);
	err = inode_take(s, group, g, S_ISDIR(mode), &index, &fresh);
	if (!err) {
		i = inode_make(h, dir, mode, (u64)group * s->inodes_per_group + index + 1, fresh);
		if (IS_ERR(i)) {
			/* One that somebody has stays marked. */
			err = PTR_ERR(i);
			if (err != -EFSCORRUPTED)
				inode_give(s, g, index, S_ISDIR(mode));
		}
		/* Also when it was given back: the bitmap's checksum is due, and the flags may have changed. */
		if (!err || err == -EFSCORRUPTED)
			err = ext4_group_inodes_dirty(s, h, group, g) ?: err;
		else
			ext4_group_inodes_dirty(s, h, group, g);
	}
	mutex_unlock(&g->load_lock);
	if (err == -EFSCORRUPTED && !i) {
		ext4_group_distrust(s, g);
		ext4_corrupt(dir->sb, 0, g->inode_bitmap, "group %u: free inodes by count, none in the bitmap", group);
	}
	if (err && i && !IS_ERR(i))
		inode_put(i);		/* the log has failed: it stays as it is */
	return err ? ERR_PTR(err) : i;
}

struct inode *
ext4_inode_alloc(struct handle *h, struct inode *dir, u32 mode)
{
	struct ext4_sb *s = ext4_isb(dir);
	u32 group = ext4_i(dir)->group, left = s->groups;
	struct inode *i;

	if (READ_ONCE(s->free_inodes) <= 0)
		return ERR_PTR(-ENOSPC);
	if (S_ISDIR(mode)) {
		u32 best = group_for_dir(s, dir, group);

		if (best != ~0U)
			group = best;
	}
	for (;;) {
		group = group_with_inode(s, group, &left);
		if (group == ~0U)
			return ERR_PTR(-ENOSPC);
		i = alloc_in_group(h, dir, mode, group);
		if (!IS_ERR(i) || PTR_ERR(i) == -EROFS || PTR_ERR(i) == -ENOMEM || PTR_ERR(i) == -EIO)
			return i;
		/* Full meanwhile, or not to be trusted: the next one. */
		group = group + 1 < s->groups ? group + 1 : 0;
	}
}

int
ext4_inode_free(struct handle *h, struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	u32 group = (inode->ino - 1) / s->inodes_per_group, index = (inode->ino - 1) % s->inodes_per_group;
	struct ext4_group *g = ext4_group(s, group);
	int err;

	if (IS_ERR(g))
		return PTR_ERR(g);
	err = ext4_group_load_inodes(s, group, g);
	if (!err)
		err = ext4_group_inodes_access(s, h, group, g);
	if (err)
		return err;
	if (inode_give(s, g, index, S_ISDIR(inode->mode))) {
		ext4_group_distrust(s, g);
		return ext4_corrupt(inode->sb, inode->ino, 0, "inode freed twice");
	}
	__atomic_store_n(&s->chunk[group / s->desc_per_block]->inodes_full, false, __ATOMIC_SEQ_CST);
	return ext4_group_inodes_dirty(s, h, group, g);
}

int
ext4_inode_in_use(struct ext4_sb *s, u64 ino)
{
	u32 group = (ino - 1) / s->inodes_per_group, index = (ino - 1) % s->inodes_per_group;
	struct ext4_group *g = ext4_group(s, group);
	int err;

	if (IS_ERR(g))
		return PTR_ERR(g);
	err = ext4_group_load_inodes(s, group, g);
	return err ? err : bitmap_test(g->inode_buffer->data, index);
}
