/*
 * message.c - sending and receiving: sendto, recvfrom, sendmsg, recvmsg, and those many at a time.
 *
 * Data        struct call, on the stack: a msghdr decoded into a struct msg, with the memory it needed.
 * Further     send(2), recv(2), sendmmsg(2).
 */
#include "abi/fcntl.h"
#include "abi/uio.h"
#include "fs/vfs.h"
#include "kernel/fdtable.h"
#include "kernel/signal.h"
#include "mm/slab.h"
#include "mm/usercopy.h"
#include "net/socket.h"

#define CONTROL_MAX	(128 * KiB)	/* Linux's net.core.optmem_max */
#define LENGTH_MAX	0x7ffff000UL

static inline u32
msg_flags(const struct file *f, u32 flags)
{
	return flags | (f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

/* --- one buffer --- */

long
sys_sendto(const ulong *a)
{
	struct msg m = { 0 };
	struct address addr;
	struct socket *s;
	struct file *f;
	struct uio u;
	ssize_t n;
	bool put;
	int err;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	uio_init_user(&u, UPTR(a[1]), MIN(a[2], LENGTH_MAX));
	m.u = &u;
	m.flags = msg_flags(f, a[3]);
	if (a[4]) {
		err = address_get(&addr, UPTR(a[4]), a[5]);
		m.name = addr.len ? &addr : NULL;
	}
	n = err ? err : s->ops->send(s, &m);
	fd_put(f, put);
	return n;
}

long
sys_recvfrom(const ulong *a)
{
	struct address addr = { .len = 0 };
	struct msg m = { 0 };
	struct socket *s;
	struct file *f;
	struct uio u;
	ssize_t n;
	bool put;
	int err;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	uio_init_user(&u, UPTR(a[1]), MIN(a[2], LENGTH_MAX));
	m.u = &u;
	m.flags = msg_flags(f, a[3]);
	m.name = a[4] ? &addr : NULL;
	n = s->ops->recv(s, &m);
	if (n >= 0 && a[4]) {
		err = address_put(&addr, UPTR(a[4]), UPTR(a[5]));
		n = err ? err : n;
	}
	fd_put(f, put);
	return n;
}

/* --- struct msghdr --- */

struct call {
	struct msg m;
	struct uio u;
	struct address addr;
	struct abi_msghdr hdr;
	struct uio_vec small[8], *heap;
	u8	*control;		/* kmalloc'd */
};

/* Fetch what at describes, but for what differs between sending and receiving. 0: call_end() it. */
static int
call_begin(struct call *c, uptr_t at, u32 flags)
{
	c->m = (struct msg){ .u = &c->u, .flags = flags };
	c->control = NULL;
	if (get_user(c->hdr, at))
		return -EFAULT;
	if (!c->hdr.msg_name)
		c->hdr.msg_namelen = 0;
	if (c->hdr.msg_namelen < 0)
		return -EINVAL;
	if (c->hdr.msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	return uio_init_vec(&c->u, UPTR(c->hdr.msg_iov), c->hdr.msg_iovlen, c->small, &c->heap);
}

static void
call_end(struct call *c)
{
	kfree(c->control);
	kfree(c->heap);
}

static int
call_get_control(struct call *c)
{
	size_t n = c->hdr.msg_controllen;

	if (n > INT32_MAX || n > CONTROL_MAX)
		return -ENOBUFS;
	if (!n)
		return 0;
	c->control = kmalloc(n, GFP_KERNEL);
	if (!c->control)
		return -ENOBUFS;
	c->m.control = c->control;
	c->m.control_len = n;
	return copy_from_user(c->control, UPTR(c->hdr.msg_control), n);
}

static ssize_t
send_one(struct socket *s, struct file *f, uptr_t at, u32 flags)
{
	struct call c;
	ssize_t n;

	n = call_begin(&c, at, msg_flags(f, flags));
	if (n)
		return n;
	if (c.hdr.msg_namelen) {
		n = address_get(&c.addr, UPTR(c.hdr.msg_name), MIN(c.hdr.msg_namelen, ABI_SOCKADDR_MAX));
		c.m.name = &c.addr;
	}
	if (!n)
		n = call_get_control(&c);
	if (!n)
		n = s->ops->send(s, &c.m);
	call_end(&c);
	return n;
}

/* Tell the receiver what came besides the bytes: 0, -EFAULT, -EINVAL. */
static int
call_put(struct call *c, uptr_t at)
{
	uptr_t len_at = uptr_add(at, offsetof(struct abi_msghdr, msg_namelen));
	u64 control = c->hdr.msg_control ? c->m.control_to.addr - c->hdr.msg_control : 0;
	int err = 0;

	if (c->m.name)
		err = address_put(&c->addr, UPTR(c->hdr.msg_name), len_at);
	if (!err)
		err = put_user(c->m.result, uptr_add(at, offsetof(struct abi_msghdr, msg_flags)));
	if (!err)
		err = put_user(control, uptr_add(at, offsetof(struct abi_msghdr, msg_controllen)));
	return err;
}

static ssize_t
recv_one(struct socket *s, struct file *f, uptr_t at, u32 flags)
{
	struct call c;
	ssize_t n;
	int err;

	n = call_begin(&c, at, msg_flags(f, flags));
	if (n)
		return n;
	c.addr.len = 0;
	if (c.hdr.msg_name)
		c.m.name = &c.addr;
	c.m.control_to = UPTR(c.hdr.msg_control);
	c.m.control_len = c.hdr.msg_control ? c.hdr.msg_controllen : 0;
	c.m.result = flags & MSG_CMSG_CLOEXEC;
	n = s->ops->recv(s, &c.m);
	if (n >= 0) {
		err = call_put(&c, at);
		n = err ? err : n;
	}
	call_end(&c);
	return n;
}

long
sys_sendmsg(const ulong *a)
{
	struct socket *s;
	struct file *f;
	ssize_t n;
	bool put;
	int err;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	n = send_one(s, f, UPTR(a[1]), a[2]);
	fd_put(f, put);
	return n;
}

long
sys_recvmsg(const ulong *a)
{
	struct socket *s;
	struct file *f;
	ssize_t n;
	bool put;
	int err;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	n = recv_one(s, f, UPTR(a[1]), a[2]);
	fd_put(f, put);
	return n;
}

/* --- many --- */

static inline uptr_t many_at(uptr_t v, uint i) { return uptr_add(v, i * sizeof(struct abi_mmsghdr)); }

/* Move message i; its length goes into the vector. 0 or -errno. */
static int
many_one(struct socket *s, struct file *f, uptr_t v, uint i, u32 flags,
	 ssize_t (*one)(struct socket *, struct file *, uptr_t, u32))
{
	ssize_t n = one(s, f, many_at(v, i), flags);

	if (n < 0)
		return n;
	return put_user((u32)n, uptr_add(many_at(v, i), offsetof(struct abi_mmsghdr, msg_len)));
}

long
sys_sendmmsg(const ulong *a)
{
	uint n = MIN((uint)a[2], (uint)UIO_MAXIOV), done = 0;
	struct socket *s;
	struct file *f;
	bool put;
	int err;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	while (!err && done < n) {
		err = many_one(s, f, UPTR(a[1]), done, a[3], send_one);
		done += !err;
		if (signal_pending(current))
			break;
	}
	fd_put(f, put);
	return done ? (long)done : err;
}

/* At most n messages, until deadline is past after one of them. The count or -errno. */
static long
recv_many(struct socket *s, struct file *f, uptr_t v, uint n, u32 flags, u64 deadline)
{
	u32 each = flags & ~MSG_WAITFORONE;
	uint done = 0;
	int err = socket_error(s);

	while (!err && done < n) {
		err = many_one(s, f, v, done, each, recv_one);
		done += !err;
		if (flags & MSG_WAITFORONE)
			each |= MSG_DONTWAIT;
		if (deadline != TIME_NEVER && clock_monotonic() >= deadline)
			break;
	}
	/* What went wrong after the first ones is told by the next call. */
	if (done && err && err != -EAGAIN && err > -ERESTARTSYS)
		WRITE_ONCE(s->error, -err);
	return done ? (long)done : err;
}

long
sys_recvmmsg(const ulong *a)
{
	uint n = MIN((uint)a[2], (uint)UIO_MAXIOV);
	uptr_t timeout = UPTR(a[4]);
	u64 wait = 0, deadline = TIME_NEVER, now;
	struct socket *s;
	struct file *f;
	bool put;
	long r;
	int err;

	if (timeout.addr) {
		err = timespec_from_user(timeout, &wait);
		if (err)
			return err;
		deadline = socket_deadline(wait ? wait : 1, false);
	}
	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	r = recv_many(s, f, UPTR(a[1]), n, a[3], deadline);
	fd_put(f, put);
	if (timeout.addr && r > 0) {
		now = clock_monotonic();
		err = timespec_to_user(timeout, deadline > now ? deadline - now : 0);
		r = err ? err : r;
	}
	return r;
}
