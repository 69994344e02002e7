/*
 * pageio.c - pages and the disk: bios built from pieces of pages, and pages read.
 *
 * Neighbours in the file are mostly neighbours on the disk: as long as pieces continue each other they go into one
 * bio.  A page whose blocks lie in several places has pieces in several bios; the last one to be done tells the page
 * cache.  With blocks as large as pages none of that is needed.
 *
 * Data        struct ext4_io, on the stack of who builds; the count of pieces in frame->private (data.h).
 * Locks       none. Pages are FRAME_LOCKED by who asks; completions come from interrupts.
 */
#include "fs/ext4/data.h"
#include "lib/string.h"

#define ERROR_SHIFT	24
#define ERROR_MASK	0xfffUL
#define TAIL_SHIFT	40
#define PIECES_MASK	(0xffUL << 16)

/* ---- pieces ---- */

/* All pieces are done: the state is cleared for the next time, and the cache told. */
static void
page_finish(struct frame *f, bool write)
{
	u64 state = __atomic_fetch_and(&f->private, PAGE_OURS, __ATOMIC_ACQ_REL);
	int error = -(int)(state >> ERROR_SHIFT & ERROR_MASK);
	uint tail = state >> TAIL_SHIFT;

	if (write) {
		mapping_write_done(f, error);
		return;
	}
	if (tail && !error)
		memset((char *)frame_va(f) + tail, 0, PAGE_SIZE - tail);
	mapping_read_done(f, error);
}

void
ext4_page_drop(struct frame *f, bool write, int error)
{
	u64 old = page_bits(f);

	/* The first error stays. */
	if (unlikely(error))
		while (!(old >> ERROR_SHIFT & ERROR_MASK) &&
		       !__atomic_compare_exchange_n(&f->private, &old, old | (u64)-error << ERROR_SHIFT, false,
						    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			;
	old = __atomic_fetch_sub(&f->private, PAGE_PIECE, __ATOMIC_ACQ_REL);
	if ((old & PIECES_MASK) == PAGE_PIECE)
		page_finish(f, write);
}

int
ext4_page_error(const struct frame *f)
{
	return -(int)(page_bits(f) >> ERROR_SHIFT & ERROR_MASK);
}

/* A piece of f is done; whole pages are not counted. */
static inline void
piece_done(struct frame *f, bool write, int error)
{
	if (page_bits(f) & PIECES_MASK)
		ext4_page_drop(f, write, error);
	else if (write)
		mapping_write_done(f, error);
	else
		mapping_read_done(f, error);
}

static void
pages_done(struct bio *b)
{
	bool write = b->op == BIO_WRITE;

	for (uint i = 0; i < b->nvecs; i++)
		piece_done(b->vec[i].frame, write, b->error);
	if (b->private)
		journal_order_done(b->private, b->error);
	bio_free(b);
}

/* ---- building bios ---- */

void
ext4_io_submit(struct ext4_io *io)
{
	struct bio *b = io->bio;

	if (!b)
		return;
	io->bio = NULL;
	bio_submit(b);
}

static void
io_start(struct ext4_io *io, u64 sector)
{
	struct transaction *t = NULL;
	struct bio *b;

	ext4_io_submit(io);
	b = bio_alloc(io->s->dev, io->op, MIN(MAX(io->left, 1U), (uint)BIO_MAX_VECS), GFP_KERNEL);
	b->sector = sector;
	b->flags = io->flags;
	b->done = io->done ? io->done : pages_done;
	if (io->order)
		journal_order_begin(io->order, &t);
	b->private = io->done ? io->private : t;
	if (io->bios)
		__atomic_fetch_add(io->bios, 1, __ATOMIC_RELAXED);
	io->bio = b;
}

/* Does the piece continue the bio's last one in the same page? Then it becomes part of it. */
static inline bool
io_merge(struct bio *b, struct frame *f, uint off, uint len)
{
	struct bio_vec *v = &b->vec[b->nvecs - 1];

	if (v->frame != f || v->off + v->len != off)
		return false;
	v->len += len;
	b->bytes += len;
	return true;
}

void
ext4_io_add(struct ext4_io *io, struct frame *f, uint off, uint len, u64 sector)
{
	bool fits = io->bio && io->next == sector;

	if (!(fits && off && io_merge(io->bio, f, off, len))) {
		if (io->count)
			ext4_page_hold(f);
		if (!fits || !bio_add(io->bio, f, off, len)) {
			io_start(io, sector);
			bio_add(io->bio, f, off, len);
		}
		if (io->left)
			io->left--;
	}
	io->next = sector + (len >> SECTOR_SHIFT);
}

/* ---- reading ---- */

struct reader {
	struct inode *inode;
	struct ext4_io io;
	struct ext4_map m;		/* found last */
	u64	size;			/* of the file, when reading began */
	bool	logged;			/* data=journal: what is in memory is newer than the disk */
};

/* The disk block of a logical one, 0 if it reads as zeros; left: how many blocks will be asked for. */
static int
reader_find(struct reader *r, u32 block, u32 left, u64 *physical)
{
	struct ext4_map *m = &r->m;
	int err;

	if (block - m->logical >= m->len) {
		m->logical = block;
		m->len = left;
		err = ext4_map_find(r->inode, m);
		if (err) {
			m->len = 0;
			return err;
		}
	}
	*physical = m->physical && !m->unwritten ? m->physical + (block - m->logical) : 0;
	return 0;
}

/* A block of data that the log may not have brought to its place yet. True: copied. */
static bool
read_logged(struct reader *r, u64 physical, char *to)
{
	struct ext4_sb *s = r->io.s;
	struct buffer *b = buffer_peek(s->dev, physical, s->block_size);

	if (!b)
		return false;
	memcpy(to, b->data, s->block_size);
	buffer_put(b);
	return true;
}

/* Have block k of the page read, or zero it. *started: it is on its way. */
static int
read_block(struct reader *r, struct frame *f, uint k, u32 left, bool *started)
{
	struct ext4_sb *s = r->io.s;
	uint off = k << s->block_bits;
	char *to = (char *)frame_va(f) + off;
	u64 physical;
	int err;

	err = reader_find(r, page_block(s, f) + k, left, &physical);
	if (err)
		return err;
	if (!physical) {
		memset(to, 0, s->block_size);
	} else if (!r->logged || !read_logged(r, physical, to)) {
		ext4_io_add(&r->io, f, off, s->block_size, physical << (s->block_bits - SECTOR_SHIFT));
		*started = true;
	}
	return 0;
}

/* left: pages still to be read, this one included. */
static void
read_page(struct reader *r, struct frame *f, uint left)
{
	struct ext4_sb *s = r->io.s;
	uint bits = page_block_bits(s), n = 1U << bits;
	u64 rest = r->size - (f->index << PAGE_SHIFT);	/* bytes of the file in the page, or after it */
	bool counted = bits || rest < PAGE_SIZE, started = false;
	int err = 0;

	if (unlikely(f->index << PAGE_SHIFT >= r->size)) {
		page_clear(frame_va(f));
		mapping_read_done(f, 0);
		return;
	}
	if (rest < PAGE_SIZE) {
		n = DIV_ROUND_UP(rest, s->block_size);
		page_bits_set(f, rest << TAIL_SHIFT);
	}
	if (counted)
		ext4_page_hold(f);
	r->io.count = counted;
	r->io.left = left;
	for (uint k = 0; k < n && !err; k++)
		err = read_block(r, f, k, (left << bits) - k, &started);
	if (counted)
		ext4_page_drop(f, false, err);
	else if (!started)
		mapping_read_done(f, err);
}

void
ext4_read_pages(struct mapping *m, struct frame **pages, uint n)
{
	struct inode *inode = m->inode;
	struct reader r = {
		.inode = inode,
		.io = { .s = ext4_isb(inode), .op = BIO_READ },
		.size = READ_ONCE(inode->size),
		.logged = ext4_journals_data(inode),
	};

	for (uint i = 0; i < n; i++)
		read_page(&r, pages[i], n - i);
	ext4_io_submit(&r.io);
}
