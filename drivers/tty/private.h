/*
 * private.h - struct tty, for the files of drivers/tty/ alone.
 */
#ifndef DRIVERS_TTY_PRIVATE_H
#define DRIVERS_TTY_PRIVATE_H

#include "abi/poll.h"
#include "abi/termios.h"
#include "arch/atomic.h"
#include "drivers/tty/tty.h"
#include "fs/vfs.h"
#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "kernel/waitq.h"
#include "lib/bitops.h"

#define INPUT_SIZE	16384		/* input ring, a power of two */
#define INPUT_HIGH	(INPUT_SIZE / 4 * 3)	/* so full: throttle the sender */
#define INPUT_LOW	(INPUT_SIZE / 2)	/* so empty again: go on */
#define LINE_MAX	4096		/* longest canonical line, with its end */
#define ECHO_SIZE	512

/*
 * The input ring. Positions run freely; a byte's place is position % INPUT_SIZE.
 *
 *	tail ...... canon_head ...... head
 *	 | whole lines   | being typed  |	canonical: readers see up to canon_head
 *	 |      readable                |	raw: readers see up to head
 *
 * A set bit in delim marks a byte that ends a line; a marked 0 is an end of file (^D).
 *
 * Guarded by: i immutable  l lock  a atomic  T tasks_lock and lock both for writing, either for reading
 */
struct tty {
	struct spinlock lock;		/* RANK_TTY_BUF; interrupts take it */
	struct mutex read_lock;		/* one reader at a time, so that lines stay whole */
	struct mutex write_lock;	/* one writer at a time; never with read_lock */
	atomic_t refs;			/* open files, the session, the list of ttys, a name in devpts */
	char	name[16];		/* [i] */
	u32	dev;			/* [i] */
	const struct tty_ops *ops;	/* [i] */
	void	*private;		/* [i] */
	struct tty *next;		/* [i] */

	struct abi_termios2 termios;	/* [l] */
	struct abi_winsize winsize;	/* [l] */
	struct waitq read_wait, write_wait;

	u32	head, canon_head, tail;	/* [l] */
	bool	lnext;			/* [l] the next byte is literal (^V) */
	bool	erasing;		/* [l] ECHOPRT: between its backslash and its slash */
	bool	stopped;		/* [l] by ^S, or held */
	bool	held;			/* [l] by TCOOFF: ^Q does not start it */
	bool	throttled;		/* [l] above INPUT_HIGH, and not yet below INPUT_LOW */
	u32	column;			/* [l] of the cursor, as far as we can tell */
	u32	canon_column;		/* [l] where the line being typed began */
	u32	echo_len;		/* [l] */
	char	echo[ECHO_SIZE];	/* [l] echo not yet with the device */

	int	pgrp, session;		/* [T] foreground group; session it controls (a reference); 0 none */
	u32	hangups;		/* [l] files opened before the last one are dead */
	u32	opens;			/* [l] files, dead ones too */
	bool	gone;			/* [l] for good: a pty without its master */
	bool	exclusive;		/* [l] TIOCEXCL: no more opens but root's */
	u64	signals;		/* [l] typed, to be sent when the lock is free: sigmask()s */

	ulong	delim[BITMAP_LONGS(INPUT_SIZE)];	/* [l] */
	u8	buf[INPUT_SIZE];	/* [l] */
};

struct tty_file {			/* what one open() of a tty keeps */
	struct tty *tty;		/* counted */
	u32	hangups;		/* tty->hangups at open */
	bool	console;		/* opened as /dev/console: survives hang-ups */
};

extern struct tty *ttys;		/* every registered tty, first registered first */

static inline bool
tty_file_hung_up(const struct tty_file *tf)
{
	return !tf->console && READ_ONCE(tf->tty->hangups) != tf->hangups;
}

/* Lines are edited here, and not by whoever is at the other end (EXTPROC). */
static inline bool
tty_canonical(const struct tty *t)
{
	return (READ_ONCE(t->termios.c_lflag) & (ICANON | EXTPROC)) == ICANON;
}

static inline u8 ring_at(const struct tty *t, u32 pos) { return t->buf[pos % INPUT_SIZE]; }
static inline bool ring_ends_line(const struct tty *t, u32 pos) { return bitmap_test(t->delim, pos % INPUT_SIZE); }

/* --- tty.c --- */
extern const struct file_ops tty_fops;
/* f, being opened, becomes a file of t; takes over the reference to t. 0 or -errno. */
int	tty_open_file(struct tty *t, struct file *f, bool console);

/* --- ioctl.c --- */
long	tty_ioctl(struct file *f, uint cmd, ulong arg);
/* What a pty's two ends answer alike. other_end: asked through the master. */
long	tty_ioctl_shared(struct tty *t, struct file *f, uint cmd, ulong arg, bool other_end);

/* --- write.c --- */
struct tty_sink {			/* where a write goes */
	struct mutex *lock;		/* of its writers */
	void	*to;
	/* All n bytes of s, waiting for room: 0, -EAGAIN, -EIO, -ERESTARTSYS. *done, 0 before, is how many went. */
	int	(*write)(void *to, const char *s, size_t n, bool nonblock, size_t *done);
};
ssize_t	tty_sink_write(const struct tty_sink *sink, struct uio *u, bool nonblock);

/* --- output.c --- */
#define OPOST_MAX	8		/* most bytes one byte becomes: a tab in spaces */
size_t	ldisc_output(struct tty *t, const char *s, size_t n);	/* bytes of s that went out */
void	echo_raw(struct tty *t, u8 c) MUST_HOLD(t->lock);
bool	echo_has_room(struct tty *t) MUST_HOLD(t->lock);	/* else a byte is lost */
void	echo_byte(struct tty *t, u8 c) MUST_HOLD(t->lock);	/* control characters as ^X if the settings say so */
void	echo_flush(struct tty *t) MUST_HOLD(t->lock);		/* hand it to the device */
void	tty_notify(struct tty *t, u8 what) MUST_HOLD(t->lock);	/* ops->notify, if there is one */
void	output_stop(struct tty *t) MUST_HOLD(t->lock);		/* ^S */
void	output_start(struct tty *t) MUST_HOLD(t->lock);		/* ^Q */

/* --- ldisc.c --- */
void	ldisc_init(struct tty *t);		/* default settings */
void	ldisc_flush_input(struct tty *t) MUST_HOLD(t->lock);
void	ldisc_balance(struct tty *t);		/* the ring may have emptied: let the sender go on. Without the lock */
void	ldisc_set_termios(struct tty *t, const struct abi_termios2 *k);

/* --- read.c --- */
bool	ldisc_readable(const struct tty *t, u32 min);	/* a line, or min bytes */
u32	ldisc_count(struct tty *t);		/* FIONREAD */
ssize_t	ldisc_read(struct tty_file *tf, struct uio *u, bool nonblock);

static inline bool is_control(u8 c) { return c < 0x20 || c == 0x7f; }

/* A byte of a UTF-8 character other than its first: takes no column of its own. */
static inline bool
is_continuation(const struct tty *t, u8 c)
{
	return t->termios.c_iflag & IUTF8 && (c & 0xc0) == 0x80;
}

/* --- jobctl.c --- */
struct tty *tty_current(void);			/* current's controlling terminal, counted; NULL */
int	jobctl_check_read(struct tty *t);	/* 0, -EIO, -ERESTARTSYS after SIGTTIN */
int	jobctl_check_change(struct tty *t);	/* the same with SIGTTOU */
void	jobctl_open(struct tty *t);		/* acquire as controlling terminal if current may */
int	jobctl_set_session(struct tty *t, bool readable, bool steal);	/* TIOCSCTTY */
int	jobctl_drop(struct tty *t);		/* TIOCNOTTY */
int	jobctl_set_pgrp(struct tty *t, uptr_t arg);	/* TIOCSPGRP */
void	jobctl_forget_session(struct tty *t);	/* nobody has it open: it controls nothing */
void	tty_hangup(struct tty *t);		/* vhangup */

/* There is room to write: who waits for input, O_ASYNC above all, is not told. */
static inline void
tty_room(struct waitq *q)
{
	wake_up_key(q, (void *)(ulong)(POLLOUT | POLLWRNORM), 0);
}

#endif
