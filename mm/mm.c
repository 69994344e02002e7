/*
 * mm.c - the life of an address space, and which one each hart has loaded.
 *
 *	users	threads that run in it, and others while they look inside (task_mm_get). The last
 *		one empties it.
 *	refs	the users together count as one, and each kernel thread that borrows it as one. The
 *		last one frees its root table.
 *
 * A hart that runs a kernel thread keeps the space it finds loaded until it has another to load: the
 * kernel half is the same in all of them. kernel/sched.c hands that reference on from one kernel
 * thread to the next. A hart that goes idle leaves (mm_leave), so that nobody wakes it for a flush.
 *
 * Invariants  M1  a hart that has mm loaded has its bit set in mm->cpus.
 * Not here    what is in it: area.c, fault.c, fork.c, mmap.c.
 */
#include "mm/mm.h"

#include "abi/errno.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "fs/vfs.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "mm/internal.h"
#include "mm/slab.h"

#define STACK_FIRST	(32 * PAGE_SIZE)	/* mapped at exec; grows by faults */

static struct slab_cache *mm_cache;

/* Once per object, which then stays an mm for ever: task_mm_get depends on it. */
static void
mm_construct(void *obj)
{
	struct mm *mm = obj;

	atomic_set(&mm->users, 0);
	atomic_set(&mm->refs, 0);
	rwsem_init(&mm->lock, RANK_MM);
	spin_init(&mm->pt_lock, RANK_PAGETABLE);
}

void
mm_init(void)
{
	mm_cache = slab_create("mm", sizeof(struct mm), 64, mm_construct);
	area_init();
	placement_init();
}

struct mm *
mm_create(void)
{
	struct mm *mm = slab_alloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->root = pt_root_alloc();
	if (!mm->root) {
		slab_free(mm_cache, mm);
		return NULL;
	}
	mm->areas = (struct rb_root)RB_ROOT_INIT;
	mm->cached = NULL;
	mm->nareas = 0;
	mm->cpus = 0;
	memset(&mm->brk_start, 0, sizeof(*mm) - offsetof(struct mm, brk_start));
	atomic_set(&mm->refs, 1);
	/* Last: from here on task_mm_get may find it. */
	smp_wmb();
	atomic_set(&mm->users, 1);
	return mm;
}

void
mm_get(struct mm *mm)
{
	atomic_inc(&mm->users);
}

void
mm_drop(struct mm *mm)
{
	if (!atomic_dec_and_test(&mm->refs))
		return;
	assert(pte_table(mm->root)->index == 0);
	pt_root_free(mm->root);
	slab_free(mm_cache, mm);
}

void
mm_put(struct mm *mm)
{
	struct area *a, *dead = NULL;
	struct gather g;

	if (!atomic_dec_and_test(&mm->users))
		return;
	/* Nobody is left to change the areas, nor to copy; and now nobody finds them by their files. */
	for (struct rb_node *n = rb_first(&mm->areas); n; n = rb_next(n)) {
		a = rb_entry(n, struct area, node);
		if (a->file)
			mapping_remove_area(&a->file->inode->mapping, a);
	}
	gather_init(&g, mm);
	for (struct rb_node *n = rb_first(&mm->areas); n; n = rb_next(n)) {
		a = rb_entry(n, struct area, node);
		gather_zap(&g, a->start, a->end);
	}
	gather_finish(&g);
	for (struct rb_node *n = rb_first(&mm->areas); n; n = rb_next(n)) {
		a = rb_entry(n, struct area, node);
		a->mm = (struct mm *)dead;
		dead = a;
	}
	mm->areas.node = NULL;
	mm->cached = NULL;
	commit_add(-(long)mm->committed);
	areas_free(dead);
	if (mm->exe)
		file_put(mm->exe);
	mm_drop(mm);
}

void
mm_switch(struct mm *prev, struct mm *next)
{
	u64 bit = BIT(current->cpu);

	if (next == prev)
		return;
	__atomic_fetch_or(&next->cpus, bit, __ATOMIC_RELAXED);
	smp_mb();		/* pairs with mm_tlb_flush's: see tlb.c */
	mmu_switch(virt_to_phys(next->root));
	if (prev)
		__atomic_fetch_and(&prev->cpus, ~bit, __ATOMIC_RELEASE);
}

void
mm_leave(struct mm *mm)
{
	mmu_switch(virt_to_phys(kernel_root));
	__atomic_fetch_and(&mm->cpus, ~BIT(current->cpu), __ATOMIC_RELEASE);
}

struct mm *
task_mm_get(struct task *t)
{
	struct mm *mm = READ_ONCE(t->mm);

	/* It may be gone, and be another's by now: then it is no longer t's. */
	if (!mm || !atomic_inc_not_zero(&mm->users))
		return NULL;
	if (READ_ONCE(t->mm) == mm)
		return mm;
	mm_put(mm);
	return NULL;
}

/* ---- for exec ---- */

int
mm_setup_stack(struct mm *mm, u64 size_limit, bool fixed)
{
	struct area *a = area_alloc();

	if (!a)
		return -ENOMEM;
	mm_place(mm, size_limit, fixed);
	a->start = mm->stack_top - STACK_FIRST;
	a->end = mm->stack_top;
	a->flags = VM_READ | VM_WRITE | VM_MAYWRITE | VM_GROWSDOWN | VM_ACCOUNT;
	rwsem_lock_write(&mm->lock);
	area_insert(mm, a);
	rwsem_unlock_write(&mm->lock);
	return 0;
}

int
mm_map_vdso(struct mm *mm)
{
	struct area *data = area_alloc(), *code = area_alloc();
	u64 at;

	if (!data || !code) {
		if (data)
			area_free(data);
		if (code)
			area_free(code);
		return -ENOMEM;
	}
	rwsem_lock_write(&mm->lock);
	at = area_gap(mm, 2 * PAGE_SIZE);
	if (at) {
		data->start = at;
		data->end = code->start = mm->vdso = at + PAGE_SIZE;
		code->end = at + 2 * PAGE_SIZE;
		data->flags = VM_READ | VM_IO;
		code->flags = VM_READ | VM_EXEC | VM_IO;
		code->pgoff = 1;		/* fault_vdso */
		area_insert(mm, data);
		area_insert(mm, code);
	}
	rwsem_unlock_write(&mm->lock);
	if (at)
		return 0;
	area_free(data);
	area_free(code);
	return -ENOMEM;
}
