/*
 * orphan_file.c - the orphan file: a block full of inode numbers is cheaper than a list through
 * inode and super block.
 *
 *	block: [number or 0] x n  ... [magic][checksum]
 *
 * Slot i is number i % n of block i / n.  RO_COMPAT_ORPHAN_PRESENT in the super block says that
 * the file may have entries, so its blocks are read only as they are needed.
 *
 * Locks       s->lock [s].
 * Further     Documentation/filesystems/ext4/orphan.rst.
 */
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "kernel/printk.h"
#include "mm/slab.h"

#define ORPHAN_FILE_MAX	512		/* blocks, as e2fsprogs */

struct orphan_block {			/* Guarded by: s s->lock */
	struct buffer *b;		/* [s] NULL: not read yet */
	u32	free;			/* [s] entries that are 0 */
	u32	first;			/* [s] none before it is */
};

struct ext4_orphan_file {		/* Guarded by: i immutable  s s->lock */
	struct ext4_sb *s;		/* [i] */
	struct inode *inode;		/* [i] */
	u32	per_block;		/* [i] entries */
	u32	nblocks;		/* [i] */
	u32	hint;			/* [s] block where the last one found room */
	struct orphan_block block[];
};

static u32 *entries(const struct orphan_block *o) { return o->b->data; }

static struct ext4_orphan_tail *
tail(const struct ext4_sb *s, const struct buffer *b)
{
	return (void *)((u8 *)b->data + s->block_size - sizeof(struct ext4_orphan_tail));
}

static u32
block_csum(const struct ext4_orphan_file *f, const struct buffer *b)
{
	u32 crc = crc32c(ext4_i(f->inode)->csum_seed, &b->block, sizeof(b->block));

	return crc32c(crc, b->data, f->per_block * sizeof(u32));
}

static void
orphan_seal(struct buffer *b)
{
	struct ext4_orphan_file *f = b->owner;

	tail(f->s, b)->ob_checksum = block_csum(f, b);
}

/* Block k, read and checked. ERR_PTR. */
static struct orphan_block *
block_load(struct ext4_orphan_file *f, u32 k)
{
	struct orphan_block *o = &f->block[k];
	struct ext4_map m = { .logical = k, .len = 1 };
	struct ext4_sb *s = f->s;
	struct buffer *b;
	u32 i;
	int err;

	if (o->b)
		return o;
	err = ext4_map_find(f->inode, &m);
	if (err)
		return ERR_PTR(err);
	if (!m.physical || m.unwritten)
		return ERR_PTR(ext4_corrupt(s->sb, f->inode->ino, 0, "orphan file: block %u is not there", k));
	b = buffer_read(s->dev, m.physical, s->block_size);
	if (IS_ERR(b))
		return (struct orphan_block *)b;
	if (tail(s, b)->ob_magic != EXT4_ORPHAN_MAGIC ||
	    (s->csum && tail(s, b)->ob_checksum != block_csum(f, b))) {
		buffer_put(b);
		return ERR_PTR(ext4_corrupt(s->sb, f->inode->ino, m.physical, "orphan file: block %u is wrong", k));
	}
	o->b = b;
	b->owner = f;
	b->seal = s->csum ? orphan_seal : NULL;
	for (i = 0; i < f->per_block; i++)
		o->free += entries(o)[i] == 0;
	return o;
}

/* Write ino into entry i of o, in h. */
static int
entry_set(struct ext4_sb *s, struct handle *h, struct orphan_block *o, u32 i, u32 ino)
{
	int err = ext4_write_access(s->sb, h, o->b);

	if (err)
		return err;
	entries(o)[i] = ino;
	if (ino) {
		o->free--;
		o->first = i + 1;
	} else {
		o->free++;
		o->first = MIN(o->first, i);
	}
	return ext4_dirty(s->sb, h, o->b);
}

int
ext4_orphan_file_add(struct ext4_sb *s, struct handle *h, struct inode *inode)
{
	struct ext4_orphan_file *f = s->orphan_file;
	struct orphan_block *o;
	u32 k, n, i;
	int err;

	for (n = 0; n < f->nblocks; n++) {
		k = (f->hint + n) % f->nblocks;
		o = block_load(f, k);
		if (IS_ERR(o))
			return PTR_ERR(o);
		if (!o->free)
			continue;
		for (i = o->first; i < f->per_block && entries(o)[i]; i++)
			;
		if (i == f->per_block)
			return ext4_corrupt(s->sb, f->inode->ino, o->b->block, "orphan file: entries from nowhere");
		err = entry_set(s, h, o, i, inode->ino);
		if (err)
			return err;
		f->hint = k;
		ext4_i(inode)->orphan_slot = k * f->per_block + i;
		return 0;
	}
	return -ENOSPC;
}

int
ext4_orphan_file_del(struct ext4_sb *s, struct handle *h, u32 slot)
{
	struct ext4_orphan_file *f = s->orphan_file;

	return entry_set(s, h, &f->block[slot / f->per_block], slot % f->per_block, 0);
}

/* An entry that means nothing goes. */
static int
entry_drop(struct ext4_sb *s, u32 slot)
{
	struct handle *h = ext4_begin(s->sb, 1);
	int err, end;

	if (IS_ERR(h))
		return PTR_ERR(h);
	mutex_lock(&s->lock);
	err = ext4_orphan_file_del(s, h, slot);
	mutex_unlock(&s->lock);
	end = ext4_end(s->sb, h);
	return err ? err : end;
}

/* At mount: finish all that is in block k. */
static int
block_finish(struct ext4_sb *s, u32 k)
{
	struct ext4_orphan_file *f = s->orphan_file;
	struct orphan_block *o;
	u32 i, ino;
	int err;

	mutex_lock(&s->lock);
	o = block_load(f, k);
	mutex_unlock(&s->lock);
	if (IS_ERR(o))
		return PTR_ERR(o);
	for (i = 0; i < f->per_block && o->free < f->per_block; i++) {
		ino = entries(o)[i];
		if (!ino)
			continue;
		err = ext4_orphan_process(s, ino, k * f->per_block + i);
		if (err && READ_ONCE(s->aborted))
			return err;
		if (entries(o)[i])
			entry_drop(s, k * f->per_block + i);
	}
	return 0;
}

int
ext4_orphan_file_finish(struct ext4_sb *s)
{
	u32 k;
	int err;

	for (k = 0; k < s->orphan_file->nblocks; k++) {
		err = block_finish(s, k);
		if (err)
			return err;
	}
	return 0;
}

int
ext4_orphan_file_load(struct ext4_sb *s)
{
	struct ext4_orphan_file *f;
	struct inode *i;
	u64 n;

	if (!(s->compat & EXT4_COMPAT_ORPHAN_FILE))
		return 0;
	i = ext4_iget_special(s->sb, s->super->s_orphan_file_inum);
	if (IS_ERR(i))
		return PTR_ERR(i);
	n = i->size >> s->block_bits;
	if (!S_ISREG(i->mode) || !i->nlink || n == 0 || n > ORPHAN_FILE_MAX) {
		inode_put(i);
		return ext4_corrupt(s->sb, s->super->s_orphan_file_inum, 0, "no orphan file");
	}
	f = kzalloc(sizeof(*f) + n * sizeof(f->block[0]), GFP_KERNEL);
	if (!f) {
		inode_put(i);
		return -ENOMEM;
	}
	f->s = s;
	f->inode = i;
	f->nblocks = n;
	f->per_block = (s->block_size - sizeof(struct ext4_orphan_tail)) / sizeof(u32);
	s->orphan_file = f;
	return 0;
}

void
ext4_orphan_file_free(struct ext4_sb *s)
{
	struct ext4_orphan_file *f = s->orphan_file;
	u32 k;

	if (!f)
		return;
	for (k = 0; k < f->nblocks; k++) {
		if (!f->block[k].b)
			continue;
		f->block[k].b->seal = NULL;
		buffer_put(f->block[k].b);
	}
	inode_put(f->inode);
	s->orphan_file = NULL;
	kfree(f);
}
