/*
 * exec.c - execve: one program's place is taken by another.
 *
 *	find      open the file, follow #!, check ELF headers		}  fails with an errno,
 *	collect   argv and envp into the kernel				}  the caller goes on
 *	build     a new address space beside the old one		}
 *	---------------- point of no return: the other threads end --------
 *	switch    to the new space; the old one goes			}  fails with a fatal
 *	reset     signals, descriptors, ids, FP, names			}  signal: there is no
 *	finish    stack and registers					}  program to return to
 *
 * Locks       none held throughout: until the switch nobody else knows the new space, and
 *             then the process has one thread.
 * Not here    the stages: exec_private.h names their files.
 * Further     execve(2).
 */
#include "kernel/exec.h"

#include "abi/errno.h"
#include "abi/personality.h"
#include "abi/wait.h"
#include "arch/switch.h"
#include "arch/trap.h"
#include "fs/vfs.h"
#include "kernel/cred.h"
#include "kernel/exec_private.h"
#include "kernel/fdtable.h"
#include "kernel/posixtimer.h"
#include "kernel/sched.h"
#include "kernel/signal_private.h"
#include "kernel/syscall.h"
#include "kernel/task_private.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

/* ---- while the old program still exists ---- */

/* setuid made current's user have more tasks than it may: a program that did not notice goes no further. 0, -EAGAIN. */
static int
check_nproc(struct task *t)
{
	if (t->nproc_exceeded && user_tasks(t->uid) > t->proc->rlim[RLIMIT_NPROC].rlim_cur)
		return -EAGAIN;
	t->nproc_exceeded = false;
	return 0;
}

static int
collect_args(struct exec *x, const struct string_array *argv, const struct string_array *envp, bool replaced)
{
	struct strings *s = &x->args;
	int err = strings_add_array(s, argv, replaced, &s->argc);

	if (!err && !s->argc) {
		s->argc = 1;			/* programs take argv[0] for granted */
		err = strings_add(s, "");
	}
	s->argv_bytes = s->bytes;
	if (!err)
		err = strings_add_array(s, envp, 0, &s->envc);
	if (!err)
		err = strings_add(s, x->name);
	return err;
}

static int
build_mm(struct exec *x)
{
	struct mm *mm = mm_create();
	int err;

	if (!mm)
		return -ENOMEM;
	x->mm = mm;
	file_get(x->prog.file);
	mm->exe = x->prog.file;
	mm->undumpable = true;			/* nobody else's to look into until cred_exec says whose it is */
	x->personality = personality_after_exec(cred_exec_sets_id(x->prog.file));
	err = mm_setup_stack(mm, current->proc->rlim[RLIMIT_STACK].rlim_cur, x->personality & ADDR_NO_RANDOMIZE);
	if (!err)
		err = exec_map(x);
	if (!err)
		err = mm_map_vdso(mm);
	if (!err)
		mm->brk_start = mm->brk = x->brk;
	return err;
}

/* ---- the point of no return ---- */

/* Let every other thread of the process end. 0, or -EAGAIN if the process is ending already. */
static int
end_other_threads(struct process *p)
{
	struct task *t;
	ulong flags;

	if (likely(READ_ONCE(p->nthreads) == 1))
		return 0;
	flags = spin_lock_irqsave(&tasks_lock);
	spin_lock(&current->sighand->lock);
	if (p->exiting || p->exec_task) {
		spin_unlock(&current->sighand->lock);
		spin_unlock_irqrestore(&tasks_lock, flags);
		return -EAGAIN;
	}
	p->exec_task = current;
	list_for_each(t, &p->threads, thread_link)
		if (t != current)
			signal_poke(t, TASK_WAKE_TO_END);
	spin_unlock(&current->sighand->lock);
	spin_unlock_irqrestore(&tasks_lock, flags);

	/* Each thread that leaves the process wakes exec_task: exit.c. */
	for (;;) {
		set_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(p->nthreads) == 1)
			break;
		schedule();
	}
	set_state(TASK_RUNNING);
	p->exec_task = NULL;
	return 0;
}

/* Actions shared with another process (CLONE_SIGHAND) stay the other's. */
static int
unshare_sighand(struct task *t)
{
	struct sighand *old = t->sighand, *new;
	ulong flags;

	if (likely(atomic_read(&old->refs) == 1))
		return 0;
	new = sighand_copy(old);
	if (!new)
		return -ENOMEM;
	flags = spin_lock_irqsave(&tasks_lock);
	spin_lock(&old->lock);
	t->sighand = new;
	spin_unlock(&old->lock);
	spin_unlock_irqrestore(&tasks_lock, flags);
	sighand_put(old);
	return 0;
}

/* A descriptor table shared with another process stays the other's. */
static int
unshare_files(struct task *t)
{
	struct files *old = t->files, *new;
	ulong flags;

	if (likely(atomic_read(&old->refs) == 1))
		return 0;
	new = files_copy(old);
	if (!new)
		return -ENOMEM;
	flags = spin_lock_irqsave(&tasks_lock);
	t->files = new;
	spin_unlock_irqrestore(&tasks_lock, flags);
	files_put(old);
	return 0;
}

/* A thread other than the leader becomes it: the process keeps its pid, which is the leader's. */
static void
take_leader_pid(struct task *t)
{
	struct process *p = t->proc;
	struct task *old = p->leader;
	ulong flags;

	if (likely(old == t))
		return;
	flags = spin_lock_irqsave(&tasks_lock);
	pid_exchange_locked(old, t);
	t->start_time = old->start_time;	/* it is the same process */
	p->leader = t;
	t->exit_signal = SIGCHLD;
	pid_detach_locked(old);
	spin_unlock_irqrestore(&tasks_lock, flags);
	task_put(old);				/* the table's reference */
}

/* ---- the new program's process ---- */

static void
set_name(struct task *t, const char *name)
{
	const char *slash = strrchr(name, '/');

	strlcpy(t->comm, slash ? slash + 1 : name, sizeof(t->comm));
}

/* /proc and setpgid see what the process is now. */
static void
publish(struct task *t)
{
	struct process *p = t->proc;
	ulong flags = spin_lock_irqsave(&tasks_lock);

	p->did_exec = true;
	p->exec_id++;
	t->exit_signal = SIGCHLD;
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void
reset_task(struct exec *x)
{
	struct task *t = current;

	t->kernel_thread = 0;
	set_name(t, x->name);
	fpu_exec(t);
	signal_exec();
	posix_timers_delete(t->proc);
	files_close_on_exec(t->files);
	x->secure = cred_exec(x->prog.file);
	t->personality = x->personality;
	publish(t);
}

/* From here on the old program cannot be returned to. 0, or -errno: the process must be killed. */
static int
replace(struct exec *x, struct trapframe *r)
{
	int err = unshare_sighand(current);

	if (!err)
		err = unshare_files(current);
	if (err) {
		mm_put(x->mm);
		return err;
	}
	task_set_mm(x->mm);
	reset_task(x);
	err = exec_clear_bss(x);
	if (!err)
		err = exec_write_stack(x);
	if (!err)
		trapframe_start(r, x->entry, x->sp);
	return err;
}

static void
release(struct exec *x)
{
	if (x->prog.file)
		file_put(x->prog.file);
	if (x->interp.file) {
		file_allow_write(x->interp.file);	/* as on Linux: only the program is protected as it runs */
		file_put(x->interp.file);
	}
	strings_free(&x->args);
	kfree(x->name_buf);
}

/* x: what to run. Its buffer is freed here, for this may not return. */
static int
exec(struct exec *x, const struct string_array *argv, const struct string_array *envp)
{
	bool replaced;
	int err;

	err = strings_init(&x->args);
	if (!err)
		err = check_nproc(current);
	if (!err)
		err = exec_find(x, &replaced);
	if (!err)
		err = collect_args(x, argv, envp, replaced);
	if (!err)
		err = build_mm(x);
	if (!err)
		err = end_other_threads(current->proc);
	if (err) {
		if (x->mm)
			mm_put(x->mm);
		release(x);
		return err;
	}
	take_leader_pid(current);
	err = replace(x, task_trapframe(current));
	release(x);
	if (err)
		process_exit(W_EXITCODE(0, err == -ENOMEM ? SIGKILL : SIGSEGV));
	return 0;
}

int
exec_kernel(const char *path, char *const argv[], char *const envp[])
{
	const struct string_array args = { .kernel = argv }, env = { .kernel = envp };

	struct exec x = { .name = path, .path = path, .dfd = AT_FDCWD, .lookup = LOOKUP_FOLLOW };

	return exec(&x, &args, &env);
}

#define PREFIX_MAX	24		/* "/dev/fd/N/" */

/* Fetch the path into a buffer of x's, `room` bytes of it left free before it. 0 or -errno. */
static int
fetch_path(struct exec *x, uptr_t path, size_t room)
{
	char *buf = kmalloc(PATH_MAX + room, GFP_KERNEL);
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	n = strncpy_from_user(buf + room, path, PATH_MAX);
	if (n < 0 || n == PATH_MAX || (n == 0 && !(x->lookup & LOOKUP_EMPTY))) {
		kfree(buf);
		return n < 0 ? n : n ? -ENAMETOOLONG : -ENOENT;
	}
	x->name_buf = buf;
	x->name = x->path = buf + room;
	return 0;
}

/* execve(2). */
long
sys_execve(const ulong *a)
{
	const struct string_array argv = { .user = UPTR(a[1]) }, envp = { .user = UPTR(a[2]) };
	struct exec x = { .dfd = AT_FDCWD, .lookup = LOOKUP_FOLLOW };
	int err = fetch_path(&x, UPTR(a[0]), 0);

	return err ? err : exec(&x, &argv, &envp);
}

/* execveat(2). A program found by way of a descriptor is told a name that leads through /dev/fd. */
long
sys_execveat(const ulong *a)
{
	const struct string_array argv = { .user = UPTR(a[2]) }, envp = { .user = UPTR(a[3]) };
	int flags = a[4], err;
	struct exec x = {
		.dfd = a[0],
		.lookup = (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			  (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
	};
	char prefix[PREFIX_MAX];
	size_t n;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = fetch_path(&x, UPTR(a[1]), PREFIX_MAX);
	if (err)
		return err;
	if (x.dfd != AT_FDCWD && *x.path != '/') {
		n = snprintf(prefix, sizeof(prefix), *x.path ? "/dev/fd/%d/" : "/dev/fd/%d", x.dfd);
		x.name = memcpy(x.name_buf + PREFIX_MAX - n, prefix, n);
		x.hidden = fd_cloexec_get(x.dfd) > 0;
	}
	return exec(&x, &argv, &envp);
}
