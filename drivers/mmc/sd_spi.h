/*
 * sd_spi.h - what is said to a memory card on an SPI bus: commands and blocks (sd_spi.c), a card (sd_card.c).
 */
#ifndef DRIVERS_MMC_SD_SPI_H
#define DRIVERS_MMC_SD_SPI_H

#include "drivers/spi/spi.h"
#include "lib/types.h"

#define SD_BLOCK	512U

#define SD_SECOND	1000000000UL		/* in ns, as all times are */
#define SD_MSEC		1000000UL
#define SD_READ_TIME	(300 * SD_MSEC)		/* a card has 100 ms, and some take more */
#define SD_WRITE_TIME	SD_SECOND		/* 500 ms */
#define SD_INIT_TIME	(2 * SD_SECOND)		/* 1 s */

enum sd_command {
	SD_GO_IDLE = 0,
	SD_SEND_IF_COND = 8,
	SD_SEND_CSD = 9,
	SD_SEND_CID = 10,
	SD_STOP = 12,
	SD_SEND_STATUS = 13,
	SD_SET_BLOCKLEN = 16,
	SD_READ_ONE = 17,
	SD_READ_MANY = 18,
	SD_WRITE_ONE = 24,
	SD_WRITE_MANY = 25,
	SD_APP = 55,
	SD_READ_OCR = 58,
	SD_CRC_ON = 59,
	SD_APP_OP_COND = 41,		/* after SD_APP */
};

/* The first byte of each answer. */
#define SD_R1_IDLE	BIT(0)
#define SD_R1_ILLEGAL	BIT(2)
#define SD_R1_CRC	BIT(3)

/* ---- sd_spi.c: between spi_begin and spi_end; 0 or -errno unless said otherwise ---- */
/* Errors: -ETIMEDOUT no answer, or busy for ever; -EBADMSG a wrong checksum, here or there; -EIO the card says no. */

/*
 * Send a command and get its answer: the first byte, >= 0, and `more` bytes behind it. -ETIMEDOUT; -EBADMSG.
 * What the first byte says besides is the caller's to judge.
 */
int	sd_command(struct spi_device *spi, enum sd_command cmd, u32 arg, u8 *answer, uint more);
int	sd_simple(struct spi_device *spi, enum sd_command cmd, u32 arg);	/* -EIO: it does not say "done" */
int	sd_get_block(struct spi_device *spi, u8 *buf, uint n);		/* a block of n bytes, when it comes */
int	sd_put_block(struct spi_device *spi, u8 token, const u8 *buf);	/* one of SD_BLOCK, and wait for its writing */
int	sd_stop_reading(struct spi_device *spi);
int	sd_stop_writing(struct spi_device *spi, bool refused);	/* refused: the card did not take the last block */
int	sd_wait_ready(struct spi_device *spi, u64 time);
void	sd_attention(struct spi_device *spi);	/* select it */
void	sd_dismiss(struct spi_device *spi);	/* and no more */

#define SD_TOKEN_ONE	0xfe
#define SD_TOKEN_MANY	0xfc

/* ---- sd_card.c ---- */
struct sd_card {			/* the bus's lock guards all of it */
	struct spi_device *spi;
	const char *name;		/* for messages */
	bool	ready;			/* it answers commands */
	bool	known;			/* the fields below are those of a card that was there */
	bool	by_block;		/* SDHC, SDXC: addresses count blocks, not bytes */
	bool	read_only;
	u32	top_hz;			/* less after bad checksums */
	u64	sectors;
	u8	cid[16];		/* who it is; zeros: it did not say */
};

struct sd_piece { u8 *data; u32 len; };	/* memory of whole blocks */

/*
 * Wake the card in the slot. 0; -ENOMEDIUM: none answers; -ETIMEDOUT, -EBADMSG, -EIO: it does not work;
 * -EOPNOTSUPP: not a kind of card that we know; -ESTALE: not the one that was here before.
 */
int	sd_card_init(struct sd_card *card);
/* Move blocks, trying again what went wrong. 0 or -errno as above; -EIO as well: it cannot. Takes the bus's lock. */
int	sd_card_transfer(struct sd_card *card, bool write, u64 sector, const struct sd_piece *pieces, uint n);

#endif
