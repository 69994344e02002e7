/*
 * sysmmap.c - the system calls on memory: decoding and checking; mmap.c performs.
 *
 * Not here    madvise: advice.c; mlock and its like: mlock.c; mremap.c; mincore.c.
 * Further     mmap(2), mprotect(2), brk(2), msync(2), and docs/mmap.md.
 */
#include "abi/errno.h"
#include "abi/mman.h"
#include "abi/mount.h"
#include "abi/personality.h"
#include "fs/vfs.h"
#include "kernel/fdtable.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/internal.h"
#include "mm/pagecache_private.h"

static u32
prot_flags(ulong prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* VM_EXEC for what can be read, if the program asked for that. */
static u32
implied_exec(u32 vm_flags)
{
	return (vm_flags & VM_READ) && unlikely(current->personality & READ_IMPLIES_EXEC) ? VM_EXEC : 0;
}

/* What MAP_SHARED_VALIDATE knows: the flags that Linux had before it, which MAP_SHARED takes in any number. */
#define MAP_HUGE_SIZES	0x7c000000U
#define MAP_KNOWN	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | \
			 MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | \
			 MAP_HUGE_SIZES)

/* May this file be mapped so? 0 or -errno. */
static int
check_file(const struct file *f, u32 flags, u32 *vm_flags)
{
	if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE && (flags & ~(u32)MAP_KNOWN))
		return -EOPNOTSUPP;
	if (*vm_flags & VM_SHARED) {
		if ((*vm_flags & VM_WRITE) && !(f->mode & FMODE_WRITE))
			return -EACCES;
		if (!(f->mode & FMODE_WRITE))
			*vm_flags &= ~VM_MAYWRITE;
	}
	if (!(f->mode & FMODE_READ))
		return -EACCES;
	if (f->path.mnt && (f->path.mnt->flags & MS_NOEXEC)) {
		if (*vm_flags & VM_EXEC)
			return -EPERM;
	} else {
		*vm_flags |= implied_exec(*vm_flags);
	}
	if (!f->ops->mmap)
		return -ENODEV;
	return flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

/* Map, and fault in what was asked to be there from the start. */
static long
map_and_populate(u64 addr, u64 len, u32 vm_flags, u32 flags, struct file *file, u64 pgoff)
{
	struct mm *mm = current->mm;
	long ret = mm_map(mm, addr, len, vm_flags, flags, file, pgoff);

	/* Best effort: a page that cannot be had is faulted on when it is touched. */
	if (ret >= 0 && ((flags & MAP_LOCKED) || mm->lock_future ||
			 (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		mm_populate(mm, ret, ret + PAGE_ALIGN(len), 0);
	return ret;
}

static long
map_shared_anonymous(u64 addr, u64 len, u32 vm_flags, u32 flags)
{
	struct file *file = shmem_file_create(PAGE_ALIGN(len), !(vm_flags & VM_NORESERVE));
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = map_and_populate(addr, len, vm_flags, flags, file, 0);
	file_put(file);
	return ret;
}

/* mmap(2). */
long
sys_mmap(const ulong *a)
{
	u64 addr = a[0], len = a[1], off = a[5];
	u32 flags = a[3], vm_flags = prot_flags(a[2]) | VM_MAYWRITE;
	struct file *file;
	bool need_put;
	long ret;

	if (PAGE_OFFSET(off) || len == 0)
		return -EINVAL;
	if (PAGE_ALIGN(len) < len || (flags & MAP_HUGETLB))
		return -ENOMEM;
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & MAP_ANONYMOUS)
			return -EINVAL;
		/* fall through */
	case MAP_SHARED:
		vm_flags |= VM_SHARED;
		break;
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if ((flags & MAP_NORESERVE) && commit_settings.mode != OVERCOMMIT_NEVER)
		vm_flags |= VM_NORESERVE;
	if (flags & MAP_LOCKED) {
		if (!mlock_allowed())
			return -EPERM;
		vm_flags |= VM_LOCKED;
	}
	if (flags & MAP_ANONYMOUS) {
		vm_flags |= implied_exec(vm_flags);
		if (vm_flags & VM_SHARED)
			return flags & MAP_GROWSDOWN ? -EINVAL : map_shared_anonymous(addr, len, vm_flags, flags);
		if (flags & MAP_GROWSDOWN)
			vm_flags |= VM_GROWSDOWN;
		return map_and_populate(addr, len, vm_flags, flags, NULL, 0);
	}
	file = fd_get((int)a[4], &need_put);
	if (!file)
		return -EBADF;
	if (off + PAGE_ALIGN(len) < off) {
		ret = -EOVERFLOW;
	} else {
		ret = check_file(file, flags, &vm_flags);
		if (!ret)
			ret = map_and_populate(addr, len, vm_flags, flags, file, off >> PAGE_SHIFT);
	}
	fd_put(file, need_put);
	return ret;
}

/* munmap(2). */
long
sys_munmap(const ulong *a)
{
	return mm_unmap(current->mm, a[0], a[1]);
}

/* mprotect(2). */
long
sys_mprotect(const ulong *a)
{
	ulong prot = a[2], grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	u64 end = a[0] + PAGE_ALIGN(a[1]);

	/* No area here grows up: PROT_GROWSUP finds none. */
	if ((grows & PROT_GROWSUP) || PAGE_OFFSET(a[0]))
		return -EINVAL;
	if (a[1] == 0)
		return 0;
	if (end <= a[0])
		return -ENOMEM;
	prot &= ~grows;
	if (prot & ~(ulong)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	return mm_protect(current->mm, a[0], a[1], prot_flags(prot) | implied_exec(prot_flags(prot)), grows);
}

/* brk(2): the break afterwards, whether or not it moved. */
long
sys_brk(const ulong *a)
{
	struct mm *mm = current->mm;
	u64 old = mm->brk;
	long now = mm_brk(mm, a[0]);

	if (mm->lock_future && (u64)now > old)
		mm_populate(mm, PAGE_ALIGN(old), PAGE_ALIGN(now), 0);
	return now;
}

/* Pages [first, last] of a file that is mapped: to the disk, as fdatasync would. 0 or -errno. */
static int
sync_file_part(struct file *file, u64 first, u64 last)
{
	if (file->ops->fsync)
		return file->ops->fsync(file, true);
	return mapping_write_range(&file->inode->mapping, first << PAGE_SHIFT, (last + 1) << PAGE_SHIFT, true);
}

/* msync(2): what is shared is in the page cache already; MS_SYNC writes that to the disk. */
long
sys_msync(const ulong *arg)
{
	u64 start = arg[0], end = start + PAGE_ALIGN(arg[1]);
	u64 first = 0, last = 0;
	ulong flags = arg[2];
	struct mm *mm = current->mm;
	struct file *file;
	struct area *a;
	int hole = 0, err;

	if ((flags & ~(ulong)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || PAGE_OFFSET(start) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	if (end < start)
		return -ENOMEM;
	while (start < end) {
		rwsem_lock_read(&mm->lock);
		a = mm_find(mm, start);
		if (!a || a->start > start)
			hole = -ENOMEM;
		if (a && (flags & MS_INVALIDATE) && (a->flags & VM_LOCKED) && a->start < end) {
			rwsem_unlock_read(&mm->lock);
			return -EBUSY;
		}
		if (a && a->file) {
			first = a->pgoff + ((MAX(start, a->start) - a->start) >> PAGE_SHIFT);
			last = a->pgoff + ((MIN(end, a->end) - 1 - a->start) >> PAGE_SHIFT);
		}
		start = a ? a->end : end;
		file = a && a->start < end && (a->flags & VM_SHARED) ? a->file : NULL;
		if (file)
			file_get(file);
		rwsem_unlock_read(&mm->lock);
		if (!file)
			continue;
		err = flags & MS_SYNC ? sync_file_part(file, first, last) : 0;
		file_put(file);
		if (err)
			return err;
	}
	return hole;
}
