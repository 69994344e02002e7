/*
 * sysinfo.c - calls about the machine and the system as a whole: its names, its totals, its
 * log, its harts' abilities, and its end.
 *
 * Locks       uts_lock for the host name.
 * Further     uname(2), sysinfo(2), syslog(2), reboot(2), getrandom(2);
 *             Linux Documentation/arch/riscv/hwprobe.rst.
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/hwprobe.h"
#include "abi/random.h"
#include "abi/reboot.h"
#include "abi/sysinfo.h"
#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "arch/pagetable.h"
#include "arch/power.h"
#include "kernel/printk.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "kernel/uts.h"
#include "kernel/waitq.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

/* ---- names ---- */

static struct spinlock uts_lock = SPINLOCK_INIT(RANK_FS);
static struct abi_utsname uts = {
	.sysname = UTS_SYSNAME,
	.nodename = "(none)",
	.release = UTS_RELEASE,
	.version = UTS_VERSION,
	.machine = UTS_MACHINE,
	.domainname = "(none)",
};

void
uts_get(struct abi_utsname *out)
{
	spin_lock(&uts_lock);
	*out = uts;
	spin_unlock(&uts_lock);
}

/* uname(2): uts_get() fills in all of a struct abi_utsname. */
long
sys_uname(const ulong *a)
{
	struct abi_utsname u;

	uts_get(&u);
	return copy_to_user(UPTR(a[0]), &u, sizeof(u));
}

/*
 * sethostname(2): n bytes, no more than ABI_UTS_LEN; n is an int, whatever else is in the register. Not for everybody.
 * The name's place is as long as the longest and a 0: nothing of the name before shows behind a shorter one. uts_lock
 * is a spinlock, and a copy from the program may sleep.
 */
long
sys_sethostname(const ulong *a)
{
	char name[ABI_UTS_LEN + 1] = { 0 };
	int n = a[1];

	if (!task_capable(BIT(CAP_SYS_ADMIN)))
		return -EPERM;
	if (n < 0 || n > ABI_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(name, UPTR(a[0]), n))
		return -EFAULT;
	spin_lock(&uts_lock);
	memcpy(uts.nodename, name, sizeof(name));
	spin_unlock(&uts_lock);
	return 0;
}

/* ---- totals ---- */

/* sysinfo(2). Every byte of the answer is written here: those with no meaning are 0, not what the stack held. */
long
sys_sysinfo(const ulong *a)
{
	struct abi_sysinfo s = { .mem_unit = 1 };
	struct mem_stats m;
	ulong load[3];
	int i;

	mem_stats(&m);
	sched_loadavg(load);
	s.uptime = DIV_ROUND_UP(clock_monotonic(), NSEC_PER_SEC);
	for (i = 0; i < 3; i++)
		s.loads[i] = load[i] << (SI_LOAD_SHIFT - 11);
	s.totalram = m.total * PAGE_SIZE;
	s.freeram = m.free * PAGE_SIZE;
	s.sharedram = m.shmem * PAGE_SIZE;
	s.procs = tasks_count;
	return put_user(s, UPTR(a[0]));
}

/* ---- random numbers ---- */

/* getrandom(2). Never blocks: the generator is seeded before the first program runs. */
long
sys_getrandom(const ulong *a)
{
	uptr_t dst = UPTR(a[0]);
	size_t len = MIN(a[1], 0x7ffff000UL), done = 0, n, copied;
	uint flags = a[2];
	u8 buf[256];

	if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	while (done < len) {
		n = MIN(len - done, sizeof(buf));
		random_bytes(buf, n);
		copied = copy_to_user_some(uptr_add(dst, done), buf, n);
		done += copied;
		if (copied < n)
			return done ? (long)done : -EFAULT;
		if (done < len && signal_pending(current))
			break;
	}
	memset(buf, 0, sizeof(buf));
	return done;
}

/* ---- the harts ---- */

/* One answer of riscv_hwprobe, true on every hart. Misaligned speed has not been measured: "unknown". */
static void
hwprobe(struct abi_hwprobe *p)
{
	ulong vendor, arch, imp, hwcap = cpu_hwcap();

	cpu_vendor(0, &vendor, &arch, &imp);
	switch (p->key) {
	case RISCV_HWPROBE_KEY_MVENDORID:
		p->value = vendor;
		break;
	case RISCV_HWPROBE_KEY_MARCHID:
		p->value = arch;
		break;
	case RISCV_HWPROBE_KEY_MIMPID:
		p->value = imp;
		break;
	case RISCV_HWPROBE_KEY_BASE_BEHAVIOR:
		p->value = RISCV_HWPROBE_BASE_BEHAVIOR_IMA;
		break;
	case RISCV_HWPROBE_KEY_IMA_EXT_0:
		p->value = 0;
		if ((hwcap & BIT('F' - 'A')) && (hwcap & BIT('D' - 'A')))
			p->value |= RISCV_HWPROBE_IMA_FD;
		if (hwcap & BIT('C' - 'A'))
			p->value |= RISCV_HWPROBE_IMA_C;
		break;
	case RISCV_HWPROBE_KEY_CPUPERF_0:
		p->value = RISCV_HWPROBE_MISALIGNED_UNKNOWN;
		break;
	default:
		p->key = -1;
		p->value = 0;
	}
}

/* riscv_hwprobe(2). All harts that run the kernel answer alike, so the set of cpus does not matter. */
long
sys_riscv_hwprobe(const ulong *a)
{
	uptr_t pairs = UPTR(a[0]);
	size_t n = a[1];
	struct abi_hwprobe p;

	if (a[4])
		return -EINVAL;
	for (; n--; pairs = uptr_add(pairs, sizeof(p))) {
		if (get_user(p, pairs))
			return -EFAULT;
		hwprobe(&p);
		if (put_user(p, pairs))
			return -EFAULT;
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* riscv_flush_icache(2): the range does not matter, fence.i knows none. */
long
sys_riscv_flush_icache(const ulong *a)
{
	if (a[2] & ~SYS_RISCV_FLUSH_ICACHE_LOCAL)
		return -EINVAL;
	icache_flush_all();		/* the thread may migrate: "local" is not enough */
	return 0;
}

/* ---- the log ---- */

static u64 log_cleared;			/* READ_ALL starts here: [a] */
static u64 log_next;			/* READ continues here: [a] */
static int saved_loglevel = -1;

/* Copy the log from *pos on, at most n bytes, to user memory. Bytes or -errno. */
static long
log_copy(uptr_t dst, size_t n, u64 *pos)
{
	char *buf = page_alloc(GFP_KERNEL);
	size_t done = 0, got;
	long err = 0;

	if (!buf)
		return -ENOMEM;
	while (done < n && (got = log_read(pos, buf, MIN(n - done, PAGE_SIZE))) > 0) {
		err = copy_to_user(uptr_add(dst, done), buf, got);
		if (err)
			break;
		done += got;
	}
	page_free(buf);
	return err ? err : (long)done;
}

/* The log's last n bytes that were not cleared. */
static long
log_copy_last(uptr_t dst, size_t n)
{
	u64 end = log_end(), pos = MAX(log_start(), log_cleared);

	if (end - pos > n)
		pos = end - n;
	return log_copy(dst, n, &pos);
}

/* syslog(2). */
long
sys_syslog(const ulong *a)
{
	int op = a[0], n = a[2];
	uptr_t dst = UPTR(a[1]);
	u64 pos;
	long got;

	if (op != SYSLOG_ACTION_READ_ALL && op != SYSLOG_ACTION_SIZE_BUFFER && !task_capable(BIT(CAP_SYSLOG)))
		return -EPERM;
	if (op >= SYSLOG_ACTION_READ && op <= SYSLOG_ACTION_READ_CLEAR && (!dst.addr || n < 0))
		return -EINVAL;
	switch (op) {
	case SYSLOG_ACTION_CLOSE:
	case SYSLOG_ACTION_OPEN:
		return 0;
	case SYSLOG_ACTION_READ:
		pos = MAX(log_next, log_start());
		got = log_copy(dst, n, &pos);
		log_next = pos;
		return got;
	case SYSLOG_ACTION_READ_CLEAR:
	case SYSLOG_ACTION_READ_ALL:
		pos = log_end();
		got = log_copy_last(dst, n);
		if (op == SYSLOG_ACTION_READ_CLEAR && got >= 0)
			log_cleared = pos;
		return got;
	case SYSLOG_ACTION_CLEAR:
		log_cleared = log_end();
		return 0;
	case SYSLOG_ACTION_CONSOLE_OFF:
		if (saved_loglevel < 0)
			saved_loglevel = console_loglevel;
		console_loglevel = 1;
		return 0;
	case SYSLOG_ACTION_CONSOLE_ON:
		if (saved_loglevel >= 0)
			console_loglevel = saved_loglevel;
		saved_loglevel = -1;
		return 0;
	case SYSLOG_ACTION_CONSOLE_LEVEL:
		if (n < 1 || n > 8)
			return -EINVAL;
		console_loglevel = n;
		saved_loglevel = -1;
		return 0;
	case SYSLOG_ACTION_SIZE_UNREAD:
		return log_end() - MAX(log_next, log_start());
	case SYSLOG_ACTION_SIZE_BUFFER:
		return 64 * KiB;			/* printk.c's ring */
	default:
		return -EINVAL;
	}
}

/* ---- the end ---- */

static void
halt(void)
{
	printk(KERN_EMERG "reboot: System halted\n");
	cpu_halt_others();
	irq_disable();
	for (;;)
		cpu_wfi();
}

/* reboot(2). */
long
sys_reboot(const ulong *a)
{
	u32 magic = a[1], cmd = a[2];

	if (!task_capable(BIT(CAP_SYS_BOOT)))
		return -EPERM;
	if ((u32)a[0] != LINUX_REBOOT_MAGIC1 ||
	    (magic != LINUX_REBOOT_MAGIC2 && magic != LINUX_REBOOT_MAGIC2A &&
	     magic != LINUX_REBOOT_MAGIC2B && magic != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;			/* there is no ctrl-alt-del */
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		slab_leak_check();
		printk(KERN_EMERG "reboot: Restarting system\n");
		machine_reboot();
		break;
	case LINUX_REBOOT_CMD_POWER_OFF:
		slab_leak_check();
		printk(KERN_EMERG "reboot: Power down\n");
		machine_poweroff();
		break;
	case LINUX_REBOOT_CMD_HALT:
		break;
	default:
		return -EINVAL;
	}
	halt();
	return 0;
}
