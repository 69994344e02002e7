/*
 * prctl.c - a thread's odds and ends: its name, and questions about features.
 *
 * Only what the kernel really does is accepted; an option without effect that a program
 * could rely on is -EINVAL, as on a Linux that lacks it.
 *
 * Further     prctl(2).
 */
#include "abi/prctl.h"
#include "abi/capability.h"
#include "abi/errno.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/string.h"
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
	case PR_GET_DUMPABLE:
	case PR_GET_KEEPCAPS:
	case PR_GET_SECUREBITS:
	case PR_GET_SECCOMP:
	case PR_GET_THP_DISABLE:
	case PR_GET_TIMING:
		return op == PR_GET_DUMPABLE;
	case PR_SET_DUMPABLE:
		return arg > 1 ? -EINVAL : 0;	/* no core is ever written: both say the same */
	case PR_SET_THP_DISABLE:
		return 0;			/* there are no huge pages */
	case PR_CAPBSET_READ:
		return arg > CAP_LAST_CAP ? -EINVAL : 1;
	case PR_CAP_AMBIENT:
		return arg == PR_CAP_AMBIENT_IS_SET || arg == PR_CAP_AMBIENT_CLEAR_ALL ? 0 : -EINVAL;
	case PR_GET_PDEATHSIG:
		return put_user((int)0, UPTR(arg));
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
