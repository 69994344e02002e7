/* random.h - random bytes. */
#ifndef SYS_RANDOM_H
#define SYS_RANDOM_H

#include <bits/types.h>
#include "abi/random.h"

ssize_t	getrandom(void *buf, size_t n, unsigned int flags);

#endif
