/*
 * futex_pi.c - user locks that inherit priority: LOCK_PI and its like.
 *
 * The word says who has the lock, so that the kernel can lend to him:
 *
 *	0			free: a program takes it by cmpxchg 0 -> its tid, and the kernel is not asked
 *	tid			held; given back by cmpxchg tid -> 0
 *	tid | WAITERS		held, and somebody waits here: neither cmpxchg works, so both call
 *	... | OWNER_DIED	the last owner ended with it; who gets it next finds the bit still set
 *
 * Unlocking hands the lock over: the kernel writes the next owner's tid, so nobody can be faster than he.
 *
 *	                   lock_pi: the word names an owner
 *	             (none) ------------------------> lock_waiter queued, owner lent to
 *	                                               |  unlock_pi, futex_pi_exit (state_pass)
 *	  timeout, signal, EDEADLK: leaves             v
 *	             (none) <-----------------------  granted --> wait_end: ours
 *
 * WAIT_REQUEUE_PI sleeps for one word and is moved (CMP_REQUEUE_PI) to a lock, which it then waits for as above,
 * or is given at once: how a condition variable wakes without a stampede.
 *
 * Data        struct pi_state: a lock word that somebody waits for, found through its waiters' bucket.
 *             struct lock_waiter: one of these, on its own stack.
 * Locks       the bucket, then pi_spinlock.  The word is read and changed under both, if its page is there;
 *             if not, all is let go, the page is brought in, and we look again (LOOK_AGAIN).
 * Invariants  Q1  a state has as many waiters in buckets as nwaiters says, and is freed with the last: a new
 *                 owner counts until it has left, so it is found even before it has run.
 *             Q2  under the locks the word names state->lock.owner, if it is not an orphan: then the owner
 *                 before ended, in another space perhaps, and the new one corrects the word when it runs.
 *             Q3  a task that has FUTEX_ENDED owns no state.
 * Not here    who inherits what (pi.c); the robust list (futex_robust.c).
 * Further     futex(2), FUTEX_PI(2const); Documentation/locking/pi-futex.rst, futex-requeue-pi.rst.
 */
#include "abi/errno.h"
#include "abi/futex.h"
#include "kernel/futex_private.h"
#include "kernel/pi.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

struct pi_state {		/* Guarded by: b the bucket's lock  p pi_spinlock */
	struct pi_lock lock;		/* [p] */
	int	nwaiters;		/* [b] */
	bool	orphan;			/* [p] the owner got it from one who ended, and the word does not say so yet */
};

struct lock_waiter {		/* Guarded by: b its bucket's lock  p pi_spinlock  a atomic  i immutable */
	struct futex_waiter f;		/* in a bucket, unless it was granted there by CMP_REQUEUE_PI */
	struct pi_waiter pi;		/* [p] */
	struct pi_state *state;		/* [b] what it waits for; NULL: it is still to be moved there */
	u64	addr;			/* [i] the lock's word, in its own space */
	struct futex_key target;	/* [i] and its key */
	bool	granted;		/* [a] the lock is its; written under pi_spinlock */
};

/* An attempt to lock a word, and what it has to get before it holds locks. */
struct attempt {
	u64	addr;
	u32	val;			/* what the word was */
	struct task *owner;		/* whom that names, counted; NULL: nobody */
	struct pi_state *spare;		/* a state, should one be needed */
};

/* How it ends, or -errno. */
enum { MUST_WAIT, TAKEN, LOOK_AGAIN, OWNER_ENDS };

/* --- an attempt --- */

static void
attempt_end(struct attempt *a)
{
	if (a->owner)
		task_put(a->owner);
	kfree(a->spare);
}

/* Look at the word, its page there to be written. 0, -EFAULT, -ENOMEM. */
static int
attempt_begin(struct attempt *a)
{
	int err, tid;

	if (!a->spare && !(a->spare = kmalloc(sizeof(*a->spare), GFP_KERNEL)))
		return -ENOMEM;
	if (a->owner)
		task_put(a->owner);
	a->owner = NULL;
	err = user_u32_cmpxchg(UPTR(a->addr), 0, 0, &a->val);
	if (err)
		return err;
	tid = a->val & FUTEX_TID_MASK;
	if (tid)
		a->owner = task_get_by_pid(tid);
	return 0;
}

/* Before the next try: whom the word named is giving up what it has; wait until it has. */
static void
attempt_wait(struct attempt *a)
{
	mutex_lock(&a->owner->futex_exit);
	mutex_unlock(&a->owner->futex_exit);
}

/* What they wait for who are in b for k. 0, *s NULL: nobody is; -EINVAL: they do not wait for a lock. */
static int
state_find(struct futex_bucket *b, const struct futex_key *k, struct pi_state **s) MUST_HOLD(b->lock)
{
	struct futex_waiter *f;

	*s = NULL;
	list_for_each(f, &b->waiters, place.link) {
		if (!futex_key_equal(&f->key, k))
			continue;
		if (f->pi)
			*s = container_of(f, struct lock_waiter, f)->state;
		return *s ? 0 : -EINVAL;
	}
	return 0;
}

/* May one who finds val in the word wait for s? (Q2; or its owner ends, and has marked the word.) */
static bool
state_matches(const struct pi_state *s, u32 val) MUST_HOLD(pi_spinlock)
{
	u32 tid = val & FUTEX_TID_MASK;

	if (s->orphan || (!tid && (val & FUTEX_OWNER_DIED)))
		return true;
	return s->lock.owner && tid == (u32)s->lock.owner->pid;
}

/* Can the task that the word names be waited for? MUST_WAIT, OWNER_ENDS or -errno. */
static int
owner_check(const struct task *owner) MUST_HOLD(pi_spinlock)
{
	if (!owner)
		return -ESRCH;
	if (owner->kernel_thread)
		return -EPERM;
	switch (owner->futex_state) {
	case FUTEX_LIVES:
		return MUST_WAIT;
	case FUTEX_ENDS:
		return OWNER_ENDS;
	default:
		return -ESRCH;
	}
}

/*
 * Lock the word, whose key is k of b, for t. MUST_WAIT: *s is what for; it may be a->spare. flags: to be set in the
 * word that t gets.
 */
static int
attempt_lock(struct attempt *a, struct futex_bucket *b, const struct futex_key *k, struct task *t, u32 flags,
	     struct pi_state **s) MUST_HOLD(b->lock) MUST_HOLD(pi_spinlock)
{
	u32 val = a->val, seen, tid = val & FUTEX_TID_MASK, want;
	int err;

	if (user_u32_try_read(UPTR(a->addr), &seen) || seen != val)
		return LOOK_AGAIN;
	if (tid == (u32)t->pid)
		return -EDEADLK;
	err = state_find(b, k, s);
	if (err)
		return err;
	if (*s)
		return state_matches(*s, val) ? MUST_WAIT : -EINVAL;
	want = tid ? val | FUTEX_WAITERS : (val & FUTEX_OWNER_DIED) | t->pid | flags;
	if (user_u32_try_cmpxchg(UPTR(a->addr), val, want, &seen) || seen != val)
		return LOOK_AGAIN;
	a->val = want;
	if (!tid)
		return TAKEN;
	err = owner_check(a->owner);
	if (err)
		return err;
	*s = a->spare;
	**s = (struct pi_state){ .lock.owner = a->owner };
	list_init(&(*s)->lock.waiters);
	return MUST_WAIT;
}

/* --- waiting --- */

static void
waiter_setup(struct lock_waiter *w, u64 addr)
{
	struct task *t = current;

	*w = (struct lock_waiter){
		.f = { .task = t, .pi = true },
		.pi = { .task = t, .user = true },
		.addr = addr,
	};
}

/* w, in the bucket of s or about to be, waits for s. MUST_WAIT or -EDEADLK. */
static int
waiter_queue(struct attempt *a, struct lock_waiter *w, struct pi_state *s) MUST_HOLD(pi_spinlock)
{
	if (pi_deadlock(s->lock.owner, w->f.task))
		return -EDEADLK;
	if (s == a->spare)
		a->spare = NULL;
	s->nwaiters++;
	w->state = s;
	pi_enqueue(&s->lock, &w->pi);
	return MUST_WAIT;
}

/* The lock is w's: it may be gone as soon as the locks are. */
static void
waiter_grant(struct lock_waiter *w) MUST_HOLD(pi_spinlock)
{
	smp_store_release(&w->granted, true);
	wake_task(w->f.task, TASK_INTERRUPTIBLE);
}

/* s, for which somebody waits, goes to the first of them. */
static void
state_pass(struct pi_state *s) MUST_HOLD(pi_spinlock)
{
	struct pi_waiter *p = pi_first(&s->lock);

	pi_dequeue(p);
	pi_set_owner(&s->lock, p->task);
	waiter_grant(container_of(p, struct lock_waiter, pi));
}

/* Put current's name into the word of an orphan. 0 or -EFAULT. */
static int
word_inherit(u64 addr)
{
	u32 val, seen, want = FUTEX_WAITERS | FUTEX_OWNER_DIED | current->pid;
	int err = user_u32_read(UPTR(addr), &val);

	while (!err) {
		err = user_u32_cmpxchg(UPTR(addr), val, want, &seen);
		if (!err && seen == val)
			break;
		val = seen;
	}
	return err;
}

static void
waiter_lock(struct lock_waiter *w) NO_TSA
{
	futex_waiter_lock(&w->f);
	spin_lock(&pi_spinlock);
}

static void
waiter_unlock(struct lock_waiter *w) NO_TSA
{
	spin_unlock(&pi_spinlock);
	spin_unlock(&w->f.bucket->lock);
}

/* Leave, err being why: 0 if the lock is ours all the same. w->state then only says whether it was waited for. */
static int
waiter_leave(struct lock_waiter *w, int err) NO_TSA
{
	struct pi_state *unused = NULL;
	int fault = 0;

	waiter_lock(w);
	if (w->granted && w->state && w->state->orphan) {
		waiter_unlock(w);
		fault = word_inherit(w->addr);	/* nobody else touches w any more */
		waiter_lock(w);
		if (!fault)
			w->state->orphan = false;
		else if (pi_first(&w->state->lock))
			state_pass(w->state);	/* for us there is no word: then it is the next one's */
	}
	pi_dequeue(&w->pi);
	list_remove(&w->f.place.link);
	if (w->state && --w->state->nwaiters == 0)
		unused = w->state;
	waiter_unlock(w);
	kfree(unused);
	return w->granted ? fault : err;
}

/* Sleep until the lock is granted: 0, -ERESTARTSYS, -ETIMEDOUT. */
static int
waiter_sleep(struct lock_waiter *w, u64 deadline)
{
	int err = 0;

	while (!err) {
		set_state(TASK_INTERRUPTIBLE);
		if (smp_load_acquire(&w->granted))
			break;
		err = wait_sleep_(TASK_INTERRUPTIBLE, deadline);
	}
	WRITE_ONCE(current->state, TASK_RUNNING);
	return waiter_leave(w, err);
}

/* --- lock and unlock --- */

/* One try. TAKEN, MUST_WAIT (w waits), or try again; -EAGAIN: it would have to wait. */
static int
lock_once(struct attempt *a, struct lock_waiter *w, bool try)
{
	struct futex_bucket *b = futex_bucket_of(&w->f.key);
	struct pi_state *s;
	int r;

	spin_lock(&b->lock);
	spin_lock(&pi_spinlock);
	r = attempt_lock(a, b, &w->f.key, current, 0, &s);
	if (r == MUST_WAIT)
		r = try ? -EAGAIN : waiter_queue(a, w, s);
	if (r == MUST_WAIT)
		futex_waiter_add(&w->f, b);
	spin_unlock(&pi_spinlock);
	spin_unlock(&b->lock);
	return r;
}

int
futex_lock_pi(u64 addr, bool private, u64 deadline, bool try)
{
	struct attempt a = { .addr = addr };
	struct lock_waiter w;
	int r;

	waiter_setup(&w, addr);
	r = futex_key_get(addr, private, &w.f.key);
	if (r)
		return r;
	do {
		r = attempt_begin(&a);
		if (r)
			break;
		r = lock_once(&a, &w, try);
		if (r == OWNER_ENDS)
			attempt_wait(&a);
	} while (r == LOOK_AGAIN || r == OWNER_ENDS);
	attempt_end(&a);
	if (r == TAKEN)
		return 0;
	if (r == MUST_WAIT)
		r = waiter_sleep(&w, deadline);
	return r == -ERESTARTSYS ? -ERESTARTNOINTR : r;		/* its timeout is a moment, not a span */
}

/* Hand the word, found to be val, to the first waiter, or free it. 0, LOOK_AGAIN, -EINVAL. */
static int
unlock_once(u64 addr, u32 val, struct futex_bucket *b, const struct futex_key *k)
	MUST_HOLD(b->lock) MUST_HOLD(pi_spinlock)
{
	struct pi_waiter *next;
	struct pi_state *s;
	u32 seen;

	if (state_find(b, k, &s) || (s && s->lock.owner != current))
		return -EINVAL;
	next = s ? pi_first(&s->lock) : NULL;
	if (user_u32_try_cmpxchg(UPTR(addr), val, next ? FUTEX_WAITERS | next->task->pid : 0, &seen) || seen != val)
		return LOOK_AGAIN;
	if (next)
		state_pass(s);
	return 0;
}

int
futex_unlock_pi(u64 addr, bool private)
{
	struct futex_bucket *b;
	struct futex_key k;
	u32 val;
	int r = futex_key_get(addr, private, &k);

	if (r)
		return r;
	b = futex_bucket_of(&k);
	do {
		r = user_u32_cmpxchg(UPTR(addr), 0, 0, &val);
		if (r)
			return r;
		if ((val & FUTEX_TID_MASK) != (u32)current->pid)
			return -EPERM;
		spin_lock(&b->lock);
		spin_lock(&pi_spinlock);
		r = unlock_once(addr, val, b, &k);
		spin_unlock(&pi_spinlock);
		spin_unlock(&b->lock);
	} while (r == LOOK_AGAIN);
	return r;
}

void
futex_pi_exit(struct task *t, int state)
{
	struct pi_waiter *p, *next;
	struct pi_state *s;

	spin_lock(&pi_spinlock);
	list_for_each_safe(p, next, &t->pi_loans, loan.link) {
		if (!p->user)
			continue;
		s = container_of(p->lock, struct pi_state, lock);
		s->orphan = true;
		state_pass(s);
	}
	t->futex_state = state;
	spin_unlock(&pi_spinlock);
}

/* --- from a word to a lock --- */

/*
 * Put w, current's, into its bucket if the word at addr is val: 0, -EAGAIN, -EFAULT. Unlike futex_wait's the word is
 * read first and nothing may fault afterwards: once w is there, we may find that we wait for a lock, and to sleep for
 * another, the address space's, would be to wait for two.
 */
static int
waiter_enter(struct lock_waiter *w, u64 addr, u32 val)
{
	struct futex_bucket *b = futex_bucket_of(&w->f.key);
	bool absent;
	u32 now;
	int err;

	do {
		err = user_u32_read(UPTR(addr), &now);	/* brings its page in */
		if (err)
			return err;
		spin_lock(&b->lock);
		absent = user_u32_try_read(UPTR(addr), &now) != 0;
		if (!absent && now == val)
			futex_waiter_add(&w->f, b);
		spin_unlock(&b->lock);
	} while (absent);
	return now == val ? 0 : -EAGAIN;
}

int
futex_wait_requeue_pi(u64 addr, bool private, u32 val, u64 deadline, u64 addr2)
{
	struct lock_waiter w;
	int err;

	if (addr == addr2)
		return -EINVAL;
	waiter_setup(&w, addr2);
	err = futex_key_get(addr2, private, &w.target);
	if (!err)
		err = futex_key_get(addr, private, &w.f.key);
	if (!err && futex_key_equal(&w.f.key, &w.target))
		err = -EINVAL;
	if (!err)
		err = waiter_enter(&w, addr, val);
	if (err)
		return err;
	err = waiter_sleep(&w, deadline);
	if (err != -ERESTARTSYS)
		return err;
	return w.state ? -EAGAIN : -ERESTARTNOINTR;	/* once moved, it cannot begin anew */
}

/* Move w from its word to the lock of k2, of b2, or give it the lock. As attempt_lock. */
static int
requeue_one(struct attempt *a, struct lock_waiter *w, struct futex_bucket *b2, const struct futex_key *k2, u32 flags)
	MUST_HOLD(b2->lock) MUST_HOLD(pi_spinlock)
{
	struct pi_state *s;
	int r = attempt_lock(a, b2, k2, w->f.task, flags, &s);

	if (r == MUST_WAIT)
		r = waiter_queue(a, w, s);
	if (r == MUST_WAIT)
		futex_waiter_move(&w->f, b2, k2);
	if (r == TAKEN) {
		list_remove(&w->f.place.link);
		waiter_grant(w);
	}
	return r;
}

/*
 * See to the waiters for k1 until one has been given the lock (LOOK_AGAIN: for its owner is another now), or 1 + nmove
 * have been seen to (0). *done counts them.
 */
static int
requeue_some(struct attempt *a, struct futex_bucket *b1, const struct futex_key *k1, struct futex_bucket *b2,
	     const struct futex_key *k2, int nmove, int *done) MUST_HOLD(b2->lock) MUST_HOLD(pi_spinlock)
{
	struct futex_waiter *f, *next;
	struct lock_waiter *w;
	int r;

	list_for_each_safe(f, next, &b1->waiters, place.link) {
		if (!futex_key_equal(&f->key, k1))
			continue;
		if (*done > nmove)
			break;
		w = container_of(f, struct lock_waiter, f);
		if (!f->pi || w->state || !futex_key_equal(&w->target, k2))
			return -EINVAL;
		r = requeue_one(a, w, b2, k2, nmove ? FUTEX_WAITERS : 0);
		if (r < 0 || r == LOOK_AGAIN || r == OWNER_ENDS)
			return r;
		++*done;
		if (r == TAKEN)
			return LOOK_AGAIN;
	}
	return 0;
}

/* One go at it, under the locks. The word at addr is compared only once: later it may have changed. */
static int
requeue_once(struct attempt *a, u64 addr, u32 val, const struct futex_key *k1, const struct futex_key *k2, int nmove,
	     int *done) NO_TSA
{
	struct futex_bucket *b1 = futex_bucket_of(k1), *b2 = futex_bucket_of(k2);
	u32 now = val;
	int r = 0;

	futex_lock_both(b1, b2);
	spin_lock(&pi_spinlock);
	if (!*done && user_u32_try_read(UPTR(addr), &now))
		r = LOOK_AGAIN;
	else if (now != val)
		r = -EAGAIN;
	else
		r = requeue_some(a, b1, k1, b2, k2, nmove, done);
	spin_unlock(&pi_spinlock);
	futex_unlock_both(b1, b2);
	return r;
}

int
futex_cmp_requeue_pi(u64 addr, bool private, int nwake, int nmove, u64 addr2, u32 val)
{
	struct attempt a = { .addr = addr2 };
	struct futex_key k1, k2;
	int done = 0, r;
	u32 now;

	if (nwake != 1 || nmove < 0 || addr == addr2)
		return -EINVAL;
	r = futex_key_get(addr, private, &k1);
	if (!r)
		r = futex_key_get(addr2, private, &k2);
	if (!r && futex_key_equal(&k1, &k2))
		r = -EINVAL;
	if (r)
		return r;
	do {
		r = attempt_begin(&a);
		if (!r)
			r = user_u32_read(UPTR(addr), &now);	/* brings its page in */
		if (r)
			break;
		r = requeue_once(&a, addr, val, &k1, &k2, nmove, &done);
		if (r == OWNER_ENDS)
			attempt_wait(&a);
	} while (r == LOOK_AGAIN || r == OWNER_ENDS);
	attempt_end(&a);
	return r ? r : done;
}
