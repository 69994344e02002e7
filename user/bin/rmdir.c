/* rmdir [-p] DIRECTORY... */
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int parents = 0, status = 0, c;

	while ((c = getopt(argc, argv, "p")) != -1) {
		if (c == '?')
			usage("rmdir [-p] DIRECTORY...");
		parents = 1;
	}
	if (optind == argc)
		usage("rmdir [-p] DIRECTORY...");
	for (; optind < argc; optind++) {
		char *path = argv[optind], *slash;

		for (;;) {
			if (rmdir(path)) {
				warn_errno(path);
				status = 1;
				break;
			}
			slash = strrchr(path, '/');
			if (!parents || !slash || slash == path)
				break;
			*slash = '\0';
		}
	}
	return status;
}
