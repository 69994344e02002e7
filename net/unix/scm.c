/*
 * scm.c - credentials and descriptors that travel with a message (SCM_CREDENTIALS, SCM_RIGHTS).
 *
 * Here they are taken from the sender's ancillary data and put into the receiver's.
 * Not here    descriptors between the two (rights.c).
 * Further     unix(7), "Ancillary messages".
 */
#include "abi/capability.h"
#include "kernel/fdtable.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "net/unix/unix.h"

#define ID_OVERFLOW	65534		/* an id nobody said */

void
scm_cred_default(struct abi_ucred *c)
{
	*c = (struct abi_ucred){ .pid = 0, .uid = ID_OVERFLOW, .gid = ID_OVERFLOW };
}

bool
scm_same(const struct abi_ucred *a, const struct abi_ucred *b)
{
	return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

/* --- sending --- */

/* May current say it is c? 0, -EPERM, -ESRCH, -EINVAL. */
static int
cred_check(const struct abi_ucred *c)
{
	const struct task *t = current;
	struct task *named;

	if (c->pid != (u32)task_tgid(t) && !task_capable(BIT(CAP_SYS_ADMIN)))
		return -EPERM;
	if (c->uid != t->uid && c->uid != t->euid && c->uid != t->suid && !task_capable(BIT(CAP_SETUID)))
		return -EPERM;
	if (c->gid != t->gid && c->gid != t->egid && c->gid != t->sgid && !task_capable(BIT(CAP_SETGID)))
		return -EPERM;
	if (c->pid != (u32)task_tgid(t)) {
		named = task_get_by_pid(c->pid);
		if (!named)
			return -ESRCH;
		task_put(named);
	}
	return c->uid == ~0U || c->gid == ~0U ? -EINVAL : 0;
}

/* How many descriptors an SCM_RIGHTS item has. */
static inline u32
rights_in(const struct abi_cmsghdr *c)
{
	return (c->cmsg_len - sizeof(*c)) / sizeof(s32);
}

/* Look over all items, and count the descriptors. */
static int
scm_count(struct msg *m, u32 *n)
{
	const struct abi_cmsghdr *c;
	size_t at = 0;
	int err;

	*n = 0;
	while ((c = control_next(m, &at, &err))) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			*n += rights_in(c);
		else if (c->cmsg_type != SCM_CREDENTIALS || c->cmsg_len != sizeof(*c) + sizeof(struct abi_ucred))
			return -EINVAL;
		if (*n > ABI_SCM_MAX_FD)
			return -EINVAL;
	}
	return err;
}

static int
rights_take(struct rights *r, const struct abi_cmsghdr *c)
{
	const s32 *fd = (const s32 *)(c + 1);

	for (u32 i = 0; i < rights_in(c); i++) {
		struct file *f = fd_file(current->files, fd[i]);

		if (!f)
			return -EBADF;
		r->file[r->n++] = f;
	}
	return 0;
}

int
scm_parse(struct msg *m, struct scm *scm)
{
	const struct abi_cmsghdr *c;
	size_t at = 0;
	u32 n;
	int err;

	scm->rights = NULL;
	scm_cred_default(&scm->cred);
	if (likely(!m->control))
		return 0;
	err = scm_count(m, &n);
	if (err)
		return err;
	if (n) {
		scm->rights = rights_alloc(n);
		if (!scm->rights)
			return -ENOMEM;
	}
	while (!err && (c = control_next(m, &at, &err))) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS) {
			err = rights_take(scm->rights, c);
		} else {
			memcpy(&scm->cred, c + 1, sizeof(scm->cred));
			err = cred_check(&scm->cred);
		}
	}
	if (err)
		scm_drop(scm);
	return err;
}

void
scm_drop(struct scm *scm)
{
	rights_drop(scm->rights);
	scm->rights = NULL;
}

/* --- receiving --- */

/* A descriptor for f, its number to *at. Takes f over on success. */
static int
install(struct file *f, uptr_t at, bool cloexec)
{
	int fd = fd_alloc(0, cloexec);

	if (fd < 0)
		return fd;
	if (put_user(fd, at)) {
		fd_cancel(fd);
		return -EFAULT;
	}
	fd_install(fd, f);
	return 0;
}

/* As many of r's files as there is room for become descriptors; the others stay in r. */
static void
rights_deliver(struct msg *m, struct rights *r)
{
	struct abi_cmsghdr c = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	uptr_t data = uptr_add(m->control_to, sizeof(c));
	u32 room = m->control_len > sizeof(c) ? MIN((m->control_len - sizeof(c)) / sizeof(s32), (size_t)r->n) : 0, i;
	size_t step;

	for (i = 0; i < room; i++) {
		if (install(r->file[i], uptr_add(data, i * sizeof(s32)), m->flags & MSG_CMSG_CLOEXEC))
			break;
		r->file[i] = NULL;
	}
	if (i < r->n)
		m->result |= MSG_CTRUNC;
	if (!i)
		return;
	c.cmsg_len = sizeof(c) + i * sizeof(s32);
	if (put_user(c, m->control_to))
		return;
	step = MIN(ALIGN_UP(c.cmsg_len, sizeof(u64)), m->control_len);
	m->control_to = uptr_add(m->control_to, step);
	m->control_len -= step;
}

void
scm_deliver(struct unix_sock *u, struct msg *m, struct scm *scm)
{
	if (unix_passcred(u))
		control_put(m, SOL_SOCKET, SCM_CREDENTIALS, &scm->cred, sizeof(scm->cred));
	if (scm->rights) {
		rights_deliver(m, scm->rights);
		scm_drop(scm);
	}
}
