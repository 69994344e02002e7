/*
 * mmap.c - changing an address space: map, unmap, protect, the break.
 *
 * Every operation has the same shape: allocate, lock mm->lock for writing, check, cut areas at the
 * edges, change whole areas, join them with their neighbours, unlock, and only then drop what was
 * taken out (a file's last reference may sleep on locks that rank before mm->lock).
 *
 * Not here    decoding the system calls, moving (mremap) and advice: sysmmap.c, mremap.c.
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/mman.h"
#include "abi/resource.h"
#include "fs/vfs.h"
#include "mm/internal.h"

/* ---- unmap ---- */

int
mm_unmap_locked(struct mm *mm, u64 start, u64 end, struct area **dead)
{
	struct area *a = mm_find(mm, start), *next;
	struct gather g;
	int err;

	if (!a || a->start >= end)
		return 0;
	if (a->start < start) {
		err = area_split(mm, a, start);
		if (err)
			return err;
		a = area_next(a);
	}
	next = mm_find(mm, end - 1);
	if (next && next->start < end && next->end > end) {
		err = area_split(mm, next, end);
		if (err)
			return err;
	}
	gather_init(&g, mm);
	for (; a && a->start < end; a = next) {
		next = area_next(a);
		area_remove(mm, a);
		gather_zap(&g, a->start, a->end);
		a->mm = (struct mm *)*dead;
		*dead = a;
	}
	gather_finish(&g);
	return 0;
}

int
mm_unmap(struct mm *mm, u64 addr, u64 len)
{
	struct area *dead = NULL;
	int err;

	if (PAGE_OFFSET(addr) || len == 0 || len > USER_TOP || addr > USER_TOP - len)
		return -EINVAL;
	rwsem_lock_write(&mm->lock);
	err = mm_unmap_locked(mm, addr, addr + PAGE_ALIGN(len), &dead);
	rwsem_unlock_write(&mm->lock);
	areas_free(dead);
	return err;
}

/* ---- map ---- */

/* Where the area goes. 0 with *out, or -errno. */
static int
choose_address(struct mm *mm, u64 addr, u64 len, u32 map_flags, u64 *out) MUST_HOLD(mm->lock)
{
	if (len > USER_TOP)
		return -ENOMEM;
	if (map_flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (PAGE_OFFSET(addr))
			return -EINVAL;
		if (addr > USER_TOP - len)
			return -ENOMEM;
		if (addr < MMAP_MIN && !task_capable(BIT(CAP_SYS_RAWIO)))
			return -EPERM;
		if (map_flags & MAP_FIXED_NOREPLACE) {
			struct area *a = mm_find(mm, addr);

			if (a && a->start < addr + len)
				return -EEXIST;
		}
		*out = addr;
		return 0;
	}
	addr = PAGE_ALIGN(addr);
	if (addr >= MMAP_MIN && addr <= USER_TOP - len && area_range_free(mm, addr, addr + len)) {
		*out = addr;
		return 0;
	}
	*out = area_gap(mm, len);
	return *out ? 0 : -ENOMEM;
}

/* A plain anonymous area right below or above: grow it instead. True if that was possible. */
static bool
extend_neighbour(struct mm *mm, u64 start, u64 end, u32 flags) MUST_HOLD(mm->lock)
{
	struct area *a = mm_find(mm, start ? start - 1 : 0);

	if (a && a->end == start && a->flags == flags && !a->file) {
		area_resize(mm, a, a->start, end);
		area_merge(mm, a);
		return true;
	}
	a = mm_find(mm, end);
	if (a && a->start == end && a->flags == flags && !a->file) {
		area_resize(mm, a, start, a->end);
		return true;
	}
	return false;
}

/* How many pages of [start, end) are areas' already. */
static u64
pages_held(struct mm *mm, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	struct area *a;
	u64 pages = 0;

	for (a = mm_find(mm, start); a && a->start < end; a = area_next(a))
		pages += (MIN(a->end, end) - MAX(a->start, start)) >> PAGE_SHIFT;
	return pages;
}

/* May there be an area more, of so many pages, in place of `replaced` others? 0, -ENOMEM, -EAGAIN (RLIMIT_MEMLOCK). */
static int
may_map(struct mm *mm, u32 flags, u64 pages, u64 replaced) MUST_HOLD(mm->lock)
{
	if (mm->nareas >= AREAS_MAX)
		return -ENOMEM;
	if (!mm_may_lock(mm, flags, pages))
		return -EAGAIN;
	if (!mm_may_grow(mm, flags, pages - replaced) || ((flags & VM_ACCOUNT) && !commit_allows(mm, pages)))
		return -ENOMEM;
	return 0;
}

/* a shows the file, which may refuse. 0 or -errno; area_free gives up the file either way. */
static int
map_file(struct area *a, struct file *file)
{
	int err;

	a->file = file;
	file_get(file);
	err = file->ops->mmap ? file->ops->mmap(file, a) : -ENODEV;
	/* A device that is like anonymous memory says so by giving up the file. */
	if (!err && !a->file) {
		a->pgoff = 0;
		file_put(file);
	}
	return err;
}

long
mm_map(struct mm *mm, u64 addr, u64 len, u32 vm_flags, u32 map_flags, struct file *file, u64 pgoff)
{
	struct area *dead = NULL, *a;
	u64 pages, replaced;
	long ret;

	len = PAGE_ALIGN(len);
	pages = len >> PAGE_SHIFT;
	if (len == 0)
		return -ENOMEM;
	if ((vm_flags & (VM_WRITE | VM_SHARED | VM_NORESERVE)) == VM_WRITE)
		vm_flags |= VM_ACCOUNT;
	a = area_alloc();
	if (!a)
		return -ENOMEM;
	rwsem_lock_write(&mm->lock);
	vm_flags |= mm->lock_future;
	ret = choose_address(mm, addr, len, map_flags, &addr);
	if (ret)
		goto out_unlock;
	replaced = map_flags & MAP_FIXED ? pages_held(mm, addr, addr + len) : 0;
	ret = may_map(mm, vm_flags, pages, replaced);
	if (ret)
		goto out_unlock;
	if (replaced) {
		ret = mm_unmap_locked(mm, addr, addr + len, &dead);
		if (ret)
			goto out_unlock;
	}
	if (!file && !(vm_flags & (VM_IO | VM_GROWSDOWN)) && extend_neighbour(mm, addr, addr + len, vm_flags)) {
		ret = addr;
		goto out_unlock;
	}
	a->start = addr;
	a->end = addr + len;
	a->flags = vm_flags;
	a->mm = mm;
	a->pgoff = pgoff;
	ret = file ? map_file(a, file) : 0;
	if (ret)
		goto out_unlock;
	area_insert(mm, a);
	if (file)
		area_merge(mm, a);
	rwsem_unlock_write(&mm->lock);
	areas_free(dead);
	return addr;

out_unlock:
	rwsem_unlock_write(&mm->lock);
	area_free(a);
	areas_free(dead);
	return ret;
}

/* ---- protect ---- */

static int
protect_area(struct mm *mm, struct area *a, u32 prot) MUST_HOLD(mm->lock)
{
	u32 flags = (a->flags & ~(VM_READ | VM_WRITE | VM_EXEC)) | prot;
	u64 pages = (a->end - a->start) >> PAGE_SHIFT;

	if ((prot & VM_WRITE) && !(a->flags & VM_WRITE)) {
		if (!(a->flags & VM_MAYWRITE))
			return -EACCES;
		/* The total stays; only the data limit counts. */
		if (!mm_may_grow(mm, flags, pages) && mm_may_grow(mm, a->flags, pages))
			return -ENOMEM;
		if (!(flags & (VM_ACCOUNT | VM_SHARED | VM_NORESERVE))) {
			if (!commit_allows(mm, pages))
				return -ENOMEM;
			flags |= VM_ACCOUNT;
		}
	}
	area_set_flags(mm, a, flags);
	if (pt_protect(mm, a->start, a->end, flags))
		mm_tlb_flush(mm, a->start, a->end);
	if ((prot & VM_EXEC) && !(a->flags & VM_SHARED))
		icache_flush_all();
	return 0;
}

int
mm_protect(struct mm *mm, u64 addr, u64 len, u32 vm_flags, bool from_bottom)
{
	u64 end = addr + PAGE_ALIGN(len), at = addr;
	struct area *a;
	int err = 0;

	if (PAGE_OFFSET(addr))
		return -EINVAL;
	if (len == 0)
		return 0;
	if (end <= addr || end > USER_TOP)
		return -ENOMEM;
	vm_flags &= VM_READ | VM_WRITE | VM_EXEC;
	rwsem_lock_write(&mm->lock);
	if (from_bottom) {
		a = mm_find(mm, at);
		if (!a || a->start >= end)
			err = -ENOMEM;
		else if (!(a->flags & VM_GROWSDOWN))
			err = -EINVAL;
		else
			at = a->start;
	}
	while (at < end && !err) {
		a = mm_find(mm, at);
		if (!a || a->start > at) {
			err = -ENOMEM;
			break;
		}
		if ((a->flags & (VM_READ | VM_WRITE | VM_EXEC)) == vm_flags) {
			at = a->end;
			continue;
		}
		if (a->start < at) {
			err = area_split(mm, a, at);
			if (err)
				break;
			a = area_next(a);
		}
		if (a->end > end) {
			err = area_split(mm, a, end);
			if (err)
				break;
		}
		at = a->end;
		err = protect_area(mm, a, vm_flags);
		area_merge(mm, a);
	}
	rwsem_unlock_write(&mm->lock);
	return err;
}

/* ---- the break ---- */

#define BRK_FLAGS	(VM_READ | VM_WRITE | VM_MAYWRITE | VM_ACCOUNT)

static bool
brk_grow(struct mm *mm, u64 old_end, u64 new_end) MUST_HOLD(mm->lock)
{
	u32 flags = BRK_FLAGS | mm->lock_future;
	u64 pages = (new_end - old_end) >> PAGE_SHIFT;
	struct area *a;

	if (!area_range_free(mm, old_end, new_end) || !mm_may_lock(mm, flags, pages) ||
	    !mm_may_grow(mm, flags, pages) || !commit_allows(mm, pages))
		return false;
	if (extend_neighbour(mm, old_end, new_end, flags))
		return true;
	a = mm->nareas < AREAS_MAX ? area_alloc() : NULL;
	if (!a)
		return false;
	a->start = old_end;
	a->end = new_end;
	a->flags = flags;
	area_insert(mm, a);
	return true;
}

long
mm_brk(struct mm *mm, u64 brk)
{
	u64 limit = current->proc->rlim[RLIMIT_DATA].rlim_cur;
	struct area *dead = NULL;
	u64 old_end, new_end;
	long now;

	rwsem_lock_write(&mm->lock);
	old_end = PAGE_ALIGN(mm->brk);
	new_end = PAGE_ALIGN(brk);
	if (brk < mm->brk_start || brk >= USER_TOP)
		goto out;
	if (limit < RLIM_INFINITY && brk - mm->brk_start + (mm->end_data - mm->start_data) > limit)
		goto out;
	if (new_end > old_end && !brk_grow(mm, old_end, new_end))
		goto out;
	if (new_end < old_end && mm_unmap_locked(mm, new_end, old_end, &dead) != 0)
		goto out;
	mm->brk = brk;
out:
	now = mm->brk;
	rwsem_unlock_write(&mm->lock);
	areas_free(dead);
	return now;
}
