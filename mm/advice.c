/*
 * advice.c - madvise(2): what a program says about its memory.
 *
 *	now	DONTNEED, DONTNEED_LOCKED, FREE, REMOVE; POPULATE_READ, POPULATE_WRITE; WILLNEED
 *	a hint	COLD: file pages are the next for reclaim; PAGEOUT: clean ones leave at once
 *	fork	DONTFORK, DOFORK, WIPEONFORK, KEEPONFORK: flags of the areas
 *	nothing	access patterns, huge pages, merging, core dumps: accepted where Linux accepts them
 *
 * FREE forgets at once what Linux would forget when memory is short: a program must expect either.
 *
 * Locks       mm->lock for writing, but for what waits for a file or a fault: that takes it anew for each step.
 * Further     madvise(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/mman.h"
#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "mm/internal.h"
#include "mm/pagecache_private.h"

/* What is done to the part [start, end) of an area. 0 or -errno, which ends the walk. */
typedef int (*advice_fn)(struct mm *mm, struct area *a, u64 start, u64 end);

static inline u64
area_index(const struct area *a, u64 addr)
{
	return a->pgoff + ((addr - a->start) >> PAGE_SHIFT);
}

static int
nothing(struct mm *mm, struct area *a, u64 start, u64 end)
{
	return 0;
}

/* ---- pages that may go ---- */

static void
forget(struct mm *mm, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	struct gather g;

	gather_init(&g, mm);
	gather_zap(&g, start, end);
	gather_finish(&g);
}

/* Anonymous pages are forgotten, pages of files faulted in afresh. */
static int
dontneed_locked(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	if (a->flags & VM_IO)
		return -EINVAL;
	forget(mm, start, end);
	return 0;
}

static int
dontneed(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	return a->flags & VM_LOCKED ? -EINVAL : dontneed_locked(mm, a, start, end);
}

static int
lazy_free(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	return a->file ? -EINVAL : dontneed(mm, a, start, end);
}

/* ---- hints to the page cache ---- */

/* Start reading what is not cached. Only advice: not more than a lock may be held for. */
static int
willneed(struct mm *mm, struct area *a, u64 start, u64 end)
{
	if (a->file && !mapping_is_ram(&a->file->inode->mapping))
		readahead_range(&a->file->inode->mapping, area_index(a, start),
				MIN((end - start) >> PAGE_SHIFT, 1024UL));
	return 0;
}

static int
cold(struct mm *mm, struct area *a, u64 start, u64 end)
{
	struct frame *f;
	u64 last;

	if (a->flags & (VM_LOCKED | VM_IO))
		return -EINVAL;
	if (!a->file)
		return 0;
	last = area_index(a, end - 1);
	for (u64 i = area_index(a, start); i <= last && (f = page_next(&a->file->inode->mapping, &i)); i++) {
		if (i <= last)
			__atomic_fetch_and(&f->flags, ~(u32)(FRAME_HOT | FRAME_USED), __ATOMIC_RELAXED);
		frame_put(f);
	}
	return 0;
}

/* There is nowhere to put a program's own pages; files' clean ones go, if this is the caller's to say. */
static int
pageout(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	struct inode *i = a->file ? a->file->inode : NULL;

	if (a->flags & (VM_LOCKED | VM_IO))
		return -EINVAL;
	if (!i || mapping_is_ram(&i->mapping) || (a->flags & VM_ANON))
		return 0;
	if (current->fsuid != i->uid && !task_capable(BIT(CAP_FOWNER)) && inode_permission(i, MAY_WRITE))
		return 0;
	forget(mm, start, end);
	mapping_invalidate(&i->mapping, area_index(a, start), area_index(a, end - 1));
	return 0;
}

/* ---- what a child gets ---- */

static int
dontfork(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	return area_change(mm, a, start, end, 0, VM_DONTCOPY);
}

static int
dofork(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	return a->flags & VM_IO ? -EINVAL : area_change(mm, a, start, end, VM_DONTCOPY, 0);
}

static int
wipeonfork(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	if (a->file || (a->flags & (VM_SHARED | VM_IO)))
		return -EINVAL;
	return area_change(mm, a, start, end, 0, VM_WIPEONFORK);
}

static int
keeponfork(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	return area_change(mm, a, start, end, VM_WIPEONFORK, 0);
}

static int
dodump(struct mm *mm, struct area *a, u64 start, u64 end)
{
	return a->flags & VM_IO ? -EINVAL : 0;
}

/* ---- the call ---- */

static const advice_fn advice[] = {
	[MADV_NORMAL] = nothing, [MADV_RANDOM] = nothing, [MADV_SEQUENTIAL] = nothing,
	[MADV_WILLNEED] = willneed, [MADV_DONTNEED] = dontneed, [MADV_DONTNEED_LOCKED] = dontneed_locked,
	[MADV_FREE] = lazy_free, [MADV_COLD] = cold, [MADV_PAGEOUT] = pageout,
	[MADV_DONTFORK] = dontfork, [MADV_DOFORK] = dofork,
	[MADV_WIPEONFORK] = wipeonfork, [MADV_KEEPONFORK] = keeponfork,
	[MADV_MERGEABLE] = nothing, [MADV_UNMERGEABLE] = nothing, [MADV_HUGEPAGE] = nothing,
	[MADV_NOHUGEPAGE] = nothing, [MADV_DONTDUMP] = nothing, [MADV_DODUMP] = dodump,
};

/* Do it to every area of [start, end). Holes are passed over, and make the result -ENOMEM. */
static long
advise(struct mm *mm, u64 start, u64 end, advice_fn fn)
{
	int hole = 0, err = 0;
	struct area *a;
	u64 stop;

	rwsem_lock_write(&mm->lock);
	for (; start < end && !err; start = stop) {
		a = mm_find(mm, start);
		if (!a || a->start > start) {
			hole = -ENOMEM;
			stop = a ? a->start : end;
			continue;
		}
		stop = MIN(a->end, end);
		err = fn(mm, a, start, stop);
	}
	rwsem_unlock_write(&mm->lock);
	return err ? err : hole;
}

/* The file's own bytes are freed, for everybody: only through a shared mapping that may be written. */
static long
remove_range(struct mm *mm, u64 start, u64 end)
{
	long err = 0, hole = 0;
	struct file *file;
	struct area *a;
	u64 stop;
	loff_t off;

	for (; start < end && !err; start = stop) {
		file = NULL;
		rwsem_lock_read(&mm->lock);
		a = mm_find(mm, start);
		stop = a ? MIN(a->start > start ? a->start : a->end, end) : end;
		if (!a || a->start > start) {
			hole = -ENOMEM;
		} else if ((a->flags & VM_LOCKED) || !a->file) {
			err = -EINVAL;
		} else if ((a->flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE)) {
			err = -EACCES;
		} else {
			file = a->file;
			off = area_index(a, start) << PAGE_SHIFT;
			file_get(file);
		}
		rwsem_unlock_read(&mm->lock);
		if (!file)
			continue;
		err = file_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, stop - start);
		file_put(file);
	}
	return err ? err : hole;
}

/* madvise(2). */
long
sys_madvise(const ulong *a)
{
	u64 start = a[0], len = PAGE_ALIGN(a[1]);
	int what = a[2];
	bool populate = what == MADV_POPULATE_READ || what == MADV_POPULATE_WRITE;
	struct mm *mm = current->mm;

	if (what != MADV_REMOVE && !populate && (what < 0 || what >= (int)ARRAY_SIZE(advice) || !advice[what]))
		return -EINVAL;
	if (PAGE_OFFSET(start) || (a[1] && !len) || start + len < start)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (what == MADV_REMOVE)
		return remove_range(mm, start, start + len);
	if (populate)
		return mm_populate(mm, start, start + len, what == MADV_POPULATE_WRITE ? VM_WRITE : VM_READ);
	return advise(mm, start, start + len, advice[what]);
}
