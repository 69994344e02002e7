/* fnmatch.c - shell patterns: * ? [set] [!set] [a-z] [[:class:]] and backslash. */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

static int
in_class(const char *name, size_t n, int c)
{
	static const struct { const char *name; int (*is)(int); } classes[] = {
		{ "alpha", isalpha }, { "digit", isdigit }, { "alnum", isalnum }, { "upper", isupper },
		{ "lower", islower }, { "space", isspace }, { "blank", isblank }, { "punct", ispunct },
		{ "print", isprint }, { "graph", isgraph }, { "cntrl", iscntrl }, { "xdigit", isxdigit },
	};
	size_t i;

	for (i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strlen(classes[i].name) == n && !memcmp(classes[i].name, name, n))
			return classes[i].is(c);
	return 0;
}

/* Match c against the set at p (after its '['). The byte after the ']', or NULL if there is none. */
static const char *
match_set(const char *p, int c, int escape, int *hit)
{
	int negate = *p == '!' || *p == '^', first = 1;

	*hit = 0;
	if (negate)
		p++;
	for (; *p != ']' || first; first = 0) {
		const char *end;
		int lo, hi;

		if (!*p)
			return NULL;
		if (p[0] == '[' && p[1] == ':' && (end = strstr(p + 2, ":]"))) {
			*hit |= in_class(p + 2, end - p - 2, c);
			p = end + 2;
			continue;
		}
		if (*p == '\\' && escape && p[1])
			p++;
		lo = hi = (unsigned char)*p++;
		if (p[0] == '-' && p[1] && p[1] != ']') {
			p++;
			if (*p == '\\' && escape && p[1])
				p++;
			hi = (unsigned char)*p++;
		}
		*hit |= lo <= c && c <= hi;
	}
	*hit ^= negate;
	return p + 1;
}

/* Length of the UTF-8 character at s, at least 1: `?` takes a whole one. */
static int
char_len(const char *s)
{
	int n = 1;

	if ((unsigned char)*s >= 0xc0)
		while (n < 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
	return n;
}

int
fnmatch(const char *p, const char *s, int flags)
{
	const char *start = s, *star = NULL, *retry = NULL;
	int escape = !(flags & FNM_NOESCAPE), path = flags & FNM_PATHNAME;

	for (;;) {
		int c = (unsigned char)*s, hit;
		int hidden = c == '.' && flags & FNM_PERIOD && (s == start || (path && s[-1] == '/'));
		const char *q;

		switch (*p) {
		case '\0':
			if (!c)
				return 0;
			break;
		case '*':
			if (hidden)
				return FNM_NOMATCH;
			star = ++p;
			retry = s;
			continue;
		case '?':
			if (!c || hidden || (path && c == '/'))
				break;
			p++;
			s += char_len(s);
			continue;
		case '[':
			q = match_set(p + 1, c, escape, &hit);
			if (!q)
				goto literal;
			if (!c || hidden || !hit || (path && c == '/'))
				break;
			p = q;
			s++;
			continue;
		case '\\':
			if (escape && p[1])
				p++;
			/* fall through */
		default:
		literal:
			if ((unsigned char)*p != c)
				break;
			p++;
			s++;
			continue;
		}
		/* A mismatch: let the last star take one byte more. */
		if (!star || !*retry || (path && *retry == '/'))
			return FNM_NOMATCH;
		p = star;
		s = ++retry;
	}
}
