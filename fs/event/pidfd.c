/*
 * pidfd.c - descriptors that name a process or a thread.
 *
 * A pid may be reused as soon as its process has been waited for; who holds a pidfd finds that the process has gone.
 * It becomes readable when the process ends, so poll waits for processes beside everything else.
 *
 * Data        the file's `private`: a counted process, or with PIDFD_THREAD a counted task. Both outlive their pids.
 * Locks       tasks_lock for whether it has ended and has been waited for.
 * Not here    waitid(P_PIDFD) (kernel/wait.c), pidfd_send_signal (kernel/sys_signal.c): these ask pidfd_get().
 * Further     pidfd_open(2).
 */
#include "fs/event/pidfd.h"
#include "abi/event.h"
#include "abi/poll.h"
#include "fs/event/anon.h"
#include "fs/proc/proc.h"
#include "kernel/cred.h"
#include "kernel/fdtable.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

static inline bool is_thread(const struct file *f) { return f->flags & PIDFD_THREAD; }

/* The process, or its thread's. */
static struct process *
process_of(struct file *f)
{
	return is_thread(f) ? ((struct task *)f->private)->proc : f->private;
}

/* The pid, 0 once it has been given up. */
static int
live_pid_locked(struct file *f) MUST_HOLD(tasks_lock)
{
	struct process *p = f->private;
	struct task *t = f->private;

	if (is_thread(f))
		return task_find_locked(t->pid) == t ? t->pid : 0;
	return process_find_locked(p->pid) == p ? p->pid : 0;
}

static uint
pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct process *p = process_of(f);
	uint events = 0;
	bool ended;
	ulong flags;

	poll_wait(pt, &p->exit_wait);
	flags = spin_lock_irqsave(&tasks_lock);
	ended = is_thread(f) ? !((struct task *)f->private)->sighand : p->zombie;
	if (!live_pid_locked(f))
		events = POLLIN | POLLRDNORM | POLLHUP;
	else if (ended)
		events = POLLIN | POLLRDNORM;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return events;
}

static void
pidfd_release(struct file *f)
{
	if (is_thread(f))
		task_put(f->private);
	else
		process_put(f->private);
}

static void
pidfd_fdinfo(struct file *f, struct pbuf *b)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	int pid = live_pid_locked(f);

	spin_unlock_irqrestore(&tasks_lock, flags);
	if (!pid)
		pid = -1;
	pbuf_printf(b, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}

static const struct file_ops pidfd_fops = {
	.poll = pidfd_poll,
	.release = pidfd_release,
	.fdinfo = pidfd_fdinfo,
	.anon_name = "[pidfd]",
	.stream = true,
};

int
pidfd_get(int fd, struct pid_ref *r)
{
	struct file *f;
	bool put;
	int err = -EBADF;

	f = fd_get(fd, &put);
	if (!f)
		return -EBADF;
	if (f->ops == &pidfd_fops) {
		r->proc = process_of(f);
		r->thread = is_thread(f) ? f->private : NULL;
		r->nonblock = f->flags & O_NONBLOCK;
		process_get(r->proc);
		if (r->thread)
			task_get(r->thread);
		err = 0;
	}
	fd_put(f, put);
	return err;
}

int
pidfd_get_proc(int fd, struct pid_ref *r)
{
	int err = pidfd_get(fd, r);
	struct task *t;
	struct file *f;
	bool put;

	if (err != -EBADF)
		return err;
	f = fd_get(fd, &put);
	if (!f)
		return -EBADF;
	t = ptree_task(f, &proc_pid_dir);
	fd_put(f, put);
	if (IS_ERR(t))
		return PTR_ERR(t);
	*r = (struct pid_ref){ .proc = t->proc };
	process_get(r->proc);
	task_put(t);
	return 0;
}

void
pid_ref_put(struct pid_ref *r)
{
	if (r->thread)
		task_put(r->thread);
	process_put(r->proc);
}

/* A file that names t, or t's process. ERR_PTR. */
static struct file *
pidfd_file(struct task *t, uint flags)
{
	bool thread = flags & PIDFD_THREAD;
	struct file *f = anon_file(&pidfd_fops, thread ? (void *)t : t->proc, flags);

	if (IS_ERR(f))
		return f;
	if (thread)
		task_get(t);
	else
		process_get(t->proc);
	return f;
}

int
pidfd_prepare(struct task *t, bool thread, struct file **out)
{
	struct file *f = pidfd_file(t, thread ? PIDFD_THREAD : 0);
	int fd;

	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_alloc(0, true);
	if (fd < 0)
		file_put(f);
	*out = f;
	return fd;
}

/* pidfd_open(2). */
long
sys_pidfd_open(const ulong *a)
{
	int pid = a[0], fd;
	uint flags = a[1];
	struct task *t;
	struct file *f;

	if ((flags & ~(PIDFD_NONBLOCK | PIDFD_THREAD)) || pid <= 0)
		return -EINVAL;
	t = task_get_by_pid(pid);
	if (!t)
		return -ESRCH;
	if (!(flags & PIDFD_THREAD) && t->proc->pid != pid) {
		task_put(t);
		return -EINVAL;
	}
	f = pidfd_file(t, flags);
	task_put(t);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_open(f, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* Descriptor fd of t, counted: ERR_PTR(-EPERM, -EBADF, -ESRCH). */
static struct file *
file_of(struct task *t, int fd)
{
	struct files *files;
	struct file *f;

	if (!task_traceable(t, current->uid, current->gid))
		return ERR_PTR(-EPERM);
	files = task_files_get(t);
	if (!files)
		return ERR_PTR(-ESRCH);
	f = fd_file(files, fd);
	files_put(files);
	if (!task_traceable(t, current->uid, current->gid)) {
		if (f)
			file_put(f);		/* perhaps a set-uid program's, started since we asked */
		return ERR_PTR(-EPERM);
	}
	return f ? f : ERR_PTR(-EBADF);
}

/* pidfd_getfd(2): a descriptor of our own for another process's open file. */
long
sys_pidfd_getfd(const ulong *a)
{
	struct task *t = NULL;
	struct pid_ref r;
	struct file *f;
	ulong flags;
	int fd;

	if (a[2])
		return -EINVAL;
	fd = pidfd_get(a[0], &r);
	if (fd)
		return fd;
	flags = spin_lock_irqsave(&tasks_lock);
	if (r.thread)
		t = r.thread;
	else
		t = list_first(&r.proc->threads, struct task, thread_link);	/* the leader may have ended */
	if (t)
		task_get(t);
	spin_unlock_irqrestore(&tasks_lock, flags);
	f = t ? file_of(t, a[1]) : ERR_PTR(-ESRCH);
	if (t)
		task_put(t);
	pid_ref_put(&r);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_open(f, true);
	if (fd < 0)
		file_put(f);
	return fd;
}
