/*
 * control.c - ancillary data: the items of a msghdr's msg_control, in both directions.
 *
 *	cmsghdr  data  padding to 8 | cmsghdr  data ...
 *	'------cmsg_len-----'
 *
 * Further     cmsg(3).
 */
#include "abi/errno.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "net/socket.h"

#define HEADER		sizeof(struct abi_cmsghdr)

const struct abi_cmsghdr *
control_next(const struct msg *m, size_t *at, int *err)
{
	const struct abi_cmsghdr *c = (const struct abi_cmsghdr *)(m->control + *at);

	*err = 0;
	if (!m->control || m->control_len < HEADER || *at > m->control_len - HEADER)
		return NULL;
	if (c->cmsg_len < HEADER || c->cmsg_len > m->control_len - *at) {
		*err = -EINVAL;
		return NULL;
	}
	*at += ALIGN_UP(c->cmsg_len, sizeof(u64));
	return c;
}

int
control_put(struct msg *m, int level, int type, const void *data, size_t len)
{
	struct abi_cmsghdr c = { .cmsg_len = HEADER + len, .cmsg_level = level, .cmsg_type = type };
	size_t step;

	if (m->control_len < HEADER) {
		m->result |= MSG_CTRUNC;
		return 0;
	}
	if (m->control_len < c.cmsg_len) {
		m->result |= MSG_CTRUNC;
		c.cmsg_len = m->control_len;
	}
	if (put_user(c, m->control_to) || copy_to_user(uptr_add(m->control_to, HEADER), data, c.cmsg_len - HEADER))
		return -EFAULT;
	step = MIN(ALIGN_UP(HEADER + len, sizeof(u64)), m->control_len);
	m->control_to = uptr_add(m->control_to, step);
	m->control_len -= step;
	return 0;
}
