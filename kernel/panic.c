/*
 * panic.c - the end of a broken kernel: say why, show every hart, stop the machine.
 *
 * Works at any moment: nothing here takes a lock or allocates, printk leaves its lock aside once
 * panicking() is true, and a second panic on the way, here or elsewhere, does no more than stop.
 */
#include <stdarg.h>
#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "arch/power.h"
#include "arch/trap.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/fmt.h"
#include "lib/string.h"

static int panic_cpu = -1;			/* [a] the first cpu that panicked */
static char reason[256];			/* not on the stack, which may be short */
static struct trapframe here;

bool
panicking(void)
{
	return __atomic_load_n(&panic_cpu, __ATOMIC_RELAXED) >= 0;
}

static void
show_hart(int cpu, const struct trapframe *r)
{
	const struct task *t = (const struct task *)r->tp;
	bool known = cpu == current->cpu;

	if (known)
		t = current;
	printk(KERN_EMERG "cpu %d (hart %lu):\n", cpu, cpu_hartid(cpu));
	if (known)
		printk(KERN_EMERG "task %d %s\n", t->pid, t->comm);
	regs_print(r);
	printk(KERN_EMERG "backtrace:\n");
	backtrace_regs(r);
}

static void NORETURN
die(const struct trapframe *r, const char *fmt, va_list ap)
{
	int none = -1, me = current->cpu, cpu;
	const struct trapframe *other;

	irq_disable();
	if (!__atomic_compare_exchange_n(&panic_cpu, &none, me, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		if (none != me)
			cpu_halt_self(r);
		/* A panic inside a panic: the firmware's console, and no more. */
		vsnprintf(reason, sizeof(reason), fmt, ap);
		early_console_write("\npanic in panic: ", 17);
		early_console_write(reason, strlen(reason));
		early_console_write("\n", 1);
		machine_fail(1);
	}
	console_loglevel = 8;
	vsnprintf(reason, sizeof(reason), fmt, ap);
	printk(KERN_EMERG "Kernel panic: %s\n", reason);	/* first: what follows may fail too */
	cpu_halt_others();
	show_hart(me, r);
	for (cpu = 0; cpu < ncpus; cpu++) {
		if (cpu == me || !(cpus_online & BIT(cpu)))
			continue;
		other = cpu_halted_regs(cpu);
		if (other)
			show_hart(cpu, other);
		else
			printk(KERN_EMERG "cpu %d (hart %lu) did not stop\n", cpu, cpu_hartid(cpu));
	}
	printk(KERN_EMERG "end of kernel panic: %s\n", reason);
	machine_fail(1);
	for (;;)
		cpu_wfi();
}

void
panic(const char *fmt, ...)
{
	static struct trapframe later;		/* of a second panic */
	struct trapframe *r = panicking() ? &later : &here;
	va_list ap;

	irq_disable();
	regs_capture(r);
	va_start(ap, fmt);
	die(r, fmt, ap);
}

void
panic_regs(const struct trapframe *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	die(r, fmt, ap);
}
