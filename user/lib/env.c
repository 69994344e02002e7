/*
 * env.c - the environment.
 *
 * Data        environ, first the kernel's array, then (after the first change) ours.
 *             Strings made here are never freed: a caller may hold what getenv returned.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **mine;		/* environ when it came from malloc */

/* Index of NAME=... for the name of n bytes, or of the closing NULL. */
static size_t
find(const char *name, size_t n)
{
	size_t i;

	for (i = 0; environ && environ[i]; i++)
		if (!strncmp(environ[i], name, n) && environ[i][n] == '=')
			break;
	return i;
}

char *
getenv(const char *name)
{
	size_t n = strlen(name), i = find(name, n);

	return environ && environ[i] ? environ[i] + n + 1 : NULL;
}

int
putenv(char *s)
{
	size_t i = find(s, strcspn(s, "="));
	char **new;

	if (environ && environ[i]) {
		environ[i] = s;
		return 0;
	}
	new = realloc(environ && environ == mine ? mine : NULL, (i + 2) * sizeof *new);
	if (!new)
		return -1;
	if (environ != mine && i)
		memcpy(new, environ, i * sizeof *new);
	new[i] = s;
	new[i + 1] = NULL;
	environ = mine = new;
	return 0;
}

int
setenv(const char *name, const char *value, int replace)
{
	char *s;

	if (!*name || strchr(name, '=')) {
		errno = EINVAL;
		return -1;
	}
	if (!replace && getenv(name))
		return 0;
	s = malloc(strlen(name) + strlen(value) + 2);
	if (!s)
		return -1;
	strcpy(stpcpy(stpcpy(s, name), "="), value);
	return putenv(s);
}

int
unsetenv(const char *name)
{
	size_t i = find(name, strlen(name));

	for (; environ && environ[i]; i++)
		environ[i] = environ[i + 1];
	return 0;
}

int
clearenv(void)
{
	environ = NULL;
	return 0;
}
