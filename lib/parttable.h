/*
 * parttable.h - the tables at the start of a disk that divide it: MBR with extended partitions, and GPT.
 */
#ifndef LIB_PARTTABLE_H
#define LIB_PARTTABLE_H

#include "lib/types.h"

#define PARTTABLE_MAX	128		/* partitions of a disk that are looked at */

struct parttable_disk {
	u64	sectors;		/* size in 512-byte units */
	u32	block_size;		/* what tables count in: a power of two from 512 to 4096 */
	/* Read the block_size bytes of block `block` (always one of the disk's). 0 or -errno. */
	int	(*read)(void *arg, u64 block, void *buf);
	/* A partition: its number from 1 on, and its place within the disk in 512-byte units. */
	void	(*found)(void *arg, int number, u64 start, u64 sectors);
	/* What is wrong with the table, in a few words. */
	void	(*complain)(void *arg, const char *what);
	void	*arg;
};

enum parttable_kind { PARTTABLE_NONE, PARTTABLE_MBR, PARTTABLE_GPT };

/*
 * Look for a table and tell of each partition that lies within the disk. buf: block_size bytes for the time of the
 * call. The kind of table, or what read() returned.
 */
int	parttable_scan(const struct parttable_disk *disk, void *buf);

#endif
