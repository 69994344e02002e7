/*
 * extent_tree.c - the nodes of an extent tree: made, split, emptied, freed.
 *
 *	split        [a b c d e f]  ->  [a b c] [d e f]    the parent gets a key for the second; when entries are
 *	                                                   appended only f moves, so that full nodes stay behind
 *	deepen       root [a b c d] ->  root [A], A [a b c d]
 *	prune        an empty node goes, and its key above; the same there
 *	shrink       root [A], A [a b]  ->  root [a b]
 *
 * A full leaf gets room in steps, each of which leaves a correct tree behind; the step for which there is no block
 * does nothing.  Whoever asked then finds his way again from the root.
 *
 * Locks       ei->map_lock for writing; a handle with ext4_tree_credits().
 * Invariants  X1 of extent_find.c.  Blocks freed are revoked: the log must not bring them back over a file's data.
 */
#include "fs/ext4/map.h"
#include "lib/string.h"

/* An extent and an index entry both begin with the first block they are for. */
struct entry { u32 key, rest[2]; };
static_assert(sizeof(struct entry) == sizeof(struct ext4_extent), "entries");

static inline struct entry *entries(struct ext4_extent_header *h) { return (void *)(h + 1); }

int
ext4_tree_credits(struct inode *inode)
{
	/* At each level, and one that may be new: a node changed, one new or freed, its bitmap and descriptor. */
	return (ext4_i(inode)->root.eh_depth + 2) * 4 + EXT4_CREDITS_INODE;
}

#define SEAL_DUE	BIT(32)		/* in seal_bits, above the seed of the inode */

/* The checksum before b is written, if it has changed since the last time. */
static void
extent_seal(struct buffer *b)
{
	u64 bits = __atomic_exchange_n(&b->seal_bits, 0, __ATOMIC_RELAXED);

	if (bits)
		ext4_extent_csum_set(b->owner, bits, b->data);
}

int
ext4_node_access(struct handle *h, struct ext4_path *p, int level)
{
	struct buffer *b = p->node[level].b;

	return b ? ext4_write_access(p->inode->sb, h, b) : 0;
}

static int
node_write(struct handle *h, struct inode *inode, struct buffer *b)
{
	struct ext4_sb *s = ext4_isb(inode);

	b->owner = s;
	WRITE_ONCE(b->seal_bits, SEAL_DUE | ext4_i(inode)->csum_seed);
	b->seal = s->csum ? extent_seal : NULL;
	return ext4_dirty(inode->sb, h, b);
}

int
ext4_node_dirty(struct handle *h, struct ext4_path *p, int level)
{
	struct buffer *b = p->node[level].b;

	/* The root is written with the inode, by who began all this. */
	return b ? node_write(h, p->inode, b) : 0;
}

/* A new node of this depth with the n entries at `from`, not yet in the tree. 0 or -errno. */
static int
node_new(struct handle *h, struct inode *inode, u64 goal, uint depth, const struct entry *from, uint n,
	 struct buffer **out)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_extent_header *eh;
	struct buffer *b;
	u32 one = 1;
	u64 block;
	int err;

	err = ext4_alloc_blocks(h, inode, goal, &one, EXT4_ALLOC_METADATA, &block);
	if (err)
		return err;
	b = buffer_new(s->dev, block, s->block_size);
	if (IS_ERR(b)) {
		/* Nobody has put anything there: nothing to revoke, which might take memory. */
		ext4_map_free(h, inode, block, 1, false);
		return PTR_ERR(b);
	}
	err = ext4_create_access(inode->sb, h, b);
	if (err)
		goto out_put;
	eh = b->data;
	memset(eh, 0, s->block_size);
	eh->eh_magic = EXT4_EXTENT_MAGIC;
	eh->eh_max = (s->block_size - sizeof(*eh)) / sizeof(struct entry);
	eh->eh_depth = depth;
	eh->eh_entries = n;
	memcpy(entries(eh), from, n * sizeof(*from));
	err = node_write(h, inode, b);
	if (err)
		goto out_put;
	*out = b;
	return 0;
out_put:
	buffer_put(b);
	ext4_map_free(h, inode, block, 1, true);
	return err;
}

/* ---- room ---- */

static inline bool
node_full(const struct ext4_node *n)
{
	return n->h->eh_entries >= n->h->eh_max;
}

/* The root's entries go to a new node below it. */
static int
deepen(struct handle *h, struct ext4_path *p)
{
	struct ext4_extent_header *root = p->node[0].h;
	struct inode *inode = p->inode;
	struct buffer *b;
	int err;

	if (root->eh_depth >= EXT4_EXTENT_DEPTH_MAX)
		return -EFBIG;
	err = node_new(h, inode, ext4_group_first_block(ext4_isb(inode), ext4_i(inode)->group), root->eh_depth,
		       entries(root), root->eh_entries, &b);
	if (err)
		return err;
	root->eh_depth++;
	root->eh_entries = 1;
	ext4_ei_set(ext4_indexes(root), entries(root)->key, b->block);
	buffer_put(b);
	return 0;
}

/* The second part of node[level] goes to a new node beside it; the parent has room for its key. */
static int
split(struct handle *h, struct ext4_path *p, int level)
{
	struct ext4_node *n = &p->node[level], *up = n - 1;
	struct ext4_extent_idx *x = &ext4_indexes(up->h)[up->at + 1];
	uint count = n->h->eh_entries, keep = n->at == (int)count - 1 ? count - 1 : count / 2;
	struct buffer *b;
	int err;

	err = ext4_node_access(h, p, level);
	if (!err)
		err = ext4_node_access(h, p, level - 1);
	if (!err)
		err = node_new(h, p->inode, n->b->block, n->h->eh_depth, entries(n->h) + keep, count - keep, &b);
	if (err)
		return err;
	n->h->eh_entries = keep;
	memmove(x + 1, x, (up->h->eh_entries - up->at - 1) * sizeof(*x));
	ext4_ei_set(x, entries(b->data)->key, b->block);
	up->h->eh_entries++;
	buffer_put(b);
	err = ext4_node_dirty(h, p, level);
	return err ? err : ext4_node_dirty(h, p, level - 1);
}

int
ext4_tree_grow(struct handle *h, struct ext4_path *p)
{
	int level = p->depth, err;

	while (level > 0 && node_full(&p->node[level - 1]))
		level--;
	err = level ? split(h, p, level) : deepen(h, p);
	ext4_path_put(p);
	return err;
}

/* ---- keys ---- */

/* The first entry of node[level] has changed. */
static int
fix_keys(struct handle *h, struct ext4_path *p, int level)
{
	u32 key = entries(p->node[level].h)->key;
	struct ext4_extent_idx *x;
	int err;

	while (--level >= 0) {
		x = &ext4_indexes(p->node[level].h)[p->node[level].at];
		if (x->ei_block == key)
			return 0;
		err = ext4_node_access(h, p, level);
		if (err)
			return err;
		x->ei_block = key;
		err = ext4_node_dirty(h, p, level);
		if (err)
			return err;
		if (p->node[level].at)
			return 0;
	}
	return 0;
}

int
ext4_tree_fix_keys(struct handle *h, struct ext4_path *p)
{
	return fix_keys(h, p, p->depth);
}

/* ---- nodes that are not needed any more ---- */

int
ext4_tree_prune(struct handle *h, struct ext4_path *p)
{
	struct ext4_extent_header *eh;
	struct ext4_node *up;
	int level, err;

	for (level = p->depth; level > 0 && !p->node[level].h->eh_entries; level--) {
		up = &p->node[level - 1];
		eh = up->h;
		err = ext4_node_access(h, p, level - 1);
		if (err)
			return err;
		eh->eh_entries--;
		memmove(entries(eh) + up->at, entries(eh) + up->at + 1,
			(eh->eh_entries - up->at) * sizeof(struct entry));
		err = ext4_node_dirty(h, p, level - 1);
		if (!err)
			err = ext4_map_free(h, p->inode, p->node[level].b->block, 1, true);
		if (err)
			return err;
	}
	if (!p->node[level].h->eh_entries)
		p->node[0].h->eh_depth = 0;
	else if (level < p->depth && p->node[level].at == 0)
		return fix_keys(h, p, level);
	return 0;
}

int
ext4_tree_shrink(struct handle *h, struct inode *inode)
{
	struct ext4_extent_header *root = &ext4_i(inode)->root, *below;
	struct buffer *b;
	int err = 0;

	while (!err && root->eh_depth && root->eh_entries == 1) {
		b = ext4_bread(inode->sb, ext4_ei_leaf(ext4_indexes(root)), ext4_extent_block_check, inode);
		if (IS_ERR(b))
			return PTR_ERR(b) == -ENOMEM ? 0 : PTR_ERR(b);	/* it may stay as it is */
		below = b->data;
		if (below->eh_entries > EXT4_ROOT_ENTRIES || below->eh_depth != root->eh_depth - 1) {
			buffer_put(b);
			break;
		}
		memcpy(entries(root), entries(below), below->eh_entries * sizeof(struct entry));
		root->eh_entries = below->eh_entries;
		root->eh_depth = below->eh_depth;
		err = ext4_map_free(h, inode, b->block, 1, true);
		buffer_put(b);
	}
	return err;
}
