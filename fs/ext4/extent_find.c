/*
 * extent_find.c - extent trees: checking what was read, and the way from the root to a leaf.
 *
 *	                       root, in the inode: 4 entries
 *	        depth 2        [0 -> A] [900 -> B]
 *	                         /            \
 *	        depth 1  A [0 -> C] [340 -> D]   B [900 -> E]
 *	                    |
 *	        depth 0  C  [0..99 at 5000] [120..219 at 7000, unwritten] ...
 *
 * An entry of an index says where the blocks from its key on are mapped: up to the next key, or to where its parent's
 * range ends.  Keys are the first block of what is below (insertion and removal keep that: e2fsck wants it so).
 *
 * Data        struct ext4_path (map.h): the node at each level and the entry that was followed.
 * Locks       ei->map_lock, for reading.
 * Invariants  X1  a node that is BUFFER_VERIFIED has its entries in order, not overlapping, inside the file system.
 *             X2  what a look-up does with a hostile tree is bounded: each level down has a smaller depth.
 * Not here    changes: extent_tree.c (nodes), extent_insert.c, extent_remove.c (extents).
 * Further     the kernel's Documentation/filesystems/ext4/ifork.rst.
 */
#include "fs/ext4/map.h"

/* ---- checking ---- */

/* What is wrong with the extents of a leaf; NULL: nothing. */
static const char *
leaf_fault(struct ext4_sb *s, struct ext4_extent_header *h)
{
	const struct ext4_extent *e = ext4_extents(h);
	u64 end = 0;

	for (uint i = 0; i < h->eh_entries; i++, e++) {
		if (!e->ee_len)
			return "an extent has no blocks";
		if (e->ee_block < end)
			return "extents overlap or are out of order";
		end = ext4_ee_end(e);
		if (end > EXT4_BLOCKS_END)
			return "an extent reaches past the largest file";
		if (!ext4_blocks_valid(s, ext4_ee_start(e), ext4_ee_len(e)))
			return "an extent's blocks cannot be a file's";
	}
	return NULL;
}

static const char *
index_fault(struct ext4_sb *s, struct ext4_extent_header *h)
{
	const struct ext4_extent_idx *x = ext4_indexes(h);

	if (!h->eh_entries)
		return "an index has no entries";
	for (uint i = 0; i < h->eh_entries; i++, x++) {
		if (i && x->ei_block <= x[-1].ei_block)
			return "an index is out of order";
		if (!ext4_blocks_valid(s, ext4_ei_leaf(x), 1))
			return "an index points to what cannot be a node";
	}
	return NULL;
}

/* max: entries that there is room for. */
static const char *
node_fault(struct ext4_sb *s, struct ext4_extent_header *h, uint max)
{
	if (h->eh_magic != EXT4_EXTENT_MAGIC)
		return "wrong magic number";
	if (h->eh_depth > EXT4_EXTENT_DEPTH_MAX)
		return "too deep";
	if (h->eh_max > max || h->eh_max < 2)
		return "wrong room";
	if (h->eh_entries > h->eh_max)
		return "more entries than room";
	return h->eh_depth ? index_fault(s, h) : leaf_fault(s, h);
}

int
ext4_extent_block_check(struct super_block *sb, struct buffer *b, void *arg)
{
	struct ext4_sb *s = ext4_sb(sb);
	struct inode *inode = arg;
	struct ext4_extent_header *h = b->data;
	const char *fault;

	fault = node_fault(s, h, (s->block_size - sizeof(*h)) / sizeof(struct ext4_extent));
	/* The checksum's place depends on eh_max: looked at only once that is known to be possible. */
	if (!fault && s->csum && !(READ_ONCE(b->flags) & BUFFER_VERIFIED) &&
	    !ext4_extent_csum_ok(s, ext4_i(inode)->csum_seed, h))
		fault = "wrong checksum";
	if (!fault)
		return 0;
	return ext4_corrupt(sb, inode->ino, b->block, "extent tree: %s", fault);
}

int
ext4_extent_check_root(struct inode *inode)
{
	struct ext4_extent_header *h = &ext4_i(inode)->root;
	const char *fault = node_fault(ext4_isb(inode), h, EXT4_ROOT_ENTRIES);

	if (!fault)
		return 0;
	return ext4_corrupt(inode->sb, inode->ino, 0, "extent tree, root: %s", fault);
}

/* ---- down the tree ---- */

/* The last extent that begins at or before logical; -1: none. */
static inline int
search_leaf(struct ext4_extent_header *h, u32 logical)
{
	const struct ext4_extent *e = ext4_extents(h);
	int low = 0, high = h->eh_entries, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (e[mid].ee_block <= logical)
			low = mid + 1;
		else
			high = mid;
	}
	return low - 1;
}

/* The entry under which logical is or would be: the first one for what is before all. */
static inline int
search_index(struct ext4_extent_header *h, u32 logical)
{
	const struct ext4_extent_idx *x = ext4_indexes(h);
	int low = 1, high = h->eh_entries, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (x[mid].ei_block <= logical)
			low = mid + 1;
		else
			high = mid;
	}
	return low - 1;
}

/* A node of this depth must lie in [low, high): does it? */
static inline bool
node_fits(struct ext4_extent_header *h, uint depth, u64 low, u64 high)
{
	uint last = h->eh_entries - 1;

	if (h->eh_depth != depth)
		return false;
	if (!h->eh_entries)
		return true;
	if (depth)
		return ext4_indexes(h)->ei_block >= low && ext4_indexes(h)[last].ei_block < high;
	return ext4_extents(h)->ee_block >= low && ext4_ee_end(&ext4_extents(h)[last]) <= high;
}

void
ext4_path_put(struct ext4_path *p)
{
	for (int i = 1; i <= p->depth; i++)
		buffer_put(p->node[i].b);
	p->depth = 0;
}

/* Read the node that node[level] leads to: node[level + 1]. */
static int
path_down(struct ext4_path *p, int level, int depth, u64 low)
{
	struct ext4_node *n = &p->node[level];
	u64 block = ext4_ei_leaf(&ext4_indexes(n->h)[n->at]);
	struct inode *inode = p->inode;
	struct buffer *b;

	b = ext4_bread(inode->sb, block, ext4_extent_block_check, inode);
	if (IS_ERR(b))
		return PTR_ERR(b);
	n[1].b = b;
	n[1].h = b->data;
	p->depth = level + 1;
	if (unlikely(!node_fits(n[1].h, depth - level - 1, low, p->end)))
		return ext4_corrupt(inode->sb, inode->ino, block, "extent tree: a node is not what its parent says");
	return 0;
}

int
ext4_path_find(struct inode *inode, u32 logical, struct ext4_path *p)
{
	struct ext4_extent_header *h = &ext4_i(inode)->root;
	int depth = h->eh_depth, err;
	struct ext4_extent_idx *x;
	struct ext4_node *n;

	p->inode = inode;
	p->depth = 0;
	p->end = EXT4_BLOCKS_END;
	p->node[0].b = NULL;
	p->node[0].h = h;
	for (int level = 0; level < depth; level++) {
		n = &p->node[level];
		n->at = search_index(n->h, logical);
		x = &ext4_indexes(n->h)[n->at];
		if (n->at + 1 < n->h->eh_entries)
			p->end = x[1].ei_block;
		err = path_down(p, level, depth, x->ei_block);
		if (err) {
			ext4_path_put(p);
			return err;
		}
	}
	n = &p->node[depth];
	n->at = search_leaf(n->h, logical);
	return 0;
}

/* ---- look-ups ---- */

/* Where the hole after entry `at` of the leaf ends. */
static inline u64
hole_end(struct ext4_path *p, const struct ext4_node *n)
{
	return n->at + 1 < n->h->eh_entries ? ext4_extents(n->h)[n->at + 1].ee_block : p->end;
}

int
ext4_extent_find(struct inode *inode, struct ext4_map *m)
{
	const struct ext4_extent *e;
	struct ext4_path p;
	struct ext4_node *n;
	u32 from, len, off;
	u64 start = 0;
	int err;

	err = ext4_path_find(inode, m->logical, &p);
	if (err)
		return err;
	n = ext4_leaf(&p);
	e = n->at >= 0 ? &ext4_extents(n->h)[n->at] : NULL;
	if (e && m->logical < ext4_ee_end(e)) {
		from = e->ee_block;
		len = ext4_ee_len(e);
		start = ext4_ee_start(e);
		m->unwritten = ext4_ee_unwritten(e);
	} else {
		from = e ? ext4_ee_end(e) : m->logical;
		len = hole_end(&p, n) - from;
		m->unwritten = false;
	}
	ext4_path_put(&p);
	ext4_map_remember(ext4_i(inode), from, len, start, m->unwritten);
	off = m->logical - from;
	m->len = MIN(m->len, len - off);
	m->physical = start ? start + off : 0;
	m->fresh = false;
	return 0;
}

u64
ext4_extent_goal(struct inode *inode, u32 logical)
{
	const struct ext4_extent *e;
	struct ext4_path p;
	struct ext4_node *n;
	u64 goal, back;

	goal = ext4_group_first_block(ext4_isb(inode), ext4_i(inode)->group);
	if (ext4_path_find(inode, logical, &p))
		return goal;
	n = ext4_leaf(&p);
	e = ext4_extents(n->h);
	if (n->at >= 0) {
		e += n->at;
		goal = ext4_ee_start(e) + (logical - e->ee_block);
	} else if (n->h->eh_entries) {
		back = e->ee_block - logical;
		goal = ext4_ee_start(e) > back ? ext4_ee_start(e) - back : ext4_ee_start(e);
	} else if (n->b) {
		goal = n->b->block;
	}
	ext4_path_put(&p);
	return goal < ext4_isb(inode)->blocks ? goal : ext4_group_first_block(ext4_isb(inode), ext4_i(inode)->group);
}

int
ext4_extent_init(struct inode *inode)
{
	struct ext4_inode *ei = ext4_i(inode);

	for (uint i = 0; i < ARRAY_SIZE(ei->block); i++)
		ei->block[i] = 0;
	ei->root.eh_magic = EXT4_EXTENT_MAGIC;
	ei->root.eh_max = EXT4_ROOT_ENTRIES;
	ext4_map_forget(ei);
	return 0;
}
