/* crc_sd.h - the checksums of memory cards: 7 bits of a command, 16 of a block of data. */
#ifndef LIB_CRC_SD_H
#define LIB_CRC_SD_H

#include "lib/types.h"

/* x^7 + x^3 + 1, the first bit first; the result in the upper seven bits of the byte. */
u8	crc7(const void *buf, size_t n);
/* Go on from crc over n more bytes: x^16 + x^12 + x^5 + 1, the first bit first (CCITT's, "XMODEM"). */
u16	crc16_ccitt(u16 crc, const void *buf, size_t n);

#endif
