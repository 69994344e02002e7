/*
 * ioctl.h - ioctl request numbers.
 * Source: Linux include/uapi/asm-generic/ioctls.h, linux/fs.h, rtc.h, random.h.
 */
#ifndef ABI_IOCTL_H
#define ABI_IOCTL_H

#include "abi/check.h"

/* terminals */
#define TCGETS		0x5401
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TCGETA		0x5405
#define TCSETA		0x5406
#define TCSETAW		0x5407
#define TCSETAF		0x5408
#define TCSBRK		0x5409
#define TCXONC		0x540A
#define TCFLSH		0x540B
#define TIOCEXCL	0x540C
#define TIOCNXCL	0x540D
#define TIOCSCTTY	0x540E
#define TIOCGPGRP	0x540F
#define TIOCSPGRP	0x5410
#define TIOCOUTQ	0x5411
#define TIOCSTI		0x5412
#define TIOCGWINSZ	0x5413
#define TIOCSWINSZ	0x5414
#define TIOCMGET	0x5415
#define TIOCMBIS	0x5416
#define TIOCMBIC	0x5417
#define TIOCMSET	0x5418
#define TIOCINQ		0x541B
#define TIOCCONS	0x541D
#define TIOCPKT		0x5420
#define TIOCNOTTY	0x5422
#define TIOCSETD	0x5423
#define TIOCGETD	0x5424
#define TCSBRKP		0x5425
#define TIOCSBRK	0x5427
#define TIOCCBRK	0x5428
#define TIOCGSID	0x5429
#define TCGETS2		0x802c542aU
#define TCSETS2		0x402c542bU
#define TCSETSW2	0x402c542cU
#define TCSETSF2	0x402c542dU
#define TIOCGPTN	0x80045430U
#define TIOCSPTLCK	0x40045431U
#define TIOCGDEV	0x80045432U
#define TIOCSIG		0x40045436U
#define TIOCVHANGUP	0x5437
#define TIOCGPKT	0x80045438U
#define TIOCGPTLCK	0x80045439U
#define TIOCGEXCL	0x80045440U
#define TIOCGPTPEER	0x5441

/* What TIOCPKT's first byte says: 0, data follows; else what has happened at the other end. */
#define TIOCPKT_DATA		0
#define TIOCPKT_FLUSHREAD	1	/* it forgot what it had to read */
#define TIOCPKT_FLUSHWRITE	2	/* and what it had written */
#define TIOCPKT_STOP		4	/* it stopped its output */
#define TIOCPKT_START		8
#define TIOCPKT_NOSTOP		16	/* ^S and ^Q mean nothing to it any more */
#define TIOCPKT_DOSTOP		32	/* and now they do */
#define TIOCPKT_IOCTL		64	/* EXTPROC: its settings changed */

/* any file */
#define FIBMAP		1
#define FIGETBSZ	2
#define FS_IOC_GETFLAGS	0x80086601U
#define FS_IOC_SETFLAGS	0x40086602U
#define FS_IOC_GETVERSION 0x80087601U
#define FIONREAD	0x541B
#define FIONBIO		0x5421
#define FIONCLEX	0x5450
#define FIOCLEX		0x5451
#define FIOASYNC	0x5452
#define FICLONE		0x40049409U

/* block devices */
#define BLKROSET	0x125d
#define BLKROGET	0x125e
#define BLKRRPART	0x125f
#define BLKGETSIZE	0x1260		/* in units of 512 bytes, as unsigned long */
#define BLKFLSBUF	0x1261
#define BLKSSZGET	0x1268		/* logical sector, as int */
#define BLKBSZGET	0x80081270U
#define BLKGETSIZE64	0x80081272U	/* in bytes, as uint64_t */
#define BLKDISCARD	0x1277
#define BLKIOMIN	0x1278
#define BLKIOOPT	0x1279
#define BLKPBSZGET	0x127b
#define BLKZEROOUT	0x127f

/* the clock chip */
#define RTC_RD_TIME	0x80247009U
#define RTC_SET_TIME	0x4024700aU

/* /dev/random */
#define RNDGETENTCNT	0x80045200U

struct abi_rtc_time {
	int32_t	tm_sec, tm_min, tm_hour;
	int32_t	tm_mday, tm_mon, tm_year;	/* mon from 0, year from 1900 */
	int32_t	tm_wday, tm_yday, tm_isdst;
};
ABI_SIZE(struct abi_rtc_time, 36);

#endif
