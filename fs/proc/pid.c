/*
 * pid.c - /proc/PID and /proc/PID/task/TID: what a process and its threads are doing.
 *
 * The same functions serve both: in /proc/PID numbers are sums over the process, below
 * task/ they are the thread's own. proc_pid_dir and thread_dir at the end say what is where.
 *
 * Data        struct snapshot: what must be read together, taken under tasks_lock.
 * Locks       tasks_lock, inside it a sighand lock: only to copy numbers out.
 * Not here    memory (pid_mm.c), descriptors and links (fd.c).
 * Further     proc(5); Linux Documentation/filesystems/proc.rst, tables 1-2 to 1-4.
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/resource.h"
#include "drivers/tty/tty.h"
#include "fs/proc/proc.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

static const struct pentry thread_dir;

/* --- what a task holds --- */

struct files *
task_files_get(struct task *t)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct files *f = t->files;

	if (f && !atomic_inc_not_zero(&f->refs))
		f = NULL;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return f;
}

struct fs_context *
task_fs_get(struct task *t)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct fs_context *fs = t->fs;

	if (fs && !atomic_inc_not_zero(&fs->refs))
		fs = NULL;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return fs;
}

/* --- a consistent look --- */

struct snapshot {
	char	comm[TASK_COMM_LEN];
	char	state;			/* R S D T Z X */
	int	tgid, ppid, pgid, sid, nthreads;
	int	tty_nr, tpgid;
	u64	utime, stime, cutime, cstime;	/* ns */
	ulong	min_flt, maj_flt, cmin_flt, cmaj_flt, nvcsw, nivcsw;
	u64	pending, shared_pending, blocked, ignored, caught;
	int	queued;
	struct abi_rlimit rlim[RLIM_NLIMITS];
	int	exit_code;
};

static char
state_letter(const struct task *t)
{
	switch (READ_ONCE(t->state)) {
	case TASK_RUNNING:		return 'R';
	case TASK_INTERRUPTIBLE:	return 'S';
	case TASK_UNINTERRUPTIBLE:
	case TASK_KILLABLE:		return 'D';
	case TASK_STOPPED:		return 'T';
	case TASK_ZOMBIE:		return 'Z';
	default:			return 'X';
	}
}

static const char *
state_name(char letter)
{
	switch (letter) {
	case 'R':	return "R (running)";
	case 'S':	return "S (sleeping)";
	case 'D':	return "D (disk sleep)";
	case 'T':	return "T (stopped)";
	case 'Z':	return "Z (zombie)";
	default:	return "X (dead)";
	}
}

static void
add_counts(struct snapshot *s, const struct task *t)
{
	s->min_flt += t->min_flt;
	s->maj_flt += t->maj_flt;
	s->nvcsw += t->se.nvcsw;
	s->nivcsw += t->se.nivcsw;
}

/* Signal state: only of a thread still on its process's list. */
static void
snapshot_signals(struct snapshot *s, struct task *t)
{
	struct sighand *sh = t->sighand;

	if (!sh || list_empty(&t->thread_link))
		return;
	spin_lock(&sh->lock);
	s->pending = t->sig_pending;
	s->shared_pending = t->proc->sig_pending;
	s->blocked = t->sig_blocked;
	for (int i = 0; i < ABI_NSIG; i++) {
		if (sh->action[i].sa_handler == SIG_IGN)
			s->ignored |= 1UL << i;
		else if (sh->action[i].sa_handler != SIG_DFL)
			s->caught |= 1UL << i;
	}
	spin_unlock(&sh->lock);
}

/* Has the first thread of p ended before the others, or is p a zombie? Its id stays taken, and it is shown. */
static bool
leader_is_zombie(const struct process *p) MUST_HOLD(tasks_lock)
{
	return list_empty(&p->leader->thread_link) && task_find_locked(p->pid) == p->leader;
}

/* whole: sums over t's process. */
static void
snapshot_take(struct snapshot *s, struct task *t, bool whole)
{
	struct process *p = t->proc;
	struct tty *tty;
	ulong flags;

	memset(s, 0, sizeof(*s));
	flags = spin_lock_irqsave(&tasks_lock);
	memcpy(s->comm, t->comm, sizeof(s->comm));
	s->comm[sizeof(s->comm) - 1] = '\0';
	s->state = state_letter(t);
	s->tgid = p->pid;
	s->ppid = p->ppid;
	s->pgid = p->pgid;
	s->sid = p->sid;
	s->nthreads = p->nthreads + leader_is_zombie(p);
	s->exit_code = p->zombie ? p->exit_code : t->exit_code;
	tty = tty_controlling_locked(p);
	s->tty_nr = tty ? tty_dev(tty) : 0;
	s->tpgid = tty ? tty_pgrp(tty) : -1;
	if (whole) {
		struct task *u;

		process_times_locked(p, &s->utime, &s->stime);
		s->min_flt = p->min_flt;
		s->maj_flt = p->maj_flt;
		s->nvcsw = p->nvcsw;
		s->nivcsw = p->nivcsw;
		list_for_each(u, &p->threads, thread_link)
			add_counts(s, u);
	} else {
		task_times(t, &s->utime, &s->stime);
		add_counts(s, t);
	}
	s->cutime = p->cutime;
	s->cstime = p->cstime;
	s->cmin_flt = p->cmin_flt;
	s->cmaj_flt = p->cmaj_flt;
	memcpy(s->rlim, p->rlim, sizeof(s->rlim));
	snapshot_signals(s, t);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* Is n in /proc/PID itself, not below task/? The tables differ in their entries' addresses. */
static bool
is_whole(const struct pnode *n);

/* --- stat --- */

static int
stat_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	struct mm_usage u = { 0 };
	struct snapshot s;
	int prio;

	snapshot_take(&s, t, is_whole(n));
	if (mm)
		mm_usage(mm, &u);
	prio = t->se.prio ? -1 - t->se.prio : 20 + t->se.nice;

	pbuf_printf(b, "%d (%s) %c %d %d %d %d %d %u", t->pid, s.comm, s.state, s.ppid, s.pgid, s.sid,
		    s.tty_nr, s.tpgid, t->kernel_thread ? 0x00200000 : 0);
	pbuf_printf(b, " %lu %lu %lu %lu", s.min_flt, s.cmin_flt, s.maj_flt, s.cmaj_flt);
	pbuf_printf(b, " %lu %lu %lu %lu", (ulong)(s.utime / NSEC_PER_USER_TICK),
		    (ulong)(s.stime / NSEC_PER_USER_TICK), (ulong)(s.cutime / NSEC_PER_USER_TICK),
		    (ulong)(s.cstime / NSEC_PER_USER_TICK));
	pbuf_printf(b, " %d %d %d 0 %lu", prio, t->se.nice, s.nthreads,
		    (ulong)(t->start_time / NSEC_PER_USER_TICK));
	pbuf_printf(b, " %lu %lu %lu", (ulong)u.size << PAGE_SHIFT, (ulong)u.rss,
		    (ulong)s.rlim[RLIMIT_RSS].rlim_cur);
	pbuf_printf(b, " %lu %lu %lu 0 0", mm ? (ulong)mm->start_code : 0, mm ? (ulong)mm->end_code : 0,
		    mm ? (ulong)mm->start_stack : 0);
	/* The old signal fields hold only the first 31. */
	pbuf_printf(b, " %lu %lu %lu %lu", (ulong)(s.pending & 0x7fffffff), (ulong)(s.blocked & 0x7fffffff),
		    (ulong)(s.ignored & 0x7fffffff), (ulong)(s.caught & 0x7fffffff));
	pbuf_printf(b, " %d 0 0 %d %d %d %d 0 0 0", s.state == 'S' || s.state == 'D', t->exit_signal,
		    t->cpu, t->se.base_prio, t->se.policy);
	pbuf_printf(b, " %lu %lu %lu %lu %lu %lu %lu %d\n", mm ? (ulong)mm->start_data : 0,
		    mm ? (ulong)mm->end_data : 0, mm ? (ulong)mm->brk_start : 0, mm ? (ulong)mm->arg_start : 0,
		    mm ? (ulong)mm->arg_end : 0, mm ? (ulong)mm->env_start : 0, mm ? (ulong)mm->env_end : 0,
		    s.exit_code);
	if (mm)
		mm_put(mm);
	return 0;
}

/* --- status --- */

static void
put_memory_lines(struct pbuf *b, struct mm *mm)
{
	struct mm_usage u;

	mm_usage(mm, &u);
#define KB(pages)	((ulong)(pages) * (PAGE_SIZE / 1024))
	pbuf_printf(b, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmPin:\t%8u kB\n",
		    KB(mm->hiwater_pages), KB(u.size), KB(mm->locked_pages), 0);
	pbuf_printf(b, "VmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n", KB(MAX((u64)mm->hiwater_rss, u.rss)), KB(u.rss));
	pbuf_printf(b, "RssAnon:\t%8lu kB\nRssFile:\t%8lu kB\nRssShmem:\t%8u kB\n",
		    KB(u.rss - u.shared), KB(u.shared), 0);
	pbuf_printf(b, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\nVmLib:\t%8u kB\n",
		    KB(u.data), KB(u.stack), KB(u.text), 0);
	pbuf_printf(b, "VmPTE:\t%8lu kB\nVmSwap:\t%8u kB\n", KB(u.pt), 0);
#undef KB
}

/* The bits of set as the kernel's list format: "0-3". */
static void
put_cpus_allowed(struct pbuf *b, cpumask_t allowed)
{
	const char *comma = "";

	allowed &= BIT(ncpus) - 1;
	pbuf_printf(b, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t", (ulong)allowed);
	for (int cpu = 0; cpu < ncpus; cpu++) {
		int last = cpu;

		if (!(allowed >> cpu & 1))
			continue;
		while (last + 1 < ncpus && allowed >> (last + 1) & 1)
			last++;
		pbuf_printf(b, "%s%d", comma, cpu);
		if (last > cpu)
			pbuf_printf(b, "-%d", last);
		comma = ",";
		cpu = last;
	}
	pbuf_putc(b, '\n');
}

/* t's supplementary groups: copied, for t may change them. */
static void
put_groups(struct pbuf *b, const struct task *t)
{
	u32 room = READ_ONCE(t->ngroups), n = 0;
	u32 *copy = room ? kmalloc(room * sizeof(u32), GFP_KERNEL) : NULL;
	ulong flags;

	if (copy) {
		flags = spin_lock_irqsave(&tasks_lock);
		n = MIN(room, t->ngroups);
		memcpy(copy, t->groups, n * sizeof(u32));
		spin_unlock_irqrestore(&tasks_lock, flags);
	}
	for (u32 i = 0; i < n; i++)
		pbuf_printf(b, i ? " %u" : "%u", copy[i]);
	pbuf_putc(b, ' ');
	kfree(copy);
}

static int
status_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	struct files *files = task_files_get(t);
	struct fs_context *fs = task_fs_get(t);
	struct snapshot s;

	snapshot_take(&s, t, is_whole(n));
	pbuf_printf(b, "Name:\t%s\n", s.comm);
	if (fs)
		pbuf_printf(b, "Umask:\t%04o\n", fs->umask);
	pbuf_printf(b, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		    state_name(s.state), s.tgid, t->pid, s.ppid);
	pbuf_printf(b, "Uid:\t%u\t%u\t%u\t%u\n", t->uid, t->euid, t->suid, t->fsuid);
	pbuf_printf(b, "Gid:\t%u\t%u\t%u\t%u\n", t->gid, t->egid, t->sgid, t->fsgid);
	pbuf_printf(b, "FDSize:\t%u\nGroups:\t", files ? files->max : 0);
	put_groups(b, t);
	pbuf_printf(b, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", s.tgid, t->pid, s.pgid, s.sid);
	if (mm)
		put_memory_lines(b, mm);
	pbuf_printf(b, "Threads:\t%d\nSigQ:\t%d/%lu\n", s.nthreads, s.queued,
		    (ulong)s.rlim[RLIMIT_SIGPENDING].rlim_cur);
	pbuf_printf(b, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
		    (ulong)s.pending, (ulong)s.shared_pending, (ulong)s.blocked, (ulong)s.ignored,
		    (ulong)s.caught);
	pbuf_printf(b, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
		    (ulong)t->cap_inheritable, (ulong)t->cap_permitted, (ulong)t->cap_effective,
		    (ulong)t->cap_bounding, (ulong)t->cap_ambient);
	pbuf_printf(b, "NoNewPrivs:\t%d\nSeccomp:\t0\n", t->no_new_privs);
	put_cpus_allowed(b, t->se.allowed);
	pbuf_printf(b, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n", s.nvcsw, s.nivcsw);
	if (mm)
		mm_put(mm);
	if (files)
		files_put(files);
	if (fs)
		fs_context_put(fs);
	return 0;
}

/* --- the small ones --- */

static int
comm_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%.*s\n", TASK_COMM_LEN, t->comm);
	return 0;
}

/* Only threads of the same process: comm is written by its owner alone, or by a friend of it. */
static int
comm_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	if (t->proc != current->proc)
		return -EINVAL;
	strlcpy(t->comm, s, sizeof(t->comm));
	return 0;
}

static int
limits_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	static const struct { const char *name, *unit; } rows[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", "" },
		[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	struct snapshot s;

	snapshot_take(&s, t, true);
	pbuf_printf(b, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		char soft[24] = "unlimited", hard[24] = "unlimited";

		if (s.rlim[i].rlim_cur != RLIM_INFINITY)
			snprintf(soft, sizeof(soft), "%lu", (ulong)s.rlim[i].rlim_cur);
		if (s.rlim[i].rlim_max != RLIM_INFINITY)
			snprintf(hard, sizeof(hard), "%lu", (ulong)s.rlim[i].rlim_max);
		pbuf_printf(b, "%-25s %-20s %-20s", rows[i].name, soft, hard);
		if (*rows[i].unit)
			pbuf_printf(b, " %-10s\n", rows[i].unit);
		else
			pbuf_printf(b, "\n");
	}
	return 0;
}

static int
personality_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%08x\n", t->personality);
	return 0;
}

static int
oom_score_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	struct mm_usage u = { 0 };
	struct mem_stats m;
	long score = 0;

	mem_stats(&m);
	if (mm) {
		mm_usage(mm, &u);
		mm_put(mm);
		score = (long)((u.rss + u.pt) * 1000 / MAX(m.total, (u64)1)) + t->proc->oom_score_adj;
	}
	pbuf_printf(b, "%ld\n", MAX(score, 0L));
	return 0;
}

static int
oom_score_adj_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", t->proc->oom_score_adj);
	return 0;
}

static int
oom_score_adj_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	bool minus = *s == '-';
	long v = ptree_number(s + minus);

	if (v < 0 || v > 1000)
		return -EINVAL;
	v = minus ? -v : v;
	if (v < t->proc->oom_score_adj && !task_capable(BIT(CAP_SYS_RESOURCE)))
		return -EACCES;
	WRITE_ONCE(t->proc->oom_score_adj, v);
	return 0;
}

static int
wchan_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	const char *why = READ_ONCE(t->state) == TASK_RUNNING ? NULL : READ_ONCE(t->wait_reason);

	pbuf_printf(b, "%s", why ? why : "0");
	return 0;
}

/* --- fail-nth --- */

#ifdef DEBUG
/* How many more allocations of t until one fails; 0: it has failed, or none will. Printing is none of them. */
static int
fail_nth_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	long left = READ_ONCE(t->fail_nth);

	if (t == current)
		t->fail_nth = 0;
	pbuf_printf(b, "%ld\n", left);
	if (t == current)
		t->fail_nth = left;
	return 0;
}

static int
fail_nth_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	long left = ptree_number(s);

	if (left < 0)
		return -EINVAL;
	WRITE_ONCE(t->fail_nth, left);
	return 0;
}
#endif

/* --- task/ --- */

static int
task_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out)
{
	long tid = ptree_number(name);
	struct task *u = tid > 0 ? task_get_by_pid(tid) : NULL;
	bool ours = u && u->proc == t->proc;

	if (u)
		task_put(u);
	if (!ours)
		return -ENOENT;
	out->e = &thread_dir;
	out->pid = tid;
	return 0;
}

/* The smallest thread id of p that is at least `from`, and its start; 0 if there is none. */
static int
next_thread(struct process *p, int from, u64 *start)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct task *u;
	int tid = 0;

	list_for_each(u, &p->threads, thread_link)
		if (u->pid >= from && (!tid || u->pid < tid)) {
			tid = u->pid;
			*start = u->start_time;
		}
	u = p->leader;
	if (leader_is_zombie(p) && u->pid >= from && (!tid || u->pid < tid)) {
		tid = u->pid;
		*start = u->start_time;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return tid;
}

static int
task_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e)
{
	struct pnode n = { .e = &thread_dir };
	char name[12];

	for (;;) {
		n.pid = next_thread(t->proc, *e->pos - PTREE_DYNAMIC, &n.start);
		if (!n.pid)
			return 0;
		snprintf(name, sizeof(name), "%d", n.pid);
		if (!ptree_emit(e, name, &n, (loff_t)PTREE_DYNAMIC + n.pid + 1))
			return 0;
	}
}

/* --- the tables --- */

#define LINK(n)		{ .name = #n, .mode = S_IFLNK | 0777, .readlink = proc_##n##_readlink, \
			  .follow = proc_##n##_follow, .guarded = true }
#define SECRET(n, m, fn) { .name = (n), .mode = S_IFREG | (m), .show = (fn), .guarded = true }
#define SETTING(n, s, w) { .name = (n), .mode = S_IFREG | 0644, .show = (s), .write = (w) }

#ifdef DEBUG
#define DEBUG_ENTRIES	SETTING("fail-nth", fail_nth_show, fail_nth_write),
#else
#define DEBUG_ENTRIES
#endif

static const struct pentry net_table[] = {
	PFILE("unix", proc_net_unix_show),
	{ 0 },
};

/* There is one cgroup and one user name space, where every id is itself. */
#define ALL_IDS		"         0          0 4294967295\n"

#define COMMON_ENTRIES \
	SECRET("auxv", 0400, proc_auxv_show), \
	PTEXT("cgroup", "0::/\n"), \
	PFILE("cmdline", proc_cmdline_show), \
	SETTING("comm", comm_show, comm_write), \
	LINK(cwd), \
	SECRET("environ", 0400, proc_environ_show), \
	LINK(exe), \
	DEBUG_ENTRIES \
	{ .name = "fd", .mode = S_IFDIR | 0500, .lookup = proc_fd_lookup, .readdir = proc_fd_readdir, \
	  .guarded = true }, \
	{ .name = "fdinfo", .mode = S_IFDIR | 0555, .lookup = proc_fdinfo_lookup, .readdir = proc_fdinfo_readdir, \
	  .guarded = true }, \
	PTEXT("gid_map", ALL_IDS), \
	PFILE("limits", limits_show), \
	SETTING("loginuid", proc_loginuid_show, proc_loginuid_write), \
	SECRET("maps", 0444, proc_maps_show), \
	PFILE("mountinfo", proc_mountinfo_show), \
	PFILE("mounts", proc_mounts_show), \
	{ .name = "mountstats", .mode = S_IFREG | 0400, .show = proc_mountstats_show }, \
	PDIR("net", net_table), \
	PFILE("oom_score", oom_score_show), \
	SETTING("oom_score_adj", oom_score_adj_show, oom_score_adj_write), \
	SECRET("personality", 0400, personality_show), \
	PTEXT("projid_map", ALL_IDS), \
	LINK(root), \
	PFILE("sched", proc_pid_sched_show), \
	PFILE("schedstat", proc_pid_schedstat_show), \
	PFILE("sessionid", proc_sessionid_show), \
	PTEXT("setgroups", "allow\n"), \
	SECRET("smaps", 0444, proc_smaps_show), \
	SECRET("smaps_rollup", 0444, proc_smaps_rollup_show), \
	PFILE("stat", stat_show), \
	PFILE("statm", proc_statm_show), \
	PFILE("status", status_show), \
	PTEXT("uid_map", ALL_IDS), \
	PFILE("wchan", wchan_show)

static const struct pentry thread_table[] = {
	COMMON_ENTRIES,
	{ 0 },
};

static const struct pentry process_table[] = {
	{ .name = "task", .mode = S_IFDIR | 0555, .lookup = task_lookup, .readdir = task_readdir },
	COMMON_ENTRIES,
	{ 0 },
};

static const struct pentry thread_dir = PDIR("thread", thread_table);
const struct pentry proc_pid_dir = PDIR("process", process_table);

static bool
is_whole(const struct pnode *n)
{
	return n->e >= process_table && n->e < process_table + ARRAY_SIZE(process_table);
}
