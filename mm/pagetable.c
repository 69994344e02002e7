/*
 * pagetable.c - the entries of the user half of a space's page table: finding, making, changing, taking out.
 *
 *	address   | 38..30: index in the root | 29..21: in a middle table | 20..12: in a last one | 11..0 |
 *
 * Data        Of struct mm: root, three levels of tables (arch/pagetable.h). No entry above the last level is a leaf.
 * Locks       An entry changes under mm->pt_lock [p], by who holds mm->lock, or by rmap.c, which takes file pages
 *             out of any space. (Where no area has a file, mm->lock held for writing is enough.) Tables are taken
 *             out with both. Copies to and from user memory read entries with no lock (usercopy.c): so frames
 *             and tables are let go only after mm_tlb_flush.
 * Invariants  P1  an entry that is not 0 holds a reference to its frame, unless PTE_SPECIAL.
 *             P2  PTE_W only on an anonymous frame with one reference when it was set, or in a
 *                 shared area. A and D are set with R and W: not every hart sets them itself.
 *             P3  a table's struct frame counts in `index` its entries that are not 0; no table below the root is
 *                 left with none.
 * Not here    the tables' pages, and freeing what was taken out: tables.c
 * Further     Privileged ISA, Sv39; docs/memory.md; the lab sv39.
 */
#include "arch/pagetable.h"
#include "mm/internal.h"

/* ---- walking ---- */

/*
 * The last-level entry of user address addr, which may be 0; NULL if a table on the way to it is missing. Reads each
 * entry above once (READ_ONCE): another hart may be adding tables. pte_below() is the table an entry points to.
 */
pte_t *
pt_find(struct mm *mm, u64 addr)
{
	pte_t e = READ_ONCE(mm->root[PT_INDEX(addr, 2)]);

	if (!e)
		return NULL;
	e = READ_ONCE(pte_below(e)[PT_INDEX(addr, 1)]);
	return e ? pte_below(e) + PT_INDEX(addr, 0) : NULL;
}

/*
 * The same, and tables that are missing are made: pt_add_table() puts an empty one below an entry that is 0, counts it
 * in the table that the entry is in, and does nothing if another fault was faster. NULL: out of memory; a table made
 * before that stays, empty: gather_zap() takes it out.
 */
pte_t *
pt_get(struct mm *mm, u64 addr)
{
	pte_t *slot = &mm->root[PT_INDEX(addr, 2)];

	if (unlikely(!READ_ONCE(*slot)) && !pt_add_table(mm, slot))
		return NULL;
	slot = pte_below(READ_ONCE(*slot)) + PT_INDEX(addr, 1);
	if (unlikely(!READ_ONCE(*slot)) && !pt_add_table(mm, slot))
		return NULL;
	return pte_below(READ_ONCE(*slot)) + PT_INDEX(addr, 0);
}

/* ---- changing ---- */

/*
 * Entry e with the permissions of area flags (VM_READ, VM_WRITE, VM_EXEC; pte_prot() has their bits but PTE_W). PTE_W,
 * and PTE_D with it, is only ever taken here, and given by faults: the frame may be shared. With no permission
 * at all PTE_V is off. The rest of e, its frame and its PTE_ANON, stays.
 */
pte_t
pte_protect(pte_t e, u32 flags)
{
	u64 keep = flags & VM_WRITE ? e & (PTE_W | PTE_D) : 0;

	e &= ~(PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D);
	return e | keep | pte_prot(flags);
}

/*
 * Give the pages of [start, end) that are there the permissions of area flags (pte_protect). True if any entry lost
 * one: the caller then flushes what harts remember. Holds pt_lock while it changes a last-level table.
 */
bool
pt_protect(struct mm *mm, u64 start, u64 end, u32 flags)
{
	bool lost = false;
	pte_t *p, e, new;
	u64 stop;

	for (; start < end; start = stop) {
		stop = MIN(PT_BLOCK_END(start, 1), end);
		p = pt_find(mm, start);
		spin_lock(&mm->pt_lock);
		for (u64 va = start; p && va < stop; va += PAGE_SIZE, p++) {
			e = *p;
			if (!e)
				continue;
			new = pte_protect(e, flags);
			lost |= (e & ~new & (PTE_V | PTE_LEAF)) != 0;
			*p = new;
		}
		spin_unlock(&mm->pt_lock);
	}
	return lost;
}

/* ---- taking out ---- */

/*
 * Take out the entries of [start, end), all inside one last-level table; p: the entry of start. Under pt_lock, which
 * gather_flush() must not be called with. Each goes into g: its page by gather_range(), what it held by
 * gather_entry(), for which there is room in g->frames up to GATHER_MAX. The table's count goes down with them.
 */
void
gather_zap_table(struct gather *g, pte_t *p, u64 start, u64 end)
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
		*p = 0;
		left--;
		gather_range(g, start, start + PAGE_SIZE);
		gather_entry(g, e);
	}
	table->index = left;
	spin_unlock(&g->mm->pt_lock);
}

/*
 * Take out every entry of [start, end), and with gather_table() each table that is then empty, the lower one first;
 * also one that was empty before, for pt_get() may have run out of memory. Steps over blocks that have no table.
 */
void
gather_zap(struct gather *g, u64 start, u64 end)
{
	pte_t *root, *mid;
	u64 stop;

	for (; start < end; start = stop) {
		root = &g->mm->root[PT_INDEX(start, 2)];
		if (!*root) {
			stop = PT_BLOCK_END(start, 2);
			continue;
		}
		stop = MIN(PT_BLOCK_END(start, 1), end);
		mid = pte_below(*root) + PT_INDEX(start, 1);
		if (*mid) {
			gather_zap_table(g, pte_below(*mid) + PT_INDEX(start, 0), start, stop);
			if (pte_frame(*mid)->index == 0)
				gather_table(g, mid, start);
		}
		if (pte_table(mid)->index == 0)
			gather_table(g, root, start);
	}
}
