/*
 * driver.c - runs mm/usercopy.c and mm/uio.c on the build machine, one line of a script at a time.
 *
 *	page VA KIND SEED	a page of user memory, its bytes made from SEED; KIND: enum kind
 *	to VA N SEED		copy_to_user_some of N bytes made from SEED
 *	toall VA N SEED		copy_to_user
 *	clear VA N 0		clear_user_some
 *	from VA N 0		copy_from_user_some
 *	fromall VA N 0		copy_from_user
 *	string VA MAX 0		strncpy_from_user
 *	poke VA WORD 0		the program's own store, whatever it may
 *	vec VA COUNT FAIL	uio_init_vec; FAIL: there is no memory
 *	put N SEED 0		uio_put of N bytes into the last vec; get N: uio_get from it
 *
 * After each: what was returned, which faults were asked for, the bytes of user memory that changed, and what came into the
 * kernel's buffer. The test knows what should have. Here is judged only what cannot wait: a fault that is asked
 * for with preemption off, or again and again.
 *
 * Data        the arena: "physical" pages, a poisoned one after each: who copies past the end of a page is ended by the
 *             address sanitizer. So is who leaves the kernel's buffer, which is exactly as long as he was told.
 */
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "kernel/task.h"
#include "mm/internal.h"
#include "mm/slab.h"
#include "mm/uio.h"
#include "mm/usercopy.h"

#define PAGES		512			/* of the arena: every other one is poisoned */
#define FAULTS		16			/* for one page in one call: more is a loop without end */

enum kind {
	WRITABLE, READ_ONLY,			/* there */
	LAZY, LAZY_READ_ONLY,			/* come with the first fault */
	SHARED,					/* there to read; the first write fault puts a copy in its place */
	SLOW,					/* needs three faults */
	NEVER,					/* an area, but no memory for it */
	SUPERVISOR,				/* there, without U: no page of a program */
};

struct page {
	u64	va;
	enum kind kind;
	pte_t	*pte;
	u8	*bytes;				/* where it lies now */
	u8	before[4096];
	uint	faults;
};

char *host_ram;
struct frame *frames, *zero_frame;
u64 frames_base = HOST_RAM_BASE >> PAGE_SHIFT, frames_end;
struct task *host_current;
bool host_irqs_off;

static struct page pages[64];
static uint npages, next_frame;
static struct mm mm;
static struct uio uio;
static struct uio_vec small[8], *heap;
static bool no_memory;
static long allocated;

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
void cpu_relax(void) { wrong("it waits for somebody who never comes"); }
void spin_wait(struct spinlock *l) { cpu_relax(); }

void *
kmalloc(size_t size, uint gfp)
{
	if (no_memory)
		return NULL;
	allocated++;
	return malloc(size);
}

void
kfree(void *p)
{
	allocated -= p != NULL;
	free(p);
}

static u8 *
frame_take(void)
{
	u8 *p = (u8 *)host_ram + next_frame * PAGE_SIZE;

	if (next_frame + 2 > PAGES)
		wrong("the script has too many pages");
	ASAN_UNPOISON_MEMORY_REGION(p, PAGE_SIZE);
	next_frame += 2;
	return memset(p, 0, PAGE_SIZE);
}

static void
fill(u8 *p, size_t n, u64 seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (seed = seed * 6364136223846793005UL + 1442695040888963407UL) >> 56 | 1;
}

static struct page *
page_at(u64 va)
{
	for (uint i = 0; i < npages; i++)
		if (pages[i].va == va)
			return &pages[i];
	return NULL;
}

#define THERE	(PTE_V | PTE_U | PTE_R | PTE_A)

static void
show_page(struct page *p, u64 bits)
{
	*p->pte = pte_make(virt_to_phys(p->bytes), bits);
}

int
mm_fault(struct mm *m, u64 addr, u32 access)
{
	struct page *p = page_at(addr & PAGE_MASK);
	u8 *copy;

	printf("fault %lx %d\n", addr, access == VM_WRITE);
	if (host_current->arch.preempt_count)
		wrong("mm_fault is called with preemption off, and it may sleep");
	if (m != &mm || addr >= USER_TOP)
		wrong("mm_fault is called for an address that is no program's");
	if (!p || p->kind == SUPERVISOR)
		return -EFAULT;
	if (++p->faults > FAULTS)
		wrong("the same fault is asked for without end");
	switch (p->kind) {
	case NEVER:
		return -ENOMEM;
	case READ_ONLY:
		return access == VM_WRITE ? -EACCES : 0;
	case LAZY_READ_ONLY:
		if (access == VM_WRITE)
			return -EACCES;
		show_page(p, THERE);
		return 0;
	case SLOW:
		if (p->faults < 3)
			return 0;
		break;
	case SHARED:
		if (access != VM_WRITE || (*p->pte & PTE_W))
			return 0;
		copy = frame_take();
		memcpy(copy, p->bytes, PAGE_SIZE);
		/* Nobody has the old one any more. */
		ASAN_POISON_MEMORY_REGION(p->bytes, PAGE_SIZE);
		p->bytes = copy;
		break;
	default:
		break;
	}
	show_page(p, THERE | PTE_W | PTE_D);
	return 0;
}

/* ---- the script ---- */

static void
page_make(u64 va, enum kind kind, u64 seed)
{
	struct page *p = &pages[npages++];
	pte_t *slot = &mm.root[PT_INDEX(va, 2)];

	if (npages > ARRAY_SIZE(pages))
		wrong("the script has too many pages");
	for (int level = 1; level >= 0; level--) {
		if (!*slot)
			*slot = pte_make(virt_to_phys(frame_take()), PTE_V);
		slot = pte_below(*slot) + PT_INDEX(va, level);
	}
	*p = (struct page){ .va = va, .kind = kind, .pte = slot, .bytes = frame_take() };
	fill(p->bytes, PAGE_SIZE, seed);
	memcpy(p->before, p->bytes, PAGE_SIZE);
	if (kind == WRITABLE)
		show_page(p, THERE | PTE_W | PTE_D);
	else if (kind == READ_ONLY || kind == SHARED)
		show_page(p, THERE);
	else if (kind == SUPERVISOR)
		show_page(p, (THERE | PTE_W | PTE_D) & ~PTE_U);
}

static void
poke(u64 va, u64 word)
{
	struct page *p = page_at(va & PAGE_MASK);

	if (!p)
		wrong("the script stores where no page is");
	memcpy(p->bytes + PAGE_OFFSET(va), &word, sizeof(word));
	memcpy(p->before, p->bytes, PAGE_SIZE);
}

static void
show_bytes(const char *what, const u8 *p, size_t n)
{
	printf("%s ", what);
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	printf("\n");
}

/* Runs of bytes that are not what they were. */
static void
show_changes(void)
{
	struct page *p;
	uint i, j;

	for (p = pages; p < pages + npages; p++) {
		p->faults = 0;
		for (i = 0; i < PAGE_SIZE; i = j + 1) {
			for (j = i; j < PAGE_SIZE && p->bytes[j] != p->before[j]; j++)
				;
			if (j == i)
				continue;
			printf("changed %lx", p->va + i);
			show_bytes("", p->bytes + i, j - i);
		}
		memcpy(p->before, p->bytes, PAGE_SIZE);
	}
}

static void
init_vec(u64 va, ulong count)
{
	int err;

	kfree(heap);
	memset(&uio, 0xa5, sizeof(uio));
	memset(small, 0xa5, sizeof(small));
	heap = NULL;
	err = uio_init_vec(&uio, UPTR(va), count, small, &heap);
	printf("result %d\n", err);
	if (err) {
		if (heap)
			wrong("uio_init_vec failed, and left *heap for the caller to free");
		memset(&uio, 0, sizeof(uio));
		return;
	}
	printf("resid %lu %lu %d\n", uio.resid, uio.done, uio.kernel);
	for (ulong i = 0; i < count; i++)
		printf("piece %lx %lx\n", uio.vec[i].base, uio.vec[i].len);
}

/* The verbs with a kernel buffer of n bytes. */
static void
copy(const char *verb, u64 va, size_t n, u64 seed)
{
	u8 *buf = malloc(n);
	ssize_t r = 0;

	if (strcmp(verb, "to") == 0 || strcmp(verb, "toall") == 0 || strcmp(verb, "put") == 0)
		fill(buf, n, seed);
	else
		memset(buf, 0, n);
	if (strcmp(verb, "to") == 0)
		r = copy_to_user_some(UPTR(va), buf, n);
	else if (strcmp(verb, "toall") == 0)
		r = copy_to_user(UPTR(va), buf, n);
	else if (strcmp(verb, "clear") == 0)
		r = clear_user_some(UPTR(va), n);
	else if (strcmp(verb, "from") == 0)
		r = copy_from_user_some(buf, UPTR(va), n);
	else if (strcmp(verb, "fromall") == 0)
		r = copy_from_user(buf, UPTR(va), n);
	else if (strcmp(verb, "string") == 0)
		r = strncpy_from_user((char *)buf, UPTR(va), n);
	else if (strcmp(verb, "put") == 0)
		r = uio_put(&uio, buf, n);
	else if (strcmp(verb, "get") == 0)
		r = uio_get(&uio, buf, n);
	else
		wrong("the script: no such line");
	printf("result %ld\n", r);
	show_bytes("buffer", buf, n);
	free(buf);
}

int
main(void)
{
	static char output[1 << 16];
	ulong a, b, c;
	char verb[16];

	setvbuf(stdout, output, _IOFBF, sizeof(output));
	host_ram = aligned_alloc(PAGE_SIZE, PAGES * PAGE_SIZE);
	frames = zero_frame = calloc(PAGES, sizeof(*frames));
	host_current = calloc(1, sizeof(*host_current));
	if (!host_ram || !frames || !host_current)
		return 2;
	ASAN_POISON_MEMORY_REGION(host_ram, PAGES * PAGE_SIZE);
	host_current->mm = &mm;
	mm.root = (pte_t *)frame_take();
	while (scanf("%15s %lx %lx %lx", verb, &a, &b, &c) == 4) {
		if (strcmp(verb, "page") == 0) {
			page_make(a, b, c);
		} else if (strcmp(verb, "poke") == 0) {
			poke(a, b);
		} else if (strcmp(verb, "vec") == 0) {
			no_memory = c;
			init_vec(a, b);
		} else if (strcmp(verb, "put") == 0 || strcmp(verb, "get") == 0) {
			copy(verb, 0, a, b);
		} else {
			copy(verb, a, b, c);
		}
		if (host_current->arch.preempt_count)
			wrong("preemption is still off afterwards");
		if (allocated != (heap != NULL))
			wrong("what was kmalloc'ed is lost");
		show_changes();
		printf("end\n");
		fflush(stdout);
	}
	return 0;
}
