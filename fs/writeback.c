/*
 * writeback.c - files with something to write to the disk: which, when, and by whom.
 *
 *	           inode_mark                begin                       end: nothing left, nothing on its way
 *	clean --------------------> DIRTY ----------> SYNCING ---------------------------------------> clean
 *	                              ^   on sb->dirty      |  on `writing`                              ^
 *	                              +---------------------+--> pages still on their way: on `writing` -+
 *	                               end: dirty again
 *
 *	who writes     the thread: what has been dirty for 30 s, looked at every 5 s; and, oldest first, while
 *	               more than a tenth of the memory that files may use is dirty
 *	               sync(2), fsync(2), umount, and the last who lets go of an inode
 *	who waits      writers, while more than a fifth is dirty or on its way: writeback_balance
 *
 * Data        super_block.dirty: inodes by the time they became dirty. `writing`: those that someone has in hand, or
 *             whose pages may be on their way, of all super blocks: what sync(2) has to wait for.
 * Locks       Guarded by: d dirty_lock  a atomic. dirty_lock is for the lists, inode->dirtied, and changes of
 *             INODE_DIRTY, DIRTY_PAGES and SYNCING. Who has set SYNCING alone writes the inode's attributes; he
 *             holds a reference and no lock.
 *             sync_lock, sleeping: one at a time takes the inodes to wait for off `writing`.
 * Invariants  B1  an inode is on sb->dirty <=> it is DIRTY or DIRTY_PAGES, and not SYNCING.
 *             B2  an inode with pages tagged TAG_WRITEBACK, and not on sb->dirty, is on `writing`.
 * Not here    pages (mm/pagewrite.c); the log's own rhythm (fs/jbd2).
 * Further     docs/pagecache.md
 */
#include "abi/signal.h"
#include "drivers/block/block.h"
#include "fs/internal.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "mm/pagecache_private.h"

#define AGE_MAX		(30 * NSEC_PER_SEC)	/* so long a change may be in memory only */
#define AGE_LOOK	(5 * NSEC_PER_SEC)
#define TURN		1024			/* pages written of one super block before the next's turn */
#define BALANCE_EVERY	32			/* pages made dirty between two looks at how many there are */
#define PRESSURE_PAUSE	(4 * NSEC_PER_MSEC)
#define BALANCE_WAIT	(20 * NSEC_PER_MSEC)

#define ANY_DIRTY	(INODE_DIRTY | INODE_DIRTY_PAGES)

static struct spinlock dirty_lock = SPINLOCK_INIT(RANK_DIRTY);
static struct mutex sync_lock = MUTEX_INIT(sync_lock, RANK_MAPPING);
static struct list writing = LIST_INIT(writing);	/* [d] */
static struct waitq synced = WAITQ_INIT(synced);	/* some inode is SYNCING no more */
static struct waitq work = WAITQ_INIT(work);		/* the thread's */
static struct waitq below = WAITQ_INIT(below);		/* writers that wait for pages to be written */
static bool pressed;			/* [a] memory is short, or too much of it dirty */
static bool anything;			/* [d] an inode has become dirty since the thread last looked */
static atomic_t unbalanced;		/* pages made dirty since somebody looked */
static u32 ndone;			/* [a] pages written, a rough count */

/* ---- becoming dirty ---- */

/* Nobody has i in hand: to the list where it belongs now. */
static void
place_locked(struct inode *i) MUST_HOLD(dirty_lock)
{
	bool first = list_empty(&i->sb->dirty);

	list_remove(&i->dirty_link);
	if (READ_ONCE(i->flags) & ANY_DIRTY) {
		i->dirtied = clock_monotonic();
		list_push_back(&i->sb->dirty, &i->dirty_link);
		if (first && !anything) {
			WRITE_ONCE(anything, true);
			wake_up(&work);
		}
	} else if (READ_ONCE(i->mapping.nwriteback)) {
		list_push_back(&writing, &i->dirty_link);
	}
}

static NOINLINE void
mark_slow(struct inode *i, u32 flag)
{
	u32 old;

	spin_lock(&dirty_lock);
	old = i->flags;
	inode_flags_set(i, flag);
	if (!(old & (ANY_DIRTY | INODE_SYNCING)))
		place_locked(i);
	spin_unlock(&dirty_lock);
}

/*
 *	here				who writes (write_inode_now)
 *	change the inode		clear the flag
 *	fence				fence
 *	test the flag			look at the inode
 */
static inline void
inode_mark(struct inode *i, u32 flag)
{
	smp_mb();
	if (unlikely(!(READ_ONCE(i->flags) & flag)))
		mark_slow(i, flag);
}

void
inode_mark_dirty(struct inode *i)
{
	if (i->sb->ops->write_inode)
		inode_mark(i, INODE_DIRTY);
}

void
inode_mark_dirty_pages(struct inode *i)
{
	inode_mark(i, INODE_DIRTY_PAGES);
}

void
inode_undirty(struct inode *i)
{
	/* Of a RAM file system: it never was on a list. */
	if (!i->sb->ops->write_inode && mapping_is_ram(&i->mapping))
		return;
	spin_lock(&dirty_lock);
	list_remove(&i->dirty_link);
	inode_flags_clear(i, ANY_DIRTY);
	spin_unlock(&dirty_lock);
}

/* ---- writing one inode, counted by the caller ---- */

static void
begin(struct inode *i)
{
	for (;;) {
		spin_lock(&dirty_lock);
		if (!(i->flags & INODE_SYNCING))
			break;
		spin_unlock(&dirty_lock);
		wait_event(&synced, !(READ_ONCE(i->flags) & INODE_SYNCING));
	}
	inode_flags_set(i, INODE_SYNCING);
	list_remove(&i->dirty_link);
	list_push_back(&writing, &i->dirty_link);
	spin_unlock(&dirty_lock);
}

static void
end(struct inode *i)
{
	spin_lock(&dirty_lock);
	inode_flags_clear(i, INODE_SYNCING);
	place_locked(i);
	spin_unlock(&dirty_lock);
	wake_up_all(&synced);
}

/* Attributes, if they changed. SYNCING is ours. */
static int
write_attributes(struct inode *i)
{
	int err;

	if (!(READ_ONCE(i->flags) & INODE_DIRTY))
		return 0;
	inode_flags_clear(i, INODE_DIRTY);
	smp_mb();
	err = i->sb->ops->write_inode ? i->sb->ops->write_inode(i) : 0;
	/* Another time, perhaps. With a disk or log that is broken there is none. */
	if (err == -ENOMEM)
		inode_flags_set(i, INODE_DIRTY);
	return err;
}

/*
 * Start writing up to max pages of i, and its attributes. sync: pages that are locked are waited for, none is left
 * out. 0, or -errno of the attributes.
 */
static int
inode_start(struct inode *i, ulong max, bool sync, ulong *pages)
{
	struct mapping *m = &i->mapping;
	u64 index = 0;
	int err;

	begin(i);
	inode_flags_clear(i, INODE_DIRTY_PAGES);
	smp_mb();
	/* Not for ever, should somebody make them dirty as fast as we write. */
	if (!mapping_is_ram(m))
		*pages += mapping_write_some(m, &index, ~0UL >> PAGE_SHIFT, MIN(max, READ_ONCE(m->ndirty)), sync);
	if (READ_ONCE(m->ndirty))
		inode_flags_set(i, INODE_DIRTY_PAGES);
	err = write_attributes(i);
	end(i);
	return err;
}

int
inode_sync(struct inode *i)
{
	int err, err2;

	if (!(READ_ONCE(i->flags) & (ANY_DIRTY | INODE_SYNCING)) && !READ_ONCE(i->mapping.nwriteback))
		return 0;
	begin(i);
	inode_flags_clear(i, INODE_DIRTY_PAGES);
	smp_mb();
	err = mapping_write_range(&i->mapping, 0, ~0UL, true);
	if (READ_ONCE(i->mapping.ndirty))
		inode_flags_set(i, INODE_DIRTY_PAGES);
	err2 = write_attributes(i);
	end(i);
	return err ? err : err2;
}

/* ---- writing many ---- */

/* The first inode of sb that became dirty at `until` or before: counted; NULL. */
static struct inode *
oldest(struct super_block *sb, u64 until)
{
	struct inode *i, *found = NULL;

	spin_lock(&dirty_lock);
	list_for_each(i, &sb->dirty, dirty_link) {
		if (i->dirtied > until)
			break;
		/* One without references is being freed: inode_undirty takes it out. */
		if (!atomic_inc_not_zero(&i->refs))
			continue;
		found = i;
		break;
	}
	spin_unlock(&dirty_lock);
	return found;
}

/* Start writing what became dirty in sb at `until` or before, at most max pages. How many; *err: the first error. */
static ulong
super_start(struct super_block *sb, u64 until, ulong max, bool sync, int *err)
{
	struct inode *i;
	ulong pages = 0;
	int e;

	block_plug_begin();
	while (pages < max && (i = oldest(sb, until))) {
		e = inode_start(i, max - pages, sync, &pages);
		if (e && !*err)
			*err = e;
		inode_put(i);
	}
	block_plug_end();
	return pages;
}

/* Take what sb has on `writing` over to list. */
static void
take_writing(struct super_block *sb, struct list *list)
{
	struct inode *i, *next;

	spin_lock(&dirty_lock);
	list_for_each_safe(i, next, &writing, dirty_link) {
		if (i->sb != sb)
			continue;
		list_remove(&i->dirty_link);
		list_push_back(list, &i->dirty_link);
	}
	/* And what others took while we looked, and have put back with a part still to be written. */
	while ((i = list_first(&sb->dirty, struct inode, dirty_link))) {
		list_remove(&i->dirty_link);
		list_push_back(list, &i->dirty_link);
	}
	spin_unlock(&dirty_lock);
}

/* Write and wait for all that of sb is in somebody's hands, or on its way to the disk, now. 0 or the first error. */
static int
super_wait(struct super_block *sb)
{
	struct list list = LIST_INIT(list);
	struct inode *i;
	int err = 0, e;

	mutex_lock(&sync_lock);
	take_writing(sb, &list);
	for (;;) {
		spin_lock(&dirty_lock);
		i = list_first(&list, struct inode, dirty_link);
		if (!i) {
			spin_unlock(&dirty_lock);
			break;
		}
		list_remove(&i->dirty_link);
		list_push_back(&writing, &i->dirty_link);
		if (!atomic_inc_not_zero(&i->refs))
			i = NULL;
		spin_unlock(&dirty_lock);
		if (!i)
			continue;
		e = inode_sync(i);
		err = err ? err : e;
		inode_put(i);
	}
	mutex_unlock(&sync_lock);
	return err;
}

int
super_sync(struct super_block *sb, bool wait)
{
	int err = 0, e;

	super_start(sb, clock_monotonic(), ~0UL, wait, &err);
	if (wait) {
		e = super_wait(sb);
		err = err ? err : e;
	}
	e = sb->ops->sync ? sb->ops->sync(sb, wait) : 0;
	return err ? err : e;
}

/* Forget inodes on `writing` whose pages have arrived. */
static void
sweep_writing(void)
{
	struct inode *i, *next;
	uint n = 0;

	spin_lock(&dirty_lock);
	list_for_each_safe(i, next, &writing, dirty_link) {
		if (!(i->flags & INODE_SYNCING) && !READ_ONCE(i->mapping.nwriteback))
			list_remove(&i->dirty_link);
		if (++n == 256)
			break;
	}
	spin_unlock(&dirty_lock);
}

/* ---- how much is dirty ---- */

struct level { u64 dirty, background, limit; };	/* frames */

static void
level_now(struct level *l)
{
	struct mem_stats st;
	u64 usable;

	mem_stats(&st);
	usable = st.free + st.cached - MIN(st.shmem, st.cached);
	l->dirty = st.dirty + st.writeback;
	l->background = usable / 10;
	l->limit = usable / 5;
}

void
writeback_kick(void)
{
	if (READ_ONCE(pressed))
		return;
	WRITE_ONCE(pressed, true);
	wake_up(&work);
}

void
writeback_done(void)
{
	if (unlikely(waitq_active(&below)) && (++ndone & 31) == 0)
		wake_up_all(&below);
}

static bool
dying(void)
{
	return READ_ONCE(current->proc->exiting) || (READ_ONCE(current->proc->sig_pending) & sigmask(SIGKILL));
}

static NOINLINE void
balance_slow(void)
{
	struct level l;

	level_now(&l);
	if (l.dirty > l.background)
		writeback_kick();
	while (l.dirty > l.limit && !dying()) {
		u64 until = clock_monotonic() + BALANCE_WAIT;
		struct waiter w;

		waiter_init(&w);
		waitq_prepare(&below, &w, TASK_UNINTERRUPTIBLE);
		sleep_prepared(until);
		waitq_finish(&below, &w);
		level_now(&l);
		if (l.dirty > l.background)
			writeback_kick();
	}
}

void
writeback_balance(uint pages)
{
	if (likely(atomic_add_return(&unbalanced, pages) < BALANCE_EVERY))
		return;
	atomic_set(&unbalanced, 0);
	balance_slow();
}

/* ---- the thread ---- */

struct round {
	u64	until;			/* only what became dirty by then */
	ulong	max, done;		/* pages: of one super block, of all */
	bool	left;			/* something is still dirty */
};

static void
round_super(struct super_block *sb, void *arg)
{
	struct round *r = arg;
	int err = 0;

	if (!list_empty(&sb->dirty))
		r->done += super_start(sb, r->until, r->max, false, &err);
	if (!list_empty(&sb->dirty))
		r->left = true;
}

/* Write, a turn for each super block, while there is too much. True: something is still dirty. */
static bool
write_by_pressure(void)
{
	struct round r;
	struct level l;
	u64 before;

	level_now(&l);
	do {
		before = l.dirty;
		r = (struct round){ clock_monotonic(), TURN, 0, false };
		super_for_each(round_super, &r);
		level_now(&l);
		/* The disk is slower than we are; or pages stay dirty, for want of space. */
		if (l.dirty >= before && l.dirty > l.background)
			sleep_until(clock_monotonic() + PRESSURE_PAUSE);
	} while (r.done && l.dirty > l.background);
	wake_up_all(&below);
	return r.left;
}

static bool
write_by_age(void)
{
	u64 now = clock_monotonic();
	struct round r = { now > AGE_MAX ? now - AGE_MAX : 0, ~0UL, 0, false };

	super_for_each(round_super, &r);
	sweep_writing();
	return r.left || !list_empty(&writing);
}

static void
writeback_thread(void *arg)
{
	u64 next = ~0UL;		/* when to look for age; ~0: nothing is dirty */

	for (;;) {
		wait_event_deadline(&work, READ_ONCE(pressed) || (next == ~0UL && READ_ONCE(anything)), next);
		if (READ_ONCE(pressed)) {
			WRITE_ONCE(pressed, false);
			if (write_by_pressure() && next == ~0UL)
				next = clock_monotonic() + AGE_LOOK;
		}
		if (next == ~0UL ? !READ_ONCE(anything) : clock_monotonic() < next)
			continue;
		WRITE_ONCE(anything, false);
		smp_mb();
		next = write_by_age() ? clock_monotonic() + AGE_LOOK : ~0UL;
	}
}

void
writeback_init(void)
{
	struct task *t = kthread_create("writeback", writeback_thread, NULL);

	if (!t)
		panic("no memory for the write-back thread");
	sched_start(t);
}
