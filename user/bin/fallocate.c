/* fallocate [-n] [-p | -z] [-o OFFSET] -l LENGTH FILE - blocks for a file; -n: not longer, -p: a hole, -z: zeros. */
#include <fcntl.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	static const char text[] = "fallocate [-n] [-p | -z] [-o OFFSET] -l LENGTH FILE";
	off_t off = 0, len = 0;
	int mode = 0, c, fd;

	while ((c = getopt(argc, argv, "npzo:l:")) != -1) {
		switch (c) {
		case 'n':
			mode |= FALLOC_FL_KEEP_SIZE;
			break;
		case 'p':
			mode |= FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
			break;
		case 'z':
			mode |= FALLOC_FL_ZERO_RANGE;
			break;
		case 'o':
			off = size_number(optarg, "offset");
			break;
		case 'l':
			len = size_number(optarg, "length");
			break;
		default:
			usage(text);
		}
	}
	if (argc - optind != 1 || !len)
		usage(text);
	fd = open(argv[optind], O_RDWR | (mode & FALLOC_FL_PUNCH_HOLE ? 0 : O_CREAT), 0666);
	if (fd < 0 || fallocate(fd, mode, off, len))
		die_errno(argv[optind]);
	return 0;
}
