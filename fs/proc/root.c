/*
 * root.c - /proc: what is in its top directory, and its mounting.
 *
 * Data        proc_root_table: the fixed names. Process ids come from the process table.
 * Further     proc(5); Linux Documentation/filesystems/proc.rst for the formats.
 */
#include "abi/errno.h"
#include "abi/statfs.h"
#include "fs/proc/proc.h"
#include "kernel/unimplemented.h"
#include "lib/fmt.h"

/* --- links to the reader itself --- */

static ssize_t
self_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	return MIN(snprintf(buf, size, "%d", task_tgid(current)), (int)size);
}

static ssize_t
thread_self_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	return MIN(snprintf(buf, size, "%d/task/%d", task_tgid(current), current->pid), (int)size);
}

static ssize_t
mounts_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	return MIN(snprintf(buf, size, "self/mounts"), (int)size);
}

static ssize_t
net_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	return MIN(snprintf(buf, size, "self/net"), (int)size);
}

/* --- process ids --- */

static int
root_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out)
{
	long pid = ptree_number(name);

	if (pid <= 0)
		return -ENOENT;
	out->e = &proc_pid_dir;
	out->pid = pid;
	return 0;
}

static int
root_readdir(const struct pnode *dir, struct task *unused, struct dir_emit *e)
{
	int pid = MAX(*e->pos - PTREE_DYNAMIC, (loff_t)1);
	struct task *t;

	while ((t = task_next(&pid, true)) != NULL) {
		struct pnode n = { .e = &proc_pid_dir, .pid = t->pid, .start = t->start_time };
		char name[12];

		task_put(t);
		snprintf(name, sizeof(name), "%d", n.pid);
		pid = n.pid + 1;
		if (!ptree_emit(e, name, &n, (loff_t)PTREE_DYNAMIC + pid))
			break;
	}
	return 0;
}

#define DEVICES_TEXT \
	"Character devices:\n" \
	"  1 mem\n" \
	"  4 ttyS\n" \
	"  5 /dev/tty\n" \
	"  5 /dev/console\n" \
	"  5 /dev/ptmx\n" \
	"128 ptm\n" \
	"136 pts\n" \
	"240 ttySIF\n" \
	"\n" \
	"Block devices:\n" \
	"  1 ramdisk\n" \
	"254 virtblk\n" \
	"259 blkext\n"

/* How often, which call, by whom. */
static int
unimplemented_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct unimplemented u;

	for (uint i = 0; unimplemented_get(i, &u); i++) {
		if (u.nr == ~0UL)
			pbuf_printf(b, "%lu - - %s\n", (ulong)u.count, u.comm);
		else
			pbuf_printf(b, "%lu %lu %s %s\n", (ulong)u.count, u.nr, syscall_name(u.nr), u.comm);
	}
	return 0;
}

#ifdef LATENCY
#define LATENCY_ENTRIES \
	{ .name = "latency", .mode = S_IFREG | 0644, .show = proc_latency_show, .write = proc_latency_write },
#else
#define LATENCY_ENTRIES
#endif

static const struct pentry proc_root_table[] = {
	{ .name = "self", .mode = S_IFLNK | 0777, .readlink = self_readlink },
	{ .name = "thread-self", .mode = S_IFLNK | 0777, .readlink = thread_self_readlink },
	{ .name = "mounts", .mode = S_IFLNK | 0777, .readlink = mounts_readlink },
	{ .name = "net", .mode = S_IFLNK | 0777, .readlink = net_readlink },
	PFILE("cmdline", proc_kernel_cmdline_show),
	PFILE("cpuinfo", proc_cpuinfo_show),
	PTEXT("devices", DEVICES_TEXT),
	PFILE("diskstats", proc_diskstats_show),
	PFILE("filesystems", proc_filesystems_show),
	PFILE("locks", proc_locks_show),
	PFILE("interrupts", proc_interrupts_show),
	LATENCY_ENTRIES
	PFILE("loadavg", proc_loadavg_show),
	PFILE("meminfo", proc_meminfo_show),
	PTEXT("modules", ""),
	PFILE("partitions", proc_partitions_show),
	PFILE("sched", proc_sched_show),
	PFILE("schedstat", proc_schedstat_show),
	{ .name = "schedtrace", .mode = S_IFREG | 0644, .show = proc_schedtrace_show, .write = proc_schedtrace_write },
	{ .name = "slabinfo", .mode = S_IFREG | 0400, .show = proc_slabinfo_show },
	PFILE("stat", proc_stat_show),
	PTEXT("swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
	PDIR("sys", proc_sys_table),
	PDIR("tty", proc_tty_dir_table),
	PFILE("unimplemented", unimplemented_show),
	PFILE("uptime", proc_uptime_show),
	PFILE("version", proc_version_show),
	PFILE("vmstat", proc_vmstat_show),
	{ 0 },
};
static_assert(ARRAY_SIZE(proc_root_table) + 2 < PTREE_DYNAMIC, "readdir positions");

static const struct pentry proc_root = {
	.name = "proc",
	.mode = S_IFDIR | 0555,
	.children = proc_root_table,
	.lookup = root_lookup,
	.readdir = root_readdir,
};

static struct super_block *
proc_mount(const struct file_system *fs, const char *source, ulong flags, const char *data)
{
	return ptree_mount(fs, &proc_root, PROC_SUPER_MAGIC);
}

const struct file_system procfs = {
	.name = "proc",
	.nodev = true,
	.mount = proc_mount,
};
