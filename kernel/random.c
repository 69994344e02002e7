/*
 * random.c - the random number generator: ChaCha20 that forgets.
 *
 *	key --ChaCha20, blocks 0..3--> | new key (32) | pool (224) |
 *
 * The first bytes of every batch replace the key, and pool bytes are erased as they are
 * handed out, so who reads the kernel's memory learns nothing about numbers given before.
 * Requests beyond a pool get a key of their own from it and are made outside the lock.
 *
 * The seed is /chosen rng-seed, which the boot loader fills, and the jitter of timer reads;
 * without rng-seed the numbers are as good as the jitter, and the log says so.
 *
 * Locks       random_lock for everything, interrupts off.
 * Further     "Fast-key-erasure random-number generators", D. J. Bernstein, 2017.
 */
#include "kernel/random.h"

#include "arch/timer.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "lib/chacha.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/bootmem.h"

#define BATCH_BLOCKS	4
#define BATCH_SIZE	(BATCH_BLOCKS * CHACHA_BLOCK_SIZE)
#define JITTER_SAMPLES	64

static struct spinlock random_lock = SPINLOCK_INIT(RANK_RANDOM);
static bool seeded;
static struct {
	u8	key[CHACHA_KEY_SIZE];
	u8	pool[BATCH_SIZE - CHACHA_KEY_SIZE];
} batch;				/* adjacent: one stream of blocks fills both */
static size_t pool_left;		/* unused bytes, at the pool's end */

static const u8 no_nonce[CHACHA_NONCE_SIZE];	/* a key is used for one stream only */

/* Make the next batch: the old key is gone afterwards. */
static void
refill(void) MUST_HOLD(random_lock)
{
	u8 key[CHACHA_KEY_SIZE];
	int i;

	memcpy(key, batch.key, sizeof(key));
	for (i = 0; i < BATCH_BLOCKS; i++)
		chacha20_block(key, i, no_nonce, (u8 *)&batch + i * CHACHA_BLOCK_SIZE);
	memset(key, 0, sizeof(key));
	pool_left = sizeof(batch.pool);
}

/* Each 32 bytes change the key, and a batch is made of it before the next. */
static void
mix(const void *buf, size_t n) MUST_HOLD(random_lock)
{
	const u8 *p = buf;
	size_t i, piece;

	for (; n; n -= piece, p += piece) {
		piece = MIN(n, sizeof(batch.key));
		for (i = 0; i < piece; i++)
			batch.key[i] ^= p[i];
		refill();
	}
}

static void
seed(void) MUST_HOLD(random_lock)
{
	struct fdt_prop seed_prop;
	u64 jitter[JITTER_SAMPLES / 8];
	int i, chosen = fdt_path(&the_fdt, "/chosen", 7);

	for (i = 0; i < JITTER_SAMPLES; i++)
		jitter[i % ARRAY_SIZE(jitter)] = jitter[i % ARRAY_SIZE(jitter)] << 7 ^ timer_ticks();
	mix(jitter, sizeof(jitter));
	if (chosen >= 0 && fdt_prop(&the_fdt, chosen, "rng-seed", &seed_prop) && seed_prop.len)
		mix(seed_prop.data, seed_prop.len);
	else
		pr_warn("random: no /chosen rng-seed: numbers may be guessed\n");
	seeded = true;
}

static void
take_from_pool(u8 *dst, size_t n) MUST_HOLD(random_lock)
{
	u8 *src;

	if (pool_left < n)
		refill();
	src = batch.pool + sizeof(batch.pool) - pool_left;
	memcpy(dst, src, n);
	memset(src, 0, n);
	pool_left -= n;
}

/* n bytes of a stream that nobody else gets. */
static void
long_request(u8 *dst, size_t n, const u8 key[CHACHA_KEY_SIZE])
{
	u8 block[CHACHA_BLOCK_SIZE];
	u32 i = 0;
	size_t piece;

	for (; n; n -= piece, dst += piece) {
		piece = MIN(n, sizeof(block));
		chacha20_block(key, i++, no_nonce, block);
		memcpy(dst, block, piece);
	}
	memset(block, 0, sizeof(block));
}

void
random_bytes(void *buf, size_t n)
{
	bool small = n <= sizeof(batch.pool) / 2;
	u8 key[CHACHA_KEY_SIZE];
	ulong flags = spin_lock_irqsave(&random_lock);

	if (unlikely(!seeded))
		seed();
	if (small)
		take_from_pool(buf, n);
	else
		take_from_pool(key, sizeof(key));
	spin_unlock_irqrestore(&random_lock, flags);
	if (!small) {
		long_request(buf, n, key);
		memset(key, 0, sizeof(key));
	}
}

void
random_mix(const void *buf, size_t n)
{
	ulong flags = spin_lock_irqsave(&random_lock);

	if (!seeded)
		seed();
	mix(buf, n);
	spin_unlock_irqrestore(&random_lock, flags);
}
