/*
 * reclaim.c - frames taken back from the page cache when memory is short.
 *
 *	page_insert --> [ inactive ] --second use, found when its turn comes--> [ active ]
 *	                  |  ^ (new ones at the front)                             |
 *	  clean, unused:  |  +---------- when active is the longer list -----------+
 *	  freed <---------+ oldest first
 *
 * A page used once, however much of the file was read, goes before one that was used again: FRAME_USED is set by the
 * first use, FRAME_HOT by the next.
 *
 *	frame_alloc, short	reclaim_clean: clean pages that nobody uses or maps. No I/O, no sleeping.
 *	the thread		keeps free frames between two marks: clean pages; mapped ones, by unmapping them first
 *				(who still needs one gets it back by a fault, and that is a use); names and their
 *				inodes; buffers; has dirty pages written
 *	a fault without a frame	waits for the thread (reclaim_wait), and only then is a process ended (oom.c)
 *
 * Data        the two lists, of pages of disks' files only: RAM files' pages are nowhere else.
 * Locks       Guarded by: l lru_lock  a atomic. lru_lock is for the lists, FRAME_LRU and FRAME_ACTIVE. A page on a
 *             list has the tree's reference, so under lru_lock it can be counted.
 * Not here    what else could be done: swapping out anonymous memory.
 */
#include "abi/errno.h"
#include "fs/buffer.h"
#include "fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "mm/internal.h"
#include "mm/pagecache_private.h"

#define BATCH		32			/* pages looked at with one hold of lru_lock */
#define ROUND		128			/* pages the thread wants from each source in one go */
#define ROUND_USEFUL	16			/* fewer are but programs' pages that come back at once */
#define PAUSE		(50 * NSEC_PER_MSEC)
#define WAIT_MAX	(500 * NSEC_PER_MSEC)	/* for a round; it may sleep on a disk */
#define WAIT_WRITING	(10 * NSEC_PER_MSEC)	/* for pages on their way to the disk */
#define WAIT_TRIES	200

static struct spinlock lru_lock = SPINLOCK_INIT(RANK_LRU);
static struct list inactive = LIST_INIT(inactive), active = LIST_INIT(active);	/* [l] newest first */
static ulong ninactive, nactive;	/* [l] */
static struct waitq work = WAITQ_INIT(work);	/* the thread's */
static struct waitq done = WAITQ_INIT(done);	/* those that wait for the thread */
static bool wanted;			/* [a] */
static u32 begun, ended;		/* [a] the thread's rounds */
static ulong last_round;		/* [a] frames that it got in the last one */
static atomic_t nwaiting;		/* tasks in reclaim_wait */
static struct task *thread;

/* ---- the lists ---- */

static void
push_locked(struct frame *f, bool hot) MUST_HOLD(lru_lock)
{
	__atomic_fetch_or(&f->flags, FRAME_LRU | (hot ? FRAME_ACTIVE : 0), __ATOMIC_RELAXED);
	list_push_front(hot ? &active : &inactive, &f->link);
	*(hot ? &nactive : &ninactive) += 1;
}

static void
take_locked(struct frame *f) MUST_HOLD(lru_lock)
{
	list_remove(&f->link);
	*(f->flags & FRAME_ACTIVE ? &nactive : &ninactive) -= 1;
	__atomic_fetch_and(&f->flags, ~(u32)(FRAME_LRU | FRAME_ACTIVE), __ATOMIC_RELAXED);
}

void
lru_add(struct frame *f)
{
	spin_lock(&lru_lock);
	push_locked(f, false);
	spin_unlock(&lru_lock);
}

void
lru_remove(struct frame *f)
{
	/* Who takes it off meanwhile, to look at it, finds that it is in no tree. */
	spin_lock(&lru_lock);
	if (f->flags & FRAME_LRU)
		take_locked(f);
	spin_unlock(&lru_lock);
}

void
reclaim_page_used(struct frame *f)
{
	u32 flags = READ_ONCE(f->flags);

	if (!(flags & FRAME_HOT))
		__atomic_fetch_or(&f->flags, flags & FRAME_USED ? FRAME_HOT : FRAME_USED, __ATOMIC_RELAXED);
}

/*
 * Keep at least a third of the pages on the inactive list: from the active one, those not used again lately. all: as
 * many as can be done at once. False: there are none left to look at.
 */
static bool
age_active(bool all)
{
	struct frame *f;
	bool more;

	spin_lock(&lru_lock);
	for (uint i = 0; i < BATCH && nactive && (all || nactive > 2 * ninactive); i++) {
		f = list_last(&active, struct frame, link);
		take_locked(f);
		push_locked(f, f->flags & FRAME_HOT);
		__atomic_fetch_and(&f->flags, ~(u32)(FRAME_HOT | FRAME_USED), __ATOMIC_RELAXED);
	}
	more = nactive;
	spin_unlock(&lru_lock);
	return more;
}

/* Take up to n of the oldest inactive pages off the list, counted. */
static uint
isolate(struct frame **out, uint n)
{
	struct frame *f;
	uint got = 0;

	spin_lock(&lru_lock);
	while (got < n && (f = list_last(&inactive, struct frame, link))) {
		take_locked(f);
		if (f->flags & FRAME_HOT) {
			__atomic_fetch_and(&f->flags, ~(u32)(FRAME_HOT | FRAME_USED), __ATOMIC_RELAXED);
			push_locked(f, true);
			n--;
			continue;
		}
		frame_get(f);
		out[got++] = f;
	}
	spin_unlock(&lru_lock);
	return got;
}

/* Those that stay go back, as the newest; every count is dropped. */
static void
put_back(struct frame **list, uint n)
{
	spin_lock(&lru_lock);
	for (uint i = 0; i < n; i++)
		/* One that has left its tree since must not come back: lru_remove has been. */
		if (READ_ONCE(list[i]->owner) && !(list[i]->flags & FRAME_LRU))
			push_locked(list[i], false);
	spin_unlock(&lru_lock);
	for (uint i = 0; i < n; i++)
		frame_put(list[i]);
}

/* ---- freeing ---- */

/* f, counted and on no list: out of its cache, if it is clean and nobody has it. unmap: also if it is only mapped. */
static bool
evict(struct frame *f, bool unmap)
{
	struct mapping *m;
	bool gone = false;

	if (READ_ONCE(f->flags) & (FRAME_DIRTY | FRAME_WRITEBACK) || !page_trylock(f))
		return false;
	m = READ_ONCE(f->owner);	/* stays, as does the file, while f is locked and in its tree */
	if (m) {
		if (unmap && atomic_read(&f->refs) > 2 && !list_empty(&m->areas) &&
		    !(f->flags & (FRAME_DIRTY | FRAME_WRITEBACK)))
			mapping_unmap_page(m, f->index);
		gone = page_remove_unused(m, f);
	}
	mapping_unlock_page(f);
	return gone;
}

/* Look at up to `scan` of the oldest pages. How many were freed, at least n if there are so many. */
static ulong
shrink(ulong n, ulong scan, bool unmap)
{
	struct frame *list[BATCH], *stay[BATCH];
	ulong freed = 0;

	while (freed < n && scan) {
		uint want = MIN(scan, (ulong)BATCH), got, nstay = 0;

		age_active(false);
		got = isolate(list, want);
		scan -= want;
		for (uint i = 0; i < got; i++) {
			if (!evict(list[i], unmap)) {
				stay[nstay++] = list[i];
				continue;
			}
			frame_put(list[i]);
			freed++;
		}
		put_back(stay, nstay);
		if (!got && list_empty(&inactive) && list_empty(&active))
			break;
	}
	return freed;
}

ulong
reclaim_clean(ulong n)
{
	/* Not through everything there is: what is dirty or mapped is the thread's business. */
	return shrink(n, 4 * n + BATCH, false);
}

ulong
reclaim_drop_caches(void)
{
	ulong all = READ_ONCE(ninactive) + READ_ONCE(nactive);

	for (ulong n = 0; n < 2 * all && age_active(true); n += BATCH)
		;
	return shrink(~0UL, all, false);
}

/* ---- the thread ---- */

void
reclaim_kick(void)
{
	if (READ_ONCE(wanted))
		return;
	WRITE_ONCE(wanted, true);
	wake_up(&work);
}

/* One try at every source. Frames freed, more or less. */
static ulong
reclaim_round(void)
{
	ulong all = READ_ONCE(ninactive) + READ_ONCE(nactive);
	ulong freed = shrink(ROUND, all / 4 + ROUND, false);

	freed += buffer_reclaim(ROUND);
	if (freed < ROUND) {
		/* Names keep inodes, and those their pages. */
		freed += dcache_reclaim(ROUND);
		freed += shrink(ROUND, all + ROUND, true);
	}
	if (freed < ROUND)
		writeback_kick();
	return freed;
}

static void
reclaim_thread(void *arg)
{
	for (;;) {
		wait_event_deadline(&work, READ_ONCE(wanted), ~0UL);
		WRITE_ONCE(wanted, false);
		do {
			__atomic_fetch_add(&begun, 1, __ATOMIC_SEQ_CST);
			WRITE_ONCE(last_round, reclaim_round());
			__atomic_fetch_add(&ended, 1, __ATOMIC_RELEASE);
			wake_up_all(&done);
		} while (last_round && !frames_enough());
		/* Nothing to be had: not again at every allocation, but at once if somebody cannot go on. */
		if (!last_round)
			wait_event_deadline(&work, atomic_read(&nwaiting), clock_monotonic() + PAUSE);
	}
}

/* Wait for the end of a round that has not begun yet. False: it takes too long. */
static bool
wait_round(void)
{
	u32 mine;
	u64 until = clock_monotonic() + WAIT_MAX;

	atomic_inc(&nwaiting);
	smp_mb();
	mine = READ_ONCE(begun) + 1;
	WRITE_ONCE(wanted, true);
	wake_up(&work);
	wait_event_(&done, (s32)(READ_ONCE(ended) - mine) >= 0 || !frames_low(), TASK_UNINTERRUPTIBLE, until);
	atomic_dec(&nwaiting);
	return (s32)(READ_ONCE(ended) - mine) >= 0;
}

bool
reclaim_wait(uint tries)
{
	struct mem_stats st;

	if (!thread || current == thread || !reclaim_allowed() || tries >= WAIT_TRIES)
		return false;
	/* Somebody has freed some meanwhile; or it was the test that makes allocations fail. */
	if (!frames_low())
		return tries > 0;
	if (!wait_round() || !frames_low() || READ_ONCE(last_round) >= ROUND_USEFUL)
		return true;
	/* Nothing now; but what is being written will be clean. */
	mem_stats(&st);
	if (st.dirty + st.writeback == 0)
		return false;
	set_state(TASK_UNINTERRUPTIBLE);
	sleep_prepared(clock_monotonic() + WAIT_WRITING);
	return true;
}

void
reclaim_init(void)
{
	thread = kthread_create("reclaim", reclaim_thread, NULL);
	if (!thread)
		panic("no memory for the reclaim thread");
	sched_start(thread);
}
