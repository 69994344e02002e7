/*
 * cpio_sample.h - a small newc archive made in memory, for the test and the fuzzer.
 *
 * It holds dev/, dev/console and hello.
 */
#ifndef LIB_CPIO_SAMPLE_H
#define LIB_CPIO_SAMPLE_H

#include "lib/host_test.h"

struct sample_file {
	u32	ino, mode, uid, gid, nlink, mtime, rdev_major, rdev_minor;
	const char *name, *data;
};

static inline size_t
sample_entry(u8 *out, size_t at, const struct sample_file *f)
{
	u32 len = f->data ? __builtin_strlen(f->data) : 0;

	at += sprintf((char *)out + at, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		      f->ino, f->mode, f->uid, f->gid, f->nlink, f->mtime, len, 8, 1,
		      f->rdev_major, f->rdev_minor, (u32)__builtin_strlen(f->name) + 1, 0);
	__builtin_strcpy((char *)out + at, f->name);
	at = ALIGN_UP(at + __builtin_strlen(f->name) + 1, 4);
	if (len)
		__builtin_memcpy(out + at, f->data, len);
	return ALIGN_UP(at + len, 4);
}

/* The archive, of exactly its size, for the caller to free. */
static inline u8 *
sample_archive(size_t *size)
{
	static const struct sample_file files[] = {
		{ 1, 0040755, 0, 0, 2, 0, 0, 0, "dev", NULL },
		{ 2, 0020600, 0, 0, 1, 0, 5, 1, "dev/console", NULL },
		{ 0xabcd1234, 0100644, 1000, 100, 2, 1700000000, 0, 0, "hello", "hello, world\n" },
		{ 0, 0, 0, 0, 1, 0, 0, 0, "TRAILER!!!", NULL },
	};
	u8 out[1024] = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		at = sample_entry(out, at, &files[i]);
	*size = ALIGN_UP(at, 512);
	return host_copy(out, *size);
}

#endif
