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
void	slab_leak_mark(void);			/* boot is over: what is live now is meant to stay */
void	slab_leak_check(void);			/* DEBUG: at power-off, name caches with live objects beyond those at boot */
void	slab_describe(const void *p);		/* DEBUG: print which object p is in or near, and who handled it last */

#endif
