/*
 * fork.c - making tasks: fork, vfork, clone and threads are one function with flags.
 *
 *	                 fork        vfork       pthread_create
 *	address space    copy (COW)  shared      shared          CLONE_VM
 *	files            copy        copy        shared          CLONE_FILES
 *	cwd, root        copy        copy        shared          CLONE_FS
 *	signal actions   copy        copy        shared          CLONE_SIGHAND
 *	process          new         new         current's       CLONE_THREAD
 *	parent           goes on     waits       goes on         CLONE_VFORK
 *
 * Locks       tasks_lock [T] while the new task enters tables and tree.  A pending signal is looked
 *             for under it: a process that is being killed makes no new threads or children.
 * Not here    copying each part (mm_fork, files_copy, ...); the first switch (sched.c).
 * Further     clone(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/sched.h"
#include "arch/trap.h"
#include "fs/event/pidfd.h"
#include "fs/vfs.h"
#include "kernel/cred.h"
#include "kernel/fdtable.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task_private.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

/* Accepted and without effect: tracing, I/O contexts and System V semaphores' undo lists do not exist. */
#define CLONE_NO_EFFECT	(CLONE_PTRACE | CLONE_UNTRACED | CLONE_IO | CLONE_SYSVSEM | CLONE_DETACHED)
#define CLONE_KNOWN	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_VFORK | CLONE_PARENT | \
			 CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | \
			 CLONE_CHILD_SETTID | CLONE_CLEAR_SIGHAND | CLONE_PIDFD | CLONE_NO_EFFECT)

/* Do the flags go together? 0 or -EINVAL. */
static int
clone_check(const struct clone_args_k *a)
{
	u64 f = a->flags;

	if (f & ~(u64)CLONE_KNOWN)
		return -EINVAL;			/* namespaces among them */
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && (f & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_PIDFD) &&
	    ((f & CLONE_DETACHED) || ((f & CLONE_PARENT_SETTID) && a->pidfd == a->parent_tid)))
		return -EINVAL;
	if ((f & CLONE_PARENT) && current->proc == init_task->proc)
		return -EINVAL;
	return 0;
}

u64
user_tasks(u32 uid)
{
	struct task *t;
	ulong flags;
	int pid = 1;
	u64 n = 0;

	flags = spin_lock_irqsave(&tasks_lock);
	for (; (t = task_next_locked(&pid, false)) != NULL; pid++)
		n += t->uid == uid;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return n;
}

/* May current's user have another task? 0 or -EAGAIN. Root may have as many as there are pids. */
static int
check_nproc(void)
{
	u64 limit = current->proc->rlim[RLIMIT_NPROC].rlim_cur;

	if (limit == RLIM_INFINITY || current->uid == 0 ||
	    task_capable(BIT(CAP_SYS_RESOURCE)) || task_capable(BIT(CAP_SYS_ADMIN)))
		return 0;
	return user_tasks(current->uid) < limit ? 0 : -EAGAIN;
}

/* --- the parts --- */

static int
copy_credentials(struct task *t)
{
	struct task *me = current;

	t->uid = me->uid;
	t->euid = me->euid;
	t->suid = me->suid;
	t->fsuid = me->fsuid;
	t->gid = me->gid;
	t->egid = me->egid;
	t->sgid = me->sgid;
	t->fsgid = me->fsgid;
	t->cap_effective = me->cap_effective;
	t->cap_permitted = me->cap_permitted;
	t->cap_inheritable = me->cap_inheritable;
	t->cap_bounding = me->cap_bounding;
	t->cap_ambient = me->cap_ambient;
	t->securebits = me->securebits;
	t->no_new_privs = me->no_new_privs;
	if (me->ngroups) {
		t->groups = kmalloc(me->ngroups * sizeof(u32), GFP_KERNEL);
		if (!t->groups)
			return -ENOMEM;
		memcpy(t->groups, me->groups, me->ngroups * sizeof(u32));
		t->ngroups = me->ngroups;
	}
	return 0;
}

static int
copy_files(struct task *t, u64 f)
{
	struct files *files = current->files;

	if (f & CLONE_FILES)
		files_get(files);
	else
		files = files_copy(files);
	t->files = files;
	return files ? 0 : -ENOMEM;
}

static int
copy_fs(struct task *t, u64 f)
{
	struct fs_context *fs = current->fs;

	if (f & CLONE_FS)
		atomic_inc(&fs->refs);
	else
		fs = fs_context_copy(fs);
	t->fs = fs;
	return fs ? 0 : -ENOMEM;
}

static int
copy_sighand(struct task *t, u64 f)
{
	struct sighand *s = current->sighand;

	if (f & CLONE_SIGHAND)
		atomic_inc(&s->refs);
	else
		s = sighand_copy(s);
	t->sighand = s;
	if (!s)
		return -ENOMEM;
	if (f & CLONE_CLEAR_SIGHAND)
		for (int i = 0; i < ABI_NSIG; i++)
			if (s->action[i].sa_handler != SIG_IGN)
				memset(&s->action[i], 0, sizeof(s->action[i]));
	return 0;
}

static int
copy_mm(struct task *t, u64 f)
{
	struct mm *mm = current->mm;

	if (f & CLONE_VM)
		mm_get(mm);
	else
		mm = mm_fork(mm);
	t->mm = t->active_mm = mm;
	return mm ? 0 : -ENOMEM;
}

/* What needs no memory and no lock. */
static void
copy_rest(struct task *t, const struct clone_args_k *a)
{
	struct task *me = current;

	memcpy(t->comm, me->comm, sizeof(t->comm));
	t->personality = me->personality;
	t->sig_blocked = me->sig_blocked;
	if (!(a->flags & CLONE_VM) || (a->flags & CLONE_VFORK))
		t->altstack = me->altstack;
	if (a->flags & CLONE_CHILD_SETTID)
		t->set_child_tid = a->child_tid;
	if (a->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = a->child_tid;
	t->exit_signal = a->flags & CLONE_THREAD ? 0 : a->exit_signal;
}

/* CLONE_PIDFD: a descriptor for t, told to the caller before t exists: it, -1 if none is wanted, or -errno in *err. */
static int
clone_pidfd(struct task *t, const struct clone_args_k *a, struct file **file, int *err)
{
	int fd;

	if (!(a->flags & CLONE_PIDFD))
		return -1;
	fd = pidfd_prepare(t, a->flags & CLONE_THREAD, file);
	*err = fd < 0 ? fd : put_user(fd, UPTR(a->pidfd));
	if (fd >= 0 && *err) {
		fd_cancel(fd);
		file_put(*file);
	}
	return fd;
}

/* --- putting it together --- */

/*
 * Must current first see to its signals? What a whole group was sent while we copied the child is to reach the child,
 * too. What we alone were sent can wait: a timer may be faster than a fork, again and again.
 */
static bool
signals_first(u32 group_signals) MUST_HOLD(tasks_lock)
{
	struct process *me = current->proc;

	return signal_pending(current) &&
	       (me->group_signals != group_signals || me->stop_signal || signal_ends_us());
}

/* Into the tables and the tree: 0 or -errno. */
static int
enter_tables(struct task *t, struct process *p, u64 f, u32 group_signals)
{
	struct process *me = current->proc;
	ulong flags = spin_lock_irqsave(&tasks_lock);
	int err = 0;

	if (signals_first(group_signals))
		err = -ERESTARTNOINTR;		/* after the signal, if we still live */
	else
		err = pid_attach_locked(t);
	if (err)
		goto out;
	if (f & CLONE_THREAD) {
		list_push_back(&p->threads, &t->thread_link);
		p->nthreads++;
		goto out;
	}
	p->pid = t->pid;
	p->leader = t;
	list_push_back(&p->threads, &t->thread_link);
	p->nthreads = 1;
	if (f & CLONE_PARENT)
		t->exit_signal = me->leader->exit_signal;
	p->parent = f & CLONE_PARENT ? me->parent : me;
	p->ppid = p->parent->pid;
	p->parent_thread = f & CLONE_PARENT ? me->parent_thread : current;
	p->parent_exec_id = f & CLONE_PARENT ? me->parent_exec_id : me->exec_id;
	p->pgid = me->pgid;			/* again, under the lock */
	p->sid = me->sid;
	p->tty = me->tty;
	list_push_back(&p->parent->children, &p->sibling);
out:
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/*
 * The parent's half of vfork: until the child has left our address space, or a signal ends us. t is counted. Other
 * signals, and a stop, come after the wait.
 */
static void
vfork_wait(struct task *t)
{
	(void)wait_event_killable(&t->proc->vfork_done, smp_load_acquire(&t->vfork_parent) == NULL);
	task_put(t);
}

long
task_clone(const struct clone_args_k *a, const struct trapframe *regs)
{
	u64 f = a->flags;
	struct process *p = current->proc;
	struct file *pidfile = NULL;
	struct task *t;
	int err, pid, pidfd;
	u32 group_signals = READ_ONCE(p->group_signals);

	err = clone_check(a);
	if (!err)
		err = check_nproc();
	if (err)
		return err;
	if (signal_pending(current))
		return -ERESTARTNOINTR;		/* after the signal, if we still live */

	if (f & CLONE_THREAD)
		process_get(p);
	else if (!(p = process_new(p)))
		return -ENOMEM;
	t = task_new(p);
	if (!t) {
		process_put(p);
		return -ENOMEM;
	}
	err = copy_credentials(t);
	if (err)
		goto out_task;
	sched_fork(t);
	copy_rest(t, a);
	err = copy_files(t, f);
	if (err)
		goto out_task;
	err = copy_fs(t, f);
	if (err)
		goto out_files;
	err = copy_sighand(t, f);
	if (err)
		goto out_fs;
	err = copy_mm(t, f);
	if (err)
		goto out_sighand;
	task_arch_init_user(t, regs, a->stack, a->tls, f & CLONE_SETTLS);
	fpu_fork(t, current);
	if (f & CLONE_VFORK)
		t->vfork_parent = current;

	pidfd = clone_pidfd(t, a, &pidfile, &err);
	if (err)
		goto out_mm;
	err = enter_tables(t, p, f, group_signals);
	if (err)
		goto out_pidfd;
	pid = t->pid;
	if (pidfile)
		fd_install(pidfd, pidfile);
	if (f & CLONE_PARENT_SETTID)
		put_user(pid, UPTR(a->parent_tid));	/* as Linux: the clone stands even if this fails */
	if (f & CLONE_VFORK)
		task_get(t);
	sched_start(t);
	if (f & CLONE_VFORK)
		vfork_wait(t);
	return pid;

out_pidfd:
	if (pidfile) {
		fd_cancel(pidfd);
		file_put(pidfile);
	}
out_mm:
	mm_put(t->mm);
out_sighand:
	sighand_put(t->sighand);
out_fs:
	fs_context_put(t->fs);
out_files:
	files_put(t->files);
out_task:
	task_discard(t);
	return err;
}

/* clone(2): the oldest form, flags and exit signal in one word. */
long
sys_clone(const ulong *a)
{
	struct clone_args_k k = {
		.flags = (u32)a[0] & ~(u32)CSIGNAL,
		.exit_signal = a[0] & CSIGNAL,
		.stack = a[1],
		.parent_tid = a[2],
		.pidfd = a[2],
		.tls = a[3],
		.child_tid = a[4],
	};

	if (k.exit_signal > ABI_NSIG)
		return -EINVAL;
	return task_clone(&k, task_trapframe(current));
}

/* Fetch clone3's struct, of any version: what is missing is 0, what we do not know must be. 0 or -errno. */
static int
fetch_clone_args(struct abi_clone_args *k, uptr_t args, size_t size)
{
	u64 word;

	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	memset(k, 0, sizeof(*k));
	if (copy_from_user(k, args, MIN(size, sizeof(*k))))
		return -EFAULT;
	for (size_t at = sizeof(*k); at < size; at += sizeof(word)) {
		word = 0;
		if (copy_from_user(&word, uptr_add(args, at), MIN(size - at, sizeof(word))))
			return -EFAULT;
		if (word)
			return -E2BIG;
	}
	return 0;
}

/* clone3(2). */
long
sys_clone3(const ulong *a)
{
	struct abi_clone_args args;
	struct clone_args_k k;
	int err = fetch_clone_args(&args, UPTR(a[0]), a[1]);

	if (err)
		return err;
	if (args.set_tid || args.set_tid_size)
		return -EINVAL;			/* choosing pids is for restoring check-points */
	if ((args.flags & (CSIGNAL | CLONE_DETACHED)) || (args.exit_signal & ~(u64)CSIGNAL) ||
	    args.exit_signal > ABI_NSIG)
		return -EINVAL;
	if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) && args.exit_signal)
		return -EINVAL;
	if (!args.stack != !args.stack_size || args.stack + args.stack_size < args.stack ||
	    args.stack + args.stack_size > USER_TOP)
		return -EINVAL;
	k = (struct clone_args_k){
		.flags = args.flags,
		.exit_signal = args.exit_signal,
		.stack = args.stack + args.stack_size,
		.stack_size = args.stack_size,
		.tls = args.tls,
		.parent_tid = args.parent_tid,
		.child_tid = args.child_tid,
		.pidfd = args.pidfd,
	};
	return task_clone(&k, task_trapframe(current));
}
