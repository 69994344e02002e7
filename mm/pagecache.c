/*
 * pagecache.c - the pages of a file in memory: one cache under read, write and mmap.
 *
 * A page of a disk's file is put in the tree first, FRAME_LOCKED, and then filled: whoever finds
 * it meanwhile waits. A page of a RAM file is filled before it is put in.
 *
 *	absent --insert--> LOCKED --read_page--> UPTODATE
 *	                     |  error
 *	                     +---------> absent (waiters retry, and get the error themselves)
 *
 * Data        mapping->pages: frames by page number, one reference each.
 * Locks       mapping->lock [p] for the tree; never held while copying or sleeping. Sleepers on
 *             FRAME_LOCKED share a few wait queues.
 * Invariants  C1  a frame in the tree has owner, index and FRAME_CACHE set, and one reference for it.
 *             C2  bytes of a page past the file's size are zero, so that growing it shows zeros.
 * Not here    writing back to disks: no file system needs it yet.
 */
#include "mm/pagecache.h"

#include "abi/errno.h"
#include "fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/waitq.h"
#include "lib/string.h"
#include "mm/internal.h"
#include "mm/slab.h"
#include "mm/uio.h"

#define NQUEUES		16

static struct waitq queues[NQUEUES];
static struct slab_cache *node_cache;

/* ---- nodes for lib/radix.c ---- */

void
radix_cache_init(void)
{
	for (uint i = 0; i < NQUEUES; i++)
		waitq_init(&queues[i]);
	node_cache = slab_create("radix_node", radix_node_size, 64, NULL);
}

void *
radix_node_alloc(size_t size)
{
	assert(size == radix_node_size);
	return slab_alloc(node_cache, GFP_ATOMIC | GFP_ZERO);
}

void
radix_node_free(void *node)
{
	slab_free(node_cache, node);
}

/* ---- waiting for a page ---- */

static struct waitq *
frame_queue(const struct frame *f)
{
	return &queues[(f - frames) % NQUEUES];
}

static void
frame_wait(struct frame *f)
{
	wait_event(frame_queue(f), !(READ_ONCE(f->flags) & FRAME_LOCKED));
}

static void
frame_unlock(struct frame *f, u32 set)
{
	__atomic_fetch_or(&f->flags, set, __ATOMIC_RELEASE);
	__atomic_fetch_and(&f->flags, ~(u32)FRAME_LOCKED, __ATOMIC_RELEASE);
	wake_up_all(frame_queue(f));
}

/* ---- the tree ---- */

void
mapping_init(struct mapping *m, struct inode *inode, const struct mapping_ops *ops)
{
	spin_init(&m->lock, RANK_PAGES);
	radix_init(&m->pages);
	m->inode = inode;
	m->ops = ops;
}

static inline bool
is_ram(const struct mapping *m)
{
	return !m->ops || !m->ops->read_page;
}

static int
charge(struct mapping *m, long pages)
{
	return m->ops && m->ops->charge ? m->ops->charge(m, pages) : 0;
}

/* RAM files are cached and shared memory, as in Linux's /proc/meminfo. */
static inline void
count(const struct mapping *m, long pages)
{
	mem_stat_add(MEM_CACHED, pages);
	if (is_ram(m))
		mem_stat_add(MEM_SHMEM, pages);
}

/* Put f in, with a reference of the tree's own. 0, -EEXIST, -ENOMEM, -ENOSPC. */
static int
insert(struct mapping *m, struct frame *f, u64 index, u32 flags)
{
	int err = charge(m, 1);

	if (err)
		return err;
	f->owner = m;
	f->index = index;
	__atomic_fetch_or(&f->flags, FRAME_CACHE | flags, __ATOMIC_RELAXED);
	frame_get(f);
	spin_lock(&m->lock);
	err = radix_insert(&m->pages, index, f);
	spin_unlock(&m->lock);
	if (!err) {
		count(m, 1);
		return 0;
	}
	atomic_dec(&f->refs);
	f->owner = NULL;
	__atomic_fetch_and(&f->flags, ~(u32)(FRAME_CACHE | flags), __ATOMIC_RELAXED);
	charge(m, -1);
	return err;
}

/* f has left the tree: drop the tree's reference. */
static void
removed(struct mapping *m, struct frame *f)
{
	f->owner = NULL;
	__atomic_fetch_and(&f->flags, ~(u32)(FRAME_CACHE | FRAME_DIRTY), __ATOMIC_RELAXED);
	count(m, -1);
	charge(m, -1);
	frame_put(f);
}

static inline struct frame *
lookup(struct mapping *m, u64 index)
{
	struct frame *f;

	spin_lock(&m->lock);
	f = radix_get(&m->pages, index);
	if (f)
		frame_get(f);
	spin_unlock(&m->lock);
	return f;
}

struct frame *
mapping_peek(struct mapping *m, u64 index)
{
	struct frame *f = lookup(m, index);

	if (f && !(READ_ONCE(f->flags) & FRAME_UPTODATE)) {
		frame_put(f);
		return NULL;
	}
	return f;
}

bool
mapping_peek_range(struct mapping *m, u64 first, uint n, struct frame **out)
{
	struct frame *f;
	bool any = false;

	spin_lock(&m->lock);
	for (uint i = 0; i < n; i++) {
		f = radix_get(&m->pages, first + i);
		if (f && !(f->flags & FRAME_UPTODATE))
			f = NULL;
		if (f) {
			frame_get(f);
			any = true;
		}
		out[i] = f;
	}
	spin_unlock(&m->lock);
	return any;
}

/* Read a page that is absent. A referenced frame, ERR_PTR, or NULL: somebody else put one in, look again. */
static struct frame *
read_absent(struct mapping *m, u64 index)
{
	struct frame *f = frame_alloc(0, GFP_USER);
	bool ours;
	int err;

	if (!f)
		return ERR_PTR(-ENOMEM);
	err = insert(m, f, index, FRAME_LOCKED);
	if (err) {
		frame_put(f);
		return err == -EEXIST ? NULL : ERR_PTR(err);
	}
	err = m->ops->read_page(m, f);
	if (!err) {
		frame_unlock(f, FRAME_UPTODATE);
		return f;
	}
	/* A truncation may have taken it out meanwhile, with the tree's reference. */
	spin_lock(&m->lock);
	ours = radix_get(&m->pages, index) == f;
	if (ours)
		radix_remove(&m->pages, index);
	spin_unlock(&m->lock);
	if (ours)
		removed(m, f);
	frame_unlock(f, 0);
	frame_put(f);
	return ERR_PTR(err);
}

/* A zeroed page of a RAM file; results as read_absent. */
static struct frame *
make_absent(struct mapping *m, u64 index)
{
	struct frame *f = frame_alloc(0, GFP_USER | GFP_ZERO);
	int err;

	if (!f)
		return ERR_PTR(-ENOMEM);
	err = insert(m, f, index, FRAME_UPTODATE);
	if (!err)
		return f;
	frame_put(f);
	return err == -EEXIST ? NULL : ERR_PTR(err);
}

struct frame *
mapping_get(struct mapping *m, u64 index, bool create)
{
	struct frame *f;

	for (;;) {
		f = lookup(m, index);
		if (likely(f)) {
			if (likely(READ_ONCE(f->flags) & FRAME_UPTODATE))
				return f;
			frame_wait(f);
			frame_put(f);
			continue;
		}
		if (!is_ram(m))
			f = read_absent(m, index);
		else if (create)
			f = make_absent(m, index);
		else
			return ERR_PTR(-ENOENT);
		if (f)
			return f;
	}
}

/* ---- making files shorter ---- */

static void
zero_tail(struct mapping *m, u64 size)
{
	struct frame *f = PAGE_OFFSET(size) ? mapping_peek(m, size >> PAGE_SHIFT) : NULL;

	if (!f)
		return;
	memset((char *)frame_va(f) + PAGE_OFFSET(size), 0, PAGE_SIZE - PAGE_OFFSET(size));
	frame_put(f);
}

void
mapping_truncate(struct mapping *m, u64 size)
{
	u64 index = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct frame *f;

	/* Sizes within a page of 2^64 have nothing behind them. */
	if (size > PAGE_ALIGN(size))
		return;
	if (!READ_ONCE(m->pages.count))
		return;
	for (;;) {
		spin_lock(&m->lock);
		f = radix_next(&m->pages, &index);
		if (f)
			radix_remove(&m->pages, index);
		spin_unlock(&m->lock);
		if (!f)
			break;
		removed(m, f);
	}
	zero_tail(m, size);
}

void
mapping_destroy(struct mapping *m)
{
	mapping_truncate(m, 0);
	radix_destroy(&m->pages);
}

/* ---- read ---- */

ssize_t
pagecache_read(struct mapping *m, struct uio *u, loff_t *pos, u64 size)
{
	size_t n, got, want, total = 0;
	u64 at = *pos;
	struct frame *f;

	while (u->resid && at < size) {
		want = MIN(u->resid, size - at);
		n = MIN(want, PAGE_SIZE - PAGE_OFFSET(at));
		f = lookup(m, at >> PAGE_SHIFT);
		if (unlikely(!f || !(READ_ONCE(f->flags) & FRAME_UPTODATE))) {
			if (f)
				frame_put(f);
			f = mapping_get(m, at >> PAGE_SHIFT, false);
		}
		if (likely(!IS_ERR(f))) {
			got = uio_put(u, (char *)frame_va(f) + PAGE_OFFSET(at), n);
			frame_put(f);
		} else if (PTR_ERR(f) == -ENOENT) {
			got = uio_zero(u, n);		/* a hole in a RAM file */
		} else {
			*pos = at;
			return total ? (ssize_t)total : PTR_ERR(f);
		}
		at += got;
		total += got;
		if (got < n) {
			*pos = at;
			return total ? (ssize_t)total : -EFAULT;
		}
	}
	*pos = at;
	return total;
}

/* ---- write ---- */

/*
 * A page of a RAM file that is absent, with n bytes from u at offset off, zeros elsewhere. Filled before anybody can
 * see it. Bytes taken, or -errno; -EEXIST: it is there by now, and u is where it was.
 */
static ssize_t
write_absent(struct mapping *m, u64 index, struct uio *u, uint off, size_t n)
{
	struct uio before = *u;
	struct frame *f = frame_alloc(0, GFP_USER);
	char *va;
	size_t got;
	int err;

	if (!f)
		return -ENOMEM;
	va = frame_va(f);
	got = uio_get(u, va + off, n);
	if (!got) {
		frame_put(f);
		return -EFAULT;
	}
	if (off)
		memset(va, 0, off);
	if (off + got < PAGE_SIZE)
		memset(va + off + got, 0, PAGE_SIZE - off - got);
	err = insert(m, f, index, FRAME_UPTODATE | FRAME_DIRTY);
	frame_put(f);
	if (!err)
		return got;
	/* The uio may hold its one piece inside: then its vec must go on pointing there. */
	if (before.vec == &u->one)
		*u = before;
	else
		u->vec = before.vec, u->done = before.done, u->resid = before.resid;
	return err;
}

/* Into a page that is there; drops the reference. Bytes taken or -errno. */
static ssize_t
write_present(struct mapping *m, struct frame *f, struct uio *u, uint off, size_t n)
{
	const struct mapping_ops *ops = m->ops;
	ssize_t got;
	int err = 0;

	if (ops && ops->write_begin)
		err = ops->write_begin(m, f, off, off + n);
	if (err) {
		frame_put(f);
		return err;
	}
	got = uio_get(u, (char *)frame_va(f) + off, n);
	/* New bytes: dirty, and instruction caches hold old ones. */
	if ((f->flags & (FRAME_DIRTY | FRAME_CODE_CLEAN)) != FRAME_DIRTY) {
		__atomic_fetch_or(&f->flags, FRAME_DIRTY, __ATOMIC_RELAXED);
		__atomic_fetch_and(&f->flags, ~(u32)FRAME_CODE_CLEAN, __ATOMIC_RELAXED);
	}
	if (ops && ops->write_end)
		err = ops->write_end(m, f, off, off + got);
	frame_put(f);
	if (err)
		return err;
	return got ? got : -EFAULT;
}

ssize_t
pagecache_write(struct mapping *m, struct uio *u, loff_t *pos, u64 limit)
{
	u64 at = *pos, index;
	struct frame *f;
	size_t n, total = 0;
	ssize_t got = 0;
	uint off;

	if (u->resid && at >= limit)
		return -EFBIG;
	while (u->resid && at < limit) {
		off = PAGE_OFFSET(at);
		index = at >> PAGE_SHIFT;
		n = MIN(MIN(u->resid, PAGE_SIZE - off), limit - at);
		f = mapping_peek(m, index);
		if (!f && is_ram(m)) {
			got = write_absent(m, index, u, off, n);
			if (got == -EEXIST)
				continue;
		} else {
			if (!f)
				f = mapping_get(m, index, true);
			got = IS_ERR(f) ? PTR_ERR(f) : write_present(m, f, u, off, n);
		}
		if (got < 0)
			break;
		at += got;
		total += got;
		if (at > m->inode->size)
			WRITE_ONCE(m->inode->size, at);
		if ((size_t)got < n)
			break;
	}
	*pos = at;
	return total ? (ssize_t)total : got < 0 ? got : 0;
}
