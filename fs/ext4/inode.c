/*
 * inode.c - an inode's life: read, changed, written, freed.
 *
 *	ext4_iget -----> in the cache --inode_mark_dirty--> ext4_write_inode
 *	ext4_inode_alloc --^     |
 *	                         +-- last reference --> ext4_free_inode --nlink 0--> blocks, attributes, inode freed
 *
 * Everything read from the disk is checked here before anybody else sees it.
 * Not here    the fields' places (table.c), which inode (ialloc.c), where the blocks are (map.c).
 */
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "fs/internal.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "mm/slab.h"

static struct slab_cache *ext4_inode_cache;

/* --- in memory --- */

int
ext4_inode_init(struct inode *inode, u64 ino)
{
	struct ext4_sb *s = ext4_isb(inode);
	u32 group = (ino - 1) / s->inodes_per_group, index = (ino - 1) % s->inodes_per_group;
	struct ext4_group *g = ext4_group(s, group);
	struct ext4_inode *ei;

	if (IS_ERR(g))
		return PTR_ERR(g);
	ei = slab_alloc(ext4_inode_cache, GFP_KERNEL);
	if (!ei)
		return -ENOMEM;
	memset(ei, 0, sizeof(*ei));
	ei->inode = inode;
	ei->group = group;
	ei->table_block = g->inode_table + index / s->inodes_per_block;
	ei->table_off = index % s->inodes_per_block * s->inode_size;
	ei->orphan_slot = EXT4_NO_SLOT;
	rwsem_init(&ei->size_lock, RANK_EXT4_SIZE);
	rwsem_init(&ei->map_lock, RANK_EXT4_MAP);
	spin_init(&ei->lock, RANK_EXT4_GROUP);
	list_init(&ei->pa_link);
	list_init(&ei->orphan_link);
	inode->private = ei;
	return 0;
}

void
ext4_inode_destroy(struct inode *inode)
{
	struct ext4_inode *ei = ext4_i(inode);

	if (!ei)
		return;
	ext4_prealloc_drop(inode);
	buffer_put(ei->table);
	inode->private = NULL;
	slab_free(ext4_inode_cache, ei);
}

void
ext4_set_ops(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		inode->ops = &ext4_file_ops;
		inode->fops = &ext4_file_fops;
		inode->mapping.ops = &ext4_mapping_ops;
		break;
	case S_IFDIR:
		inode->ops = &ext4_dir_ops;
		inode->fops = &ext4_dir_fops;
		break;
	case S_IFLNK:
		inode->ops = &ext4_symlink_ops;
		break;
	default:
		init_special_inode(inode, inode->mode, inode->rdev);
		inode->ops = &ext4_special_ops;
	}
}

/* --- read --- */

/* Do size, flags and kind go together? NULL, or what is wrong. */
static const char *
inode_implausible(const struct inode *inode)
{
	const struct ext4_sb *s = ext4_isb(inode);
	const struct ext4_inode *ei = ext4_i(inode);

	if ((s64)inode->size < 0 || (S_ISREG(inode->mode) && inode->size >> s->block_bits > ~0U))
		return "size is too large";
	/* One that is being deleted has lost its target already. */
	if (S_ISLNK(inode->mode) && ((inode->size == 0 && inode->nlink) || inode->size > s->block_size))
		return "symbolic link of impossible length";
	if (ext4_is_fast_symlink(inode) && inode->size >= sizeof(ei->block))
		return "symbolic link without blocks is too long";
	if ((ei->flags & EXT4_INLINE_DATA_FL) || ((ei->flags & EXT4_EA_INODE_FL) && inode->nlink))
		return "flags of a feature that is not there";
	/* Bounds the walk through its blocks, however they are mapped. */
	if (S_ISDIR(inode->mode) && inode->size >> s->block_bits > s->blocks)
		return "directory is larger than the file system";
	/* Without checksums it is read as an ordinary one. */
	if (S_ISDIR(inode->mode) && (ei->flags & EXT4_INDEX_FL) && s->csum && !(s->compat & EXT4_COMPAT_DIR_INDEX))
		return "hashed directory without dir_index";
	if ((ei->flags & EXT4_EXTENTS_FL) && !(s->incompat & EXT4_INCOMPAT_EXTENTS))
		return "extents without the feature";
	if (ei->acl_block && !s->replaying && !ext4_blocks_valid(ext4_isb(inode), ei->acl_block, 1))
		return "extended attributes are where they cannot be";
	return NULL;
}

/* What i_block holds, by kind: 0 or -EFSCORRUPTED. */
static int
inode_check_map(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFLNK:
		if (ext4_is_fast_symlink(inode))
			return 0;
		/* fall through */
	case S_IFREG:
	case S_IFDIR:
		return ext4_has_extents(inode) ? ext4_extent_check_root(inode) : ext4_indirect_check(inode);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	}
	return ext4_corrupt(inode->sb, inode->ino, 0, "no kind of file: mode %o", inode->mode);
}

/* Fill in an inode that is new in the cache. special: a free one may be meant, too. */
static int
inode_fill(struct inode *inode, u64 ino, bool special)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_disk_inode *d;
	const char *bad;
	struct buffer *b;
	int err = ext4_inode_init(inode, ino);

	if (err)
		return err;
	/* What it was when it left memory may not be on the disk yet. (The log's own inode comes before the log.) */
	if (s->journal)
		ext4_i(inode)->sync_tid = ext4_i(inode)->datasync_tid = journal_newest(s->journal);
	b = ext4_inode_read(inode, &d);
	if (IS_ERR(b))
		return PTR_ERR(b);
	err = ext4_inode_decode(inode, d);
	buffer_put(b);
	if (err)
		return err;
	if (inode->nlink == 0 && (inode->mode == 0 || !special))
		return -ESTALE;
	bad = inode_implausible(inode);
	if (bad)
		return ext4_corrupt(inode->sb, ino, 0, "%s", bad);
	rwsem_init(&inode->lock, S_ISDIR(inode->mode) ? RANK_INODE_DIR : RANK_INODE);
	err = inode_check_map(inode);
	if (!err)
		ext4_set_ops(inode);
	return err;
}

static struct inode *
iget(struct super_block *sb, u64 ino, bool special)
{
	struct inode *inode = inode_lookup(sb, ino);
	int err;

	if (IS_ERR(inode) || !(READ_ONCE(inode->flags) & INODE_NEW))
		return inode;
	err = inode_fill(inode, ino, special);
	if (err)
		ext4_inode_destroy(inode);
	inode_new_done(inode, err);
	return err ? ERR_PTR(err) : inode;
}

struct inode *
ext4_iget(struct super_block *sb, u64 ino)
{
	struct ext4_sb *s = ext4_sb(sb);

	if ((ino < s->first_ino && ino != EXT4_INO_ROOT) || ino > s->super->s_inodes_count ||
	    ino == s->super->s_journal_inum || (s->orphan_file && ino == s->super->s_orphan_file_inum))
		return ERR_PTR(ext4_corrupt(sb, ino, 0, "a name leads to inode %lu", (ulong)ino));
	return iget(sb, ino, false);
}

struct inode *
ext4_iget_special(struct super_block *sb, u64 ino)
{
	if (ino == 0 || ino > ext4_sb(sb)->super->s_inodes_count)
		return ERR_PTR(ext4_corrupt(sb, 0, 0, "there is no inode %lu", (ulong)ino));
	return iget(sb, ino, true);
}

/* --- written --- */

int
ext4_write_inode(struct inode *inode)
{
	struct handle *h = ext4_begin(inode->sb, EXT4_CREDITS_INODE);
	int err, end;

	if (IS_ERR(h))
		return PTR_ERR(h);
	err = ext4_inode_dirty_times(h, inode);
	end = ext4_end(inode->sb, h);
	return err ? err : end;
}

/* Attributes but the size. inode->lock held for writing. */
static int
setattr_change(struct inode *inode, const struct attr *a)
{
	struct handle *h = ext4_begin(inode->sb, EXT4_CREDITS_INODE);
	int err, end;

	if (IS_ERR(h))
		return PTR_ERR(h);
	inode_setattr(inode, a);
	err = ext4_inode_dirty(h, inode);
	end = ext4_end(inode->sb, h);
	return err ? err : end;
}

int
ext4_setattr(struct inode *inode, const struct attr *a)
{
	struct attr rest = *a;
	int err = 0;

	if (a->valid & ATTR_SIZE) {
		err = ext4_truncate(inode, a->size);
		rest.valid &= ~ATTR_SIZE;
		if (err || !rest.valid)
			return err;
	}
	return setattr_change(inode, &rest);
}

int
ext4_getattr(struct inode *inode, struct stat_k *out)
{
	inode_stat(inode, out);
	/* What is promised to pages will be blocks. */
	out->blocks += READ_ONCE(ext4_i(inode)->reserved) << (ext4_isb(inode)->block_bits - 9);
	return 0;
}

/* --- freed --- */

static bool
has_map(const struct inode *inode)
{
	return S_ISREG(inode->mode) || S_ISDIR(inode->mode) ||
	       (S_ISLNK(inode->mode) && !ext4_is_fast_symlink(inode));
}

/* In h: everything but the blocks goes. */
static int
inode_free_in(struct handle *h, struct inode *inode)
{
	int err = ext4_xattr_release(h, inode);

	if (err)
		return err;
	err = ext4_orphan_del(h, inode);
	if (err)
		return err;
	ext4_i(inode)->dtime = ext4_time_now();
	err = ext4_inode_dirty(h, inode);
	return err ? err : ext4_inode_free(h, inode);
}

/*
 * The last name and the last user are gone. Should this fail half way, the inode is an orphan
 * still, on the disk, and the next mount, or e2fsck, goes on.
 */
static int
inode_delete(struct inode *inode)
{
	struct super_block *sb = inode->sb;
	struct handle *h;
	int err = 0, end;

	if (READ_ONCE(ext4_sb(sb)->aborted) || ext4_sb(sb)->read_only)
		return -EROFS;
	inode->size = 0;
	if (S_ISREG(inode->mode))
		mapping_truncate(&inode->mapping, 0);
	ext4_prealloc_drop(inode);
	if (has_map(inode) && inode->blocks)
		err = ext4_truncate_free(inode);
	if (err)
		return err;
	/* Its own blocks, those of the attributes (bitmap, descriptor, block), and the inode bitmap. */
	h = ext4_begin(sb, EXT4_CREDITS_INODE + 3 + 2 + 2);
	if (IS_ERR(h))
		return PTR_ERR(h);
	err = inode_free_in(h, inode);
	end = ext4_end(sb, h);
	return err ? err : end;
}

void
ext4_free_inode(struct inode *inode)
{
	int err = 0, tries = 0;

	if (!ext4_i(inode))
		return;
	/* There is nobody to be told that memory is short: only after some tries it is left to the next mount. */
	do {
		if (inode->nlink == 0)
			err = inode_delete(inode);
	} while (err == -ENOMEM && ++tries < 10);
	if (err)
		ext4_error(inode->sb, err, "deleting an inode");
	ext4_orphan_del(NULL, inode);
	/* Pages that could not be written give back here what was promised to them. */
	if (S_ISREG(inode->mode))
		mapping_truncate(&inode->mapping, 0);
	ext4_inode_destroy(inode);
}

void
ext4_inode_module_init(void)
{
	ext4_inode_cache = slab_create("ext4_inode", sizeof(struct ext4_inode), 8, NULL);
}
