/*
 * dir.c - a directory as a file of blocks with names in them: find, add, delete; and reading it in order.
 *
 * A small directory is searched block after block.  One that has outgrown its first block is hashed (htree.c),
 * where the file system has dir_index: then the hash says which block to search, and these functions only pass on.
 *
 * Locks       dir->lock (VFS): for writing when names change, for reading in readdir.
 * Not here    what the operations on names are made of (namei.c).
 */
#include "abi/dirent.h"
#include "fs/ext4/ext4.h"
#include "fs/internal.h"
#include "lib/string.h"

u32
ext4_dir_blocks(const struct inode *dir)
{
	return dir->size >> ext4_isb(dir)->block_bits;
}

bool
ext4_dir_hashed(const struct inode *dir)
{
	return (ext4_i(dir)->flags & EXT4_INDEX_FL) && (ext4_isb(dir)->compat & EXT4_COMPAT_DIR_INDEX);
}

u8
ext4_file_type(const struct inode *inode)
{
	static const u8 types[16] = {
		[S_IFREG >> 12] = EXT4_FT_REG, [S_IFDIR >> 12] = EXT4_FT_DIR, [S_IFCHR >> 12] = EXT4_FT_CHR,
		[S_IFBLK >> 12] = EXT4_FT_BLK, [S_IFIFO >> 12] = EXT4_FT_FIFO, [S_IFSOCK >> 12] = EXT4_FT_SOCK,
		[S_IFLNK >> 12] = EXT4_FT_LNK,
	};

	return ext4_isb(inode)->incompat & EXT4_INCOMPAT_FILETYPE ? types[inode->mode >> 12 & 15] : EXT4_FT_UNKNOWN;
}

int
ext4_dir_touch(struct handle *h, struct inode *dir)
{
	dir->mtime = dir->ctime = time_now();
	return ext4_inode_dirty(h, dir);
}

/* ---- blocks ---- */

struct buffer *
ext4_dir_bread(struct inode *dir, u32 logical, enum ext4_dir_kind kind)
{
	int (*check)(struct super_block *, struct buffer *, void *) = ext4_dirblock_check_leaf;
	struct ext4_dir_place at = { dir, logical };
	struct ext4_map m = { .logical = logical, .len = 1 };
	int err = ext4_map_find(dir, &m);

	if (err)
		return ERR_PTR(err);
	if (!m.physical || m.unwritten)
		return ERR_PTR(ext4_corrupt(dir->sb, dir->ino, 0, "directory has no block %u", logical));
	if (logical == 0)
		check = ext4_dir_hashed(dir) ? ext4_dirblock_check_root : ext4_dirblock_check_first;
	else if (kind == EXT4_DIR_NODE)
		check = ext4_dirblock_check_node;
	else if (kind == EXT4_DIR_ANY && ext4_dir_hashed(dir))
		check = ext4_dirblock_check_any;
	return ext4_bread(dir->sb, m.physical, check, &at);
}

/* The block of m, just allocated at the end of dir, is an empty leaf. ERR_PTR. */
static struct buffer *
append_fill(struct handle *h, struct inode *dir, const struct ext4_map *m)
{
	struct ext4_sb *s = ext4_isb(dir);
	struct buffer *b = buffer_new(s->dev, m->physical, s->block_size);
	int err;

	if (IS_ERR(b))
		return b;
	err = ext4_create_access(dir->sb, h, b);
	if (!err) {
		ext4_dirblock_init(dir, b);
		err = ext4_dirty(dir->sb, h, b);
	}
	if (!err)
		return b;
	buffer_put(b);
	return ERR_PTR(err);
}

struct buffer *
ext4_dir_append(struct handle *h, struct inode *dir, u32 *logical)
{
	struct ext4_sb *s = ext4_isb(dir);
	struct ext4_map m = { .logical = ext4_dir_blocks(dir), .len = 1 };
	struct buffer *b;
	int err;

	if (dir->size + s->block_size > INT32_MAX && !(s->incompat & EXT4_INCOMPAT_LARGEDIR))
		return ERR_PTR(-ENOSPC);
	err = ext4_map_create(h, dir, &m, 0);
	if (err)
		return ERR_PTR(err);
	b = append_fill(h, dir, &m);
	if (IS_ERR(b)) {
		/* No block may be mapped past the end. */
		ext4_map_remove(h, dir, m.logical, ~0U);
		ext4_inode_dirty(h, dir);
		return b;
	}
	dir->size += s->block_size;
	ext4_i(dir)->disk_size = dir->size;
	err = ext4_inode_dirty(h, dir);
	if (err) {
		buffer_put(b);
		return ERR_PTR(err);
	}
	*logical = m.logical;
	return b;
}

/* ---- names ---- */

static int
linear_find(struct inode *dir, const char *name, uint len, struct ext4_slot *out)
{
	u32 n = ext4_dir_blocks(dir);

	for (u32 i = 0; i < n; i++) {
		out->b = ext4_dir_bread(dir, i, EXT4_DIR_ANY);
		if (IS_ERR(out->b))
			return PTR_ERR(out->b);
		out->e = ext4_dirblock_find(dir, out->b, name, len, &out->prev);
		if (out->e)
			return 0;
		buffer_put(out->b);
	}
	return -ENOENT;
}

int
ext4_dir_find(struct inode *dir, const char *name, uint len, struct ext4_slot *out)
{
	int err;

	if (len > EXT4_NAME_MAX)
		return -ENAMETOOLONG;
	/* Removed, but open still, or somebody's working directory. */
	if (unlikely(!dir->nlink))
		return -ENOENT;
	/* "." and ".." are in the first block, not in the index. */
	if (ext4_dir_hashed(dir) && !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))) {
		err = ext4_htree_find(dir, name, len, out);
		if (err != -EAGAIN)
			return err;
	}
	return linear_find(dir, name, len, out);
}

int
ext4_dir_add_to(struct handle *h, struct inode *dir, struct buffer *b, const char *name, uint len, struct inode *target)
{
	struct ext4_dirent *e = ext4_dirblock_room(dir, b, len);
	int err;

	if (!e)
		return -ENOSPC;
	err = ext4_write_access(dir->sb, h, b);
	if (err)
		return err;
	ext4_dirblock_add(e, name, len, target->ino, ext4_file_type(target));
	ext4_dirblock_changed(dir, b, false);
	return ext4_dirty(dir->sb, h, b);
}

/* Into block `logical` if there is room: 0, -ENOSPC, -errno. */
static int
add_to_block(struct handle *h, struct inode *dir, u32 logical, const char *name, uint len, struct inode *target)
{
	struct buffer *b = ext4_dir_bread(dir, logical, EXT4_DIR_LEAF);
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	err = ext4_dir_add_to(h, dir, b, name, len, target);
	if (!err)
		ext4_i(dir)->dir_hint = logical;
	buffer_put(b);
	return err;
}

static int
linear_add(struct handle *h, struct inode *dir, const char *name, uint len, struct inode *target)
{
	u32 n = ext4_dir_blocks(dir), first = ext4_i(dir)->dir_hint, block;
	struct buffer *b;
	int err = -ENOSPC;

	if (first >= n)
		first = 0;
	for (u32 i = 0; i < n && err == -ENOSPC; i++)
		err = add_to_block(h, dir, (first + i) % n, name, len, target);
	if (err != -ENOSPC)
		return err;
	b = ext4_dir_append(h, dir, &block);
	if (IS_ERR(b))
		return PTR_ERR(b);
	err = ext4_dir_add_to(h, dir, b, name, len, target);
	ext4_i(dir)->dir_hint = block;
	buffer_put(b);
	return err;
}

/* The directory has one block, which it may outgrow: then it gets an index. */
static int
first_add(struct handle *h, struct inode *dir, const char *name, uint len, struct inode *target)
{
	int err = add_to_block(h, dir, 0, name, len, target);

	if (err != -ENOSPC)
		return err;
	err = ext4_htree_make(h, dir);
	return err ? err : ext4_htree_add(h, dir, name, len, target);
}

int
ext4_dir_add(struct handle *h, struct inode *dir, const char *name, uint len, struct inode *target)
{
	struct ext4_inode *ei = ext4_i(dir);
	struct buffer *table;
	int err;

	if (len > EXT4_NAME_MAX)
		return -ENAMETOOLONG;
	/* What could fail after the name is there, comes first. */
	table = ext4_inode_table(dir);
	if (IS_ERR(table))
		return PTR_ERR(table);
	if (!(ext4_isb(dir)->compat & EXT4_COMPAT_DIR_INDEX)) {
		ei->flags &= ~EXT4_INDEX_FL;	/* of a time with the feature: nobody keeps the index true now */
		err = linear_add(h, dir, name, len, target);
	} else if (ext4_dir_hashed(dir)) {
		err = ext4_htree_add(h, dir, name, len, target);
	} else if (ext4_dir_blocks(dir) > 1) {
		err = linear_add(h, dir, name, len, target);	/* of a time without the feature */
	} else {
		err = first_add(h, dir, name, len, target);
	}
	return err ? err : ext4_dir_touch(h, dir);
}

int
ext4_dir_delete(struct handle *h, struct inode *dir, struct ext4_slot *slot)
{
	int err = ext4_write_access(dir->sb, h, slot->b);

	if (err)
		return err;
	ext4_dirblock_delete(slot->b, slot->e, slot->prev);
	ext4_dirblock_changed(dir, slot->b, false);
	err = ext4_dirty(dir->sb, h, slot->b);
	return err ? err : ext4_dir_touch(h, dir);
}

/* Is the slot in the index's root, as ".." is? The checksum is elsewhere then. */
static bool
slot_in_root(const struct inode *dir, const struct ext4_slot *slot)
{
	return ext4_dir_hashed(dir) && slot->b->checked == (void *)ext4_dirblock_check_root;
}

int
ext4_dir_set(struct handle *h, struct inode *dir, struct ext4_slot *slot, struct inode *target)
{
	int err = ext4_write_access(dir->sb, h, slot->b);

	if (err)
		return err;
	slot->e->inode = target->ino;
	slot->e->file_type = ext4_file_type(target);
	ext4_dirblock_changed(dir, slot->b, slot_in_root(dir, slot));
	err = ext4_dirty(dir->sb, h, slot->b);
	return err ? err : ext4_dir_touch(h, dir);
}

int
ext4_dir_init(struct handle *h, struct inode *dir, struct inode *parent)
{
	struct ext4_dirent *e;
	struct buffer *b;
	u32 logical, space;
	int err;

	b = ext4_dir_append(h, dir, &logical);
	if (IS_ERR(b))
		return PTR_ERR(b);
	space = ext4_dirblock_space(dir);
	e = b->data;
	*e = (struct ext4_dirent){ dir->ino, EXT4_DIRENT_SIZE(1), 1, ext4_file_type(dir) };
	e->name[0] = '.';
	e = ext4_dirent_next(e);
	*e = (struct ext4_dirent){ parent->ino, space - EXT4_DIRENT_SIZE(1), 2, ext4_file_type(dir) };
	memcpy(e->name, "..", 2);
	ext4_i(dir)->parent = parent->ino;
	ext4_dirblock_changed(dir, b, false);
	err = ext4_dirty(dir->sb, h, b);
	buffer_put(b);
	return err;
}

int
ext4_dir_parent(struct inode *dir, u32 *parent)
{
	struct ext4_inode *ei = ext4_i(dir);
	struct buffer *b;

	if (!ei->parent) {
		b = ext4_dir_bread(dir, 0, EXT4_DIR_LEAF);
		if (IS_ERR(b))
			return PTR_ERR(b);
		ei->parent = ext4_dirent_next(b->data)->inode;
		buffer_put(b);
	}
	*parent = ei->parent;
	return 0;
}

static inline bool
is_dot_or_dotdot(const struct ext4_dirent *e)
{
	return e->name[0] == '.' && (e->name_len == 1 || (e->name_len == 2 && e->name[1] == '.'));
}

int
ext4_dir_empty(struct inode *dir)
{
	u32 n = ext4_dir_blocks(dir), end = ext4_dirblock_space(dir);
	struct ext4_dirent *e;
	struct buffer *b;
	int err = 0;

	for (u32 i = 0; i < n && !err; i++) {
		b = ext4_dir_bread(dir, i, EXT4_DIR_ANY);
		if (IS_ERR(b))
			return PTR_ERR(b);
		for (e = b->data; e < ext4_dirent_at(b, end); e = ext4_dirent_next(e))
			if (e->inode && !is_dot_or_dotdot(e))
				err = -ENOTEMPTY;
		buffer_put(b);
	}
	return err;
}

/* ---- reading ---- */

static u8
entry_type(const struct ext4_sb *s, const struct ext4_dirent *e)
{
	static const u8 types[] = { DT_UNKNOWN, DT_REG, DT_DIR, DT_CHR, DT_BLK, DT_FIFO, DT_SOCK, DT_LNK };

	if (!(s->incompat & EXT4_INCOMPAT_FILETYPE) || e->file_type >= ARRAY_SIZE(types))
		return DT_UNKNOWN;
	return types[e->file_type];
}

bool
ext4_dirent_emit(struct inode *dir, struct dir_emit *e, const struct ext4_dirent *d, loff_t next)
{
	return e->emit(e, d->name, d->name_len, d->inode, entry_type(ext4_isb(dir), d), next);
}

/* Positions are bytes in the directory. One that lies inside an entry by now goes on with the next. */
static int
linear_readdir(struct inode *dir, struct dir_emit *e)
{
	u32 size = ext4_isb(dir)->block_size, end = ext4_dirblock_space(dir), block;
	struct buffer *b;
	struct ext4_dirent *d;

	while ((u64)*e->pos < dir->size) {
		block = *e->pos / size;
		b = ext4_dir_bread(dir, block, EXT4_DIR_ANY);
		if (IS_ERR(b))
			return PTR_ERR(b);
		for (d = b->data; d < ext4_dirent_at(b, end); d = ext4_dirent_next(d)) {
			u64 at = (u64)block * size + ((char *)d - (char *)b->data);

			if (at < (u64)*e->pos || !d->inode)
				continue;
			if (!ext4_dirent_emit(dir, e, d, at + d->rec_len)) {
				buffer_put(b);
				return 0;
			}
		}
		buffer_put(b);
		*e->pos = (u64)(block + 1) * size;
	}
	return 0;
}

int
ext4_dir_readdir(struct file *f, struct dir_emit *e)
{
	struct inode *dir = f->inode;
	int err;

	/* A directory of one block may become hashed while it is read: in order of hashes from the start. */
	if ((ext4_isb(dir)->compat & EXT4_COMPAT_DIR_INDEX) && (ext4_dir_hashed(dir) || ext4_dir_blocks(dir) == 1))
		err = ext4_htree_readdir(f, e);
	else
		err = linear_readdir(dir, e);
	if (!err)
		file_touch_atime(f, dir);
	return err;
}

static loff_t
dir_seek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence == SEEK_END)
		off += INT64_MAX;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	ext4_htree_forget(f);
	return off;
}

static int
dir_fsync(struct file *f, bool datasync)
{
	return ext4_inode_fsync(f->inode, datasync);
}

const struct file_ops ext4_dir_fops = {
	.release = ext4_htree_forget,
	.readdir = ext4_dir_readdir,
	.seek = dir_seek,
	.fsync = dir_fsync,
	.ioctl = ext4_ioctl,
};
