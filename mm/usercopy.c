/*
 * usercopy.c - the only way between kernel memory and a user address.
 *
 * A page at a time: look its entry up as the hart would, then move bytes through the direct map.
 * The user's own mapping is never used, so sstatus.SUM stays 0.
 *
 *	CPU 0 (mm_tlb_flush)			CPU 1 (a copy)
 *	change the entry			copying[1] = mm
 *	full fence				full fence
 *	wait until copying[1] != mm		read the entry, copy
 *	free the frame				copying[1] = NULL
 *
 * Either CPU 0 waits for the copy, or the copy reads the new entry. A copy lasts a page at most,
 * with preemption off, and never faults: an entry that does not permit it is first given to the
 * fault handler.
 *
 * Locks       none; mm_fault takes mm->lock, so none of these may be called with it held.
 */
#include "mm/usercopy.h"

#include "abi/errno.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/pagetable.h"
#include "kernel/spinlock.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/internal.h"

/* The space each cpu is copying through now. [a] */
static struct { struct mm *mm; } ALIGNED(64) copying[MAX_CPUS];

void
usercopy_wait(struct mm *mm)
{
	for (int i = 0; i < ncpus; i++)
		if (i != current->cpu)
			while (unlikely(smp_load_acquire(&copying[i].mm) == mm))
				cpu_relax();
}

/* Announce a copy through mm; this task stays on this cpu. */
static ALWAYS_INLINE struct mm **
copy_begin(struct mm *mm)
{
	struct mm **slot;

	preempt_disable();
	slot = &copying[current->cpu].mm;
	WRITE_ONCE(*slot, mm);
	smp_mb();
	return slot;
}

static ALWAYS_INLINE void
copy_end(struct mm **slot)
{
	smp_store_release(slot, NULL);
	preempt_enable();
}

/* Where user address addr is in the direct map, if its entry has all of `need`; NULL. */
static ALWAYS_INLINE void *
user_va(struct mm *mm, u64 addr, u64 need)
{
	pte_t e = READ_ONCE(mm->root[PT_INDEX(addr, 2)]);

	if (unlikely(!e))
		return NULL;
	e = READ_ONCE(((pte_t *)phys_to_virt(e >> 10 << 12))[PT_INDEX(addr, 1)]);
	if (unlikely(!e))
		return NULL;
	e = READ_ONCE(((pte_t *)phys_to_virt(e >> 10 << 12))[PT_INDEX(addr, 0)]);
	if (unlikely(~e & need))
		return NULL;
	return (char *)phys_to_virt(e >> 10 << 12) + PAGE_OFFSET(addr);
}

#define NEED_READ	(PTE_V | PTE_U | PTE_R)
#define NEED_WRITE	(PTE_V | PTE_U | PTE_W)

enum direction { TO_USER, FROM_USER, CLEAR };

/* n bytes inside one page. False: the entry does not permit it. */
static ALWAYS_INLINE bool
copy_in_page(struct mm *mm, u64 addr, void *buf, size_t n, enum direction dir)
{
	struct mm **slot = copy_begin(mm);
	void *va = user_va(mm, addr, dir == FROM_USER ? NEED_READ : NEED_WRITE);

	if (likely(va)) {
		if (dir == TO_USER)
			memcpy(va, buf, n);
		else if (dir == FROM_USER)
			memcpy(buf, va, n);
		else
			memset(va, 0, n);
	}
	copy_end(slot);
	return va;
}

/*
 * The general case: n bytes between buf and user address addr of mm, or zeros for CLEAR; any length, over any pages.
 * How many were moved: up to the first byte whose page does not permit it, or that is no program's address.
 *
 * A page at a time: copy_in_page() moves bytes inside one, if its entry permits. If not, mm_fault() is asked for it, as
 * if the program had touched that byte (VM_READ to read it, VM_WRITE to write or clear): not 0, and the copy ends;
 * 0, and it is tried again, as often as it takes: between the two somebody may have taken the page away. mm may be
 * NULL (a kernel thread), and addr and n anything: the sum of the two may not even fit in 64 bits.
 */
static ALWAYS_INLINE size_t
copy_pages(struct mm *mm, u64 addr, char *buf, size_t n, enum direction dir)
{
	size_t step;
	u64 end;

	if (unlikely(!mm || addr >= USER_TOP))
		return 0;
	n = MIN(n, USER_TOP - addr);
	for (end = addr + n; addr < end; addr += step, buf += step) {
		step = MIN(end - addr, PAGE_SIZE - PAGE_OFFSET(addr));
		while (unlikely(!copy_in_page(mm, addr, buf, step, dir)))
			if (mm_fault(mm, addr, dir == FROM_USER ? VM_READ : VM_WRITE))
				return n - (end - addr);
	}
	return n;
}

/* ---- of this space ---- */

static NOINLINE size_t
to_user_pages(u64 addr, const void *src, size_t n)
{
	return copy_pages(current->mm, addr, (char *)src, n, TO_USER);
}

static NOINLINE size_t
from_user_pages(void *dst, u64 addr, size_t n)
{
	return copy_pages(current->mm, addr, dst, n, FROM_USER);
}

/* Does [addr, addr + n) lie in one page of user addresses, n not 0? */
static ALWAYS_INLINE bool
one_page(u64 addr, size_t n)
{
	return addr < USER_TOP && PAGE_OFFSET(addr) + n - 1 < PAGE_SIZE;
}

/* Most larger copies are a page that is there. */
static NOINLINE size_t
to_user_slow(u64 addr, const void *src, size_t n)
{
	struct mm *mm = current->mm;

	if (likely(mm && one_page(addr, n)) && likely(copy_in_page(mm, addr, (void *)src, n, TO_USER)))
		return n;
	return to_user_pages(addr, src, n);
}

static NOINLINE size_t
from_user_slow(void *dst, u64 addr, size_t n)
{
	struct mm *mm = current->mm;

	if (likely(mm && one_page(addr, n)) && likely(copy_in_page(mm, addr, dst, n, FROM_USER)))
		return n;
	return from_user_pages(dst, addr, n);
}

#define SMALL_MAX	256		/* a struct stat still counts */

/* n bytes by words, n a multiple of 8. Volatile, or the compiler would make it a call to memcpy. */
static ALWAYS_INLINE void
copy_words(volatile u64 *dst, const volatile u64 *src, size_t n)
{
	const volatile u64 *end = src + n / 8;

	for (; end - src >= 4; src += 4, dst += 4) {
		u64 a = src[0], b = src[1], c = src[2], d = src[3];

		dst[0] = a;
		dst[1] = b;
		dst[2] = c;
		dst[3] = d;
	}
	for (; src < end; src++, dst++)
		*dst = *src;
}

/*
 * Most copies are a word, or a few: moved here without a call; n <= SMALL_MAX. False: not one of these, or not
 * permitted; the general case then sees to it.
 */
static ALWAYS_INLINE bool
copy_small(u64 addr, void *buf, size_t n, enum direction dir)
{
	struct mm *mm = current->mm;
	bool words = ((addr | (u64)buf | n) & 7) == 0 && n;
	struct mm **slot;
	char *va;

	if (unlikely(addr >= USER_TOP || PAGE_OFFSET(addr) + n > PAGE_SIZE || !mm))
		return false;
	if (!words && n != 1 && (n != 4 || ((addr | (u64)buf) & 3)))
		return false;
	slot = copy_begin(mm);
	va = user_va(mm, addr, dir == FROM_USER ? NEED_READ : NEED_WRITE);
	if (likely(va)) {
		char *dst = dir == TO_USER ? va : buf;
		const char *src = dir == TO_USER ? buf : va;

		if (words)
			copy_words((u64 *)dst, (const u64 *)src, n);
		else if (n == 1)
			*dst = *src;
		else
			*(u32 *)dst = *(const u32 *)src;
	}
	copy_end(slot);
	return va;
}

size_t
copy_to_user_some(uptr_t dst, const void *src, size_t n)
{
	if (n <= SMALL_MAX && likely(copy_small(dst.addr, (void *)src, n, TO_USER)))
		return n;
	return to_user_slow(dst.addr, src, n);
}

size_t
copy_from_user_some(void *dst, uptr_t src, size_t n)
{
	if (n <= SMALL_MAX && likely(copy_small(src.addr, dst, n, FROM_USER)))
		return n;
	return from_user_slow(dst, src.addr, n);
}

int
copy_to_user(uptr_t dst, const void *src, size_t n)
{
	if (n <= SMALL_MAX && likely(copy_small(dst.addr, (void *)src, n, TO_USER)))
		return 0;
	return to_user_slow(dst.addr, src, n) == n ? 0 : -EFAULT;
}

int
copy_from_user(void *dst, uptr_t src, size_t n)
{
	if (n <= SMALL_MAX && likely(copy_small(src.addr, dst, n, FROM_USER)))
		return 0;
	return from_user_slow(dst, src.addr, n) == n ? 0 : -EFAULT;
}

size_t
clear_user_some(uptr_t dst, size_t n)
{
	return copy_pages(current->mm, dst.addr, NULL, n, CLEAR);
}

int
clear_user(uptr_t dst, size_t n)
{
	return clear_user_some(dst, n) == n ? 0 : -EFAULT;
}

/* Copy up to n bytes inside one page, and stop after a NUL. Bytes copied, with it; -EFAULT: not permitted. */
static ssize_t
string_in_page(struct mm *mm, char *dst, u64 addr, size_t n, bool *ended)
{
	struct mm **slot = copy_begin(mm);
	const char *va = user_va(mm, addr, NEED_READ);
	size_t i = 0;

	while (va && i < n) {
		dst[i] = va[i];
		if (!dst[i++]) {
			*ended = true;
			break;
		}
	}
	copy_end(slot);
	return va ? (ssize_t)i : -EFAULT;
}

/*
 * The string at src, its 0 too if that is among the first max bytes: its length without it; max if there is none; or
 * -EFAULT. No byte after the 0 is asked for: the page that follows may not be there. As copy_pages, a page at a time.
 */
ssize_t
strncpy_from_user(char *dst, uptr_t src, size_t max)
{
	struct mm *mm = current->mm;
	bool ended = false;
	size_t done = 0;
	u64 addr;
	ssize_t got;

	if (!mm)
		return -EFAULT;
	while (done < max) {
		addr = src.addr + done;
		if (addr >= USER_TOP)
			return -EFAULT;
		got = string_in_page(mm, dst + done, addr, MIN(max - done, PAGE_SIZE - PAGE_OFFSET(addr)), &ended);
		if (got < 0) {
			if (mm_fault(mm, addr, VM_READ))
				return -EFAULT;
			continue;
		}
		done += got;
		if (ended)
			return done - 1;
	}
	return max;
}

/* ---- a view ---- */

void *
user_window(uptr_t p, size_t n, bool write)
{
	struct mm *mm = current->mm;
	struct mm **slot;
	void *va;

	if (!mm || p.addr >= USER_TOP || PAGE_OFFSET(p.addr) + n > PAGE_SIZE)
		return NULL;
	slot = copy_begin(mm);
	va = user_va(mm, p.addr, write ? NEED_WRITE : NEED_READ);
	if (!va)
		copy_end(slot);
	return va;
}

void
user_window_end(void)
{
	copy_end(&copying[current->cpu].mm);
}

/* ---- for futexes ---- */

int
user_u32_try_read(uptr_t p, u32 *val)
{
	struct mm *mm = current->mm;
	struct mm **slot;
	const u32 *va;

	if (!mm || p.addr >= USER_TOP || (p.addr & 3))
		return -EFAULT;
	slot = copy_begin(mm);
	va = user_va(mm, p.addr, NEED_READ);
	if (va)
		*val = __atomic_load_n(va, __ATOMIC_SEQ_CST);
	copy_end(slot);
	return va ? 0 : -EAGAIN;
}

int
user_u32_read(uptr_t p, u32 *val)
{
	int err;

	while ((err = user_u32_try_read(p, val)) == -EAGAIN)
		if (mm_fault(current->mm, p.addr, VM_READ))
			return -EFAULT;
	return err;
}

int
user_u32_try_cmpxchg(uptr_t p, u32 old, u32 new, u32 *seen)
{
	struct mm *mm = current->mm;
	struct mm **slot;
	u32 *va;

	if (!mm || p.addr >= USER_TOP || (p.addr & 3))
		return -EFAULT;
	slot = copy_begin(mm);
	va = user_va(mm, p.addr, NEED_WRITE);
	if (va)
		__atomic_compare_exchange_n(va, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	copy_end(slot);
	if (!va)
		return -EAGAIN;
	*seen = old;
	return 0;
}

int
user_u32_cmpxchg(uptr_t p, u32 old, u32 new, u32 *seen)
{
	int err;

	while ((err = user_u32_try_cmpxchg(p, old, new, seen)) == -EAGAIN)
		if (mm_fault(current->mm, p.addr, VM_WRITE))
			return -EFAULT;
	return err;
}

/* ---- of another space ---- */

size_t
copy_from_mm(struct mm *mm, void *dst, u64 src, size_t n)
{
	return copy_pages(mm, src, dst, n, FROM_USER);
}

size_t
copy_to_mm(struct mm *mm, u64 dst, const void *src, size_t n)
{
	return copy_pages(mm, dst, (char *)src, n, TO_USER);
}
