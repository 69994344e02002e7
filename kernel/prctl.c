/*
 * prctl.c - a thread's odds and ends: its name, and questions about features.
 *
 * Only what the kernel really does is accepted; an option without effect that a program
 * could rely on is -EINVAL, as on a Linux that lacks it.
 *
 * Further     prctl(2).
 */
#include "abi/prctl.h"
#include "abi/errno.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/usercopy.h"

static_assert(TASK_COMM_LEN == ABI_COMM_LEN, "PR_SET_NAME's size");

static long
set_name(uptr_t src)
{
	char name[TASK_COMM_LEN];
	ssize_t n = strncpy_from_user(name, src, sizeof(name) - 1);

	if (n < 0)
		return n;
	name[n] = '\0';
	strlcpy(current->comm, name, sizeof(current->comm));
	return 0;
}

static long
get_name(uptr_t dst)
{
	char name[TASK_COMM_LEN] = { 0 };

	strlcpy(name, current->comm, sizeof(name));
	return copy_to_user(dst, name, sizeof(name));
}

/* prctl(2). */
long
sys_prctl(const ulong *a)
{
	int op = a[0];
	ulong arg = a[1];

	switch (op) {
	case PR_SET_NAME:
		return set_name(UPTR(arg));
	case PR_GET_NAME:
		return get_name(UPTR(arg));
	case PR_GET_SECCOMP:
	case PR_GET_THP_DISABLE:
	case PR_GET_TIMING:
		return 0;
	case PR_GET_DUMPABLE:
		return !current->mm->undumpable;
	case PR_SET_DUMPABLE:
		if (arg > 1)
			return -EINVAL;
		WRITE_ONCE(current->mm->undumpable, !arg);
		return 0;
	case PR_SET_THP_DISABLE:
		return 0;			/* there are no huge pages */
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
	case PR_GET_SECUREBITS:
	case PR_SET_SECUREBITS:
	case PR_GET_KEEPCAPS:
	case PR_SET_KEEPCAPS:
	case PR_CAP_AMBIENT:
		return capability_prctl(a);
	case PR_SET_PDEATHSIG:
		if (arg > ABI_NSIG)
			return -EINVAL;
		WRITE_ONCE(current->pdeath_signal, arg);
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, UPTR(arg));
	case PR_SET_CHILD_SUBREAPER:
		WRITE_ONCE(current->proc->subreaper, arg != 0);
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)current->proc->subreaper, UPTR(arg));
	case PR_SET_NO_NEW_PRIVS:
		if (arg != 1 || a[2] || a[3] || a[4])
			return -EINVAL;
		current->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return a[1] || a[2] || a[3] || a[4] ? -EINVAL : current->no_new_privs;
	case PR_GET_TID_ADDRESS:
		return put_user(current->clear_child_tid, UPTR(arg));
	default:
		return -EINVAL;
	}
}
