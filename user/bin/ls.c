/* ls [-aAldR1hirtSFn] [FILE...] - columns on a terminal, else one name a line. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "common/cmd.h"

struct entry {
	char	*name;			/* as shown */
	char	*path;			/* as reached */
	struct stat st;
};

struct entries {
	struct entry *v;
	size_t	n, cap;
};

static int all, almost_all, long_form, as_file, recursive, one, human, inodes, reverse, by_time, by_size,
	   classify, numeric;
static int columns, status;

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	struct timespec xt = x->st.st_mtim, yt = y->st.st_mtim;
	int c = 0;

	if (by_time)
		c = xt.tv_sec != yt.tv_sec ? (xt.tv_sec < yt.tv_sec) - (xt.tv_sec > yt.tv_sec)
					   : (xt.tv_nsec < yt.tv_nsec) - (xt.tv_nsec > yt.tv_nsec);
	else if (by_size)
		c = (x->st.st_size < y->st.st_size) - (x->st.st_size > y->st.st_size);
	if (!c)
		c = strcmp(x->name, y->name);
	return reverse ? -c : c;
}

static void
add(struct entries *l, const char *name, char *path, const struct stat *st)
{
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->v = realloc(l->v, l->cap * sizeof *l->v);
		if (!l->v)
			die("out of memory");
	}
	l->v[l->n++] = (struct entry){ strdup(name), path, *st };
}

static void
entries_free(struct entries *l)
{
	while (l->n--) {
		free(l->v[l->n].name);
		free(l->v[l->n].path);
	}
	free(l->v);
}

/* Columns of a name on the screen: UTF-8 continuation bytes take none. */
static int
name_width(const char *s)
{
	int w = 0;

	for (; *s; s++)
		w += ((unsigned char)*s & 0xc0) != 0x80;
	return w;
}

/* A name, with its mark; the columns used. On a terminal control characters are hidden. */
static int
put_name(const struct entry *e)
{
	const char *s;
	int mark = 0;
	mode_t m = e->st.st_mode;

	for (s = e->name; *s; s++)
		putchar(columns && ((unsigned char)*s < 32 || *s == 127) ? '?' : *s);
	if (classify)
		mark = S_ISDIR(m) ? '/' : S_ISLNK(m) ? '@' : S_ISFIFO(m) ? '|' : S_ISREG(m) && m & 0111 ? '*' : 0;
	if (mark && !(long_form && mark == '@'))
		putchar(mark);
	else
		mark = 0;
	return name_width(e->name) + (mark != 0);
}

static const char *
user_name(uid_t uid)
{
	static char text[32];
	static uid_t last = -1;
	struct passwd *pw;

	if (uid == last && *text)
		return text;
	last = uid;
	pw = numeric ? NULL : getpwuid(uid);
	if (pw)
		snprintf(text, sizeof text, "%s", pw->pw_name);
	else
		snprintf(text, sizeof text, "%u", uid);
	return text;
}

static const char *
group_name(gid_t gid)
{
	static char text[32];
	static gid_t last = -1;
	struct group *gr;

	if (gid == last && *text)
		return text;
	last = gid;
	gr = numeric ? NULL : getgrgid(gid);
	if (gr)
		snprintf(text, sizeof text, "%s", gr->gr_name);
	else
		snprintf(text, sizeof text, "%u", gid);
	return text;
}

static void
put_long(const struct entry *e, time_t now)
{
	char mode[11], size[24], when[24], target[PATH_MAX];
	ssize_t n;

	mode_string(e->st.st_mode, mode);
	if (S_ISCHR(e->st.st_mode) || S_ISBLK(e->st.st_mode))
		snprintf(size, sizeof size, "%3u, %3u", (unsigned)major(e->st.st_rdev), (unsigned)minor(e->st.st_rdev));
	else if (human)
		human_size(e->st.st_size, size);
	else
		snprintf(size, sizeof size, "%lld", (long long)e->st.st_size);
	strftime(when, sizeof when, e->st.st_mtime > now || e->st.st_mtime < now - 15552000
		 ? "%b %e  %Y" : "%b %e %H:%M", localtime(&e->st.st_mtime));
	printf("%s %4u %-8s %-8s %9s %s ", mode, (unsigned)e->st.st_nlink, user_name(e->st.st_uid),
	       group_name(e->st.st_gid), size, when);
	put_name(e);
	if (S_ISLNK(e->st.st_mode) && (n = readlink(e->path, target, sizeof target - 1)) >= 0)
		printf(" -> %.*s", (int)n, target);
	putchar('\n');
}

static void
put_columns(struct entries *l)
{
	size_t wide = 0, i, j, per_row, rows;

	for (i = 0; i < l->n; i++) {
		size_t w = name_width(l->v[i].name) + (classify ? 1 : 0) + (inodes ? 8 : 0);

		if (w + 2 > wide)
			wide = w + 2;
	}
	per_row = wide && columns / wide ? columns / wide : 1;
	rows = (l->n + per_row - 1) / per_row;
	for (i = 0; i < rows; i++) {
		for (j = i; j < l->n; j += rows) {
			int w = inodes ? printf("%7lu ", (unsigned long)l->v[j].st.st_ino) : 0;

			w += put_name(&l->v[j]);
			if (j + rows < l->n)
				printf("%*s", (int)wide - w, "");
		}
		putchar('\n');
	}
}

static void
put_entries(struct entries *l)
{
	time_t now = time(NULL);
	size_t i;

	if (l->n)
		qsort(l->v, l->n, sizeof *l->v, compare);
	if (columns && !long_form && !one) {
		put_columns(l);
		return;
	}
	for (i = 0; i < l->n; i++) {
		if (inodes)
			printf("%7lu ", (unsigned long)l->v[i].st.st_ino);
		if (long_form) {
			put_long(&l->v[i], now);
		} else {
			put_name(&l->v[i]);
			putchar('\n');
		}
	}
}

static void
list_directory(const char *path, int title)
{
	static int any;
	struct entries l = { 0 };
	struct dirent *e;
	DIR *d = opendir(path);
	unsigned long long blocks = 0;
	size_t i;

	if (!d) {
		warn_errno(path);
		status = 1;
		return;
	}
	while ((e = readdir(d))) {
		struct stat st;
		char *full;

		if (e->d_name[0] == '.' && !all
		    && (!almost_all || !e->d_name[1] || !strcmp(e->d_name, "..")))
			continue;
		full = path_join(path, e->d_name);
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW)) {
			warn_errno(full);
			status = 1;
			free(full);
			continue;
		}
		blocks += st.st_blocks;
		add(&l, e->d_name, full, &st);
	}
	closedir(d);
	if (title)
		printf("%s%s:\n", any ? "\n" : "", path);
	any = 1;
	if (long_form)
		printf("total %llu\n", blocks / 2);
	put_entries(&l);
	for (i = 0; recursive && i < l.n; i++)
		if (S_ISDIR(l.v[i].st.st_mode) && strcmp(l.v[i].name, ".") && strcmp(l.v[i].name, ".."))
			list_directory(l.v[i].path, 1);
	entries_free(&l);
}

static void
screen(void)
{
	struct winsize ws;

	if (!isatty(1))
		return;
	columns = ioctl(1, TIOCGWINSZ, &ws) == 0 && ws.ws_col ? ws.ws_col : 80;
}

int
main(int argc, char **argv)
{
	struct entries files = { 0 }, dirs = { 0 };
	int c;
	size_t i;

	while ((c = getopt(argc, argv, "aAldR1hirtSFnC")) != -1) {
		switch (c) {
		case 'a': all = 1; break;
		case 'A': almost_all = 1; break;
		case 'l': long_form = 1; break;
		case 'd': as_file = 1; break;
		case 'R': recursive = 1; break;
		case '1': one = 1; break;
		case 'h': human = 1; break;
		case 'i': inodes = 1; break;
		case 'r': reverse = 1; break;
		case 't': by_time = 1; break;
		case 'S': by_size = 1; break;
		case 'F': classify = 1; break;
		case 'n': numeric = long_form = 1; break;
		case 'C': columns = 80; break;
		default: usage("ls [-aAldR1hirtSFnC] [FILE...]");
		}
	}
	screen();
	if (optind == argc && !as_file) {
		list_directory(".", recursive);
		return finish_output(status);
	}
	if (optind == argc)
		argv[--optind] = ".";
	for (; optind < argc; optind++) {
		char *path = argv[optind];
		struct stat st;

		if ((long_form || as_file ? lstat : stat)(path, &st) && lstat(path, &st)) {
			warn_errno(path);
			status = 1;
			continue;
		}
		add(S_ISDIR(st.st_mode) && !as_file ? &dirs : &files, path, strdup(path), &st);
	}
	put_entries(&files);
	if (files.n && dirs.n)
		putchar('\n');
	if (dirs.n)
		qsort(dirs.v, dirs.n, sizeof *dirs.v, compare);
	for (i = 0; i < dirs.n; i++)
		list_directory(dirs.v[i].name, dirs.n > 1 || files.n || recursive || status);
	return finish_output(status);
}
