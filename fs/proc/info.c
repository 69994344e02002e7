/*
 * info.c - /proc's files about the whole machine.
 *
 * Locks       none of its own: counters are read as they are, each whole, not all at once.
 * Further     proc(5). Formats are Linux's to the byte, because free, top, ps and uptime
 *             find fields by position.
 */
#include "abi/errno.h"
#include "arch/cpu.h"
#include "arch/timer.h"
#include "drivers/block/block.h"
#include "drivers/irq.h"
#include "fs/dev.h"
#include "fs/proc/proc.h"
#include "kernel/params.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "mm/frame.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define KB(frames)	((ulong)(frames) * (PAGE_SIZE / 1024))

/* --- memory --- */

int
proc_meminfo_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mem_stats m;
	u64 available;

	mem_stats(&m);
	available = m.free + (m.cached > m.shmem ? m.cached - m.shmem : 0);
	const struct { const char *name; u64 frames; } rows[] = {
		{ "MemTotal", m.total }, { "MemFree", m.free }, { "MemAvailable", available },
		{ "Buffers", 0 }, { "Cached", m.cached }, { "SwapCached", 0 },
		{ "Active", m.anon + m.cached }, { "Inactive", 0 },
		{ "Active(anon)", m.anon }, { "Inactive(anon)", 0 },
		{ "Active(file)", m.cached }, { "Inactive(file)", 0 },
		{ "Unevictable", 0 }, { "Mlocked", 0 }, { "SwapTotal", 0 }, { "SwapFree", 0 },
		{ "Dirty", m.dirty }, { "Writeback", m.writeback }, { "AnonPages", m.anon },
		{ "Mapped", 0 }, { "Shmem", m.shmem }, { "KReclaimable", 0 }, { "Slab", m.slab },
		{ "SReclaimable", 0 }, { "SUnreclaim", m.slab }, { "KernelStack", m.kstack },
		{ "PageTables", m.pagetables }, { "CommitLimit", commit_limit() }, { "Committed_AS", commit_total() },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char label[20];

		snprintf(label, sizeof(label), "%s:", rows[i].name);
		pbuf_printf(b, "%-15s %8lu kB\n", label, KB(rows[i].frames));
	}
	return 0;
}

int
proc_vmstat_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mem_stats m;

	mem_stats(&m);
	pbuf_printf(b, "nr_free_pages %lu\nnr_anon_pages %lu\nnr_file_pages %lu\nnr_shmem %lu\n",
		    (ulong)m.free, (ulong)m.anon, (ulong)m.cached, (ulong)m.shmem);
	pbuf_printf(b, "nr_dirty %lu\nnr_writeback %lu\nnr_slab_unreclaimable %lu\nnr_page_table_pages %lu\n",
		    (ulong)m.dirty, (ulong)m.writeback, (ulong)m.slab, (ulong)m.pagetables);
	pbuf_printf(b, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	return 0;
}

static void
put_slab_line(void *arg, const char *name, ulong objs, ulong total, ulong size)
{
	ulong per = MAX(PAGE_SIZE / MAX(size, 1UL), 1UL);
	ulong slabs = DIV_ROUND_UP(total, per);

	pbuf_printf(arg, "%-17s %6lu %6lu %6lu %4lu %4lu : tunables %4u %4u %4u : slabdata %6lu %6lu %6u\n",
		    name, objs, total, size, per, DIV_ROUND_UP(per * size, PAGE_SIZE), 0, 0, 0, slabs, slabs, 0);
}

int
proc_slabinfo_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "slabinfo - version: 2.1\n"
		    "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
		    " : tunables <limit> <batchcount> <sharedfactor>"
		    " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	slab_report(put_slab_line, b);
	return 0;
}

/* --- processors --- */

int
proc_cpuinfo_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	for (int cpu = 0; cpu < ncpus; cpu++) {
		ulong vendor, arch, imp;

		if (!(READ_ONCE(cpus_online) >> cpu & 1))
			continue;
		cpu_vendor(cpu, &vendor, &arch, &imp);
		pbuf_printf(b, "processor\t: %d\nhart\t\t: %lu\nisa\t\t: %s\nmmu\t\t: %s\n", cpu,
			    cpu_hartid(cpu), cpu_isa(cpu), cpu_mmu(cpu));
		pbuf_printf(b, "mvendorid\t: 0x%lx\nmarchid\t\t: 0x%lx\nmimpid\t\t: 0x%lx\n\n", vendor, arch, imp);
	}
	return 0;
}

u64
cpu_idle_ns(int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	u64 idle = READ_ONCE(rq->idle_ns);

	if (READ_ONCE(rq->curr) == rq->idle) {
		u64 now = timer_ticks(), since = READ_ONCE(rq->idle->se.exec_start);

		if (now > since)
			idle += timer_ticks_to_ns(now - since);
	}
	return idle;
}

/* Fields of 1/100 s: user nice system idle iowait irq softirq steal guest guest_nice. */
static void
put_cpu_times(struct pbuf *b, u64 busy, u64 system, u64 idle)
{
	system = MIN(system, busy);
	pbuf_printf(b, " %lu 0 %lu %lu 0 0 0 0 0 0\n", (ulong)((busy - system) / NSEC_PER_USER_TICK),
		    (ulong)(system / NSEC_PER_USER_TICK), (ulong)(idle / NSEC_PER_USER_TICK));
}

struct irq_sum { u64 total; };

static void
add_irq(void *ctx, const struct irq_chip *c, u32 source, const struct irq_action *a)
{
	struct irq_sum *s = ctx;

	for (int cpu = 0; cpu < ncpus; cpu++)
		s->total += a->count[cpu];
}

int
proc_stat_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	u64 now = clock_monotonic(), idle[MAX_CPUS] = { 0 }, busy_all = 0, idle_all = 0, switches = 0;
	u64 system_all = 0;
	struct irq_sum irqs = { 0 };
	int running = 0;

	for (int cpu = 0; cpu < ncpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		if (!(READ_ONCE(cpus_online) >> cpu & 1))
			continue;
		idle[cpu] = MIN(cpu_idle_ns(cpu), now);
		idle_all += idle[cpu];
		busy_all += now - idle[cpu];
		system_all += cpu_system_ns(cpu);
		switches += READ_ONCE(rq->switches);
		running += READ_ONCE(rq->nr_ready) + (READ_ONCE(rq->curr) != rq->idle);
	}
	pbuf_printf(b, "cpu ");
	put_cpu_times(b, busy_all, system_all, idle_all);
	for (int cpu = 0; cpu < ncpus; cpu++) {
		if (!(READ_ONCE(cpus_online) >> cpu & 1))
			continue;
		pbuf_printf(b, "cpu%d", cpu);
		put_cpu_times(b, now - idle[cpu], cpu_system_ns(cpu), idle[cpu]);
	}
	irq_for_each(add_irq, &irqs);
	pbuf_printf(b, "intr %lu\nctxt %lu\nbtime %lu\nprocesses %d\nprocs_running %d\nprocs_blocked 0\n",
		    (ulong)irqs.total, (ulong)switches, (ulong)((clock_realtime() - now) / NSEC_PER_SEC),
		    tasks_count, running);
	pbuf_printf(b, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
	return 0;
}

static void
put_irq_line(void *arg, const struct irq_chip *c, u32 source, const struct irq_action *a)
{
	pbuf_printf(arg, "%3u: ", source);
	for (int cpu = 0; cpu < ncpus; cpu++)
		pbuf_printf(arg, "%10lu ", a->count[cpu]);
	pbuf_printf(arg, " %s %3u Level     %s\n", c->name, source, a->name);
}

int
proc_interrupts_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "     ");
	for (int cpu = 0; cpu < ncpus; cpu++)
		pbuf_printf(b, "      CPU%d ", cpu);
	pbuf_putc(b, '\n');
	irq_for_each(put_irq_line, b);
	return 0;
}

/* --- time and load --- */

static void
put_seconds(struct pbuf *b, u64 ns, char end)
{
	pbuf_printf(b, "%lu.%02lu%c", (ulong)(ns / NSEC_PER_SEC), (ulong)(ns % NSEC_PER_SEC / 10000000), end);
}

int
proc_uptime_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	u64 idle = 0;

	for (int cpu = 0; cpu < ncpus; cpu++)
		if (READ_ONCE(cpus_online) >> cpu & 1)
			idle += cpu_idle_ns(cpu);
	put_seconds(b, clock_monotonic(), ' ');
	put_seconds(b, idle, '\n');
	return 0;
}

int
proc_loadavg_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	ulong load[3];
	int running = 0;

	sched_loadavg(load);
	for (int i = 0; i < 3; i++) {
		ulong v = load[i] + 2048 / 200;		/* rounded to hundredths */

		pbuf_printf(b, "%lu.%02lu ", v / 2048, v % 2048 * 100 / 2048);
	}
	for (int cpu = 0; cpu < ncpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		if (READ_ONCE(cpus_online) >> cpu & 1)
			running += READ_ONCE(rq->nr_ready) + (READ_ONCE(rq->curr) != rq->idle);
	}
	pbuf_printf(b, "%d/%d %d\n", running, tasks_count, current->pid);
	return 0;
}

/* --- disks --- */

#define MS(ns)		((ulong)((ns) / NSEC_PER_MSEC))

static void
put_partition(void *arg, struct block_device *d)
{
	pbuf_printf(arg, "%4u  %7u %10lu %s\n", DEV_MAJOR(d->dev), DEV_MINOR(d->dev), (ulong)d->sectors / 2, d->name);
}

int
proc_partitions_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "major minor  #blocks  name\n\n");
	block_for_each(put_partition, b);
	return 0;
}

static void
put_io(struct pbuf *b, const struct block_stats *s, enum bio_op op)
{
	pbuf_printf(b, " %lu %lu %lu %lu", s->ios[op], s->merges[op], s->sectors[op], MS(s->ns[op]));
}

static void
put_diskstats(void *arg, struct block_device *d)
{
	struct block_stats s = d->stats;
	u64 weighted = 0;
	int i;

	for (i = 0; i < 4; i++)
		weighted += s.ns[i];
	pbuf_printf(arg, "%4u %7u %s", DEV_MAJOR(d->dev), DEV_MINOR(d->dev), d->name);
	put_io(arg, &s, BIO_READ);
	put_io(arg, &s, BIO_WRITE);
	pbuf_printf(arg, " %lu %lu %lu", s.in_flight, MS(s.busy_ns), MS(weighted));
	put_io(arg, &s, BIO_DISCARD);
	pbuf_printf(arg, " %lu %lu\n", s.ios[BIO_FLUSH], MS(s.ns[BIO_FLUSH]));
}

int
proc_diskstats_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	block_for_each(put_diskstats, b);
	return 0;
}

/* --- names --- */

int
proc_kernel_cmdline_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%s\n", params_line());
	return 0;
}

int
proc_filesystems_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	char line[64];
	int len;

	for (int i = 0; (len = fs_show(i, line, sizeof(line))) > 0; i++)
		pbuf_put(b, line, len);
	return 0;
}

#define DRIVERS_TEXT \
	"/dev/tty             /dev/tty        5       0 system:/dev/tty\n" \
	"/dev/console         /dev/console    5       1 system:console\n" \
	"/dev/ptmx            /dev/ptmx       5       2 system\n" \
	"serial               /dev/ttyS       4 64-95 serial\n" \
	"ttySIF               /dev/ttySIF   240 0-7 serial\n" \
	"pty_slave            /dev/pts      136 0-1048575 pty:slave\n" \
	"pty_master           /dev/ptm      128 0-1048575 pty:master\n"

const struct pentry proc_tty_dir_table[] = {
	PTEXT("drivers", DRIVERS_TEXT),
	{ 0 },
};
