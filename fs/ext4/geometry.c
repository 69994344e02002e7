/*
 * geometry.c - the super block, field by field: is it one, do its numbers go together, and are
 * its features ours?
 *
 * Every number the rest of fs/ext4/ divides by, shifts by or allocates by comes through here.
 * Features come in three kinds: an unknown compatible one is ignored; with an unknown ro_compat
 * one, the disk can be read but not written; with an unknown incompat one, not even read.
 */
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "kernel/printk.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define INCOMPAT_SUPPORTED (EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_RECOVER | EXT4_INCOMPAT_META_BG | \
			    EXT4_INCOMPAT_EXTENTS | EXT4_INCOMPAT_64BIT | EXT4_INCOMPAT_FLEX_BG | \
			    EXT4_INCOMPAT_CSUM_SEED | EXT4_INCOMPAT_LARGEDIR)
#define RO_SUPPORTED	(EXT4_RO_SPARSE_SUPER | EXT4_RO_LARGE_FILE | EXT4_RO_BTREE_DIR | EXT4_RO_HUGE_FILE | \
			 EXT4_RO_GDT_CSUM | EXT4_RO_DIR_NLINK | EXT4_RO_EXTRA_ISIZE | EXT4_RO_METADATA_CSUM | \
			 EXT4_RO_ORPHAN_PRESENT)
/* What ext2 and ext3 may have. */
#define EXT2_INCOMPAT	(EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_META_BG)
#define EXT3_INCOMPAT	(EXT2_INCOMPAT | EXT4_INCOMPAT_RECOVER)
#define EXT2_RO		(EXT4_RO_SPARSE_SUPER | EXT4_RO_LARGE_FILE | EXT4_RO_BTREE_DIR)

/* By bit, as mke2fs -O calls them. */
static const char *const incompat_names[32] = {
	"compression", "filetype", "needs_recovery", "journal_dev", "meta_bg", NULL, "extent", "64bit", "mmp",
	"flex_bg", "ea_inode", NULL, "dirdata", "metadata_csum_seed", "large_dir", "inline_data", "encrypt",
	"casefold",
};
static const char *const ro_names[32] = {
	"sparse_super", "large_file", "btree_dir", "huge_file", "uninit_bg", "dir_nlink", "extra_isize",
	"has_snapshot", "quota", "bigalloc", "metadata_csum", "replica", "read-only", "project", "shared_blocks",
	"verity", "orphan_present",
};

/* "a b FEATURE_R31" into buf. */
static const char *
feature_names(u32 bits, const char *const *names, char *buf, size_t size)
{
	size_t n = 0;
	u32 i;

	buf[0] = '\0';
	for (i = 0; i < 32; i++) {
		if (!(bits & BIT(i)) || n >= size)
			continue;
		if (names[i])
			n += snprintf(buf + n, size - n, " %s", names[i]);
		else
			n += snprintf(buf + n, size - n, " FEATURE_%u", i);
	}
	return buf;
}

int
ext4_features_check(struct ext4_sb *s, bool read_only)
{
	u32 incompat = INCOMPAT_SUPPORTED, ro = RO_SUPPORTED;
	char names[160];

	if (s->sb->fs == &ext2_fs || s->sb->fs == &ext3_fs) {
		incompat = s->sb->fs == &ext2_fs ? EXT2_INCOMPAT : EXT3_INCOMPAT;
		ro = EXT2_RO;
	}
	if (s->incompat & ~incompat) {
		pr_err("EXT4-fs (%s): couldn't mount because of unsupported optional features:%s\n",
		       s->dev->name, feature_names(s->incompat & ~incompat, incompat_names, names, sizeof(names)));
		return -EINVAL;
	}
	if (s->sb->fs == &ext3_fs && !(s->compat & EXT4_COMPAT_HAS_JOURNAL)) {
		pr_err("EXT4-fs (%s): ext3 has a journal, this has none\n", s->dev->name);
		return -EINVAL;
	}
	if (!read_only && (s->ro_compat & ~ro)) {
		pr_err("EXT4-fs (%s): couldn't mount RDWR because of unsupported optional features:%s\n",
		       s->dev->name, feature_names(s->ro_compat & ~ro, ro_names, names, sizeof(names)));
		return -EINVAL;
	}
	return 0;
}

/* --- numbers --- */

static bool power_of_two(u32 n) { return n && !(n & (n - 1)); }

static int
bad(const struct ext4_sb *s, const char *what, u64 n)
{
	pr_err("EXT4-fs (%s): bad super block: %s: %lu\n", s->dev->name, what, (ulong)n);
	return -EINVAL;
}

static int
read_sizes(struct ext4_sb *s)
{
	const struct ext4_disk_super *d = s->super;
	bool old = d->s_rev_level == 0;
	u32 extra;

	if (d->s_rev_level > 1)
		return bad(s, "revision", d->s_rev_level);
	s->compat = old ? 0 : d->s_feature_compat;
	s->incompat = old ? 0 : d->s_feature_incompat;
	s->ro_compat = old ? 0 : d->s_feature_ro_compat;
	s->inode_size = old ? EXT4_INODE_OLD_SIZE : d->s_inode_size;
	s->first_ino = old ? EXT4_FIRST_INO_OLD : d->s_first_ino;
	if (!power_of_two(s->inode_size) || s->inode_size < EXT4_INODE_OLD_SIZE ||
	    s->inode_size > s->block_size)
		return bad(s, "inode size", s->inode_size);
	if (s->first_ino < EXT4_FIRST_INO_OLD || s->first_ino > d->s_inodes_count)
		return bad(s, "first inode", s->first_ino);
	s->extra_isize = 0;
	if (s->inode_size > EXT4_INODE_OLD_SIZE) {
		extra = s->ro_compat & EXT4_RO_EXTRA_ISIZE ? d->s_want_extra_isize : 0;
		s->extra_isize = sizeof(struct ext4_disk_inode) - EXT4_INODE_OLD_SIZE;
		if (extra > s->extra_isize && extra <= s->inode_size - EXT4_INODE_OLD_SIZE && extra % 4 == 0)
			s->extra_isize = extra;
	}
	s->desc_size = EXT4_DESC_SIZE_OLD;
	if (s->incompat & EXT4_INCOMPAT_64BIT) {
		s->desc_size = d->s_desc_size;
		if (!power_of_two(s->desc_size) || s->desc_size < sizeof(struct ext4_group_desc) ||
		    s->desc_size > 1024)
			return bad(s, "group descriptor size", s->desc_size);
	}
	s->inodes_per_block = s->block_size / s->inode_size;
	s->desc_per_block = s->block_size / s->desc_size;
	return 0;
}

static int
read_groups(struct ext4_sb *s)
{
	const struct ext4_disk_super *d = s->super;
	bool bigalloc = s->ro_compat & EXT4_RO_BIGALLOC;
	u64 groups, device;

	s->blocks_per_group = d->s_blocks_per_group;
	s->inodes_per_group = d->s_inodes_per_group;
	s->first_data_block = d->s_first_data_block;
	s->blocks = d->s_blocks_count_lo;
	if (s->incompat & EXT4_INCOMPAT_64BIT)
		s->blocks |= (u64)d->s_blocks_count_hi << 32;
	if (s->first_data_block != (s->block_size == 1024 && !bigalloc))
		return bad(s, "first data block", s->first_data_block);
	if (s->blocks_per_group == 0 || s->blocks_per_group % 8 ||
	    (s->blocks_per_group > s->block_size * 8 && !bigalloc))
		return bad(s, "blocks per group", s->blocks_per_group);
	if (!bigalloc && d->s_log_cluster_size != d->s_log_block_size && d->s_log_cluster_size != 0)
		return bad(s, "cluster size", d->s_log_cluster_size);
	if (s->inodes_per_group < s->inodes_per_block || s->inodes_per_group % 8 ||
	    s->inodes_per_group > s->block_size * 8)
		return bad(s, "inodes per group", s->inodes_per_group);
	if (s->blocks <= s->first_data_block || s->blocks >> 48)
		return bad(s, "number of blocks", s->blocks);
	device = s->dev->sectors >> (s->block_bits - SECTOR_SHIFT);
	if (s->blocks > device) {
		pr_err("EXT4-fs (%s): bad geometry: block count %lu exceeds size of device (%lu blocks)\n",
		       s->dev->name, (ulong)s->blocks, (ulong)device);
		return -EINVAL;
	}
	groups = DIV_ROUND_UP(s->blocks - s->first_data_block, s->blocks_per_group);
	if (groups * s->inodes_per_group != d->s_inodes_count)
		return bad(s, "number of inodes", d->s_inodes_count);
	s->groups = groups;
	s->table_blocks = DIV_ROUND_UP(s->inodes_per_group, s->inodes_per_block);
	s->nchunks = DIV_ROUND_UP(s->groups, s->desc_per_block);
	if (d->s_reserved_gdt_blocks > s->block_size / 4)
		return bad(s, "reserved descriptor blocks", d->s_reserved_gdt_blocks);
	if ((s->incompat & EXT4_INCOMPAT_META_BG) && d->s_first_meta_bg > s->nchunks)
		return bad(s, "first meta block group", d->s_first_meta_bg);
	if (d->s_log_groups_per_flex > 31)
		return bad(s, "groups in a flexible group, log", d->s_log_groups_per_flex);
	s->flex_groups = s->incompat & EXT4_INCOMPAT_FLEX_BG ? 1U << d->s_log_groups_per_flex : 1;
	return 0;
}

static int
read_checksums(struct ext4_sb *s)
{
	const struct ext4_disk_super *d = s->super;

	s->csum = s->ro_compat & EXT4_RO_METADATA_CSUM;
	s->desc_csum = s->ro_compat & (EXT4_RO_METADATA_CSUM | EXT4_RO_GDT_CSUM);
	s->doubtful = false;
	if (!s->csum)
		return 0;
	if (d->s_checksum_type != 1)
		return bad(s, "checksum type", d->s_checksum_type);
	s->doubtful = !ext4_super_csum_ok(d);
	s->csum_seed = crc32c(~0U, d->s_uuid, sizeof(d->s_uuid));
	if (s->incompat & EXT4_INCOMPAT_CSUM_SEED)
		s->csum_seed = d->s_checksum_seed;
	return 0;
}

static void
read_counts(struct ext4_sb *s)
{
	const struct ext4_disk_super *d = s->super;
	u64 nfree = d->s_free_blocks_count_lo, root = d->s_r_blocks_count_lo;

	if (s->incompat & EXT4_INCOMPAT_64BIT) {
		nfree |= (u64)d->s_free_blocks_count_hi << 32;
		root |= (u64)d->s_r_blocks_count_hi << 32;
	}
	s->free_blocks = MIN(nfree, s->blocks);
	s->free_inodes = MIN(d->s_free_inodes_count, d->s_inodes_count);
	s->root_reserve = MIN(root, s->blocks);
	/* Block maps are allocated late, too, and then need blocks of their own. */
	s->meta_reserve = MIN(s->blocks / 50, 4096UL);
	s->overhead = d->s_overhead_clusters <= s->blocks ? d->s_overhead_clusters : 0;
}

/* Which hash new directories use. What no flag says, Linux on this kind of machine takes as unsigned. */
static int
read_hash(struct ext4_sb *s)
{
	const struct ext4_disk_super *d = s->super;

	memcpy(s->hash_seed, d->s_hash_seed, sizeof(s->hash_seed));
	s->def_hash = d->s_def_hash_version;
	if (s->def_hash > EXT4_HASH_TEA)
		s->def_hash = EXT4_HASH_HALF_MD4;
	if (!(d->s_flags & EXT4_FLAG_SIGNED_HASH))
		s->def_hash += EXT4_HASH_LEGACY_U;
	return 0;
}

int
ext4_geometry_read(struct ext4_sb *s)
{
	int err = read_sizes(s);

	if (!err)
		err = read_checksums(s);
	if (!err)
		err = read_groups(s);
	if (!err)
		err = read_hash(s);
	if (!err)
		read_counts(s);
	return err;
}
