/*
 * buffer.c - blocks of disks in memory, found by number: the cache under every file system's metadata.
 *
 *	             buffer_read, buffer_new
 *	absent ------------------------------> cached, refs > 0 <---------> cached, refs 0
 *	   ^                                       | buffer_mark_dirty, the journal      |
 *	   |                                       v                                     |
 *	   |                                   dirty: stays whatever refs is             |
 *	   +------------------ buffer_reclaim, buffer_forget, buffer_drop_all -----------+
 *
 * The bytes are in a page of the device's page cache, which a buffer counts, so that the page stays.  Reading is the
 * page cache's work: a buffer is made when its page has been read, and every later look-up is a hash chain.  Such pages
 * are never dirty for the page cache: buffers are written from here, block by block.
 *
 * A block belongs either to buffers or to a file's pages, never to both at a time: there are two copies of it in
 * memory then.  When it changes hands, buffer_forget() and buffer_new() see that no old content is taken for new.
 *
 * Data        buckets[]: the hash table. shards[]: a lock for each part of it, and a list of the buffers there in the
 *             order in which reclaim looks at them: one used since the last look goes round once more.
 *             dirty_list: BUFFER_DIRTY ones.
 * Locks       sync_lock (RANK_JOURNAL_STATE) round buffer_sync: who comes second finds everything written.
 *             shard->lock, and dirty_lock (both RANK_BUFFERS, never two at once).  refs rises from 0 only under the
 *             shard's lock; it falls without.
 * Invariants  B1  one buffer for (dev, block, size).
 *             B2  a buffer leaves the cache only with refs 0 and none of KEEP.
 *             B3  BUFFER_DIRTY <=> on dirty_list, under dirty_lock.
 * Not here    the journal's rules (fs/jbd2/jbd2.h).
 */
#include "fs/buffer.h"

#include "drivers/block/block.h"
#include "fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

#define SHARD_BITS	4
#define SHARDS		(1U << SHARD_BITS)
#define BUCKET_BITS	13
#define WAIT_QUEUES	16
#define WRITE_BATCH	64

#define KEEP		(BUFFER_DIRTY | BUFFER_JDIRTY | BUFFER_WRITING)

static struct buffer *buckets[1U << BUCKET_BITS];	/* [c] */
static struct shard {
	struct spinlock lock;
	struct list all;		/* [c] by lru */
} shards[SHARDS];

static struct spinlock dirty_lock = SPINLOCK_INIT(RANK_BUFFERS);
static struct list dirty_list = LIST_INIT(dirty_list);
static struct mutex sync_lock;
static struct waitq wait_queues[WAIT_QUEUES];	/* for BUFFER_WRITING to end */
static struct slab_cache *buffer_cache;

static inline void
flags_set(struct buffer *b, u32 f)
{
	__atomic_fetch_or(&b->flags, f, __ATOMIC_RELEASE);
}

static inline void
flags_clear(struct buffer *b, u32 f)
{
	__atomic_fetch_and(&b->flags, ~f, __ATOMIC_RELEASE);
}

/* ---- finding ---- */

/* The shard of a block, and through *bucket its chain. */
static inline struct shard *
shard_of(const struct block_device *dev, u64 block, struct buffer ***bucket)
{
	u64 h = (block ^ (ulong)dev >> 6) * 0x9e3779b97f4a7c15;		/* 2^64 / golden ratio: high bits are mixed */

	*bucket = &buckets[h >> (64 - BUCKET_BITS)];
	return &shards[h >> (64 - SHARD_BITS)];
}

static inline struct buffer *
find_locked(struct buffer *chain, const struct block_device *dev, u64 block, u32 size)
{
	struct buffer *b;

	for (b = chain; b; b = b->hash_next)
		if (likely(b->block == block && b->dev == dev && b->size == size))
			break;
	return b;
}

/* Counted, or NULL. */
static inline struct buffer *
find(struct block_device *dev, u64 block, u32 size)
{
	struct buffer **bucket, *b;
	struct shard *s = shard_of(dev, block, &bucket);

	spin_lock(&s->lock);
	b = find_locked(*bucket, dev, block, size);
	if (b)
		buffer_get(b);
	spin_unlock(&s->lock);
	if (likely(b) && unlikely(!(READ_ONCE(b->flags) & BUFFER_USED)))
		flags_set(b, BUFFER_USED);
	return b;
}

/* Take b out: nobody has it, and nothing keeps it. */
static void
unhash(struct shard *s, struct buffer *b) MUST_HOLD(s->lock)
{
	struct buffer **p;

	shard_of(b->dev, b->block, &p);
	while (*p != b)
		p = &(*p)->hash_next;
	*p = b->hash_next;
	list_remove(&b->lru);
}

static void
buffer_free(struct buffer *b)
{
	frame_put(b->frame);
	slab_free(buffer_cache, b);
}

/* May b leave? Under its shard's lock, so that nobody finds it meanwhile. */
static inline bool
unused(const struct buffer *b)
{
	return !atomic_read(&b->refs) && !(READ_ONCE(b->flags) & KEEP) && !b->trans && !b->cp_trans;
}

void
buffer_put(struct buffer *b)
{
	if (!b)
		return;
	assert(atomic_read(&b->refs) > 0);
	/* Whatever was done with it happened before it can be reclaimed. From here on it may be gone. */
	__atomic_fetch_sub(&b->refs.v, 1, __ATOMIC_RELEASE);
}

/* ---- making ---- */

/*
 * A buffer on its page, whose reference it takes over; or the one that somebody else made meanwhile. Counted.
 * ERR_PTR(-ENOMEM).
 */
static struct buffer *
insert(struct block_device *dev, u64 block, u32 size, struct frame *f)
{
	struct buffer *b = slab_alloc(buffer_cache, GFP_ZERO), *other, **bucket;
	struct shard *s = shard_of(dev, block, &bucket);

	if (!b) {
		frame_put(f);
		return ERR_PTR(-ENOMEM);
	}
	b->block = block;
	b->size = size;
	b->dev = dev;
	b->frame = f;
	b->data = (char *)frame_va(f) + PAGE_OFFSET(block * size);
	b->flags = BUFFER_UPTODATE;
	atomic_set(&b->refs, 1);
	list_init(&b->dirty_link);
	list_init(&b->trans_link);
	list_init(&b->cp_link);
	spin_lock(&s->lock);
	other = find_locked(*bucket, dev, block, size);
	if (likely(!other)) {
		b->hash_next = *bucket;
		*bucket = b;
		list_push_back(&s->all, &b->lru);
	} else {
		buffer_get(other);
	}
	spin_unlock(&s->lock);
	if (!other)
		return b;
	buffer_free(b);
	return other;
}

static bool
beyond(const struct block_device *dev, u64 block, u32 size)
{
	return block >= (dev->sectors << SECTOR_SHIFT) / size;
}

static u64
page_of(u64 block, u32 size)
{
	return block * size >> PAGE_SHIFT;
}

/* b was freed, and is wanted again as it is on the disk. b stays counted, or is put: ERR_PTR. */
static NOINLINE struct buffer *
read_again(struct buffer *b)
{
	struct bio *bio = bio_alloc(b->dev, BIO_READ, 1, GFP_KERNEL);
	int err;

	bio->sector = b->block * (b->size >> SECTOR_SHIFT);
	bio_add(bio, b->frame, PAGE_OFFSET(b->data), b->size);
	err = bio_submit_wait(bio);
	bio_free(bio);
	if (err) {
		buffer_put(b);
		return ERR_PTR(err);
	}
	flags_set(b, BUFFER_UPTODATE);
	return b;
}

static NOINLINE struct buffer *
read_absent(struct block_device *dev, u64 block, u32 size)
{
	struct frame *f;

	if (beyond(dev, block, size))
		return ERR_PTR(-EFSCORRUPTED);
	f = mapping_get(&dev->inode->mapping, page_of(block, size), true);
	if (IS_ERR(f))
		return ERR_PTR(PTR_ERR(f));
	return insert(dev, block, size, f);
}

struct buffer *
buffer_read(struct block_device *dev, u64 block, u32 size)
{
	struct buffer *b = find(dev, block, size);

	if (unlikely(!b))
		return read_absent(dev, block, size);
	return likely(READ_ONCE(b->flags) & BUFFER_UPTODATE) ? b : read_again(b);
}

/* The page of a block that fills it, made valid without being read: other blocks of it need not be. ERR_PTR. */
static struct frame *
get_whole_page(struct mapping *m, u64 index)
{
	struct frame *f = mapping_get_locked(m, index);

	if (IS_ERR(f))
		return f;
	if (!(READ_ONCE(f->flags) & FRAME_UPTODATE)) {
		page_clear(frame_va(f));
		__atomic_fetch_or(&f->flags, FRAME_UPTODATE, __ATOMIC_RELEASE);
	}
	mapping_unlock_page(f);
	return f;
}

struct buffer *
buffer_new(struct block_device *dev, u64 block, u32 size)
{
	struct mapping *m = &dev->inode->mapping;
	struct buffer *b = find(dev, block, size);
	struct frame *f;

	if (!b) {
		if (beyond(dev, block, size))
			return ERR_PTR(-EFSCORRUPTED);
		if (size == PAGE_SIZE)
			f = get_whole_page(m, page_of(block, size));
		else
			f = mapping_get(m, page_of(block, size), true);
		if (IS_ERR(f))
			return ERR_PTR(PTR_ERR(f));
		b = insert(dev, block, size, f);
		if (IS_ERR(b))
			return b;
		memset(b->data, 0, size);
	} else if (!(READ_ONCE(b->flags) & BUFFER_UPTODATE)) {
		memset(b->data, 0, size);
	}
	flags_set(b, BUFFER_UPTODATE | BUFFER_NEW);
	return b;
}

struct buffer *
buffer_peek(struct block_device *dev, u64 block, u32 size)
{
	struct buffer *b = find(dev, block, size);

	if (b && !(READ_ONCE(b->flags) & BUFFER_UPTODATE)) {
		buffer_put(b);
		return NULL;
	}
	return b;
}

void
buffer_readahead(struct block_device *dev, u64 block, u32 size, uint n)
{
	u64 first = page_of(block, size);

	if (n && !beyond(dev, block, size))
		readahead_range(&dev->inode->mapping, first, page_of(block + n - 1, size) - first + 1);
}

/* ---- writing ---- */

static struct waitq *
wait_queue(const struct buffer *b)
{
	return &wait_queues[(ulong)b / sizeof(*b) % WAIT_QUEUES];
}

void
buffer_wait(struct buffer *b)
{
	wait_event(wait_queue(b), !(smp_load_acquire(&b->flags) & BUFFER_WRITING));
}

/* b becomes ours to write, counted and sealed, and WRITING. */
static void
write_begin(struct buffer *b)
{
	while (__atomic_fetch_or(&b->flags, BUFFER_WRITING, __ATOMIC_ACQUIRE) & BUFFER_WRITING)
		buffer_wait(b);
	buffer_get(b);
	flags_clear(b, BUFFER_ERROR | BUFFER_NEW);
	if (b->seal)
		b->seal(b);
}

/* b is written, or not. done() comes before anybody who waits for b goes on. */
static void
write_end(struct buffer *b, int error)
{
	void (*done)(void *arg, struct buffer *b, int error) = b->write_done;
	struct waitq *q = wait_queue(b);

	if (error) {
		pr_err("%s: block %lu could not be written: error %d\n", b->dev->name, (ulong)b->block, -error);
		flags_set(b, BUFFER_ERROR);
	}
	b->write_next = NULL;
	if (done)
		done(b->write_arg, b, error);
	flags_clear(b, BUFFER_WRITING);
	buffer_put(b);
	wake_up_all(q);
}

/* A bio's buffers are a chain, so that the caller's list need not outlive buffer_write_many. */
static void
write_many_done(struct bio *bio)
{
	struct buffer *b = bio->private, *next;

	for (; b; b = next) {
		next = b->write_next;
		write_end(b, bio->error);
	}
	bio_free(bio);
}

/* Few, and mostly in order already. */
void
buffer_sort(struct buffer **list, uint n)
{
	for (uint i = 1; i < n; i++) {
		struct buffer *b = list[i];
		uint at = i;

		for (; at && list[at - 1]->block > b->block; at--)
			list[at] = list[at - 1];
		list[at] = b;
	}
}

void
buffer_write_many(struct buffer **list, uint n, uint bio_flags,
		  void (*done)(void *arg, struct buffer *b, int error), void *arg)
{
	struct bio *bio = NULL;
	struct buffer *last = NULL;

	block_plug_begin();
	for (uint i = 0; i < n; i++) {
		struct buffer *b = list[i];

		if (bio && (b->dev != last->dev || b->size != last->size || b->block != last->block + 1 ||
			    bio->nvecs == bio->maxvecs)) {
			bio_submit(bio);
			bio = NULL;
		}
		/* What is waited for must not be what is held back. */
		if (bio && (READ_ONCE(b->flags) & BUFFER_WRITING)) {
			bio_submit(bio);
			bio = NULL;
		}
		write_begin(b);
		b->write_done = done;
		b->write_arg = arg;
		b->write_next = NULL;
		if (!bio) {
			bio = bio_alloc(b->dev, BIO_WRITE, MIN(n - i, bio_best_vecs(b->dev)), GFP_KERNEL);
			bio->sector = b->block * (b->size >> SECTOR_SHIFT);
			bio->flags = bio_flags;
			bio->private = b;
			bio->done = write_many_done;
		} else {
			last->write_next = b;
		}
		bio_add(bio, b->frame, PAGE_OFFSET(b->data), b->size);
		last = b;
	}
	if (bio)
		bio_submit(bio);
	block_plug_end();
}

int
buffer_write_wait(struct buffer *b, uint bio_flags)
{
	struct bio *bio = bio_alloc(b->dev, BIO_WRITE, 1, GFP_KERNEL);
	int err;

	write_begin(b);
	bio->sector = b->block * (b->size >> SECTOR_SHIFT);
	bio->flags = bio_flags;
	bio_add(bio, b->frame, PAGE_OFFSET(b->data), b->size);
	err = bio_submit_wait(bio);
	bio_free(bio);
	b->write_done = NULL;
	write_end(b, err);
	return err;
}

/* ---- changed without a journal ---- */

void
buffer_mark_dirty(struct buffer *b)
{
	smp_mb();			/* who finds it dirty, and writes it, finds what was changed: take_dirty */
	if (READ_ONCE(b->flags) & BUFFER_DIRTY)
		return;
	spin_lock(&dirty_lock);
	if (!(b->flags & BUFFER_DIRTY)) {
		flags_set(b, BUFFER_DIRTY);
		list_push_back(&dirty_list, &b->dirty_link);
	}
	spin_unlock(&dirty_lock);
}

/* Clean, without having been written. */
static void
clear_dirty(struct buffer *b)
{
	spin_lock(&dirty_lock);
	list_remove(&b->dirty_link);
	flags_clear(b, BUFFER_DIRTY);
	spin_unlock(&dirty_lock);
}

/* arg is where the error goes. */
static void
sync_done(void *arg, struct buffer *b, int error)
{
	if (error)
		__atomic_store_n((int *)arg, error, __ATOMIC_RELAXED);
}

/* Take up to WRITE_BATCH dirty buffers of dev off `from`, counted and clean. How many. */
static uint
take_dirty(struct list *from, struct block_device *dev, struct buffer **out)
{
	struct buffer *b, *next;
	uint n = 0;

	spin_lock(&dirty_lock);
	list_for_each_safe(b, next, from, dirty_link) {
		if (b->dev != dev)
			continue;
		buffer_get(b);
		list_remove(&b->dirty_link);
		flags_clear(b, BUFFER_DIRTY);
		out[n++] = b;
		if (n == WRITE_BATCH)
			break;
	}
	spin_unlock(&dirty_lock);
	smp_mb();			/* as in buffer_mark_dirty */
	return n;
}

int
buffer_sync(struct block_device *dev)
{
	struct buffer *batch[WRITE_BATCH];
	int error = 0;
	uint n;

	mutex_lock(&sync_lock);
	while ((n = take_dirty(&dirty_list, dev, batch))) {
		buffer_sort(batch, n);
		buffer_write_many(batch, n, BIO_SYNC, sync_done, &error);
		/* Each is waited for by its own flag: who clears that does not touch `error` any more. */
		for (uint i = 0; i < n; i++) {
			buffer_wait(batch[i]);
			buffer_put(batch[i]);
		}
	}
	mutex_unlock(&sync_lock);
	return error;
}

/* ---- leaving ---- */

void
buffer_forget(struct block_device *dev, u64 block, u32 size)
{
	struct buffer **bucket, *b;
	struct shard *s = shard_of(dev, block, &bucket);
	bool gone = false;

	b = find(dev, block, size);
	if (!b)
		return;
	clear_dirty(b);
	if (atomic_read(&b->refs) > 1) {
		/* buffer_sync() may have it, and its write must not come after one of what the block will hold. */
		mutex_lock(&sync_lock);
		mutex_unlock(&sync_lock);
		buffer_wait(b);
	}
	spin_lock(&s->lock);
	atomic_dec(&b->refs);
	gone = unused(b);
	if (gone)
		unhash(s, b);
	else
		flags_clear(b, BUFFER_UPTODATE | BUFFER_VERIFIED);
	spin_unlock(&s->lock);
	if (gone)
		buffer_free(b);
}

void
buffer_drop_all(struct block_device *dev)
{
	struct buffer *b, *next;
	struct list gone;

	for (struct shard *s = shards; s < shards + SHARDS; s++) {
		list_init(&gone);
		spin_lock(&s->lock);
		list_for_each_safe(b, next, &s->all, lru) {
			if (b->dev != dev)
				continue;
			if (unused(b)) {
				unhash(s, b);
				list_push_back(&gone, &b->lru);
			} else {
				pr_err("%s: block %lu is in use at unmount: refs %d, flags 0x%x\n", dev->name,
				       (ulong)b->block, atomic_read(&b->refs), b->flags);
			}
		}
		spin_unlock(&s->lock);
		while ((b = list_first(&gone, struct buffer, lru))) {
			list_remove(&b->lru);
			buffer_free(b);
		}
	}
}

/* Look at each buffer of s once at most. */
static ulong
shard_reclaim(struct shard *s, ulong n)
{
	struct list gone = LIST_INIT(gone), seen = LIST_INIT(seen);
	struct buffer *b;
	ulong freed = 0;

	spin_lock(&s->lock);
	while (freed < n && (b = list_first(&s->all, struct buffer, lru))) {
		if (unused(b) && !(b->flags & BUFFER_USED)) {
			unhash(s, b);
			list_push_back(&gone, &b->lru);
			freed++;
			continue;
		}
		flags_clear(b, BUFFER_USED);
		list_remove(&b->lru);
		list_push_back(&seen, &b->lru);
	}
	list_splice_back(&s->all, &seen);
	spin_unlock(&s->lock);
	while ((b = list_first(&gone, struct buffer, lru))) {
		list_remove(&b->lru);
		buffer_free(b);
	}
	return freed;
}

ulong
buffer_reclaim(ulong n)
{
	static uint turn;		/* [a] so that all shards give */
	uint first = __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED);
	ulong freed = 0;

	for (uint i = 0; i < SHARDS && freed < n; i++)
		freed += shard_reclaim(&shards[(first + i) % SHARDS], n - freed);
	return freed;
}

void
buffer_init(void)
{
	mutex_init(&sync_lock, RANK_JOURNAL_STATE);
	buffer_cache = slab_create("buffer", sizeof(struct buffer), 16, NULL);
	for (uint i = 0; i < SHARDS; i++) {
		spin_init(&shards[i].lock, RANK_BUFFERS);
		list_init(&shards[i].all);
	}
	for (uint i = 0; i < WAIT_QUEUES; i++)
		waitq_init(&wait_queues[i]);
}
