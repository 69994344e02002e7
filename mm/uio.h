/*
 * uio.h - where a read or write moves its bytes: user or kernel memory, in pieces.
 */
#ifndef MM_UIO_H
#define MM_UIO_H

#include "lib/types.h"

struct uio_vec { u64 base; u64 len; };	/* as struct iovec */

struct uio {
	const struct uio_vec *vec;	/* current piece */
	size_t	done;			/* bytes of it already moved */
	size_t	resid;			/* bytes left in all */
	bool	kernel;			/* addresses are the kernel's own */
	u32	flags;			/* RWF_*, of preadv2 and pwritev2 */
	/* Of a kernel uio, not NULL: takes what is read, in place of memory: how many of n bytes at src, one page's. */
	size_t	(*give)(struct uio *u, const void *src, size_t n);
	struct uio_vec one;		/* room for the common single piece */
};

static inline void
uio_init_user(struct uio *u, uptr_t buf, size_t len)
{
	u->one.base = buf.addr;
	u->one.len = len;
	u->vec = &u->one;
	u->done = 0;
	u->resid = len;
	u->kernel = false;
	u->flags = 0;
}

static inline void
uio_init_kernel(struct uio *u, void *buf, size_t len)
{
	uio_init_user(u, UPTR(buf), len);
	u->kernel = true;
	u->give = NULL;
}

/* len bytes that give() takes. Only for reads that go through the page cache (file_ops.cached). */
static inline void
uio_init_give(struct uio *u, size_t (*give)(struct uio *u, const void *src, size_t n), size_t len)
{
	uio_init_kernel(u, NULL, len);
	u->give = give;
}

/* Move up to n bytes and advance. Bytes moved: fewer than min(n, resid) only after a fault. */
size_t	uio_put(struct uio *u, const void *src, size_t n);	/* kernel buffer -> uio (a read) */
size_t	uio_get(struct uio *u, void *dst, size_t n);		/* uio -> kernel buffer (a write) */
size_t	uio_zero(struct uio *u, size_t n);
/* Touch the next n bytes' pages so that a later uio_get under a lock most likely does not fault. 0 or -EFAULT. */
int	uio_fault_in(struct uio *u, size_t n);
/* Fetch an iovec array: checks count and lengths. *heap must be kfree'd. 0 or -errno. */
int	uio_init_vec(struct uio *u, uptr_t iov, ulong count, struct uio_vec small[8], struct uio_vec **heap);

#endif
