/*
 * cpio.h - reading a "newc" cpio archive in place, without trusting it.
 * Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#ifndef LIB_CPIO_H
#define LIB_CPIO_H

#include "lib/types.h"

struct cpio_entry {
	const char *name;		/* NUL-terminated, inside the archive */
	const u8 *data;
	u64	size;
	u32	ino, mode, uid, gid, nlink, mtime;
	u32	dev_major, dev_minor, rdev_major, rdev_minor;
};

struct cpio {
	const u8 *buf;
	size_t	size, at;
};

void	cpio_open(struct cpio *c, const void *buf, size_t size);
/* 1 and *e; 0 at TRAILER!!! or when only zero padding is left; -EINVAL if malformed or truncated. */
int	cpio_next(struct cpio *c, struct cpio_entry *e);

#endif
