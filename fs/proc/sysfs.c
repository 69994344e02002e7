/*
 * sysfs.c - as much of /sys as programs look for: processors, nodes of memory, disks (sysfs_block.c).
 *
 * Data        sysfs_root and the tables below it.
 * Further     Linux Documentation/ABI/testing/sysfs-devices-system-cpu.
 */
#include "abi/statfs.h"
#include "arch/cpu.h"
#include "arch/timer.h"
#include "fs/proc/sysfs.h"
#include "lib/bitops.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/frame.h"

/* "0-2,4": runs of set bits. */
static void
put_cpu_list(struct pbuf *b, cpumask_t mask)
{
	const char *comma = "";

	for (int cpu = 0; cpu < 64; cpu++) {
		int last = cpu;

		if (!(mask >> cpu & 1))
			continue;
		while (last + 1 < 64 && mask >> (last + 1) & 1)
			last++;
		if (last == cpu)
			pbuf_printf(b, "%s%d", comma, cpu);
		else
			pbuf_printf(b, "%s%d-%d", comma, cpu, last);
		comma = ",";
		cpu = last;
	}
	pbuf_putc(b, '\n');
}

static int
online_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	put_cpu_list(b, READ_ONCE(cpus_online));
	return 0;
}

static int
possible_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	put_cpu_list(b, BIT(ncpus) - 1);
	return 0;
}

static int
kernel_max_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", MAX_CPUS - 1);
	return 0;
}

/* cpu0, cpu1, ... are there so that they can be counted. */
static const struct pentry cpu_dir = PDIR("cpu", NULL);

static int
cpu_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out)
{
	long cpu = name[0] == 'c' && name[1] == 'p' && name[2] == 'u' ? ptree_number(name + 3) : -1;

	if (cpu < 0 || cpu >= ncpus)
		return -ENOENT;
	out->e = &cpu_dir;
	out->arg = cpu;
	return 0;
}

static int
cpu_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e)
{
	for (int cpu = *e->pos - PTREE_DYNAMIC; cpu < ncpus; cpu++) {
		struct pnode n = { .e = &cpu_dir, .arg = cpu };
		char name[] = "cpu00";

		name[3] = '0' + cpu;
		name[4] = '\0';
		if (cpu >= 10) {
			name[3] = '0' + cpu / 10;
			name[4] = '0' + cpu % 10;
		}
		if (!ptree_emit(e, name, &n, PTREE_DYNAMIC + cpu + 1))
			break;
	}
	return 0;
}

static const struct pentry cpu_table[] = {
	PFILE("online", online_show),
	PFILE("possible", possible_show),
	PFILE("present", possible_show),
	PFILE("kernel_max", kernel_max_show),
	PTEXT("offline", "\n"),
	{ 0 },
};

/* --- nodes: memory, and the harts that are near it --- */

static cpumask_t
node_cpus(int node)
{
	cpumask_t mask = 0, online = READ_ONCE(cpus_online);

	for (int cpu = 0; cpu < ncpus; cpu++)
		if (frame_cpu_node(cpu) == node)
			mask |= BIT(cpu) & online;
	return mask;
}

static int
nodes_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	put_cpu_list(b, BIT(frame_nodes()) - 1);
	return 0;
}

static int
has_cpu_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	cpumask_t nodes = 0;

	for (int node = 0; node < frame_nodes(); node++)
		if (node_cpus(node))
			nodes |= BIT(node);
	put_cpu_list(b, nodes);
	return 0;
}

static int
node_cpulist_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	put_cpu_list(b, node_cpus(n->arg));
	return 0;
}

static int
node_cpumap_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%lx\n", (ulong)node_cpus(n->arg));
	return 0;
}

/* ACPI's numbers: 10 is here, 20 there. */
static int
node_distance_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	for (int node = 0; node < frame_nodes(); node++)
		pbuf_printf(b, "%s%d", node ? " " : "", node == (int)n->arg ? 10 : 20);
	pbuf_putc(b, '\n');
	return 0;
}

static const struct pentry one_node_table[] = {
	PFILE("cpulist", node_cpulist_show),
	PFILE("cpumap", node_cpumap_show),
	PFILE("distance", node_distance_show),
	{ 0 },
};

static const struct pentry node_dir = PDIR("node", one_node_table);

static int
node_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out)
{
	long node = !strncmp(name, "node", 4) ? ptree_number(name + 4) : -1;

	if (node < 0 || node >= frame_nodes())
		return -ENOENT;
	out->e = &node_dir;
	out->arg = node;
	return 0;
}

static int
node_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e)
{
	for (int node = *e->pos - PTREE_DYNAMIC; node < frame_nodes(); node++) {
		struct pnode n = { .e = &node_dir, .arg = node };
		char name[16];

		snprintf(name, sizeof(name), "node%d", node);
		if (!ptree_emit(e, name, &n, PTREE_DYNAMIC + node + 1))
			break;
	}
	return 0;
}

static const struct pentry node_table[] = {
	PFILE("has_cpu", has_cpu_show),
	PFILE("has_memory", nodes_show),
	PFILE("has_normal_memory", nodes_show),
	PFILE("online", nodes_show),
	PFILE("possible", nodes_show),
	{ 0 },
};

/* The one clock, by the name Linux gives it. */
static const struct pentry clocksource0_table[] = {
	PTEXT("available_clocksource", CLOCK_NAME " \n"),
	PTEXT("current_clocksource", CLOCK_NAME "\n"),
	{ 0 },
};

static const struct pentry clocksource_table[] = {
	PDIR("clocksource0", clocksource0_table),
	{ 0 },
};

static const struct pentry system_table[] = {
	PDIR("clocksource", clocksource_table),
	{ .name = "cpu", .mode = S_IFDIR | 0555, .children = cpu_table,
	  .lookup = cpu_lookup, .readdir = cpu_readdir },
	{ .name = "node", .mode = S_IFDIR | 0555, .children = node_table,
	  .lookup = node_lookup, .readdir = node_readdir },
	{ 0 },
};

#define DISKS(fn)	{ .name = "block", .mode = S_IFDIR | 0555, \
			  .lookup = sysfs_##fn##_lookup, .readdir = sysfs_##fn##_readdir }

static const struct pentry virtual_table[] = {
	DISKS(devices_block),
	{ 0 },
};

static const struct pentry devices_table[] = {
	PDIR("system", system_table),
	PDIR("virtual", virtual_table),
	{ 0 },
};

static const struct pentry class_table[] = {
	DISKS(class_block),
	{ 0 },
};

static const struct pentry dev_table[] = {
	DISKS(dev_block),
	PDIR("char", NULL),
	{ 0 },
};

static const struct pentry fs_table[] = {
	PDIR("cgroup", NULL),
	{ 0 },
};

/* There are no huge pages. */
static const struct pentry hugepage_table[] = {
	PTEXT("enabled", "always madvise [never]\n"),
	{ 0 },
};

static const struct pentry mm_table[] = {
	PDIR("transparent_hugepage", hugepage_table),
	{ 0 },
};

static const struct pentry kernel_table[] = {
	PTEXT("cpu_byteorder", "little\n"),
	PDIR("mm", mm_table),
	{ 0 },
};

static const struct pentry sysfs_table[] = {
	DISKS(block),
	PDIR("bus", NULL),
	PDIR("class", class_table),
	PDIR("dev", dev_table),
	PDIR("devices", devices_table),
	PDIR("firmware", NULL),
	PDIR("fs", fs_table),
	PDIR("kernel", kernel_table),
	PDIR("module", NULL),
	{ 0 },
};

static const struct pentry sysfs_root = PDIR("sys", sysfs_table);

static struct super_block *
sysfs_mount(const struct file_system *fs, const char *source, ulong flags, const char *data)
{
	return ptree_mount(fs, &sysfs_root, SYSFS_MAGIC);
}

const struct file_system sysfs = {
	.name = "sysfs",
	.nodev = true,
	.mount = sysfs_mount,
};
