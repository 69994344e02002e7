/*
 * slab.c - objects of one size, and kmalloc over them.
 *
 *	slab_alloc, slab_free	this cpu's list of free objects: no lock
 *	  empty, too long	half a list at a time from and to the slabs
 *	    no free object	a new slab: 2^order frames, cut into objects
 *
 * Data        A slab is an aligned block of frames. In the struct frame of its head: private is
 *             its list of free objects, index how many are out of it, link its place on the
 *             cache's list of slabs with free objects. Every frame of it has FRAME_SLAB and, in
 *             owner, the cache: so kfree needs only an address. A free object's word at link_at
 *             points to the next. DEBUG adds a redzone to each object (slab_debug.c).
 * Locks       cache->lock [s], rank SLAB, interrupts off. The per-cpu lists: this cpu, interrupts off [c].
 * Invariants  S1  a slab is on cache->partial <=> private is not NULL.
 *             S2  a cache with a constructor never gives its slabs back: its objects stay objects
 *                 for ever, and keep what the constructor made.
 * Further     Bonwick, The Slab Allocator, USENIX 1994; Bonwick and Adams, Magazines and Vmem, 2001.
 */
#include "mm/slab.h"

#include "arch/irqflags.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "lib/radix.h"
#include "lib/string.h"
#include "mm/internal.h"
#include "mm/kasan.h"
#include "mm/pagecache_private.h"
#include "mm/slab_private.h"

#define CPU_LIST_BYTES	(16 * KiB)	/* a cpu keeps about so much free per cache */
#define CPU_LIST_MAX	128
#define CPU_LIST_MIN	8
#define SLAB_MIN_OBJS	8		/* larger slabs for larger objects */
#define SLAB_MAX_ORDER	3

static struct slab_cache *all_caches;	/* guarded by caches_lock; only grows */
static struct spinlock caches_lock = SPINLOCK_INIT(RANK_SLAB);
static struct slab_cache cache_cache;

static inline void **
link_of(const struct slab_cache *c, void *obj)
{
	return (void **)((char *)obj + c->link_at);
}

/* ---- slabs ---- */

/* A new slab's head frame, all its objects free and on its list; NULL if out of memory. */
static struct frame *
slab_make(struct slab_cache *c, uint gfp)
{
	struct frame *f = frame_alloc(c->order, (gfp & ~GFP_ZERO) | GFP_NOFAIL_INJECT);
	void *list = NULL;
	char *base;

	if (!f)
		return NULL;
	base = frame_va(f);
	for (uint i = 0; i < 1U << c->order; i++) {
		f[i].flags = FRAME_ONLINE | FRAME_SLAB;
		f[i].owner = c;
	}
	slab_debug_make(c, base);
	for (uint i = c->per_slab; i-- > 0; ) {
		char *obj = base + i * c->size;

		if (c->ctor)
			c->ctor(obj);
		*link_of(c, obj) = list;
		list = obj;
	}
	f->private = (u64)list;
	f->index = 0;
	list_init(&f->link);
	mem_stat_add(MEM_SLAB, 1L << c->order);
	return f;
}

/* Give an empty slab back to the buddy. */
static void
slab_destroy(struct slab_cache *c, struct frame *f)
{
	for (uint i = 0; i < 1U << c->order; i++) {
		f[i].flags = FRAME_ONLINE;
		f[i].owner = NULL;
	}
	f->private = 0;
	mem_stat_add(MEM_SLAB, -(1L << c->order));
	frame_free(f, c->order);
}

static struct frame *
slab_of(struct slab_cache *c, void *obj)
{
	return va_frame((void *)ALIGN_DOWN(obj, PAGE_SIZE << c->order));
}

/* Take up to n objects out of slabs onto this cpu's list. Returns how many. Interrupts off. */
static uint
take_objects(struct slab_cache *c, struct cpu_list *list, uint n) MUST_HOLD(c->lock)
{
	struct frame *f;
	uint taken = 0;

	assert_held(&c->lock);
	while (taken < n && (f = list_first(&c->partial, struct frame, link))) {
		while (taken < n && f->private) {
			void *obj = (void *)f->private;

			f->private = (u64)*link_of(c, obj);
			f->index++;
			*link_of(c, obj) = list->head;
			list->head = obj;
			taken++;
		}
		if (!f->private)
			list_remove(&f->link);
	}
	list->n += taken;
	c->nfree -= taken;
	return taken;
}

/* This cpu's list is empty: fill it half. False if out of memory. Interrupts off. */
static NOINLINE bool
cpu_refill(struct slab_cache *c, struct cpu_list *list, uint gfp)
{
	struct frame *f;
	uint got;

	spin_lock_irqoff(&c->lock);
	got = take_objects(c, list, c->cpu_max / 2);
	spin_unlock_irqoff(&c->lock);
	if (got)
		return true;
	f = slab_make(c, gfp);
	if (!f)
		return false;
	spin_lock_irqoff(&c->lock);
	c->total += c->per_slab;
	c->nfree += c->per_slab;
	list_push_front(&c->partial, &f->link);
	take_objects(c, list, c->cpu_max / 2);
	spin_unlock_irqoff(&c->lock);
	return true;
}

/* This cpu's list is too long: give half back to the slabs. Interrupts off. */
static NOINLINE void
cpu_drain(struct slab_cache *c, struct cpu_list *list)
{
	struct list empty = LIST_INIT(empty);
	struct frame *f, *next;
	uint n = list->n / 2;
	void *obj;

	spin_lock_irqoff(&c->lock);
	list->n -= n;
	c->nfree += n;
	while (n-- > 0) {
		obj = list->head;
		list->head = *link_of(c, obj);
		f = slab_of(c, obj);
		if (!f->private)
			list_push_front(&c->partial, &f->link);
		*link_of(c, obj) = (void *)f->private;
		f->private = (u64)obj;
		if (--f->index == 0 && !c->ctor) {
			list_remove(&f->link);
			list_push_back(&empty, &f->link);
			c->total -= c->per_slab;
			c->nfree -= c->per_slab;
		}
	}
	spin_unlock_irqoff(&c->lock);
	list_for_each_safe(f, next, &empty, link)
		slab_destroy(c, f);
}

/* ---- objects ---- */

/* object_alloc, when this cpu's list is empty. */
static NOINLINE void *
alloc_slow(struct slab_cache *c, uint gfp)
{
	ulong flags = irq_save();
	struct cpu_list *list = &c->cpu[current->cpu];
	void *obj = NULL;

	if (list->head || cpu_refill(c, list, gfp)) {
		obj = list->head;
		list->head = *link_of(c, obj);
		list->n--;
	}
	irq_restore(flags);
	return obj;
}

/* An object of which caller uses n bytes. */
static ALWAYS_INLINE void *
object_alloc(struct slab_cache *c, size_t n, uint gfp, const void *caller)
{
	struct cpu_list *list;
	ulong flags;
	void *obj;

	if (alloc_should_fail(gfp))
		return NULL;
	flags = irq_save();
	list = &c->cpu[current->cpu];
	obj = list->head;
	if (likely(obj)) {
		list->head = *link_of(c, obj);
		list->n--;
		irq_restore(flags);
	} else {
		irq_restore(flags);
		obj = alloc_slow(c, gfp);
		if (!obj)
			return NULL;
	}
	slab_debug_alloc(c, obj, n, caller);
	return gfp & GFP_ZERO ? memset(obj, 0, n) : obj;
}

static ALWAYS_INLINE void
object_free(struct slab_cache *c, void *obj, const void *caller)
{
	struct cpu_list *list;
	ulong flags;

	slab_debug_free(c, obj, caller);
	flags = irq_save();
	if (slab_quarantine(&c, &obj)) {
		list = &c->cpu[current->cpu];
		*link_of(c, obj) = list->head;
		list->head = obj;
		if (unlikely(++list->n > c->cpu_max))
			cpu_drain(c, list);
	}
	irq_restore(flags);
}

#define CALLER	__builtin_return_address(0)

void *
slab_alloc(struct slab_cache *c, uint gfp)
{
	return object_alloc(c, c->object, gfp, CALLER);
}

void
slab_free(struct slab_cache *c, void *obj)
{
	object_free(c, obj, CALLER);
}

/* ---- caches ---- */

static void
cache_init(struct slab_cache *c, const char *name, size_t size, size_t align, void (*ctor)(void *))
{
	align = MAX(align, sizeof(void *));
	c->object = size;
	size = ALIGN_UP(MAX(size, sizeof(void *)), sizeof(void *));
	/* A free object's link may lie over its contents, unless a constructor made them. */
	c->link_at = ctor ? size : 0;
	c->size = ALIGN_UP((ctor ? size + sizeof(void *) : size) + SLAB_REDZONE, align);
	for (c->order = 0; c->order < SLAB_MAX_ORDER; c->order++)
		if ((PAGE_SIZE << c->order) / c->size >= SLAB_MIN_OBJS)
			break;
	c->per_slab = (PAGE_SIZE << c->order) / c->size;
	assert(c->per_slab > 0);
	c->cpu_max = MAX(MIN(CPU_LIST_BYTES / c->size, (ulong)CPU_LIST_MAX), (ulong)CPU_LIST_MIN);
	c->ctor = ctor;
	c->name = name;
	spin_init(&c->lock, RANK_SLAB);
	list_init(&c->partial);

	spin_lock(&caches_lock);
	c->next = all_caches;
	smp_store_release(&all_caches, c);
	spin_unlock(&caches_lock);
}

struct slab_cache *
slab_create(const char *name, size_t size, size_t align, void (*ctor)(void *))
{
	struct slab_cache *c = slab_alloc(&cache_cache, GFP_ZERO | GFP_NOFAIL_INJECT);

	if (!c)
		panic("out of memory: no cache for %s", name);
	cache_init(c, name, size, align, ctor);
	return c;
}

static ulong
cache_live(const struct slab_cache *c)
{
	ulong live = c->total - c->nfree;

	for (int i = 0; i < MAX_CPUS; i++)
		live -= READ_ONCE(c->cpu[i].n);
	return live - READ_ONCE(c->quarantined);
}

void
slab_report(void (*line)(void *arg, const char *name, ulong objs, ulong total, ulong size), void *arg)
{
	for (struct slab_cache *c = smp_load_acquire(&all_caches); c; c = c->next)
		line(arg, c->name, cache_live(c), c->total, c->size);
}

/* ---- kmalloc ---- */

static const u16 class_sizes[] = { 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048 };
static const char *const class_names[] = {
	"kmalloc-16", "kmalloc-32", "kmalloc-48", "kmalloc-64", "kmalloc-96", "kmalloc-128", "kmalloc-192",
	"kmalloc-256", "kmalloc-384", "kmalloc-512", "kmalloc-768", "kmalloc-1024", "kmalloc-1536", "kmalloc-2048",
};
#define KMALLOC_MAX	2048		/* above: whole frames */

/* [i] by (size + 15) / 16 */
static struct slab_cache *class_of[KMALLOC_MAX / 16 + 1];

static void *
kmalloc_frames(size_t size, uint gfp)
{
	uint order = 0;
	struct frame *f;

	while (PAGE_SIZE << order < size)
		if (++order > MAX_ORDER)
			return NULL;
	f = frame_alloc(order, gfp);
	if (!f)
		return NULL;
	kasan_poison(frame_va(f), PAGE_SIZE << order, KASAN_REDZONE);
	kasan_unpoison(frame_va(f), size);
	return frame_va(f);
}

void *
kmalloc(size_t size, uint gfp)
{
	if (unlikely(size > KMALLOC_MAX))
		return kmalloc_frames(size, gfp);
	return object_alloc(class_of[(size + 15) / 16], size, gfp, CALLER);
}

void *
kzalloc(size_t size, uint gfp)
{
	gfp |= GFP_ZERO;
	if (unlikely(size > KMALLOC_MAX))
		return kmalloc_frames(size, gfp);
	return object_alloc(class_of[(size + 15) / 16], size, gfp, CALLER);
}

void
kfree(void *p)
{
	struct frame *f;

	if (!p)
		return;
	f = va_frame(p);
	if (likely(f->flags & FRAME_SLAB))
		object_free(f->owner, p, CALLER);
	else
		frame_free(f, f->order);
}

char *
kstrdup(const char *s, uint gfp)
{
	size_t n = strlen(s) + 1;
	char *copy = kmalloc(n, gfp);

	return copy ? memcpy(copy, s, n) : NULL;
}

void
slab_init(void)
{
	struct slab_cache *c;
	uint i = 0, align;

	cache_init(&cache_cache, "slab_cache", sizeof(struct slab_cache), 64, NULL);
	for (uint k = 0; k < ARRAY_SIZE(class_sizes); k++) {
		/* A power of two is aligned to itself. */
		align = class_sizes[k] & (class_sizes[k] - 1) ? 16 : class_sizes[k];
		c = slab_create(class_names[k], class_sizes[k], align, NULL);
		for (; i <= class_sizes[k] / 16U; i++)
			class_of[i] = c;
	}
	radix_cache_init();
}
