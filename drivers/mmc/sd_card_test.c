/*
 * sd_card_test.c - whatever a card or its wires do: the data that was asked for, or an error, and never for ever.
 *
 * The card is played by a machine that gets a byte and gives one, on a bus whose clock is the test's.  It knows the
 * three kinds (SDSC of version 1 and 2, SDHC), and as the tests say: flips bits on either wire, is slow, stays busy,
 * says that it cannot, falls silent, is pulled, comes back, is exchanged.
 */
#include "abi/errno.h"
#include "drivers/mmc/sd_spi.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "lib/crc_sd.h"
#include "lib/host_test.h"

#define SECTORS		4096
#define NEVER		(~0UL)

/* ---- what the driver needs of a kernel ---- */

struct task *host_current = (struct task *)8;
static u64 now, slept;
static ulong bytes;			/* on the bus */

u64 clock_monotonic(void) { return now; }
void mutex_lock_slow(struct mutex *m) { abort(); }
void mutex_wake(struct mutex *m) { }
void printk(const char *fmt, ...) { }

int
sleep_until(u64 deadline)
{
	slept += deadline - now;
	now = deadline;
	return 0;
}

/* ---- the card ---- */

enum kind { SDSC_1, SDSC_2, SDHC };
enum state { LISTENING, COMMAND, TOKEN, BLOCK };	/* what the next byte is to it */

static struct {
	/* what it is */
	enum kind kind;
	u8	serial;
	u8	data[SECTORS][SD_BLOCK];
	/* what is wrong with it */
	bool	pulled, silent;
	uint	flip_to, flip_from;	/* one in so many bytes has a bad bit; 0: none */
	u64	start_time, read_time, write_time;	/* it takes so long; NEVER */
	u32	bad_sector;		/* cannot be read or written; */
	int	bad_count;		/* so many times */
	int	bad_status;		/* CMD13 tells of an error so many times */
	bool	no_many;		/* does not know CMD18 and CMD25 */
	/* where it is */
	bool	spi, idle, crc, app, many;
	uint	clocks;			/* bytes since power-on, while not selected */
	u64	ready_at;		/* from when on ACMD41 says so; 0: it was not asked */
	enum state state;
	u8	in[SD_BLOCK + 2], out[SD_BLOCK + 16];
	uint	nin, nout, next;
	u64	out_at, busy_until;	/* out is held until then */
	u32	sector;
	bool	streaming;		/* CMD18: blocks without end */
} card;

static u64 random_state = 1;
static bool selected;
static u32 hz;
static int bus_error;			/* the controller's, for the next transfer */

static void
card_power(void)
{
	card.spi = card.app = card.many = card.streaming = card.crc = false;
	card.clocks = card.nin = card.nout = card.next = 0;
	card.ready_at = card.out_at = card.busy_until = 0;
	card.state = LISTENING;
}

static void
say(u8 b)
{
	card.out[card.nout++] = b;
}

static void
say_block(const u8 *p, uint n)
{
	u16 sum = crc16_ccitt(0, p, n);

	card.out_at = card.read_time == NEVER ? NEVER : now + card.read_time;
	say(SD_TOKEN_ONE);
	for (uint i = 0; i < n; i++)
		say(p[i]);
	say(sum >> 8);
	say(sum);
}

static bool
is_bad(void)
{
	return card.sector == card.bad_sector && card.bad_count > 0 && card.bad_count--;
}

static void
say_sector(void)
{
	if (card.sector >= SECTORS || is_bad()) {
		say(card.sector >= SECTORS ? 0x08 : 0x04);
		card.streaming = false;
	} else {
		say_block(card.data[card.sector++], SD_BLOCK);
	}
}

static void
say_csd(void)
{
	u8 r[16] = { 0 };

	if (card.kind == SDHC) {
		r[0] = 0x40;
		r[9] = SECTORS / 1024 - 1;
	} else {		/* (1023 + 1) << (0 + 2) blocks of 512 */
		r[5] = 9;
		r[7] = 0xff;
		r[8] = 0xc0;
	}
	r[14] = 0;
	say_block(r, sizeof(r));
}

static void
say_cid(void)
{
	u8 r[16] = "\x01SXtestcard";

	r[15] = card.serial;
	say_block(r, sizeof(r));
}

static bool
sector_of(u32 arg)
{
	card.sector = card.kind == SDHC ? arg : arg / SD_BLOCK;
	return card.sector < SECTORS && (card.kind == SDHC || arg % SD_BLOCK == 0);
}

/* Commands that move blocks. False: not one of them. */
static bool
card_data_command(uint cmd, u32 arg)
{
	if (cmd != SD_READ_ONE && cmd != SD_READ_MANY && cmd != SD_WRITE_ONE && cmd != SD_WRITE_MANY)
		return false;
	card.many = cmd == SD_READ_MANY || cmd == SD_WRITE_MANY;
	if (card.idle || (card.many && card.no_many)) {
		say(card.idle | SD_R1_ILLEGAL);
	} else if (!sector_of(arg)) {
		say(0x40);
	} else {
		say(0);
		if (cmd == SD_READ_ONE || cmd == SD_READ_MANY) {
			card.streaming = card.many;
			say_sector();
		} else {
			card.state = TOKEN;
		}
	}
	return true;
}

static void
card_command(uint cmd, u32 arg)
{
	bool app = card.app;

	card.app = false;
	if (card_data_command(cmd, arg))
		return;
	switch (cmd | app << 8) {
	case SD_GO_IDLE:
		card.spi = card.idle = true;
		card.crc = card.streaming = false;
		card.ready_at = 0;
		break;
	case SD_SEND_IF_COND:
		if (card.kind == SDSC_1)
			goto illegal;
		say(card.idle);
		say(0); say(0); say(1); say(arg);
		return;
	case SD_APP:
		card.app = true;
		break;
	case SD_APP_OP_COND | 0x100:
		if (card.kind == SDHC && !(arg & BIT(30)))
			break;				/* never ready for a host that does not know it */
		if (!card.ready_at)
			card.ready_at = now + card.start_time;
		card.idle = card.start_time == NEVER || now < card.ready_at;
		break;
	case SD_READ_OCR:
		say(card.idle);
		say(card.kind == SDHC ? 0xc0 : 0x80); say(0xff); say(0x80); say(0);
		return;
	case SD_CRC_ON:
		card.crc = arg & 1;
		break;
	case SD_SEND_CSD:
		say(card.idle);
		say_csd();
		return;
	case SD_SEND_CID:
		say(card.idle);
		say_cid();
		return;
	case SD_STOP:
		say(0xa5 & 0x7f);			/* the byte that may be anything */
		say(0);
		card.busy_until = now + 3000;
		return;
	case SD_SEND_STATUS:
		say(0);
		say(card.bad_status > 0 && card.bad_status-- ? 0x04 : 0);
		return;
	case SD_SET_BLOCKLEN:
		break;
	default:
illegal:
		say(card.idle | SD_R1_ILLEGAL);
		return;
	}
	say(card.idle);
}

static void
card_heard_command(void)
{
	uint cmd = card.in[0] & 0x3f;
	bool must = card.crc || cmd == SD_GO_IDLE || cmd == SD_SEND_IF_COND;

	card.state = LISTENING;
	card.nout = card.next = 0;
	card.out_at = 0;
	card.streaming = false;
	if (!card.spi && (cmd != SD_GO_IDLE || card.clocks < 10))
		return;					/* not in this mode yet: silence */
	say(0xff);
	if (must && card.in[5] != (crc7(card.in, 5) | 1))
		say(card.idle | SD_R1_CRC);
	else
		card_command(cmd, (u32)card.in[1] << 24 | card.in[2] << 16 | card.in[3] << 8 | card.in[4]);
}

static void
card_heard_block(void)
{
	bool good = crc16_ccitt(0, card.in, SD_BLOCK) == (card.in[SD_BLOCK] << 8 | card.in[SD_BLOCK + 1]);

	card.nout = card.next = 0;
	card.state = card.many ? TOKEN : LISTENING;
	if (card.crc && !good) {
		say(0xeb);
	} else if (card.sector >= SECTORS || is_bad()) {
		say(0xed);
	} else {
		__builtin_memcpy(card.data[card.sector++], card.in, SD_BLOCK);
		say(0xe5);
		card.busy_until = card.write_time == NEVER ? NEVER : now + card.write_time;
	}
}

static void
card_hears(u8 b)
{
	switch (card.state) {
	case TOKEN:
		if (b == (card.many ? SD_TOKEN_MANY : SD_TOKEN_ONE)) {
			card.state = BLOCK;
			card.nin = 0;
			return;
		}
		if (b == 0xfd && card.many) {
			card.state = LISTENING;
			card.nout = card.next = 0;
			say(0xff);
			card.busy_until = card.write_time == NEVER ? NEVER : now + card.write_time;
			return;
		}
		/* fall through */
	case LISTENING:
		if (b >> 6 == 1) {
			card.state = COMMAND;
			card.in[0] = b;
			card.nin = 1;
		}
		return;
	case COMMAND:
		card.in[card.nin++] = b;
		if (card.nin == 6)
			card_heard_command();
		return;
	case BLOCK:
		card.in[card.nin++] = b;
		if (card.nin == SD_BLOCK + 2)
			card_heard_block();
		return;
	}
}

static u8
card_says(void)
{
	if (card.next < card.nout && (card.next == 0 || card.out[0] != 0xff || card.next < 2 || now >= card.out_at))
		return card.out[card.next++];
	if (card.next < card.nout)
		return 0xff;
	if (now < card.busy_until)
		return 0;
	if (card.streaming) {
		card.nout = card.next = 0;
		say_sector();
		card.out_at = 0;
	}
	return 0xff;
}

/* ---- the wires ---- */

static u8
flip(u8 b, uint one_in)
{
	return one_in && host_random(&random_state) % one_in == 0 ? b ^ 1 << host_random(&random_state) % 8 : b;
}

static u8
exchange(u8 b)
{
	u8 answer = 0xff;

	now += 8 * NSEC_PER_SEC / hz;
	bytes++;
	if (card.pulled || card.silent)
		return 0xff;
	if (!selected) {
		card.clocks++;
		return 0xff;
	}
	answer = card_says();
	card_hears(flip(b, card.flip_to));
	return flip(answer, card.flip_from);
}

static u32
bus_setup(struct spi_bus *b, const struct spi_device *d, u32 wanted)
{
	CHECK(wanted >= 100000 && wanted <= d->max_hz);
	return hz = wanted;
}

static void bus_select(struct spi_bus *b, const struct spi_device *d, bool on) { selected = on; }

static int
bus_transfer(struct spi_bus *b, const u8 *out, u8 *in, size_t n)
{
	int err = bus_error;

	CHECK(mutex_held(&b->lock));
	bus_error = 0;
	for (size_t i = 0; i < n && !err; i++) {
		u8 v = exchange(out ? out[i] : 0xff);

		if (in)
			in[i] = v;
	}
	return err;
}

static int
bus_idle(struct spi_bus *b, const struct spi_device *d, size_t n)
{
	selected = false;
	return bus_transfer(b, NULL, NULL, n);
}

static const struct spi_ops bus_ops = {
	.setup = bus_setup, .select = bus_select, .transfer = bus_transfer, .idle = bus_idle,
};
static struct spi_bus bus = { .ops = &bus_ops, .name = "bus", .ncs = 1 };
static struct spi_device device = { .bus = &bus, .name = "mmc@0", .max_hz = 20000000 };

/* ---- the tests ---- */

static struct sd_card sd;
static u8 model[SECTORS][SD_BLOCK], buffer[64 * SD_BLOCK];

/* A card of a kind, with nothing wrong, in the slot. */
static void
insert(enum kind kind)
{
	__builtin_memset(&card, 0, sizeof(card));
	card.kind = kind;
	card.start_time = 300 * NSEC_PER_MSEC;
	card.read_time = 100 * NSEC_PER_USEC;
	card.write_time = 2 * NSEC_PER_MSEC;
	card.bad_sector = ~0U;
	for (uint i = 0; i < SECTORS * SD_BLOCK; i++)
		card.data[i / SD_BLOCK][i % SD_BLOCK] = host_random(&random_state);
	__builtin_memcpy(model, card.data, sizeof(model));
	card_power();
	sd = (struct sd_card){ .spi = &device, .name = "mmcblk0" };
}

/* Between a pull and this, anything may have been wrong. */
static void
put_back(void)
{
	card.pulled = card.silent = false;
	card_power();
}

/* n sectors in pieces of odd lengths; new data if written. */
static int
transfer(bool write, u32 sector, uint n)
{
	struct sd_piece p[64];
	uint np = 0, left = n, len;
	int err;

	for (u8 *at = buffer; left; at += len * SD_BLOCK, left -= len) {
		len = MIN(left, 1 + host_random(&random_state) % 8);
		p[np++] = (struct sd_piece){ at, len * SD_BLOCK };
	}
	for (uint i = 0; i < n * SD_BLOCK; i++)
		buffer[i] = write ? host_random(&random_state) : 0;
	err = sd_card_transfer(&sd, write, sector, p, np);
	CHECK(!mutex_held(&bus.lock));
	CHECK(!selected);
	if (err)
		return err;
	if (write)
		__builtin_memcpy(model[sector], buffer, n * SD_BLOCK);
	else
		CHECK(!__builtin_memcmp(buffer, model[sector], n * SD_BLOCK));
	return 0;
}

/* As transfer, of anything anywhere. */
static int
anything(void)
{
	uint n = 1 + host_random(&random_state) % 64;
	u32 sector = host_random(&random_state) % (SECTORS - n);

	return transfer(host_random(&random_state) & 1, sector, n);
}

static void
check_content(void)
{
	CHECK(!__builtin_memcmp(card.data, model, sizeof(model)));
}

static void
test_kinds(void)
{
	for (enum kind k = SDSC_1; k <= SDHC; k++) {
		insert(k);
		CHECK_EQ(sd_card_init(&sd), 0);
		CHECK(sd.ready && sd.known && !sd.read_only);
		CHECK_EQ(sd.sectors, SECTORS);
		CHECK_EQ(sd.by_block, k == SDHC);
		CHECK_EQ(hz, 20000000);
		for (int i = 0; i < 200; i++)
			CHECK_EQ(anything(), 0);
		CHECK_EQ(transfer(false, 0, 1), 0);
		CHECK_EQ(transfer(true, SECTORS - 1, 1), 0);
		CHECK_EQ(transfer(false, SECTORS - 64, 64), 0);
		CHECK(sd.ready && hz == 20000000);		/* nothing was tried again */
		check_content();
		card.no_many = true;
		CHECK_EQ(transfer(false, 7, 20), 0);
		CHECK_EQ(transfer(true, 7, 20), 0);
		check_content();
	}
}

/* A wire that flips bits: never wrong data, and with few of them no error either. */
static void
test_noise(void)
{
	static const struct { uint to, from; bool all; } cases[] = {
		{ 20000, 0, true }, { 0, 20000, true }, { 40000, 40000, true }, { 300, 0, false }, { 0, 300, false },
		{ 500, 500, false },
	};
	int failed;

	for (uint c = 0; c < ARRAY_SIZE(cases); c++) {
		insert(SDHC);
		CHECK_EQ(sd_card_init(&sd), 0);
		card.flip_to = cases[c].to;
		card.flip_from = cases[c].from;
		failed = 0;
		for (int i = 0; i < 100; i++) {
			sd.top_hz = device.max_hz;
			failed += anything() != 0;
			if (failed)			/* a write that failed leaves old, new, or some of both */
				__builtin_memcpy(model, card.data, sizeof(model));
		}
		CHECK(!cases[c].all || !failed);
		check_content();
	}
	insert(SDHC);
	CHECK_EQ(sd_card_init(&sd), 0);
	card.flip_from = 20;				/* hopeless: it gets slower, and ends */
	CHECK(transfer(false, 0, 8) < 0);
	card.flip_from = 0;
	CHECK_EQ(transfer(false, 0, 8), 0);
	CHECK(sd.top_hz < device.max_hz);
}

/* What is slow is waited for, asleep; what is too slow is not. */
static void
test_time(void)
{
	u64 begin;
	ulong before;

	insert(SDSC_2);
	card.start_time = NEVER;
	begin = now;
	CHECK_EQ(sd_card_init(&sd), -ETIMEDOUT);
	CHECK(now - begin < 3 * SD_SECOND);
	card.start_time = 900 * SD_MSEC;
	CHECK_EQ(sd_card_init(&sd), 0);

	card.write_time = 400 * SD_MSEC;
	card.read_time = 90 * SD_MSEC;
	before = bytes, begin = now, slept = 0;
	CHECK_EQ(transfer(true, 5, 1), 0);
	CHECK_EQ(transfer(false, 5, 1), 0);
	CHECK(bytes - before < 2000 && slept > (now - begin) / 10 * 9);
	check_content();

	card.write_time = NEVER;
	begin = now;
	CHECK_EQ(transfer(true, 9, 4), -ETIMEDOUT);
	CHECK(now - begin < 30 * SD_SECOND);
	card.write_time = SD_MSEC;
	card.busy_until = 0;
	card.read_time = NEVER;
	CHECK_EQ(transfer(false, 9, 4), -ETIMEDOUT);
	card.read_time = 0;
	CHECK_EQ(transfer(true, 9, 4), 0);
	CHECK_EQ(transfer(false, 9, 4), 0);
	card.silent = true;
	CHECK_EQ(transfer(false, 9, 4), -ENOMEDIUM);
	card.silent = false;
	CHECK_EQ(transfer(false, 9, 4), 0);
	bus_error = -ETIMEDOUT;
	CHECK_EQ(transfer(false, 9, 4), 0);
	check_content();
}

/* A card that says that it cannot: tried again, then an error, for what is concerned and nothing else. */
static void
test_errors(void)
{
	for (int write = 0; write < 2; write++) {
		insert(SDHC);
		CHECK_EQ(sd_card_init(&sd), 0);
		card.bad_sector = 103;
		card.bad_count = 2;
		CHECK_EQ(transfer(write, 100, 8), 0);
		card.bad_count = 1000;
		CHECK_EQ(transfer(write, 100, 8), -EIO);
		__builtin_memcpy(model, card.data, sizeof(model));
		CHECK_EQ(transfer(write, 104, 8), 0);
		CHECK_EQ(transfer(write, 100, 3), 0);
		check_content();
	}
	card.bad_sector = ~0U;
	card.bad_status = 1;
	CHECK_EQ(transfer(true, 50, 8), 0);
	card.bad_status = 1000;
	CHECK_EQ(transfer(true, 50, 8), -EIO);
	card.bad_status = 0;
	CHECK_EQ(transfer(true, 50, 8), 0);
	check_content();
}

/* Pulled at any byte of a transfer; back, or another card. */
static void
test_pulled(void)
{
	u64 begin;

	for (enum kind k = SDSC_1; k <= SDHC; k++) {
		insert(k);
		card.pulled = true;
		CHECK_EQ(sd_card_init(&sd), -ENOMEDIUM);
		put_back();
		CHECK_EQ(sd_card_init(&sd), 0);
		for (int i = 0; i < 50; i++) {
			card.pulled = true;
			begin = now;
			CHECK_EQ(transfer(i & 1, 30, 4), -ENOMEDIUM);
			CHECK(now - begin < SD_SECOND);
			begin = now;
			CHECK_EQ(transfer(i & 1, 30, 4), -ENOMEDIUM);
			CHECK(now - begin < 100 * SD_MSEC);	/* whoever asks while it is away does not wait long */
			put_back();
			CHECK_EQ(transfer(i & 1, 30, 4), 0);
			CHECK_EQ(transfer(false, 28, 10), 0);
		}
		check_content();
		put_back();				/* too short to be seen: the retries wake it */
		CHECK_EQ(transfer(true, 30, 4), 0);
		card.serial = 9;
		put_back();
		CHECK_EQ(transfer(false, 30, 4), -ESTALE);
		CHECK_EQ(transfer(true, 30, 4), -ESTALE);
		check_content();
		card.serial = 0;
		put_back();
		CHECK_EQ(transfer(false, 30, 4), 0);
	}
}

int
main(void)
{
	test_kinds();
	test_noise();
	test_time();
	test_errors();
	test_pulled();
	TEST_END();
}
