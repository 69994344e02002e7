/*
 * task.h - a thread (struct task), the process it belongs to (struct process), and their lives.
 *
 * States:
 *	            task_create
 *	                |  sched_start
 *	                v      pick          set_state + schedule
 *	   wake ---->  READY <-------> RUNNING --------------------> INTERRUPTIBLE / UNINTERRUPTIBLE / STOPPED
 *	     ^                            | task_exit                      |
 *	     +----------------------------|--------------------------------+  wake_task
 *	                                  v
 *	                                ZOMBIE -- reaped by wait4 or at once --> freed
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include "abi/resource.h"
#include "abi/signal.h"
#include "arch/atomic.h"
#include "arch/cpu.h"
#include "arch/switch.h"
#include "kernel/cputime.h"
#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "kernel/time.h"
#include "kernel/waitq.h"
#include "lib/list.h"
#include "lib/rbtree.h"

struct block_plug;
struct file;
struct files;
struct fs_context;
struct handle;
struct mm;
struct namespaces;
struct pi_waiter;
struct rights;
struct sched_class;
struct sighand;
struct trapframe;
struct tty;

#define TASK_RUNNING		0	/* running, or ready on a run queue */
#define TASK_INTERRUPTIBLE	1	/* asleep; signals wake it */
#define TASK_UNINTERRUPTIBLE	2	/* asleep; only its event wakes it */
#define TASK_STOPPED		4	/* by job control */
#define TASK_ZOMBIE		8	/* exited, not yet waited for */
#define TASK_DEAD		16	/* being freed */
#define TASK_KILLABLE		32	/* asleep; only what ends the task wakes it */

/* What a thread that is to end is woken from. */
#define TASK_WAKE_TO_END	(TASK_INTERRUPTIBLE | TASK_KILLABLE | TASK_STOPPED)

#define TASK_COMM_LEN	16
#define PID_MAX		32768

/* task.arch.work: reasons to leave the fast way back to user mode. [a] */
/* TASK_WORK_RESCHED		BIT(0), in spinlock.h */
#define TASK_WORK_SIGNAL	BIT(1)	/* a signal may be deliverable, or a stop or exit is asked for */
#define TASK_WORK_RESTORE_MASK	BIT(2)	/* sigsuspend and ppoll: put saved_mask back if no handler runs */
#define TASK_WORK_TRACE		BIT(3)	/* full registers and a visit on every system call */

struct sched_entity {			/* what the scheduler keeps for a task. [q] run-queue lock */
	const struct sched_class *class;
	int	prio;			/* 1..99 real time, 0 time sharing: the larger of the next two; class follows */
	int	base_prio;		/* its own, as the calls set and tell it; so are nice and policy */
	int	donated;		/* of those who wait for what it has: sched_donate */
	int	nice;
	int	policy;			/* SCHED_OTHER... */
	cpumask_t allowed;
	struct list link;		/* on a queue of the class */
	struct rb_node node;		/* or in its tree */
	bool	queued;
	bool	reset_on_fork;		/* children start as SCHED_OTHER */
	u64	exec_start;		/* when it was put on the cpu, or charged last, timer ticks */
	u64	runtime;		/* total on a cpu before that, timer ticks: task_runtime() says it in ns */
	u64	slice_used;		/* timer ticks; not of a fair one, who has: */
	u64	vruntime, deadline;	/* sched_fair.c says what these are */
	u64	least;			/* vruntime of all below it in the tree */
	u64	slice, vslice;		/* asked for, ns; the same in virtual ns */
	u64	inverse;		/* virtual ns that a timer tick makes, in 2^-40 */
	u32	weight;
	u64	unslept;		/* run in real time since it woke there last, timer ticks */
	u64	moved;			/* when it came from another cpu, timer ticks */
	u64	ready_since;		/* when it last became ready and did not run, timer ticks */
	u64	waited;			/* total from then until it ran, timer ticks */
	ulong	nvcsw, nivcsw;		/* switches: voluntary, not */
	ulong	migrations;		/* from one hart to another */
};

#ifdef DEBUG
#define HELD_MAX	16
struct held_lock {
	const void *lock;
	const void *caller;		/* who took it */
	u16	rank;
	bool	spins;			/* not a mutex: no sleeping */
	bool	irqs_off;		/* when it was taken */
};
#endif

/* Guarded by: i immutable  o only its own thread  a atomic  q run-queue lock  T tasks_lock  s sighand lock */
struct task {
	struct task_arch arch;		/* first: assembly addresses it */
	void	*stack;			/* [i] KSTACK_SIZE bytes, a guard page below */
	int	cpu;			/* [q] where it runs or last ran */
	int	on_cpu;			/* [a] registers not yet saved by the cpu that ran it */
	int	state;			/* [a] TASK_* */
	struct sched_entity se;

	int	pid;			/* [i] this thread's id (gettid) */
	struct process *proc;		/* [i] */
	struct list thread_link;	/* [T] on proc->threads */
	char	comm[TASK_COMM_LEN];	/* [o] written; others may read torn */
	atomic_t refs;			/* the pid table, the stack in use, and who looked it up */

	struct mm *mm;			/* [o] NULL: kernel thread */
	struct mm *active_mm;		/* whose page table is loaded while mm is NULL */
	struct files *files;		/* [o] counted, shared by CLONE_FILES */
	struct fs_context *fs;		/* [o] counted, shared by CLONE_FS */
	struct sighand *sighand;	/* [o] counted, shared by CLONE_SIGHAND */
	struct namespaces *ns;

	/* Credentials. [o] */
	u32	uid, euid, suid, fsuid;
	u32	gid, egid, sgid, fsgid;
	u32	ngroups, *groups;
	u64	cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient;	/* capability.c */
	u32	securebits;		/* how the ids act on them: SECBIT_* */
	bool	nproc_exceeded;		/* its user, changed, has too many tasks: execve will fail */
	bool	no_new_privs;
	u32	personality;		/* [o] personality(2) */

	/* Signals. [s] */
	u64	sig_blocked;
	u64	saved_mask;		/* [o] */
	u64	sig_pending;		/* thread-directed, bit signo-1 */
	u64	sig_waited;		/* rt_sigtimedwait: these wake it though blocked */
	struct list sig_queue;		/* struct sigqueue */
	struct abi_sigaltstack altstack;	/* [o] */
	long	(*restart_fn)(struct task *);	/* [o] restart_syscall */
	u64	restart_arg[4];

	/* Inheritance: under pi_spinlock (pi.c). */
	struct pi_waiter *pi_waits_on;	/* its place among those who wait for a lock; NULL: it does not */
	struct list pi_loans;		/* struct pi_waiter: first in line for what we have, most urgent first */

	struct handle *journal_handle;	/* [o] open handle of a log (fs/jbd2) */
	struct block_plug *plug;	/* [o] bios held back (drivers/block) */
	struct rights **dropping;	/* [o] descriptors of packets being let go, one at a time (net/unix/rights.c) */
	int	nofault;		/* [o] >0: a copy stops at a user page that is not there (mm_fault) */

	u64	clear_child_tid;	/* [o] user address, 0 none */
	u64	set_child_tid;		/* [o] user address that the child itself fills at its start, 0 none */
	u64	robust_list;		/* [o] user address */
	struct mutex futex_exit;	/* held while it leaves its address space, and with it the locks it has there */
	int	futex_state;		/* FUTEX_* of futex_private.h: under futex_exit, and at its end pi_spinlock */
	struct task *vfork_parent;	/* [T] waits on proc->vfork_done until we exec or exit */
	int	exit_code;		/* wait status of this thread */
	int	exit_signal;		/* to the parent at exit; 0 for threads */
	int	pdeath_signal;		/* [a] to us when the thread that made our process ends; 0: none */
	u64	start_time;		/* [i] ns since boot */
	struct cputime cputime;		/* how much of its runtime was in which mode */
	ulong	min_flt, maj_flt;	/* [o] */
	int	kernel_thread;
	const char *wait_reason;	/* for ps and hang reports; may be NULL */
#ifdef DEBUG
	struct held_lock held[HELD_MAX];	/* [o] lock-order checker */
	int	nheld;
	long	fail_nth;		/* [a] its allocations until one fails, for a test; 0: none will */
#endif
};

/* A thread group: what its threads share and the process tree. */
struct process {
	int	pid;			/* [i] tgid */
	atomic_t refs;
	struct task *leader;		/* [T] */
	struct list threads;		/* [T] every live thread */
	int	nthreads;		/* [T] */
	struct process *parent;		/* [T] */
	int	ppid;			/* [T] parent->pid, so that getppid needs no lock */
	struct task *parent_thread;	/* [T] the parent's thread that made us, or inherited us from that */
	u32	exec_id, parent_exec_id;	/* [T] counts calls of execve; the parent's at our birth */
	bool	subreaper;		/* [a] orphans among our descendants become our children */
	struct list children, sibling;	/* [T] processes */
	int	pgid, sid;		/* [T] */
	struct tty *tty;		/* [T] controlling terminal; counted by its session (drivers/tty/jobctl.c) */
	int	tty_old_pgrp;		/* [T] a leader's: its foreground group when the terminal hung up */
	bool	session_leader;		/* [s] */
	bool	did_exec;		/* [T] for setpgid's EACCES */

	u64	sig_pending;		/* [s] process-directed */
	struct list sig_queue;		/* [s] */
	u32	group_signals;		/* [T] counts those sent to it with others: fork */
	struct waitq child_wait;	/* parents sleep here in wait4 */
	struct waitq vfork_done;
	struct waitq exit_wait;		/* pidfds: a thread has ended, or the zombie was waited for */
	bool	exiting;		/* [s] exit_group has begun */
	int	exit_code;		/* [s] wait status for the parent */
	bool	zombie;			/* [T] all threads gone, waiting for wait4 */
	bool	stop_reported, cont_pending;	/* [s] for WUNTRACED, WCONTINUED */
	int	stop_signal;		/* [s] !=0: stopped, or stopping, by it */
	int	last_stop;		/* [s] what stop_signal was when SIGCONT came */
	struct task *exec_task;		/* [s] execve in progress: every other thread must end */

	struct abi_rlimit rlim[RLIM_NLIMITS];	/* [s] */
	u64	utime, stime;		/* [s] of threads that have exited */
	u64	cutime, cstime;		/* [s] of reaped children */
	ulong	min_flt, maj_flt, cmin_flt, cmaj_flt;
	ulong	maxrss, cmaxrss;	/* pages */
	ulong	nvcsw, nivcsw, cnvcsw, cnivcsw;
	u64	start_time;
	struct timer itimer_real;	/* [T] for starting it */
	u64	itimer_interval;	/* [T] ns, 0: once */
	struct cpu_itimer {
		struct cpu_timer timer;	/* [T] */
		u64	interval;	/* [T] ns, 0: once */
	} itimer_cpu[2];		/* ITIMER_VIRTUAL, ITIMER_PROF */
	struct list posix_timers;	/* [T] its own (posixtimer.c) */
	int	posix_timer_next;	/* [T] the next one's number */
	atomic_t cpu_timers_made;	/* [a] POSIX timers on its time, whosesoever: at most POSIX_CPU_TIMERS_MAX */
	struct list cpu_timers;		/* armed ones that count its time: cpu_timers_lock (cputimer.c) */
	int	oom_score_adj;
	u32	loginuid, sessionid;		/* [a] plus one; 0: none (fs/proc/pid_session.c) */
};

#ifdef DEBUG
#define KSTACK_SIZE	(32 * KiB)	/* the sanitizers' code needs more */
#else
#define KSTACK_SIZE	(16 * KiB)
#endif

extern struct spinlock tasks_lock;	/* process tree, pid table, thread lists */
extern struct task *init_task;		/* pid 1's leader */
extern struct task boot_idle_task;	/* cpu 0's, current from head.S on; on boot_stack */
extern int	tasks_count;		/* [T] */
extern int	tasks_max;		/* [i] fork gives EAGAIN from here on; by RAM */

struct clone_args_k {			/* decoded clone/clone3 */
	u64	flags;
	int	exit_signal;
	u64	stack, stack_size, tls;
	u64	parent_tid, child_tid, pidfd;
};

void	task_init(void);			/* tables; makes `current` of this cpu a proper task (pid 0, idle) */
struct task *task_create_idle(int cpu);
/* A kernel thread, not yet running: NULL if out of memory. */
struct task *kthread_create(const char *name, void (*fn)(void *), void *arg);
/* Clone current. New thread's pid or -errno. regs: what user mode of the parent looked like. */
long	task_clone(const struct clone_args_k *a, const struct trapframe *regs);
/*
 * Current runs in mm from now on (NULL: in none, as a kernel thread); takes over the caller's user count of it. Leaves
 * the old space as a program that ends does: robust futexes, clear_child_tid and a vfork parent are seen to.
 */
void	task_set_mm(struct mm *mm);
#define RUSAGE_BOTH	(-2)			/* for wait4: p's own and its reaped children's */
/* getrusage's struct: of p's own threads, of its reaped children, of both, or of the current thread. */
void	process_rusage(struct process *p, int who, struct abi_rusage *ru);
void	task_exit(int code) NORETURN;		/* this thread, code: wait status */
void	process_exit(int code) NORETURN;	/* exit_group: every thread of the process */

/* Look-ups; the task_get ones return a counted reference or NULL. */
struct task *task_find_locked(int pid) MUST_HOLD(tasks_lock);
struct task *task_get_by_pid(int pid);
struct process *process_find_locked(int pid) MUST_HOLD(tasks_lock);
void	task_get(struct task *t);
void	task_put(struct task *t);
void	process_get(struct process *p);
void	process_put(struct process *p);
/* The first thread with pid >= *pid, counted (for /proc): leaders only when leaders. NULL at the end. */
struct task *task_next(int *pid, bool leaders);
struct task *task_next_locked(int *pid, bool leaders) MUST_HOLD(tasks_lock);	/* not counted */

/* Namespace-ready: what current sees. */
static inline int task_tgid(const struct task *t) { return t->proc->pid; }

/* Credentials. */
bool	task_capable(u64 cap_bit);		/* current has it; CAP_* as bits in abi/capability.h */
bool	task_in_group(u32 gid);

/* Kernel stacks: mm/kstack.c. */
void	kstack_init(void);
void	*kstack_alloc(void);
void	kstack_free(void *stack);

#endif
