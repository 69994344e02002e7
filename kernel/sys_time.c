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

/*
 * A CPU-time clock: of a process or thread by pid, encoded as ~pid << 3 | thread << 2 | 2 (clock_getcpuclockid),
 * or current's. 0 or -EINVAL.
 */
static int
cpu_clock(int id, u64 *ns)
{
	bool thread = id == CLOCK_THREAD_CPUTIME_ID || (id < 0 && (id & 4));
	int pid = id < 0 ? ~(id >> 3) : 0;
	struct task *t = current;
	u64 stime;

	if (id < 0 && (id & 3) == 3)
		return -EINVAL;
	if (pid) {
		t = task_get_by_pid(pid);
		if (!t || (thread ? t->proc != current->proc : t->proc->pid != pid)) {
			if (t)
				task_put(t);
			return -EINVAL;
		}
	}
	if (thread)
		task_times(t, ns, &stime);
	else
		process_times(t->proc, ns, &stime);
	*ns += stime;
	if (pid)
		task_put(t);
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
		return cpu_clock(id, ns);
	default:
		return id < 0 ? cpu_clock(id, ns) : -EINVAL;
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
	u64 now = clock_monotonic();

	return ns > TIME_NEVER - now ? TIME_NEVER : now + ns;
}

long
sys_nanosleep(const ulong *a)
{
	u64 ns;
	int err = timespec_from_user(UPTR(a[0]), &ns);

	return err ? err : sleep_for(deadline_after(ns), UPTR(a[1]));
}

long
sys_clock_nanosleep(const ulong *a)
{
	int id = a[0], flags = a[1], err;
	bool wall = id == CLOCK_REALTIME || id == CLOCK_TAI || id == CLOCK_REALTIME_ALARM;
	u64 ns;

	if (!wall && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME && id != CLOCK_BOOTTIME_ALARM)
		return id == CLOCK_THREAD_CPUTIME_ID || clock_read(id, &ns) ? -EINVAL : -EOPNOTSUPP;
	err = timespec_from_user(UPTR(a[2]), &ns);
	if (err)
		return err;
	if (!(flags & TIMER_ABSTIME))
		return sleep_for(deadline_after(ns), UPTR(a[3]));
	if (wall)
		ns = clock_to_monotonic(ns);
	do
		err = sleep_until(ns);
	while (err == 1);
	return err ? -ERESTARTNOHAND : 0;
}
