/* crc16.h - a checksum of 16 bits: polynomial 0x8005, bits reflected, as in ext4's older group descriptors. */
#ifndef LIB_CRC16_H
#define LIB_CRC16_H

#include "lib/types.h"

/* Go on from crc over n more bytes. Nothing is inverted, neither at the start nor at the end. */
u16	crc16(u16 crc, const void *buf, size_t n);

#endif
