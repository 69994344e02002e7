/*
 * filesystems.c - the kinds of file system there are, by name.
 *
 * Data        an array: kinds register at boot and stay.
 * Locks       none: vfs_init() and the drivers' start run on one hart.
 */
#include "fs/internal.h"
#include "kernel/printk.h"
#include "lib/fmt.h"
#include "lib/string.h"

static const struct file_system *kinds[16];
static int nkinds;

void
fs_register(const struct file_system *fs)
{
	if (nkinds == ARRAY_SIZE(kinds))
		panic("too many file systems: %s", fs->name);
	kinds[nkinds++] = fs;
}

const struct file_system *
fs_find(const char *name)
{
	int i;

	for (i = 0; i < nkinds; i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

const char *
fs_disk_kind(int i)
{
	int k;

	for (k = 0; k < nkinds; k++)
		if (!kinds[k]->nodev && i-- == 0)
			return kinds[k]->name;
	return NULL;
}

/* Line i of /proc/filesystems into buf; its length, 0 past the end. */
int
fs_show(int i, char *buf, size_t size)
{
	if (i >= nkinds)
		return 0;
	return snprintf(buf, size, "%s\t%s\n", kinds[i]->nodev ? "nodev" : "", kinds[i]->name);
}
