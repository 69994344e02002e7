/*
 * packet.c - what one send leaves in a receiver's queue: its memory, and who is charged for it.
 *
 * Data        struct packet (unix.h). Few bytes follow it in the same allocation, many lie in pages:
 *
 *	packet | bytes ...                    packet | page page page
 *	                                                '──▶ 4 KiB of bytes
 *
 * Locks       none: a packet belongs to who makes it, then to its queue, then to who takes it off.
 * Invariants  K1  u->charged is the sum of charge of all packets from u that exist.
 */
#include "abi/poll.h"
#include "kernel/sched.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "net/unix/unix.h"

#define INLINE_MAX	(2048 - sizeof(struct packet))

static inline void **packet_pages(const struct packet *p) { return (void **)p->data; }

/* Give the pages back. */
static void
pages_free(struct packet *p)
{
	for (u32 i = 0; i < p->npages; i++)
		page_free(packet_pages(p)[i]);
}

struct packet *
packet_alloc(struct unix_sock *from, size_t n)
{
	size_t npages = n > INLINE_MAX ? DIV_ROUND_UP(n, PAGE_SIZE) : 0;
	size_t size = sizeof(struct packet) + (npages ? npages * sizeof(void *) : n);
	struct packet *p = kmalloc(size, GFP_KERNEL);

	if (!p)
		return NULL;
	p->npages = 0;
	while (p->npages < npages) {
		void *page = page_alloc(GFP_USER);

		if (!page) {
			pages_free(p);
			kfree(p);
			return NULL;
		}
		packet_pages(p)[p->npages++] = page;
	}
	list_init(&p->link);
	p->from = from;
	p->rights = NULL;
	p->len = n;
	p->off = 0;
	p->charge = size + npages * PAGE_SIZE;
	unix_get(from);
	atomic_add(&from->charged, p->charge);
	return p;
}

int
packet_fill(struct packet *p, struct uio *u)
{
	size_t n;

	if (!p->npages)
		return uio_get(u, p->data, p->len) == p->len ? 0 : -EFAULT;
	for (u32 i = 0; i < p->npages; i++) {
		n = MIN(p->len - i * PAGE_SIZE, PAGE_SIZE);
		if (uio_get(u, packet_pages(p)[i], n) != n)
			return -EFAULT;
	}
	return 0;
}

size_t
packet_copy(const struct packet *p, size_t off, struct uio *u, size_t n)
{
	size_t done = 0, part, got;

	if (!p->npages)
		return uio_put(u, p->data + off, n);
	while (done < n) {
		part = MIN(n - done, PAGE_SIZE - PAGE_OFFSET(off));
		got = uio_put(u, (char *)packet_pages(p)[off >> PAGE_SHIFT] + PAGE_OFFSET(off), part);
		done += got;
		off += got;
		if (got < part)
			break;
	}
	return done;
}

void
packet_free(struct packet *p)
{
	struct unix_sock *from = p->from;

	if (unlikely(p->rights))
		rights_drop(rights_land(p, NULL));
	atomic_add(&from->charged, -(int)p->charge);
	/* Only a queue that is mostly empty again wakes its writers: they go on with many packets at once. */
	if (unix_writable(from))
		wake_up_key(&from->sock.writers, (void *)(POLLOUT | POLLWRNORM | POLLWRBAND | WAKE_SYNC), 0);
	unix_put(from);
	pages_free(p);
	kfree(p);
}

void
packets_free(struct list *packets)
{
	struct packet *p;

	while ((p = list_first(packets, struct packet, link))) {
		list_remove(&p->link);
		packet_free(p);
	}
}

static inline bool
has_room(const struct unix_sock *u)
{
	return (u32)atomic_read(&u->charged) < (u32)READ_ONCE(u->sock.sndbuf);
}

int
packet_wait_room(struct unix_sock *u, u64 deadline)
{
	int err;

	for (;;) {
		err = socket_error(&u->sock);
		if (unlikely(err))
			return err;
		if (unlikely(READ_ONCE(u->down) & DOWN_SEND))
			return -EPIPE;
		if (likely(has_room(u)))
			return 0;
		err = socket_wait(&u->sock.writers,
				  has_room(u) || (READ_ONCE(u->down) & DOWN_SEND) || READ_ONCE(u->sock.error),
				  deadline);
		if (err)
			return err;
	}
}
