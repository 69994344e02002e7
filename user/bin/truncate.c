/*
 * truncate [-c] -s SIZE | -r FILE FILE... - make files that long.
 *
 * SIZE may begin with + or - (more, less), < or > (at most, at least), / or % (rounded down, up to a multiple).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

static off_t
new_size(int op, off_t n, off_t now)
{
	switch (op) {
	case '+':
		return now + n;
	case '-':
		return now > n ? now - n : 0;
	case '<':
		return now < n ? now : n;
	case '>':
		return now > n ? now : n;
	case '/':
		return now / n * n;
	case '%':
		return (now + n - 1) / n * n;
	default:
		return n;
	}
}

int
main(int argc, char **argv)
{
	static const char text[] = "truncate [-c] -s [+-<>/%]SIZE | -r FILE FILE...";
	int no_create = 0, op = 0, status = 0, c;
	struct stat st;
	off_t n = -1;

	while ((c = getopt(argc, argv, "cs:r:")) != -1) {
		switch (c) {
		case 'c':
			no_create = 1;
			break;
		case 's':
			op = *optarg && strchr("+-<>/%", *optarg) ? *optarg++ : 0;
			n = size_number(optarg, "size");
			if (!n && (op == '/' || op == '%'))
				die("division by zero");
			break;
		case 'r':
			if (stat(optarg, &st))
				die_errno(optarg);
			n = st.st_size;
			break;
		default:
			usage(text);
		}
	}
	if (n < 0 || optind == argc)
		usage(text);
	for (; optind < argc; optind++) {
		int fd = open(argv[optind], O_WRONLY | O_NONBLOCK | (no_create ? 0 : O_CREAT), 0666);

		if (fd < 0 && errno == ENOENT && no_create)
			continue;
		if (fd < 0 || fstat(fd, &st) || ftruncate(fd, new_size(op, n, st.st_size))) {
			warn_errno(argv[optind]);
			status = 1;
		}
		if (fd >= 0)
			close(fd);
	}
	return status;
}
