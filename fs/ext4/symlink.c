/*
 * symlink.c - symbolic links: short targets in the inode itself, long ones in a block.
 *
 * A target of up to 59 bytes stands where the inode's block numbers would (a "fast" link); a longer one in the file's
 * first block, journaled, for a link must not be there without its target.
 */
#include "fs/ext4/ext4.h"
#include "lib/string.h"

#define FAST_MAX	(sizeof(((struct ext4_inode *)0)->block) - 1)

/* Store the target, of len bytes, in the new link. h has credits for one block. 0 or -errno. */
int
ext4_symlink_set(struct handle *h, struct inode *inode, const char *target, uint len)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);
	struct ext4_map m = { .logical = 0, .len = 1 };
	struct buffer *b;
	int err;

	inode->size = ei->disk_size = len;
	if (len <= FAST_MAX) {
		ei->fast_symlink = true;
		ei->flags &= ~EXT4_EXTENTS_FL;
		memset(ei->block, 0, sizeof(ei->block));
		memcpy(ei->block, target, len);
		return ext4_inode_dirty(h, inode);
	}
	err = ext4_map_create(h, inode, &m, 0);
	if (err)
		return err;
	b = buffer_new(s->dev, m.physical, s->block_size);
	if (IS_ERR(b))
		return PTR_ERR(b);
	err = ext4_create_access(inode->sb, h, b);
	if (!err) {
		memset(b->data, 0, b->size);
		memcpy(b->data, target, len);
		err = ext4_dirty(inode->sb, h, b);
	}
	buffer_put(b);
	return err ? err : ext4_inode_dirty(h, inode);
}

static ssize_t
ext4_readlink(struct inode *inode, char *buf, size_t size)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_map m = { .logical = 0, .len = 1 };
	size_t n = inode->size;
	struct buffer *b;
	int err;

	if (ext4_is_fast_symlink(inode)) {
		if (!n || n > FAST_MAX)
			return ext4_corrupt(inode->sb, inode->ino, 0, "a link's length is %lu", (ulong)n);
		memcpy(buf, ext4_i(inode)->block, MIN(n, size));
		return MIN(n, size);
	}
	if (!n || n >= s->block_size)
		return ext4_corrupt(inode->sb, inode->ino, 0, "a link's length is %lu", (ulong)n);
	err = ext4_map_find(inode, &m);
	if (err)
		return err;
	if (!m.physical || m.unwritten)
		return ext4_corrupt(inode->sb, inode->ino, 0, "a link has no block");
	b = ext4_bread(inode->sb, m.physical, NULL, NULL);
	if (IS_ERR(b))
		return PTR_ERR(b);
	n = MIN(n, size);
	memcpy(buf, b->data, n);
	buffer_put(b);
	return n;
}

const struct inode_ops ext4_symlink_ops = {
	.readlink = ext4_readlink,
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
};
