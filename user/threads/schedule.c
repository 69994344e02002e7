/* schedule.c - policy, priority, niceness, affinity and name of each thread, at its start and later. */
#include <sys/resource.h>
#include "threads.h"

static _Atomic bool leave;
static _Atomic pid_t tid;

static const char *
policy_name(int policy)
{
	return policy == SCHED_OTHER ? "other" : policy == SCHED_FIFO ? "fifo" : policy == SCHED_RR ? "rr" : "another";
}

static void *
say_policy(void *unused)
{
	struct sched_param p;
	int policy;

	(void)unused;
	MUST(pthread_getschedparam(pthread_self(), &policy, &p) == 0);
	printf("%s %d\n", policy_name(policy), p.sched_priority);
	return NULL;
}

static void *
stay(void *unused)
{
	(void)unused;
	tid = gettid();
	while (!leave)
		sleep_ms(1);
	say_policy(NULL);
	VALUE(getpriority(PRIO_PROCESS, 0));
	return NULL;
}

static void
at_start(int inherit, int policy, int priority)
{
	struct sched_param p = { .sched_priority = priority };
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	RESULT(pthread_attr_setinheritsched(&a, inherit));
	RESULT(pthread_attr_setschedpolicy(&a, policy));
	RESULT(pthread_attr_setschedparam(&a, &p));
	MUST(pthread_create(&t, &a, say_policy, NULL) == 0);
	join(t);
	pthread_attr_destroy(&a);
}

static void
policies(void)
{
	struct sched_param p = { .sched_priority = 7 };
	pthread_t t;

	VALUE(sched_get_priority_max(SCHED_FIFO));
	VALUE(sched_get_priority_min(SCHED_RR));
	at_start(PTHREAD_EXPLICIT_SCHED, SCHED_FIFO, 11);
	at_start(PTHREAD_INHERIT_SCHED, SCHED_FIFO, 11);
	t = start(stay, NULL);
	until_asleep(&tid);
	RESULT(pthread_setschedparam(t, SCHED_RR, &p));
	RESULT(pthread_setschedprio(t, 9));
	RESULT(pthread_setschedprio(t, 0));
	RESULT(pthread_setschedparam(t, SCHED_OTHER, &p));
	p.sched_priority = 100;
	RESULT(pthread_setschedparam(t, SCHED_FIFO, &p));
	CALL(setpriority(PRIO_PROCESS, tid, 5));
	VALUE(getpriority(PRIO_PROCESS, 0));	/* not ours */
	leave = true;
	join(t);
	p.sched_priority = 3;
	RESULT(pthread_setschedparam(pthread_self(), SCHED_FIFO, &p));
	join(start(say_policy, NULL));
	p.sched_priority = 0;
	RESULT(pthread_setschedparam(pthread_self(), SCHED_OTHER, &p));
	CALL(sched_yield());
}

/* --- affinity --- */

static void *
look_where(void *cpu)
{
	cpu_set_t set;

	MUST(pthread_getaffinity_np(pthread_self(), sizeof set, &set) == 0);
	return (void *)(long)(CPU_COUNT(&set) == 1 && CPU_ISSET((long)cpu, &set) && sched_getcpu() == (long)cpu);
}

static void
affinity(void)
{
	cpu_set_t all, one;
	long right = 0, count;

	MUST(pthread_getaffinity_np(pthread_self(), sizeof all, &all) == 0);
	count = CPU_COUNT(&all);
	VALUE(count == sysconf(_SC_NPROCESSORS_ONLN));
	for (long cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		MUST(pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0);
		right += sched_getcpu() == cpu;
		right += join(start(look_where, (void *)cpu));		/* inherited */
	}
	VALUE(right == 2 * count);
	CPU_ZERO(&one);
	RESULT(pthread_setaffinity_np(pthread_self(), sizeof one, &one));
	RESULT(pthread_setaffinity_np(pthread_self(), sizeof all, &all));
}

/* --- names --- */

static void
names(void)
{
	char path[64], name[32] = "";
	pthread_t t;
	int fd;

	leave = tid = 0;
	t = start(stay, NULL);
	until_asleep(&tid);
	RESULT(pthread_setname_np(t, "worker"));
	RESULT(pthread_setname_np(t, "longer than sixteen"));
	RESULT(pthread_getname_np(t, name, sizeof name));
	puts(name);
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", tid);
	MUST((fd = open(path, O_RDONLY)) >= 0);
	VALUE(read(fd, name, sizeof name));
	close(fd);
	RESULT(pthread_getname_np(pthread_self(), name, 2));
	leave = true;
	join(t);
}

int
schedule_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("- policies");
	policies();
	puts("- affinity");
	affinity();
	puts("- names");
	names();
	return 0;
}
