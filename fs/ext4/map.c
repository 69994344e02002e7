/*
 * map.c - which disk block holds block n of a file, whatever kind of map the file has.
 *
 *	ext4_map_find    look up                     \   an extent tree (extent_*.c), or
 *	ext4_map_create  look up, or allocate         >  the block map of ext2 (indirect.c)
 *	ext4_map_remove  free                        /
 *
 * Data        in struct ext4_inode, the last run or hole that was found: sequential readers and writers ask for its
 *             next block.  It is read without a lock: cached_seq is odd while it changes, and differs afterwards.
 * Locks       ei->map_lock: for reading to look up, for writing to change the map.  It is let go while a handle is
 *             restarted, for the journal may then wait for handles whose owners wait for this lock.
 * Invariants  M1  what is cached is true, or a change is under way whose beginning the reader has not seen: as if it
 *                 had looked up before.  Who must not see such an answer holds the page's lock or inode->lock.
 * Further     docs/ext4.md.
 */
#include "fs/ext4/map.h"
#include "kernel/time.h"

/* ---- the run found last ---- */

/* One writer at a time; somebody else is at it: false. */
static inline bool
cache_begin(struct ext4_inode *ei)
{
	u32 seq = READ_ONCE(ei->cached_seq);

	if (seq & 1 || !__atomic_compare_exchange_n(&ei->cached_seq, &seq, seq + 1, false, __ATOMIC_ACQUIRE,
						    __ATOMIC_RELAXED))
		return false;
	__atomic_thread_fence(__ATOMIC_RELEASE);	/* odd before the fields change */
	return true;
}

static inline void
cache_end(struct ext4_inode *ei)
{
	__atomic_store_n(&ei->cached_seq, ei->cached_seq + 1, __ATOMIC_RELEASE);
}

void
ext4_map_remember(struct ext4_inode *ei, u32 logical, u32 len, u64 physical, bool unwritten)
{
	if (!cache_begin(ei))
		return;
	WRITE_ONCE(ei->cached_logical, logical);
	WRITE_ONCE(ei->cached_len, len);
	WRITE_ONCE(ei->cached_start, physical);
	WRITE_ONCE(ei->cached_unwritten, unwritten);
	cache_end(ei);
}

void
ext4_map_forget(struct ext4_inode *ei)
{
	/* Writers of the map have it for themselves: nobody else remembers just now. */
	if (READ_ONCE(ei->cached_len) && cache_begin(ei)) {
		WRITE_ONCE(ei->cached_len, 0);
		cache_end(ei);
	}
}

/* Answer m from the cache, if it knows. */
static inline bool
cache_find(struct ext4_inode *ei, struct ext4_map *m)
{
	u32 seq = __atomic_load_n(&ei->cached_seq, __ATOMIC_ACQUIRE);
	u32 off = m->logical - READ_ONCE(ei->cached_logical), len = READ_ONCE(ei->cached_len);
	u64 start = READ_ONCE(ei->cached_start);
	bool unwritten = READ_ONCE(ei->cached_unwritten);

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (off >= len || seq & 1 || READ_ONCE(ei->cached_seq) != seq)
		return false;
	m->len = MIN(m->len, len - off);
	m->physical = start ? start + off : 0;
	m->unwritten = unwritten;
	m->fresh = false;
	return true;
}

/* ---- operations ---- */

u32
ext4_map_max_blocks(const struct inode *inode)
{
	const struct ext4_sb *s = ext4_isb(inode);
	u64 per = s->block_size / sizeof(u32), most, limit;

	/* i_blocks counts sectors in 32 bits, but for huge_file. */
	limit = s->ro_compat & EXT4_RO_HUGE_FILE ? ~0UL : ~0U >> (s->block_bits - 9);
	if (ext4_has_extents(inode))
		return MIN(limit, (u64)EXT4_BLOCKS_END);
	most = EXT4_NDIRECT + per + per * per + per * per * per;
	/* The map's own blocks count, too. */
	if (limit != ~0UL)
		limit -= 3 + limit / per + limit / per / per + 3;
	return MIN(MIN(most, limit), (u64)EXT4_BLOCKS_END);
}

static int
find_locked(struct inode *inode, struct ext4_map *m)
{
	m->fresh = false;
	if (!m->len)
		m->len = 1;
	if (unlikely(m->logical >= ext4_map_max_blocks(inode))) {
		m->physical = 0;
		m->unwritten = false;
		return 0;
	}
	return ext4_has_extents(inode) ? ext4_extent_find(inode, m) : ext4_indirect_find(inode, m);
}

int
ext4_map_find(struct inode *inode, struct ext4_map *m)
{
	struct ext4_inode *ei = ext4_i(inode);
	int err;

	if (likely(cache_find(ei, m)))
		return 0;
	rwsem_lock_read(&ei->map_lock);
	err = find_locked(inode, m);
	rwsem_unlock_read(&ei->map_lock);
	return err;
}

#define AGAIN_TRIES	200
#define AGAIN_PAUSE	(5 * NSEC_PER_MSEC)

bool
ext4_map_again(int err, uint *tries)
{
	if (likely(err != -ENOMEM) || ++*tries > AGAIN_TRIES)
		return false;
	sleep_until(clock_monotonic() + AGAIN_PAUSE);
	return true;
}

int
ext4_map_free(struct handle *h, struct inode *inode, u64 start, u32 n, bool metadata)
{
	struct ext4_sb *s = ext4_isb(inode);
	uint tries = 0;
	u64 group_end;
	u32 part;
	int err;

	/* One group at a time: a second try must not find some of them free. */
	for (; n; start += part, n -= part) {
		group_end = ext4_group_first_block(s, ext4_block_group(s, start) + 1);
		part = MIN(n, group_end - start);
		do {
			err = ext4_free_blocks(h, inode, start, part, metadata);
		} while (ext4_map_again(err, &tries));
		if (err)
			return err;
	}
	return 0;
}

void
ext4_map_give_back(struct handle *h, struct inode *inode, u64 start, u32 n, uint how)
{
	ext4_map_free(h, inode, start, n, false);
	/* They stay promised: the page is still to be written. */
	if (how & EXT4_ALLOC_RESERVED)
		__atomic_fetch_add(&ext4_isb(inode)->reserved, n, __ATOMIC_RELAXED);
}

/* The hole m gets blocks. */
static int
extent_fill(struct handle *h, struct inode *inode, struct ext4_map *m, uint flags)
{
	bool unwritten = flags & EXT4_MAP_UNWRITTEN;
	u32 n = MIN(m->len, (u32)(unwritten ? EXT4_UNWRITTEN_MAX : EXT4_EXTENT_MAX));
	uint how = flags & EXT4_MAP_RESERVED ? EXT4_ALLOC_RESERVED : 0;
	u64 start;
	int err;

	err = ext4_alloc_blocks(h, inode, ext4_extent_goal(inode, m->logical), &n, how, &start);
	if (err)
		return err;
	err = ext4_extent_insert(h, inode, m->logical, start, n, unwritten);
	if (err) {
		ext4_map_give_back(h, inode, start, n, how);
		return err;
	}
	m->len = n;
	m->physical = start;
	m->unwritten = unwritten;
	m->fresh = true;
	return 0;
}

/* Who changes the map will have to write the inode: see that it cannot fail for memory then. */
static int
inode_ready(struct inode *inode)
{
	struct buffer *b = ext4_inode_table(inode);

	return IS_ERR(b) ? PTR_ERR(b) : 0;
}

static int
extent_create(struct handle *h, struct inode *inode, struct ext4_map *m, uint flags)
{
	int err = ext4_extent_find(inode, m);

	if (err)
		return err;
	if (!m->physical)
		return extent_fill(h, inode, m, flags);
	if (!m->unwritten || !(flags & EXT4_MAP_CONVERT))
		return 0;
	err = ext4_extent_convert(h, inode, m->logical, m->len, false);
	if (!err)
		m->unwritten = false;
	return err;
}

int
ext4_map_create(struct handle *h, struct inode *inode, struct ext4_map *m, uint flags)
{
	struct ext4_inode *ei = ext4_i(inode);
	u32 max = ext4_map_max_blocks(inode);
	int err;

	if (m->logical >= max)
		return -EFBIG;
	err = inode_ready(inode);
	if (err)
		return err;
	m->fresh = false;
	m->len = MAX(MIN(m->len, max - m->logical), 1U);
	rwsem_lock_write(&ei->map_lock);
	if (ext4_has_extents(inode))
		err = extent_create(h, inode, m, flags);
	else
		err = ext4_indirect_create(h, inode, m, flags);
	/* It was forgotten before it changed; only now is the new one true. */
	if (!err)
		ext4_map_remember(ei, m->logical, m->len, m->physical, m->unwritten);
	rwsem_unlock_write(&ei->map_lock);
	return err;
}

int
ext4_map_convert(struct handle *h, struct inode *inode, u32 logical, u32 len, bool unwritten)
{
	struct ext4_inode *ei = ext4_i(inode);
	int err;

	if (!ext4_has_extents(inode))
		return 0;
	err = inode_ready(inode);
	if (err)
		return err;
	rwsem_lock_write(&ei->map_lock);
	err = ext4_extent_convert(h, inode, logical, len, unwritten);
	rwsem_unlock_write(&ei->map_lock);
	return err;
}

int
ext4_map_remove(struct handle *h, struct inode *inode, u32 first, u32 last)
{
	struct ext4_inode *ei = ext4_i(inode);
	uint tries = 0;
	int err;

	do {
		err = inode_ready(inode);
	} while (ext4_map_again(err, &tries));
	if (err)
		return err;
	rwsem_lock_write(&ei->map_lock);
	ext4_map_forget(ei);
	if (ext4_has_extents(inode))
		err = ext4_extent_remove(h, inode, first, last);
	else
		err = ext4_indirect_remove(h, inode, first, last);
	rwsem_unlock_write(&ei->map_lock);
	return err;
}

/* It lets go of a lock that its caller holds, and takes it again. */
int
ext4_map_credits(struct handle *h, struct inode *inode, int need) NO_TSA
{
	struct ext4_inode *ei = ext4_i(inode);
	struct ext4_sb *s = ext4_isb(inode);
	uint tries = 0;
	int err;

	if (!s->journal)
		return 0;
	/* Of revoke records, too, a transaction takes only so many: that is what extending by nothing asks. */
	if (h->credits < need)
		err = ext4_extend(inode->sb, h, need - h->credits);
	else
		err = ext4_blocks_logged(inode) ? ext4_extend(inode->sb, h, 0) : 0;
	if (err <= 0)
		return err;
	err = ext4_inode_dirty(h, inode);
	if (err)
		return err;
	rwsem_unlock_write(&ei->map_lock);
	do {
		err = ext4_restart(inode->sb, h, MAX(need, MIN(need * 4, (int)journal_max_credits(s->journal) / 2)));
	} while (ext4_map_again(err, &tries));
	rwsem_lock_write(&ei->map_lock);
	/* Who looked up meanwhile may have remembered what goes next. */
	ext4_map_forget(ei);
	return err ? err : 1;
}
