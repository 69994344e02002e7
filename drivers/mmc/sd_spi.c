/*
 * sd_spi.c - the language of memory cards on an SPI bus: commands, answers, blocks of data.
 *
 *	command    ff  40|cmd  argument, 4 bytes  crc7<<1|1   -> ff... answer (bit 7 is 0), perhaps more bytes
 *	read       command  ->  ff... fe  data  crc16
 *	write      command, then fe (many: fc)  data  crc16   -> xxx0 010 1 taken, 101 bad crc, 110 cannot; 00... busy
 *	           many: fd at the end, and it is busy once more
 *
 * A card that reads may say "error" instead of fe: a byte with the upper four bits clear.
 *
 * Waiting     an answer to a command comes within eight bytes.  Data, and the end of a write, may take milliseconds: a
 *             few bytes are looked at, then the task sleeps, longer each time, up to PAUSE_MAX.
 * Further     SD Physical Layer Simplified Specification 9.10, chapter 7.
 */
#include "drivers/mmc/sd_spi.h"

#include "abi/errno.h"
#include "kernel/time.h"
#include "lib/crc_sd.h"
#include "lib/string.h"

#define TOKEN_STOP	0xfd
#define ANSWER_TRIES	16		/* bytes until an answer; the rules say 8 */
#define LOOKS		16		/* bytes looked at before the first sleep */
#define PAUSE_MIN	(50 * NSEC_PER_USEC)
#define PAUSE_MAX	(2 * NSEC_PER_MSEC)

#define TAKEN		0x05		/* of a written block */
#define TAKEN_NOT_CRC	0x0b

static int
get_byte(struct spi_device *spi)
{
	u8 b;
	int err = spi_transfer(spi, NULL, &b, 1);

	return err ? err : b;
}

/*
 * The first byte that is not `what`, for at most `time`; -ETIMEDOUT. One that is `what` at the last look, after the
 * last sleep, is late: however long the sleep was, the card had its time.
 */
static int
skip(struct spi_device *spi, u8 what, u64 time)
{
	u64 deadline = clock_monotonic() + time, pause = PAUSE_MIN;
	bool last = false;
	int b;

	for (uint i = 1; ; i++) {
		b = get_byte(spi);
		if (b != what)
			return b;
		if (i < LOOKS)
			continue;
		if (last)
			return -ETIMEDOUT;
		sleep_until(clock_monotonic() + pause);
		pause = MIN(2 * pause, PAUSE_MAX);
		last = clock_monotonic() >= deadline;
	}
}

/* Until the card lets go of the line: a byte of ones. */
int
sd_wait_ready(struct spi_device *spi, u64 time)
{
	u64 deadline = clock_monotonic() + time;
	int b;

	do {
		b = skip(spi, 0, time);		/* busy is zeros; its last byte may be partly so */
		if (b < 0 || b == 0xff)
			return b < 0 ? b : 0;
	} while (clock_monotonic() < deadline);
	return -ETIMEDOUT;
}

void
sd_attention(struct spi_device *spi)
{
	spi_select(spi, true);
}

/* Eight clocks more, for the card to end what it does. */
void
sd_dismiss(struct spi_device *spi)
{
	get_byte(spi);
	spi_select(spi, false);
}

/* ---- commands ---- */

static int
send_command(struct spi_device *spi, enum sd_command cmd, u32 arg)
{
	u8 frame[7] = { 0xff, 0x40 | cmd, arg >> 24, arg >> 16, arg >> 8, arg };

	frame[6] = crc7(frame + 1, 5) | 1;
	return spi_transfer(spi, frame, NULL, sizeof(frame));
}

static int
get_answer(struct spi_device *spi)
{
	int b = 0xff;

	for (int i = 0; i < ANSWER_TRIES && b >= 0x80; i++)
		b = get_byte(spi);
	if (b >= 0x80)
		return -ETIMEDOUT;
	if (b >= 0 && (b & SD_R1_CRC))
		return -EBADMSG;
	return b;
}

int
sd_command(struct spi_device *spi, enum sd_command cmd, u32 arg, u8 *answer, uint more)
{
	int err = send_command(spi, cmd, arg), first;

	first = err ? err : get_answer(spi);
	if (first < 0 || !more)
		return first;
	err = spi_transfer(spi, NULL, answer, more);
	return err ? err : first;
}

int
sd_simple(struct spi_device *spi, enum sd_command cmd, u32 arg)
{
	int first = sd_command(spi, cmd, arg, NULL, 0);

	return first > 0 ? -EIO : first;
}

/* ---- blocks ---- */

int
sd_get_block(struct spi_device *spi, u8 *buf, uint n)
{
	int token = skip(spi, 0xff, SD_READ_TIME), err;
	u8 crc[2];

	if (token < 0)
		return token;
	if (token != SD_TOKEN_ONE)
		return -EIO;
	err = spi_transfer(spi, NULL, buf, n);
	if (!err)
		err = spi_transfer(spi, NULL, crc, sizeof(crc));
	if (err)
		return err;
	return crc16_ccitt(0, buf, n) == (crc[0] << 8 | crc[1]) ? 0 : -EBADMSG;
}

int
sd_put_block(struct spi_device *spi, u8 token, const u8 *buf)
{
	u16 sum = crc16_ccitt(0, buf, SD_BLOCK);
	u8 before[2] = { 0xff, token }, after[2] = { sum >> 8, sum };
	int err, taken;

	err = spi_transfer(spi, before, NULL, sizeof(before));
	if (!err)
		err = spi_transfer(spi, buf, NULL, SD_BLOCK);
	if (!err)
		err = spi_transfer(spi, after, NULL, sizeof(after));
	if (err)
		return err;
	taken = skip(spi, 0xff, SD_MSEC);	/* at once, by the rules */
	if (taken < 0)
		return taken;
	if ((taken & 0x1f) != TAKEN)
		return (taken & 0x1f) == TAKEN_NOT_CRC ? -EBADMSG : -EIO;
	return sd_wait_ready(spi, SD_WRITE_TIME);
}

/* ---- the end of many ---- */

/* The byte behind the command may be anything. */
static int
stop(struct spi_device *spi)
{
	int err = send_command(spi, SD_STOP, 0);

	if (!err)
		err = get_byte(spi);
	if (err >= 0)
		err = get_answer(spi);
	return err < 0 ? err : 0;
}

int
sd_stop_reading(struct spi_device *spi)
{
	int err = stop(spi);

	return err ? err : sd_wait_ready(spi, SD_READ_TIME);
}

int
sd_stop_writing(struct spi_device *spi, bool refused)
{
	static const u8 end[3] = { 0xff, TOKEN_STOP, 0xff };
	int err = refused ? stop(spi) : spi_transfer(spi, end, NULL, sizeof(end));

	return err ? err : sd_wait_ready(spi, SD_WRITE_TIME);
}
