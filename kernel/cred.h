/*
 * cred.h - who a thread acts as: user and group ids, and capabilities.
 */
#ifndef KERNEL_CRED_H
#define KERNEL_CRED_H

#include "abi/capability.h"
#include "lib/types.h"

struct file;
struct task;

#define CAP_ALL		(BIT(CAP_LAST_CAP + 1) - 1)

/*
 * execve(2) of f: its set-user-ID and set-group-ID bits take effect on current, unless its mount or
 * no_new_privs says otherwise. True if the program gains something its caller did not have (AT_SECURE).
 */
bool	cred_exec(const struct file *f);
/* Would it look at f's set-user-ID or set-group-ID bit? */
bool	cred_exec_sets_id(const struct file *f);

/*
 * May current, acting as these ids, look at what t keeps to itself, or take a descriptor of it? ptrace(2), "Ptrace
 * access mode checking".
 */
bool	task_traceable(const struct task *t, u32 uid, u32 gid);
bool	task_dumpable(const struct task *t);		/* PR_SET_DUMPABLE */
/* How many tasks user uid has: fork.c. */
u64	user_tasks(u32 uid);
/* The options of prctl(2) that are about capabilities: a[0] is one. */
long	capability_prctl(const ulong *a);

#endif
