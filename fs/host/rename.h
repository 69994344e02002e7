/*
 * rename.h - names that the C library has too, in the kernel's files on the build machine.
 *
 * Put before every file. memcpy and its like are not here: the C library's do the same, and the
 * sanitizer knows them. lib.a (lib/host.mk) has the others by these names.
 */
#ifndef FS_HOST_RENAME_H
#define FS_HOST_RENAME_H

#define snprintf	k_snprintf
#define vsnprintf	k_vsnprintf
#define strlcpy		k_strlcpy
#define strlcat		k_strlcat
#define strtoul		k_strtoul

#endif
