/*
 * frame.c - physical page frames: the buddy allocator of each node, and per-cpu lists over it.
 *
 *	frame_alloc(0)		this cpu's stack of single frames: no lock
 *	  empty: node_alloc	one block of up to 32 frames from the node's buddy lists
 *	    empty: node_online	the next 128 MiB of the node's memory gets its metadata
 *
 * Data        frames[]: one struct frame per frame of the span of RAM, in chunks of the largest
 *             block. A chunk that is all free RAM needs only its head's metadata: splitting a
 *             block writes the metadata of the upper half's head.
 * Locks       node->lock [n], rank FRAMES. The per-cpu stacks: this cpu, interrupts off [c].
 * Invariants  F1  a free block of order k starts at a multiple of 2^k and has FRAME_BUDDY and
 *                 order k in its head; its buddy is not a free block of order k.
 *             F2  the head of every block, free or not, has FRAME_ONLINE; so has every frame of
 *                 a chunk that is not all RAM.
 *             F3  a free frame has refs 0, owner NULL and no flags but FRAME_ONLINE and FRAME_BUDDY.
 * Further     Knuth, The Art of Computer Programming, 2.5; docs/memory.md.
 */
#include "mm/frame.h"

#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "lib/fdt_machine.h"
#include "lib/string.h"
#include "mm/bootmem.h"
#include "mm/internal.h"
#include "mm/kasan.h"
#include "mm/pagecache.h"

#define CHUNK		(1UL << MAX_ORDER)	/* frames in the largest block */
#define SECTION_CHUNKS	32			/* brought online at once: 128 MiB */
#define CPU_MAX		128			/* single frames a cpu keeps */
#define CPU_BATCH_ORDER	5			/* 32 at a time from the buddy */
#define CPU_BATCH	(1U << CPU_BATCH_ORDER)

struct node {			/* Guarded by: n lock */
	struct spinlock lock;
	struct list free[MAX_ORDER + 1];	/* [n] blocks by order (F1) */
	u64	nfree;				/* [n] frames on them */
	u64	online;				/* [n] frames that ever were */
	u64	next_chunk;			/* [n] pfn: chunks from here on are not yet online */
} ALIGNED(64);

struct cpu_frames {		/* Guarded by: c this cpu, interrupts off */
	uint	n;				/* [c] */
	u32	node;				/* where this cpu allocates first */
	struct frame *stack[CPU_MAX];		/* [c] */
	long	stats[MEM_NSTATS];		/* [a] this cpu's share of mem_stat_add */
} ALIGNED(64);

struct frame *frames;
u64 frames_base, frames_end;
struct frame *zero_frame;

static struct node nodes[MAX_NODES];
static int nnodes = 1;
static struct cpu_frames cpu_frames[MAX_CPUS];
static u64 frames_total;		/* allocatable, online or not; grows once, when the initrd is given back */
static u64 user_reserve;		/* [i] frames that user pages leave alone */
static u64 reclaim_below;		/* [i] with fewer free frames, reclaim's thread works */

/* ---- whole pages; volatile, or the compiler makes calls of the loops ---- */

NO_KASAN void
page_clear(void *va)
{
	volatile u64 *p = va, *end = p + PAGE_SIZE / 8;

	kasan_check(va, PAGE_SIZE, true);
	do {
		p[0] = 0; p[1] = 0; p[2] = 0; p[3] = 0;
		p[4] = 0; p[5] = 0; p[6] = 0; p[7] = 0;
		p[8] = 0; p[9] = 0; p[10] = 0; p[11] = 0;
		p[12] = 0; p[13] = 0; p[14] = 0; p[15] = 0;
		p[16] = 0; p[17] = 0; p[18] = 0; p[19] = 0;
		p[20] = 0; p[21] = 0; p[22] = 0; p[23] = 0;
		p[24] = 0; p[25] = 0; p[26] = 0; p[27] = 0;
		p[28] = 0; p[29] = 0; p[30] = 0; p[31] = 0;
		p += 32;
	} while (p != end);
}

NO_KASAN void
page_copy(void *dst, const void *src)
{
	volatile u64 *d = dst, *end = d + PAGE_SIZE / 8;
	const volatile u64 *s = src;
	u64 a, b, c, e, f, g, h, i;

	kasan_check(src, PAGE_SIZE, false);
	kasan_check(dst, PAGE_SIZE, true);
#define COPY8(k) do {								\
		a = s[k]; b = s[k + 1]; c = s[k + 2]; e = s[k + 3];		\
		f = s[k + 4]; g = s[k + 5]; h = s[k + 6]; i = s[k + 7];		\
		d[k] = a; d[k + 1] = b; d[k + 2] = c; d[k + 3] = e;		\
		d[k + 4] = f; d[k + 5] = g; d[k + 6] = h; d[k + 7] = i;		\
	} while (0)
	do {
		COPY8(0);
		COPY8(8);
		COPY8(16);
		COPY8(24);
		d += 32;
		s += 32;
	} while (d != end);
#undef COPY8
}

/* ---- failure injection ---- */

#ifdef DEBUG
/* /proc/PID/fail-nth has set the count. */
bool
alloc_should_fail(uint gfp)
{
	struct task *t = current;

	if (likely(!t->fail_nth) || (gfp & GFP_NOFAIL_INJECT))
		return false;
	return --t->fail_nth == 0;
}
#endif

/* ---- the poison of free frames ---- */

#ifdef DEBUG
#define POISON		0xdbdbdbdbdbdbdbdbUL
#define POISON_WORDS	64

static NO_KASAN void
poison_set(struct frame *f)
{
	u64 *p = frame_va(f);

	for (uint i = 0; i < POISON_WORDS; i++)
		p[i] = POISON;
	f->private = POISON;
}

/* Only blocks of one frame that were freed as such carry poison; private says so. */
static NO_KASAN void
poison_check(struct frame *f)
{
	const u64 *p = frame_va(f);

	if (f->private != POISON)
		return;
	for (uint i = 0; i < POISON_WORDS; i++)
		if (p[i] != POISON)
			panic("frame %#lx was written after it was freed: word %u is %#lx", frame_pa(f), i, p[i]);
	f->private = 0;
}
#else
static inline void poison_set(struct frame *f) { }
static inline void poison_check(struct frame *f) { }
#endif

/* ---- one node's buddy lists ---- */

static void
block_make(struct frame *f, uint order, u32 node)
{
	atomic_set(&f->refs, 0);
	f->flags = FRAME_ONLINE;
	f->order = order;
	f->node = node;
	f->owner = NULL;
	f->private = 0;
}

static void
block_push(struct node *node, struct frame *f, uint order) MUST_HOLD(node->lock)
{
	f->flags = FRAME_ONLINE | FRAME_BUDDY;
	f->order = order;
	list_push_front(&node->free[order], &f->link);
}

/* Give back a block whose metadata is as block_make left it; joins it with its buddies (F1). */
static void
buddy_free(struct node *node, struct frame *f, uint order) MUST_HOLD(node->lock)
{
	struct frame *b;

	assert_held(&node->lock);
	node->nfree += 1UL << order;
	while (order < MAX_ORDER) {
		b = &frames[(f - frames) ^ (1L << order)];
		if (!(b->flags & FRAME_BUDDY) || b->order != order)
			break;
		list_remove(&b->link);
		b->flags = FRAME_ONLINE;
		if (b < f)
			f = b;
		order++;
	}
	block_push(node, f, order);
}

/* A block of exactly that order, or NULL. */
static struct frame *
buddy_alloc(struct node *node, uint order) MUST_HOLD(node->lock)
{
	struct frame *f;
	uint k = order;

	assert_held(&node->lock);
	while (list_empty(&node->free[k]))
		if (++k > MAX_ORDER)
			return NULL;
	f = list_first(&node->free[k], struct frame, link);
	list_remove(&f->link);
	while (k > order) {
		k--;
		block_make(f + (1UL << k), k, f->node);
		block_push(node, f + (1UL << k), k);
	}
	f->flags = FRAME_ONLINE;
	f->order = order;
	node->nfree -= 1UL << order;
	return f;
}

/* ---- bringing memory online ---- */

static const struct mem_range *
ram_from(u64 pfn)
{
	for (int i = 0; i < bootmem_nram; i++)
		if (bootmem_ram[i].end >> PAGE_SHIFT > pfn)
			return &bootmem_ram[i];
	return NULL;
}

/* Hand the free frames of [start, end) to the buddy in the largest aligned blocks. */
static void
free_pieces(struct node *node, u64 start, u64 end) MUST_HOLD(node->lock)
{
	const struct mem_range *used;
	u64 stop;
	uint k;

	while (start < end) {
		used = bootmem_reserved_in(start << PAGE_SHIFT, end << PAGE_SHIFT);
		stop = used ? MAX(used->start >> PAGE_SHIFT, start) : end;
		for (; start < stop; start += 1UL << k) {
			for (k = 0; k < MAX_ORDER && !(start >> k & 1) && start + (2UL << k) <= stop; k++)
				;
			frames[start - frames_base].flags = FRAME_ONLINE;
			kasan_poison(phys_to_virt(start << PAGE_SHIFT), PAGE_SIZE << k, KASAN_FRAME);
			buddy_free(node, &frames[start - frames_base], k);
			node->online += 1UL << k;
		}
		if (!used)
			break;
		start = used->end >> PAGE_SHIFT;
	}
}

/* A chunk that is partly reserved, or partly no RAM: every frame gets metadata (F2). */
static void
online_mixed_chunk(struct node *node, u64 pfn) MUST_HOLD(node->lock)
{
	u64 start, end;

	for (u64 i = pfn; i < pfn + CHUNK; i++) {
		block_make(&frames[i - frames_base], 0, node - nodes);
		frames[i - frames_base].flags = FRAME_ONLINE | FRAME_RESERVED;
	}
	for (int i = 0; i < bootmem_nram; i++) {
		start = MAX(bootmem_ram[i].start >> PAGE_SHIFT, pfn);
		end = MIN(bootmem_ram[i].end >> PAGE_SHIFT, pfn + CHUNK);
		if (start < end)
			free_pieces(node, start, end);
	}
}

/* Bring the node's next section online. False: there is none. A chunk belongs to its first range's node. */
static bool
node_online(struct node *node) MUST_HOLD(node->lock)
{
	const struct mem_range *r;
	u64 pfn, before = node->online;

	assert_held(&node->lock);
	for (uint n = 0; n < SECTION_CHUNKS || node->online == before; n++) {
		r = ram_from(node->next_chunk);
		if (!r)
			break;
		pfn = MAX(node->next_chunk, ALIGN_DOWN(r->start >> PAGE_SHIFT, CHUNK));
		if (r->node != node - nodes) {
			node->next_chunk = MAX(pfn + CHUNK, ALIGN_DOWN(r->end >> PAGE_SHIFT, CHUNK));
			continue;
		}
		node->next_chunk = pfn + CHUNK;
		if (r->start >> PAGE_SHIFT <= pfn && pfn + CHUNK <= r->end >> PAGE_SHIFT &&
		    !bootmem_reserved_in(pfn << PAGE_SHIFT, (pfn + CHUNK) << PAGE_SHIFT)) {
			block_make(&frames[pfn - frames_base], MAX_ORDER, r->node);
			kasan_poison(phys_to_virt(pfn << PAGE_SHIFT), CHUNK << PAGE_SHIFT, KASAN_FRAME);
			buddy_free(node, &frames[pfn - frames_base], MAX_ORDER);
			node->online += CHUNK;
		} else {
			online_mixed_chunk(node, pfn);
		}
	}
	return node->online != before;
}

#ifdef DEBUG
void
frames_each_block(void (*fn)(struct frame *head))
{
	u64 pfn = 0, stop;

	for (const struct mem_range *r = bootmem_ram; r < bootmem_ram + bootmem_nram; r++) {
		pfn = MAX(pfn, ALIGN_DOWN(r->start >> PAGE_SHIFT, CHUNK));
		stop = MIN(nodes[r->node].next_chunk, ALIGN_UP(r->end >> PAGE_SHIFT, CHUNK));
		for (; pfn < stop; pfn += 1UL << frames[pfn - frames_base].order)
			fn(&frames[pfn - frames_base]);
	}
}
#endif

/* A block of that order from one node, or NULL. */
static struct frame *
node_alloc(struct node *node, uint order)
{
	struct frame *f;
	ulong flags = spin_lock_irqsave(&node->lock);

	while (!(f = buddy_alloc(node, order)))
		if (!node_online(node))
			break;
	spin_unlock_irqrestore(&node->lock, flags);
	return f;
}

/* From `first`, then from the others in turn. */
static struct frame *
any_node_alloc(int first, uint order)
{
	struct frame *f = NULL;

	for (int i = 0; i < nnodes && !f; i++)
		f = node_alloc(&nodes[(first + i) % nnodes], order);
	return f;
}

static void
node_free(struct frame *f, uint order)
{
	struct node *node = &nodes[f->node];
	ulong flags = spin_lock_irqsave(&node->lock);

	buddy_free(node, f, order);
	spin_unlock_irqrestore(&node->lock, flags);
}

/* ---- single frames, per cpu ---- */

/* About how many frames are free to any cpu; without locks. */
static u64
frames_shared(void)
{
	u64 n = frames_total;

	for (int i = 0; i < nnodes; i++)
		n += READ_ONCE(nodes[i].nfree) - READ_ONCE(nodes[i].online);
	return n;
}

static u64
frames_free(void)
{
	u64 n = frames_shared();

	for (int i = 0; i < MAX_CPUS; i++)
		n += READ_ONCE(cpu_frames[i].n);
	return n;
}

bool
frames_low(void)
{
	return frames_shared() < user_reserve + CPU_BATCH;
}

bool
frames_enough(void)
{
	return frames_shared() > reclaim_below + reclaim_below / 2;
}

u64
frames_total_ram(void)
{
	return frames_total;
}

/*
 * This cpu's stack is empty: put a batch on it and return one more frame, or NULL. *low: it is time to reclaim.
 * Interrupts off.
 */
static NOINLINE struct frame *
cpu_refill(struct cpu_frames *pc, uint gfp, bool *low)
{
	struct frame *f;
	uint order = CPU_BATCH_ORDER;
	u64 nfree = frames_shared();

	*low = nfree < reclaim_below;
	if ((gfp & GFP_USER) && nfree < user_reserve)
		return NULL;
	while (!(f = any_node_alloc(pc->node, order)))
		if (order-- == 0)
			return NULL;
	for (uint i = (1U << order) - 1; i > 0; i--) {
		block_make(f + i, 0, f->node);
		pc->stack[pc->n++] = f + i;
	}
	f->order = 0;
	return f;
}

/* This cpu's stack is full: give half of it back. Interrupts off. */
static NOINLINE void
cpu_drain(struct cpu_frames *pc, uint keep)
{
	while (pc->n > keep) {
		struct frame *f = pc->stack[--pc->n];

		f->private = 0;
		node_free(f, 0);
	}
}

/* A single frame as it comes, or NULL. */
static inline struct frame *
take_one(uint gfp, bool *low)
{
	ulong flags = irq_save();
	struct cpu_frames *pc = &cpu_frames[current->cpu];
	struct frame *f;

	if (likely(pc->n))
		f = pc->stack[--pc->n];
	else
		f = cpu_refill(pc, gfp, low);
	irq_restore(flags);
	return f;
}

/* The last refill found that memory is short, or (f NULL) that there is none: f, or a frame that was made free. */
static NOINLINE struct frame *
take_short(struct frame *f, uint gfp)
{
	bool low;

	if ((gfp & GFP_ATOMIC) || !reclaim_allowed())
		return f;
	reclaim_kick();
	if (!f) {
		reclaim_clean(2 * CPU_BATCH);
		f = take_one(gfp, &low);
	}
	return f;
}

#define BLOCK_RECLAIM	512		/* pages given up for the sake of one block */

static struct frame *
frame_alloc_block(int node, uint order, uint gfp)
{
	struct frame *f = any_node_alloc(node, order);
	ulong flags;

	if (!f) {
		/* What this cpu hoards may be what is missing to join a block. */
		flags = irq_save();
		cpu_drain(&cpu_frames[current->cpu], 0);
		irq_restore(flags);
		f = any_node_alloc(node, order);
	}
	if (!f && !(gfp & GFP_ATOMIC) && reclaim_allowed() && reclaim_clean(BLOCK_RECLAIM)) {
		flags = irq_save();
		cpu_drain(&cpu_frames[current->cpu], 0);
		irq_restore(flags);
		f = any_node_alloc(node, order);
	}
	if (!f)
		return NULL;
	atomic_set(&f->refs, 1);
	kasan_unpoison(frame_va(f), PAGE_SIZE << order);
	if (gfp & GFP_ZERO)
		for (ulong i = 0; i < 1UL << order; i++)
			page_clear(frame_va(f) + i * PAGE_SIZE);
	return f;
}

struct frame *
frame_alloc(uint order, uint gfp)
{
	struct frame *f;
	bool low = false;

	if (alloc_should_fail(gfp))
		return NULL;
	if (unlikely(order))
		return frame_alloc_block(cpu_frames[current->cpu].node, order, gfp);
	f = take_one(gfp, &low);
	if (unlikely(low || !f)) {
		f = take_short(f, gfp);
		if (!f)
			return NULL;
	}
	poison_check(f);
	atomic_set(&f->refs, 1);
	kasan_unpoison(frame_va(f), PAGE_SIZE);
	if (gfp & GFP_ZERO)
		page_clear(frame_va(f));
	return f;
}

struct frame *
frame_alloc_node(int node, uint order, uint gfp)
{
	if (alloc_should_fail(gfp))
		return NULL;
	return frame_alloc_block(node >= 0 && node < nnodes ? node : 0, order, gfp);
}

void
frame_free(struct frame *f, uint order)
{
	struct cpu_frames *pc;
	ulong flags;

#ifdef DEBUG
	if (f->flags & (FRAME_BUDDY | FRAME_RESERVED) || atomic_read(&f->refs) > 1 || f->order != order)
		panic("frame %#lx freed wrongly: flags %#x, refs %d, order %u for %u", frame_pa(f),
		      f->flags, atomic_read(&f->refs), f->order, order);
	if (kasan_shadow(frame_va(f)) == KASAN_FRAME)
		panic("frame %#lx freed twice", frame_pa(f));
#endif
	atomic_set(&f->refs, 0);
	f->flags = FRAME_ONLINE;
	f->owner = NULL;
	kasan_poison(frame_va(f), PAGE_SIZE << order, KASAN_FRAME);
	if (unlikely(order)) {
		f->private = 0;
		node_free(f, order);
		return;
	}
	poison_set(f);
	flags = irq_save();
	pc = &cpu_frames[current->cpu];
	if (unlikely(pc->n == CPU_MAX))
		cpu_drain(pc, CPU_MAX / 2);
	pc->stack[pc->n++] = f;
	irq_restore(flags);
}

void
frame_put(struct frame *f)
{
	if (atomic_dec_and_test(&f->refs))
		frame_free(f, f->order);
}

void *
page_alloc(uint gfp)
{
	struct frame *f = frame_alloc(0, gfp);

	return f ? frame_va(f) : NULL;
}

void
page_free(void *va)
{
	frame_free(va_frame(va), 0);
}

/* ---- accounts ---- */

void
mem_stat_add(enum mem_stat which, long n)
{
	/* A migration in between only puts it in another cpu's share. */
	__atomic_fetch_add(&cpu_frames[current->cpu].stats[which], n, __ATOMIC_RELAXED);
}

static u64
mem_stat_sum(enum mem_stat which)
{
	long sum = 0;

	for (int i = 0; i < MAX_CPUS; i++)
		sum += READ_ONCE(cpu_frames[i].stats[which]);
	return MAX(sum, 0L);
}

void
mem_stats(struct mem_stats *out)
{
	out->total = frames_total;
	out->free = frames_free();
	out->cached = mem_stat_sum(MEM_CACHED);
	out->anon = mem_stat_sum(MEM_ANON);
	out->slab = mem_stat_sum(MEM_SLAB);
	out->kstack = mem_stat_sum(MEM_KSTACK);
	out->pagetables = mem_stat_sum(MEM_PAGETABLES);
	out->shmem = mem_stat_sum(MEM_SHMEM);
	out->dirty = mem_stat_sum(MEM_DIRTY);
	out->writeback = mem_stat_sum(MEM_WRITEBACK);
}

/* ---- start ---- */

/* Frames of RAM that nobody has reserved. */
static u64
count_free_ram(void)
{
	u64 n = 0, start, end;

	for (int i = 0; i < bootmem_nram; i++) {
		n += (bootmem_ram[i].end - bootmem_ram[i].start) >> PAGE_SHIFT;
		for (int j = 0; j < bootmem_nreserved; j++) {
			start = MAX(bootmem_ram[i].start, bootmem_reserved[j].start);
			end = MIN(bootmem_ram[i].end, bootmem_reserved[j].end);
			if (start < end)
				n -= (end - start) >> PAGE_SHIFT;
		}
	}
	return n;
}

void
frame_init(void)
{
	frames_base = ALIGN_DOWN(bootmem_ram[0].start >> PAGE_SHIFT, CHUNK);
	frames_end = ALIGN_UP(bootmem_ram[bootmem_nram - 1].end >> PAGE_SHIFT, CHUNK);
	frames = phys_to_virt(bootmem_alloc_raw((frames_end - frames_base) * sizeof(struct frame), 64));
	frames_total = count_free_ram();
	user_reserve = MIN(frames_total / 64, 2048UL);
	reclaim_below = 2 * user_reserve + CPU_BATCH;

	for (int i = 0; i < bootmem_nram; i++)
		nnodes = MAX(nnodes, (int)bootmem_ram[i].node + 1);
	for (int i = 0; i < nnodes; i++) {
		spin_init(&nodes[i].lock, RANK_FRAMES);
		for (uint k = 0; k <= MAX_ORDER; k++)
			list_init(&nodes[i].free[k]);
		nodes[i].next_chunk = frames_base;
	}
	zero_frame = frame_alloc(0, GFP_ZERO);
	if (!zero_frame)
		panic("out of memory during boot");
	zero_frame->flags |= FRAME_RESERVED;
	pr_info("memory: %lu KiB free in %d node%s\n", frames_total << (PAGE_SHIFT - 10), nnodes,
		nnodes > 1 ? "s" : "");
}

void
frame_release_boot(paddr_t start, paddr_t end)
{
	u64 pfn = PAGE_ALIGN(start) >> PAGE_SHIFT, stop = end >> PAGE_SHIFT;
	const struct mem_range *r = ram_from(pfn);
	struct node *node;
	struct frame *f;
	ulong flags;

	if (!r || pfn >= stop)
		return;
	node = &nodes[r->node];
	for (; pfn < stop; pfn++) {
		flags = spin_lock_irqsave(&node->lock);
		while (pfn >= node->next_chunk && node_online(node))
			;
		f = &frames[pfn - frames_base];
		assert(f->flags & FRAME_RESERVED);
		f->flags = FRAME_ONLINE;
		kasan_poison(frame_va(f), PAGE_SIZE, KASAN_FRAME);
		buddy_free(node, f, 0);
		node->online++;
		frames_total++;
		spin_unlock_irqrestore(&node->lock, flags);
	}
}

/* Which node is nearest to this cpu? */
void
frame_init_cpu(int cpu)
{
	int cpus = fdt_path(&the_fdt, "/cpus", strlen("/cpus")), n;
	u32 node;

	for (n = cpus < 0 ? -1 : fdt_first_child(&the_fdt, cpus); n >= 0; n = fdt_next_sibling(&the_fdt, n)) {
		if (!fdt_cpu_usable(&the_fdt, n) || fdt_cpu_hartid(&the_fdt, n) != cpu_hartid(cpu))
			continue;
		node = fdt_prop_u32(&the_fdt, n, "numa-node-id", 0, 0);
		cpu_frames[cpu].node = node < (u32)nnodes ? node : 0;
	}
}

int
frame_nodes(void)
{
	return nnodes;
}

int
frame_cpu_node(int cpu)
{
	return cpu_frames[cpu].node;
}
