/*
 * sockopt.c - setsockopt and getsockopt at SOL_SOCKET: what every socket can be asked and told.
 *
 * Data        on-off options are bits of socket->options, by their number; most of them mean nothing to a
 *             family without packets, and are remembered for those who ask back, as on Linux.
 * Not here    other levels: the family's own.
 * Further     socket(7); docs/limits.md for those that are ENOPROTOOPT.
 */
#include "abi/capability.h"
#include "abi/time.h"
#include "fs/vfs.h"
#include "kernel/fdtable.h"
#include "kernel/task.h"
#include "mm/usercopy.h"
#include "net/socket.h"

#define SNDBUF_MIN	4608
#define RCVBUF_MIN	2304
#define BUF_MAX		(INT32_MAX / 2)

int net_somaxconn = SOMAXCONN;
int net_wmem_max = 212992, net_rmem_max = 212992, net_wmem_default = 212992, net_rmem_default = 212992;

/* Those that are on or off and nothing else. */
#define SWITCHES	(BIT(SO_DEBUG) | BIT(SO_REUSEADDR) | BIT(SO_DONTROUTE) | BIT(SO_BROADCAST) | \
			 BIT(SO_KEEPALIVE) | BIT(SO_OOBINLINE) | BIT(SO_NO_CHECK) | BIT(SO_REUSEPORT) | \
			 BIT(SO_PASSCRED))

static inline bool capable(int cap) { return task_capable(BIT(cap)); }

/* --- told --- */

static int
set_switch(struct socket *s, int opt, bool on)
{
	if (opt == SO_DEBUG && on && !capable(CAP_NET_ADMIN))
		return -EACCES;
	if (on)
		__atomic_fetch_or(&s->options, BIT(opt), __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&s->options, ~BIT(opt), __ATOMIC_RELAXED);
	return 0;
}

/* Half of a buffer is thought to go into bookkeeping: so twice what is asked for. */
static void
set_buffer(int *buf, int val, int low)
{
	WRITE_ONCE(*buf, MAX(MIN(val, BUF_MAX) * 2, low));
}

static int
set_timeo(u64 *timeo, uptr_t val, int len)
{
	struct abi_timeval tv;

	if (len < (int)sizeof(tv))
		return -EINVAL;
	if (get_user(tv, val))
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0)
		*timeo = 0;
	else if (!tv.tv_sec && !tv.tv_usec)
		*timeo = TIME_NEVER;
	else if ((u64)tv.tv_sec >= INT64_MAX / NSEC_PER_SEC - 1)
		*timeo = TIME_NEVER;
	else
		*timeo = tv.tv_sec * NSEC_PER_SEC + tv.tv_usec * NSEC_PER_USEC;
	return 0;
}

/* Room in flight or waiting: up to what /proc/sys/net/core says, or any for CAP_NET_ADMIN. */
static int
set_room(struct socket *s, int opt, int val)
{
	bool force = opt == SO_SNDBUFFORCE || opt == SO_RCVBUFFORCE;

	if (force && !capable(CAP_NET_ADMIN))
		return -EPERM;
	if (force)
		val = MAX(val, 0);
	if (opt == SO_SNDBUF || opt == SO_SNDBUFFORCE) {
		val = force ? val : (int)MIN((uint)val, (uint)READ_ONCE(net_wmem_max));
		set_buffer(&s->sndbuf, val, SNDBUF_MIN);
		wake_up_all(&s->writers);
	} else {
		val = force ? val : (int)MIN((uint)val, (uint)READ_ONCE(net_rmem_max));
		set_buffer(&s->rcvbuf, val, RCVBUF_MIN);
	}
	return 0;
}

static int
set_linger(struct socket *s, uptr_t val, int len)
{
	struct abi_linger l;

	if (len < (int)sizeof(l))
		return -EINVAL;
	if (get_user(l, val))
		return -EFAULT;
	s->linger.l_onoff = !!l.l_onoff;
	if (l.l_onoff)
		s->linger.l_linger = l.l_linger;
	return 0;
}

static int
socket_set(struct socket *s, int opt, uptr_t at, int len)
{
	int val;

	if (len < (int)sizeof(val))
		return -EINVAL;
	if (get_user(val, at))
		return -EFAULT;
	if (opt >= 0 && opt < 32 && (BIT(opt) & SWITCHES))
		return set_switch(s, opt, val);
	switch (opt) {
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		return set_room(s, opt, val);
	case SO_PRIORITY:
		if ((val < 0 || val > 6) && !capable(CAP_NET_RAW) && !capable(CAP_NET_ADMIN))
			return -EPERM;
		s->priority = val;
		return 0;
	case SO_MARK:
		if (!capable(CAP_NET_RAW) && !capable(CAP_NET_ADMIN))
			return -EPERM;
		s->mark = val;
		return 0;
	case SO_LINGER:
		return set_linger(s, at, len);
	case SO_RCVLOWAT:
		WRITE_ONCE(s->rcvlowat, val < 0 ? INT32_MAX : val ? val : 1);
		return 0;
	case SO_RCVTIMEO:
		return set_timeo(&s->rcvtimeo, at, len);
	case SO_SNDTIMEO:
		return set_timeo(&s->sndtimeo, at, len);
	}
	return -ENOPROTOOPT;
}

long
sys_setsockopt(const ulong *a)
{
	int level = a[1], opt = a[2], len = a[4], err;
	struct socket *s;
	struct file *f;
	bool put;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	if (len < 0)
		err = -EINVAL;
	else if (level == SOL_SOCKET)
		err = socket_set(s, opt, UPTR(a[3]), len);
	else
		err = s->ops->setsockopt ? s->ops->setsockopt(s, level, opt, UPTR(a[3]), len) : -EOPNOTSUPP;
	fd_put(f, put);
	return err;
}

/* --- asked --- */

/* An option's value on its way out. */
struct value {
	union {
		int	number;
		struct abi_linger linger;
		struct abi_timeval tv;
		struct abi_ucred cred;
		u64	cookie;
		struct address name;
	};
	size_t	len;
};

static struct abi_timeval
timeo_value(u64 timeo)
{
	if (timeo == TIME_NEVER)
		return (struct abi_timeval){ 0 };
	return (struct abi_timeval){ timeo / NSEC_PER_SEC, timeo % NSEC_PER_SEC / NSEC_PER_USEC };
}

/* What is one number: it, or -ENOPROTOOPT. */
static int
get_number(struct socket *s, int opt, int *val)
{
	if (opt >= 0 && opt < 32 && (BIT(opt) & SWITCHES)) {
		*val = !!(READ_ONCE(s->options) & BIT(opt));
		return 0;
	}
	switch (opt) {
	case SO_TYPE:		*val = s->type; break;
	case SO_DOMAIN:		*val = s->family; break;
	case SO_PROTOCOL:	*val = s->protocol; break;
	case SO_ERROR:		*val = -socket_error(s); break;
	case SO_SNDBUF:		*val = READ_ONCE(s->sndbuf); break;
	case SO_RCVBUF:		*val = READ_ONCE(s->rcvbuf); break;
	case SO_PRIORITY:	*val = s->priority; break;
	case SO_MARK:		*val = s->mark; break;
	case SO_RCVLOWAT:	*val = READ_ONCE(s->rcvlowat); break;
	case SO_SNDLOWAT:	*val = 1; break;
	case SO_ACCEPTCONN:	*val = s->ops->listening && s->ops->listening(s); break;
	default:		return -ENOPROTOOPT;
	}
	return 0;
}

/* room: how much the caller takes. */
static int
socket_ask(struct socket *s, int opt, int room, struct value *v)
{
	int err;

	switch (opt) {
	case SO_LINGER:
		v->linger = s->linger;
		v->len = sizeof(v->linger);
		return 0;
	case SO_RCVTIMEO:
	case SO_SNDTIMEO:
		v->tv = timeo_value(opt == SO_RCVTIMEO ? s->rcvtimeo : s->sndtimeo);
		v->len = sizeof(v->tv);
		return 0;
	case SO_COOKIE:
		v->cookie = s->ino;
		v->len = sizeof(v->cookie);
		return room < (int)sizeof(v->cookie) ? -EINVAL : 0;
	case SO_PEERCRED:
		v->cred = (struct abi_ucred){ 0, ~0U, ~0U };
		v->len = sizeof(v->cred);
		return s->ops->peercred ? s->ops->peercred(s, &v->cred) : 0;
	case SO_PEERNAME:
		err = s->ops->getname ? s->ops->getname(s, &v->name, true) : -ENOTCONN;
		if (err)
			return -ENOTCONN;
		v->len = v->name.len;
		return (int)v->name.len < room ? -EINVAL : 0;
	}
	v->len = sizeof(v->number);
	return get_number(s, opt, &v->number);
}

static int
socket_get_option(struct socket *s, int opt, uptr_t at, uptr_t len_at)
{
	struct value v;
	int room, err;

	if (get_user(room, len_at))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	err = socket_ask(s, opt, room, &v);
	if (err)
		return err;
	room = MIN((size_t)room, v.len);
	err = copy_to_user(at, opt == SO_PEERNAME ? (void *)v.name.bytes : (void *)&v, room);
	return err ? err : put_user(room, len_at);
}

long
sys_getsockopt(const ulong *a)
{
	int level = a[1], opt = a[2], err;
	struct socket *s;
	struct file *f;
	bool put;

	s = socket_get(a[0], &f, &put, &err);
	if (!s)
		return err;
	if (level == SOL_SOCKET)
		err = socket_get_option(s, opt, UPTR(a[3]), UPTR(a[4]));
	else
		err = s->ops->getsockopt ? s->ops->getsockopt(s, level, opt, UPTR(a[3]), UPTR(a[4])) : -EOPNOTSUPP;
	fd_put(f, put);
	return err;
}
