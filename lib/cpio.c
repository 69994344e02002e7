/*
 * cpio.c - reading a "newc" cpio archive in place.
 *
 * An entry, aligned to 4 bytes from the start of the archive:
 *
 *	0	magic "070701", or "070702" (with a checksum, not looked at)
 *	6	13 fields of 8 hexadecimal digits: ino mode uid gid nlink mtime
 *		filesize devmajor devminor rdevmajor rdevminor namesize check
 *	110	name, namesize bytes with its NUL, then padding to 4
 *		data, filesize bytes, then padding to 4
 *
 * The last entry is called TRAILER!!!.
 */
#include "lib/cpio.h"
#include "abi/errno.h"
#include "lib/string.h"

#define HEADER_SIZE	110
#define NAME_SIZE_MAX	4096

enum {
	F_INO, F_MODE, F_UID, F_GID, F_NLINK, F_MTIME, F_FILESIZE, F_DEVMAJOR, F_DEVMINOR,
	F_RDEVMAJOR, F_RDEVMINOR, F_NAMESIZE, F_CHECK, NFIELDS
};

void
cpio_open(struct cpio *c, const void *buf, size_t size)
{
	c->buf = buf;
	c->size = size;
	c->at = 0;
}

/* Eight hexadecimal digits. False if they are not. */
static bool
parse_hex(const u8 *p, u32 *out)
{
	u32 v = 0;

	for (int i = 0; i < 8; i++) {
		u8 c = p[i], lower = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			v = v << 4 | (lower - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

static bool
only_zeros_left(const struct cpio *c)
{
	for (size_t i = c->at; i < c->size; i++)
		if (c->buf[i])
			return false;
	return true;
}

int
cpio_next(struct cpio *c, struct cpio_entry *e)
{
	const u8 *h = c->buf + c->at;
	size_t left = c->size - c->at, data_at, end;
	u32 field[NFIELDS];

	if (left == 0 || h[0] == 0)
		return only_zeros_left(c) ? 0 : -EINVAL;
	if (left < HEADER_SIZE)
		return -EINVAL;
	if (memcmp(h, "070701", 6) != 0 && memcmp(h, "070702", 6) != 0)
		return -EINVAL;
	for (int i = 0; i < NFIELDS; i++)
		if (!parse_hex(h + 6 + 8 * i, &field[i]))
			return -EINVAL;

	if (field[F_NAMESIZE] == 0 || field[F_NAMESIZE] > NAME_SIZE_MAX)
		return -EINVAL;
	data_at = ALIGN_UP(c->at + HEADER_SIZE + field[F_NAMESIZE], 4);
	end = data_at + field[F_FILESIZE];
	if (c->at + HEADER_SIZE + field[F_NAMESIZE] > c->size)
		return -EINVAL;
	if (h[HEADER_SIZE + field[F_NAMESIZE] - 1] != '\0')
		return -EINVAL;
	if (strcmp((const char *)h + HEADER_SIZE, "TRAILER!!!") == 0)
		return 0;
	if (end > c->size)
		return -EINVAL;

	*e = (struct cpio_entry){
		.name = (const char *)h + HEADER_SIZE,
		.data = c->buf + data_at,
		.size = field[F_FILESIZE],
		.ino = field[F_INO],
		.mode = field[F_MODE],
		.uid = field[F_UID],
		.gid = field[F_GID],
		.nlink = field[F_NLINK],
		.mtime = field[F_MTIME],
		.dev_major = field[F_DEVMAJOR],
		.dev_minor = field[F_DEVMINOR],
		.rdev_major = field[F_RDEVMAJOR],
		.rdev_minor = field[F_RDEVMINOR],
	};
	c->at = MIN(ALIGN_UP(end, 4), c->size);
	return 1;
}
