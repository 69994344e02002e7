/*
 * pagetable.c - the user half of a space's page table: its pages, finding an entry, taking entries out.
 *
 * Data        A table's struct frame counts in `index` its entries that are not 0. A table whose
 *             last entry is taken out is all zero: it goes back to the cpu's list of clean tables
 *             and need not be cleared for its next use.
 * Locks       An entry changes under mm->pt_lock [p], by who holds mm->lock, or by rmap.c, which takes file pages
 *             out of any space. (Where no area has a file, mm->lock held for writing is enough.) Tables are taken
 *             out with both. Copies to and from user memory read entries with no lock (usercopy.c): so frames
 *             and tables are let go only after mm_tlb_flush.
 * Invariants  P1  an entry that is not 0 holds a reference to its frame, unless PTE_SPECIAL.
 *             P2  PTE_W only on an anonymous frame with one reference when it was set, or in a
 *                 shared area. A and D are set with R and W: not every hart sets them itself.
 * Further     Privileged ISA, Sv39; docs/memory.md.
 */
#include "arch/irqflags.h"
#include "arch/pagetable.h"
#include "mm/internal.h"

#define CLEAN_MAX	32
#define ROOTS_MAX	8

/* Per cpu, interrupts off: tables that are all zero, and roots that hold only the kernel half. */
static struct clean {
	uint	ntables, nroots;
	struct frame *tables[CLEAN_MAX];
	void	*roots[ROOTS_MAX];
} clean[MAX_CPUS];

/* ---- pages ---- */

static struct frame *
table_alloc(void)
{
	struct clean *c;
	struct frame *f;
	ulong flags;

	if (alloc_should_fail(0))
		return NULL;
	flags = irq_save();
	c = &clean[current->cpu];
	f = c->ntables ? c->tables[--c->ntables] : NULL;
	irq_restore(flags);
	if (!f)
		f = frame_alloc(0, GFP_ZERO | GFP_NOFAIL_INJECT);
	if (f)
		f->index = 0;
	return f;
}

/* f must be all zero. */
static void
table_free(struct frame *f)
{
	ulong flags = irq_save();
	struct clean *c = &clean[current->cpu];

	if (c->ntables < CLEAN_MAX) {
		c->tables[c->ntables++] = f;
		f = NULL;
	}
	irq_restore(flags);
	if (f)
		frame_free(f, 0);
}

void *
pt_root_alloc(void)
{
	struct clean *c;
	ulong flags;
	void *root;

	if (alloc_should_fail(0))
		return NULL;
	flags = irq_save();
	c = &clean[current->cpu];
	root = c->nroots ? c->roots[--c->nroots] : NULL;
	irq_restore(flags);
	if (!root && (root = page_alloc(GFP_ZERO | GFP_NOFAIL_INJECT)))
		pagetable_init_root(root);
	if (root) {
		pte_table(root)->index = 0;
		mem_stat_add(MEM_PAGETABLES, 1);
	}
	return root;
}

void
pt_root_free(void *root)
{
	ulong flags = irq_save();
	struct clean *c = &clean[current->cpu];

	mem_stat_add(MEM_PAGETABLES, -1);
	if (c->nroots < ROOTS_MAX) {
		c->roots[c->nroots++] = root;
		root = NULL;
	}
	irq_restore(flags);
	if (root)
		page_free(root);
}

/* ---- walking ---- */

static inline pte_t *
table_of(pte_t e)
{
	return phys_to_virt(pte_pa(e));
}

pte_t *
pt_find(struct mm *mm, u64 addr)
{
	pte_t e = READ_ONCE(mm->root[PT_INDEX(addr, 2)]);

	if (!e)
		return NULL;
	e = READ_ONCE(table_of(e)[PT_INDEX(addr, 1)]);
	return e ? table_of(e) + PT_INDEX(addr, 0) : NULL;
}

/* Put a new table below slot, unless another fault was faster. False if out of memory. */
static NOINLINE bool
table_install(struct mm *mm, pte_t *slot)
{
	struct frame *f = table_alloc();
	pte_t e;

	if (!f)
		return false;
	e = pte_make(frame_pa(f), PTE_V);
	spin_lock(&mm->pt_lock);
	if (!*slot) {
		/* The table's zeros are visible before the table is. */
		smp_store_release(slot, e);
		pte_table(slot)->index++;
		mm->pt_pages++;
		f = NULL;
	}
	spin_unlock(&mm->pt_lock);
	if (f)
		table_free(f);
	else
		mem_stat_add(MEM_PAGETABLES, 1);
	return true;
}

pte_t *
pt_get(struct mm *mm, u64 addr)
{
	pte_t *slot = &mm->root[PT_INDEX(addr, 2)];

	if (unlikely(!READ_ONCE(*slot)) && !table_install(mm, slot))
		return NULL;
	slot = table_of(READ_ONCE(*slot)) + PT_INDEX(addr, 1);
	if (unlikely(!READ_ONCE(*slot)) && !table_install(mm, slot))
		return NULL;
	return table_of(READ_ONCE(*slot)) + PT_INDEX(addr, 0);
}

/* ---- taking out ---- */

void
gather_init(struct gather *g, struct mm *mm)
{
	g->mm = mm;
	g->start = ~0UL;
	g->end = 0;
	g->nframes = g->ntables = 0;
	g->anon = g->file = 0;
}

/* Let go of what was gathered, once no hart and no copy can reach it any more. */
static void
gather_flush(struct gather *g)
{
	struct frame *f;
	long anon = 0;

	if (g->start > g->end)
		return;
	mm_tlb_flush(g->mm, g->start, g->end);
	for (uint i = 0; i < g->nframes; i++) {
		f = g->frames[i];
		if (!atomic_dec_and_test(&f->refs))
			continue;
		anon += (f->flags & FRAME_ANON) != 0;
		frame_free(f, 0);
	}
	if (anon)
		mem_stat_add(MEM_ANON, -anon);
	for (uint i = 0; i < g->ntables; i++)
		table_free(g->tables[i]);
	if (g->ntables) {
		g->mm->pt_pages -= g->ntables;
		mem_stat_add(MEM_PAGETABLES, -(long)g->ntables);
	}
	g->nframes = g->ntables = 0;
	g->start = ~0UL;
	g->end = 0;
}

void
gather_finish(struct gather *g)
{
	gather_flush(g);
	if (!g->anon && !g->file)
		return;
	spin_lock(&g->mm->pt_lock);
	g->mm->rss_anon -= g->anon;
	g->mm->rss_file -= g->file;
	spin_unlock(&g->mm->pt_lock);
}

/* The table below *slot is empty: take it out. Room for two tables was made. */
static void
gather_table(struct gather *g, pte_t *slot)
{
	g->tables[g->ntables++] = pte_frame(*slot);
	spin_lock(&g->mm->pt_lock);
	*slot = 0;
	pte_table(slot)->index--;
	spin_unlock(&g->mm->pt_lock);
}

/* Take out [start, end), inside one last-level table. */
static void
zap_table(struct gather *g, pte_t *p, u64 start, u64 end)
{
	struct frame *table = pte_table(p);
	u64 left;
	pte_t e;

	spin_lock(&g->mm->pt_lock);
	left = table->index;
	for (; start < end && left; start += PAGE_SIZE, p++) {
		e = *p;
		if (!e)
			continue;
		if (g->nframes == GATHER_MAX) {
			table->index = left;
			spin_unlock(&g->mm->pt_lock);
			gather_flush(g);
			spin_lock(&g->mm->pt_lock);
			left = table->index;
			e = *p;
			if (!e)
				continue;
		}
		g->start = MIN(g->start, start);
		g->end = MAX(g->end, start + PAGE_SIZE);
		*p = 0;
		left--;
		if (e & PTE_SPECIAL)
			continue;
		if (e & PTE_ANON)
			g->anon++;
		else
			g->file++;
		g->frames[g->nframes++] = pte_frame(e);
	}
	table->index = left;
	spin_unlock(&g->mm->pt_lock);
}

void
gather_zap(struct gather *g, u64 start, u64 end)
{
	pte_t *root, *mid;
	u64 stop;

	for (; start < end; start = stop) {
		root = &g->mm->root[PT_INDEX(start, 2)];
		if (!*root) {
			stop = ALIGN_DOWN(start, PT_SIZE(2)) + PT_SIZE(2);
			continue;
		}
		stop = MIN(ALIGN_DOWN(start, PT_SIZE(1)) + PT_SIZE(1), end);
		mid = table_of(*root) + PT_INDEX(start, 1);
		/* Where pt_get found memory for one table but not for the next, the first is empty. */
		if (!*mid && pte_table(mid)->index)
			continue;
		if (g->ntables > GATHER_MAX - 2)
			gather_flush(g);
		if (*mid) {
			zap_table(g, table_of(*mid) + PT_INDEX(start, 0), start, stop);
			if (pte_frame(*mid)->index)
				continue;
		}
		g->start = MIN(g->start, start);
		g->end = MAX(g->end, stop);
		if (*mid)
			gather_table(g, mid);
		if (pte_table(mid)->index == 0)
			gather_table(g, root);
	}
}
