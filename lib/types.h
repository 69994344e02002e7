/*
 * types.h - the words every file uses.
 *
 * Sizes are exact.  Addresses that must not mix have names of their own; a
 * user address is a struct, so dereferencing one does not compile.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t		u8;
typedef uint16_t	u16;
typedef uint32_t	u32;
typedef uint64_t	u64;
typedef int8_t		s8;
typedef int16_t		s16;
typedef int32_t		s32;
typedef int64_t		s64;
typedef unsigned int	uint;
typedef unsigned long	ulong;
typedef long		ssize_t;
typedef s64		loff_t;		/* a position in a file, bytes */

typedef u64 paddr_t;			/* a physical address */
typedef u64 vaddr_t;			/* a kernel virtual address */
typedef u64 pte_t;			/* one page-table entry */

/* A user address.  Reached only through mm/usercopy.h. */
typedef struct uptr { u64 addr; } uptr_t;
#define UPTR(x)		((uptr_t){ (u64)(x) })
#define UPTR_NULL	((uptr_t){ 0 })

static inline uptr_t
uptr_add(uptr_t p, u64 n)
{
	return (uptr_t){ p.addr + n };
}

#define KiB		1024UL
#define MiB		(1024UL * KiB)
#define GiB		(1024UL * MiB)

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)	(((u64)(x) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_OFFSET(x)	((u64)(x) & (PAGE_SIZE - 1))

#define ALIGN_UP(x, a)	(((u64)(x) + (a) - 1) & ~((u64)(a) - 1))
#define ALIGN_DOWN(x, a) ((u64)(x) & ~((u64)(a) - 1))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)	({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define MAX(a, b)	({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define BIT(n)		(1UL << (n))

#define container_of(p, type, member) \
	((type *)((char *)(1 ? (p) : &((type *)0)->member) - offsetof(type, member)))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define NORETURN	__attribute__((noreturn))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NOINLINE	__attribute__((noinline))
#define ALWAYS_INLINE	inline __attribute__((always_inline))
#define PACKED		__attribute__((packed))
#define ALIGNED(n)	__attribute__((aligned(n)))
#define SECTION(s)	__attribute__((section(s), used))
#define UNUSED		__attribute__((unused))
#ifndef static_assert
#define static_assert	_Static_assert
#endif

#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* Pointers that carry an error: for look-ups whose failures differ (fs/). */
#define MAX_ERRNO	4095
#define ERR_PTR(e)	((void *)(long)(e))
#define PTR_ERR(p)	((int)(long)(p))
#define IS_ERR(p)	((ulong)(p) >= (ulong)-MAX_ERRNO)

#endif
