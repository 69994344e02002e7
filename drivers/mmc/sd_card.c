/*
 * sd_card.c - a memory card on an SPI bus: waking it, moving blocks, and what is done when that goes wrong.
 *
 *	                 sd_card_init                    transfer
 *	   (not ready) ----------------> (ready) ------------------> (ready)
 *	        ^                           |  anything goes wrong
 *	        +---------------------------+
 *
 *	a transfer may fail to get further four times in a row: twice with many blocks at once, then block by block;
 *	the card is woken anew each time, and after a second bad checksum the bus runs half as fast.
 *
 * A card that was pulled fails each request once, quickly.  The same card back in its slot works again; another one
 * does not: what the caches hold is not its content.
 *
 * Data        struct sd_card (sd_spi.h).
 * Locks       the bus's, for whole requests.
 * Invariants  C1  ready => the card, when last heard of, had checksums on and blocks of 512 bytes.
 *             C2  known => sectors, cid, by_block and read_only are the first card's, and stay.
 * Not here    frames, tokens, checksums (sd_spi.c); requests (mmc_spi.c).
 * Further     SD Physical Layer Simplified Specification 9.10, 4.3, 5.3, 7.2.1.
 */
#include "abi/errno.h"
#include "drivers/mmc/sd_spi.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "lib/string.h"

#define HZ_INIT		400000
#define HZ_MAX		25000000	/* without asking for the high-speed mode */
#define TRIES		4		/* of a request */
#define TRIES_ONE_BY_ONE 2		/* the last ones */
#define PAUSE		(20 * NSEC_PER_MSEC)	/* before the second, twice as long before each other */
#define IDLE_TRIES	10
#define IDLE_TRIES_GONE	2		/* of a card that has answered before */

#define CHECK_PATTERN	0x1aa		/* 2.7 to 3.6 V, and 0xaa */
#define OP_COND_HIGH	BIT(30)		/* this host knows SDHC and SDXC */
#define OCR_BY_BLOCK	BIT(30)

/* ---- waking ---- */

/* Whatever it is in the midst of sending or receiving ends. */
static void
clear_line(struct spi_device *spi)
{
	static const u8 end[2] = { 0xff, 0xfd };

	spi_transfer(spi, end, NULL, sizeof(end));
	spi_transfer(spi, NULL, NULL, SD_BLOCK + 8);
}

/* Into SPI mode, and idle. 0, -ENOMEDIUM, or the controller's error. */
static int
go_idle(struct sd_card *card)
{
	int tries = card->known ? IDLE_TRIES_GONE : IDLE_TRIES, first, err;
	struct spi_device *spi = card->spi;

	for (int i = 0; i < tries; i++) {
		sleep_until(clock_monotonic() + NSEC_PER_MSEC);
		err = spi_idle(spi, 10);
		if (err)
			return err;
		sd_attention(spi);
		if (i)
			clear_line(spi);
		first = sd_command(spi, SD_GO_IDLE, 0, NULL, 0);
		sd_dismiss(spi);
		if (first == SD_R1_IDLE)
			return 0;
	}
	return -ENOMEDIUM;
}

/* What it can do, and that it hears us. *version 1 or 2. */
static int
check_version(struct spi_device *spi, int *version)
{
	u8 echo[4];
	int first = sd_command(spi, SD_SEND_IF_COND, CHECK_PATTERN, echo, 4);

	if (first < 0)
		return first;
	*version = first & SD_R1_ILLEGAL ? 1 : 2;
	if (*version == 2 && ((echo[2] & 0xf) << 8 | echo[3]) != CHECK_PATTERN)
		return -EIO;
	return 0;
}

static int
leave_idle(struct spi_device *spi, int version)
{
	u64 deadline = clock_monotonic() + SD_INIT_TIME;
	int first;

	for (;;) {
		first = sd_command(spi, SD_APP, 0, NULL, 0);
		if (first >= 0 && (first & SD_R1_ILLEGAL))
			return -EOPNOTSUPP;	/* a MultiMediaCard */
		if (first >= 0)
			first = sd_command(spi, SD_APP_OP_COND, version == 2 ? OP_COND_HIGH : 0, NULL, 0);
		if (first <= 0)
			return first;
		if (first != SD_R1_IDLE)
			return -EIO;
		if (clock_monotonic() >= deadline)
			return -ETIMEDOUT;
		sleep_until(clock_monotonic() + NSEC_PER_MSEC);
	}
}

/* The sectors that a CSD register tells of, 0 if none; and whether the card may be written. */
static u64
parse_csd(const u8 *csd, bool *read_only)
{
	u32 size, shift;

	*read_only = csd[14] & 0x30;
	switch (csd[0] >> 6) {
	case 0:
		size = (csd[6] & 3) << 10 | csd[7] << 2 | csd[8] >> 6;
		shift = (csd[5] & 15) + ((csd[9] & 3) << 1 | csd[10] >> 7) + 2;
		return (u64)(size + 1) << shift >> 9;
	case 1:
		size = (csd[7] & 0x3f) << 16 | csd[8] << 8 | csd[9];
		return (u64)(size + 1) << 10;
	default:
		return 0;
	}
}

static int
read_register(struct spi_device *spi, enum sd_command cmd, u8 reg[16])
{
	int err = sd_simple(spi, cmd, 0);

	return err ? err : sd_get_block(spi, reg, 16);
}

/* Who is it, and how big? */
static int
identify(struct sd_card *card, bool by_block)
{
	u8 csd[16], cid[16];
	bool read_only;
	u64 sectors;
	int err = read_register(card->spi, SD_SEND_CSD, csd);

	if (err)
		return err;
	err = read_register(card->spi, SD_SEND_CID, cid);
	if (err == -EIO)
		memset(cid, 0, sizeof(cid));	/* it has none */
	else if (err)
		return err;
	sectors = parse_csd(csd, &read_only);
	if (!sectors)
		return -EOPNOTSUPP;
	if (by_block != (csd[0] >> 6 == 1))	/* of the two, only this has a checksum */
		return -EIO;
	if (card->known)
		return sectors == card->sectors && by_block == card->by_block &&
		       !memcmp(cid, card->cid, sizeof(cid)) ? 0 : -ESTALE;
	card->sectors = sectors;
	card->by_block = by_block;
	card->read_only = read_only;
	memcpy(card->cid, cid, sizeof(cid));
	return 0;
}

/* From idle to ready for data. */
static int
set_up(struct sd_card *card)
{
	struct spi_device *spi = card->spi;
	int version, first, err = check_version(spi, &version);
	bool by_block = false;
	u8 ocr[4];

	if (err)
		return err;
	first = sd_command(spi, SD_CRC_ON, 1, NULL, 0);
	if (first < 0)
		return first;
	err = leave_idle(spi, version);
	if (err)
		return err;
	if (version == 2) {
		first = sd_command(spi, SD_READ_OCR, 0, ocr, 4);
		if (first < 0)
			return first;
		by_block = (u32)ocr[0] << 24 & OCR_BY_BLOCK;
	}
	if (!by_block) {
		err = sd_simple(spi, SD_SET_BLOCKLEN, SD_BLOCK);
		if (err)
			return err;
	}
	return identify(card, by_block);
}

static int
wake(struct sd_card *card) MUST_HOLD(card->spi->bus->lock)
{
	struct spi_device *spi = card->spi;
	int err;

	if (!spi_setup(spi, HZ_INIT))
		return -EIO;
	err = go_idle(card);
	card->ready = false;
	if (err)
		return err;
	sd_attention(spi);
	err = set_up(card);
	sd_dismiss(spi);
	if (err)
		return err;
	if (!card->top_hz)
		card->top_hz = MIN(spi->max_hz, (u32)HZ_MAX);
	spi_setup(spi, card->top_hz);
	card->ready = card->known = true;
	return 0;
}

int
sd_card_init(struct sd_card *card)
{
	int err;

	spi_begin(card->spi);
	err = wake(card);
	spi_end(card->spi);
	return err;
}

/* ---- blocks ---- */

struct run {				/* what is left of a request */
	u64	sector;
	const struct sd_piece *piece;
	u32	off;			/* in the piece */
	u32	left;			/* blocks */
};

static u8 *run_data(const struct run *r) { return r->piece->data + r->off; }

static void
run_step(struct run *r)
{
	r->sector++;
	r->left--;
	r->off += SD_BLOCK;
	if (r->off == r->piece->len) {
		r->piece++;
		r->off = 0;
	}
}

static u32
address(const struct sd_card *card, u64 sector)
{
	return card->by_block ? sector : sector * SD_BLOCK;
}

/* Did what was written arrive? */
static int
check_status(struct spi_device *spi)
{
	u8 second;
	int first = sd_command(spi, SD_SEND_STATUS, 0, &second, 1);

	return first < 0 ? first : first | second ? -EIO : 0;
}

static int
read_one(struct spi_device *spi, u32 at, u8 *buf)
{
	int err = sd_simple(spi, SD_READ_ONE, at);

	return err ? err : sd_get_block(spi, buf, SD_BLOCK);
}

static int
write_one(struct spi_device *spi, u32 at, const u8 *buf)
{
	int err = sd_simple(spi, SD_WRITE_ONE, at);

	if (!err)
		err = sd_put_block(spi, SD_TOKEN_ONE, buf);
	return err ? err : check_status(spi);
}

/* One block, and what is left gets smaller by it. */
static int
move_one(struct sd_card *card, bool write, struct run *r)
{
	u32 at = address(card, r->sector);
	int err = write ? write_one(card->spi, at, run_data(r)) : read_one(card->spi, at, run_data(r));

	if (!err)
		run_step(r);
	return err;
}

static int
read_many(struct sd_card *card, struct run *r)
{
	int err = sd_simple(card->spi, SD_READ_MANY, address(card, r->sector)), stopped;

	if (err)
		return err;
	while (r->left && !err) {
		err = sd_get_block(card->spi, run_data(r), SD_BLOCK);
		if (!err)
			run_step(r);
	}
	stopped = sd_stop_reading(card->spi);
	return err ? err : stopped;
}

/* All of it, or none as far as anybody knows. */
static int
write_many(struct sd_card *card, struct run *r)
{
	int err = sd_simple(card->spi, SD_WRITE_MANY, address(card, r->sector)), stopped;
	struct run rest = *r;

	if (err)
		return err;
	while (rest.left && !err) {
		err = sd_put_block(card->spi, SD_TOKEN_MANY, run_data(&rest));
		run_step(&rest);
	}
	stopped = sd_stop_writing(card->spi, err);
	if (!err)
		err = stopped;
	if (!err)
		err = check_status(card->spi);
	if (!err)
		*r = rest;
	return err;
}

static int
move(struct sd_card *card, bool write, struct run *r, bool many)
{
	int err = 0;

	sd_attention(card->spi);
	if (many && r->left > 1)
		err = write ? write_many(card, r) : read_many(card, r);
	else
		while (r->left && !err)
			err = move_one(card, write, r);
	sd_dismiss(card->spi);
	return err;
}

/* Go slower: the lines are not as good as they should be. */
static void
slow_down(struct sd_card *card)
{
	if (card->top_hz / 2 < HZ_INIT)
		return;
	card->top_hz /= 2;
	pr_warn("%s: bad checksums: on with %u kHz\n", card->name, card->top_hz / 1000);
}

int
sd_card_transfer(struct sd_card *card, bool write, u64 sector, const struct sd_piece *p, uint n)
{
	struct run r = { .sector = sector, .piece = p, .left = 0 };
	int err = 0, tries = 0;
	bool was_ready;
	u32 before;

	while (n--)
		r.left += p[n].len / SD_BLOCK;
	spi_begin(card->spi);
	was_ready = card->ready;
	while (r.left && tries < TRIES) {
		before = r.left;
		if (tries)
			sleep_until(clock_monotonic() + (PAUSE << (tries - 1)));
		err = card->ready ? 0 : wake(card);
		if (!was_ready && (err == -ENOMEDIUM || err == -ESTALE))
			break;			/* it is still away: whoever asks next shall not wait for that too */
		if (!err)
			err = move(card, write, &r, tries < TRIES - TRIES_ONE_BY_ONE);
		if (err)
			card->ready = false;
		if (err == -EBADMSG && tries)
			slow_down(card);
		tries = r.left == before ? tries + 1 : MIN(tries, TRIES - TRIES_ONE_BY_ONE);
	}
	spi_end(card->spi);
	return r.left ? err : 0;
}
