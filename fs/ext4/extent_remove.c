/*
 * extent_remove.c - blocks taken out of an extent tree and freed: truncation, from the end backwards.
 *
 * One extent, or part of one, at a time: first the tree is changed, then the blocks are freed, in one handle.  So
 * whenever the handle runs out of credits and goes on in another transaction, what is on the disk is a file that is
 * shorter, but whole; the orphan list tells the next mount to go on.
 *
 * Locks       ei->map_lock for writing, let go while the handle is restarted: each step finds its way anew.
 */
#include "fs/ext4/map.h"
#include "lib/string.h"

struct piece {				/* of one extent */
	u32	first, len;
	u64	physical;
};

/* The last part of [first, last] that is mapped, in the leaf of p; of it, what one step frees. False: nothing is. */
static bool
last_piece(struct ext4_path *p, u32 first, u32 last, struct piece *out)
{
	struct ext4_node *n = ext4_leaf(p);
	const struct ext4_extent *e = ext4_extents(n->h) + n->at;
	u64 end;

	if (n->at < 0 || ext4_ee_end(e) <= first)
		return false;
	end = MIN(ext4_ee_end(e), (u64)last + 1);
	out->first = MAX(first, e->ee_block);
	if (ext4_blocks_logged(p->inode) && end - out->first > EXT4_REVOKE_STEP)
		out->first = end - EXT4_REVOKE_STEP;
	out->len = end - out->first;
	out->physical = ext4_ee_start(e) + (out->first - e->ee_block);
	return true;
}

/* Would cutting it leave a part on both sides? */
static inline bool
in_the_middle(const struct ext4_extent *e, const struct piece *c)
{
	return c->first > e->ee_block && c->first + c->len < ext4_ee_end(e);
}

/* Take the piece out of the extent it is in; a leaf has room if that makes two of one. */
static int
cut(struct handle *h, struct ext4_path *p, const struct piece *c)
{
	struct ext4_node *n = ext4_leaf(p);
	struct ext4_extent *e = &ext4_extents(n->h)[n->at];
	bool unwritten = ext4_ee_unwritten(e);
	u32 head = c->first - e->ee_block, tail = ext4_ee_end(e) - c->first - c->len;
	int err;

	err = ext4_node_access(h, p, p->depth);
	if (err)
		return err;
	if (head && tail) {
		memmove(e + 2, e + 1, (n->h->eh_entries - n->at - 1) * sizeof(*e));
		n->h->eh_entries++;
		ext4_ee_set(e + 1, c->first + c->len, c->physical + c->len, tail, unwritten);
	}
	if (head) {
		ext4_ee_set(e, e->ee_block, ext4_ee_start(e), head, unwritten);
	} else if (tail) {
		ext4_ee_set(e, c->first + c->len, c->physical + c->len, tail, unwritten);
	} else {
		n->h->eh_entries--;
		memmove(e, e + 1, (n->h->eh_entries - n->at) * sizeof(*e));
	}
	err = ext4_node_dirty(h, p, p->depth);
	if (err || head || n->at)
		return err;
	return n->h->eh_entries ? ext4_tree_fix_keys(h, p) : ext4_tree_prune(h, p);
}

/* Remove the last mapped part of [first, last]: 1, *from is where it began; 2: try again; 0: there is none; -errno. */
static int
remove_step(struct handle *h, struct inode *inode, u32 first, u32 last, u32 *from)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_path p;
	struct ext4_node *n;
	struct piece c;
	int err;

	err = ext4_path_find(inode, last, &p);
	if (err)
		return err;
	if (!last_piece(&p, first, last, &c)) {
		ext4_path_put(&p);
		return 0;
	}
	err = ext4_map_credits(h, inode, ext4_credits_free(s, c.len) + ext4_tree_credits(inode) + EXT4_CREDITS_INODE);
	if (err) {
		ext4_path_put(&p);
		return err < 0 ? err : 2;
	}
	n = ext4_leaf(&p);
	if (in_the_middle(&ext4_extents(n->h)[n->at], &c) && n->h->eh_entries >= n->h->eh_max) {
		err = ext4_tree_grow(h, &p);
		return err ? err : 2;
	}
	err = cut(h, &p, &c);
	ext4_path_put(&p);
	if (!err)
		err = ext4_map_free(h, inode, c.physical, c.len, ext4_blocks_logged(inode));
	*from = c.first;
	return err ? err : 1;
}

int
ext4_extent_remove(struct handle *h, struct inode *inode, u32 first, u32 last)
{
	uint tries = 0;
	u32 from = 0;
	int err;

	ext4_map_forget(ext4_i(inode));
	for (;;) {
		err = remove_step(h, inode, first, last, &from);
		if (ext4_map_again(err, &tries))
			continue;
		if (err < 0)
			return err;
		if (err == 0)
			return ext4_tree_shrink(h, inode);
		if (err == 1) {
			if (from <= first)
				return ext4_tree_shrink(h, inode);
			last = from - 1;
		}
	}
}
