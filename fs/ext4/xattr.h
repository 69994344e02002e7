/*
 * xattr.h - where extended attributes are on the disk: what xattr.c and xattr_set.c share.
 *
 *	in the inode       [magic]                                            entries ... 0 ... values
 *	in a block         [magic, references, blocks 1, hash, checksum, 0]   entries ... 0 ... values
 *
 * Entries grow up, values down from the end; four zero bytes end the entries.  In a block entries are sorted.
 */
#ifndef FS_EXT4_XATTR_H
#define FS_EXT4_XATTR_H

#include "fs/ext4/ext4.h"

#define XATTR_MAGIC	0xEA020000U

struct xattr_header {			/* of a block; in the inode h_magic alone */
	u32	h_magic;
	u32	h_refcount;		/* inodes that share it */
	u32	h_blocks;		/* 1 */
	u32	h_hash;			/* of all entries; 0: not to be shared */
	u32	h_checksum;
	u32	h_reserved[3];
};
static_assert(sizeof(struct xattr_header) == 32, "xattr header");

struct xattr_entry {
	u8	e_name_len;
	u8	e_name_index;		/* which prefix */
	u16	e_value_offs;		/* from the block's start; in the inode, from the first entry */
	u32	e_value_inum;		/* 0: the value is here */
	u32	e_value_size;
	u32	e_hash;			/* of name and value; in the inode 0 */
	char	e_name[];		/* without the prefix and without a NUL */
};
static_assert(sizeof(struct xattr_entry) == 16, "xattr entry");
#define XATTR_ROUND(n)		(((n) + 3) & ~3U)
#define XATTR_ENTRY_SIZE(n)	XATTR_ROUND(sizeof(struct xattr_entry) + (n))

/* Attributes somewhere: entries from base + first on, and e_value_offs counts from base. */
struct xattr_area {
	u8	*base;
	u32	first, size;
};

struct xattr_name {			/* as on the disk: which prefix, and what follows it */
	const char *s;
	u8	index, len;
};

static inline struct xattr_entry *
xattr_first(const struct xattr_area *a)
{
	return (void *)(a->base + a->first);
}
static inline struct xattr_entry *
xattr_next(const struct xattr_entry *e)
{
	return (void *)((u8 *)e + XATTR_ENTRY_SIZE(e->e_name_len));
}
static inline bool xattr_is_last(const struct xattr_entry *e) { return *(const u32 *)e == 0; }

/* The entry of this name, or NULL. */
struct xattr_entry *ext4_xattr_find(const struct xattr_area *a, const struct xattr_name *n);
int	ext4_xattr_name_compare(const struct xattr_name *n, const struct xattr_entry *e);
void	ext4_xattr_name(const char *name, struct xattr_name *out);
/* Bytes at the end of inode's place in the table that are for attributes, the magic included; 0: none. */
u32	ext4_xattr_inode_room(const struct inode *inode);
/* What is in the inode, checked; size 0: nothing. 0, -EIO, -EFSCORRUPTED. */
int	ext4_xattr_inode_area(struct inode *inode, struct xattr_area *a);
/* What is in its block: a checked copy, a->base the caller's to kfree; *b counted. None, or an error: both NULL. */
int	ext4_xattr_block_area(struct inode *inode, struct xattr_area *a, struct buffer **b);
/* b, a block of attributes, has changed under h; its checksum will follow. */
int	ext4_xattr_dirty(struct handle *h, struct super_block *sb, struct buffer *b);

#endif
