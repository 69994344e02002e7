/*
 * inflate.h - gzip (RFC 1952) and DEFLATE (RFC 1951).
 *
 * What is already in dst serves as the window.  Needs 4 KiB of stack.
 */
#ifndef LIB_INFLATE_H
#define LIB_INFLATE_H

#include "lib/types.h"

/*
 * Unpack one gzip member at src. Output goes to dst (capacity max). Checks CRC and length.
 * 0 and *outlen, *used (bytes of src consumed); -EINVAL malformed or truncated; -ENOSPC dst too small.
 */
int	gzip_inflate(const void *src, size_t len, void *dst, size_t max, size_t *outlen, size_t *used);
bool	gzip_is(const void *src, size_t len);
/* The length the member's trailer claims (modulo 2^32), for sizing dst; len must cover the whole member. */
u32	gzip_claimed_size(const void *src, size_t len);
u32	crc32(u32 crc, const void *buf, size_t len);

#endif
