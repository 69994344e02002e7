/* splice.h - pieces of pages on their way from one file to another. */
#ifndef FS_SPLICE_H
#define FS_SPLICE_H

#include "mm/frame.h"
#include "mm/uio.h"

#define BATCH_MAX	16

struct batch {
	uint	n;
	size_t	bytes;
	struct uio_vec piece[BATCH_MAX];	/* in one page each, which is counted */
};

static inline bool batch_full(const struct batch *b) { return b->n == BATCH_MAX; }

static inline void
batch_add(struct batch *b, const void *va, size_t n)
{
	frame_get(va_frame(va));
	b->piece[b->n++] = (struct uio_vec){ (u64)va, n };
	b->bytes += n;
}

#endif
