/*
 * usage.c - how much memory an address space and its areas use, for /proc.
 *
 * A page that several map counts for each with its share (pss). An anonymous page's holders are its references; a
 * file's page has one more, its place in the file.
 *
 * Locks       mm->lock for reading, and pt_lock for one table's entries at a time.
 */
#include "mm/internal.h"

void
mm_usage(struct mm *mm, struct mm_usage *out)
{
	out->size = mm->total_pages;
	out->rss = mm->rss_anon + mm->rss_file;
	out->shared = mm->rss_file;
	out->text = PAGE_ALIGN(mm->end_code - ALIGN_DOWN(mm->start_code, PAGE_SIZE)) >> PAGE_SHIFT;
	out->data = mm->data_pages;
	out->stack = mm->stack_pages;
	out->pt = mm->pt_pages;
}

static void
count_page(struct area_usage *u, const struct area *a, pte_t e)
{
	const struct frame *f = pte_frame(e);
	bool anon = e & PTE_ANON, dirty = anon || (f->flags & FRAME_DIRTY);
	int holders = MAX(atomic_read(&f->refs) - !anon, 1);

	u->rss++;
	u->anon += anon;
	u->pss += (PAGE_SIZE << PSS_SHIFT) / holders;
	if (dirty)
		u->pss_dirty += (PAGE_SIZE << PSS_SHIFT) / holders;
	if (a->flags & VM_LOCKED)
		u->pss_locked += (PAGE_SIZE << PSS_SHIFT) / holders;
	if (holders > 1)
		*(dirty ? &u->shared_dirty : &u->shared_clean) += 1;
	else
		*(dirty ? &u->private_dirty : &u->private_clean) += 1;
}

void
area_usage(struct mm *mm, const struct area *a, struct area_usage *u)
{
	u64 stop;
	pte_t *p;

	for (u64 va = a->start; va < a->end; va = stop) {
		stop = MIN(ALIGN_DOWN(va, PT_SIZE(1)) + PT_SIZE(1), a->end);
		p = pt_find(mm, va);
		if (!p)
			continue;
		spin_lock(&mm->pt_lock);
		for (; va < stop; va += PAGE_SIZE, p++)
			if (*p && !(*p & PTE_SPECIAL))
				count_page(u, a, *p);
		spin_unlock(&mm->pt_lock);
	}
}
