/*
 * disk.h - ext4 on the disk: every structure, with its offsets. All numbers little-endian, as the machine's.
 *
 *	block group:  [super block][group descriptors][block bitmap][inode bitmap][inode table][data ...]
 *	              the first two only in some groups (sparse_super); with flex_bg the bitmaps and tables of
 *	              several groups stand together in the first of them.
 *
 * Source: the kernel's documentation, Documentation/filesystems/ext4/ (super, group_descr, inodes, ifork, directory,
 * checksums, orphan). Lengths are checked below.
 */
#ifndef FS_EXT4_DISK_H
#define FS_EXT4_DISK_H

#include "lib/types.h"

#define EXT4_MAGIC		0xEF53
#define EXT4_SUPER_OFFSET	1024		/* bytes from the start of the disk */

/* Inode numbers with a meaning. */
#define EXT4_INO_BAD		1
#define EXT4_INO_ROOT		2
#define EXT4_INO_USRQUOTA	3
#define EXT4_INO_GRPQUOTA	4
#define EXT4_INO_RESIZE		7
#define EXT4_INO_JOURNAL	8
#define EXT4_FIRST_INO_OLD	11		/* revision 0 */

struct ext4_disk_super {
	u32	s_inodes_count;			/* 0x00 */
	u32	s_blocks_count_lo;
	u32	s_r_blocks_count_lo;		/* reserved for root */
	u32	s_free_blocks_count_lo;
	u32	s_free_inodes_count;		/* 0x10 */
	u32	s_first_data_block;		/* 1 with 1 KiB blocks, else 0 */
	u32	s_log_block_size;		/* 2^(10+n) bytes */
	u32	s_log_cluster_size;
	u32	s_blocks_per_group;		/* 0x20 */
	u32	s_clusters_per_group;
	u32	s_inodes_per_group;
	u32	s_mtime;			/* last mount */
	u32	s_wtime;			/* 0x30 last write */
	u16	s_mnt_count;
	u16	s_max_mnt_count;
	u16	s_magic;			/* 0x38 */
	u16	s_state;			/* EXT4_STATE_* */
	u16	s_errors;			/* EXT4_ERRORS_* */
	u16	s_minor_rev_level;
	u32	s_lastcheck;			/* 0x40 */
	u32	s_checkinterval;
	u32	s_creator_os;
	u32	s_rev_level;
	u16	s_def_resuid;			/* 0x50 */
	u16	s_def_resgid;
	u32	s_first_ino;
	u16	s_inode_size;			/* 0x58 */
	u16	s_block_group_nr;
	u32	s_feature_compat;
	u32	s_feature_incompat;		/* 0x60 */
	u32	s_feature_ro_compat;
	u8	s_uuid[16];			/* 0x68 */
	char	s_volume_name[16];		/* 0x78 */
	char	s_last_mounted[64];		/* 0x88 */
	u32	s_algorithm_usage_bitmap;	/* 0xC8 */
	u8	s_prealloc_blocks;
	u8	s_prealloc_dir_blocks;
	u16	s_reserved_gdt_blocks;
	u8	s_journal_uuid[16];		/* 0xD0 */
	u32	s_journal_inum;			/* 0xE0 */
	u32	s_journal_dev;
	u32	s_last_orphan;			/* head of the orphan list */
	u32	s_hash_seed[4];			/* 0xEC */
	u8	s_def_hash_version;		/* 0xFC EXT4_HASH_* */
	u8	s_jnl_backup_type;
	u16	s_desc_size;			/* of a group descriptor, with 64bit */
	u32	s_default_mount_opts;		/* 0x100 */
	u32	s_first_meta_bg;
	u32	s_mkfs_time;
	u32	s_jnl_blocks[17];		/* 0x10C copy of the journal inode's i_block and size */
	u32	s_blocks_count_hi;		/* 0x150 */
	u32	s_r_blocks_count_hi;
	u32	s_free_blocks_count_hi;
	u16	s_min_extra_isize;
	u16	s_want_extra_isize;
	u32	s_flags;			/* 0x160 EXT4_FLAG_* */
	u16	s_raid_stride;
	u16	s_mmp_interval;
	u64	s_mmp_block;
	u32	s_raid_stripe_width;		/* 0x170 */
	u8	s_log_groups_per_flex;
	u8	s_checksum_type;		/* 1: crc32c */
	u16	s_reserved_pad;
	u64	s_kbytes_written;		/* 0x178 */
	u32	s_snapshot_inum;
	u32	s_snapshot_id;
	u64	s_snapshot_r_blocks_count;
	u32	s_snapshot_list;		/* 0x190 */
	u32	s_error_count;			/* 0x194 */
	u32	s_first_error_time;
	u32	s_first_error_ino;
	u64	s_first_error_block;		/* 0x1A0 */
	u8	s_first_error_func[32];
	u32	s_first_error_line;		/* 0x1C8 */
	u32	s_last_error_time;
	u32	s_last_error_ino;
	u32	s_last_error_line;
	u64	s_last_error_block;
	u8	s_last_error_func[32];		/* 0x1E0 */
	u8	s_mount_opts[64];		/* 0x200 */
	u32	s_usr_quota_inum;		/* 0x240 */
	u32	s_grp_quota_inum;
	u32	s_overhead_clusters;
	u32	s_backup_bgs[2];		/* 0x24C sparse_super2 */
	u8	s_encrypt_algos[4];
	u8	s_encrypt_pw_salt[16];		/* 0x258 */
	u32	s_lpf_ino;			/* 0x268 */
	u32	s_prj_quota_inum;
	u32	s_checksum_seed;		/* 0x270 metadata_csum_seed */
	u8	s_wtime_hi;
	u8	s_mtime_hi;
	u8	s_mkfs_time_hi;
	u8	s_lastcheck_hi;
	u8	s_first_error_time_hi;
	u8	s_last_error_time_hi;
	u8	s_first_error_errcode;
	u8	s_last_error_errcode;
	u16	s_encoding;			/* 0x27C */
	u16	s_encoding_flags;
	u32	s_orphan_file_inum;		/* 0x280 */
	u32	s_reserved[94];
	u32	s_checksum;			/* 0x3FC crc32c of all before */
};
static_assert(sizeof(struct ext4_disk_super) == 1024, "super block");
static_assert(offsetof(struct ext4_disk_super, s_error_count) == 0x194, "super block");
static_assert(offsetof(struct ext4_disk_super, s_orphan_file_inum) == 0x280, "super block");

#define EXT4_STATE_CLEAN	1
#define EXT4_STATE_ERROR	2
#define EXT4_STATE_ORPHANS	4
#define EXT4_ERRORS_CONTINUE	1
#define EXT4_ERRORS_RO		2
#define EXT4_ERRORS_PANIC	3
#define EXT4_FLAG_SIGNED_HASH	1
#define EXT4_FLAG_UNSIGNED_HASH	2

#define EXT4_COMPAT_DIR_PREALLOC	0x0001
#define EXT4_COMPAT_HAS_JOURNAL		0x0004
#define EXT4_COMPAT_EXT_ATTR		0x0008
#define EXT4_COMPAT_RESIZE_INODE	0x0010
#define EXT4_COMPAT_DIR_INDEX		0x0020
#define EXT4_COMPAT_SPARSE_SUPER2	0x0200
#define EXT4_COMPAT_FAST_COMMIT		0x0400
#define EXT4_COMPAT_ORPHAN_FILE		0x1000

#define EXT4_INCOMPAT_COMPRESSION	0x0001
#define EXT4_INCOMPAT_FILETYPE		0x0002
#define EXT4_INCOMPAT_RECOVER		0x0004	/* the log must be replayed */
#define EXT4_INCOMPAT_JOURNAL_DEV	0x0008
#define EXT4_INCOMPAT_META_BG		0x0010
#define EXT4_INCOMPAT_EXTENTS		0x0040
#define EXT4_INCOMPAT_64BIT		0x0080
#define EXT4_INCOMPAT_MMP		0x0100
#define EXT4_INCOMPAT_FLEX_BG		0x0200
#define EXT4_INCOMPAT_EA_INODE		0x0400
#define EXT4_INCOMPAT_DIRDATA		0x1000
#define EXT4_INCOMPAT_CSUM_SEED		0x2000
#define EXT4_INCOMPAT_LARGEDIR		0x4000
#define EXT4_INCOMPAT_INLINE_DATA	0x8000
#define EXT4_INCOMPAT_ENCRYPT		0x10000
#define EXT4_INCOMPAT_CASEFOLD		0x20000

#define EXT4_RO_SPARSE_SUPER	0x0001
#define EXT4_RO_LARGE_FILE	0x0002
#define EXT4_RO_BTREE_DIR	0x0004
#define EXT4_RO_HUGE_FILE	0x0008		/* i_blocks may count file system blocks, 48 bits */
#define EXT4_RO_GDT_CSUM	0x0010		/* crc16 of group descriptors, uninit groups */
#define EXT4_RO_DIR_NLINK	0x0020
#define EXT4_RO_EXTRA_ISIZE	0x0040
#define EXT4_RO_QUOTA		0x0100
#define EXT4_RO_BIGALLOC	0x0200
#define EXT4_RO_METADATA_CSUM	0x0400
#define EXT4_RO_READONLY	0x1000
#define EXT4_RO_PROJECT		0x2000
#define EXT4_RO_VERITY		0x8000
#define EXT4_RO_ORPHAN_PRESENT	0x10000

struct ext4_group_desc {
	u32	bg_block_bitmap_lo;		/* 0x00 */
	u32	bg_inode_bitmap_lo;
	u32	bg_inode_table_lo;
	u16	bg_free_blocks_count_lo;
	u16	bg_free_inodes_count_lo;
	u16	bg_used_dirs_count_lo;		/* 0x10 */
	u16	bg_flags;			/* EXT4_BG_* */
	u32	bg_exclude_bitmap_lo;
	u16	bg_block_bitmap_csum_lo;
	u16	bg_inode_bitmap_csum_lo;
	u16	bg_itable_unused_lo;
	u16	bg_checksum;			/* 0x1E */
	/* Only with 64bit and s_desc_size > 32: */
	u32	bg_block_bitmap_hi;		/* 0x20 */
	u32	bg_inode_bitmap_hi;
	u32	bg_inode_table_hi;
	u16	bg_free_blocks_count_hi;
	u16	bg_free_inodes_count_hi;
	u16	bg_used_dirs_count_hi;		/* 0x30 */
	u16	bg_itable_unused_hi;
	u32	bg_exclude_bitmap_hi;
	u16	bg_block_bitmap_csum_hi;
	u16	bg_inode_bitmap_csum_hi;
	u32	bg_reserved;
};
static_assert(sizeof(struct ext4_group_desc) == 64, "group descriptor");
#define EXT4_DESC_SIZE_OLD	32U
#define EXT4_BG_INODE_UNINIT	1		/* inode bitmap and table not initialised */
#define EXT4_BG_BLOCK_UNINIT	2		/* block bitmap not initialised */
#define EXT4_BG_INODE_ZEROED	4		/* inode table is zeroed */

struct ext4_disk_inode {
	u16	i_mode;				/* 0x00 */
	u16	i_uid_lo;
	u32	i_size_lo;
	u32	i_atime;
	u32	i_ctime;
	u32	i_mtime;			/* 0x10 */
	u32	i_dtime;			/* deletion time; orphan list: next inode */
	u16	i_gid_lo;
	u16	i_links_count;
	u32	i_blocks_lo;
	u32	i_flags;			/* 0x20 EXT4_*_FL */
	u32	i_version_lo;
	u32	i_block[15];			/* 0x28 extent root, block map, or fast symlink */
	u32	i_generation;			/* 0x64 */
	u32	i_file_acl_lo;
	u32	i_size_hi;
	u32	i_obso_faddr;
	u16	i_blocks_hi;			/* 0x74 */
	u16	i_file_acl_hi;
	u16	i_uid_hi;
	u16	i_gid_hi;
	u16	i_checksum_lo;			/* 0x7C */
	u16	i_reserved;
	/* From here on only in inodes of more than 128 bytes, i_extra_isize bytes of it. */
	u16	i_extra_isize;			/* 0x80 */
	u16	i_checksum_hi;
	u32	i_ctime_extra;			/* bits 0-1: epoch; 2-31: nanoseconds */
	u32	i_mtime_extra;
	u32	i_atime_extra;
	u32	i_crtime;			/* 0x90 */
	u32	i_crtime_extra;
	u32	i_version_hi;
	u32	i_projid;
};
static_assert(sizeof(struct ext4_disk_inode) == 160, "inode");
#define EXT4_INODE_OLD_SIZE	128U

#define EXT4_SYNC_FL		0x00000008
#define EXT4_IMMUTABLE_FL	0x00000010
#define EXT4_APPEND_FL		0x00000020
#define EXT4_NODUMP_FL		0x00000040
#define EXT4_NOATIME_FL		0x00000080
#define EXT4_INDEX_FL		0x00001000	/* hashed directory */
#define EXT4_JOURNAL_DATA_FL	0x00004000
#define EXT4_TOPDIR_FL		0x00020000
#define EXT4_HUGE_FILE_FL	0x00040000	/* i_blocks in file system blocks */
#define EXT4_EXTENTS_FL		0x00080000
#define EXT4_EA_INODE_FL	0x00200000
#define EXT4_INLINE_DATA_FL	0x10000000

/* Extent tree: a header, then entries sorted by logical block. The root is in i_block (4 entries). */
struct ext4_extent_header {
	u16	eh_magic;			/* EXT4_EXTENT_MAGIC */
	u16	eh_entries;
	u16	eh_max;
	u16	eh_depth;			/* 0: leaves follow */
	u32	eh_generation;
};
struct ext4_extent {
	u32	ee_block;			/* first logical block */
	u16	ee_len;				/* > EXT4_EXTENT_MAX: unwritten, length ee_len - EXT4_EXTENT_MAX */
	u16	ee_start_hi;
	u32	ee_start_lo;
};
struct ext4_extent_idx {
	u32	ei_block;			/* first logical block below */
	u32	ei_leaf_lo;
	u16	ei_leaf_hi;
	u16	ei_unused;
};
static_assert(sizeof(struct ext4_extent) == 12 && sizeof(struct ext4_extent_idx) == 12, "extent");
#define EXT4_EXTENT_MAGIC	0xF30A
#define EXT4_EXTENT_MAX		32768		/* blocks in a written extent; an unwritten one has one less */
#define EXT4_EXTENT_DEPTH_MAX	5
/* With metadata_csum a u32 checksum follows eh_max entries in every block but the root. */

/* Block maps: 12 direct, one indirect, one double, one triple. */
#define EXT4_NDIRECT		12
#define EXT4_IND		12
#define EXT4_DIND		13
#define EXT4_TIND		14

struct ext4_dirent {				/* rec_len steps, multiple of 4; inode 0: unused */
	u32	inode;
	u16	rec_len;
	u8	name_len;
	u8	file_type;			/* EXT4_FT_* */
	char	name[];
};
#define EXT4_DIRENT_SIZE(n)	(((n) + 8 + 3) & ~3U)
#define EXT4_FT_UNKNOWN	0
#define EXT4_FT_REG	1
#define EXT4_FT_DIR	2
#define EXT4_FT_CHR	3
#define EXT4_FT_BLK	4
#define EXT4_FT_FIFO	5
#define EXT4_FT_SOCK	6
#define EXT4_FT_LNK	7

struct ext4_dirent_tail {			/* last 12 bytes of a leaf block with metadata_csum */
	u32	det_zero1;
	u16	det_rec_len;			/* 12 */
	u8	det_zero2;
	u8	det_ft;				/* 0xDE */
	u32	det_checksum;
};
#define EXT4_FT_TAIL	0xDE

struct ext4_dx_entry { u32 hash; u32 block; };	/* the first one: count and limit in place of hash */
struct ext4_dx_countlimit { u16 limit; u16 count; };
struct ext4_dx_root {				/* block 0 of a hashed directory */
	u32	dot_inode;
	u16	dot_rec_len;			/* 12 */
	u8	dot_name_len, dot_type;
	char	dot_name[4];
	u32	dotdot_inode;
	u16	dotdot_rec_len;			/* block size - 12 */
	u8	dotdot_name_len, dotdot_type;
	char	dotdot_name[4];
	u32	reserved;			/* 0 */
	u8	hash_version;			/* EXT4_HASH_* */
	u8	info_length;			/* 8 */
	u8	indirect_levels;
	u8	unused_flags;
	struct ext4_dx_entry entries[];
};
struct ext4_dx_node {				/* inner block: an unused dirent over the whole of it, then entries */
	u32	inode;
	u16	rec_len;
	u8	name_len, file_type;
	struct ext4_dx_entry entries[];
};
struct ext4_dx_tail { u32 reserved; u32 checksum; };	/* after `limit` entries, with metadata_csum */
static_assert(offsetof(struct ext4_dx_root, entries) == 32, "dx root");
static_assert(offsetof(struct ext4_dx_node, entries) == 8, "dx node");
#define EXT4_HASH_LEGACY	0
#define EXT4_HASH_HALF_MD4	1
#define EXT4_HASH_TEA		2
#define EXT4_HASH_LEGACY_U	3		/* the same over unsigned characters */
#define EXT4_HASH_HALF_MD4_U	4
#define EXT4_HASH_TEA_U		5
#define EXT4_HASH_SIPHASH	6

struct ext4_orphan_tail {			/* last 8 bytes of a block of the orphan file */
	u32	ob_magic;			/* EXT4_ORPHAN_MAGIC */
	u32	ob_checksum;
};
#define EXT4_ORPHAN_MAGIC	0x0B10CA04

#define EXT4_LINK_MAX		65000
#define EXT4_NAME_MAX		255

#endif
