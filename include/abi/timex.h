/*
 * timex.h - adjusting the wall clock: adjtimex, clock_adjtime.
 * Source: Linux include/uapi/linux/timex.h.
 */
#ifndef ABI_TIMEX_H
#define ABI_TIMEX_H

#include "abi/check.h"
#include "abi/time.h"

struct abi_timex {
	uint32_t modes;			/* ADJ_*: what to set */
	int64_t	offset;			/* us, or ns with STA_NANO */
	int64_t	freq;			/* 2^-16 ppm */
	int64_t	maxerror, esterror;	/* us */
	int32_t	status;			/* STA_* */
	int64_t	constant;
	int64_t	precision;		/* us */
	int64_t	tolerance;		/* 2^-16 ppm */
	struct abi_timeval time;
	int64_t	tick;			/* us that 1/ABI_CLK_TCK s count as */
	int64_t	ppsfreq, jitter;
	int32_t	shift;
	int64_t	stabil, jitcnt, calcnt, errcnt, stbcnt;
	int32_t	tai;			/* TAI - UTC, s */
	int32_t	pad_[11];
};
ABI_SIZE(struct abi_timex, 208);
ABI_OFFSET(struct abi_timex, time, 72);
ABI_OFFSET(struct abi_timex, tai, 160);

#define ADJ_OFFSET		0x0001
#define ADJ_FREQUENCY		0x0002
#define ADJ_MAXERROR		0x0004
#define ADJ_ESTERROR		0x0008
#define ADJ_STATUS		0x0010
#define ADJ_TIMECONST		0x0020
#define ADJ_TAI			0x0080
#define ADJ_SETOFFSET		0x0100
#define ADJ_MICRO		0x1000
#define ADJ_NANO		0x2000
#define ADJ_TICK		0x4000
#define ADJ_OFFSET_SINGLESHOT	0x8001	/* adjtime(3) */
#define ADJ_OFFSET_SS_READ	0xa001

#define STA_PLL		0x0001
#define STA_INS		0x0010
#define STA_DEL		0x0020
#define STA_UNSYNC	0x0040
#define STA_PPSSIGNAL	0x0100
#define STA_PPSJITTER	0x0200
#define STA_PPSWANDER	0x0400
#define STA_PPSERROR	0x0800
#define STA_CLOCKERR	0x1000
#define STA_NANO	0x2000
#define STA_MODE	0x4000
#define STA_CLK		0x8000

#define TIME_OK		0	/* what the calls return: the clock's state */
#define TIME_INS	1
#define TIME_DEL	2
#define TIME_ERROR	5	/* STA_UNSYNC or STA_CLOCKERR is set */

#endif
