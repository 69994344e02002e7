/*
 * backtrace.c - who called whom, from the frame pointers on a kernel stack.
 *
 * The kernel is compiled with frame pointers: s0 holds the caller's sp, and below it lie
 *
 *	s0 -  8		return address		(a function that calls nothing has the caller's s0 here
 *	s0 - 16		the caller's s0		 and keeps its return address in ra)
 *
 * A trap in the kernel appears as a call of trap_kernel() from entry.S, whose frame begins where the
 * trap frame does.  Everything is checked before it is followed: a backtrace is printed when something
 * is broken.
 */
#include "arch/trap.h"
#include "csr.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "mm/layout.h"
#include "private.h"

#define MAX_DEPTH	32

/* From tools/symbols.py. */
extern const u32 symbol_count;
extern const struct { u32 offset, name; } symbol_table[];
extern const char symbol_names[];

static bool
is_text(ulong pc)
{
	return pc >= (ulong)image_start && pc < (ulong)image_text_end;
}

const char *
symbol_lookup(vaddr_t pc, ulong *offset, ulong *size)
{
	u32 want = pc - (vaddr_t)image_start, low = 0, high = symbol_count, mid, end;

	if (!is_text(pc) || !high || want < symbol_table[0].offset)
		return NULL;
	while (high - low > 1) {	/* symbol_table[low].offset <= want < symbol_table[high].offset */
		mid = (low + high) / 2;
		if (symbol_table[mid].offset <= want)
			low = mid;
		else
			high = mid;
	}
	end = high < symbol_count ? symbol_table[high].offset : (u32)(image_text_end - image_start);
	*offset = want - symbol_table[low].offset;
	*size = end - symbol_table[low].offset;
	return symbol_names + symbol_table[low].name;
}

static void
print_line(ulong pc)
{
	ulong offset, size;
	const char *name = symbol_lookup(pc, &offset, &size);

	if (name)
		printk("  [<%016lx>] %s+0x%lx/0x%lx\n", pc, name, offset, size);
	else
		printk("  [<%016lx>]\n", pc);
}

/* Two words below fp may be read: they are on the stack of task t, or on an overflow stack. */
static bool
readable(ulong fp, const struct task *t)
{
	ulong low = t->arch.stack_low;

	if (fp % 8)
		return false;
	if (low && fp >= low + 16 && fp <= low + KSTACK_SIZE)
		return true;
	return fp >= (ulong)overflow_stacks + 16 && fp <= (ulong)overflow_stacks + sizeof(overflow_stacks);
}

/*
 * One step up from the frame *fp: *pc is in its caller, or, with *trap its frame, where that trap happened. False at
 * the end. t tells which stack is legitimate.
 */
static bool
step_up(ulong *fp, const struct task *t, ulong *pc, const struct trapframe **trap)
{
	ulong ra, next;

	*trap = NULL;
	if (!readable(*fp, t))
		return false;
	ra = ((const ulong *)*fp)[-1];
	next = ((const ulong *)*fp)[-2];
	if (!is_text(ra))
		return false;
	*pc = ra - 1;			/* the call, not what follows it */
	if (ra == (ulong)trap_kernel_return) {
		if (!readable(*fp + sizeof(**trap), t))
			return false;
		*trap = (const struct trapframe *)*fp;
		*pc = (*trap)->pc;
		next = (*trap)->s0;
	}
	*fp = next == *fp ? 0 : next;
	return true;
}

static void
walk(ulong fp, const struct task *t)
{
	const struct trapframe *trap;
	ulong pc;

	for (int depth = 0; depth < MAX_DEPTH && step_up(&fp, t, &pc, &trap); depth++) {
		if (trap)
			printk("  trap, cause 0x%lx\n", trap->cause);
		print_line(pc);
	}
}

void
backtrace_save(ulong *pcs, uint n, ulong fp)
{
	const struct trapframe *trap;
	uint i = 0;

	while (i < n && step_up(&fp, current, &pcs[i], &trap))
		i++;
	if (i < n)
		pcs[i] = 0;
}

void
backtrace_regs(const struct trapframe *r)
{
	const struct task *t = (const struct task *)r->tp;
	ulong fp = r->s0;

	if (!(r->status & SSTATUS_SPP)) {
		printk("  in user mode, pc 0x%lx\n", r->pc);
		return;
	}
	print_line(r->pc);
	if (readable(fp, t) && !is_text(((const ulong *)fp)[-1]) && is_text(r->ra)) {
		print_line(r->ra - 1);		/* a leaf: its caller is in ra */
		fp = ((const ulong *)fp)[-1];
	}
	walk(fp, t);
}

void
backtrace_print(void)
{
	walk((ulong)__builtin_frame_address(0), current);
}

void
regs_print(const struct trapframe *r)
{
	ulong offset, size;
	const char *name = symbol_lookup(r->pc, &offset, &size);

	printk("pc  %016lx %s  cause %lx  badaddr %lx  status %lx\n", r->pc, name ? name : "", r->cause, r->badaddr,
	       r->status);
	printk("ra  %016lx sp  %016lx gp  %016lx tp  %016lx\n", r->ra, r->sp, r->gp, r->tp);
	printk("t0  %016lx t1  %016lx t2  %016lx s0  %016lx\n", r->t0, r->t1, r->t2, r->s0);
	printk("s1  %016lx a0  %016lx a1  %016lx a2  %016lx\n", r->s1, r->a0, r->a1, r->a2);
	printk("a3  %016lx a4  %016lx a5  %016lx a6  %016lx\n", r->a3, r->a4, r->a5, r->a6);
	printk("a7  %016lx s2  %016lx s3  %016lx s4  %016lx\n", r->a7, r->s2, r->s3, r->s4);
	printk("s5  %016lx s6  %016lx s7  %016lx s8  %016lx\n", r->s5, r->s6, r->s7, r->s8);
	printk("s9  %016lx s10 %016lx s11 %016lx t3  %016lx\n", r->s9, r->s10, r->s11, r->t3);
	printk("t4  %016lx t5  %016lx t6  %016lx\n", r->t4, r->t5, r->t6);
}
