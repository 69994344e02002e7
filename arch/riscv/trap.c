/*
 * trap.c - what a trap means.
 *
 * From user mode: interrupts are handled, faults resolved by mm/ or turned into signals; entry.S then
 * looks for work (signals, rescheduling) before it goes back.  From the kernel: interrupts, after which
 * the kernel may be preempted; anything else is a bug and panics, for user memory is never touched by
 * address (mm/usercopy.c) and kernel memory never pages.
 *
 * Further     privileged ISA ch. 4.1 (scause, stval); errata.c.
 */
#include "arch/trap.h"
#include "abi/errno.h"
#include "abi/signal.h"
#include "arch/irqflags.h"
#include "csr.h"
#include "drivers/irq.h"
#include "errata.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "mm/kasan.h"
#include "mm/mm.h"
#include "mm/vmap.h"
#include "private.h"

static const char *const cause_names[] = {
	[CAUSE_FETCH_MISALIGNED] = "misaligned instruction address",
	[CAUSE_FETCH_ACCESS] = "instruction access fault",
	[CAUSE_ILLEGAL] = "illegal instruction",
	[CAUSE_BREAKPOINT] = "breakpoint",
	[CAUSE_LOAD_MISALIGNED] = "misaligned load",
	[CAUSE_LOAD_ACCESS] = "load access fault",
	[CAUSE_STORE_MISALIGNED] = "misaligned store",
	[CAUSE_STORE_ACCESS] = "store access fault",
	[CAUSE_FETCH_PAGE] = "instruction page fault",
	[CAUSE_LOAD_PAGE] = "load page fault",
	[CAUSE_STORE_PAGE] = "store page fault",
};

static const char *
cause_name(ulong cause)
{
	if (cause < ARRAY_SIZE(cause_names) && cause_names[cause])
		return cause_names[cause];
	return "unknown trap";
}

/* Preemption is off meanwhile, so that the locks a handler drops do not reschedule inside it. */
static void
interrupt(struct trapframe *r)
{
	latency_begin();
	current->arch.preempt_count++;
	switch (r->cause & ~CAUSE_INTERRUPT) {
	case IRQ_TIMER:
		csr_clear(sie, SIE_TIMER);	/* pending until timer_set(), which unmasks it */
		timer_interrupt(!(r->status & SSTATUS_SPP));
		break;
	case IRQ_EXT:
		irq_dispatch();
		break;
	case IRQ_SOFT:
		ipi_interrupt(r);
		break;
	}
	current->arch.preempt_count--;
}

/* The program touched what it may not, or what cannot be had. */
static void
user_fault(u64 addr, int err)
{
	switch (err) {
	case -EACCES:
		signal_fault(SIGSEGV, SEGV_ACCERR, addr);
		break;
	case -EIO:
		signal_fault(SIGBUS, BUS_ADRERR, addr);
		break;
	case -ENOMEM:
		pr_err("out of memory: killed process %d (%s)\n", task_tgid(current), current->comm);
		signal_send_process(current->proc, SIGKILL, NULL);
		break;
	default:
		signal_fault(SIGSEGV, SEGV_MAPERR, addr);
		break;
	}
}

/* Some cores do not extend bit 38 of the address of a failed fetch upward. */
static u64
fetch_address(const struct trapframe *r)
{
	bool cut = READ_ONCE(errata) & ERRATUM_FETCH_ADDRESS && r->badaddr & BIT(38);

	return cut ? r->badaddr | ~(BIT(39) - 1) : r->badaddr;
}

static void
page_fault(u64 addr, u32 access)
{
	int err = -EFAULT;

	if (addr < USER_TOP)
		err = mm_fault(current->mm, addr, access);
	if (unlikely(err))
		user_fault(addr, err);
}

/* From entry.S: interrupts off. They are off again when it looks for work. */
void
trap_user(struct trapframe *r)
{
	if ((long)r->cause < 0) {
		interrupt(r);
		latency_end();
		return;
	}
	if (r->cause == CAUSE_ILLEGAL && fpu_trap(r))
		return;
	irq_enable();
	switch (r->cause) {
	case CAUSE_STORE_PAGE:
		page_fault(r->badaddr, VM_WRITE);
		break;
	case CAUSE_LOAD_PAGE:
		page_fault(r->badaddr, VM_READ);
		break;
	case CAUSE_FETCH_PAGE:
		page_fault(fetch_address(r), VM_EXEC);
		break;
	case CAUSE_BREAKPOINT:
		signal_fault(SIGTRAP, TRAP_BRKPT, r->pc);
		break;
	case CAUSE_FETCH_MISALIGNED:
	case CAUSE_LOAD_MISALIGNED:
	case CAUSE_STORE_MISALIGNED:
		signal_fault(SIGBUS, BUS_ADRALN, r->badaddr);
		break;
	case CAUSE_FETCH_ACCESS:
		signal_fault(SIGSEGV, SEGV_ACCERR, fetch_address(r));
		break;
	case CAUSE_LOAD_ACCESS:
	case CAUSE_STORE_ACCESS:
		signal_fault(SIGSEGV, SEGV_ACCERR, r->badaddr);
		break;
	case CAUSE_ILLEGAL:
		signal_fault(SIGILL, ILL_ILLOPC, r->pc);
		break;
	default:
		signal_fault(SIGILL, ILL_ILLTRP, r->pc);
		break;
	}
}

/* A fault in the kernel: say what kind of bug it is. */
static void NORETURN
kernel_fault(struct trapframe *r)
{
	const char *what = cause_name(r->cause);
	u64 addr = r->badaddr;

	if (r->cause == CAUSE_ILLEGAL || r->cause == CAUSE_BREAKPOINT)
		panic_regs(r, "%s in the kernel", what);
	if (addr < PAGE_SIZE)
		panic_regs(r, "%s: null pointer, 0x%lx", what, addr);
	if (addr < USER_TOP)
		panic_regs(r, "%s: the kernel used a user address, 0x%lx", what, addr);
	if (vmap_is_guard(addr))
		panic_regs(r, "%s: guard page at 0x%lx", what, addr);
	panic_regs(r, "%s at 0x%lx", what, addr);
}

/* From entry.S: interrupts off, and still off on return. */
void
trap_kernel(struct trapframe *r)
{
	if (unlikely((long)r->cause >= 0)) {
		r->badaddr = kasan_culprit(r->badaddr);
		kernel_fault(r);
	}
	interrupt(r);
	if (current->arch.preempt_count == 0 && (READ_ONCE(current->arch.work) & TASK_WORK_RESCHED))
		sched_preempt();
	latency_end();
}

/* From entry.S, on this cpu's overflow stack: the trapped code's sp is outside its task's stack. */
void
trap_bad_stack(struct trapframe *r)
{
	ulong low = current->arch.stack_low;

	if (r->sp < low + sizeof(struct trapframe) && r->sp > low - KSTACK_SIZE)
		panic_regs(r, "kernel stack overflow: sp 0x%lx, the stack of %s begins at 0x%lx",
			   r->sp, current->comm, low);
	panic_regs(r, "bad kernel stack pointer 0x%lx, the stack of %s is at 0x%lx: %s", r->sp, current->comm, low,
		   cause_name(r->cause));
}

void
trap_init_hart(void)
{
	csr_write(sscratch, 0);
	csr_write(stvec, trap_entry);
	csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR | SSTATUS_FS | SSTATUS_VS);
	csr_write(scounteren, 2);		/* user mode may read time; cycle and instret are for measuring tools */
	csr_set(sie, SIE_SOFT | SIE_EXT);
}
