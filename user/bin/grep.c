/* grep [-EFivnclqrhHoswx] [-e PATTERN]... [PATTERN] [FILE...] - status 0 found, 1 not, 2 error. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

static int fixed, invert, numbers, count, list, quiet, recursive, silent, only, whole_line, whole_word;
static int names;			/* show file names */
static int cflags = 0;
static struct pattern { const char *text; regex_t re; } *patterns;
static int npatterns, found, errors;

static const char *
find_fixed(const char *s, const char *text)
{
	size_t n = strlen(text);

	for (;; s++) {
		if (!(cflags & REG_ICASE ? strncasecmp : strncmp)(s, text, n))
			return s;
		if (!*s)
			return NULL;
	}
}

/* The first match of any pattern from s on; the longest of those. 0 if none. */
static int
match(const char *line, const char *s, regmatch_t *best)
{
	int i, hit = 0;

	for (i = 0; i < npatterns; i++) {
		const char *from = s;
		regmatch_t m;

		for (;;) {
			if (fixed) {
				const char *p = find_fixed(from, patterns[i].text);

				if (!p)
					break;
				m.rm_so = p - line;
				m.rm_eo = m.rm_so + strlen(patterns[i].text);
			} else {
				if (regexec(&patterns[i].re, from, 1, &m, from > line ? REG_NOTBOL : 0))
					break;
				m.rm_so += from - line;
				m.rm_eo += from - line;
			}
			if (whole_line && (m.rm_so || line[m.rm_eo]))
				goto next;
			if (whole_word) {
				int b = m.rm_so ? (unsigned char)line[m.rm_so - 1] : ' ';
				int a = (unsigned char)line[m.rm_eo];

				if (isalnum(b) || b == '_' || isalnum(a) || a == '_')
					goto next;
			}
			if (!hit || m.rm_so < best->rm_so || (m.rm_so == best->rm_so && m.rm_eo > best->rm_eo))
				*best = m;
			hit = 1;
			break;
		next:
			if (!line[m.rm_so])
				break;
			from = line + m.rm_so + 1;
		}
	}
	return hit;
}

static void
prefix(const char *name, long n)
{
	if (names)
		printf("%s:", name);
	if (numbers)
		printf("%ld:", n);
}

static void
search(FILE *f, const char *name)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	long n = 0, hits = 0;

	while ((len = getline(&line, &cap, f)) > 0) {
		regmatch_t m;

		n++;
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (match(line, line, &m) == invert)
			continue;
		hits++;
		found = 1;
		if (quiet || list)
			break;
		if (count)
			continue;
		if (only && !invert) {
			const char *s = line;

			do {
				if (m.rm_eo > m.rm_so) {
					prefix(name, n);
					printf("%.*s\n", (int)(m.rm_eo - m.rm_so), line + m.rm_so);
				}
				s = line + m.rm_eo + (m.rm_eo == m.rm_so);
			} while (s <= line + len && match(line, s, &m));
			continue;
		}
		prefix(name, n);
		puts(line);
	}
	if (ferror(f) && !silent) {
		warn_errno(name);
		errors = 1;
	}
	free(line);
	if (quiet)
		return;
	if (count) {
		if (names)
			printf("%s:", name);
		printf("%ld\n", hits);
	}
	if (list && hits)
		puts(name);
}

static void
search_path(const char *path)
{
	struct stat st;
	struct dirent *e;
	FILE *f;
	DIR *d;

	if (recursive && !stat(path, &st) && S_ISDIR(st.st_mode)) {
		d = opendir(path);
		while (d && (e = readdir(d))) {
			char *below;

			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			below = path_join(path, e->d_name);
			if (!lstat(below, &st) && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
				search_path(below);
			free(below);
		}
		if (d) {
			closedir(d);
			return;
		}
	}
	f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	if (!f) {
		if (!silent)
			warn_errno(path);
		errors = 1;
		return;
	}
	search(f, f == stdin ? "(standard input)" : path);
	if (f != stdin)
		fclose(f);
}

/* Each line of an argument is a pattern of its own. */
static void
add_patterns(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		patterns = realloc(patterns, (npatterns + 1) * sizeof *patterns);
		if (!patterns)
			die("out of memory");
		patterns[npatterns++].text = line;
	}
}

int
main(int argc, char **argv)
{
	int c, i, hide_names = 0, show_names = 0;

	while ((c = getopt(argc, argv, "EFGivnclqrRhHoswxe:")) != -1) {
		switch (c) {
		case 'E': cflags |= REG_EXTENDED; break;
		case 'F': fixed = 1; break;
		case 'G': break;
		case 'i': cflags |= REG_ICASE; break;
		case 'v': invert = 1; break;
		case 'n': numbers = 1; break;
		case 'c': count = 1; break;
		case 'l': list = 1; break;
		case 'q': quiet = 1; break;
		case 'r':
		case 'R': recursive = 1; break;
		case 'h': hide_names = 1; break;
		case 'H': show_names = 1; break;
		case 'o': only = 1; break;
		case 's': silent = 1; break;
		case 'w': whole_word = 1; break;
		case 'x': whole_line = 1; break;
		case 'e': add_patterns(optarg); break;
		default: usage("grep [-EFivnclqrhHoswx] [-e PATTERN]... [PATTERN] [FILE...]");
		}
	}
	if (!npatterns) {
		if (optind == argc)
			usage("grep [-EFivnclqrhHoswx] [-e PATTERN]... [PATTERN] [FILE...]");
		add_patterns(argv[optind++]);
	}
	for (i = 0; i < npatterns && !fixed; i++) {
		char why[128];
		int err = regcomp(&patterns[i].re, patterns[i].text, cflags);

		if (err) {
			regerror(err, &patterns[i].re, why, sizeof why);
			warn_text("%s: %s", patterns[i].text, why);
			return 2;
		}
	}
	names = show_names || (!hide_names && (argc - optind > 1 || recursive));
	if (optind == argc)
		search_path(recursive ? "." : "-");
	for (; optind < argc && !(quiet && found); optind++)
		search_path(argv[optind]);
	c = finish_output(!found);
	return quiet && found ? 0 : errors ? 2 : c;
}
