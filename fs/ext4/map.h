/*
 * map.h - what map.c, extent_*.c and indirect.c share, and nobody else needs.
 *
 * Logical block numbers are u32, so the end of a range, which may be 2^32, is a u64.
 */
#ifndef FS_EXT4_MAP_H
#define FS_EXT4_MAP_H

#include "fs/ext4/ext4.h"

#define EXT4_BLOCKS_END		0xffffffffU	/* an extent may not reach beyond: its length must fit, too */
#define EXT4_UNWRITTEN_MAX	(EXT4_EXTENT_MAX - 1)
#define EXT4_ROOT_ENTRIES	4

/* ---- map.c ---- */
/* Remember the run, or the hole (physical 0), that a look-up found. map_lock held, for reading at least. */
void	ext4_map_remember(struct ext4_inode *ei, u32 logical, u32 len, u64 physical, bool unwritten);
/* Before the map changes. map_lock held for writing. */
void	ext4_map_forget(struct ext4_inode *ei);
/*
 * See that h has `need` credits. 0, or 1: h was restarted and map_lock, held for writing, let go meanwhile, so that
 * what the caller knows of the tree may not be true any more; or -errno. What was changed must be consistent.
 */
int	ext4_map_credits(struct handle *h, struct inode *inode, int need);
/*
 * ext4_free_blocks for blocks that are out of the map already: it is too late to fail for memory, so it is waited for.
 * metadata: revoke them.
 */
int	ext4_map_free(struct handle *h, struct inode *inode, u64 start, u32 n, bool metadata);
/* Is err -ENOMEM, and worth another try? Then a moment has passed. *tries: 0 at first. */
bool	ext4_map_again(int err, uint *tries);
/* n blocks from ext4_alloc_blocks(how) could not be put into the map. */
void	ext4_map_give_back(struct handle *h, struct inode *inode, u64 start, u32 n, uint how);
/* Are inode's blocks themselves metadata: directories, symbolic links, files whose data is in the log? */
static inline bool ext4_blocks_logged(const struct inode *i) { return !S_ISREG(i->mode) || ext4_journals_data(i); }
/* So many blocks of such a file are freed in one step: each has a revoke record, and there is little room for those. */
#define EXT4_REVOKE_STEP	128U
/* Credits to free n blocks in a row: a bitmap and a descriptor for each group. */
static inline int ext4_credits_free(const struct ext4_sb *s, u32 n) { return 2 * (n / s->blocks_per_group + 2); }

/* ---- extent_find.c: the way from the root to a leaf ---- */
struct ext4_node {
	struct buffer *b;			/* counted; NULL: the root, in the inode */
	struct ext4_extent_header *h;
	int	at;				/* the entry at or before what is looked for; -1: all are after it */
};

struct ext4_path {
	struct inode *inode;
	int	depth;				/* node[depth] is a leaf */
	u64	end;				/* the leaf may hold blocks before this one */
	struct ext4_node node[EXT4_EXTENT_DEPTH_MAX + 1];
};

static inline struct ext4_extent *ext4_extents(struct ext4_extent_header *h) { return (void *)(h + 1); }
static inline struct ext4_extent_idx *ext4_indexes(struct ext4_extent_header *h) { return (void *)(h + 1); }
static inline struct ext4_node *ext4_leaf(struct ext4_path *p) { return &p->node[p->depth]; }
static inline bool ext4_ee_unwritten(const struct ext4_extent *e) { return e->ee_len > EXT4_EXTENT_MAX; }
static inline u32
ext4_ee_len(const struct ext4_extent *e)
{
	return ext4_ee_unwritten(e) ? e->ee_len - EXT4_EXTENT_MAX : e->ee_len;
}
static inline u64 ext4_ee_end(const struct ext4_extent *e) { return (u64)e->ee_block + ext4_ee_len(e); }
static inline u64 ext4_ee_start(const struct ext4_extent *e) { return (u64)e->ee_start_hi << 32 | e->ee_start_lo; }
static inline u64 ext4_ei_leaf(const struct ext4_extent_idx *i) { return (u64)i->ei_leaf_hi << 32 | i->ei_leaf_lo; }

static inline void
ext4_ee_set(struct ext4_extent *e, u32 logical, u64 physical, u32 len, bool unwritten)
{
	e->ee_block = logical;
	e->ee_len = unwritten ? len + EXT4_EXTENT_MAX : len;
	e->ee_start_hi = physical >> 32;
	e->ee_start_lo = physical;
}

static inline void
ext4_ei_set(struct ext4_extent_idx *i, u32 logical, u64 block)
{
	i->ei_block = logical;
	i->ei_leaf_lo = block;
	i->ei_leaf_hi = block >> 32;
	i->ei_unused = 0;
}

/* For ext4_bread: structure and checksum of a node. inode: whose. */
int	ext4_extent_block_check(struct super_block *sb, struct buffer *b, void *inode);
/* Go from the root to the leaf where `logical` is or would be; each node checked. 0 or -errno; then ext4_path_put(). */
int	ext4_path_find(struct inode *inode, u32 logical, struct ext4_path *p);
void	ext4_path_put(struct ext4_path *p);
/* Where a block for `logical` would be best on the disk: next to the blocks of its neighbours. map_lock held. */
u64	ext4_extent_goal(struct inode *inode, u32 logical);

/* ---- extent_tree.c: nodes made, split and removed ---- */
int	ext4_node_access(struct handle *h, struct ext4_path *p, int level);	/* before a change of node[level] */
int	ext4_node_dirty(struct handle *h, struct ext4_path *p, int level);	/* after */
/*
 * The leaf of p is full: one step towards room in it, by splitting it or a node above, or growing the tree. p is put,
 * for it is not true any more: find again, and if the leaf is still full, call again. 0 or -errno, nothing changed.
 */
int	ext4_tree_grow(struct handle *h, struct ext4_path *p);
/* The first entry of the leaf has changed: the keys above follow. */
int	ext4_tree_fix_keys(struct handle *h, struct ext4_path *p);
/* The leaf of p is empty: free it, and what becomes empty above it. */
int	ext4_tree_prune(struct handle *h, struct ext4_path *p);
/* If all entries of the tree fit the root, they go there. h has credits for freeing one block at each level. */
int	ext4_tree_shrink(struct handle *h, struct inode *inode);
/* Credits for the changes of a leaf and what is above: splits, or blocks freed, but no data blocks. */
int	ext4_tree_credits(struct inode *inode);

#endif
