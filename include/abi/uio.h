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

#endif
