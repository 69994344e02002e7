/*
 * group.c - block groups: their descriptors and bitmaps in memory, and on the disk.
 *
 *	descriptor block n --read when first needed--> struct ext4_chunk: the struct ext4_group of its groups
 *	bitmap             --read when first needed--> group->block_buffer, inode_buffer; group->busy
 *
 * so that mounting costs the same whatever the disk's size.  From then on the memory is what
 * counts: a change marks the descriptor's buffer, and desc_seal() writes counts and checksums
 * into it just before it goes to the disk.
 *
 * Locks       chunk_lock while a descriptor block is read, group->load_lock while a bitmap is; group->lock [g].
 * Invariants  G1  a bit set in the bitmap on disk is set in busy.
 *             G2  first_free and largest_free are never wrong in the direction that hides a free block.
 * Further     docs/ext4.md; Documentation/filesystems/ext4/group_descr.rst, bitmaps.rst.
 */
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "kernel/printk.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mm/slab.h"

/* --- geometry --- */

u32
ext4_group_blocks(const struct ext4_sb *s, u32 group)
{
	if (group < s->groups - 1)
		return s->blocks_per_group;
	return s->blocks - ext4_group_first_block(s, group);
}

static bool
is_power_of(u32 n, u32 base)
{
	while (n > 1 && n % base == 0)
		n /= base;
	return n == 1;
}

bool
ext4_group_has_super(const struct ext4_sb *s, u32 group)
{
	if (group == 0)
		return true;
	if (s->compat & EXT4_COMPAT_SPARSE_SUPER2)
		return group == s->super->s_backup_bgs[0] || group == s->super->s_backup_bgs[1];
	if (group == 1 || !(s->ro_compat & EXT4_RO_SPARSE_SUPER))
		return true;
	return (group & 1) && (is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7));
}

/* Descriptor blocks from this one on stand in their own groups. */
static u32
first_meta_chunk(const struct ext4_sb *s)
{
	return s->incompat & EXT4_INCOMPAT_META_BG ? s->super->s_first_meta_bg : s->nchunks;
}

u32
ext4_group_base(const struct ext4_sb *s, u32 group)
{
	u32 n = ext4_group_has_super(s, group), meta = first_meta_chunk(s), nth;

	if (group / s->desc_per_block < meta)
		return n ? n + MIN(meta, s->nchunks) + s->super->s_reserved_gdt_blocks : 0;
	/* Of the groups that a descriptor block describes, the first two and the last one have a copy of it. */
	nth = group % s->desc_per_block;
	return n + (nth == 0 || nth == 1 || nth == s->desc_per_block - 1);
}

/* Where descriptor block n is. */
static u64
chunk_block(const struct ext4_sb *s, u32 n)
{
	u32 first = n * s->desc_per_block;
	/* With blocks of 1 KiB the super block is in block 1, even where groups begin with block 0 (bigalloc). */
	u32 boot = s->block_size == 1024 && !s->first_data_block;

	if (n < first_meta_chunk(s))
		return s->first_data_block + boot + 1 + n;
	return ext4_group_first_block(s, first) + ext4_group_has_super(s, first) + (first == 0 && boot);
}

/* --- descriptors --- */

static struct ext4_group_desc *
desc_of(const struct ext4_chunk *c, u32 i)
{
	return (void *)((u8 *)c->desc->data + i * c->s->desc_size);
}

/* Memory to disk: what can have changed since it was read. */
static void
desc_encode(struct ext4_chunk *c, u32 i)
{
	struct ext4_sb *s = c->s;
	struct ext4_group *g = &c->group[i];
	struct ext4_group_desc *d = desc_of(c, i);
	u32 changed = __atomic_exchange_n(&g->changed, 0, __ATOMIC_RELAXED);

	d->bg_free_blocks_count_lo = g->free_blocks;
	d->bg_free_inodes_count_lo = g->free_inodes;
	d->bg_used_dirs_count_lo = g->used_dirs;
	if (s->desc_csum) {
		d->bg_flags = g->flags;
		d->bg_itable_unused_lo = g->itable_unused;
	}
	if (s->desc_size > EXT4_DESC_SIZE_OLD) {
		d->bg_free_blocks_count_hi = g->free_blocks >> 16;
		d->bg_free_inodes_count_hi = g->free_inodes >> 16;
		d->bg_used_dirs_count_hi = g->used_dirs >> 16;
		if (s->desc_csum)
			d->bg_itable_unused_hi = g->itable_unused >> 16;
	}
	if (changed & EXT4_GROUP_BLOCKS)
		ext4_bitmap_csum_set(s, d, g->block_buffer, false);
	if (changed & EXT4_GROUP_INODES)
		ext4_bitmap_csum_set(s, d, g->inode_buffer, true);
	ext4_desc_csum_set(s, c->first + i, d);
}

/* Groups a bit of seal_bits stands for. */
static u32
groups_per_bit(const struct ext4_sb *s)
{
	return DIV_ROUND_UP(s->desc_per_block, 64);
}

/* For buffer->seal: the descriptors that changed get their numbers and checksums. */
static void
desc_seal(struct buffer *b)
{
	struct ext4_chunk *c = b->owner;
	u64 bits = __atomic_exchange_n(&b->seal_bits, 0, __ATOMIC_RELAXED);
	u32 per = groups_per_bit(c->s), i, end;

	for (; bits; bits &= bits - 1) {
		i = bit_lowest(bits) * per;
		for (end = MIN(i + per, c->n); i < end; i++)
			desc_encode(c, i);
	}
}

static struct ext4_chunk *
chunk_of(struct ext4_sb *s, u32 group)
{
	return s->chunk[group / s->desc_per_block];
}

int
ext4_group_access(struct ext4_sb *s, struct handle *h, u32 group)
{
	return ext4_write_access(s->sb, h, chunk_of(s, group)->desc);
}

int
ext4_group_dirty(struct ext4_sb *s, struct handle *h, u32 group)
{
	struct ext4_chunk *c = chunk_of(s, group);

	__atomic_fetch_or(&c->desc->seal_bits, BIT((group - c->first) / groups_per_bit(s)), __ATOMIC_RELAXED);
	return ext4_dirty(s->sb, h, c->desc);
}

static void
group_decode(struct ext4_sb *s, const struct ext4_group_desc *d, struct ext4_group *g)
{
	spin_init(&g->lock, RANK_EXT4_GROUP);
	mutex_init(&g->load_lock, RANK_EXT4_LOAD);
	g->block_bitmap = d->bg_block_bitmap_lo;
	g->inode_bitmap = d->bg_inode_bitmap_lo;
	g->inode_table = d->bg_inode_table_lo;
	g->free_blocks = d->bg_free_blocks_count_lo;
	g->free_inodes = d->bg_free_inodes_count_lo;
	g->used_dirs = d->bg_used_dirs_count_lo;
	if (s->desc_csum) {
		g->flags = d->bg_flags;
		g->itable_unused = d->bg_itable_unused_lo;
	}
	if (s->desc_size > EXT4_DESC_SIZE_OLD) {
		g->block_bitmap |= (u64)d->bg_block_bitmap_hi << 32;
		g->inode_bitmap |= (u64)d->bg_inode_bitmap_hi << 32;
		g->inode_table |= (u64)d->bg_inode_table_hi << 32;
		g->free_blocks |= (u32)d->bg_free_blocks_count_hi << 16;
		g->free_inodes |= (u32)d->bg_free_inodes_count_hi << 16;
		g->used_dirs |= (u32)d->bg_used_dirs_count_hi << 16;
		if (s->desc_csum)
			g->itable_unused |= (u32)d->bg_itable_unused_hi << 16;
	}
	g->largest_free = g->free_blocks;
}

static bool
inside(const struct ext4_sb *s, u64 block, u32 n)
{
	return block >= s->first_data_block && block < s->blocks && n <= s->blocks - block;
}

/* The descriptor of group, decoded in g: 0, or -EFSCORRUPTED if it cannot be used at all. */
static int
group_check(struct ext4_sb *s, u32 group, struct ext4_group *g, const struct ext4_group_desc *d)
{
	if (!ext4_desc_csum_ok(s, group, d))
		return ext4_corrupt(s->sb, 0, 0, "descriptor of group %u: wrong checksum", group);
	if (!inside(s, g->block_bitmap, 1) || !inside(s, g->inode_bitmap, 1) ||
	    !inside(s, g->inode_table, s->table_blocks))
		return ext4_corrupt(s->sb, 0, 0, "group %u: metadata outside the file system", group);
	if (g->free_blocks > ext4_group_blocks(s, group) || g->free_inodes > s->inodes_per_group ||
	    g->used_dirs > s->inodes_per_group || g->itable_unused > s->inodes_per_group) {
		ext4_corrupt(s->sb, 0, 0, "group %u: counts too large", group);
		g->corrupt = true;
		g->itable_unused = MIN(g->itable_unused, s->inodes_per_group);
	}
	return 0;
}

static void
chunk_free(struct ext4_chunk *c)
{
	u32 i;

	for (i = 0; i < c->n; i++) {
		buffer_put(c->group[i].block_buffer);
		buffer_put(c->group[i].inode_buffer);
		kfree(c->group[i].busy);
	}
	if (c->desc->owner == c)
		c->desc->seal = NULL;
	buffer_put(c->desc);
	kfree(c->zones);
	kfree(c);
}

/* A chunk for descriptor block n, which is read. ERR_PTR. */
static struct ext4_chunk *
chunk_read(struct ext4_sb *s, u32 n)
{
	u32 first = n * s->desc_per_block, ngroups = MIN(s->desc_per_block, s->groups - first), i;
	struct ext4_chunk *c = kzalloc(sizeof(*c) + ngroups * sizeof(c->group[0]), GFP_KERNEL);
	struct buffer *b;
	int err = 0;

	if (!c)
		return ERR_PTR(-ENOMEM);
	b = buffer_read(s->dev, chunk_block(s, n), s->block_size);
	if (IS_ERR(b)) {
		kfree(c);
		return (struct ext4_chunk *)b;
	}
	c->s = s;
	c->desc = b;
	c->first = first;
	c->n = ngroups;
	for (i = 0; i < ngroups && !err; i++) {
		group_decode(s, desc_of(c, i), &c->group[i]);
		err = group_check(s, first + i, &c->group[i], desc_of(c, i));
		c->largest_free = MAX(c->largest_free, c->group[i].largest_free);
	}
	if (!err)
		err = ext4_zones_add(s, c);
	if (err) {
		chunk_free(c);
		return ERR_PTR(err);
	}
	b->owner = c;
	b->seal = desc_seal;
	return c;
}

struct ext4_chunk *
ext4_chunk_load(struct ext4_sb *s, u32 n)
{
	struct ext4_chunk *c;

	mutex_lock(&s->chunk_lock);
	c = s->chunk[n];
	if (!c) {
		c = chunk_read(s, n);
		if (!IS_ERR(c))
			__atomic_store_n(&s->chunk[n], c, __ATOMIC_RELEASE);
	}
	mutex_unlock(&s->chunk_lock);
	return c;
}

int
ext4_groups_init(struct ext4_sb *s)
{
	u32 n;

	s->chunk = kzalloc(s->nchunks * sizeof(s->chunk[0]), GFP_KERNEL);
	if (!s->chunk)
		return -ENOMEM;
	for (n = 0; n < s->nchunks; n++)
		if (!inside(s, chunk_block(s, n), 1))
			return ext4_corrupt(s->sb, 0, 0, "descriptor block %u is outside the file system", n);
	return 0;
}

int
ext4_groups_count(struct ext4_sb *s)
{
	u64 free_blocks = 0, free_inodes = 0;
	u32 meta = first_meta_chunk(s), n, i;
	struct ext4_chunk *c;

	for (n = 0; n < s->nchunks; n++) {
		if (n % 64 == 0 && n < meta)
			buffer_readahead(s->dev, chunk_block(s, n), s->block_size, MIN(64U, meta - n));
		c = ext4_chunk_load(s, n);
		if (IS_ERR(c))
			return PTR_ERR(c);
		for (i = 0; i < c->n; i++) {
			free_blocks += c->group[i].corrupt ? 0 : c->group[i].free_blocks;
			free_inodes += c->group[i].corrupt ? 0 : c->group[i].free_inodes;
		}
	}
	s->free_blocks = free_blocks;
	s->free_inodes = free_inodes;
	return 0;
}

void
ext4_groups_free(struct ext4_sb *s)
{
	u32 n;

	for (n = 0; s->chunk && n < s->nchunks; n++)
		if (s->chunk[n])
			chunk_free(s->chunk[n]);
	kfree(s->chunk);
	s->chunk = NULL;
	s->zones.node = NULL;
}

/* --- bitmaps --- */

void
ext4_group_distrust(struct ext4_sb *s, struct ext4_group *g)
{
	if (__atomic_exchange_n(&g->corrupt, true, __ATOMIC_RELAXED))
		return;
	__atomic_fetch_sub(&s->free_blocks, g->free_blocks, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&s->free_inodes, g->free_inodes, __ATOMIC_RELAXED);
}

/* Bits of [start, start + n), disk blocks, as far as they are in group. */
static void
set_blocks(const struct ext4_sb *s, u32 group, ulong *map, u64 start, u32 n)
{
	u64 first = ext4_group_first_block(s, group), end = first + ext4_group_blocks(s, group);

	if (start < end && start + n > first)
		bitmap_set_range(map, MAX(start, first) - first, MIN(start + n, end) - MAX(start, first));
}

/* The bitmap of a group of which nobody has had a block yet. */
static void
block_bitmap_make(const struct ext4_sb *s, u32 group, const struct ext4_group *g, ulong *map)
{
	u32 blocks = ext4_group_blocks(s, group);

	memset(map, 0, s->block_size);
	bitmap_set_range(map, 0, MIN(ext4_group_base(s, group), blocks));
	set_blocks(s, group, map, g->block_bitmap, 1);
	set_blocks(s, group, map, g->inode_bitmap, 1);
	set_blocks(s, group, map, g->inode_table, s->table_blocks);
	bitmap_set_range(map, blocks, s->block_size * 8 - blocks);
}

/* Are the group's own bitmaps and table marked as in use? */
static bool
block_bitmap_plausible(const struct ext4_sb *s, u32 group, const struct ext4_group *g, const ulong *map)
{
	u64 first = ext4_group_first_block(s, group), n = ext4_group_blocks(s, group);
	u64 t = g->inode_table - first;

	if (g->block_bitmap - first < n && !bitmap_test(map, g->block_bitmap - first))
		return false;
	if (g->inode_bitmap - first < n && !bitmap_test(map, g->inode_bitmap - first))
		return false;
	return t >= n || bitmap_find_clear(map, MIN(n, t + s->table_blocks), t) >= MIN(n, t + s->table_blocks);
}

static const struct ext4_group_desc *
group_desc(struct ext4_sb *s, u32 group)
{
	struct ext4_chunk *c = chunk_of(s, group);

	return desc_of(c, group - c->first);
}

/* Read the block bitmap, or make it up. ERR_PTR. */
static struct buffer *
block_bitmap_read(struct ext4_sb *s, u32 group, struct ext4_group *g)
{
	struct buffer *b;

	if (g->flags & EXT4_BG_BLOCK_UNINIT) {
		b = buffer_new(s->dev, g->block_bitmap, s->block_size);
		if (!IS_ERR(b))
			block_bitmap_make(s, group, g, b->data);
		return b;
	}
	b = buffer_read(s->dev, g->block_bitmap, s->block_size);
	if (IS_ERR(b))
		return b;
	if (ext4_bitmap_csum_ok(s, group_desc(s, group), b, false) &&
	    block_bitmap_plausible(s, group, g, b->data))
		return b;
	buffer_put(b);
	ext4_group_distrust(s, g);
	return ERR_PTR(ext4_corrupt(s->sb, 0, g->block_bitmap, "block bitmap of group %u is wrong", group));
}

/* load_lock held. */
static int
blocks_load(struct ext4_sb *s, u32 group, struct ext4_group *g)
{
	u32 n = ext4_group_blocks(s, group), nfree;
	struct buffer *b;
	ulong *busy;

	busy = kmalloc(s->block_size, GFP_KERNEL);
	if (!busy)
		return -ENOMEM;
	b = block_bitmap_read(s, group, g);
	if (IS_ERR(b)) {
		kfree(busy);
		return PTR_ERR(b);
	}
	memcpy(busy, b->data, s->block_size);
	nfree = bitmap_count_clear(busy, n);
	if (nfree != g->free_blocks) {
		buffer_put(b);
		kfree(busy);
		ext4_group_distrust(s, g);
		return ext4_corrupt(s->sb, 0, g->block_bitmap, "group %u: %u free blocks in the bitmap, %u by count",
				    group, nfree, g->free_blocks);
	}
	g->busy = busy;
	__atomic_store_n(&g->block_buffer, b, __ATOMIC_RELEASE);
	return 0;
}

int
ext4_group_load_blocks(struct ext4_sb *s, u32 group, struct ext4_group *g)
{
	int err = 0;

	if (likely(__atomic_load_n(&g->block_buffer, __ATOMIC_ACQUIRE)))
		return 0;
	if (g->corrupt)
		return -EFSCORRUPTED;
	mutex_lock(&g->load_lock);
	if (!g->block_buffer)
		err = blocks_load(s, group, g);
	mutex_unlock(&g->load_lock);
	return err;
}

static int
inodes_load(struct ext4_sb *s, u32 group, struct ext4_group *g)
{
	struct buffer *b;

	if (g->flags & EXT4_BG_INODE_UNINIT) {
		b = buffer_new(s->dev, g->inode_bitmap, s->block_size);
		if (IS_ERR(b))
			return PTR_ERR(b);
		memset(b->data, 0, s->block_size);
		bitmap_set_range(b->data, s->inodes_per_group, s->block_size * 8 - s->inodes_per_group);
	} else {
		b = buffer_read(s->dev, g->inode_bitmap, s->block_size);
		if (IS_ERR(b))
			return PTR_ERR(b);
		if (!ext4_bitmap_csum_ok(s, group_desc(s, group), b, true)) {
			buffer_put(b);
			ext4_group_distrust(s, g);
			return ext4_corrupt(s->sb, 0, g->inode_bitmap, "inode bitmap of group %u is wrong", group);
		}
	}
	__atomic_store_n(&g->inode_buffer, b, __ATOMIC_RELEASE);
	return 0;
}

int
ext4_group_load_inodes(struct ext4_sb *s, u32 group, struct ext4_group *g)
{
	int err = 0;

	if (likely(__atomic_load_n(&g->inode_buffer, __ATOMIC_ACQUIRE)))
		return 0;
	if (g->corrupt)
		return -EFSCORRUPTED;
	mutex_lock(&g->load_lock);
	if (!g->inode_buffer)
		err = inodes_load(s, group, g);
	mutex_unlock(&g->load_lock);
	return err;
}

static int
bitmap_access(struct ext4_sb *s, struct handle *h, u32 group, struct buffer *b, bool never_written)
{
	int err = never_written ? ext4_create_access(s->sb, h, b) : ext4_write_access(s->sb, h, b);

	return err ? err : ext4_group_access(s, h, group);
}

int
ext4_group_blocks_access(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g)
{
	return bitmap_access(s, h, group, g->block_buffer, READ_ONCE(g->flags) & EXT4_BG_BLOCK_UNINIT);
}

int
ext4_group_inodes_access(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g)
{
	return bitmap_access(s, h, group, g->inode_buffer, READ_ONCE(g->flags) & EXT4_BG_INODE_UNINIT);
}

static int
bitmap_dirty(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g, struct buffer *b, u32 which)
{
	int err = ext4_dirty(s->sb, h, b);

	__atomic_fetch_or(&g->changed, which, __ATOMIC_RELAXED);
	return err ? err : ext4_group_dirty(s, h, group);
}

int
ext4_group_blocks_dirty(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g)
{
	return bitmap_dirty(s, h, group, g, g->block_buffer, EXT4_GROUP_BLOCKS);
}

int
ext4_group_inodes_dirty(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g)
{
	return bitmap_dirty(s, h, group, g, g->inode_buffer, EXT4_GROUP_INODES);
}
