/*
 * readdir.c - a directory's names in the order of their hashes.
 *
 * A position in the directory is a hash, so it stays true when blocks split or a directory becomes hashed between two
 * calls: names that were there all the time are seen exactly once.
 *
 *	position   0     1     2 + (major / 2 << 32 | minor)           INT64_MAX
 *	           "."   ".."  the first name whose hash is not less   the end
 *
 * Names of one and the same hash come in the order of their letters; a call that ends among them leaves the last one
 * it told in f->private, until lseek.  Leaves that share a hash are read as one.
 *
 * Not here    directories of many blocks without an index (dir.c).
 */
#include "abi/dirent.h"
#include "fs/ext4/htree.h"
#include "lib/string.h"
#include "mm/slab.h"

#define POS_FIRST	2
#define POS_END		INT64_MAX

struct name_ref {
	loff_t	pos;
	const struct ext4_dirent *e;
};

/* The names of one leaf, or of several that share a hash. */
struct name_set {
	struct buffer **leaf;
	uint	nleaves, leaf_room;
	struct name_ref *name;
	uint	n, room;
	loff_t	next;			/* position of what comes after all of them */
};

/* f->private: names at f's position up to this one have been told. */
struct told {
	uint	len;
	char	name[EXT4_NAME_MAX];
};

static loff_t
pos_of(struct ext4_hash h)
{
	loff_t pos = ((loff_t)(h.major >> 1) << 32 | h.minor) + POS_FIRST;

	return MIN(pos, POS_END - 1);
}

static u32
major_of(loff_t pos)
{
	return (u32)((pos - POS_FIRST) >> 32) << 1;
}

/* ---- the names of a leaf, sorted ---- */

static void
set_free(struct name_set *set)
{
	while (set->nleaves)
		buffer_put(set->leaf[--set->nleaves]);
	kfree(set->leaf);
	kfree(set->name);
}

/* An array of `used` members of `size` bytes gets room for `want`. NULL: no memory, the old one stays. */
static void *
grown(void *old, uint used, uint *room, uint want, size_t size)
{
	uint n = MAX(want, 2 * *room);
	void *p;

	if (want <= *room)
		return old;
	p = kmalloc(n * size, GFP_KERNEL);
	if (!p)
		return NULL;
	if (old)
		memcpy(p, old, used * size);
	kfree(old);
	*room = n;
	return p;
}

static int
set_grow(struct name_set *set, uint names)
{
	void *p = grown(set->leaf, set->nleaves, &set->leaf_room, set->nleaves + 1, sizeof(*set->leaf));

	if (!p)
		return -ENOMEM;
	set->leaf = p;
	p = grown(set->name, set->n, &set->room, set->n + names, sizeof(*set->name));
	if (!p)
		return -ENOMEM;
	set->name = p;
	return 0;
}

/* Take in the names of leaf b, counted. 0 or -errno. */
static int
set_add_leaf(struct name_set *set, struct inode *dir, u8 version, struct buffer *b)
{
	struct ext4_sb *s = ext4_isb(dir);
	u32 end = ext4_dirblock_space(dir), off;
	const struct ext4_dirent *e;
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	err = set_grow(set, s->block_size / EXT4_DIRENT_SIZE(1));
	if (err) {
		buffer_put(b);
		return err;
	}
	set->leaf[set->nleaves++] = b;
	for (off = 0; off < end; off += e->rec_len) {
		e = ext4_dirent_at(b, off);
		if (!e->inode || (e->name[0] == '.' && (e->name_len == 1 || (e->name_len == 2 && e->name[1] == '.'))))
			continue;
		set->name[set->n].e = e;
		set->name[set->n++].pos = pos_of(ext4_name_hash(s, version, e->name, e->name_len));
	}
	return 0;
}

static int
name_order(const char *a, uint alen, const char *b, uint blen)
{
	int d = memcmp(a, b, MIN(alen, blen));

	return d ? d : (int)alen - (int)blen;
}

static bool
ref_before(const struct name_ref *a, const struct name_ref *b)
{
	if (likely(a->pos != b->pos))
		return a->pos < b->pos;
	return name_order(a->e->name, a->e->name_len, b->e->name, b->e->name_len) < 0;
}

/* Shell sort: short, no memory, fast enough for a block of names. */
static void
set_sort(struct name_set *set)
{
	static const uint gaps[] = { 86961, 33936, 13776, 4592, 1968, 861, 336, 112, 48, 21, 7, 3, 1 };
	struct name_ref *a = set->name, t;
	uint i, j;

	for (uint g = 0; g < ARRAY_SIZE(gaps); g++) {
		for (i = gaps[g]; i < set->n; i++) {
			t = a[i];
			for (j = i; j >= gaps[g] && ref_before(&t, &a[j - gaps[g]]); j -= gaps[g])
				a[j] = a[j - gaps[g]];
			a[j] = t;
		}
	}
}

/* The leaf where p stands, and those that share a hash with it. p is put. */
static int
set_read_leaves(struct name_set *set, struct htree_probe *p)
{
	u32 hash;
	int err, more;

	for (;;) {
		err = set_add_leaf(set, p->dir, p->version, htree_leaf(p));
		more = err ? err : htree_peek(p, &hash);
		if (more <= 0)
			break;
		set->next = pos_of((struct ext4_hash){ hash & ~1U, 0 });
		if (!(hash & 1) && (hash & ~1U) > p->hash.major)
			break;
		more = htree_next(p, &hash);
		if (more < 0)
			break;
		set->next = POS_END;
	}
	htree_put(p);
	return MIN(more, 0);
}

/* The names round position pos. 0 or -errno; set_free() in either case. */
static int
set_read(struct name_set *set, struct inode *dir, loff_t pos)
{
	struct htree_probe p;
	int err;

	*set = (struct name_set){ .next = POS_END };
	if (!ext4_dir_hashed(dir)) {
		err = set_add_leaf(set, dir, ext4_isb(dir)->def_hash, ext4_dir_bread(dir, 0, EXT4_DIR_LEAF));
	} else {
		err = htree_probe(&p, dir, NULL, 0, major_of(pos));
		if (err == -EAGAIN)
			return ext4_corrupt(dir->sb, dir->ino, 0, "directory index: unknown hash");
		if (!err)
			err = set_read_leaves(set, &p);
	}
	if (!err)
		set_sort(set);
	return err;
}

/* ---- telling them ---- */

void
ext4_htree_forget(struct file *f)
{
	kfree(f->private);
	f->private = NULL;
}

/* The next call goes on behind e, at the same position. Without memory for that it tells them once more. */
static void
remember(struct file *f, const struct ext4_dirent *e)
{
	struct told *t = f->private;

	if (!t)
		f->private = t = kmalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return;
	t->len = e->name_len;
	memcpy(t->name, e->name, e->name_len);
}

/* Emit the set's names from f's position on. True: all of them. */
static bool
set_emit(struct file *f, struct dir_emit *e, const struct name_set *set)
{
	const struct told *told = f->private;
	const struct name_ref *a = set->name;
	loff_t start = *e->pos;
	uint i = 0, first;

	while (i < set->n && a[i].pos < start)
		i++;
	while (told && i < set->n && a[i].pos == start &&
	       name_order(a[i].e->name, a[i].e->name_len, told->name, told->len) <= 0)
		i++;
	for (first = i; i < set->n; i++) {
		if (!ext4_dirent_emit(f->inode, e, a[i].e, i + 1 < set->n ? a[i + 1].pos : set->next)) {
			if (i > first && a[i].pos == a[i - 1].pos)
				remember(f, a[i - 1].e);
			else if (i > first)
				ext4_htree_forget(f);
			return false;
		}
	}
	if (f->private)
		ext4_htree_forget(f);
	return true;
}

/* "." or "..", which are first in block 0. 1: emitted; 0: no room; -errno. */
static int
emit_dot(struct inode *dir, struct dir_emit *e)
{
	struct buffer *b = ext4_dir_bread(dir, 0, EXT4_DIR_LEAF);
	const struct ext4_dirent *d;
	bool more;

	if (IS_ERR(b))
		return PTR_ERR(b);
	d = b->data;
	if (*e->pos == 1)
		d = ext4_dirent_next(d);
	more = ext4_dirent_emit(dir, e, d, *e->pos + 1);
	buffer_put(b);
	return more;
}

int
ext4_htree_readdir(struct file *f, struct dir_emit *e)
{
	struct inode *dir = f->inode;
	struct name_set set;
	bool all;
	int err;

	while (*e->pos < POS_FIRST) {
		err = emit_dot(dir, e);
		if (err <= 0)
			return err;
	}
	while (*e->pos < POS_END) {
		err = set_read(&set, dir, *e->pos);
		all = !err && set_emit(f, e, &set);
		set_free(&set);
		if (err || !all)
			return err;
		*e->pos = set.next;
	}
	return 0;
}
