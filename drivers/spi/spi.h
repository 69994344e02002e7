/*
 * spi.h - chips on a serial bus of four wires: clock, out, in, and a select for each chip.
 *
 *	chip's driver (drivers/mmc)     spi_begin, spi_select, spi_transfer, ..., spi_end
 *	        |
 *	controller (spi_sifive.c)       struct spi_ops
 *
 * Each byte that goes out brings one in. All of it may sleep, and is for one task at a time between spi_begin and
 * spi_end.
 */
#ifndef DRIVERS_SPI_SPI_H
#define DRIVERS_SPI_SPI_H

#include "kernel/mutex.h"
#include "lib/types.h"

struct spi_bus;

#define SPI_CPHA	BIT(0)		/* data is taken at the clock's second edge */
#define SPI_CPOL	BIT(1)		/* the clock rests high */
#define SPI_CS_HIGH	BIT(2)		/* selected when high */

struct spi_device {			/* a chip on a bus; nothing changes once it is probed */
	struct spi_bus *bus;
	int	node;			/* in the device tree */
	const char *name;		/* "mmc@0" */
	uint	cs;
	u32	max_hz;			/* what the tree allows */
	u8	mode;			/* SPI_* */
};

struct spi_ops {
	/* From now on transfers are to d, at hz or less; the speed that it is, 0 if that cannot be. */
	u32	(*setup)(struct spi_bus *b, const struct spi_device *d, u32 hz);
	void	(*select)(struct spi_bus *b, const struct spi_device *d, bool selected);
	/* out NULL: ones. in NULL: thrown away. 0, or -ETIMEDOUT: the controller stands still. */
	int	(*transfer)(struct spi_bus *b, const u8 *out, u8 *in, size_t n);
	/* n bytes of ones with d's select line held where it says "not you". */
	int	(*idle)(struct spi_bus *b, const struct spi_device *d, size_t n);
};

struct spi_bus {			/* Guarded by: i immutable */
	const struct spi_ops *ops;	/* [i] */
	const char *name;		/* [i] */
	uint	ncs;			/* [i] select lines */
	struct mutex lock;		/* RANK_SPI: between spi_begin and spi_end */
};

struct spi_driver {			/* of chips */
	const char *compatible;
	/* d is the driver's, for ever. 0 or -errno. Boot: nothing may sleep yet. */
	int	(*probe)(struct spi_device *d);
};

bool	spi_bus_wanted(int node);	/* is there a chip with a driver on the controller at this node? */
void	spi_bus_register(struct spi_bus *b, int node);	/* and probe what is on it */

static inline void spi_begin(struct spi_device *d) ACQUIRES(d->bus->lock) { mutex_lock(&d->bus->lock); }
static inline void spi_end(struct spi_device *d) RELEASES(d->bus->lock) { mutex_unlock(&d->bus->lock); }
static inline u32 spi_setup(struct spi_device *d, u32 hz) { return d->bus->ops->setup(d->bus, d, hz); }
static inline void spi_select(struct spi_device *d, bool on) { d->bus->ops->select(d->bus, d, on); }
static inline int spi_idle(struct spi_device *d, size_t n) { return d->bus->ops->idle(d->bus, d, n); }
static inline int
spi_transfer(struct spi_device *d, const u8 *out, u8 *in, size_t n)
{
	return d->bus->ops->transfer(d->bus, out, in, n);
}

#endif
