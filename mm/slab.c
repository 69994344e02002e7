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
 *             points to the next. DEBUG adds to each object a redzone that ends in a struct track.
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

#define CPU_LIST_BYTES	(16 * KiB)	/* a cpu keeps about so much free per cache */
#define CPU_LIST_MAX	128
#define CPU_LIST_MIN	8
#define SLAB_MIN_OBJS	8		/* larger slabs for larger objects */
#define SLAB_MAX_ORDER	3

struct cpu_list {
	void	*head;			/* [c] */
	uint	n;			/* [c] */
} ALIGNED(64);

struct slab_cache {		/* Guarded by: i immutable  s lock  c its own cpu, interrupts off */
	uint	link_at;		/* [i] where in a free object the pointer to the next is */
	uint	cpu_max;		/* [i] longest per-cpu list */
	struct cpu_list cpu[MAX_CPUS];
	struct spinlock lock;
	struct list partial;		/* [s] slabs with free objects (S1) */
	ulong	total;			/* [s] objects in all slabs */
	ulong	nfree;			/* [s] of them, free in their slab */
	ulong	live_at_boot;		/* objects out when slab_leak_mark was called */
	uint	size;			/* [i] from one object to the next */
	uint	object;			/* [i] of that, what its owner may use */
	ulong	quarantined;		/* [a] DEBUG: freed, and kept from use for a while */
	uint	order, per_slab;	/* [i] */
	void	(*ctor)(void *);	/* [i] */
	const char *name;		/* [i] */
	struct slab_cache *next;	/* [i] all caches, newest first */
};

static struct slab_cache *all_caches;	/* guarded by caches_lock; only grows */
static struct spinlock caches_lock = SPINLOCK_INIT(RANK_SLAB);
static struct slab_cache cache_cache;

static inline void **
link_of(const struct slab_cache *c, void *obj)
{
	return (void **)((char *)obj + c->link_at);
}

/* ---- poison, redzones, quarantine ---- */

#ifdef DEBUG
#define SLAB_POISON	0x6b6b6b6b6b6b6b6bUL
#define QUARANTINE	128		/* freed objects that a cpu keeps from use */

struct track {			/* the last bytes of each object's place, in its redzone */
	u32	alloc_pc, free_pc;	/* from image_start; 0: not yet */
	int	alloc_pid, free_pid;
};

#define REDZONE		sizeof(struct track)

static struct {
	void	*freed[QUARANTINE];	/* [c] */
	uint	next;			/* [c] the oldest */
} quarantines[MAX_CPUS];

static struct track *
track_of(const struct slab_cache *c, const void *obj)
{
	return (struct track *)((char *)obj + c->size) - 1;
}

/* Of obj's place, the first n bytes may be used. */
static void
object_open(const struct slab_cache *c, void *obj, size_t n)
{
	size_t end = ALIGN_UP(n, 8);

	kasan_unpoison(obj, n);
	kasan_poison((char *)obj + end, c->size - end, KASAN_REDZONE);
}

/* Constructed objects keep their contents while free, and may be looked at: see slab.h. */
static void
poison_set(const struct slab_cache *c, void *obj)
{
	volatile u64 *p = obj;

	if (c->ctor)
		return;
	for (uint i = 0; i < (c->size - REDZONE) / 8; i++)
		p[i] = SLAB_POISON;
	kasan_poison(obj, c->object, KASAN_FREED);
}

static void
poison_check(const struct slab_cache *c, const void *obj)
{
	const u64 *p = obj;

	for (uint i = 1; !c->ctor && i < (c->size - REDZONE) / 8; i++)
		if (p[i] != SLAB_POISON)
			panic("%s %p was written after it was freed: word %u is %#lx", c->name, obj, i, p[i]);
}

/* A new slab: objects that were never handed out, and perhaps unused bytes at the end. */
static void
slab_poison(const struct slab_cache *c, char *base)
{
	kasan_poison(base, PAGE_SIZE << c->order, KASAN_REDZONE);
	for (uint i = 0; i < c->per_slab; i++) {
		*track_of(c, base + i * c->size) = (struct track){ 0 };
		if (c->ctor)
			object_open(c, base + i * c->size, c->object);
		else
			poison_set(c, base + i * c->size);
	}
}

/* obj becomes n bytes of caller's. */
static void
handed_out(const struct slab_cache *c, void *obj, size_t n, const void *caller)
{
	struct track *t = track_of(c, obj);

	poison_check(c, obj);
	t->alloc_pc = (ulong)caller - (ulong)image_start;
	t->alloc_pid = current->pid;
	object_open(c, obj, n);
}

/* caller frees obj. Panics if that is wrong. */
static void
taken_back(const struct slab_cache *c, void *obj, const void *caller)
{
	struct frame *f = va_frame(obj);
	char *base = (char *)ALIGN_DOWN(obj, PAGE_SIZE << c->order);
	struct track *t;

	if (!(f->flags & FRAME_SLAB) || f->owner != c)
		panic("%p freed to %s, but is not from there", obj, c->name);
	if (((char *)obj - base) % c->size)
		panic("%p freed to %s: not the start of an object", obj, c->name);
	if (kasan_shadow(obj) == KASAN_FREED) {
		slab_describe(obj);
		panic("%p freed twice to %s", obj, c->name);
	}
	t = track_of(c, obj);
	t->free_pc = (ulong)caller - (ulong)image_start;
	t->free_pid = current->pid;
	poison_set(c, obj);
}

/* *obj goes into quarantine; *obj and *c become the oldest one there. False: there was none. Interrupts off. */
static bool
quarantine(struct slab_cache **c, void **obj)
{
	uint *next = &quarantines[current->cpu].next;
	void **slot = &quarantines[current->cpu].freed[*next];
	void *oldest = *slot;

	if ((*c)->ctor)
		return true;
	__atomic_fetch_add(&(*c)->quarantined, 1, __ATOMIC_RELAXED);
	*slot = *obj;
	*next = (*next + 1) % QUARANTINE;
	if (!oldest)
		return false;
	*obj = oldest;
	*c = va_frame(oldest)->owner;
	__atomic_fetch_sub(&(*c)->quarantined, 1, __ATOMIC_RELAXED);
	return true;
}

static void
print_handler(const char *what, u32 pc, int pid)
{
	ulong offset, size;
	const char *name = symbol_lookup((vaddr_t)image_start + pc - 1, &offset, &size);

	if (pc && name)
		printk(KERN_EMERG "  %s by %s+0x%lx, task %d\n", what, name, offset + 1, pid);
}

void
slab_describe(const void *p)
{
	const struct frame *f = va_frame(p);
	const struct slab_cache *c = f->owner;
	const struct track *t;
	ulong in_slab, at;

	if (!(f->flags & FRAME_SLAB)) {
		printk(KERN_EMERG "  in frame 0x%lx: refs %d, flags 0x%x\n", frame_pa(f), atomic_read(&f->refs), f->flags);
		return;
	}
	in_slab = (ulong)p % (PAGE_SIZE << c->order);
	at = in_slab % c->size;
	if (in_slab / c->size >= c->per_slab) {
		printk(KERN_EMERG "  behind the last object of a slab of %s\n", c->name);
		return;
	}
	t = track_of(c, (const char *)p - at);
	printk(KERN_EMERG "  at byte %lu of an object of %s (%u bytes) at 0x%lx\n", at, c->name, c->object, (ulong)p - at);
	print_handler("allocated", t->alloc_pc, t->alloc_pid);
	print_handler(kasan_shadow((const char *)p - at) == KASAN_FREED ? "freed" : "freed before that", t->free_pc,
		      t->free_pid);
}
#else
#define REDZONE		0

static inline void slab_poison(const struct slab_cache *c, char *base) { }
static inline void handed_out(const struct slab_cache *c, void *obj, size_t n, const void *caller) { }
static inline void taken_back(const struct slab_cache *c, void *obj, const void *caller) { }
static inline bool quarantine(struct slab_cache **c, void **obj) { return true; }
#endif

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
	slab_poison(c, base);
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
take_objects(struct slab_cache *c, struct cpu_list *list, uint n)
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
	handed_out(c, obj, n, caller);
	return gfp & GFP_ZERO ? memset(obj, 0, n) : obj;
}

static ALWAYS_INLINE void
object_free(struct slab_cache *c, void *obj, const void *caller)
{
	struct cpu_list *list;
	ulong flags;

	taken_back(c, obj, caller);
	flags = irq_save();
	if (quarantine(&c, &obj)) {
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
	c->size = ALIGN_UP((ctor ? size + sizeof(void *) : size) + REDZONE, align);
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

void
slab_leak_mark(void)
{
	for (struct slab_cache *c = smp_load_acquire(&all_caches); c; c = c->next)
		c->live_at_boot = cache_live(c);
}

void
slab_leak_check(void)
{
#ifdef DEBUG
	for (struct slab_cache *c = smp_load_acquire(&all_caches); c; c = c->next) {
		long more = cache_live(c) - c->live_at_boot;

		if (more > 0)
			pr_info("slab: %s: %ld more objects than at boot\n", c->name, more);
	}
#endif
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
