/*
 * task.c - the tables of tasks and processes: making one, naming it by pid, letting it go.
 *
 *	pid_table[]                 struct process (thread group)
 *	  [pid] --> struct task --proc--> leader, threads ----> struct task ...
 *	              |                    children, sibling --> struct process ...
 *
 * Data        pid_table: pages of pointers by pid; pid_map: a bit for each pid in use.  A
 *             thread's id and a process's (its leader's) are of one kind.
 * Locks       tasks_lock [T] guards tables, tree and thread lists; interrupts off, for signals
 *             are sent from interrupts.
 * Invariants  K1  a task is freed when its last reference goes: the table's (until its pid is
 *                 given up), the stack's (until somebody else runs on its cpu), and those of
 *                 task_get.  Each task holds a reference to its process.
 * Not here    clone (fork.c), exit and wait (exit.c, wait.c).
 */
#include "kernel/task.h"
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/sched.h"
#include "arch/timer.h"
#include "kernel/balance.h"
#include "kernel/cred.h"
#include "kernel/fdtable.h"
#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/task_private.h"
#include "fs/vfs.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define PIDS_PER_PAGE	(PAGE_SIZE / sizeof(struct task *))

/* RAM that one small task takes, roughly: its stack, page tables, a few pages. Sets the limit on their number. */
#define TASK_ROOM	(96 * KiB)

struct spinlock tasks_lock = SPINLOCK_INIT(RANK_TASKS);
struct task *init_task;
int tasks_count;
int tasks_max;				/* [i] so that forking without end meets EAGAIN before memory ends */

struct task boot_idle_task;		/* current from the first instruction of C on */
static struct process idle_process;	/* pid 0: idle tasks, and parent of init and kernel threads */

/* Guarded by: T tasks_lock */
static struct task **pid_table[DIV_ROUND_UP(PID_MAX, PIDS_PER_PAGE)];	/* [T] */
static ulong pid_map[BITMAP_LONGS(PID_MAX)];	/* [T] */
static int pid_last;				/* [T] given out last */
static bool pid_wrapped;			/* [T] small numbers may be left over from before */

static struct slab_cache *task_cache, *process_cache;

/* --- pids --- */

struct task *
task_find_locked(int pid)
{
	if (pid <= 0 || pid >= PID_MAX || !bitmap_test(pid_map, pid))
		return NULL;
	return pid_table[pid / PIDS_PER_PAGE][pid % PIDS_PER_PAGE];
}

struct process *
process_find_locked(int pid)
{
	struct task *t = task_find_locked(pid);

	return t && t->proc->pid == pid ? t->proc : NULL;
}

/* A group or session may outlive the process it is named after; then its number is not free either. */
static bool
pid_names_group(int pid) MUST_HOLD(tasks_lock)
{
	for (struct process *p = process_next_locked(NULL); p; p = process_next_locked(p))
		if (p->pgid == pid || p->sid == pid)
			return true;
	return false;
}

/* The next free number, in turn, so that a number is not reused soon. 0: none. */
static int
pid_choose(void) MUST_HOLD(tasks_lock)
{
	int pid = pid_last, tries;

	for (tries = 0; tries < PID_MAX; tries++) {
		pid = bitmap_find_clear(pid_map, PID_MAX, pid + 1);
		if (pid >= PID_MAX) {
			pid_wrapped = true;
			pid = bitmap_find_clear(pid_map, PID_MAX, 2);
			if (pid >= PID_MAX)
				return 0;
		}
		if (!pid_wrapped || !pid_names_group(pid))
			return pid;
	}
	return 0;
}

int
pid_attach_locked(struct task *t)
{
	struct task ***page;
	int pid;

	assert_held(&tasks_lock);
	if (tasks_count >= tasks_max || !(pid = pid_choose()))
		return -EAGAIN;
	page = &pid_table[pid / PIDS_PER_PAGE];
	if (!*page && !(*page = page_alloc(GFP_ATOMIC | GFP_ZERO)))
		return -ENOMEM;
	pid_last = pid;
	bitmap_set(pid_map, pid);
	(*page)[pid % PIDS_PER_PAGE] = t;
	t->pid = pid;
	task_get(t);
	tasks_count++;
	return 0;
}

void
pid_detach_locked(struct task *t)
{
	assert_held(&tasks_lock);
	pid_table[t->pid / PIDS_PER_PAGE][t->pid % PIDS_PER_PAGE] = NULL;
	bitmap_clear(pid_map, t->pid);
	tasks_count--;
}

void
pid_exchange_locked(struct task *a, struct task *b)
{
	int pid = a->pid;

	assert_held(&tasks_lock);
	a->pid = b->pid;
	b->pid = pid;
	pid_table[a->pid / PIDS_PER_PAGE][a->pid % PIDS_PER_PAGE] = a;
	pid_table[b->pid / PIDS_PER_PAGE][b->pid % PIDS_PER_PAGE] = b;
}

struct task *
task_get_by_pid(int pid)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct task *t = task_find_locked(pid);

	if (t)
		task_get(t);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return t;
}

struct task *
task_next_locked(int *pid, bool leaders)
{
	struct task *t;

	for (;; ++*pid) {
		*pid = bitmap_find_set(pid_map, PID_MAX, MAX(*pid, 1));
		if (*pid >= PID_MAX)
			return NULL;
		t = task_find_locked(*pid);
		if (!leaders || t->proc->pid == *pid)
			return t;
	}
}

struct task *
task_next(int *pid, bool leaders)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct task *t = task_next_locked(pid, leaders);

	if (t)
		task_get(t);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return t;
}

/* --- references --- */

void
task_get(struct task *t)
{
	atomic_inc(&t->refs);
}

void
task_put(struct task *t)
{
	if (!atomic_dec_and_test(&t->refs))
		return;
	kfree(t->groups);
	process_put(t->proc);
	slab_free(task_cache, t);
}

void
process_get(struct process *p)
{
	atomic_inc(&p->refs);
}

void
process_put(struct process *p)
{
	if (atomic_dec_and_test(&p->refs))
		slab_free(process_cache, p);
}

/* --- making and unmaking --- */

struct process *
process_new(struct process *from)
{
	struct process *p = slab_alloc(process_cache, GFP_ZERO);

	if (!p)
		return NULL;
	atomic_set(&p->refs, 1);
	list_init(&p->threads);
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->sig_queue);
	waitq_init(&p->child_wait);
	waitq_init(&p->vfork_done);
	waitq_init(&p->exit_wait);
	itimers_init(p);
	p->pgid = from->pgid;
	p->sid = from->sid;
	memcpy(p->rlim, from->rlim, sizeof(p->rlim));
	p->oom_score_adj = from->oom_score_adj;
	p->loginuid = from->loginuid;
	p->sessionid = from->sessionid;
	p->start_time = clock_monotonic();
	return p;
}

/* What every task starts with. */
static void
task_defaults(struct task *t)
{
	atomic_set(&t->refs, 1);
	list_init(&t->thread_link);
	list_init(&t->sig_queue);
	list_init(&t->pi_loans);
	mutex_init(&t->futex_exit, RANK_FUTEX_EXIT);
	cputime_init(&t->cputime);
	t->arch.fp_cpu = -1;
	t->cpu = current->cpu;
	list_init(&t->se.link);
	t->altstack.ss_flags = SS_DISABLE;
	t->start_time = clock_monotonic();
}

struct task *
task_new(struct process *p)
{
	struct task *t = slab_alloc(task_cache, GFP_ZERO);

	if (!t)
		return NULL;
	t->stack = kstack_alloc();
	if (!t->stack) {
		slab_free(task_cache, t);
		return NULL;
	}
	task_defaults(t);
	t->proc = p;
	return t;
}

void
task_discard(struct task *t)
{
	kstack_free(t->stack);
	task_put(t);
}

/* t, dead, has left its stack; from finish_switch on whatever task came next. */
void
task_finish_exit(struct task *t)
{
	void *stack = t->stack;

	t->stack = NULL;
	kstack_free(stack);
	task_put(t);
}

/* In a new task, before anything else of its own. */
void
task_first_run(void)
{
	struct task *t = current;

	if (t->set_child_tid)
		put_user(t->pid, UPTR(t->set_child_tid));
}

/* --- usage --- */

static struct abi_timeval
timeval(u64 ns)
{
	return (struct abi_timeval){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

void
process_rusage(struct process *p, int who, struct abi_rusage *ru)
{
	struct task *t, *me = current;
	u64 utime, stime;
	ulong flags, rss;

	memset(ru, 0, sizeof(*ru));
	flags = spin_lock_irqsave(&tasks_lock);
	if (who == RUSAGE_CHILDREN) {
		utime = p->cutime;
		stime = p->cstime;
		ru->ru_minflt = p->cmin_flt;
		ru->ru_majflt = p->cmaj_flt;
		ru->ru_nvcsw = p->cnvcsw;
		ru->ru_nivcsw = p->cnivcsw;
		rss = p->cmaxrss;
	} else if (who == RUSAGE_THREAD) {
		task_times(me, &utime, &stime);
		ru->ru_minflt = me->min_flt;
		ru->ru_majflt = me->maj_flt;
		ru->ru_nvcsw = me->se.nvcsw;
		ru->ru_nivcsw = me->se.nivcsw;
		rss = p->maxrss;
	} else {
		process_times_locked(p, &utime, &stime);
		ru->ru_minflt = p->min_flt;
		ru->ru_majflt = p->maj_flt;
		ru->ru_nvcsw = p->nvcsw;
		ru->ru_nivcsw = p->nivcsw;
		list_for_each(t, &p->threads, thread_link) {
			ru->ru_minflt += t->min_flt;
			ru->ru_majflt += t->maj_flt;
			ru->ru_nvcsw += t->se.nvcsw;
			ru->ru_nivcsw += t->se.nivcsw;
		}
		rss = p->maxrss;
	}
	if (who == RUSAGE_BOTH) {
		utime += p->cutime;
		stime += p->cstime;
		ru->ru_minflt += p->cmin_flt;
		ru->ru_majflt += p->cmaj_flt;
		ru->ru_nvcsw += p->cnvcsw;
		ru->ru_nivcsw += p->cnivcsw;
		rss = MAX(rss, p->cmaxrss);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (who != RUSAGE_CHILDREN && p == me->proc && me->mm)
		rss = MAX(rss, me->mm->hiwater_rss);
	ru->ru_utime = timeval(utime);
	ru->ru_stime = timeval(stime);
	ru->ru_maxrss = rss * (PAGE_SIZE / KiB);
}

/* --- tasks that never were in user mode --- */

struct task *
task_create_idle(int cpu)
{
	struct task *t = task_new(&idle_process);

	if (!t)
		return NULL;
	process_get(&idle_process);
	t->cpu = cpu;
	t->kernel_thread = 1;
	t->cap_effective = t->cap_permitted = t->cap_bounding = CAP_ALL;
	t->se.class = &sched_idle;
	t->se.allowed = BIT(cpu);
	strlcpy(t->comm, "idle", sizeof(t->comm));
	return t;
}

/* A kernel thread is a process of its own, child of pid 0, with files and a root of its own so that it may exec. */
struct task *
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
	struct process *p = process_new(&idle_process);
	struct task *t = p ? task_new(p) : NULL;
	ulong flags;

	if (!t)
		goto out_process;
	sched_init_task(t);
	t->kernel_thread = 1;
	t->cap_effective = t->cap_permitted = t->cap_bounding = CAP_ALL;
	t->exit_signal = SIGCHLD;
	strlcpy(t->comm, name, sizeof(t->comm));
	t->sighand = sighand_create();
	if (!t->sighand)
		goto out_task;
	t->files = files_create();
	if (!t->files)
		goto out_sighand;
	if (kernel_fs) {		/* and not the caller's: its directories may be unmounted */
		t->fs = fs_context_copy(kernel_fs);
		if (!t->fs)
			goto out_files;
	}
	task_arch_init_kernel(t, fn, arg);

	flags = spin_lock_irqsave(&tasks_lock);
	if (pid_attach_locked(t)) {
		spin_unlock_irqrestore(&tasks_lock, flags);
		goto out_fs;
	}
	p->pid = t->pid;
	p->leader = t;
	list_push_back(&p->threads, &t->thread_link);
	p->nthreads = 1;
	p->parent = &idle_process;
	list_push_back(&idle_process.children, &p->sibling);
	if (p->pid == 1)
		init_task = t;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return t;

out_fs:
	if (t->fs)
		fs_context_put(t->fs);
out_files:
	files_put(t->files);
out_sighand:
	sighand_put(t->sighand);
out_task:
	task_discard(t);		/* and with it p */
	return NULL;
out_process:
	if (p)
		process_put(p);
	return NULL;
}

static const struct abi_rlimit default_rlimits[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_FSIZE] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_DATA] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_STACK] = { 8 * MiB, RLIM_INFINITY },
	[RLIMIT_CORE] = { 0, RLIM_INFINITY },
	[RLIMIT_RSS] = { RLIM_INFINITY, RLIM_INFINITY },
	/* RLIMIT_NPROC: by RAM, in task_init */
	[RLIMIT_NOFILE] = { 1024, 4096 },
	[RLIMIT_MEMLOCK] = { 8 * MiB, 8 * MiB },
	[RLIMIT_AS] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_LOCKS] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_SIGPENDING] = { PID_MAX / 2, PID_MAX / 2 },
	[RLIMIT_MSGQUEUE] = { 819200, 819200 },
	[RLIMIT_NICE] = { 0, 0 },
	[RLIMIT_RTPRIO] = { 0, 0 },
	[RLIMIT_RTTIME] = { RLIM_INFINITY, RLIM_INFINITY },
};

/* To have one: a task's memory then stays a task's for ever, and a spinning mutex may look at an owner just gone. */
static void
task_construct(void *obj)
{
	memset(obj, 0, sizeof(struct task));
}

void
task_init(void)
{
	struct process *p = &idle_process;
	struct task *t = current;
	struct mem_stats mem;

	mem_stats(&mem);
	tasks_max = MIN(mem.total * PAGE_SIZE / TASK_ROOM, (u64)PID_MAX);
	task_cache = slab_create("task", sizeof(struct task), 64, task_construct);
	process_cache = slab_create("process", sizeof(struct process), 64, NULL);
	kstack_init();
	futex_init();

	atomic_set(&p->refs, 1);
	list_init(&p->threads);
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->sig_queue);
	waitq_init(&p->child_wait);
	waitq_init(&p->vfork_done);
	waitq_init(&p->exit_wait);
	itimers_init(p);
	memcpy(p->rlim, default_rlimits, sizeof(p->rlim));
	p->rlim[RLIMIT_NPROC].rlim_cur = p->rlim[RLIMIT_NPROC].rlim_max = tasks_max / 2;
	p->leader = t;

	task_defaults(t);
	t->proc = p;
	t->kernel_thread = 1;
	t->cap_effective = t->cap_permitted = t->cap_bounding = CAP_ALL;
	t->se.class = &sched_idle;
	t->se.allowed = BIT(0);
	strlcpy(t->comm, "idle", sizeof(t->comm));
}
