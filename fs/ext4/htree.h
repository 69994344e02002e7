/*
 * htree.h - walking the index of a hashed directory: shared by htree.c and readdir.c.
 */
#ifndef FS_EXT4_HTREE_H
#define FS_EXT4_HTREE_H

#include "fs/ext4/ext4.h"

#define HTREE_LEVELS	3		/* nodes on the way to a leaf, at most (largedir; else 2) */

struct htree_frame {			/* one node on the way */
	struct buffer *b;
	u32	logical;		/* its block in the directory; 0: the root */
	uint	at;			/* the entry taken */
	struct ext4_dx_entry *entries;	/* in b; the first one's hash is count and limit */
};

struct htree_probe {
	struct inode *dir;
	struct ext4_hash hash;		/* that was looked for */
	u32	reached;		/* the largest hash passed: those to come are not smaller */
	u32	steps;			/* leaves passed */
	u8	version;		/* of the hash */
	uint	levels;			/* inner levels below the root */
	uint	depth;			/* frames held */
	struct htree_frame frame[HTREE_LEVELS];
};

/*
 * Find the leaf for name, or, name NULL, for hash. 0, and htree_put() it; -EFSCORRUPTED, -EIO...; -EAGAIN: the hash
 * is of an unknown kind.
 */
int	htree_probe(struct htree_probe *p, struct inode *dir, const char *name, uint len, u32 hash);
void	htree_put(struct htree_probe *p);
struct buffer *htree_leaf(const struct htree_probe *p);	/* counted. ERR_PTR */
/* The first hash of the leaf after this one (bit 0: names of that hash are in this one, too): 1; 0: none; -errno. */
int	htree_peek(const struct htree_probe *p, u32 *hash);
/* On to that leaf. Unless 1 is returned, p is put. */
int	htree_next(struct htree_probe *p, u32 *hash);
u8	htree_version(const struct inode *dir, u8 on_disk);

#endif
