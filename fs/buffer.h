/*
 * buffer.h - one block of a disk in memory: how a file system reads and changes its metadata.
 *
 *	b = buffer_read(sb, block)	the block's contents, read if need be
 *	... b->data ...			look at it; change it under a journal handle (fs/jbd2/jbd2.h)
 *	buffer_put(b)
 *
 * A buffer is a window on a page of the device's page cache (block_device.inode), so /dev/vda read while mounted
 * shows the same bytes.  There is one buffer for a block at a time: two tasks that read block 7 have the same.
 *
 * Who writes it back: a journaled buffer, the journal, never anybody else (JDIRTY); one that was changed without a
 * journal (buffer_mark_dirty), buffer_sync().
 */
#ifndef FS_BUFFER_H
#define FS_BUFFER_H

#include "abi/errno.h"
#include "arch/atomic.h"
#include "kernel/mutex.h"
#include "lib/list.h"
#include "lib/types.h"
#include "mm/frame.h"

#define EFSCORRUPTED	EUCLEAN		/* as Linux */

struct block_device;
struct super_block;
struct transaction;

/* Guarded by: i immutable  c buffer cache lock  a atomic  j journal's list_lock */
struct buffer {
	u64	block;			/* [i] in units of size */
	u32	size;			/* [i] bytes: 1024, 2048 or 4096 */
	void	*data;			/* [i] in frame */
	struct frame *frame;		/* [i] of the device's page cache, counted */
	struct block_device *dev;	/* [i] */
	atomic_t refs;			/* holders; 0: may be reclaimed if nothing below keeps it */
	u32	flags;			/* [a] BUFFER_* */
	struct buffer *hash_next;	/* [c] */
	struct list lru;		/* [c] in the order in which reclaim looks */
	struct list dirty_link;		/* [c] changed without a journal */
	struct buffer *write_next;	/* while WRITING, the writer's: next of its bio, and whom to tell */
	void	(*write_done)(void *arg, struct buffer *b, int error);
	void	*write_arg;
	/*
	 * Bring checksums in data up to date, just before the block is written to the log or to its place: checked
	 * out once per commit, however often it was changed. May be NULL. May not sleep; bits of what changed in
	 * seal_bits, which it clears (the owner's business).
	 */
	void	(*seal)(struct buffer *b);
	u64	seal_bits;		/* [a] */
	void	*owner;			/* [a] for seal(): the super block, or what the owner likes */
	void	*checked;		/* [a] the owner's: who checked it (BUFFER_VERIFIED) */

	/* The journal's (fs/jbd2). All 0 outside it. */
	struct transaction *trans;	/* [j] running or committing transaction that has it as metadata */
	struct transaction *cp_trans;	/* [j] committed transaction that waits for it to be written to its place */
	struct list trans_link;		/* [j] on trans's list */
	struct list cp_link;		/* [j] on cp_trans's list */
};

#define BUFFER_UPTODATE	BIT(0)
#define BUFFER_DIRTY	BIT(1)		/* changed without a journal: to be written by buffer_sync() */
#define BUFFER_JDIRTY	BIT(2)		/* changed under a handle of trans */
#define BUFFER_WRITING	BIT(3)		/* on its way to the disk */
#define BUFFER_ERROR	BIT(4)		/* its last write failed */
#define BUFFER_NEW	BIT(5)		/* freshly allocated block: what is on the disk means nothing */
#define BUFFER_VERIFIED	BIT(6)		/* the file system has checked its structure and checksum */
#define BUFFER_USED	BIT(7)		/* looked up since reclaim came by */

/* The block, read. ERR_PTR(-EIO), (-ENOMEM), (-EFSCORRUPTED: beyond the device). size is the file system's. */
struct buffer *buffer_read(struct block_device *dev, u64 block, u32 size);
/* The block without reading it, zeroed if it was not cached: for one that was just allocated. ERR_PTR. */
struct buffer *buffer_new(struct block_device *dev, u64 block, u32 size);
/* Only if cached (and uptodate): counted, or NULL. Does not sleep. */
struct buffer *buffer_peek(struct block_device *dev, u64 block, u32 size);
/* Start reading n blocks that will be wanted; no error is told. */
void	buffer_readahead(struct block_device *dev, u64 block, u32 size, uint n);
static inline void buffer_get(struct buffer *b) { atomic_inc(&b->refs); }
void	buffer_put(struct buffer *b);		/* NULL is fine */

/* Changed without a journal (no journal at all, or the journal's own blocks). */
void	buffer_mark_dirty(struct buffer *b);
/* Write b to its place (sealing it) and wait: 0 or -EIO. BIO_FUA, BIO_PREFLUSH. Not for JDIRTY ones. */
int	buffer_write_wait(struct buffer *b, uint bio_flags);
/*
 * Start writing n buffers, sealing each, merged where they are neighbours in the list (sort it); done(arg, b, error)
 * for each, from any context, interrupts off. Each has BUFFER_WRITING until done() has returned, and nobody changes
 * data meanwhile. Sleeps for one that is being written already. The list may go when this returns.
 */
void	buffer_write_many(struct buffer **list, uint n, uint bio_flags,
			  void (*done)(void *arg, struct buffer *b, int error), void *arg);
void	buffer_sort(struct buffer **list, uint n);	/* by block number, for buffer_write_many */
void	buffer_wait(struct buffer *b);		/* until it is not WRITING */
/* Write all that is BUFFER_DIRTY of dev, or is being written, and wait: 0 or the first error. */
int	buffer_sync(struct block_device *dev);
/*
 * The block was freed: what is cached means nothing; DIRTY is cleared. Nothing of it is on its way to the disk any
 * more. Also when not cached. Sleeps.
 */
void	buffer_forget(struct block_device *dev, u64 block, u32 size);
/* Drop every unused buffer of dev (unmount). Those in use are a bug of the file system: reported. */
void	buffer_drop_all(struct block_device *dev);
ulong	buffer_reclaim(ulong n);		/* free up to n clean unused ones: how many */
void	buffer_init(void);

#endif
