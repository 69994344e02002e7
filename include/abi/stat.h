/*
 * stat.h - what stat and statx report.
 * Source: Linux include/uapi/linux/stat.h, asm-generic/stat.h, linux/kdev_t.h.
 */
#ifndef ABI_STAT_H
#define ABI_STAT_H

#include "abi/check.h"
#include "abi/time.h"

#define S_IFMT		0170000
#define S_IFSOCK	0140000
#define S_IFLNK		0120000
#define S_IFREG		0100000
#define S_IFBLK		0060000
#define S_IFDIR		0040000
#define S_IFCHR		0020000
#define S_IFIFO		0010000
#define S_ISUID		0004000
#define S_ISGID		0002000
#define S_ISVTX		0001000

#define S_ISLNK(m)	(((m) & S_IFMT) == S_IFLNK)
#define S_ISREG(m)	(((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m)	(((m) & S_IFMT) == S_IFDIR)
#define S_ISCHR(m)	(((m) & S_IFMT) == S_IFCHR)
#define S_ISBLK(m)	(((m) & S_IFMT) == S_IFBLK)
#define S_ISFIFO(m)	(((m) & S_IFMT) == S_IFIFO)
#define S_ISSOCK(m)	(((m) & S_IFMT) == S_IFSOCK)

#define S_IRWXU		00700
#define S_IRUSR		00400
#define S_IWUSR		00200
#define S_IXUSR		00100
#define S_IRWXG		00070
#define S_IRGRP		00040
#define S_IWGRP		00020
#define S_IXGRP		00010
#define S_IRWXO		00007
#define S_IROTH		00004
#define S_IWOTH		00002
#define S_IXOTH		00001

/* A device number as st_dev and mknodat carry it: minor low 8, major 12, minor high 12 bits. */
#define ABI_DEV(major, minor) \
	(((uint32_t)(minor) & 0xff) | ((uint32_t)(major) & 0xfff) << 8 | ((uint32_t)(minor) & ~0xffU) << 12)
#define ABI_DEV_MAJOR(dev)	((uint32_t)(dev) >> 8 & 0xfff)
#define ABI_DEV_MINOR(dev)	(((uint32_t)(dev) & 0xff) | ((uint32_t)(dev) >> 12 & ~0xffU))

struct abi_stat {
	uint64_t st_dev;
	uint64_t st_ino;
	uint32_t st_mode;
	uint32_t st_nlink;
	uint32_t st_uid;
	uint32_t st_gid;
	uint64_t st_rdev;
	uint64_t pad1_;
	int64_t	st_size;
	int32_t	st_blksize;
	int32_t	pad2_;
	int64_t	st_blocks;		/* of 512 bytes */
	struct abi_timespec st_atim;
	struct abi_timespec st_mtim;
	struct abi_timespec st_ctim;
	uint32_t unused_[2];
};
ABI_SIZE(struct abi_stat, 128);
ABI_OFFSET(struct abi_stat, st_rdev, 32);
ABI_OFFSET(struct abi_stat, st_size, 48);
ABI_OFFSET(struct abi_stat, st_blocks, 64);
ABI_OFFSET(struct abi_stat, st_atim, 72);

#define STATX_TYPE		0x0001U
#define STATX_MODE		0x0002U
#define STATX_NLINK		0x0004U
#define STATX_UID		0x0008U
#define STATX_GID		0x0010U
#define STATX_ATIME		0x0020U
#define STATX_MTIME		0x0040U
#define STATX_CTIME		0x0080U
#define STATX_INO		0x0100U
#define STATX_SIZE		0x0200U
#define STATX_BLOCKS		0x0400U
#define STATX_BASIC_STATS	0x07ffU
#define STATX_BTIME		0x0800U
#define STATX_ALL		0x0fffU
#define STATX_MNT_ID		0x1000U
#define STATX_DIOALIGN		0x2000U
#define STATX__RESERVED		0x80000000U

#define STATX_ATTR_COMPRESSED	0x000004
#define STATX_ATTR_IMMUTABLE	0x000010
#define STATX_ATTR_APPEND	0x000020
#define STATX_ATTR_NODUMP	0x000040
#define STATX_ATTR_ENCRYPTED	0x000800
#define STATX_ATTR_AUTOMOUNT	0x001000
#define STATX_ATTR_MOUNT_ROOT	0x002000
#define STATX_ATTR_VERITY	0x100000
#define STATX_ATTR_DAX		0x200000

struct abi_statx_timestamp {
	int64_t	tv_sec;
	uint32_t tv_nsec;
	int32_t	pad_;
};
ABI_SIZE(struct abi_statx_timestamp, 16);

struct abi_statx {
	uint32_t stx_mask;
	uint32_t stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink;
	uint32_t stx_uid;
	uint32_t stx_gid;
	uint16_t stx_mode;
	uint16_t pad1_;
	uint64_t stx_ino;
	uint64_t stx_size;
	uint64_t stx_blocks;
	uint64_t stx_attributes_mask;
	struct abi_statx_timestamp stx_atime;
	struct abi_statx_timestamp stx_btime;
	struct abi_statx_timestamp stx_ctime;
	struct abi_statx_timestamp stx_mtime;
	uint32_t stx_rdev_major;
	uint32_t stx_rdev_minor;
	uint32_t stx_dev_major;
	uint32_t stx_dev_minor;
	uint64_t stx_mnt_id;
	uint32_t stx_dio_mem_align;
	uint32_t stx_dio_offset_align;
	uint64_t spare_[12];
};
ABI_SIZE(struct abi_statx, 256);
ABI_OFFSET(struct abi_statx, stx_ino, 32);
ABI_OFFSET(struct abi_statx, stx_atime, 64);
ABI_OFFSET(struct abi_statx, stx_rdev_major, 128);
ABI_OFFSET(struct abi_statx, stx_mnt_id, 144);

#endif
