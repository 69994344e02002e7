/* mntent.c - tables of mounts, a line at a time. */
#include <mntent.h>
#include <string.h>

FILE *
setmntent(const char *path, const char *mode)
{
	return fopen(path, mode);
}

/* A blank, tab, backslash or newline in a name stands there as \ooo. Undo that in place. */
static char *
unescape(char *s)
{
	char *from, *to = s;

	if (!s)
		return "";
	for (from = s; *from; from++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7'
		    && from[3] >= '0' && from[3] <= '7') {
			*to++ = (from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0');
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return s;
}

/* The next word at *at, or NULL; *at moves behind it. */
static char *
word(char **at)
{
	char *w = *at + strspn(*at, " \t");
	size_t n = strcspn(w, " \t\n");

	if (!n)
		return NULL;
	*at = w + n + (w[n] != '\0');
	w[n] = '\0';
	return w;
}

struct mntent *
getmntent_r(FILE *restrict f, struct mntent *restrict m, char *restrict buf, int n)
{
	char *at, *name;

	do {
		if (!fgets(buf, n, f))
			return NULL;
		at = buf;
		name = word(&at);
	} while (!name || *name == '#');
	m->mnt_fsname = unescape(name);
	m->mnt_dir = unescape(word(&at));
	m->mnt_type = unescape(word(&at));
	m->mnt_opts = unescape(word(&at));
	m->mnt_freq = m->mnt_passno = 0;
	return m;
}

struct mntent *
getmntent(FILE *f)
{
	static struct mntent m;
	static char line[4096];

	return getmntent_r(f, &m, line, sizeof line);
}

char *
hasmntopt(const struct mntent *m, const char *option)
{
	size_t n = strlen(option);
	char *s;

	for (s = m->mnt_opts; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL)
		if (!strncmp(s, option, n) && (!s[n] || s[n] == ',' || s[n] == '='))
			return s;
	return NULL;
}

int
endmntent(FILE *f)
{
	fclose(f);
	return 1;
}
