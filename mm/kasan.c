/*
 * kasan.c - the address sanitizer: every access asks whether its bytes may be touched (debug build).
 *
 *	memory	| 8 bytes | 8 bytes | 8 bytes | 8 bytes | ...	an object of 20 bytes
 *	shadow	|   00    |   00    |   04    |   fa    | ...	all, all, the first 4, none: redzone
 *
 * The compiler puts a look at the shadow before each load and store, and calls __asan_report_... if it says no;
 * memcpy and its like are wrapped here, and check once for the whole range. What a byte of shadow means: kasan.h.
 *
 * The shadow of address a is at (a >> 3) + SHADOW_OFFSET, so that of the kernel's half is at SHADOW_BASE (layout.h).
 *
 * Data        ram, image: the memory that has a shadow of its own. RAM's is an eighth of its span, taken at boot;
 *             a part of it means something from when its frames came online or were reserved.
 *             The vmap area's (stacks, vmalloc, device registers) is zeros: unmapped pages guard it. No other
 *             address has any: a look at its shadow faults, and kasan_culprit says what the fault was about.
 * Locks       none: who changes an object's shadow is its only owner.
 * Not here    what maps the shadow: kernelmap.c and arch's early.c; who calls kasan_poison: frame.c (free frames),
 *             slab.c (free objects, redzones). This file, slab.c and lib/string.c are compiled without these checks.
 * Further     docs/debugging.md; Serebryany and others, AddressSanitizer, USENIX ATC 2012.
 */
#ifdef DEBUG
#include "mm/kasan.h"

#include "kernel/printk.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/bootmem.h"
#include "mm/internal.h"
#include "mm/layout.h"
#include "mm/slab.h"

#define SHIFT		3
#define GRANULE		(1UL << SHIFT)		/* bytes that one byte of shadow is about */

struct shadowed {		/* all [i] after kasan_init */
	u64	base, size;			/* addresses; size 0: not yet */
};

static struct shadowed ram, image;

/* lib/string.c's functions, under the names this build gives them. */
void	*raw_memcpy(void *dst, const void *src, size_t n);
void	*raw_memmove(void *dst, const void *src, size_t n);
void	*raw_memset(void *dst, int c, size_t n);
int	 raw_memcmp(const void *a, const void *b, size_t n);
size_t	 raw_strlen(const char *s);

/* ---- shadow ---- */

/* The shadow byte of addr; NULL: it has none of its own. */
static ALWAYS_INLINE u8 *
shadow_of(u64 addr)
{
	if (likely(addr - ram.base < ram.size) || addr - image.base < image.size)
		return va_to_shadow(addr);
	return NULL;
}

u8
kasan_shadow(const void *p)
{
	u8 *s = shadow_of((u64)p);

	return s ? *s : 0;
}

void
kasan_poison(const void *p, size_t n, u8 why)
{
	u8 *s = shadow_of((u64)p);

	if (s)
		raw_memset(s, why, DIV_ROUND_UP(n, GRANULE));
}

void
kasan_unpoison(const void *p, size_t n)
{
	u8 *s = shadow_of((u64)p);

	if (!s)
		return;
	raw_memset(s, 0, n / GRANULE);
	if (n % GRANULE)
		s[n / GRANULE] = n % GRANULE;
}

/* ---- the report ---- */

#define ROW		16			/* shadow bytes a line */
#define ROWS_AROUND	2

static const char *
bug_name(u8 why)
{
	switch (why) {
	case KASAN_REDZONE:
		return "out of bounds";
	case KASAN_FREED:
		return "use after free";
	case KASAN_GLOBAL:
		return "out of bounds of a global";
	case KASAN_FRAME:
		return "use of a free frame";
	}
	return "wild access";
}

/* The shadow round addr: the row that holds it is marked, and the byte in it. */
static void
print_neighbourhood(u64 addr)
{
	struct shadowed *in = addr - ram.base < ram.size ? &ram : &image;
	const u8 *shadow = va_to_shadow(in->base);
	u64 bytes = in->size >> SHIFT, at = (addr - in->base) >> SHIFT, row;
	char line[ROW * 4 + 1];
	int n;

	printk(KERN_EMERG "shadow of the memory around it, a byte for 8 (00 may be touched; fa redzone, fb freed, "
	       "f9 between globals, ff free frame):\n");
	for (row = at / ROW - MIN(at / ROW, (u64)ROWS_AROUND); row <= at / ROW + ROWS_AROUND; row++) {
		if (row * ROW >= bytes)
			break;
		n = 0;
		for (u64 i = row * ROW; i < MIN((row + 1) * ROW, bytes); i++)
			n += snprintf(line + n, sizeof(line) - n,
				      i == at ? "[%02x]" : i == at + 1 && i % ROW ? "%02x" : " %02x", shadow[i]);
		printk(KERN_EMERG "%c %lx:%s\n", row == at / ROW ? '>' : ' ', in->base + row * ROW * GRANULE, line);
	}
}

/* Some byte of [addr, addr + n), which the code at pc is about to access, may not be touched: the first is bad. */
static void NOINLINE
report(u64 addr, size_t n, bool write, ulong pc, u64 bad)
{
	static u32 reporting;
	u8 *s = shadow_of(bad);
	u8 why = *s < GRANULE ? s[1] : *s;	/* the end of an object: what follows it */
	ulong offset = 0, size;
	const char *name = symbol_lookup(pc - 1, &offset, &size);

	/* What prints a report, or a panic, may look at anything. */
	if (panicking() || __atomic_exchange_n(&reporting, 1, __ATOMIC_RELAXED))
		return;
	printk(KERN_EMERG "KASAN: %s: %s of %lu byte%s at 0x%lx, of which %lu may be touched\n", bug_name(why),
	       write ? "write" : "read", n, n == 1 ? "" : "s", addr, bad - addr);
	if (bad - ram.base < ram.size)
		slab_describe((void *)bad);
	print_neighbourhood(bad);
	panic("KASAN: %s: %s at 0x%lx by %s+0x%lx", bug_name(why), write ? "write" : "read", addr, name ? name : "?",
	      offset);
}

/* ---- checks ---- */

/* Is an access of n bytes at addr allowed? If not, say so and end. */
static void
check_range(u64 addr, size_t n, bool write, ulong pc)
{
	const u8 *s = shadow_of(addr), *last;
	u64 bad;

	if (!s || n == 0)
		return;
	last = shadow_of(addr + n - 1);
	if (!last)
		return;				/* ends outside: no page there */
	for (; s < last && *s == 0; s++)
		while ((u64)s % 8 == 0 && s + 8 < last && *(const u64 *)s == 0)
			s += 8;
	if (likely(*s == 0) || (s == last && *s < GRANULE && (addr + n - 1) % GRANULE < *s))
		return;
	if (s == shadow_of(addr))
		bad = *s < GRANULE ? MAX(ALIGN_DOWN(addr, GRANULE) + *s, addr) : addr;
	else
		bad = ALIGN_DOWN(addr, GRANULE) + (s - shadow_of(addr)) * GRANULE + (*s < GRANULE ? *s : 0);
	report(addr, n, write, pc, bad);
}

ulong
kasan_culprit(ulong addr)
{
	bool shadow = addr - SHADOW_BASE < -DIRECT_BASE >> SHIFT;

	return shadow || (addr >= SHADOW_OFFSET && addr < DIRECT_BASE) ? (addr - SHADOW_OFFSET) << SHIFT : addr;
}

#define CALLER	((ulong)__builtin_return_address(0))

void
kasan_check(const void *p, size_t n, bool write)
{
	check_range((u64)p, n, write, CALLER);
}

/* ---- what the compiler calls: no header declares them ---- */

#define REPORTS(n)								\
	void __asan_report_load##n##_noabort(ulong addr);			\
	void __asan_report_store##n##_noabort(ulong addr);			\
	void									\
	__asan_report_load##n##_noabort(ulong addr)				\
	{									\
		check_range(addr, n, false, CALLER);				\
	}									\
	void									\
	__asan_report_store##n##_noabort(ulong addr)				\
	{									\
		check_range(addr, n, true, CALLER);				\
	}

REPORTS(1)
REPORTS(2)
REPORTS(4)
REPORTS(8)
REPORTS(16)

void	__asan_report_load_n_noabort(ulong addr, size_t n);
void	__asan_report_store_n_noabort(ulong addr, size_t n);
void	__asan_handle_no_return(void);

void
__asan_report_load_n_noabort(ulong addr, size_t n)
{
	check_range(addr, n, false, CALLER);
}

void
__asan_report_store_n_noabort(ulong addr, size_t n)
{
	check_range(addr, n, true, CALLER);
}

void
__asan_handle_no_return(void)
{
}

/* ---- global variables ---- */

struct global {				/* made by the compiler for each */
	const char *start;
	size_t	size, size_with_redzone;
	const char *name, *file;
	ulong	dynamic_init;
	const void *location, *odr;
};

void	__asan_register_globals(const struct global *g, size_t n);
void	__asan_unregister_globals(const struct global *g, size_t n);

void
__asan_register_globals(const struct global *g, size_t n)
{
	for (; n-- > 0; g++) {
		size_t end = ALIGN_UP(g->size, GRANULE);

		kasan_unpoison(g->start, g->size);
		kasan_poison(g->start + end, g->size_with_redzone - end, KASAN_GLOBAL);
	}
}

void
__asan_unregister_globals(const struct global *g, size_t n)
{
}

/* ---- memcpy and its like: checked, then as everywhere ---- */

void *
memcpy(void *dst, const void *src, size_t n)
{
	check_range((u64)src, n, false, CALLER);
	check_range((u64)dst, n, true, CALLER);
	return raw_memcpy(dst, src, n);
}

void *
memmove(void *dst, const void *src, size_t n)
{
	check_range((u64)src, n, false, CALLER);
	check_range((u64)dst, n, true, CALLER);
	return raw_memmove(dst, src, n);
}

void *
memset(void *dst, int c, size_t n)
{
	check_range((u64)dst, n, true, CALLER);
	return raw_memset(dst, c, n);
}

int
memcmp(const void *a, const void *b, size_t n)
{
	check_range((u64)a, n, false, CALLER);
	check_range((u64)b, n, false, CALLER);
	return raw_memcmp(a, b, n);
}

size_t
strlen(const char *s)
{
	size_t n = raw_strlen(s);

	check_range((u64)s, n + 1, false, CALLER);
	return n;
}

/* ---- boot ---- */

/* The compiler's functions that register each file's globals. From kernel.ld. */
extern void (*const init_array_start[])(void), (*const init_array_end[])(void);

void
kasan_init(void)
{
	u64 start = bootmem_ram[0].start, end = bootmem_ram[bootmem_nram - 1].end;

	ram.base = (u64)phys_to_virt(start);
	ram.size = end - start;
	for (int i = 0; i < bootmem_nreserved; i++) {
		u64 from = MAX(bootmem_reserved[i].start, start), to = MIN(bootmem_reserved[i].end, end);

		if (from < to)
			raw_memset(va_to_shadow((u64)phys_to_virt(from)), 0, (to - from) >> SHIFT);
	}
	image.base = IMAGE_BASE;
	image.size = image_end - image_start;
	raw_memset(va_to_shadow(IMAGE_BASE), 0, image.size >> SHIFT);
	for (uint i = 0; i < init_array_end - init_array_start; i++)
		init_array_start[i]();
}
#endif
