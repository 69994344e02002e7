/*
 * stream.c - bytes in order, without boundaries: SOCK_STREAM.
 *
 * A send becomes packets of up to PIECE bytes in the peer's queue; a receive takes bytes from as many packets
 * as it wants, but does not go on past one that brought descriptors, nor from one sender's credentials to
 * another's when they are asked for: whoever receives them must know which bytes they came with.
 *
 * Locks       u->read_lock round a receive's look at the queue and the copying: only its holder takes packets
 *             off. u->lock round each look.
 * Further     unix(7); send(2), recv(2) for the flags.
 */
#include "abi/poll.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "net/unix/unix.h"

#define PIECE		(32 * KiB)

/* --- sending --- */

/* Its credentials: what the sender said; else the truth, if one side wants to know. */
void
packet_sign(struct packet *p, const struct scm *scm, struct unix_sock *to)
{
	p->cred = scm->cred;
	if (!p->cred.pid && (unix_passcred(p->from) || unix_passcred(to) || !READ_ONCE(to->sock.inode)))
		p->cred = (struct abi_ucred){ task_tgid(current), current->uid, current->gid };
}

/* Put p into to's queue: 0, or -EPIPE, and p stays the caller's. */
static int
queue_piece(struct packet *p, struct unix_sock *to)
{
	spin_lock(&to->lock);
	if (unlikely(to->dead || (to->down & DOWN_RECV))) {
		spin_unlock(&to->lock);
		return -EPIPE;
	}
	list_push_back(&to->queue, &p->link);
	to->queued++;
	spin_unlock(&to->lock);
	wake_up_key(&to->sock.readers, (void *)(POLLIN | POLLRDNORM | POLLRDBAND | WAKE_SYNC), 0);
	return 0;
}

/* The next bytes of m, and its descriptors with the first. 0 or -errno; *gone: the other side reads no more. */
static int
send_piece(struct unix_sock *u, struct unix_sock *to, struct msg *m, struct scm *scm, u64 deadline, bool *gone)
{
	size_t n = MIN(m->u->resid, MIN((size_t)READ_ONCE(u->sock.sndbuf) / 2 - 64, PIECE));
	struct packet *p;
	int err;

	err = packet_wait_room(u, deadline);
	if (unlikely(err))
		return err;
	p = packet_alloc(u, n);
	if (unlikely(!p))
		return -ENOBUFS;
	err = packet_fill(p, m->u);
	if (!err && unlikely(scm->rights)) {
		err = rights_launch(scm->rights);
		if (!err) {
			p->rights = scm->rights;
			scm->rights = NULL;
		}
	}
	if (likely(!err)) {
		packet_sign(p, scm, to);
		err = queue_piece(p, to);
		*gone = err;
	}
	if (unlikely(err))
		packet_free(p);
	return err;
}

ssize_t
unix_stream_send(struct socket *s, struct msg *m)
{
	struct unix_sock *u = unix_of(s), *to;
	size_t all = m->u->resid, before;
	bool gone = false;
	struct scm scm;
	ssize_t sent = 0;
	u64 deadline;
	int err;

	err = scm_parse(m, &scm);
	if (unlikely(err))
		return err;
	to = smp_load_acquire(&u->peer);
	if (unlikely(m->flags & MSG_OOB))
		err = -EOPNOTSUPP;
	else if (unlikely(m->name))
		err = READ_ONCE(u->state) == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	else if (unlikely(!to))
		err = -ENOTCONN;
	else if (unlikely(READ_ONCE(u->down) & DOWN_SEND))
		err = -EPIPE, gone = true;
	deadline = socket_deadline(s->sndtimeo, m->flags & MSG_DONTWAIT);
	while (likely(!err) && sent < (ssize_t)all) {
		before = m->u->resid;
		err = send_piece(u, to, m, &scm, deadline, &gone);
		if (likely(!err))
			sent += before - m->u->resid;
	}
	if (unlikely(scm.rights))
		scm_drop(&scm);
	if (unlikely(gone) && !sent && !(m->flags & MSG_NOSIGNAL))
		signal_raise(SIGPIPE);
	return sent ? sent : err;
}

/* --- receiving --- */

/* A receive in progress. */
struct taking {
	struct msg *m;
	struct scm scm;
	bool	checked;		/* scm.cred is whose bytes we have */
	size_t	copied;
};

/* The first packet, or with p the one after it; NULL. */
static struct packet *
queue_next(struct unix_sock *u, struct packet *p)
{
	struct list *l;

	spin_lock(&u->lock);
	l = p ? p->link.next : u->queue.next;
	p = l == &u->queue ? NULL : list_entry(l, struct packet, link);
	spin_unlock(&u->lock);
	return p;
}

/* Nothing is left in p: away with it. */
static void
queue_drop(struct unix_sock *u, struct packet *p)
{
	spin_lock(&u->lock);
	list_remove(&p->link);
	u->queued--;
	spin_unlock(&u->lock);
	packet_free(p);
}

/* p's descriptors are the receiver's, or for MSG_PEEK the same ones again. 0, -ENOMEM. */
static int
take_rights(struct unix_sock *u, struct packet *p, struct taking *t)
{
	if (t->m->flags & MSG_PEEK)
		t->scm.rights = rights_copy(p);
	else
		t->scm.rights = rights_land(p, u);
	return t->scm.rights ? 0 : -ENOMEM;
}

/* Take bytes from p. 0: go on to the next; 1: enough; -errno. */
static int
take_bytes(struct unix_sock *u, struct packet *p, struct taking *t)
{
	bool peek = t->m->flags & MSG_PEEK;
	size_t n, got;
	int err = 0;

	if (t->checked && !scm_same(&t->scm.cred, &p->cred))
		return 1;
	if (!t->checked && unix_passcred(u)) {
		t->scm.cred = p->cred;
		t->checked = true;
	}
	if (t->m->name && !t->copied)
		unix_name_tell(p->from, t->m->name);
	n = MIN((size_t)(p->len - p->off), t->m->u->resid);
	got = packet_copy(p, p->off, t->m->u, n);
	if (unlikely(got < n))
		return -EFAULT;
	t->copied += n;
	if (unlikely(p->rights))
		err = take_rights(u, p, t);
	if (err)
		return err;
	if (!peek)
		WRITE_ONCE(p->off, p->off + n);
	if (!peek && p->off == p->len)
		queue_drop(u, p);
	return t->scm.rights ? 1 : 0;
}

/* The end, which comes after all that was sent before it: 1; -errno, if by an error; 0: it is not there yet. */
static int
at_end(struct unix_sock *u)
{
	int end = 0;

	spin_lock(&u->lock);
	if (list_empty(&u->queue)) {
		end = socket_error(&u->sock);
		if (!end && (u->down & DOWN_RECV))
			end = 1;
	}
	spin_unlock(&u->lock);
	return end;
}

/* Nothing was in the queue: 0, look again; 1, there will be nothing more; -errno. */
static int
wait_bytes(struct unix_sock *u, u64 deadline) MUST_HOLD(u->read_lock)
{
	int err = at_end(u);

	if (err)
		return err;
	if (!deadline)
		return -EAGAIN;
	mutex_unlock(&u->read_lock);
	err = socket_wait(&u->sock.readers,
			  !list_empty(&u->queue) || READ_ONCE(u->sock.error) || (READ_ONCE(u->down) & DOWN_RECV),
			  deadline);
	mutex_lock(&u->read_lock);
	return err;
}

ssize_t
unix_stream_recv(struct socket *s, struct msg *m)
{
	struct unix_sock *u = unix_of(s);
	struct taking t = { .m = m };
	struct packet *p = NULL;
	size_t target;
	u64 deadline;
	int err = 0;

	if (unlikely(READ_ONCE(u->state) != UNIX_CONNECTED))
		return -EINVAL;
	if (unlikely(m->flags & MSG_OOB))
		return -EOPNOTSUPP;
	deadline = socket_deadline(s->rcvtimeo, m->flags & MSG_DONTWAIT);
	target = m->flags & MSG_WAITALL ? m->u->resid : MIN(m->u->resid, (size_t)READ_ONCE(s->rcvlowat));
	target = MAX(target, 1UL);
	mutex_lock(&u->read_lock);
	do {
		p = queue_next(u, m->flags & MSG_PEEK ? p : NULL);
		if (p)
			err = take_bytes(u, p, &t);
		else if (t.copied >= target || ((m->flags & MSG_PEEK) && t.copied))
			break;
		else
			err = wait_bytes(u, deadline);
	} while (!err && (m->u->resid || !p));
	mutex_unlock(&u->read_lock);
	if (err < 0 && !t.copied) {
		scm_drop(&t.scm);
		return err;
	}
	if (unlikely(m->control_len || t.scm.rights || unix_passcred(u)))
		scm_deliver(u, m, &t.scm);
	return t.copied;
}
