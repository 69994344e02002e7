/*
 * user.c - programs, as far as the file systems know of them, on the host: a user address is an address,
 *          nobody sends signals, everybody may do everything.
 */
#include <string.h>
#include "abi/errno.h"
#include "kernel/fdtable.h"
#include "kernel/random.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "mm/usercopy.h"

size_t copy_to_user_some(uptr_t dst, const void *src, size_t n) { memcpy((void *)dst.addr, src, n); return n; }
size_t copy_from_user_some(void *dst, uptr_t src, size_t n) { memcpy(dst, (void *)src.addr, n); return n; }
size_t clear_user_some(uptr_t dst, size_t n) { memset((void *)dst.addr, 0, n); return n; }
int copy_to_user(uptr_t dst, const void *src, size_t n) { copy_to_user_some(dst, src, n); return 0; }
int copy_from_user(void *dst, uptr_t src, size_t n) { copy_from_user_some(dst, src, n); return 0; }
int clear_user(uptr_t dst, size_t n) { clear_user_some(dst, n); return 0; }
void *user_window(uptr_t p, size_t n, bool write) { return NULL; }
void user_window_end(void) { }

ssize_t
strncpy_from_user(char *dst, uptr_t src, size_t max)
{
	size_t n = strnlen((const char *)src.addr, max);

	memcpy(dst, (const char *)src.addr, MIN(n + 1, max));
	return n;
}

void signal_raise(int sig) { }
bool signal_ends_us(void) { return false; }
void signal_set_mask(u64 mask) { }
bool task_capable(u64 cap_bit) { return current->cap_effective & cap_bit; }
bool task_in_group(u32 gid) { return current->fsgid == gid; }
void random_mix(const void *buf, size_t n) { }
