/* mman.h - mapping memory. */
#ifndef SYS_MMAN_H
#define SYS_MMAN_H

#include <bits/types.h>
#include "abi/mman.h"

#define MAP_FAILED	((void *)-1)

void	*mmap(void *addr, size_t n, int prot, int flags, int fd, off_t off);
int	munmap(void *addr, size_t n);
int	mprotect(void *addr, size_t n, int prot);
int	madvise(void *addr, size_t n, int advice);
int	msync(void *addr, size_t n, int flags);
void	*mremap(void *addr, size_t n, size_t to, int flags, ...);
int	mlock(const void *addr, size_t n);
int	munlock(const void *addr, size_t n);

#endif
