/*
 * mmc_spi.c - a slot for memory cards on an SPI bus, and the card in it as a disk: /dev/mmcblk0.
 *
 *	mmc_start     a task for each slot ("mmc0") wakes the card; none there: it looks again every second
 *	              the card answers: the disk's task ("mmcblk0") starts, the disk is registered, the first task ends
 *	block queue --slot_start--> slot->request --> the disk's task: sd_card_transfer --> request_done
 *
 * The bus is slow and one task's, so that the disk has one request at a time: the queue merges meanwhile.  A card is
 * written when it says so, and has no cache to flush.
 *
 * Data        struct slot, one per slot in the device tree; slots.
 * Locks       slot->lock (RANK_DRIVER) for the request: taken under the queue's.  The card is guarded by its bus's.
 * Not here    what a card says (sd_spi.c, sd_card.c); partitions (drivers/block/).
 */
#include "abi/errno.h"
#include "drivers/block/block.h"
#include "drivers/mmc/mmc.h"
#include "drivers/mmc/sd_spi.h"
#include "fs/dev.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "mm/slab.h"

#define MMC_MAJOR	179		/* Linux's */
#define MINORS		8
#define MAX_VECS	64U
#define MAX_SECTORS	256		/* 128 KiB: some 60 ms on the bus */
#define LOOK_AGAIN	NSEC_PER_SEC

struct slot {				/* Guarded by: i immutable  l lock  o the disk's task alone */
	struct slot *next;		/* [i] */
	uint	index;			/* [i] */
	char	name[16];		/* [i] "mmcblk0" */
	struct sd_card card;
	struct spinlock lock;
	struct request *request;	/* [l] at the card */
	struct waitq work;		/* request is not NULL */
	int	failing;		/* [o] how the last request failed, which is said once; 0: it did not */
	struct sd_piece pieces[MAX_VECS];	/* [o] of the request */
};

static struct slot *slots;		/* changed while one cpu boots */
static uint nslots;

/* ---- requests ---- */

static int
slot_start(void *driver, struct request *rq)
{
	struct slot *s = driver;
	ulong flags = spin_lock_irqsave(&s->lock);
	int err = s->request ? -EBUSY : 0;

	if (!err)
		s->request = rq;
	spin_unlock_irqrestore(&s->lock, flags);
	if (!err)
		wake_up(&s->work);
	return err;
}

static const struct block_ops slot_ops = { .start = slot_start };

/* 0, or as struct bio's error. */
static int
serve(struct slot *s, struct request *rq)
{
	bool write = rq->op == BIO_WRITE;
	struct request_iter it;
	uint n = 0;
	int err;

	for (it = request_first(rq); it.len; request_step(&it))
		s->pieces[n++] = (struct sd_piece){ (u8 *)frame_va(it.frame) + it.off, it.len };
	err = sd_card_transfer(&s->card, write, rq->sector, s->pieces, n);
	if (err && err != s->failing)
		pr_err("%s: cannot %s sector %lu and %u more: error %d%s\n", s->name, write ? "write" : "read",
		       (ulong)rq->sector, rq->sectors - 1, -err,
		       err == -ENOMEDIUM ? " (no card)" : err == -ESTALE ? " (another card)" : "");
	if (!err && s->failing)
		pr_info("%s: works again\n", s->name);
	s->failing = err;
	return err ? -EIO : 0;
}

static struct request *
take(struct slot *s)
{
	ulong flags = spin_lock_irqsave(&s->lock);
	struct request *rq = s->request;

	spin_unlock_irqrestore(&s->lock, flags);
	return rq;
}

static void
disk_main(void *arg)
{
	struct slot *s = arg;
	struct request *rq;
	ulong flags;
	int err;

	for (;;) {
		wait_event(&s->work, (rq = take(s)) != NULL);
		err = serve(s, rq);
		flags = spin_lock_irqsave(&s->lock);
		s->request = NULL;
		spin_unlock_irqrestore(&s->lock, flags);
		request_done(rq, err);		/* the queue gives us the next */
	}
}

/* ---- the card comes ---- */

static void
disk_register(struct slot *s)
{
	static const struct block_limits limits = {
		.max_vecs = MAX_VECS, .max_sectors = MAX_SECTORS, .minors = MINORS,
	};
	struct task *t = kthread_create(s->name, disk_main, s);
	int err = -ENOMEM;

	if (t) {
		sched_start(t);
		err = block_register(s->name, DEV(MMC_MAJOR, s->index * MINORS), s->card.sectors, SD_BLOCK,
				     s->card.read_only, &limits, &slot_ops, s);
	}
	if (err)				/* the task waits for ever, and nobody minds */
		pr_err("%s: no disk: error %d\n", s->name, -err);
}

/* The card in the slot, as soon as there is one that works. */
static void
slot_main(void *arg)
{
	struct slot *s = arg;
	bool first = true;
	int err;

	while ((err = sd_card_init(&s->card)) != 0) {
		if (first) {
			if (err == -ENOMEDIUM)
				pr_info("%s: no card\n", s->name);
			else
				pr_err("%s: the card %s: error %d\n", s->name, err == -EOPNOTSUPP ?
				       "is of no kind that is known here" : "does not answer as it should", -err);
			block_probe_end();	/* nobody waits for it any more */
			first = false;
		}
		sleep_until(clock_monotonic() + LOOK_AGAIN);
	}
	disk_register(s);
	if (first)
		block_probe_end();
	task_exit(0);
}

static int
mmc_spi_probe(struct spi_device *d)
{
	struct slot *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->index = nslots++;
	snprintf(s->name, sizeof(s->name), "mmcblk%u", s->index);
	s->card.spi = d;
	s->card.name = s->name;
	spin_init(&s->lock, RANK_DRIVER);
	waitq_init(&s->work);
	s->next = slots;
	slots = s;
	block_probe_begin();
	return 0;
}

void
mmc_start(void)
{
	struct task *t;
	char name[16];

	for (struct slot *s = slots; s; s = s->next) {
		snprintf(name, sizeof(name), "mmc%u", s->index);
		t = kthread_create(name, slot_main, s);
		if (t) {
			sched_start(t);
			continue;
		}
		pr_err("%s: no memory for its task\n", s->name);
		block_probe_end();
	}
}

const struct spi_driver mmc_spi_driver = { .compatible = "mmc-spi-slot", .probe = mmc_spi_probe };
