/* chacha.h - the ChaCha20 block function, for random numbers. Source: RFC 8439, section 2.3. */
#ifndef LIB_CHACHA_H
#define LIB_CHACHA_H

#include "lib/types.h"

#define CHACHA_KEY_SIZE		32
#define CHACHA_NONCE_SIZE	12
#define CHACHA_BLOCK_SIZE	64

/* 64 bytes of key stream for this key, block number and nonce. */
void	chacha20_block(const u8 key[CHACHA_KEY_SIZE], u32 counter,
		       const u8 nonce[CHACHA_NONCE_SIZE], u8 out[CHACHA_BLOCK_SIZE]);

#endif
