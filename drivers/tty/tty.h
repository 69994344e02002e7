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

struct tty_ops {			/* each: any context, interrupts off, no sleeping */
	/* Take up to n bytes for output; how many were taken (rest: write_wakeup later). */
	size_t	(*write)(struct tty *t, const char *s, size_t n);
	size_t	(*room)(struct tty *t);		/* write() would take at least so many */
	size_t	(*pending)(struct tty *t);	/* taken and not yet with the hardware */
	void	(*flush)(struct tty *t);	/* forget what is pending */
	void	(*set_termios)(struct tty *t);	/* speed; may be NULL */
	/* For printk: everything, in order after what is pending, before returning. NULL: no console. */
	void	(*console_write)(struct tty *t, const char *s, size_t n);
};

/* name: "ttyS0". NULL if out of memory. */
struct tty *tty_register(const char *name, u32 dev, const struct tty_ops *ops, void *private);
void	*tty_private(struct tty *t);
/* From the driver's interrupt: bytes arrived; room for output again. */
void	tty_input(struct tty *t, const char *s, size_t n);
void	tty_write_wakeup(struct tty *t);
/* A process group or session loses its terminal (setsid, session leader's exit). */
void	tty_session_exit(struct process *p);
struct tty *tty_controlling(struct process *p);	/* NULL if it has none (any more) */
int	tty_pgrp(struct tty *t);
u32	tty_dev(struct tty *t);				/* for /proc/PID/stat */
const char *tty_name(struct tty *t);
/* /dev/console: the tty that console= names (or the first). */
void	tty_console_init(void);

#endif
