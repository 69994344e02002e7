/*
 * epoll_private.h - between epoll.c (who watches what) and epoll_ready.c (what has happened).
 */
#ifndef FS_EVENT_EPOLL_PRIVATE_H
#define FS_EVENT_EPOLL_PRIVATE_H

#include "abi/event.h"
#include "abi/poll.h"
#include "fs/vfs.h"
#include "kernel/waitq.h"
#include "lib/rbtree.h"

#define ALWAYS		(POLLERR | POLLHUP)
#define FLAGS		(EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

struct epoll {				/* Guarded by: m lock  r ready_lock  t epoll_tree_lock */
	struct mutex lock;
	struct waitq wait;		/* tasks in epoll_pwait, woken one by one */
	struct waitq poll_wait;		/* who watches this one */
	struct spinlock ready_lock;
	struct list ready;		/* [r] items, by ready_link */
	struct rb_root items;		/* [m] */
	struct file *file;		/* its own */
	uint	visit, depth;		/* [t] the search that was here last, and what it found */
};

/* An item's place on one wait queue of its file. Most files have one or two. */
struct hook {
	struct waiter w;
	struct waitq *q;
	struct epoll_item *item;
	struct hook *next;
};

struct epoll_item {			/* Guarded by: i immutable  m, r, t as above */
	struct epoll *ep;		/* [i] */
	struct file *file;		/* [i] */
	int	fd;			/* [i] with file, what it is found by */
	u32	events;			/* [m], and under [r] for wakers */
	u64	data;			/* [m] */
	struct rb_node node;		/* [m] */
	struct list ready_link;		/* [r] */
	struct hook *hooks;		/* [m] */
	struct hook first;		/* one of them, unless unused */
	struct epoll_item *next, **pprev; /* [t] on file->watchers */
};

extern const struct file_ops epoll_fops;
static inline bool is_epoll(const struct file *f) { return f->ops == &epoll_fops; }

/* What item's file has now, of what it is watched for; joins its queues for pt. */
static inline u32
item_poll(struct epoll *ep, struct epoll_item *item, struct poll_table *pt) MUST_HOLD(ep->lock)
{
	return file_poll(item->file, pt) & item->events & ~FLAGS;	/* they include ALWAYS, unless told once */
}

/* --- epoll_ready.c --- */
bool	item_wake(struct waiter *w, void *key);		/* of a hook: its queue is woken */
void	ready_add(struct epoll *ep, struct epoll_item *item);	/* unless it is on the list */
uint	epoll_poll(struct file *f, struct poll_table *pt);

#endif
