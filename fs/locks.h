/*
 * locks.h - the locks of files, as /proc/locks shows them.
 */
#ifndef FS_LOCKS_H
#define FS_LOCKS_H

#include "lib/types.h"

struct lock_view {
	const char *kind;		/* "POSIX", "OFDLCK", "FLOCK" */
	bool	write;
	int	pid;
	u32	dev;
	u64	ino;
	s64	start, end;		/* both included; end LOCK_TO_END: to the end of all */
};
#define LOCK_TO_END	INT64_MAX

/* All locks that are held at this moment: the first `max` in v. How many there are. */
size_t	locks_look(struct lock_view *v, size_t max);

#endif
