/*
 * random.h - unpredictable bytes, from the first C function on.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include "lib/types.h"

/* Any context. */
void	random_bytes(void *buf, size_t n);
/* Stir in something that others cannot know: a device's noise, what a program writes to /dev/random. */
void	random_mix(const void *buf, size_t n);

#endif
