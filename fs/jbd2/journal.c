/*
 * journal.c - a log as a whole: loaded, started, flushed, aborted, destroyed; its super block.
 *
 *	journal_load --> [journal_replay] --> journal_start --> handles ... --> journal_destroy
 *	                                          |
 *	                                          +-- journal_abort: nothing is written any more, every call fails
 *
 * Locks       checkpoint_lock for the super block. See private.h for the fields.
 * Invariants  L1  s_start is set before the first commit block is on the disk, and 0 again only
 *                 when all that was logged is at its place, flushed.
 * Not here    what happens between (transaction.c, commit.c, checkpoint.c); recovery.c.
 */
#include "fs/jbd2/private.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "lib/crc32c.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

#define MIN_RING	64		/* blocks; mke2fs makes no log of less than 1024 */
#define FAST_COMMITS	256		/* blocks at the end of the log if the super block does not say */
#define DEFAULT_INTERVAL (5 * NSEC_PER_SEC)

#define KNOWN_INCOMPAT	(JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_64BIT | JBD2_INCOMPAT_ASYNC_COMMIT | \
			 JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_FAST_COMMIT)

static struct waitq threads = WAITQ_INIT(threads);	/* for a commit thread to end: outlives any journal */

/* ---- the super block ---- */

int
super_write(struct journal *j, u32 start, u32 tid, uint flags)
{
	struct jbd2_disk_super *s = j->super;

	s->s_start = be32(start);
	s->s_sequence = be32(tid);
	s->s_errno = (s32)be32(j->error);
	if (has_csum(j)) {
		s->s_checksum_type = JBD2_CRC32C;
		s->s_checksum = be32(csum_super(s));
	}
	return ring_io(j, BIO_WRITE, 0, j->super_frame, flags | BIO_SYNC);
}

/* Refused: say why. */
static int
refuse(const struct journal *j, int err, const char *why, u32 x)
{
	pr_err("%s: log: %s (0x%x)\n", j->c.dev->name, why, x);
	return err;
}

/* Features, each known and no two that exclude each other. */
static int
check_features(const struct journal *j)
{
	const struct jbd2_disk_super *s = j->super;
	u32 compat = be32(s->s_feature_compat), incompat = be32(s->s_feature_incompat);

	if (incompat & ~KNOWN_INCOMPAT)
		return refuse(j, -EOPNOTSUPP, "unknown incompatible features", incompat & ~KNOWN_INCOMPAT);
	if (s->s_feature_ro_compat)
		return refuse(j, -EOPNOTSUPP, "unknown read-only features", be32(s->s_feature_ro_compat));
	if ((incompat & JBD2_INCOMPAT_CSUM_V2) && (incompat & JBD2_INCOMPAT_CSUM_V3))
		return refuse(j, -EUCLEAN, "two kinds of checksums", incompat);
	if (!(incompat & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3)))
		return 0;
	if (compat & JBD2_COMPAT_CHECKSUM)
		return refuse(j, -EUCLEAN, "two kinds of checksums", compat);
	if (s->s_checksum_type != JBD2_CRC32C)
		return refuse(j, -EUCLEAN, "unknown checksum", s->s_checksum_type);
	if (be32(s->s_checksum) != csum_super(s))
		return refuse(j, -EUCLEAN, "wrong checksum of the super block", be32(s->s_checksum));
	return 0;
}

/* The places that it names lie inside it. */
static int
check_geometry(struct journal *j)
{
	const struct jbd2_disk_super *s = j->super;
	u32 blocks = be32(s->s_maxlen), first = be32(s->s_first), start = be32(s->s_start), fast = 0;

	if (be32(s->s_blocksize) != j->block_size)
		return refuse(j, -EUCLEAN, "wrong block size", be32(s->s_blocksize));
	if (blocks > j->c.blocks)
		return refuse(j, -EUCLEAN, "it is shorter than it says", blocks);
	if (be32(s->s_feature_incompat) & JBD2_INCOMPAT_FAST_COMMIT)
		fast = s->s_num_fc_blks ? be32(s->s_num_fc_blks) : FAST_COMMITS;
	if (!first || first >= blocks || fast >= blocks - first || blocks - first - fast < MIN_RING)
		return refuse(j, -EUCLEAN, "it is too short", blocks);
	j->first = first;
	j->end = blocks - fast;
	if (start && (start < j->first || start >= j->end))
		return refuse(j, -EUCLEAN, "it begins outside of itself", start);
	return 0;
}

/* What the features mean for the blocks to be written and read. */
static void
apply_features(struct journal *j)
{
	const struct jbd2_disk_super *s = j->super;
	u32 incompat = be32(s->s_feature_incompat);
	uint tail = incompat & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3) ? sizeof(struct jbd2_block_tail) : 0;

	j->incompat = incompat;
	j->v1 = be32(s->s_feature_compat) & JBD2_COMPAT_CHECKSUM;
	j->v2 = incompat & JBD2_INCOMPAT_CSUM_V2;
	j->v3 = incompat & JBD2_INCOMPAT_CSUM_V3;
	j->large = incompat & JBD2_INCOMPAT_64BIT;
	j->csum_seed = crc32c(~0U, s->s_uuid, sizeof(s->s_uuid));
	if (j->v3)
		j->tag_bytes = sizeof(struct jbd2_tag3);
	else
		j->tag_bytes = (j->large ? 12 : 8) + (j->v2 ? 2 : 0);
	j->tags_per_block = (j->block_size - sizeof(struct jbd2_header) - sizeof(s->s_uuid) - tail) / j->tag_bytes;
	j->revokes_per_block = (j->block_size - sizeof(struct jbd2_revoke_header) - tail) / (j->large ? 8 : 4);
}

static int
super_read(struct journal *j)
{
	struct jbd2_disk_super *s;
	int err;

	j->super_frame = frame_alloc(0, GFP_ZERO);
	if (!j->super_frame)
		return -ENOMEM;
	s = j->super = frame_va(j->super_frame);
	err = ring_io(j, BIO_READ, 0, j->super_frame, 0);
	if (err)
		return err;
	if (s->s_header.h_magic != be32(JBD2_MAGIC))
		return refuse(j, -EUCLEAN, "no super block", be32(s->s_header.h_magic));
	if (s->s_header.h_blocktype == be32(JBD2_SUPER_V1)) {
		/* The old kind ends with s_errno, and means none of the features. */
		memset((char *)s + offsetof(struct jbd2_disk_super, s_feature_compat), 0,
		       sizeof(*s) - offsetof(struct jbd2_disk_super, s_feature_compat));
		s->s_header.h_blocktype = be32(JBD2_SUPER_V2);
	} else if (s->s_header.h_blocktype != be32(JBD2_SUPER_V2)) {
		return refuse(j, -EUCLEAN, "no super block", be32(s->s_header.h_blocktype));
	}
	err = check_features(j);
	return err ? err : check_geometry(j);
}

/* ---- load and start ---- */

static void
journal_free(struct journal *j)
{
	for (uint i = 0; i < RESERVE_PAGES; i++)
		if (j->reserve[i])
			frame_put(j->reserve[i]);
	if (j->super_frame)
		frame_put(j->super_frame);
	kfree(j->runs);
	kfree(j);
}

static struct journal *
journal_new(const struct journal_config *c)
{
	struct journal *j = kzalloc(sizeof(*j), GFP_KERNEL);

	if (!j)
		return NULL;
	j->c = *c;
	if (!j->c.commit_interval)
		j->c.commit_interval = DEFAULT_INTERVAL;
	j->block_size = c->block_size;
	spin_init(&j->list_lock, RANK_JOURNAL_LIST);
	mutex_init(&j->checkpoint_lock, RANK_JOURNAL_STATE);
	list_init(&j->checkpoint);
	waitq_init(&j->joins);
	waitq_init(&j->ended);
	waitq_init(&j->commits);
	waitq_init(&j->work);
	timer_setup(&j->timer, commit_timer);
	return j;
}

int
journal_load(const struct journal_config *c, struct journal **out)
{
	struct journal *j = journal_new(c);
	int err;

	if (!j)
		return -ENOMEM;
	transactions_init();
	if (c->blocks < MIN_RING)
		err = refuse(j, -EUCLEAN, "it is too short", c->blocks);
	else
		err = ring_map(j);
	if (!err)
		err = super_read(j);
	if (err) {
		journal_free(j);
		return err;
	}
	apply_features(j);
	j->next_tid = be32(j->super->s_sequence);
	j->saved_error = (s32)be32(j->super->s_errno);
	*out = j;
	return 0;
}

bool
journal_needs_replay(const struct journal *j)
{
	return j->super->s_start != 0;
}

int
journal_saved_error(const struct journal *j)
{
	return j->saved_error;
}

/*
 * As Linux at mount: v3 checksums if the file system has any, else none; numbers of 64 bits if it
 * needs them.
 */
static void
set_features(struct journal *j)
{
	struct jbd2_disk_super *s = j->super;
	u32 incompat = be32(s->s_feature_incompat);

	incompat &= ~(u32)(JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_ASYNC_COMMIT);
	incompat |= JBD2_INCOMPAT_REVOKE | (j->c.csum ? JBD2_INCOMPAT_CSUM_V3 : 0) |
		    (j->c.large ? JBD2_INCOMPAT_64BIT : 0);
	s->s_feature_incompat = be32(incompat);
	s->s_feature_compat &= ~be32(JBD2_COMPAT_CHECKSUM);
	if (!j->c.csum) {
		s->s_checksum = 0;
		s->s_checksum_type = 0;
	}
	apply_features(j);
}

int
journal_start(struct journal *j)
{
	struct task *t;
	char name[TASK_COMM_LEN];
	int err;

	assert(!journal_needs_replay(j) && !j->thread);
	for (uint i = 0; i < RESERVE_PAGES; i++) {
		j->reserve[i] = frame_alloc(0, 0);
		if (!j->reserve[i])
			return -ENOMEM;
	}
	set_features(j);
	j->head = j->tail = j->first;
	j->free = ring_size(j);
	j->max_blocks = ring_size(j) / 4;
	j->slack = ring_size(j) / 8;
	j->tail_tid = j->next_tid;
	j->sealed = j->committed = j->requested = j->next_tid - 1;
	mutex_lock(&j->checkpoint_lock);
	err = super_write(j, 0, j->next_tid, 0);
	mutex_unlock(&j->checkpoint_lock);
	if (err)
		return err;
	snprintf(name, sizeof(name), "jbd2/%s", j->c.dev->name);
	t = kthread_create(name, commit_thread, j);
	if (!t)
		return -ENOMEM;
	j->thread = t;
	sched_start(t);
	return 0;
}

void
thread_gone(struct journal *j)
{
	smp_store_release(&j->thread, NULL);	/* j may be gone now */
	wake_up_all(&threads);
}

void
journal_set(struct journal *j, u64 commit_interval, bool barrier)
{
	WRITE_ONCE(j->c.commit_interval, commit_interval ? commit_interval : DEFAULT_INTERVAL);
	WRITE_ONCE(j->c.barrier, barrier);
}

/* ---- the end, good and bad ---- */

int
journal_flush(struct journal *j)
{
	int err = journal_commit_all(j, true);

	return err ? err : checkpoint_all(j);
}

int
journal_destroy(struct journal *j)
{
	struct transaction *t;
	int err;

	if (j->thread) {
		journal_commit_all(j, true);
		WRITE_ONCE(j->stopping, true);
		wake_up(&j->work);
		wait_event(&threads, !smp_load_acquire(&j->thread));
		timer_cancel(&j->timer);
		if (j->running)			/* empty, or nothing of it will be written */
			transaction_discard(j->running);
		j->running = NULL;
		checkpoint_all(j);
	}
	while ((t = list_first(&j->checkpoint, struct transaction, link))) {
		list_remove(&t->link);		/* aborted: they stay in the log, for the next mount */
		transaction_discard(t);
	}
	err = j->error;
	journal_free(j);
	return err;
}

void
journal_abort(struct journal *j, int error)
{
	int none = 0;

	if (!__atomic_compare_exchange_n(&j->error, &none, error, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	pr_err("%s: log aborted: error %d\n", j->c.dev->name, -error);
	wake_up_all(&j->joins);
	wake_up_all(&j->commits);
	wake_up_all(&j->work);
	mutex_lock(&j->checkpoint_lock);
	super_write(j, be32(j->super->s_start), be32(j->super->s_sequence), BIO_FUA);	/* with s_errno; if it can */
	mutex_unlock(&j->checkpoint_lock);
	if (j->c.aborted)
		j->c.aborted(j->c.arg, error);
}

int
journal_error(const struct journal *j)
{
	return READ_ONCE(j->error);
}

void
journal_stats(const struct journal *j, struct journal_stats *out)
{
	*out = j->stats;		/* a snapshot for people: torn values do not matter */
	out->tail = j->tail;
	out->head = j->head;
	out->free = j->free;
}
