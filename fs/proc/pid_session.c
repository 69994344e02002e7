/*
 * pid_session.c - who logged in, and by which session, as audit asks: loginuid, sessionid.
 *
 * Data        loginuid and sessionid of struct process: 0 is "none", else one more than the number, so that the first
 *             process has none; children inherit.
 * Further     proc_pid_loginuid(5).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "fs/proc/proc.h"
#include "kernel/cred.h"
#include "lib/string.h"

int
proc_loginuid_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%u", READ_ONCE(t->proc->loginuid) - 1);
	return 0;
}

int
proc_sessionid_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%u", READ_ONCE(t->proc->sessionid) - 1);
	return 0;
}

/* A process says who logged in, of itself; who may do so again needs the capability. Each time is a new session. */
int
proc_loginuid_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	static u32 last_session;	/* counted up by whoever logs in */
	char *end;
	ulong uid = strtoul(s, &end, 10);

	if (t->proc != current->proc)
		return -EPERM;
	if (end == s || *end || uid > 0xffffffff)
		return -EINVAL;
	if (t->proc->loginuid && !task_capable(BIT(CAP_AUDIT_CONTROL)))
		return -EPERM;
	WRITE_ONCE(t->proc->sessionid, (u32)uid + 1 ? __atomic_add_fetch(&last_session, 1, __ATOMIC_RELAXED) + 1 : 0);
	WRITE_ONCE(t->proc->loginuid, (u32)uid + 1);
	return 0;
}
