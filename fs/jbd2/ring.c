/*
 * ring.c - the log's blocks on the disk: where each is, writing them in order, reading them in order.
 *
 *	0          first                          end              blocks
 *	| super |  ring: transactions, round ...   |  fast commits |      the last are not ours (Linux's)
 *
 * A writer hands out memory for one block of the ring after another. What it has handed out goes
 * to the disk at writer_submit(), so a descriptor block may be filled while the blocks that it
 * describes are added behind it.
 *
 * Data        runs: the log as runs of neighbouring disk blocks, found once, so that a commit needs no look-up that
 *             could fail.
 * Locks       none: a writer belongs to the commit thread, a reader to recovery.
 */
#include "fs/jbd2/private.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/slab.h"

#define GROUP_BIOS	4		/* runs of the log in one group; bio_alloc's reserve does not bear many more */

/* ---- where ---- */

/* Append n disk blocks from b on, of log block i and on, to runs: 0, -ENOMEM. *room: of the array. */
static int
run_add(struct journal *j, u32 i, u32 n, u64 b, uint *room)
{
	struct log_run *last = j->nruns ? &j->runs[j->nruns - 1] : NULL, *more;

	if (last && last->block + last->count == b) {
		last->count += n;
		return 0;
	}
	if (j->nruns == *room) {
		more = kmalloc(2 * *room * sizeof(*more), GFP_KERNEL);
		if (!more)
			return -ENOMEM;
		memcpy(more, j->runs, j->nruns * sizeof(*more));
		kfree(j->runs);
		j->runs = more;
		*room *= 2;
	}
	j->runs[j->nruns++] = (struct log_run){ i, n, b };
	return 0;
}

int
ring_map(struct journal *j)
{
	u64 blocks = j->c.dev->sectors / (j->block_size / SECTOR_SIZE), b;
	uint room = 8;
	u32 n;
	int err;

	j->runs = kmalloc(room * sizeof(*j->runs), GFP_KERNEL);
	if (!j->runs)
		return -ENOMEM;
	for (u32 i = 0; i < j->c.blocks; i += n) {
		n = j->c.blocks - i;
		err = j->c.map(j->c.arg, i, &n, &b);
		if (err)
			return err;
		if (!b || b >= blocks || n > blocks - b) {
			pr_err("%s: log block %u is at block %lu of %lu\n", j->c.dev->name, i, (ulong)b, (ulong)blocks);
			return -EUCLEAN;
		}
		err = run_add(j, i, n, b, &room);
		if (err)
			return err;
	}
	return 0;
}

u64
ring_block(const struct journal *j, u32 i, u32 *run)
{
	uint low = 0, high = j->nruns;

	while (high - low > 1) {
		uint mid = (low + high) / 2;

		if (j->runs[mid].first <= i)
			low = mid;
		else
			high = mid;
	}
	*run = j->runs[low].count - (i - j->runs[low].first);
	return j->runs[low].block + (i - j->runs[low].first);
}

static u64
ring_sector(const struct journal *j, u32 i)
{
	u32 run;

	return ring_block(j, i, &run) * (j->block_size / SECTOR_SIZE);
}

int
ring_io(struct journal *j, enum bio_op op, u32 i, struct frame *f, uint flags)
{
	struct bio *b = bio_alloc(j->c.dev, op, 1, GFP_KERNEL);
	int err;

	b->sector = ring_sector(j, i);
	b->flags = flags;
	bio_add(b, f, 0, j->block_size);
	err = bio_submit_wait(b);
	bio_free(b);
	return err;
}

/* ---- writing ---- */

struct waitq ring_io_done = WAITQ_INIT(ring_io_done);

void
writer_begin(struct log_writer *w, struct journal *j)
{
	memset(w, 0, sizeof(*w));
	w->j = j;
	list_init(&w->group);
}

/*
 * A page of memory, counted: a reserved one if there is no other. NULL: those are all on their
 * way to the disk.
 */
static struct frame *
page_get(struct journal *j)
{
	struct frame *f = frame_alloc(0, GFP_ATOMIC);

	for (uint i = 0; !f && i < RESERVE_PAGES; i++) {
		if (atomic_read(&j->reserve[i]->refs) != 1)
			continue;
		f = j->reserve[i];
		frame_get(f);
	}
	return f;
}

static void
writer_done(struct bio *b)
{
	struct log_writer *w = b->private;

	if (b->error)
		__atomic_store_n(&w->error, b->error, __ATOMIC_RELAXED);
	for (uint i = 0; i < b->nvecs; i++)
		frame_put(b->vec[i].frame);
	bio_free(b);
	if (atomic_dec_and_test(&w->in_flight))
		wake_up_all(&ring_io_done);	/* w may be gone */
}

/* A bio that begins at block i of the ring, or NULL: the group has as many as it may. */
static struct bio *
bio_next(struct log_writer *w, u32 i)
{
	struct bio *b;

	if (w->nbios == GROUP_BIOS)
		return NULL;
	b = bio_alloc(w->j->c.dev, BIO_WRITE, BIO_MAX_VECS, GFP_KERNEL);
	b->sector = ring_sector(w->j, i);
	b->flags = BIO_SYNC;
	b->private = w;
	b->done = writer_done;
	list_push_back(&w->group, &b->link);
	w->nbios++;
	w->bio = b;
	return b;
}

/* The current page has room for a block. False: there is no memory. */
static bool
page_ready(struct log_writer *w)
{
	struct frame *f;

	if (w->page && w->page_used + w->j->block_size <= PAGE_SIZE)
		return true;
	f = page_get(w->j);
	if (!f)
		return false;
	if (w->page)
		frame_put(w->page);
	w->page = f;
	w->page_used = 0;
	return true;
}

void *
writer_block(struct log_writer *w)
{
	struct journal *j = w->j;
	struct bio *b = w->bio;
	void *mem;

	if (!page_ready(w))
		return NULL;
	if (!b || b->sector + b->bytes / SECTOR_SIZE != ring_sector(j, j->head) ||
	    !bio_add(b, w->page, w->page_used, j->block_size)) {
		b = bio_next(w, j->head);
		if (!b)
			return NULL;
		bio_add(b, w->page, w->page_used, j->block_size);
	}
	frame_get(w->page);		/* the bio's, for this block */
	mem = (char *)frame_va(w->page) + w->page_used;
	w->page_used += j->block_size;
	j->head = ring_after(j, j->head, 1);
	spin_lock(&j->list_lock);
	assert(j->free);
	j->free--;
	if (j->commit_need)		/* else groups were closed early: from the slack */
		j->commit_need--;
	spin_unlock(&j->list_lock);
	return mem;
}

void
writer_submit(struct log_writer *w)
{
	struct bio *b;

	while ((b = list_first(&w->group, struct bio, link))) {
		list_remove(&b->link);
		atomic_inc(&w->in_flight);
		bio_submit(b);
	}
	w->bio = NULL;
	w->nbios = 0;
}

int
writer_wait(struct log_writer *w)
{
	wait_event(&ring_io_done, atomic_read(&w->in_flight) == 0);
	return READ_ONCE(w->error);
}

void *
writer_first_block(struct log_writer *w)
{
	void *mem = writer_block(w);

	if (!mem) {
		writer_submit(w);
		mem = writer_block(w);
	}
	if (!mem) {
		writer_wait(w);		/* all reserved pages come back */
		mem = writer_block(w);
	}
	assert(mem);
	return mem;
}

void
writer_end(struct log_writer *w)
{
	assert(list_empty(&w->group) && atomic_read(&w->in_flight) == 0);
	if (w->page)
		frame_put(w->page);
}

/* ---- reading ---- */

int
reader_begin(struct log_reader *r, struct journal *j)
{
	memset(r, 0, sizeof(*r));
	r->j = j;
	for (uint i = 0; i < READ_PAGES; i++) {
		r->page[i] = frame_alloc(0, GFP_KERNEL);
		if (!r->page[i]) {
			reader_end(r);
			return -ENOMEM;
		}
	}
	return 0;
}

void
reader_end(struct log_reader *r)
{
	for (uint i = 0; i < READ_PAGES; i++)
		if (r->page[i])
			frame_put(r->page[i]);
}

/* Read blocks from i on, as many as fit and are neighbours on the disk. */
static int
reader_fill(struct log_reader *r, u32 i)
{
	struct journal *j = r->j;
	u32 run, per_page = PAGE_SIZE / j->block_size, n;
	u64 block = ring_block(j, i, &run);
	struct bio *b;
	int err;

	n = MIN(MIN(run, i < j->end ? j->end - i : 1), READ_PAGES * per_page);
	b = bio_alloc(j->c.dev, BIO_READ, READ_PAGES, GFP_KERNEL);
	b->sector = block * (j->block_size / SECTOR_SIZE);
	for (u32 k = 0; k < n; k += per_page)
		bio_add(b, r->page[k / per_page], 0, MIN(n - k, per_page) * j->block_size);
	err = bio_submit_wait(b);
	bio_free(b);
	r->first = i;
	r->n = err ? 0 : n;
	return err;
}

void *
reader_get(struct log_reader *r, u32 i)
{
	u32 per_page = PAGE_SIZE / r->j->block_size, k;
	int err;

	if (i < r->first || i >= r->first + r->n) {
		err = reader_fill(r, i);
		if (err)
			return ERR_PTR(err);
	}
	k = i - r->first;
	return (char *)frame_va(r->page[k / per_page]) + k % per_page * r->j->block_size;
}
