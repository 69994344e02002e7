/* atomic.h - counters changed by several harts. Relaxed unless the name says more. */
#ifndef ARCH_ATOMIC_H
#define ARCH_ATOMIC_H

#include "lib/types.h"

typedef struct { int v; } atomic_t;
#define ATOMIC_INIT(x)	{ (x) }

static inline int atomic_read(const atomic_t *a) { return __atomic_load_n(&a->v, __ATOMIC_RELAXED); }
static inline void atomic_set(atomic_t *a, int x) { __atomic_store_n(&a->v, x, __ATOMIC_RELAXED); }
static inline void atomic_inc(atomic_t *a) { __atomic_fetch_add(&a->v, 1, __ATOMIC_RELAXED); }
static inline void atomic_dec(atomic_t *a) { __atomic_fetch_sub(&a->v, 1, __ATOMIC_RELAXED); }
static inline void atomic_add(atomic_t *a, int x) { __atomic_fetch_add(&a->v, x, __ATOMIC_RELAXED); }
static inline int atomic_add_return(atomic_t *a, int x) { return __atomic_add_fetch(&a->v, x, __ATOMIC_ACQ_REL); }

/* True if this was the last reference: everything done under the others happened before. */
static inline bool
atomic_dec_and_test(atomic_t *a)
{
	return __atomic_fetch_sub(&a->v, 1, __ATOMIC_ACQ_REL) == 1;
}

/* Take a reference only if some other still exists. */
static inline bool
atomic_inc_not_zero(atomic_t *a)
{
	int v = atomic_read(a);

	while (v)
		if (__atomic_compare_exchange_n(&a->v, &v, v + 1, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	return false;
}

#endif
