/* test.c - test and [: by the number of arguments where POSIX says so, else a small grammar. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd.h"

static char **at, **end;
static int bad;

static int
complain(const char *what, const char *why)
{
	if (!bad)
		warn_text("%s: %s", what, why);
	bad = 1;
	return 0;
}

static long
integer(const char *s)
{
	char *e;
	long n = strtol(s, &e, 10);

	while (*e == ' ' || *e == '\t')
		e++;
	if (!*s || *e)
		complain(s, "not a number");
	return n;
}

static int
is_unary(const char *s)
{
	return s[0] == '-' && s[1] && !s[2] && strchr("bcdefghknprstuwxzLOGS", s[1]);
}

static int
unary(int op, const char *s)
{
	struct stat st;

	switch (op) {
	case 'n': return *s != '\0';
	case 'z': return *s == '\0';
	case 't': return isatty(integer(s));
	case 'r': return access(s, R_OK) == 0;
	case 'w': return access(s, W_OK) == 0;
	case 'x': return access(s, X_OK) == 0;
	case 'h':
	case 'L': return lstat(s, &st) == 0 && S_ISLNK(st.st_mode);
	}
	if (stat(s, &st))
		return 0;
	switch (op) {
	case 'b': return S_ISBLK(st.st_mode);
	case 'c': return S_ISCHR(st.st_mode);
	case 'd': return S_ISDIR(st.st_mode);
	case 'f': return S_ISREG(st.st_mode);
	case 'p': return S_ISFIFO(st.st_mode);
	case 'S': return S_ISSOCK(st.st_mode);
	case 's': return st.st_size > 0;
	case 'u': return !!(st.st_mode & S_ISUID);
	case 'g': return !!(st.st_mode & S_ISGID);
	case 'k': return !!(st.st_mode & S_ISVTX);
	case 'O': return st.st_uid == geteuid();
	case 'G': return st.st_gid == getegid();
	}
	return 1;			/* -e */
}

enum { STR_EQ, STR_NE, STR_LT, STR_GT, EQ, NE, LT, LE, GT, GE, NEWER, OLDER, SAME };

static int
binary_op(const char *s)
{
	static const char *const ops[] = {
		[STR_EQ] = "=", [STR_NE] = "!=", [STR_LT] = "<", [STR_GT] = ">",
		[EQ] = "-eq", [NE] = "-ne", [LT] = "-lt", [LE] = "-le", [GT] = "-gt", [GE] = "-ge",
		[NEWER] = "-nt", [OLDER] = "-ot", [SAME] = "-ef",
	};
	int i;

	if (!strcmp(s, "=="))
		return STR_EQ;
	for (i = 0; i <= SAME; i++)
		if (!strcmp(s, ops[i]))
			return i;
	return -1;
}

static int
newer(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static int
binary(const char *a, int op, const char *b)
{
	struct stat x, y;
	int have_x, have_y;

	switch (op) {
	case STR_EQ: return !strcmp(a, b);
	case STR_NE: return strcmp(a, b) != 0;
	case STR_LT: return strcmp(a, b) < 0;
	case STR_GT: return strcmp(a, b) > 0;
	case EQ: return integer(a) == integer(b);
	case NE: return integer(a) != integer(b);
	case LT: return integer(a) < integer(b);
	case LE: return integer(a) <= integer(b);
	case GT: return integer(a) > integer(b);
	case GE: return integer(a) >= integer(b);
	}
	have_x = !stat(a, &x);
	have_y = !stat(b, &y);
	switch (op) {
	case NEWER: return have_x && (!have_y || newer(&x, &y));
	case OLDER: return have_y && (!have_x || newer(&y, &x));
	default: return have_x && have_y && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	}
}

static int disjunction(void);

static int
primary(void)
{
	long left = end - at;
	int r, op;

	if (left <= 0)
		return complain("argument", "expected");
	if (left >= 3 && (op = binary_op(at[1])) >= 0) {
		r = binary(at[0], op, at[2]);
		at += 3;
		return r;
	}
	if (!strcmp(at[0], "!") && left > 1) {
		at++;
		return !primary();
	}
	if (!strcmp(at[0], "(") && left > 2) {
		at++;
		r = disjunction();
		if (at >= end || strcmp(*at, ")"))
			return complain(")", "expected");
		at++;
		return r;
	}
	if (left >= 2 && is_unary(at[0])) {
		r = unary(at[0][1], at[1]);
		at += 2;
		return r;
	}
	return *(*at++) != '\0';
}

static int
conjunction(void)
{
	int r = primary();

	while (at < end && !strcmp(*at, "-a")) {
		at++;
		r &= primary();
	}
	return r;
}

static int
disjunction(void)
{
	int r = conjunction();

	while (at < end && !strcmp(*at, "-o")) {
		at++;
		r |= conjunction();
	}
	return r;
}

/* 0 true, 1 false, 2 an error. */
int
test_main(int argc, char **argv)
{
	int r, negate = 0;

	bad = 0;
	if (!strcmp(argv[0], "[") || (strlen(argv[0]) > 1 && !strcmp(argv[0] + strlen(argv[0]) - 2, "/["))) {
		if (strcmp(argv[argc - 1], "]")) {
			warn_text("[: missing ]");
			return 2;
		}
		argc--;
	}
	at = argv + 1;
	end = argv + argc;
	if (end == at)
		return 1;
	/* Of three arguments the middle one decides: test "!" = "!" compares. */
	if (end - at == 4 && !strcmp(*at, "!")) {
		negate = 1;
		at++;
	}
	r = disjunction();
	if (!bad && at < end)
		complain(*at, "unexpected");
	return bad ? 2 : r == negate;
}
