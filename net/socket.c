/*
 * socket.c - sockets as files: made, found by descriptor, read, written, polled and closed.
 *
 * Data        struct socket (socket.h). families[]: who makes them, the whole list.
 * Locks       none of its own.
 * Not here    the system calls (syscalls.c, message.c, sockopt.c); what a family does (unix/).
 * Further     socket(2), socket(7).
 */
#include "net/socket.h"
#include "abi/ioctl.h"
#include "fs/vfs.h"
#include "kernel/fdtable.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "net/unix/unix.h"

#define SOCKFS_MAGIC	0x534f434b
#define FAMILY_MAX	46		/* Linux's NPROTO */
#define TYPE_MAX	11

static const struct net_family *const families[FAMILY_MAX] = {
	[AF_UNIX] = &unix_family,
};

static struct super_block *sock_sb;
static const struct file_ops socket_fops;

void
socket_init(struct socket *s, const struct socket_ops *ops, int family, int type, int protocol)
{
	s->ops = ops;
	s->family = family;
	s->type = type;
	s->protocol = protocol;
	s->options = 0;
	s->error = 0;
	s->sndbuf = READ_ONCE(net_wmem_default);
	s->rcvbuf = READ_ONCE(net_rmem_default);
	s->rcvlowat = 1;
	s->priority = s->mark = 0;
	s->linger = (struct abi_linger){ 0 };
	s->rcvtimeo = s->sndtimeo = TIME_NEVER;
	waitq_init(&s->readers);
	waitq_init(&s->writers);
	s->inode = NULL;
	s->ino = 0;
}

int
socket_create(int family, int type, int protocol, struct socket **out)
{
	if (family < 0 || family >= FAMILY_MAX)
		return -EAFNOSUPPORT;
	if (type < 0 || type >= TYPE_MAX)
		return -EINVAL;
	if (!families[family])
		return -EAFNOSUPPORT;
	return families[family]->create(type, protocol, out);
}

struct file *
socket_file(struct socket *s, u32 flags)
{
	struct inode *i = inode_create(sock_sb, S_IFSOCK | 0777);
	struct file *f;

	if (!i)
		return ERR_PTR(-ENOMEM);
	f = file_create(&socket_fops, i, O_RDWR | (flags & O_NONBLOCK));
	if (IS_ERR(f)) {
		inode_put(i);
		return f;
	}
	f->private = s;
	s->ino = i->ino;
	s->inode = i;
	return f;
}

struct socket *
socket_of(const struct file *f)
{
	return f->ops == &socket_fops ? f->private : NULL;
}

struct socket *
socket_get(int fd, struct file **f, bool *put, int *err)
{
	*err = 0;
	*f = fd_get(fd, put);
	if (unlikely(!*f)) {
		*err = -EBADF;
		return NULL;
	}
	if (unlikely((*f)->ops != &socket_fops)) {
		fd_put(*f, *put);
		*err = -ENOTSOCK;
		return NULL;
	}
	return (*f)->private;
}

/* --- waiting --- */

u64
socket_deadline(u64 timeo, bool nonblock)
{
	u64 now;

	if (nonblock || !timeo)
		return 0;
	if (timeo == TIME_NEVER)
		return TIME_NEVER;
	now = clock_monotonic();
	return timeo < TIME_NEVER - 1 - now ? now + timeo : TIME_NEVER;
}

int
socket_wait_result(int err, u64 deadline)
{
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	/* A call with a time limit is not restarted: it would wait that long again. */
	return err == -ERESTARTSYS && deadline != TIME_NEVER ? -EINTR : err;
}

/* --- the file --- */

static ssize_t
socket_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct socket *s = f->private;
	struct msg m = { .u = u, .flags = f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0 };

	if (unlikely(!u->resid))
		return 0;
	return s->ops->recv(s, &m);
}

static ssize_t
socket_write(struct file *f, struct uio *u, loff_t *pos)
{
	struct socket *s = f->private;
	struct msg m = { .u = u, .flags = f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0 };

	if (s->type == SOCK_SEQPACKET)
		m.flags |= MSG_EOR;
	return s->ops->send(s, &m);
}

static uint
socket_poll(struct file *f, struct poll_table *pt)
{
	struct socket *s = f->private;

	poll_wait(pt, &s->readers);
	poll_wait(pt, &s->writers);
	return s->ops->poll(s, pt);
}

static long
socket_ioctl(struct file *f, uint cmd, ulong arg)
{
	struct socket *s = f->private;

	return s->ops->ioctl ? s->ops->ioctl(s, cmd, arg) : -ENOTTY;
}

static void
socket_release(struct file *f)
{
	struct socket *s = f->private;

	s->ops->release(s);
}

static const struct file_ops socket_fops = {
	.read = socket_read,
	.write = socket_write,
	.poll = socket_poll,
	.ioctl = socket_ioctl,
	.release = socket_release,
	.stream = true,
};

static const struct file_system sockfs = { .name = "sockfs", .nodev = true };
static const struct super_ops sock_super_ops;

void
net_init(void)
{
	sock_sb = super_create(&sockfs, &sock_super_ops, SOCKFS_MAGIC);
	if (!sock_sb)
		panic("no memory for sockets");
	unix_init();
}
