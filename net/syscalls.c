/*
 * syscalls.c - socket and what is done with one before and after bytes move: bind, listen, accept, connect,
 * names, shutdown.
 *
 * Each call decodes, checks what is the same for all families, and calls the socket's operation.
 * Further     the man pages of section 2.
 */
#include "abi/fcntl.h"
#include "fs/vfs.h"
#include "kernel/fdtable.h"
#include "mm/usercopy.h"
#include "net/socket.h"

#define TYPE_MASK	0xf
#define TYPE_FLAGS	(SOCK_CLOEXEC | SOCK_NONBLOCK)

/* --- addresses --- */

int
address_get(struct address *a, uptr_t from, int len)
{
	if (len < 0 || len > ABI_SOCKADDR_MAX)
		return -EINVAL;
	a->len = len;
	return len ? copy_from_user(a->bytes, from, len) : 0;
}

int
address_put(const struct address *a, uptr_t to, uptr_t len_at)
{
	int room;

	if (get_user(room, len_at))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (copy_to_user(to, a->bytes, MIN((u32)room, a->len)))
		return -EFAULT;
	return put_user((int)a->len, len_at);
}

/* --- made --- */

long
sys_socket(const ulong *a)
{
	uint type = a[1];
	struct socket *s;
	struct file *f;
	int err;

	if (type & ~(TYPE_MASK | TYPE_FLAGS))
		return -EINVAL;
	err = socket_create(a[0], type & TYPE_MASK, a[2], &s);
	if (err)
		return err;
	f = socket_file(s, type);
	if (IS_ERR(f)) {
		s->ops->release(s);
		return PTR_ERR(f);
	}
	err = fd_open(f, type & SOCK_CLOEXEC);
	if (err < 0)
		file_put(f);
	return err;
}

/* Two sockets that are each other's peer, as files: 0 or -errno. */
static int
pair_create(int family, uint type, int protocol, struct file *out[2])
{
	struct socket *s[2];
	int err;

	err = socket_create(family, type & TYPE_MASK, protocol, &s[0]);
	if (err)
		return err;
	err = socket_create(family, type & TYPE_MASK, protocol, &s[1]);
	if (err)
		goto out_first;
	err = s[0]->ops->pair ? s[0]->ops->pair(s[0], s[1]) : -EOPNOTSUPP;
	if (err)
		goto out_second;
	out[0] = socket_file(s[0], type);
	if (IS_ERR(out[0])) {
		err = PTR_ERR(out[0]);
		goto out_second;
	}
	out[1] = socket_file(s[1], type);
	if (IS_ERR(out[1])) {
		err = PTR_ERR(out[1]);
		s[1]->ops->release(s[1]);
		file_put(out[0]);
		return err;
	}
	return 0;
out_second:
	s[1]->ops->release(s[1]);
out_first:
	s[0]->ops->release(s[0]);
	return err;
}

long
sys_socketpair(const ulong *a)
{
	struct file *f[2] = { NULL, NULL };
	uint type = a[1];
	int fd[2], err;

	if (type & ~(TYPE_MASK | TYPE_FLAGS))
		return -EINVAL;
	fd[0] = err = fd_alloc(0, type & SOCK_CLOEXEC);
	if (err < 0)
		return err;
	fd[1] = err = fd_alloc(0, type & SOCK_CLOEXEC);
	if (err < 0)
		goto out_first;
	err = copy_to_user(UPTR(a[3]), fd, sizeof(fd));
	if (!err)
		err = pair_create(a[0], type, a[2], f);
	if (err)
		goto out_second;
	fd_install(fd[0], f[0]);
	fd_install(fd[1], f[1]);
	return 0;
out_second:
	fd_cancel(fd[1]);
out_first:
	fd_cancel(fd[0]);
	return err;
}

/* --- named and connected --- */

/* The work of a call that takes an address. */
static long
with_address(const ulong *a, long (*fn)(struct socket *s, struct address *addr, struct file *f))
{
	struct address addr;
	struct socket *s;
	struct file *f;
	bool put;
	int err;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	err = address_get(&addr, UPTR(a[1]), a[2]);
	if (!err)
		err = fn(s, &addr, f);
	fd_put(f, put);
	return err;
}

static long
do_bind(struct socket *s, struct address *addr, struct file *f)
{
	return s->ops->bind ? s->ops->bind(s, addr) : -EOPNOTSUPP;
}

long
sys_bind(const ulong *a)
{
	return with_address(a, do_bind);
}

static long
do_connect(struct socket *s, struct address *addr, struct file *f)
{
	return s->ops->connect ? s->ops->connect(s, addr, f->flags & O_NONBLOCK) : -EOPNOTSUPP;
}

long
sys_connect(const ulong *a)
{
	return with_address(a, do_connect);
}

long
sys_listen(const ulong *a)
{
	struct socket *s;
	struct file *f;
	bool put;
	int err;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	err = s->ops->listen ? s->ops->listen(s, MIN((uint)a[1], (uint)READ_ONCE(net_somaxconn))) : -EOPNOTSUPP;
	fd_put(f, put);
	return err;
}

/* The next connection of s as a file, its peer's name to the user. ERR_PTR. */
static struct file *
accept_file(struct socket *s, bool nonblock, uint flags, uptr_t name, uptr_t name_len)
{
	struct socket *new;
	struct address addr;
	struct file *f;
	int err;

	err = s->ops->accept ? s->ops->accept(s, nonblock, &new) : -EOPNOTSUPP;
	if (err)
		return ERR_PTR(err);
	f = socket_file(new, flags);
	if (IS_ERR(f)) {
		new->ops->release(new);
		return f;
	}
	if (name.addr) {
		err = new->ops->getname(new, &addr, true) ? -ECONNABORTED : address_put(&addr, name, name_len);
		if (err) {
			file_put(f);
			return ERR_PTR(err);
		}
	}
	return f;
}

static long
do_accept(const ulong *a, uint flags)
{
	struct socket *s;
	struct file *f, *new;
	bool put;
	int fd;

	s = socket_get(a[0], &f, &put, &fd);
	if (!s)
		return fd;
	if (flags & ~TYPE_FLAGS) {
		fd = -EINVAL;
		goto out;
	}
	fd = fd_alloc(0, flags & SOCK_CLOEXEC);
	if (fd < 0)
		goto out;
	new = accept_file(s, f->flags & O_NONBLOCK, flags, UPTR(a[1]), UPTR(a[2]));
	if (IS_ERR(new)) {
		fd_cancel(fd);
		fd = PTR_ERR(new);
	} else {
		fd_install(fd, new);
	}
out:
	fd_put(f, put);
	return fd;
}

long
sys_accept(const ulong *a)
{
	return do_accept(a, 0);
}

long
sys_accept4(const ulong *a)
{
	return do_accept(a, a[3]);
}

/* --- asked and ended --- */

static long
do_getname(const ulong *a, bool peer)
{
	struct address addr;
	struct socket *s;
	struct file *f;
	bool put;
	int err;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	err = s->ops->getname ? s->ops->getname(s, &addr, peer) : -EOPNOTSUPP;
	if (!err)
		err = address_put(&addr, UPTR(a[1]), UPTR(a[2]));
	fd_put(f, put);
	return err;
}

long
sys_getsockname(const ulong *a)
{
	return do_getname(a, false);
}

long
sys_getpeername(const ulong *a)
{
	return do_getname(a, true);
}

long
sys_shutdown(const ulong *a)
{
	struct socket *s;
	struct file *f;
	int how = a[1], err;
	bool put;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	if (!s->ops->shutdown)
		err = -EOPNOTSUPP;
	else
		err = how < SHUT_RD || how > SHUT_RDWR ? -EINVAL : s->ops->shutdown(s, how);
	fd_put(f, put);
	return err;
}
