/* adjtime.c - adjtimex and clock_adjtime: reading, what may be set, ADJ_SETOFFSET, and who may. */
#include "test.h"
#include "abi/timex.h"

static long
now(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static long
adj(struct abi_timex *t)
{
	return syscall(SYS_clock_adjtime, CLOCK_REALTIME, t);
}

static void
nobody(void)
{
	struct abi_timex t = { 0 };

	CHECK(setuid(1000) == 0);
	CHECK(adj(&t) >= 0);
	t.modes = ADJ_STATUS;
	CHECK_ERRNO(EPERM, adj(&t));
	t.modes = ADJ_SETOFFSET;
	CHECK_ERRNO(EPERM, adj(&t));
	t.modes = ADJ_OFFSET_SS_READ;
	CHECK(adj(&t) >= 0);
}

/* The wall clock stays after the start of the machine in 1970, and 30 years before the end of what 64 bits count. */
static void
range(void)
{
	const long end = INT64_MAX / 1000000000 - 30L * 365 * 24 * 3600, was = now() / 1000000000;
	const long last = INT64_MAX / 1000000000, bad[] = { end, end + 1, last, last + 1, INT64_MAX, -1, INT64_MIN, 0 };
	struct abi_timex t;
	long by;

	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		CHECK_ERRNO(EINVAL, syscall(SYS_clock_settime, CLOCK_REALTIME, (long[]){ bad[i], 0 }));
		CHECK_ERRNO(EINVAL, syscall(SYS_settimeofday, (long[]){ bad[i], 0 }, NULL));
		by = __builtin_sub_overflow(bad[i], was, &by) ? bad[i] : bad[i] - was;
		t = (struct abi_timex){ .modes = ADJ_SETOFFSET, .time = { by, 0 } };
		if (bad[i])		/* a machine that has just started may step to its first second */
			CHECK_ERRNO(EINVAL, adj(&t));
	}
	by = now() / 1000000000 - was;
	CHECK(by >= 0 && by < 100);
}

int
main(void)
{
	struct abi_timex t = { 0 };
	struct abi_timex first;
	long was, is;

	was = now() / 1000000000;
	CHECK(syscall(SYS_adjtimex, &t) == TIME_ERROR);		/* nobody has synchronised it */
	CHECK((t.status & STA_UNSYNC) && t.tick == 10000 && t.precision == 1 && t.tolerance == 500L << 16);
	CHECK(t.maxerror == 16000000 && t.freq == 0 && t.offset == 0 && t.time.tv_usec < 1000000);
	is = now() / 1000000000;
	CHECK(t.time.tv_sec >= was && t.time.tv_sec <= is);
	first = t;
	/* Its keeper's notes. */
	t = (struct abi_timex){ .modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = STA_PLL, .maxerror = 1000,
				.esterror = 500 };
	CHECK(adj(&t) == TIME_OK);
	t = (struct abi_timex){ 0 };
	CHECK(adj(&t) == TIME_OK && t.status == STA_PLL && t.esterror == 500);
	CHECK(t.maxerror >= 1000 && t.maxerror < 100000);
	t = (struct abi_timex){ .modes = ADJ_NANO };
	CHECK(adj(&t) == TIME_OK && (t.status & STA_NANO));
	t = (struct abi_timex){ .modes = ADJ_MICRO };
	CHECK(adj(&t) == TIME_OK && !(t.status & STA_NANO));
	/* A step. */
	was = now();
	t = (struct abi_timex){ .modes = ADJ_SETOFFSET | ADJ_NANO, .time = { 1000, 500000000 } };
	CHECK(adj(&t) >= 0);
	is = now();
	CHECK(is - was >= 1000500000000 && is - was < 1100500000000);
	t = (struct abi_timex){ .modes = ADJ_SETOFFSET | ADJ_MICRO, .time = { -1001, 500000 } };
	CHECK(adj(&t) >= 0);
	is = now();
	CHECK(is - was >= 0 && is - was < 100000000000);
	t = (struct abi_timex){ .modes = ADJ_SETOFFSET, .time = { 0, 1000000 } };
	CHECK_ERRNO(EINVAL, adj(&t));
	range();
	/* As it was found. */
	first.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR;
	first.status = STA_UNSYNC;
	CHECK(adj(&first) == TIME_ERROR);
	/* Bad ones. */
	t = (struct abi_timex){ .modes = ADJ_TICK, .tick = 5 };
	CHECK_ERRNO(EINVAL, adj(&t));
	CHECK_ERRNO(EINVAL, syscall(SYS_clock_adjtime, 99, &t));
	t.modes = 0;
	CHECK_ERRNO(EOPNOTSUPP, syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &t));
	CHECK_ERRNO(EFAULT, syscall(SYS_adjtimex, 8));
	CHECK(exited(in_child(nobody), 0));
	return 0;
}
