/*
 * slab_debug.c - what the debug build does to objects: poison, redzones, quarantine, who was it.
 *
 *	| object, n bytes asked for | unused | struct track |	a place of c->size bytes
 *	|        may be touched     |        redzone        |	while allocated
 *	|             freed: 6b6b6b6b        |    redzone   |	while free (not with a constructor)
 *
 * Data        quarantines[]: per cpu, the last objects freed, in a ring: until they leave it, nobody else
 *             gets them, and a late use is seen for what it is.
 * Locks       a quarantine: this cpu, interrupts off [c].
 * Not here    the checks themselves: kasan.c. This file is compiled without them.
 * Further     docs/debugging.md.
 */
#ifdef DEBUG
#include "kernel/printk.h"
#include "kernel/task.h"
#include "mm/kasan.h"
#include "mm/slab_private.h"

#define SLAB_POISON	0x6b6b6b6b6b6b6b6bUL
#define QUARANTINE	128		/* freed objects that a cpu keeps from use */

static struct {
	void	*freed[QUARANTINE];	/* [c] */
	uint	next;			/* [c] the oldest */
} quarantines[MAX_CPUS];

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
	for (uint i = 0; i < (c->size - SLAB_REDZONE) / 8; i++)
		p[i] = SLAB_POISON;
	kasan_poison(obj, c->object, KASAN_FREED);
}

static void
poison_check(const struct slab_cache *c, const void *obj)
{
	const u64 *p = obj;

	for (uint i = 1; !c->ctor && i < (c->size - SLAB_REDZONE) / 8; i++)
		if (p[i] != SLAB_POISON)
			panic("%s %p was written after it was freed: word %u is %#lx", c->name, obj, i, p[i]);
}

/* Objects that were never handed out, and perhaps unused bytes at the end. */
void
slab_debug_make(const struct slab_cache *c, char *base)
{
	kasan_poison(base, PAGE_SIZE << c->order, KASAN_REDZONE);
	for (uint i = 0; i < c->per_slab; i++) {
		*slab_track(c, base + i * c->size) = (struct track){ 0 };
		if (c->ctor)
			object_open(c, base + i * c->size, c->object);
		else
			poison_set(c, base + i * c->size);
	}
}

void
slab_debug_alloc(const struct slab_cache *c, void *obj, size_t n, const void *caller)
{
	struct track *t = slab_track(c, obj);

	poison_check(c, obj);
	t->alloc_pc = (ulong)caller - (ulong)image_start;
	t->alloc_pid = current->pid;
	object_open(c, obj, n);
}

void
slab_debug_free(const struct slab_cache *c, void *obj, const void *caller)
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
	t = slab_track(c, obj);
	t->free_pc = (ulong)caller - (ulong)image_start;
	t->free_pid = current->pid;
	poison_set(c, obj);
}

bool
slab_quarantine(struct slab_cache **c, void **obj)
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
		printk(KERN_EMERG "  in the frame at 0x%lx, flags 0x%x, not of a slab\n", frame_pa(f), f->flags);
		return;
	}
	in_slab = (ulong)p % (PAGE_SIZE << c->order);
	at = in_slab % c->size;
	if (in_slab / c->size >= c->per_slab) {
		printk(KERN_EMERG "  behind the last object of a slab of %s\n", c->name);
		return;
	}
	t = slab_track(c, (const char *)p - at);
	printk(KERN_EMERG "  at byte %lu of an object of %s (%u bytes) at 0x%lx\n", at, c->name, c->object,
	       (ulong)p - at);
	print_handler("allocated", t->alloc_pc, t->alloc_pid);
	print_handler(kasan_shadow((const char *)p - at) == KASAN_FREED ? "freed" : "freed before that", t->free_pc,
		      t->free_pid);
}
#endif
