/*
 * check.h - stating a layout: ABI_SIZE and ABI_OFFSET stop the build when it drifts.
 *
 * These headers are shared by the kernel and by user programs, so they take
 * nothing from lib/.  `make abi-check` compares them with Linux's own.
 */
#ifndef ABI_CHECK_H
#define ABI_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define ABI_SIZE(type, n) \
	_Static_assert(sizeof(type) == (n), "size of " #type)
#define ABI_OFFSET(type, member, n) \
	_Static_assert(offsetof(type, member) == (n), "offset of " #member " in " #type)

#endif
