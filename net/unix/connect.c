/*
 * connect.c - two sockets become each other's peers: connect, listen, accept, socketpair.
 *
 *	client                      listener                       connection
 *	connect ─ unix_find ──────▶ LISTENING, a place left?
 *	peer ──────────────────────────────────────────────────▶ made by connect, its peer the client
 *	                            pending: connection
 *	                            accept ──────────────────────▶ gets a file
 *
 * So the client may write before anybody accepts.
 * Locks       both sockets' (unix_lock_two) while they become peers.
 * Further     connect(2), listen(2), accept(2).
 */
#include "abi/poll.h"
#include "net/unix/unix.h"

/* --- streams --- */

/* other can take no more connections now. */
static inline bool
backlog_full(const struct unix_sock *other)
{
	return READ_ONCE(other->queued) > READ_ONCE(other->max_queued);
}

/* May u become the peer of a new connection to other? 0, -ECONNREFUSED, -EAGAIN (full), -EISCONN, -EINVAL. */
static int
may_connect(const struct unix_sock *u, const struct unix_sock *other)
{
	if (other->dead || other->state != UNIX_LISTENING || (other->down & DOWN_RECV))
		return -ECONNREFUSED;
	if (backlog_full(other))
		return -EAGAIN;
	return u->state == UNIX_CLOSED ? 0 : u->state == UNIX_CONNECTED ? -EISCONN : -EINVAL;
}

/* Connect u to other by way of new, which is taken over on success. As may_connect. */
static int
connect_to(struct unix_sock *u, struct unix_sock *other, struct unix_sock *new)
{
	int err;

	unix_lock_two(u, other);
	err = may_connect(u, other);
	if (!err) {
		unix_name_share(new, other);
		new->state = UNIX_CONNECTED;
		new->peer = u;
		new->peercred = unix_current_cred();
		unix_get(u);
		u->peercred = other->self;
		unix_get(new);
		WRITE_ONCE(u->state, UNIX_CONNECTED);
		smp_store_release(&u->peer, new);
		list_push_back(&other->pending, &new->pending_link);
		other->queued++;
	}
	unix_unlock_two(u, other);
	return err;
}

/* other's backlog is full: wait for a place in it, or for other's end. */
static int
wait_backlog(struct unix_sock *other, u64 deadline)
{
	return socket_wait(&other->room,
			   !backlog_full(other) || READ_ONCE(other->dead) || (READ_ONCE(other->down) & DOWN_RECV),
			   deadline);
}

int
unix_connect_stream(struct socket *s, struct address *a, bool nonblock)
{
	u64 deadline = socket_deadline(s->sndtimeo, nonblock);
	struct unix_sock *u = unix_of(s), *new, *other;
	int err = unix_check_address(a);

	if (!err && unix_passcred(u))
		err = unix_autobind(u);
	if (err)
		return err;
	new = unix_create(s->type);
	if (!new)
		return -ENOMEM;
	do {
		other = unix_find(a, s->type);
		if (IS_ERR(other)) {
			err = PTR_ERR(other);
			break;
		}
		err = connect_to(u, other, new);
		if (!err)
			wake_up_key(&other->sock.readers, (void *)(POLLIN | POLLRDNORM), 1);
		/* A place may be taken by somebody else: then it is -EAGAIN again, and waited for again. */
		if (err == -EAGAIN) {
			err = wait_backlog(other, deadline);
			unix_put(other);
			if (!err)
				err = 1;
			continue;
		}
		unix_put(other);
	} while (err > 0);
	if (err)
		unix_end(new, false);
	return err;
}

int
unix_listen(struct socket *s, uint backlog)
{
	struct unix_sock *u = unix_of(s);
	int err = -EINVAL;

	if (!smp_load_acquire(&u->name))
		return -EINVAL;
	spin_lock(&u->lock);
	if (u->state == UNIX_CLOSED || u->state == UNIX_LISTENING) {
		WRITE_ONCE(u->max_queued, backlog);
		WRITE_ONCE(u->state, UNIX_LISTENING);
		u->self = unix_current_cred();
		u->peercred = u->self;
		err = 0;
	}
	spin_unlock(&u->lock);
	if (!err)
		wake_up_all(&u->room);
	return err;
}

/* The connection that has waited longest, off the backlog; NULL. */
static struct unix_sock *
pending_take(struct unix_sock *u)
{
	struct unix_sock *e;

	spin_lock(&u->lock);
	e = list_first(&u->pending, struct unix_sock, pending_link);
	if (e) {
		list_remove(&e->pending_link);
		u->queued--;
	}
	spin_unlock(&u->lock);
	return e;
}

int
unix_accept(struct socket *s, bool nonblock, struct socket **out)
{
	u64 deadline = socket_deadline(s->rcvtimeo, nonblock);
	struct unix_sock *u = unix_of(s), *e;
	int err;

	if (READ_ONCE(u->state) != UNIX_LISTENING)
		return -EINVAL;
	for (;;) {
		err = socket_error(s);
		if (err)
			return err;
		e = pending_take(u);
		if (e)
			break;
		if (deadline && (READ_ONCE(u->down) & DOWN_RECV))
			return -EINVAL;
		err = socket_wait(&s->readers, !list_empty(&u->pending) || (READ_ONCE(u->down) & DOWN_RECV), deadline);
		if (err)
			return err;
	}
	unix_room_made(u);
	if (unix_passcred(u))
		__atomic_fetch_or(&e->sock.options, BIT(SO_PASSCRED), __ATOMIC_RELAXED);
	*out = &e->sock;
	return 0;
}

int
unix_pair(struct socket *a, struct socket *b)
{
	struct unix_sock *x = unix_of(a), *y = unix_of(b);

	unix_get(x);
	unix_get(y);
	x->peer = y;
	y->peer = x;
	x->state = y->state = UNIX_CONNECTED;
	x->peercred = y->peercred = unix_current_cred();
	return 0;
}

/* --- datagrams --- */

void
unix_disconnected(struct unix_sock *u, struct unix_sock *old)
{
	struct list packets = LIST_INIT(packets);
	bool lost;

	mutex_lock(&u->read_lock);
	spin_lock(&u->lock);
	lost = !list_empty(&u->queue);
	list_splice_back(&packets, &u->queue);
	u->queued = 0;
	spin_unlock(&u->lock);
	mutex_unlock(&u->read_lock);
	if (!lost)
		return;
	packets_free(&packets);
	unix_room_made(u);
	spin_lock(&old->lock);
	lost = !old->dead && old->peer == u;
	spin_unlock(&old->lock);
	if (lost) {
		WRITE_ONCE(old->sock.error, ECONNRESET);
		unix_wake(old);
	}
}

/* u has no peer any more: the one it had, counted, or NULL. */
static struct unix_sock *
peer_take(struct unix_sock *u)
{
	struct unix_sock *old = unix_peer(u);

	if (!old)
		return NULL;
	unix_lock_two(u, old);
	if (u->peer == old) {
		u->peer = NULL;
		unix_put(old);			/* not the last: we count it too */
		unix_unblock(u);
		WRITE_ONCE(u->state, UNIX_CLOSED);
	}
	unix_unlock_two(u, old);
	wake_up_all(&u->sock.writers);
	return old;
}

/* other becomes u's peer, and is taken over: 0, -EPERM (it has another one), 1 (it is dead). */
static int
peer_set(struct unix_sock *u, struct unix_sock *other)
{
	int err = 0;

	unix_lock_two(u, other);
	if (other->dead)
		err = 1;
	else if (other->peer && other->peer != u)
		err = -EPERM;
	else if (u->peer)
		err = -EISCONN;			/* another task has connected u meanwhile */
	if (!err) {
		u->peer = other;
		WRITE_ONCE(u->state, UNIX_CONNECTED);
		WRITE_ONCE(other->state, UNIX_CONNECTED);
	}
	unix_unlock_two(u, other);
	return err;
}

/* May u send to other, or be connected to it? */
static bool
may_send(struct unix_sock *u, struct unix_sock *other)
{
	bool may;

	spin_lock(&other->lock);
	may = !other->peer || other->peer == u;
	spin_unlock(&other->lock);
	return may;
}

int
unix_connect_dgram(struct socket *s, struct address *a, bool nonblock)
{
	struct unix_sock *u = unix_of(s), *other = NULL, *old;
	int err = 0;

	if (a->len < sizeof(a->family))
		return -EINVAL;
	do {
		if (a->family != AF_UNSPEC) {
			err = unix_check_address(a);
			if (!err && unix_passcred(u))
				err = unix_autobind(u);
			if (err)
				return err;
			other = unix_find(a, s->type);
			if (IS_ERR(other))
				return PTR_ERR(other);
			if (!may_send(u, other)) {
				unix_put(other);
				return -EPERM;
			}
		}
		old = peer_take(u);
		err = other ? peer_set(u, other) : 0;
		if (old) {
			if (old != other)
				unix_disconnected(u, old);
			unix_put(old);
		}
		if (err && other)
			unix_put(other);
	} while (err > 0);
	return err;
}
