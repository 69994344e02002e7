/* sendfile.h - copying inside the kernel. */
#ifndef SYS_SENDFILE_H
#define SYS_SENDFILE_H

#include <bits/types.h>

ssize_t	sendfile(int out, int in, off_t *off, size_t n);

#endif
