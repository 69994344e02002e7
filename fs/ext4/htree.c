/*
 * htree.c - hashed directories: the index over a directory's blocks.
 *
 *	block 0 (root)   "." ".."  | entries: (hash 0: block 1) (hash 5a2: block 7) (hash c10: block 3) ...
 *	[inner nodes]                         one level more when the root is full, two with largedir
 *	leaves           ordinary directory blocks: all names with 5a2 <= hash < c10 are in block 7
 *
 * A leaf that is full is split at the middle of its hashes, and the upper half's first hash goes into the index.  Bit
 * 0 of a hash in the index says that names with that very hash are in the block before it, too.
 *
 * Data        struct htree_probe: the way from the root to a leaf, one frame a level.
 * Locks       dir->lock, as all of directories.
 * Invariants  H1  the hashes of a node's entries rise; its first entry stands for everything below the second.
 *             H2  a node has at least one entry.  (dirblock.c checks both when a node is read.)
 *             H3  the nodes on the way are different blocks, and the leaf is none of them.
 * Not here    the hash (hash.c); names inside a block (dirblock.c); reading in order (readdir.c).
 * Further     the kernel's Documentation/filesystems/ext4/directory.rst, "Hash Tree Directories".
 */
#include "fs/ext4/htree.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "mm/slab.h"

/* ---- nodes ---- */

static inline struct ext4_dx_countlimit *
countlimit(struct ext4_dx_entry *entries)
{
	return (struct ext4_dx_countlimit *)entries;
}

static inline uint dx_count(const struct htree_frame *f) { return countlimit(f->entries)->count; }
static inline uint dx_limit(const struct htree_frame *f) { return countlimit(f->entries)->limit; }

static uint
levels_max(const struct inode *dir)
{
	return ext4_isb(dir)->incompat & EXT4_INCOMPAT_LARGEDIR ? 3 : 2;
}

uint
ext4_htree_limit(const struct inode *dir, uint start)
{
	struct ext4_sb *s = ext4_isb(dir);

	return (s->block_size - start - (s->csum ? sizeof(struct ext4_dx_tail) : 0)) / sizeof(struct ext4_dx_entry);
}

u8
htree_version(const struct inode *dir, u8 on_disk)
{
	/* The super block says whether characters are signed. */
	return ext4_isb(dir)->def_hash >= EXT4_HASH_LEGACY_U ? on_disk + EXT4_HASH_LEGACY_U : on_disk;
}

/* The last entry whose hash is at most `hash`. */
static uint
node_search(const struct htree_frame *f, u32 hash)
{
	uint low = 1, high = dx_count(f);

	while (low < high) {
		uint mid = (low + high) / 2;

		if (f->entries[mid].hash > hash)
			high = mid;
		else
			low = mid + 1;
	}
	return low - 1;
}

/* ---- from the root to a leaf ---- */

void
htree_put(struct htree_probe *p)
{
	while (p->depth)
		buffer_put(p->frame[--p->depth].b);
}

static int
index_corrupt(const struct htree_probe *p, const struct buffer *b, const char *what)
{
	return ext4_corrupt(p->dir->sb, p->dir->ino, b->block, "directory index: %s", what);
}

/* Read the node in block `logical` into the next frame. 0 or -errno. */
static int
probe_push(struct htree_probe *p, u32 logical)
{
	struct htree_frame *f = &p->frame[p->depth];

	f->b = ext4_dir_bread(p->dir, logical, EXT4_DIR_NODE);
	if (IS_ERR(f->b))
		return PTR_ERR(f->b);
	p->depth++;
	f->logical = logical;
	f->at = 0;
	if (logical)
		f->entries = ((struct ext4_dx_node *)f->b->data)->entries;
	else
		f->entries = ((struct ext4_dx_root *)f->b->data)->entries;
	/* On a disk made to mislead us: a node that is its own ancestor. */
	for (uint i = 0; i + 1 < p->depth; i++)
		if (unlikely(p->frame[i].b == f->b))
			return index_corrupt(p, f->b, "a node below itself");
	return 0;
}

/* The root's own fields. 0, -EFSCORRUPTED; -EAGAIN: of a kind nobody can know the hash of. */
static int
root_read(struct htree_probe *p)
{
	const struct ext4_dx_root *root = p->frame[0].b->data;

	if (unlikely(root->hash_version > EXT4_HASH_TEA))
		return -EAGAIN;
	if (unlikely(root->indirect_levels >= levels_max(p->dir)))
		return index_corrupt(p, p->frame[0].b, "too many levels");
	p->version = htree_version(p->dir, root->hash_version);
	p->levels = root->indirect_levels;
	return 0;
}

/* The root is read: set the other frames to the leaf that has hash. 0 or -errno. */
static int
probe_down(struct htree_probe *p, u32 hash)
{
	struct htree_frame *f = &p->frame[0];
	int err;

	for (;;) {
		f->at = node_search(f, hash);
		if (p->depth > p->levels)
			return 0;
		err = probe_push(p, ext4_htree_block(&f->entries[f->at]));
		if (err)
			return err;
		f++;
	}
}

int
htree_probe(struct htree_probe *p, struct inode *dir, const char *name, uint len, u32 hash)
{
	int err;

	p->dir = dir;
	p->depth = 0;
	p->steps = 0;
	err = probe_push(p, 0);
	if (!err)
		err = root_read(p);
	if (!err) {
		p->hash = name ? ext4_name_hash(ext4_isb(dir), p->version, name, len) : (struct ext4_hash){ hash, 0 };
		p->reached = p->hash.major;
		err = probe_down(p, p->hash.major);
	}
	if (err)
		htree_put(p);
	return err;
}

static u32
below(const struct htree_probe *p)
{
	const struct htree_frame *f = &p->frame[p->depth - 1];

	return ext4_htree_block(&f->entries[f->at]);
}

struct buffer *
htree_leaf(const struct htree_probe *p)
{
	struct buffer *b = ext4_dir_bread(p->dir, below(p), EXT4_DIR_LEAF);

	if (IS_ERR(b))
		return b;
	for (uint i = 0; i < p->depth; i++) {
		if (unlikely(p->frame[i].b == b)) {
			buffer_put(b);		/* the frame has it, too */
			return ERR_PTR(index_corrupt(p, b, "a node is a leaf"));
		}
	}
	return b;
}

/* The lowest level that has an entry after the one taken, plus one; 0: this is the last leaf. */
static inline uint
next_level(const struct htree_probe *p)
{
	uint level = p->depth;

	while (level && p->frame[level - 1].at + 1 >= dx_count(&p->frame[level - 1]))
		level--;
	return level;
}

int
htree_peek(const struct htree_probe *p, u32 *hash)
{
	uint level = next_level(p);
	const struct htree_frame *f;

	if (!level)
		return 0;
	f = &p->frame[level - 1];
	*hash = f->entries[f->at + 1].hash;
	/* Nodes that others share would let us go round for very long. */
	if (unlikely((*hash & ~1U) < p->reached))
		return index_corrupt(p, f->b, "hashes fall from node to node");
	if (unlikely(p->steps >= ext4_dir_blocks(p->dir)))
		return index_corrupt(p, f->b, "more leaves than blocks");
	return 1;
}

int
htree_next(struct htree_probe *p, u32 *hash)
{
	int more = htree_peek(p, hash), err;
	uint level;

	if (more <= 0)
		goto out_put;
	level = next_level(p);
	p->reached = *hash & ~1U;
	p->steps++;
	p->frame[level - 1].at++;
	while (p->depth > level)
		buffer_put(p->frame[--p->depth].b);
	while (p->depth <= p->levels) {
		err = probe_push(p, below(p));
		if (err) {
			more = err;
			goto out_put;
		}
	}
	return 1;
out_put:
	htree_put(p);
	return more;
}

int
ext4_htree_find(struct inode *dir, const char *name, uint len, struct ext4_slot *out)
{
	struct htree_probe p;
	u32 hash;
	int err = htree_probe(&p, dir, name, len, 0);

	if (err)
		return err;
	for (;;) {
		out->b = htree_leaf(&p);
		if (IS_ERR(out->b)) {
			err = PTR_ERR(out->b);
			break;
		}
		out->e = ext4_dirblock_find(dir, out->b, name, len, &out->prev);
		if (out->e)
			break;
		buffer_put(out->b);
		/* The next leaf may begin with names of the same hash. */
		err = htree_peek(&p, &hash);
		if (err > 0)
			err = (hash & 1) && (hash & ~1U) == p.hash.major ? htree_next(&p, &hash) : 0;
		if (err <= 0) {
			err = err ? err : -ENOENT;
			break;
		}
	}
	htree_put(&p);
	return MIN(err, 0);
}

/* ---- growing the index ---- */

/* After f's entry `at`: (hash, logical). There is room. */
static void
node_insert(struct htree_frame *f, uint at, u32 hash, u32 logical)
{
	uint n = dx_count(f);

	memmove(&f->entries[at + 2], &f->entries[at + 1], (n - at - 1) * sizeof(*f->entries));
	f->entries[at + 1] = (struct ext4_dx_entry){ hash, logical };
	countlimit(f->entries)->count = n + 1;
}

/* A new block for the directory. Bitmaps that lie may offer one that we are just looking at. ERR_PTR. */
static struct buffer *
block_new(struct handle *h, struct htree_probe *p, const struct buffer *leaf, u32 *logical)
{
	struct buffer *b = ext4_dir_append(h, p->dir, logical);
	bool ours = b == leaf;

	if (IS_ERR(b))
		return b;
	for (uint i = 0; i < p->depth; i++)
		ours |= p->frame[i].b == b;
	if (likely(!ours))
		return b;
	buffer_put(b);		/* it stays: we have it twice */
	return ERR_PTR(ext4_corrupt(p->dir->sb, p->dir->ino, b->block, "a free block is in use in this directory"));
}

/* An empty node in a new block; write access is had. ERR_PTR. */
static struct buffer *
node_new(struct handle *h, struct htree_probe *p, u32 *logical, struct ext4_dx_entry **entries)
{
	struct buffer *b = block_new(h, p, NULL, logical);
	struct inode *dir = p->dir;
	struct ext4_dx_node *n;

	if (IS_ERR(b))
		return b;
	n = b->data;
	memset(n, 0, b->size);
	n->rec_len = b->size;
	*entries = n->entries;
	countlimit(n->entries)->limit = ext4_htree_limit(dir, offsetof(struct ext4_dx_node, entries));
	ext4_dirblock_changed(dir, b, true);
	return b;
}

static int
node_dirty(struct handle *h, struct inode *dir, struct buffer *b)
{
	ext4_dirblock_changed(dir, b, true);
	return ext4_dirty(dir->sb, h, b);
}

/* The root is full, and everything below it: its entries go down into a new node, its only child. */
static int
root_deepen(struct handle *h, struct htree_probe *p)
{
	struct htree_frame *root = &p->frame[0];
	struct ext4_dx_entry *entries;
	struct ext4_dx_root *r = root->b->data;
	struct buffer *b;
	u32 logical;
	uint n = dx_count(root), limit;
	int err;

	err = ext4_write_access(p->dir->sb, h, root->b);
	if (err)
		return err;
	b = node_new(h, p, &logical, &entries);
	if (IS_ERR(b))
		return PTR_ERR(b);
	limit = countlimit(entries)->limit;
	memcpy(entries, root->entries, n * sizeof(*entries));
	countlimit(entries)->limit = limit;
	countlimit(root->entries)->count = 1;
	root->entries[0].block = logical;
	r->indirect_levels++;
	p->levels++;
	err = node_dirty(h, p->dir, b);
	if (!err)
		err = node_dirty(h, p->dir, root->b);
	buffer_put(b);
	return err;
}

/* Node `level` (not the root) is full, its parent is not: the upper half moves to a new node. */
static int
node_split(struct handle *h, struct htree_probe *p, uint level)
{
	struct htree_frame *f = &p->frame[level], *parent = f - 1;
	struct ext4_dx_entry *entries;
	uint n = dx_count(f), keep = n / 2;
	u32 logical, hash = f->entries[keep].hash;
	struct buffer *b;
	int err;

	err = ext4_write_access(p->dir->sb, h, f->b);
	if (!err)
		err = ext4_write_access(p->dir->sb, h, parent->b);
	if (err)
		return err;
	b = node_new(h, p, &logical, &entries);
	if (IS_ERR(b))
		return PTR_ERR(b);
	/* The first one's hash gives way to count and limit: the parent has it. */
	entries[0].block = f->entries[keep].block;
	memcpy(&entries[1], &f->entries[keep + 1], (n - keep - 1) * sizeof(*entries));
	countlimit(entries)->count = n - keep;
	countlimit(f->entries)->count = keep;
	node_insert(parent, parent->at, hash, logical);
	err = node_dirty(h, p->dir, b);
	if (!err)
		err = node_dirty(h, p->dir, f->b);
	if (!err)
		err = node_dirty(h, p->dir, parent->b);
	buffer_put(b);
	return err;
}

/*
 * Make room for one more entry above the leaf. 1: the index has changed shape, probe again; 0: there was room;
 * -ENOSPC: the index is as large as it may be; -errno.
 */
static int
index_make_room(struct handle *h, struct htree_probe *p)
{
	uint level = p->depth;
	int err;

	while (level && dx_count(&p->frame[level - 1]) >= dx_limit(&p->frame[level - 1]))
		level--;
	if (level == p->depth)
		return 0;
	if (level) {
		err = node_split(h, p, level);
	} else if (p->levels + 1 < levels_max(p->dir)) {
		err = root_deepen(h, p);
	} else {
		pr_warn("ext4: directory %lu: its index is full\n", (ulong)p->dir->ino);
		err = -ENOSPC;
	}
	return err ? err : 1;
}

/* ---- splitting a leaf ---- */

struct leaf_name { u32 hash; u16 off, size; };

static void
sort_by_hash(struct leaf_name *a, uint n)
{
	/* Heap sort: no worst case, no memory. */
	for (uint start = n / 2, end = n; end > 1;) {
		struct leaf_name t;
		uint root, child;

		if (start) {
			start--;
		} else {
			end--;
			t = a[0];
			a[0] = a[end];
			a[end] = t;
		}
		for (root = start; (child = 2 * root + 1) < end; root = child) {
			if (child + 1 < end && a[child].hash < a[child + 1].hash)
				child++;
			if (a[root].hash >= a[child].hash)
				break;
			t = a[root];
			a[root] = a[child];
			a[child] = t;
		}
	}
}

/* The names of leaf b, sorted by hash; how many. */
static uint
leaf_names(struct inode *dir, u8 version, struct buffer *b, struct leaf_name *out)
{
	u32 end = ext4_dirblock_space(dir), off;
	const struct ext4_dirent *e;
	uint n = 0;

	for (off = 0; off < end; off += e->rec_len) {
		e = ext4_dirent_at(b, off);
		if (!e->inode)
			continue;
		out[n].hash = ext4_name_hash(ext4_isb(dir), version, e->name, e->name_len).major;
		out[n].off = off;
		out[n].size = EXT4_DIRENT_SIZE(e->name_len);
		n++;
	}
	sort_by_hash(out, n);
	return n;
}

/* From which name on they move, so that both halves are about as full. At least one stays and one goes. */
static uint
split_point(const struct leaf_name *names, uint n, u32 space)
{
	u32 moved = 0;
	uint i;

	for (i = n - 1; i > 1; i--) {
		if (moved + names[i].size / 2 > space / 2)
			break;
		moved += names[i].size;
	}
	return MIN(i + 1, n - 1);
}

/* Fill `to` with the names listed, taken from the block's former contents. */
static void
leaf_fill(struct inode *dir, struct buffer *to, const char *from, const struct leaf_name *names, uint n)
{
	u32 space = ext4_dirblock_space(dir);
	struct ext4_dirent *e = NULL;
	char *at;

	ext4_dirblock_init(dir, to);
	at = to->data;
	for (uint i = 0; i < n; i++) {
		e = (struct ext4_dirent *)at;
		memcpy(e, from + names[i].off, names[i].size);
		e->rec_len = names[i].size;
		at += names[i].size;
	}
	if (e)
		e->rec_len += (char *)to->data + space - at;
}

/* Split p's leaf, which b is. There is room in the index. 0 or -errno. */
static int
leaf_split(struct handle *h, struct htree_probe *p, struct buffer *b)
{
	struct htree_frame *f = &p->frame[p->depth - 1];
	struct inode *dir = p->dir;
	char *copy = kmalloc(b->size, GFP_KERNEL);
	struct leaf_name *names = kmalloc(b->size / EXT4_DIRENT_SIZE(1) * sizeof(*names), GFP_KERNEL);
	struct buffer *upper;
	uint n, keep;
	u32 logical, hash;
	int err = -ENOMEM;

	if (!copy || !names)
		goto out_free;
	memcpy(copy, b->data, b->size);
	n = leaf_names(dir, p->version, b, names);
	if (n < 2) {
		err = ext4_corrupt(dir->sb, dir->ino, b->block, "a full directory block has %u names", n);
		goto out_free;
	}
	err = ext4_write_access(dir->sb, h, b);
	if (!err)
		err = ext4_write_access(dir->sb, h, f->b);
	if (err)
		goto out_free;
	upper = block_new(h, p, b, &logical);
	if (IS_ERR(upper)) {
		err = PTR_ERR(upper);
		goto out_free;
	}
	keep = split_point(names, n, ext4_dirblock_space(dir));
	hash = names[keep].hash;
	if (names[keep - 1].hash == hash)
		hash |= 1;			/* goes on there */
	leaf_fill(dir, upper, copy, names + keep, n - keep);
	leaf_fill(dir, b, copy, names, keep);
	node_insert(f, f->at, hash, logical);
	err = ext4_dirty(dir->sb, h, upper);
	if (!err)
		err = ext4_dirty(dir->sb, h, b);
	if (!err)
		err = node_dirty(h, dir, f->b);
	buffer_put(upper);
out_free:
	kfree(names);
	kfree(copy);
	return err;
}

/* ---- adding ---- */

/* Into p's leaf: 0; 1: it has been split, or the index has: probe again; -errno. */
static int
leaf_add(struct handle *h, struct htree_probe *p, const char *name, uint len, struct inode *target)
{
	struct inode *dir = p->dir;
	struct buffer *b = htree_leaf(p);
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	err = ext4_dir_add_to(h, dir, b, name, len, target);
	if (err == -ENOSPC) {
		err = index_make_room(h, p);
		if (!err) {
			err = leaf_split(h, p, b);
			if (!err)
				err = 1;
		}
	}
	buffer_put(b);
	return err;
}

int
ext4_htree_add(struct handle *h, struct inode *dir, const char *name, uint len, struct inode *target)
{
	struct htree_probe p;
	int err;

	/* Each turn that ends with 1 made room: a level of the index, then the leaf. */
	for (uint turn = 0; turn < 8; turn++) {
		err = htree_probe(&p, dir, name, len, 0);
		if (err == -EAGAIN)
			return ext4_corrupt(dir->sb, dir->ino, 0, "directory index: unknown hash");
		if (err)
			return err;
		err = leaf_add(h, &p, name, len, target);
		htree_put(&p);
		if (err <= 0)
			return err;
	}
	return -ENOSPC;			/* cannot be: two halves of a leaf have room for any name */
}

/* Move all names but "." and ".." of block 0 to leaf, close together. */
static void
names_to_leaf(struct inode *dir, struct buffer *root, struct buffer *leaf)
{
	struct ext4_dirent *e = ext4_dirent_next(root->data), *end, *last = NULL;
	u32 space = ext4_dirblock_space(dir);
	char *at = leaf->data;

	end = ext4_dirent_at(root, space);
	for (e = ext4_dirent_next(e); e < end; e = ext4_dirent_next(e)) {
		if (!e->inode)
			continue;
		last = (struct ext4_dirent *)at;
		memcpy(last, e, EXT4_DIRENT_SIZE(e->name_len));
		last->rec_len = EXT4_DIRENT_SIZE(e->name_len);
		at += last->rec_len;
	}
	if (last)
		last->rec_len += (char *)leaf->data + space - at;
}

/* Make block 0 the root of an index with one leaf. */
static void
root_init(struct inode *dir, struct buffer *b, u32 leaf)
{
	struct ext4_sb *s = ext4_isb(dir);
	u32 parent = ext4_dirent_next(b->data)->inode;
	u8 type = ext4_file_type(dir);
	struct ext4_dx_root *r = b->data;

	memset(r, 0, b->size);
	r->dot_inode = dir->ino;
	r->dot_rec_len = EXT4_DIRENT_SIZE(1);
	r->dot_name_len = 1;
	r->dot_type = type;
	r->dot_name[0] = '.';
	r->dotdot_inode = parent;
	r->dotdot_rec_len = b->size - EXT4_DIRENT_SIZE(1);
	r->dotdot_name_len = 2;
	r->dotdot_type = type;
	r->dotdot_name[0] = r->dotdot_name[1] = '.';
	r->hash_version = s->def_hash >= EXT4_HASH_LEGACY_U ? s->def_hash - EXT4_HASH_LEGACY_U : s->def_hash;
	r->info_length = 8;
	countlimit(r->entries)->limit = ext4_htree_limit(dir, offsetof(struct ext4_dx_root, entries));
	countlimit(r->entries)->count = 1;
	r->entries[0].block = leaf;
}

int
ext4_htree_make(struct handle *h, struct inode *dir)
{
	struct buffer *root = ext4_dir_bread(dir, 0, EXT4_DIR_LEAF), *leaf;
	u32 logical;
	int err;

	if (IS_ERR(root))
		return PTR_ERR(root);
	err = ext4_write_access(dir->sb, h, root);
	if (err)
		goto out_root;
	leaf = ext4_dir_append(h, dir, &logical);
	if (IS_ERR(leaf)) {
		err = PTR_ERR(leaf);
		goto out_root;
	}
	if (unlikely(leaf == root)) {
		err = ext4_corrupt(dir->sb, dir->ino, root->block, "a free block is in use in this directory");
		goto out_leaf;
	}
	names_to_leaf(dir, root, leaf);
	root_init(dir, root, logical);
	ext4_i(dir)->flags |= EXT4_INDEX_FL;
	err = ext4_dirty(dir->sb, h, leaf);
	if (!err)
		err = node_dirty(h, dir, root);
	if (!err)
		err = ext4_inode_dirty(h, dir);
out_leaf:
	buffer_put(leaf);
out_root:
	buffer_put(root);
	return err;
}
