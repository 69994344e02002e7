/*
 * kasan.h - which bytes of memory may be touched now (debug build; nothing at all otherwise).
 *
 * Who hands memory out says so here: kasan_unpoison when it becomes somebody's, kasan_poison when it
 * is nobody's any more.  Compiled code asks before every access; memcpy and its like ask once.
 */
#ifndef MM_KASAN_H
#define MM_KASAN_H

#include "lib/types.h"

/* Why bytes may not be touched: what a shadow byte holds. 1..7: only so many bytes may, of 8. */
#define KASAN_REDZONE	0xfa		/* between objects */
#define KASAN_FREED	0xfb		/* object of a slab, freed or never handed out */
#define KASAN_GLOBAL	0xf9		/* after a global variable */
#define KASAN_FRAME	0xff		/* frame of the buddy allocator */

#ifdef DEBUG
/* Not instrumented: for those who work on free memory itself. */
#define NO_KASAN	__attribute__((no_sanitize("kernel-address")))

void	kasan_init(void);		/* the shadow of RAM and of the image is mapped, and holds anything */
/* p is a multiple of 8; kasan_poison takes the last 8 whole. */
void	kasan_poison(const void *p, size_t n, u8 why);
void	kasan_unpoison(const void *p, size_t n);
/* As if n bytes at p were read or written by who called our caller. */
void	kasan_check(const void *p, size_t n, bool write);
/* The shadow byte of p; 0 if p is neither in RAM nor in the image. */
u8	kasan_shadow(const void *p);
/* The access at addr failed: what was to be accessed, if that was only about to be checked. Else addr. */
ulong	kasan_culprit(ulong addr);
#else
#define NO_KASAN
static inline void kasan_init(void) { }
static inline void kasan_poison(const void *p, size_t n, u8 why) { }
static inline void kasan_unpoison(const void *p, size_t n) { }
static inline void kasan_check(const void *p, size_t n, bool write) { }
static inline ulong kasan_culprit(ulong addr) { return addr; }
#endif

#endif
