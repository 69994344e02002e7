/* umount [-lfr] DIRECTORY|DEVICE... - -l: out of sight now, gone when unused; -r: read-only where it is in use. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/mounts.h"

/* A device stands for the directory it was mounted on last. */
static const char *
directory(const char *path)
{
	size_t n;
	struct mntent *m;
	struct stat st;

	if (stat(path, &st) || !S_ISBLK(st.st_mode))
		return path;
	for (m = mounts_read(&n); n; n--)
		if (!strcmp(m[n - 1].mnt_fsname, path))
			return m[n - 1].mnt_dir;
	return path;
}

int
main(int argc, char **argv)
{
	int flags = 0, read_only = 0, status = 0, c;

	while ((c = getopt(argc, argv, "lfr")) != -1) {
		if (c == '?')
			usage("umount [-lfr] DIRECTORY|DEVICE...");
		read_only |= c == 'r';
		flags |= c == 'l' ? MNT_DETACH : c == 'f' ? MNT_FORCE : 0;
	}
	if (optind == argc)
		usage("umount [-lfr] DIRECTORY|DEVICE...");
	for (; optind < argc; optind++) {
		const char *dir = directory(argv[optind]);

		if (!umount2(dir, flags))
			continue;
		if (read_only && errno == EBUSY && !mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL)) {
			warn_text("%s: busy, now read-only", argv[optind]);
			continue;
		}
		warn_errno(argv[optind]);
		status = 1;
	}
	return status;
}
