/* which COMMAND... - where in PATH a command is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

static int
find(const char *name)
{
	const char *path = getenv("PATH");
	char full[4096];

	if (strchr(name, '/')) {
		if (access(name, X_OK))
			return 1;
		puts(name);
		return 0;
	}
	for (path = path ? path : "/bin"; ; path++) {
		size_t n = strcspn(path, ":");
		struct stat st;

		snprintf(full, sizeof full, "%.*s%s%s", (int)n, path, n ? "/" : "", name);
		if (!access(full, X_OK) && !stat(full, &st) && S_ISREG(st.st_mode)) {
			puts(full);
			return 0;
		}
		path += n;
		if (!*path)
			return 1;
	}
}

int
main(int argc, char **argv)
{
	int i, status = 0;

	if (argc < 2)
		usage("which COMMAND...");
	for (i = 1; i < argc; i++)
		status |= find(argv[i]);
	return finish_output(status);
}
