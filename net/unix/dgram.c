/*
 * dgram.c - whole messages: SOCK_DGRAM, and SOCK_SEQPACKET, which is the same between connected sockets.
 *
 * A datagram is one packet.  It needs room in the sender's buffer, and a place in the receiver's queue, of which
 * there are max_dgram_qlen + 1, unless the two are each other's peers.
 * Locks       as in stream.c.
 * Further     unix(7).
 */
#include "abi/poll.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "net/unix/unix.h"

/* --- sending --- */

/* No place for a packet of u's in to's queue. Both locks held, or a guess. */
static inline bool
queue_full(const struct unix_sock *u, const struct unix_sock *to)
{
	return to != u && READ_ONCE(to->peer) != u && READ_ONCE(to->queued) > READ_ONCE(to->max_queued);
}

bool
unix_dgram_full(struct unix_sock *u, struct unix_sock *to)
{
	bool full;

	if (!queue_full(u, to))
		return false;
	unix_lock_two(u, to);
	full = u->peer == to && !to->dead && queue_full(u, to);
	if (full && list_empty(&u->blocked_link))
		list_push_back(&to->blocked, &u->blocked_link);
	unix_unlock_two(u, to);
	return full;
}

#define TO_DEAD		1	/* results of queue_whole */
#define TO_FULL		2

/* Put p into to's queue: 0, TO_DEAD, TO_FULL, -EPERM (to talks to another), -EPIPE. */
static int
queue_whole(struct unix_sock *u, struct packet *p, struct unix_sock *to)
{
	int err = 0;

	spin_lock(&to->lock);
	if (to->peer && to->peer != u)
		err = -EPERM;
	else if (to->dead)
		err = TO_DEAD;
	else if (to->down & DOWN_RECV)
		err = -EPIPE;
	else if (queue_full(u, to))
		err = TO_FULL;
	if (likely(!err)) {
		list_push_back(&to->queue, &p->link);
		to->queued++;
	}
	spin_unlock(&to->lock);
	if (likely(!err))
		wake_up_key(&to->sock.readers, (void *)(POLLIN | POLLRDNORM | POLLRDBAND | WAKE_SYNC), 0);
	return err;
}

/* to is dead. If it was u's peer it is so no more, and that is an error; else somebody else may have its name. */
static int
peer_dead(struct unix_sock *u, struct unix_sock *to, bool named)
{
	bool ours;

	if (u->sock.type == SOCK_SEQPACKET)
		return -EPIPE;
	unix_lock_two(u, to);
	ours = u->peer == to;
	if (ours) {
		u->peer = NULL;
		unix_put(to);			/* not the last: the caller counts it too */
		unix_unblock(u);
		WRITE_ONCE(u->state, UNIX_CLOSED);
	}
	unix_unlock_two(u, to);
	if (!ours)
		return named ? 0 : -ECONNRESET;
	unix_disconnected(u, to);
	return -ECONNREFUSED;
}

/* Wait for a place in to's queue: 0, try again. */
static int
wait_place(struct unix_sock *u, struct unix_sock *to, u64 deadline)
{
	/* Who may not wait will poll: so to remembers to tell. */
	if (!deadline)
		return READ_ONCE(u->peer) != to || unix_dgram_full(u, to) ? -EAGAIN : 0;
	return socket_wait(&to->room, !queue_full(u, to) || READ_ONCE(to->dead) || (READ_ONCE(to->down) & DOWN_RECV),
			   deadline);
}

/* Deliver p to `to`, counted and taken over, or, if NULL, to whom m names. 0, or -errno and p stays the caller's. */
static int
deliver(struct unix_sock *u, struct unix_sock *to, struct msg *m, struct packet *p, const struct scm *scm, u64 deadline)
{
	int err;

	for (;;) {
		if (!to)
			to = unix_find(m->name, u->sock.type);
		if (IS_ERR(to))
			return PTR_ERR(to);
		packet_sign(p, scm, to);
		err = queue_whole(u, p, to);
		if (err <= 0)
			break;
		if (err == TO_DEAD) {
			err = peer_dead(u, to, m->name);
			if (err)
				break;
			unix_put(to);
			to = NULL;
		} else {
			err = wait_place(u, to, deadline);
			if (err)
				break;
		}
	}
	unix_put(to);
	return err;
}

/* Whom m goes to, as far as is known now: *to counted, or NULL for its name. 0, -ENOTCONN, -EINVAL. */
static int
send_target(struct unix_sock *u, struct msg *m, struct unix_sock **to)
{
	*to = NULL;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name)
		return unix_check_address(m->name);
	*to = unix_peer(u);
	return *to ? 0 : -ENOTCONN;
}

/* m as a packet. ERR_PTR. */
static struct packet *
make_packet(struct unix_sock *u, struct msg *m, struct scm *scm)
{
	struct packet *p = packet_alloc(u, m->u->resid);
	int err;

	if (!p)
		return ERR_PTR(-ENOBUFS);
	err = packet_fill(p, m->u);
	if (!err && scm->rights) {
		err = rights_launch(scm->rights);
		if (!err) {
			p->rights = scm->rights;
			scm->rights = NULL;
		}
	}
	if (!err)
		return p;
	packet_free(p);
	return ERR_PTR(err);
}

ssize_t
unix_dgram_send(struct socket *s, struct msg *m)
{
	u64 deadline = socket_deadline(s->sndtimeo, m->flags & MSG_DONTWAIT);
	struct unix_sock *u = unix_of(s), *to;
	size_t len = m->u->resid;
	struct packet *p = NULL;
	struct scm scm;
	int err;

	err = scm_parse(m, &scm);
	if (err)
		return err;
	err = send_target(u, m, &to);
	if (!err && unix_passcred(u))
		err = unix_autobind(u);
	if (!err && len > (size_t)READ_ONCE(s->sndbuf) - 32)
		err = -EMSGSIZE;
	if (!err)
		err = packet_wait_room(u, deadline);
	if (!err) {
		p = make_packet(u, m, &scm);
		err = IS_ERR(p) ? PTR_ERR(p) : 0;
	}
	if (!err) {
		err = deliver(u, to, m, p, &scm, deadline);
		if (err)
			packet_free(p);
	} else if (to) {
		unix_put(to);
	}
	scm_drop(&scm);
	return err ? err : (ssize_t)len;
}

ssize_t
unix_seqpacket_send(struct socket *s, struct msg *m)
{
	int err = socket_error(s);

	if (err)
		return err;
	if (READ_ONCE(unix_of(s)->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	m->name = NULL;
	return unix_dgram_send(s, m);
}

/* --- receiving --- */

/* Until a packet is there: 0, read_lock held; 1, there will be none; -errno. */
static int
wait_packet(struct unix_sock *u, u64 deadline) ACQUIRES_IF_0(u->read_lock) NO_TSA
{
	struct socket *s = &u->sock;
	bool down;
	int err;

	for (;;) {
		mutex_lock(&u->read_lock);
		down = smp_load_acquire(&u->down) & DOWN_RECV;	/* first: what was sent before is in the queue by now */
		err = socket_error(s);
		if (!err && !list_empty(&u->queue))
			return 0;
		mutex_unlock(&u->read_lock);
		if (err)
			return err;
		/* A datagram socket that may not wait does not learn of its own shutdown. */
		if (down && (deadline || s->type == SOCK_SEQPACKET))
			return 1;
		err = socket_wait(&s->readers,
				  !list_empty(&u->queue) || READ_ONCE(s->error) || (READ_ONCE(u->down) & DOWN_RECV),
				  deadline);
		if (err)
			return err;
	}
}

/* The first packet: off the queue unless it is only looked at. read_lock is held. */
static struct packet *
first_packet(struct unix_sock *u, bool peek)
{
	struct packet *p;

	spin_lock(&u->lock);
	p = list_first(&u->queue, struct packet, link);
	if (!peek) {
		list_remove(&p->link);
		u->queued--;
	}
	spin_unlock(&u->lock);
	return p;
}

/* p to the receiver: bytes that it got, or with MSG_TRUNC that there were. */
static ssize_t
hand_over(struct packet *p, struct msg *m, struct scm *scm)
{
	size_t n = MIN((size_t)p->len, m->u->resid);

	if (m->name)
		unix_name_tell(p->from, m->name);
	if (n < p->len)
		m->result |= MSG_TRUNC;
	if (packet_copy(p, 0, m->u, n) < n)
		return -EFAULT;
	scm->cred = p->cred;
	if (p->rights) {
		scm->rights = m->flags & MSG_PEEK ? rights_copy(p) : rights_land(p, NULL);
		if (!scm->rights)
			return -ENOMEM;
	}
	return m->flags & MSG_TRUNC ? p->len : n;
}

ssize_t
unix_dgram_recv(struct socket *s, struct msg *m)
{
	u64 deadline = socket_deadline(s->rcvtimeo, m->flags & MSG_DONTWAIT);
	bool peek = m->flags & MSG_PEEK;
	struct unix_sock *u = unix_of(s);
	struct scm scm = { 0 };
	struct packet *p;
	ssize_t n;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = wait_packet(u, deadline);
	if (err)
		return err > 0 ? 0 : err;
	p = first_packet(u, peek);
	if (!peek)
		unix_room_made(u);
	n = hand_over(p, m, &scm);
	mutex_unlock(&u->read_lock);
	if (!peek)
		packet_free(p);
	if (n < 0)
		return n;
	if (m->control_len || scm.rights || unix_passcred(u))
		scm_deliver(u, m, &scm);
	return n;
}

ssize_t
unix_seqpacket_recv(struct socket *s, struct msg *m)
{
	if (READ_ONCE(unix_of(s)->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	return unix_dgram_recv(s, m);
}
