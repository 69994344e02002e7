/*
 * journaled.c - data=journal: a file's contents go through the log, like metadata.
 *
 * write(2) copies its blocks from the page into buffers of the device and logs them in the handle that allocates them:
 * after a crash a write is there as a whole or not at all, and in the order of the calls.  The page is then as good as
 * written.  Only what a program changes through a shared mapping, which nobody hears of, waits for write-back.
 *
 *	page --write(2), or write-back of a MAPPED page--> buffer --commit--> log --checkpoint--> its place
 *
 * Reading looks at the buffers first (pageio.c): the disk may be older.  Blocks freed are revoked, like metadata.
 *
 * Locks       the page is FRAME_LOCKED; then a handle.
 */
#include "fs/ext4/data.h"
#include "fs/ext4/map.h"
#include "lib/string.h"

/* Block k of f, at m->physical, into the log. */
static int
log_block(struct handle *h, struct inode *inode, struct frame *f, uint k, const struct ext4_map *m)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct super_block *sb = inode->sb;
	struct buffer *b;
	int err;

	b = buffer_new(s->dev, m->physical, s->block_size);
	if (IS_ERR(b))
		return PTR_ERR(b);
	err = m->fresh ? ext4_create_access(sb, h, b) : ext4_write_access(sb, h, b);
	if (!err) {
		b->seal = NULL;
		memcpy(b->data, (char *)frame_va(f) + (k << s->block_bits), s->block_size);
		err = ext4_dirty(sb, h, b);
	}
	buffer_put(b);
	return err;
}

/* Allocate block k of f if need be, and log it: as m; a new one of an extent tree is unwritten. */
static int
journal_block(struct handle *h, struct inode *inode, struct frame *f, uint k, struct ext4_map *m)
{
	bool promised = page_bits(f) & PAGE_PROMISED(k);
	int err;

	m->logical = page_block(ext4_isb(inode), f) + k;
	m->len = 1;
	err = ext4_map_create(h, inode, m, EXT4_MAP_UNWRITTEN | (promised ? EXT4_MAP_RESERVED : 0));
	if (err) {
		m->len = 0;
		return err;
	}
	if (promised && m->fresh)
		ext4_page_fulfil(inode, f, PAGE_PROMISED(k));
	else
		ext4_page_unpromise(inode, f, PAGE_PROMISED(k));
	return log_block(h, inode, f, k, m);
}

/*
 * All n blocks are in the log: they become the file's, which has at least `end` bytes now. Or they are not (err), and
 * what a block map has got goes again: there they were the file's at once.
 */
static int
settle(struct handle *h, struct inode *inode, const struct ext4_map *m, uint n, u64 end, int err)
{
	struct ext4_inode *ei = ext4_i(inode);
	uint tries = 0;

	for (uint k = 0; k < n; k++) {
		if (err && m[k].len && m[k].fresh && !m[k].unwritten)
			ext4_map_remove(h, inode, m[k].logical, m[k].logical);
		if (err || !m[k].len || !m[k].unwritten)
			continue;
		do {
			err = ext4_map_convert(h, inode, m[k].logical, 1, false);
		} while (ext4_map_again(err, &tries));
	}
	if (err)
		return err;
	rwsem_lock_write(&ei->map_lock);
	ei->disk_size = MAX(ei->disk_size, end);
	rwsem_unlock_write(&ei->map_lock);
	return 0;
}

/* The blocks of one page, in one handle. */
static int
journal_once(struct inode *inode, struct frame *f, u64 blocks, u64 end)
{
	struct super_block *sb = inode->sb;
	struct ext4_map m[PAGE_BLOCKS_MAX] = { { .len = 0 } };
	uint n = 1U << page_block_bits(ext4_isb(inode));
	struct handle *h;
	int err = 0, err2;

	h = ext4_begin(sb, __builtin_popcountl(blocks) * (ext4_credits_blocks(sb, 1) + 1) + EXT4_CREDITS_INODE);
	if (IS_ERR(h))
		return PTR_ERR(h);
	for (uint k = 0; !err && k < n; k++)
		if (blocks & PAGE_CHANGED(k))
			err = journal_block(h, inode, f, k, &m[k]);
	err = settle(h, inode, m, n, end, err);
	/* Also after an error: some blocks may have been allocated. */
	err2 = ext4_inode_dirty(h, inode);
	err = err ? err : err2;
	err2 = ext4_end(sb, h);
	return err ? err : err2;
}

int
ext4_journal_page(struct inode *inode, struct frame *f, u64 blocks, u64 end)
{
	int err, tries = 0;

	do {
		err = journal_once(inode, f, blocks, end);
	} while (err == -ENOSPC && ext4_alloc_retry(inode->sb, &tries));
	return err;
}

/* Write-back of a page: what is not in the log yet. */
static void
write_back(struct mapping *m, struct frame *f, u64 size)
{
	struct inode *inode = m->inode;
	u64 blocks, end = MIN((f->index + 1) << PAGE_SHIFT, size);
	int err = 0;

	page_bits_clear(f, PAGE_MAPPED | PAGE_ORDER);
	ext4_page_trim(inode, f, size);
	blocks = page_bits(f) & PAGE_ALL_CHANGED;
	if (blocks)
		err = ext4_journal_page(inode, f, blocks, end);
	if (err == -ENOSPC || err == -ENOMEM) {
		page_bits_set(f, PAGE_MAPPED);
		mapping_dirty(m, f);
	} else {
		if (err)
			ext4_page_unpromise(inode, f, PAGE_ALL_PROMISED);
		page_bits_clear(f, PAGE_ALL_CHANGED);
	}
	mapping_write_done(f, err);
	mapping_unlock_page(f);
}

void
ext4_journal_pages(struct mapping *m, struct frame **pages, uint n)
{
	u64 size = READ_ONCE(m->inode->size);

	for (uint i = 0; i < n; i++)
		write_back(m, pages[i], size);
}
