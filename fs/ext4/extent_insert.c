/*
 * extent_insert.c - extents put into a tree, and unwritten ones made written, or the other way round.
 *
 * An extent that continues a neighbour of its own kind, in the file and on the disk, becomes part of it; else it gets
 * an entry.  Converting the middle of an unwritten extent leaves up to three; the usual case, from the front on as
 * a file is written, only moves the border between the written one and the rest.
 *
 *	before    [written ..][unwritten ...........]
 *	write           ^^^^^^
 *	after     [written .........][unwritten ....]
 *
 * Locks       ei->map_lock for writing; a handle with ext4_tree_credits().
 */
#include "fs/ext4/map.h"
#include "lib/string.h"

/* Room for this many blocks in one extent of this kind. */
static inline u32
len_max(bool unwritten)
{
	return unwritten ? EXT4_UNWRITTEN_MAX : EXT4_EXTENT_MAX;
}

/* Is b what follows a, in the file and on the disk, and of the same kind, so that one extent could be both? */
static bool
joins(const struct ext4_extent *a, const struct ext4_extent *b)
{
	return ext4_ee_unwritten(a) == ext4_ee_unwritten(b) && ext4_ee_end(a) == b->ee_block &&
	       ext4_ee_start(a) + ext4_ee_len(a) == ext4_ee_start(b) &&
	       ext4_ee_len(a) + ext4_ee_len(b) <= len_max(ext4_ee_unwritten(a));
}

static inline void
entry_insert(struct ext4_extent_header *eh, int at, const struct ext4_extent *e)
{
	struct ext4_extent *x = &ext4_extents(eh)[at];

	memmove(x + 1, x, (eh->eh_entries - at) * sizeof(*x));
	*x = *e;
	eh->eh_entries++;
}

static inline void
entry_delete(struct ext4_extent_header *eh, int at)
{
	struct ext4_extent *x = &ext4_extents(eh)[at];

	eh->eh_entries--;
	memmove(x, x + 1, (eh->eh_entries - at) * sizeof(*x));
}

/* Join entry `at` with the next one, if they can be one. */
static void
join_next(struct ext4_extent_header *eh, int at)
{
	struct ext4_extent *e = &ext4_extents(eh)[at];

	if (at < 0 || at + 1 >= eh->eh_entries || !joins(e, e + 1))
		return;
	e->ee_len += ext4_ee_len(e + 1);
	entry_delete(eh, at + 1);
}

/* ---- insertion ---- */

/*
 * Put e after entry `at` of the leaf: as part of a neighbour, or as an entry if there is room. The leaf may be changed.
 * False: there is no room, and nothing has changed.
 */
static bool
leaf_put(struct ext4_extent_header *eh, int at, const struct ext4_extent *e)
{
	struct ext4_extent *before = at >= 0 ? &ext4_extents(eh)[at] : NULL;
	struct ext4_extent *after = at + 1 < eh->eh_entries ? &ext4_extents(eh)[at + 1] : NULL;

	if (before && joins(before, e)) {
		before->ee_len += ext4_ee_len(e);
		join_next(eh, at);
		return true;
	}
	if (after && joins(e, after)) {
		ext4_ee_set(after, e->ee_block, ext4_ee_start(e), ext4_ee_len(e) + ext4_ee_len(after),
			    ext4_ee_unwritten(e));
		return true;
	}
	if (eh->eh_entries >= eh->eh_max)
		return false;
	entry_insert(eh, at + 1, e);
	return true;
}

/* Is there something already where e is to go? */
static bool
overlaps(struct ext4_path *p, const struct ext4_extent *e)
{
	struct ext4_node *n = ext4_leaf(p);
	const struct ext4_extent *x = ext4_extents(n->h) + n->at;

	if (n->at >= 0 && ext4_ee_end(x) > e->ee_block)
		return true;
	return ext4_ee_end(e) > (n->at + 1 < n->h->eh_entries ? x[1].ee_block : p->end);
}

int
ext4_extent_insert(struct handle *h, struct inode *inode, u32 logical, u64 physical, u32 len, bool unwritten)
{
	struct ext4_extent e;
	struct ext4_path p;
	struct ext4_node *n;
	bool done = false;
	int err;

	ext4_map_forget(ext4_i(inode));
	ext4_ee_set(&e, logical, physical, len, unwritten);
	while (!done) {
		err = ext4_path_find(inode, logical, &p);
		if (err)
			return err;
		n = ext4_leaf(&p);
		if (overlaps(&p, &e)) {
			ext4_path_put(&p);
			return ext4_corrupt(inode->sb, inode->ino, 0, "extent tree: block %u is mapped already",
					    logical);
		}
		err = ext4_node_access(h, &p, p.depth);
		if (err)
			goto out_put;
		done = leaf_put(n->h, n->at, &e);
		if (!done) {
			err = ext4_tree_grow(h, &p);
			if (err)
				return err;
			continue;
		}
		err = ext4_node_dirty(h, &p, p.depth);
		if (!err && n->at < 0)
			err = ext4_tree_fix_keys(h, &p);
		ext4_path_put(&p);
	}
	return err;
out_put:
	ext4_path_put(&p);
	return err;
}

/* ---- conversion ---- */

static inline void
ee_shorten(struct ext4_extent *e, u32 len)
{
	ext4_ee_set(e, e->ee_block, ext4_ee_start(e), len, ext4_ee_unwritten(e));
}

/* Make `n` blocks from `logical` on of the other kind, in entry `at` of the leaf, which covers them. False: no room. */
static bool
leaf_convert(struct ext4_extent_header *eh, int at, u32 logical, u32 n)
{
	struct ext4_extent *e = &ext4_extents(eh)[at], old = *e, piece, rest;
	u32 head = logical - old.ee_block, tail = ext4_ee_len(&old) - head - n;
	bool was = ext4_ee_unwritten(&old);

	ext4_ee_set(&piece, logical, ext4_ee_start(&old) + head, n, !was);
	ext4_ee_set(&rest, logical + n, ext4_ee_start(&old) + head + n, tail, was);
	if (!head && at > 0 && joins(e - 1, &piece)) {
		e[-1].ee_len += n;
		if (tail)
			*e = rest;
		else
			entry_delete(eh, at);
		join_next(eh, at - 1);
		return true;
	}
	if (!tail && at + 1 < eh->eh_entries && joins(&piece, e + 1)) {
		ext4_ee_set(e + 1, logical, ext4_ee_start(&piece), n + ext4_ee_len(e + 1), !was);
		if (head)
			ee_shorten(e, head);
		else
			entry_delete(eh, at);
		return true;
	}
	if (eh->eh_entries + !!head + !!tail > eh->eh_max)
		return false;
	if (tail)
		entry_insert(eh, at + 1, &rest);
	if (head) {
		ee_shorten(e, head);
		entry_insert(eh, at + 1, &piece);
	} else {
		*e = piece;
	}
	return true;
}

/*
 * One step of a conversion from `logical` on, at most n blocks: how many are done with, 0: the tree has been given
 * room, try again; or -errno.
 */
static s64
convert_step(struct handle *h, struct inode *inode, u32 logical, u32 n, bool unwritten)
{
	struct ext4_extent *e;
	struct ext4_path p;
	struct ext4_node *leaf;
	int err;

	err = ext4_path_find(inode, logical, &p);
	if (err)
		return err;
	leaf = ext4_leaf(&p);
	e = ext4_extents(leaf->h) + leaf->at;
	if (leaf->at < 0 || ext4_ee_end(e) <= logical) {
		u64 end = leaf->at + 1 < leaf->h->eh_entries ? e[1].ee_block : p.end;

		ext4_path_put(&p);
		return MIN(n, end - logical);		/* a hole stays one */
	}
	n = MIN(MIN(n, ext4_ee_end(e) - logical), len_max(unwritten));
	if (ext4_ee_unwritten(e) != unwritten) {
		err = ext4_node_access(h, &p, p.depth);
		if (!err && !leaf_convert(leaf->h, leaf->at, logical, n)) {
			err = ext4_tree_grow(h, &p);
			return err;
		}
		if (!err)
			err = ext4_node_dirty(h, &p, p.depth);
	}
	ext4_path_put(&p);
	return err ? err : (s64)n;
}

int
ext4_extent_convert(struct handle *h, struct inode *inode, u32 logical, u32 len, bool unwritten)
{
	s64 done;

	ext4_map_forget(ext4_i(inode));
	while (len) {
		done = convert_step(h, inode, logical, len, unwritten);
		if (done < 0)
			return done;
		logical += done;
		len -= done;
	}
	return 0;
}
