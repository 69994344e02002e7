/*
 * socket.h - a socket: what every family's has, and the table of operations a family fills.
 *
 *	descriptor --> struct file --private--> struct socket, the first member of its family's own
 *	                  | inode: on sockfs, its number is the N of "socket:[N]"
 *
 * A family makes sockets (struct net_family) and gives each its struct socket_ops; the system calls decode
 * their arguments and call them.  Nothing outside a family's folder knows more of it than these two tables.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "abi/socket.h"
#include "kernel/task.h"
#include "kernel/waitq.h"
#include "lib/types.h"
#include "mm/uio.h"

struct file;
struct inode;
struct poll_table;
struct socket_ops;

struct socket {			/* Guarded by: i immutable  a atomic */
	const struct socket_ops *ops;	/* [i] */
	u16	family, type, protocol;	/* [i] */
	u32	options;		/* [a] BIT(SO_x) of those that are on or off */
	int	error;			/* [a] errno > 0 to be reported once */
	int	sndbuf, rcvbuf;		/* [a] bytes in flight, and waiting: limits */
	int	rcvlowat;		/* [a] */
	u32	priority, mark;		/* [a] */
	struct abi_linger linger;	/* [a] */
	u64	rcvtimeo, sndtimeo;	/* [a] ns, 0: do not wait, TIME_NEVER */
	struct waitq readers, writers;	/* for POLLIN and POLLOUT; both hear of ends and errors */
	struct inode *inode;		/* [i] the file's, and gone with it; NULL: not accepted yet */
	u64	ino;			/* [i] its number */
};

/* An address of any family. */
struct address {
	u32	len;			/* bytes of it in use */
	union {
		u16	family;
		u8	bytes[ABI_SOCKADDR_MAX];
	};
};

/* One send or receive, decoded. */
struct msg {
	struct uio *u;
	u32	flags;			/* MSG_*; DONTWAIT also for O_NONBLOCK */
	u32	result;			/* receive: MSG_TRUNC, MSG_CTRUNC ... */
	struct address *name;		/* send: where to, NULL: the peer. receive: to be filled, NULL: not wanted */
	const u8 *control;		/* send: ancillary data, copied in; NULL: none */
	uptr_t	control_to;		/* receive: where it goes; advanced */
	size_t	control_len;		/* bytes of control, or room at control_to */
};

/* Lengths of addresses are checked against ABI_SOCKADDR_MAX. Absent operations: -EOPNOTSUPP. */
struct socket_ops {
	void	(*release)(struct socket *s);		/* its file is gone; takes over s */
	int	(*bind)(struct socket *s, struct address *a);
	int	(*connect)(struct socket *s, struct address *a, bool nonblock);
	int	(*pair)(struct socket *a, struct socket *b);
	int	(*listen)(struct socket *s, uint backlog);
	int	(*accept)(struct socket *s, bool nonblock, struct socket **out);
	int	(*getname)(struct socket *s, struct address *out, bool peer);
	int	(*shutdown)(struct socket *s, int how);		/* SHUT_* */
	ssize_t	(*send)(struct socket *s, struct msg *m);
	ssize_t	(*recv)(struct socket *s, struct msg *m);
	uint	(*poll)(struct socket *s, struct poll_table *pt);
	long	(*ioctl)(struct socket *s, uint cmd, ulong arg);	/* -ENOTTY */
	int	(*setsockopt)(struct socket *s, int level, int opt, uptr_t val, int len);
	int	(*getsockopt)(struct socket *s, int level, int opt, uptr_t val, uptr_t len);
	bool	(*listening)(struct socket *s);			/* SO_ACCEPTCONN */
	int	(*peercred)(struct socket *s, struct abi_ucred *out);	/* NULL: nobody's, as on Linux */
};

struct net_family {
	int	family;
	int	(*create)(int type, int protocol, struct socket **out);	/* -EPROTONOSUPPORT, -ESOCKTNOSUPPORT ... */
};

/* --- socket.c --- */
void	net_init(void);
/* Set what every family's socket has. */
void	socket_init(struct socket *s, const struct socket_ops *ops, int family, int type, int protocol);
int	socket_create(int family, int type, int protocol, struct socket **out);
/* A file for s, which it takes over on success; O_NONBLOCK of flags. ERR_PTR. */
struct file *socket_file(struct socket *s, u32 flags);
/* The socket that f is, or NULL. */
struct socket *socket_of(const struct file *f);
/* The socket of descriptor fd and its file, to be given to fd_put, *err 0; or NULL and the -errno. */
struct socket *socket_get(int fd, struct file **f, bool *put, int *err);

/* The pending error, as -errno, and clear it; 0: none. */
static inline int
socket_error(struct socket *s)
{
	return likely(!READ_ONCE(s->error)) ? 0 : -__atomic_exchange_n(&s->error, 0, __ATOMIC_RELAXED);
}

/* Until when a call may wait: 0 not at all. */
u64	socket_deadline(u64 timeo, bool nonblock);
/* What wait_event_deadline's result means for a call with this deadline. */
int	socket_wait_result(int err, u64 deadline);
/* Sleep on q until cond: 0, -EAGAIN (not in time; at once if deadline is 0), -EINTR or -ERESTARTSYS. */
#define socket_wait(q, cond, deadline) \
	((deadline) ? socket_wait_result(wait_event_deadline(q, cond, deadline), deadline) : -EAGAIN)

/* --- control.c: ancillary data --- */
/* Hand one item to the receiver; without room it is cut, and MSG_CTRUNC set. 0 or -EFAULT. */
int	control_put(struct msg *m, int level, int type, const void *data, size_t len);
/*
 * The item at *at of what a sender gave, and *at behind it: NULL when there is none. *err: -EINVAL, it is not
 * well formed.  Its data follow it, cmsg_len - sizeof(struct abi_cmsghdr) bytes.
 */
const struct abi_cmsghdr *control_next(const struct msg *m, size_t *at, int *err);

/* --- sockopt.c --- */
/* [a] /proc/sys/net/core */
extern int net_somaxconn, net_wmem_max, net_rmem_max, net_wmem_default, net_rmem_default;

/* --- names, by syscalls.c --- */
/* An address from user memory: -EINVAL, -EFAULT. */
int	address_get(struct address *a, uptr_t from, int len);
/* To user memory: cut to the room that *len_at says, whole length written there. -EFAULT, -EINVAL. */
int	address_put(const struct address *a, uptr_t to, uptr_t len_at);

#endif
