/*
 * async.c - signals about files: F_SETOWN says to whom, O_ASYNC that they are wanted.
 *
 * O_ASYNC joins the file's wait queues, as poll does, and stays there.  So every file that can be
 * polled can signal, and no driver knows.  A queue is woken with its lock held, and sending a signal
 * takes tasks_lock, which comes before: so the waiter only starts a timer, due at once, and the
 * timer's interrupt sends.
 *
 *	waker --> queue --> async_wake: note the events --> timer --> async_expired --> signal_send_locked
 *
 * Events close together become one signal.  A file open for reading and writing tells of input only,
 * or each answer to a signal would bring the next.
 *
 * Data        struct file_owner, on file->owner once anything has been set.
 * Locks       async_lock [s] for changing it; o->lock [o] for what waker and timer share.
 * Further     fcntl(2), "Managing signals"; open(2), O_ASYNC.
 */
#include "fs/async.h"
#include "abi/poll.h"
#include "fs/internal.h"
#include "kernel/process.h"
#include "kernel/signal_private.h"
#include "kernel/time.h"
#include "mm/slab.h"

#define INPUT	(POLLIN | POLLRDNORM | POLLPRI | POLLRDBAND | POLLRDHUP | POLLHUP | POLLERR)

struct async_hook {
	struct waiter w;
	struct waitq *q;
	struct file_owner *owner;
	struct async_hook *next;
};

struct file_owner {			/* Guarded by: i immutable  s async_lock  o lock */
	struct spinlock lock;
	int	type;			/* [o] F_OWNER_*; none if id is 0 */
	int	id;			/* [o] as given */
	struct process *proc;		/* [o] F_OWNER_PID: counted */
	struct task *thread;		/* [o] F_OWNER_TID: counted */
	u32	uid, euid;		/* [o] who said so: he must be allowed to */
	int	sig;			/* [o] 0: SIGIO, without a reason */
	int	fd;			/* [o] for the reason */
	u32	mode;			/* [i] the file's FMODE_* */
	u32	events;			/* [o] not told yet */
	struct timer timer;
	struct async_hook *hooks;	/* [s] on the file's queues: O_ASYNC is set */
};

/* While the file's poll() names its queues. */
struct joining {
	struct poll_table pt;
	struct file_owner *owner;
	int	err;
};

static struct mutex async_lock;

/* --- sending --- */

struct whom {
	int	type, id, sig;
	struct process *proc;
	struct task *thread;
	u32	uid, euid;
	struct abi_siginfo info;
};

static bool
permitted(const struct whom *w, const struct task *t)
{
	return w->euid == 0 || w->euid == t->suid || w->euid == t->uid || w->uid == t->suid || w->uid == t->uid;
}

static void
send_one(const struct whom *w, struct process *p, struct task *only) MUST_HOLD(tasks_lock)
{
	if (p->zombie)				/* perhaps reaped: its leader may be gone */
		return;
	if (!permitted(w, only ? only : p->leader))
		return;
	if (!w->sig || signal_send_locked(p, only, w->sig, &w->info) == -EAGAIN)
		signal_send_locked(p, only, SIGIO, NULL);
}

static void
send_all(const struct whom *w)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct process *p;

	if (w->thread)
		send_one(w, w->thread->proc, w->thread);
	else if (w->proc)
		send_one(w, w->proc, NULL);
	else if (w->type == F_OWNER_PGRP && w->id)
		for (p = pgrp_next_locked(w->id, NULL); p; p = pgrp_next_locked(w->id, p))
			send_one(w, p, NULL);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* Why, and what poll would say. */
static void
fill_reason(struct abi_siginfo *info, int sig, int fd, u32 events)
{
	*info = (struct abi_siginfo){ .si_signo = sig, .si_fd = fd };
	if (events & POLLIN) {
		info->si_code = POLL_IN;
		info->si_band = POLLIN | POLLRDNORM;
	} else if (events & POLLOUT) {
		info->si_code = POLL_OUT;
		info->si_band = POLLOUT | POLLWRNORM | POLLWRBAND;
	} else if (events & POLLPRI) {
		info->si_code = POLL_PRI;
		info->si_band = POLLPRI | POLLRDBAND;
	} else if (events & POLLERR) {
		info->si_code = POLL_ERR;
		info->si_band = POLLERR;
	} else {
		info->si_code = POLL_HUP;
		info->si_band = POLLHUP | POLLERR;
	}
}

/* Whom to tell, until whom_put(); the reason is the caller's to fill in. */
static struct whom
whom_get(const struct file_owner *o) MUST_HOLD(o->lock)
{
	if (o->proc)
		process_get(o->proc);
	if (o->thread)
		task_get(o->thread);
	return (struct whom){
		.type = o->type, .id = o->id, .sig = o->sig, .proc = o->proc, .thread = o->thread,
		.uid = o->uid, .euid = o->euid,
	};
}

static void
whom_put(struct whom *w)
{
	if (w->proc)
		process_put(w->proc);
	if (w->thread)
		task_put(w->thread);
}

/* Tell what has happened since the last time. */
static void
async_send(struct file_owner *o)
{
	struct whom w;
	ulong flags = spin_lock_irqsave(&o->lock);
	u32 events = o->events;

	o->events = 0;
	w = whom_get(o);
	fill_reason(&w.info, o->sig, o->fd, events);
	spin_unlock_irqrestore(&o->lock, flags);
	if (events)
		send_all(&w);
	whom_put(&w);
}

void
async_message(struct file *f, int fd)
{
	struct file_owner *o = f->owner;
	struct whom w;
	ulong flags;

	flags = spin_lock_irqsave(&o->lock);
	w = whom_get(o);
	spin_unlock_irqrestore(&o->lock, flags);
	w.info = (struct abi_siginfo){
		.si_signo = w.sig, .si_code = POLL_MSG, .si_band = POLLIN | POLLRDNORM | POLLMSG, .si_fd = fd,
	};
	send_all(&w);
	whom_put(&w);
}

static void
async_expired(struct timer *timer)
{
	async_send(container_of(timer, struct file_owner, timer));
}

/* A queue of the file is woken: it is locked, interrupts are off. */
static bool
async_wake(struct waiter *w, void *key)
{
	struct file_owner *o = container_of(w, struct async_hook, w)->owner;
	u32 events = (ulong)key & 0xffff;

	if (!events)
		events = o->mode & FMODE_READ ? POLLIN : POLLOUT;
	if (o->mode & FMODE_READ)
		events &= INPUT;
	if (!events)
		return false;
	spin_lock_irqoff(&o->lock);
	o->events |= events;
	if (!timer_pending(&o->timer))
		timer_start(&o->timer, clock_monotonic());
	spin_unlock_irqoff(&o->lock);
	return false;
}

/* --- O_ASYNC --- */

/* f's owner, made if there is none; NULL if out of memory. */
static struct file_owner *
owner_of(struct file *f) MUST_HOLD(async_lock)
{
	struct file_owner *o = f->owner;

	if (o)
		return o;
	o = kzalloc(sizeof(*o), GFP_KERNEL);
	if (!o)
		return NULL;
	spin_init(&o->lock, RANK_ASYNC_OWNER);
	timer_setup(&o->timer, async_expired);
	o->mode = f->mode;
	f->owner = o;
	return o;
}

static void
async_join(struct poll_table *pt, struct waitq *q)
{
	struct joining *j = container_of(pt, struct joining, pt);
	struct async_hook *h = kmalloc(sizeof(*h), GFP_KERNEL);

	if (!h) {
		j->err = -ENOMEM;
		return;
	}
	waiter_init(&h->w);
	h->w.wake = async_wake;
	h->q = q;
	h->owner = j->owner;
	h->next = j->owner->hooks;
	j->owner->hooks = h;
	waitq_add(q, &h->w);
}

static void
async_leave(struct file_owner *o)
{
	struct async_hook *h;

	while ((h = o->hooks) != NULL) {
		o->hooks = h->next;
		waitq_remove(h->q, &h->w);
		kfree(h);
	}
}

int
async_set(struct file *f, int fd, bool on)
{
	struct joining j = { .pt.queue = async_join };
	struct file_owner *o;
	ulong flags;

	mutex_lock(&async_lock);
	o = j.owner = on ? owner_of(f) : f->owner;
	if (on && !o)
		j.err = -ENOMEM;
	if (o)
		async_leave(o);
	if (on && o) {
		flags = spin_lock_irqsave(&o->lock);
		o->fd = fd;
		spin_unlock_irqrestore(&o->lock, flags);
		file_poll(f, &j.pt);
		if (j.err)
			async_leave(o);
	}
	mutex_unlock(&async_lock);
	return j.err;
}

void
async_end(struct file *f)
{
	struct file_owner *o = f->owner;

	async_leave(o);
	if (timer_cancel(&o->timer))
		async_send(o);
	if (o->proc)
		process_put(o->proc);
	if (o->thread)
		task_put(o->thread);
	kfree(o);
}

/* --- who --- */

/* Set the owner: type and id as in struct f_owner_ex, id 0 for nobody. 0, -ESRCH, -ENOMEM. */
static int
set_owner(struct file *f, int type, int id)
{
	struct task *t = NULL;
	struct process *p = NULL, *old_p;
	struct task *old_t;
	struct file_owner *o;
	ulong flags;

	mutex_lock(&async_lock);
	o = owner_of(f);
	if (!o) {
		mutex_unlock(&async_lock);
		return -ENOMEM;
	}
	flags = spin_lock_irqsave(&tasks_lock);
	if (id && type == F_OWNER_TID && (t = task_find_locked(id)) != NULL)
		task_get(t);
	else if (id && type == F_OWNER_PID && (p = process_find_locked(id)) != NULL)
		process_get(p);
	else if (id && (type != F_OWNER_PGRP || !pgrp_next_locked(id, NULL)))
		type = -1;
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (type >= 0) {
		flags = spin_lock_irqsave(&o->lock);
		old_p = o->proc;
		old_t = o->thread;
		o->type = type;
		o->id = id;
		o->proc = p;
		o->thread = t;
		o->uid = current->uid;
		o->euid = current->euid;
		spin_unlock_irqrestore(&o->lock, flags);
		if (old_p)
			process_put(old_p);
		if (old_t)
			task_put(old_t);
	}
	mutex_unlock(&async_lock);
	return type >= 0 ? 0 : -ESRCH;
}

int
async_own(struct file *f)
{
	struct file_owner *o;
	bool owned;

	mutex_lock(&async_lock);
	o = f->owner;
	owned = o && READ_ONCE(o->id);
	mutex_unlock(&async_lock);
	return owned ? 0 : set_owner(f, F_OWNER_PID, current->proc->pid);
}

long
async_set_owner(struct file *f, int who)
{
	if (who == INT32_MIN)
		return -EINVAL;
	return who < 0 ? set_owner(f, F_OWNER_PGRP, -who) : set_owner(f, F_OWNER_PID, who);
}

/* The owner, if it is still there. */
static struct abi_f_owner_ex
get_owner(struct file *f)
{
	struct abi_f_owner_ex ex = { .type = F_OWNER_PID };
	struct file_owner *o;
	ulong flags;

	mutex_lock(&async_lock);
	o = f->owner;
	if (o) {
		ex.type = o->type;
		ex.pid = o->id;
		flags = spin_lock_irqsave(&tasks_lock);
		if ((o->proc && process_find_locked(o->id) != o->proc) ||
		    (o->thread && task_find_locked(o->id) != o->thread))
			ex.pid = 0;
		spin_unlock_irqrestore(&tasks_lock, flags);
	}
	mutex_unlock(&async_lock);
	return ex;
}

static long
set_signal(struct file *f, int sig)
{
	struct file_owner *o;

	if (sig < 0 || sig > ABI_NSIG)
		return -EINVAL;
	mutex_lock(&async_lock);
	o = owner_of(f);
	if (o)
		WRITE_ONCE(o->sig, sig);
	mutex_unlock(&async_lock);
	return o ? 0 : -ENOMEM;
}

long
async_fcntl(struct file *f, uint cmd, ulong arg)
{
	struct abi_f_owner_ex ex;

	switch (cmd) {
	case F_SETOWN:
		return async_set_owner(f, arg);
	case F_GETOWN:
		ex = get_owner(f);
		return ex.type == F_OWNER_PGRP ? -ex.pid : ex.pid;
	case F_SETOWN_EX:
		if (get_user(ex, UPTR(arg)))
			return -EFAULT;
		if (ex.type != F_OWNER_TID && ex.type != F_OWNER_PID && ex.type != F_OWNER_PGRP)
			return -EINVAL;
		return set_owner(f, ex.type, ex.pid);
	case F_GETOWN_EX:
		ex = get_owner(f);
		return put_user(ex, UPTR(arg));
	case F_SETSIG:
		return set_signal(f, arg);
	default:				/* F_GETSIG */
		return f->owner ? READ_ONCE(f->owner->sig) : 0;
	}
}

void
async_init(void)
{
	mutex_init(&async_lock, RANK_ASYNC);
}
