/*
 * readahead.c - reading pages before they are asked for.
 *
 *	                 window being used            window on its way
 *	pages    ... [ a b c d e f g h ][ I j k l m n o p q r s t u v w x ]
 *	                                  ^ marked FRAME_AHEAD
 *
 * Each window is twice as long as the last, up to WINDOW_MAX. When the reader comes to the marked page, the first of
 * the window on its way, the next one is started: so the disk is always one window ahead. Who reads here and there
 * gets what he asks for and nothing else.
 *
 * Data        struct readahead, in each open file.
 * Locks       none: faults and reads of one file may change it at the same time, and then guess wrongly.
 */
#include "abi/errno.h"
#include "fs/vfs.h"
#include "lib/bitops.h"
#include "mm/pagecache_private.h"

#define WINDOW_MIN	4UL
#define WINDOW_MAX	64UL		/* pages: 256 KiB */
#define RUN		64		/* pages handed to the file system at once */

/* A locked frame for page `index` of m, in the tree. NULL: there is one, or no memory (*err). */
static struct frame *
page_new(struct mapping *m, u64 index, bool must, int *err)
{
	struct frame *f = must ? page_frame(0) : frame_alloc(0, GFP_USER);

	*err = -ENOMEM;
	if (!f)
		return NULL;
	*err = page_insert(m, f, index, FRAME_LOCKED);
	if (!*err)
		return f;
	frame_put(f);
	return NULL;
}

static void
run_start(struct mapping *m, struct frame **run, uint n)
{
	/* Counted until they are all handed over: a page may be read, and gone, before the call returns. */
	m->ops->read_pages(m, run, n);
	for (uint i = 0; i < n; i++)
		frame_put(run[i]);
}

/* Start reading what is absent of [first, first + n); page `mark` gets FRAME_AHEAD. -ENOMEM: not even the first; 0. */
static int
read_range(struct mapping *m, u64 first, u64 n, u64 mark)
{
	struct frame *run[RUN], *f;
	int err = 0, first_err = 0;
	uint len = 0;

	for (u64 i = first; i < first + n; i++) {
		f = page_new(m, i, i == first, &err);
		if (!f && err != -EEXIST) {
			first_err = i == first ? err : 0;
			break;
		}
		if (f && i == mark)
			__atomic_fetch_or(&f->flags, FRAME_AHEAD, __ATOMIC_RELAXED);
		if (f)
			run[len++] = f;
		if (len && (!f || len == RUN)) {
			run_start(m, run, len);
			len = 0;
		}
	}
	if (len)
		run_start(m, run, len);
	return first_err;
}

/* Pages of [first, first + n) that the file has: how many, at least one. */
static u64
within(u64 first, u64 n, u64 size)
{
	u64 end = PAGE_ALIGN(size) >> PAGE_SHIFT;

	return first >= end ? 1 : MIN(n, end - first);
}

int
readahead_range(struct mapping *m, u64 first, u64 n)
{
	return read_range(m, first, within(first, n, READ_ONCE(m->inode->size)), ~0UL);
}

static inline u64
window_max(const struct readahead *ra)
{
	return ra->mode == READAHEAD_SEQUENTIAL ? 2 * WINDOW_MAX : WINDOW_MAX;
}

void
readahead_sync(struct mapping *m, struct readahead *ra, u64 index, u64 npages, u64 size)
{
	u64 n = MIN(npages, 2 * WINDOW_MAX), max;

	if (!ra || ra->mode == READAHEAD_RANDOM) {
		read_range(m, index, within(index, n, size), ~0UL);
		return;
	}
	max = window_max(ra);
	if (index && index == (u64)ra->start + ra->size)
		ra->size = MIN(MAX(2UL * ra->size, WINDOW_MIN), max);	/* the reader has overtaken us */
	else if (index == 0 || index == ra->prev + 1)
		ra->size = MIN(MAX(4 * n, WINDOW_MIN), max);	/* a second step: he may go on */
	else
		ra->size = n;
	ra->size = MAX(ra->size, n);
	ra->start = index;
	ra->async = ra->size - n;
	read_range(m, index, within(index, ra->size, size), ra->async ? index + n : ~0UL);
}

void
readahead_async(struct mapping *m, struct readahead *ra, u64 index, u64 size)
{
	struct frame *f = page_lookup(m, index);

	if (f) {
		__atomic_fetch_and(&f->flags, ~(u32)FRAME_AHEAD, __ATOMIC_RELAXED);
		frame_put(f);
	}
	if (!ra || ra->mode == READAHEAD_RANDOM)
		return;
	if (index >= ra->start && index < ra->start + ra->size) {
		ra->start += ra->size;
		ra->size = MIN(2UL * ra->size, window_max(ra));
	} else {
		/* The mark is another file's: it reads where we do. */
		ra->start = index + 1;
		ra->size = WINDOW_MIN;
	}
	ra->async = ra->size;
	if (ra->start < PAGE_ALIGN(size) >> PAGE_SHIFT)
		read_range(m, ra->start, within(ra->start, ra->size, size), ra->start);
}
