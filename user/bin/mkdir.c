/* mkdir [-p] [-m MODE] DIRECTORY... */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

/* Make the directories above path, as far as they are missing. */
static int
make_parents(char *path)
{
	char *p;

	for (p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0777) && errno != EEXIST) {
			warn_errno(path);
			*p = '/';
			return 1;
		}
		*p = '/';
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int parents = 0, mode = -1, status = 0, c;

	while ((c = getopt(argc, argv, "pm:")) != -1) {
		switch (c) {
		case 'p':
			parents = 1;
			break;
		case 'm':
			mode = mode_parse(optarg, 0777, 1, 0);
			if (mode < 0)
				die("%s: bad mode", optarg);
			break;
		default:
			usage("mkdir [-p] [-m MODE] DIRECTORY...");
		}
	}
	if (optind == argc)
		usage("mkdir [-p] [-m MODE] DIRECTORY...");
	for (; optind < argc; optind++) {
		char *path = argv[optind];
		size_t n = strlen(path);
		struct stat st;

		while (n > 1 && path[n - 1] == '/')
			path[--n] = '\0';
		if (parents && make_parents(path)) {
			status = 1;
			continue;
		}
		if (mkdir(path, 0777)) {
			if (parents && errno == EEXIST && !stat(path, &st) && S_ISDIR(st.st_mode))
				continue;
			warn_errno(path);
			status = 1;
		} else if (mode >= 0 && chmod(path, mode)) {
			warn_errno(path);
			status = 1;
		}
	}
	return status;
}
