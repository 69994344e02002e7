/*
 * disk_test.c - the host's machine and disk do what host.h says: tasks interleave, writes reach the
 *               disk, power cuts lose what was not flushed.
 */
#include <string.h>
#include "fs/host/host.h"
#include "kernel/mutex.h"
#include "kernel/task.h"

#define N	8

static struct mutex lock;
static int counter, inside;

static void
add(void *arg)
{
	for (int i = 0; i < 100; i++) {
		mutex_lock(&lock);
		HOST_CHECK(inside++ == 0);
		if (i % 10 == 0)
			host_sleep(1000);
		counter++;
		inside--;
		mutex_unlock(&lock);
	}
}

static void
test_tasks(void)
{
	struct task *t[N];

	mutex_init(&lock, RANK_NONE);
	for (int i = 0; i < N; i++)
		t[i] = host_spawn("adder", add, NULL);
	for (int i = 0; i < N; i++)
		host_join(t[i]);
	HOST_CHECK(counter == N * 100);
}

static void
write_sector(struct block_device *dev, u64 sector, char c, uint flags)
{
	struct frame *f = frame_alloc(0, 0);
	struct bio *b = bio_alloc(dev, BIO_WRITE, 1, 0);

	memset(frame_va(f), c, PAGE_SIZE);
	b->sector = sector;
	b->flags = flags;
	bio_add(b, f, 0, 1024);
	HOST_CHECK(bio_submit_wait(b) == 0);
	bio_free(b);
	frame_put(f);
}

static char
byte_of(struct block_device *dev, u64 sector)
{
	return ((char *)host_disk_bytes(dev))[sector * SECTOR_SIZE];
}

/*
 * Three writes with a flush after the first: it survives any cut after the flush, the others as
 * the lot falls.
 */
static void
test_crash(void)
{
	struct block_device *dev = host_disk_new("vda", 1 * MiB), *after;
	ulong flushed, end;
	int torn = 0, lost = 0;

	write_sector(dev, 8, 'a', 0);
	HOST_CHECK(block_flush(dev) == 0);
	flushed = host_disk_events(dev);
	write_sector(dev, 16, 'b', 0);
	write_sector(dev, 24, 'c', BIO_FUA);
	end = host_disk_events(dev);
	HOST_CHECK(byte_of(dev, 16) == 'b');
	for (u64 seed = 1; seed <= 200; seed++) {
		after = host_disk_crash(dev, flushed + host_below(end - flushed + 1), seed);
		HOST_CHECK(byte_of(after, 8) == 'a' && byte_of(after, 9) == 'a');
		host_disk_free(after);
		after = host_disk_crash(dev, end, seed);
		HOST_CHECK(byte_of(after, 24) == 'c');
		lost += byte_of(after, 16) == 0 && byte_of(after, 17) == 0;
		torn += byte_of(after, 16) != byte_of(after, 17);
		host_disk_free(after);
	}
	HOST_CHECK(lost > 20 && lost < 150 && torn > 5);
	host_disk_free(dev);
}

static void
test_errors(void)
{
	struct block_device *dev = host_disk_new("vda", 1 * MiB);

	host_disk_fail(dev, BIO_FLUSH, 2, 1);
	HOST_CHECK(block_flush(dev) == 0);
	HOST_CHECK(block_flush(dev) == -5);
	HOST_CHECK(block_flush(dev) == 0);
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	host_boot(argc, argv);
	test_tasks();
	test_crash();
	test_errors();
	return host_end();
}
