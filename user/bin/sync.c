/* sync [-d | -f] [FILE...] - write everything to the disks, or files; -d: only their data, -f: their file systems. */
#include <fcntl.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int (*how)(int) = fsync, status = 0, c;

	while ((c = getopt(argc, argv, "df")) != -1) {
		if (c == '?')
			usage("sync [-d | -f] [FILE...]");
		how = c == 'd' ? fdatasync : syncfs;
	}
	if (optind == argc)
		sync();
	for (; optind < argc; optind++) {
		int fd = open(argv[optind], O_RDONLY | O_NONBLOCK);

		if (fd < 0 || how(fd)) {
			warn_errno(argv[optind]);
			status = 1;
		}
		if (fd >= 0)
			close(fd);
	}
	return status;
}
