/* glob.c - the names that match a pattern: one directory level at a time. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct work {
	glob_t	*g;
	int	flags;
	int	err;
	char	path[PATH_MAX];
};

static int
add(struct work *w, const char *path)
{
	glob_t *g = w->g;
	char **v = realloc(g->gl_pathv, (g->gl_pathc + g->gl_offs + 2) * sizeof *v);
	char *copy = malloc(strlen(path) + 2);

	if (v)
		g->gl_pathv = v;
	if (!v || !copy) {
		free(copy);
		return GLOB_NOSPACE;
	}
	strcpy(copy, path);
	if (w->flags & GLOB_MARK) {
		struct stat st;

		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && path[strlen(path) - 1] != '/')
			strcat(copy, "/");
	}
	v[g->gl_offs + g->gl_pathc++] = copy;
	v[g->gl_offs + g->gl_pathc] = NULL;
	return 0;
}

/* Does the component of n bytes hold anything but plain and escaped characters? */
static int
is_pattern(const char *s, size_t n)
{
	for (; n; n--, s++) {
		if (*s == '\\' && n > 1) {
			s++;
			n--;
		} else if (strchr("*?[", *s)) {
			return 1;
		}
	}
	return 0;
}

/* path[0, at) is a matched prefix; match the rest of the pattern below it. */
static int
descend(struct work *w, size_t at, const char *pattern)
{
	const char *end;
	char part[NAME_MAX + 1];
	size_t n, i;
	struct dirent *e;
	struct stat st;
	DIR *d;
	int r = 0;

	while (*pattern == '/' && at < PATH_MAX - 1)
		w->path[at++] = *pattern++;
	w->path[at] = '\0';
	end = strchrnul(pattern, '/');
	n = end - pattern;
	if (!n)
		return lstat(w->path, &st) == 0 ? add(w, w->path) : 0;
	if (!is_pattern(pattern, n)) {
		for (i = 0; i < n && at < PATH_MAX - 1; i++) {
			if (pattern[i] == '\\' && i + 1 < n)
				i++;
			w->path[at++] = pattern[i];
		}
		w->path[at] = '\0';
		if (*end)
			return descend(w, at, end);
		return lstat(w->path, &st) == 0 ? add(w, w->path) : 0;
	}
	if (n > NAME_MAX || !(d = opendir(at ? w->path : ".")))
		return 0;
	memcpy(part, pattern, n);
	part[n] = '\0';
	while (!r && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (at + len >= PATH_MAX || fnmatch(part, e->d_name, FNM_PERIOD))
			continue;
		if (*end && e->d_type != DT_DIR && e->d_type != DT_LNK && e->d_type != DT_UNKNOWN)
			continue;
		memcpy(w->path + at, e->d_name, len + 1);
		r = *end ? descend(w, at + len, end) : add(w, w->path);
	}
	closedir(d);
	return r;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
glob(const char *restrict pattern, int flags, int (*err)(const char *, int), glob_t *restrict g)
{
	struct work w = { .g = g, .flags = flags };
	size_t before;
	int r;

	(void)err;			/* a directory that cannot be read matches nothing */
	if (!(flags & GLOB_APPEND)) {
		g->gl_pathc = 0;
		g->gl_pathv = NULL;
		if (!(flags & GLOB_DOOFFS))
			g->gl_offs = 0;
	}
	before = g->gl_pathc;
	r = descend(&w, 0, pattern);
	if (r)
		return r;
	if (g->gl_pathc == before) {
		w.flags &= ~GLOB_MARK;
		return flags & GLOB_NOCHECK ? add(&w, pattern) : GLOB_NOMATCH;
	}
	if (!(flags & GLOB_NOSORT))
		qsort(g->gl_pathv + g->gl_offs + before, g->gl_pathc - before, sizeof(char *), compare);
	return 0;
}

void
globfree(glob_t *g)
{
	size_t i;

	for (i = 0; i < g->gl_pathc; i++)
		free(g->gl_pathv[g->gl_offs + i]);
	free(g->gl_pathv);
	g->gl_pathv = NULL;
	g->gl_pathc = 0;
}
