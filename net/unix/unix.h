/*
 * unix.h - between the files of net/unix/: a socket of the family, and what waits in it.
 *
 *	stream, seqpacket                               datagram
 *	  create ── bind ── listen ──▶ LISTENING          create ──▶ CLOSED  ◀── connect(AF_UNSPEC)
 *	     │                            │ accept           │                        │
 *	     └── connect, socketpair ──▶ CONNECTED ◀─────────┼── connect, socketpair ─┘ CONNECTED
 *
 *	sender ──packet──▶ peer->queue ──▶ receiver      each packet is charged to its sender until it is read
 */
#ifndef NET_UNIX_UNIX_H
#define NET_UNIX_UNIX_H

#include "fs/vfs.h"
#include "kernel/mutex.h"
#include "net/socket.h"

#define UNIX_HASH	256

enum unix_state { UNIX_CLOSED, UNIX_LISTENING, UNIX_CONNECTED };

#define DOWN_RECV	1		/* shutdown: nothing more comes in */
#define DOWN_SEND	2		/* nothing more goes out */
#define DOWN_BOTH	(DOWN_RECV | DOWN_SEND)

/* Where a socket can be found. Counted: a connection has its listener's. */
struct unix_name {
	atomic_t refs;
	u32	len;			/* as getsockname says it: a path's with the NUL that sun_path may lack */
	char	bytes[sizeof(struct abi_sockaddr_un) + 1];
};

/*
 * Guarded by: i immutable  a atomic  u lock  U the lock of who it is about  r read_lock  n unix_names_lock
 * g rights_lock.  Two sockets' locks: the lower address first (unix_lock_two).
 */
struct unix_sock {
	struct socket sock;		/* first */
	atomic_t refs;			/* its file, its peers, packets it sent, look-ups */
	struct spinlock lock;
	struct mutex read_lock;		/* one receiver takes bytes off at a time, and may fault meanwhile */
	u8	state;			/* [u] written; unix_state */
	u8	down;			/* [u] written; DOWN_* */
	bool	dead;			/* [u] its file is gone: nobody may send to it */
	struct unix_sock *peer;		/* [u] counted; a stream's stays until its own release */
	struct list queue;		/* [u] struct packet, oldest first */
	struct list pending;		/* [u] connections not accepted, by pending_link */
	struct list pending_link;	/* [U] of the listener */
	uint	queued, max_queued;	/* [u] packets or connections waiting; more than max: senders wait */
	atomic_t charged;		/* bytes of its packets that nobody has read */
	struct waitq room;		/* senders and connectors without a place in queue or pending */
	struct list blocked;		/* [u] datagram sockets polled for that, by blocked_link */
	struct list blocked_link;	/* [U] of the peer */
	struct unix_name *name;		/* [n] written once; NULL: none. Freed with the socket */
	struct path path;		/* [n] the node it is bound to */
	struct list hash_link;		/* [n] by name */
	struct list all_link;		/* [n] /proc/net/unix */
	struct abi_ucred self;		/* [u] who made it, or listened */
	struct abi_ucred peercred;	/* [u] SO_PEERCRED */
	struct list flying_link;	/* [g] sockets with descriptors in flight */
	uint	flying;			/* [g] how many */
	int	outside;		/* [g] references that the collection has not explained */
	bool	candidate;		/* [g] for being garbage */
	struct file *file;		/* [g] while flying > 0: its own */
};

/* What one send left in the receiver's queue. */
struct packet {
	struct list link;
	struct unix_sock *from;		/* counted */
	struct rights *rights;		/* descriptors, NULL: none. Taken off under the queue's lock */
	struct abi_ucred cred;		/* pid 0: not known */
	u32	charge;			/* bytes, against from's sndbuf */
	u32	len, off;		/* bytes in all, and read already */
	u32	npages;			/* 0: the bytes follow; else pointers to pages do */
	char	data[] ALIGNED(8);
};

/* Ancillary data of one call. */
struct scm {
	struct rights *rights;
	struct abi_ucred cred;
};

static inline struct unix_sock *unix_of(struct socket *s) { return container_of(s, struct unix_sock, sock); }
static inline void unix_get(struct unix_sock *u) { atomic_inc(&u->refs); }
static inline bool unix_writable(const struct unix_sock *u)
{
	return (u64)atomic_read(&u->charged) * 4 <= (u64)READ_ONCE(u->sock.sndbuf);
}
static inline bool unix_passcred(const struct unix_sock *u) { return READ_ONCE(u->sock.options) & BIT(SO_PASSCRED); }

/* --- sock.c --- */
extern const struct net_family unix_family;
extern int unix_max_dgram_qlen;		/* [a] /proc/sys/net/unix */
void	unix_init(void);
/* A new one, refs 1, not connected. NULL if out of memory. */
struct unix_sock *unix_create(int type);
void	unix_put(struct unix_sock *u);
/* The end of u, whose file is gone or never was: takes over its reference. */
void	unix_end(struct unix_sock *u, bool refused);
void	unix_lock_two(struct unix_sock *a, struct unix_sock *b);
void	unix_unlock_two(struct unix_sock *a, struct unix_sock *b);
/* The peer, counted, or NULL. */
struct unix_sock *unix_peer(struct unix_sock *u);
struct abi_ucred unix_current_cred(void);
/* Wake those who wait for room in u, which has been made, or will never be. */
void	unix_room_made(struct unix_sock *u);
/* u does not wait for room in old any more: their locks are held. */
static inline void unix_unblock(struct unix_sock *u) { list_remove(&u->blocked_link); }
/* Something u's users may wait for, of any kind, has happened. */
static inline void
unix_wake(struct unix_sock *u)
{
	wake_up_all(&u->sock.readers);
	wake_up_all(&u->sock.writers);
}

/* --- name.c --- */
extern struct spinlock unix_names_lock;
extern struct list unix_all;		/* [n] */
extern uint unix_count;			/* [n] */
void	unix_names_init(void);
int	unix_bind(struct socket *s, struct address *a);
int	unix_autobind(struct unix_sock *u);	/* unless it has a name */
/* The socket of this name, counted. ERR_PTR: -EINVAL, -ECONNREFUSED, -EPROTOTYPE, or the path's error. */
struct unix_sock *unix_find(struct address *a, int type);
int	unix_check_address(const struct address *a);	/* it may be looked up: 0 or -EINVAL */
void	unix_name_copy(const struct unix_sock *u, struct address *out);	/* of a socket that is counted */
void	unix_name_tell(const struct unix_sock *from, struct address *out);	/* to a receiver: length 0, if none */
void	unix_name_share(struct unix_sock *u, struct unix_sock *listener);
void	unix_name_put(struct unix_name *n);
void	unix_list(struct unix_sock *u);		/* it exists */
void	unix_unhash(struct unix_sock *u);	/* no look-up finds u any more */

/* --- connect.c --- */
int	unix_connect_stream(struct socket *s, struct address *a, bool nonblock);
int	unix_connect_dgram(struct socket *s, struct address *a, bool nonblock);
int	unix_listen(struct socket *s, uint backlog);
int	unix_accept(struct socket *s, bool nonblock, struct socket **out);
int	unix_pair(struct socket *a, struct socket *b);
/* Datagram: u's peer is gone, or changed; what came from it is thrown away. peer: counted, given back. */
void	unix_disconnected(struct unix_sock *u, struct unix_sock *old);

/* --- packet.c --- */
/* Room for n bytes, charged to `from`. NULL if out of memory. */
struct packet *packet_alloc(struct unix_sock *from, size_t n);
int	packet_fill(struct packet *p, struct uio *u);		/* 0 or -EFAULT */
/* Up to n bytes from off on: how many were moved. */
size_t	packet_copy(const struct packet *p, size_t off, struct uio *u, size_t n);
void	packet_free(struct packet *p);				/* with what is in it; off every queue */
void	packets_free(struct list *packets);
/* Until u may send: 0, -EAGAIN, -EPIPE, the pending error, a signal. */
int	packet_wait_room(struct unix_sock *u, u64 deadline);

/* --- stream.c, dgram.c --- */
void	packet_sign(struct packet *p, const struct scm *scm, struct unix_sock *to);	/* whose it is */
ssize_t	unix_stream_send(struct socket *s, struct msg *m);
ssize_t	unix_stream_recv(struct socket *s, struct msg *m);
ssize_t	unix_dgram_send(struct socket *s, struct msg *m);
ssize_t	unix_dgram_recv(struct socket *s, struct msg *m);
ssize_t	unix_seqpacket_send(struct socket *s, struct msg *m);
ssize_t	unix_seqpacket_recv(struct socket *s, struct msg *m);
bool	unix_dgram_full(struct unix_sock *u, struct unix_sock *to);	/* no place in to's queue; u will be told */

/* --- scm.c --- */
int	scm_parse(struct msg *m, struct scm *scm);		/* 0, or -errno with nothing held */
void	scm_drop(struct scm *scm);				/* what was not sent or not delivered */
void	scm_cred_default(struct abi_ucred *c);			/* nobody said */
bool	scm_same(const struct abi_ucred *a, const struct abi_ucred *b);
/* To the receiver's memory; scm is empty then. */
void	scm_deliver(struct unix_sock *u, struct msg *m, struct scm *scm);

/* --- rights.c: descriptors in flight --- */
struct rights {
	u32	n;
	u32	uid;			/* who is charged, while they fly */
	struct rights *next;		/* on task->dropping */
	struct file *file[];		/* counted */
};
struct rights *rights_alloc(u32 n);
/* They are in a packet from here on: 0, -ETOOMANYREFS, -ENOMEM. */
int	rights_launch(struct rights *r);
/* Take p's descriptors off, under lock: they are in flight no more. p is at the head of u's queue, or on none. */
struct rights *rights_land(struct packet *p, struct unix_sock *u);
struct rights *rights_copy(struct packet *p);		/* for MSG_PEEK: NULL if out of memory */
void	rights_drop(struct rights *r);				/* close them; NULL is fine */
/* Close what only sockets in flight to each other hold. */
void	rights_collect(void);
void	rights_init(void);

#endif
