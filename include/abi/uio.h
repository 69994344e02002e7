/* uio.h - scattered buffers. Source: Linux include/uapi/linux/uio.h. */
#ifndef ABI_UIO_H
#define ABI_UIO_H

#include "abi/check.h"

#define UIO_MAXIOV	1024

struct abi_iovec {
	uint64_t iov_base;
	uint64_t iov_len;
};
ABI_SIZE(struct abi_iovec, 16);

/* preadv2, pwritev2 (linux/fs.h). */
#define RWF_HIPRI	0x01
#define RWF_DSYNC	0x02
#define RWF_SYNC	0x04
#define RWF_NOWAIT	0x08
#define RWF_APPEND	0x10
#define RWF_NOAPPEND	0x20

#endif
