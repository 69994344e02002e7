/*
 * zone.c - fixed metadata: blocks that no file may have, whatever a disk made to mislead us says.
 *
 * Super block and descriptors stand at the start of some groups: that is arithmetic.  Bitmaps and
 * inode tables stand where the descriptors say, usually side by side for the groups of a flexible
 * group: they are joined to zones, in a tree by block number.  A chunk of descriptors that is not
 * read yet has no zones, so those which could have some near the block asked for are read first.
 *
 * Locks       zone_lock [z] for the tree.  A chunk's zones are freed with it, at unmount.
 */
#include "fs/ext4/ext4.h"
#include "mm/slab.h"

/* The zone that overlaps [start, end), or NULL. */
static struct ext4_zone *
zone_find(struct ext4_sb *s, u64 start, u64 end) MUST_HOLD(s->zone_lock)
{
	struct rb_node *n = s->zones.node;
	struct ext4_zone *z;

	while (n) {
		z = rb_entry(n, struct ext4_zone, node);
		if (end <= z->start)
			n = n->left;
		else if (start >= z->end)
			n = n->right;
		else
			return z;
	}
	return NULL;
}

static void
zone_insert(struct ext4_sb *s, struct ext4_zone *new) MUST_HOLD(s->zone_lock)
{
	struct rb_node **slot = &s->zones.node, *parent = NULL;
	struct ext4_zone *z;

	while (*slot) {
		parent = *slot;
		z = rb_entry(parent, struct ext4_zone, node);
		slot = new->start < z->start ? &parent->left : &parent->right;
	}
	rb_insert(&s->zones, &new->node, parent, slot);
}

/* Does [block, end) touch a super block or descriptors? */
static bool
touches_base(const struct ext4_sb *s, u64 block, u64 end)
{
	u32 g, base, last = ext4_block_group(s, end - 1);

	for (g = ext4_block_group(s, block); g <= last; g++) {
		base = ext4_group_base(s, g);
		if (base && block < ext4_group_first_block(s, g) + base)
			return true;
	}
	return false;
}

/* Three runs grow along the chunk: block bitmaps, inode bitmaps, tables. out NULL: only count. */
static u32
zones_collect(const struct ext4_chunk *c, struct ext4_zone *out)
{
	u64 end[3] = { 0 };
	u32 last[3] = { 0 }, n = 0, i, k;

	for (i = 0; i < c->n; i++) {
		const struct ext4_group *g = &c->group[i];
		u64 start[3] = { g->block_bitmap, g->inode_bitmap, g->inode_table };
		u32 len[3] = { 1, 1, c->s->table_blocks };

		for (k = 0; k < 3; k++) {
			if (start[k] != end[k]) {
				last[k] = n++;
				if (out)
					out[last[k]].start = start[k];
			}
			end[k] = start[k] + len[k];
			if (out)
				out[last[k]].end = end[k];
		}
	}
	return n;
}

int
ext4_zones_add(struct ext4_sb *s, struct ext4_chunk *c)
{
	u32 n = zones_collect(c, NULL), i;
	struct ext4_zone *z;

	z = c->zones = kmalloc(n * sizeof(*z), GFP_KERNEL);
	if (!z)
		return -ENOMEM;
	zones_collect(c, z);
	spin_lock(&s->zone_lock);
	for (i = 0; i < n; i++) {
		if (touches_base(s, z[i].start, z[i].end) || zone_find(s, z[i].start, z[i].end))
			break;
		zone_insert(s, &z[i]);
	}
	if (i == n) {
		c->nzones = n;
		spin_unlock(&s->zone_lock);
		return 0;
	}
	while (i-- > 0)
		rb_remove(&s->zones, &z[i].node);
	spin_unlock(&s->zone_lock);
	return ext4_corrupt(s->sb, 0, 0, "bitmaps and inode tables of groups %u to %u overlap", c->first,
			    c->first + c->n - 1);
}

/* Read the chunks whose groups may have their tables near block. */
static bool
zones_ready(struct ext4_sb *s, u64 block)
{
	u32 g = ext4_block_group(s, block), first = g - g % s->flex_groups;
	u64 last = MIN((u64)first + s->flex_groups, s->groups) - 1, n;

	for (n = first / s->desc_per_block; n <= last / s->desc_per_block; n++)
		if (!READ_ONCE(s->chunk[n]) && IS_ERR(ext4_chunk_load(s, n)))
			return false;
	return true;
}

bool
ext4_blocks_valid(struct ext4_sb *s, u64 block, u32 n)
{
	bool found;

	if (block < s->first_data_block || n == 0 || block >= s->blocks || n > s->blocks - block)
		return false;
	/* The log's own blocks are looked up before it is replayed: the descriptors may be old then. */
	if (s->replaying)
		return true;
	if (touches_base(s, block, block + n) || !zones_ready(s, block) || !zones_ready(s, block + n - 1))
		return false;
	spin_lock(&s->zone_lock);
	found = zone_find(s, block, block + n) != NULL;
	spin_unlock(&s->zone_lock);
	return !found;
}
