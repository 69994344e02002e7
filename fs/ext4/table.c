/*
 * table.c - inodes between memory and the inode table.
 *
 *	inode number --> group, index --> block of the group's table, place in the block
 *
 * ext4_inode_dirty() runs for nearly every change of a file: so an inode that was changed once
 * keeps the buffer of its table block, its fields are stored one by one, and its checksum waits
 * until the block goes to the log (seal). Fields this kernel knows nothing of, and extended
 * attributes behind i_extra_isize, stay as they were.
 *
 * Locks       ei->lock, while fields are stored: the last one to store has seen the newest values.
 * Further     docs/ext4.md; Documentation/filesystems/ext4/inodes.rst, for times beyond 2038 and files beyond 2 TiB.
 */
#include "fs/ext4/ext4.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "lib/bitops.h"
#include "lib/string.h"

#define READAHEAD	8UL		/* blocks of the table round one that is read */

/* --- where --- */

/* Is there room for field f in an inode with extra_isize bytes behind the old 128? */
#define FIELD_END(f) \
	(offsetof(struct ext4_disk_inode, f) + sizeof(((struct ext4_disk_inode *)0)->f))
#define FITS(extra, f)	(EXT4_INODE_OLD_SIZE + (extra) >= FIELD_END(f))

#define SEALING	((void *)1)		/* buffer->checked: checksums are being made */

/*
 * For buffer->seal: checksums of the inodes that changed. The low half of seal_bits has a bit for
 * each inode of the block (at most 32), the high half the number of the first.
 */
void
ext4_table_seal(struct buffer *b)
{
	struct ext4_sb *s = ext4_sb(b->owner);
	u32 first, slots;
	u64 bits;
	int i;

	__atomic_store_n(&b->checked, SEALING, __ATOMIC_SEQ_CST);
	bits = __atomic_fetch_and(&b->seal_bits, ~0xffffffffUL, __ATOMIC_SEQ_CST);
	first = bits >> 32;
	slots = bits;
	for (; slots; slots &= slots - 1) {
		i = bit_lowest(slots);
		ext4_inode_csum_set(s, first + i, (void *)((u8 *)b->data + i * s->inode_size));
	}
	__atomic_store_n(&b->checked, NULL, __ATOMIC_RELEASE);
}

/* The checksum of inode in its table block b is due. */
static inline void
seal_later(struct ext4_sb *s, struct inode *inode, struct buffer *b)
{
	u32 slot = ext4_i(inode)->table_off / s->inode_size;

	if (!s->csum)
		return;
	b->owner = inode->sb;
	b->seal = ext4_table_seal;
	__atomic_fetch_or(&b->seal_bits, (u64)(inode->ino - slot) << 32 | BIT(slot), __ATOMIC_RELAXED);
}

/* The table block, counted; with its neighbours, if it is not in memory, for the next look-ups. ERR_PTR. */
static struct buffer *
table_read(struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);
	struct buffer *b = buffer_peek(s->dev, ei->table_block, s->block_size);
	struct ext4_group *g;
	u64 from, end;
	u32 used;

	if (b)
		return b;
	g = ext4_group(s, ei->group);
	if (!IS_ERR(g) && !s->replaying) {
		from = ei->table_block - (ei->table_block - g->inode_table) % READAHEAD;
		used = s->inodes_per_group - g->itable_unused;
		end = g->inode_table + DIV_ROUND_UP(used, s->inodes_per_block);
		if (from < end)
			buffer_readahead(s->dev, from, s->block_size, MIN(end - from, READAHEAD));
	}
	return buffer_read(s->dev, ei->table_block, s->block_size);
}

/* Let the inode keep b, which is counted. Two tasks may come at once. */
static struct buffer *
table_keep(struct ext4_inode *ei, struct buffer *b)
{
	struct buffer *none = NULL;

	if (__atomic_compare_exchange_n(&ei->table, &none, b, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return b;
	buffer_put(b);
	return none;
}

struct buffer *
ext4_inode_table(struct inode *inode)
{
	struct ext4_inode *ei = ext4_i(inode);
	struct buffer *b = __atomic_load_n(&ei->table, __ATOMIC_ACQUIRE);

	if (likely(b != NULL))
		return b;
	b = table_read(inode);
	return IS_ERR(b) ? b : table_keep(ei, b);
}

int
ext4_inode_table_new(struct handle *h, struct inode *inode)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct buffer *b = buffer_new(s->dev, ext4_i(inode)->table_block, s->block_size);
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	err = ext4_create_access(inode->sb, h, b);
	if (err) {
		buffer_put(b);
		return err;
	}
	memset(b->data, 0, s->block_size);
	table_keep(ext4_i(inode), b);
	return 0;
}

/* --- from the disk --- */

/*
 * Is the checksum of the inode at d, in slot of b, right?  It is not while it is due (seal_bits)
 * or being made; and it may be made while we look, so a wrong one gets another chance.
 */
static bool
csum_believed(struct ext4_sb *s, struct buffer *b, u32 slot, u64 ino, const struct ext4_disk_inode *d)
{
	int tries;

	for (tries = 0; tries < 3; tries++) {
		if (ext4_inode_csum_ok(s, ino, d))
			return true;
		if ((__atomic_load_n(&b->seal_bits, __ATOMIC_SEQ_CST) & BIT(slot)) ||
		    __atomic_load_n(&b->checked, __ATOMIC_SEQ_CST) == SEALING)
			return true;
	}
	return false;
}

struct buffer *
ext4_inode_read(struct inode *inode, struct ext4_disk_inode **out)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct buffer *b = table_read(inode);
	struct ext4_disk_inode *d;
	const char *bad = NULL;

	if (IS_ERR(b))
		return b;
	d = (void *)((u8 *)b->data + ext4_i(inode)->table_off);
	if (s->inode_size > EXT4_INODE_OLD_SIZE &&
	    (EXT4_INODE_OLD_SIZE + d->i_extra_isize > s->inode_size || (d->i_extra_isize & 3)) && d->i_mode)
		bad = "inode's extra size is wrong";
	else if (!csum_believed(s, b, ext4_i(inode)->table_off / s->inode_size, inode->ino, d))
		bad = "inode has a wrong checksum";
	if (bad) {
		buffer_put(b);
		return ERR_PTR(ext4_corrupt(inode->sb, inode->ino, ext4_i(inode)->table_block, "%s", bad));
	}
	*out = d;
	return b;
}

static struct timespec_k
time_decode(u32 seconds, u32 extra)
{
	u32 nsec = extra >> 2;

	return (struct timespec_k){ (s32)seconds + ((u64)(extra & 3) << 32), nsec < NSEC_PER_SEC ? nsec : 0 };
}

static u64
blocks_decode(const struct ext4_sb *s, const struct ext4_disk_inode *d)
{
	u64 n = d->i_blocks_lo;

	if (!(s->ro_compat & EXT4_RO_HUGE_FILE))
		return n;
	n |= (u64)d->i_blocks_hi << 32;
	return d->i_flags & EXT4_HUGE_FILE_FL ? n << (s->block_bits - 9) : n;
}

static u32
rdev_decode(const struct ext4_disk_inode *d)
{
	u32 old = d->i_block[0];

	return old ? ABI_DEV(old >> 8 & 0xff, old & 0xff) : d->i_block[1];
}

int
ext4_inode_decode(struct inode *inode, const struct ext4_disk_inode *d)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_inode *ei = ext4_i(inode);
	u32 extra = s->inode_size > EXT4_INODE_OLD_SIZE ? d->i_extra_isize : 0;

	inode->mode = d->i_mode;
	inode->uid = d->i_uid_lo | (u32)d->i_uid_hi << 16;
	inode->gid = d->i_gid_lo | (u32)d->i_gid_hi << 16;
	inode->nlink = d->i_links_count;
	inode->size = d->i_size_lo;
	if (S_ISREG(inode->mode) || (s->incompat & EXT4_INCOMPAT_LARGEDIR))
		inode->size |= (u64)d->i_size_hi << 32;
	inode->blocks = blocks_decode(s, d);
	inode->atime = time_decode(d->i_atime, FITS(extra, i_atime_extra) ? d->i_atime_extra : 0);
	inode->mtime = time_decode(d->i_mtime, FITS(extra, i_mtime_extra) ? d->i_mtime_extra : 0);
	inode->ctime = time_decode(d->i_ctime, FITS(extra, i_ctime_extra) ? d->i_ctime_extra : 0);
	inode->btime = (struct timespec_k){ 0, 0 };
	if (FITS(extra, i_crtime))
		inode->btime = time_decode(d->i_crtime, FITS(extra, i_crtime_extra) ? d->i_crtime_extra : 0);
	if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode) && !S_ISLNK(inode->mode))
		inode->rdev = rdev_decode(d);
	ei->flags = d->i_flags;
	ei->generation = d->i_generation;
	ei->extra_isize = extra;
	ei->acl_block = d->i_file_acl_lo;
	if (s->incompat & EXT4_INCOMPAT_64BIT)
		ei->acl_block |= (u64)d->i_file_acl_hi << 32;
	/* Such a link has no blocks but perhaps one of extended attributes. */
	ei->fast_symlink = S_ISLNK(inode->mode) && inode->blocks == (ei->acl_block ? s->block_size >> 9 : 0);
	ei->disk_size = inode->size;
	ei->dtime = d->i_dtime;
	memcpy(ei->block, d->i_block, sizeof(ei->block));
	if (s->csum)
		ei->csum_seed = ext4_inode_csum_seed(s, inode->ino, ei->generation);
	return 0;
}

/* --- to the disk --- */

static inline u32
time_extra(struct timespec_k t)
{
	return ((u64)(t.sec - (s32)t.sec) >> 32 & 3) | t.nsec << 2;
}

/* With no room for more bits: what 32 can say. */
static inline u32
time_clamp(s64 sec)
{
	return sec < INT32_MIN ? INT32_MIN : sec > INT32_MAX ? INT32_MAX : sec;
}

/* One time, in an inode that may have no room for its extra bits. */
#define TIME_ENCODE(d, extra, field, t) do {				\
	if (FITS(extra, field##_extra)) {				\
		(d)->field = (t).sec;					\
		(d)->field##_extra = time_extra(t);			\
	} else {							\
		(d)->field = time_clamp((t).sec);			\
	}								\
} while (0)

/* i_blocks in units of 512 bytes in 32 bits, in 48 bits, or in file system blocks. */
static void
blocks_encode(const struct ext4_sb *s, const struct inode *inode, struct ext4_disk_inode *d)
{
	struct ext4_inode *ei = ext4_i(inode);
	u64 n = READ_ONCE(inode->blocks);

	if (likely(n <= ~0U && !(ei->flags & EXT4_HUGE_FILE_FL))) {
		d->i_blocks_lo = n;
		if (s->ro_compat & EXT4_RO_HUGE_FILE)
			d->i_blocks_hi = 0;
		return;
	}
	ei->flags &= ~EXT4_HUGE_FILE_FL;
	if (n >> 48) {
		ei->flags |= EXT4_HUGE_FILE_FL;
		n >>= s->block_bits - 9;
	}
	d->i_blocks_lo = n;
	d->i_blocks_hi = n >> 32;
}

static void
block_encode(const struct inode *inode, struct ext4_disk_inode *d)
{
	const struct ext4_inode *ei = ext4_i(inode);
	u32 dev = inode->rdev;

	if (likely(S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode))) {
		memcpy(d->i_block, ei->block, sizeof(d->i_block));
		return;
	}
	/* Numbers that fit go where they always were. */
	memset(d->i_block, 0, sizeof(d->i_block));
	if (ABI_DEV_MAJOR(dev) < 256 && ABI_DEV_MINOR(dev) < 256)
		d->i_block[0] = ABI_DEV_MAJOR(dev) << 8 | ABI_DEV_MINOR(dev);
	else
		d->i_block[1] = dev;
}

static void
inode_encode(const struct ext4_sb *s, const struct inode *inode, struct ext4_disk_inode *d)
{
	const struct ext4_inode *ei = ext4_i(inode);
	u64 size = S_ISREG(inode->mode) ? ei->disk_size : inode->size;

	d->i_mode = inode->mode;
	d->i_uid_lo = inode->uid;
	d->i_uid_hi = inode->uid >> 16;
	d->i_gid_lo = inode->gid;
	d->i_gid_hi = inode->gid >> 16;
	d->i_links_count = inode->nlink;
	d->i_size_lo = size;
	d->i_size_hi = size >> 32;
	d->i_dtime = ei->dtime;
	d->i_generation = ei->generation;
	d->i_file_acl_lo = ei->acl_block;
	if (s->incompat & EXT4_INCOMPAT_64BIT)
		d->i_file_acl_hi = ei->acl_block >> 32;
	blocks_encode(s, inode, d);
	d->i_flags = ei->flags;
	block_encode(inode, d);
	if (s->inode_size > EXT4_INODE_OLD_SIZE)
		d->i_extra_isize = ei->extra_isize;
	TIME_ENCODE(d, ei->extra_isize, i_atime, inode->atime);
	TIME_ENCODE(d, ei->extra_isize, i_mtime, inode->mtime);
	TIME_ENCODE(d, ei->extra_isize, i_ctime, inode->ctime);
	if (FITS(ei->extra_isize, i_crtime))
		TIME_ENCODE(d, ei->extra_isize, i_crtime, inode->btime);
}

/* The first file of 2 GiB or more: older kernels must not write here. Orphans are dirtied with the lock held. */
static NOINLINE int
large_file_set(struct ext4_sb *s, struct handle *h) NO_TSA
{
	bool held = mutex_held(&s->lock);
	int err;

	if (!held)
		mutex_lock(&s->lock);
	err = ext4_super_access(s, h);
	if (!err) {
		s->super->s_feature_ro_compat |= EXT4_RO_LARGE_FILE;
		s->ro_compat |= EXT4_RO_LARGE_FILE;
		err = ext4_super_dirty(s, h);
	}
	if (!held)
		mutex_unlock(&s->lock);
	return err;
}

int
ext4_table_dirty(struct handle *h, struct inode *inode, struct buffer *b)
{
	seal_later(ext4_isb(inode), inode, b);
	WRITE_ONCE(ext4_i(inode)->sync_tid, ext4_tid(inode->sb, h));
	return ext4_dirty(inode->sb, h, b);
}

int
ext4_inode_dirty_times(struct handle *h, struct inode *inode)
{
	struct super_block *sb = inode->sb;
	struct ext4_sb *s = ext4_sb(sb);
	struct ext4_inode *ei = ext4_i(inode);
	struct buffer *b = ext4_inode_table(inode);
	int err;

	if (IS_ERR(b))
		return ext4_error(sb, PTR_ERR(b), "reading the inode table");
	err = ext4_write_access(sb, h, b);
	if (unlikely(err))
		return err;
	if (unlikely(ei->disk_size > INT32_MAX && !(s->ro_compat & EXT4_RO_LARGE_FILE))) {
		err = large_file_set(s, h);
		if (err)
			return err;
	}
	spin_lock(&ei->lock);
	inode_encode(s, inode, (void *)((u8 *)b->data + ei->table_off));
	spin_unlock(&ei->lock);
	return ext4_table_dirty(h, inode, b);
}

int
ext4_inode_dirty(struct handle *h, struct inode *inode)
{
	int err = ext4_inode_dirty_times(h, inode);

	WRITE_ONCE(ext4_i(inode)->datasync_tid, READ_ONCE(ext4_i(inode)->sync_tid));
	return err;
}
