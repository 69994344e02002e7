/*
 * usercopy.h - the only way between kernel memory and a user address.
 *
 * A copy walks the page table in software and moves bytes through the direct map: sstatus.SUM
 * stays 0 for ever, no instruction of the kernel can touch user memory by accident, and an
 * absent or copy-on-write page is handed to the fault handler as if the program had touched it.
 * A copy in flight is a translation no TLB knows of: it announces itself (per cpu), and
 * mm_tlb_flush waits for announced copies of that space before frames are freed.
 * May sleep; not under spinlocks except the _nofault forms.
 */
#ifndef MM_USERCOPY_H
#define MM_USERCOPY_H

#include "lib/types.h"

/* 0 or -EFAULT; on -EFAULT some bytes may have been copied. */
int	copy_to_user(uptr_t dst, const void *src, size_t n);
int	copy_from_user(void *dst, uptr_t src, size_t n);
int	clear_user(uptr_t dst, size_t n);
/* How many bytes were copied before a fault (n: all). */
size_t	copy_to_user_some(uptr_t dst, const void *src, size_t n);
size_t	copy_from_user_some(void *dst, uptr_t src, size_t n);
size_t	clear_user_some(uptr_t dst, size_t n);
/* Length without NUL; -EFAULT; max if no NUL in max bytes. */
ssize_t	strncpy_from_user(char *dst, uptr_t src, size_t max);
/* Fixed sizes, the fast way: T is any scalar or struct. 0 or -EFAULT. */
#define put_user(val, dst)	({ __typeof__(val) v_ = (val); copy_to_user(dst, &v_, sizeof v_); })
#define get_user(lval, src)	copy_from_user(&(lval), src, sizeof(lval))
/*
 * [p, p+n) seen through the direct map, for structures written in many pieces: NULL if it crosses a page or the
 * entry does not permit the access now (then copy, which may fault). Preemption is off until user_window_end().
 */
void	*user_window(uptr_t p, size_t n, bool write);
void	user_window_end(void);
/* For futexes: act on an aligned u32 in place. Fault the page in first (writable); 0 or -EFAULT. */
int	user_u32_read(uptr_t p, u32 *val);
int	user_u32_cmpxchg(uptr_t p, u32 old, u32 new, u32 *seen);
/* The same under a spinlock: -EAGAIN if a fault must come first. */
int	user_u32_try_read(uptr_t p, u32 *val);
int	user_u32_try_cmpxchg(uptr_t p, u32 old, u32 new, u32 *seen);
/* Of another address space, for /proc/PID/cmdline and mem. Bytes copied. */
struct mm;
size_t	copy_from_mm(struct mm *mm, void *dst, u64 src, size_t n);
size_t	copy_to_mm(struct mm *mm, u64 dst, const void *src, size_t n);

#endif
