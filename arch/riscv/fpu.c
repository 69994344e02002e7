/*
 * fpu.c - floating-point registers, saved late and loaded later.
 *
 * The kernel computes nothing in FP.  sstatus.FS in the trap frame says what a task's return to user
 * mode will find:
 *
 *	          fpu_trap: load                 the program writes one
 *	   OFF --------------------->  CLEAN ---------------------------> DIRTY
 *	    ^  <- fpu_switch, unless     |  <- fpu_switch, fpu_save:        |
 *	    |     the registers are      |     copied to arch.fp            |
 *	    |     still ours             v                                  v
 *	    +------------------------- fpu_reload, fpu_exec ----------------+
 *
 * Data        task.arch.fp, the copy; task.arch.fp_cpu and fp_owner[cpu], which name each other while
 *             that cpu's registers equal (CLEAN, OFF) or are newer than (DIRTY) the copy.
 * Locks       interrupts off, on the cpu that runs the task.
 * Invariants  F1  a task not running is never DIRTY.
 *             F2  fp_used is false: the copy is all zeros and FS is OFF.
 */
#include "arch/irqflags.h"
#include "arch/switch.h"
#include "arch/trap.h"
#include "csr.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "private.h"

static struct task *fp_owner[MAX_CPUS];

static void
set_fs(struct task *t, ulong fs)
{
	struct trapframe *r = task_trapframe(t);

	r->status = (r->status & ~(ulong)SSTATUS_FS) | fs;
}

static bool
dirty(struct task *t)
{
	return (task_trapframe(t)->status & SSTATUS_FS) == SSTATUS_FS_DIRTY;
}

/* The registers are t's and newer than the copy: make them equal. */
static void
save_dirty(struct task *t)
{
	int cpu = cpu_number();

	fpu_store(&t->arch.fp);
	fp_owner[cpu] = t;
	t->arch.fp_cpu = cpu;
	set_fs(t, SSTATUS_FS_CLEAN);
}

/* Interrupts off; prev is still current. */
void
fpu_switch(struct task *prev, struct task *next)
{
	int cpu;

	if (prev->arch.fp_used && dirty(prev))
		save_dirty(prev);
	if (next->arch.fp_used) {
		cpu = cpu_number();
		set_fs(next, next->arch.fp_cpu == cpu && fp_owner[cpu] == next ? SSTATUS_FS_CLEAN : 0);
	}
}

bool
fpu_trap(struct trapframe *r)
{
	struct task *t = current;
	int cpu = cpu_number();
	const ulong need = BIT('F' - 'A') | BIT('D' - 'A');

	if ((r->status & SSTATUS_FS) || (cpu_hwcap() & need) != need)
		return false;
	fpu_load(&t->arch.fp);
	fp_owner[cpu] = t;
	t->arch.fp_cpu = cpu;
	t->arch.fp_used = true;
	set_fs(t, SSTATUS_FS_CLEAN);
	return true;
}

void
fpu_save(struct task *t)
{
	ulong flags = irq_save();

	if (t->arch.fp_used && dirty(t))
		save_dirty(t);
	irq_restore(flags);
}

void
fpu_reload(struct task *t)
{
	ulong flags = irq_save();

	t->arch.fp_used = true;
	t->arch.fp_cpu = -1;
	set_fs(t, 0);
	irq_restore(flags);
}

void
fpu_exec(struct task *t)
{
	if (!t->arch.fp_used)
		return;
	fpu_reload(t);
	memset(&t->arch.fp, 0, sizeof(t->arch.fp));
	t->arch.fp_used = false;
}

/* The child's frame says OFF already (task_arch_init_user). */
void
fpu_fork(struct task *child, struct task *parent)
{
	fpu_save(parent);
	child->arch.fp_used = parent->arch.fp_used;
	child->arch.fp_cpu = -1;
	if (child->arch.fp_used)
		child->arch.fp = parent->arch.fp;
	else
		memset(&child->arch.fp, 0, sizeof(child->arch.fp));
}
