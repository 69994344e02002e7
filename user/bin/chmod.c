/* chmod [-R] MODE FILE... */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

static int recursive;
static mode_t mask;

static int
change(const char *path, const char *mode)
{
	struct stat st;
	struct dirent *e;
	int status = 0;
	DIR *d;

	if (stat(path, &st) || chmod(path, mode_parse(mode, st.st_mode, S_ISDIR(st.st_mode), mask))) {
		warn_errno(path);
		return 1;
	}
	if (!recursive || !S_ISDIR(st.st_mode))
		return 0;
	d = opendir(path);
	if (!d) {
		warn_errno(path);
		return 1;
	}
	while ((e = readdir(d))) {
		char *below = path_join(path, e->d_name);

		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && e->d_type != DT_LNK)
			status |= change(below, mode);
		free(below);
	}
	closedir(d);
	return status;
}

int
main(int argc, char **argv)
{
	int i = 1, status = 0;

	if (i < argc && !strcmp(argv[i], "-R"))
		recursive = i++;
	if (argc - i < 2)
		usage("chmod [-R] MODE FILE...");
	mask = umask(0);
	if (mode_parse(argv[i], 0, 0, 0) < 0)
		die("%s: bad mode", argv[i]);
	for (int j = i + 1; j < argc; j++)
		status |= change(argv[j], argv[i]);
	return status;
}
