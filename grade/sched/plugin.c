/*
 * plugin.c - in QEMU, outside the machine: which worker ran on which hart, when and for how long.
 *
 * A worker's code is a loop around `slti x0, x0, ID`, which does nothing to the machine: RISC-V leaves the hint
 * to whoever wants it. `sltiu x0, x0, KIND << 8 | ID` marks an event. The kernel knows neither, so what is
 * written here is not its word.
 *
 *	r HART ID UNITS START LAST	the hart executed ID's marker UNITS times, and no other's meanwhile
 *	e HART KIND ID TIME		an event
 *
 * Time        clock=insn: instructions executed, of one hart. With -icount shift=0 and a hart that never idles these
 *             are nanoseconds of the machine. They are counted by the block, so a block that faults halfway counts
 *             whole: workers do not fault in the loop.
 *             clock=host: the host's nanoseconds, which are the machine's without icount. LAST is then what the hart's
 *             thread has had of a host's processor since START: little in a long run is the host's doing.
 * Locks       none: each hart has its struct hart; lines are whole, by stdio's own lock.
 *
 * usage: -plugin plugin.so,out=FILE,clock=insn|host
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../qemu_plugin.h"

PLUGIN_EXPORT int qemu_plugin_version = 1;

/* --- what is recorded --- */

#define MAX_HARTS	16
#define NOBODY		0xffff
#define KIND_BEGIN	1		/* of a task set: what ran before is another story */
#define KIND_END	2

struct hart {
	uint16_t	id;		/* whose run it is in, or NOBODY */
	uint32_t	epoch;
	uint64_t	units, start, last;	/* clock=host: last is thread_time() at the start */
} __attribute__((aligned(64)));

static struct hart harts[MAX_HARTS];
static volatile uint32_t epoch;
static uint64_t executed;		/* clock=insn: up to the end of the block that runs */
static bool host_clock;
static FILE *out;

/* What a callback needs to know, in the pointer that QEMU keeps for it. */
static void *
packed(uint16_t marker, size_t left)
{
	return (void *)(uintptr_t)(left << 16 | marker);
}

static uint64_t
now(uintptr_t data)
{
	struct timespec t;

	if (!host_clock)
		return executed - (data >> 16);
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

/* The host's processor time of this hart's thread, ns. */
static uint64_t
thread_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

static void
run_end(struct hart *h)
{
	if (h->id != NOBODY)
		fprintf(out, "r %td %u %lu %lu %lu\n", h - harts, h->id, h->units, h->start,
			host_clock ? thread_time() - h->last : h->last);
	h->id = NOBODY;
}

static void
marker_runs(unsigned int cpu, void *data)
{
	struct hart *h = &harts[cpu % MAX_HARTS];
	uint16_t id = (uintptr_t)data;

	if (h->id != id || h->epoch != epoch) {
		run_end(h);
		h->id = id;
		h->epoch = epoch;
		h->units = 0;
		h->start = now((uintptr_t)data);
		h->last = host_clock ? thread_time() : 0;
	}
	h->units++;
	if (!host_clock)
		h->last = now((uintptr_t)data);
}

static void
marker_happens(unsigned int cpu, void *data)
{
	uint16_t marker = (uintptr_t)data;
	int kind = marker >> 8;

	run_end(&harts[cpu % MAX_HARTS]);
	fprintf(out, "e %u %d %d %lu\n", cpu, kind, marker & 0xff, now((uintptr_t)data));
	if (kind == KIND_BEGIN)
		epoch++;
	if (kind == KIND_END)
		fflush(out);
}

/* A block was translated: count it, and be called at its markers. */
static void
translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn;
	uint32_t word;

	if (!host_clock)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &executed, n);
	for (size_t i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (qemu_plugin_insn_size(insn) != sizeof(word))
			continue;
		memcpy(&word, qemu_plugin_insn_data(insn), sizeof(word));
		if ((word & HINT_MASK) == HINT_SLTI)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marker_runs, QEMU_PLUGIN_CB_NO_REGS,
							       packed(word >> 20, n - i));
		else if ((word & HINT_MASK) == HINT_SLTIU)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marker_happens, QEMU_PLUGIN_CB_NO_REGS,
							       packed(word >> 20, n - i));
	}
}

static void
ends(qemu_plugin_id_t id, void *data)
{
	for (int i = 0; i < MAX_HARTS; i++)
		run_end(&harts[i]);
	fclose(out);
}

PLUGIN_EXPORT int
qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			out = fopen(argv[i] + 4, "w");
		else if (strcmp(argv[i], "clock=host") == 0)
			host_clock = true;
	if (!out)
		return -1;
	for (int i = 0; i < MAX_HARTS; i++)
		harts[i].id = NOBODY;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ends, NULL);
	return 0;
}
