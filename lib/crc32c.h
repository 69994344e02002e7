/* crc32c.h - Castagnoli's checksum. */
#ifndef LIB_CRC32C_H
#define LIB_CRC32C_H

#include "lib/types.h"

/*
 * Go on from state crc over n more bytes; nothing is inverted: iSCSI's value of buf is
 * ~crc32c(~0, buf, n).
 */
u32	crc32c(u32 crc, const void *buf, size_t n);
/* The same over n whole words: by tables, unless the machine has instructions for it and says so at boot. */
extern u32 (*crc32c_words)(u32 crc, const u64 *p, size_t n);

#endif
