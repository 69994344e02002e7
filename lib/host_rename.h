/*
 * host_rename.h - on the build machine, lib/'s functions that the C library also has are called k_NAME.
 *
 * Put before every file of the host tests (host.mk), so that the functions under
 * test never stand in for the C library's, which the sanitizers need. A test
 * reaches the C library's by __builtin_NAME.
 */
#ifndef LIB_HOST_RENAME_H
#define LIB_HOST_RENAME_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define memcpy		k_memcpy
#define memmove		k_memmove
#define memset		k_memset
#define memcmp		k_memcmp
#define memchr		k_memchr
#define strlen		k_strlen
#define strnlen		k_strnlen
#define strcmp		k_strcmp
#define strncmp		k_strncmp
#define strchr		k_strchr
#define strrchr		k_strrchr
#define strstr		k_strstr
#define strlcpy		k_strlcpy
#define strlcat		k_strlcat
#define strtoul		k_strtoul
#define snprintf	k_snprintf
#define vsnprintf	k_vsnprintf

#define __ctzdi2	k_ctzdi2
#define __ctzsi2	k_ctzsi2
#define __clzdi2	k_clzdi2
#define __clzsi2	k_clzsi2
#define __ffsdi2	k_ffsdi2
#define __popcountdi2	k_popcountdi2
#define __popcountsi2	k_popcountsi2
#define __paritydi2	k_paritydi2
#define __bswapdi2	k_bswapdi2
#define __bswapsi2	k_bswapsi2

#endif
