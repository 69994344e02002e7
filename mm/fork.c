/*
 * fork.c - copying an address space without copying its pages.
 *
 * Parent and child share every anonymous frame, read-only in both until one of them writes
 * (cow.c). Entries that a fault can find again without loss are not copied at all: pages of
 * files that nobody wrote, shared memory, the zero frame, the vdso.
 *
 * Locks       the parent's mm->lock for writing: no fault of its other threads meets a half-made
 *             copy. Their writes through the TLB, and copies in flight, are ended by one flush
 *             before the lock is dropped. pt_lock where the area has a file: rmap.c changes entries then. The child's
 *             areas join their files' lists last, when its tables are complete.
 */
#include "abi/errno.h"
#include "fs/vfs.h"
#include "mm/fault.h"

/* Has this area entries that only a copy preserves? */
static inline bool
needs_copy(const struct area *a)
{
	if (a->flags & (VM_SHARED | VM_IO | VM_WIPEONFORK))
		return false;
	return !a->file || (a->flags & VM_ANON);
}

/* Share a's frames with the child. False if there is no memory for a table. */
static bool
share_area(struct mm *child, struct area *a, bool *changed) NO_TSA	/* a lock that depends on the area */
{
	pte_t *from, *to;
	u64 stop;
	uint n;

	for (u64 va = a->start; va < a->end; va = stop) {
		stop = MIN(ALIGN_DOWN(va, PT_SIZE(1)) + PT_SIZE(1), a->end);
		from = pt_find(a->mm, va);
		if (!from) {
			if (!a->mm->root[PT_INDEX(va, 2)])
				stop = MIN(ALIGN_DOWN(va, PT_SIZE(2)) + PT_SIZE(2), a->end);
			continue;
		}
		to = pt_get(child, va);
		if (!to)
			return false;
		if (a->file)
			spin_lock(&a->mm->pt_lock);
		n = cow_share(from, to, va, stop, changed);
		if (a->file)
			spin_unlock(&a->mm->pt_lock);
		pte_table(to)->index += n;
		child->rss_anon += n;
	}
	return true;
}

/* Append a copy of a to the child's areas; they come in order. NULL if out of memory. */
static struct area *
copy_area(struct mm *child, const struct area *a, struct area *last)
{
	struct area *b = area_alloc();

	if (!b)
		return NULL;
	b->start = a->start;
	b->end = a->end;
	b->flags = a->flags & ~VM_LOCKED_MASK;
	b->file = a->file;
	b->pgoff = a->pgoff;
	b->mm = child;
	if (b->file)
		file_get(b->file);
	if (last)
		rb_insert(&child->areas, &b->node, &last->node, &last->node.right);
	else
		rb_insert(&child->areas, &b->node, NULL, &child->areas.node);
	child->nareas++;
	return b;
}

static void
join_files(struct mm *child)
{
	struct area *a;

	for (struct rb_node *n = rb_first(&child->areas); n; n = rb_next(n)) {
		a = rb_entry(n, struct area, node);
		if (a->file)
			mapping_add_area(&a->file->inode->mapping, a);
	}
}

/* What is the same in parent and child. */
static void
copy_layout(struct mm *child, const struct mm *old)
{
	__builtin_memcpy(&child->brk_start, &old->brk_start, sizeof(*old) - offsetof(struct mm, brk_start));
	child->rss_anon = child->rss_file = child->hiwater_rss = 0;
	child->lock_future = child->locked_pages = 0;
	child->hiwater_pages = child->total_pages;
	child->full_len = 0;		/* areas may have been left out */
	if (child->exe)
		file_get(child->exe);
	commit_add(child->committed);
}

/* May there be as much again? Guessing, each area is judged for itself, as when it was mapped. */
static bool
may_copy(struct mm *old) MUST_HOLD(old->lock)
{
	struct area *a;

	if (commit_allows(old, old->committed))
		return true;
	if (READ_ONCE(commit_settings.mode) != OVERCOMMIT_GUESS)
		return false;
	for (struct rb_node *n = rb_first(&old->areas); n; n = rb_next(n)) {
		a = rb_entry(n, struct area, node);
		if ((a->flags & (VM_ACCOUNT | VM_DONTCOPY)) == VM_ACCOUNT &&
		    !commit_allows(old, (a->end - a->start) >> PAGE_SHIFT))
			return false;
	}
	return true;
}

struct mm *
mm_fork(struct mm *old)
{
	struct mm *child = mm_create();
	struct area *a, *last = NULL;
	bool changed = false;
	ulong tables;

	if (!child)
		return NULL;
	rwsem_lock_write(&old->lock);
	if (!may_copy(old)) {
		rwsem_unlock_write(&old->lock);
		mm_put(child);
		return NULL;
	}
	tables = child->pt_pages;
	copy_layout(child, old);
	child->pt_pages = tables;
	for (struct rb_node *n = rb_first(&old->areas); n; n = rb_next(n)) {
		a = rb_entry(n, struct area, node);
		if (a->flags & VM_DONTCOPY) {
			area_unaccount(child, a);
			continue;
		}
		last = copy_area(child, a, last);
		if (!last || (needs_copy(a) && !share_area(child, a, &changed)))
			goto out_of_memory;
	}
	if (changed)
		mm_tlb_flush(old, 0, USER_TOP);
	join_files(child);
	rwsem_unlock_write(&old->lock);
	child->hiwater_rss = child->rss_anon;
	return child;

out_of_memory:
	if (changed)
		mm_tlb_flush(old, 0, USER_TOP);
	rwsem_unlock_write(&old->lock);
	mm_put(child);
	return NULL;
}
