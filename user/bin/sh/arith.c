/*
 * arith.c - the value of $(( )): C's integer expressions over the shell's variables.
 *
 * Operators in one table by how tightly they bind; unary ones, assignments and ?: apart.
 * `live` is 0 where C would not evaluate: the dead branch of ?: && ||.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sh.h"

static const char *at;
static const char *whole;

static long expression(int live);
static long sequence(int live);

static void
fail(const char *why)
{
	sh_error("arithmetic: %s: \"%s\"", why, whole);
}

static void
blanks(void)
{
	while (isspace((unsigned char)*at))
		at++;
}

static long
variable(const char *name)
{
	const char *v = var_get(name), *save_at = at, *save_whole = whole;
	char *end;
	long n;

	if (!v || !*v) {
		if (sh.nounset && !v)
			sh_error("%s: parameter not set", name);
		return 0;
	}
	n = strtol(v, &end, 0);
	if (!*end)
		return n;
	n = arith(v);			/* a variable may hold an expression */
	at = save_at;
	whole = save_whole;
	return n;
}

static void
assign(const char *name, long n)
{
	char buf[24];

	snprintf(buf, sizeof buf, "%ld", n);
	var_set(name, buf);
}

static long
apply(int op, long a, long b)
{
	switch (op) {
	case '*': return a * b;
	case '/':
	case '%':
		if (!b)
			fail("division by zero");
		if (b == -1)		/* LONG_MIN / -1 does not fit */
			return op == '/' ? (long)(0 - (unsigned long)a) : 0;
		return op == '/' ? a / b : a % b;
	case '+': return a + b;
	case '-': return a - b;
	case 'l': return (long)((unsigned long)a << (b & 63));
	case 'r': return a >> (b & 63);
	case '<': return a < b;
	case '>': return a > b;
	case 'L': return a <= b;
	case 'G': return a >= b;
	case '=': return a == b;
	case '!': return a != b;
	case '&': return a & b;
	case '^': return a ^ b;
	case '|': return a | b;
	}
	return 0;
}

/* The operator at `at`: its code and length, 0 if none; assignments are not among them. */
static int
operator(int *prec, int *len)
{
	static const struct { char text[3]; char op; char prec; } table[] = {
		{ "||", 'o', 1 }, { "&&", 'a', 2 }, { "==", '=', 6 }, { "!=", '!', 6 },
		{ "<<", 'l', 8 }, { ">>", 'r', 8 }, { "<=", 'L', 7 }, { ">=", 'G', 7 },
		{ "<", '<', 7 }, { ">", '>', 7 }, { "|", '|', 3 }, { "^", '^', 4 }, { "&", '&', 5 },
		{ "+", '+', 9 }, { "-", '-', 9 }, { "*", '*', 10 }, { "/", '/', 10 }, { "%", '%', 10 },
	};
	size_t i;

	blanks();
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		size_t n = strlen(table[i].text);

		if (strncmp(at, table[i].text, n))
			continue;
		if (at[n] == '=' && !strchr("=!LG<>oa", table[i].op))
			return 0;
		*prec = table[i].prec;
		*len = n;
		return table[i].op;
	}
	return 0;
}

static long
number(void)
{
	char *end;
	long n = (long)strtoul(at, &end, 0);

	if (isalnum((unsigned char)*end))
		fail("bad number");
	at = end;
	return n;
}

/* A name, perhaps assigned to or stepped. */
static long
name(int live)
{
	char id[128];
	size_t n = name_len(at);
	const char *p;
	long v;
	int op = 0;

	if (n >= sizeof id)
		fail("name too long");
	memcpy(id, at, n);
	id[n] = '\0';
	at += n;
	blanks();
	if ((at[0] == '+' || at[0] == '-') && at[1] == at[0]) {
		v = variable(id);
		if (live)
			assign(id, *at == '+' ? v + 1 : v - 1);
		at += 2;
		return v;
	}
	p = at;
	if (!strncmp(p, "<<=", 3) || !strncmp(p, ">>=", 3)) {
		op = *p == '<' ? 'l' : 'r';
		p += 2;
	} else if (*p && p[1] == '=' && strchr("*/%+-&^|", *p)) {
		op = *p++;
	}
	if (*p != '=' || p[1] == '=')
		return variable(id);
	at = p + 1;
	v = expression(live);
	if (live) {
		if (op)
			v = apply(op, variable(id), v);
		assign(id, v);
	}
	return v;
}

static long
unary(int live)
{
	long v;

	blanks();
	switch (*at) {
	case '(':
		at++;
		v = sequence(live);
		blanks();
		if (*at != ')')
			fail("missing )");
		at++;
		return v;
	case '+':
	case '-':
		if (at[1] == *at) {
			int step = *at == '+' ? 1 : -1;
			char id[128];
			size_t n;

			at += 2;
			blanks();
			n = name_len(at);
			if (!n || n >= sizeof id)
				fail("a name must follow");
			memcpy(id, at, n);
			id[n] = '\0';
			at += n;
			v = variable(id) + step;
			if (live)
				assign(id, v);
			return v;
		}
		return *at++ == '-' ? -unary(live) : unary(live);
	case '!':
		at++;
		return !unary(live);
	case '~':
		at++;
		return ~unary(live);
	}
	if (isdigit((unsigned char)*at))
		return number();
	if (name_len(at))
		return name(live);
	fail("syntax error");
	return 0;
}

static long
binary(int min, int live)
{
	long a = unary(live), b;
	int op, prec, len;

	while ((op = operator(&prec, &len)) && prec >= min) {
		at += len;
		if (op == 'o' || op == 'a') {
			int go = op == 'o' ? !a : !!a;

			b = binary(prec + 1, live && go);
			a = go ? !!b : op == 'o';
			continue;
		}
		b = binary(prec + 1, live);
		if (live)
			a = apply(op, a, b);
	}
	return a;
}

static long
expression(int live)
{
	long v = binary(1, live), a, b;

	blanks();
	if (*at != '?')
		return v;
	at++;
	a = expression(live && v);
	blanks();
	if (*at++ != ':')
		fail("missing :");
	b = expression(live && !v);
	return v ? a : b;
}

static long
sequence(int live)
{
	long v = expression(live);

	while (blanks(), *at == ',') {
		at++;
		v = expression(live);
	}
	return v;
}

long
arith(const char *s)
{
	static int depth;
	long v;

	at = whole = s;
	blanks();
	if (!*at)
		return 0;
	if (++depth > 32) {
		depth = 0;
		fail("too deep");
	}
	v = sequence(1);
	depth--;
	blanks();
	if (*at)
		fail("syntax error");
	return v;
}
