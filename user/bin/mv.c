/* mv [-f] FILE... TO - rename, or between file systems copy and remove. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/copy.h"

static int
move(const char *from, const char *to)
{
	struct stat a, b;
	pid_t pid;
	int status;

	if (!lstat(from, &a) && !lstat(to, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		warn_text("%s and %s are the same file", from, to);
		return 1;
	}
	if (rename(from, to) == 0)
		return 0;
	if (errno != EXDEV) {
		char both[512];

		snprintf(both, sizeof both, "%s to %s", from, to);
		warn_errno(lstat(from, &a) ? from : both);
		return 1;
	}
	if (copy_tree(from, to, COPY_RECURSIVE | COPY_KEEP | COPY_FORCE | COPY_TOP))
		return 1;
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", from, (char *)NULL);
		die_errno("rm");
	}
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0;
}

int
main(int argc, char **argv)
{
	int status = 0, c, is_dir;
	struct stat st;
	char *to;

	while ((c = getopt(argc, argv, "f")) != -1)
		if (c == '?')
			usage("mv [-f] FILE... TO");
	if (argc - optind < 2)
		usage("mv [-f] FILE... TO");
	to = argv[--argc];
	is_dir = !stat(to, &st) && S_ISDIR(st.st_mode);
	if (argc - optind > 1 && !is_dir) {
		errno = ENOTDIR;
		die_errno(to);
	}
	for (; optind < argc; optind++) {
		char *copy = strdup(argv[optind]), *path = is_dir ? path_join(to, basename(copy)) : to;

		status |= move(argv[optind], path);
		if (is_dir)
			free(path);
		free(copy);
	}
	return status;
}
