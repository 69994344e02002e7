/*
 * disk.h - the log on the disk. All numbers are BIG-endian.
 *
 *	block 0     super block: where the log's live part begins (s_start, 0: empty) and which number its first
 *	            transaction has (s_sequence)
 *	s_first...  a ring of transactions, each:
 *	            [revoke blocks] { [descriptor block: tags][the blocks they name] } ... [commit block]
 *
 * Source: the kernel's Documentation/filesystems/ext4/journal.rst.
 */
#ifndef FS_JBD2_DISK_H
#define FS_JBD2_DISK_H

#include "lib/types.h"

#define JBD2_MAGIC	0xC03B3998U
#define JBD2_DESCRIPTOR	1
#define JBD2_COMMIT	2
#define JBD2_SUPER_V1	3
#define JBD2_SUPER_V2	4
#define JBD2_REVOKE	5

struct jbd2_header { u32 h_magic, h_blocktype, h_sequence; };

struct jbd2_disk_super {
	struct jbd2_header s_header;	/* 0x00 */
	u32	s_blocksize;		/* 0x0C */
	u32	s_maxlen;		/* 0x10 blocks in the log, with this one */
	u32	s_first;		/* 0x14 first block of the ring */
	u32	s_sequence;		/* 0x18 */
	u32	s_start;		/* 0x1C */
	s32	s_errno;		/* 0x20 */
	u32	s_feature_compat;	/* 0x24 */
	u32	s_feature_incompat;	/* 0x28 */
	u32	s_feature_ro_compat;	/* 0x2C */
	u8	s_uuid[16];		/* 0x30 */
	u32	s_nr_users;		/* 0x40 */
	u32	s_dynsuper;		/* 0x44 */
	u32	s_max_transaction;	/* 0x48 */
	u32	s_max_trans_data;	/* 0x4C */
	u8	s_checksum_type;	/* 0x50 JBD2_CRC32C */
	u8	s_padding2[3];
	u32	s_num_fc_blks;		/* 0x54 */
	u32	s_head;			/* 0x58 */
	u32	s_padding[40];		/* 0x5C */
	u32	s_checksum;		/* 0xFC crc32c of the super block with this 0 */
	u8	s_users[16 * 48];	/* 0x100 */
};
static_assert(sizeof(struct jbd2_disk_super) == 1024, "journal super block");

#define JBD2_COMPAT_CHECKSUM		1	/* crc32 in commit blocks (v1) */
#define JBD2_INCOMPAT_REVOKE		0x01
#define JBD2_INCOMPAT_64BIT		0x02
#define JBD2_INCOMPAT_ASYNC_COMMIT	0x04
#define JBD2_INCOMPAT_CSUM_V2		0x08
#define JBD2_INCOMPAT_CSUM_V3		0x10
#define JBD2_INCOMPAT_FAST_COMMIT	0x20
#define JBD2_CRC32C			4

/* Tags: without CSUM_V3. The checksum is 16 bits with CSUM_V2, else 0; blocknr_high only with 64BIT. */
struct jbd2_tag { u32 t_blocknr; u16 t_checksum; u16 t_flags; u32 t_blocknr_high; };
/* With CSUM_V3: always 16 bytes. */
struct jbd2_tag3 { u32 t_blocknr, t_flags, t_blocknr_high, t_checksum; };
#define JBD2_TAG_ESCAPE		1	/* the block began with the magic number: written as 0 */
#define JBD2_TAG_SAME_UUID	2	/* else 16 bytes of UUID follow the tag */
#define JBD2_TAG_DELETED	4
#define JBD2_TAG_LAST		8

struct jbd2_block_tail { u32 t_checksum; };	/* end of descriptor and revoke blocks, with CSUM_V2 or V3 */

/* Then the blocks: u32, or u64 with 64BIT. r_count: bytes used, with the header. */
struct jbd2_revoke_header { struct jbd2_header r_header; u32 r_count; };

struct jbd2_commit {
	struct jbd2_header h_header;	/* 0x00 */
	u8	h_chksum_type, h_chksum_size, h_padding[2];
	u32	h_chksum[8];		/* 0x10 */
	u64	h_commit_sec;		/* 0x30 */
	u32	h_commit_nsec;		/* 0x38 */
};

#endif
