/* mounts.c - what is mounted where, for mount, umount, df and stat. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "cmd.h"
#include "mounts.h"

static char *
copy(const char *s)
{
	char *p = strdup(s);

	if (!p)
		die("out of memory");
	return p;
}

struct mntent *
mounts_read(size_t *n)
{
	FILE *f = setmntent(MOUNTED, "r");
	struct mntent *table = NULL, *m;
	size_t count = 0;

	if (!f)
		die_errno(MOUNTED);
	while ((m = getmntent(f))) {
		table = reallocarray(table, count + 1, sizeof *table);
		if (!table)
			die("out of memory");
		table[count++] = (struct mntent){
			copy(m->mnt_fsname), copy(m->mnt_dir), copy(m->mnt_type), copy(m->mnt_opts), 0, 0,
		};
	}
	endmntent(f);
	*n = count;
	return table;
}

static int
is_above(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	if (!strcmp(dir, "/"))
		return 1;
	return !strncmp(dir, path, n) && (!path[n] || path[n] == '/');
}

/* Of several at one place the last is on top; of several above a path the longest is nearest. */
const struct mntent *
mount_of(const char *path, const struct mntent *table, size_t n)
{
	const struct mntent *best = NULL;
	char full[PATH_MAX];
	struct stat st;

	if (stat(path, &st) || !realpath(path, full)) {
		warn_errno(path);
		return NULL;
	}
	for (size_t i = 0; S_ISBLK(st.st_mode) && i < n; i++)
		if (!strcmp(table[i].mnt_fsname, full))
			best = &table[i];
	if (best)
		return best;
	for (size_t i = 0; i < n; i++)
		if (is_above(table[i].mnt_dir, full) && (!best || strlen(table[i].mnt_dir) >= strlen(best->mnt_dir)))
			best = &table[i];
	if (!best)
		warn_text("%s: not on any mounted file system", path);
	return best;
}
