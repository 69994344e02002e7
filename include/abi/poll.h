/* poll.h - readiness of files. Source: Linux include/uapi/asm-generic/poll.h, posix_types.h. */
#ifndef ABI_POLL_H
#define ABI_POLL_H

#include "abi/check.h"

#define POLLIN		0x0001
#define POLLPRI		0x0002
#define POLLOUT		0x0004
#define POLLERR		0x0008
#define POLLHUP		0x0010
#define POLLNVAL	0x0020
#define POLLRDNORM	0x0040
#define POLLRDBAND	0x0080
#define POLLWRNORM	0x0100
#define POLLWRBAND	0x0200
#define POLLMSG		0x0400
#define POLLREMOVE	0x1000
#define POLLRDHUP	0x2000

struct abi_pollfd {
	int32_t	fd;
	int16_t	events;
	int16_t	revents;
};
ABI_SIZE(struct abi_pollfd, 8);

#define ABI_FD_SETSIZE	1024

struct abi_fd_set {			/* pselect6 */
	uint64_t fds_bits[ABI_FD_SETSIZE / 64];
};
ABI_SIZE(struct abi_fd_set, 128);

struct abi_pselect_sigmask {		/* what pselect6's sixth argument points to */
	uint64_t ss;			/* address of the mask, or 0 */
	uint64_t ss_len;
};
ABI_SIZE(struct abi_pselect_sigmask, 16);

#endif
