/*
 * xattr.c - extended attributes as they are on the disk: found, read, listed; and freed with the file.
 *
 *	table block   [inode, 128 bytes][i_extra_isize bytes][magic] entries --> ... <-- values
 *	i_file_acl --> [header] entries --> ... <-- values
 *
 * First come those in the inode, then those of the block.  One block may serve several inodes with
 * equal attributes: it counts them, and the last one frees it.
 * Everything is checked when it is read: a name or value may claim to be anywhere.  A block is read in a copy, for
 * a disk may say that two inodes have the same one, each alone: the other's lock is not ours.
 * Locks       inode->lock, which the VFS holds; s->lock for the references of a block.
 * Not here    changes (xattr_set.c); who may see what (fs/xattr.c).
 * Further     docs/ext4.md; Documentation/filesystems/ext4/attributes.rst.
 */
#include "fs/ext4/xattr.h"
#include "abi/xattr.h"
#include "fs/xattr.h"
#include "lib/string.h"
#include "mm/slab.h"

static const struct { const char *prefix; u8 index; } kinds[] = {
	{ XATTR_USER_PREFIX, 1 }, { XATTR_TRUSTED_PREFIX, 4 }, { XATTR_SECURITY_PREFIX, 6 },
};

/* --- names --- */

/* The VFS asks for names of these kinds only. */
void
ext4_xattr_name(const char *name, struct xattr_name *out)
{
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		size_t n = strlen(kinds[k].prefix);

		if (!strncmp(name, kinds[k].prefix, n))
			*out = (struct xattr_name){ .s = name + n, .index = kinds[k].index, .len = strlen(name + n) };
	}
}

/* The order of entries in a block: prefix, length, bytes. */
int
ext4_xattr_name_compare(const struct xattr_name *n, const struct xattr_entry *e)
{
	if (n->index != e->e_name_index)
		return n->index - e->e_name_index;
	if (n->len != e->e_name_len)
		return n->len - e->e_name_len;
	return memcmp(n->s, e->e_name, n->len);
}

struct xattr_entry *
ext4_xattr_find(const struct xattr_area *a, const struct xattr_name *n)
{
	struct xattr_entry *e;

	if (!a->size)
		return NULL;
	for (e = xattr_first(a); !xattr_is_last(e); e = xattr_next(e))
		if (!ext4_xattr_name_compare(n, e))
			return e;
	return NULL;
}

/* --- areas --- */

/* Are entries, and what they point to, inside, values behind the end of the entries? */
static bool
area_sound(const struct xattr_area *a)
{
	const struct xattr_entry *e;
	u32 off = a->first, end;

	for (;; off += XATTR_ENTRY_SIZE(e->e_name_len)) {
		if (off + sizeof(u32) > a->size)
			return false;
		e = (void *)(a->base + off);
		if (xattr_is_last(e))
			break;
		if (off + sizeof(*e) > a->size || off + XATTR_ENTRY_SIZE(e->e_name_len) > a->size)
			return false;
	}
	end = off + sizeof(u32);
	for (e = xattr_first(a); !xattr_is_last(e); e = xattr_next(e)) {
		if (e->e_value_inum)
			return false;
		if (e->e_value_size && (e->e_value_offs < end || e->e_value_size > a->size ||
					e->e_value_offs + XATTR_ROUND(e->e_value_size) > a->size))
			return false;
	}
	return true;
}

u32
ext4_xattr_inode_room(const struct inode *inode)
{
	u32 start = EXT4_INODE_OLD_SIZE + ext4_i(inode)->extra_isize, size = ext4_isb(inode)->inode_size;

	return ext4_i(inode)->extra_isize && start + 2 * sizeof(u32) <= size ? size - start : 0;
}

int
ext4_xattr_inode_area(struct inode *inode, struct xattr_area *a)
{
	u32 room = ext4_xattr_inode_room(inode);
	struct buffer *b;
	u8 *p;

	*a = (struct xattr_area){ 0 };
	if (!room)
		return 0;
	b = ext4_inode_table(inode);
	if (IS_ERR(b))
		return PTR_ERR(b);
	p = (u8 *)b->data + ext4_i(inode)->table_off + ext4_isb(inode)->inode_size - room;
	if (*(u32 *)p != XATTR_MAGIC)
		return 0;
	*a = (struct xattr_area){ .base = p + sizeof(u32), .size = room - sizeof(u32) };
	if (area_sound(a))
		return 0;
	return ext4_corrupt(inode->sb, inode->ino, b->block, "extended attributes in the inode are wrong");
}

/* --- blocks --- */

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

int
ext4_xattr_dirty(struct handle *h, struct super_block *sb, struct buffer *b)
{
	if (ext4_sb(sb)->csum) {
		b->owner = sb;
		b->seal = xattr_seal;
	}
	return ext4_dirty(sb, h, b);
}

/* For ext4_bread: is it such a block? */
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

/* a: a copy of b, sound at the time of copying and for good. */
static int
block_copy(struct inode *inode, const struct buffer *b, struct xattr_area *a)
{
	u32 size = ext4_isb(inode)->block_size;
	u8 *copy = kmalloc(size, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, b->data, size);
	*a = (struct xattr_area){ copy, sizeof(struct xattr_header), size };
	if (area_sound(a))
		return 0;
	kfree(copy);
	*a = (struct xattr_area){ 0 };
	return ext4_corrupt(inode->sb, inode->ino, b->block, "extended attributes are wrong");
}

int
ext4_xattr_block_area(struct inode *inode, struct xattr_area *a, struct buffer **out)
{
	struct buffer *b;
	int err;

	*a = (struct xattr_area){ 0 };
	*out = NULL;
	if (!ext4_i(inode)->acl_block)
		return 0;
	b = ext4_bread(inode->sb, ext4_i(inode)->acl_block, xattr_check, inode);
	if (IS_ERR(b))
		return PTR_ERR(b);
	err = block_copy(inode, b, a);
	if (err)
		buffer_put(b);
	else
		*out = b;
	return err;
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
	return ext4_xattr_dirty(h, sb, b);
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
	if (last)
		err = ext4_free_blocks(h, inode, block, 1, true);
	else
		ext4_blocks_subtract(inode, sectors);
	if (!err)
		ei->acl_block = 0;
	return err;
}

/* --- super_ops --- */

/* The value of n in a: its length, -ERANGE, -ENODATA. */
static ssize_t
area_get(const struct xattr_area *a, const struct xattr_name *n, void *buf, size_t size)
{
	const struct xattr_entry *e = ext4_xattr_find(a, n);

	if (!e)
		return -ENODATA;
	if (size && e->e_value_size > size)
		return -ERANGE;
	if (size)
		memcpy(buf, a->base + e->e_value_offs, e->e_value_size);
	return e->e_value_size;
}

ssize_t
ext4_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
	struct xattr_name n;
	struct xattr_area a;
	struct buffer *b;
	ssize_t r;

	ext4_xattr_name(name, &n);
	r = ext4_xattr_inode_area(inode, &a);
	if (!r)
		r = area_get(&a, &n, buf, size);
	if (r != -ENODATA)
		return r;
	r = ext4_xattr_block_area(inode, &a, &b);
	if (!r)
		r = area_get(&a, &n, buf, size);
	buffer_put(b);
	kfree(a.base);
	return r;
}

static ssize_t
area_list(const struct xattr_area *a, char *buf, size_t size, ssize_t at)
{
	const struct xattr_entry *e;

	if (!a->size)
		return at;
	for (e = xattr_first(a); at >= 0 && !xattr_is_last(e); e = xattr_next(e))
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
			if (kinds[k].index == e->e_name_index && xattr_visible(kinds[k].prefix))
				at = xattr_list_add(buf, size, at, kinds[k].prefix, e->e_name, e->e_name_len);
	return at;
}

ssize_t
ext4_listxattr(struct inode *inode, char *buf, size_t size)
{
	struct xattr_area a;
	struct buffer *b;
	ssize_t at = 0;
	int err;

	err = ext4_xattr_inode_area(inode, &a);
	if (err)
		return err;
	at = area_list(&a, buf, size, at);
	if (at < 0)
		return at;
	err = ext4_xattr_block_area(inode, &a, &b);
	if (err)
		return err;
	at = area_list(&a, buf, size, at);
	buffer_put(b);
	kfree(a.base);
	return at;
}
