/* tr [-cds] SET [SET] - translate, delete or squeeze bytes. Sets: a-z, \n, \012, [:class:]. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

struct set {
	unsigned char c[1024];
	int	n;
};

static void
add(struct set *s, int c)
{
	if (s->n < (int)sizeof s->c)
		s->c[s->n++] = c;
}

static int
one(const char **p)
{
	int c = (unsigned char)*(*p)++, i;

	if (c != '\\' || !**p)
		return c;
	c = (unsigned char)*(*p)++;
	switch (c) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	case 'a': return '\a';
	case 'b': return '\b';
	case 'f': return '\f';
	case 'v': return '\v';
	}
	if (c < '0' || c > '7')
		return c;
	c -= '0';
	for (i = 0; i < 2 && **p >= '0' && **p <= '7'; i++)
		c = c * 8 + *(*p)++ - '0';
	return c & 255;
}

static void
parse(struct set *s, const char *p)
{
	static const struct { const char *name; int (*is)(int); } classes[] = {
		{ "[:alpha:]", isalpha }, { "[:digit:]", isdigit }, { "[:alnum:]", isalnum },
		{ "[:upper:]", isupper }, { "[:lower:]", islower }, { "[:space:]", isspace },
		{ "[:blank:]", isblank }, { "[:punct:]", ispunct }, { "[:print:]", isprint },
		{ "[:cntrl:]", iscntrl },
	};
	size_t i;

	while (*p) {
		int lo, hi;

		for (i = 0; i < sizeof classes / sizeof *classes; i++)
			if (!strncmp(p, classes[i].name, strlen(classes[i].name)))
				break;
		if (i < sizeof classes / sizeof *classes) {
			for (lo = 0; lo < 256; lo++)
				if (classes[i].is(lo))
					add(s, lo);
			p += strlen(classes[i].name);
			continue;
		}
		lo = hi = one(&p);
		if (p[0] == '-' && p[1]) {
			p++;
			hi = one(&p);
		}
		for (; lo <= hi; lo++)
			add(s, lo);
	}
}

int
main(int argc, char **argv)
{
	int complement = 0, delete = 0, squeeze = 0, c, i, last = -1;
	struct set a = { .n = 0 }, b = { .n = 0 };
	short map[256];
	char in_a[256] = { 0 }, in_squeeze[256] = { 0 };

	while ((c = getopt(argc, argv, "cCds")) != -1) {
		complement |= c == 'c' || c == 'C';
		delete |= c == 'd';
		squeeze |= c == 's';
		if (c == '?')
			usage("tr [-cds] SET [SET]");
	}
	if (argc - optind < 1 || argc - optind > 2 || (argc - optind == 1 && !delete && !squeeze))
		usage("tr [-cds] SET [SET]");
	parse(&a, argv[optind]);
	if (complement) {
		struct set old = a;

		a.n = 0;
		for (c = 0; c < 256; c++)
			if (!memchr(old.c, c, old.n))
				add(&a, c);
	}
	if (argc - optind == 2)
		parse(&b, argv[optind + 1]);
	for (i = 0; i < 256; i++)
		map[i] = i;
	for (i = 0; i < a.n; i++) {
		in_a[a.c[i]] = 1;
		if (b.n && !delete)
			map[a.c[i]] = b.c[i < b.n ? i : b.n - 1];
	}
	for (i = 0; i < (b.n ? b.n : a.n); i++)
		in_squeeze[b.n ? b.c[i] : a.c[i]] = 1;
	while ((c = getchar()) != EOF) {
		if (delete && in_a[c])
			continue;
		c = map[c];
		if (squeeze && c == last && in_squeeze[c])
			continue;
		putchar(c);
		last = c;
	}
	return finish_output(0);
}
