/*
 * capability.c - root's powers, one by one: the sets of a thread and the calls that change them.
 *
 *	permitted	what it may make effective	never grows but by execve (cred_exec)
 *	effective	what it can do now		a subset of permitted
 *	inheritable	what execve may hand on		to root's programs, and to ambient
 *	bounding	what execve can ever give	only shrinks
 *	ambient		what plain programs keep	permitted and inheritable, both
 *
 * There are no file capabilities: a program's file has no sets of its own.
 *
 * Locks       none: [o], each thread its own; others read words that may be torn apart.
 * Not here    what a change of user ids, or execve, does to them (cred.c).
 * Further     capabilities(7), "Programmatically adjusting capability sets"; capset(2), prctl(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/prctl.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/usercopy.h"

bool
task_capable(u64 cap_bit)
{
	return current->cap_effective & cap_bit;
}

/* ---- capget, capset ---- */

/*
 * The header's version says how many words of each set there are: *words, 1 or 2. An unknown one is answered with the
 * one we know, and -EINVAL.
 */
static int
header_from_user(uptr_t hdr, struct abi_cap_header *h, int *words)
{
	if (get_user(h->version, hdr))
		return -EFAULT;
	*words = 2;
	if (h->version == _LINUX_CAPABILITY_VERSION_1) {
		*words = 1;
	} else if (h->version != _LINUX_CAPABILITY_VERSION_2 && h->version != _LINUX_CAPABILITY_VERSION_3) {
		h->version = _LINUX_CAPABILITY_VERSION_3;
		return put_user(h->version, hdr) ? -EFAULT : -EINVAL;
	}
	return get_user(*h, hdr) ? -EFAULT : 0;
}

/* capget(2). */
long
sys_capget(const ulong *a)
{
	uptr_t out = UPTR(a[1]);
	struct abi_cap_header h;
	struct abi_cap_data d[2];
	struct task *t = current;
	int words, err = header_from_user(UPTR(a[0]), &h, &words);

	if (err)
		return err == -EINVAL && !out.addr ? 0 : err;
	if (h.pid < 0)
		return -EINVAL;
	if (h.pid && !(t = task_get_by_pid(h.pid)))
		return -ESRCH;
	for (int i = 0; i < 2; i++)
		d[i] = (struct abi_cap_data){
			.effective = t->cap_effective >> i * 32,
			.permitted = t->cap_permitted >> i * 32,
			.inheritable = t->cap_inheritable >> i * 32,
		};
	if (h.pid)
		task_put(t);
	return out.addr ? copy_to_user(out, d, words * sizeof(d[0])) : 0;
}

/* capset(2): within what is permitted already. */
long
sys_capset(const ulong *a)
{
	struct abi_cap_header h;
	struct abi_cap_data d[2] = { { 0 }, { 0 } };
	struct task *t = current;
	u64 eff, perm, inh, may_inherit;
	int words, err = header_from_user(UPTR(a[0]), &h, &words);

	if (err)
		return err;
	if (h.pid && h.pid != t->pid)
		return -EPERM;
	if (copy_from_user(d, UPTR(a[1]), words * sizeof(d[0])))
		return -EFAULT;
	eff = (d[0].effective | (u64)d[1].effective << 32) & CAP_ALL;
	perm = (d[0].permitted | (u64)d[1].permitted << 32) & CAP_ALL;
	inh = (d[0].inheritable | (u64)d[1].inheritable << 32) & CAP_ALL;
	may_inherit = t->cap_inheritable | (task_capable(BIT(CAP_SETPCAP)) ? CAP_ALL : t->cap_permitted);
	if ((inh & ~may_inherit) || (inh & ~(t->cap_inheritable | t->cap_bounding)) ||
	    (perm & ~t->cap_permitted) || (eff & ~perm))
		return -EPERM;
	t->cap_effective = eff;
	t->cap_permitted = perm;
	t->cap_inheritable = inh;
	t->cap_ambient &= perm & inh;
	return 0;
}

/* ---- prctl ---- */

static bool
valid(ulong cap)
{
	return cap <= CAP_LAST_CAP;
}

static long
bounding_drop(struct task *t, ulong cap)
{
	if (!task_capable(BIT(CAP_SETPCAP)))
		return -EPERM;
	if (!valid(cap))
		return -EINVAL;
	t->cap_bounding &= ~BIT(cap);
	return 0;
}

/* Each switch has a lock bit above it: a locked one, and the lock itself, stay as they are. */
static long
securebits_set(struct task *t, ulong bits)
{
	ulong locks = t->securebits & SECURE_ALL_LOCKS;

	if ((locks >> 1 & (t->securebits ^ bits)) || (locks & ~bits) ||
	    (bits & ~(ulong)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) || !task_capable(BIT(CAP_SETPCAP)))
		return -EPERM;
	t->securebits = bits;
	return 0;
}

static long
keep_caps_set(struct task *t, ulong on)
{
	if (on > 1)
		return -EINVAL;
	if (t->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	t->securebits = (t->securebits & ~SECBIT_KEEP_CAPS) | (on ? SECBIT_KEEP_CAPS : 0);
	return 0;
}

static long
ambient(struct task *t, const ulong *a)
{
	ulong op = a[1], cap = a[2];

	if (op == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (cap || a[3] || a[4])
			return -EINVAL;
		t->cap_ambient = 0;
		return 0;
	}
	if (!valid(cap) || a[3] || a[4])
		return -EINVAL;
	switch (op) {
	case PR_CAP_AMBIENT_IS_SET:
		return t->cap_ambient >> cap & 1;
	case PR_CAP_AMBIENT_RAISE:
		if (!(t->cap_permitted & t->cap_inheritable & BIT(cap)) ||
		    (t->securebits & SECBIT_NO_CAP_AMBIENT_RAISE))
			return -EPERM;
		t->cap_ambient |= BIT(cap);
		return 0;
	case PR_CAP_AMBIENT_LOWER:
		t->cap_ambient &= ~BIT(cap);
		return 0;
	default:
		return -EINVAL;
	}
}

long
capability_prctl(const ulong *a)
{
	struct task *t = current;

	switch ((int)a[0]) {
	case PR_CAPBSET_READ:
		return valid(a[1]) ? (long)(t->cap_bounding >> a[1] & 1) : -EINVAL;
	case PR_CAPBSET_DROP:
		return bounding_drop(t, a[1]);
	case PR_GET_SECUREBITS:
		return t->securebits;
	case PR_SET_SECUREBITS:
		return securebits_set(t, a[1]);
	case PR_GET_KEEPCAPS:
		return !!(t->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return keep_caps_set(t, a[1]);
	case PR_CAP_AMBIENT:
		return ambient(t, a);
	default:
		return -EINVAL;
	}
}
