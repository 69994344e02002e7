/*
 * uio.c - where a read or write moves its bytes: user or kernel memory, in pieces.
 *
 * Locks       none: a uio belongs to one system call.
 */
#include "mm/uio.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define IOV_MAX		1024
#define RW_MAX		(0x7fffffffUL & PAGE_MASK)	/* one read or write moves at most this, as Linux */

enum direction { PUT, GET, ZERO };

/* The same when the kernel's are its own addresses, or nobody's. */
static NOINLINE size_t
move_kernel(struct uio *u, void *at, void *buf, size_t n, enum direction dir)
{
	if (u->give)
		return u->give(u, dir == PUT ? buf : frame_va(zero_frame), MIN(n, PAGE_SIZE));
	if (dir == PUT)
		memcpy(at, buf, n);
	else if (dir == GET)
		memcpy(buf, at, n);
	else
		memset(at, 0, n);
	return n;
}

/* Move n bytes of the current piece, inside it. Bytes moved. */
static ALWAYS_INLINE size_t
move_piece(struct uio *u, void *buf, size_t n, enum direction dir)
{
	u64 at = u->vec->base + u->done;

	if (unlikely(u->kernel))
		return move_kernel(u, (void *)at, buf, n, dir);
	if (dir == PUT)
		return copy_to_user_some(UPTR(at), buf, n);
	if (dir == GET)
		return copy_from_user_some(buf, UPTR(at), n);
	return clear_user_some(UPTR(at), n);
}

/* n bytes of the current piece have been moved: on to the next, if it ends there. */
static ALWAYS_INLINE void
advance(struct uio *u, size_t n)
{
	u->done += n;
	u->resid -= n;
	if (u->done == u->vec->len && u->resid) {
		u->vec++;
		u->done = 0;
	}
}

/*
 * Move n bytes between buf and u from its current piece on, across as many as it takes; n is at most u->resid. How many
 * were moved: fewer only after a fault. move_piece() moves inside the current piece, advance() goes on; any piece may
 * be empty.
 */
static NOINLINE size_t
move_pieces(struct uio *u, void *buf, size_t n, enum direction dir)
{
	size_t moved = 0, step, got;

	while (moved < n) {
		step = MIN(n - moved, u->vec->len - u->done);
		got = step ? move_piece(u, (char *)buf + moved, step, dir) : 0;
		moved += got;
		advance(u, got);
		if (got < step)
			break;
	}
	return moved;
}

static ALWAYS_INLINE size_t
uio_move(struct uio *u, void *buf, size_t n, enum direction dir)
{
	n = MIN(n, u->resid);
	if (unlikely(n - 1 >= u->vec->len - u->done))	/* 0 too */
		return move_pieces(u, buf, n, dir);
	n = move_piece(u, buf, n, dir);
	advance(u, n);
	return n;
}

size_t
uio_put(struct uio *u, const void *src, size_t n)
{
	return uio_move(u, (void *)src, n, PUT);
}

size_t
uio_get(struct uio *u, void *dst, size_t n)
{
	return uio_move(u, dst, n, GET);
}

size_t
uio_zero(struct uio *u, size_t n)
{
	return uio_move(u, NULL, n, ZERO);
}

int
uio_fault_in(struct uio *u, size_t n)
{
	const struct uio_vec *vec = u->vec;
	size_t done = u->done, step;
	u64 at;
	u8 byte;

	if (u->kernel)
		return 0;
	for (n = MIN(n, u->resid); n; n -= step) {
		step = MIN(n, vec->len - done);
		for (at = vec->base + done; at < vec->base + done + step; at = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE)
			if (get_user(byte, UPTR(at)))
				return -EFAULT;
		vec++;
		done = 0;
	}
	return 0;
}

/*
 * Fetch the program's array of count pieces, once: what it writes there later changes nothing. Up to 8 go into small[],
 * more into memory that *heap then owns; *heap is NULL otherwise, and on failure. -EINVAL: more than IOV_MAX
 * pieces, or one of a negative length; -ENOMEM; -EFAULT. Together they are cut to RW_MAX, the last ones to 0.
 */
int
uio_init_vec(struct uio *u, uptr_t iov, ulong count, struct uio_vec small[8], struct uio_vec **heap)
{
	struct uio_vec *vec = small;
	u64 total = 0;

	*heap = NULL;
	if (count > IOV_MAX)
		return -EINVAL;
	if (count > 8) {
		vec = *heap = kmalloc(count * sizeof(*vec), GFP_KERNEL);
		if (!vec)
			return -ENOMEM;
	}
	if (count && copy_from_user(vec, iov, count * sizeof(*vec)))
		goto out_fault;
	for (ulong i = 0; i < count; i++) {
		if ((s64)vec[i].len < 0) {
			kfree(*heap);
			*heap = NULL;
			return -EINVAL;
		}
		vec[i].len = MIN(vec[i].len, RW_MAX - total);
		total += vec[i].len;
	}
	u->vec = vec;
	u->done = 0;
	u->resid = total;
	u->kernel = false;
	u->flags = 0;
	return 0;

out_fault:
	kfree(*heap);
	*heap = NULL;
	return -EFAULT;
}
