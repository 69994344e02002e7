/*
 * slab.h - objects of one size, and kmalloc over them.
 *
 * Per-cpu free lists over slabs of frames.  DEBUG poisons freed objects and checks on allocation, keeps them
 * in quarantine for a while, and puts a redzone after each.
 * A cache with a constructor never gives memory back: a stale pointer into it still points to an
 * object of its kind, so that a reference can be taken with atomic_inc_not_zero and then checked.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "mm/frame.h"

struct slab_cache;

void	slab_init(void);
/* Panics if out of memory (boot time only). ctor may be NULL; run once per object when its slab is made. */
struct slab_cache *slab_create(const char *name, size_t size, size_t align, void (*ctor)(void *));
void	*slab_alloc(struct slab_cache *c, uint gfp);	/* NULL if out of memory */
void	slab_free(struct slab_cache *c, void *obj);

void	*kmalloc(size_t size, uint gfp);	/* any size up to 4 MiB, 16-aligned; powers of two naturally aligned */
void	*kzalloc(size_t size, uint gfp);
void	kfree(void *p);				/* NULL is fine */
char	*kstrdup(const char *s, uint gfp);
void	slab_report(void (*line)(void *arg, const char *name, ulong objs, ulong total, ulong size), void *arg);

#ifdef DEBUG
/* The machine goes down: stop the other harts and name the objects that nothing points to any more. */
void	slab_leak_check(void);
/* Print which object p is in or near, and who handled it last. */
void	slab_describe(const void *p);
#else
static inline void slab_leak_check(void) { }
#endif

#endif
