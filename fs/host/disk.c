/*
 * disk.c - drivers/block/ for the host: disks in memory that answer when the seed says, fail on order, and
 *          remember what was written, so that the power can be cut afterwards, at any moment.
 *
 * Data        struct host_disk: its bytes, and the record: writes and flushes in order of their events.
 * Invariants  K1  `bytes` is what reading gives: every write that is done.
 *             K2  the durable state at a moment: `base`, and of the record those writes that ended before the
 *                 submission of a flush that ended before the moment.
 *             A write's memory is read once, at its submission or at its end, as chance has it: a submitter that
 *             changes it in between must be content with either.
 */
#include <stdlib.h>
#include <string.h>
#include "abi/errno.h"
#include "fs/host/host.h"
#include "fs/host/private.h"
#include "kernel/task.h"
#include "mm/slab.h"

#define MAX_DISKS	64
#define MIN_LATENCY	(20 * NSEC_PER_USEC)
#define MAX_LATENCY	(2 * NSEC_PER_MSEC)

/*
 * Of the record. A write has two events, its submission and its end; both point to the same
 * struct write.
 */
struct write {
	u64	sector;
	u32	bytes;
	char	*data;
	bool	fua;
	ulong	submitted, done;	/* events; done 0: not yet, or failed */
	ulong	flushed;		/* the event that made it durable; 0: none */
};

struct event { struct write *write; };	/* NULL: the end of a flush */

struct in_flight {
	struct in_flight *next;
	struct bio *bio;
	u64	when;
	u64	order;
	int	error, flush_error, write_error;
	struct write *write;		/* NULL: not a write, or its PREFLUSH is not done yet */
	ulong	flush_from;		/* event at submission */
	bool	flush;			/* it flushes: BIO_FLUSH or PREFLUSH */
};

struct host_disk {
	struct block_device dev;	/* first: cast from it */
	char	*bytes;
	char	*base;			/* before the first write of the record; NULL: there is none */
	u64	size;
	uint	flags;
	struct in_flight *flying;
	u64	last_when;
	struct { ulong at, times; } fail[4];
	ulong	count[4];
	struct event *events;		/* events[0] is unused, so that 0 means none */
	ulong	nevents, room;
	struct write **writes;
	ulong	nwrites, wroom;
};

static struct host_disk *disks[MAX_DISKS];
static u64 submissions;
static u64 next_when = TIME_NEVER;	/* when the first of all bios in flight is done */
static uint names;

static inline struct host_disk *to_disk(struct block_device *dev) { return (struct host_disk *)dev; }

static void *
must(void *p)
{
	if (!p) {
		fprintf(stderr, "the host has no memory\n");
		exit(2);
	}
	return p;
}

/* ---- bytes of whole disks: crash states come and go by the thousand, so they are kept ---- */

static struct { char *p; u64 size; } spare[8];

static char *
bytes_get(u64 size)
{
	for (uint i = 0; i < ARRAY_SIZE(spare); i++)
		if (spare[i].p && spare[i].size == size) {
			char *p = spare[i].p;

			spare[i].p = NULL;
			return p;
		}
	return must(malloc(size));
}

/* What was kept longest makes room: its size may never be asked for again. */
static void
bytes_put(char *p, u64 size)
{
	static uint oldest;
	uint i = 0;

	if (!p)
		return;
	while (i < ARRAY_SIZE(spare) && spare[i].p)
		i++;
	if (i == ARRAY_SIZE(spare))
		i = oldest++ % ARRAY_SIZE(spare);
	free(spare[i].p);
	spare[i].p = p;
	spare[i].size = size;
}

/* ---- the record ---- */

static ulong
event_add(struct host_disk *d, struct write *w)
{
	if (d->nevents == d->room) {
		d->room *= 2;
		d->events = must(realloc(d->events, d->room * sizeof(*d->events)));
	}
	d->events[d->nevents].write = w;
	return d->nevents++;
}

static struct write *
write_add(struct host_disk *d, struct bio *b)
{
	struct write *w = must(calloc(1, sizeof(*w)));

	if (!d->base) {
		d->base = bytes_get(d->size);
		memcpy(d->base, d->bytes, d->size);
	}
	w->sector = b->sector;
	w->bytes = b->bytes;
	w->fua = b->flags & BIO_FUA;
	if (d->nwrites == d->wroom) {
		d->wroom = d->wroom ? 2 * d->wroom : 256;
		d->writes = must(realloc(d->writes, d->wroom * sizeof(*d->writes)));
	}
	d->writes[d->nwrites++] = w;
	w->submitted = event_add(d, w);
	return w;
}

/* A flush submitted at event `from` has ended: what was done then is durable. */
static void
flushed(struct host_disk *d, ulong from)
{
	ulong now = event_add(d, NULL);

	for (ulong i = 0; i < d->nwrites; i++) {
		struct write *w = d->writes[i];

		if (w->done && w->done < from && !w->flushed)
			w->flushed = now;
	}
}

void
host_disk_forget(struct block_device *dev)
{
	struct host_disk *d = to_disk(dev);

	assert(!d->flying);
	for (ulong i = 0; i < d->nwrites; i++) {
		free(d->writes[i]->data);
		free(d->writes[i]);
	}
	d->nwrites = 0;
	d->nevents = 1;
	bytes_put(d->base, d->size);
	d->base = NULL;
}

ulong
host_disk_events(struct block_device *dev)
{
	return to_disk(dev)->nevents - 1;
}

/* ---- bios ---- */

struct bio *
bio_alloc(struct block_device *dev, enum bio_op op, uint nvecs, uint gfp)
{
	struct bio *b;

	assert(nvecs <= BIO_MAX_VECS);
	if ((gfp & GFP_ATOMIC) && host_alloc_fails(gfp))
		return NULL;
	b = must(calloc(1, sizeof(*b) + nvecs * sizeof(b->vec[0])));
	b->dev = dev;
	b->op = op;
	b->maxvecs = nvecs;
	list_init(&b->link);
	return b;
}

void
bio_free(struct bio *b)
{
	free(b);
}

bool
bio_add(struct bio *b, struct frame *f, uint off, uint len)
{
	assert(len && len % SECTOR_SIZE == 0 && off + len <= PAGE_SIZE << f->order);
	if (b->nvecs == b->maxvecs)
		return false;
	b->vec[b->nvecs++] = (struct bio_vec){ f, off, len };
	b->bytes += len;
	return true;
}

uint bio_best_vecs(const struct block_device *dev) { return 64; }

static void
copy_out(struct bio *b, char *to)
{
	for (uint i = 0; i < b->nvecs; i++) {
		memcpy(to, (char *)frame_va(b->vec[i].frame) + b->vec[i].off, b->vec[i].len);
		to += b->vec[i].len;
	}
}

static void
copy_in(struct bio *b, const char *from)
{
	for (uint i = 0; i < b->nvecs; i++) {
		memcpy((char *)frame_va(b->vec[i].frame) + b->vec[i].off, from, b->vec[i].len);
		from += b->vec[i].len;
	}
}

/* Does the one who counts bios of this kind want this one to fail? */
static bool
fails(struct host_disk *d, enum bio_op op)
{
	ulong n = ++d->count[op], at = d->fail[op].at;

	return at && n >= at && (!d->fail[op].times || n < at + d->fail[op].times);
}

/* Put f among those in flight: it ends after a while, or at once. */
static void
fly(struct host_disk *d, struct in_flight *f)
{
	f->order = submissions++;
	f->when = d->flags & HOST_DISK_INSTANT ? 0 :
		  host_now + MIN_LATENCY + host_below(MAX_LATENCY - MIN_LATENCY);
	if (d->flags & HOST_DISK_ORDERED)
		f->when = d->last_when = MAX(f->when, d->last_when);
	f->next = d->flying;
	d->flying = f;
	next_when = MIN(next_when, f->when);
}

/* The write itself begins: from now on it may be found on the disk after a power cut. */
static void
start_write(struct host_disk *d, struct in_flight *f)
{
	struct bio *b = f->bio;

	if (b->sector + b->bytes / SECTOR_SIZE > d->dev.sectors)
		return;
	f->write = write_add(d, b);
	if (host_below(2)) {
		f->write->data = must(malloc(b->bytes));
		copy_out(b, f->write->data);
	}
}

/*
 * The data of a write that ended. One that failed may have reached the disk in part: the record
 * keeps it.
 */
static void
end_write(struct host_disk *d, struct in_flight *f)
{
	struct write *w = f->write;

	if (!w->data) {
		w->data = must(malloc(w->bytes));
		copy_out(f->bio, w->data);
	}
	if (f->error)
		return;
	memcpy(d->bytes + w->sector * SECTOR_SIZE, w->data, w->bytes);
	w->done = event_add(d, w);
	if (w->fua)
		w->flushed = w->done;
}

/* It is done: the data moves, the record knows, the submitter is told. */
static void
finish(struct host_disk *d, struct in_flight *f)
{
	struct bio *b = f->bio;
	u64 at = b->sector * SECTOR_SIZE;

	if (f->flush) {
		f->flush = false;
		if (!f->flush_error)
			flushed(d, f->flush_from);
		else
			f->error = f->flush_error;
		if (b->op == BIO_WRITE && !f->error) {	/* PREFLUSH: the write comes after it */
			start_write(d, f);
			f->error = f->write_error;
			fly(d, f);
			return;
		}
	}
	if (f->write)
		end_write(d, f);
	if (b->op == BIO_READ && !f->error)
		copy_in(b, d->bytes + at);
	b->error = f->error;
	free(f);
	b->done(b);
}

/* The link that holds d's bio that is done first. */
static struct in_flight **
first_done(struct host_disk *d)
{
	struct in_flight **first = &d->flying;

	for (struct in_flight **p = first; *p; p = &(*p)->next)
		if ((*p)->when < (*first)->when || ((*p)->when == (*first)->when && (*p)->order < (*first)->order))
			first = p;
	return first;
}

/* End the bio of d that is done first, if there is one. */
static void
end_first(struct host_disk *d)
{
	struct in_flight **p = first_done(d), *f = *p;

	*p = f->next;
	finish(d, f);
}

static void
find_next(void)
{
	next_when = TIME_NEVER;
	for (uint i = 0; i < MAX_DISKS; i++)
		if (disks[i] && disks[i]->flying)
			next_when = MIN(next_when, (*first_done(disks[i]))->when);
}

void
bio_submit(struct bio *b)
{
	struct host_disk *d = to_disk(b->dev);
	struct in_flight *f = must(calloc(1, sizeof(*f)));
	ulong flags;

	assert(b->done);
	f->bio = b;
	f->flush = b->op == BIO_FLUSH || (b->flags & BIO_PREFLUSH);
	f->flush_from = d->nevents;
	if (f->flush && fails(d, BIO_FLUSH))
		f->flush_error = -EIO;
	if (b->op != BIO_FLUSH) {
		if (fails(d, b->op) || !b->bytes || b->sector + b->bytes / SECTOR_SIZE > d->dev.sectors)
			f->write_error = -EIO;
		if ((b->flags & BIO_FUA) && fails(d, BIO_FLUSH))
			f->write_error = -EIO;
	}
	if (!f->flush) {
		f->error = f->write_error;
		if (b->op == BIO_WRITE)
			start_write(d, f);
	}
	flags = irq_save();
	fly(d, f);
	while ((d->flags & HOST_DISK_INSTANT) && d->flying)
		end_first(d);
	if (d->flags & HOST_DISK_INSTANT)
		find_next();
	irq_restore(flags);
}

u64
host_disk_next(void)
{
	return next_when;
}

void
host_disk_event(void)
{
	for (uint i = 0; i < MAX_DISKS; i++) {
		if (!disks[i] || !disks[i]->flying || (*first_done(disks[i]))->when != next_when)
			continue;
		end_first(disks[i]);
		break;
	}
	find_next();
}

struct waiting { struct waitq q; bool done; };

static void
wake_waiting(struct bio *b)
{
	struct waiting *w = b->private;

	w->done = true;
	wake_up_all(&w->q);
}

int
bio_submit_wait(struct bio *b)
{
	struct waiting w = { .done = false };

	waitq_init(&w.q);
	b->done = wake_waiting;
	b->private = &w;
	bio_submit(b);
	wait_event(&w.q, w.done);
	return b->error;
}

int
block_flush(struct block_device *dev)
{
	struct bio *b = bio_alloc(dev, BIO_FLUSH, 0, GFP_KERNEL);
	int err = bio_submit_wait(b);

	bio_free(b);
	return err;
}

int
block_discard(struct block_device *dev, u64 sector, u64 nsectors)
{
	return -EOPNOTSUPP;
}

/* Nothing is held back here. */
void block_plug_begin(void) { }
void block_plug_end(void) { }
void host_disk_unplug(void) { }

/* ---- devices ---- */

static struct host_disk *
disk_make(const char *name, u64 bytes)
{
	struct host_disk *d = must(calloc(1, sizeof(*d)));
	uint slot = 0;

	while (slot < MAX_DISKS && disks[slot])
		slot++;
	assert(slot < MAX_DISKS && bytes % SECTOR_SIZE == 0);
	disks[slot] = d;
	d->size = bytes;
	d->room = 256;
	d->nevents = 1;
	d->events = must(malloc(d->room * sizeof(*d->events)));
	d->dev.dev = 254 << 8 | slot;
	d->dev.sectors = bytes / SECTOR_SIZE;
	d->dev.block_size = SECTOR_SIZE;
	d->dev.whole = &d->dev;
	list_init(&d->dev.link);
	if (*name)
		strncpy(d->dev.name, name, sizeof(d->dev.name) - 1);
	else
		sprintf(d->dev.name, "disk%u", names++ % 1000000);
	host_device_open(&d->dev);
	return d;
}

struct block_device *
host_disk_new(const char *name, u64 bytes)
{
	struct host_disk *d = disk_make(name, bytes);

	d->bytes = bytes_get(bytes);
	memset(d->bytes, 0, bytes);
	return &d->dev;
}

/* A disk that begins with these bytes, which it takes over. */
static struct block_device *
disk_of(const char *name, char *bytes, u64 size)
{
	struct host_disk *d = disk_make(name, size);

	d->bytes = bytes;
	return &d->dev;
}

struct block_device *
host_disk_load(const char *name, const char *path)
{
	size_t size;
	char *bytes = os_read(path, &size);

	return disk_of(name, bytes, size);
}

struct block_device *
host_disk_copy(struct block_device *dev)
{
	struct host_disk *d = to_disk(dev);
	char *bytes = bytes_get(d->size);

	memcpy(bytes, d->bytes, d->size);
	return disk_of("", bytes, d->size);
}

/* Any of the sectors of w, or all. */
static void
apply_some(char *bytes, const struct write *w, u64 *random)
{
	u64 mode;

	if (!w->data)
		return;
	*random = *random * 6364136223846793005UL + 1442695040888963407UL;
	mode = *random >> 60;
	if (mode < 6)
		return;
	if (mode < 12) {
		memcpy(bytes + w->sector * SECTOR_SIZE, w->data, w->bytes);
		return;
	}
	for (u32 off = 0; off < w->bytes; off += SECTOR_SIZE) {
		*random = *random * 6364136223846793005UL + 1442695040888963407UL;
		if (*random >> 63)
			memcpy(bytes + w->sector * SECTOR_SIZE + off, w->data + off, SECTOR_SIZE);
	}
}

struct block_device *
host_disk_crash(struct block_device *dev, ulong cut, u64 seed)
{
	struct host_disk *d = to_disk(dev);
	char *bytes = bytes_get(d->size);
	u64 random = seed * 0x9e3779b97f4a7c15UL + 99;

	assert(cut < d->nevents);
	memcpy(bytes, d->base ? d->base : d->bytes, d->size);
	for (ulong i = 0; i < d->nwrites; i++) {
		struct write *w = d->writes[i];

		if (w->submitted > cut)
			break;
		if ((w->flushed && w->flushed <= cut) || (!seed && w->done && w->done <= cut))
			memcpy(bytes + w->sector * SECTOR_SIZE, w->data, w->bytes);
		else if (seed)
			apply_some(bytes, w, &random);
	}
	return disk_of("", bytes, d->size);
}

void
host_disk_save(struct block_device *dev, const char *path)
{
	os_write(path, to_disk(dev)->bytes, to_disk(dev)->size);
}

void
host_disk_free(struct block_device *dev)
{
	struct host_disk *d = to_disk(dev);

	while (d->flying && d->flying->bio->op == BIO_READ)
		host_sleep(MIN_LATENCY);	/* pages being read ahead */
	if (d->flying)
		panic("%s is freed with a bio in flight: op %d, sector %lu", dev->name, d->flying->bio->op,
		      d->flying->bio->sector);
	if (dev->claimed)
		panic("%s is freed while somebody has it", dev->name);
	host_device_close(dev);
	host_disk_forget(dev);
	for (uint i = 0; i < MAX_DISKS; i++)
		if (disks[i] == d)
			disks[i] = NULL;
	free(d->events);
	free(d->writes);
	bytes_put(d->bytes, d->size);
	bytes_put(d->base, d->size);
	free(d);
}

void *host_disk_bytes(struct block_device *dev) { return to_disk(dev)->bytes; }
void host_disk_set(struct block_device *dev, uint flags) { to_disk(dev)->flags = flags; }
ulong host_disk_count(struct block_device *dev, enum bio_op op) { return to_disk(dev)->count[op]; }

void
host_disk_fail(struct block_device *dev, enum bio_op op, ulong n, ulong times)
{
	struct host_disk *d = to_disk(dev);

	d->fail[op].at = n ? d->count[op] + n : 0;
	d->fail[op].times = times;
}

/* ---- other programs look at it ---- */

struct block_device *
host_mke2fs(const char *args, u64 bytes)
{
	char *path = os_temp(), command[1024], uuid[37], *output;
	struct block_device *dev;

	/* Else mke2fs draws them: what depends on chance depends on our seed alone. */
	snprintf(uuid, sizeof(uuid), "%08x-0000-4000-8000-%012lx", (u32)host_random(), (ulong)(host_random() >> 16));
	snprintf(command, sizeof(command), "PATH=$PATH:/usr/sbin:/sbin; truncate -s %lu %s && "
		 "mke2fs -q -F -U %s -E hash_seed=%s %s %s 2>&1", bytes, path, uuid, uuid, args, path);
	if (os_run(command, &output)) {
		fprintf(stderr, "%s\n%s", command, output);
		exit(2);
	}
	free(output);
	dev = host_disk_load("", path);
	os_remove(path);
	return dev;
}

char *host_output;

/* Run command on path. %s in the command stands for the path, else it comes last. */
static int
run_on(const char *command, const char *path)
{
	char line[1024], words[512];

	if (strstr(command, "%s"))
		snprintf(words, sizeof(words), command, path);
	else
		snprintf(words, sizeof(words), "%s %s", command, path);
	snprintf(line, sizeof(line), "PATH=$PATH:/usr/sbin:/sbin; %s 2>&1 </dev/null", words);
	free(host_output);
	return os_run(line, &host_output);
}

int
host_disk_run(struct block_device *dev, const char *command, int want)
{
	char *path = os_temp();
	int status;

	host_disk_save(dev, path);
	status = run_on(command, path);
	if (want >= 0 && status != want)
		printf("%s: status %d\n%s", command, status, host_output);
	os_remove(path);
	return status;
}

int
host_disk_change(struct block_device *dev, const char *command)
{
	struct host_disk *d = to_disk(dev);
	char *path = os_temp(), *bytes;
	size_t size;
	int status;

	assert(!d->flying && !dev->claimed);
	host_disk_save(dev, path);
	status = run_on(command, path);
	bytes = os_read(path, &size);
	assert(size == d->size);
	bytes_put(d->bytes, d->size);
	d->bytes = bytes;
	host_device_drop(dev);
	host_disk_forget(dev);
	os_remove(path);
	return status;
}

struct block_device *
block_by_name(const char *name)
{
	for (uint i = 0; i < MAX_DISKS; i++)
		if (disks[i] && !strcmp(disks[i]->dev.name, name))
			return &disks[i]->dev;
	return NULL;
}

struct block_device *
block_find(u32 dev)
{
	uint slot = dev & 0xff;

	return dev >> 8 == 254 && slot < MAX_DISKS && disks[slot] ? &disks[slot]->dev : NULL;
}

struct block_device *
block_by_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct block_device *dev = block_by_name(slash ? slash + 1 : path);

	return dev ? dev : ERR_PTR(-ENOENT);
}

void
block_for_each(void (*fn)(void *arg, struct block_device *dev), void *arg)
{
	for (uint i = 0; i < MAX_DISKS; i++)
		if (disks[i])
			fn(arg, &disks[i]->dev);
}

int
block_claim(struct block_device *dev, void *who)
{
	if (dev->claimed && dev->claimed != who)
		return -EBUSY;
	dev->claimed = who;
	return 0;
}

void
block_release(struct block_device *dev, void *who)
{
	assert(dev->claimed == who);
	dev->claimed = NULL;
	host_device_drop(dev);
}
