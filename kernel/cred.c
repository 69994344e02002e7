/*
 * cred.c - user and group ids, supplementary groups, capabilities.
 *
 * Each thread has real, effective, saved and file-system ids, changed only by itself.
 * Capabilities follow the ids: user 0 has all, others none.  There are no file
 * capabilities, so permitted and effective differ only for a process of real user 0
 * that runs under another effective id; such a one gets them back with seteuid(0).
 *
 * Locks       none: [o], each thread its own.
 * Further     credentials(7), setuid(2), setresuid(2), capabilities(7), "Effect of user ID changes".
 */
#include "kernel/cred.h"

#include "abi/errno.h"
#include "abi/mount.h"
#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define KEEP		(~0U)		/* -1: leave this id as it is */
#define NGROUPS_MAX	65536

bool
task_capable(u64 cap_bit)
{
	return current->cap_effective & cap_bit;
}

bool
task_in_group(u32 gid)
{
	const struct task *t = current;
	u32 i;

	if (t->fsgid == gid)
		return true;
	for (i = 0; i < t->ngroups; i++)
		if (t->groups[i] == gid)
			return true;
	return false;
}

bool
task_traceable(const struct task *t, u32 uid, u32 gid)
{
	if (t->proc == current->proc || task_capable(BIT(CAP_SYS_PTRACE)))
		return true;
	return uid == t->uid && uid == t->euid && uid == t->suid &&
	       gid == t->gid && gid == t->egid && gid == t->sgid;
}

/* The ids changed: capabilities follow. */
static void
update_caps(struct task *t, u32 old_euid)
{
	if (t->euid != 0)
		t->cap_effective = 0;
	else if (old_euid != 0)
		t->cap_effective = CAP_ALL;
}

/* Of a file's mode: S_ISUID and S_ISGID, where they mean something to exec. */
static u32
id_bits(const struct file *f)
{
	u32 mode = f->inode->mode;

	if ((f->path.mnt->flags & MS_NOSUID) || current->no_new_privs)
		return 0;
	return (mode & S_ISUID) | (mode & S_IXGRP ? mode & S_ISGID : 0);
}

bool
cred_exec_sets_id(const struct file *f)
{
	return id_bits(f);
}

bool
cred_exec(const struct file *f)
{
	struct task *t = current;
	const struct inode *i = f->inode;
	u32 old_euid = t->euid, bits = id_bits(f);

	if (bits & S_ISUID)
		t->euid = i->uid;
	if (bits & S_ISGID)
		t->egid = i->gid;
	t->suid = t->fsuid = t->euid;
	t->sgid = t->fsgid = t->egid;
	update_caps(t, old_euid);
	return t->euid != t->uid || t->egid != t->gid;
}

/* ---- users ---- */

long sys_getuid(const ulong *a) { return current->uid; }
long sys_geteuid(const ulong *a) { return current->euid; }
long sys_getgid(const ulong *a) { return current->gid; }
long sys_getegid(const ulong *a) { return current->egid; }

static bool
is_own_uid(u32 id)
{
	const struct task *t = current;

	return id == KEEP || id == t->uid || id == t->euid || id == t->suid;
}

static void
set_uids(u32 ruid, u32 euid, u32 suid)
{
	struct task *t = current;
	u32 old_euid = t->euid;

	if (ruid != KEEP)
		t->uid = ruid;
	if (euid != KEEP)
		t->euid = euid;
	if (suid != KEEP)
		t->suid = suid;
	t->fsuid = t->euid;
	update_caps(t, old_euid);
}

/* setuid(2). */
long
sys_setuid(const ulong *a)
{
	u32 id = a[0];

	if (id == KEEP)
		return -EINVAL;
	if (task_capable(BIT(CAP_SETUID)))
		set_uids(id, id, id);
	else if (id == current->uid || id == current->suid)
		set_uids(KEEP, id, KEEP);
	else
		return -EPERM;
	return 0;
}

/* setreuid(2): the saved id follows the effective one when the real one is set, or a new one comes in. */
long
sys_setreuid(const ulong *a)
{
	const struct task *t = current;
	u32 ruid = a[0], euid = a[1];
	bool save = ruid != KEEP || (euid != KEEP && euid != t->uid);

	if (!task_capable(BIT(CAP_SETUID)) &&
	    ((ruid != KEEP && ruid != t->uid && ruid != t->euid) || !is_own_uid(euid)))
		return -EPERM;
	set_uids(ruid, euid, KEEP);
	if (save)
		set_uids(KEEP, KEEP, t->euid);
	return 0;
}

/* setresuid(2). */
long
sys_setresuid(const ulong *a)
{
	u32 ruid = a[0], euid = a[1], suid = a[2];

	if (!task_capable(BIT(CAP_SETUID)) && !(is_own_uid(ruid) && is_own_uid(euid) && is_own_uid(suid)))
		return -EPERM;
	set_uids(ruid, euid, suid);
	return 0;
}

/* getresuid(2). */
long
sys_getresuid(const ulong *a)
{
	const struct task *t = current;

	if (put_user(t->uid, UPTR(a[0])) || put_user(t->euid, UPTR(a[1])) || put_user(t->suid, UPTR(a[2])))
		return -EFAULT;
	return 0;
}

/* ---- groups ---- */

static bool
is_own_gid(u32 id)
{
	const struct task *t = current;

	return id == KEEP || id == t->gid || id == t->egid || id == t->sgid;
}

static void
set_gids(u32 rgid, u32 egid, u32 sgid)
{
	struct task *t = current;

	if (rgid != KEEP)
		t->gid = rgid;
	if (egid != KEEP)
		t->egid = egid;
	if (sgid != KEEP)
		t->sgid = sgid;
	t->fsgid = t->egid;
}

/* setgid(2). */
long
sys_setgid(const ulong *a)
{
	u32 id = a[0];

	if (id == KEEP)
		return -EINVAL;
	if (task_capable(BIT(CAP_SETGID)))
		set_gids(id, id, id);
	else if (id == current->gid || id == current->sgid)
		set_gids(KEEP, id, KEEP);
	else
		return -EPERM;
	return 0;
}

/* setregid(2): as setreuid. */
long
sys_setregid(const ulong *a)
{
	const struct task *t = current;
	u32 rgid = a[0], egid = a[1];
	bool save = rgid != KEEP || (egid != KEEP && egid != t->gid);

	if (!task_capable(BIT(CAP_SETGID)) &&
	    ((rgid != KEEP && rgid != t->gid && rgid != t->egid) || !is_own_gid(egid)))
		return -EPERM;
	set_gids(rgid, egid, KEEP);
	if (save)
		set_gids(KEEP, KEEP, t->egid);
	return 0;
}

/* setresgid(2). */
long
sys_setresgid(const ulong *a)
{
	u32 rgid = a[0], egid = a[1], sgid = a[2];

	if (!task_capable(BIT(CAP_SETGID)) && !(is_own_gid(rgid) && is_own_gid(egid) && is_own_gid(sgid)))
		return -EPERM;
	set_gids(rgid, egid, sgid);
	return 0;
}

/* getresgid(2). */
long
sys_getresgid(const ulong *a)
{
	const struct task *t = current;

	if (put_user(t->gid, UPTR(a[0])) || put_user(t->egid, UPTR(a[1])) || put_user(t->sgid, UPTR(a[2])))
		return -EFAULT;
	return 0;
}

/* getgroups(2). */
long
sys_getgroups(const ulong *a)
{
	const struct task *t = current;
	int n = a[0];

	if (n < 0)
		return -EINVAL;
	if (n == 0)
		return t->ngroups;
	if ((u32)n < t->ngroups)
		return -EINVAL;
	if (copy_to_user(UPTR(a[1]), t->groups, t->ngroups * sizeof(u32)))
		return -EFAULT;
	return t->ngroups;
}

/* setgroups(2). */
long
sys_setgroups(const ulong *a)
{
	struct task *t = current;
	u32 n = a[0], *groups = NULL;

	if (!task_capable(BIT(CAP_SETGID)))
		return -EPERM;
	if (n > NGROUPS_MAX)
		return -EINVAL;
	if (n) {
		groups = kmalloc(n * sizeof(u32), GFP_KERNEL);
		if (!groups)
			return -ENOMEM;
		if (copy_from_user(groups, UPTR(a[1]), n * sizeof(u32))) {
			kfree(groups);
			return -EFAULT;
		}
	}
	kfree(t->groups);
	t->groups = groups;
	t->ngroups = n;
	return 0;
}

/* ---- capabilities ---- */

/* What t may have: everything for user 0 in any of its three ids. */
static u64
permitted(const struct task *t)
{
	return t->uid == 0 || t->euid == 0 || t->suid == 0 ? CAP_ALL : 0;
}

/* capget(2). */
long
sys_capget(const ulong *a)
{
	uptr_t hdr = UPTR(a[0]), out = UPTR(a[1]);
	struct abi_cap_header h;
	struct abi_cap_data d[2] = { { 0 }, { 0 } };
	struct task *t;
	u64 eff, perm;
	int n = 2;

	if (get_user(h, hdr))
		return -EFAULT;
	if (h.version == _LINUX_CAPABILITY_VERSION_1) {
		n = 1;
	} else if (h.version != _LINUX_CAPABILITY_VERSION_2 && h.version != _LINUX_CAPABILITY_VERSION_3) {
		h.version = _LINUX_CAPABILITY_VERSION_3;
		if (put_user(h.version, hdr))
			return -EFAULT;
		return out.addr ? -EINVAL : 0;
	}
	if (h.pid < 0)
		return -EINVAL;
	t = h.pid ? task_get_by_pid(h.pid) : current;
	if (!t)
		return -ESRCH;
	eff = t->cap_effective;
	perm = permitted(t);
	if (h.pid)
		task_put(t);
	d[0].effective = eff;
	d[1].effective = eff >> 32;
	d[0].permitted = perm;
	d[1].permitted = perm >> 32;
	return out.addr ? copy_to_user(out, d, n * sizeof(d[0])) : 0;
}
