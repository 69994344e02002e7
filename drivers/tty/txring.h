/*
 * txring.h - bytes waiting for a UART's transmitter.
 *
 * head and tail run freely; their difference is the fill.  The port's lock guards it.
 */
#ifndef DRIVERS_TXRING_H
#define DRIVERS_TXRING_H

#include "lib/types.h"

#define TXRING_SIZE	4096		/* a power of two */

struct txring {
	u32	head, tail;		/* next to fill, next to send */
	char	buf[TXRING_SIZE];
};

static inline u32 txring_fill(const struct txring *r) { return r->head - r->tail; }
static inline u32 txring_room(const struct txring *r) { return TXRING_SIZE - txring_fill(r); }

static inline void
txring_put(struct txring *r, char c)
{
	r->buf[r->head++ % TXRING_SIZE] = c;
}

static inline char
txring_get(struct txring *r)
{
	return r->buf[r->tail++ % TXRING_SIZE];
}

#endif
