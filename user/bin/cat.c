/* cat [-n] [FILE...] */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

static int
number_lines(const char *path)
{
	static long line;
	FILE *f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	int c, at_start = 1;

	if (!f) {
		warn_errno(path);
		return 1;
	}
	while ((c = getc(f)) != EOF) {
		if (at_start)
			printf("%6ld\t", ++line);
		putchar(c);
		at_start = c == '\n';
	}
	if (ferror(f))
		warn_errno(path);
	return ferror(f) ? 1 : 0;
}

static int
copy(const char *path)
{
	int fd = open_input(path), r;

	if (fd < 0)
		return 1;
	r = copy_fd(fd, path, 1, "write error");
	if (fd)
		close(fd);
	return r ? 1 : 0;
}

int
main(int argc, char **argv)
{
	int number = 0, status = 0, c, i;

	while ((c = getopt(argc, argv, "nu")) != -1) {
		if (c == '?')
			usage("cat [-n] [FILE...]");
		number |= c == 'n';
	}
	if (optind == argc)
		return finish_output(number ? number_lines("-") : copy("-"));
	for (i = optind; i < argc; i++)
		status |= number ? number_lines(argv[i]) : copy(argv[i]);
	return finish_output(status);
}
