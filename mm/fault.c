/*
 * fault.c - a program touched a page: may it, and which case is it?
 *
 *	entry is 0	anonymous area, read	the zero frame
 *					write	a fresh zeroed frame
 *			file area, read		the page cache's frame, and its neighbours that are there
 *				   write, private  a copy of it
 *				   write, shared   the frame itself, writable
 *			the vDSO		the image's pages
 *	present, write	private			its own again if nobody else has it, else a copy
 *			shared			writable from now on
 *	below a stack				the stack grows
 *
 * Locks       mm->lock for reading throughout; mm->pt_lock around each change of an entry, which
 *             is given up if another thread changed it first (the access is then retried).
 * Invariants  P1 and P2 of pagetable.c.
 * Not here    what is done in each case: cow.c, fault_file.c; what a program is told when this fails: arch's trap
 *             handler and kernel/signal.c.
 */
#include "abi/errno.h"
#include "abi/resource.h"
#include "arch/pagetable.h"
#include "arch/vdso.h"
#include "kernel/signal.h"
#include "mm/fault.h"

/* Page 0 is the vDSO's data, page 1 its code. */
static int
fault_vdso(struct fault *ft)
{
	const void *page = area_index(ft->area, ft->addr) ? vdso_image : vdso_vvar.page;

	entry_set(ft, pte_make(virt_to_phys(page), pte_prot(ft->area->flags) | PTE_SPECIAL));
	return 0;
}

/*
 * ft->area allows the access, which a hart refused: find the entry (pt_get makes it; NULL: -ENOMEM), remember it in
 * ft->old, and hand the fault to whom it belongs, by the table at the head of this file:
 *
 *	nothing there	an area with a file	fault_file
 *			VM_IO			fault_vdso
 *			any other		fault_anon_read, fault_anon_write
 *	present, to be written, lacks PTE_W	fault_shared_write if the area is VM_SHARED, else fault_cow
 *	else		another thread was faster, or this hart remembers that the page was absent:
 *			tlb_flush_local_page, and 0: the access is tried again
 */
static int
fault_page(struct fault *ft)
{
	struct area *a = ft->area;
	bool write = ft->access & VM_WRITE;

	ft->pte = pt_get(ft->mm, ft->addr);
	if (unlikely(!ft->pte))
		return -ENOMEM;
	ft->old = READ_ONCE(*ft->pte);
	if (!ft->old) {
		if (a->file)
			return fault_file(ft);
		if (a->flags & VM_IO)
			return fault_vdso(ft);
		return write ? fault_anon_write(ft) : fault_anon_read(ft);
	}
	if (write && !(ft->old & PTE_W))
		return a->flags & VM_SHARED ? fault_shared_write(ft) : fault_cow(ft);
	tlb_flush_local_page(ft->addr);
	return 0;
}

/* Writing implies reading, as in the page table. */
static inline bool
area_allows(const struct area *a, u32 access)
{
	if (access & VM_WRITE)
		return a->flags & VM_WRITE;
	if (access & VM_EXEC)
		return a->flags & VM_EXEC;
	return a->flags & (VM_READ | VM_WRITE);
}

/*
 * addr, of a page, lies below the stack a: let it reach down to addr (area_resize). 0; or -EFAULT, and nothing changes:
 * - it would be larger than RLIMIT_STACK (current->proc->rlim), or lower than MMAP_MIN;
 * - it would run into the area before it (area_prev), or come closer than STACK_GUARD to it, unless that is one that
 *   allows nothing: a guard of the program's own;
 * - so many pages more are not to be had: mm_may_grow, mm_may_lock, commit_allows.
 */
static int
stack_grow(struct mm *mm, struct area *a, u64 addr) MUST_HOLD(mm->lock)
{
	struct area *prev = area_prev(a);
	u64 size = a->end - addr, pages = (a->start - addr) >> PAGE_SHIFT;

	if (size > current->proc->rlim[RLIMIT_STACK].rlim_cur || addr < MMAP_MIN)
		return -EFAULT;
	/* No closer to what lies below than the gap; a PROT_NONE guard the program made may touch. */
	if (prev && (prev->flags & (VM_READ | VM_WRITE | VM_EXEC)) && prev->end + STACK_GUARD > addr)
		return -EFAULT;
	if (prev && prev->end > addr)
		return -EFAULT;
	if (!mm_may_grow(mm, a->flags, pages) || !mm_may_lock(mm, a->flags, pages) || !commit_allows(mm, pages))
		return -EFAULT;
	area_resize(mm, a, addr, a->end);
	return 0;
}

/* No area holds addr; the next one above may be a stack. */
static NOINLINE int
fault_below_stack(struct mm *mm, u64 addr)
{
	struct area *a;
	int err = -EFAULT;

	rwsem_lock_write(&mm->lock);
	a = mm_find(mm, addr);
	if (a && a->start <= addr)
		err = 0;
	else if (a && (a->flags & VM_GROWSDOWN))
		err = stack_grow(mm, a, ALIGN_DOWN(addr, PAGE_SIZE));
	rwsem_unlock_write(&mm->lock);
	return err;
}

static int
fault_once(struct mm *mm, u64 addr, u32 access)
{
	struct fault ft = { .mm = mm, .addr = ALIGN_DOWN(addr, PAGE_SIZE), .access = access };
	int err;

	for (;;) {
		rwsem_lock_read(&mm->lock);
		ft.area = mm_find(mm, addr);
		if (likely(ft.area && ft.area->start <= addr))
			break;
		err = ft.area && (ft.area->flags & VM_GROWSDOWN) ? 0 : -EFAULT;
		rwsem_unlock_read(&mm->lock);
		if (!err)
			err = fault_below_stack(mm, addr);
		if (err)
			return err;
	}
	err = area_allows(ft.area, access) ? fault_page(&ft) : -EACCES;
	rwsem_unlock_read(&mm->lock);
	if (unlikely(ft.dirtied))
		writeback_balance(ft.dirtied);
	if (unlikely(ft.major))
		current->maj_flt++;
	return err;
}

int
mm_fault(struct mm *mm, u64 addr, u32 access)
{
	uint tries = 0;
	int err;

	if (addr >= USER_TOP || unlikely(current->nofault))
		return -EFAULT;
	do {
		err = fault_once(mm, addr, access);
	} while (unlikely(err == -ENOMEM) && oom_retry(tries++));
	current->min_flt++;
	return err;
}

/* How mm_populate is to touch a page of a: *how, or -EINVAL; 0 in *how: not at all. */
static int
populate_access(const struct area *a, u32 access, u32 *how)
{
	u32 may = a->flags & (VM_READ | VM_WRITE | VM_EXEC);

	*how = access;
	if (access)
		return (a->flags & VM_IO) || !(may & access) ? -EINVAL : 0;
	if (!(a->flags & (VM_IO | VM_LOCKONFAULT)))
		*how = (a->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? VM_WRITE : may & VM_READ ? VM_READ : may;
	return *how || (a->flags & (VM_IO | VM_LOCKONFAULT)) ? 0 : -EFAULT;
}

int
mm_populate(struct mm *mm, u64 start, u64 end, u32 access)
{
	struct area *a;
	u32 how = 0;
	int err;

	for (; start < end; start += PAGE_SIZE) {
		if (unlikely(signal_pending(current)) && READ_ONCE(current->proc->exiting))
			return -EINTR;
		rwsem_lock_read(&mm->lock);
		a = mm_find(mm, start);
		err = !a || a->start > start ? -ENOMEM : populate_access(a, access, &how);
		if (!err && !how)
			start = MIN(a->end, end) - PAGE_SIZE;
		rwsem_unlock_read(&mm->lock);
		if (!err && how)
			err = mm_fault(mm, start, how);
		if (err)
			return err == -EIO || err == -EACCES ? -EFAULT : err;
	}
	return 0;
}
