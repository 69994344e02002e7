/*
 * cred.c - user and group ids, supplementary groups, and what happens to them in execve.
 *
 * Each thread has real, effective, saved and file-system ids, changed only by itself. Capabilities follow them:
 * who has user 0 among the first three and gives it up loses all; the effective set is there while the effective
 * user is 0, and its part for files while the file-system user is. Securebits change that (capability.c).
 *
 * Locks       none: [o], each thread its own; others read ids that may be torn from each other. groups[] is
 *             exchanged and read by others under tasks_lock.
 * Not here    the sets of capabilities (capability.c).
 * Further     credentials(7), setuid(2), setresuid(2), setfsuid(2), capabilities(7), "Effect of user ID changes".
 */
#include "kernel/cred.h"

#include "abi/errno.h"
#include "abi/mount.h"
#include "abi/prctl.h"
#include "arch/barrier.h"
#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

/* What the file-system user 0 may do with others' files. */
#define CAP_FILES	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | \
			 BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE))
#define KEEP		(~0U)		/* -1: leave this id as it is */
#define NGROUPS_MAX	65536

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

/* Not counted: the memory of a struct mm is always one. */
bool
task_dumpable(const struct task *t)
{
	const struct mm *mm = READ_ONCE(t->mm);

	return !mm || !READ_ONCE(mm->undumpable);
}

bool
task_traceable(const struct task *t, u32 uid, u32 gid)
{
	if (t->proc == current->proc || task_capable(BIT(CAP_SYS_PTRACE)))
		return true;
	if (uid != t->uid || uid != t->euid || uid != t->suid || gid != t->gid || gid != t->egid || gid != t->sgid ||
	    (t->cap_permitted & ~current->cap_effective))
		return false;
	smp_rmb();
	return task_dumpable(t);
}

/* ---- what a change of ids brings with it ---- */

struct ids {
	u32	uid, euid, suid, fsuid, gid, egid, sgid, fsgid;
	u64	permitted, effective, ambient;		/* the capabilities that follow the ids */
};

static struct ids
ids_now(void)
{
	const struct task *t = current;

	return (struct ids){ t->uid, t->euid, t->suid, t->fsuid, t->gid, t->egid, t->sgid, t->fsgid,
			     t->cap_permitted, t->cap_effective, t->cap_ambient };
}

/* Would current, with these ids, act as somebody else than now, or may it do more? */
static bool
differs(const struct ids *ids)
{
	const struct task *t = current;

	return ids->euid != t->euid || ids->egid != t->egid || ids->fsuid != t->fsuid || ids->fsgid != t->fsgid ||
	       (ids->permitted & ~t->cap_permitted);
}

/*
 * These are current's ids from now on. Who changes is not looked into by who could not before: whoever sees the new
 * ids sees undumpable too (task_traceable() reads them in the other order).
 */
static void
commit(const struct ids *ids)
{
	struct task *t = current;

	if (differs(ids)) {
		if (t->mm)
			WRITE_ONCE(t->mm->undumpable, true);
		t->pdeath_signal = 0;
		smp_wmb();
	}
	t->uid = ids->uid;
	t->euid = ids->euid;
	t->suid = ids->suid;
	t->fsuid = ids->fsuid;
	t->gid = ids->gid;
	t->egid = ids->egid;
	t->sgid = ids->sgid;
	t->fsgid = ids->fsgid;
	t->cap_permitted = ids->permitted;
	t->cap_effective = ids->effective;
	t->cap_ambient = ids->ambient;
}

/* Capabilities follow the user ids. */
static void
follow_users(struct ids *ids)
{
	const struct task *t = current;
	bool was_root = !t->uid || !t->euid || !t->suid;
	bool is_root = !ids->uid || !ids->euid || !ids->suid;

	if (t->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (was_root && !is_root) {
		if (!(t->securebits & SECBIT_KEEP_CAPS))
			ids->permitted = ids->effective = 0;
		ids->ambient = 0;
	}
	if (!t->euid && ids->euid)
		ids->effective = 0;
	else if (t->euid && !ids->euid)
		ids->effective = ids->permitted;
}

/* Current has become another user: had that one too many tasks before? Then it can only go on as it is (execve). */
static void
check_nproc(struct task *t)
{
	t->nproc_exceeded = t->uid != 0 && user_tasks(t->uid) - 1 > t->proc->rlim[RLIMIT_NPROC].rlim_cur;
}

/* ---- execve ---- */

/* Does a process other than current's share its working directory and root (CLONE_FS)? It could move them. */
static bool
fs_is_shared(void)
{
	struct fs_context *fs = current->fs;
	bool shared = false;
	struct task *t;
	ulong flags;
	int pid = 1;

	if (likely(atomic_read(&fs->refs) == 1))
		return false;
	flags = spin_lock_irqsave(&tasks_lock);	/* readers of /proc count too, and do no harm: look who it is */
	for (; !shared && (t = task_next_locked(&pid, false)) != NULL; pid++)
		shared = t->fs == fs && t->proc != current->proc;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return shared;
}

struct file_ids {
	u32	bits;			/* of the mode: S_ISUID and S_ISGID, where they mean something to exec */
	u32	uid, gid;
};

/* All at one time: chown takes the bits away with the owner, and they are not to make somebody the next owner. */
static struct file_ids
file_ids(const struct file *f)
{
	struct inode *i = f->inode;
	struct file_ids ids;
	u32 mode;

	rwsem_lock_read(&i->lock);
	mode = i->mode;
	ids = (struct file_ids){ (mode & S_ISUID) | (mode & S_IXGRP ? mode & S_ISGID : 0), i->uid, i->gid };
	rwsem_unlock_read(&i->lock);
	if ((f->path.mnt->flags & MS_NOSUID) || current->no_new_privs)
		ids.bits = 0;
	return ids;
}

bool
cred_exec_sets_id(const struct file *f)
{
	return file_ids(f).bits;
}

bool
cred_exec(const struct file *f)
{
	struct task *t = current;
	struct ids ids = ids_now();
	struct file_ids file = file_ids(f);
	bool root_counts = !(t->securebits & SECBIT_NOROOT), setid, root, secure, dumpable;
	u32 euid = t->euid, egid = t->egid;
	u64 permitted = 0;

	if (file.bits & S_ISUID)
		euid = file.uid;
	if (file.bits & S_ISGID)
		egid = file.gid;
	root = root_counts && euid == 0;
	if (root || (root_counts && t->uid == 0))
		permitted = t->cap_bounding | t->cap_inheritable;
	setid = euid != t->uid || egid != t->gid;
	if ((setid || (permitted & ~t->cap_permitted)) && (t->no_new_privs || fs_is_shared())) {
		if (t->no_new_privs || !task_capable(BIT(CAP_SETUID))) {
			euid = t->uid;
			egid = t->gid;
		}
		permitted &= t->cap_permitted;
	}
	ids.euid = ids.suid = ids.fsuid = euid;
	ids.egid = ids.sgid = ids.fsgid = egid;
	if (setid)
		ids.ambient = 0;
	ids.permitted = permitted | ids.ambient;
	ids.effective = root ? ids.permitted : ids.ambient;
	t->securebits &= ~SECBIT_KEEP_CAPS;
	secure = setid || (t->uid != 0 && (root || (ids.permitted & ~ids.ambient)));
	if (secure)
		t->pdeath_signal = 0;
	dumpable = inode_permission(f->inode, MAY_READ) == 0 && t->euid == t->uid && t->egid == t->gid &&
		   !differs(&ids);
	commit(&ids);
	/* Once and for all: the new space was undumpable so far, and others look at it already. */
	if (dumpable)
		smp_store_release(&t->mm->undumpable, false);
	return secure;
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

/* KEEP: as it is. The file-system user follows the effective one. */
static void
set_uids(u32 ruid, u32 euid, u32 suid)
{
	struct task *t = current;
	struct ids ids = ids_now();
	bool another = ruid != KEEP && ruid != t->uid;

	if (ruid != KEEP)
		ids.uid = ruid;
	if (euid != KEEP)
		ids.euid = euid;
	if (suid != KEEP)
		ids.suid = suid;
	ids.fsuid = ids.euid;
	follow_users(&ids);
	commit(&ids);
	if (another)
		check_nproc(t);
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
	set_uids(ruid, euid, !save ? KEEP : euid != KEEP ? euid : t->euid);
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

/* setfsuid(2): no errors, always the old one. */
long
sys_setfsuid(const ulong *a)
{
	const struct task *t = current;
	struct ids ids = ids_now();
	u32 id = a[0], old = t->fsuid;

	if (id == KEEP || id == old || !(is_own_uid(id) || task_capable(BIT(CAP_SETUID))))
		return old;
	ids.fsuid = id;
	if (!(t->securebits & SECBIT_NO_SETUID_FIXUP)) {
		if (!old)
			ids.effective &= ~CAP_FILES;
		else if (!id)
			ids.effective |= ids.permitted & CAP_FILES;
	}
	commit(&ids);
	return old;
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
	struct ids ids = ids_now();

	if (rgid != KEEP)
		ids.gid = rgid;
	if (egid != KEEP)
		ids.egid = egid;
	if (sgid != KEEP)
		ids.sgid = sgid;
	ids.fsgid = ids.egid;
	commit(&ids);
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
	set_gids(rgid, egid, !save ? KEEP : egid != KEEP ? egid : t->egid);
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

/* setfsgid(2). */
long
sys_setfsgid(const ulong *a)
{
	struct ids ids = ids_now();
	u32 id = a[0], old = ids.fsgid;

	if (id != KEEP && (is_own_gid(id) || task_capable(BIT(CAP_SETGID)))) {
		ids.fsgid = id;
		commit(&ids);
	}
	return old;
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
	u32 n = a[0], *groups = NULL, *old;
	ulong flags;

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
	flags = spin_lock_irqsave(&tasks_lock);
	old = t->groups;
	t->groups = groups;
	t->ngroups = n;
	spin_unlock_irqrestore(&tasks_lock, flags);
	kfree(old);
	return 0;
}
