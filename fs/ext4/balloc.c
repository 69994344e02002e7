/*
 * balloc.c - blocks: found, taken, given back, promised.
 *
 *	free --ext4_alloc_blocks--> in use --ext4_free_blocks--> free on the disk, busy here --commit--> free
 *	free --ext4_reserve--> promised to a page in memory --ext4_alloc_blocks(RESERVED)--> in use
 *
 * What is freed in a transaction stays busy until that transaction is on the disk: should the
 * machine stop before, its old owner still has it.
 *
 * A search goes from the goal through the group, its chunk, the other chunks; first for a run as
 * long as what is wanted, then for less and less.  A scan that found nothing leaves behind how
 * long the longest run was (largest_free, of the group and of the chunk), and the next search
 * passes by: so a nearly full disk costs a look at each chunk, not at each group or bit.
 *
 * Locks       group->lock [g]; bits are scanned without it, and looked at again with it.  freed_lock [f].
 *             free_blocks, held and reserved of struct ext4_sb are atomic: what can be had is the first
 *             less the others.
 * Not here    preallocation (prealloc.c); bitmaps read and written (group.c).
 */
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "fs/internal.h"
#include "lib/bitops.h"
#include "mm/slab.h"

#define GOAL_ENOUGH	8U		/* a run at the very goal is taken if it is that long */
#define LOAD_BUDGET	16		/* bitmaps read in one search for a long run */

struct ext4_freed {			/* on s->freed */
	struct list link;
	u32	group, off, len;
	u32	tid;
};

/* What is looked for, and what was found. */
struct search {
	struct ext4_sb *s;
	struct handle *h;
	u64	goal;
	u32	want;			/* blocks in a row, with those to be set aside */
	u32	take;			/* of them, to be marked as in use on the disk */
	u32	need;			/* this time, a run must be that long */
	int	budget;			/* bitmaps that may still be read for it */
	int	error;			/* why a group could not be searched */
	u64	start;			/* found */
	u32	total, taken;		/* found: of want, of take */
};

/* --- promises --- */

/* May current have what is kept for root? */
static bool
privileged(const struct ext4_sb *s)
{
	return current->fsuid == s->resuid || (s->resgid && task_in_group(s->resgid)) ||
	       capable(CAP_SYS_RESOURCE);
}

/* Promise up to n blocks: how many; all or none if `all`. */
static u32
claim(struct ext4_sb *s, u32 n, uint flags, bool all)
{
	s64 before = __atomic_fetch_add(&s->reserved, n, __ATOMIC_RELAXED);
	s64 there = READ_ONCE(s->free_blocks) - READ_ONCE(s->held);
	u32 got;

	if (!(flags & EXT4_ALLOC_METADATA)) {
		there -= before + s->meta_reserve;
		if (there < (s64)(n + s->root_reserve) && !privileged(s))
			there -= s->root_reserve;
	}
	if (there >= n)
		return n;
	got = there > 0 && !all ? there : 0;
	__atomic_fetch_sub(&s->reserved, n - got, __ATOMIC_RELAXED);
	return got;
}

int
ext4_reserve(struct super_block *sb, u32 n)
{
	struct ext4_sb *s = ext4_sb(sb);
	int tries = 0;

	for (;;) {
		if (claim(s, n, 0, true) == n)
			return 0;
		if (ext4_prealloc_drop_all(s))
			continue;
		if (current->journal_handle || !ext4_alloc_retry(sb, &tries))
			return -ENOSPC;
	}
}

void
ext4_unreserve(struct super_block *sb, u32 n)
{
	__atomic_fetch_sub(&ext4_sb(sb)->reserved, n, __ATOMIC_RELAXED);
}

u64
ext4_count_free(struct ext4_sb *s)
{
	s64 n = READ_ONCE(s->free_blocks) - READ_ONCE(s->reserved);

	return n > 0 ? n : 0;
}

/* --- one group --- */

static struct ext4_chunk *
chunk_of(struct ext4_sb *s, u32 group)
{
	return s->chunk[group / s->desc_per_block];
}

/* Where the run of clear bits that ends before bit `end` begins. */
static u32
run_start(const ulong *map, u32 end)
{
	u32 i = end;
	ulong x;

	while (i > 0) {
		x = map[(i - 1) / 64];
		if (i % 64)
			x &= BIT(i % 64) - 1;
		if (x)
			return (i - 1) / 64 * 64 + bit_highest(x) + 1;
		i = (i - 1) / 64 * 64;
	}
	return 0;
}

/* There may be a run of n in the chunk. */
static void
chunk_raise(struct ext4_chunk *c, u32 n)
{
	u32 old = __atomic_load_n(&c->largest_free, __ATOMIC_SEQ_CST);

	while (old < n)
		if (__atomic_compare_exchange_n(&c->largest_free, &old, n, true, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return;
}

void
ext4_group_release(struct ext4_sb *s, u32 group, u32 off, u32 n)
{
	struct ext4_chunk *c = chunk_of(s, group);
	struct ext4_group *g = &c->group[group - c->first];
	u32 run;

	spin_lock(&g->lock);
	bitmap_clear_range(g->busy, off, n);
	run = bitmap_find_set(g->busy, ext4_group_blocks(s, group), off) - run_start(g->busy, off);
	g->first_free = MIN(g->first_free, off);
	g->largest_free = MAX(g->largest_free, run);
	g->frees++;
	spin_unlock(&g->lock);
	/* First count, then raise the bound; who lowers it looks at the count after that: one sees the other. */
	__atomic_fetch_add(&c->frees, 1, __ATOMIC_SEQ_CST);
	chunk_raise(c, run);
	__atomic_fetch_sub(&s->held, n, __ATOMIC_RELAXED);
}

/* The first run of `want` clear bits in [from, to), or the longest there is, if longer than *len. */
static void
scan(const ulong *map, u32 from, u32 to, u32 want, u32 *off, u32 *len)
{
	u32 end;

	while (from < to) {
		from = bitmap_find_clear(map, to, from);
		if (from >= to)
			return;
		end = bitmap_find_set(map, MIN(to, from + want), from);
		if (end - from > *len) {
			*off = from;
			*len = end - from;
			if (*len >= want)
				return;
		}
		from = end;
	}
}

/* A run for q in the group: true, *off and *len. Without its lock: it may be gone when it is to be taken. */
static bool
group_find(struct search *q, u32 group, struct ext4_group *g, u32 goal, u32 *off, u32 *len)
{
	u32 n = ext4_group_blocks(q->s, group), frees = READ_ONCE(g->frees);
	u32 first = MIN(READ_ONCE(g->first_free), n), from = MIN(MAX(goal, first), n);

	*len = 0;
	if (goal && goal < n) {
		*off = goal;
		*len = bitmap_find_set(g->busy, MIN(n, goal + q->want), goal) - goal;
		if (*len >= MIN(q->take, GOAL_ENOUGH))
			return true;
	}
	scan(g->busy, from, n, q->want, off, len);
	/* A run may begin before the goal and go on behind it. */
	if (*len < q->want)
		scan(g->busy, first, MIN(n, from + q->want), q->want, off, len);
	if (*len < q->want) {
		spin_lock(&g->lock);
		if (g->frees == frees && g->largest_free > *len)
			g->largest_free = *len;
		spin_unlock(&g->lock);
	}
	return *len && *len >= q->need;
}

/* Mark bits from off on, up to len of them, as far as they are still free. 0, -EAGAIN: not one is; -errno. */
static int
group_take(struct search *q, u32 group, struct ext4_group *g, u32 off, u32 len)
{
	struct ext4_sb *s = q->s;
	int err = ext4_group_blocks_access(s, q->h, group, g);

	if (err)
		return err;
	spin_lock(&g->lock);
	len = bitmap_find_set(g->busy, off + len, off) - off;
	if (len == 0) {
		spin_unlock(&g->lock);
		return -EAGAIN;
	}
	q->total = len;
	q->taken = MIN(len, q->take);
	bitmap_set_range(g->busy, off, len);
	bitmap_set_range(g->block_buffer->data, off, q->taken);
	g->flags &= ~EXT4_BG_BLOCK_UNINIT;
	g->free_blocks -= q->taken;
	if (off == g->first_free)
		g->first_free = off + len;
	spin_unlock(&g->lock);
	__atomic_fetch_add(&s->held, len - q->taken, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&s->free_blocks, q->taken, __ATOMIC_RELAXED);
	q->start = ext4_group_first_block(s, group) + off;
	return ext4_group_blocks_dirty(s, q->h, group, g);
}

/* Find and take in one group. 0, -ENOSPC: not here; -errno: the log or the disk fails. */
static int
group_try(struct search *q, u32 group, struct ext4_group *g, u32 goal)
{
	u32 off, len;
	int err, tries;

	if (g->corrupt || READ_ONCE(g->largest_free) < q->need || READ_ONCE(g->free_blocks) == 0)
		return -ENOSPC;
	if (!READ_ONCE(g->block_buffer)) {
		if (q->need > 1 && q->budget-- <= 0)
			return -ENOSPC;
		err = ext4_group_load_blocks(q->s, group, g);
		if (err) {
			q->error = err;
			return -ENOSPC;
		}
	}
	for (tries = 0; tries < 4; tries++) {
		if (!group_find(q, group, g, goal, &off, &len))
			return -ENOSPC;
		err = group_take(q, group, g, off, len);
		if (err != -EAGAIN)
			return err;
	}
	return -ENOSPC;
}

/* --- all groups --- */

/* The groups of a chunk, from `from` on and round. */
static int
chunk_try(struct search *q, struct ext4_chunk *c, u32 from)
{
	u32 frees = __atomic_load_n(&c->frees, __ATOMIC_ACQUIRE), largest = 0, i, k;
	int err;

	if (READ_ONCE(c->largest_free) < q->need)
		return -ENOSPC;
	for (k = 0; k < c->n; k++) {
		i = from + k < c->n ? from + k : from + k - c->n;
		err = group_try(q, c->first + i, &c->group[i], 0);
		if (err != -ENOSPC)
			return err;
		if (!c->group[i].corrupt)
			largest = MAX(largest, READ_ONCE(c->group[i].largest_free));
	}
	__atomic_store_n(&c->largest_free, largest, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&c->frees, __ATOMIC_SEQ_CST) != frees)
		chunk_raise(c, q->s->blocks_per_group);
	return -ENOSPC;
}

/* Everywhere, from the goal on, for a run of q->need or more. */
static int
search_pass(struct search *q)
{
	struct ext4_sb *s = q->s;
	u32 group = ext4_block_group(s, q->goal), first = group / s->desc_per_block, n, k;
	struct ext4_group *g = ext4_group(s, group);
	struct ext4_chunk *c;
	int err;

	q->budget = LOAD_BUDGET;
	if (!IS_ERR(g)) {
		err = group_try(q, group, g, q->goal - ext4_group_first_block(s, group));
		if (err != -ENOSPC)
			return err;
	}
	for (k = 0; k < s->nchunks; k++) {
		n = first + k < s->nchunks ? first + k : first + k - s->nchunks;
		c = READ_ONCE(s->chunk[n]);
		if (!c) {
			if (q->need > 1 && q->budget-- <= 0)
				return -ENOSPC;
			c = ext4_chunk_load(s, n);
			if (IS_ERR(c)) {
				q->error = PTR_ERR(c);
				continue;
			}
		}
		err = chunk_try(q, c, k ? 0 : (group - c->first + 1) % c->n);
		if (err != -ENOSPC)
			return err;
	}
	return -ENOSPC;
}

/* Find and take: 0, -ENOSPC, -errno. */
static int
search(struct search *q)
{
	int err;

	q->error = 0;
	for (q->need = q->take; ; q->need = q->need > 4 ? q->need / 4 : 1) {
		err = search_pass(q);
		if (err != -ENOSPC || q->need == 1)
			break;
	}
	return err == -ENOSPC && q->error ? q->error : err;
}

/* Where a file without blocks would like its first. */
static u64
default_goal(const struct inode *inode)
{
	const struct ext4_sb *s = ext4_isb(inode);
	u32 group = ext4_i(inode)->group;

	/* In a flexible group the first one is for directories and tables. */
	if (s->flex_groups >= 4) {
		group -= group % s->flex_groups;
		if (S_ISREG(inode->mode) && group + 1 < s->groups)
			group++;
	}
	return ext4_group_first_block(s, group);
}

/* Blocks [start, start + n), busy for inode since they were preallocated, come into use. */
static int
take_preallocated(struct handle *h, struct inode *inode, u64 start, u32 n)
{
	struct ext4_sb *s = ext4_isb(inode);
	u32 group = ext4_block_group(s, start), off = start - ext4_group_first_block(s, group);
	struct ext4_group *g = ext4_group(s, group);
	int err = ext4_group_blocks_access(s, h, group, g);

	if (err) {
		ext4_group_release(s, group, off, n);
		return err;
	}
	spin_lock(&g->lock);
	bitmap_set_range(g->block_buffer->data, off, n);
	g->free_blocks -= n;
	spin_unlock(&g->lock);
	__atomic_fetch_sub(&s->free_blocks, n, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&s->held, n, __ATOMIC_RELAXED);
	return ext4_group_blocks_dirty(s, h, group, g);
}

/* `claimed` blocks have been promised: find them, and take back the promise for what is not taken. */
static int
alloc_claimed(struct handle *h, struct inode *inode, u64 goal, u32 claimed, u32 *n, uint flags, u64 *start)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct search q = { .s = s, .h = h, .goal = goal, .take = claimed };
	int err;

	if (goal < s->first_data_block || goal >= s->blocks)
		q.goal = default_goal(inode);
	q.want = q.take + ext4_prealloc_want(inode, q.take, flags);
	err = search(&q);
	if (err == -ENOSPC && ext4_prealloc_drop_all(s))
		err = search(&q);
	/* Of blocks reserved before, those not found stay promised. */
	if (!(flags & EXT4_ALLOC_RESERVED))
		ext4_unreserve(inode->sb, claimed);
	else if (!err)
		ext4_unreserve(inode->sb, q.taken);
	if (err)
		return err;
	if (q.total > q.taken)
		ext4_prealloc_keep(inode, q.start + q.taken, q.total - q.taken);
	*start = q.start;
	*n = q.taken;
	return 0;
}

int
ext4_alloc_blocks(struct handle *h, struct inode *inode, u64 goal, u32 *n, uint flags, u64 *start)
{
	struct ext4_sb *s = ext4_isb(inode);
	u32 want = MIN(*n, s->blocks_per_group), got = 0;
	int err;

	if (!(flags & EXT4_ALLOC_METADATA))
		got = ext4_prealloc_take(inode, goal, want);
	if (got) {
		err = take_preallocated(h, inode, goal, got);
		if (err)
			return err;
		if (flags & EXT4_ALLOC_RESERVED)
			ext4_unreserve(inode->sb, got);
		*start = goal;
		*n = got;
	} else {
		if (!(flags & EXT4_ALLOC_RESERVED)) {
			*n = want;
			want = claim(s, *n, flags, false);
			if (!want && ext4_prealloc_drop_all(s))
				want = claim(s, *n, flags, false);
		}
		if (!want)
			return -ENOSPC;
		err = alloc_claimed(h, inode, goal, want, n, flags, start);
		if (err)
			return err;
	}
	__atomic_fetch_add(&inode->blocks, (u64)*n << (s->block_bits - 9), __ATOMIC_RELAXED);
	return 0;
}

/* --- giving back --- */

/* Remember that bits were freed in h, so that its commit makes them free. x: a node, used or freed. */
static void
freed_add(struct ext4_sb *s, struct ext4_freed *x, u32 group, u32 off, u32 len, u32 tid)
{
	struct ext4_freed *last;

	spin_lock(&s->freed_lock);
	last = list_last(&s->freed, struct ext4_freed, link);
	if (last && last->tid == tid && last->group == group &&
	    (last->off + last->len == off || off + len == last->off)) {
		last->off = MIN(last->off, off);
		last->len += len;
	} else {
		x->group = group;
		x->off = off;
		x->len = len;
		x->tid = tid;
		list_push_back(&s->freed, &x->link);
		x = NULL;
	}
	spin_unlock(&s->freed_lock);
	kfree(x);
}

/* Bits [off, off + n) of group go, in h. */
static int
free_in_group(struct handle *h, struct inode *inode, u32 group, u32 off, u32 n)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_group *g = ext4_group(s, group);
	struct ext4_freed *x = NULL;
	bool twice;
	int err;

	if (IS_ERR(g))
		return PTR_ERR(g);
	err = ext4_group_load_blocks(s, group, g);
	/* A bitmap that is not believed is left alone: the blocks are lost until e2fsck finds them. */
	if (err)
		return err == -EFSCORRUPTED ? 0 : err;
	/* Without memory to remember them, they are free on the disk, but busy here until the next mount. */
	if (s->journal)
		x = kmalloc(sizeof(*x), GFP_KERNEL);
	err = ext4_group_blocks_access(s, h, group, g);
	if (err) {
		kfree(x);
		return err;
	}
	spin_lock(&g->lock);
	twice = bitmap_find_clear(g->block_buffer->data, off + n, off) < off + n;
	if (!twice) {
		bitmap_clear_range(g->block_buffer->data, off, n);
		g->free_blocks += n;
	}
	spin_unlock(&g->lock);
	if (twice) {
		kfree(x);
		ext4_group_distrust(s, g);
		return ext4_corrupt(inode->sb, inode->ino, ext4_group_first_block(s, group) + off,
				    "freed twice: %u blocks", n);
	}
	__atomic_fetch_add(&s->held, n, __ATOMIC_RELAXED);
	if (!g->corrupt)
		__atomic_fetch_add(&s->free_blocks, n, __ATOMIC_RELAXED);
	err = ext4_group_blocks_dirty(s, h, group, g);
	if (x)
		freed_add(s, x, group, off, n, ext4_tid(inode->sb, h));
	else if (!s->journal)
		ext4_group_release(s, group, off, n);
	return err;
}

/* What the log, or the buffer cache, has of these blocks must not come back over what they will be. */
static int
forget(struct handle *h, struct inode *inode, u64 start, u32 n)
{
	struct ext4_sb *s = ext4_isb(inode);
	u64 b;
	int err;

	for (b = start; b < start + n; b++) {
		if (!s->journal) {
			buffer_forget(s->dev, b, s->block_size);
			continue;
		}
		err = journal_revoke(h, b, NULL);
		if (err)
			return err;
	}
	return 0;
}

void
ext4_blocks_subtract(struct inode *inode, u64 n)
{
	u64 old = READ_ONCE(inode->blocks);

	while (!__atomic_compare_exchange_n(&inode->blocks, &old, old - MIN(old, n), true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
}

int
ext4_free_blocks(struct handle *h, struct inode *inode, u64 start, u32 n, bool metadata)
{
	struct ext4_sb *s = ext4_isb(inode);
	u32 group, off, len;
	int err;

	if (!ext4_blocks_valid(s, start, n))
		return ext4_corrupt(inode->sb, inode->ino, start, "freeing %u blocks that no file can have", n);
	if (metadata || ext4_journals_data(inode)) {
		err = forget(h, inode, start, n);
		if (err)
			return err;
	}
	for (; n; start += len, n -= len) {
		group = ext4_block_group(s, start);
		off = start - ext4_group_first_block(s, group);
		len = MIN(n, ext4_group_blocks(s, group) - off);
		err = free_in_group(h, inode, group, off, len);
		if (err)
			return err;
		ext4_blocks_subtract(inode, (u64)len << (s->block_bits - 9));
	}
	return 0;
}

/* The oldest extent freed in tid or before, off the list; NULL: no more. all: whatever its transaction. */
static struct ext4_freed *
freed_pop(struct ext4_sb *s, u32 tid, bool all)
{
	struct ext4_freed *x;

	spin_lock(&s->freed_lock);
	x = list_first(&s->freed, struct ext4_freed, link);
	if (x && (all || (s32)(x->tid - tid) <= 0))
		list_remove(&x->link);
	else
		x = NULL;
	spin_unlock(&s->freed_lock);
	return x;
}

void
ext4_alloc_committed(void *arg, u32 tid)
{
	struct ext4_sb *s = arg;
	u32 sectors = s->block_size >> SECTOR_SHIFT;
	struct ext4_freed *x;
	u64 block;

	while ((x = freed_pop(s, tid, false))) {
		block = ext4_group_first_block(s, x->group) + x->off;
		if (s->discard)
			block_discard(s->dev, block * sectors, (u64)x->len * sectors);
		ext4_group_release(s, x->group, x->off, x->len);
		kfree(x);
	}
}

void
ext4_alloc_end(struct ext4_sb *s)
{
	struct ext4_freed *x;

	while ((x = freed_pop(s, 0, true)))
		kfree(x);
}
