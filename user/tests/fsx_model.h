/*
 * fsx_model.h - what a tree of files must look like, kept in memory while fsx works on the real one.
 *
 * Data        struct node: a file, link, fifo or directory, counted by its names and by fsx's open
 *             descriptors.  A file's bytes are pages sorted by number; a page that is absent is
 *             zeros, so that holes of gigabytes cost nothing.
 *             struct entry: a name in a directory.
 */
#ifndef FSX_MODEL_H
#define FSX_MODEL_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MPAGE	4096UL

struct page {
	uint64_t index;
	unsigned char *bytes;
};

struct node {
	mode_t	mode;			/* with the type */
	uid_t	uid;
	int	nlink, opens;
	ino_t	ino;			/* 0 until a stat has told */
	uint64_t size;
	struct page *pages;		/* of a file, sorted */
	size_t	npages, room;
	char	*target;		/* of a symbolic link */
	struct entry *first;		/* of a directory */
	struct node *parent;		/* of a directory, and its name there */
	const char *name;
};

struct entry {
	const char *name;
	struct node *node;
	struct entry *next;
};

static size_t model_pages;		/* of all files */

static inline struct node *
node_create(mode_t mode)
{
	struct node *n = calloc(1, sizeof *n);

	if (!n)
		abort();
	n->mode = mode;
	n->nlink = S_ISDIR(mode) ? 2 : 1;
	return n;
}

/* ---- bytes ---- */

/* Where page index is, or would be. */
static inline size_t
page_slot(const struct node *n, uint64_t index)
{
	size_t low = 0, high = n->npages;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (n->pages[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static inline unsigned char *
page_get(struct node *n, uint64_t index, int make)
{
	size_t i = page_slot(n, index);

	if (i < n->npages && n->pages[i].index == index)
		return n->pages[i].bytes;
	if (!make)
		return NULL;
	if (n->npages == n->room) {
		n->room = n->room ? 2 * n->room : 8;
		n->pages = realloc(n->pages, n->room * sizeof *n->pages);
		if (!n->pages)
			abort();
	}
	memmove(n->pages + i + 1, n->pages + i, (n->npages - i) * sizeof *n->pages);
	n->pages[i].index = index;
	n->pages[i].bytes = calloc(1, MPAGE);
	if (!n->pages[i].bytes)
		abort();
	n->npages++;
	model_pages++;
	return n->pages[i].bytes;
}

static inline void
model_write(struct node *n, uint64_t off, const unsigned char *from, size_t len)
{
	if (len && off + len > n->size)
		n->size = off + len;
	while (len) {
		size_t at = off % MPAGE, some = MPAGE - at < len ? MPAGE - at : len;

		memcpy(page_get(n, off / MPAGE, 1) + at, from, some);
		off += some;
		from += some;
		len -= some;
	}
}

static inline void
model_read(struct node *n, uint64_t off, unsigned char *to, size_t len)
{
	while (len) {
		size_t at = off % MPAGE, some = MPAGE - at < len ? MPAGE - at : len;
		unsigned char *p = page_get(n, off / MPAGE, 0);

		if (p)
			memcpy(to, p + at, some);
		else
			memset(to, 0, some);
		off += some;
		to += some;
		len -= some;
	}
}

static inline void
model_truncate(struct node *n, uint64_t size)
{
	while (n->npages && n->pages[n->npages - 1].index * MPAGE >= size) {
		free(n->pages[--n->npages].bytes);
		model_pages--;
	}
	if (size < n->size && size % MPAGE) {
		unsigned char *p = page_get(n, size / MPAGE, 0);

		if (p)
			memset(p + size % MPAGE, 0, MPAGE - size % MPAGE);
	}
	n->size = size;
}

/* Bytes [off, end) become zeros, as far as the file goes. */
static inline void
model_clear(struct node *n, uint64_t off, uint64_t end)
{
	size_t some;

	for (end = end < n->size ? end : n->size; off < end; off += some) {
		unsigned char *p = page_get(n, off / MPAGE, 0);

		some = MPAGE - off % MPAGE < end - off ? MPAGE - off % MPAGE : end - off;
		if (p)
			memset(p + off % MPAGE, 0, some);
	}
}

/* Whether [from, to) is zeros. */
static inline int
model_is_zero(const struct node *n, uint64_t from, uint64_t to)
{
	for (size_t i = page_slot(n, from / MPAGE); i < n->npages && n->pages[i].index * MPAGE < to; i++) {
		uint64_t start = n->pages[i].index * MPAGE;

		for (uint64_t at = start > from ? start : from; at < to && at < start + MPAGE; at++)
			if (n->pages[i].bytes[at - start])
				return 0;
	}
	return 1;
}

/* ---- names ---- */

static inline struct entry *
entry_find(const struct node *dir, const char *name)
{
	struct entry *e;

	for (e = dir->first; e; e = e->next)
		if (e->name == name)		/* names are fsx's own, one copy of each */
			return e;
	return NULL;
}

static inline void
entry_add(struct node *dir, const char *name, struct node *n)
{
	struct entry *e = malloc(sizeof *e);

	if (!e)
		abort();
	e->name = name;
	e->node = n;
	e->next = dir->first;
	dir->first = e;
	if (S_ISDIR(n->mode)) {
		n->parent = dir;
		n->name = name;
		dir->nlink++;
	}
}

static inline void
entry_remove(struct node *dir, const char *name)
{
	struct entry **p = &dir->first, *e;

	while ((*p)->name != name)
		p = &(*p)->next;
	e = *p;
	*p = e->next;
	if (S_ISDIR(e->node->mode))
		dir->nlink--;
	free(e);
}

/* Free what has no name and is not open. */
static inline void
node_check(struct node *n)
{
	if (n->nlink || n->opens)
		return;
	model_truncate(n, 0);
	free(n->pages);
	free(n->target);
	free(n);
}

/* Whether dir is below, or is, this directory. */
static inline int
is_below(const struct node *dir, const struct node *top)
{
	for (; dir; dir = dir->parent)
		if (dir == top)
			return 1;
	return 0;
}

static inline int
depth_of(const struct node *dir)
{
	int n = 0;

	for (; dir->parent; dir = dir->parent)
		n++;
	return n;
}

static inline int
height_of(const struct node *n)
{
	int most = 0;

	if (!S_ISDIR(n->mode))
		return 0;
	for (struct entry *e = n->first; e; e = e->next) {
		int h = height_of(e->node);

		most = h > most ? h : most;
	}
	return most + 1;
}

#endif
