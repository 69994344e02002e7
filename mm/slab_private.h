/*
 * slab_private.h - what a cache is, for slab.c and the debug build's checks of it.
 */
#ifndef MM_SLAB_PRIVATE_H
#define MM_SLAB_PRIVATE_H

#include "arch/cpu.h"
#include "kernel/spinlock.h"
#include "lib/list.h"
#include "mm/slab.h"

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
	uint	size;			/* [i] from one object to the next */
	uint	object;			/* [i] of that, what its owner may use */
	ulong	quarantined;		/* [a] DEBUG: freed, and kept from use for a while */
	uint	order, per_slab;	/* [i] */
	void	(*ctor)(void *);	/* [i] */
	const char *name;		/* [i] */
	struct slab_cache *next;	/* [i] all caches, newest first */
};

#ifdef DEBUG
struct track {			/* the last bytes of each object's place, in its redzone */
	u32	alloc_pc;		/* from image_start; 0: never */
	int	alloc_pid;
	union {
		struct {
			u32	free_pc;
			int	free_pid;
		};
		struct track *next;	/* leak.c's, once the machine goes down */
	};
};

#define SLAB_REDZONE	sizeof(struct track)

static inline struct track *
slab_track(const struct slab_cache *c, const void *obj)
{
	return (struct track *)((char *)obj + c->size) - 1;
}

/* slab_debug.c. A new slab at base. */
void	slab_debug_make(const struct slab_cache *c, char *base);
/* obj becomes n bytes of caller's. */
void	slab_debug_alloc(const struct slab_cache *c, void *obj, size_t n, const void *caller);
/* caller frees obj. Panics if that is wrong. */
void	slab_debug_free(const struct slab_cache *c, void *obj, const void *caller);
/* *obj goes into quarantine; *obj and *c become the oldest one there. False: there was none. Interrupts off. */
bool	slab_quarantine(struct slab_cache **c, void **obj);
#else
#define SLAB_REDZONE	0

static inline void slab_debug_make(const struct slab_cache *c, char *base) { }
static inline void slab_debug_alloc(const struct slab_cache *c, void *obj, size_t n, const void *caller) { }
static inline void slab_debug_free(const struct slab_cache *c, void *obj, const void *caller) { }
static inline bool slab_quarantine(struct slab_cache **c, void **obj) { return true; }
#endif

#endif
