/*
 * xattr_set.c - extended attributes changed, each change in one handle.
 *
 *	where it is    removed from   set, fits in the inode   set, does not fit
 *	nowhere        -ENODATA       in the inode             in the block
 *	in the inode   the inode      in the inode             in the block, out of the inode
 *	in the block   the block      in the inode, out of it  in the block
 *
 * Attributes are few and small, so a change makes a new image of what is in the inode, or in the
 * block, or both, and only when all fits does it open a handle and put the images in their places.
 * A block that serves other inodes, too, is left to them: this one gets its own.  A new block is
 * never shared, though its hash lets Linux share it later.
 * Locks       inode->lock for writing (VFS); s->lock for the references of a block.
 */
#include "fs/ext4/xattr.h"
#include "fs/xattr.h"
#include "lib/string.h"
#include "mm/slab.h"

/* What the block may cost beside the inode: the new one and its bitmap and descriptor; the same for the old one. */
#define CREDITS_SET	(EXT4_CREDITS_INODE + 3 + 3)

struct change {
	struct inode *inode;
	struct xattr_name name;
	const void *value;		/* NULL: remove */
	u32	size;
	u8	*inode_image, *block_image;	/* what is to be there; NULL: as it is */
	bool	block_empty;		/* the block is to go */
};

/* --- images --- */

/* What Linux puts into e_hash and h_hash, so that it can find blocks that are alike. */
static u32
entry_hash(const struct xattr_entry *e, const u8 *value)
{
	u32 hash = 0, word;

	for (u32 i = 0; i < e->e_name_len; i++)
		hash = (hash << 5 | hash >> 27) ^ (u8)e->e_name[i];
	for (u32 i = 0; i < XATTR_ROUND(e->e_value_size); i += sizeof(word)) {
		memcpy(&word, value + i, sizeof(word));
		hash = (hash << 16 | hash >> 16) ^ word;
	}
	return hash;
}

static u32
block_hash(const struct xattr_area *a)
{
	const struct xattr_entry *e;
	u32 hash = 0;

	for (e = xattr_first(a); !xattr_is_last(e); e = xattr_next(e)) {
		if (!e->e_hash)
			return 0;
		hash = (hash << 16 | hash >> 16) ^ e->e_hash;
	}
	return hash;
}

/* Add an attribute to an image, whose entries end at *end and whose values begin at *values. -ENOSPC. */
static int
append(struct xattr_area *a, u32 *end, u32 *values, const struct xattr_name *n, const void *value, u32 size)
{
	struct xattr_entry *e = (void *)(a->base + *end);

	if (*end + XATTR_ENTRY_SIZE(n->len) + sizeof(u32) + XATTR_ROUND(size) > *values)
		return -ENOSPC;
	*values -= XATTR_ROUND(size);
	memcpy(a->base + *values, value, size);
	*e = (struct xattr_entry){ .e_name_len = n->len, .e_name_index = n->index, .e_value_size = size };
	if (size)
		e->e_value_offs = *values;
	memcpy(e->e_name, n->s, n->len);
	if (a->first)
		e->e_hash = entry_hash(e, a->base + *values);
	*end += XATTR_ENTRY_SIZE(n->len);
	return 0;
}

/* Make in `to`, all zeros, what `from` has without c's attribute; add: with its new value. -ENOSPC. */
static int
image_fill(struct xattr_area *to, const struct xattr_area *from, const struct change *c, bool add)
{
	u32 end = to->first, values = to->size;
	const struct xattr_entry *e = from->size ? xattr_first(from) : NULL;
	int err = 0, order;

	for (; e && !err && !xattr_is_last(e); e = xattr_next(e)) {
		struct xattr_name n = { .s = e->e_name, .index = e->e_name_index, .len = e->e_name_len };

		order = ext4_xattr_name_compare(&c->name, e);
		if (order < 0 && add) {
			add = false;
			err = append(to, &end, &values, &c->name, c->value, c->size);
		}
		if (order && !err)
			err = append(to, &end, &values, &n, from->base + e->e_value_offs, e->e_value_size);
	}
	if (add && !err)
		err = append(to, &end, &values, &c->name, c->value, c->size);
	return err;
}

/* c->inode_image: what will be in the inode. -ENOSPC, -ENOMEM. */
static int
inode_image(struct change *c, const struct xattr_area *now, bool add)
{
	u32 room = ext4_xattr_inode_room(c->inode);
	struct xattr_area to;
	int err;

	if (!room)
		return -ENOSPC;
	c->inode_image = kzalloc(room, GFP_KERNEL);
	if (!c->inode_image)
		return -ENOMEM;
	to = (struct xattr_area){ .base = c->inode_image + sizeof(u32), .size = room - sizeof(u32) };
	err = image_fill(&to, now, c, add);
	if (err) {
		kfree(c->inode_image);
		c->inode_image = NULL;
	} else if (!xattr_is_last(xattr_first(&to))) {
		*(u32 *)c->inode_image = XATTR_MAGIC;
	}
	return err;
}

/* c->block_image or c->block_empty: the same for the block. */
static int
block_image(struct change *c, const struct xattr_area *now, bool add)
{
	u32 size = ext4_isb(c->inode)->block_size;
	struct xattr_header *x = kzalloc(size, GFP_KERNEL);
	struct xattr_area to = { (u8 *)x, sizeof(*x), size };
	int err;

	if (!x)
		return -ENOMEM;
	err = image_fill(&to, now, c, add);
	if (err || xattr_is_last(xattr_first(&to))) {
		c->block_empty = !err;
		kfree(x);
		return err;
	}
	x->h_magic = XATTR_MAGIC;
	x->h_refcount = x->h_blocks = 1;
	x->h_hash = block_hash(&to);
	c->block_image = (u8 *)x;
	return 0;
}

/* Which images there must be: the table at the top. */
static int
change_plan(struct change *c, const struct xattr_area *in_inode, const struct xattr_area *in_block, int flags)
{
	bool inode_has = ext4_xattr_find(in_inode, &c->name), block_has = ext4_xattr_find(in_block, &c->name);
	int err = xattr_flags_check(inode_has || block_has, flags);

	if (err)
		return err;
	if (!c->value) {
		if (inode_has)
			err = inode_image(c, in_inode, false);
		return err || !block_has ? err : block_image(c, in_block, false);
	}
	err = inode_image(c, in_inode, true);
	if (err != -ENOSPC)
		return err || !block_has ? err : block_image(c, in_block, false);
	err = block_image(c, in_block, true);
	return err || !inode_has ? err : inode_image(c, in_inode, false);
}

/* --- to their places, under h --- */

/* b: the inode's table block, write access taken. */
static int
inode_store(struct handle *h, struct change *c, struct buffer *b)
{
	struct ext4_inode *ei = ext4_i(c->inode);
	u32 room = ext4_xattr_inode_room(c->inode);

	spin_lock(&ei->lock);
	memcpy((u8 *)b->data + ei->table_off + ext4_isb(c->inode)->inode_size - room, c->inode_image, room);
	spin_unlock(&ei->lock);
	return ext4_table_dirty(h, c->inode, b);
}

/* The image into a block of its own; the old one, if any, keeps serving others. */
static int
block_new(struct handle *h, struct change *c)
{
	struct inode *inode = c->inode;
	struct ext4_sb *s = ext4_isb(inode);
	struct buffer *b;
	u32 n = 1;
	u64 block;
	int err;

	err = ext4_alloc_blocks(h, inode, 0, &n, 0, &block);
	if (err)
		return err;
	b = buffer_new(s->dev, block, s->block_size);
	err = IS_ERR(b) ? PTR_ERR(b) : ext4_create_access(inode->sb, h, b);
	if (!err) {
		memcpy(b->data, c->block_image, s->block_size);
		err = ext4_xattr_dirty(h, inode->sb, b);
	}
	if (!IS_ERR(b))
		buffer_put(b);
	if (!err)
		err = ext4_xattr_release(h, inode);
	if (err)
		ext4_free_blocks(h, inode, block, 1, true);
	else
		ext4_i(inode)->acl_block = block;
	return err;
}

/* Into b, the inode's block, if that serves nobody else: true in *done. */
static int
block_rewrite(struct handle *h, struct change *c, struct buffer *b, bool *done)
{
	struct super_block *sb = c->inode->sb;
	struct xattr_header *x = b->data;
	bool shared;
	int err;

	mutex_lock(&ext4_sb(sb)->lock);
	shared = x->h_refcount > 1;
	mutex_unlock(&ext4_sb(sb)->lock);
	*done = !shared;
	if (shared)
		return 0;
	err = ext4_write_access(sb, h, b);
	if (err)
		return err;
	memcpy(x, c->block_image, ext4_sb(sb)->block_size);
	return ext4_xattr_dirty(h, sb, b);
}

static int
block_store(struct handle *h, struct change *c, struct buffer *b)
{
	bool done = false;
	int err = b ? block_rewrite(h, c, b, &done) : 0;

	return err || done ? err : block_new(h, c);
}

/* Old kernels must know that there are such attributes. */
static int
feature_set(struct handle *h, struct ext4_sb *s)
{
	int err;

	if (likely(s->compat & EXT4_COMPAT_EXT_ATTR))
		return 0;
	mutex_lock(&s->lock);
	err = ext4_super_access(s, h);
	if (!err) {
		s->super->s_feature_compat |= EXT4_COMPAT_EXT_ATTR;
		s->compat |= EXT4_COMPAT_EXT_ATTR;
		err = ext4_super_dirty(s, h);
	}
	mutex_unlock(&s->lock);
	return err;
}

/* In the order that what may want memory, or room, comes first: if that fails, nothing has changed. */
static int
change_store_under(struct handle *h, struct change *c, struct buffer *b)
{
	struct inode *inode = c->inode;
	struct buffer *table = ext4_inode_table(inode);
	int err;

	err = IS_ERR(table) ? PTR_ERR(table) : ext4_write_access(inode->sb, h, table);
	if (!err)
		err = feature_set(h, ext4_isb(inode));
	if (!err && c->block_image)
		err = block_store(h, c, b);
	else if (!err && c->block_empty)
		err = ext4_xattr_release(h, inode);
	if (!err && c->inode_image)
		err = inode_store(h, c, table);
	if (!err) {
		inode->ctime = time_now();
		err = ext4_inode_dirty(h, inode);
	}
	return err;
}

static int
change_store(struct change *c, struct buffer *b)
{
	struct super_block *sb = c->inode->sb;
	struct handle *h = ext4_begin(sb, CREDITS_SET);
	int err, end;

	if (IS_ERR(h))
		return PTR_ERR(h);
	err = change_store_under(h, c, b);
	end = ext4_end(sb, h);
	return err ? err : end;
}

int
ext4_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	struct change c = { .inode = inode, .value = value, .size = size };
	struct xattr_area in_inode, in_block = { 0 };
	struct buffer *b = NULL;
	int tries = 0, err;

	/* More than any block: keeps sums with it in range, too. */
	if (size > ext4_isb(inode)->block_size)
		return -ENOSPC;
	ext4_xattr_name(name, &c.name);
	err = ext4_xattr_inode_area(inode, &in_inode);
	if (!err)
		err = ext4_xattr_block_area(inode, &in_block, &b);
	if (!err)
		err = change_plan(&c, &in_inode, &in_block, flags);
	if (!err) {
		do {
			err = change_store(&c, b);
		} while (err == -ENOSPC && ext4_alloc_retry(inode->sb, &tries));
	}
	buffer_put(b);
	kfree(in_block.base);
	kfree(c.block_image);
	kfree(c.inode_image);
	return err;
}
