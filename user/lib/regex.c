/*
 * regex.c - POSIX basic and extended regular expressions, in time linear in the text.
 *
 * Data        struct prog: the expression as a program of small instructions. A match walks
 *             the text once with the set of instructions it could be at (Thompson), so no
 *             expression can make it slow.
 * Invariants  Every jump stays inside the program; the last instruction is MATCH.
 * Not here    back-references, and where groups matched: rm_so is -1 for all but the whole.
 */
#include <ctype.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROG	4096
#define MAX_REPEAT	255

enum op { CHAR, ANY, SET, SPLIT, JUMP, BOL, EOL, WORD_START, WORD_END, WORD_EDGE, NOT_EDGE, MATCH };

struct inst {
	unsigned char op;
	unsigned char c;
	short	x, y;			/* SPLIT, JUMP: relative targets; SET: index in x */
};

struct set {
	uint32_t bits[8];
};

struct prog {
	struct inst *code;
	int	n, cap;
	struct set *sets;
	int	nsets;
	int	icase;
};

struct parser {
	const char *p, *start;
	struct prog *g;
	int	ext, newline;
	int	depth, groups;
	int	err;
};

/* ---- compiling ---- */

/* Make room for n instructions at `at`; what follows moves up. */
static struct inst *
insert(struct parser *ps, int at, int n)
{
	struct prog *g = ps->g;

	if (ps->err)
		return NULL;
	if (g->n + n > MAX_PROG) {
		ps->err = REG_ESPACE;
		return NULL;
	}
	if (g->n + n > g->cap) {
		int cap = g->cap * 2 + n + 16;
		struct inst *code = realloc(g->code, cap * sizeof *code);

		if (!code) {
			ps->err = REG_ESPACE;
			return NULL;
		}
		g->code = code;
		g->cap = cap;
	}
	memmove(g->code + at + n, g->code + at, (g->n - at) * sizeof *g->code);
	g->n += n;
	return g->code + at;
}

static void
emit(struct parser *ps, int op, int c, int x, int y)
{
	struct inst *i = insert(ps, ps->g->n, 1);

	if (i)
		*i = (struct inst){ op, c, x, y };
}

static void
set_add(struct set *s, int c)
{
	s->bits[c >> 5] |= 1U << (c & 31);
}

static int
set_has(const struct set *s, int c)
{
	return s->bits[c >> 5] >> (c & 31) & 1;
}

/* Add a set to the program and an instruction that tests it. */
static void
emit_set(struct parser *ps, const struct set *s)
{
	struct set *sets = realloc(ps->g->sets, (ps->g->nsets + 1) * sizeof *sets);

	if (!sets) {
		ps->err = REG_ESPACE;
		return;
	}
	ps->g->sets = sets;
	sets[ps->g->nsets] = *s;
	emit(ps, SET, 0, ps->g->nsets++, 0);
}

static void
add_class(struct parser *ps, struct set *s, const char *name, size_t n)
{
	static const struct { const char *name; int (*is)(int); } classes[] = {
		{ "alpha", isalpha }, { "digit", isdigit }, { "alnum", isalnum }, { "upper", isupper },
		{ "lower", islower }, { "space", isspace }, { "blank", isblank }, { "punct", ispunct },
		{ "print", isprint }, { "graph", isgraph }, { "cntrl", iscntrl }, { "xdigit", isxdigit },
	};
	size_t i;
	int c;

	for (i = 0; i < sizeof classes / sizeof *classes; i++) {
		if (strlen(classes[i].name) != n || memcmp(classes[i].name, name, n))
			continue;
		for (c = 0; c < 256; c++)
			if (classes[i].is(c))
				set_add(s, c);
		return;
	}
	ps->err = REG_EBRACK;
}

static void
parse_set(struct parser *ps)
{
	struct set s = { { 0 } };
	int negate = 0, first = 1, c, i;

	if (*ps->p == '^') {
		negate = 1;
		ps->p++;
	}
	for (; *ps->p != ']' || first; first = 0) {
		const char *end;
		int lo, hi;

		if (!*ps->p) {
			ps->err = REG_EBRACK;
			return;
		}
		if (ps->p[0] == '[' && ps->p[1] == ':' && (end = strstr(ps->p + 2, ":]"))) {
			add_class(ps, &s, ps->p + 2, end - ps->p - 2);
			ps->p = end + 2;
			continue;
		}
		lo = hi = (unsigned char)*ps->p++;
		if (ps->p[0] == '-' && ps->p[1] && ps->p[1] != ']') {
			hi = (unsigned char)ps->p[1];
			ps->p += 2;
		}
		for (c = lo; c <= hi; c++)
			set_add(&s, c);
	}
	ps->p++;
	if (ps->g->icase)
		for (c = 'a'; c <= 'z'; c++)
			if (set_has(&s, c) || set_has(&s, c - 32)) {
				set_add(&s, c);
				set_add(&s, c - 32);
			}
	if (negate) {
		for (i = 0; i < 8; i++)
			s.bits[i] = ~s.bits[i];
		if (ps->newline)
			s.bits[0] &= ~(1U << '\n');
	}
	emit_set(ps, &s);
}

static void
word_set(struct parser *ps, int negate)
{
	struct set s = { { 0 } };
	int c;

	for (c = 0; c < 256; c++)
		if ((isalnum(c) || c == '_') != negate)
			set_add(&s, c);
	emit_set(ps, &s);
}

static void	parse_alternatives(struct parser *ps);

/* True at text which ends a branch: end, | or ) (with a backslash in a BRE). */
static int
at_branch_end(struct parser *ps)
{
	const char *p = ps->p;

	if (!*p)
		return 1;
	if (ps->ext)
		return *p == '|' || (*p == ')' && ps->depth);
	return p[0] == '\\' && (p[1] == '|' || (p[1] == ')' && ps->depth));
}

/* True at a repetition operator. */
static int
at_repeat(struct parser *ps)
{
	const char *p = ps->p;

	if (*p == '*')
		return 1;
	if (ps->ext)
		return *p == '+' || *p == '?' || (*p == '{' && isdigit((unsigned char)p[1]));
	return *p == '\\' && (p[1] == '{' || p[1] == '+' || p[1] == '?');
}

/* One character, set, anchor or group. */
static void
parse_atom(struct parser *ps, int first)
{
	int c = (unsigned char)*ps->p++;
	int escaped = 0;

	if (c == '\\') {
		if (!*ps->p) {
			ps->err = REG_BADPAT;
			return;
		}
		c = (unsigned char)*ps->p++;
		escaped = 1;
	}
	if (c == '(' && escaped != ps->ext) {
		ps->depth++;
		ps->groups++;
		parse_alternatives(ps);
		if (!ps->ext && *ps->p == '\\')
			ps->p++;
		if (*ps->p != ')' && !ps->err)
			ps->err = REG_EPAREN;
		if (!ps->err)
			ps->p++;
		ps->depth--;
		return;
	}
	if (escaped) {
		switch (c) {
		case '<': emit(ps, WORD_START, 0, 0, 0); return;
		case '>': emit(ps, WORD_END, 0, 0, 0); return;
		case 'b': emit(ps, WORD_EDGE, 0, 0, 0); return;
		case 'B': emit(ps, NOT_EDGE, 0, 0, 0); return;
		case 'w': word_set(ps, 0); return;
		case 'W': word_set(ps, 1); return;
		case ')':
			if (!ps->ext)
				ps->err = REG_EPAREN;
			break;
		}
		if (c >= '1' && c <= '9')
			ps->err = REG_BADPAT;
	} else {
		switch (c) {
		case '.': emit(ps, ANY, ps->newline ? '\n' : 0, 0, 0); return;
		case '[': parse_set(ps); return;
		case '^':
			if (ps->ext || first) {
				emit(ps, BOL, 0, 0, 0);
				return;
			}
			break;
		case '$':
			if (ps->ext || at_branch_end(ps)) {
				emit(ps, EOL, 0, 0, 0);
				return;
			}
			break;
		}
	}
	emit(ps, CHAR, ps->g->icase ? tolower(c) : c, 0, 0);
}

/* Append a copy of code[at, at+n). */
static void
copy_code(struct parser *ps, int at, int n)
{
	int i;

	if (insert(ps, ps->g->n, n))
		for (i = 0; i < n; i++)
			ps->g->code[ps->g->n - n + i] = ps->g->code[at + i];
}

/* Repeat code[at, end) between min and max times; max -1: without limit. */
static void
repeat(struct parser *ps, int at, int min, int max)
{
	int n = ps->g->n - at, i;
	struct inst *in;

	if (min == 0) {
		in = insert(ps, at, 1);		/* SPLIT over the atom */
		if (!in)
			return;
		*in = (struct inst){ SPLIT, 0, 1, n + 1 };
		at++;
		if (max == -1) {
			in->y++;
			emit(ps, JUMP, 0, -(n + 1), 0);
			return;
		}
		if (max == 0) {
			in->op = JUMP;
			in->x = n + 1;
			return;
		}
		min = 1;
	}
	for (i = 1; i < min; i++)
		copy_code(ps, at, n);
	if (max == -1) {
		emit(ps, SPLIT, 0, -n, 1);
		return;
	}
	for (i = min; i < max; i++) {
		emit(ps, SPLIT, 0, 1, n + 1);
		copy_code(ps, at, n);
	}
}

static void
parse_repeat(struct parser *ps, int at)
{
	int min, max;

	if (*ps->p == '\\')
		ps->p++;
	switch (*ps->p++) {
	case '*': repeat(ps, at, 0, -1); return;
	case '+': repeat(ps, at, 1, -1); return;
	case '?': repeat(ps, at, 0, 1); return;
	}
	min = strtol(ps->p, (char **)&ps->p, 10);
	max = min;
	if (*ps->p == ',') {
		ps->p++;
		max = isdigit((unsigned char)*ps->p) ? (int)strtol(ps->p, (char **)&ps->p, 10) : -1;
	}
	if (!ps->ext && *ps->p == '\\')
		ps->p++;
	if (*ps->p != '}' || min < 0 || min > MAX_REPEAT || max > MAX_REPEAT || (max >= 0 && max < min)) {
		ps->err = REG_BADBR;
		return;
	}
	ps->p++;
	repeat(ps, at, min, max);
}

static void
parse_branch(struct parser *ps)
{
	int first = 1, at;

	while (!ps->err && !at_branch_end(ps)) {
		at = ps->g->n;
		if (at_repeat(ps) && first) {
			if (ps->ext && *ps->p != '{') {
				ps->err = REG_BADRPT;
				return;
			}
			emit(ps, CHAR, (unsigned char)*ps->p++, 0, 0);	/* a leading * is itself */
		} else {
			int anchor = *ps->p == '^' && first;

			parse_atom(ps, first);
			if (anchor && !ps->ext && *ps->p == '*')
				continue;	/* ^* in a BRE: the star is itself */
		}
		first = 0;
		while (!ps->err && at_repeat(ps))
			parse_repeat(ps, at);
	}
}

static void
parse_alternatives(struct parser *ps)
{
	int at = ps->g->n, end, jumps[64], n = 0;
	struct inst *in;

	parse_branch(ps);
	while (!ps->err && *ps->p && ps->p[!ps->ext] == '|' && at_branch_end(ps)) {
		ps->p += 1 + !ps->ext;
		if (n == 64) {
			ps->err = REG_ESPACE;
			return;
		}
		in = insert(ps, at, 1);
		if (!in)
			return;
		*in = (struct inst){ SPLIT, 0, 1, ps->g->n - at + 1 };
		jumps[n++] = ps->g->n;
		emit(ps, JUMP, 0, 0, 0);
		at = ps->g->n;
		parse_branch(ps);
	}
	end = ps->g->n;
	while (n-- && !ps->err)
		ps->g->code[jumps[n]].x = end - jumps[n];
}

int
regcomp(regex_t *restrict re, const char *restrict pattern, int flags)
{
	struct prog *g = calloc(1, sizeof *g);
	struct parser ps = { .p = pattern, .start = pattern, .g = g };

	re->re_prog = g;
	if (!g)
		return REG_ESPACE;
	ps.ext = !!(flags & REG_EXTENDED);
	ps.newline = !!(flags & REG_NEWLINE);
	g->icase = !!(flags & REG_ICASE);
	parse_alternatives(&ps);
	if (!ps.err && *ps.p)
		ps.err = REG_EPAREN;
	emit(&ps, MATCH, 0, 0, 0);
	re->re_nsub = ps.groups;
	if (ps.err)
		regfree(re);
	return ps.err;
}

void
regfree(regex_t *re)
{
	struct prog *g = re->re_prog;

	if (g) {
		free(g->code);
		free(g->sets);
		free(g);
	}
	re->re_prog = NULL;
}

/* ---- matching ---- */

struct threads {
	int	n;
	short	pc[];
};

struct machine {
	const struct prog *g;
	const char *text;
	int	notbol, noteol;
	uint32_t *seen;			/* by instruction: the step that last added it */
	uint32_t step;
};

static int
is_word(int c)
{
	return isalnum(c) || c == '_';
}

/* Add pc, and all that is reached from it without reading, at text s. */
static void
add_thread(struct machine *m, struct threads *t, int pc, const char *s)
{
	const struct inst *i = m->g->code + pc;
	int before, after, go;

	if (m->seen[pc] == m->step)
		return;
	m->seen[pc] = m->step;
	before = s > m->text && is_word((unsigned char)s[-1]);
	after = is_word((unsigned char)*s);
	switch (i->op) {
	case JUMP:
		add_thread(m, t, pc + i->x, s);
		return;
	case SPLIT:
		add_thread(m, t, pc + i->x, s);
		add_thread(m, t, pc + i->y, s);
		return;
	case BOL:
		go = s == m->text && !m->notbol;
		break;
	case EOL:
		go = !*s && !m->noteol;
		break;
	case WORD_START:
		go = !before && after;
		break;
	case WORD_END:
		go = before && !after;
		break;
	case WORD_EDGE:
		go = before != after;
		break;
	case NOT_EDGE:
		go = before == after;
		break;
	default:
		t->pc[t->n++] = pc;
		return;
	}
	if (go)
		add_thread(m, t, pc + 1, s);
}

static int
step_matches(const struct prog *g, const struct inst *i, int c)
{
	switch (i->op) {
	case CHAR:
		return (g->icase ? tolower(c) : c) == i->c;
	case ANY:
		return !i->c || c != i->c;
	case SET:
		return set_has(&g->sets[i->x], c);
	}
	return 0;
}

/*
 * Run from s. anchored: the match starts at s, and its longest end is returned; else it may
 * start anywhere and the first end found will do. NULL: no match.
 */
static const char *
run(struct machine *m, struct threads *now, struct threads *next, const char *s, int anchored)
{
	const char *found = NULL, *from = s;

	now->n = 0;
	m->step++;
	for (;; s++) {
		struct threads *t;
		int i, c = (unsigned char)*s;

		if (!anchored || s == from)
			add_thread(m, now, 0, s);
		if (!now->n)
			return found;
		next->n = 0;
		m->step++;
		for (i = 0; i < now->n; i++) {
			const struct inst *in = m->g->code + now->pc[i];

			if (in->op == MATCH) {
				found = s;
				if (!anchored)
					return found;
			} else if (c && step_matches(m->g, in, c)) {
				add_thread(m, next, now->pc[i] + 1, s + 1);
			}
		}
		if (!c)
			return found;
		t = now;
		now = next;
		next = t;
	}
}

int
regexec(const regex_t *restrict re, const char *restrict s, size_t n, regmatch_t *restrict match, int flags)
{
	const struct prog *g = re->re_prog;
	size_t set_size = sizeof(struct threads) + (g->n + 1) * sizeof(short);
	char *memory;
	struct machine m = { .g = g, .text = s, .notbol = flags & REG_NOTBOL, .noteol = flags & REG_NOTEOL };
	struct threads *a, *b;
	const char *end;
	size_t i;

	set_size = (set_size + 7) & ~7UL;
	memory = calloc(1, g->n * sizeof *m.seen + 8 + 2 * set_size);
	if (!memory)
		return REG_ESPACE;
	a = (struct threads *)memory;
	b = (struct threads *)(memory + set_size);
	m.seen = (uint32_t *)(memory + 2 * set_size);
	end = run(&m, a, b, s, 0);
	if (end && n) {
		while (!(end = run(&m, a, b, s, 1)))
			s++;
		for (i = 0; i < n; i++)
			match[i].rm_so = match[i].rm_eo = -1;
		match[0].rm_so = s - m.text;
		match[0].rm_eo = end - m.text;
	}
	free(memory);
	return end ? 0 : REG_NOMATCH;
}

size_t
regerror(int err, const regex_t *restrict re, char *restrict buf, size_t n)
{
	const char *why = "bad regular expression";

	(void)re;
	switch (err) {
	case REG_NOMATCH: why = "no match"; break;
	case REG_EBRACK: why = "unmatched [ or unknown class"; break;
	case REG_EPAREN: why = "unmatched ( or )"; break;
	case REG_BADBR: why = "bad repetition count"; break;
	case REG_BADRPT: why = "nothing to repeat"; break;
	case REG_ESPACE: why = "regular expression too big"; break;
	}
	return snprintf(buf, n, "%s", why) + 1;
}
