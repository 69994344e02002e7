/*
 * fault_file.c - faults on pages of files: the page cache's frame, mapped, written through, or copied.
 *
 * Locks       mm->lock for reading throughout. A file's page may be taken out of the file and of every page table
 *             meanwhile: it is mapped only if, under pt_lock, it is still the file's (truncate.c); and looked at later
 *             only if counted under pt_lock. A page that becomes writable is locked from before it is marked dirty
 *             until its entry stands.
 * Not here    which case a fault is (fault.c); the copies once they are there (cow.c); the cache (pagecache.c).
 */
#include "mm/fault.h"
#include "abi/errno.h"
#include "mm/pagecache_private.h"

#define AROUND		16		/* pages of a file mapped by one fault, if cached */

void
sync_code(const struct area *a, struct frame **list, uint n)
{
	bool flushed = false;

	if (!(a->flags & VM_EXEC))
		return;
	for (uint i = 0; i < n; i++) {
		if (!list[i] || (list[i]->flags & FRAME_CODE_CLEAN))
			continue;
		if (!flushed)
			icache_flush_all();
		flushed = true;
		__atomic_fetch_or(&list[i]->flags, FRAME_CODE_CLEAN, __ATOMIC_RELAXED);
	}
}

/* Map the cached pages round ft->addr that nothing maps yet, in the same table and area. */
static void
map_around(struct fault *ft, struct mapping *m)
{
	struct area *a = ft->area;
	u64 window = ALIGN_DOWN(ft->addr, AROUND * PAGE_SIZE);
	u64 start = MAX(window, a->start), end = MIN(window + AROUND * PAGE_SIZE, a->end);
	pte_t *p = ft->pte - ((ft->addr - start) >> PAGE_SHIFT);
	struct frame *found[AROUND];
	uint n = (end - start) >> PAGE_SHIFT;
	u64 bits = pte_prot(a->flags);
	long mapped = 0;

	if (n < 2 || !mapping_peek_range(m, area_index(a, start), n, found))
		return;
	sync_code(a, found, n);
	spin_lock(&ft->mm->pt_lock);
	for (uint i = 0; i < n; i++) {
		if (!found[i] || p[i] || READ_ONCE(found[i]->owner) != m)
			continue;
		p[i] = pte_make(frame_pa(found[i]), bits);
		found[i] = NULL;
		mapped++;
	}
	pte_table(p)->index += mapped;
	ft->mm->rss_file += mapped;
	count_rss(ft->mm);
	spin_unlock(&ft->mm->pt_lock);
	for (uint i = 0; i < n; i++)
		if (found[i])
			frame_put(found[i]);
}

/* A private page of a file is written: a copy from the start. */
static int
fault_file_copy(struct fault *ft, struct frame *cached)
{
	struct frame *f = frame_alloc(0, GFP_USER);

	if (!f)
		return -ENOMEM;
	page_copy(frame_va(f), frame_va(cached));
	sync_code(ft->area, &f, 1);
	install_anon(ft, f);
	return 0;
}

/* Is page `index` past the end of the file? */
static inline bool
past_end(const struct inode *i, u64 index)
{
	return index >= PAGE_ALIGN(READ_ONCE(i->size)) >> PAGE_SHIFT;
}

#define READ_AROUND	16		/* pages read by a fault, like the window that it maps */

/* The file's page, counted. ERR_PTR. */
static struct frame *
get_page(struct fault *ft, struct mapping *m, u64 index)
{
	struct frame *f = mapping_peek(m, index);
	u64 first = ALIGN_DOWN(index, READ_AROUND);

	if (likely(f) || mapping_is_ram(m))
		return f ? f : mapping_get(m, index, true);
	ft->major = true;
	if (ft->area->file->ra.mode != READAHEAD_RANDOM && readahead_range(m, first, READ_AROUND))
		return ERR_PTR(-ENOMEM);
	return mapping_get(m, index, true);
}

/*
 * ft->page becomes writable in a shared area, with entry e: reserve space, mark it dirty, and only then let writes
 * through. If the page has left the file, or the entry has changed, nothing happens. 0, -EIO or -ENOMEM.
 */
static int
share_writable(struct fault *ft, pte_t e, bool *set)
{
	struct mapping *m = fault_mapping(ft);
	struct frame *f = ft->page;
	struct inode *i = m->inode;
	int err = 0;

	*set = false;
	if (mapping_is_ram(m)) {
		if (!(f->flags & FRAME_DIRTY))
			__atomic_fetch_or(&f->flags, FRAME_DIRTY, __ATOMIC_RELAXED);
		*set = entry_set(ft, e);
		return 0;
	}
	mapping_lock_page(f);
	if (f->owner == m && !past_end(i, f->index)) {
		err = m->ops->make_writable ? m->ops->make_writable(m, f) : 0;
		if (!err) {
			ft->dirtied += page_dirty(m, f);
			*set = entry_set(ft, e);
			i->mtime = i->ctime = time_now();
			inode_mark_dirty(i);
		}
	}
	mapping_unlock_page(f);
	return err && err != -ENOMEM ? -EIO : err;
}

int
fault_file(struct fault *ft)
{
	struct area *a = ft->area;
	struct inode *inode = a->file->inode;
	u64 index = area_index(a, ft->addr);
	bool write = ft->access & VM_WRITE, set;
	struct frame *f;
	pte_t e;
	int err = 0;

	if (past_end(inode, index))
		return -EIO;
	f = get_page(ft, &inode->mapping, index);
	if (IS_ERR(f))
		return PTR_ERR(f) == -ENOMEM ? -ENOMEM : -EIO;
	/* A file cut short meanwhile: what we put in comes after the truncation, or it will be found by it. */
	if (past_end(inode, index)) {
		frame_put(f);
		return -EIO;
	}
	ft->page = f;
	if (unlikely(!(f->flags & FRAME_HOT)))
		reclaim_page_used(f);
	if (write && !(a->flags & VM_SHARED)) {
		err = fault_file_copy(ft, f);
		frame_put(f);
		return err;
	}
	sync_code(a, &f, 1);
	e = pte_make(frame_pa(f), pte_prot(a->flags));
	if (write)
		err = share_writable(ft, e | PTE_W | PTE_D, &set);
	else
		set = entry_set(ft, e);
	if (!set)
		frame_put(f);
	else if (!write)
		map_around(ft, &inode->mapping);
	return err;
}

int
fault_shared_write(struct fault *ft)
{
	bool set;
	int err;

	if (!hold_page(ft))
		return 0;
	err = share_writable(ft, ft->old | PTE_W | PTE_D, &set);
	frame_put(ft->page);
	tlb_flush_local_page(ft->addr);
	return err;
}
