/*
 * indirect.c - the block maps of ext2 and ext3: twelve blocks, then blocks of block numbers.
 *
 *	i_block[0..11]  ---------------------------------->  data
 *	i_block[12]     -> [ 0 .. per-1 ]  --------------->  data        per = block size / 4
 *	i_block[13]     -> [ ... ] -> [ ... ]  ----------->  data
 *	i_block[14]     -> [ ... ] -> [ ... ] -> [ ... ]  ->  data
 *
 * A number 0 is a hole, of one block or of all that would be below.
 *
 * Data        struct way: the array of numbers at each level on the way to one logical block.
 * Locks       ei->map_lock, for reading to look up, for writing to change.
 * Invariants  I1  the numbers in a block that is BUFFER_VERIFIED are 0 or blocks that a file may have.
 *             I2  a branch is filled from its end: the number that makes it part of the file is written last.
 * Further     the kernel's Documentation/filesystems/ext4/blockmap.rst.
 */
#include "fs/ext4/map.h"
#include "lib/string.h"

#define LEVELS		3
#define LOOK_AHEAD	128U		/* a run is followed so far, for the cache of map.c */

struct way {
	struct inode *inode;
	int	depth;			/* array[depth] has the numbers of data blocks */
	int	have;			/* arrays present: up to this level; less than depth: the rest is a hole */
	u64	base;			/* first logical block of this depth */
	u64	rel;			/* logical block less base */
	u32	at[LEVELS + 1];		/* entry of each array */
	u32	*array[LEVELS + 1];
	u32	count[LEVELS + 1];	/* its entries */
	struct buffer *b[LEVELS + 1];	/* that it is in, counted; NULL: the inode */
};

static inline uint
per_bits(const struct inode *inode)
{
	return ext4_isb(inode)->block_bits - 2;
}

/* So many blocks are below each entry of a level, as a power of two. */
static inline uint
unit_bits(const struct way *w, int level)
{
	return (w->depth - level) * per_bits(w->inode);
}

/* The first logical block below the entry of this level. */
static inline u64
unit_start(const struct way *w, int level)
{
	return w->base + ALIGN_DOWN(w->rel, 1UL << unit_bits(w, level));
}

/* ---- checking ---- */

static int
numbers_check(struct super_block *sb, u64 ino, u64 block, const u32 *array, uint n)
{
	struct ext4_sb *s = ext4_sb(sb);

	for (uint i = 0; i < n; i++)
		if (array[i] && !ext4_blocks_valid(s, array[i], 1))
			return ext4_corrupt(sb, ino, block, "block map: entry %u is %u, which cannot be a file's", i,
					    array[i]);
	return 0;
}

static int
block_check(struct super_block *sb, struct buffer *b, void *arg)
{
	struct inode *inode = arg;

	return numbers_check(sb, inode->ino, b->block, b->data, b->size / sizeof(u32));
}

int
ext4_indirect_check(struct inode *inode)
{
	struct ext4_inode *ei = ext4_i(inode);

	return numbers_check(inode->sb, inode->ino, 0, ei->block, ARRAY_SIZE(ei->block));
}

/* ---- the way to a block ---- */

static void
way_put(struct way *w)
{
	for (int i = 1; i <= w->have; i++)
		buffer_put(w->b[i]);
	w->have = 0;
}

/* Which arrays lead to `logical`, and where in them. */
static void
way_plan(struct way *w, struct inode *inode, u32 logical)
{
	uint bits = per_bits(inode);
	u64 rel = logical, base = 0, span = EXT4_NDIRECT;

	w->inode = inode;
	w->depth = 0;
	while (rel >= span) {
		rel -= span;
		base += span;
		span = 1UL << ++w->depth * bits;
	}
	w->base = base;
	w->rel = rel;
	w->at[0] = w->depth ? (u32)EXT4_NDIRECT - 1 + w->depth : rel;
	for (int i = 1; i <= w->depth; i++)
		w->at[i] = rel >> (w->depth - i) * bits & ((1U << bits) - 1);
	w->have = 0;
	w->array[0] = ext4_i(inode)->block;
	w->count[0] = w->depth ? ARRAY_SIZE(ext4_i(inode)->block) : EXT4_NDIRECT;
	w->b[0] = NULL;
}

/* Follow it as far as it goes. */
static int
way_find(struct way *w, struct inode *inode, u32 logical)
{
	struct buffer *b;
	u32 number;

	way_plan(w, inode, logical);
	while (w->have < w->depth) {
		number = w->array[w->have][w->at[w->have]];
		if (!number)
			break;
		b = ext4_bread(inode->sb, number, block_check, inode);
		if (IS_ERR(b)) {
			way_put(w);
			return PTR_ERR(b);
		}
		w->have++;
		w->b[w->have] = b;
		w->array[w->have] = b->data;
		w->count[w->have] = b->size / sizeof(u32);
	}
	return 0;
}

/* So many entries from `at` on, at most n, are one run on the disk, or (0) a hole. */
static u32
run_length(const u32 *array, u32 at, u32 n)
{
	u32 i, step = array[at] ? 1 : 0;

	for (i = 1; i < n; i++)
		if (array[at + i] != array[at] + i * step)
			break;
	return i;
}

/* Put what the way's end says into m. */
static void
way_answer(const struct way *w, struct ext4_map *m)
{
	u32 at = w->at[w->depth], n, len;
	u64 start = 0;

	if (w->have < w->depth) {
		u64 end = unit_start(w, w->have) + (1UL << unit_bits(w, w->have));

		len = MIN(end - m->logical, (u64)EXT4_BLOCKS_END);
	} else {
		n = MIN(w->count[w->depth] - at, MAX(m->len, LOOK_AHEAD));
		len = run_length(w->array[w->depth], at, n);
		start = w->array[w->depth][at];
	}
	ext4_map_remember(ext4_i(w->inode), m->logical, len, start, false);
	m->len = MIN(m->len, len);
	m->physical = start;
	m->unwritten = false;
	m->fresh = false;
}

int
ext4_indirect_find(struct inode *inode, struct ext4_map *m)
{
	struct way w;
	int err = way_find(&w, inode, m->logical);

	if (err)
		return err;
	way_answer(&w, m);
	way_put(&w);
	return 0;
}

/* ---- allocation ---- */

/* Where a block for the end of the way would be best. */
static u64
way_goal(const struct way *w)
{
	const u32 *array = w->array[w->have];
	u32 at = w->at[w->have];

	for (u32 i = at; i-- > 0;)
		if (array[i])
			return (u64)array[i] + 1;
	if (w->b[w->have])
		return w->b[w->have]->block + 1;
	return ext4_group_first_block(ext4_isb(w->inode), ext4_i(w->inode)->group);
}

/* A new block of numbers, all 0, with its buffer in *out. */
static int
array_new(struct handle *h, struct inode *inode, u64 goal, struct buffer **out)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct buffer *b;
	u32 one = 1;
	u64 block;
	int err;

	err = ext4_alloc_blocks(h, inode, goal, &one, EXT4_ALLOC_METADATA, &block);
	if (err)
		return err;
	b = block >> 32 ? ERR_PTR(-EFBIG) : buffer_new(s->dev, block, s->block_size);
	if (IS_ERR(b)) {
		/* Nobody has put anything there: nothing to revoke, which might take memory. */
		ext4_map_free(h, inode, block, 1, false);
		return PTR_ERR(b);
	}
	err = ext4_create_access(inode->sb, h, b);
	if (err)
		goto out_put;
	memset(b->data, 0, s->block_size);
	*out = b;
	return 0;
out_put:
	buffer_put(b);
	ext4_map_free(h, inode, block, 1, true);
	return err;
}

/* The missing end of the way: arrays, not yet part of the file. Undone by branch_free. */
static int
branch_new(struct handle *h, struct way *w, struct buffer *b[LEVELS + 1], u64 *goal)
{
	int err;

	for (int i = w->have + 1; i <= w->depth; i++) {
		err = array_new(h, w->inode, *goal, &b[i]);
		if (err) {
			b[i] = NULL;
			return err;
		}
		*goal = b[i]->block + 1;
	}
	return 0;
}

static void
branch_free(struct handle *h, struct way *w, struct buffer *b[LEVELS + 1])
{
	for (int i = w->have + 1; i <= w->depth && b[i]; i++) {
		ext4_map_free(h, w->inode, b[i]->block, 1, true);
		buffer_put(b[i]);
	}
}

/* Put the n blocks from `start` on at the end of the way, the new arrays before them. */
static int
branch_link(struct handle *h, struct way *w, struct buffer *b[LEVELS + 1], u64 start, u32 n)
{
	struct super_block *sb = w->inode->sb;
	u32 *array, number;
	int err = 0;

	if (w->b[w->have])
		err = ext4_write_access(sb, h, w->b[w->have]);
	if (err)
		return err;
	for (int i = w->depth; i > w->have; i--) {
		array = b[i]->data;
		if (i < w->depth)
			array[w->at[i]] = b[i + 1]->block;
		else
			for (u32 k = 0; k < n; k++)
				array[w->at[i] + k] = start + k;
		err = ext4_dirty(sb, h, b[i]);
		if (err)
			return err;
	}
	if (w->have < w->depth) {
		number = b[w->have + 1]->block;
		w->array[w->have][w->at[w->have]] = number;
	} else {
		for (u32 k = 0; k < n; k++)
			w->array[w->have][w->at[w->have] + k] = start + k;
	}
	return w->b[w->have] ? ext4_dirty(sb, h, w->b[w->have]) : 0;
}

/* The hole at the end of the way gets up to m->len blocks, in one array. */
static int
way_fill(struct handle *h, struct way *w, struct ext4_map *m, uint flags)
{
	uint how = flags & EXT4_MAP_RESERVED ? EXT4_ALLOC_RESERVED : 0;
	struct buffer *b[LEVELS + 1] = { NULL };
	u64 goal = way_goal(w), start;
	u32 n = MIN(m->len, (w->depth ? 1U << per_bits(w->inode) : EXT4_NDIRECT) - w->at[w->depth]);
	int err;

	if (w->have == w->depth)
		n = run_length(w->array[w->depth], w->at[w->depth], n);
	err = branch_new(h, w, b, &goal);
	if (err)
		goto out_branch;
	err = ext4_alloc_blocks(h, w->inode, goal, &n, how, &start);
	if (err)
		goto out_branch;
	err = (start + n - 1) >> 32 ? -EFBIG : branch_link(h, w, b, start, n);
	if (err)
		goto out_blocks;
	for (int i = w->have + 1; i <= w->depth; i++)
		buffer_put(b[i]);
	m->len = n;
	m->physical = start;
	m->unwritten = false;
	m->fresh = true;
	return 0;
out_blocks:
	ext4_map_give_back(h, w->inode, start, n, how);
out_branch:
	branch_free(h, w, b);
	return err;
}

int
ext4_indirect_create(struct handle *h, struct inode *inode, struct ext4_map *m, uint flags)
{
	struct way w;
	int err;

	ext4_map_forget(ext4_i(inode));
	err = way_find(&w, inode, m->logical);
	if (err)
		return err;
	if (w.have == w.depth && w.array[w.depth][w.at[w.depth]])
		way_answer(&w, m);
	else
		err = way_fill(h, &w, m, flags);
	way_put(&w);
	return err;
}

/* ---- removal, from the end backwards ---- */

/* Credits to free a run in one array, and the arrays above. */
static int
run_credits(struct inode *inode, u32 n)
{
	return ext4_credits_free(ext4_isb(inode), n) + 4 * (LEVELS + 1) + 2 * EXT4_CREDITS_INODE;
}

/* Find the last block in [first, last] that is mapped: the way to it. 1, 0: there is none, or -errno. */
static int
way_find_last(struct way *w, struct inode *inode, u32 first, u32 last)
{
	u64 start;
	u32 *array, at;
	int err;

	for (;;) {
		err = way_find(w, inode, last);
		if (err)
			return err;
		start = unit_start(w, w->have);
		if (w->have == w->depth) {
			array = w->array[w->depth];
			for (at = w->at[w->depth] + 1; at-- > 0 && start >= first; start--) {
				if (array[at]) {
					w->at[w->depth] = at;
					w->rel = start - w->base;
					return 1;
				}
			}
			start++;
		}
		way_put(w);
		if (start <= first)
			return 0;
		last = start - 1;
	}
}

static bool
all_zero(const u32 *array, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (array[i])
			return false;
	return true;
}

/* Set n entries to 0 in the array of this level, ending with the way's. */
static int
clear_entries(struct handle *h, struct way *w, int level, u32 n)
{
	struct buffer *b = w->b[level];
	int err = b ? ext4_write_access(w->inode->sb, h, b) : 0;

	if (err)
		return err;
	memset(&w->array[level][w->at[level] + 1 - n], 0, n * sizeof(u32));
	return b ? ext4_dirty(w->inode->sb, h, b) : 0;
}

/* Free the n blocks that end with the way's, then the arrays that are empty now. */
static int
run_free(struct handle *h, struct way *w, u32 n)
{
	u64 start = (u64)w->array[w->depth][w->at[w->depth]] + 1 - n;
	int level, err;

	err = clear_entries(h, w, w->depth, n);
	for (level = w->depth; !err && level > 0 && all_zero(w->array[level], w->count[level]); level--) {
		err = clear_entries(h, w, level - 1, 1);
		if (!err)
			err = ext4_map_free(h, w->inode, w->b[level]->block, 1, true);
	}
	return err ? err : ext4_map_free(h, w->inode, start, n, ext4_blocks_logged(w->inode));
}

int
ext4_indirect_remove(struct handle *h, struct inode *inode, u32 first, u32 last)
{
	struct way w;
	u32 n, most, at, *array;
	bool done = false;
	uint tries = 0;
	u64 found;
	int err;

	last = MIN(last, ext4_map_max_blocks(inode) - 1);
	ext4_map_forget(ext4_i(inode));
	while (!done) {
		err = way_find_last(&w, inode, first, last);
		if (ext4_map_again(err, &tries))
			continue;
		if (err <= 0)
			return err;
		array = w.array[w.depth];
		at = w.at[w.depth];
		found = w.base + w.rel;
		most = MIN((u64)at, found - first) + 1;
		if (ext4_blocks_logged(inode))
			most = MIN(most, EXT4_REVOKE_STEP);
		for (n = 1; n < most && array[at - n] && array[at - n] + n == array[at]; n++)
			;
		err = ext4_map_credits(h, inode, run_credits(inode, n));
		if (!err) {
			err = run_free(h, &w, n);
			done = found + 1 - n <= first;
			last = found - n;
		}
		way_put(&w);
		if (err < 0)
			return err;
	}
	return 0;
}
