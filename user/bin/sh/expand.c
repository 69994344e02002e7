/*
 * expand.c - what a word means: tilde, parameters, commands, arithmetic, then splitting into
 * fields, file names, and the removal of quotes.
 *
 * Data        struct text: the expanded bytes, each with marks that say where it came from.
 *             QUOTED bytes are only themselves; SPLIT bytes came out of an unquoted
 *             expansion, so IFS divides them; BREAK is no byte but the end of a field (from
 *             "$@"); EMPTY is no byte but says that the field exists.
 * Not here    where a word ends (lex.c).
 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sh.h"

#define QUOTED	1
#define SPLIT	2
#define BREAK	4
#define EMPTY	8

struct text {
	struct str s, marks;
	int	saw_at;			/* "$@" was here: quotes round it make no empty field */
};

/* How the text being expanded stands. */
#define IN_DQUOTE	1		/* between double quotes */
#define IN_HERE		2		/* in a here-document: like double quotes, but they are plain */
#define IN_WORD		4		/* the word of an unquoted ${x-word}: plain bytes are split too */
#define IN_ASSIGN	8		/* ~ after : too */

static const char *expand(struct text *o, const char *s, const char *end, int how);

static void
put(struct text *o, int c, int marks)
{
	str_put(&o->s, c);
	str_put(&o->marks, marks);
}

static void
put_string(struct text *o, const char *s, int marks)
{
	for (; *s; s++)
		put(o, *s, marks);
}

static void
text_free(struct text *o)
{
	free(o->s.s);
	free(o->marks.s);
}

/* ---- $( ) and ` ` ---- */

/* Run a tree (or a string) in a child and put what it prints, without its last newlines. */
static void
put_output(struct text *o, struct node *n, const char *string, int marks)
{
	struct str out = { 0 };
	char buf[1024];
	int fds[2], status = 0;
	ssize_t len, i;
	size_t j;
	pid_t pid;

	if (pipe(fds))
		sh_error("pipe: %s", strerror(errno));
	fflush(stdout);
	pid = job_fork(NULL, 0);
	if (pid == 0) {
		close(fds[0]);
		if (fds[1] != 1) {
			dup2(fds[1], 1);
			close(fds[1]);
		}
		sh_exit(string ? run_string(string, RUN_EXIT) : run_node(n, RUN_EXIT));
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		sh_error("fork: %s", strerror(errno));
	}
	for (;;) {
		len = read(fds[0], buf, sizeof buf);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		for (i = 0; i < len; i++)
			if (buf[i])
				str_put(&out, buf[i]);
	}
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sh.subst_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT && sh.interactive)
		interrupted = 1;
	while (out.n && out.s[out.n - 1] == '\n')
		out.n--;
	for (j = 0; j < out.n; j++)
		put(o, out.s[j], marks);
	free(out.s);
	check_interrupt();
}

/* s is after "$(". Returns after its ")". */
static const char *
expand_command(struct text *o, const char *s, int marks)
{
	struct arena arena = { 0 };
	struct input in;
	struct node *n;
	jmp_buf fail;
	size_t used;

	input_string(&in, s);
	in.arena = &arena;
	in.fail = &fail;
	if (setjmp(fail)) {
		input_free(&in);
		sh_error("bad substitution");
	}
	n = parse_substitution(&in);
	used = in.pos;
	input_free(&in);
	sh.subst_status = 0;
	if (n)
		put_output(o, n, NULL, marks);
	if (!arena.keep)
		arena_free(&arena);
	return s + used;
}

/* s is after "`". */
static const char *
expand_backquote(struct text *o, const char *s, const char *end, int how, int marks)
{
	struct str command = { 0 };

	for (; s < end && *s != '`'; s++) {
		if (*s == '\\' && s + 1 < end
		    && (strchr("`\\$", s[1]) || (s[1] == '"' && how & IN_DQUOTE)))
			s++;
		str_put(&command, *s);
	}
	sh.subst_status = 0;
	put_output(o, NULL, str_end(&command), marks);
	free(command.s);
	return s < end ? s + 1 : s;
}

/* s is after "$((". Returns after its "))". */
static const char *
expand_arith(struct text *o, const char *s, const char *end, int marks)
{
	struct text expr = { 0 };
	const char *p = s;
	char number[24];
	int depth = 2;

	while (p < end && depth) {
		depth += (*p == '(') - (*p == ')');
		p++;
	}
	if (depth || p[-2] != ')')
		sh_error("missing ))");
	expand(&expr, s, p - 2, IN_DQUOTE);
	snprintf(number, sizeof number, "%ld", arith(str_end(&expr.s)));
	text_free(&expr);
	put_string(o, number, marks);
	return p;
}

/* ---- parameters ---- */

static int
is_special(int c)
{
	return c && strchr("?$!#@*-0123456789", c) != NULL;
}

/* The value of a parameter other than $@ and $*; NULL if unset. buf holds numbers. */
static const char *
parameter(const char *name, size_t n, char *buf, size_t size)
{
	char id[256];
	long i;

	if (isdigit((unsigned char)*name)) {
		i = strtol(name, NULL, 10);
		return i == 0 ? sh.name : i <= sh.argc ? sh.argv[i - 1] : NULL;
	}
	if (n == 1) {
		switch (*name) {
		case '?':
			snprintf(buf, size, "%d", sh.status);
			return buf;
		case '$':
			snprintf(buf, size, "%d", (int)sh.pid);
			return buf;
		case '#':
			snprintf(buf, size, "%d", sh.argc);
			return buf;
		case '!':
			if (!sh.last_bg)
				return NULL;
			snprintf(buf, size, "%d", (int)sh.last_bg);
			return buf;
		case '-':
			snprintf(buf, size, "%s%s%s%s%s", sh.errexit ? "e" : "", sh.noglob ? "f" : "",
				 sh.interactive ? "i" : "", sh.nounset ? "u" : "", sh.xtrace ? "x" : "");
			return buf;
		}
	}
	if (n >= sizeof id)
		return NULL;
	memcpy(id, name, n);
	id[n] = '\0';
	return var_get(id);
}

/* $@ and $*. */
static void
put_all(struct text *o, int star, int quoted)
{
	const char *ifs = var_get("IFS");
	int i;

	if (!star && quoted)
		o->saw_at = 1;
	for (i = 0; i < sh.argc; i++) {
		if (i && star && quoted) {
			if (!ifs)
				put(o, ' ', QUOTED);
			else if (*ifs)
				put(o, *ifs, QUOTED);
		} else if (i) {
			put(o, 0, BREAK);
		}
		if (quoted && !*sh.argv[i])
			put(o, 0, EMPTY);
		put_string(o, sh.argv[i], quoted ? QUOTED : SPLIT);
	}
}

/* Cut from value what the pattern matches at its start or end. */
static char *
trim(const char *value, const char *pattern, int op, int longest)
{
	size_t n = strlen(value), i;
	char *copy = xstrdup(value);

	for (i = 0; i <= n; i++) {
		size_t cut = op == '#' ? (longest ? n - i : i) : (longest ? i : n - i);

		if (op == '#') {
			copy[cut] = '\0';
			if (!fnmatch(pattern, copy, 0)) {
				free(copy);
				return xstrdup(value + cut);
			}
			copy[cut] = value[cut];
		} else if (!fnmatch(pattern, copy + cut, 0)) {
			copy[cut] = '\0';
			return copy;
		}
	}
	return copy;
}

static char *
substring(const char *s, const char *end)
{
	char *p = xmalloc(end - s + 1);

	p[end - s] = '\0';
	return memcpy(p, s, end - s);
}

/* Expand the word of an operator to a plain string. */
static char *
operand(const char *s, const char *end)
{
	char *word = substring(s, end), *value = expand_string(word);

	free(word);
	return value;
}

/* The length of a parameter's name or number, or 1 for a special one; 0 if there is none at s. */
static size_t
parameter_len(const char *s)
{
	size_t n = name_len(s);

	if (n)
		return n;
	return isdigit((unsigned char)*s) ? strspn(s, "0123456789") : (size_t)is_special(*s);
}

/* ${#NAME}: put the length of a value; for @ and * the number of arguments. */
static void
put_length(struct text *o, const char *name, size_t n, int marks)
{
	char buf[256];
	const char *value;
	int len = sh.argc;

	if (*name != '@' && *name != '*') {
		value = parameter(name, n, buf, sizeof buf);
		if (!value && sh.nounset)
			sh_error("%.*s: parameter not set", (int)n, name);
		len = value ? strlen(value) : 0;
	}
	snprintf(buf, sizeof buf, "%d", len);
	put_string(o, buf, marks);
}

/* The parameter is not set: ${NAME=WORD} or ${NAME?WORD}, WORD from s to end. */
static void
assign_or_complain(struct text *o, const char *name, size_t n, int op, const char *s, const char *end, int marks)
{
	char *word = operand(s, end), *key;

	if (op == '?')
		sh_error("%.*s: %s", (int)n, name, *word ? word : "parameter not set");
	if (name_len(name) != n)
		sh_error("%.*s: cannot assign", (int)n, name);
	key = substring(name, name + n);
	var_set(key, word);
	free(key);
	put_string(o, word, marks);
	free(word);
}

/* ${NAME#PATTERN} and its like: op is # or %, which twice means the longest match; s is after the first. */
static void
put_trimmed(struct text *o, const char *value, int op, const char *s, const char *end, int marks)
{
	int longest = *s == op;
	char *word = substring(s + longest, end), *pattern = expand_pattern(word);

	free(word);
	word = trim(value ? value : "", pattern, op, longest);
	put_string(o, word, marks);
	free(word);
	free(pattern);
}

/* s is after "${". Returns after its "}". */
static const char *
expand_braces(struct text *o, const char *s, int how)
{
	int quoted = how & (IN_DQUOTE | IN_HERE), marks = quoted ? QUOTED : SPLIT;
	size_t len = lex_brace_len(s, quoted), n;
	const char *end = s + len - 1, *name = s, *value;
	char buf[256];
	int op = 0, colon = 0, all;

	if (len == (size_t)-1)
		sh_error("bad substitution");
	n = *s == '#' && s[1] != '}' ? parameter_len(s + 1) : 0;
	if (n && s + 1 + n == end) {
		put_length(o, s + 1, n, marks);
		return end + 1;
	}
	n = parameter_len(s);
	if (!n)
		sh_error("bad substitution");
	s += n;
	all = n == 1 && (*name == '@' || *name == '*');
	value = all ? (sh.argc ? sh.argv[0] : NULL) : parameter(name, n, buf, sizeof buf);
	if (s < end) {
		colon = *s == ':';
		s += colon;
		op = *s++;
	}
	switch (op) {
	case '-':
	case '=':
	case '?':
	case '+':
		if ((!value || (colon && !*value)) == (op != '+')) {
			if (op == '-' || op == '+')
				expand(o, s, end, quoted ? how & ~IN_WORD : IN_WORD);
			else
				assign_or_complain(o, name, n, op, s, end, marks);
			return end + 1;
		}
		if (op == '+')
			return end + 1;
		break;
	case '#':
	case '%':
		if (colon)
			sh_error("bad substitution");
		put_trimmed(o, value, op, s, end, marks);
		return end + 1;
	case 0:
		if (!value && sh.nounset && !all)
			sh_error("%.*s: parameter not set", (int)n, name);
		break;
	default:
		sh_error("bad substitution");
	}
	if (all)
		put_all(o, *name == '*', quoted);
	else if (value)
		put_string(o, value, marks);
	return end + 1;
}

/* s is at "$". Returns after what belongs to it. */
static const char *
expand_dollar(struct text *o, const char *s, const char *end, int how)
{
	int quoted = how & (IN_DQUOTE | IN_HERE), marks = quoted ? QUOTED : SPLIT;
	const char *value;
	char buf[64];
	size_t n;

	s++;
	if (s < end && *s == '{')
		return expand_braces(o, s + 1, how);
	if (s + 1 < end && s[0] == '(' && s[1] == '(')
		return expand_arith(o, s + 2, end, marks);
	if (s < end && *s == '(')
		return expand_command(o, s + 1, marks);
	n = name_len(s);
	if (s + n > end)
		n = end - s;
	if (!n && s < end && is_special(*s))
		n = 1;
	if (!n) {
		put(o, '$', quoted ? QUOTED : 0);
		return s;
	}
	if (n == 1 && (*s == '@' || *s == '*')) {
		put_all(o, *s == '*', quoted);
		return s + 1;
	}
	value = parameter(s, n, buf, sizeof buf);
	if (value)
		put_string(o, value, marks);
	else if (sh.nounset)
		sh_error("%.*s: parameter not set", (int)n, s);
	return s + n;
}

/* ---- the whole word ---- */

/* s is at "~". Puts a home directory, or nothing. Returns after the name. */
static const char *
expand_tilde(struct text *o, const char *s, const char *end, int how)
{
	const char *p = s + 1, *home;
	char *user;

	while (p < end && *p != '/' && !(how & IN_ASSIGN && *p == ':')) {
		if (strchr("\\'\"$`", *p))
			return s;
		p++;
	}
	if (p == s + 1) {
		home = var_get("HOME");
	} else {
		struct passwd *pw;

		user = substring(s + 1, p);
		pw = getpwnam(user);
		free(user);
		home = pw ? pw->pw_dir : NULL;
	}
	if (!home)
		return s;
	put_string(o, home, QUOTED);
	return p;
}

/* s is after a double quote. Returns after the one that ends it. */
static const char *
expand_dquote(struct text *o, const char *s, const char *end)
{
	size_t before = o->s.n;
	int saw_at = o->saw_at;

	o->saw_at = 0;
	while (s < end && *s != '"') {
		if (*s == '\\' && s + 1 < end) {
			if (!strchr("$`\"\\\n", s[1]))
				put(o, '\\', QUOTED);
			s++;
			if (*s != '\n')
				put(o, *s, QUOTED);
			s++;
		} else if (*s == '$') {
			s = expand_dollar(o, s, end, IN_DQUOTE);
		} else if (*s == '`') {
			s = expand_backquote(o, s + 1, end, IN_DQUOTE, QUOTED);
		} else {
			put(o, *s++, QUOTED);
		}
	}
	if (o->s.n == before && !o->saw_at)
		put(o, 0, EMPTY);
	o->saw_at |= saw_at;
	return s < end ? s + 1 : s;
}

/* Expand the text [s, end). */
static const char *
expand(struct text *o, const char *s, const char *end, int how)
{
	int quoted = how & (IN_DQUOTE | IN_HERE);
	int plain = quoted ? QUOTED : how & IN_WORD ? SPLIT : 0, start = 1;

	while (s < end) {
		const char *before = s;
		int was_start = start;

		start = 0;
		switch (*s) {
		case '\\':
			if (s + 1 == end) {
				put(o, *s++, QUOTED);
				break;
			}
			s++;
			if (quoted && !strchr(how & IN_HERE ? "$`\\\n" : "$`\"\\\n}", *s))
				put(o, '\\', QUOTED);
			if (*s != '\n')
				put(o, *s, QUOTED);
			s++;
			break;
		case '\'':
			if (quoted)
				goto plain;
			if (s[1] == '\'')
				put(o, 0, EMPTY);
			for (s++; s < end && *s != '\''; s++)
				put(o, *s, QUOTED);
			s += s < end;
			break;
		case '"':
			if (how & IN_HERE)
				goto plain;
			s = expand_dquote(o, s + 1, end);
			break;
		case '$':
			s = expand_dollar(o, s, end, how);
			break;
		case '`':
			s = expand_backquote(o, s + 1, end, how, quoted ? QUOTED : SPLIT);
			break;
		case '~':
			if (!quoted && was_start)
				s = expand_tilde(o, s, end, how);
			if (s == before)
				goto plain;
			break;
		default:
		plain:
			start = how & IN_ASSIGN && *s == ':';
			put(o, *s++, plain);
		}
	}
	return s;
}

/* ---- results ---- */

/* The marked text as a string: BREAK is a space, patterns escape what was quoted if asked. */
static char *
finish(struct text *o, int pattern)
{
	struct str out = { 0 };
	size_t i;

	for (i = 0; i < o->s.n; i++) {
		int c = o->s.s[i], m = o->marks.s[i];

		if (m & EMPTY)
			continue;
		if (m & BREAK)
			c = ' ';
		if (pattern && (m & QUOTED || c == '\\') && strchr("*?[]\\!-^", c))
			str_put(&out, '\\');
		str_put(&out, c);
	}
	text_free(o);
	return str_end(&out);
}

char *
expand_string(const char *s)
{
	struct text o = { 0 };

	expand(&o, s, s + strlen(s), 0);
	return finish(&o, 0);
}

char *
expand_assignment(const char *s)
{
	struct text o = { 0 };

	expand(&o, s, s + strlen(s), IN_ASSIGN);
	return finish(&o, 0);
}

char *
expand_pattern(const char *s)
{
	struct text o = { 0 };

	expand(&o, s, s + strlen(s), 0);
	return finish(&o, 1);
}

char *
expand_here(const char *s)
{
	struct text o = { 0 };

	expand(&o, s, s + strlen(s), IN_HERE);
	return finish(&o, 0);
}

/* The field [from, to) is complete: the files it matches, or itself. */
static void
add_field(struct text *o, size_t from, size_t to, struct list *out)
{
	struct text field = { 0 };
	int is_pattern = 0;
	glob_t g;
	char *s;
	size_t i;

	for (i = from; i < to; i++) {
		if (!(o->marks.s[i] & (QUOTED | EMPTY)) && strchr("*?[", o->s.s[i]))
			is_pattern = 1;
		put(&field, o->s.s[i], o->marks.s[i]);
	}
	if (is_pattern && !sh.noglob) {
		struct text copy = { 0 };

		for (i = from; i < to; i++)
			put(&copy, o->s.s[i], o->marks.s[i]);
		s = finish(&copy, 1);
		if (glob(s, 0, NULL, &g) == 0) {
			for (i = 0; i < g.gl_pathc; i++)
				list_add(out, xstrdup(g.gl_pathv[i]));
			globfree(&g);
			free(s);
			text_free(&field);
			return;
		}
		free(s);
	}
	list_add(out, finish(&field, 0));
}

/* Divide at IFS and at breaks. IFS white space surrounds a separator; other separators end a field each. */
static void
split(struct text *o, struct list *out)
{
	const char *ifs = var_get("IFS");
	size_t i = 0, from = 0;
	int present = 0;		/* the field that starts at `from` exists */

	if (!ifs)
		ifs = " \t\n";
#define SEPARATES(i) (o->marks.s[i] & SPLIT && o->s.s[i] && strchr(ifs, o->s.s[i]))
#define BLANK(i) (SEPARATES(i) && isspace((unsigned char)o->s.s[i]))
	while (i < o->s.n) {
		if (o->marks.s[i] & BREAK) {
			if (present)
				add_field(o, from, i, out);
			present = 0;
			from = ++i;
		} else if (SEPARATES(i)) {
			size_t end = i;

			while (i < o->s.n && BLANK(i))
				i++;
			if (i < o->s.n && SEPARATES(i)) {	/* not white: the field exists even if empty */
				i++;
				present = 1;
				while (i < o->s.n && BLANK(i))
					i++;
			}
			if (present)
				add_field(o, from, end, out);
			present = 0;
			from = i;
		} else {
			present = 1;
			i++;
		}
	}
	if (present)
		add_field(o, from, i, out);
#undef SEPARATES
#undef BLANK
}

void
expand_words(const struct word *w, struct list *out)
{
	for (; w; w = w->next) {
		struct text o = { 0 };
		const char *s = w->text;

		if (!strpbrk(s, "\\'\"$`~*?[")) {	/* most words mean themselves */
			list_add(out, xstrdup(s));
			continue;
		}
		expand(&o, s, s + strlen(s), 0);
		split(&o, out);
		text_free(&o);
	}
}
