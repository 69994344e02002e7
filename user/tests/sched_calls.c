/* sched_calls: policies, priorities, nice values and affinity are kept, inherited and checked. */
#include <sched.h>
#include <sys/resource.h>
#include "test.h"

static void
inherits(void)
{
	CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_OTHER);
	CHECK(getpriority(PRIO_PROCESS, 0) == 7);
}

static void
nobody(void)
{
	struct sched_param one = { 1 };

	CHECK(setuid(65534) == 0);
	CHECK_ERRNO(EPERM, syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &one));
	CHECK(setpriority(PRIO_PROCESS, 0, -5) == -1 && (errno == EACCES || errno == EPERM));
	CHECK(setpriority(PRIO_PROCESS, 0, 10) == 0);
}

int
main(void)
{
	struct sched_param p = { 0 };
	struct timespec t;
	unsigned long mask = 0, all;
	unsigned cpu = 99;

	CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_OTHER);
	CHECK(syscall(SYS_sched_getparam, 0, &p) == 0 && p.sched_priority == 0);
	CHECK(syscall(SYS_sched_get_priority_min, SCHED_FIFO) == 1);
	CHECK(syscall(SYS_sched_get_priority_max, SCHED_FIFO) == 99);
	CHECK(syscall(SYS_sched_get_priority_max, SCHED_OTHER) == 0);
	CHECK_ERRNO(EINVAL, syscall(SYS_sched_get_priority_max, 77));
	CHECK_ERRNO(EINVAL, syscall(SYS_sched_setscheduler, 0, 77, &p));
	CHECK_ERRNO(EINVAL, syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));	/* priority 0 */
	CHECK_ERRNO(ESRCH, syscall(SYS_sched_getscheduler, 999999));
	p.sched_priority = 10;
	CHECK_ERRNO(EINVAL, syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p));
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_RR, &p) == 0);
	CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_RR);
	p.sched_priority = 0;
	CHECK(syscall(SYS_sched_getparam, 0, &p) == 0 && p.sched_priority == 10);
	CHECK(syscall(SYS_sched_rr_get_interval, 0, &t) == 0 && t.tv_sec == 0 && t.tv_nsec > 0);
	p.sched_priority = 0;
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p) == 0);

	CHECK(setpriority(PRIO_PROCESS, 0, 7) == 0 && getpriority(PRIO_PROCESS, 0) == 7);
	CHECK(exited(in_child(inherits), 0));
	CHECK(setpriority(PRIO_PROCESS, 0, 100) == 0 && getpriority(PRIO_PROCESS, 0) == 19);
	CHECK(setpriority(PRIO_PROCESS, 0, 0) == 0);
	CHECK_ERRNO(EINVAL, setpriority(9, 0, 0));
	CHECK(exited(in_child(nobody), 0));

	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof all, &all) > 0 && all & 1);
	mask = 0;
	CHECK_ERRNO(EINVAL, syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask));
	for (int i = 0; i < 64; i++) {		/* the call moves us before it returns */
		if (!(all >> i & 1))
			continue;
		mask = 1UL << i;
		CHECK(syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask) == 0);
		CHECK(syscall(SYS_getcpu, &cpu, NULL, NULL) == 0 && cpu == (unsigned)i);
	}
	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof all, &all) == 0);
	return 0;
}
