/*
 * leak.c - objects that nothing points to any more, named when the machine goes down (debug build).
 *
 *	roots		the image's data, pages the kernel allocated (stacks among them), objects
 *			with a constructor
 *	reachable	whatever a word of a root, or of a reachable object, points into
 *	leaked		an allocated object that is not reachable
 *
 * A word that only looks like a pointer hides a leak, never invents one: stacks are wiped below
 * their stack pointers first, and user pages are not looked at. An object that a table, a cache or
 * a list still holds is no leak here, even if nobody will ever ask for it.
 *
 * Data        struct track.next of each live object: NULL, not reached; else on the list of those
 *             reached and not yet looked through, which LAST ends.
 * Locks       none: the other harts are halted. Any of them may hold any lock, so none is waited for.
 * Not here    memory of more than a slab's object: whole pages count as roots.
 * Further     Boehm and Weiser, Garbage Collection in an Uncooperative Environment, 1988.
 */
#ifdef DEBUG
#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/internal.h"
#include "mm/kasan.h"
#include "mm/slab_private.h"

#define SITES		32			/* callers that leak, told apart */
#define LAST		((struct track *)1)
#define MY_FRAMES	1024UL			/* of this stack, below where it is wiped */

static struct track *reached;			/* to be looked through */

static struct site {
	const struct slab_cache *cache;
	u32	pc;
	uint	count;
	const void *first;
} sites[SITES];
static uint nsites, elsewhere;

/* ---- objects ---- */

static bool
is_live(const struct slab_cache *c, const void *obj)
{
	return kasan_shadow(obj) != KASAN_FREED && slab_track(c, obj)->alloc_pc;
}

/* Call fn with each object of the slab that head heads, if it is one. */
static ALWAYS_INLINE void
each_object(struct frame *head, void (*fn)(const struct slab_cache *c, char *obj))
{
	const struct slab_cache *c = head->owner;
	char *base = frame_va(head);

	if (head->flags & FRAME_SLAB)
		for (uint i = 0; i < c->per_slab; i++)
			fn(c, base + i * c->size);
}

/* ---- marking ---- */

/* word may be a pointer: if it points into a live object, that one is reached. */
static void
reach(ulong word)
{
	const struct slab_cache *c;
	struct frame *f;
	struct track *t;
	ulong base, i;

	if (word - (ulong)phys_to_virt(frames_base << PAGE_SHIFT) >= (frames_end - frames_base) << PAGE_SHIFT ||
	    kasan_shadow((void *)word) == KASAN_FRAME)
		return;
	f = va_frame((void *)word);
	if (!(f->flags & FRAME_SLAB))
		return;
	c = f->owner;
	base = ALIGN_DOWN(word, PAGE_SIZE << c->order);
	i = (word - base) / c->size;
	if (i >= c->per_slab || c->ctor || !is_live(c, (void *)(base + i * c->size)))
		return;
	t = slab_track(c, (void *)(base + i * c->size));
	if (!t->next) {
		t->next = reached;
		reached = t;
	}
}

static void
look_through(const void *start, size_t n)
{
	const ulong *p = start;

	for (; n >= sizeof(*p); n -= sizeof(*p))
		reach(*p++);
}

static void
object_forget(const struct slab_cache *c, char *obj)
{
	if (is_live(c, obj))
		slab_track(c, obj)->next = NULL;
}

static void
block_forget(struct frame *head)
{
	each_object(head, object_forget);
}

static void
object_root(const struct slab_cache *c, char *obj)
{
	if (c->ctor)
		look_through(obj, c->object);
}

static void
block_root(struct frame *head)
{
	if (head->flags & FRAME_SLAB) {
		each_object(head, object_root);
		return;
	}
	if (atomic_read(&head->refs) == 0)
		return;
	reach((ulong)head->owner);
	reach(head->private);
	if (!(head->flags & (FRAME_ANON | FRAME_CACHE | FRAME_RESERVED)))
		look_through(frame_va(head), PAGE_SIZE << head->order);
}

static void
follow(void)
{
	struct track *t;
	const struct slab_cache *c;

	while ((t = reached) != LAST) {
		reached = t->next;
		t->next = LAST;
		c = va_frame(t)->owner;
		look_through((char *)(t + 1) - c->size, c->object);
	}
}

/* ---- stacks ---- */

/* Nothing below a sleeping task's stack pointer means anything; a running one's is left alone. */
static void
wipe_stacks(void) MUST_HOLD(tasks_lock)
{
	struct task *t;

	for (int pid = 0; (t = task_next_locked(&pid, false)); pid++)
		if (t == current)
			memset(t->stack, 0, (char *)__builtin_frame_address(0) - (char *)t->stack - MY_FRAMES);
		else if (!READ_ONCE(t->on_cpu) && t->arch.sp - (ulong)t->stack <= KSTACK_SIZE)
			memset(t->stack, 0, t->arch.sp - (ulong)t->stack);
}

/* ---- the report ---- */

static void
object_judge(const struct slab_cache *c, char *obj)
{
	struct track *t = slab_track(c, obj);
	struct site *s;

	if (c->ctor || !is_live(c, obj) || t->next)
		return;
	for (s = sites; s < sites + nsites; s++)
		if (s->cache == c && s->pc == t->alloc_pc)
			break;
	if (s == sites + SITES) {
		elsewhere++;
		return;
	}
	if (s == sites + nsites) {
		nsites++;
		*s = (struct site){ c, t->alloc_pc, 0, obj };
	}
	s->count++;
}

static void
block_judge(struct frame *head)
{
	each_object(head, object_judge);
}

void
slab_leak_check(void)
{
	ulong offset = 0, size;
	const char *name;

	irq_disable();
	cpu_halt_others();
	if (!spin_trylock(&tasks_lock))
		return;
	wipe_stacks();
	spin_unlock(&tasks_lock);

	frames_each_block(block_forget);
	reached = LAST;
	look_through(image_rodata_end, image_end - image_rodata_end);
	frames_each_block(block_root);
	follow();
	frames_each_block(block_judge);

	for (struct site *s = sites; s < sites + nsites; s++) {
		name = symbol_lookup((vaddr_t)image_start + s->pc - 1, &offset, &size);
		printk(KERN_ERR "leak: %u of %s allocated by %s+0x%lx, the first at 0x%lx\n", s->count, s->cache->name,
		       name ? name : "?", offset + 1, (ulong)s->first);
	}
	if (elsewhere)
		printk(KERN_ERR "leak: %u more objects\n", elsewhere);
}
#endif
