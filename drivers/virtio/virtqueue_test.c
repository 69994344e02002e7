/*
 * virtqueue_test.c - every chain comes back once, nobody waits for a doorbell or an interrupt that does not come, and
 * a device that writes nonsense is found out.
 *
 * The other side of the ring is played by a small device, which answers in any order.
 */
#include "abi/errno.h"
#include "drivers/virtio/virtio.h"
#include "drivers/virtio/virtqueue.h"
#include "kernel/printk.h"
#include "lib/host_test.h"
#include "mm/frame.h"
#include "mm/slab.h"

#define TOKENS		64
#define ARENA		(1 << 20)

char *host_ram;
struct frame *frames;
u64 frames_base = HOST_RAM_BASE >> PAGE_SHIFT;

static struct virtio_device device;
static u64 random_state = 1;
static uint queue_size;

/* ---- what the ring needs of a kernel ---- */

/* The arena has room for one queue at a time. */
struct frame *
frame_alloc(uint order, uint gfp)
{
	__builtin_memset(host_ram, 0, PAGE_SIZE << order);
	return frames;
}

void frame_free(struct frame *f, uint order) { }
void *kzalloc(size_t n, uint gfp) { return calloc(1, n); }
void kfree(void *p) { free(p); }
void printk(const char *fmt, ...) { }

/* ---- the device ---- */

static struct {
	u16	seen_avail, used;	/* its own indices */
	bool	told;			/* a doorbell rang */
	uint	doorbells, interrupts;
	bool	lazy_interrupts;	/* as the event index allows */
	u16	held[VIRTQUEUE_MAX];	/* chains taken, not yet given back */
	uint	nheld;
} dev;

static uint device_queue_max(struct virtio_device *d, uint index) { return index ? 0 : queue_size; }
static int device_queue_set(struct virtio_device *d, struct virtqueue *q) { return 0; }

static void
device_notify(struct virtio_device *d, uint index)
{
	dev.told = true;
	dev.doorbells++;
}

static const struct virtio_bus bus = {
	.queue_max = device_queue_max, .queue_set = device_queue_set, .notify = device_notify,
};

/* Sum of the lengths of a chain, walked as a device walks it; each piece says its place in the chain by its address. */
static uint
walk(struct virtqueue *q, u16 head, uint *bytes)
{
	const struct virtq_desc *table = q->desc, *d = &table[head];
	uint n = 0;

	if (d->flags & VIRTQ_DESC_INDIRECT) {
		CHECK(q->indirect);
		CHECK(!(d->flags & VIRTQ_DESC_NEXT));
		table = phys_to_virt(d->addr);
		d = table;
	}
	for (*bytes = 0; ; d = &table[d->next]) {
		CHECK_EQ(d->addr, HOST_RAM_BASE + n * 16);
		CHECK_EQ(!!(d->flags & VIRTQ_DESC_WRITE), n >= 2);
		*bytes += d->len;
		n++;
		if (!(d->flags & VIRTQ_DESC_NEXT))
			return n;
		CHECK(n < VIRTQUEUE_MAX);
	}
}

/* Take what is new, if somebody rang; then sleep until the next doorbell. */
static void
device_look(struct virtqueue *q)
{
	if (!dev.told)
		return;
	dev.told = false;
	while (dev.seen_avail != q->avail->idx)
		dev.held[dev.nheld++] = q->avail->ring[dev.seen_avail++ & (q->size - 1)];
	*(u16 *)&q->used->ring[q->size] = dev.seen_avail;	/* avail_event */
}

/* Give one back, any. True: with an interrupt. */
static bool
device_answer(struct virtqueue *q)
{
	uint i = host_random(&random_state) % dev.nheld, bytes;
	u16 head = dev.held[i], before = dev.used, event = q->avail->ring[q->size];

	walk(q, head, &bytes);
	dev.held[i] = dev.held[--dev.nheld];
	q->used->ring[dev.used & (q->size - 1)].id = head;
	q->used->ring[dev.used & (q->size - 1)].len = bytes;
	q->used->idx = ++dev.used;
	if (dev.lazy_interrupts && (u16)(dev.used - event - 1) >= (u16)(dev.used - before))
		return false;
	dev.interrupts++;
	return true;
}

static struct virtqueue *
make_queue(uint size, u64 features)
{
	queue_size = size;
	device = (struct virtio_device){ .name = "test", .bus = &bus, .features = features };
	__builtin_memset(&dev, 0, sizeof(dev));
	dev.lazy_interrupts = features & VIRTIO_F_EVENT_IDX;
	return virtqueue_create(&device, 0);
}

/* ---- tests ---- */

static struct token { bool out; uint n, bytes; struct virtq_desc *table; } tokens[TOKENS];

/* Give a chain of some pieces. False: there is no room. */
static bool
give(struct virtqueue *q, struct token *t)
{
	struct virtq_desc *table;
	struct virtq_chain c;
	int err;

	t->n = 2 + host_random(&random_state) % (q->size - 1);
	t->bytes = 0;
	/* Tables lie behind the ring, in the arena. */
	table = (struct virtq_desc *)(host_ram + ARENA / 2) + (t - tokens) * VIRTQUEUE_MAX;
	t->table = q->indirect && t->n > 4 ? table : NULL;
	err = virtqueue_begin(q, &c, t->n, t->table, t);
	if (err) {
		CHECK_EQ(err, -EBUSY);
		return false;
	}
	for (uint i = 0; i < t->n; i++) {
		virtqueue_piece(&c, HOST_RAM_BASE + i * 16, i + 1, i >= 2);
		t->bytes += i + 1;
	}
	virtqueue_end(&c);
	t->out = true;
	return true;
}

static uint
take_all(struct virtqueue *q)
{
	struct token *t;
	uint n = 0;
	u32 written;

	while ((t = virtqueue_take(q, &written))) {
		CHECK(t >= tokens && t < tokens + TOKENS && t->out);
		CHECK_EQ(written, t->bytes);
		t->out = false;
		n++;
	}
	return n;
}

static void
test_traffic(uint size, u64 features)
{
	struct virtqueue *q = make_queue(size, features);
	uint given = 0, taken = 0, stuck = 0;

	for (int round = 0; round < 20000 && stuck < 100; round++) {
		bool moved = false, interrupt = false;

		for (uint n = host_random(&random_state) % 4; n; n--) {
			struct token *t = &tokens[host_random(&random_state) % TOKENS];

			if (!t->out && give(q, t)) {
				given++;
				moved = true;
			}
		}
		virtqueue_kick(q);
		device_look(q);
		for (uint n = host_random(&random_state) % 4; n && dev.nheld; n--) {
			interrupt |= device_answer(q);
			moved = true;
		}
		/* We look only when we are interrupted. */
		if (interrupt)
			taken += take_all(q);
		stuck = moved ? 0 : stuck + 1;
	}
	CHECK(stuck < 100);
	CHECK(given > 1000);
	for (bool interrupt = true; dev.nheld || interrupt; ) {
		interrupt = dev.nheld && device_answer(q);
		if (interrupt)
			taken += take_all(q);
	}
	CHECK_EQ(taken, given);
	CHECK_EQ(q->nfree, q->size);
	CHECK(!q->broken);
	if (features & VIRTIO_F_EVENT_IDX)
		CHECK(dev.interrupts < given);
	virtqueue_destroy(q);
}

static void
test_full(void)
{
	struct virtqueue *q = make_queue(8, 0);
	struct virtq_chain c;

	CHECK_EQ(virtqueue_begin(q, &c, 9, NULL, tokens), -EBUSY);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(virtqueue_begin(q, &c, 2, NULL, &tokens[i]), 0);
		virtqueue_piece(&c, HOST_RAM_BASE, 1, false);
		virtqueue_piece(&c, HOST_RAM_BASE + 16, 1, false);
		virtqueue_end(&c);
	}
	CHECK_EQ(virtqueue_begin(q, &c, 1, NULL, tokens), -EBUSY);
	/* The device is gone: each comes back once. */
	for (int i = 0; i < 4; i++)
		CHECK(virtqueue_take_back(q) != NULL);
	CHECK(!virtqueue_take_back(q));
	CHECK_EQ(q->nfree, 8);
	virtqueue_destroy(q);
}

/* Each: what the device writes, with chain 0 given to it. */
static void
test_nonsense(void)
{
	static const struct { u16 idx; u32 id; } bad[] = {
		{ 1, 8 }, { 1, ~0U }, { 1, 0x10000 }, { 1, 1 }, { 1, 7 },
		{ 9, 0 }, { 0x8000, 0 }, { 0xffff, 0 }, { 2, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct virtqueue *q = make_queue(8, 0);
		struct virtq_chain c;
		u32 written;

		CHECK_EQ(virtqueue_begin(q, &c, 1, NULL, tokens), 0);
		virtqueue_piece(&c, HOST_RAM_BASE, 1, false);
		virtqueue_end(&c);
		for (int k = 0; k < 8; k++)
			q->used->ring[k].id = bad[i].id;
		q->used->idx = bad[i].idx;
		while (virtqueue_take(q, &written))
			;
		CHECK(q->broken);
		CHECK_EQ(virtqueue_begin(q, &c, 1, NULL, tokens), -EIO);
		virtqueue_destroy(q);
	}
}

int
main(void)
{
	static const u64 features[] = {
		0, VIRTIO_F_EVENT_IDX, VIRTIO_F_INDIRECT, VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX,
	};

	host_ram = aligned_alloc(PAGE_SIZE, ARENA);
	frames = calloc(ARENA >> PAGE_SHIFT, sizeof(*frames));
	for (uint size = 4; size <= VIRTQUEUE_MAX; size *= 4)
		for (size_t i = 0; i < ARRAY_SIZE(features); i++)
			test_traffic(size, features[i]);
	CHECK(!make_queue(0, 0));
	for (uint size = 1; size <= 1000; size++) {
		struct virtqueue *q = make_queue(size, 0);

		CHECK(q->size <= MIN(size, (uint)VIRTQUEUE_MAX) && 2 * q->size > MIN(size, (uint)VIRTQUEUE_MAX));
		virtqueue_destroy(q);
	}
	test_full();
	test_nonsense();
	TEST_END();
}
