/*
 * dirent.h - what getdents64 returns.
 * Source: Linux include/linux/dirent.h, fs_types.h (the C library's <dirent.h>).
 */
#ifndef ABI_DIRENT_H
#define ABI_DIRENT_H

#include "abi/check.h"

#define DT_UNKNOWN	0	/* the others are S_IFMT bits >> 12 */
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10
#define DT_SOCK		12
#define DT_WHT		14

struct abi_dirent64 {
	uint64_t d_ino;
	int64_t	d_off;			/* where the next entry starts: for lseek */
	uint16_t d_reclen;		/* of this record, a multiple of 8 */
	uint8_t	d_type;
	char	d_name[];		/* NUL-terminated */
};
ABI_SIZE(struct abi_dirent64, 24);
ABI_OFFSET(struct abi_dirent64, d_reclen, 16);
ABI_OFFSET(struct abi_dirent64, d_name, 19);

#endif
