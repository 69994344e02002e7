/* file.h - flock. */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <fcntl.h>

int	flock(int fd, int op);

#endif
