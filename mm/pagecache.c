/*
 * pagecache.c - the pages of a file in memory: finding them, filling them, read and write through them.
 *
 * A page of a disk's file is put in the tree first, FRAME_LOCKED, and then filled: whoever finds it meanwhile waits.
 * A page of a RAM file is filled before it is put in, and never locked.
 *
 * Data        mapping->pages: frames by page number, one reference each.
 * Locks       mapping->lock [p] for the tree; never held while copying or sleeping. Interrupts are off under it, for
 *             a disk's completion takes it. Sleepers on FRAME_LOCKED and FRAME_WRITEBACK share a few wait queues.
 *             A page's lock is a sleeping lock: after inode->lock and mm->lock, before a journal's handle; two pages
 *             of a file by ascending number. User memory is not faulted in under it (current->nofault).
 * Invariants  C1  a frame in the tree has owner, index and FRAME_CACHE set, and one reference for it.
 *             C2  bytes of a page past the file's size are zero, so that growing it shows zeros.
 *             C3  a frame with one reference, in a tree, has no other user, and can get one only under mapping->lock.
 * Not here    dirty pages (pagewrite.c); pages that go (truncate.c, reclaim.c); reading ahead (readahead.c);
 *             who maps a page (rmap.c).
 * Further     docs/pagecache.md
 */
#include "mm/pagecache.h"

#include "abi/errno.h"
#include "fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/pagecache_private.h"
#include "mm/slab.h"
#include "mm/uio.h"

struct waitq page_queues[PAGE_QUEUES];
static struct slab_cache *node_cache;

/* ---- nodes for lib/radix.c ---- */

void
radix_cache_init(void)
{
	for (uint i = 0; i < PAGE_QUEUES; i++)
		waitq_init(&page_queues[i]);
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

/* ---- a page's lock ---- */

void
page_wait(struct frame *f)
{
	wait_event(page_queue(f), !(READ_ONCE(f->flags) & FRAME_LOCKED));
	smp_rmb();		/* what the one who unlocked it has put in is seen */
}

void
mapping_wait_writeback(struct frame *f)
{
	wait_event(page_queue(f), !(READ_ONCE(f->flags) & FRAME_WRITEBACK));
}

void
mapping_lock_page(struct frame *f)
{
	while (unlikely(!page_trylock(f)))
		page_wait(f);
}

void
mapping_unlock_page(struct frame *f)
{
	__atomic_fetch_and(&f->flags, ~(u32)FRAME_LOCKED, __ATOMIC_RELEASE);
	/* It may be gone by now, but not its number. */
	wake_up_all(page_queue(f));
}

void
mapping_read_done(struct frame *f, int error)
{
	if (!error)
		__atomic_fetch_or(&f->flags, FRAME_UPTODATE, __ATOMIC_RELEASE);
	mapping_unlock_page(f);
}

/* ---- the tree ---- */

void
mapping_init(struct mapping *m, struct inode *inode, const struct mapping_ops *ops)
{
	spin_init(&m->lock, RANK_PAGES);
	radix_init(&m->pages);
	m->inode = inode;
	m->ops = ops;
	m->ndirty = m->nwriteback = 0;
	m->wb_err = 0;
	list_init(&m->areas);
	atomic_set(&m->writable, 0);
	mutex_init(&m->areas_lock, RANK_RMAP);
}

static inline int
charge(struct mapping *m, long pages)
{
	return m->ops && m->ops->charge ? m->ops->charge(m, pages) : 0;
}

/* RAM files are cached and shared memory, as in Linux's /proc/meminfo. */
static inline void
count(bool ram, long pages)
{
	mem_stat_add(MEM_CACHED, pages);
	if (ram)
		mem_stat_add(MEM_SHMEM, pages);
}

struct frame *
page_frame(uint gfp)
{
	struct frame *f;
	uint tries = 0;

	/* Under a handle the reserve may be used: others wait for its end. */
	if (!current->journal_handle)
		gfp |= GFP_USER;
	do {
		f = frame_alloc(0, gfp);
	} while (unlikely(!f) && reclaim_wait(tries++));
	return f;
}

int
page_insert(struct mapping *m, struct frame *f, u64 index, u32 set)
{
	bool ram = mapping_is_ram(m);
	int err = charge(m, 1);
	ulong flags;

	if (err)
		return err;
	f->owner = m;
	f->index = index;
	f->private = 0;
	/* A RAM file's page is always hot: it is no concern of reclaim's. */
	__atomic_fetch_or(&f->flags, FRAME_CACHE | set | (ram ? FRAME_HOT : 0), __ATOMIC_RELAXED);
	frame_get(f);
	flags = spin_lock_irqsave(&m->lock);
	err = radix_insert(&m->pages, index, f);
	spin_unlock_irqrestore(&m->lock, flags);
	if (!err) {
		count(ram, 1);
		if (!ram)
			lru_add(f);
		return 0;
	}
	atomic_dec(&f->refs);
	f->owner = NULL;
	__atomic_fetch_and(&f->flags, ~(u32)(FRAME_CACHE | FRAME_HOT | set), __ATOMIC_RELAXED);
	charge(m, -1);
	return err;
}

/* f out of the tree; what else must be done needs no lock: removed(). */
static inline void
remove_locked(struct mapping *m, struct frame *f) MUST_HOLD(m->lock)
{
	assert_held(&m->lock);
	radix_remove(&m->pages, f->index);
	if (f->flags & FRAME_DIRTY && !mapping_is_ram(m)) {
		m->ndirty--;
		mem_stat_add(MEM_DIRTY, -1);
	}
	/* Faults look at it under the page-table lock before they map f. */
	WRITE_ONCE(f->owner, NULL);
}

/* f has left the tree of m. Not ram: m itself may be gone by now, the last of its pages being out. */
static inline void
removed(struct mapping *m, struct frame *f, bool ram)
{
	if (!ram)
		lru_remove(f);
	__atomic_fetch_and(&f->flags, ~(u32)(FRAME_CACHE | FRAME_DIRTY | FRAME_USED | FRAME_HOT | FRAME_AHEAD),
			   __ATOMIC_RELAXED);
	count(ram, -1);
	if (ram)			/* only RAM files charge */
		charge(m, -1);
	frame_put(f);
}

void
page_remove(struct mapping *m, struct frame *f)
{
	ulong flags = spin_lock_irqsave(&m->lock);

	remove_locked(m, f);
	spin_unlock_irqrestore(&m->lock, flags);
	removed(m, f, mapping_is_ram(m));
}

bool
page_remove_unused(struct mapping *m, struct frame *f)
{
	bool ram = mapping_is_ram(m);
	ulong flags = spin_lock_irqsave(&m->lock);
	bool unused = atomic_read(&f->refs) == 2 && !(f->flags & (FRAME_DIRTY | FRAME_WRITEBACK));

	if (unused)
		remove_locked(m, f);
	spin_unlock_irqrestore(&m->lock, flags);
	if (unused)
		removed(m, f, ram);
	return unused;
}

static inline struct frame *
lookup(struct mapping *m, u64 index)
{
	struct frame *f;
	ulong flags = spin_lock_irqsave(&m->lock);

	f = radix_get(&m->pages, index);
	if (f)
		frame_get(f);
	spin_unlock_irqrestore(&m->lock, flags);
	return f;
}

struct frame *
page_lookup(struct mapping *m, u64 index)
{
	return lookup(m, index);
}

struct frame *
page_next(struct mapping *m, u64 *index)
{
	struct frame *f;
	ulong flags = spin_lock_irqsave(&m->lock);

	f = radix_next(&m->pages, index);
	if (f)
		frame_get(f);
	spin_unlock_irqrestore(&m->lock, flags);
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
	ulong flags = spin_lock_irqsave(&m->lock);

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
	spin_unlock_irqrestore(&m->lock, flags);
	return any;
}

/* A zeroed page of a RAM file. A referenced frame, ERR_PTR, or NULL: somebody else put one in, look again. */
static struct frame *
make_absent(struct mapping *m, u64 index)
{
	struct frame *f = page_frame(GFP_ZERO);
	int err;

	if (!f)
		return ERR_PTR(-ENOMEM);
	err = page_insert(m, f, index, FRAME_UPTODATE);
	if (!err)
		return f;
	frame_put(f);
	return err == -EEXIST ? NULL : ERR_PTR(err);
}

/*
 * f, counted, is not UPTODATE: wait for who is reading it, or read it. 0: it is now. -EIO. -EAGAIN: it has left m.
 */
static int
make_uptodate(struct mapping *m, struct frame *f)
{
	mapping_lock_page(f);
	if (f->owner != m || (f->flags & FRAME_UPTODATE)) {
		mapping_unlock_page(f);
		return f->flags & FRAME_UPTODATE ? 0 : -EAGAIN;
	}
	m->ops->read_pages(m, &f, 1);
	page_wait(f);
	return READ_ONCE(f->flags) & FRAME_UPTODATE ? 0 : -EIO;
}

#define READ_FEW	4		/* pages read at once for who does not say how he reads */

struct frame *
mapping_get(struct mapping *m, u64 index, bool create)
{
	struct frame *f;
	int err;

	for (;;) {
		f = lookup(m, index);
		if (likely(f)) {
			if (likely(READ_ONCE(f->flags) & FRAME_UPTODATE))
				return f;
			err = make_uptodate(m, f);
			if (!err)
				return f;
			frame_put(f);
			if (err != -EAGAIN)
				return ERR_PTR(err);
		} else if (!mapping_is_ram(m)) {
			err = readahead_range(m, index, READ_FEW);
			if (err)
				return ERR_PTR(err);
		} else if (create) {
			f = make_absent(m, index);
			if (f)
				return f;
		} else {
			return ERR_PTR(-ENOENT);
		}
	}
}

struct frame *
mapping_get_locked(struct mapping *m, u64 index)
{
	struct frame *f;
	int err;

	for (;;) {
		f = lookup(m, index);
		if (likely(f)) {
			mapping_lock_page(f);
			if (likely(f->owner == m))
				return f;
			mapping_unlock_page(f);
			frame_put(f);
			continue;
		}
		f = page_frame(0);
		if (!f)
			return ERR_PTR(-ENOMEM);
		err = page_insert(m, f, index, FRAME_LOCKED);
		if (!err)
			return f;
		frame_put(f);
		if (err != -EEXIST)
			return ERR_PTR(err);
	}
}

/* ---- read ---- */

/* The next n bytes are to come from page `index`, which was found as f, or not at all (NULL): the page, or ERR_PTR. */
static NOINLINE struct frame *
read_slow(struct file *file, struct mapping *m, struct frame *f, u64 index, u64 want, u64 size)
{
	struct readahead *ra = file ? &file->ra : NULL;

	if (mapping_is_ram(m))
		return f ? f : mapping_get(m, index, false);
	if (!f)
		readahead_sync(m, ra, index, want, size);
	else if (f->flags & FRAME_AHEAD)
		readahead_async(m, ra, index, size);
	if (f && !(READ_ONCE(f->flags) & FRAME_UPTODATE)) {
		frame_put(f);
		f = NULL;
	}
	if (!f)
		f = mapping_get(m, index, false);
	/* Byte after byte of one page is one use of it. */
	if (!IS_ERR(f) && !(ra && ra->prev == index && (f->flags & FRAME_USED)))
		reclaim_page_used(f);
	if (ra)
		ra->prev = index;
	return f;
}

#define READ_STATE	(FRAME_UPTODATE | FRAME_HOT | FRAME_AHEAD)
#define READ_PLAIN	(FRAME_UPTODATE | FRAME_HOT)	/* nothing to do but to copy */

ssize_t
pagecache_read(struct file *file, struct mapping *m, struct uio *u, loff_t *pos, u64 size)
{
	size_t n, got, want, total = 0;
	u64 at = *pos;
	struct frame *f;

	while (u->resid && at < size) {
		want = MIN(u->resid, size - at);
		n = MIN(want, PAGE_SIZE - PAGE_OFFSET(at));
		f = lookup(m, at >> PAGE_SHIFT);
		if (unlikely(!f || (READ_ONCE(f->flags) & READ_STATE) != READ_PLAIN))
			f = read_slow(file, m, f, at >> PAGE_SHIFT,
				      DIV_ROUND_UP(PAGE_OFFSET(at) + want, PAGE_SIZE), size);
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

/* ---- write to a RAM file ---- */

/* u is again as it was. */
static void
uio_rewind(struct uio *u, const struct uio *before)
{
	/* It may hold its one piece inside: then its vec must go on pointing there. */
	if (before->vec != &u->one)
		u->vec = before->vec;
	else
		u->vec = &u->one;
	u->done = before->done;
	u->resid = before->resid;
}

/*
 * A page of a RAM file that is absent, with n bytes from u at offset off, zeros elsewhere. Filled before anybody can
 * see it. Bytes taken, or -errno; -EEXIST: it is there by now, and u is where it was.
 */
static ssize_t
write_absent(struct mapping *m, u64 index, struct uio *u, uint off, size_t n)
{
	struct uio before = *u;
	struct frame *f = page_frame(0);
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
	err = page_insert(m, f, index, FRAME_UPTODATE | FRAME_DIRTY);
	frame_put(f);
	if (!err)
		return got;
	uio_rewind(u, &before);
	return err;
}

/* n bytes to page `index` at offset off. Bytes taken, fewer than n after a fault; -errno. */
static ssize_t
write_ram(struct mapping *m, u64 index, struct uio *u, uint off, size_t n)
{
	struct frame *f;
	ssize_t got;

	do {
		f = mapping_peek(m, index);
		if (likely(f)) {
			got = uio_get(u, (char *)frame_va(f) + off, n);
			if (unlikely((f->flags & (FRAME_DIRTY | FRAME_CODE_CLEAN)) != FRAME_DIRTY))
				mapping_dirty(m, f);
			frame_put(f);
			return got ? got : -EFAULT;
		}
		got = write_absent(m, index, u, off, n);
	} while (got == -EEXIST);
	return got;
}

/* ---- write to a file on a disk ---- */

/*
 * f, locked, is not UPTODATE, and bytes [off, off + n) are to be written: what stands around them? Read it, or make
 * zeros of it; all of it overwritten: nothing. 0, f still locked; else -errno, and unlocked.
 */
static int
write_prepare(struct mapping *m, struct frame *f, uint off, size_t n)
{
	u64 size = READ_ONCE(m->inode->size), start = f->index << PAGE_SHIFT;
	bool fresh = start >= size || (m->ops->is_hole && m->ops->is_hole(m, f->index));

	if (off == 0 && (n == PAGE_SIZE || (!fresh && start + n >= size))) {
		memset((char *)frame_va(f) + n, 0, PAGE_SIZE - n);
		return 0;
	}
	if (fresh) {
		page_clear(frame_va(f));
		__atomic_fetch_or(&f->flags, FRAME_UPTODATE, __ATOMIC_RELAXED);
		return 0;
	}
	m->ops->read_pages(m, &f, 1);
	mapping_lock_page(f);
	if (f->owner == m && (f->flags & FRAME_UPTODATE))
		return 0;
	mapping_unlock_page(f);
	return f->owner == m ? -EIO : -EAGAIN;
}

/* The bytes are in the locked page f: they count from now on, if the file system agrees. */
static int
write_finish(struct mapping *m, struct frame *f, uint off, size_t got, uint *dirtied)
{
	struct inode *i = m->inode;
	u64 old = i->size, end = (f->index << PAGE_SHIFT) + off + got;
	int err = 0;

	/* Before the page is unlocked: what lies past the size is not written back. */
	if (end > old)
		WRITE_ONCE(i->size, end);
	if (m->ops->write_end)
		err = m->ops->write_end(m, f, off, off + got);
	if (err) {
		if (end > old)
			WRITE_ONCE(i->size, old);
		return err;
	}
	__atomic_fetch_or(&f->flags, FRAME_UPTODATE, __ATOMIC_RELEASE);
	*dirtied += page_dirty(m, f);
	return 0;
}

/*
 * n bytes to page `index` at offset off. Bytes taken, or -errno. 0, or less than n: the program's page was not there;
 * it is now, go on.
 */
static ssize_t
write_disk(struct mapping *m, u64 index, struct uio *u, uint off, size_t n, uint *dirtied)
{
	struct frame *f = mapping_get_locked(m, index);
	struct uio before;
	ssize_t got;
	int err = 0;

	before.vec = NULL;
	before.done = before.resid = 0;
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (unlikely(!(f->flags & FRAME_UPTODATE))) {
		err = write_prepare(m, f, off, n);
		if (err)
			goto out_put;
		before = *u;
	}
	if (m->ops->write_begin)
		err = m->ops->write_begin(m, f, off, off + n);
	if (err)
		goto out_unlock;
	current->nofault++;
	got = uio_get(u, (char *)frame_va(f) + off, n);
	current->nofault--;
	if (unlikely((size_t)got < n) && !(f->flags & FRAME_UPTODATE)) {
		uio_rewind(u, &before);		/* half a page of what was never read is nothing */
		got = 0;
	}
	if (likely(got))
		err = write_finish(m, f, off, got, dirtied);
	else if (m->ops->write_end)
		m->ops->write_end(m, f, off, off);
	mapping_unlock_page(f);
	if (unlikely(!(f->flags & FRAME_HOT)))
		reclaim_page_used(f);
	frame_put(f);
	if (err)
		return err;
	if (unlikely((size_t)got < n) && uio_fault_in(u, n - got) && !got)
		return -EFAULT;
	return got;

out_unlock:
	mapping_unlock_page(f);
out_put:
	frame_put(f);
	return err == -EAGAIN ? 0 : err;
}

ssize_t
pagecache_write(struct mapping *m, struct uio *u, loff_t *pos, u64 limit)
{
	bool ram = mapping_is_ram(m);
	uint dirtied = 0, off;
	size_t n, total = 0;
	ssize_t got = 0;
	u64 at = *pos;

	if (u->resid && at >= limit)
		return -EFBIG;
	while (u->resid && at < limit) {
		off = PAGE_OFFSET(at);
		n = MIN(MIN(u->resid, PAGE_SIZE - off), limit - at);
		if (ram)
			got = write_ram(m, at >> PAGE_SHIFT, u, off, n);
		else
			got = write_disk(m, at >> PAGE_SHIFT, u, off, n, &dirtied);
		if (got < 0)
			break;
		at += got;
		total += got;
		if (!ram) {
			if (unlikely(dirtied >= 32)) {
				writeback_balance(dirtied);
				dirtied = 0;
			}
			continue;
		}
		if (at > m->inode->size)
			WRITE_ONCE(m->inode->size, at);
		if ((size_t)got < n)
			break;
	}
	if (dirtied)
		writeback_balance(dirtied);
	*pos = at;
	return total ? (ssize_t)total : got < 0 ? got : 0;
}
