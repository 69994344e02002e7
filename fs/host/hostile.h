/*
 * hostile.h - disks made to mislead: small file systems of many kinds, with one place or another of their metadata
 * changed. For the fuzzer (fs/ext4/ext4_fuzz.c).
 */
#ifndef FS_HOST_HOSTILE_H
#define FS_HOST_HOSTILE_H

#include "fs/ext4/ext4.h"

/* What a piece of metadata is: that says which checksum has to follow it. */
enum piece_kind {
	PIECE_SUPER, PIECE_DESC, PIECE_BITMAP, PIECE_INODE, PIECE_EXTENTS, PIECE_INDIRECT, PIECE_DIR, PIECE_INDEX,
	PIECE_XATTR, PIECE_ORPHANS, PIECE_LOG_SUPER, PIECE_LOG_BLOCK, PIECE_KINDS
};

struct piece {
	enum piece_kind kind;
	u64	at;			/* bytes from the start of the disk */
	u32	size;
	u32	who;			/* its inode, or group */
	u32	seed;			/* of its checksum */
	bool	inodes;			/* a bitmap of inodes */
};

struct hostile_image {
	const char *args;		/* mke2fs's */
	char	*bytes;
	u64	size;
	struct ext4_sb s;		/* as much of it as block numbers and checksums need */
	struct piece *piece;		/* by kind */
	uint	n;
	uint	first[PIECE_KINDS + 1];	/* those of kind k are first[k] ... first[k + 1] - 1 */
};

#define HOSTILE_IMAGES	9
/* Image i: made by mke2fs, filled, and used by this kernel; some were in use when the power went. */
void	hostile_make(struct hostile_image *image, uint i);
void	hostile_free(struct hostile_image *image);
/* A few changes, drawn by host_random(), to `bytes`, a copy of the image's; fix: and to the checksums above them. */
void	hostile_mutate(const struct hostile_image *image, char *bytes, bool fix);
uint	hostile_count(const struct hostile_image *image, enum piece_kind kind);

#endif
