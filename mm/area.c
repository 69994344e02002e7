/*
 * area.c - the tree of areas of an address space: find, insert, join, cut, and look for room.
 *
 * Data        mm->areas: struct area by start address; mm->cached: the last one found.
 * Locks       mm->lock: for writing by whatever changes the tree or an area, for reading by
 *             whatever looks. An area with a file is also on that file's list (rmap.c): where it lies changes
 *             under the list's lock too, in one step with its neighbour when it is cut or joined.
 * Invariants  A1  areas are not empty, page-aligned, below USER_TOP, and do not overlap.
 *             A2  total_pages, data_pages and stack_pages of the mm are the sums over its areas.
 * Not here    what the areas mean: fault.c; the system calls: mmap.c.
 */
#include "abi/errno.h"
#include "fs/vfs.h"
#include "mm/internal.h"
#include "mm/slab.h"

static struct slab_cache *area_cache;

void
area_init(void)
{
	area_cache = slab_create("area", sizeof(struct area), 8, NULL);
}

struct area *
area_alloc(void)
{
	struct area *a = slab_alloc(area_cache, GFP_ZERO);

	if (a)
		list_init(&a->map_link);
	return a;
}

void
area_free(struct area *a)
{
	if (a->writable)
		atomic_dec(&a->file->inode->mapping.writable);
	if (a->file)
		file_put(a->file);
	slab_free(area_cache, a);
}

void
areas_free(struct area *chain)
{
	struct area *a;

	while ((a = chain)) {
		chain = (struct area *)a->mm;
		area_free(a);
	}
}

/* ---- accounts ---- */

static void
account(struct mm *mm, u32 flags, long pages)
{
	mm->total_pages += pages;
	if (mm->total_pages > mm->hiwater_pages)
		mm->hiwater_pages = mm->total_pages;
	if (flags & VM_LOCKED)
		mm->locked_pages += pages;
	if (flags & VM_ACCOUNT) {
		mm->committed += pages;
		commit_add(pages);
	}
	if (flags & VM_GROWSDOWN)
		mm->stack_pages += pages;
	else if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		mm->data_pages += pages;
}

void
area_unaccount(struct mm *mm, const struct area *a)
{
	account(mm, a->flags & ~VM_LOCKED, -(long)((a->end - a->start) >> PAGE_SHIFT));
}

/* The file's list of areas, if there is a file. */
static inline void
file_lock(const struct area *a) NO_TSA
{
	if (a->file)
		mutex_lock(&a->file->inode->mapping.areas_lock);
}

static inline void
file_unlock(const struct area *a) NO_TSA
{
	if (a->file)
		mutex_unlock(&a->file->inode->mapping.areas_lock);
}

static void
resize(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock)
{
	long pages = (long)(end - start) - (long)(a->end - a->start);

	account(mm, a->flags, pages / (long)PAGE_SIZE);
	if (a->file)
		a->pgoff += (long)(start - a->start) / (long)PAGE_SIZE;
	a->start = start;
	a->end = end;
}

/* There may be room now below end: what is known of the space above it is so no more. */
static void
room_changed(struct mm *mm, u64 end) MUST_HOLD(mm->lock)
{
	if (end > mm->full_above)
		mm->full_len = 0;
}

void
area_resize(struct mm *mm, struct area *a, u64 start, u64 end)
{
	room_changed(mm, a->end);
	file_lock(a);
	resize(mm, a, start, end);
	file_unlock(a);
}

void
area_set_flags(struct mm *mm, struct area *a, u32 flags)
{
	long pages = (a->end - a->start) >> PAGE_SHIFT;

	account(mm, a->flags, -pages);
	a->flags = flags;
	account(mm, a->flags, pages);
}

/* ---- the tree ---- */

struct area *
mm_find(struct mm *mm, u64 addr)
{
	struct area *a = READ_ONCE(mm->cached), *best = NULL;
	struct rb_node *n = mm->areas.node;

	if (a && a->start <= addr && addr < a->end)
		return a;
	while (n) {
		a = rb_entry(n, struct area, node);
		if (addr < a->end) {
			best = a;
			if (addr >= a->start)
				break;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	if (best)
		WRITE_ONCE(mm->cached, best);
	return best;
}

struct area *
area_next(struct area *a)
{
	struct rb_node *n = rb_next(&a->node);

	return n ? rb_entry(n, struct area, node) : NULL;
}

struct area *
area_prev(struct area *a)
{
	struct rb_node *n = rb_prev(&a->node);

	return n ? rb_entry(n, struct area, node) : NULL;
}

static void
tree_insert(struct mm *mm, struct area *a) MUST_HOLD(mm->lock)
{
	struct rb_node **slot = &mm->areas.node, *parent = NULL;

	while (*slot) {
		parent = *slot;
		slot = a->start < rb_entry(parent, struct area, node)->start ? &parent->left : &parent->right;
	}
	rb_insert(&mm->areas, &a->node, parent, slot);
	a->mm = mm;
	mm->nareas++;
	account(mm, a->flags, (a->end - a->start) >> PAGE_SHIFT);
}

void
area_insert(struct mm *mm, struct area *a)
{
	tree_insert(mm, a);
	if (a->file)
		mapping_add_area(&a->file->inode->mapping, a);
}

static void
tree_remove(struct mm *mm, struct area *a) MUST_HOLD(mm->lock)
{
	rb_remove(&mm->areas, &a->node);
	mm->cached = NULL;
	mm->nareas--;
	account(mm, a->flags, -(long)((a->end - a->start) >> PAGE_SHIFT));
}

void
area_remove(struct mm *mm, struct area *a)
{
	room_changed(mm, a->end);
	tree_remove(mm, a);
	if (a->file)
		mapping_remove_area(&a->file->inode->mapping, a);
}

int
area_split(struct mm *mm, struct area *a, u64 addr)
{
	struct area *upper;

	if (mm->nareas >= AREAS_MAX)
		return -ENOMEM;
	upper = area_alloc();
	if (!upper)
		return -ENOMEM;
	upper->start = addr;
	upper->end = a->end;
	upper->flags = a->flags;
	upper->file = a->file;
	if (upper->file) {
		file_get(upper->file);
		upper->pgoff = a->pgoff + ((addr - a->start) >> PAGE_SHIFT);
	}
	/* The part that a stack grows from is the lowest one. */
	if (a->flags & VM_GROWSDOWN)
		upper->flags &= ~VM_GROWSDOWN;
	file_lock(a);
	resize(mm, a, a->start, addr);
	tree_insert(mm, upper);
	if (a->file)
		mapping_add_area_locked(&a->file->inode->mapping, upper);
	file_unlock(a);
	return 0;
}

/* Could b, which starts where a ends, be one with a? */
static bool
mergeable(const struct area *a, const struct area *b)
{
	return a->end == b->start && ((a->flags ^ b->flags) & ~VM_ANON) == 0 &&
	       !(a->flags & (VM_IO | VM_GROWSDOWN)) && a->file == b->file &&
	       (!a->file || b->pgoff == a->pgoff + ((a->end - a->start) >> PAGE_SHIFT));
}

/* b becomes part of a. */
static void
absorb(struct mm *mm, struct area *a, struct area *b) MUST_HOLD(mm->lock)
{
	u64 end = b->end;

	file_lock(a);
	tree_remove(mm, b);
	list_remove(&b->map_link);
	a->flags |= b->flags & VM_ANON;
	resize(mm, a, a->start, end);
	file_unlock(a);
	area_free(b);		/* a still holds the file: this is not its last reference */
}

struct area *
area_merge(struct mm *mm, struct area *a)
{
	struct area *prev = area_prev(a), *next = area_next(a);

	if (next && mergeable(a, next))
		absorb(mm, a, next);
	if (prev && mergeable(prev, a)) {
		absorb(mm, prev, a);
		return prev;
	}
	return a;
}

int
area_change(struct mm *mm, struct area *a, u64 start, u64 end, u32 clear, u32 set)
{
	u32 flags = (a->flags & ~clear) | set;
	int err;

	if (flags == a->flags)
		return 0;
	if (a->start < start) {
		err = area_split(mm, a, start);
		if (err)
			return err;
		a = area_next(a);
	}
	if (a->end > end) {
		err = area_split(mm, a, end);
		if (err)
			return err;
	}
	area_set_flags(mm, a, (a->flags & ~clear) | set);
	area_merge(mm, a);
	return 0;
}

/* ---- room ---- */

/* Where the free space below a ends: a stack keeps its guard gap. */
static inline u64
area_low(const struct area *a)
{
	if (!(a->flags & VM_GROWSDOWN))
		return a->start;
	return a->start > STACK_GUARD ? a->start - STACK_GUARD : 0;
}

/* Where the search for len may begin: a program that maps area after area would pass all of them every time. */
static u64
gap_search_from(struct mm *mm, u64 len) MUST_HOLD(mm->lock)
{
	return mm->full_len && len >= mm->full_len ? mm->full_above : mm->mmap_top;
}

u64
area_gap(struct mm *mm, u64 len)
{
	u64 top = gap_search_from(mm, len);
	struct area *a = mm_find(mm, top - 1);

	/* a: the first area that ends above top, or the last of all. */
	if (a && area_low(a) < top)
		top = area_low(a);
	if (a)
		a = area_prev(a);
	else if (mm->areas.node)
		a = rb_entry(rb_last(&mm->areas), struct area, node);
	while (a && (a->end > top || top - a->end < len)) {
		top = MIN(top, area_low(a));
		a = area_prev(a);
	}
	if (!mm->full_len || len <= mm->full_len) {
		mm->full_above = top;
		mm->full_len = len;
	}
	return a || top >= len + MMAP_MIN ? top - len : 0;
}

bool
area_range_free(struct mm *mm, u64 start, u64 end)
{
	struct area *a = mm_find(mm, start);

	return !a || end <= area_low(a);
}
