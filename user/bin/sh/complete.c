/* complete.c - what the word before the cursor could become: a command or a file. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sh.h"

/* Where the last word of text[0, cursor) starts. */
static size_t
word_start(const char *text, size_t cursor)
{
	size_t i, start = 0;
	int quote = 0;

	for (i = 0; i < cursor; i++) {
		if (quote) {
			if (text[i] == quote)
				quote = 0;
		} else if (text[i] == '\\' && i + 1 < cursor) {
			i++;
		} else if (text[i] == '\'' || text[i] == '"') {
			quote = text[i];
			start = i + 1;
		} else if (strchr(" \t;|&<>()=`", text[i])) {
			start = i + 1;
		}
	}
	return start;
}

/* Does a command name stand at this place? */
static int
is_command_place(const char *text, size_t start)
{
	while (start > 0 && strchr(" \t", text[start - 1]))
		start--;
	return start == 0 || strchr(";|&(`", text[start - 1]) != NULL;
}

static char *
unescape(const char *s, size_t n)
{
	struct str out = { 0 };

	for (; n; s++, n--) {
		if (*s == '\\' && n > 1) {
			s++;
			n--;
		}
		str_put(&out, *s);
	}
	return str_end(&out);
}

/* prefix + name, with what the shell would take for itself escaped. */
static void
add(struct list *found, const char *prefix, const char *name, const char *suffix)
{
	struct str out = { 0 };

	str_add(&out, prefix, strlen(prefix));
	for (; *name; name++) {
		if (strchr(" \t\\'\"$`&|;<>()*?[#~!{}", *name))
			str_put(&out, '\\');
		str_put(&out, *name);
	}
	str_add(&out, suffix, strlen(suffix));
	list_add(found, str_end(&out));
}

/* Add dir's names that begin with base. prefix is what the user typed for dir. */
static void
add_files(struct list *found, const char *dir, const char *base, const char *prefix, int only_programs)
{
	size_t n = strlen(base);
	struct dirent *e;
	DIR *d = opendir(*dir ? dir : ".");

	while (d && (e = readdir(d))) {
		struct stat st;
		char *path;
		int is_dir;

		if (strncmp(e->d_name, base, n) || (e->d_name[0] == '.' && base[0] != '.')
		    || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		path = xmalloc(strlen(dir) + strlen(e->d_name) + 2);
		strcpy(path, dir);
		if (*dir && dir[strlen(dir) - 1] != '/')
			strcat(path, "/");
		strcat(path, e->d_name);
		is_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
		if (!only_programs || (!is_dir && access(path, X_OK) == 0))
			add(found, prefix, e->d_name, is_dir ? "/" : "");
		free(path);
	}
	if (d)
		closedir(d);
}

static void
add_commands(struct list *found, const char *word)
{
	const char *path = var_get("PATH");
	const struct builtin *b;
	int i, j, kept;

	for (i = 0; (b = builtin_at(i)); i++)
		if (!strncmp(b->name, word, strlen(word)))
			list_add(found, xstrdup(b->name));
	while (path && *path) {
		size_t n = strcspn(path, ":");
		char *dir = xmalloc(n + 1);

		memcpy(dir, path, n);
		dir[n] = '\0';
		add_files(found, dir, word, "", 1);
		free(dir);
		path += n + (path[n] == ':');
	}
	for (i = kept = 0; i < found->n; i++) {		/* a builtin may be a program, too */
		for (j = 0; j < kept && strcmp(found->v[i], found->v[j]); j++)
			;
		if (j == kept)
			found->v[kept++] = found->v[i];
		else
			free(found->v[i]);
	}
	found->n = kept;
}

int
complete(const char *text, size_t cursor, size_t *start, struct list *found)
{
	char *word, *slash, *prefix, *dir;

	*start = word_start(text, cursor);
	word = unescape(text + *start, cursor - *start);
	slash = strrchr(word, '/');
	if (!slash && is_command_place(text, *start)) {
		if (*word)
			add_commands(found, word);
		free(word);
		return found->n;
	}
	if (!slash) {
		add_files(found, "", word, "", 0);
		free(word);
		return found->n;
	}
	{
		const char *p = text + cursor;

		while (p[-1] != '/')
			p--;
		prefix = xmalloc(p - text - *start + 1);
		memcpy(prefix, text + *start, p - text - *start);
		prefix[p - text - *start] = '\0';
	}
	dir = xmalloc(strlen(word) + 256);
	*dir = '\0';
	if (word[0] == '~' && word[1] == '/' && var_get("HOME") && strlen(var_get("HOME")) < 250) {
		strcpy(dir, var_get("HOME"));
		strncat(dir, word + 1, slash - word);
	} else {
		strncat(dir, word, slash + 1 - word);
	}
	add_files(found, dir, slash + 1, prefix, 0);
	free(dir);
	free(prefix);
	free(word);
	return found->n;
}
