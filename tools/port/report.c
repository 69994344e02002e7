/*
 * report.c - what the kernel would make of a device tree, and what it lacks to reach a shell.
 *
 * A shell needs memory, a hart of the kernel's instruction set, a clock, and a console: a serial port that has a
 * driver, whose interrupt goes to a controller that has one. A disk it can do without: the initramfs has a shell.
 *
 * Data        missing, how many of these are not there; report() adds them up.
 * Not here    who drives what (kernel.c); reading the tree (lib/fdt*.c).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/bootmem.h"
#include "mm/layout.h"
#include "tools/port/port.h"

#define S_EXTERNAL	9		/* a hart's interrupts by number: devices in supervisor mode */
#define IMAGE_OFFSET	(2 * MiB)	/* of the image, from the start of its memory: the firmware is before it */

static int missing;

/* A row of the report: what it is about, once, and the rest. */
static void PRINTF_LIKE(2, 3)
row(const char *label, const char *fmt, ...)
{
	va_list ap;

	printf("%-12s", label);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void PRINTF_LIKE(1, 2)
lacks(const char *fmt, ...)
{
	va_list ap;

	printf("%-12s", "MISSING");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	missing++;
}

static const char *
name(int node)
{
	return node < 0 ? "?" : *fdt_name(&the_fdt, node) ? fdt_name(&the_fdt, node) : "/";
}

/* Of the node's `compatible`, the most specific string. */
static const char *
compatible(int node)
{
	const char *s = fdt_prop_string(&the_fdt, node, "compatible");

	return s ? s : "?";
}

/* What drives it; NULL if nothing does. */
static const struct claimed *
claim_of(int node)
{
	for (int i = 0; i < nclaimed; i++)
		if (claimed[i].node == node)
			return &claimed[i];
	return NULL;
}

static bool
is_controller(int node)
{
	const struct claimed *c = claim_of(node);

	return c && c->level == DRIVER_IRQ;
}

static bool
is_port(const struct claimed *c)
{
	return c->level == DRIVER_CONSOLE && !strcmp(c->kind, "tty");
}

/* ---- the machine ---- */

static void
report_memory(void)
{
	u64 addr, size, total = 0;
	bool room = false;
	int n;

	for (n = fdt_next_memory(&the_fdt, -1); n >= 0; n = fdt_next_memory(&the_fdt, n))
		for (u32 i = 0; fdt_reg(&the_fdt, n, i, &addr, &size) == 0; i++) {
			if (!size)
				continue;
			row("memory", "%#lx, %lu MiB%s", (ulong)addr, (ulong)(size / MiB),
			    addr + size > DIRECT_SIZE || addr + size < addr ? ": not used beyond 128 GiB" : "");
			total += addr < DIRECT_SIZE ? MIN(size, DIRECT_SIZE - addr) : 0;
			room |= addr < DIRECT_SIZE && size > 2 * IMAGE_OFFSET;
		}
	for (n = fdt_next_reserved(&the_fdt, -1); n >= 0; n = fdt_next_reserved(&the_fdt, n))
		for (u32 i = 0; fdt_reg(&the_fdt, n, i, &addr, &size) == 0; i++)
			row("reserved", "%#lx, %lu KiB: %s", (ulong)addr, (ulong)(size / KiB), name(n));
	if (!total)
		lacks("memory: no enabled node at the top has device_type \"memory\" and a size");
	else if (!room)
		lacks("memory: no bank has room for the kernel above the firmware's first 2 MiB");
}

/* Has the hart every letter of the kernel's? The first it lacks, 0 if none. */
static char
lacks_letter(const char *isa)
{
	const char *k = kernel_isa + MIN(strlen(kernel_isa), strlen("rv64"));
	size_t n;

	if (strncmp(isa, "rv64", 4))
		return '6';
	for (isa += 4, n = strcspn(isa, "_zsx"); *k; k += strcspn(k, "_"), k += *k == '_')
		if (*k >= 'a' && *k < 's' && !memchr(isa, *k, n) && !memchr(isa, 'g', n))
			return *k;
	return 0;
}

static void
report_harts(void)
{
	int cpus = fdt_path(&the_fdt, "/cpus", strlen("/cpus")), n, usable = 0;
	u32 hz = fdt_timebase(&the_fdt);
	char isa[160], lacking;

	for (n = cpus < 0 ? -1 : fdt_first_child(&the_fdt, cpus); n >= 0; n = fdt_next_sibling(&the_fdt, n)) {
		const char *type = fdt_prop_string(&the_fdt, n, "device_type");
		const char *mmu = fdt_prop_string(&the_fdt, n, "mmu-type");
		ulong id = fdt_cpu_hartid(&the_fdt, n);

		if (!type || strcmp(type, "cpu"))
			continue;
		fdt_cpu_isa(&the_fdt, n, isa, sizeof(isa));
		lacking = lacks_letter(isa);
		if (!fdt_cpu_usable(&the_fdt, n)) {
			row("hart", "%lu left alone, it %s: %s", id, mmu ? "is disabled" : "has no MMU", isa);
		} else if (lacking) {
			row("hart", "%lu cannot run the kernel, it lacks '%c': %s", id, lacking, isa);
		} else {
			row("hart", "%lu %s, %s", id, mmu + strlen("riscv,"), isa);
			usable++;
		}
	}
	if (!usable)
		lacks("a hart: none is enabled, has an mmu-type of riscv,sv... and is %.32s", kernel_isa);
	if (hz)
		row("timebase", "%u Hz", hz);
	else
		lacks("a clock: /cpus has no timebase-frequency");
}

/* ---- devices ---- */

static void
describe(const char *label, int node)
{
	const struct claimed *c = claim_of(node);
	u64 addr, size;
	char where[32] = "";
	u32 source;
	int ctl;

	if (!fdt_reg(&the_fdt, node, 0, &addr, &size) && size)
		sprintf(where, " at %#lx", (ulong)addr);
	printf("%-12s%s%s, %s", label, name(node), where, c ? c->compatible : compatible(node));
	if (c)
		printf(": driver %s", c->driver);
	if (!fdt_irq(&the_fdt, node, 0, &ctl, &source) && is_controller(ctl))
		printf(", interrupt %u of %s", source, name(ctl));
	putchar('\n');
}

/* Does the controller interrupt a hart of ours in supervisor mode? */
static bool
reaches_hart(int controller)
{
	u32 source;
	int ctl;

	for (u32 i = 0; fdt_irq(&the_fdt, controller, i, &ctl, &source) == 0; i++)
		if (source == S_EXTERNAL && fdt_parent(&the_fdt, ctl) >= 0 &&
		    fdt_cpu_usable(&the_fdt, fdt_parent(&the_fdt, ctl)))
			return true;
	return false;
}

static int
report_controllers(void)
{
	int working = 0;

	for (int i = 0; i < nclaimed; i++) {
		if (!is_controller(claimed[i].node))
			continue;
		describe("interrupts", claimed[i].node);
		if (reaches_hart(claimed[i].node))
			working++;
		else
			row("", "not used: no entry of its interrupts-extended is a hart's in supervisor mode");
	}
	if (!working)
		lacks("an interrupt controller that has a driver and interrupts a hart in supervisor mode");
	return working;
}

/* What keeps a serial port from being a terminal; NULL if nothing does. */
static const char *
port_problem(int node)
{
	u64 addr, size;
	u32 source;
	int ctl;

	if (fdt_reg(&the_fdt, node, 0, &addr, &size) || !size)
		return "its registers have no address";
	if (fdt_irq(&the_fdt, node, 0, &ctl, &source))
		return "it has no interrupt: it can write and not read";
	if (!is_controller(ctl) || !reaches_hart(ctl))
		return "its interrupt goes to a controller that is not used: it can write and not read";
	return NULL;
}

/* The node that the firmware uses: its path, or an alias, and options behind a colon. */
static int
stdout_node(void)
{
	int chosen = fdt_path(&the_fdt, "/chosen", strlen("/chosen"));
	const char *path = chosen < 0 ? NULL : fdt_prop_string(&the_fdt, chosen, "stdout-path");

	return path ? fdt_path(&the_fdt, path, strcspn(path, ":")) : -1;
}

/* The port that becomes the console, or -1. */
static int
report_console(void)
{
	int console = -1, firmware = stdout_node();

	for (int i = 0; i < nclaimed; i++) {
		const char *problem;

		if (!is_port(&claimed[i]))
			continue;
		problem = port_problem(claimed[i].node);
		describe(console < 0 && !problem ? "console" : "serial", claimed[i].node);
		if (problem)
			row("", "%s", problem);
		else if (console < 0)
			console = claimed[i].node;
	}
	if (firmware >= 0 && console >= 0 && firmware != console)
		row("", "the firmware's console is %s: name it with console= on the command line", name(firmware));
	if (console < 0 && firmware >= 0)
		lacks("a console: the firmware's is %s, %s", name(firmware), compatible(firmware));
	else if (console < 0)
		lacks("a console: no serial port has a driver and an interrupt");
	return console;
}

/* What the folders of drivers/ are called here; another folder goes by its own name. */
static const char *
kind_label(const char *kind)
{
	static const struct { const char *kind, *label; } labels[] = {
		{ "rtc", "clock" }, { "virtio", "disk" }, { "mmc", "disk" }, { "block", "disk" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (!strcmp(labels[i].kind, kind))
			return labels[i].label;
	return kind;
}

/* Everything else with a driver; how many of them are, or may be, disks. */
static int
report_others(void)
{
	int disks = 0, clocks = 0, switches = 0;

	for (int i = 0; i < nclaimed; i++) {
		const char *label;

		if (is_controller(claimed[i].node) || is_port(&claimed[i]))
			continue;
		label = kind_label(claimed[i].kind);
		disks += !strcmp(label, "disk");
		clocks += !strcmp(label, "clock");
		switches += !strcmp(label, "power");
		describe(label, claimed[i].node);
	}
	if (!clocks)
		row("clock", "none that has a driver: the time starts in 1970");
	if (!switches)
		row("power", "by the firmware (SBI SRST), if it can");
	return disks;
}

/* ---- what has no driver ---- */

/* A device: it has a `compatible` and registers, and is neither a hart nor memory. */
static bool
is_device(int node)
{
	struct fdt_prop p;
	int up;

	if (!fdt_prop(&the_fdt, node, "compatible", &p) || !fdt_prop(&the_fdt, node, "reg", &p))
		return false;
	for (up = node; up >= 0; up = fdt_parent(&the_fdt, up))
		if (!fdt_enabled(&the_fdt, up) || !strcmp(fdt_name(&the_fdt, up), "cpus") ||
		    !strcmp(fdt_name(&the_fdt, up), "reserved-memory"))
			return false;
	return true;
}

/* Do all its interrupts go to harts' machine mode? Then it is the firmware's. */
static bool
is_firmwares(int node)
{
	u32 i, source;
	int ctl;

	for (i = 0; fdt_irq(&the_fdt, node, i, &ctl, &source) == 0; i++)
		if (!fdt_compatible(&the_fdt, ctl, "riscv,cpu-intc") || source == S_EXTERNAL)
			return false;
	return i > 0;
}

static void
report_undriven(void)
{
	int n, up;

	for (n = fdt_next_node(&the_fdt, -1); n >= 0; n = fdt_next_node(&the_fdt, n)) {
		up = fdt_parent(&the_fdt, n);
		if (claim_of(n) || !is_device(n) || (up >= 0 && is_device(up) && !claim_of(up)))
			continue;		/* what hangs on a device without a driver is out of reach */
		describe(is_firmwares(n) ? "firmware's" : "no driver", n);
	}
}

bool
report(void)
{
	const char *model = fdt_prop_string(&the_fdt, fdt_root(&the_fdt), "model");
	int console, disks;

	row("machine", "%s%s%s", model ? model : "", model ? ", " : "", compatible(fdt_root(&the_fdt)));
	report_memory();
	report_harts();
	report_controllers();
	console = report_console();
	disks = report_others();
	report_undriven();
	if (missing)
		printf("port-check: no shell: %d thing%s MISSING\n", missing, missing == 1 ? " is" : "s are");
	else
		printf("port-check: a shell on %s, with its root in an initramfs%s\n", name(console),
		       disks ? " or on a disk" : "; no disk has a driver");
	return !missing;
}
