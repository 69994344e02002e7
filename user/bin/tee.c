/* tee [-a] FILE... - copy input to output and to files. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "common/cmd.h"

static int
write_all(int fd, const char *p, ssize_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno != EINTR)
			return -1;
		if (w > 0) {
			p += w;
			n -= w;
		}
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static char buf[8192];
	int fds[32], nfds = 1, append = 0, status = 0, c, i;
	ssize_t n;

	while ((c = getopt(argc, argv, "a")) != -1) {
		append = 1;
		if (c == '?')
			usage("tee [-a] FILE...");
	}
	fds[0] = 1;
	for (; optind < argc && nfds < 32; optind++) {
		int fd = open(argv[optind], O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0666);

		if (fd < 0) {
			warn_errno(argv[optind]);
			status = 1;
		} else {
			fds[nfds++] = fd;
		}
	}
	while ((n = read(0, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_errno("read error");
		for (i = 0; i < nfds; i++)
			if (fds[i] >= 0 && write_all(fds[i], buf, n)) {
				warn_errno("write error");
				fds[i] = -1;
				status = 1;
			}
	}
	return status;
}
