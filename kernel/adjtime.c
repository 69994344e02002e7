/*
 * adjtime.c - the wall clock kept right: adjtimex and clock_adjtime.
 *
 * A program that knows the time better (ntpd) says by how much the clock is off and how much too fast
 * it goes.  Once a second, while there is anything to correct, the wall clock is moved a little: by its
 * frequency error over that second, and by a part of the offset that is left.
 *
 *	offset    STA_PLL: a part that falls with it, 1/4 << constant of what is left
 *	          adjtime(3) (ADJ_OFFSET_SINGLESHOT): 500 us a second until it is done
 *
 * Data        struct discipline, one.
 * Locks       lock [l], interrupts off: the calls and the timer.
 * Not here    setting the clock (time.c).
 * Further     adjtimex(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/timex.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "mm/usercopy.h"

#define ERROR_MAX	16000000L	/* us: beyond it the clock counts as not synchronised */
#define OFFSET_MAX	500000000L	/* ns that a PLL may be off */
#define FREQ_MAX	(500L << 16)	/* 2^-16 ppm */
#define SLEW		500000L		/* ns a second, for adjtime */
#define TICK_US		(1000000L / ABI_CLK_TCK)
#define TAI_MAX		100000
#define READ_ONLY	(STA_PPSSIGNAL | STA_PPSJITTER | STA_PPSWANDER | STA_PPSERROR | STA_CLOCKERR | STA_NANO | \
			 STA_MODE | STA_CLK)

struct discipline {			/* Guarded by: l lock */
	struct spinlock lock;
	struct timer timer;		/* [l] pending while there is something to correct */
	int	status;			/* [l] STA_* */
	s64	offset;			/* [l] ns the clock is to go forward, still */
	s64	slew;			/* [l] ns, as asked by adjtime */
	s64	freq;			/* [l] 2^-16 ppm */
	s64	tick;			/* [l] us */
	s64	constant;		/* [l] */
	s64	maxerror, esterror;	/* [l] us, as set */
	u64	maxerror_set;		/* [l] when: it grows from there on */
	int	tai;			/* [l] */
};

static void discipline_second(struct timer *timer);

static struct discipline disc = {
	.lock = SPINLOCK_INIT(RANK_ADJTIME),
	.timer = { .fn = discipline_second, .cpu = -1 },
	.status = STA_UNSYNC,
	.tick = TICK_US,
	.constant = 2,
	.maxerror = ERROR_MAX,
	.esterror = ERROR_MAX,
};

/* Take the part of *left that this second corrects. */
static s64
part(s64 *left, s64 most)
{
	s64 n = MIN(MAX(*left, -most), most);

	*left -= n;
	return n;
}

static void
start_if_needed(void) MUST_HOLD(disc.lock)
{
	if ((disc.offset || disc.slew || disc.freq || disc.tick != TICK_US) && !timer_pending(&disc.timer))
		timer_start(&disc.timer, clock_monotonic() + NSEC_PER_SEC);
}

static void
discipline_second(struct timer *timer)
{
	ulong flags = spin_lock_irqsave(&disc.lock);
	s64 move = disc.freq * 1000 / 65536 + (disc.tick - TICK_US) * 1000 * ABI_CLK_TCK;
	s64 phase = disc.offset / (4L << disc.constant);

	move += part(&disc.offset, phase ? (phase < 0 ? -phase : phase) : 1000);
	move += part(&disc.slew, SLEW);
	start_if_needed();
	spin_unlock_irqrestore(&disc.lock, flags);
	if (move)
		clock_adjust(move, false);	/* it stops at the ends of its range */
}

/* An error in us that grows by 500 ppm from when it was set. */
static s64
maxerror_now(void) MUST_HOLD(disc.lock)
{
	s64 error = disc.maxerror + (s64)((clock_monotonic() - disc.maxerror_set) / NSEC_PER_SEC) * 500;

	if (error < ERROR_MAX)
		return error;
	disc.status |= STA_UNSYNC;
	return ERROR_MAX;
}

/* --- setting --- */

static inline s64 clamp(s64 n, s64 low, s64 high) { return MIN(MAX(n, low), high); }

/* ADJ_OFFSET: only a PLL follows it. */
static void
set_offset(s64 offset) MUST_HOLD(disc.lock)
{
	if (!(disc.status & STA_PLL))
		return;
	if (!(disc.status & STA_NANO))
		offset = clamp(offset, -1000000, 1000000) * 1000;
	disc.offset = clamp(offset, -OFFSET_MAX, OFFSET_MAX);
}

/* What `modes` names, from t. */
static void
set_fields(const struct abi_timex *t) MUST_HOLD(disc.lock)
{
	u32 modes = t->modes;

	if (modes & ADJ_STATUS)
		disc.status = (disc.status & READ_ONLY) | (t->status & ~READ_ONLY);
	if (modes & ADJ_NANO)
		disc.status |= STA_NANO;
	if (modes & ADJ_MICRO)
		disc.status &= ~STA_NANO;
	if (modes & ADJ_FREQUENCY)
		disc.freq = clamp(t->freq, -FREQ_MAX, FREQ_MAX);
	if (modes & ADJ_MAXERROR) {
		disc.maxerror = clamp(t->maxerror, 0, ERROR_MAX);
		disc.maxerror_set = clock_monotonic();
	}
	if (modes & ADJ_ESTERROR)
		disc.esterror = clamp(t->esterror, 0, ERROR_MAX);
	if (modes & ADJ_TIMECONST)
		disc.constant = clamp(clamp(t->constant, 0, 10) + (disc.status & STA_NANO ? 0 : 4), 0, 10);
	if ((modes & ADJ_TAI) && t->constant >= 0 && t->constant <= TAI_MAX)
		disc.tai = t->constant;
	if (modes & ADJ_OFFSET)
		set_offset(t->offset);
	if (modes & ADJ_TICK)
		disc.tick = t->tick;
}

static void
report(struct abi_timex *t) MUST_HOLD(disc.lock)
{
	u64 now = clock_realtime();
	s64 maxerror = maxerror_now();
	bool nano = disc.status & STA_NANO;

	*t = (struct abi_timex){
		.modes = t->modes, .offset = nano ? disc.offset : disc.offset / 1000, .freq = disc.freq,
		.maxerror = maxerror, .esterror = disc.esterror, .status = disc.status, .constant = disc.constant,
		.precision = 1, .tolerance = FREQ_MAX, .tick = disc.tick, .tai = disc.tai,
		.time = { now / NSEC_PER_SEC, now % NSEC_PER_SEC / (nano ? 1 : NSEC_PER_USEC) },
	};
}

/* --- the calls --- */

/* 0, -EINVAL, -EPERM. */
static int
check(const struct abi_timex *t)
{
	u32 modes = t->modes;
	bool once = modes & 0x8000, reads = modes == 0 || modes == ADJ_OFFSET_SS_READ;

	if (once && !(modes & 1))
		return -EINVAL;
	if (!reads && !task_capable(BIT(CAP_SYS_TIME)))
		return -EPERM;
	if (once)
		return 0;
	if ((modes & ADJ_TICK) && (t->tick < 900000 / ABI_CLK_TCK || t->tick > 1100000 / ABI_CLK_TCK))
		return -EINVAL;
	if ((modes & ADJ_SETOFFSET) &&
	    (t->time.tv_usec < 0 || t->time.tv_usec >= (modes & ADJ_NANO ? 1000000000 : 1000000)))
		return -EINVAL;
	return 0;
}

/* adjtime(3): ask for a slew, and learn what was left of the last one. */
static void
adjust_once(struct abi_timex *t) MUST_HOLD(disc.lock)
{
	s64 was = disc.slew / 1000;

	if (t->modes != ADJ_OFFSET_SS_READ)
		disc.slew = clamp(t->offset, -(1L << 50), 1L << 50) * 1000;
	report(t);
	t->offset = was;
}

/* Add t->time to the wall clock. 0, or -EINVAL if no clock shows that. */
static int
step(const struct abi_timex *t)
{
	s64 frac = t->time.tv_usec * (t->modes & ADJ_NANO ? 1 : 1000);
	s64 most = CLOCK_SET_MAX / NSEC_PER_SEC;

	if (t->time.tv_sec < -most || t->time.tv_sec > most)
		return -EINVAL;
	return clock_adjust(t->time.tv_sec * (s64)NSEC_PER_SEC + frac, true);
}

static long
adjust(uptr_t user)
{
	struct abi_timex t;
	ulong flags;
	int state, err;

	if (get_user(t, user))
		return -EFAULT;
	err = check(&t);
	if (!err && !(t.modes & 0x8000) && (t.modes & ADJ_SETOFFSET))
		err = step(&t);
	if (err)
		return err;
	flags = spin_lock_irqsave(&disc.lock);
	if (t.modes & 0x8000) {
		adjust_once(&t);
	} else {
		set_fields(&t);
		report(&t);
	}
	start_if_needed();
	state = disc.status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
	spin_unlock_irqrestore(&disc.lock, flags);
	return put_user(t, user) ? -EFAULT : state;
}

/* adjtimex(2). */
long
sys_adjtimex(const ulong *a)
{
	return adjust(UPTR(a[0]));
}

/* clock_adjtime(2). */
long
sys_clock_adjtime(const ulong *a)
{
	int clock = a[0];
	struct abi_timex t;

	if (clock == CLOCK_REALTIME)
		return adjust(UPTR(a[1]));
	if (get_user(t, UPTR(a[1])))
		return -EFAULT;
	return clock < 0 || (clock <= CLOCK_TAI && clock != 10) ? -EOPNOTSUPP : -EINVAL;
}
