/* marker.h - the code that workers run: a page of each worker's own, whose instructions say which worker it is.
 *
 *	0	slti x0, x0, ID			the marker: a hint, no register changes
 *		nop ...				UNIT instructions a turn, all told
 *		addi a0, a0, -1
 *		bnez a0, 0
 *		ret
 *	EVENTS	sltiu x0, x0, KIND << 8 | ID	one after the other, for each kind
 *		ret
 *
 * grade/sched/plugin.c sees the markers from outside of the machine. A turn is one block of QEMU's,
 * which runs nops at no cost: so a second of the machine takes some hundredths of one of the host's.
 */
#ifndef SCHED_MARKER_H
#define SCHED_MARKER_H

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNIT		500		/* instructions; grade/sched/model.py knows it */
#define EVENTS		2048
#define EVENT_KINDS	16
#define PAGE		4096

enum event {
	EVENT_BEGIN = 1,		/* of a task set; the plugin knows these two */
	EVENT_END = 2,
	EVENT_DONE = 3,			/* a worker has nothing left to do */
	EVENT_DUE = 4,			/* on time, or late */
	EVENT_WAKE = 5,
	EVENT_WOKEN = 6,
	EVENT_GAVE_UP = 7,
	EVENT_FIRST_OWN = 8,		/* from here on: a task set's own */
};

static unsigned char *marker_page;

static inline unsigned char *
marker_put(unsigned char *p, uint32_t insn, int size)
{
	memcpy(p, &insn, size);
	return p + size;
}

/* Make this process worker id. 0, or -1 without memory. */
static int
marker_init(unsigned int id)
{
	unsigned char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t back;

	if (p == MAP_FAILED)
		return -1;
	marker_page = p;
	p = marker_put(p, id << 20 | 0x2013, 4);
	for (int i = 0; i < UNIT - 3; i++)
		p = marker_put(p, 0x0001, 2);
	p = marker_put(p, 0xfff50513, 4);
	back = marker_page - p;
	back = (back >> 12 & 1) << 31 | (back >> 5 & 0x3f) << 25 | (back >> 1 & 0xf) << 8 | (back >> 11 & 1) << 7;
	p = marker_put(p, back | 10 << 15 | 1 << 12 | 0x63, 4);
	marker_put(p, 0x8082, 2);
	for (uint32_t kind = 0; kind < EVENT_KINDS; kind++) {
		p = marker_page + EVENTS + 8 * kind;
		p = marker_put(p, (kind << 8 | id) << 20 | 0x3013, 4);
		marker_put(p, 0x8082, 2);
	}
	if (mprotect(marker_page, PAGE, PROT_READ | PROT_EXEC))
		return -1;
	return syscall(SYS_riscv_flush_icache, marker_page, marker_page + PAGE, 0);
}

/* Run so many units. */
static inline void
marker_run(long units)
{
	if (units > 0)
		((void (*)(long))marker_page)(units);
}

/* Say that something happens now. */
static inline void
marker_event(int kind)
{
	((void (*)(void))(marker_page + EVENTS + 8 * kind))();
}

#endif
