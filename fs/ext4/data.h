/*
 * data.h - what the files that move a file's contents share: the state of a page, and bios built from its pieces.
 *
 * A page has one, two or four blocks.  What ext4 knows of each is in frame->private:
 *
 *	bit  0-3   CHANGED   written to since it was last on the disk
 *	bit  4-7   PROMISED  it is a hole, and a block is reserved for it (delayed allocation)
 *	bit  8     MAPPED    data=journal: a program may be changing it through a shared mapping
 *	bit  9     ORDER     its next write belongs to a transaction, though nothing is allocated for it
 *	bit 16-23  pieces of it that are on their way, in different bios
 *	bit 24-35  errno of one that failed
 *	bit 40-52  being read: the file ends here, the rest is to be zeroed
 *
 * Bits 0 to 9 change with the page FRAME_LOCKED; but by atomic operations, for the others change in interrupts.
 * Blocks that are CHANGED or PROMISED belong to pages that are FRAME_DIRTY, or locked.
 */
#ifndef FS_EXT4_DATA_H
#define FS_EXT4_DATA_H

#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "mm/frame.h"
#include "mm/pagecache.h"

#define PAGE_CHANGED(k)	BIT(k)
#define PAGE_PROMISED(k) BIT(4 + (k))
#define PAGE_ALL_CHANGED 0x0fUL
#define PAGE_ALL_PROMISED 0xf0UL
#define PAGE_MAPPED	BIT(8)
#define PAGE_ORDER	BIT(9)
#define PAGE_OURS	0xffffUL	/* the bits above */
#define PAGE_PIECE	BIT(16)
#define PAGE_BLOCKS_MAX	4

static inline u64 page_bits(const struct frame *f) { return READ_ONCE(f->private); }

static inline void
page_bits_set(struct frame *f, u64 bits)
{
	__atomic_fetch_or(&f->private, bits, __ATOMIC_RELAXED);
}

static inline void
page_bits_clear(struct frame *f, u64 bits)
{
	__atomic_fetch_and(&f->private, ~bits, __ATOMIC_RELAXED);
}

/* log2 of blocks in a page. */
static inline uint page_block_bits(const struct ext4_sb *s) { return PAGE_SHIFT - s->block_bits; }
/* Logical number of a page's first block. */
static inline u64 page_block(const struct ext4_sb *s, const struct frame *f) { return f->index << page_block_bits(s); }
/* No file of this kind is longer. */
static inline u64
ext4_size_max(const struct inode *inode)
{
	return (u64)ext4_map_max_blocks(inode) << ext4_isb(inode)->block_bits;
}

/* Bytes from `from` to `to` of a page are blocks [first, last]: as CHANGED bits. */
static inline u64
page_block_mask(const struct ext4_sb *s, uint from, uint to)
{
	uint first = from >> s->block_bits, last = (to - 1) >> s->block_bits;

	return (2UL << last) - (1UL << first);
}

/* ---- pageio.c ---- */
struct ext4_io {			/* a bio being built from pieces */
	struct ext4_sb *s;
	u8	op;			/* BIO_READ, BIO_WRITE */
	u8	flags;			/* BIO_SYNC */
	bool	count;			/* count each page's pieces: for pages of several blocks */
	struct handle *order;		/* the bios belong to its transaction; NULL: to none */
	void	(*done)(struct bio *b);
	void	*private;		/* for done: bio->private; not with order */
	int	*bios;			/* [a] where they are counted, before they are started; or NULL */
	struct bio *bio;
	u64	next;			/* sector that would continue it */
	uint	left;			/* pieces still to come, at a guess */
};
/* Add a piece, at this sector; starts what is there already if it does not continue that. */
void	ext4_io_add(struct ext4_io *io, struct frame *f, uint off, uint len, u64 sector);
void	ext4_io_submit(struct ext4_io *io);
/* One more, one less piece of f under way; the last tells the page cache. error 0 or -errno. Any context. */
static inline void ext4_page_hold(struct frame *f) { __atomic_fetch_add(&f->private, PAGE_PIECE, __ATOMIC_RELAXED); }
void	ext4_page_drop(struct frame *f, bool write, int error);
int	ext4_page_error(const struct frame *f);		/* of the pieces done so far */
void	ext4_read_pages(struct mapping *m, struct frame **pages, uint n);

/* ---- data.c ---- */
/* The blocks of f that are in `bits` (PAGE_PROMISED) need their reservation no more. */
void	ext4_page_unpromise(struct inode *inode, struct frame *f, u64 bits);
/* The same when allocation has used them up. */
void	ext4_page_fulfil(struct inode *inode, struct frame *f, u64 bits);
/* Blocks of f wholly past the file's size are not the file's: forget what is noted of them, give back promises. */
void	ext4_page_trim(struct inode *inode, struct frame *f, u64 size);
/* Data of the file up to byte `end` is on its way: let disk_size follow, but never past the size it has by now. */
void	ext4_disk_size_advance(struct inode *inode, u64 end);

/* ---- truncate.c ---- */
/* After ext4_map_remove h may be short of credits: have some for the inode, and the orphan list. */
int	ext4_credits_for_end(struct handle *h, struct inode *inode);
/* What a program put behind the file's end through a mapping is not the file's, which is about to grow. */
void	ext4_old_end_zero(struct inode *inode);

/* ---- writeback.c, journaled.c, direct.c ---- */
void	ext4_write_pages(struct mapping *m, struct frame **pages, uint n, bool sync);
/* Put blocks of f (CHANGED bits) into the log; the file then has at least `end` bytes on the disk. */
int	ext4_journal_page(struct inode *inode, struct frame *f, u64 blocks, u64 end);
void	ext4_journal_pages(struct mapping *m, struct frame **pages, uint n);
ssize_t	ext4_direct(struct mapping *m, struct uio *u, loff_t pos, bool write);

#endif
