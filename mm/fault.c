/*
 * fault.c - giving a program the page it touched: one small function for each reason a fault has.
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
 *             is given up if another thread changed it first (the access is then retried). A file's page may be
 *             taken out of the file and of every page table meanwhile: it is mapped only if, under pt_lock, it is
 *             still the file's (truncate.c); and looked at later only if counted under pt_lock.
 *             A page that becomes writable is locked from before it is marked dirty until its entry stands.
 * Invariants  P1 and P2 of pagetable.c.
 * Not here    what a program is told when this fails: arch's trap handler and kernel/signal.c.
 */
#include "abi/errno.h"
#include "abi/resource.h"
#include "arch/pagetable.h"
#include "arch/vdso.h"
#include "fs/vfs.h"
#include "kernel/signal.h"
#include "mm/internal.h"
#include "mm/pagecache_private.h"

#define AROUND		16		/* pages of a file mapped by one fault, if cached */

struct fault {
	struct mm *mm;
	struct area *area;
	u64	addr;			/* of the page */
	u32	access;
	pte_t	*pte;
	pte_t	old;			/* *pte as first seen */
	struct frame *page;		/* of the file's cache, counted: mapped, or copied; NULL */
	uint	dirtied;		/* pages of files made dirty */
	bool	major;			/* the disk was asked */
};

static inline struct mapping *
fault_mapping(const struct fault *ft)
{
	return &ft->area->file->inode->mapping;
}

static inline void
count_rss(struct mm *mm)
{
	ulong rss = mm->rss_anon + mm->rss_file;

	if (rss > mm->hiwater_rss)
		mm->hiwater_rss = rss;
}

/* Replace ft->old by e unless somebody else did something first. False: then nothing changed. */
static inline bool
entry_set(struct fault *ft, pte_t e)
{
	struct mm *mm = ft->mm;
	bool same;

	spin_lock(&mm->pt_lock);
	same = *ft->pte == ft->old && (!ft->page || READ_ONCE(ft->page->owner) == fault_mapping(ft));
	if (likely(same)) {
		if (!ft->old)
			pte_table(ft->pte)->index++;
		else if (!(ft->old & (PTE_SPECIAL | PTE_ANON)))
			mm->rss_file--;
		/* The page's contents are visible before the page is. */
		smp_store_release(ft->pte, e);
		if (!(e & PTE_SPECIAL) && !(ft->old & PTE_ANON)) {
			if (e & PTE_ANON)
				mm->rss_anon++;
			else
				mm->rss_file++;
			count_rss(mm);
		}
	}
	spin_unlock(&mm->pt_lock);
	return same;
}

/* Code that the kernel wrote: harts may hold older bytes in their instruction caches. NULLs are passed over. */
static void
sync_code(const struct area *a, struct frame **list, uint n)
{
	bool flushed = false;

	if (!(a->flags & VM_EXEC))
		return;
	for (uint i = 0; i < n; i++) {
		if (!list[i] || (list[i]->flags & FRAME_CODE_CLEAN))
			continue;
		if (!flushed)
			icache_flush_all();
		flushed = true;
		__atomic_fetch_or(&list[i]->flags, FRAME_CODE_CLEAN, __ATOMIC_RELAXED);
	}
}

/* Install a new anonymous frame, writable if the area is; takes over the reference. */
static int
install_anon(struct fault *ft, struct frame *f)
{
	u32 flags = ft->area->flags;
	u64 bits = pte_prot(flags) | PTE_ANON;

	if (flags & VM_WRITE)
		bits |= PTE_W | PTE_D;
	f->flags |= FRAME_ANON;
	if (unlikely(!entry_set(ft, pte_make(frame_pa(f), bits)))) {
		frame_put(f);
		return 0;
	}
	mem_stat_add(MEM_ANON, 1);
	return 0;
}

/* ---- the entry is 0 ---- */

static int
fault_anon_read(struct fault *ft)
{
	entry_set(ft, pte_make(frame_pa(zero_frame), pte_prot(ft->area->flags) | PTE_SPECIAL));
	return 0;
}

static int
fault_anon_write(struct fault *ft)
{
	struct frame *f = frame_alloc(0, GFP_USER | GFP_ZERO);

	return f ? install_anon(ft, f) : -ENOMEM;
}

static inline u64
area_index(const struct area *a, u64 addr)
{
	return a->pgoff + ((addr - a->start) >> PAGE_SHIFT);
}

/* Page 0 is the vDSO's data, page 1 its code. */
static int
fault_vdso(struct fault *ft)
{
	const void *page = area_index(ft->area, ft->addr) ? vdso_image : vdso_vvar.page;

	entry_set(ft, pte_make(virt_to_phys(page), pte_prot(ft->area->flags) | PTE_SPECIAL));
	return 0;
}

/* Map the cached pages round ft->addr that nothing maps yet, in the same table and area. */
static void
map_around(struct fault *ft, struct mapping *m)
{
	struct area *a = ft->area;
	u64 window = ALIGN_DOWN(ft->addr, AROUND * PAGE_SIZE);
	u64 start = MAX(window, a->start), end = MIN(window + AROUND * PAGE_SIZE, a->end);
	pte_t *p = ft->pte - ((ft->addr - start) >> PAGE_SHIFT);
	struct frame *found[AROUND];
	uint n = (end - start) >> PAGE_SHIFT;
	u64 bits = pte_prot(a->flags);
	long mapped = 0;

	if (n < 2 || !mapping_peek_range(m, area_index(a, start), n, found))
		return;
	sync_code(a, found, n);
	spin_lock(&ft->mm->pt_lock);
	for (uint i = 0; i < n; i++) {
		if (!found[i] || p[i] || READ_ONCE(found[i]->owner) != m)
			continue;
		p[i] = pte_make(frame_pa(found[i]), bits);
		found[i] = NULL;
		mapped++;
	}
	pte_table(p)->index += mapped;
	ft->mm->rss_file += mapped;
	count_rss(ft->mm);
	spin_unlock(&ft->mm->pt_lock);
	for (uint i = 0; i < n; i++)
		if (found[i])
			frame_put(found[i]);
}

/* A private page of a file is written: a copy from the start. */
static int
fault_file_copy(struct fault *ft, struct frame *cached)
{
	struct frame *f = frame_alloc(0, GFP_USER);

	if (!f)
		return -ENOMEM;
	page_copy(frame_va(f), frame_va(cached));
	sync_code(ft->area, &f, 1);
	if (!(ft->area->flags & VM_ANON))
		__atomic_fetch_or(&ft->area->flags, VM_ANON, __ATOMIC_RELAXED);
	return install_anon(ft, f);
}

/* Is page `index` past the end of the file? */
static inline bool
past_end(const struct inode *i, u64 index)
{
	return index >= PAGE_ALIGN(READ_ONCE(i->size)) >> PAGE_SHIFT;
}

#define READ_AROUND	16		/* pages read by a fault, like the window that it maps */

/* The file's page, counted. ERR_PTR. */
static struct frame *
get_page(struct fault *ft, struct mapping *m, u64 index)
{
	struct frame *f = mapping_peek(m, index);
	u64 first = ALIGN_DOWN(index, READ_AROUND);

	if (likely(f) || mapping_is_ram(m))
		return f ? f : mapping_get(m, index, true);
	ft->major = true;
	if (ft->area->file->ra.mode != READAHEAD_RANDOM && readahead_range(m, first, READ_AROUND))
		return ERR_PTR(-ENOMEM);
	return mapping_get(m, index, true);
}

/*
 * ft->page becomes writable in a shared area, with entry e: reserve space, mark it dirty, and only then let writes
 * through. If the page has left the file, or the entry has changed, nothing happens. 0, -EIO or -ENOMEM.
 */
static int
share_writable(struct fault *ft, pte_t e, bool *set)
{
	struct mapping *m = fault_mapping(ft);
	struct frame *f = ft->page;
	struct inode *i = m->inode;
	int err = 0;

	*set = false;
	if (mapping_is_ram(m)) {
		if (!(f->flags & FRAME_DIRTY))
			__atomic_fetch_or(&f->flags, FRAME_DIRTY, __ATOMIC_RELAXED);
		*set = entry_set(ft, e);
		return 0;
	}
	mapping_lock_page(f);
	if (f->owner == m && !past_end(i, f->index)) {
		err = m->ops->make_writable ? m->ops->make_writable(m, f) : 0;
		if (!err) {
			ft->dirtied += page_dirty(m, f);
			*set = entry_set(ft, e);
			i->mtime = i->ctime = time_now();
			inode_mark_dirty(i);
		}
	}
	mapping_unlock_page(f);
	return err && err != -ENOMEM ? -EIO : err;
}

static int
fault_file(struct fault *ft)
{
	struct area *a = ft->area;
	struct inode *inode = a->file->inode;
	u64 index = area_index(a, ft->addr);
	bool write = ft->access & VM_WRITE, set;
	struct frame *f;
	pte_t e;
	int err = 0;

	if (past_end(inode, index))
		return -EIO;
	f = get_page(ft, &inode->mapping, index);
	if (IS_ERR(f))
		return PTR_ERR(f) == -ENOMEM ? -ENOMEM : -EIO;
	/* A file cut short meanwhile: what we put in comes after the truncation, or it will be found by it. */
	if (past_end(inode, index)) {
		frame_put(f);
		return -EIO;
	}
	ft->page = f;
	if (unlikely(!(f->flags & FRAME_HOT)))
		reclaim_page_used(f);
	if (write && !(a->flags & VM_SHARED)) {
		err = fault_file_copy(ft, f);
		frame_put(f);
		return err;
	}
	sync_code(a, &f, 1);
	e = pte_make(frame_pa(f), pte_prot(a->flags));
	if (write)
		err = share_writable(ft, e | PTE_W | PTE_D, &set);
	else
		set = entry_set(ft, e);
	if (!set)
		frame_put(f);
	else if (!write)
		map_around(ft, &inode->mapping);
	return err;
}

/* ---- the entry is present, but may not be written ---- */

/* An anonymous frame that nobody else has: writable again. False: somebody has. */
static bool
cow_reuse(struct fault *ft)
{
	if (!(ft->old & PTE_ANON) || atomic_read(&pte_frame(ft->old)->refs) != 1)
		return false;
	/* Only a fork could add a reference, and that waits for mm->lock. */
	entry_set(ft, ft->old | PTE_W | PTE_D);
	tlb_flush_local_page(ft->addr);
	return true;
}

/* Count the entry's frame, which may be taken away at any moment. False: it has been. */
static bool
hold_page(struct fault *ft)
{
	spin_lock(&ft->mm->pt_lock);
	if (*ft->pte == ft->old)
		ft->page = pte_frame(ft->old);
	if (ft->page)
		frame_get(ft->page);
	spin_unlock(&ft->mm->pt_lock);
	return ft->page;
}

/* The private page is written: a copy of it, or of zeros. Its frame stays where it is meanwhile. */
static int
cow_copy(struct fault *ft)
{
	struct frame *old = pte_frame(ft->old), *f;
	u64 bits = pte_prot(ft->area->flags) | PTE_ANON | PTE_W | PTE_D;

	f = frame_alloc(0, GFP_USER | (ft->old & PTE_SPECIAL ? GFP_ZERO : 0));
	if (!f)
		return -ENOMEM;
	if (!(ft->old & PTE_SPECIAL)) {
		page_copy(frame_va(f), frame_va(old));
		sync_code(ft->area, &f, 1);
	}
	f->flags |= FRAME_ANON;
	if (ft->area->file && !(ft->area->flags & VM_ANON))
		__atomic_fetch_or(&ft->area->flags, VM_ANON, __ATOMIC_RELAXED);
	if (!entry_set(ft, pte_make(frame_pa(f), bits))) {
		frame_put(f);
		return 0;
	}
	mm_tlb_flush(ft->mm, ft->addr, ft->addr + PAGE_SIZE);
	mem_stat_add(MEM_ANON, 1);
	if (!(ft->old & PTE_SPECIAL) && atomic_dec_and_test(&old->refs)) {
		if (old->flags & FRAME_ANON)
			mem_stat_add(MEM_ANON, -1);
		frame_free(old, 0);
	}
	return 0;
}

static int
fault_cow(struct fault *ft)
{
	struct frame *held;
	int err;

	if (cow_reuse(ft))
		return 0;
	/* Reclaim takes pages of files; of others only another thread can let go, when it resolves the same fault. */
	if ((ft->old & PTE_SPECIAL) || (!ft->area->file && atomic_read(&ft->mm->users) == 1))
		return cow_copy(ft);
	if (!hold_page(ft))
		return 0;
	held = ft->page;
	if (ft->old & PTE_ANON)
		ft->page = NULL;	/* it belongs to no file */
	err = cow_copy(ft);
	if (atomic_dec_and_test(&held->refs)) {
		if (held->flags & FRAME_ANON)
			mem_stat_add(MEM_ANON, -1);
		frame_free(held, 0);
	}
	return err;
}

static int
fault_shared_write(struct fault *ft)
{
	bool set;
	int err;

	if (!hold_page(ft))
		return 0;
	err = share_writable(ft, ft->old | PTE_W | PTE_D, &set);
	frame_put(ft->page);
	tlb_flush_local_page(ft->addr);
	return err;
}

/* ---- choosing ---- */

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
	/* Another thread was faster, or this hart remembers that the page was absent. */
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

/* addr lies below the stack a: let it reach down to addr. 0, -EFAULT or -ENOMEM. */
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
