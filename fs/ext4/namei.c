/*
 * namei.c - operations on names: look up, create, link, unlink, rename. Each is one handle, so it happens whole or not.
 *
 * An inode without a name is on the orphan list from the moment its last name goes (in the same handle) until its
 * blocks are freed, so that whatever moment the power goes, the next mount finishes the work.
 *
 * Locks       the directories' inode locks, and that of a file whose name goes, are held by the VFS.
 * Not here    directories' blocks (dir.c); allocating inodes (ialloc.c); who may do what (the VFS).
 */
#include "fs/ext4/ext4.h"
#include "lib/string.h"

static int
credits_create(const struct super_block *sb)
{
	/* The name may split a leaf, a node, and deepen the index: three blocks. A directory has its own. */
	return ext4_credits_new(sb) + EXT4_CREDITS_DIR + ext4_credits_blocks(sb, 4) + EXT4_CREDITS_INODE;
}

/* ---- looking up ---- */

/*
 * A directory is found only where its ".." leads: so each has one parent, and the tree that the VFS locks from the
 * root down is a tree, whatever the disk says.
 */
static int
check_parent(struct inode *dir, struct inode *inode)
{
	u32 parent;
	int err;

	if (!S_ISDIR(inode->mode))
		return 0;
	err = ext4_dir_parent(inode, &parent);
	if (!err && parent != dir->ino)
		err = ext4_corrupt(dir->sb, dir->ino, 0, "directory %lu is in %u, too", (ulong)inode->ino, parent);
	return err;
}

static int
ext4_lookup(struct inode *dir, struct dentry *d)
{
	struct inode *inode = NULL;
	struct ext4_slot slot;
	u32 ino;
	int err = ext4_dir_find(dir, d->name, d->len, &slot);

	if (err && err != -ENOENT)
		return err;
	if (!err) {
		ino = slot.e->inode;
		buffer_put(slot.b);
		if (ino == dir->ino)
			return ext4_corrupt(dir->sb, dir->ino, 0, "a directory is in itself");
		inode = ext4_iget(dir->sb, ino);
		if (IS_ERR(inode) && PTR_ERR(inode) == -ESTALE)
			return ext4_corrupt(dir->sb, dir->ino, 0, "a name of inode %u, which is free", ino);
		if (IS_ERR(inode))
			return PTR_ERR(inode);
		err = check_parent(dir, inode);
		if (err) {
			inode_put(inode);
			return err;
		}
	}
	d_instantiate(d, inode);
	return 0;
}

/* ---- making ---- */

/* The new inode cannot get its name: it goes, as if it had been unlinked. */
static void
give_up(struct handle *h, struct inode *inode)
{
	inode->nlink = 0;
	ext4_orphan_add(h, inode);
	ext4_inode_dirty(h, inode);
}

/* As Linux has it: only a hashed directory can have more subdirectories than its count says. */
static bool
may_link(const struct inode *inode)
{
	return inode->nlink < EXT4_LINK_MAX ||
	       ((ext4_isb(inode)->ro_compat & EXT4_RO_DIR_NLINK) && S_ISDIR(inode->mode) && ext4_dir_hashed(inode));
}

/* A subdirectory more. Past what the field holds, the count stays 1: "many". */
static void
inc_dir_nlink(struct inode *dir)
{
	if (dir->nlink == 1)
		return;
	dir->nlink++;
	if (dir->nlink > EXT4_LINK_MAX)
		dir->nlink = 1;
}

static void
dec_dir_nlink(struct inode *dir)
{
	if (dir->nlink > 2)
		dir->nlink--;
}

/* What is particular about one kind of new file. Under h, the inode made, its name not yet. 0 or -errno. */
typedef int (*fill_fn)(struct handle *h, struct inode *dir, struct inode *inode, const void *arg);

/* Make an inode and give it the name d. */
static int
make_once(struct inode *dir, struct dentry *d, u32 mode, fill_fn fill, const void *arg)
{
	struct super_block *sb = dir->sb;
	struct inode *inode;
	struct handle *h;
	int err, end;

	h = ext4_begin(sb, credits_create(sb));
	if (IS_ERR(h))
		return PTR_ERR(h);
	inode = ext4_inode_alloc(h, dir, mode);
	if (IS_ERR(inode)) {
		ext4_end(sb, h);
		return PTR_ERR(inode);
	}
	err = fill ? fill(h, dir, inode, arg) : 0;
	if (!err)
		err = ext4_inode_dirty(h, inode);
	if (!err)
		err = ext4_dir_add(h, dir, d->name, d->len, inode);
	if (!err && S_ISDIR(mode)) {
		inc_dir_nlink(dir);
		err = ext4_inode_dirty(h, dir);
	}
	if (err)
		give_up(h, inode);
	end = ext4_end(sb, h);
	if (!err)
		err = end;
	if (err)
		inode_put(inode);
	else
		d_instantiate(d, inode);
	return err;
}

static int
make(struct inode *dir, struct dentry *d, u32 mode, fill_fn fill, const void *arg)
{
	int tries = 0, err;

	do {
		err = make_once(dir, d, mode, fill, arg);
	} while (err == -ENOSPC && ext4_alloc_retry(dir->sb, &tries));
	return err;
}

static int
ext4_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return make(dir, d, mode, NULL, NULL);
}

static int
fill_node(struct handle *h, struct inode *dir, struct inode *inode, const void *rdev)
{
	inode->rdev = *(const u32 *)rdev;
	ext4_set_ops(inode);
	return 0;
}

static int
ext4_mknod(struct inode *dir, struct dentry *d, u32 mode, u32 rdev)
{
	return make(dir, d, mode, fill_node, &rdev);
}

static int
fill_dir(struct handle *h, struct inode *dir, struct inode *inode, const void *unused)
{
	inode->nlink = 2;
	return ext4_dir_init(h, inode, dir);
}

static int
ext4_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	return may_link(dir) ? make(dir, d, mode, fill_dir, NULL) : -EMLINK;
}

static int
fill_symlink(struct handle *h, struct inode *dir, struct inode *inode, const void *target)
{
	return ext4_symlink_set(h, inode, target, strlen(target));
}

static int
ext4_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	/* As Linux: the block has room for a byte after it. */
	if (strlen(target) >= ext4_isb(dir)->block_size)
		return -ENAMETOOLONG;
	return make(dir, d, S_IFLNK | 0777, fill_symlink, target);
}

/* A file without a name: an orphan from the start. */
static struct inode *
tmpfile_once(struct inode *dir, u32 mode)
{
	struct super_block *sb = dir->sb;
	struct handle *h = ext4_begin(sb, credits_create(sb));
	struct inode *inode;
	int err, end;

	if (IS_ERR(h))
		return (struct inode *)h;
	inode = ext4_inode_alloc(h, dir, mode);
	if (IS_ERR(inode)) {
		ext4_end(sb, h);
		return inode;
	}
	inode->nlink = 0;
	err = ext4_orphan_add(h, inode);
	if (!err)
		err = ext4_inode_dirty(h, inode);
	end = ext4_end(sb, h);
	err = err ? err : end;
	if (err)
		inode_put(inode);
	return err ? ERR_PTR(err) : inode;
}

static struct inode *
ext4_tmpfile(struct inode *dir, u32 mode)
{
	struct inode *inode;
	int tries = 0;

	do {
		inode = tmpfile_once(dir, mode);
	} while (IS_ERR(inode) && PTR_ERR(inode) == -ENOSPC && ext4_alloc_retry(dir->sb, &tries));
	return inode;
}

static int
link_once(struct inode *dir, struct dentry *d, struct inode *target)
{
	struct super_block *sb = dir->sb;
	struct handle *h = ext4_begin(sb, credits_create(sb));
	int err, end;

	if (IS_ERR(h))
		return PTR_ERR(h);
	target->nlink++;
	target->ctime = time_now();
	err = ext4_inode_dirty(h, target);
	if (!err)
		err = ext4_dir_add(h, dir, d->name, d->len, target);
	if (err) {
		target->nlink--;
		ext4_inode_dirty(h, target);
	} else if (target->nlink == 1) {
		/* It had no name (O_TMPFILE): now nothing is left to be finished. */
		err = ext4_orphan_del(h, target);
		if (!err)
			err = ext4_inode_dirty(h, target);
	}
	end = ext4_end(sb, h);
	if (err || end)
		return err ? err : end;
	inode_get(target);
	d_instantiate(d, target);
	return 0;
}

static int
ext4_link(struct inode *dir, struct dentry *d, struct inode *target)
{
	int tries = 0, err;

	if (!may_link(target))
		return -EMLINK;
	do {
		err = link_once(dir, d, target);
	} while (err == -ENOSPC && ext4_alloc_retry(dir->sb, &tries));
	return err;
}

/* ---- removing ---- */

/* Where d is in dir, which must lead to d's inode. 0 or -errno. */
static int
find_slot(struct inode *dir, const struct dentry *d, struct ext4_slot *slot)
{
	int err = ext4_dir_find(dir, d->name, d->len, slot);

	if (err == -ENOENT)
		return ext4_corrupt(dir->sb, dir->ino, 0, "a cached name is not in the directory");
	if (!err && slot->e->inode != d->inode->ino) {
		buffer_put(slot->b);
		return ext4_corrupt(dir->sb, dir->ino, 0, "a name leads to inode %u, not %lu", slot->e->inode,
				    (ulong)d->inode->ino);
	}
	return err;
}

/* inode has lost a name, or, a directory, its only one. */
static int
drop_link(struct handle *h, struct inode *inode)
{
	int err = 0, err2;

	if (S_ISDIR(inode->mode)) {
		inode->nlink = 0;
		inode->size = ext4_i(inode)->disk_size = 0;	/* nobody reads it any more: as Linux has it */
	} else if (inode->nlink) {
		inode->nlink--;
	}
	inode->ctime = time_now();
	if (!inode->nlink)
		err = ext4_orphan_add(h, inode);
	err2 = ext4_inode_dirty(h, inode);
	return err ? err : err2;
}

static int
remove_name(struct inode *dir, struct dentry *d)
{
	struct super_block *sb = dir->sb;
	struct inode *inode = d->inode;
	struct ext4_slot slot;
	struct handle *h;
	int err, end;

	err = find_slot(dir, d, &slot);
	if (err)
		return err;
	h = ext4_begin(sb, 1 + 3 * EXT4_CREDITS_INODE);
	if (IS_ERR(h)) {
		buffer_put(slot.b);
		return PTR_ERR(h);
	}
	err = ext4_dir_delete(h, dir, &slot);
	buffer_put(slot.b);
	if (!err && S_ISDIR(inode->mode)) {
		dec_dir_nlink(dir);
		err = ext4_inode_dirty(h, dir);
	}
	if (!err)
		err = drop_link(h, inode);
	end = ext4_end(sb, h);
	return err ? err : end;
}

static int
ext4_unlink(struct inode *dir, struct dentry *d)
{
	return remove_name(dir, d);
}

static int
ext4_rmdir(struct inode *dir, struct dentry *d)
{
	int err = ext4_dir_empty(d->inode);

	return err ? err : remove_name(dir, d);
}

/* ---- renaming ---- */

/* What rename does, decoded. */
struct rename {
	struct inode *odir, *ndir;
	struct dentry *od, *nd;
	struct inode *moved, *target;	/* target NULL: there was none; exchange: it moves too */
	bool	exchange;
};

/* `dir` moves below parent: its ".." follows. */
static int
set_dotdot(struct handle *h, struct inode *dir, struct inode *parent)
{
	struct ext4_slot slot;
	int err = ext4_dir_find(dir, "..", 2, &slot);

	if (err)
		return err == -ENOENT ? ext4_corrupt(dir->sb, dir->ino, 0, "has no \"..\"") : err;
	err = ext4_dir_set(h, dir, &slot, parent);
	ext4_i(dir)->parent = parent->ino;
	buffer_put(slot.b);
	return err;
}

/*
 * What could fail half way for what is on the disk is tried first: the old name, the one replaced, the ".." of
 * directories that move, and the inodes' blocks of the table must be readable.
 */
static int
rename_check(struct rename *r)
{
	struct inode *inodes[] = { r->odir, r->ndir, r->moved, r->target };
	bool other_moves = r->exchange && S_ISDIR(r->target->mode);
	struct ext4_slot slot;
	struct buffer *b;
	u32 parent;
	int err;

	err = find_slot(r->odir, r->od, &slot);
	if (err)
		return err;
	buffer_put(slot.b);
	if (r->target) {
		err = find_slot(r->ndir, r->nd, &slot);
		if (err)
			return err;
		buffer_put(slot.b);
	}
	if (r->odir != r->ndir && S_ISDIR(r->moved->mode))
		err = ext4_dir_parent(r->moved, &parent);
	if (!err && r->odir != r->ndir && other_moves)
		err = ext4_dir_parent(r->target, &parent);
	for (uint i = 0; !err && i < ARRAY_SIZE(inodes); i++) {
		b = inodes[i] ? ext4_inode_table(inodes[i]) : NULL;
		err = IS_ERR(b) ? PTR_ERR(b) : 0;
	}
	return err;
}

/* The new name leads to `moved`. */
static int
rename_to(struct handle *h, struct rename *r)
{
	struct ext4_slot slot;
	int err;

	if (!r->target)
		return ext4_dir_add(h, r->ndir, r->nd->name, r->nd->len, r->moved);
	err = find_slot(r->ndir, r->nd, &slot);
	if (err)
		return err;
	err = ext4_dir_set(h, r->ndir, &slot, r->moved);
	buffer_put(slot.b);
	return err;
}

/* The old name goes, or leads to the target. Looked up anew: adding the other may have split its block. */
static int
rename_from(struct handle *h, struct rename *r)
{
	struct ext4_slot slot;
	int err = find_slot(r->odir, r->od, &slot);

	if (err)
		return err;
	if (r->exchange)
		err = ext4_dir_set(h, r->odir, &slot, r->target);
	else
		err = ext4_dir_delete(h, r->odir, &slot);
	buffer_put(slot.b);
	return err;
}

/* Directories that change places: their "..", and the counts of who they are in. */
static int
rename_dirs(struct handle *h, struct rename *r)
{
	bool moved = S_ISDIR(r->moved->mode), other = r->target && S_ISDIR(r->target->mode);
	int err = 0;

	if (r->odir == r->ndir) {
		if (moved && other && !r->exchange) {
			dec_dir_nlink(r->ndir);
			err = ext4_inode_dirty(h, r->ndir);
		}
		return err;
	}
	if (moved)
		err = set_dotdot(h, r->moved, r->ndir);
	if (!err && other && r->exchange)
		err = set_dotdot(h, r->target, r->odir);
	if (err)
		return err;
	if (moved && !(other && r->exchange))
		dec_dir_nlink(r->odir);
	if (moved && !other)
		inc_dir_nlink(r->ndir);
	if (!moved && other && r->exchange) {
		dec_dir_nlink(r->ndir);
		inc_dir_nlink(r->odir);
	}
	err = ext4_inode_dirty(h, r->odir);
	return err ? err : ext4_inode_dirty(h, r->ndir);
}

/* All of it, under h. 0 or -errno. */
static int
rename_under(struct handle *h, struct rename *r)
{
	int err = rename_check(r);

	if (!err)
		err = rename_to(h, r);
	if (!err)
		err = rename_from(h, r);
	if (!err)
		err = rename_dirs(h, r);
	if (err)
		return err;
	r->moved->ctime = time_now();
	err = ext4_inode_dirty(h, r->moved);
	if (err || !r->target)
		return err;
	if (!r->exchange)
		return drop_link(h, r->target);
	r->target->ctime = r->moved->ctime;
	return ext4_inode_dirty(h, r->target);
}

static int
rename_once(struct rename *r)
{
	struct super_block *sb = r->odir->sb;
	struct handle *h;
	int err, end;

	h = ext4_begin(sb, credits_create(sb) + EXT4_CREDITS_DIR + 4 * EXT4_CREDITS_INODE);
	if (IS_ERR(h))
		return PTR_ERR(h);
	err = rename_under(h, r);
	end = ext4_end(sb, h);
	return err ? err : end;
}

static int
ext4_rename(struct inode *odir, struct dentry *od, struct inode *ndir, struct dentry *nd, uint flags)
{
	struct rename r = {
		.odir = odir, .ndir = ndir, .od = od, .nd = nd, .moved = od->inode, .target = nd->inode,
		.exchange = flags & RENAME_EXCHANGE,
	};
	bool isdir = S_ISDIR(r.moved->mode), otherdir = r.target && S_ISDIR(r.target->mode);
	int tries = 0, err;

	if (otherdir && !r.exchange) {
		err = ext4_dir_empty(r.target);
		if (err)
			return err;
	}
	/*
	 * Programs replace a file by writing another and renaming it, without fsync: the data goes first, so that they
	 * find the old or the new after a crash, and not an empty file.
	 */
	if (r.target && !r.exchange && S_ISREG(r.moved->mode))
		mapping_write_range(&r.moved->mapping, 0, ~0UL, false);
	if (odir != ndir && isdir && !otherdir && !may_link(ndir))
		return -EMLINK;
	if (odir != ndir && r.exchange && otherdir && !isdir && !may_link(odir))
		return -EMLINK;
	do {
		err = rename_once(&r);
	} while (err == -ENOSPC && ext4_alloc_retry(odir->sb, &tries));
	return err;
}

const struct inode_ops ext4_dir_ops = {
	.lookup = ext4_lookup,
	.create = ext4_create,
	.mkdir = ext4_mkdir,
	.tmpfile = ext4_tmpfile,
	.mknod = ext4_mknod,
	.symlink = ext4_symlink,
	.link = ext4_link,
	.unlink = ext4_unlink,
	.rmdir = ext4_rmdir,
	.rename = ext4_rename,
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
};

const struct inode_ops ext4_file_ops = { .setattr = ext4_setattr, .getattr = ext4_getattr };
const struct inode_ops ext4_special_ops = { .setattr = ext4_setattr, .getattr = ext4_getattr };
