/*
 * cpu.c - the harts: what the device tree says of each, starting them, and naming them.
 *
 * A hart is used if its node is enabled and says it has an MMU: the monitor cores of SiFive's chips have
 * none, run no S-mode, and are lost for ever if the firmware is asked to start them.
 *
 * Data        cpus[], by cpu number; hart_starts[], what each hart picks up on its way in.
 * Locks       all written during boot by cpu 0; cpus_online by atomic or.
 * Not here    interrupts between harts (ipi.c).
 * Further     lib/fdt_machine.c; SBI HSM.
 */
#include "arch/cpu.h"
#include "arch/barrier.h"
#include "arch/pagetable.h"
#include "arch/timer.h"
#include "csr.h"
#include "errata.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "lib/fdt_machine.h"
#include "lib/string.h"
#include "mm/bootmem.h"
#include "mm/frame.h"
#include "private.h"
#include "sbi.h"

/* How far a hart has come: whoever moves it on from STARTING wins, the hart or the one that waits. */
enum { HART_STARTING, HART_ALIVE, HART_GIVEN_UP };

static struct cpu {
	ulong	hartid;
	char	isa[160];
	const char *mmu;
	ulong	mvendorid, marchid, mimpid;
	int	state;			/* [a] HART_* */
} cpus[MAX_CPUS];

int ncpus = 1;
cpumask_t cpus_online = 1;
static ulong hwcap;
struct hart_start hart_starts[MAX_CPUS];

#define HWCAP_LETTERS	0x112dUL	/* I M A F D C: what Linux tells programs */
#define ONLINE_TIMEOUT	(10 * NSEC_PER_SEC)	/* an emulated hart waits for its host, too */

ulong
cpu_hartid(int cpu)
{
	return cpus[cpu].hartid;
}

int
cpu_of_hartid(ulong hartid)
{
	int cpu;

	for (cpu = 0; cpu < ncpus; cpu++)
		if (cpus[cpu].hartid == hartid)
			return cpu;
	return -1;
}

ulong
cpu_hwcap(void)
{
	return hwcap;
}

const char *
cpu_isa(int cpu)
{
	return cpus[cpu].isa;
}

const char *
cpu_mmu(int cpu)
{
	return cpus[cpu].mmu;
}

void
cpu_vendor(int cpu, ulong *mvendorid, ulong *marchid, ulong *mimpid)
{
	*mvendorid = cpus[cpu].mvendorid;
	*marchid = cpus[cpu].marchid;
	*mimpid = cpus[cpu].mimpid;
}

/* Is a word of the ISA string after the single letters, "rv64imac_zicsr_sstc"? */
static bool
isa_has(const char *isa, const char *extension)
{
	size_t n = strlen(extension);
	const char *p = isa;

	while ((p = strchr(p, '_'))) {
		p++;
		if (!strncmp(p, extension, n) && (!p[n] || p[n] == '_'))
			return true;
	}
	return false;
}

bool
cpu_all_have(const char *extension)
{
	int cpu;

	for (cpu = 0; cpu < ncpus; cpu++)
		if (!isa_has(cpus[cpu].isa, extension))
			return false;
	return true;
}

/* The single letters after "rv64", as bits from A up. */
static ulong
isa_letters(const char *isa)
{
	ulong bits = 0;

	if (strncmp(isa, "rv64", 4))
		return 0;
	for (isa += 4; *isa >= 'a' && *isa <= 'z' && *isa != 'z' && *isa != 'x'; isa++)
		bits |= BIT(*isa - 'a');
	return bits;
}

static void
read_cpu(int cpu, int node, ulong hartid)
{
	struct cpu *c = &cpus[cpu];

	c->hartid = hartid;
	c->mmu = "sv39";			/* what this kernel uses of it */
	fdt_cpu_isa(&the_fdt, node, c->isa, sizeof(c->isa));
	/* Asked of this hart: the firmware tells only about the caller, and the others set theirs when they start. */
	sbi_vendor(&c->mvendorid, &c->marchid, &c->mimpid);
	hwcap &= isa_letters(c->isa);
}

void
cpu_init(void)
{
	int parent = fdt_path(&the_fdt, "/cpus", 5), node, ignored = 0;
	bool boot_found = false;
	ulong hartid;

	hwcap = HWCAP_LETTERS;
	cpus[0].hartid = boot_hartid;
	for (node = parent < 0 ? -1 : fdt_first_child(&the_fdt, parent); node >= 0;
	     node = fdt_next_sibling(&the_fdt, node)) {
		if (!fdt_cpu_usable(&the_fdt, node))
			continue;
		hartid = fdt_cpu_hartid(&the_fdt, node);
		if (hartid == boot_hartid) {
			read_cpu(0, node, hartid);
			boot_found = true;
		} else if (ncpus < MAX_CPUS && cpu_of_hartid(hartid) < 0) {
			read_cpu(ncpus++, node, hartid);
		} else {
			ignored++;
		}
	}
	if (!boot_found) {
		strlcpy(cpus[0].isa, "rv64imac", sizeof(cpus[0].isa));
		cpus[0].mmu = "sv39";
		hwcap &= isa_letters(cpus[0].isa);
		pr_warn("cpu: the device tree does not know this hart, %lu\n", boot_hartid);
	}
	if (ignored)
		pr_warn("cpu: %d harts beyond %d are left alone\n", ignored, MAX_CPUS);
	errata_add(cpus[0].mvendorid, cpus[0].marchid, cpus[0].mimpid);
	pr_info("cpu: %d hart%s, this is %lu, %s\n", ncpus, ncpus == 1 ? "" : "s", boot_hartid, cpus[0].isa);
}

/* From head.S on a hart that cpu_start() started: on its idle task's stack, interrupts off. */
void
cpu_secondary(void)
{
	int cpu = cpu_number(), starting = HART_STARTING;
	struct cpu *c = &cpus[cpu];

	tlb_flush_local();
	if (!__atomic_compare_exchange_n(&c->state, &starting, HART_ALIVE, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		sbi_hart_stop();		/* too late: nobody counts on this hart any more */
	sbi_vendor(&c->mvendorid, &c->marchid, &c->mimpid);
	errata_add(c->mvendorid, c->marchid, c->mimpid);
	__atomic_or_fetch(&cpus_online, BIT(cpu), __ATOMIC_RELEASE);
	kernel_secondary();
}

/* Start one hart and wait until it is online. What went wrong, or NULL. */
static const char *
cpu_start(int cpu)
{
	struct hart_start *s = &hart_starts[cpu];
	int starting = HART_STARTING;
	struct task *idle;
	u64 deadline;

	if (sbi_hart_status(cpus[cpu].hartid) != SBI_HSM_STOPPED)
		return "is not waiting to be started";
	idle = task_create_idle(cpu);
	if (!idle)
		return "has no memory for its idle task";
	idle->cpu = cpu;
	idle->arch.stack_low = (ulong)idle->stack;
	frame_init_cpu(cpu);
	sched_init_cpu(cpu, idle);
	timers_init_cpu(cpu);

	s->hartid = cpus[cpu].hartid;
	s->satp = SATP_SV39 | virt_to_phys(kernel_root) >> PAGE_SHIFT;
	s->sp = (ulong)idle->stack + KSTACK_SIZE;
	s->task = (ulong)idle;
	smp_wmb();
	s->entry = (ulong)secondary_virtual;
	smp_mb();
	if (sbi_hart_start(cpus[cpu].hartid, virt_to_phys(secondary_entry), virt_to_phys(s)))
		return "was refused by the firmware";

	deadline = timer_ticks() + timer_ns_to_ticks(ONLINE_TIMEOUT);
	while (!(__atomic_load_n(&cpus_online, __ATOMIC_ACQUIRE) & BIT(cpu))) {
		if (timer_ticks() > deadline &&
		    __atomic_compare_exchange_n(&cpus[cpu].state, &starting, HART_GIVEN_UP, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return "does not come";
		starting = HART_STARTING;
		cpu_relax();
	}
	return NULL;
}

void
cpu_start_others(void)
{
	const char *problem;
	int cpu, online = 1;

	if (ncpus > 1 && !sbi_has(SBI_HSM)) {
		pr_warn("cpu: the firmware cannot start harts (no SBI HSM)\n");
		return;
	}
	for (cpu = 1; cpu < ncpus; cpu++) {
		problem = cpu_start(cpu);
		if (problem)
			pr_err("cpu: hart %lu %s\n", cpus[cpu].hartid, problem);
		else
			online++;
	}
	if (ncpus > 1)
		pr_info("cpu: %d of %d harts are up\n", online, ncpus);
}
