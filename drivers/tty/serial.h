/*
 * serial.h - what serial ports have in common: the ring of bytes waiting for a transmitter.
 *
 * A driver embeds a struct serial first in its own, fills in `regs` after serial_init(), and knows only
 * registers: struct serial_ops is all that serial.c asks of it.
 */
#ifndef DRIVERS_TTY_SERIAL_H
#define DRIVERS_TTY_SERIAL_H

#include "drivers/driver.h"
#include "kernel/spinlock.h"

#define SERIAL_RING	4096		/* bytes, a power of two */

/* Interrupts: bytes arrived; room in the transmitter. */
#define SERIAL_RX	1
#define SERIAL_TX	2

struct serial;
struct tty;

struct serial_ops {
	/* Give the transmitter as many of n bytes as it takes now; how many. With the lock, but for a panic. */
	size_t	(*send)(struct serial *s, const char *p, size_t n);
	/* Take up to n bytes that have arrived; how many. Without the lock, from the interrupt only. */
	size_t	(*receive)(struct serial *s, char *buf, size_t n);
	/* Enable these interrupts (SERIAL_RX, SERIAL_TX) and no others. With the lock. */
	void	(*enable)(struct serial *s, u32 interrupts);
	/* Does the device still ask for attention? NULL: emptying the receiver once is enough. */
	bool	(*pending)(struct serial *s);
};

struct serial {				/* Guarded by: i immutable  l lock */
	struct spinlock lock;
	const struct serial_ops *ops;	/* [i] */
	volatile u8 *regs;		/* [i] the driver's */
	struct tty *tty;		/* [i] set once, before interrupts come */
	u32	enabled;		/* [l] the interrupts last asked for */
	bool	receiving;		/* [l] there is an interrupt for what arrives, and room for it */
	bool	stop_sent;		/* [l] IXOFF: the sender was asked to stop */
	u32	head, tail;		/* [l] next to fill, next to send: they run freely */
	char	ring[SERIAL_RING];	/* [l] */
};

void	serial_init(struct serial *s, const struct serial_ops *ops);
/*
 * Make s the terminal `name` with this device number, its first interrupt handled by `interrupt` (called with s).
 * 0 or -errno; a port without an interrupt is a port for output.
 */
int	serial_register(struct serial *s, struct device *dev, const char *name, u32 number,
			void (*interrupt)(void *s));
/* The handler, or the greater part of one. */
void	serial_interrupt(void *s);

#endif
