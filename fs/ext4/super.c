/*
 * super.c - ext4 mounted, remounted, synced and unmounted.
 *
 *	super block read and checked --> log replayed --> read again
 *	    --> if writable: marked as in use --> orphans finished
 *
 * While it is mounted for writing, the super block says needs_recovery (with a log) or is not
 * CLEAN (without).  With the log it is a block like any other, changed under a handle; before the
 * log runs, after it has ended, and while it is empty, it is written directly.
 *
 * Locks       s->lock [s] round each change of the super block.
 * Not here    its fields (geometry.c), the options (options.c), errors (error.c).
 * Further     docs/ext4.md; Documentation/filesystems/ext4/super.rst.
 */
#include "abi/mount.h"
#include "abi/statfs.h"
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "fs/internal.h"
#include "kernel/printk.h"
#include "kernel/random.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

/* --- the super block's own block --- */

u32
ext4_time_now(void)
{
	return time_now().sec;
}

/* For buffer->seal. */
void
ext4_super_seal(struct buffer *b)
{
	struct ext4_sb *s = b->owner;

	ext4_super_csum_set(s->super);
}

/* Counts and time as they are now. True: something but the time has changed. */
static bool
super_refresh(struct ext4_sb *s)
{
	struct ext4_disk_super *d = s->super;
	u64 blocks = MAX(READ_ONCE(s->free_blocks), 0), written;
	u32 inodes = MAX(READ_ONCE(s->free_inodes), 0);
	bool changed = ext4_errors_record(s);
	s64 now = time_now().sec;

	changed |= d->s_free_blocks_count_lo != (u32)blocks || d->s_free_inodes_count != inodes;
	d->s_free_blocks_count_lo = blocks;
	if (s->incompat & EXT4_INCOMPAT_64BIT)
		d->s_free_blocks_count_hi = blocks >> 32;
	d->s_free_inodes_count = inodes;
	d->s_wtime = now;
	d->s_wtime_hi = now >> 32;
	written = s->dev->stats.sectors[BIO_WRITE] - s->sectors_written;
	s->sectors_written += written & ~1UL;
	d->s_kbytes_written += written / 2;
	return changed;
}

int
ext4_super_write(struct ext4_sb *s)
{
	int err;

	if (s->dev->read_only)
		return -EROFS;
	err = buffer_write_wait(s->super_buffer, s->barrier ? BIO_PREFLUSH | BIO_FUA : 0);
	if (err)
		pr_err("EXT4-fs (%s): I/O error while writing superblock\n", s->dev->name);
	return err;
}

int
ext4_super_access(struct ext4_sb *s, struct handle *h)
{
	return ext4_write_access(s->sb, h, s->super_buffer);
}

int
ext4_super_dirty(struct ext4_sb *s, struct handle *h)
{
	return ext4_dirty(s->sb, h, s->super_buffer);
}

/* Is there anything to be told to the super block? */
static bool
super_outdated(const struct ext4_sb *s)
{
	const struct ext4_disk_super *d = s->super;
	u64 blocks = MAX(READ_ONCE(s->free_blocks), 0);

	return READ_ONCE(s->errors_new) || d->s_free_blocks_count_lo != (u32)blocks ||
	       d->s_free_inodes_count != (u32)MAX(READ_ONCE(s->free_inodes), 0);
}

int
ext4_super_update(struct ext4_sb *s)
{
	struct handle *h;
	int err, end;

	if (!super_outdated(s))
		return 0;
	h = ext4_begin(s->sb, 1);
	if (IS_ERR(h))
		return PTR_ERR(h);
	mutex_lock(&s->lock);
	err = ext4_super_access(s, h);
	if (!err) {
		super_refresh(s);
		err = ext4_super_dirty(s, h);
	}
	mutex_unlock(&s->lock);
	end = ext4_end(s->sb, h);
	return err ? err : end;
}

/* The block size, from what may be a super block. 0: it is none. */
static u32
super_block_size(const struct ext4_sb *s, const struct ext4_disk_super *d)
{
	if (d->s_magic != EXT4_MAGIC) {
		pr_err("EXT4-fs (%s): VFS: Can't find ext4 filesystem\n", s->dev->name);
		return 0;
	}
	if (d->s_log_block_size > 2) {
		pr_err("EXT4-fs (%s): blocks of more than 4096 bytes are not supported\n", s->dev->name);
		return 0;
	}
	if (s->dev->block_size > 1024U << d->s_log_block_size) {
		pr_err("EXT4-fs (%s): blocks of %u bytes are smaller than the device's, %u\n", s->dev->name,
		       1024U << d->s_log_block_size, s->dev->block_size);
		return 0;
	}
	return 1024U << d->s_log_block_size;
}

/* Read it: s->super_buffer, s->super, the block size. */
static int
super_read(struct ext4_sb *s)
{
	u32 unit = MAX(1024U, s->dev->block_size), size;
	struct buffer *b;

	if (s->dev->sectors < 4 || unit > PAGE_SIZE)
		return -EINVAL;
	b = buffer_read(s->dev, EXT4_SUPER_OFFSET / unit, unit);
	if (IS_ERR(b))
		return PTR_ERR(b);
	size = super_block_size(s, (void *)((u8 *)b->data + EXT4_SUPER_OFFSET % unit));
	if (!size) {
		buffer_put(b);
		return -EINVAL;
	}
	if (size != unit) {
		buffer_put(b);
		b = buffer_read(s->dev, EXT4_SUPER_OFFSET / size, size);
		if (IS_ERR(b))
			return PTR_ERR(b);
	}
	s->block_size = size;
	s->block_bits = __builtin_ctz(size);
	s->super_buffer = b;
	s->super = (void *)((u8 *)b->data + EXT4_SUPER_OFFSET % size);
	b->owner = s;
	b->seal = ext4_super_seal;
	return 0;
}

/* --- writable, and not --- */

/*
 * Change the super block by itself, and have it on the disk.  With a log it goes through the log, alone in it: 1024
 * bytes are two sectors, of which a power cut may leave one, and a super block half written finds no backup but there.
 */
static int
super_change(struct ext4_sb *s, void (*change)(struct ext4_sb *s))
{
	struct handle *h;
	int err, end;

	if (!s->journal) {
		mutex_lock(&s->lock);
		change(s);
		err = ext4_super_write(s);
		mutex_unlock(&s->lock);
		return err;
	}
	h = journal_begin(s->journal, 1);
	if (IS_ERR(h))
		return PTR_ERR(h);
	mutex_lock(&s->lock);
	err = ext4_super_access(s, h);
	if (!err) {
		change(s);
		err = ext4_super_dirty(s, h);
	}
	mutex_unlock(&s->lock);
	end = journal_end(h);
	if (!err)
		err = end;
	return err ? err : journal_flush(s->journal);
}

static void
say_in_use(struct ext4_sb *s)
{
	struct ext4_disk_super *d = s->super;
	s64 now = time_now().sec;

	if (s->journal)
		d->s_feature_incompat |= EXT4_INCOMPAT_RECOVER;
	else
		d->s_state &= ~EXT4_STATE_CLEAN;
	if (s->orphan_file)
		d->s_feature_ro_compat |= EXT4_RO_ORPHAN_PRESENT;
	if (!(d->s_flags & (EXT4_FLAG_SIGNED_HASH | EXT4_FLAG_UNSIGNED_HASH)))
		d->s_flags |= EXT4_FLAG_UNSIGNED_HASH;
	d->s_mnt_count++;
	d->s_mtime = now;
	d->s_mtime_hi = now >> 32;
	s->incompat = d->s_feature_incompat;
	super_refresh(s);
}

static void
say_settled(struct ext4_sb *s)
{
	struct ext4_disk_super *d = s->super;

	d->s_feature_incompat &= ~EXT4_INCOMPAT_RECOVER;
	if ((s->compat & EXT4_COMPAT_ORPHAN_FILE) && !s->norphans && !s->orphans_unknown)
		d->s_feature_ro_compat &= ~EXT4_RO_ORPHAN_PRESENT;
	super_refresh(s);
	d->s_state = s->state;
	s->incompat = d->s_feature_incompat;
	s->ro_compat = d->s_feature_ro_compat;
}

/* From here on the disk is changed: it says so first. */
static int
make_writable(struct ext4_sb *s)
{
	int err;

	if (s->journal && !s->journal_started) {
		err = journal_start(s->journal);
		if (err)
			return err;
		s->journal_started = true;
	}
	err = super_change(s, say_in_use);
	if (!err)
		s->read_only = false;
	return err;
}

/* Nothing is changed any more. When all is where it belongs, the super block says so. */
static int
make_read_only(struct ext4_sb *s)
{
	int err;

	s->read_only = true;
	err = s->journal ? journal_flush(s->journal) : buffer_sync(s->dev);
	if (!err)
		err = super_change(s, say_settled);
	if (err)
		s->read_only = false;
	return err;
}

/* --- mount --- */

static void
options_apply(struct ext4_sb *s, const struct ext4_options *o)
{
	s->on_error = o->on_error;
	s->commit_interval = o->commit_interval;
	s->barrier = o->barrier;
	s->delalloc = o->delalloc;
	s->discard = o->discard;
	s->minixdf = o->minixdf;
	s->grpid = o->grpid;
	s->resuid = o->resuid;
	s->resgid = o->resgid;
}

/* The super block's own, then what was given. */
static int
options_read(struct ext4_sb *s, const char *data)
{
	char own[sizeof(s->super->s_mount_opts) + 1];
	struct ext4_options o;
	int err;

	ext4_options_default(s, &o);
	memcpy(own, s->super->s_mount_opts, sizeof(s->super->s_mount_opts));
	own[sizeof(own) - 1] = '\0';
	if (own[0] && ext4_options_parse(own, &o))
		pr_warn("EXT4-fs (%s): options in the super block are not understood\n", s->dev->name);
	err = ext4_options_parse(data, &o);
	if (err)
		return err;
	s->data = o.data;
	s->noload = o.noload;
	s->data_given = o.data_given;
	if (o.delalloc_given && s->sb->fs != &ext4_fs) {
		pr_err("EXT4-fs: Mount option(s) incompatible with %s\n", s->sb->fs->name);
		return -EINVAL;
	}
	if (o.noload || !(s->compat & EXT4_COMPAT_HAS_JOURNAL)) {
		if (o.data_given || o.commit_interval != EXT4_DEFAULT_COMMIT) {
			pr_err("EXT4-fs (%s): can't mount with data= or commit=, fs mounted w/o journal\n",
			       s->dev->name);
			return -EINVAL;
		}
		s->data = EXT4_DATA_WRITEBACK;
	}
	if (s->data == EXT4_DATA_JOURNAL) {
		if (o.delalloc_given && o.delalloc) {
			pr_err("EXT4-fs (%s): can't mount with both data=journal and delalloc\n", s->dev->name);
			return -EINVAL;
		}
		o.delalloc = false;
	}
	options_apply(s, &o);
	return 0;
}

/* A super block whose checksum is wrong is believed only as far as it leads to a log with a better one in it. */
static int
super_doubt(const struct ext4_sb *s)
{
	if (!s->doubtful)
		return 0;
	pr_err("EXT4-fs (%s): VFS: Found ext4 filesystem with invalid superblock checksum.  Run e2fsck?\n",
	       s->dev->name);
	return -EBADMSG;
}

/* Log loaded and replayed; then whatever was read before is read again. */
static int
journal_prepare(struct ext4_sb *s, bool read_only, bool *replayed)
{
	int err;

	*replayed = false;
	if (!(s->compat & EXT4_COMPAT_HAS_JOURNAL))
		return super_doubt(s);
	if (s->noload) {
		if (!(s->incompat & EXT4_INCOMPAT_RECOVER) || read_only)
			return super_doubt(s);
		pr_err("EXT4-fs (%s): required journal recovery suppressed and not mounted read-only\n",
		       s->dev->name);
		return -EINVAL;
	}
	err = ext4_journal_open(s);
	if (!err)
		err = ext4_journal_replay(s, replayed);
	if (err || !*replayed)
		return err ? err : super_doubt(s);
	ext4_groups_free(s);
	buffer_put(s->super_buffer);
	s->super_buffer = NULL;
	err = super_read(s);
	if (!err)
		err = ext4_geometry_read(s);
	if (!err)
		err = super_doubt(s);
	if (!err)
		err = ext4_features_check(s, read_only);
	return err ? err : ext4_groups_init(s);
}

/* Nothing was mounted, or the file system has ended: everything in memory goes. */
static void
teardown(struct ext4_sb *s)
{
	/* What a mount that failed in the end had changed past the log: by replay, or because there is none. */
	if (!s->dev->read_only)
		buffer_sync(s->dev);
	ext4_orphan_file_free(s);
	if (s->journal) {
		journal_destroy(s->journal);
		s->journal = NULL;
	}
	if (s->journal_inode)
		inode_put(s->journal_inode);
	ext4_alloc_end(s);
	ext4_groups_free(s);
	if (s->super_buffer) {
		s->super_buffer->seal = NULL;
		buffer_put(s->super_buffer);
	}
	buffer_drop_all(s->dev);
	s->sb->private = NULL;
	kfree(s);
}

static struct ext4_sb *
sb_alloc(struct super_block *sb)
{
	struct ext4_sb *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->sb = sb;
	s->dev = sb->bdev;
	s->read_only = true;
	s->replaying = true;
	s->on_error = EXT4_ON_ERROR_CONTINUE;
	s->barrier = true;
	s->sectors_written = s->dev->stats.sectors[BIO_WRITE];
	mutex_init(&s->lock, RANK_EXT4_SB);
	mutex_init(&s->chunk_lock, RANK_EXT4_LOAD);
	spin_init(&s->zone_lock, RANK_EXT4_FREED);
	spin_init(&s->freed_lock, RANK_EXT4_FREED);
	spin_init(&s->error_lock, RANK_EXT4_FREED);
	list_init(&s->orphans);
	list_init(&s->freed);
	list_init(&s->preallocs);
	random_bytes(&s->last_generation, sizeof(s->last_generation));
	sb->private = s;
	return s;
}

/* Warn of what tune2fs and crashes leave behind. */
static void
tell_state(const struct ext4_sb *s)
{
	const char *what = NULL;

	if (s->super->s_state & EXT4_STATE_ERROR)
		what = "fs with errors";
	else if (!(s->super->s_state & EXT4_STATE_CLEAN))
		what = "unchecked fs";
	if (what)
		pr_warn("EXT4-fs (%s): warning: mounting %s, running e2fsck is recommended\n", s->dev->name, what);
}

/* Finish orphans, and be writable or not in the end, as asked. */
static int
start(struct ext4_sb *s, bool read_only)
{
	bool writable = !s->dev->read_only && !s->noload && !(s->ro_compat & EXT4_RO_READONLY);
	int err;

	if (!read_only || (writable && ext4_orphans_left(s) && !ext4_features_check(s, false))) {
		err = make_writable(s);
		if (!err)
			err = ext4_orphans_finish(s);
		if (err && !READ_ONCE(s->aborted))
			return err;
	}
	if (read_only && !s->read_only)
		return make_read_only(s);
	return 0;
}

static int
root_get(struct super_block *sb)
{
	struct inode *root = ext4_iget(sb, EXT4_INO_ROOT);

	if (IS_ERR(root)) {
		pr_err("EXT4-fs (%s): get root inode failed\n", ext4_sb(sb)->dev->name);
		return PTR_ERR(root);
	}
	if (!S_ISDIR(root->mode)) {
		inode_put(root);
		return ext4_corrupt(sb, EXT4_INO_ROOT, 0, "corrupt root inode");
	}
	sb->root = dentry_root(sb, root);
	return sb->root ? 0 : -ENOMEM;
}

static int
fill_checked(struct ext4_sb *s, bool read_only, const char *data)
{
	bool replayed;
	int err;

	err = ext4_geometry_read(s);
	if (!err)
		err = options_read(s, data);
	if (!err)
		err = ext4_features_check(s, read_only);
	if (!err)
		err = ext4_groups_init(s);
	if (!err)
		err = journal_prepare(s, read_only, &replayed);
	if (err)
		return err;
	s->replaying = false;
	s->state = s->super->s_state;
	tell_state(s);
	/* The super block's counts are brought up to date only now and then. */
	if (replayed || !(s->state & EXT4_STATE_CLEAN) || (s->state & EXT4_STATE_ERROR)) {
		err = ext4_groups_count(s);
		if (err)
			return err;
	}
	err = ext4_orphan_file_load(s);
	if (!err)
		err = start(s, read_only);
	return err ? err : root_get(s->sb);
}

static int
ext4_fill(struct super_block *sb, ulong flags, const char *data)
{
	static const char *const modes[] = { "ordered", "writeback", "journalled" };
	struct ext4_sb *s = sb_alloc(sb);
	int err;

	if (!s)
		return -ENOMEM;
	err = super_read(s);
	if (!err) {
		sb->block_size = s->block_size;
		if (!(flags & MS_RDONLY) && s->super->s_rev_level &&
		    (s->super->s_feature_ro_compat & EXT4_RO_READONLY)) {
			pr_info("EXT4-fs (%s): filesystem is read-only\n", s->dev->name);
			sb->flags |= MS_RDONLY;
		}
		err = fill_checked(s, sb->flags & MS_RDONLY, data);
	}
	if (err) {
		teardown(s);
		return err;
	}
	pr_info("EXT4-fs (%s): mounted filesystem %s with %s data mode\n", s->dev->name,
		s->read_only ? "ro" : "r/w", s->journal ? modes[s->data] : "no journal and writeback");
	return 0;
}

/* --- while it is mounted --- */

static int
ext4_sync(struct super_block *sb, bool wait)
{
	struct ext4_sb *s = ext4_sb(sb);
	int err;

	if (s->read_only)
		return 0;
	err = ext4_super_update(s);
	if (err)
		return err;
	if (!s->journal) {
		err = buffer_sync(s->dev);
		return !err && wait && s->barrier ? block_flush(s->dev) : err;
	}
	err = journal_commit_all(s->journal, wait);
	if (err || !wait || !s->barrier)
		return err;
	/* A commit that was flushing the disk's cache already need not have had all our data. */
	return block_flush(s->dev);
}

/* Blocks that are never a file's: super blocks, descriptors, bitmaps, tables, the log. */
static u64
overhead_count(const struct ext4_sb *s)
{
	u64 n = s->first_data_block + (u64)s->groups * (2 + s->table_blocks);
	u32 g;

	for (g = 0; g < s->groups; g++)
		n += ext4_group_base(s, g);
	return n + (s->journal_inode ? s->journal_inode->size >> s->block_bits : 0);
}

static int
ext4_statfs(struct super_block *sb, struct abi_statfs *out)
{
	struct ext4_sb *s = ext4_sb(sb);
	const u64 *id = (const u64 *)s->super->s_uuid;
	u64 fsid, kept = s->root_reserve;

	if (s->incompat & EXT4_INCOMPAT_EXTENTS)
		kept += s->meta_reserve;	/* as Linux */
	if (!s->overhead)
		s->overhead = overhead_count(s);
	memcpy(&fsid, id, sizeof(fsid));
	fsid ^= id[1];
	out->f_type = EXT4_MAGIC;
	out->f_bsize = out->f_frsize = s->block_size;
	out->f_blocks = s->blocks - (s->minixdf ? 0 : MIN(s->overhead, s->blocks));
	out->f_bfree = ext4_count_free(s);
	out->f_bavail = (u64)out->f_bfree > kept ? out->f_bfree - kept : 0;
	out->f_files = s->super->s_inodes_count;
	out->f_ffree = MAX(READ_ONCE(s->free_inodes), 0);
	out->f_namelen = EXT4_NAME_MAX;
	out->f_fsid[0] = fsid;
	out->f_fsid[1] = fsid >> 32;
	return 0;
}

/* Read-only becomes writable: what a mount for writing would have refused is refused here. */
static int
remount_writable(struct ext4_sb *s)
{
	if (READ_ONCE(s->aborted))
		return -EROFS;
	if (s->dev->read_only)
		return -EACCES;
	if (ext4_features_check(s, false))
		return -EROFS;
	if (s->noload && (s->compat & EXT4_COMPAT_HAS_JOURNAL) && (s->incompat & EXT4_INCOMPAT_RECOVER))
		return -EROFS;
	if (ext4_orphans_left(s)) {
		pr_err("EXT4-fs (%s): Couldn't remount RDWR because of unprocessed orphan inode list. "
		       "Please umount/remount instead\n", s->dev->name);
		return -EINVAL;
	}
	return make_writable(s);
}

static int
ext4_remount(struct super_block *sb, ulong flags, const char *data)
{
	struct ext4_sb *s = ext4_sb(sb);
	struct ext4_options o = {
		.data = s->data, .on_error = s->on_error, .commit_interval = s->commit_interval,
		.barrier = s->barrier, .noload = s->noload, .delalloc = s->delalloc, .discard = s->discard,
		.minixdf = s->minixdf, .grpid = s->grpid, .resuid = s->resuid, .resgid = s->resgid,
	};
	int err = ext4_options_parse(data, &o);

	if (err)
		return err;
	if (o.data != s->data) {
		pr_err("EXT4-fs (%s): can't change data mode on remount\n", s->dev->name);
		return -EINVAL;
	}
	options_apply(s, &o);
	if (s->journal)
		journal_set(s->journal, s->commit_interval, s->barrier);
	if (READ_ONCE(s->aborted) && !(flags & MS_RDONLY))
		return -EROFS;
	if (!(flags & MS_RDONLY) && s->read_only)
		return remount_writable(s);
	if (!(flags & MS_RDONLY) || s->read_only || READ_ONCE(s->aborted))
		return 0;
	if (s->norphans)
		return -EBUSY;		/* files without a name are open still */
	err = super_sync(sb, true);
	return err ? err : make_read_only(s);
}

/* --- unmount --- */

static void
ext4_unmount(struct super_block *sb)
{
	struct ext4_sb *s = ext4_sb(sb);
	bool was_writable = !s->read_only;
	int err = 0, end;

	s->unmounting = true;
	ext4_orphan_file_free(s);
	if (was_writable && !READ_ONCE(s->aborted))
		err = make_read_only(s);
	if (s->journal) {
		end = journal_destroy(s->journal);
		s->journal = NULL;
		err = err ? err : end;
	}
	if (READ_ONCE(s->errors_new) && !s->dev->read_only) {
		/* Not clean: the log stays to be replayed. But what went wrong is told. */
		ext4_errors_record(s);
		ext4_super_write(s);
	}
	if (err)
		pr_err("EXT4-fs (%s): unmounted with error %d\n", s->dev->name, -err);
	teardown(s);
}

static const struct super_ops ext4_super_ops = {
	.free_inode = ext4_free_inode,
	.write_inode = ext4_write_inode,
	.statfs = ext4_statfs,
	.sync = ext4_sync,
	.unmount = ext4_unmount,
	.remount = ext4_remount,
	.show_options = ext4_show_options,
	.getxattr = ext4_getxattr,
	.setxattr = ext4_setxattr,
	.listxattr = ext4_listxattr,
};

static struct super_block *
ext4_mount(const struct file_system *fs, const char *source, ulong flags, const char *data)
{
	return super_mount_disk(fs, source, flags, data, &ext4_super_ops, EXT4_MAGIC, ext4_fill);
}

const struct file_system ext4_fs = { .name = "ext4", .mount = ext4_mount };
const struct file_system ext3_fs = { .name = "ext3", .mount = ext4_mount };
const struct file_system ext2_fs = { .name = "ext2", .mount = ext4_mount };

void
ext4_init(void)
{
	ext4_inode_module_init();
	fs_register(&ext4_fs);
	fs_register(&ext3_fs);
	fs_register(&ext2_fs);
}
