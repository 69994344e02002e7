/*
 * process_vm.c - one process reads or writes another's memory: process_vm_readv(2), process_vm_writev(2).
 *
 * Two lists of pieces, one in each space, are walked side by side; bytes go through a page of the kernel's. What has
 * been moved when an address turns out bad counts, and only if that is nothing is the call an error.
 *
 * Locks       none held: the other space is kept by a temporary user, as /proc does.
 */
#include "abi/errno.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/uio.h"
#include "mm/usercopy.h"

/* The memory of process pid, counted. ERR_PTR. */
static struct mm *
open_mm(int pid)
{
	struct task *t = pid > 0 ? task_get_by_pid(pid) : NULL;
	struct mm *mm;

	if (!t)
		return ERR_PTR(-ESRCH);
	mm = task_traceable(t, current->uid, current->gid) ? task_mm_get(t) : ERR_PTR(-EPERM);
	if (!mm) {
		mm = ERR_PTR(-ESRCH);
	} else if (!IS_ERR(mm) && !task_traceable(t, current->uid, current->gid)) {
		mm_put(mm);			/* a set-uid program's, started since we asked */
		mm = ERR_PTR(-EPERM);
	}
	task_put(t);
	return mm;
}

/* Move bytes between both lists until one ends, or a page cannot be had. How many. */
static ssize_t
move(struct mm *mm, struct uio *local, const struct uio_vec *vec, u64 resid, char *page, bool write)
{
	size_t done = 0, total = 0, want, got;

	while (local->resid && resid) {
		if (done == vec->len) {
			vec++;
			done = 0;
			continue;
		}
		want = MIN(MIN(vec->len - done, local->resid), PAGE_SIZE);
		if (write) {
			want = uio_get(local, page, want);
			got = copy_to_mm(mm, vec->base + done, page, want);
		} else {
			want = copy_from_mm(mm, page, vec->base + done, want);
			got = uio_put(local, page, want);
		}
		total += got;
		done += got;
		resid -= got;
		if (!got || got < want)
			break;
	}
	return total;
}

static long
process_vm(const ulong *a, bool write)
{
	struct uio_vec small[8], rsmall[8], *heap, *rheap;
	struct uio local, remote;
	struct mm *mm;
	char *page;
	long ret;

	if (a[5])
		return -EINVAL;
	ret = uio_init_vec(&local, UPTR(a[1]), a[2], small, &heap);
	if (ret)
		return ret;
	ret = local.resid ? uio_init_vec(&remote, UPTR(a[3]), a[4], rsmall, &rheap) : 0;
	if (ret || !local.resid)
		goto out_local;
	ret = 0;
	if (!remote.resid)
		goto out_remote;
	mm = open_mm(a[0]);
	ret = PTR_ERR(mm);
	if (IS_ERR(mm))
		goto out_remote;
	page = page_alloc(GFP_KERNEL);
	ret = page ? move(mm, &local, remote.vec, remote.resid, page, write) : -ENOMEM;
	if (page)
		page_free(page);
	mm_put(mm);
	if (!ret)
		ret = -EFAULT;
out_remote:
	kfree(rheap);
out_local:
	kfree(heap);
	return ret;
}

/* process_vm_readv(2). */
long
sys_process_vm_readv(const ulong *a)
{
	return process_vm(a, false);
}

/* process_vm_writev(2). */
long
sys_process_vm_writev(const ulong *a)
{
	return process_vm(a, true);
}
