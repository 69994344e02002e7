/*
 * pipe_private.h - a pipe's ring, between pipe.c and pipe_splice.c.
 *
 *	        tail           head
 *	  ........|=============|........     ring[i mod size], size a power of two
 */
#ifndef FS_PIPE_PRIVATE_H
#define FS_PIPE_PRIVATE_H

#include "fs/internal.h"
#include "fs/pipe.h"
#include "mm/frame.h"

struct pipe {			/* Guarded by: p lock  f inode->lock of the FIFO */
	struct mutex lock;
	struct waitq rd_wait, wr_wait;	/* for bytes, or the last writer's end; for room, or the last reader's */
	u64	head, tail;		/* [p] */
	size_t	size;			/* [p] */
	char	**page;			/* [p] size / PAGE_SIZE, direct-map addresses, NULL until used; each counted */
	uint	readers, writers;	/* [p] open ends */
	uint	reads, writes;		/* [p] ends ever opened: so an opener sees who came and went */
	bool	polled;			/* [p] somebody may wait for changes: tell of each write */
	bool	lent;			/* [p] somebody writes what it holds elsewhere: readers wait for the outcome */
	bool	mixed;			/* [p] pages that others have too may be in the ring */
	bool	filling;		/* [p] somebody reads elsewhere what is to fill the room: writers wait */
	uint	files;			/* [f] open files; 0: free the pipe */
};

static inline struct pipe *pipe_of(const struct file *f) { return f->private; }
static inline size_t pipe_used(const struct pipe *p) { return p->head - p->tail; }
static inline size_t pipe_room(const struct pipe *p) { return p->size - pipe_used(p); }
static inline char **pipe_slot(const struct pipe *p, u64 at) { return &p->page[(at & (p->size - 1)) >> PAGE_SHIFT]; }

/* Does somebody besides the ring have this page? Then it is whole, and nobody writes to it (P3). */
static inline bool pipe_page_shared(const char *page) { return atomic_read(&va_frame(page)->refs) != 1; }

/* Sleep on q with the pipe unlocked, once: the caller looks again. 0 or -ERESTARTSYS. */
int	pipe_sleep(struct pipe *p, struct waitq *q) MUST_HOLD(p->lock);
/* Until there are bytes to read: 1; 0 at the end of all, -EAGAIN, -ERESTARTSYS. */
int	pipe_wait_bytes(struct pipe *p, bool nonblock) MUST_HOLD(p->lock);
/* n bytes have been taken off. */
void	pipe_skip(struct pipe *p, size_t n) MUST_HOLD(p->lock);
/* The page at head, to write into: NULL if out of memory. */
char	*pipe_page(struct pipe *p) MUST_HOLD(p->lock);
ssize_t	pipe_fill(struct pipe *p, struct uio *u, size_t n) MUST_HOLD(p->lock);
/* Bytes have come, or gone, which there were not, or no room for: tell one who waits. */
void	pipe_wake_readers(struct pipe *p, bool was_empty) MUST_HOLD(p->lock);
void	pipe_wake_writers(struct pipe *p, bool was_tight) MUST_HOLD(p->lock);

#endif
