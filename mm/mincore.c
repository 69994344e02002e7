/*
 * mincore.c - which pages of a range could be touched without waiting for a disk?
 *
 * A page that is mapped counts, and a file's page that is cached. Of a file that the caller neither owns nor may write,
 * all pages count: what others read of it is not his business.
 *
 * Further     mincore(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "mm/internal.h"
#include "mm/pagecache_private.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

static bool
may_know(const struct area *a)
{
	struct inode *i = a->file ? a->file->inode : NULL;

	return !i || current->fsuid == i->uid || task_capable(BIT(CAP_FOWNER)) || inode_permission(i, MAY_WRITE) == 0;
}

static bool
is_cached(const struct area *a, u64 addr)
{
	struct frame *f;

	if (!a->file)
		return false;
	f = mapping_peek(&a->file->inode->mapping, a->pgoff + ((addr - a->start) >> PAGE_SHIFT));
	if (f)
		frame_put(f);
	return f;
}

/* Fill up to n bytes for the pages from addr on, as far as one area goes. How many, or -ENOMEM: nothing is there. */
static long
look(struct mm *mm, u64 addr, u64 n, u8 *out) MUST_HOLD_SHARED(mm->lock)
{
	struct area *a = mm_find(mm, addr);
	bool know;
	pte_t *p;

	if (!a || a->start > addr)
		return -ENOMEM;
	know = may_know(a);
	n = MIN(n, (a->end - addr) >> PAGE_SHIFT);
	for (u64 i = 0; i < n; i++, addr += PAGE_SIZE) {
		p = pt_find(mm, addr);
		out[i] = !know || (p && READ_ONCE(*p)) || is_cached(a, addr);
	}
	return n;
}

/* mincore(2). */
long
sys_mincore(const ulong *arg)
{
	u64 addr = arg[0], pages = DIV_ROUND_UP(arg[1], PAGE_SIZE);
	uptr_t vec = UPTR(arg[2]);
	struct mm *mm = current->mm;
	u8 *buf;
	long n = 0;

	if (PAGE_OFFSET(addr))
		return -EINVAL;
	if (arg[1] > USER_TOP || addr > USER_TOP - arg[1])
		return -ENOMEM;
	if (pages > USER_TOP || vec.addr > USER_TOP - pages)
		return -EFAULT;
	buf = page_alloc(GFP_KERNEL);
	if (!buf)
		return -EAGAIN;
	while (pages) {
		rwsem_lock_read(&mm->lock);
		n = look(mm, addr, MIN(pages, PAGE_SIZE), buf);
		rwsem_unlock_read(&mm->lock);
		if (n > 0 && copy_to_user(vec, buf, n))
			n = -EFAULT;
		if (n < 0)
			break;
		pages -= n;
		addr += n << PAGE_SHIFT;
		vec = uptr_add(vec, n);
	}
	page_free(buf);
	return n < 0 ? n : 0;
}
