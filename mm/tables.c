/*
 * tables.c - the pages that page tables are made of, and what was taken out of one until no hart can reach it.
 *
 * Data        clean: per cpu, tables that are all zero and roots with only the kernel half. A table whose last entry
 *             is taken out is all zero: it need not be cleared for its next use.
 *             struct gather (internal.h): frames and tables taken out, freed together after one flush.
 * Locks       clean is its cpu's own, interrupts off. A table is put in under mm->pt_lock.
 * Invariants  T1  a table's struct frame counts in `index` its entries that are not 0.
 * Not here    finding, changing and taking out entries: pagetable.c
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

bool
pt_add_table(struct mm *mm, pte_t *slot)
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

/* ---- what was taken out ---- */

void
gather_init(struct gather *g, struct mm *mm)
{
	g->mm = mm;
	g->start = ~0UL;
	g->end = 0;
	g->nframes = g->ntables = 0;
	g->anon = g->file = 0;
}

void
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

void
gather_table(struct gather *g, pte_t *slot, u64 addr)
{
	if (g->ntables == GATHER_MAX)
		gather_flush(g);
	g->tables[g->ntables++] = pte_frame(*slot);
	/* A flush of few pages forgets last-level entries only: this range is longer, so that all is forgotten. */
	gather_range(g, ALIGN_DOWN(addr, PT_SIZE(1)), ALIGN_DOWN(addr, PT_SIZE(1)) + PT_SIZE(1));
	spin_lock(&g->mm->pt_lock);
	*slot = 0;
	pte_table(slot)->index--;
	spin_unlock(&g->mm->pt_lock);
}
