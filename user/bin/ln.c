/* ln [-sfn] TARGET... TO */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

static int soft, force;

static int
make_link(const char *target, const char *path)
{
	if (force && unlink(path) && errno != ENOENT) {
		warn_errno(path);
		return 1;
	}
	if ((soft ? symlink : link)(target, path)) {
		warn_errno(path);
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int status = 0, c, is_dir, no_follow = 0;
	struct stat st;
	char *to;

	while ((c = getopt(argc, argv, "sfn")) != -1) {
		soft |= c == 's';
		force |= c == 'f';
		no_follow |= c == 'n';
		if (c == '?')
			usage("ln [-sfn] TARGET... TO");
	}
	if (optind == argc)
		usage("ln [-sfn] TARGET... TO");
	to = argc - optind == 1 ? "." : argv[--argc];
	is_dir = !(no_follow ? lstat : stat)(to, &st) && S_ISDIR(st.st_mode);
	if (argc - optind > 1 && !is_dir) {
		errno = ENOTDIR;
		die_errno(to);
	}
	for (; optind < argc; optind++) {
		char *copy = strdup(argv[optind]), *path = is_dir ? path_join(to, basename(copy)) : to;

		status |= make_link(argv[optind], path);
	}
	return status;
}
