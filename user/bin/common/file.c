/* file.c - modes, paths, copying. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd.h"

void
mode_string(mode_t m, char out[11])
{
	static const char bits[] = "rwxrwxrwx";
	int i;

	out[0] = S_ISDIR(m) ? 'd' : S_ISLNK(m) ? 'l' : S_ISCHR(m) ? 'c' : S_ISBLK(m) ? 'b'
		: S_ISFIFO(m) ? 'p' : S_ISSOCK(m) ? 's' : '-';
	for (i = 0; i < 9; i++)
		out[i + 1] = m & (0400 >> i) ? bits[i] : '-';
	if (m & S_ISUID)
		out[3] = m & S_IXUSR ? 's' : 'S';
	if (m & S_ISGID)
		out[6] = m & S_IXGRP ? 's' : 'S';
	if (m & S_ISVTX)
		out[9] = m & S_IXOTH ? 't' : 'T';
	out[10] = '\0';
}

int
mode_parse(const char *s, mode_t old, int is_dir, mode_t mask)
{
	mode_t mode = old & 07777;
	char *end;

	if (*s >= '0' && *s <= '7') {
		unsigned long n = strtoul(s, &end, 8);

		return *end || n > 07777 ? -1 : (int)n;
	}
	do {
		mode_t who = 0;

		for (; *s && strchr("ugoa", *s); s++)
			who |= *s == 'u' ? 04700 : *s == 'g' ? 02070 : *s == 'o' ? 01007 : 07777;
		if (!*s || !strchr("+-=", *s))
			return -1;
		while (*s && strchr("+-=", *s)) {
			int op = *s++;
			mode_t bits = 0, to = who ? who : 07777 & ~mask;

			for (; *s && strchr("rwxXst", *s); s++)
				bits |= *s == 'r' ? 0444 : *s == 'w' ? 0222 : *s == 'x' ? 0111
					: *s == 's' ? 06000 : *s == 't' ? 01000
					: is_dir || mode & 0111 ? 0111 : 0;
			if (op == '=')
				mode &= ~(to & 0777);
			if (op == '-')
				mode &= ~(bits & to);
			else
				mode |= bits & to;
		}
	} while (*s++ == ',');
	return s[-1] ? -1 : (int)mode;
}

char *
path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);
	char *p = malloc(n + strlen(name) + 2);

	if (!p)
		die("out of memory");
	sprintf(p, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
	return p;
}

int
copy_fd(int from, const char *from_name, int to, const char *to_name)
{
	static char buf[16384];
	ssize_t n, done, w;

	while ((n = read(from, buf, sizeof buf)) != 0) {
		if (n < 0) {
			if (errno == EINTR)
				continue;
			warn_errno(from_name);
			return -1;
		}
		for (done = 0; done < n; done += w) {
			w = write(to, buf + done, n - done);
			if (w < 0) {
				if (errno != EINTR) {
					warn_errno(to_name);
					return -1;
				}
				w = 0;
			}
		}
	}
	return 0;
}

int
open_input(const char *path)
{
	int fd;

	if (!strcmp(path, "-"))
		return 0;
	fd = open(path, O_RDONLY);
	if (fd < 0)
		warn_errno(path);
	return fd;
}
