/*
 * exec_args.c - argv and envp, copied out of the old address space before it goes.
 *
 * The strings lie back to back in one kernel buffer, in the order in which they will lie
 * on the new stack, so that putting them there is one copy.  The buffer doubles when it is
 * full.  Strings and the pointers to them may take a quarter of the stack's limit.
 */
#include "abi/errno.h"
#include "kernel/exec_private.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/usercopy.h"
#include "mm/vmap.h"

#define STRING_MAX	(128 * KiB)	/* of one string, with its NUL: Linux's MAX_ARG_STRLEN */
#define LIMIT_MIN	(128 * KiB)
#define LIMIT_MAX	(6 * MiB)	/* three quarters of the usual stack */
#define CONTIGUOUS_MAX	(64 * KiB)	/* larger buffers are mapped page by page */
#define POINTERS	16		/* fetched at once */

static void
buf_free(char *buf, size_t size)
{
	if (size == PAGE_SIZE)
		page_free(buf);
	else if (size <= CONTIGUOUS_MAX)
		kfree(buf);
	else
		vfree(buf);
}

int
strings_init(struct strings *s)
{
	u64 quarter = current->proc->rlim[RLIMIT_STACK].rlim_cur / 4;

	*s = (struct strings){ .size = PAGE_SIZE };
	s->limit = MIN(MAX(quarter, LIMIT_MIN), LIMIT_MAX);
	s->buf = page_alloc(GFP_KERNEL);
	return s->buf ? 0 : -ENOMEM;
}

void
strings_free(struct strings *s)
{
	if (s->buf)
		buf_free(s->buf, s->size);
	s->buf = NULL;
}

static int
strings_grow(struct strings *s)
{
	size_t size = s->size * 2;
	char *buf = size <= CONTIGUOUS_MAX ? kmalloc(size, GFP_KERNEL) : vmalloc(size);

	if (!buf)
		return -ENOMEM;
	memcpy(buf, s->buf, s->bytes);
	buf_free(s->buf, s->size);
	s->buf = buf;
	s->size = size;
	return 0;
}

/* Would the stack hold what there is, and npointers to it? */
static int
strings_fit(const struct strings *s, int npointers)
{
	return s->bytes + npointers * sizeof(u64) <= s->limit ? 0 : -E2BIG;
}

int
strings_add(struct strings *s, const char *str)
{
	size_t n = strlen(str) + 1;
	int err;

	if (n > STRING_MAX)
		return -E2BIG;
	while (s->size - s->bytes < n) {
		err = strings_grow(s);
		if (err)
			return err;
	}
	memcpy(s->buf + s->bytes, str, n);
	s->bytes += n;
	return strings_fit(s, s->argc + s->envc);
}

static int
strings_add_user(struct strings *s, uptr_t str)
{
	size_t room;
	ssize_t n;
	int err;

	for (;;) {
		room = MIN(s->size - s->bytes, STRING_MAX);
		n = room ? strncpy_from_user(s->buf + s->bytes, str, room) : 0;
		if (n < 0)
			return n;
		if ((size_t)n < room) {
			s->bytes += n + 1;
			return strings_fit(s, s->argc + s->envc);
		}
		if (room == STRING_MAX)
			return -E2BIG;
		err = strings_grow(s);
		if (err)
			return err;
	}
}

static int
add_kernel_array(struct strings *s, char *const *v, int skip, int *count)
{
	int i, err;

	for (i = 0; v[i]; i++) {
		if (i < skip)
			continue;
		++*count;
		err = strings_add(s, v[i]);
		if (err)
			return err;
	}
	return 0;
}

int
strings_add_array(struct strings *s, const struct string_array *a, int skip, int *count)
{
	u64 ptrs[POINTERS];
	uptr_t p = a->user;
	size_t i, n;
	int err;

	if (a->kernel)
		return add_kernel_array(s, a->kernel, skip, count);
	if (!p.addr)
		return 0;
	for (;; p = uptr_add(p, sizeof(ptrs))) {
		/* Fewer come when unmapped memory follows: enough if the end is among them. */
		n = copy_from_user_some(ptrs, p, sizeof(ptrs)) / sizeof(u64);
		for (i = 0; i < n; i++) {
			if (!ptrs[i])
				return 0;
			if (skip) {
				skip--;
				continue;
			}
			++*count;
			err = strings_add_user(s, UPTR(ptrs[i]));
			if (err)
				return err;
		}
		if (n < POINTERS)
			return -EFAULT;
	}
}
