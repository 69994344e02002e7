/*
 * sock.c - sockets of AF_UNIX: made, polled, shut down and ended; and the family's tables.
 *
 * Data        struct unix_sock (unix.h), from a slab.
 * Locks       u->lock for what is marked [u] there. Two: lower address first.
 * Invariants  U1  a connected stream's or seqpacket's peer is set once and stays until its own end: so who has
 *                 its file open may read u->peer without the lock.
 *             U2  dead => queue and pending are empty, for good: senders look at it under the lock.
 *             U3  u is on the `blocked` list of no socket but its peer.
 * Further     unix(7), shutdown(2); docs/sockets.md.
 */
#include "abi/ioctl.h"
#include "abi/poll.h"
#include "kernel/task.h"
#include "mm/slab.h"
#include "mm/usercopy.h"
#include "net/unix/unix.h"

int unix_max_dgram_qlen = 10;

static struct slab_cache *unix_cache;
static const struct socket_ops stream_ops, dgram_ops, seqpacket_ops;

/* --- one and two of them --- */

struct abi_ucred
unix_current_cred(void)
{
	return (struct abi_ucred){ task_tgid(current), current->euid, current->egid };
}

void
unix_lock_two(struct unix_sock *a, struct unix_sock *b) NO_TSA
{
	spin_lock(a < b ? &a->lock : &b->lock);
	if (a != b)
		spin_lock_nested(a < b ? &b->lock : &a->lock);
}

void
unix_unlock_two(struct unix_sock *a, struct unix_sock *b) NO_TSA
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

struct unix_sock *
unix_peer(struct unix_sock *u)
{
	struct unix_sock *peer;

	spin_lock(&u->lock);
	peer = u->peer;
	if (peer)
		unix_get(peer);
	spin_unlock(&u->lock);
	return peer;
}

struct unix_sock *
unix_create(int type)
{
	static const struct socket_ops *const ops[] = {
		[SOCK_STREAM] = &stream_ops, [SOCK_DGRAM] = &dgram_ops, [SOCK_SEQPACKET] = &seqpacket_ops,
	};
	struct unix_sock *u = slab_alloc(unix_cache, GFP_ZERO);

	if (!u)
		return NULL;
	socket_init(&u->sock, ops[type], AF_UNIX, type, 0);
	atomic_set(&u->refs, 1);
	spin_init(&u->lock, RANK_SOCKET);
	mutex_init(&u->read_lock, RANK_SOCKET_READ);
	list_init(&u->queue);
	list_init(&u->pending);
	list_init(&u->pending_link);
	list_init(&u->blocked);
	list_init(&u->blocked_link);
	list_init(&u->hash_link);
	list_init(&u->all_link);
	list_init(&u->flying_link);
	waitq_init(&u->room);
	u->max_queued = READ_ONCE(unix_max_dgram_qlen);
	u->peercred = (struct abi_ucred){ 0, ~0U, ~0U };
	unix_list(u);
	return u;
}

void
unix_put(struct unix_sock *u)
{
	if (!atomic_dec_and_test(&u->refs))
		return;
	if (u->name)
		unix_name_put(u->name);
	slab_free(unix_cache, u);
}

static int
family_create(int type, int protocol, struct socket **out)
{
	struct unix_sock *u;

	if (protocol && protocol != PF_UNIX)
		return -EPROTONOSUPPORT;
	if (type == SOCK_RAW)
		type = SOCK_DGRAM;		/* as on BSD */
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	u = unix_create(type);
	if (!u)
		return -ENOMEM;
	*out = &u->sock;
	return 0;
}

/* --- the end --- */

void
unix_room_made(struct unix_sock *u)
{
	struct unix_sock *s;

	wake_up_key(&u->room, (void *)(POLLOUT | POLLWRNORM | POLLWRBAND), 0);
	if (likely(list_empty(&u->blocked)))
		return;
	spin_lock(&u->lock);
	while ((s = list_first(&u->blocked, struct unix_sock, blocked_link))) {
		list_remove(&s->blocked_link);
		wake_up_key(&s->sock.writers, (void *)(POLLOUT | POLLWRNORM | POLLWRBAND), 0);
	}
	spin_unlock(&u->lock);
}

/* u, connected to peer, ends. lost: there were bytes that it had not read. */
static void
hang_up(struct unix_sock *u, struct unix_sock *peer, bool lost)
{
	bool datagrams = u->sock.type == SOCK_DGRAM;

	spin_lock(&peer->lock);
	unix_unblock(u);
	if (!datagrams) {
		WRITE_ONCE(peer->down, DOWN_BOTH);
		if (lost)
			WRITE_ONCE(peer->sock.error, ECONNRESET);
	}
	spin_unlock(&peer->lock);
	if (!datagrams)
		unix_wake(peer);
}

void
unix_end(struct unix_sock *u, bool refused)
{
	struct list packets = LIST_INIT(packets), pending = LIST_INIT(pending);
	struct unix_sock *peer, *e;

	unix_unhash(u);
	spin_lock(&u->lock);
	u->dead = true;
	WRITE_ONCE(u->down, DOWN_BOTH);
	WRITE_ONCE(u->state, UNIX_CLOSED);
	peer = u->peer;
	u->peer = NULL;
	list_splice_back(&packets, &u->queue);
	list_splice_back(&pending, &u->pending);
	u->queued = 0;
	spin_unlock(&u->lock);
	unix_room_made(u);
	if (peer) {
		hang_up(u, peer, refused || !list_empty(&packets));
		unix_put(peer);
	}
	while ((e = list_first(&pending, struct unix_sock, pending_link))) {
		list_remove(&e->pending_link);
		unix_end(e, true);
	}
	packets_free(&packets);
	unix_put(u);
}

static void
unix_release(struct socket *s)
{
	unix_end(unix_of(s), false);
	rights_collect();
}

static int
unix_shutdown(struct socket *s, int how)
{
	struct unix_sock *u = unix_of(s), *peer;
	uint down = how + 1, other = 0;		/* SHUT_RD, WR, RDWR -> bits */

	spin_lock(&u->lock);
	WRITE_ONCE(u->down, u->down | down);
	peer = s->type != SOCK_DGRAM ? u->peer : NULL;
	if (peer)
		unix_get(peer);
	spin_unlock(&u->lock);
	if (peer) {
		if (down & DOWN_RECV)
			other |= DOWN_SEND;
		if (down & DOWN_SEND)
			other |= DOWN_RECV;
		spin_lock(&peer->lock);
		WRITE_ONCE(peer->down, peer->down | other);
		spin_unlock(&peer->lock);
		unix_wake(peer);
		unix_put(peer);
	}
	wake_up_all(&u->room);
	unix_wake(u);
	return 0;
}

/* --- asked --- */

static int
unix_getname(struct socket *s, struct address *out, bool peer)
{
	struct unix_sock *u = unix_of(s);

	if (!peer) {
		unix_name_copy(u, out);
		return 0;
	}
	u = unix_peer(u);
	if (!u)
		return -ENOTCONN;
	unix_name_copy(u, out);
	unix_put(u);
	return 0;
}

static bool
unix_listening(struct socket *s)
{
	return READ_ONCE(unix_of(s)->state) == UNIX_LISTENING;
}

static int
unix_peercred(struct socket *s, struct abi_ucred *out)
{
	struct unix_sock *u = unix_of(s);

	spin_lock(&u->lock);
	*out = u->peercred;
	spin_unlock(&u->lock);
	return 0;
}

/* What a read would find: all of a stream's bytes, the first datagram's. -EINVAL: u listens. */
static int
bytes_waiting(struct unix_sock *u)
{
	struct packet *p;
	u64 n = 0;

	if (unix_listening(&u->sock))
		return -EINVAL;
	spin_lock(&u->lock);
	list_for_each(p, &u->queue, link) {
		n += p->len - READ_ONCE(p->off);
		if (u->sock.type == SOCK_DGRAM)
			break;
	}
	spin_unlock(&u->lock);
	return MIN(n, (u64)INT32_MAX);
}

static long
unix_ioctl(struct socket *s, uint cmd, ulong arg)
{
	struct unix_sock *u = unix_of(s);
	int n;

	switch (cmd) {
	case SIOCOUTQ:
		return put_user(atomic_read(&u->charged), UPTR(arg));
	case SIOCINQ:
		n = bytes_waiting(u);
		return n < 0 ? n : put_user(n, UPTR(arg));
	}
	return -ENOTTY;
}

/* --- poll --- */

/* What streams and datagrams have in common. */
static uint
poll_common(struct unix_sock *u)
{
	uint events = 0, down = READ_ONCE(u->down);

	if (READ_ONCE(u->sock.error))
		events |= POLLERR;
	if (down == DOWN_BOTH)
		events |= POLLHUP;
	if (down & DOWN_RECV)
		events |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (!list_empty(&u->queue) || !list_empty(&u->pending))
		events |= POLLIN | POLLRDNORM;
	if (u->sock.type != SOCK_DGRAM && READ_ONCE(u->state) == UNIX_CLOSED)
		events |= POLLHUP;
	return events;
}

static uint
stream_poll(struct socket *s, struct poll_table *pt)
{
	struct unix_sock *u = unix_of(s);
	uint events = poll_common(u);

	/* Also when the other side is down: who writes then learns of it. */
	if (READ_ONCE(u->state) != UNIX_LISTENING && unix_writable(u))
		events |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return events;
}

static uint
dgram_poll(struct socket *s, struct poll_table *pt)
{
	struct unix_sock *u = unix_of(s), *peer;
	uint events = poll_common(u);
	bool writable = READ_ONCE(u->state) != UNIX_LISTENING && unix_writable(u);

	peer = writable ? unix_peer(u) : NULL;
	if (peer) {
		writable = !unix_dgram_full(u, peer);
		unix_put(peer);
	}
	if (writable)
		events |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return events;
}

/* --- the tables --- */

static const struct socket_ops stream_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_connect_stream,
	.pair = unix_pair,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.shutdown = unix_shutdown,
	.send = unix_stream_send,
	.recv = unix_stream_recv,
	.poll = stream_poll,
	.ioctl = unix_ioctl,
	.listening = unix_listening,
	.peercred = unix_peercred,
};

static const struct socket_ops dgram_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_connect_dgram,
	.pair = unix_pair,
	.getname = unix_getname,
	.shutdown = unix_shutdown,
	.send = unix_dgram_send,
	.recv = unix_dgram_recv,
	.poll = dgram_poll,
	.ioctl = unix_ioctl,
	.peercred = unix_peercred,
};

static const struct socket_ops seqpacket_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_connect_stream,
	.pair = unix_pair,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.shutdown = unix_shutdown,
	.send = unix_seqpacket_send,
	.recv = unix_seqpacket_recv,
	.poll = dgram_poll,
	.ioctl = unix_ioctl,
	.listening = unix_listening,
	.peercred = unix_peercred,
};

const struct net_family unix_family = { .family = AF_UNIX, .create = family_create };

void
unix_init(void)
{
	unix_cache = slab_create("unix", sizeof(struct unix_sock), 8, NULL);
	unix_names_init();
	rights_init();
}
