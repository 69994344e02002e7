/*
 * mremap.c - making a mapping longer, shorter, or moving it with its pages.
 */
#include "abi/errno.h"
#include "abi/mman.h"
#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "mm/internal.h"

/*
 * Move the entries of [from, from+len) to `to`, where there are none. -ENOMEM leaves some moved: the caller moves
 * them back, for which there are tables.
 */
static int
move_pages(struct mm *mm, u64 from, u64 to, u64 len) MUST_HOLD(mm->lock)
{
	pte_t *src, *dst;
	uint moved;
	u64 n;

	for (; len; from += n, to += n, len -= n) {
		n = MIN(len, PT_SIZE(1) - (from & (PT_SIZE(1) - 1)));
		n = MIN(n, PT_SIZE(1) - (to & (PT_SIZE(1) - 1)));
		src = pt_find(mm, from);
		if (!src || pte_table(src)->index == 0)
			continue;
		dst = pt_get(mm, to);
		if (!dst)
			return -ENOMEM;
		spin_lock(&mm->pt_lock);
		moved = 0;
		for (u64 i = 0; i < n >> PAGE_SHIFT; i++) {
			if (!src[i])
				continue;
			dst[i] = src[i];
			src[i] = 0;
			moved++;
		}
		pte_table(src)->index -= moved;
		pte_table(dst)->index += moved;
		spin_unlock(&mm->pt_lock);
	}
	return 0;
}

/* The same, all or none, while nobody looks for the pages of a's file: they might look where they are not. */
static int
move_file_pages(struct mm *mm, struct area *a, u64 from, u64 to, u64 len) MUST_HOLD(mm->lock) NO_TSA
{
	struct mutex *lock = a->file ? &a->file->inode->mapping.areas_lock : NULL;
	int err;

	if (lock)
		mutex_lock(lock);
	err = move_pages(mm, from, to, len);
	if (err)
		move_pages(mm, to, from, len);
	if (lock)
		mutex_unlock(lock);
	return err;
}

/* Move [addr, addr+old) of area a to `to`, where new bytes are free. The address or -errno. */
static long
move_area(struct mm *mm, struct area *a, u64 addr, u64 old, u64 to, u64 new, bool keep, struct area **dead)
	MUST_HOLD(mm->lock)
{
	struct area *b = area_alloc();
	struct gather g;
	int err;

	if (!b)
		return -ENOMEM;
	b->start = to;
	b->end = to + new;
	b->flags = a->flags;
	b->file = a->file;
	b->pgoff = a->pgoff + ((addr - a->start) >> PAGE_SHIFT);
	if (b->file)
		file_get(b->file);
	/* Handlers return through the vDSO's code wherever that is (signal_deliver.c). */
	if ((b->flags & VM_IO) && b->pgoff)
		mm->vdso = to;
	area_insert(mm, b);
	err = move_file_pages(mm, a, addr, to, old);
	if (err)
		goto out_free;
	mm_tlb_flush(mm, addr, addr + old);
	area_merge(mm, b);
	/* What is left at the old place has no pages. Should cutting it fail, it stays, and reads as new. */
	if (!keep && old)
		mm_unmap_locked(mm, addr, addr + old, dead);
	if (keep)
		area_change(mm, mm_find(mm, addr), addr, addr + old, VM_LOCKED_MASK, 0);
	return to;

out_free:
	mm_tlb_flush(mm, addr, addr + old);
	area_remove(mm, b);
	gather_init(&g, mm);
	gather_zap(&g, to, to + old);	/* the tables that were made */
	gather_finish(&g);
	b->mm = (struct mm *)*dead;
	*dead = b;
	return err;
}

/* May [addr, addr+old) of a grow to new bytes? old 0: may there be a second mapping of the same pages? 0 or -errno. */
static int
check_growth(struct mm *mm, struct area *a, u64 addr, u64 old, u64 new, u32 flags) MUST_HOLD(mm->lock)
{
	u64 more = (new - old) >> PAGE_SHIFT;

	if (!old && !(a->flags & VM_SHARED))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (a->flags & VM_IO))
		return -EINVAL;
	if (old > a->end - addr)
		return -EFAULT;
	if (new == old)
		return 0;
	if (a->flags & VM_IO)
		return -EFAULT;
	if (!mm_may_lock(mm, a->flags, more))
		return -EAGAIN;
	if (!mm_may_grow(mm, a->flags, more) || ((a->flags & VM_ACCOUNT) && !commit_allows(mm, more)))
		return -ENOMEM;
	return 0;
}

/* With a place to go to, or leaving the old one mapped. */
static long
mremap_to(struct mm *mm, u64 addr, u64 old, u64 new, u32 flags, u64 to, struct area **dead) MUST_HOLD(mm->lock)
{
	struct area *a;
	int err;

	if (PAGE_OFFSET(to) || new > USER_TOP || to > USER_TOP - new)
		return -EINVAL;
	if (addr + old > to && to + new > addr)
		return -EINVAL;
	if (mm->nareas + 4 >= AREAS_MAX)
		return -ENOMEM;
	if (flags & MREMAP_FIXED) {
		err = mm_unmap_locked(mm, to, to + new, dead);
		if (err)
			return err;
	}
	if (old > new) {
		err = old > USER_TOP - addr ? -EINVAL : mm_unmap_locked(mm, addr + new, addr + old, dead);
		if (err)
			return err;
		old = new;
	}
	a = mm_find(mm, addr);
	if (!a || a->start > addr)
		return -EFAULT;
	err = check_growth(mm, a, addr, old, new, flags);
	if (err)
		return err;
	/* What stays behind counts as well. */
	if ((flags & MREMAP_DONTUNMAP) && (!mm_may_grow(mm, a->flags, old >> PAGE_SHIFT) ||
	    ((a->flags & VM_ACCOUNT) && !commit_allows(mm, old >> PAGE_SHIFT))))
		return -ENOMEM;
	if (!(flags & MREMAP_FIXED)) {
		to = PAGE_ALIGN(to);
		if (to < MMAP_MIN || to > USER_TOP - new || !area_range_free(mm, to, to + new))
			to = area_gap(mm, new);
		if (!to)
			return -ENOMEM;
	}
	return move_area(mm, a, addr, old, to, new, flags & MREMAP_DONTUNMAP, dead);
}

static long
mremap_locked(struct mm *mm, u64 addr, u64 old, u64 new, u32 flags, u64 to, struct area **dead) MUST_HOLD(mm->lock)
{
	struct area *a, *next;
	int err;

	a = mm_find(mm, addr);
	if (!a || a->start > addr)
		return -EFAULT;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(mm, addr, old, new, flags, to, dead);
	if (old >= new) {
		if (old > USER_TOP - addr)
			return -EINVAL;
		if (old > new && (err = mm_unmap_locked(mm, addr + new, addr + old, dead)))
			return err;
		return addr;
	}
	err = check_growth(mm, a, addr, old, new, flags);
	if (err)
		return err;
	if (new > USER_TOP)
		return -ENOMEM;
	if (addr + old == a->end && new <= USER_TOP - addr) {
		next = area_next(a);
		if (!next || next->start >= addr + new) {
			area_resize(mm, a, a->start, addr + new);
			area_merge(mm, a);
			return addr;
		}
	}
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	to = area_gap(mm, new);
	if (!to || mm->nareas + 3 >= AREAS_MAX)
		return -ENOMEM;
	return move_area(mm, a, addr, old, to, new, false, dead);
}

/* mremap(2). */
long
sys_mremap(const ulong *arg)
{
	u64 addr = arg[0], old = PAGE_ALIGN(arg[1]), new = PAGE_ALIGN(arg[2]), to = arg[4];
	u32 flags = arg[3];
	struct mm *mm = current->mm;
	struct area *dead = NULL, *a;
	bool locked;
	long ret;

	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && arg[1] != arg[2])
		return -EINVAL;
	if (PAGE_OFFSET(addr) || new == 0)
		return -EINVAL;
	rwsem_lock_write(&mm->lock);
	ret = mremap_locked(mm, addr, old, new, flags, to, &dead);
	a = ret > 0 ? mm_find(mm, ret) : NULL;
	locked = a && (a->flags & VM_LOCKED) && new > old;
	rwsem_unlock_write(&mm->lock);
	areas_free(dead);
	if (locked)
		mm_populate(mm, ret + old, ret + new, 0);
	return ret;
}
