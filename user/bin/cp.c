/* cp [-rRpafL] FILE... TO */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/copy.h"

int
main(int argc, char **argv)
{
	int flags = COPY_TOP, status = 0, c, is_dir;
	struct stat st;
	char *to;

	while ((c = getopt(argc, argv, "rRpafLd")) != -1) {
		switch (c) {
		case 'r':
		case 'R':
			flags |= COPY_RECURSIVE;
			break;
		case 'p':
			flags |= COPY_KEEP;
			break;
		case 'a':
			flags |= COPY_RECURSIVE | COPY_KEEP;
			break;
		case 'f':
			flags |= COPY_FORCE;
			break;
		case 'L':
			flags |= COPY_FOLLOW;
			break;
		case 'd':
			break;
		default:
			usage("cp [-rpafL] FILE... TO");
		}
	}
	if (argc - optind < 2)
		usage("cp [-rpafL] FILE... TO");
	to = argv[--argc];
	is_dir = !stat(to, &st) && S_ISDIR(st.st_mode);
	if (argc - optind > 1 && !is_dir) {
		errno = ENOTDIR;
		die_errno(to);
	}
	for (; optind < argc; optind++) {
		char *copy, *path;

		if (!is_dir) {
			status |= copy_tree(argv[optind], to, flags);
			continue;
		}
		copy = strdup(argv[optind]);
		path = path_join(to, basename(copy));
		status |= copy_tree(argv[optind], path, flags);
		free(path);
		free(copy);
	}
	return status;
}
