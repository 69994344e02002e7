/*
 * sysmmap.c - the system calls on memory: decoding and checking; mmap.c performs.
 *
 * Further     mmap(2), mprotect(2), brk(2), madvise(2), msync(2), mlock(2), and docs/limits.md.
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/mman.h"
#include "abi/mount.h"
#include "abi/personality.h"
#include "abi/resource.h"
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

/* May this file be mapped so? 0 or -errno. */
static int
check_file(const struct file *f, u32 *vm_flags)
{
	if (!(f->mode & FMODE_READ))
		return -EACCES;
	if (*vm_flags & VM_SHARED) {
		if ((*vm_flags & VM_WRITE) && !(f->mode & FMODE_WRITE))
			return -EACCES;
		if (!(f->mode & FMODE_WRITE))
			*vm_flags &= ~VM_MAYWRITE;
	}
	if (f->path.mnt && (f->path.mnt->flags & MS_NOEXEC)) {
		if (*vm_flags & VM_EXEC)
			return -EPERM;
	} else {
		*vm_flags |= implied_exec(*vm_flags);
	}
	return f->ops->mmap ? 0 : -ENODEV;
}

/* Map, and fault in what was asked to be there from the start. */
static long
map_and_populate(u64 addr, u64 len, u32 vm_flags, u32 flags, struct file *file, u64 pgoff)
{
	struct mm *mm = current->mm;
	long ret = mm_map(mm, addr, len, vm_flags, flags, file, pgoff);

	/* Best effort: a page that cannot be had is faulted on when it is touched. */
	if (ret >= 0 && ((flags & (MAP_POPULATE | MAP_LOCKED)) || mm->lock_future) && !(flags & MAP_NONBLOCK))
		mm_populate(mm, ret, ret + PAGE_ALIGN(len));
	return ret;
}

static long
map_shared_anonymous(u64 addr, u64 len, u32 vm_flags, u32 flags)
{
	struct file *file = shmem_file_create(PAGE_ALIGN(len));
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
	case MAP_SHARED:
	case MAP_SHARED_VALIDATE:
		vm_flags |= VM_SHARED;
		break;
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if (flags & MAP_NORESERVE)
		vm_flags |= VM_NORESERVE;
	if (flags & MAP_LOCKED)
		vm_flags |= VM_LOCKED;
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
		ret = check_file(file, &vm_flags);
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
	ulong prot = a[2] & ~(ulong)PROT_SEM;

	if (prot & ~(ulong)(PROT_READ | PROT_WRITE | PROT_EXEC))
		return -EINVAL;
	return mm_protect(current->mm, a[0], a[1], prot_flags(prot) | implied_exec(prot_flags(prot)));
}

/* brk(2): the break afterwards, whether or not it moved. */
long
sys_brk(const ulong *a)
{
	struct mm *mm = current->mm;
	u64 old = mm->brk;
	long now = mm_brk(mm, a[0]);

	if (mm->lock_future && (u64)now > old)
		mm_populate(mm, PAGE_ALIGN(old), PAGE_ALIGN(now));
	return now;
}

/* ---- advice ---- */

/* Visit the areas of [start, end) with fn; holes are skipped, and make the result -ENOMEM. */
static int
for_areas(struct mm *mm, u64 start, u64 end, int (*fn)(struct mm *mm, struct area *a, u64 start, u64 end, u32 arg),
	  u32 arg) MUST_HOLD(mm->lock)
{
	int hole = 0, err;
	struct area *a;

	while (start < end) {
		a = mm_find(mm, start);
		if (!a || a->start > start) {
			hole = -ENOMEM;
			start = a ? a->start : end;
			continue;
		}
		u64 stop = MIN(a->end, end);

		err = fn(mm, a, start, stop, arg);
		if (err)
			return err;
		start = stop;
	}
	return hole;
}

/* Anonymous pages are forgotten, pages of files faulted in afresh. */
static int
advise_dontneed(struct mm *mm, struct area *a, u64 start, u64 end, u32 arg)
{
	struct gather g;

	if (a->flags & (VM_LOCKED | VM_IO))
		return -EINVAL;
	gather_init(&g, mm);
	gather_zap(&g, start, end);
	gather_finish(&g);
	return 0;
}

static int
advise_free(struct mm *mm, struct area *a, u64 start, u64 end, u32 arg)
{
	return a->file || (a->flags & (VM_SHARED | VM_IO)) ? -EINVAL : 0;
}

/* Start reading what is not cached. Only advice: not more than a lock may be held for. */
static int
advise_willneed(struct mm *mm, struct area *a, u64 start, u64 end, u32 arg)
{
	u64 n = MIN((end - start) >> PAGE_SHIFT, 1024UL);

	if (a->file && !mapping_is_ram(&a->file->inode->mapping))
		readahead_range(&a->file->inode->mapping, a->pgoff + ((start - a->start) >> PAGE_SHIFT), n);
	return 0;
}

static int
advise_nothing(struct mm *mm, struct area *a, u64 start, u64 end, u32 arg)
{
	return 0;
}

/* Set or clear one flag of whole areas: arg is the flag, with its complement's meaning in bit 31. */
#define CLEAR_FLAG	BIT(31)

static int
change_flag(struct mm *mm, struct area *a, u64 start, u64 end, u32 arg) MUST_HOLD(mm->lock)
{
	u32 flag = arg & ~CLEAR_FLAG, flags = arg & CLEAR_FLAG ? a->flags & ~flag : a->flags | flag;
	int err;

	if (flag == VM_WIPEONFORK && !(arg & CLEAR_FLAG) && (a->file || (a->flags & VM_SHARED)))
		return -EINVAL;
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
	area_set_flags(mm, a, (a->flags & ~flag) | (arg & CLEAR_FLAG ? 0 : flag));
	area_merge(mm, a);
	return 0;
}

static long
advise(struct mm *mm, u64 start, u64 end, int advice)
{
	int (*fn)(struct mm *, struct area *, u64, u64, u32) = advise_nothing;
	u32 arg = 0;
	long err;

	switch (advice) {
	case MADV_DONTNEED:	fn = advise_dontneed; break;
	case MADV_WILLNEED:	fn = advise_willneed; break;
	case MADV_FREE:		fn = advise_free; break;
	case MADV_DONTFORK:	fn = change_flag; arg = VM_DONTCOPY; break;
	case MADV_DOFORK:	fn = change_flag; arg = VM_DONTCOPY | CLEAR_FLAG; break;
	case MADV_WIPEONFORK:	fn = change_flag; arg = VM_WIPEONFORK; break;
	case MADV_KEEPONFORK:	fn = change_flag; arg = VM_WIPEONFORK | CLEAR_FLAG; break;
	}
	rwsem_lock_write(&mm->lock);
	err = for_areas(mm, start, end, fn, arg);
	rwsem_unlock_write(&mm->lock);
	return err;
}

/* madvise(2). */
long
sys_madvise(const ulong *a)
{
	u64 start = a[0], len = PAGE_ALIGN(a[1]);
	int advice = a[2];

	switch (advice) {
	case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL: case MADV_WILLNEED:
	case MADV_DONTNEED: case MADV_FREE: case MADV_DONTFORK: case MADV_DOFORK:
	case MADV_MERGEABLE: case MADV_UNMERGEABLE: case MADV_HUGEPAGE: case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP: case MADV_DODUMP: case MADV_WIPEONFORK: case MADV_KEEPONFORK:
	case MADV_COLD: case MADV_PAGEOUT: case MADV_POPULATE_READ: case MADV_POPULATE_WRITE:
		break;
	default:
		return -EINVAL;
	}
	if (PAGE_OFFSET(start) || (a[1] && !len) || start + len < start)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (start + len > USER_TOP)
		return -ENOMEM;
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return mm_populate(current->mm, start, start + len);
	return advise(current->mm, start, start + len, advice);
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

/* ---- locking: faulting in, and remembering that reclaim must not take it ---- */

static int
may_lock(u64 bytes)
{
	u64 limit = current->proc->rlim[RLIMIT_MEMLOCK].rlim_cur;

	if (task_capable(BIT(CAP_IPC_LOCK)))
		return 0;
	if (limit == 0)
		return -EPERM;
	return bytes > limit ? -ENOMEM : 0;
}

static long
lock_range(u64 addr, u64 len, u32 arg)
{
	u64 start = ALIGN_DOWN(addr, PAGE_SIZE), end = PAGE_ALIGN(addr + len);
	struct mm *mm = current->mm;
	int err;

	if (end < start || addr + len < addr)
		return -EINVAL;
	if (start == end)
		return 0;
	if (end > USER_TOP)
		return -ENOMEM;
	rwsem_lock_write(&mm->lock);
	err = for_areas(mm, start, end, change_flag, arg);
	rwsem_unlock_write(&mm->lock);
	if (!err && !(arg & CLEAR_FLAG))
		err = mm_populate(mm, start, end);
	return err == -EFAULT || err == -EACCES ? -ENOMEM : err;
}

/* mlock(2). */
long
sys_mlock(const ulong *a)
{
	int err = may_lock(a[1]);

	return err ? err : lock_range(a[0], a[1], VM_LOCKED);
}

/* munlock(2). */
long
sys_munlock(const ulong *a)
{
	return lock_range(a[0], a[1], VM_LOCKED | CLEAR_FLAG);
}

static void
lock_all(struct mm *mm, u32 arg, bool populate)
{
	struct area *a;
	u64 at = 0, end;

	rwsem_lock_write(&mm->lock);
	for_areas(mm, 0, USER_TOP, change_flag, arg);
	rwsem_unlock_write(&mm->lock);
	while (populate) {
		rwsem_lock_read(&mm->lock);
		a = mm_find(mm, at);
		end = a ? a->end : 0;
		at = a ? MAX(at, a->start) : 0;
		rwsem_unlock_read(&mm->lock);
		if (!a)
			break;
		/* An area that cannot be read, say: as Linux, the others are locked all the same. */
		mm_populate(mm, at, end);
		at = end;
	}
}

/* mlockall(2). */
long
sys_mlockall(const ulong *a)
{
	struct mm *mm = current->mm;
	int err;

	if (!a[0] || (a[0] & ~(ulong)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || a[0] == MCL_ONFAULT)
		return -EINVAL;
	err = may_lock(a[0] & MCL_CURRENT ? mm->total_pages << PAGE_SHIFT : 0);
	if (err)
		return err;
	mm->lock_future = a[0] & MCL_FUTURE;
	if (a[0] & MCL_CURRENT)
		lock_all(mm, VM_LOCKED, !(a[0] & MCL_ONFAULT));
	return 0;
}

/* munlockall(2). */
long
sys_munlockall(const ulong *a)
{
	current->mm->lock_future = false;
	lock_all(current->mm, VM_LOCKED | CLEAR_FLAG, false);
	return 0;
}
