/*
 * xattr.h - extended attributes: flags of setxattr(2), and how long names, values and lists can be.
 * Source: Linux include/uapi/linux/xattr.h, limits.h.
 */
#ifndef ABI_XATTR_H
#define ABI_XATTR_H

#define XATTR_CREATE	1		/* fail if the attribute exists */
#define XATTR_REPLACE	2		/* fail if it does not */

#define XATTR_NAME_MAX	255
#define XATTR_SIZE_MAX	65536
#define XATTR_LIST_MAX	65536

#define XATTR_USER_PREFIX	"user."
#define XATTR_TRUSTED_PREFIX	"trusted."
#define XATTR_SECURITY_PREFIX	"security."
#define XATTR_SYSTEM_PREFIX	"system."

#endif
