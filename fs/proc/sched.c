/*
 * sched.c - what /proc says of the scheduler: sched and schedstat, of the machine and of a task.
 *
 * Locks       a run queue's lock to copy its numbers; of other tasks they may be a moment old.
 * Not here    the trace (schedtrace.c); sections that cannot be preempted (latency.c); /proc/PID/stat (pid.c).
 * Further     Linux Documentation/scheduler/sched-stats.rst, version 15.
 */
#include "abi/sched.h"
#include "arch/cpu.h"
#include "fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "lib/string.h"

static const char *
policy_name(int policy)
{
	switch (policy) {
	case SCHED_FIFO:	return "FIFO";
	case SCHED_RR:		return "RR";
	case SCHED_BATCH:	return "BATCH";
	case SCHED_IDLE:	return "IDLE";
	default:		return "OTHER";
	}
}

/* Less is more urgent: 0..98 real time, 120 and nice time sharing. */
static int
kernel_prio(const struct task *t)
{
	return t->se.prio ? 99 - t->se.prio : 120 + t->se.nice;
}

static void
put_ms(struct pbuf *b, int width, u64 ns)
{
	pbuf_printf(b, "%*lu.%03lu", width - 4, (ulong)(ns / NSEC_PER_MSEC),
		    (ulong)(ns % NSEC_PER_MSEC / NSEC_PER_USEC));
}

static bool
online(int cpu)
{
	return READ_ONCE(cpus_online) >> cpu & 1;
}

/* --- /proc/sched --- */

#define CLASSES_MAX	8

struct ready {				/* on one hart: how many wait, of each class */
	u32	n[CLASSES_MAX];
};

static void
count_ready(struct ready ready[MAX_CPUS])
{
	struct task *t;

	for (int pid = 1; (t = task_next(&pid, false)) != NULL; pid++) {
		int class = READ_ONCE(t->se.class)->order;

		if (READ_ONCE(t->se.queued) && class < CLASSES_MAX)
			ready[t->cpu].n[class]++;
		task_put(t);
	}
}

static void
put_hart(struct pbuf *b, int cpu, const struct ready *ready)
{
	struct rq *rq = cpu_rq(cpu);
	ulong flags = spin_lock_irqsave(&rq->lock);
	u64 switches = rq->switches, waited = rq->waited;	/* curr exists while the lock is held */
	ulong migrations = rq->nr_migrations;
	const char *class = rq->curr->se.class->name;
	int pid = rq->curr->pid;
	char comm[TASK_COMM_LEN];

	memcpy(comm, rq->curr->comm, sizeof(comm));
	spin_unlock_irqrestore(&rq->lock, flags);
	pbuf_printf(b, "%4d %5d %-15.15s %-13s", cpu, pid, comm, class);
	for (int i = 0; sched_classes[i + 1]; i++)
		pbuf_printf(b, " %13u", ready->n[i]);
	pbuf_printf(b, " %9lu %10lu", (ulong)switches, migrations);
	put_ms(b, 13, cpu_idle_ns(cpu));
	put_ms(b, 13, timer_ticks_to_ns(waited));
	pbuf_putc(b, '\n');
}

static void
put_ready_task(struct pbuf *b, const struct task *t)
{
	const struct sched_entity *se = &t->se;

	pbuf_printf(b, "%4d %5d %-15.15s %-13s %-6s %4d %4d %c", t->cpu, t->pid, t->comm, se->class->name,
		    policy_name(se->policy), kernel_prio(t), se->nice, t->on_cpu ? '>' : ' ');
	put_ms(b, 13, t->on_cpu ? 0 : timer_ticks_to_ns(timer_ticks() - se->ready_since));
	put_ms(b, 13, task_runtime((struct task *)t));
	put_ms(b, 15, se->vruntime);
	pbuf_putc(b, '\n');
}

/* A line for each hart, with how many tasks of each class wait there; then who runs and who waits. */
int
proc_sched_show(struct pbuf *b, const struct pnode *n, struct task *unused)
{
	struct ready ready[MAX_CPUS] = { 0 };
	struct task *t;

	count_ready(ready);
	pbuf_printf(b, "hart   pid %-15s %-13s", "task", "class");
	for (int i = 0; sched_classes[i + 1]; i++)
		pbuf_printf(b, " %13s", sched_classes[i]->name);
	pbuf_printf(b, " %9s %10s %12s %12s\n", "switches", "migrations", "idle ms", "waited ms");
	for (int cpu = 0; cpu < ncpus; cpu++)
		if (online(cpu))
			put_hart(b, cpu, &ready[cpu]);
	pbuf_printf(b, "\nwho runs (>) and who waits\nhart   pid %-15s %-13s policy prio nice   %12s %12s %14s\n",
		    "task", "class", "waiting ms", "run ms", "vruntime ms");
	for (int pid = 1; (t = task_next(&pid, false)) != NULL; pid++) {
		if (READ_ONCE(t->se.queued) || READ_ONCE(t->on_cpu))
			put_ready_task(b, t);
		task_put(t);
	}
	return 0;
}

/*
 * /proc/schedstat. Of each hart: sched_yield calls, 0, switches, of these to idle, wake-ups, of these from the same
 * hart, ns busy, ns waited by those that ran, switches. We count neither yields nor whence who was woken: 0.
 */
int
proc_schedstat_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	u64 now = clock_monotonic();

	pbuf_printf(b, "version 15\ntimestamp %lu\n", (ulong)(now / NSEC_PER_USER_TICK));
	for (int cpu = 0; cpu < ncpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);
		ulong switches = READ_ONCE(rq->switches);

		if (online(cpu))
			pbuf_printf(b, "cpu%d 0 0 %lu 0 0 0 %lu %lu %lu\n", cpu, switches,
				    (ulong)(now - MIN(cpu_idle_ns(cpu), now)),
				    (ulong)timer_ticks_to_ns(READ_ONCE(rq->waited)), switches);
	}
	return 0;
}

/* --- of one task: also in /proc/PID the thread PID alone, as on Linux --- */

/* How often it was put on a cpu. */
static ulong
times_run(const struct task *t)
{
	return t->se.nvcsw + t->se.nivcsw + (READ_ONCE(t->on_cpu) != 0);
}

static void
put_value(struct pbuf *b, const char *name, long value)
{
	pbuf_printf(b, "%-45s:%21ld\n", name, value);
}

static void
put_time(struct pbuf *b, const char *name, u64 ns)
{
	pbuf_printf(b, "%-45s:%14lu.%06lu\n", name, (ulong)(ns / NSEC_PER_MSEC), (ulong)(ns % NSEC_PER_MSEC));
}

int
proc_pid_sched_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	const struct sched_entity *se = &t->se;
	size_t start = b->len;

	pbuf_printf(b, "%.*s (%d, #threads: %d)", TASK_COMM_LEN, t->comm, t->pid, MAX(READ_ONCE(t->proc->nthreads), 1));
	start = b->len - start;
	pbuf_putc(b, '\n');
	for (size_t i = 0; i < MAX(start, (size_t)67); i++)
		pbuf_putc(b, '-');
	pbuf_putc(b, '\n');
	put_time(b, "se.exec_start", ticks_to_monotonic(se->exec_start));
	put_time(b, "se.vruntime", se->vruntime);
	put_time(b, "se.sum_exec_runtime", task_runtime(t));
	put_time(b, "wait_sum", timer_ticks_to_ns(se->waited));
	put_time(b, "se.deadline", se->deadline);
	put_value(b, "se.load.weight", se->weight);
	put_time(b, "se.slice", se->class->quantum(t));
	put_value(b, "se.nr_migrations", se->migrations);
	put_value(b, "nr_switches", se->nvcsw + se->nivcsw);
	put_value(b, "nr_voluntary_switches", se->nvcsw);
	put_value(b, "nr_involuntary_switches", se->nivcsw);
	put_value(b, "policy", se->policy);
	put_value(b, "prio", kernel_prio(t));
	put_value(b, "nice", se->nice);
	put_value(b, "hart", t->cpu);
	pbuf_printf(b, "%-45s:%21s\n", "class", se->class->name);
	return 0;
}

/* Run, waited to run, in ns; how often it was put on a cpu. */
int
proc_pid_schedstat_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%lu %lu %lu\n", (ulong)task_runtime(t), (ulong)timer_ticks_to_ns(t->se.waited), times_run(t));
	return 0;
}
