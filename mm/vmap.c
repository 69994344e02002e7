/*
 * vmap.c - kernel address ranges mapped page by page: stacks with guard pages, device registers,
 *          and buffers larger than the buddy's blocks.
 *
 *	| guard | page | page | ... | page | guard |      a region, with both guards
 *
 * Data        regions: an rbtree by address of what is taken. The search for a free place goes on
 *             where the last one ended, so that it is usually one step.
 * Locks       vmap_lock [v], rank VMAP, interrupts off: the tree and the page tables.
 * Invariants  V1  regions do not overlap; the first and last page of each are never mapped.
 *             V2  root entries are kernelmap_init's and never change; lower tables are never freed.
 * Further     docs/memory.md.
 */
#include "mm/vmap.h"

#include "abi/errno.h"
#include "arch/cpu.h"
#include "arch/pagetable.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "lib/rbtree.h"
#include "mm/internal.h"
#include "mm/slab.h"

struct region {			/* Guarded by: v vmap_lock  i immutable */
	struct rb_node node;		/* [v] */
	vaddr_t	start, end;		/* [i] with guards */
	ulong	pages;			/* [i] mapped between them */
	bool	io;			/* [i] device registers: no frames to free */
};

static struct spinlock vmap_lock = SPINLOCK_INIT(RANK_VMAP);
static struct rb_root regions;		/* [v] */
static vaddr_t search_from = VMAP_BASE;	/* [v] */
static struct slab_cache *region_cache;

/* ---- page tables ---- */

/* The last-level entry of va; NULL if its table is missing (find) or cannot be made (get). */
static pte_t *
vmap_pte(vaddr_t va, bool make) MUST_HOLD(vmap_lock)
{
	pte_t *e = &kernel_root[PT_INDEX(va, 2)];
	void *table;

	assert_held(&vmap_lock);
	for (int level = 1; level >= 0; level--) {
		if (!pte_present(*e)) {
			table = make ? page_alloc(GFP_ATOMIC | GFP_ZERO) : NULL;
			if (!table)
				return NULL;
			mem_stat_add(MEM_PAGETABLES, 1);
			*e = pte_make(virt_to_phys(table), PTE_V);
		}
		e = (pte_t *)phys_to_virt(pte_pa(*e)) + PT_INDEX(va, level);
	}
	return e;
}

/* Every hart forgets [start, end): also what it remembers as absent. */
static void
vmap_flush(vaddr_t start, vaddr_t end)
{
	cpumask_t others;

	preempt_disable();
	tlb_flush_local();
	others = cpus_online & ~BIT(current->cpu);
	if (others)
		tlb_flush_remote(others, start, end - start);
	preempt_enable();
}

/* ---- regions ---- */

/* How much of the address space a region of so many pages takes: with a guard page at each end. */
static u64
region_size(ulong pages)
{
	return (pages + 2) * PAGE_SIZE;
}

/* Where page i of r is mapped, 0 <= i < r->pages. What r has before page 0 and after the last is never mapped. */
static vaddr_t
region_page(const struct region *r, ulong i)
{
	return r->start + (i + 1) * PAGE_SIZE;
}

/* The region that holds va, or else the first after it; NULL. */
static struct region *
region_from(vaddr_t va) MUST_HOLD(vmap_lock)
{
	struct rb_node *n = regions.node;
	struct region *best = NULL, *r;

	while (n) {
		r = rb_entry(n, struct region, node);
		if (r->end > va) {
			best = r;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

/* First free address at or after `from` with size bytes before the next region; 0: none. */
static vaddr_t
region_gap(vaddr_t from, u64 size) MUST_HOLD(vmap_lock)
{
	struct region *r = region_from(from);
	struct rb_node *n;

	while (r && r->start < from + size) {
		from = r->end;
		n = rb_next(&r->node);
		r = n ? rb_entry(n, struct region, node) : NULL;
	}
	return from + size <= VMAP_BASE + VMAP_SIZE ? from : 0;
}

static void
region_insert(struct region *new) MUST_HOLD(vmap_lock)
{
	struct rb_node **slot = &regions.node, *parent = NULL;

	while (*slot) {
		parent = *slot;
		slot = new->start < rb_entry(parent, struct region, node)->start ? &parent->left : &parent->right;
	}
	rb_insert(&regions, &new->node, parent, slot);
}

/* Take an address range for `pages` pages and two guards; NULL if there is none. */
static struct region *
region_create(ulong pages, bool io)
{
	u64 size = region_size(pages);
	struct region *r;
	ulong flags;

	if (pages == 0 || pages > VMAP_SIZE / PAGE_SIZE)
		return NULL;
	r = slab_alloc(region_cache, GFP_KERNEL);
	if (!r)
		return NULL;
	flags = spin_lock_irqsave(&vmap_lock);
	r->start = region_gap(search_from, size);
	if (!r->start)
		r->start = region_gap(VMAP_BASE, size);
	if (r->start) {
		r->end = r->start + size;
		r->pages = pages;
		r->io = io;
		search_from = r->end;
		region_insert(r);
	}
	spin_unlock_irqrestore(&vmap_lock, flags);
	if (!r->start) {
		slab_free(region_cache, r);
		return NULL;
	}
	return r;
}

/* Unmap r; its frames go on the list *freed, linked by private. */
static void
region_unmap(const struct region *r, struct frame **freed)
{
	ulong flags = spin_lock_irqsave(&vmap_lock);
	struct frame *f;
	pte_t *e;

	for (ulong i = 0; i < r->pages; i++) {
		e = vmap_pte(region_page(r, i), false);
		if (!e || !pte_present(*e))
			continue;
		if (!r->io) {
			f = pa_frame(pte_pa(*e));
			f->private = (u64)*freed;
			*freed = f;
		}
		*e = 0;
	}
	spin_unlock_irqrestore(&vmap_lock, flags);
}

/* Unmap n regions and forget them. Their frames are freed after every hart has forgotten them: one flush for all. */
static void
regions_destroy(struct region **r, uint n)
{
	struct frame *freed = NULL, *f;
	ulong flags;

	for (uint i = 0; i < n; i++)
		region_unmap(r[i], &freed);
	vmap_flush(VMAP_BASE, VMAP_BASE + VMAP_SIZE);
	while ((f = freed)) {
		freed = (struct frame *)f->private;
		f->private = 0;
		frame_free(f, 0);
	}
	for (uint i = 0; i < n; i++) {
		flags = spin_lock_irqsave(&vmap_lock);
		rb_remove(&regions, &r[i]->node);
		spin_unlock_irqrestore(&vmap_lock, flags);
		slab_free(region_cache, r[i]);
	}
}

static void
region_destroy(struct region *r)
{
	regions_destroy(&r, 1);
}

/* Map page i of r. False if there is no memory for a table. */
static bool
region_map(struct region *r, ulong i, paddr_t pa)
{
	ulong flags = spin_lock_irqsave(&vmap_lock);
	pte_t *e = vmap_pte(region_page(r, i), true);

	if (e)
		*e = pte_make(pa, PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_G);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return e;
}

static struct region *
region_at(const volatile void *p)
{
	ulong flags = spin_lock_irqsave(&vmap_lock);
	struct region *r = region_from((vaddr_t)p);

	spin_unlock_irqrestore(&vmap_lock, flags);
	if (!r || ALIGN_DOWN(p, PAGE_SIZE) != region_page(r, 0))
		panic("vmap: %p was never mapped", (const void *)p);
	return r;
}

/* ---- for others ---- */

/* Fresh frames under a new region; other harts may still remember its pages as absent. NULL if out of memory. */
static struct region *
region_fill(ulong pages)
{
	struct region *r = region_create(pages, false);
	struct frame *f;

	if (!r)
		return NULL;
	for (ulong i = 0; i < pages; i++) {
		f = frame_alloc(0, GFP_KERNEL);
		if (!f)
			goto out_destroy;
		if (!region_map(r, i, frame_pa(f))) {
			frame_free(f, 0);
			goto out_destroy;
		}
	}
	return r;
out_destroy:
	region_destroy(r);
	return NULL;
}

uint
vmalloc_many(void **out, uint n, size_t size)
{
	struct region *r;
	uint i;

	for (i = 0; i < n; i++) {
		r = region_fill(PAGE_ALIGN(size) >> PAGE_SHIFT);
		if (!r)
			break;
		out[i] = (void *)region_page(r, 0);
	}
	if (i)
		vmap_flush(VMAP_BASE, VMAP_BASE + VMAP_SIZE);
	return i;
}

void *
vmalloc(size_t size)
{
	void *p;

	return vmalloc_many(&p, 1, size) ? p : NULL;
}

void
vfree_many(void **p, uint n)
{
	struct region *r[VFREE_MAX];

	assert(n <= VFREE_MAX);
	for (uint i = 0; i < n; i++)
		r[i] = region_at(p[i]);
	regions_destroy(r, n);
}

void
vfree(void *p)
{
	if (p)
		vfree_many(&p, 1);
}

volatile void *
ioremap(paddr_t pa, size_t size)
{
	paddr_t first = ALIGN_DOWN(pa, PAGE_SIZE);
	ulong pages = (PAGE_ALIGN(pa + size) - first) >> PAGE_SHIFT;
	struct region *r;

	if (size == 0 || pa + size < pa)
		return NULL;
	r = region_create(pages, true);
	if (!r)
		return NULL;
	for (ulong i = 0; i < pages; i++) {
		if (!region_map(r, i, first + i * PAGE_SIZE)) {
			region_destroy(r);
			return NULL;
		}
	}
	vmap_flush(r->start, r->end);
	return (volatile void *)(region_page(r, 0) + PAGE_OFFSET(pa));
}

void
iounmap(volatile void *p)
{
	if (p)
		region_destroy(region_at(p));
}

bool
vmap_is_guard(vaddr_t va)
{
	struct region *r;
	bool guard;

	/* A panic may come with the lock held: rather no answer than none ever. */
	if (va < VMAP_BASE || va >= VMAP_BASE + VMAP_SIZE || !spin_trylock(&vmap_lock))
		return false;
	r = region_from(va);
	guard = r && va >= r->start && (va < region_page(r, 0) || va >= region_page(r, r->pages));
	spin_unlock(&vmap_lock);
	return guard;
}

void
vmap_init(void)
{
	region_cache = slab_create("vmap_region", sizeof(struct region), 8, NULL);
	mm_init();
}
