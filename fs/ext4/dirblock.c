/*
 * dirblock.c - one block of a directory: entries that fill it without a gap.
 *
 *	[inode|rec_len|name_len|type|name...][...]...[last one reaches to the end][tail]
 *	 \------------ rec_len ------------/
 *
 * A deleted entry is joined to the one before it, or, being the first, has inode 0.  So room is found inside
 * entries: what rec_len has beyond what the name needs.  With metadata_csum the last 12 bytes are the tail, an
 * entry that looks deleted to those who do not know it, with the checksum.
 *
 * What a block must be depends on who reads it: a leaf, the first block, the index's root, a node below it.  Each has a
 * check of its own, and ext4_bread() asks again when somebody reads as a node what was believed to be a leaf: on a
 * disk made to mislead us one block may be both.  The checksum counts only while the block is as it came from the disk.
 *
 * Invariants  D1  a block that was checked has entries whose rec_len are multiples of 4, hold their names, and end
 *                 exactly at the end of the block's space (an index's block: of the block).  All others rely on it.
 * Not here    which block (dir.c, htree.c).
 * Further     docs/ext4.md; the kernel's Documentation/filesystems/ext4/directory.rst.
 */
#include "fs/ext4/ext4.h"
#include "lib/string.h"

#define DIRENT_MIN	EXT4_DIRENT_SIZE(1)

u32
ext4_dirblock_space(const struct inode *dir)
{
	struct ext4_sb *s = ext4_isb(dir);

	return s->block_size - (s->csum ? sizeof(struct ext4_dirent_tail) : 0);
}

/* ---- checking what was read ---- */

#define BYTES(x)	((x) * 0x0101010101010101U)

static inline bool
has_zero_byte(u64 w)
{
	return (w - BYTES(0x01)) & ~w & BYTES(0x80);
}

/*
 * Has a name, aligned as entries are, a slash or a zero byte in it? Eight bytes at a time: a name is checked whenever
 * its block is read, and a block is full of them.
 */
static bool
name_bad(const u8 *name, uint len)
{
	bool bad = false;

	for (; len >= 8; len -= 8, name += 8) {
		u64 w = ((const u32 *)name)[0] | (u64)((const u32 *)name)[1] << 32;

		bad |= has_zero_byte(w) || has_zero_byte(w ^ BYTES('/'));
	}
	for (; len; len--, name++)
		bad |= !*name || *name == '/';
	return bad;
}

/* What is wrong with the entry at off, whose space ends at end; NULL: nothing. */
static const char *
entry_fault(const struct ext4_sb *s, const struct ext4_dirent *e, u32 off, u32 end)
{
	if (end - off < DIRENT_MIN)
		return "no room for an entry";
	if (e->rec_len < DIRENT_MIN)
		return "an entry is too short";
	if (e->rec_len % 4)
		return "an entry's length is not a multiple of 4";
	if (e->rec_len > end - off)
		return "an entry reaches past the block";
	if (EXT4_DIRENT_SIZE(e->name_len) > e->rec_len)
		return "an entry is shorter than its name";
	if (e->inode > s->super->s_inodes_count)
		return "an entry's inode number is too large";
	if (e->inode && !e->name_len)
		return "an entry has no name";
	if (e->inode && name_bad((const u8 *)e->name, e->name_len))
		return "a name has a slash or a zero byte in it";
	return NULL;
}

/* Entries from the start to `end`: NULL, or what is wrong. */
static const char *
entries_fault(const struct ext4_sb *s, const struct buffer *b, u32 end)
{
	const char *fault = NULL;

	for (u32 off = 0; !fault && off < end; off += ext4_dirent_at(b, off)->rec_len)
		fault = entry_fault(s, ext4_dirent_at(b, off), off, end);
	return fault;
}

static bool
tail_ok(const struct ext4_dirent_tail *t)
{
	return !t->det_zero1 && t->det_rec_len == sizeof(*t) && !t->det_zero2 && t->det_ft == EXT4_FT_TAIL;
}

/* As it came from the disk: afterwards its checksum is due, and nobody else has changed it. */
static inline bool
is_raw(const struct buffer *b)
{
	return !(READ_ONCE(b->flags) & BUFFER_VERIFIED);
}

/* A block of names, with its tail. */
static const char *
leaf_fault(const struct inode *dir, const struct buffer *b)
{
	struct ext4_sb *s = ext4_isb(dir);
	u32 end = ext4_dirblock_space(dir);

	if (s->csum && !tail_ok((void *)ext4_dirent_at(b, end)))
		return "no checksum";
	if (is_raw(b) && !ext4_dirblock_csum_ok(s, ext4_i(dir)->csum_seed, b->data))
		return "bad checksum";
	return entries_fault(s, b, end);
}

/* One of the index's blocks: its entries cover it whole. */
static const char *
index_fault(const struct inode *dir, const struct buffer *b)
{
	struct ext4_sb *s = ext4_isb(dir);

	if (is_raw(b) && !ext4_dx_csum_ok(s, ext4_i(dir)->csum_seed, b->data))
		return "bad checksum of an index block";
	return entries_fault(s, b, b->size);
}

/* The first two entries of block 0, whose entries are known to be sound. */
static const char *
dots_fault(const struct inode *dir, const struct buffer *b)
{
	const struct ext4_dirent *dot = b->data, *dotdot = ext4_dirent_next(dot);

	if (dot->rec_len >= ext4_dirblock_space(dir) || dot->name_len != 1 || dot->name[0] != '.' ||
	    dot->inode != dir->ino)
		return "does not begin with \".\"";
	if (dotdot->name_len != 2 || memcmp(dotdot->name, "..", 2) || !dotdot->inode)
		return "has no \"..\"";
	return NULL;
}

/* The index entries of a node. They stand at a fixed place: byte `start`. */
static const char *
node_fault(const struct inode *dir, const struct buffer *b, u32 start)
{
	struct ext4_dx_entry *e = (struct ext4_dx_entry *)ext4_dirent_at(b, start);
	const struct ext4_dx_countlimit *c = (struct ext4_dx_countlimit *)e;
	u32 blocks = ext4_dir_blocks(dir);

	if (c->limit != ext4_htree_limit(dir, start))
		return "a node's limit is wrong";
	if (!c->count || c->count > c->limit)
		return "a node's count is wrong";
	for (uint i = 0; i < c->count; i++) {
		if (!ext4_htree_block(&e[i]) || ext4_htree_block(&e[i]) >= blocks)
			return "a block number is past the end";
		if (i > 1 && e[i].hash < e[i - 1].hash)
			return "hashes do not rise";
	}
	return NULL;
}

static int
verdict(const struct ext4_dir_place *at, const struct buffer *b, const char *fault)
{
	if (likely(!fault))
		return 0;
	return ext4_corrupt(at->dir->sb, at->dir->ino, b->block, "directory block %u: %s", at->logical, fault);
}

/* ---- for ext4_bread: one for each kind of block ---- */

int
ext4_dirblock_check_leaf(struct super_block *sb, struct buffer *b, void *place)
{
	const struct ext4_dir_place *at = place;

	return verdict(at, b, leaf_fault(at->dir, b));
}

/* Block 0 where there is no index. */
int
ext4_dirblock_check_first(struct super_block *sb, struct buffer *b, void *place)
{
	const struct ext4_dir_place *at = place;
	const char *fault = leaf_fault(at->dir, b);

	return verdict(at, b, fault ? fault : dots_fault(at->dir, b));
}

/* Block 0 where there is one. Which hash it is of, and how many levels, htree.c looks at. */
int
ext4_dirblock_check_root(struct super_block *sb, struct buffer *b, void *place)
{
	const struct ext4_dir_place *at = place;
	const struct ext4_dx_root *root = b->data;
	const char *fault = index_fault(at->dir, b);

	if (!fault)
		fault = dots_fault(at->dir, b);
	if (!fault && (root->dot_rec_len != 12 || root->info_length != 8 || root->reserved || (root->unused_flags & 1)))
		fault = "the root's header is wrong";
	if (!fault)
		fault = node_fault(at->dir, b, offsetof(struct ext4_dx_root, entries));
	return verdict(at, b, fault);
}

static bool
looks_like_node(const struct buffer *b)
{
	const struct ext4_dx_node *n = b->data;

	return !n->inode && n->rec_len == b->size;
}

int
ext4_dirblock_check_node(struct super_block *sb, struct buffer *b, void *place)
{
	const struct ext4_dir_place *at = place;
	const char *fault = looks_like_node(b) ? index_fault(at->dir, b) : "this is no node of the index";

	return verdict(at, b, fault ? fault : node_fault(at->dir, b, offsetof(struct ext4_dx_node, entries)));
}

/* A leaf or a node, for who walks through all blocks of a hashed directory. */
int
ext4_dirblock_check_any(struct super_block *sb, struct buffer *b, void *place)
{
	const struct ext4_dir_place *at = place;

	return verdict(at, b, looks_like_node(b) ? index_fault(at->dir, b) : leaf_fault(at->dir, b));
}

/* ---- checksums of what is written ---- */

#define SEAL_LEAF	BIT(32)		/* in seal_bits, above the inode's checksum seed */
#define SEAL_INDEX	BIT(33)

static void
dirblock_seal(struct buffer *b)
{
	struct ext4_sb *s = ext4_sb(b->owner);
	/* Taken before the block is looked at: a change that comes meanwhile leaves them set for the next time. */
	u64 bits = __atomic_exchange_n(&b->seal_bits, 0, __ATOMIC_ACQUIRE);

	if (bits & SEAL_INDEX)
		ext4_dx_csum_set(s, bits, b->data);
	else if (bits & SEAL_LEAF)
		ext4_dirblock_csum_set(s, bits, b->data);
}

void
ext4_dirblock_changed(struct inode *dir, struct buffer *b, bool index)
{
	if (!ext4_isb(dir)->csum)
		return;
	b->owner = dir->sb;
	b->seal = dirblock_seal;
	__atomic_store_n(&b->seal_bits, ext4_i(dir)->csum_seed | (index ? SEAL_INDEX : SEAL_LEAF), __ATOMIC_RELEASE);
}

/* ---- entries ---- */

struct ext4_dirent *
ext4_dirblock_find(struct inode *dir, struct buffer *b, const char *name, uint len, struct ext4_dirent **prev)
{
	struct ext4_dirent *e = b->data, *last = NULL, *end = ext4_dirent_at(b, ext4_dirblock_space(dir));

	for (; e < end; last = e, e = ext4_dirent_next(e)) {
		if (e->name_len != len || e->name[0] != name[0] || !e->inode || memcmp(e->name, name, len))
			continue;
		*prev = last;
		return e;
	}
	return NULL;
}

static inline u32
entry_used(const struct ext4_dirent *e)
{
	return e->inode ? EXT4_DIRENT_SIZE(e->name_len) : 0;
}

struct ext4_dirent *
ext4_dirblock_room(struct inode *dir, struct buffer *b, uint len)
{
	struct ext4_dirent *e = b->data, *end = ext4_dirent_at(b, ext4_dirblock_space(dir));
	u32 need = EXT4_DIRENT_SIZE(len);

	for (; e < end; e = ext4_dirent_next(e))
		if (e->rec_len >= entry_used(e) + need)
			return e;
	return NULL;
}

void
ext4_dirblock_add(struct ext4_dirent *e, const char *name, uint len, u32 ino, u8 type)
{
	u32 used = entry_used(e), room = e->rec_len - used;

	if (used) {
		e->rec_len = used;
		e = ext4_dirent_next(e);
	}
	e->inode = ino;
	e->rec_len = room;
	e->name_len = len;
	e->file_type = type;
	memcpy(e->name, name, len);
}

void
ext4_dirblock_delete(struct buffer *b, struct ext4_dirent *e, struct ext4_dirent *prev)
{
	if (prev)
		prev->rec_len += e->rec_len;
	else
		e->inode = 0;
}

void
ext4_dirblock_init(struct inode *dir, struct buffer *b)
{
	struct ext4_dirent *e = b->data;
	struct ext4_dirent_tail *t;

	memset(b->data, 0, b->size);
	e->rec_len = ext4_dirblock_space(dir);
	if (e->rec_len < b->size) {
		t = (void *)((char *)b->data + e->rec_len);
		t->det_rec_len = sizeof(*t);
		t->det_ft = EXT4_FT_TAIL;
	}
	ext4_dirblock_changed(dir, b, false);
}
