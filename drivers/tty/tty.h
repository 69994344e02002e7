/*
 * tty.h - terminals: a line discipline between a device's bytes and programs' reads.
 */
#ifndef DRIVERS_TTY_H
#define DRIVERS_TTY_H

#include "abi/termios.h"
#include "kernel/mutex.h"
#include "kernel/waitq.h"

struct file_ops;
struct process;
struct tty;

/* What a device does for its terminal. With the terminal's lock, interrupts off, unless it says otherwise. */
struct tty_ops {
	/* Take up to n bytes for output; how many were taken (rest: tty_write_wakeup later). */
	size_t	(*write)(struct tty *t, const char *s, size_t n);
	size_t	(*room)(struct tty *t);		/* write() would take at least so many; a hint without the lock */
	size_t	(*pending)(struct tty *t);	/* taken and not yet with the hardware; a hint without the lock */
	void	(*flush)(struct tty *t);	/* forget what is pending */
	/* NULL where nothing is to be done. */
	void	(*set_termios)(struct tty *t, const struct abi_termios2 *old);	/* t's settings are new */
	void	(*notify)(struct tty *t, u8 what);	/* TIOCPKT_STOP, START, FLUSHREAD: it has just happened */
	int	(*open)(struct tty *t);			/* somebody opens it: 0, or -errno to refuse */
	void	(*close)(struct tty *t);		/* nobody has it open any more */
	/* Without the lock: the input ring fills up (more is still taken while there is room), or has room again. */
	void	(*throttle)(struct tty *t, bool on);
	void	(*destroy)(struct tty *t);	/* without the lock: the last reference is gone */
	bool	outlives_session;	/* the session's end does not hang it up: others may go on using it */
	/* For printk: everything, in order after what is pending, before returning. NULL: no console. */
	void	(*console_write)(struct tty *t, const char *s, size_t n);
};

/* A terminal, counted once; NULL if out of memory. */
struct tty *tty_create(const char *name, u32 dev, const struct tty_ops *ops, void *private);
void	tty_get(struct tty *t);
void	tty_put(struct tty *t);			/* may sleep */
/* One that stays: /dev/NAME too ("ttyS0"), and perhaps the console. NULL if out of memory. */
struct tty *tty_register(const char *name, u32 dev, const struct tty_ops *ops, void *private);
void	*tty_private(struct tty *t);
/* Bytes arrived. How many were taken: the rest when throttle(off) has said that there is room. Any context. */
size_t	tty_input(struct tty *t, const char *s, size_t n);
/* tty_input would take at least so many. */
size_t	tty_input_room(const struct tty *t);
/* With IXOFF: the character that asks the sender to stop, or to go on. 0: do not ask. */
char	tty_flow_char(const struct tty *t, bool stop);
void	tty_write_wakeup(struct tty *t);	/* room for output again */

/* p, a session's leader, exits: its session loses its terminal. */
void	tty_session_exit(struct process *p);
/* p's controlling terminal, or NULL. */
struct tty *tty_controlling_locked(struct process *p);	/* MUST_HOLD(tasks_lock) */
int	tty_pgrp(struct tty *t);
u32	tty_dev(struct tty *t);				/* for /proc/PID/stat */
const char *tty_name(struct tty *t);
extern int tty_legacy_tiocsti;			/* /proc/sys/dev/tty: 1: TIOCSTI without a capability */

/* /dev/console: the tty that console= names (or the first). */
void	tty_console_init(void);
void	pty_init(void);				/* devpts can be mounted; /dev/ptmx */

#endif
