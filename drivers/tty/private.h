/*
 * private.h - struct tty, for the files of drivers/tty/ alone.
 */
#ifndef DRIVERS_TTY_PRIVATE_H
#define DRIVERS_TTY_PRIVATE_H

#include "abi/termios.h"
#include "drivers/tty/tty.h"
#include "fs/vfs.h"
#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "kernel/waitq.h"
#include "lib/bitops.h"

#define INPUT_SIZE	16384		/* input ring, a power of two */
#define LINE_MAX	4096		/* longest canonical line, with its end */
#define ECHO_SIZE	128

/*
 * The input ring. Positions run freely; a byte's place is position % INPUT_SIZE.
 *
 *	tail ...... canon_head ...... head
 *	 | whole lines   | being typed  |	canonical: readers see up to canon_head
 *	 |      readable                |	raw: readers see up to head
 *
 * A set bit in delim marks a byte that ends a line; a marked 0 is an end of file (^D).
 *
 * Guarded by: i immutable  l lock  a atomic
 */
struct tty {
	struct spinlock lock;		/* RANK_TTY_BUF; interrupts take it */
	struct mutex read_lock;		/* one reader at a time, so that lines stay whole */
	struct mutex write_lock;	/* one writer at a time; never with read_lock */
	char	name[16];		/* [i] */
	u32	dev;			/* [i] */
	const struct tty_ops *ops;	/* [i] */
	void	*private;		/* [i] */
	struct tty *next;		/* [i] */

	struct abi_termios termios;	/* [l] */
	struct abi_winsize winsize;	/* [l] */
	struct waitq read_wait, write_wait;

	u32	head, canon_head, tail;	/* [l] */
	bool	lnext;			/* [l] the next byte is literal (^V) */
	bool	stopped;		/* [l] by ^S */
	u32	column;			/* [l] of the cursor, as far as we can tell */
	u32	canon_column;		/* [l] where the line being typed began */
	u32	echo_len;		/* [l] */
	char	echo[ECHO_SIZE];	/* [l] echo not yet with the device */

	int	pgrp, session;		/* [l] foreground group; session it controls; 0 none */
	u32	hangups;		/* [l] files opened before the last one are dead */
	u64	signals;		/* [l] typed, to be sent when the lock is free: sigmask()s */

	ulong	delim[BITMAP_LONGS(INPUT_SIZE)];	/* [l] */
	u8	buf[INPUT_SIZE];	/* [l] */
};

struct tty_file {			/* what one open() of a tty keeps */
	struct tty *tty;
	u32	hangups;		/* tty->hangups at open */
	bool	console;		/* opened as /dev/console: survives hang-ups */
};

extern struct tty *ttys;		/* every tty, first registered first */

static inline bool
tty_file_hung_up(const struct tty_file *tf)
{
	return !tf->console && READ_ONCE(tf->tty->hangups) != tf->hangups;
}

/* --- ldisc.c --- */
void	ldisc_init(struct tty *t);		/* default settings */
bool	ldisc_readable(const struct tty *t, u32 min);	/* a line, or min bytes */
u32	ldisc_count(struct tty *t);		/* FIONREAD */
void	ldisc_flush_input(struct tty *t) MUST_HOLD(t->lock);
void	ldisc_set_termios(struct tty *t, const struct abi_termios *k);
size_t	ldisc_output(struct tty *t, const char *s, size_t n);	/* bytes of s that went out */
ssize_t	ldisc_read(struct tty_file *tf, struct uio *u, bool nonblock);

/* --- jobctl.c --- */
int	jobctl_check_read(struct tty *t);	/* 0, -EIO, -ERESTARTSYS after SIGTTIN */
int	jobctl_check_change(struct tty *t);	/* the same with SIGTTOU */
void	jobctl_open(struct tty *t);		/* acquire as controlling terminal if current may */
int	jobctl_set_session(struct tty *t, bool steal);	/* TIOCSCTTY */
int	jobctl_drop(struct tty *t);		/* TIOCNOTTY */
int	jobctl_set_pgrp(struct tty *t, int pgid);	/* TIOCSPGRP */

#endif
