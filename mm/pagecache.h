/*
 * pagecache.h - the pages of a file in memory: one cache under read, write and mmap.
 */
#ifndef MM_PAGECACHE_H
#define MM_PAGECACHE_H

#include "kernel/mutex.h"
#include "lib/radix.h"
#include "mm/frame.h"

struct inode;
struct mapping;
struct file;
struct uio;

/* What a file system supplies. A RAM file system supplies none: absent pages read as zeros and are kept. */
struct mapping_ops {
	int	(*read_page)(struct mapping *m, struct frame *f);	/* fill; set UPTODATE; may sleep */
	/* Before [from, to) of f is overwritten: reserve space. 0 or -ENOSPC... */
	int	(*write_begin)(struct mapping *m, struct frame *f, uint from, uint to);
	int	(*write_end)(struct mapping *m, struct frame *f, uint from, uint to);
	int	(*write_page)(struct mapping *m, struct frame *f);	/* write back; later */
	/* May another page be added? For tmpfs's size limit: 0 or -ENOSPC. */
	int	(*charge)(struct mapping *m, long pages);
};

struct mapping {			/* Guarded by: p lock */
	struct spinlock lock;		/* rank RANK_PAGES */
	struct radix pages;		/* [p] struct frame by page number, each holding a reference */
	struct inode *inode;		/* [i] */
	const struct mapping_ops *ops;	/* [i] */
};

void	mapping_init(struct mapping *m, struct inode *inode, const struct mapping_ops *ops);
/* Drop every page from `index` on (truncate: also zeroes the tail of the page holding byte `size`). */
void	mapping_truncate(struct mapping *m, u64 size);
void	mapping_destroy(struct mapping *m);
/* The page, uptodate, with a reference; ERR_PTR. create: make it (zeroed) if absent from a RAM file system. */
/* Without create, an absent page of a RAM file is -ENOENT: a hole. */
struct frame *mapping_get(struct mapping *m, u64 index, bool create);
/* Only if present and uptodate: a reference, or NULL. Does not sleep. */
struct frame *mapping_peek(struct mapping *m, u64 index);
/* The same for n pages from `first` on, NULLs where there is none. False: there is none at all. */
bool	mapping_peek_range(struct mapping *m, u64 first, uint n, struct frame **out);

/* read and write through the cache: generic file operations. Bytes or -errno. */
ssize_t	pagecache_read(struct mapping *m, struct uio *u, loff_t *pos, u64 size);
ssize_t	pagecache_write(struct mapping *m, struct uio *u, loff_t *pos, u64 limit);	/* extends inode size */

#endif
