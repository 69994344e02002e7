/*
 * rmap.c - from a page of a file to the page tables that map it.
 *
 * Each mapping lists the areas that map the file, in whatever address space. So a page is found by arithmetic: the
 * area says at which address page `index` would be, and the page table whether it is there.
 *
 *	truncation, reclaim	mapping_unmap: the entries go, and only then the frames
 *	write-back		mapping_clean_page: entries lose W, so that the next write is noticed
 *
 * Locks       mapping->areas_lock: the list, and start, end, pgoff of the areas on it (area.c changes them with both
 *             it and mm->lock). It keeps the address spaces alive, too: they take their areas off before they go.
 *             Then pt_lock, for entries: mm->lock is not needed, and not held, here. Who changes entries of a
 *             space with a file in it, or frees a table, does so under pt_lock.
 *             Order: mm->lock, a page's lock, areas_lock, pt_lock.
 * Invariants  P1 and P2 of pagetable.c.
 */
#include "abi/memfd.h"
#include "arch/pagetable.h"
#include "fs/vfs.h"
#include "mm/internal.h"
#include "mm/pagecache_private.h"

#define ZAP_MAX		32		/* entries taken out with one flush */

void
mapping_add_area_locked(struct mapping *m, struct area *a)
{
	list_push_back(&m->areas, &a->map_link);
	a->writable = (a->flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE);
	if (a->writable)
		atomic_inc(&m->writable);
}

void
mapping_add_area(struct mapping *m, struct area *a)
{
	mutex_lock(&m->areas_lock);
	/* Who seals the file has looked for writable mappings before this one was there to be seen. */
	if (unlikely(m->inode->seals & F_SEAL_WRITE) && (a->flags & VM_SHARED))
		a->flags &= ~(VM_WRITE | VM_MAYWRITE);
	mapping_add_area_locked(m, a);
	mutex_unlock(&m->areas_lock);
}

void
mapping_remove_area(struct mapping *m, struct area *a)
{
	mutex_lock(&m->areas_lock);
	list_remove(&a->map_link);
	mutex_unlock(&m->areas_lock);
}

/* The part of a that maps pages [first, last]: false if there is none. */
static bool
area_part(const struct area *a, u64 first, u64 last, u64 *start, u64 *end)
{
	u64 n = (a->end - a->start) >> PAGE_SHIFT, from, to;

	if (last < a->pgoff || first >= a->pgoff + n)
		return false;
	from = MAX(first, a->pgoff) - a->pgoff;
	to = MIN(last - a->pgoff, n - 1) + 1;
	*start = a->start + (from << PAGE_SHIFT);
	*end = a->start + (to << PAGE_SHIFT);
	return true;
}

/* ---- taking pages out ---- */

struct zap {
	struct mm *mm;
	u64	start, end;		/* what to flush */
	uint	n;
	struct frame *frames[ZAP_MAX];
};

/* No hart reaches them any more: let the frames go. */
static void
zap_finish(struct zap *z)
{
	struct frame *f;

	if (!z->n)
		return;
	mm_tlb_flush(z->mm, z->start, z->end);
	for (uint i = 0; i < z->n; i++) {
		f = z->frames[i];
		if (!atomic_dec_and_test(&f->refs))
			continue;
		if (f->flags & FRAME_ANON)
			mem_stat_add(MEM_ANON, -1);
		frame_free(f, 0);
	}
	z->n = 0;
}

/* Take out [start, end), inside one last-level table: until there is no more room in z. Where to go on. */
static u64
zap_table(struct zap *z, u64 start, u64 end, bool copies)
{
	struct mm *mm = z->mm;
	pte_t *p, e;

	spin_lock(&mm->pt_lock);
	p = pt_find(mm, start);
	for (; p && start < end && z->n < ZAP_MAX; start += PAGE_SIZE, p++) {
		e = *p;
		if (!e || (e & PTE_SPECIAL) || ((e & PTE_ANON) && !copies))
			continue;
		*p = 0;
		pte_table(p)->index--;
		if (e & PTE_ANON)
			mm->rss_anon--;
		else
			mm->rss_file--;
		if (!z->n)
			z->start = start;
		z->end = start + PAGE_SIZE;
		z->frames[z->n++] = pte_frame(e);
	}
	spin_unlock(&mm->pt_lock);
	return p ? start : end;
}

static void
area_zap(struct area *a, u64 start, u64 end, bool copies)
{
	struct zap z = { .mm = a->mm };
	u64 stop;

	while (start < end) {
		stop = MIN(ALIGN_DOWN(start, PT_SIZE(1)) + PT_SIZE(1), end);
		start = zap_table(&z, start, stop, copies);
		if (z.n == ZAP_MAX || start >= end)
			zap_finish(&z);
	}
}

static void
unmap(struct mapping *m, u64 first, u64 last, bool copies, bool locked)
{
	u64 start, end;
	struct area *a;

	mutex_lock(&m->areas_lock);
	list_for_each(a, &m->areas, map_link)
		if ((locked || !(a->flags & VM_LOCKED)) && area_part(a, first, last, &start, &end))
			area_zap(a, start, end, copies && !(a->flags & VM_SHARED));
	mutex_unlock(&m->areas_lock);
}

void
mapping_unmap(struct mapping *m, u64 first, u64 last, bool copies)
{
	if (!list_empty(&m->areas))
		unmap(m, first, last, copies, true);
}

void
mapping_unmap_page(struct mapping *m, u64 index)
{
	unmap(m, index, index, false, false);
}

/* ---- taking write permission ---- */

/* a's entry at addr, if it maps f writable, loses the permission. */
static bool
entry_clean(struct area *a, u64 addr, const struct frame *f)
{
	struct mm *mm = a->mm;
	bool was = false;
	pte_t *p;

	spin_lock(&mm->pt_lock);
	p = pt_find(mm, addr);
	if (p && (*p & PTE_W) && !(*p & (PTE_ANON | PTE_SPECIAL)) && pte_frame(*p) == f) {
		*p &= ~(pte_t)(PTE_W | PTE_D);
		was = true;
	}
	spin_unlock(&mm->pt_lock);
	if (was)
		mm_tlb_flush(mm, addr, addr + PAGE_SIZE);
	return was;
}

bool
mapping_clean_page(struct mapping *m, struct frame *f)
{
	u64 start, end;
	struct area *a;
	bool was = false;

	mutex_lock(&m->areas_lock);
	list_for_each(a, &m->areas, map_link)
		if ((a->flags & VM_SHARED) && area_part(a, f->index, f->index, &start, &end))
			was |= entry_clean(a, start, f);
	mutex_unlock(&m->areas_lock);
	return was;
}
