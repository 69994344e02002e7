/*
 * csum.c - every checksum of ext4.
 *
 *	super block       crc32c(~0, all before s_checksum)
 *	seed              crc32c(~0, uuid), or s_checksum_seed with metadata_csum_seed
 *	group descriptor  crc32c(seed, group, descriptor with bg_checksum 0), low 16 bits; or crc16 with gdt_csum
 *	bitmap            crc32c(seed, bits of blocks or inodes), in the descriptor
 *	inode seed        crc32c(seed, inode number, generation)
 *	inode             crc32c(inode seed, inode with its checksum 0)
 *	extent block      crc32c(inode seed, header and eh_max entries)
 *	directory leaf    crc32c(inode seed, block less its last 12 bytes)
 *	hash tree block   crc32c(inode seed, up to the last entry in use; the tail with its checksum 0)
 *
 * None is inverted at the end.  Each `set` writes, each `ok` compares; without metadata_csum
 * everything is ok and nothing is set.  What is passed may be anything: lengths found in a block
 * are checked before they are used.
 * Further     Documentation/filesystems/ext4/checksums.rst.
 */
#include "fs/ext4/ext4.h"
#include "lib/string.h"

static const u32 zero;

/* --- super block, descriptors, bitmaps --- */

bool
ext4_super_csum_ok(const struct ext4_disk_super *d)
{
	if (!(d->s_feature_ro_compat & EXT4_RO_METADATA_CSUM))
		return true;
	return d->s_checksum == crc32c(~0U, d, offsetof(struct ext4_disk_super, s_checksum));
}

void
ext4_super_csum_set(struct ext4_disk_super *d)
{
	if (d->s_feature_ro_compat & EXT4_RO_METADATA_CSUM)
		d->s_checksum = crc32c(~0U, d, offsetof(struct ext4_disk_super, s_checksum));
}

#define DESC_CSUM	offsetof(struct ext4_group_desc, bg_checksum)

static u16
desc_csum(struct ext4_sb *s, u32 group, const struct ext4_group_desc *d)
{
	const u8 *rest = (const u8 *)d + EXT4_DESC_SIZE_OLD;
	u32 crc;
	u16 old;

	if (s->csum) {
		crc = crc32c(s->csum_seed, &group, sizeof(group));
		crc = crc32c(crc, d, DESC_CSUM);
		crc = crc32c(crc, &zero, sizeof(d->bg_checksum));
		return crc32c(crc, rest, s->desc_size - EXT4_DESC_SIZE_OLD);
	}
	old = crc16(~0, s->super->s_uuid, sizeof(s->super->s_uuid));
	old = crc16(old, &group, sizeof(group));
	old = crc16(old, d, DESC_CSUM);
	return crc16(old, rest, s->desc_size - EXT4_DESC_SIZE_OLD);
}

bool
ext4_desc_csum_ok(struct ext4_sb *s, u32 group, const struct ext4_group_desc *d)
{
	return !s->desc_csum || d->bg_checksum == desc_csum(s, group, d);
}

void
ext4_desc_csum_set(struct ext4_sb *s, u32 group, struct ext4_group_desc *d)
{
	if (s->desc_csum)
		d->bg_checksum = desc_csum(s, group, d);
}

/* With short descriptors only the low half of a bitmap's checksum has a place. */
static bool
has_high_csum(const struct ext4_sb *s)
{
	return s->desc_size >= offsetof(struct ext4_group_desc, bg_inode_bitmap_csum_hi) + sizeof(u16);
}

static u32
bitmap_csum(struct ext4_sb *s, const struct buffer *b, bool inodes)
{
	return crc32c(s->csum_seed, b->data, (inodes ? s->inodes_per_group : s->blocks_per_group) / 8);
}

bool
ext4_bitmap_csum_ok(struct ext4_sb *s, const struct ext4_group_desc *d, const struct buffer *b, bool inodes)
{
	u32 want, crc;

	if (!s->csum)
		return true;
	crc = bitmap_csum(s, b, inodes);
	want = inodes ? d->bg_inode_bitmap_csum_lo : d->bg_block_bitmap_csum_lo;
	if (!has_high_csum(s))
		return want == (crc & 0xffff);
	want |= (u32)(inodes ? d->bg_inode_bitmap_csum_hi : d->bg_block_bitmap_csum_hi) << 16;
	return want == crc;
}

void
ext4_bitmap_csum_set(struct ext4_sb *s, struct ext4_group_desc *d, const struct buffer *b, bool inodes)
{
	u32 crc;

	if (!s->csum)
		return;
	crc = bitmap_csum(s, b, inodes);
	*(inodes ? &d->bg_inode_bitmap_csum_lo : &d->bg_block_bitmap_csum_lo) = crc;
	if (has_high_csum(s))
		*(inodes ? &d->bg_inode_bitmap_csum_hi : &d->bg_block_bitmap_csum_hi) = crc >> 16;
}

/* --- inodes --- */

u32
ext4_inode_csum_seed(struct ext4_sb *s, u64 ino, u32 generation)
{
	u32 number = ino;
	u32 crc = crc32c(s->csum_seed, &number, sizeof(number));

	return crc32c(crc, &generation, sizeof(generation));
}

#define INODE_CSUM_LO	offsetof(struct ext4_disk_inode, i_checksum_lo)
#define INODE_CSUM_HI	offsetof(struct ext4_disk_inode, i_checksum_hi)

/* *high: there is room for the high half, too. */
static u32
inode_csum(struct ext4_sb *s, u64 ino, const struct ext4_disk_inode *d, bool *high)
{
	const u8 *p = (const u8 *)d;
	u32 crc = ext4_inode_csum_seed(s, ino, d->i_generation);

	*high = false;
	crc = crc32c(crc, p, INODE_CSUM_LO);
	crc = crc32c(crc, &zero, sizeof(d->i_checksum_lo));
	crc = crc32c(crc, p + INODE_CSUM_LO + 2, EXT4_INODE_OLD_SIZE - INODE_CSUM_LO - 2);
	if (s->inode_size == EXT4_INODE_OLD_SIZE)
		return crc;
	*high = EXT4_INODE_OLD_SIZE + d->i_extra_isize >= INODE_CSUM_HI + sizeof(d->i_checksum_hi);
	if (!*high)
		return crc32c(crc, p + EXT4_INODE_OLD_SIZE, s->inode_size - EXT4_INODE_OLD_SIZE);
	crc = crc32c(crc, p + EXT4_INODE_OLD_SIZE, INODE_CSUM_HI - EXT4_INODE_OLD_SIZE);
	crc = crc32c(crc, &zero, sizeof(d->i_checksum_hi));
	return crc32c(crc, p + INODE_CSUM_HI + 2, s->inode_size - INODE_CSUM_HI - 2);
}

bool
ext4_inode_csum_ok(struct ext4_sb *s, u64 ino, const struct ext4_disk_inode *d)
{
	bool high;
	u32 crc;

	if (!s->csum)
		return true;
	crc = inode_csum(s, ino, d, &high);
	return d->i_checksum_lo == (u16)crc && (!high || d->i_checksum_hi == crc >> 16);
}

void
ext4_inode_csum_set(struct ext4_sb *s, u64 ino, struct ext4_disk_inode *d)
{
	bool high;
	u32 crc;

	if (!s->csum)
		return;
	crc = inode_csum(s, ino, d, &high);
	d->i_checksum_lo = crc;
	if (high)
		d->i_checksum_hi = crc >> 16;
}

/* --- extent blocks --- */

/* Where the checksum is: after the last entry there could be. NULL: that is outside the block. */
static u32 *
extent_tail(struct ext4_sb *s, const struct ext4_extent_header *eh)
{
	size_t off = sizeof(*eh) + (size_t)eh->eh_max * sizeof(struct ext4_extent);

	return off + sizeof(u32) <= s->block_size ? (u32 *)((u8 *)eh + off) : NULL;
}

bool
ext4_extent_csum_ok(struct ext4_sb *s, u32 inode_seed, const void *block)
{
	u32 *tail;

	if (!s->csum)
		return true;
	tail = extent_tail(s, block);
	return tail && *tail == crc32c(inode_seed, block, (u8 *)tail - (u8 *)block);
}

void
ext4_extent_csum_set(struct ext4_sb *s, u32 inode_seed, void *block)
{
	u32 *tail = s->csum ? extent_tail(s, block) : NULL;

	if (tail)
		*tail = crc32c(inode_seed, block, (u8 *)tail - (u8 *)block);
}

/* --- directory blocks --- */

bool
ext4_dirblock_csum_ok(struct ext4_sb *s, u32 inode_seed, const void *block)
{
	u32 n = s->block_size - sizeof(struct ext4_dirent_tail);
	const struct ext4_dirent_tail *tail = (const void *)((const u8 *)block + n);

	return !s->csum || tail->det_checksum == crc32c(inode_seed, block, n);
}

void
ext4_dirblock_csum_set(struct ext4_sb *s, u32 inode_seed, void *block)
{
	u32 n = s->block_size - sizeof(struct ext4_dirent_tail);
	struct ext4_dirent_tail *tail = (void *)((u8 *)block + n);

	if (s->csum)
		tail->det_checksum = crc32c(inode_seed, block, n);
}

/*
 * The tail of a hash tree's block, and in *used how many bytes before it count: up to the last
 * entry in use. NULL: it is no such block.
 */
static struct ext4_dx_tail *
dx_tail(struct ext4_sb *s, const void *block, u32 *used)
{
	const struct ext4_dx_root *root = block;
	const struct ext4_dx_node *node = block;
	const struct ext4_dx_countlimit *cl;
	u32 off;

	if ((node->rec_len & 0xfffc) == (s->block_size & 0xfffc) && !node->inode)
		off = offsetof(struct ext4_dx_node, entries);
	else if (root->dot_rec_len == 12 && root->info_length == 8)
		off = offsetof(struct ext4_dx_root, entries);
	else
		return NULL;
	cl = (const void *)((const u8 *)block + off);
	if (cl->count > cl->limit ||
	    off + cl->limit * sizeof(struct ext4_dx_entry) + sizeof(struct ext4_dx_tail) > s->block_size)
		return NULL;
	*used = off + cl->count * sizeof(struct ext4_dx_entry);
	return (void *)((u8 *)cl + cl->limit * sizeof(struct ext4_dx_entry));
}

static u32
dx_csum(u32 inode_seed, const void *block, u32 used, const struct ext4_dx_tail *tail)
{
	u32 crc = crc32c(inode_seed, block, used);

	crc = crc32c(crc, tail, offsetof(struct ext4_dx_tail, checksum));
	return crc32c(crc, &zero, sizeof(tail->checksum));
}

bool
ext4_dx_csum_ok(struct ext4_sb *s, u32 inode_seed, const void *block)
{
	struct ext4_dx_tail *tail;
	u32 used;

	if (!s->csum)
		return true;
	tail = dx_tail(s, block, &used);
	return tail && tail->checksum == dx_csum(inode_seed, block, used, tail);
}

void
ext4_dx_csum_set(struct ext4_sb *s, u32 inode_seed, void *block)
{
	struct ext4_dx_tail *tail;
	u32 used;

	if (!s->csum)
		return;
	tail = dx_tail(s, block, &used);
	if (tail)
		tail->checksum = dx_csum(inode_seed, block, used, tail);
}
