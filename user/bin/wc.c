/* wc [-lwc] [FILE...] */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "common/cmd.h"

static int show[3];			/* lines, words, bytes */
static long total[3];

static void
print(const long *n, const char *name, int wide)
{
	int i, first = 1;

	for (i = 0; i < 3; i++)
		if (show[i]) {
			printf("%s%*ld", first ? "" : " ", wide, n[i]);
			first = 0;
		}
	printf(name ? " %s\n" : "\n", name);
}

static int
count(const char *path, const char *name, int wide)
{
	static char buf[8192];
	long n[3] = { 0 };
	int fd = open_input(path), in_word = 0, i;
	ssize_t got;

	if (fd < 0)
		return 1;
	while ((got = read(fd, buf, sizeof buf)) != 0) {
		if (got < 0) {
			if (errno == EINTR)
				continue;
			warn_errno(path);
			return 1;
		}
		n[2] += got;
		for (i = 0; i < got; i++) {
			n[0] += buf[i] == '\n';
			if (isspace((unsigned char)buf[i])) {
				in_word = 0;
			} else if (!in_word) {
				in_word = 1;
				n[1]++;
			}
		}
	}
	if (fd)
		close(fd);
	print(n, name, wide);
	for (i = 0; i < 3; i++)
		total[i] += n[i];
	return 0;
}

int
main(int argc, char **argv)
{
	int c, status = 0, files, wide;

	while ((c = getopt(argc, argv, "lwc")) != -1) {
		if (c == '?')
			usage("wc [-lwc] [FILE...]");
		show[c == 'l' ? 0 : c == 'w' ? 1 : 2] = 1;
	}
	if (!show[0] && !show[1] && !show[2])
		show[0] = show[1] = show[2] = 1;
	files = argc - optind;
	wide = show[0] + show[1] + show[2] > 1 || files > 1 ? files ? 8 : 7 : 0;
	if (!files)
		return finish_output(count("-", NULL, wide));
	for (; optind < argc; optind++)
		status |= count(argv[optind], argv[optind], wide);
	if (files > 1)
		print(total, "total", wide);
	return finish_output(status);
}
