/*
 * sys_time.c - system calls about time: clocks and sleeping.
 *
 * Not here    the clocks (time.c); timers (timer.c); setitimer (itimer.c), timer_create (posixtimer.c).
 * Further     clock_gettime(2), nanosleep(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/time.h"
#include "arch/vdso.h"
#include "kernel/sched.h"
#include "kernel/signal_private.h"
#include "kernel/syscall.h"
#include "kernel/task_private.h"
#include "kernel/time.h"
#include "kernel/walltimer.h"
#include "lib/string.h"
#include "mm/usercopy.h"

/* --- between struct timespec and ns --- */

static int
to_ns(s64 sec, s64 frac, u64 unit, u64 *ns)
{
	if (sec < 0 || frac < 0 || frac >= (s64)(NSEC_PER_SEC / unit))
		return -EINVAL;
	*ns = sec >= (s64)(INT64_MAX / NSEC_PER_SEC) ? TIME_NEVER : sec * NSEC_PER_SEC + frac * unit;
	return 0;
}

int
timespec_from_user(uptr_t p, u64 *ns)
{
	struct abi_timespec ts;

	if (get_user(ts, p))
		return -EFAULT;
	return to_ns(ts.tv_sec, ts.tv_nsec, 1, ns);
}

int
timeval_from_user(uptr_t p, u64 *ns)
{
	struct abi_timeval tv;

	if (get_user(tv, p))
		return -EFAULT;
	return to_ns(tv.tv_sec, tv.tv_usec, NSEC_PER_USEC, ns);
}

int
timespec_to_user(uptr_t p, u64 ns)
{
	struct abi_timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	return put_user(ts, p);
}

int
itimerval_from_user(uptr_t p, u64 *value, u64 *interval)
{
	struct abi_itimerval itv;
	int err;

	if (get_user(itv, p))
		return -EFAULT;
	err = to_ns(itv.it_value.tv_sec, itv.it_value.tv_usec, NSEC_PER_USEC, value);
	return err ? err : to_ns(itv.it_interval.tv_sec, itv.it_interval.tv_usec, NSEC_PER_USEC, interval);
}

int
itimerspec_from_user(uptr_t p, u64 *value, u64 *interval)
{
	struct abi_itimerspec its;
	int err;

	if (get_user(its, p))
		return -EFAULT;
	err = to_ns(its.it_value.tv_sec, its.it_value.tv_nsec, 1, value);
	return err ? err : to_ns(its.it_interval.tv_sec, its.it_interval.tv_nsec, 1, interval);
}

int
itimerspec_to_user(uptr_t p, u64 value, u64 interval)
{
	struct abi_itimerspec its = {
		{ interval / NSEC_PER_SEC, interval % NSEC_PER_SEC }, { value / NSEC_PER_SEC, value % NSEC_PER_SEC },
	};

	return put_user(its, p);
}

/* --- clocks --- */

/* By pid, the number is ~pid << 3 | thread << 2 | what: 0 and 2 all time, 1 user time. */
int
cpu_clock_get(int id, struct cpu_timer *t)
{
	bool thread = id == CLOCK_THREAD_CPUTIME_ID || (id < 0 && (id & 4));
	int pid = id < 0 ? ~(id >> 3) : 0;
	struct task *task = current;

	if (id < 0 && (id & 3) == 3)
		return -EINVAL;
	if (pid)
		task = task_get_by_pid(pid);
	else
		task_get(task);
	if (!task)
		return -EINVAL;
	if (pid && (thread ? task->proc != current->proc : task->proc->pid != pid)) {
		task_put(task);
		return -EINVAL;
	}
	list_init(&t->link);
	t->proc = task->proc;
	t->thread = thread ? task : NULL;
	t->user_only = id < 0 && (id & 3) == 1;
	process_get(t->proc);
	if (!thread)
		task_put(task);
	return 0;
}

void
cpu_clock_put(struct cpu_timer *t)
{
	if (t->thread)
		task_put(t->thread);
	process_put(t->proc);
}

static int
cpu_clock_read(int id, u64 *ns)
{
	struct cpu_timer t;
	int err = cpu_clock_get(id, &t);

	if (err)
		return err;
	*ns = cpu_timer_now(&t);
	cpu_clock_put(&t);
	return 0;
}

/* What clock `id` shows: 0 or -EINVAL. */
static int
clock_read(int id, u64 *ns)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = clock_realtime();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_monotonic();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return cpu_clock_read(id, ns);
	default:
		return id < 0 ? cpu_clock_read(id, ns) : -EINVAL;
	}
}

long
sys_clock_gettime(const ulong *a)
{
	u64 ns;
	int err = clock_read(a[0], &ns);

	return err ? err : timespec_to_user(UPTR(a[1]), ns);
}

long
sys_clock_getres(const ulong *a)
{
	int id = a[0], err;
	u64 ns;

	err = clock_read(id, &ns);
	if (err || !a[1])
		return err;
	return timespec_to_user(UPTR(a[1]),
				id == CLOCK_REALTIME_COARSE || id == CLOCK_MONOTONIC_COARSE ? VDSO_COARSE_NS : 1);
}

static int
set_wall_clock(u64 ns)
{
	if (ns >= CLOCK_SET_MAX)
		return -EINVAL;
	if (!task_capable(BIT(CAP_SYS_TIME)))
		return -EPERM;
	if (ns < clock_monotonic())		/* as Linux: not before the machine started in 1970 */
		return -EINVAL;
	clock_set_realtime(ns);
	return 0;
}

long
sys_clock_settime(const ulong *a)
{
	u64 ns;
	int err;

	if ((int)a[0] != CLOCK_REALTIME)
		return -EINVAL;
	err = timespec_from_user(UPTR(a[1]), &ns);
	return err ? err : set_wall_clock(ns);
}

long
sys_gettimeofday(const ulong *a)
{
	static const struct abi_timezone utc;
	u64 ns = clock_realtime();
	struct abi_timeval tv = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };

	if (a[0] && put_user(tv, UPTR(a[0])))
		return -EFAULT;
	if (a[1] && put_user(utc, UPTR(a[1])))
		return -EFAULT;
	return 0;
}

/* settimeofday(2). The kernel's time zone is UTC whatever is asked. */
long
sys_settimeofday(const ulong *a)
{
	u64 ns;
	int err;

	if (!a[0])
		return task_capable(BIT(CAP_SYS_TIME)) ? 0 : -EPERM;
	err = timeval_from_user(UPTR(a[0]), &ns);
	return err ? err : set_wall_clock(ns);
}

/* times(2): in 1/ABI_CLK_TCK s. Returns the time since boot. */
long
sys_times(const ulong *a)
{
	const u64 tick = NSEC_PER_SEC / ABI_CLK_TCK;
	struct process *p = current->proc;
	struct abi_tms tms;
	u64 utime, stime;

	if (a[0]) {
		process_times(p, &utime, &stime);
		tms.tms_utime = utime / tick;
		tms.tms_stime = stime / tick;
		tms.tms_cutime = p->cutime / tick;
		tms.tms_cstime = p->cstime / tick;
		if (put_user(tms, UPTR(a[0])))
			return -EFAULT;
	}
	return clock_monotonic() / tick;
}

/* --- sleeping --- */

static long	sleep_restart(struct task *t);

/* Sleep until deadline. If a signal comes: *left gets the time that remained, unless rem is null. */
static long
sleep_for(u64 deadline, uptr_t rem)
{
	struct task *t = current;
	u64 now;
	int err;

	do
		err = sleep_until(deadline);
	while (err == 1);
	if (!err)
		return 0;
	now = clock_monotonic();
	if (rem.addr && timespec_to_user(rem, now < deadline ? deadline - now : 0))
		return -EFAULT;
	t->restart_fn = sleep_restart;
	t->restart_arg[0] = deadline;
	t->restart_arg[1] = rem.addr;
	return -ERESTART_RESTARTBLOCK;
}

static long
sleep_restart(struct task *t)
{
	return sleep_for(t->restart_arg[0], UPTR(t->restart_arg[1]));
}

u64
deadline_after(u64 ns)
{
	return time_add(clock_monotonic(), ns);
}

long
sys_nanosleep(const ulong *a)
{
	u64 ns;
	int err = timespec_from_user(UPTR(a[0]), &ns);

	return err ? err : sleep_for(deadline_after(ns), UPTR(a[1]));
}

static long	cpu_sleep_restart(struct task *t);

/* Sleep until CPU clock `id` shows expires; interrupted: *rem gets what was left, if rem is not null. */
static long
cpu_sleep(int id, u64 expires, bool absolute, uptr_t rem)
{
	struct task *me = current;
	struct cpu_timer t;
	u64 now;
	int err = cpu_clock_get(id, &t);

	if (err)
		return err;
	if (!absolute)
		expires = time_add(cpu_timer_now(&t), expires);
	err = cpu_timer_sleep(&t, expires);
	now = cpu_timer_now(&t);
	cpu_clock_put(&t);
	if (!err)
		return 0;
	if (absolute && !rem.addr)
		return -ERESTARTNOHAND;
	if (rem.addr && timespec_to_user(rem, now < expires ? expires - now : 0))
		return -EFAULT;
	me->restart_fn = cpu_sleep_restart;
	me->restart_arg[0] = expires;
	me->restart_arg[1] = rem.addr;
	me->restart_arg[2] = id;
	return -ERESTART_RESTARTBLOCK;
}

static long
cpu_sleep_restart(struct task *t)
{
	return cpu_sleep(t->restart_arg[2], t->restart_arg[0], true, UPTR(t->restart_arg[1]));
}

/* Is it a clock of CPU time that current may sleep by? Not its own thread's: that one would stand still. */
static int
cpu_sleep_check(int id)
{
	u64 ns;

	if (id == CLOCK_THREAD_CPUTIME_ID)
		return -EOPNOTSUPP;
	if (id < 0 && (id & 4) && (!~(id >> 3) || ~(id >> 3) == current->pid))
		return -EINVAL;
	return clock_read(id, &ns);
}

/* clock_nanosleep(2). */
long
sys_clock_nanosleep(const ulong *a)
{
	int id = a[0], err;
	bool wall = id == CLOCK_REALTIME || id == CLOCK_TAI || id == CLOCK_REALTIME_ALARM;
	bool cpu = id < 0 || id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID;
	bool absolute = a[1] & TIMER_ABSTIME;
	u64 ns;

	if (!wall && !cpu && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME && id != CLOCK_BOOTTIME_ALARM)
		return clock_read(id, &ns) ? -EINVAL : -EOPNOTSUPP;
	err = timespec_from_user(UPTR(a[2]), &ns);
	if (!err && cpu)
		err = cpu_sleep_check(id);
	if (err)
		return err;
	if (cpu)
		return cpu_sleep(id, ns, absolute, absolute ? UPTR(0) : UPTR(a[3]));
	if (!absolute)
		return sleep_for(deadline_after(ns), UPTR(a[3]));
	if (wall)
		return sleep_until_wall(ns) ? -ERESTARTNOHAND : 0;
	do
		err = sleep_until(ns);
	while (err == 1);
	return err ? -ERESTARTNOHAND : 0;
}
