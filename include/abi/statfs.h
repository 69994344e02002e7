/*
 * statfs.h - what statfs reports.
 * Source: Linux include/uapi/asm-generic/statfs.h, linux/magic.h, include/linux/statfs.h.
 */
#ifndef ABI_STATFS_H
#define ABI_STATFS_H

#include "abi/check.h"

#define EXT4_SUPER_MAGIC	0xEF53
#define TMPFS_MAGIC		0x01021994
#define RAMFS_MAGIC		0x858458f6U
#define PROC_SUPER_MAGIC	0x9fa0
#define SYSFS_MAGIC		0x62656572
#define DEVPTS_SUPER_MAGIC	0x1cd1
#define PIPEFS_MAGIC		0x50495045
#define SOCKFS_MAGIC		0x534F434B
#define ANON_INODE_FS_MAGIC	0x09041934
#define MSDOS_SUPER_MAGIC	0x4d44
#define OVERLAYFS_SUPER_MAGIC	0x794c7630
#define CGROUP2_SUPER_MAGIC	0x63677270

#define ST_RDONLY	0x0001	/* f_flags */
#define ST_NOSUID	0x0002
#define ST_NODEV	0x0004
#define ST_NOEXEC	0x0008
#define ST_SYNCHRONOUS	0x0010
#define ST_VALID	0x0020
#define ST_NOATIME	0x0400
#define ST_NODIRATIME	0x0800
#define ST_RELATIME	0x1000

struct abi_statfs {
	int64_t	f_type;
	int64_t	f_bsize;
	int64_t	f_blocks;
	int64_t	f_bfree;
	int64_t	f_bavail;
	int64_t	f_files;
	int64_t	f_ffree;
	int32_t	f_fsid[2];
	int64_t	f_namelen;
	int64_t	f_frsize;
	int64_t	f_flags;
	int64_t	f_spare[4];
};
ABI_SIZE(struct abi_statfs, 120);
ABI_OFFSET(struct abi_statfs, f_namelen, 64);

#endif
