/*
 * driver.c - runs mm/pagetable.c on the build machine, one line of a script at a time, and shows every table after each.
 *
 *	put VA PA BITS		an entry, made by this file alone: what a test begins with
 *	find VA			pt_find: where the entry is
 *	map VA PA BITS		pt_get, and the entry written as the fault handler would
 *	entry BITS FLAGS	pte_protect
 *	protect FROM TO FLAGS	pt_protect
 *	zap FROM TO		gather_zap
 *	fail N			N more tables can be had, then there is no memory; -1: as many as are asked for
 *
 * It prints facts, and judges only what cannot wait: a lock held where it must not be, room that runs out.
 * What the tables should hold the test knows (test_sv39.py), which walks what is printed here.
 *
 * Data        arena: the "physical" memory that tables are made of. Pages that are no table are poisoned: the address
 *             sanitizer ends the program at the first touch.
 */
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/task.h"
#include "mm/internal.h"

#define TABLES		1024			/* pages of the arena */
#define FRAMES		65536			/* frames there are; those after the arena have no memory */

char *host_ram;
struct frame *frames;
u64 frames_base = HOST_RAM_BASE >> PAGE_SHIFT, frames_end;
struct task *host_current;
bool host_irqs_off;

static bool is_table[TABLES];
static long tables_left = -1;
static struct mm mm;

static NORETURN void
wrong(const char *what)
{
	printf("wrong %s\n", what);
	fflush(stdout);
	_Exit(1);
}

/* ---- what the kernel has elsewhere ---- */

void host_tick(void) { }
void preempt_resched(void) { }
void cpu_relax(void) { wrong("a lock is taken that is held already"); }
void spin_wait(struct spinlock *l) { wrong("a lock is taken that is held already"); }

static struct frame *
table_take(void)
{
	if (tables_left == 0)
		return NULL;
	if (tables_left > 0)
		tables_left--;
	for (uint i = 0; i < TABLES; i++) {
		if (is_table[i])
			continue;
		is_table[i] = true;
		ASAN_UNPOISON_MEMORY_REGION(host_ram + i * PAGE_SIZE, PAGE_SIZE);
		memset(host_ram + i * PAGE_SIZE, 0, PAGE_SIZE);
		frames[i].index = 0;
		return &frames[i];
	}
	wrong("more tables are in use than the script needs");
}

static void
table_give(struct frame *f)
{
	uint i = f - frames;

	if (i >= TABLES || !is_table[i])
		wrong("a table is freed that is none");
	for (uint j = 0; j < PT_ENTRIES; j++)
		if (((pte_t *)frame_va(f))[j])
			wrong("a table is freed that has entries");
	is_table[i] = false;
	ASAN_POISON_MEMORY_REGION(host_ram + i * PAGE_SIZE, PAGE_SIZE);
	printf("freed-table %lx\n", frame_pa(f));
}

bool
pt_add_table(struct mm *m, pte_t *slot)
{
	struct frame *f;

	if (m->pt_lock.held)
		wrong("pt_add_table is called with pt_lock held, which it takes itself");
	if (*slot)
		return true;
	f = table_take();
	if (!f)
		return false;
	*slot = pte_make(frame_pa(f), PTE_V);
	pte_table(slot)->index++;
	m->pt_pages++;
	return true;
}

void
gather_flush(struct gather *g)
{
	if (g->mm->pt_lock.held)
		wrong("gather_flush is called with pt_lock held: it waits for other harts, which may wait for the lock");
	if (g->nframes > GATHER_MAX)
		wrong("more frames were gathered than there is room for");
	if (g->start <= g->end)
		printf("flush %lx %lx\n", g->start, g->end);
	else if (g->nframes)
		wrong("frames were gathered, and no range to flush: gather_range");
	for (uint i = 0; i < g->nframes; i++)
		printf("freed %lx\n", frame_pa(g->frames[i]));
	for (uint i = 0; i < g->ntables; i++)
		table_give(g->tables[i]);
	g->nframes = g->ntables = 0;
	g->start = ~0UL;
	g->end = 0;
}

void
gather_table(struct gather *g, pte_t *slot, u64 addr)
{
	if (g->mm->pt_lock.held)
		wrong("gather_table is called with pt_lock held, which it takes itself");
	if (!*slot)
		wrong("gather_table is called where there is no table");
	if (g->ntables == GATHER_MAX)
		gather_flush(g);
	g->tables[g->ntables++] = pte_frame(*slot);
	gather_range(g, ALIGN_DOWN(addr, PT_SIZE(1)), ALIGN_DOWN(addr, PT_SIZE(1)) + PT_SIZE(1));
	*slot = 0;
	pte_table(slot)->index--;
}

/* ---- the script ---- */

/* The entry of va, its tables made here. */
static pte_t *
own_entry(u64 va)
{
	pte_t *slot = &mm.root[PT_INDEX(va, 2)];

	for (int level = 1; level >= 0; level--) {
		if (!*slot && !pt_add_table(&mm, slot))
			return NULL;
		slot = pte_below(*slot) + PT_INDEX(va, level);
	}
	return slot;
}

/* Write an entry as the fault handler would. */
static void
enter(pte_t *slot, u64 pa, u64 bits)
{
	if (!slot) {
		printf("result none\n");
		return;
	}
	printf("result %lx\n", virt_to_phys(slot));
	if (!*slot)
		pte_table(slot)->index++;
	*slot = pte_make(pa, bits);
}

static void
zap(u64 from, u64 to)
{
	static struct gather g;

	g = (struct gather){ .mm = &mm, .start = ~0UL };
	gather_zap(&g, from, to);
	gather_flush(&g);
	printf("result %ld %ld\n", g.anon, g.file);
}

static void
obey(const char *verb, u64 a, u64 b, u64 c)
{
	pte_t *slot;

	if (strcmp(verb, "put") == 0) {
		enter(own_entry(a), b, c);
	} else if (strcmp(verb, "find") == 0) {
		slot = pt_find(&mm, a);
		if (slot)
			printf("result %lx\n", virt_to_phys(slot));
		else
			printf("result none\n");
	} else if (strcmp(verb, "map") == 0) {
		enter(pt_get(&mm, a), b, c);
	} else if (strcmp(verb, "entry") == 0) {
		printf("result %lx\n", pte_protect(a, b));
	} else if (strcmp(verb, "protect") == 0) {
		printf("result %d\n", pt_protect(&mm, a, b, c));
	} else if (strcmp(verb, "zap") == 0) {
		zap(a, b);
	} else if (strcmp(verb, "fail") == 0) {
		tables_left = (long)a;
		printf("result\n");
	} else {
		wrong("the script: no such line");
	}
}

/* Every table: where, the count that is kept of its entries, and those that are not 0. */
static void
show(void)
{
	const pte_t *t;

	for (uint i = 0; i < TABLES; i++) {
		if (!is_table[i])
			continue;
		t = (const pte_t *)(host_ram + i * PAGE_SIZE);
		printf("table %lx %lu", frame_pa(&frames[i]), frames[i].index);
		for (uint j = 0; j < PT_ENTRIES; j++)
			if (t[j])
				printf(" %x:%lx", j, t[j]);
		printf("\n");
	}
	printf("end\n");
}

int
main(void)
{
	static char output[1 << 16];
	char verb[16];
	ulong a, b, c;

	setvbuf(stdout, output, _IOFBF, sizeof(output));
	host_ram = aligned_alloc(PAGE_SIZE, TABLES * PAGE_SIZE);
	frames = calloc(FRAMES, sizeof(*frames));
	host_current = calloc(1, sizeof(*host_current));
	if (!host_ram || !frames || !host_current)
		return 2;
	ASAN_POISON_MEMORY_REGION(host_ram, TABLES * PAGE_SIZE);
	mm.root = frame_va(table_take());
	printf("root %lx\n", virt_to_phys(mm.root));
	while (scanf("%15s %lx %lx %lx", verb, &a, &b, &c) == 4) {
		obey(verb, a, b, c);
		if (mm.pt_lock.held)
			wrong("pt_lock is still held afterwards");
		show();
		fflush(stdout);
	}
	return 0;
}
