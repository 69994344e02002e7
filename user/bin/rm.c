/* rm [-rfv] FILE... */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

static int recursive, force, verbose, status;

static void
failed(const char *path)
{
	if (force && errno == ENOENT)
		return;
	warn_errno(path);
	status = 1;
}

static void
remove_path(const char *path)
{
	struct stat st;
	struct dirent *e;
	DIR *d;

	if (lstat(path, &st)) {
		failed(path);
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		if (unlink(path))
			failed(path);
		else if (verbose)
			printf("removed '%s'\n", path);
		return;
	}
	if (!recursive) {
		errno = EISDIR;
		failed(path);
		return;
	}
	d = opendir(path);
	if (!d) {
		failed(path);
		return;
	}
	while ((e = readdir(d))) {
		char *below;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		below = path_join(path, e->d_name);
		remove_path(below);
		free(below);
	}
	closedir(d);
	if (rmdir(path))
		failed(path);
	else if (verbose)
		printf("removed directory '%s'\n", path);
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "rRfiv")) != -1) {
		switch (c) {
		case 'r':
		case 'R':
			recursive = 1;
			break;
		case 'f':
			force = 1;
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			usage("rm [-rfv] FILE...");
		}
	}
	if (optind == argc && !force)
		usage("rm [-rfv] FILE...");
	for (; optind < argc; optind++) {
		const char *path = argv[optind], *base = strrchr(path, '/');

		base = base ? base + 1 : path;
		if (!strcmp(base, ".") || !strcmp(base, "..") || !strcmp(path, "/")) {
			warn_text("%s: will not be removed", path);
			status = 1;
			continue;
		}
		remove_path(path);
	}
	return finish_output(status);
}
