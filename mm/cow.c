/*
 * cow.c - pages of no file: made when they are touched, shared at fork, copied when one of the sharers writes.
 *
 *	        fault_anon_read               cow_copy                         cow_share
 *	 0 ----------------------> zero frame ---------> frame of one's own -------------> frame of several,
 *	 |                                                 ^    ^      ^                   without PTE_W
 *	 +--------------- fault_anon_write ----------------+    |      |                       |   |
 *	                                                        |      +-- cow_copy, a copy ---+   |
 *	                                                        +--------- cow_reuse, the last ----+
 *
 * Data        frame->refs: how many entries have the frame, and who looks at it just now. PTE_ANON: an entry with such
 *             a frame. PTE_SPECIAL: the frame is not counted; here that is zero_frame, of which there is one.
 * Locks       mm->lock: a fault holds it for reading, fork for writing. mm->pt_lock around each change of an entry.
 * Invariants  P1 and P2 of pagetable.c.
 *             C1  if an entry has PTE_ANON and PTE_W, no other entry has its frame.
 * Not here    which case a fault is (fault.c); pages of files, until a private one is written (fault_file.c).
 */
#include "abi/errno.h"
#include "mm/fault.h"

/* An entry less has f. Who takes the last away frees it. */
static void
page_put(struct frame *f)
{
	if (!atomic_dec_and_test(&f->refs))
		return;
	if (f->flags & FRAME_ANON)
		mem_stat_add(MEM_ANON, -1);
	frame_free(f, 0);
}

/*
 * Let the program have f, new and filled, in place of ft->old; writable if the area is. Takes over the reference.
 * False: another thread was faster, the entry is no longer ft->old; f is given back.
 */
bool
install_anon(struct fault *ft, struct frame *f)
{
	struct area *a = ft->area;
	u64 bits = pte_prot(a->flags) | PTE_ANON;

	if (a->flags & VM_WRITE)
		bits |= PTE_W | PTE_D;
	if (a->file && !(a->flags & VM_ANON))
		__atomic_fetch_or(&a->flags, VM_ANON, __ATOMIC_RELAXED);
	f->flags |= FRAME_ANON;
	if (unlikely(!entry_set(ft, pte_make(frame_pa(f), bits)))) {
		frame_put(f);
		return false;
	}
	mem_stat_add(MEM_ANON, 1);
	return true;
}

/* A page that nobody has touched yet is written: a frame of zeros. 0 or -ENOMEM. */
int
fault_anon_write(struct fault *ft)
{
	struct frame *f = frame_alloc(0, GFP_USER | GFP_ZERO);

	if (!f)
		return -ENOMEM;
	install_anon(ft, f);
	return 0;
}

/*
 * A page that nobody has touched yet is read: map zero_frame, as the area allows but without PTE_W, and PTE_SPECIAL:
 * it is everybody's, and never counted. If entry_set says that another thread was faster, that is as good. 0.
 */
int
fault_anon_read(struct fault *ft)
{
	entry_set(ft, pte_make(frame_pa(zero_frame), pte_prot(ft->area->flags) | PTE_SPECIAL));
	return 0;
}

/*
 * fork: from is the parent's entry of address start, to the child's, which is 0; those up to end follow, all inside one
 * table. Each frame with PTE_ANON becomes the child's too: no entry of it may be written any more (PTE_W, PTE_D), and
 * it is counted once more (frame_get). Other entries are left out: a fault finds those again. Returns how many are
 * shared now; *changed is set if the parent lost PTE_W somewhere, and left alone otherwise: the caller then flushes.
 */
uint
cow_share(pte_t *from, pte_t *to, u64 start, u64 end, bool *changed)
{
	u64 left = pte_table(from)->index, lost = 0;
	uint shared = 0;
	pte_t e;

	for (; start < end && left; start += PAGE_SIZE, from++, to++) {
		e = *from;
		if (!e)
			continue;
		left--;
		if (!(e & PTE_ANON))
			continue;
		if (e & PTE_W) {
			e &= ~(PTE_W | PTE_D);
			*from = e;
			lost = 1;
		}
		frame_get(pte_frame(e));
		*to = e;
		shared++;
	}
	if (lost)
		*changed = true;
	return shared;
}

/*
 * ft->old is written, and lacks PTE_W. If it has a frame of the program's own (PTE_ANON) that no other entry has, the
 * program may simply write again: set the bits (PTE_W, PTE_D), make this hart forget the old entry
 * (tlb_flush_local_page), true. False: somebody has it too. Only a fork could add a reference, and that waits for
 * mm->lock.
 */
static bool
cow_reuse(struct fault *ft)
{
	if (!(ft->old & PTE_ANON) || atomic_read(&pte_frame(ft->old)->refs) != 1)
		return false;
	entry_set(ft, ft->old | PTE_W | PTE_D);
	tlb_flush_local_page(ft->addr);
	return true;
}

/*
 * ft->old is written, lacks PTE_W, and its frame is not the program's alone: give the program a copy (page_copy,
 * sync_code), or new zeros for PTE_SPECIAL (GFP_ZERO). Once it is installed (install_anon), no hart may go on with the
 * old translation (mm_tlb_flush), and after that the old frame, unless PTE_SPECIAL, has an entry less (page_put). It
 * stays where it is meanwhile. 0, also if another thread was faster, or -ENOMEM.
 */
static int
cow_copy(struct fault *ft)
{
	struct frame *old = pte_frame(ft->old), *f;
	bool zeros = ft->old & PTE_SPECIAL;

	f = frame_alloc(0, GFP_USER | (zeros ? GFP_ZERO : 0));
	if (!f)
		return -ENOMEM;
	if (!zeros) {
		page_copy(frame_va(f), frame_va(old));
		sync_code(ft->area, &f, 1);
	}
	if (!install_anon(ft, f))
		return 0;
	mm_tlb_flush(ft->mm, ft->addr, ft->addr + PAGE_SIZE);
	if (!zeros)
		page_put(old);
	return 0;
}

int
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
	page_put(held);
	return err;
}
