/* sort [-nrufb] [-t CHAR] [-k FIELD[,FIELD]] [-o FILE] [FILE...] */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "common/cmd.h"

static int numeric, reverse, unique, fold, separator;
static int key_from, key_to;		/* fields, from 1; 0: the whole line, to its end */

/* Where field number f of a line starts (or, past, ends). */
static const char *
field(const char *s, int f, int end)
{
	int i;

	for (i = 1; *s; i++) {
		if (i == f && !end)
			return s;
		if (separator) {
			s += strcspn(s, (char[]){ separator, 0 });
		} else {
			while (*s && isblank((unsigned char)*s))
				s++;
			while (*s && !isblank((unsigned char)*s))
				s++;
		}
		if (i == f)
			return s;
		if (separator && *s)
			s++;
	}
	return s;
}

/* Compare decimal numbers, which may have a fraction, without floating point. */
static int
compare_numbers(const char *a, const char *b)
{
	int na, nb, c;
	size_t la, lb;

	a += strspn(a, " \t");
	b += strspn(b, " \t");
	na = *a == '-';
	nb = *b == '-';
	a += na;
	b += nb;
	a += strspn(a, "0");
	b += strspn(b, "0");
	la = strspn(a, "0123456789");
	lb = strspn(b, "0123456789");
	c = la != lb ? (la > lb) - (la < lb) : strncmp(a, b, la);
	if (!c) {
		int fa = a[la] == '.', fb = b[lb] == '.';

		a += la + fa;
		b += lb + fb;
		while (!c && (isdigit((unsigned char)*a) || isdigit((unsigned char)*b))) {
			int da = fa && isdigit((unsigned char)*a) ? *a++ : '0';
			int db = fb && isdigit((unsigned char)*b) ? *b++ : '0';

			if ((!fa && !isdigit((unsigned char)*b)) || (!fb && !isdigit((unsigned char)*a)))
				fa = fb = fa && fb;
			c = da - db;
			if (!fa && !fb)
				break;
		}
	}
	if (na != nb && (c || la || lb))
		return na ? -1 : 1;
	return na ? -c : c;
}

static int
compare_keys(const char *a, const char *b)
{
	if (key_from) {
		const char *ea, *eb;
		size_t la, lb, n;
		int c;

		ea = key_to ? field(a, key_to, 1) : a + strlen(a);
		eb = key_to ? field(b, key_to, 1) : b + strlen(b);
		a = field(a, key_from, 0);
		b = field(b, key_from, 0);
		if (numeric)
			return compare_numbers(a, b);
		la = ea > a ? ea - a : 0;
		lb = eb > b ? eb - b : 0;
		n = la < lb ? la : lb;
		c = fold ? strncasecmp(a, b, n) : memcmp(a, b, n);
		return c ? c : (la > lb) - (la < lb);
	}
	if (numeric)
		return compare_numbers(a, b);
	return fold ? strcasecmp(a, b) : strcmp(a, b);
}

static int
compare(const char *a, const char *b)
{
	int c = compare_keys(a, b);

	if (!c && !unique && (key_from || numeric || fold))
		c = strcmp(a, b);
	return reverse ? -c : c;
}

/* Merge sort: stable, which -u needs to keep the first of equals. */
static void
merge_sort(char **v, char **tmp, size_t n)
{
	size_t half = n / 2, i = 0, j = half, k = 0;

	if (n < 2)
		return;
	merge_sort(v, tmp, half);
	merge_sort(v + half, tmp, n - half);
	memcpy(tmp, v, n * sizeof *v);
	while (k < n)
		v[k++] = j == n || (i < half && compare(tmp[i], tmp[j]) <= 0) ? tmp[i++] : tmp[j++];
}

static void
set_key(const char *s)
{
	char *end;

	key_from = strtol(s, &end, 10);
	if (key_from < 1)
		die("%s: bad key", s);
	for (; *end && *end != ','; end++) {
		numeric |= *end == 'n';
		reverse |= *end == 'r';
		if (!strchr("nrbf", *end))
			die("%s: bad key", s);
	}
	if (*end == ',') {
		key_to = strtol(end + 1, &end, 10);
		for (; *end; end++) {
			numeric |= *end == 'n';
			reverse |= *end == 'r';
		}
	}
}

int
main(int argc, char **argv)
{
	char **lines = NULL, **tmp, *dash = "-", *line = NULL;
	const char *out = NULL;
	size_t n = 0, cap = 0, i, len = 0;
	int c;

	while ((c = getopt(argc, argv, "nrufbst:k:o:")) != -1) {
		switch (c) {
		case 'n': numeric = 1; break;
		case 'r': reverse = 1; break;
		case 'u': unique = 1; break;
		case 'f': fold = 1; break;
		case 't': separator = *optarg; break;
		case 'k': set_key(optarg); break;
		case 'o': out = optarg; break;
		case 'b':
		case 's': break;
		default: usage("sort [-nruf] [-t CHAR] [-k FIELD[,FIELD]] [-o FILE] [FILE...]");
		}
	}
	argv += optind;
	argc -= optind;
	if (!argc) {
		argv = &dash;
		argc = 1;
	}
	for (; argc; argc--, argv++) {
		FILE *f = strcmp(*argv, "-") ? fopen(*argv, "r") : stdin;
		ssize_t got;

		if (!f)
			die_errno(*argv);
		while ((got = getline(&line, &len, f)) > 0) {
			if (line[got - 1] == '\n')
				line[got - 1] = '\0';
			if (n == cap) {
				cap = cap * 2 + 256;
				lines = realloc(lines, cap * sizeof *lines);
			}
			if (!lines || !(lines[n++] = strdup(line)))
				die("out of memory");
		}
		if (ferror(f))
			die_errno(*argv);
		if (f != stdin)
			fclose(f);
	}
	tmp = malloc((n + 1) * sizeof *tmp);
	if (!tmp)
		die("out of memory");
	merge_sort(lines, tmp, n);
	if (out && !freopen(out, "w", stdout))
		die_errno(out);
	for (i = 0; i < n; i++)
		if (!unique || !i || compare_keys(lines[i - 1], lines[i]))
			puts(lines[i]);
	return finish_output(0);
}
