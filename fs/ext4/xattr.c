/*
 * xattr.c - blocks of extended attributes: this kernel cannot read them yet, but keeps them, and
 * frees them with the file.
 *
 *	i_file_acl --> [magic][references][blocks 1][hash][checksum][0 0 0] entries ...
 *
 * One block may serve several inodes with equal attributes: it counts them, and the last one frees it.
 * Further     Documentation/filesystems/ext4/attributes.rst.
 */
#include "fs/ext4/ext4.h"
#include "lib/string.h"

#define XATTR_MAGIC	0xEA020000U

struct xattr_header {
	u32	h_magic;
	u32	h_refcount;
	u32	h_blocks;
	u32	h_hash;
	u32	h_checksum;
	u32	h_reserved[3];
};
static_assert(sizeof(struct xattr_header) == 32, "xattr header");

static u32
xattr_csum(struct ext4_sb *s, const struct buffer *b)
{
	const struct xattr_header *x = b->data;
	u32 zero = 0, crc = crc32c(s->csum_seed, &b->block, sizeof(b->block));

	crc = crc32c(crc, x, offsetof(struct xattr_header, h_checksum));
	crc = crc32c(crc, &zero, sizeof(zero));
	return crc32c(crc, x->h_reserved, s->block_size - offsetof(struct xattr_header, h_reserved));
}

static void
xattr_seal(struct buffer *b)
{
	struct xattr_header *x = b->data;

	x->h_checksum = xattr_csum(ext4_sb(b->owner), b);
}

/* For ext4_bread. */
static int
xattr_check(struct super_block *sb, struct buffer *b, void *inode)
{
	const struct xattr_header *x = b->data;
	u64 ino = ((struct inode *)inode)->ino;

	if (x->h_magic != XATTR_MAGIC || x->h_blocks != 1 || x->h_refcount == 0)
		return ext4_corrupt(sb, ino, b->block, "no block of extended attributes");
	if (ext4_sb(sb)->csum && !(READ_ONCE(b->flags) & BUFFER_VERIFIED) &&
	    x->h_checksum != xattr_csum(ext4_sb(sb), b))
		return ext4_corrupt(sb, ino, b->block, "extended attributes have a wrong checksum");
	return 0;
}

/* One reference fewer; true in *last: there was no other, and nothing was changed. */
static int
xattr_unref(struct handle *h, struct inode *inode, struct buffer *b, bool *last)
{
	struct super_block *sb = inode->sb;
	struct xattr_header *x = b->data;
	int err;

	*last = x->h_refcount <= 1;
	if (*last)
		return 0;
	err = ext4_write_access(sb, h, b);
	if (err)
		return err;
	x->h_refcount--;
	if (ext4_sb(sb)->csum) {
		b->owner = sb;
		b->seal = xattr_seal;
	}
	return ext4_dirty(sb, h, b);
}

int
ext4_xattr_release(struct handle *h, struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);
	u64 block = ei->acl_block, sectors = s->block_size >> 9;
	struct buffer *b;
	bool last;
	int err;

	if (!block)
		return 0;
	b = ext4_bread(inode->sb, block, xattr_check, inode);
	if (IS_ERR(b))
		return PTR_ERR(b);
	mutex_lock(&s->lock);
	err = xattr_unref(h, inode, b, &last);
	mutex_unlock(&s->lock);
	buffer_put(b);
	if (err)
		return err;
	ei->acl_block = 0;
	if (last)
		return ext4_free_blocks(h, inode, block, 1, true);
	inode->blocks -= MIN(inode->blocks, sectors);
	return 0;
}
