/* libgen.c - basename and dirname, as POSIX. */
#include <libgen.h>
#include <string.h>

static void
strip_slashes(char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
}

char *
basename(char *path)
{
	char *slash;

	if (!path || !*path)
		return ".";
	strip_slashes(path);
	slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

char *
dirname(char *path)
{
	char *slash;

	if (!path || !*path)
		return ".";
	strip_slashes(path);
	slash = strrchr(path, '/');
	if (!slash)
		return ".";
	if (slash == path)
		return "/";
	*slash = '\0';
	strip_slashes(path);
	return path;
}
