/*
 * fault.h - one fault on its way: what fault.c, cow.c and fault_file.c share.
 */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include "fs/vfs.h"
#include "mm/internal.h"
#include "mm/pagecache.h"

struct fault {
	struct mm *mm;
	struct area *area;
	u64	addr;			/* of the page */
	u32	access;			/* VM_READ, VM_WRITE or VM_EXEC */
	pte_t	*pte;
	pte_t	old;			/* *pte as first seen */
	struct frame *page;		/* of the file's cache, counted: mapped, or copied; NULL */
	uint	dirtied;		/* pages of files made dirty */
	bool	major;			/* the disk was asked */
};

/* --- cow.c: what belongs to one program, or to several until one writes. 0 or -ENOMEM, and nothing changed --- */
int	fault_anon_read(struct fault *ft);		/* nobody has been here yet */
int	fault_anon_write(struct fault *ft);
int	fault_cow(struct fault *ft);			/* the entry is present, and lacks PTE_W */
bool	install_anon(struct fault *ft, struct frame *f);
uint	cow_share(pte_t *from, pte_t *to, u64 start, u64 end, bool *changed);

/* --- fault_file.c: what belongs to a file. 0, -EIO or -ENOMEM --- */
int	fault_file(struct fault *ft);			/* the entry is 0 */
int	fault_shared_write(struct fault *ft);		/* the entry is present, and lacks PTE_W */
/* Code that the kernel wrote: harts may hold older bytes in their instruction caches. NULLs are passed over. */
void	sync_code(const struct area *a, struct frame **list, uint n);

static inline struct mapping *
fault_mapping(const struct fault *ft)
{
	return &ft->area->file->inode->mapping;
}

/* The page of a file, or of the vDSO, that a has at addr. */
static inline u64
area_index(const struct area *a, u64 addr)
{
	return a->pgoff + ((addr - a->start) >> PAGE_SHIFT);
}

static inline void
count_rss(struct mm *mm)
{
	ulong rss = mm->rss_anon + mm->rss_file;

	if (rss > mm->hiwater_rss)
		mm->hiwater_rss = rss;
}

/* Replace ft->old by e unless somebody else did something first. False: then nothing changed. */
static inline bool
entry_set(struct fault *ft, pte_t e)
{
	struct mm *mm = ft->mm;
	bool same;

	spin_lock(&mm->pt_lock);
	same = *ft->pte == ft->old && (!ft->page || READ_ONCE(ft->page->owner) == fault_mapping(ft));
	if (likely(same)) {
		if (!ft->old)
			pte_table(ft->pte)->index++;
		else if (!(ft->old & (PTE_SPECIAL | PTE_ANON)))
			mm->rss_file--;
		/* The page's contents are visible before the page is. */
		smp_store_release(ft->pte, e);
		if (!(e & PTE_SPECIAL) && !(ft->old & PTE_ANON)) {
			if (e & PTE_ANON)
				mm->rss_anon++;
			else
				mm->rss_file++;
			count_rss(mm);
		}
	}
	spin_unlock(&mm->pt_lock);
	return same;
}

/* Count the entry's frame, which may be taken away at any moment. False: it has been. */
static inline bool
hold_page(struct fault *ft)
{
	spin_lock(&ft->mm->pt_lock);
	if (*ft->pte == ft->old)
		ft->page = pte_frame(ft->old);
	if (ft->page)
		frame_get(ft->page);
	spin_unlock(&ft->mm->pt_lock);
	return ft->page;
}

#endif
