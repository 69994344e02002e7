/*
 * machine.c - a hart that never was: kernel threads as coroutines, virtual time, interrupts.
 *
 *	spin_unlock, irq_restore ... --> host_tick --> disk_event, timer_interrupt   (interrupts)
 *	                                     |
 *	                                     +--> TASK_WORK_RESCHED --> preempt_resched --> another task
 *	schedule --> another task; none is ready: time jumps to the next interrupt; none will come: a deadlock, told
 *
 * Data        tasks: all of them; ready[]: those that could run, in no order, for the next is drawn by lot.
 * Locks       none: one thread of the host's, which changes stacks only in switch_to_task.
 * Invariants  H1  se.queued <=> in ready[]; current is not.
 *             H2  the choices depend on the seed only: host_random() is called nowhere else than where the
 *                 kernel code's own steps lead.
 * Not here    memory (memory.c), the disk (disk.c), what the host's system does for us (os.c).
 */
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include "fs/host/context.h"
#include "fs/host/host.h"
#include "fs/host/private.h"
#include "kernel/lockcheck.h"
#include "kernel/task.h"
#include "lib/fmt.h"

#define STACK_SIZE	(256 * KiB)
#define MAX_TASKS	512
#define TICK_NS		50		/* what each look at the clock costs */
#define SPIN_LIMIT	100000
#define DAEMON		2		/* kernel_thread of one that nobody joins */

struct host_context {
	struct context c;
	char	*stack;			/* NULL: main's own, or freed */
	void	(*fn)(void *);
	void	*arg;
};

struct task *host_current;
bool host_irqs_off;
u64 host_now;

static struct task *tasks[MAX_TASKS], *ready[MAX_TASKS];
static uint ntasks, nready;
static struct waitq joiners = WAITQ_INIT(joiners);
static struct task *dead;		/* its stack is to be freed by who runs next */
struct process host_process;
static u64 random_state = 1;
static u64 timer_at = TIME_NEVER;
static uint preempt_every = 60, until_preempt = 60;
static bool in_interrupt;
static uint spins;
static int next_pid = 1;

u64
host_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dUL >> 3;
}

void
host_seed(u64 seed)
{
	random_state = seed * 0x9e3779b97f4a7c15UL + 0x1234567;
	if (!random_state)
		random_state = 1;
	for (int i = 0; i < 4; i++)
		host_random();
}

void
host_preempt(uint n)
{
	preempt_every = n;
	until_preempt = n;
}

/* ---- tasks ---- */

static struct task *
task_make(const char *name)
{
	struct task *t = calloc(1, sizeof(*t));
	struct host_context *c = calloc(1, sizeof(*c));

	if (!t || !c || ntasks == MAX_TASKS)
		panic("the host has no room for task %s", name);
	t->arch.context = c;
	t->pid = next_pid++;
	t->proc = &host_process;
	t->kernel_thread = 1;
	t->cap_effective = ~0UL;
	t->on_cpu = 0;
	list_init(&t->thread_link);
	list_init(&t->sig_queue);
	list_init(&t->pi_loans);
	strncpy(t->comm, name, sizeof(t->comm) - 1);
	atomic_set(&t->refs, 1);
	if (current) {
		t->fs = current->fs;
		t->files = current->files;
	}
	tasks[ntasks++] = t;
	return t;
}

static void
task_forget(struct task *t)
{
	for (uint i = 0; i < ntasks; i++) {
		if (tasks[i] != t)
			continue;
		tasks[i] = tasks[--ntasks];
		free(t->arch.context);
		free(t);
		return;
	}
	panic("no such task");
}

static void
make_ready(struct task *t)
{
	if (t->se.queued)
		return;
	t->se.queued = true;
	ready[nready++] = t;
}

/* Stacks of those that ended are kept for the next. */
static char *spare_stacks[16];

static char *
stack_get(void)
{
	for (uint i = 0; i < ARRAY_SIZE(spare_stacks); i++) {
		char *p = spare_stacks[i];

		if (p) {
			spare_stacks[i] = NULL;
			return p;
		}
	}
	return malloc(STACK_SIZE);
}

static void
stack_put(char *p)
{
	ASAN_UNPOISON_MEMORY_REGION(p, STACK_SIZE);	/* the red zones of frames that never returned */
	for (uint i = 0; i < ARRAY_SIZE(spare_stacks); i++)
		if (!spare_stacks[i]) {
			spare_stacks[i] = p;
			return;
		}
	free(p);
}

/* After a switch, on the new stack: the one that ended gives back its own. */
static void
bury(void)
{
	struct task *t = dead;

	if (!t)
		return;
	dead = NULL;
	stack_put(t->arch.context->stack);
	t->arch.context->stack = NULL;
	if (t->kernel_thread == DAEMON)
		task_forget(t);
}

static void
switch_to_task(struct task *next)
{
	struct task *prev = current;

	if (next == prev)
		return;
	prev->on_cpu = 0;
	next->on_cpu = 1;
	host_current = next;
	context_switch(&prev->arch.context->c, &next->arch.context->c, prev->state == TASK_DEAD);
	bury();
}

/* ---- interrupts and time ---- */

void
timer_set(u64 when)
{
	timer_at = when;
}

u64 clock_boot_ticks;
static u64 realtime_offset;

void clock_init(void) { clock_boot_ticks = host_now; }
u64 clock_monotonic(void) { return host_now - clock_boot_ticks; }
u64 clock_realtime(void) { return clock_monotonic() + realtime_offset; }
void clock_set_realtime(u64 ns) { realtime_offset = ns - clock_monotonic(); }

static u64
next_event(void)
{
	return MIN(timer_at, host_disk_next());
}

/* Call what is due. Interrupts are off meanwhile, on the stack of whoever was running. */
static void
interrupts(void)
{
	bool off = host_irqs_off;

	in_interrupt = true;
	host_irqs_off = true;
	while (next_event() <= host_now) {
		if (host_disk_next() <= host_now)
			host_disk_event();
		else
			timer_interrupt(false);
	}
	host_irqs_off = off;
	in_interrupt = false;
}

void
host_tick(void)
{
	if (in_interrupt || !current)
		return;
	host_now += TICK_NS;
	spins = 0;
	if (next_event() <= host_now)
		interrupts();
	if (preempt_every && --until_preempt == 0) {
		until_preempt = 1 + host_below(2 * preempt_every);
		current->arch.work |= TASK_WORK_RESCHED;
	}
}

void
cpu_relax(void)
{
	if (++spins == SPIN_LIMIT)
		panic("%s spins for something that cannot happen meanwhile", current->comm);
}

static void
deadlock(void)
{
	for (uint i = 0; i < ntasks; i++)
		fprintf(stderr, "task %d %-16s state %d%s\n", tasks[i]->pid, tasks[i]->comm, tasks[i]->state,
			tasks[i] == current ? " (the last to run)" : "");
	panic("every task sleeps, and nothing will wake one");
}

/* Who is next? If nobody can run, wait for an interrupt: time jumps to it. */
static struct task *
pick(void)
{
	struct task *t;
	uint i;

	while (nready == 0) {
		u64 next = next_event();

		if (next == TIME_NEVER)
			deadlock();
		host_now = MAX(host_now, next);
		interrupts();
	}
	i = host_below(nready);
	t = ready[i];
	ready[i] = ready[--nready];
	t->se.queued = false;
	return t;
}

/* ---- what kernel/sched.c does on a real machine ---- */

void
schedule(void)
{
	bool off = host_irqs_off;

	assert(!in_interrupt);
	lockcheck_may_sleep();
	host_irqs_off = false;
	if (current->plug)
		host_disk_unplug();
	if (current->state == TASK_RUNNING)
		make_ready(current);
	current->arch.work &= ~(u32)TASK_WORK_RESCHED;
	switch_to_task(pick());
	host_irqs_off = off;
}

void
preempt_resched(void)
{
	if (!irq_enabled() || current->arch.preempt_count || in_interrupt)
		return;
	current->arch.work &= ~(u32)TASK_WORK_RESCHED;
	make_ready(current);		/* preempted, not asleep, whatever its state */
	switch_to_task(pick());
	host_irqs_off = false;
}

void
sched_yield_current(void)
{
	schedule();
}

bool
wake_task(struct task *t, int mask)
{
	if (!(t->state & mask))
		return false;
	t->state = TASK_RUNNING;
	if (t != current || in_interrupt)
		make_ready(t);
	return true;
}

/* All are equals here. */
void sched_donate(struct task *t, int rt_prio) { }

void
sched_start(struct task *t)
{
	t->state = TASK_RUNNING;
	make_ready(t);
}

static void
task_main(void)
{
	struct host_context *h = current->arch.context;

	context_started();
	bury();
	host_irqs_off = false;
	h->fn(h->arg);
	task_exit(0);
}

struct task *
host_spawn(const char *name, void (*fn)(void *), void *arg)
{
	struct task *t = task_make(name);
	struct host_context *h = t->arch.context;

	h->stack = stack_get();
	if (!h->stack)
		panic("no stack for %s", name);
	h->fn = fn;
	h->arg = arg;
	context_make(&h->c, h->stack, STACK_SIZE, task_main);
	sched_start(t);
	return t;
}

struct task *
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
	struct task *t;

	if (host_alloc_fails(GFP_KERNEL))
		return NULL;
	t = host_spawn(name, fn, arg);
	t->kernel_thread = DAEMON;
	nready--;			/* not yet running: it was put last */
	t->se.queued = false;
	t->state = TASK_UNINTERRUPTIBLE;
	return t;
}

void
task_exit(int code)
{
	struct task *next;

	assert(current->arch.context->stack);
	if (current->journal_handle || current->plug)
		panic("%s ends with an open handle or plug", current->comm);
	if (current->nheld)
		panic("%s ends with a lock held", current->comm);
	current->exit_code = code;
	host_irqs_off = true;		/* not preempted any more */
	current->state = TASK_DEAD;
	wake_up_all(&joiners);
	next = pick();
	dead = current;
	switch_to_task(next);
	__builtin_unreachable();
}

void
process_exit(int code)
{
	task_exit(code);
}

void
host_join(struct task *t)
{
	wait_event(&joiners, t->state == TASK_DEAD);
	while (t->arch.context->stack)
		schedule();		/* it is on its way out */
	task_forget(t);
}

void
host_sleep(u64 ns)
{
	u64 until = clock_monotonic() + ns;

	while (clock_monotonic() < until)
		sleep_until(until);
}

/* ---- start and end ---- */

int host_failures;

void
host_failed(const char *file, int line, const char *what)
{
	host_failures++;
	printf("%s:%d: not so: %s\n", file, line, what);
}

void
host_boot(int argc, char **argv)
{
	u64 seed = 1;

	os_same_addresses(argv);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-s") && i + 1 < argc)
			seed = strtoul(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "-v"))
			console_loglevel = 8;
		else if (!strcmp(argv[i], "-q"))
			console_loglevel = 0;
	}
	host_seed(seed);
	host_process.pid = 1;
	list_init(&host_process.threads);
	host_current = task_make("main");
	host_current->on_cpu = 1;
	os_stack(&host_current->arch.context->c.bottom, &host_current->arch.context->c.size);
	host_now = NSEC_PER_SEC;
	host_memory_init();
	timers_init();
	clock_set_realtime(1700000000 * NSEC_PER_SEC);
	host_kernel_init();
}

int
host_end(void)
{
	if (host_failures)
		printf("%d checks failed\n", host_failures);
	fflush(stdout);
	return host_failures ? 1 : 0;
}
