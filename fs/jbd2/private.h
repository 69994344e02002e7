/*
 * private.h - what the files of fs/jbd2/ share, in reading order.
 *
 *	journal.c      a log from load to destroy; its super block; errors
 *	transaction.c  handles: joining a transaction, changing blocks in it
 *	commit.c       the thread that makes a transaction last
 *	checkpoint.c   blocks to their places, so that log space is free again
 *	revoke.c       blocks that must not be replayed
 *	recovery.c     after a crash
 *	ring.c         the log's blocks on the disk: where they are, writing and reading them
 *	csum.c         the checksums of all of these
 */
#ifndef FS_JBD2_PRIVATE_H
#define FS_JBD2_PRIVATE_H

#include "abi/errno.h"
#include "drivers/block/block.h"
#include "fs/jbd2/disk.h"
#include "fs/jbd2/jbd2.h"
#include "kernel/lockcheck.h"
#include "kernel/mutex.h"
#include "kernel/time.h"
#include "kernel/waitq.h"
#include "lib/radix.h"

struct task;
struct revoke_set { struct radix blocks; u32 count; };	/* block numbers */

enum trans_state {
	TRANS_RUNNING,			/* handles join */
	TRANS_LOCKED,			/* its handles end, none joins; then its blocks are copied */
	TRANS_COMMIT,			/* the copies are being written */
	TRANS_FINISHED,			/* on disk; its blocks are on their way home (checkpoint.c) */
};

/* Guarded by: i immutable  l journal's list_lock  a atomic  t the commit thread alone */
struct transaction {
	struct journal *journal;	/* [i] */
	u32	tid;			/* [i] its number, s_sequence on disk */
	enum trans_state state;		/* [l] */
	bool	flushing;		/* [l] its commit block, and the flush before it, are on their way */
	int	handles;		/* [l] open ones */
	int	credits;		/* [l] blocks that those may still dirty */
	u32	nbuffers;		/* [l] on `buffers` */
	struct list access;		/* [l] buffers by trans_link: changed, or about to be, not yet dirty */
	struct list buffers;		/* [l] dirty */
	struct revoke_set revokes;	/* [l] while RUNNING, then [t] */
	atomic_t ordered;		/* data bios that the commit waits for */
	int	order_error;		/* [a] of one of them */
	atomic_t waiters;		/* tasks in journal_commit_wait for it */
	u64	expires;		/* [t] when it is committed at the latest, ns since boot */
	u32	log_start;		/* [t] its first block in the ring; [l] once FINISHED */

	/* Once its blocks are copied: */
	struct list home;		/* [l] buffers by cp_link that are to be written to their places */
	u32	after;			/* [l] if after_set: the log space is needed until this one, too, is on disk, */
	bool	after_set;		/* [l] for it took blocks over, or revoked them */
	struct list link;		/* [l] journal's checkpoint list */
};

struct log_run { u32 first, count; u64 block; };	/* blocks of the log that are neighbours on the disk */

#define RESERVE_PAGES	16

/* Guarded by: i immutable once started  l list_lock  s checkpoint_lock  a atomic  t the commit thread alone */
struct journal {
	struct journal_config c;	/* [i] but barrier and commit_interval: [a] */
	u32	block_size;		/* [i] */
	u32	first, end;		/* [i] the ring: blocks [first, end) of the log */
	struct log_run *runs;		/* [i] */
	uint	nruns;			/* [i] */

	/* Of the super block's features. */
	u32	incompat;		/* [i] */
	bool	v1;			/* [i] checksums: crc32 of a transaction */
	bool	v2, v3;			/* [i] crc32c of each block: 16 bits kept, or all */
	bool	large;			/* [i] 64-bit block numbers */
	u32	csum_seed;		/* [i] */
	uint	tag_bytes;		/* [i] */
	uint	tags_per_block, revokes_per_block;	/* [i] */
	struct frame *super_frame;	/* [i] */
	struct jbd2_disk_super *super;	/* [s] in it */
	int	saved_error;		/* [i] */

	struct spinlock list_lock;	/* rank RANK_JOURNAL_LIST */
	struct transaction *running;	/* [l] */
	struct transaction *committing;	/* [l] */
	struct list checkpoint;		/* [l] FINISHED ones, oldest first */
	u32	next_tid;		/* [l] of the next transaction */
	u32	sealed;			/* [a] the last one that runs no more: its copies are taken */
	u32	committed;		/* [a] the last one on disk */
	u32	requested;		/* [a] commit up to this one */
	u32	head;			/* [t] next block of the ring to be written */
	u32	free;			/* [l] blocks of the ring that hold nothing live */
	u32	commit_need;		/* [l] of those, what the committing transaction will still take */
	u32	tail, tail_tid;		/* [s] where the live part begins, as the super block says; [l] for reading */
	u32	max_blocks;		/* [i] most that one transaction may take: 1/4 of the ring */
	u32	slack;			/* [i] kept free for what nobody reserves: revokes, short groups */

	struct transaction home;	/* b->trans while checkpoint.c writes b to its place: handles wait */
	struct mutex checkpoint_lock;	/* rank RANK_JOURNAL_STATE: one checkpoints, or writes the super block */
	bool	stuck;			/* [a] no checkpoint is possible before the next commit */

	struct waitq joins;		/* who waits for `sealed`, or for room */
	struct waitq ended;		/* the commit thread: for handles to end */
	struct waitq commits;		/* who waits for `committed` */
	struct waitq work;		/* the commit thread, for something to do */
	struct timer timer;		/* the running transaction may be due */
	bool	tick;			/* [a] the timer went off */
	bool	stopping;		/* [a] journal_destroy */
	struct task *thread;		/* [a] NULL: not started, or ended */

	/* Several syncers share a commit: commit.c. */
	uint	expected;		/* [t] so many tasks are likely to wait for the next commit */
	u64	commit_time;		/* [t] ns, a running average */

	struct frame *reserve[RESERVE_PAGES];	/* [t] for the copies when memory is short */
	int	error;			/* [a] it was aborted with: nothing is written any more */
	bool	told;			/* [a] c.aborted was called */
	struct journal_stats stats;	/* [l] */
};

static inline u32 be32(u32 x) { return __builtin_bswap32(x); }
static inline u16 be16(u16 x) { return __builtin_bswap16(x); }
static inline u64 be64(u64 x) { return __builtin_bswap64(x); }

/* Transaction a is b or later. Numbers wrap. */
static inline bool tid_reached(u32 a, u32 b) { return (s32)(a - b) >= 0; }

/* In the ring, n blocks after i. */
static inline u32
ring_after(const struct journal *j, u32 i, u32 n)
{
	u32 size = j->end - j->first;

	return j->first + (i - j->first + n) % size;
}

static inline u32 ring_size(const struct journal *j) { return j->end - j->first; }

static inline void
buffer_flags_set(struct buffer *b, u32 f)
{
	__atomic_fetch_or(&b->flags, f, __ATOMIC_RELEASE);
}

static inline void
buffer_flags_clear(struct buffer *b, u32 f)
{
	__atomic_fetch_and(&b->flags, ~f, __ATOMIC_RELEASE);
}

/* A handle is a lock to the checker of ranks. */
#ifdef DEBUG
static inline void
handle_acquire(struct journal *j)
{
	lockcheck_acquire(j, RANK_JOURNAL, false, false, false, __builtin_return_address(0));
}

static inline void handle_release(struct journal *j) { lockcheck_release(j, __builtin_return_address(0)); }
#else
static inline void handle_acquire(struct journal *j) { }
static inline void handle_release(struct journal *j) { }
#endif

/* --- journal.c --- */
/*
 * Write the super block: the log begins at `start` (0: it is empty) with transaction tid. flags
 * BIO_FUA. 0 or -EIO.
 */
int	super_write(struct journal *j, u32 start, u32 tid, uint flags) MUST_HOLD(j->checkpoint_lock);
void	thread_gone(struct journal *j);			/* the commit thread's last word */

/* --- transaction.c --- */
void	transactions_init(void);
void	transaction_free(struct transaction *t);
/* Log blocks for a transaction of n blocks with so many revoke records. */
u32	log_need(const struct journal *j, u32 n, u32 revokes);
/* Would the running transaction with so many credits more fit into what is free (J1)? */
bool	log_has_room(const struct journal *j, int credits) MUST_HOLD(j->list_lock);
/* Take b out of its transaction; what it holds is logged no more. */
void	buffer_detach(struct journal *j, struct buffer *b) MUST_HOLD(j->list_lock);
/*
 * The journal keeps b as long as a transaction has it: call after trans or cp_trans became NULL.
 * Then put it once unlocked.
 */
static inline bool buffer_unlinked(const struct buffer *b) { return !b->trans && !b->cp_trans; }

/* --- commit.c --- */
void	transaction_discard(struct transaction *t);	/* with all its buffers: the journal is aborted, or t empty */
void	commit_thread(void *journal);
void	commit_request(struct journal *j, u32 tid);	/* start it, if it is not on its way */
void	commit_timer(struct timer *t);

/* --- checkpoint.c --- */
/* Wait until there is room for a handle of so many credits. No handle held. 0 or -EROFS. */
int	checkpoint_room(struct journal *j, int credits);
bool	checkpoint_wanted(const struct journal *j);
void	checkpoint_step(struct journal *j);		/* a little of it, in the commit thread's idle time */
int	checkpoint_all(struct journal *j);	/* until the log is empty, and says so: 0 or the journal's error */
/* The committed version of b is not to be written to its place: it is in `by` now. */
void	checkpoint_take_over(struct journal *j, struct buffer *b, const struct transaction *by)
	MUST_HOLD(j->list_lock);

/* --- revoke.c --- */
void	revoke_init(struct revoke_set *r);
void	revoke_destroy(struct revoke_set *r);
void	revoke_cancel(struct journal *j, struct transaction *t, u64 block) MUST_HOLD(j->list_lock);
struct log_writer;
void	revoke_write(struct log_writer *w, struct transaction *t);
/* While replaying: block was revoked in transaction tid. */
struct revoke_table { struct radix last; };	/* block -> last tid that revoked it */
void	revoke_table_init(struct revoke_table *r);
int	revoke_table_add(struct revoke_table *r, u64 block, u32 tid);
bool	revoke_table_test(const struct revoke_table *r, u64 block, u32 tid);	/* is tid's version void? */
void	revoke_table_destroy(struct revoke_table *r);

/* --- ring.c --- */
int	ring_map(struct journal *j);			/* fill runs: 0 or -errno */
u64	ring_block(const struct journal *j, u32 i, u32 *run);	/* disk block of i; *run: how many follow it there */
/* Read or write block i of the log, at the beginning of f, and wait: 0 or -EIO. */
int	ring_io(struct journal *j, enum bio_op op, u32 i, struct frame *f, uint flags);

struct log_writer {			/* blocks on their way to the ring */
	struct journal *j;
	struct list group;		/* bios not yet submitted: a descriptor and its blocks */
	uint	nbios;
	struct bio *bio;		/* the last of group */
	struct frame *page;		/* being filled */
	uint	page_used;		/* bytes of it */
	atomic_t in_flight;
	int	error;			/* [a] the first */
};
extern struct waitq ring_io_done;	/* for bios of any log: woken from interrupts, when a journal may be gone */
void	writer_begin(struct log_writer *w, struct journal *j);
/*
 * Memory for the next block of the ring, not cleared. NULL: memory is short, writer_submit() what
 * there is and ask again.
 */
void	*writer_block(struct log_writer *w);
void	*writer_first_block(struct log_writer *w);		/* when no group is open: never NULL */
void	writer_submit(struct log_writer *w);
int	writer_wait(struct log_writer *w);	/* until all that was submitted is done: an error of it */
void	writer_end(struct log_writer *w);

#define READ_PAGES	8
struct log_reader {			/* the ring read in order, some blocks ahead */
	struct journal *j;
	struct frame *page[READ_PAGES];
	u32	first, n;		/* blocks [first, first + n) are there */
};
int	reader_begin(struct log_reader *r, struct journal *j);
/* Block i: valid until another is asked for. ERR_PTR(-EIO). */
void	*reader_get(struct log_reader *r, u32 i);
void	reader_end(struct log_reader *r);

/* --- csum.c --- */
u32	csum_super(const struct jbd2_disk_super *s);
u32	csum_tail_block(const struct journal *j, const void *block);	/* of a descriptor or revoke block */
u32	csum_commit(const struct journal *j, const void *block);
u32	csum_data(const struct journal *j, u32 tid, const void *block);
u32	crc32_be(u32 crc, const void *buf, size_t n);		/* v1: the whole transaction */
static inline bool has_csum(const struct journal *j) { return j->v2 || j->v3; }

#endif
