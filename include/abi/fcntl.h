/*
 * fcntl.h - opening files and what *at() calls, fcntl and friends take.
 * Source: Linux include/uapi/asm-generic/fcntl.h, linux/fcntl.h, fs.h, falloc.h, fadvise.h, close_range.h, eventpoll.h.
 */
#ifndef ABI_FCNTL_H
#define ABI_FCNTL_H

#include "abi/check.h"

#define O_ACCMODE	00000003
#define O_RDONLY	00000000
#define O_WRONLY	00000001
#define O_RDWR		00000002
#define O_CREAT		00000100
#define O_EXCL		00000200
#define O_NOCTTY	00000400
#define O_TRUNC		00001000
#define O_APPEND	00002000
#define O_NONBLOCK	00004000
#define O_NDELAY	O_NONBLOCK
#define O_DSYNC		00010000
#define O_ASYNC		00020000	/* the C library's name of FASYNC */
#define FASYNC		00020000
#define O_DIRECT	00040000
#define O_LARGEFILE	00100000
#define O_DIRECTORY	00200000
#define O_NOFOLLOW	00400000
#define O_NOATIME	01000000
#define O_CLOEXEC	02000000
#define O_SYNC		04010000
#define O_PATH		010000000
#define O_TMPFILE	020200000

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x100
#define AT_EACCESS		0x200
#define AT_REMOVEDIR		0x200
#define AT_SYMLINK_FOLLOW	0x400
#define AT_NO_AUTOMOUNT		0x800
#define AT_EMPTY_PATH		0x1000
#define AT_STATX_SYNC_TYPE	0x6000
#define AT_STATX_SYNC_AS_STAT	0x0000
#define AT_STATX_FORCE_SYNC	0x2000
#define AT_STATX_DONT_SYNC	0x4000
#define AT_RECURSIVE		0x8000

#define R_OK		4	/* faccessat; the C library's <unistd.h> */
#define W_OK		2
#define X_OK		1
#define F_OK		0

#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4
#define F_GETLK		5
#define F_SETLK		6
#define F_SETLKW	7
#define F_SETOWN	8
#define F_GETOWN	9
#define F_SETSIG	10
#define F_GETSIG	11
#define F_SETOWN_EX	15
#define F_GETOWN_EX	16
#define F_OFD_GETLK	36
#define F_OFD_SETLK	37
#define F_OFD_SETLKW	38
#define F_SETLEASE	1024
#define F_GETLEASE	1025
#define F_NOTIFY	1026
#define F_DUPFD_CLOEXEC	1030
#define F_SETPIPE_SZ	1031
#define F_GETPIPE_SZ	1032
#define F_ADD_SEALS	1033
#define F_GET_SEALS	1034

#define FD_CLOEXEC	1

#define DN_ACCESS	0x00000001	/* F_NOTIFY */
#define DN_MODIFY	0x00000002
#define DN_CREATE	0x00000004
#define DN_DELETE	0x00000008
#define DN_RENAME	0x00000010
#define DN_ATTRIB	0x00000020
#define DN_MULTISHOT	0x80000000

#define F_OWNER_TID	0
#define F_OWNER_PID	1
#define F_OWNER_PGRP	2

#define F_RDLCK		0	/* l_type of struct abi_flock */
#define F_WRLCK		1
#define F_UNLCK		2

#define LOCK_SH		1	/* flock(2) */
#define LOCK_EX		2
#define LOCK_NB		4
#define LOCK_UN		8

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define SEEK_DATA	3
#define SEEK_HOLE	4

#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE	2
#define RENAME_WHITEOUT	4

#define FALLOC_FL_KEEP_SIZE	0x01
#define FALLOC_FL_PUNCH_HOLE	0x02
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE	0x10
#define FALLOC_FL_INSERT_RANGE	0x20
#define FALLOC_FL_UNSHARE_RANGE	0x40

#define POSIX_FADV_NORMAL	0
#define POSIX_FADV_RANDOM	1
#define POSIX_FADV_SEQUENTIAL	2
#define POSIX_FADV_WILLNEED	3
#define POSIX_FADV_DONTNEED	4
#define POSIX_FADV_NOREUSE	5

/* splice, tee, vmsplice. */
#define SPLICE_F_MOVE		1
#define SPLICE_F_NONBLOCK	2
#define SPLICE_F_MORE		4
#define SPLICE_F_GIFT		8

/* sync_file_range(2). */
#define SYNC_FILE_RANGE_WAIT_BEFORE	1
#define SYNC_FILE_RANGE_WRITE		2
#define SYNC_FILE_RANGE_WAIT_AFTER	4

/* openat2(2): struct open_how, as linux/openat2.h has it; how its path is walked. */
#define RESOLVE_NO_XDEV		0x01
#define RESOLVE_NO_MAGICLINKS	0x02
#define RESOLVE_NO_SYMLINKS	0x04
#define RESOLVE_BENEATH		0x08
#define RESOLVE_IN_ROOT		0x10
#define RESOLVE_CACHED		0x20

#define CLOSE_RANGE_UNSHARE	2
#define CLOSE_RANGE_CLOEXEC	4

#define PATH_MAX	4096	/* linux/limits.h: with the NUL */
#define NAME_MAX	255	/* without */
#define PIPE_BUF	4096

struct abi_flock {
	int16_t	l_type;
	int16_t	l_whence;
	int64_t	l_start;
	int64_t	l_len;
	int32_t	l_pid;
};
ABI_SIZE(struct abi_flock, 32);
ABI_OFFSET(struct abi_flock, l_start, 8);
ABI_OFFSET(struct abi_flock, l_pid, 24);

struct abi_open_how {
	uint64_t flags;			/* O_* */
	uint64_t mode;
	uint64_t resolve;		/* RESOLVE_* */
};
ABI_SIZE(struct abi_open_how, 24);

struct abi_f_owner_ex {			/* F_SETOWN_EX */
	int32_t	type;			/* F_OWNER_* */
	int32_t	pid;
};
ABI_SIZE(struct abi_f_owner_ex, 8);

#endif
