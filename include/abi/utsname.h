/*
 * utsname.h - the system's names.
 * Source: Linux include/uapi/linux/utsname.h (struct new_utsname).
 */
#ifndef ABI_UTSNAME_H
#define ABI_UTSNAME_H

#include "abi/check.h"

#define ABI_UTS_LEN	64	/* without the NUL */

struct abi_utsname {
	char	sysname[ABI_UTS_LEN + 1];
	char	nodename[ABI_UTS_LEN + 1];
	char	release[ABI_UTS_LEN + 1];
	char	version[ABI_UTS_LEN + 1];
	char	machine[ABI_UTS_LEN + 1];
	char	domainname[ABI_UTS_LEN + 1];
};
ABI_SIZE(struct abi_utsname, 390);

#endif
