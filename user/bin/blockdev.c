/* blockdev --getsize64 | --getsz | --getss | --getro | --setro | --setrw | --flushbufs | --rereadpt DEVICE... */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "common/cmd.h"

static const char text[] =
	"blockdev --getsize64|--getsz|--getss|--getro|--setro|--setrw|--flushbufs|--rereadpt DEVICE...";

static int
act(const char *what, int fd)
{
	uint64_t bytes;
	int n = !strcmp(what, "--setro"), r;

	if (!strcmp(what, "--getsize64") || !strcmp(what, "--getsz")) {
		r = ioctl(fd, BLKGETSIZE64, &bytes);
		if (!r)
			printf("%lu\n", (unsigned long)(what[6] == 'z' ? bytes / 512 : bytes));
		return r;
	}
	if (!strcmp(what, "--getss") || !strcmp(what, "--getro")) {
		r = ioctl(fd, what[5] == 's' ? BLKSSZGET : BLKROGET, &n);
		if (!r)
			printf("%d\n", n);
		return r;
	}
	if (!strcmp(what, "--setro") || !strcmp(what, "--setrw"))
		return ioctl(fd, BLKROSET, &n);
	if (!strcmp(what, "--flushbufs"))
		return ioctl(fd, BLKFLSBUF, 0);
	if (!strcmp(what, "--rereadpt"))
		return ioctl(fd, BLKRRPART, 0);
	usage(text);
}

int
main(int argc, char **argv)
{
	int i, fd, status = 0;

	if (argc < 3)
		usage(text);
	for (i = 2; i < argc; i++) {
		fd = open(argv[i], O_RDONLY);
		if (fd < 0 || act(argv[1], fd)) {
			warn_errno(argv[i]);
			status = 1;
		}
		if (fd >= 0)
			close(fd);
	}
	return finish_output(status);
}
