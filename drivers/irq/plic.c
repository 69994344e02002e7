/*
 * plic.c - the platform-level interrupt controller.
 *
 *	0x000000 + 4 * source		priority, 0 = off
 *	0x002000 + 0x80 * context	enable bits, one per source
 *	0x200000 + 0x1000 * context	threshold; + 4: claim (read), complete (write)
 *
 * A context is a hart in one privilege mode; its number is its position in the node's
 * `interrupts-extended`. Which position is which hart differs between boards: each entry's
 * phandle names a cpu's own interrupt controller, whose parent's `reg` is the hart id, and
 * its cell says the mode: 9 supervisor, 11 machine (also written 0xffffffff).
 *
 * Data        struct plic: the registers and, per cpu, its S-mode context or -1.
 * Locks       irq.c's irq_lock around enable and disable. claim and complete are per cpu.
 * Not here    delivery to more than one cpu: a source goes to the boot cpu's context.
 * Further     RISC-V PLIC Specification 1.0.0; docs/limits.md for what QEMU 7.2 does otherwise:
 *             it re-evaluates a source that was pending before it was enabled only when a
 *             threshold or priority is written.
 */
#include "abi/errno.h"
#include "arch/cpu.h"
#include "drivers/driver.h"
#include "drivers/irq.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/fdt_machine.h"
#include "mm/bootmem.h"
#include "mm/slab.h"

#define PLIC_PRIORITY(src)	(4UL * (src))
#define PLIC_ENABLE(ctx, src)	(0x2000UL + 0x80UL * (ctx) + 4UL * ((src) / 32))
#define PLIC_THRESHOLD(ctx)	(0x200000UL + 0x1000UL * (ctx))
#define PLIC_CLAIM(ctx)		(PLIC_THRESHOLD(ctx) + 4)
#define PLIC_MAX_SOURCES	1023
#define PLIC_S_EXTERNAL		9	/* interrupt number in the cpu's own controller */

struct plic {
	struct irq_chip chip;
	volatile u8 *regs;
	size_t	size;
	int	context[MAX_CPUS];	/* of each cpu's S mode, -1 none */
	int	boot_context;		/* where sources are delivered */
};

static u32
plic_read(struct plic *p, ulong off)
{
	return mmio_read32(p->regs + off);
}

static void
plic_write(struct plic *p, ulong off, u32 v)
{
	mmio_write32(p->regs + off, v);
}

static void
plic_enable(struct irq_chip *c, u32 source)
{
	struct plic *p = c->private;
	ulong off = PLIC_ENABLE(p->boot_context, source);

	plic_write(p, PLIC_PRIORITY(source), 1);
	plic_write(p, off, plic_read(p, off) | 1U << source % 32);
	plic_write(p, PLIC_THRESHOLD(p->boot_context), 0);
}

static void
plic_disable(struct irq_chip *c, u32 source)
{
	struct plic *p = c->private;
	ulong off = PLIC_ENABLE(p->boot_context, source);

	plic_write(p, off, plic_read(p, off) & ~(1U << source % 32));
	if (source <= c->nsources)
		plic_write(p, PLIC_PRIORITY(source), 0);
}

static u32
plic_claim(struct irq_chip *c)
{
	struct plic *p = c->private;
	int ctx = p->context[current->cpu];

	return ctx < 0 ? 0 : plic_read(p, PLIC_CLAIM(ctx));
}

static void
plic_complete(struct irq_chip *c, u32 source)
{
	struct plic *p = c->private;

	plic_write(p, PLIC_CLAIM(p->context[current->cpu]), source);
}

static void
plic_init_hart(struct irq_chip *c)
{
	struct plic *p = c->private;
	int ctx = p->context[current->cpu];

	if (ctx >= 0)
		plic_write(p, PLIC_THRESHOLD(ctx), 0);
}

/* The cpu whose own interrupt controller has this phandle, or -1. */
static int
plic_cpu_of(u32 phandle)
{
	int intc = fdt_by_phandle(&the_fdt, phandle);
	int cpu_node = intc < 0 ? -1 : fdt_parent(&the_fdt, intc);
	struct fdt_prop reg;

	if (cpu_node < 0 || !fdt_prop(&the_fdt, cpu_node, "reg", &reg) || reg.len < 4)
		return -1;
	return cpu_of_hartid(fdt_cpu_hartid(&the_fdt, cpu_node));
}

/* Fill context[]: 0, or -EINVAL if no cpu has an S-mode context. Contexts start with every source off. */
static int
plic_find_contexts(struct plic *p, int node)
{
	struct fdt_prop ext;
	bool found = false;

	for (int cpu = 0; cpu < MAX_CPUS; cpu++)
		p->context[cpu] = -1;
	p->boot_context = -1;
	if (!fdt_prop(&the_fdt, node, "interrupts-extended", &ext))
		return -EINVAL;

	/* Each entry is a phandle and one cell: a cpu's controller has #interrupt-cells 1. */
	for (u32 ctx = 0; ctx < ext.len / 8; ctx++) {
		int cpu;

		if (fdt_cell(&ext, 2 * ctx + 1) != PLIC_S_EXTERNAL)
			continue;
		cpu = plic_cpu_of(fdt_cell(&ext, 2 * ctx));
		if (cpu < 0 || cpu >= MAX_CPUS || PLIC_CLAIM(ctx) + 4 > p->size)
			continue;
		p->context[cpu] = ctx;
		found = true;
		if (p->boot_context < 0 || cpu == 0)
			p->boot_context = ctx;
		for (u32 src = 0; src <= p->chip.nsources; src += 32)
			plic_write(p, PLIC_ENABLE(ctx, src), 0);
	}
	return found ? 0 : -EINVAL;
}

static int
plic_probe(struct device *dev)
{
	struct plic *p = kzalloc(sizeof(*p), GFP_KERNEL);
	u32 ndev = fdt_prop_u32(&the_fdt, dev->node, "riscv,ndev", 0, 0);
	int err = -ENOMEM;

	if (!p)
		return -ENOMEM;
	p->regs = device_map(dev, 0, &p->size);
	if (!p->regs)
		goto out_free;
	err = -EINVAL;
	if (ndev == 0 || ndev > PLIC_MAX_SOURCES)
		goto out_free;
	p->chip = (struct irq_chip){
		.name = "plic", .node = dev->node, .private = p, .nsources = ndev,
		.enable = plic_enable, .disable = plic_disable, .claim = plic_claim,
		.complete = plic_complete, .init_hart = plic_init_hart,
	};
	err = plic_find_contexts(p, dev->node);
	if (err)
		goto out_free;
	for (u32 src = 1; src <= ndev; src++)
		plic_write(p, PLIC_PRIORITY(src), 0);
	err = irq_chip_register(&p->chip);
	if (err)
		goto out_free;
	return 0;
out_free:
	kfree(p);		/* the registers stay mapped: nothing uses them */
	return err;
}

static const struct driver_match plic_match[] = {
	{ "sifive,plic-1.0.0", NULL },
	{ "riscv,plic0", NULL },
	{ 0 },
};

const struct driver plic_driver = {
	.name = "plic",
	.level = DRIVER_IRQ,
	.match = plic_match,
	.probe = plic_probe,
};
