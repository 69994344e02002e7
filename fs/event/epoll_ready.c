/*
 * epoll_ready.c - what has happened to the files an epoll watches, without looking at all of them.
 *
 * The ready list is a hint: items come onto it when a queue of their file is woken, and epoll_pwait asks the
 * files of those that are on it. See epoll.c for the data, the locks and invariant P2.
 */
#include "abi/time.h"
#include "arch/pagetable.h"
#include "fs/event/epoll_private.h"
#include "fs/internal.h"
#include "kernel/fdtable.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "mm/usercopy.h"

#define EVENTS_MAX	(INT32_MAX / (int)sizeof(struct abi_epoll_event))

static inline bool epoll_has_ready(const struct epoll *ep) { return !list_empty(&ep->ready); }

/* --- being woken --- */

/* Events have come: tell one task that waits, and all who watch. True if a task was woken. */
static bool
epoll_notify(struct epoll *ep)
{
	bool waits;

	smp_mb();
	waits = waitq_active(&ep->wait);
	if (waits)
		waitq_wake_nested(&ep->wait, NULL, 1);
	if (waitq_active(&ep->poll_wait))
		waitq_wake_nested(&ep->poll_wait, (void *)(ulong)(POLLIN | POLLRDNORM), 0);
	return waits;
}

/* The file's queue is woken: it is locked, interrupts are off. */
bool
item_wake(struct waiter *w, void *key)
{
	struct epoll_item *item = container_of(w, struct hook, w)->item;
	struct epoll *ep = item->ep;
	u32 what = (ulong)key & 0xffff, wanted;

	spin_lock_irqoff(&ep->ready_lock);
	wanted = item->events & ~FLAGS;
	if (wanted && (!what || (what & wanted))) {
		if (list_empty(&item->ready_link))
			list_push_back(&ep->ready, &item->ready_link);
	} else {
		wanted = 0;
	}
	spin_unlock_irqoff(&ep->ready_lock);
	return wanted && epoll_notify(ep);
}

/* --- asking files --- */

/* Take the first item off *list: NULL if there is none. */
static struct epoll_item *
ready_take(struct epoll *ep, struct list *list)
{
	ulong flags = spin_lock_irqsave(&ep->ready_lock);
	struct epoll_item *item = list_first(list, struct epoll_item, ready_link);

	if (item)
		list_remove(&item->ready_link);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	return item;
}

void
ready_add(struct epoll *ep, struct epoll_item *item)
{
	ulong flags = spin_lock_irqsave(&ep->ready_lock);

	if (list_empty(&item->ready_link))
		list_push_back(&ep->ready, &item->ready_link);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
}

/* All of them to `batch`, which is empty. */
static void
ready_take_all(struct epoll *ep, struct list *batch)
{
	ulong flags = spin_lock_irqsave(&ep->ready_lock);

	list_splice_back(batch, &ep->ready);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
}

/* What is left of `batch`, before those that have come since. */
static void
ready_give_back(struct epoll *ep, struct list *batch)
{
	ulong flags = spin_lock_irqsave(&ep->ready_lock);

	list_splice_back(batch, &ep->ready);
	list_splice_back(&ep->ready, batch);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
}

/*
 * Is there an event? Items that turn out to have none leave the ready list.  Somebody may have items off the list just
 * now, so an empty one says nothing: with ep->lock held it does.
 */
uint
epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = f->private;
	struct epoll_item *item;
	uint events = 0;

	poll_wait(pt, &ep->poll_wait);
	mutex_lock_nested(&ep->lock);
	while (!events && (item = ready_take(ep, &ep->ready)) != NULL) {
		if (item_poll(ep, item, NULL)) {
			ready_add(ep, item);
			events = POLLIN | POLLRDNORM;
		}
	}
	mutex_unlock(&ep->lock);
	if (events)
		wake_up(&ep->wait);		/* who went to sleep while the list was empty */
	return events;
}

/* --- collecting --- */

/* item has been reported: once, until it changes, or again and again. */
static void
item_reported(struct epoll *ep, struct epoll_item *item) MUST_HOLD(ep->lock)
{
	ulong flags;

	if (item->events & EPOLLONESHOT) {
		flags = spin_lock_irqsave(&ep->ready_lock);
		item->events &= FLAGS;
		spin_unlock_irqrestore(&ep->ready_lock, flags);
	} else if (!(item->events & EPOLLET)) {
		ready_add(ep, item);
	}
}

/* Up to max events to the user: how many, 0 if the ready list promised too much, -EFAULT. */
static long
epoll_collect(struct epoll *ep, uptr_t out, long max)
{
	struct list batch = LIST_INIT(batch);
	struct abi_epoll_event ev = { 0 };
	struct epoll_item *item;
	long n = 0;

	mutex_lock(&ep->lock);
	ready_take_all(ep, &batch);
	/* Only who has ep->lock takes items off a list. */
	while (n < max && !list_empty(&batch) && (item = ready_take(ep, &batch)) != NULL) {
		ev.events = item_poll(ep, item, NULL);
		if (!ev.events)
			continue;
		ev.data = item->data;
		if (put_user(ev, uptr_add(out, n * sizeof(ev)))) {
			ready_add(ep, item);
			n = n ? n : -EFAULT;
			break;
		}
		n++;
		item_reported(ep, item);
	}
	if (!list_empty(&batch))
		ready_give_back(ep, &batch);
	mutex_unlock(&ep->lock);
	if (epoll_has_ready(ep))
		wake_up(&ep->wait);
	return n;
}

/* Sleep until something may be ready: 0, -ETIMEDOUT, -EINTR. */
static int
epoll_sleep(struct epoll *ep, u64 deadline)
{
	struct waiter w;
	int err = 0;

	waiter_init(&w);
	w.exclusive = true;
	waitq_prepare(&ep->wait, &w, TASK_INTERRUPTIBLE);
	while (!err && !epoll_has_ready(ep)) {
		err = wait_sleep_(TASK_INTERRUPTIBLE, deadline);
		if (!err)
			waitq_prepare(&ep->wait, &w, TASK_INTERRUPTIBLE);
	}
	waitq_finish(&ep->wait, &w);
	if (epoll_has_ready(ep))
		return 0;		/* also if we gave up: the wake-up may have been ours, and nobody else's */
	return err == -ETIMEDOUT ? err : -EINTR;
}

/* epoll_pwait's work. deadline 0: do not wait. */
static long
epoll_wait(int epfd, uptr_t out, int max, u64 deadline, uptr_t mask, size_t size)
{
	struct mask_swap swap;
	struct file *f;
	bool put;
	long n;

	if (max <= 0 || max > EVENTS_MAX)
		return -EINVAL;
	if (out.addr > USER_TOP - max * sizeof(struct abi_epoll_event))
		return -EFAULT;
	n = mask_begin(&swap, mask, size);
	if (n)
		return n;
	f = fd_get(epfd, &put);
	n = !f ? -EBADF : !is_epoll(f) ? -EINVAL : 0;
	while (!n) {
		struct epoll *ep = f->private;

		if (!deadline || epoll_has_ready(ep))	/* who does not wait is not told later, as epoll_poll */
			n = epoll_collect(ep, out, max);
		if (n || !deadline)
			break;
		n = epoll_sleep(ep, deadline);
	}
	if (f)
		fd_put(f, put);
	mask_end(&swap, n == -EINTR);
	return n == -ETIMEDOUT ? 0 : n;
}

/* epoll_pwait(2): the time in ms, negative for ever. */
long
sys_epoll_pwait(const ulong *a)
{
	int ms = a[3];
	u64 deadline = ms < 0 ? TIME_NEVER : ms ? deadline_after(ms * NSEC_PER_MSEC) : 0;

	return epoll_wait(a[0], UPTR(a[1]), a[2], deadline, UPTR(a[4]), a[5]);
}

/* epoll_pwait2(2). */
long
sys_epoll_pwait2(const ulong *a)
{
	u64 ns = TIME_NEVER;
	int err = a[3] ? timespec_from_user(UPTR(a[3]), &ns) : 0;

	if (err)
		return err;
	return epoll_wait(a[0], UPTR(a[1]), a[2], ns ? deadline_after(ns) : 0, UPTR(a[4]), a[5]);
}
