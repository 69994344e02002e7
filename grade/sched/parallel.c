/*
 * parallel.c - in QEMU, outside the machine: how long work takes on several harts, in instructions.
 *
 * Seconds on a shared host say nothing about a kernel: QEMU's harts are threads that wait for processors. So the harts
 * are kept in step. Each has a clock that counts the instructions it executes; none may be more than STEP ahead of
 * the slowest that is awake. One that wakes from wfi has idled until now, and begins at the time of the one that is
 * furthest: STEP too late, at most. So the clocks are those of a machine whose harts are all equally fast; what a
 * hart spends waiting, for a lock or for work, lasts as long as it would there.
 *
 *	h HART BUSY		at the end: instructions that the hart executed between the two marks
 *	t TIME			by the clocks, from the first mark (sltiu x0, x0, 1 << 8) to the second (2 << 8)
 *
 * Locks       none: a clock is written by its hart alone; marks by the one hart that executes them.
 * Not here    devices: timers and disks follow the host's clock. The work should need none.
 *             A hart that holds QEMU still (translation) cannot catch up: whoever waits for it gives up after PATIENCE,
 *             which lets it run ahead and makes the others seem slow, never fast.
 * Further     plugin.c, which says more of QEMU's side; vcpu_idle and vcpu_resume in docs/devel/tcg-plugins.rst.
 *
 * usage: -plugin parallel.so,out=FILE
 */
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS };
typedef void vcpu_fn(qemu_plugin_id_t id, unsigned int cpu);

void	qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id, vcpu_fn *f);
void	qemu_plugin_register_vcpu_idle_cb(qemu_plugin_id_t id, vcpu_fn *f);
void	qemu_plugin_register_vcpu_resume_cb(qemu_plugin_id_t id, vcpu_fn *f);
void	qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*f)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void	qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*f)(unsigned int, void *), int flags,
					     void *data);
void	qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, void (*f)(unsigned int, void *), int flags,
					       void *data);
size_t	qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t	qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

#define MAX_HARTS	16
#define STEP		5000		/* instructions */
#define PATIENCE	20000000	/* ns of the host */
#define MARK		0x00003013	/* sltiu x0, x0, KIND << 8 */
#define MARKER_MASK	0x000fffff
enum { KIND_BEGIN = 1, KIND_END = 2 };

struct hart {
	volatile uint64_t clock;	/* instructions, and those that it idled */
	volatile uint64_t busy;		/* instructions */
	volatile bool	awake;
	uint64_t	may_go_to;	/* nobody need be asked before */
	uint64_t	busy_at_begin;
} __attribute__((aligned(64)));

static struct hart harts[MAX_HARTS];
static volatile bool counting;
static uint64_t began;
static FILE *out;

/* The clock of the slowest that is awake, but for one; UINT64_MAX if there is none. */
static uint64_t
slowest(const struct hart *but)
{
	uint64_t least = UINT64_MAX;

	for (struct hart *h = harts; h < harts + MAX_HARTS; h++)
		if (h != but && h->awake && h->clock < least)
			least = h->clock;
	return least;
}

static uint64_t
host_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

static void
wait_for_others(struct hart *h)
{
	uint64_t since = host_ns(), other;

	while ((other = slowest(h)) < h->clock && h->clock - other > STEP && host_ns() - since < PATIENCE)
		sched_yield();
	h->may_go_to = h->clock + STEP / 4;
}

static void
block_runs(unsigned int cpu, void *insns)
{
	struct hart *h = &harts[cpu % MAX_HARTS];

	h->busy += (uintptr_t)insns;
	h->clock += (uintptr_t)insns;
	if (counting && h->clock > h->may_go_to)
		wait_for_others(h);
}

static void
hart_sleeps(qemu_plugin_id_t id, unsigned int cpu)
{
	harts[cpu % MAX_HARTS].awake = false;
}

static void
hart_wakes(qemu_plugin_id_t id, unsigned int cpu)
{
	struct hart *h = &harts[cpu % MAX_HARTS];

	for (struct hart *other = harts; other < harts + MAX_HARTS; other++)
		if (other->clock > h->clock)
			h->clock = other->clock;
	h->awake = true;
}

static void
mark(unsigned int cpu, void *kind)
{
	struct hart *me = &harts[cpu % MAX_HARTS];

	if ((uintptr_t)kind == KIND_BEGIN) {
		for (struct hart *h = harts; h < harts + MAX_HARTS; h++) {
			h->busy_at_begin = h->busy;
			h->clock = me->clock;
			h->may_go_to = 0;
		}
		began = me->clock;
		counting = true;
	} else {
		counting = false;
		for (struct hart *h = harts; h < harts + MAX_HARTS; h++)
			if (h->busy > h->busy_at_begin)
				fprintf(out, "h %td %lu\n", h - harts, h->busy - h->busy_at_begin);
		fprintf(out, "t %lu\n", me->clock - began);
		fflush(out);
	}
}

static void
translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uint32_t word;

	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)n);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_size(insn) != sizeof(word))
			continue;
		memcpy(&word, qemu_plugin_insn_data(insn), sizeof(word));
		if ((word & MARKER_MASK) == MARK)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)(word >> 28));
	}
}

__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			out = fopen(argv[i] + 4, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_init_cb(id, hart_wakes);
	qemu_plugin_register_vcpu_idle_cb(id, hart_sleeps);
	qemu_plugin_register_vcpu_resume_cb(id, hart_wakes);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
