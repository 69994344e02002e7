/* touch [-c] FILE... - make files, or set their times to now. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int no_create = 0, status = 0, c;

	while ((c = getopt(argc, argv, "cam")) != -1) {
		no_create |= c == 'c';
		if (c == '?')
			usage("touch [-c] FILE...");
	}
	if (optind == argc)
		usage("touch [-c] FILE...");
	for (; optind < argc; optind++) {
		const char *path = argv[optind];
		int fd;

		if (utimensat(AT_FDCWD, path, NULL, 0) == 0)
			continue;
		if (errno == ENOENT && no_create)
			continue;
		fd = errno == ENOENT ? open(path, O_WRONLY | O_CREAT, 0666) : -1;
		if (fd < 0) {
			warn_errno(path);
			status = 1;
		} else {
			close(fd);
		}
	}
	return status;
}
