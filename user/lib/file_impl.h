/* file_impl.h - what a FILE is. Private to user/lib. */
#ifndef LIB_FILE_IMPL_H
#define LIB_FILE_IMPL_H

#include <stdio.h>

/*
 * buf[pos, len) holds bytes read and not yet given out, or (F_WRITING) buf[0, pos) holds
 * bytes not yet written. buf is allocated at first use.
 */
struct file {
	int	fd;
	int	flags;
	int	mode;			/* _IOFBF, _IOLBF, _IONBF; MODE_UNKNOWN until first use */
	char	*buf;
	size_t	size, pos, len;
	pid_t	child;			/* of popen */
	struct file *next;		/* all files but the standard ones: for exit */
};

#define F_EOF		1
#define F_ERR		2
#define F_WRITING	4
#define F_OWNBUF	8

#define MODE_UNKNOWN	(-1)

#endif
