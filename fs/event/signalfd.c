/*
 * signalfd.c - signals read from a descriptor instead of taken by a handler.
 *
 * The signals are those of who reads, not of who made the descriptor: so what to wait on belongs to the
 * reader's table of actions (struct sighand), which may go away while an epoll still waits.  Therefore
 * the queues are here, for ever, chosen by the table's address: some waiters wake for a signal of others,
 * and look again.
 *
 * Locks       the sighand lock for taking a signal, as elsewhere.
 * Further     signalfd(2).
 */
#include "abi/event.h"
#include "abi/poll.h"
#include "fs/event/anon.h"
#include "fs/proc/tree.h"
#include "kernel/fdtable.h"
#include "kernel/sched.h"
#include "kernel/signal_private.h"
#include "kernel/syscall.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define QUEUES	32

struct signalfd {
	u64	mask;			/* [a] signals that it takes */
};

static struct waitq queues[QUEUES];

static struct waitq *
queue_of(const struct sighand *s)
{
	return &queues[(ulong)s / 256 % QUEUES];
}

void
signalfd_notify(struct sighand *s)
{
	wake_up_key(queue_of(s), (void *)(ulong)POLLIN, 0);	/* all: others' waiters are there too */
}

/* Take a signal of mask from current: its number and information, or 0. */
static int
take(u64 mask, struct abi_siginfo *info)
{
	struct task *t = current;
	ulong flags = spin_lock_irqsave(&t->sighand->lock);
	int sig = signal_next(t, mask);
	struct sigqueue *q = NULL;

	if (sig) {
		q = signal_dequeue(t, sig);
		signal_recalc(t);
	}
	*info = q ? q->info : (struct abi_siginfo){ .si_signo = sig };
	spin_unlock_irqrestore(&t->sighand->lock, flags);
	sigqueue_free(q);
	return sig;
}

/* The fields that mean something, by what sent the signal. */
static void
convert(const struct abi_siginfo *i, struct abi_signalfd_siginfo *o)
{
	*o = (struct abi_signalfd_siginfo){
		.ssi_signo = i->si_signo, .ssi_errno = i->si_errno, .ssi_code = i->si_code,
	};
	if (i->si_code == SI_TIMER) {
		o->ssi_tid = i->si_timerid;
		o->ssi_overrun = i->si_overrun;
		o->ssi_ptr = i->si_ptr;
		o->ssi_int = i->si_int;
	} else if (i->si_code == SI_SIGIO || (i->si_signo == SIGIO && i->si_code > 0 && i->si_code <= POLL_HUP)) {
		o->ssi_band = i->si_band;
		o->ssi_fd = i->si_fd;
	} else if (i->si_code <= 0) {		/* kill, tgkill, sigqueue, mq_notify */
		o->ssi_pid = i->si_pid;
		o->ssi_uid = i->si_uid;
		if (i->si_code != SI_USER && i->si_code != SI_TKILL) {
			o->ssi_ptr = i->si_ptr;
			o->ssi_int = i->si_int;
		}
	} else if (i->si_signo == SIGCHLD) {
		o->ssi_pid = i->si_pid;
		o->ssi_uid = i->si_uid;
		o->ssi_status = i->si_status;
		o->ssi_utime = i->si_utime;
		o->ssi_stime = i->si_stime;
	} else if (sigmask(i->si_signo) & SIGS_SYNC) {
		o->ssi_addr = i->si_addr;
		o->ssi_addr_lsb = i->si_addr_lsb;
	}
}

static ssize_t
signalfd_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct signalfd *s = f->private;
	u64 mask = READ_ONCE(s->mask);
	struct abi_signalfd_siginfo out;
	struct abi_siginfo info;
	ssize_t done = 0;
	int sig, err = 0;

	if (u->resid < sizeof(out))
		return -EINVAL;
	do {
		sig = take(mask, &info);
		if (!sig && !done && !(f->flags & O_NONBLOCK))
			err = wait_event_interruptible(queue_of(current->sighand), (sig = take(mask, &info)) != 0);
		if (!sig)
			break;
		convert(&info, &out);
		if (uio_put(u, &out, sizeof(out)) != sizeof(out))
			return done ? done : -EFAULT;
		done += sizeof(out);
	} while (u->resid >= sizeof(out));
	return done ? done : err ? err : -EAGAIN;
}

static uint
signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *s = f->private;
	struct task *t = current;
	u64 mask = READ_ONCE(s->mask);

	poll_wait(pt, queue_of(t->sighand));
	return (READ_ONCE(t->sig_pending) | READ_ONCE(t->proc->sig_pending)) & mask ? POLLIN : 0;
}

static void
signalfd_release(struct file *f)
{
	kfree(f->private);
}

static void
signalfd_fdinfo(struct file *f, struct pbuf *b)
{
	struct signalfd *s = f->private;

	pbuf_printf(b, "sigmask:\t%016lx\n", READ_ONCE(s->mask));
}

static const struct file_ops signalfd_fops = {
	.read = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.fdinfo = signalfd_fdinfo,
	.anon_name = "[signalfd]",
	.stream = true,
};

void
signalfd_init(void)
{
	for (uint i = 0; i < QUEUES; i++)
		waitq_init(&queues[i]);
}

static long
signalfd_create(u64 mask, uint flags)
{
	struct signalfd *s = kmalloc(sizeof(*s), GFP_KERNEL);
	long fd;

	if (!s)
		return -ENOMEM;
	s->mask = mask;
	fd = anon_open(&signalfd_fops, s, flags);
	if (fd < 0)
		kfree(s);
	return fd;
}

/* signalfd4(2): a new descriptor, or another mask for an old one. */
long
sys_signalfd4(const ulong *a)
{
	uint flags = a[3];
	int fd = a[0];
	struct file *f;
	bool put;
	u64 mask;

	if (a[2] != sizeof(mask))
		return -EINVAL;
	if (get_user(mask, UPTR(a[1])))
		return -EFAULT;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	mask &= ~SIGS_UNBLOCKABLE;
	if (fd == -1)
		return signalfd_create(mask, flags);
	f = fd_get(fd, &put);
	if (!f)
		return -EBADF;
	if (f->ops == &signalfd_fops)
		WRITE_ONCE(((struct signalfd *)f->private)->mask, mask);
	else
		fd = -EINVAL;
	fd_put(f, put);
	if (fd >= 0)
		signalfd_notify(current->sighand);
	return fd;
}
