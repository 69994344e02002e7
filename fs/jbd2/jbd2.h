/*
 * jbd2.h - the log: changes of several blocks that reach the disk all or not at all.
 *
 *	h = journal_begin(j, credits)		join the running transaction, reserving room for `credits` blocks
 *	journal_write_access(h, b)		before b->data is changed
 *	... change b->data ...
 *	journal_dirty(h, b)			after
 *	journal_end(h)				this handle's changes go together
 *
 *	RUNNING --> LOCKED ------> COMMIT ----> FINISHED --> checkpointed
 *	handles     no new ones;   log and      in the log:  at home too:
 *	join        copies taken   data go out  survives     log space free
 *
 * At most one transaction is running and one committing.  When the last handle of a LOCKED
 * transaction ends, every block is sealed and copied; from then on new handles change the
 * originals again, while the copies are written to the log.  So no block has two versions that a
 * file system must know of.
 *
 * Lock order: a handle is a sleeping lock of rank RANK_JOURNAL: journal_begin() waits for the
 * commit of others. Before it: inode locks, page locks (FRAME_LOCKED, FRAME_WRITEBACK of pages
 * one waits for).  Inside a handle one may take the file system's own small locks, read buffers,
 * allocate memory; never wait for a page, nor fault on user memory, nor start a handle of another
 * journal.
 *
 * On disk: fs/jbd2/disk.h.  docs/log.md says what may be on disk when, and why.
 */
#ifndef FS_JBD2_JBD2_H
#define FS_JBD2_JBD2_H

#include "arch/atomic.h"
#include "fs/buffer.h"
#include "lib/types.h"

struct bio;
struct journal;
struct transaction;

struct handle {				/* [o] of the task that began it: current->journal_handle */
	struct transaction *trans;
	struct journal *journal;
	int	credits;		/* blocks it may still dirty */
	int	nesting;		/* journal_begin() within it: counted, same handle */
	bool	sync;			/* commit when it ends, and wait */
	int	error;			/* the journal was aborted meanwhile: every call says so */
};

struct journal_config {
	struct block_device *dev;
	u32	block_size;
	u32	blocks;			/* length of the log in blocks */
	/*
	 * The disk block of block i of the log (from the journal inode's extents), and how many of the *n blocks
	 * from i on follow it there: 0 or -errno.
	 */
	int	(*map)(void *arg, u32 i, u32 *n, u64 *out);
	void	*arg;
	bool	barrier;		/* flush the disk's cache where order matters */
	bool	read_only;		/* replay may write all the same, unless the device is read-only */
	bool	csum;			/* the file system has metadata_csum: checksums (v3) in the log, too */
	bool	large;			/* it has 64bit: block numbers of 64 bits in the log, too */
	u64	commit_interval;	/* ns, 5 s by default */
	/* The file system is told that the journal was aborted, once; any context that can sleep. */
	void	(*aborted)(void *arg, int error);
	/* A transaction is on disk: blocks freed in it may be allocated again. Commit thread. */
	void	(*committed)(void *arg, u32 tid);
};

/*
 * Read the log's super block and check it. 0 through *out, or -EFSCORRUPTED, -EOPNOTSUPP (unknown
 * incompatible feature; named in a message), -EIO, -ENOMEM. journal_replay() before anything else
 * is read from the disk.
 */
int	journal_load(const struct journal_config *c, struct journal **out);
/*
 * Write back what the log holds, in order, and empty it. *replayed: transactions. 0, -EIO,
 * -EFSCORRUPTED.
 */
int	journal_replay(struct journal *j, u32 *replayed);
bool	journal_needs_replay(const struct journal *j);
/*
 * The commit thread; handles may begin. The log's features become what c.csum and c.large ask
 * for. 0, -ENOMEM, -EIO.
 */
int	journal_start(struct journal *j);
/*
 * What the log recorded when it was aborted before this mount (a negative errno), 0: nothing.
 * journal_start clears it.
 */
int	journal_saved_error(const struct journal *j);
/*
 * Commit and checkpoint everything, mark the log empty, end the thread, free j. 0 or the error it
 * was aborted with.
 */
int	journal_destroy(struct journal *j);
void	journal_set(struct journal *j, u64 commit_interval, bool barrier);	/* remount */

/*
 * Begin, or join the handle this task has already. Sleeps. ERR_PTR(-EROFS): aborted; (-ENOSPC):
 * more credits than any transaction may have; (-ENOMEM).
 */
struct handle *journal_begin(struct journal *j, int credits);
int	journal_end(struct handle *h);		/* 0 or the journal's error; waits for the commit if sync */
/* `more` credits in this transaction: 0, or 1: there is no room, end and begin again (journal_restart). */
int	journal_extend(struct handle *h, int more);
/*
 * End this transaction's part and go on in another with `credits`: everything must be consistent
 * on disk, should the machine stop in between. 0 or -errno; the caller ends the handle in either
 * case.
 */
int	journal_restart(struct handle *h, int credits);

/*
 * Before a change to b, which was read, or is new. Sleeps while its last version is on its way to
 * its place. 0, -EROFS, -ENOMEM.
 */
int	journal_write_access(struct handle *h, struct buffer *b);
/*
 * b is a block just allocated, its former contents mean nothing: cancels a revoke. Zero or fill
 * it, then journal_dirty.
 */
int	journal_create_access(struct handle *h, struct buffer *b);
int	journal_dirty(struct handle *h, struct buffer *b);	/* takes a credit the first time. 0 or -EROFS */
/*
 * Block `block` is freed in h: what was logged of it must not be replayed over what it becomes (a
 * revoke record), and a cached buffer of it is dropped from the transaction. b: its buffer if the
 * caller has one (stays the caller's), or NULL. For every metadata block freed; for data blocks
 * only where data is journaled.
 */
int	journal_revoke(struct handle *h, u64 block, struct buffer *b);

/*
 * data=ordered: bio carries data that h's transaction makes reachable; its commit waits until the
 * bio is done.
 */
void	journal_order_begin(struct handle *h, struct transaction **out);	/* counts one more */
void	journal_order_done(struct transaction *t, int error);	/* from the bio's done(), any context */

u32	journal_newest(struct journal *j);	/* number of the newest transaction not on disk yet; 0: none */
u32	journal_tid(const struct handle *h);	/* number of its transaction, for journal_commit_wait */
/*
 * Wait until transaction tid is on disk, starting its commit if need be; at once if it already
 * is. 0 or -EIO, -EROFS.
 */
int	journal_commit_wait(struct journal *j, u32 tid);
/*
 * Will committing tid flush the disk, from now on? False: it has done so already. Then the caller,
 * besides waiting for the commit, may have to flush.
 */
bool	journal_commit_pending(struct journal *j, u32 tid);
int	journal_commit_all(struct journal *j, bool wait);	/* sync(2) */
/* commit_all, then write everything to its place and empty the log. For freezing and read-only remounts. */
int	journal_flush(struct journal *j);
/* Stop: nothing more is written to the log. First error wins. Any context that can sleep. */
void	journal_abort(struct journal *j, int error);
int	journal_error(const struct journal *j);		/* 0, or what it was aborted with */
u32	journal_max_credits(const struct journal *j);

struct journal_stats { u64 commits, handles, blocks, checkpoints, waits; u32 tail, head, free; };
void	journal_stats(const struct journal *j, struct journal_stats *out);

#endif
