/*
 * sys.c - /proc/sys: the settings programs read, and the few they may write.
 *
 * Data        the settings' values, each an int read and written whole.
 * Further     Linux Documentation/admin-guide/sysctl/.
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "drivers/tty/tty.h"
#include "fs/dev/devpts.h"
#include "fs/internal.h"
#include "fs/proc/proc.h"
#include "kernel/printk.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "kernel/uts.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "net/socket.h"
#include "net/unix/unix.h"

#define NGROUPS_MAX	65536
#define CAP_LAST	40		/* CAP_CHECKPOINT_RESTORE */

/* --- names --- */

static int
hostname_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct abi_utsname u;

	uts_get(&u);
	pbuf_printf(b, "%s\n", u.nodename);
	return 0;
}

static int
domainname_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct abi_utsname u;

	uts_get(&u);
	pbuf_printf(b, "%s\n", u.domainname);
	return 0;
}

int
proc_version_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%s version %s (sextant) (%s) %s\n", UTS_SYSNAME, UTS_RELEASE,
#ifdef __clang__
		    "clang " __clang_version__,
#else
		    "gcc " __VERSION__,
#endif
		    UTS_VERSION);
	return 0;
}

/* --- random/ --- */

static void
put_uuid(struct pbuf *b, const u8 id[16])
{
	for (int i = 0; i < 16; i++)
		pbuf_printf(b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
	pbuf_putc(b, '\n');
}

/* A random UUID: version 4, variant 1 (RFC 4122, 4.4). */
static void
make_uuid(u8 id[16])
{
	random_bytes(id, 16);
	id[6] = (id[6] & 0x0f) | 0x40;
	id[8] = (id[8] & 0x3f) | 0x80;
}

static int
uuid_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	u8 id[16];

	make_uuid(id);
	put_uuid(b, id);
	return 0;
}

/* The same until the machine starts again: made when first asked for. */
static int
boot_id_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	static struct spinlock lock = SPINLOCK_INIT(RANK_FS);
	static u8 boot_id[16];
	static bool made;
	u8 id[16];

	make_uuid(id);
	spin_lock(&lock);
	if (!made)
		memcpy(boot_id, id, sizeof(boot_id));
	made = true;
	memcpy(id, boot_id, sizeof(id));
	spin_unlock(&lock);
	put_uuid(b, id);
	return 0;
}

/* --- settings --- */

static int swappiness = 60;		/* remembered for those who read it back: there is no swap */
static int drop_caches;			/* what was asked for last */

/* One int, from the text of a write. 0 or -EINVAL. */
static int
parse_setting(const char *s, int low, int high, int *out)
{
	long v = ptree_number(s);

	if (!task_capable(BIT(CAP_SYS_ADMIN)))
		return -EPERM;
	if (v < low || v > high)
		return -EINVAL;
	WRITE_ONCE(*out, v);
	return 0;
}

static int
printk_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\t4\t1\t7\n", console_loglevel);
	return 0;
}

/* Linux takes four numbers; the first is the console's level. */
static int
printk_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	for (char *p = s; *p; p++)
		if (*p == ' ' || *p == '\t')
			*p = '\0';
	return parse_setting(s, 1, 15, &console_loglevel);
}

static int
overcommit_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", commit_settings.mode);
	return 0;
}

static int
overcommit_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	return parse_setting(s, OVERCOMMIT_GUESS, OVERCOMMIT_NEVER, &commit_settings.mode);
}

/* Of the ratio and the number of kilobytes, the one written last holds. */
static int
ratio_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", commit_settings.kbytes ? 0 : commit_settings.ratio);
	return 0;
}

static int
ratio_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	int err = parse_setting(s, 0, 0x7fffffff, &commit_settings.ratio);

	if (!err)
		commit_settings.kbytes = 0;
	return err;
}

static int
kbytes_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%lu\n", commit_settings.kbytes);
	return 0;
}

static int
kbytes_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	int v, err = parse_setting(s, 0, 0x7fffffff, &v);

	if (!err)
		commit_settings.kbytes = v;
	return err;
}

static int
randomize_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", randomize_va_space);
	return 0;
}

static int
randomize_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	return parse_setting(s, RANDOMIZE_NOTHING, RANDOMIZE_HEAP, &randomize_va_space);
}

static int
swappiness_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", swappiness);
	return 0;
}

static int
swappiness_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	return parse_setting(s, 0, 200, &swappiness);
}

static int
drop_caches_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", drop_caches);
	return 0;
}

/* Bit 0: clean pages of files; bit 1: names and inodes that nobody uses, and their pages with them. */
static int
drop_caches_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	int err = parse_setting(s, 1, 4, &drop_caches), times = 2;

	if (err)
		return err;
	/* Each name found lately is passed over once. */
	while ((drop_caches & 2) && times-- > 0)
		while (dcache_reclaim(1024))
			;
	if (drop_caches & 3)
		reclaim_drop_caches();
	return 0;
}

/* --- terminals --- */

static int
pty_max_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", devpts_max);
	return 0;
}

static int
pty_max_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	return parse_setting(s, 0, DEVPTS_NUMBERS, &devpts_max);
}

static int
pty_nr_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", devpts_count());
	return 0;
}

static int
legacy_tiocsti_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", tty_legacy_tiocsti);
	return 0;
}

static int
legacy_tiocsti_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	return parse_setting(s, 0, 1, &tty_legacy_tiocsti);
}

/* --- limits --- */

static int
pid_max_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", PID_MAX);
	return 0;
}

static int
ngroups_max_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", NGROUPS_MAX);
	return 0;
}

static int
cap_last_cap_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", CAP_LAST);
	return 0;
}

/* --- scheduling: as Linux's kernel/sched_rt_*, and the slice of SCHED_RR --- */

static int
rt_period_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", sched_rt_period_us);
	return 0;
}

static int
rt_period_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	int v, err = parse_setting(s, 1, INT32_MAX, &v);

	return err ? err : sched_rt_set_bandwidth(v, sched_rt_runtime_us);
}

static int
rt_runtime_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", sched_rt_runtime_us);
	return 0;
}

static int
rt_runtime_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	int v = -1, err = strcmp(s, "-1") ? parse_setting(s, 0, INT32_MAX, &v) :
			  task_capable(BIT(CAP_SYS_ADMIN)) ? 0 : -EPERM;

	return err ? err : sched_rt_set_bandwidth(sched_rt_period_us, v);
}

static int
rr_timeslice_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", sched_rr_timeslice_ms);
	return 0;
}

/* 0 and less: the usual one. */
static int
rr_timeslice_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	int v = 0, err = *s == '-' ? parse_setting("0", 0, 0, &v) : parse_setting(s, 0, INT32_MAX, &v);

	if (!err)
		WRITE_ONCE(sched_rr_timeslice_ms, v ? v : SCHED_RR_TIMESLICE_MS);
	return err;
}

/* --- net/ --- */

#define NET_SETTING(name, var, low) \
	static int name##_show(struct pbuf *b, const struct pnode *n, struct task *t) \
	{ pbuf_printf(b, "%d\n", READ_ONCE(var)); return 0; } \
	static int name##_write(const struct pnode *n, struct task *t, char *s, size_t len) \
	{ return parse_setting(s, low, INT32_MAX, &var); }

NET_SETTING(somaxconn, net_somaxconn, 0)
NET_SETTING(rmem_default, net_rmem_default, 2304)
NET_SETTING(rmem_max, net_rmem_max, 2304)
NET_SETTING(wmem_default, net_wmem_default, 4608)
NET_SETTING(wmem_max, net_wmem_max, 4608)
NET_SETTING(max_dgram_qlen, unix_max_dgram_qlen, 0)

/* --- the tables --- */

#define SETTING(n, s, w) { .name = (n), .mode = S_IFREG | 0644, .show = (s), .write = (w) }

static const struct pentry random_table[] = {
	PFILE("boot_id", boot_id_show),
	PTEXT("entropy_avail", "256\n"),
	PTEXT("poolsize", "256\n"),
	PFILE("uuid", uuid_show),
	{ 0 },
};

static const struct pentry pty_table[] = {
	SETTING("max", pty_max_show, pty_max_write),
	PFILE("nr", pty_nr_show),
	PTEXT("reserve", "0\n"),
	{ 0 },
};

static const struct pentry dev_tty_table[] = {
	SETTING("legacy_tiocsti", legacy_tiocsti_show, legacy_tiocsti_write),
	{ 0 },
};

static const struct pentry dev_table[] = {
	PDIR("tty", dev_tty_table),
	{ 0 },
};

static const struct pentry kernel_table[] = {
	PFILE("cap_last_cap", cap_last_cap_show),
	PFILE("domainname", domainname_show),
	PFILE("hostname", hostname_show),
	PFILE("ngroups_max", ngroups_max_show),
	PTEXT("osrelease", UTS_RELEASE "\n"),
	PTEXT("ostype", UTS_SYSNAME "\n"),
	PTEXT("overflowgid", "65534\n"),
	PTEXT("overflowuid", "65534\n"),
	PFILE("pid_max", pid_max_show),
	SETTING("printk", printk_show, printk_write),
	PDIR("pty", pty_table),
	PDIR("random", random_table),
	SETTING("randomize_va_space", randomize_show, randomize_write),
	SETTING("sched_rr_timeslice_ms", rr_timeslice_show, rr_timeslice_write),
	SETTING("sched_rt_period_us", rt_period_show, rt_period_write),
	SETTING("sched_rt_runtime_us", rt_runtime_show, rt_runtime_write),
	PTEXT("tainted", "0\n"),
	PTEXT("version", UTS_VERSION "\n"),
	{ 0 },
};

static const struct pentry vm_table[] = {
	{ .name = "drop_caches", .mode = S_IFREG | 0200, .show = drop_caches_show, .write = drop_caches_write },
	PTEXT("max_map_count", "65530\n"),
	PTEXT("mmap_min_addr", "4096\n"),
	SETTING("overcommit_kbytes", kbytes_show, kbytes_write),
	SETTING("overcommit_memory", overcommit_show, overcommit_write),
	SETTING("overcommit_ratio", ratio_show, ratio_write),
	SETTING("swappiness", swappiness_show, swappiness_write),
	{ 0 },
};

/* Open files; none is ever kept for the next one; and as many as there may be. */
static int
file_nr_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\t0\t9223372036854775807\n", files_count());
	return 0;
}

static const struct pentry fs_table[] = {
	PFILE("file-nr", file_nr_show),
	PTEXT("file-max", "9223372036854775807\n"),
	PTEXT("nr_open", "1048576\n"),
	PTEXT("pipe-max-size", "1048576\n"),
	{ 0 },
};

static const struct pentry net_core_table[] = {
	SETTING("rmem_default", rmem_default_show, rmem_default_write),
	SETTING("rmem_max", rmem_max_show, rmem_max_write),
	SETTING("somaxconn", somaxconn_show, somaxconn_write),
	SETTING("wmem_default", wmem_default_show, wmem_default_write),
	SETTING("wmem_max", wmem_max_show, wmem_max_write),
	{ 0 },
};

static const struct pentry net_unix_table[] = {
	SETTING("max_dgram_qlen", max_dgram_qlen_show, max_dgram_qlen_write),
	{ 0 },
};

static const struct pentry net_table[] = {
	PDIR("core", net_core_table),
	PDIR("unix", net_unix_table),
	{ 0 },
};

const struct pentry proc_sys_table[] = {
	PDIR("dev", dev_table),
	PDIR("fs", fs_table),
	PDIR("kernel", kernel_table),
	PDIR("net", net_table),
	PDIR("vm", vm_table),
	{ 0 },
};
