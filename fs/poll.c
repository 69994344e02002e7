/*
 * poll.c - waiting for several files at once: ppoll and pselect6.
 *
 * Data        struct poll_set: one waiter for each queue that a file named by poll_wait().  Any of
 *             them firing sets `triggered` and wakes the task, which looks at all files again.
 * Locks       none of its own.  Waking against going to sleep:
 *
 *	task                                waker
 *	set_state(TASK_INTERRUPTIBLE)       triggered = 1
 *	  (barrier)                           (wake_task's)
 *	triggered? no: schedule             task asleep? make it ready
 *
 *             Files may sleep in poll(), so the state is set only after all have been asked.
 * Further     poll(2), select(2).
 */
#include "abi/poll.h"
#include "abi/time.h"
#include "fs/internal.h"
#include "kernel/fdtable.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mm/slab.h"

struct poll_entry {
	struct waiter w;
	struct waitq *q;
	struct file *file;		/* counted, for its queue must stay; NULL: nobody else could close it */
	struct poll_set *set;
	uint	events;			/* that the file was asked for */
};

#define CHUNK_ENTRIES	32
struct poll_chunk {
	struct poll_chunk *next;
	uint	n;			/* entries in use */
	struct poll_entry e[CHUNK_ENTRIES];
};

struct poll_set {
	struct poll_table pt;
	struct task *task;
	int	triggered;		/* [a] */
	int	err;			/* -ENOMEM: a queue could not be joined */
	struct file *file;		/* being asked now, if others may close it */
	uint	events;			/* what for */
	uint	n;			/* small entries in use: when there are no more, chunks, newest first */
	struct poll_chunk *chunks;
	struct poll_entry small[6];
};

static bool
poll_wake(struct waiter *w, void *key)
{
	struct poll_entry *e = container_of(w, struct poll_entry, w);

	if (key && !((ulong)key & (e->events | POLLERR | POLLHUP)))
		return false;
	WRITE_ONCE(e->set->triggered, 1);
	return wake_task(e->set->task, TASK_INTERRUPTIBLE);
}

static struct poll_entry *
entry_new(struct poll_set *s)
{
	struct poll_chunk *c = s->chunks;

	if (s->n < ARRAY_SIZE(s->small))
		return &s->small[s->n++];
	if (!c || c->n == CHUNK_ENTRIES) {
		c = kmalloc(sizeof(*c), GFP_KERNEL);
		if (!c)
			return NULL;
		c->n = 0;
		c->next = s->chunks;
		s->chunks = c;
	}
	return &c->e[c->n++];
}

/* poll_wait() of a file comes here. */
static void
poll_join(struct poll_table *pt, struct waitq *q)
{
	struct poll_set *s = container_of(pt, struct poll_set, pt);
	struct poll_entry *e = entry_new(s);

	if (!e) {
		s->err = -ENOMEM;
		return;
	}
	e->w.wake = poll_wake;
	e->w.exclusive = false;
	list_init(&e->w.link);
	e->q = q;
	e->file = s->file;
	e->set = s;
	e->events = s->events;
	if (unlikely(e->file))
		file_get(e->file);
	waitq_add(q, &e->w);
}

static void
poll_begin(struct poll_set *s)
{
	s->pt.queue = poll_join;
	s->task = current;
	s->triggered = 0;
	s->err = 0;
	s->n = 0;
	s->chunks = NULL;
}

static void
entries_end(struct poll_entry *e, uint n)
{
	for (; n--; e++) {
		waitq_leave(e->q, &e->w);
		if (unlikely(e->file))
			file_put(e->file);
	}
}

static void
poll_end(struct poll_set *s)
{
	struct poll_chunk *c;

	entries_end(s->small, s->n);
	while ((c = s->chunks)) {
		entries_end(c->e, c->n);
		s->chunks = c->next;
		kfree(c);
	}
}

/* Which of `events` does fd have now? Joins its queues while s still collects. POLLNVAL if it is closed. */
static uint
poll_fd(struct poll_set *s, int fd, uint events)
{
	struct file *f;
	uint now;
	bool put;

	f = fd_get(fd, &put);
	if (!f)
		return POLLNVAL;
	s->file = put ? f : NULL;
	s->events = events;
	now = file_poll(f, &s->pt) & (events | POLLERR | POLLHUP);
	if (now)
		s->pt.queue = NULL;	/* we shall not sleep: no more queues */
	fd_put(f, put);
	return now;
}

/* Call scan until it finds something, time is up or a signal comes. Its count, 0, -EINTR, -ENOMEM... */
static long
poll_loop(struct poll_set *s, long (*scan)(struct poll_set *, void *), void *arg, u64 deadline)
{
	bool over = deadline == 0;
	long n;

	if (over)
		s->pt.queue = NULL;
	for (;;) {
		n = scan(s, arg);
		s->pt.queue = NULL;
		if (n || over)
			return n;
		if (s->err)
			return s->err;
		if (signal_pending(current))
			return -EINTR;
		set_state(TASK_INTERRUPTIBLE);
		if (!READ_ONCE(s->triggered))
			over = wait_sleep_(TASK_INTERRUPTIBLE, deadline) == -ETIMEDOUT;
		set_state(TASK_RUNNING);
		WRITE_ONCE(s->triggered, 0);
		smp_mb();		/* what made it fire happened before we look */
	}
}

/* --- time and signal mask, the same for both calls --- */

int
mask_begin(struct mask_swap *m, uptr_t mask, size_t size)
{
	u64 set;

	m->swapped = false;
	if (!mask.addr)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (get_user(set, mask))
		return -EFAULT;
	m->swapped = true;
	m->old = current->sig_blocked;
	signal_set_mask(set);
	return 0;
}

void
mask_end(struct mask_swap *m, bool interrupted)
{
	if (m->swapped && interrupted) {
		current->saved_mask = m->old;
		__atomic_fetch_or(&current->arch.work, TASK_WORK_RESTORE_MASK, __ATOMIC_RELAXED);
	} else if (m->swapped) {
		signal_set_mask(m->old);
	}
}

struct limits {
	u64	deadline;		/* 0: do not wait; TIME_NEVER */
	struct mask_swap mask;
};

static int
limits_begin(struct limits *l, uptr_t timeout, uptr_t mask, size_t masksize)
{
	struct abi_timespec ts;
	u64 now;

	l->deadline = TIME_NEVER;
	if (timeout.addr) {
		if (get_user(ts, timeout))
			return -EFAULT;
		if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		now = clock_monotonic();
		if (!ts.tv_sec && !ts.tv_nsec)
			l->deadline = 0;
		else if ((u64)ts.tv_sec < (TIME_NEVER - now) / NSEC_PER_SEC - 1)
			l->deadline = now + ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	}
	return mask_begin(&l->mask, mask, masksize);
}

/* The call returns n: put the mask back, now or after a handler; tell the time left. */
static long
limits_end(struct limits *l, uptr_t timeout, long n)
{
	struct abi_timespec ts;
	u64 now, left;

	mask_end(&l->mask, n == -EINTR);
	if (timeout.addr && l->deadline != TIME_NEVER) {
		now = clock_monotonic();
		left = l->deadline > now ? l->deadline - now : 0;
		ts.tv_sec = left / NSEC_PER_SEC;
		ts.tv_nsec = left % NSEC_PER_SEC;
		if (put_user(ts, timeout) && n == -EINTR)
			return -EINTR;	/* it cannot be continued with the time left */
	}
	return n == -EINTR ? -ERESTARTNOHAND : n;
}

/* --- ppoll --- */

struct poll_args {
	struct abi_pollfd *fds;
	uint	n;
};

static long
scan_poll(struct poll_set *s, void *arg)
{
	struct poll_args *p = arg;
	long ready = 0;
	uint i;

	for (i = 0; i < p->n; i++) {
		struct abi_pollfd *f = &p->fds[i];

		f->revents = f->fd < 0 ? 0 : poll_fd(s, f->fd, (u16)f->events);
		ready += f->revents != 0;
	}
	return ready;
}

long
sys_ppoll(const ulong *a)
{
	uptr_t ufds = UPTR(a[0]), timeout = UPTR(a[2]);
	struct abi_pollfd small[16], *fds = small;
	struct poll_args p;
	struct poll_set s;
	struct limits l;
	uint n = a[1];
	long r;

	if (n > current->proc->rlim[RLIMIT_NOFILE].rlim_cur)
		return -EINVAL;
	if (n > ARRAY_SIZE(small)) {
		fds = kmalloc(n * sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	r = copy_from_user(fds, ufds, n * sizeof(*fds));
	if (!r)
		r = limits_begin(&l, timeout, UPTR(a[3]), a[4]);
	if (r)
		goto out;
	p.fds = fds;
	p.n = n;
	poll_begin(&s);
	r = poll_loop(&s, scan_poll, &p, l.deadline);
	poll_end(&s);
	if (r >= 0 && copy_to_user(ufds, fds, n * sizeof(*fds)))
		r = -EFAULT;
	r = limits_end(&l, timeout, r);
out:
	if (fds != small)
		kfree(fds);
	return r;
}

/* --- pselect6 --- */

#define SELECT_IN	(POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_OUT	(POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define SELECT_EX	POLLPRI

struct select_args {
	uint	n, words;
	ulong	*want[3], *have[3];	/* bitmaps: readable, writable, exceptional */
};

static const u16 select_events[3] = { SELECT_IN, SELECT_OUT, SELECT_EX };

static long
scan_select(struct poll_set *s, void *arg)
{
	struct select_args *p = arg;
	long ready = 0;
	uint fd, k;

	memset(p->have[0], 0, 3 * p->words * sizeof(ulong));
	for (fd = 0; fd < p->n; fd++) {
		uint events = 0, now;

		for (k = 0; k < 3; k++)
			if (bitmap_test(p->want[k], fd))
				events |= select_events[k];
		if (!events)
			continue;
		now = poll_fd(s, fd, events);
		if (now == POLLNVAL)
			return -EBADF;
		for (k = 0; k < 3; k++) {
			if (bitmap_test(p->want[k], fd) && (now & select_events[k])) {
				bitmap_set(p->have[k], fd);
				ready++;
			}
		}
	}
	return ready;
}

long
sys_pselect6(const ulong *a)
{
	struct abi_pselect_sigmask sig = { 0 };
	struct select_args p;
	ulong small[6 * 4], *maps = small;
	struct poll_set s;
	struct limits l;
	long r = 0;
	uint k;

	if ((int)a[0] < 0)
		return -EINVAL;
	p.n = MIN((uint)a[0], READ_ONCE(current->files->max));
	p.words = BITMAP_LONGS(p.n);
	if (a[5] && get_user(sig, UPTR(a[5])))
		return -EFAULT;
	if (6 * p.words > ARRAY_SIZE(small)) {
		maps = kmalloc(6 * p.words * sizeof(ulong), GFP_KERNEL);
		if (!maps)
			return -ENOMEM;
	}
	memset(maps, 0, 3 * p.words * sizeof(ulong));
	for (k = 0; k < 3; k++) {
		p.want[k] = maps + k * p.words;
		p.have[k] = maps + (3 + k) * p.words;
		if (!r && a[1 + k])
			r = copy_from_user(p.want[k], UPTR(a[1 + k]), p.words * sizeof(ulong));
	}
	if (!r)
		r = limits_begin(&l, UPTR(a[4]), UPTR(sig.ss), sig.ss_len);
	if (r)
		goto out;
	poll_begin(&s);
	r = poll_loop(&s, scan_select, &p, l.deadline);
	poll_end(&s);
	for (k = 0; k < 3 && r >= 0; k++)
		if (a[1 + k] && copy_to_user(UPTR(a[1 + k]), p.have[k], p.words * sizeof(ulong)))
			r = -EFAULT;
	r = limits_end(&l, UPTR(a[4]), r);
out:
	if (maps != small)
		kfree(maps);
	return r;
}
