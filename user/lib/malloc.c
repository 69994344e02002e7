/*
 * malloc.c - the heap.
 *
 * Data        The heap is one run of chunks from the break upwards.  A chunk is a size
 *             word and its bytes; sizes are multiples of 16 and the low bits are flags:
 *                 USED       this chunk is handed out
 *                 PREV_USED  the chunk before it is
 *             A free chunk also holds its links and, in its last word, its size again, so
 *             that its successor can find where it starts.  Free chunks hang in a list per
 *             power of two.
 *                 | size+flags | bytes ...                      | size+flags | ...
 *                              ^ what malloc returns, 16-aligned
 *             Requests of MMAP_MIN or more get a mapping of their own: flag MAPPED.
 * Invariants  No two free chunks are neighbours.  The heap ends with a USED chunk of size 0.
 * Not here    threads: a program with several must lock for itself.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define USED		1UL
#define PREV_USED	2UL
#define MAPPED		4UL
#define FLAGS		15UL
#define HEAD		8UL
#define MIN_CHUNK	32UL
#define GROW		(32 * 1024UL)
#define MMAP_MIN	(256 * 1024UL)
#define NBINS		20

struct chunk {
	size_t	head;
	struct chunk *next, *prev;	/* only while free */
};

static struct chunk bins[NBINS];
static struct chunk *heap_end;		/* the closing chunk of size 0, NULL before the first growth */

static size_t size_of(struct chunk *c) { return c->head & ~FLAGS; }
static struct chunk *after(struct chunk *c) { return (void *)((char *)c + size_of(c)); }
static void *bytes_of(struct chunk *c) { return (char *)c + HEAD; }
static struct chunk *chunk_of(void *p) { return (void *)((char *)p - HEAD); }

static int
bin_of(size_t size)
{
	int b = 0;

	for (size >>= 6; size && b < NBINS - 1; size >>= 1)
		b++;
	return b;
}

static void
unlink_chunk(struct chunk *c)
{
	c->prev->next = c->next;
	if (c->next)
		c->next->prev = c->prev;
}

/* Put a range of bytes on the free lists, joined with free neighbours. */
static void
insert(struct chunk *c, size_t size, size_t prev_used)
{
	struct chunk *next = (void *)((char *)c + size), *bin;

	if (!(next->head & USED)) {
		size += size_of(next);
		unlink_chunk(next);
	}
	if (!prev_used) {
		size_t before = ((size_t *)c)[-1];

		c = (void *)((char *)c - before);
		unlink_chunk(c);
		size += before;
	}
	c->head = size | PREV_USED;
	next = after(c);
	((size_t *)next)[-1] = size;
	next->head &= ~PREV_USED;
	bin = &bins[bin_of(size)];
	c->next = bin->next;
	c->prev = bin;
	if (c->next)
		c->next->prev = c;
	bin->next = c;
}

/* Make the heap at least size bytes longer. 0 if the kernel refuses. */
static int
grow(size_t size)
{
	char *p;
	size_t lead = 0, prev_used = PREV_USED;
	struct chunk *c;

	size = (size + 64 + GROW - 1) & ~(GROW - 1);
	p = sbrk(size);
	if (p == (void *)-1)
		return 0;
	if (heap_end && p == (char *)heap_end + HEAD) {
		c = heap_end;
		prev_used = c->head & PREV_USED;
		p = (char *)c;
		size += HEAD;
	} else {
		lead = (-(uintptr_t)p - HEAD) & 15;	/* bytes_of() is 16-aligned */
		c = (void *)(p + lead);
	}
	size = (size - lead - HEAD) & ~15UL;
	heap_end = (void *)((char *)c + size);
	heap_end->head = USED;
	insert(c, size, prev_used);
	return 1;
}

static void *
map_chunk(size_t n)
{
	size_t size = (n + 16 + 4095) & ~4095UL;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct chunk *c = (void *)(p + HEAD);

	if (p == MAP_FAILED)
		return NULL;
	c->head = size | USED | MAPPED;
	return bytes_of(c);
}

/* Give back what chunk c has beyond size bytes, if that makes a chunk. */
static void
trim(struct chunk *c, size_t size)
{
	size_t rest = size_of(c) - size;

	if (rest < MIN_CHUNK)
		return;
	c->head = size | (c->head & FLAGS);
	insert(after(c), rest, 1);
}

void *
malloc(size_t n)
{
	size_t size = (n + HEAD + 15) & ~15UL;
	struct chunk *c;
	int b;

	if (n >= MMAP_MIN) {
		void *p = n < SIZE_MAX / 2 ? map_chunk(n) : NULL;

		if (!p)
			errno = ENOMEM;
		return p;
	}
	if (size < MIN_CHUNK)
		size = MIN_CHUNK;
	for (;;) {
		for (b = bin_of(size); b < NBINS; b++)
			for (c = bins[b].next; c; c = c->next)
				if (size_of(c) >= size)
					goto found;
		if (!grow(size)) {
			errno = ENOMEM;
			return NULL;
		}
	}
found:
	unlink_chunk(c);
	c->head |= USED;
	after(c)->head |= PREV_USED;
	trim(c, size);
	return bytes_of(c);
}

void
free(void *p)
{
	struct chunk *c = chunk_of(p);

	if (!p)
		return;
	if (c->head & MAPPED) {
		int e = errno;

		munmap((char *)c - HEAD, size_of(c));
		errno = e;
		return;
	}
	insert(c, size_of(c), c->head & PREV_USED);
}

void *
calloc(size_t n, size_t size)
{
	void *p;

	if (size && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	p = malloc(n * size);
	if (p && !(chunk_of(p)->head & MAPPED))
		memset(p, 0, n * size);
	return p;
}

void *
realloc(void *p, size_t n)
{
	size_t size = (n + HEAD + 15) & ~15UL, have;
	struct chunk *c = chunk_of(p), *next;
	void *q;

	if (!p)
		return malloc(n);
	if (size < MIN_CHUNK)
		size = MIN_CHUNK;
	have = size_of(c);
	if (!(c->head & MAPPED) && n < MMAP_MIN) {
		next = after(c);
		if (!(next->head & USED) && have + size_of(next) >= size && have < size) {
			unlink_chunk(next);
			c->head += size_of(next);
			after(c)->head |= PREV_USED;
			have = size_of(c);
		}
		if (have >= size) {
			trim(c, size);
			return p;
		}
	}
	q = malloc(n);
	if (!q)
		return NULL;
	have -= c->head & MAPPED ? 16 : HEAD;
	memcpy(q, p, have < n ? have : n);
	free(p);
	return q;
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, n * size);
}

/* Over-allocates by align and gives the head back to the heap. */
void *
aligned_alloc(size_t align, size_t n)
{
	char *p, *q;
	struct chunk *c, *head;

	if (align <= 16)
		return malloc(n);
	if (n + align + MIN_CHUNK >= MMAP_MIN || n + align < n) {
		errno = ENOMEM;		/* mappings are page-aligned: ask mmap for those */
		return NULL;
	}
	p = malloc(n + align + MIN_CHUNK);
	if (!p || !((uintptr_t)p & (align - 1)))
		return p;
	q = (char *)(((uintptr_t)p + MIN_CHUNK + align - 1) & -align);
	head = chunk_of(p);
	c = chunk_of(q);
	c->head = (size_of(head) - (q - p)) | USED;
	insert(head, q - p, head->head & PREV_USED);
	return q;
}
