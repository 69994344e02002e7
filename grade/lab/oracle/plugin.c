/*
 * plugin.c - in QEMU, outside the machine: what the kernel and programs execute and store, at the points a program marks.
 *
 * A program marks a point with `slti x0, x0, CODE`, which does nothing to the machine. Codes are drawn for each run, and
 * count only where programs live, in the lower half: the kernel is in the upper one.
 *
 *	p HART CODE ADDRESS INSTRUCTIONS KERNEL-INSTRUCTIONS KERNEL-BYTES
 *
 * The counts are the hart's since the machine began: instructions executed, those of them at the kernel's addresses, and
 * the bytes that those stored. At the end a point with code -1 for each hart.
 *
 * Limits      Counted by the block: one that faults halfway counts whole. A mark ends nothing, so what its block executes
 *             before and after it counts as before it: a few instructions.
 * Locks       none: each hart has its struct hart; lines are whole, by stdio's own lock.
 *
 * usage: -plugin plugin.so,out=FILE
 */
#include <stdio.h>
#include <string.h>

#include "../../qemu_plugin.h"

#define MAX_HARTS	16
#define KERNEL		(1UL << 63)

struct hart {
	uint64_t	all, kernel, bytes;
} __attribute__((aligned(64)));

PLUGIN_EXPORT int qemu_plugin_version = 1;

static struct hart harts[MAX_HARTS];
static FILE *out;

static struct hart *
hart(unsigned int cpu)
{
	return &harts[cpu % MAX_HARTS];
}

static void
block_runs(unsigned int cpu, void *data)
{
	hart(cpu)->all += (uintptr_t)data;
}

static void
kernel_block_runs(unsigned int cpu, void *data)
{
	hart(cpu)->all += (uintptr_t)data;
	hart(cpu)->kernel += (uintptr_t)data;
}

static void
kernel_stores(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t addr, void *data)
{
	if (qemu_plugin_mem_is_store(info))	/* 7.2 calls us for loads too */
		hart(cpu)->bytes += 1UL << qemu_plugin_mem_size_shift(info);
}

static void
show(unsigned int cpu, int code, uint64_t addr)
{
	const struct hart *h = hart(cpu);

	fprintf(out, "p %u %d %lx %lu %lu %lu\n", cpu, code, addr, h->all, h->kernel, h->bytes);
}

/* A marked instruction: its code and address, in the pointer that QEMU keeps for it. */
static void
mark_runs(unsigned int cpu, void *data)
{
	uint64_t packed = (uintptr_t)data;

	show(cpu, packed & 0xfff, packed >> 12);
	fflush(out);
}

static void
translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	bool kernel = qemu_plugin_tb_vaddr(tb) & KERNEL;
	struct qemu_plugin_insn *insn;
	uint32_t word;

	qemu_plugin_register_vcpu_tb_exec_cb(tb, kernel ? kernel_block_runs : block_runs, QEMU_PLUGIN_CB_NO_REGS, (void *)n);
	for (size_t i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (kernel) {
			qemu_plugin_register_vcpu_mem_cb(insn, kernel_stores, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, NULL);
			continue;
		}
		if (qemu_plugin_insn_size(insn) != sizeof(word))
			continue;
		memcpy(&word, qemu_plugin_insn_data(insn), sizeof(word));
		if ((word & HINT_MASK) == HINT_SLTI)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_runs, QEMU_PLUGIN_CB_NO_REGS,
				(void *)(uintptr_t)(qemu_plugin_insn_vaddr(insn) << 12 | word >> 20));
	}
}

static void
ends(qemu_plugin_id_t id, void *data)
{
	for (int i = 0; i < MAX_HARTS; i++)
		if (harts[i].all)
			show(i, -1, 0);
	fclose(out);
}

PLUGIN_EXPORT int
qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			out = fopen(argv[i] + 4, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ends, NULL);
	return 0;
}
