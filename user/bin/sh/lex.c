/*
 * lex.c - characters to words and operators.
 *
 * A word keeps its quotes: expand.c removes them.  What stands inside $( ) is found by
 * parsing it, for only the grammar knows which ")" ends it; the tree is thrown away and made
 * again when the word is expanded.
 *
 * Invariants  While a command is parsed, buf only grows: positions stay valid.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

/* ---- where characters come from ---- */

static int
more_none(struct input *in)
{
	(void)in;
	return 0;
}

void
input_string(struct input *in, const char *s)
{
	memset(in, 0, sizeof *in);
	in->buf = xstrdup(s);
	in->len = strlen(s);
	in->more = more_none;
	in->tok = -1;
	in->fd = -1;
}

/*
 * The next byte of a file. A seekable file or a private one is read in blocks, but what the
 * commands run from it may want to read (standard input that is a pipe) a byte at a time.
 */
static int
next_byte(struct input *in)
{
	ssize_t n;

	if (in->block_pos == in->block_len) {
		do
			n = read(in->fd, in->block, in->fd > 2 ? 1024 : 1);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return -1;
		in->block_pos = 0;
		in->block_len = n;
	}
	return (unsigned char)in->block[in->block_pos++];
}

static void
append(struct input *in, const char *s, size_t n)
{
	in->buf = xrealloc(in->buf, in->len + n + 1);
	memcpy(in->buf + in->len, s, n);
	in->len += n;
	in->buf[in->len] = '\0';
}

static int
more_file(struct input *in)
{
	struct str line = { 0 };
	int c;

	while ((c = next_byte(in)) != -1) {
		if (c)
			str_put(&line, c);
		if (c == '\n')
			break;
	}
	if (line.n)
		append(in, line.s, line.n);
	if (sh.verbose && line.n)
		fwrite(line.s, 1, line.n, stderr);
	free(line.s);
	return line.n > 0;
}

/* The prompt with its escapes: \w directory, \h host, \u user, \$ for # or $. */
static char *
prompt(const char *ps)
{
	struct str out = { 0 };
	char buf[256];
	const char *home = var_get("HOME");

	for (; *ps; ps++) {
		if (*ps != '\\' || !ps[1]) {
			str_put(&out, *ps);
			continue;
		}
		switch (*++ps) {
		case 'w':
		case 'W':
			if (!getcwd(buf, sizeof buf))
				strcpy(buf, "?");
			if (home && *home && home[1] && !strcmp(buf, home))
				strcpy(buf, "~");
			{
				char *base = *ps == 'W' && buf[1] ? strrchr(buf, '/') : NULL;

				base = base ? base + 1 : buf;
				str_add(&out, base, strlen(base));
			}
			break;
		case 'h':
			if (gethostname(buf, sizeof buf))
				strcpy(buf, "?");
			str_add(&out, buf, strlen(buf));
			break;
		case 'u':
			str_add(&out, getuid() ? "user" : "root", 4);
			break;
		case '$':
			str_put(&out, getuid() ? '$' : '#');
			break;
		case 'n':
			str_put(&out, '\n');
			break;
		case 'e':
			str_put(&out, 27);
			break;
		default:
			str_put(&out, *ps);
		}
	}
	return str_end(&out);
}

static int
more_terminal(struct input *in)
{
	const char *ps = var_get(in->at_start ? "PS1" : "PS2");
	char *p, *line;
	int cancelled = 0;

	p = prompt(ps ? ps : in->at_start ? "\\$ " : "> ");
	line = edit_line(p, &cancelled);
	free(p);
	in->at_start = 0;
	if (cancelled)
		in->failed = 1;
	if (!line)
		return 0;
	append(in, line, strlen(line));
	free(line);
	return 1;
}

void
input_file(struct input *in, int fd)
{
	memset(in, 0, sizeof *in);
	in->fd = fd;
	in->tok = -1;
	in->more = sh.interactive && fd == 0 ? more_terminal : more_file;
	in->block = xmalloc(1024);
}

void
input_free(struct input *in)
{
	free(in->buf);
	free(in->block);
	in->buf = in->block = NULL;
}

/* ---- characters ---- */

void
syntax_error(struct input *in, const char *near)
{
	if (!in->failed) {
		if (near)
			sh_warn("syntax error: unexpected %s", near);
		else
			sh_warn("syntax error: unexpected end of input");
	}
	longjmp(*in->fail, 1);
}

/* The character at pos + ahead, -1 at the end of input. */
static int
peek_at(struct input *in, size_t ahead)
{
	while (in->pos + ahead >= in->len) {
		if (in->ended || !in->more(in)) {
			in->ended = 1;
			return -1;
		}
	}
	return (unsigned char)in->buf[in->pos + ahead];
}

/* The next character; a backslash-newline pair is nothing. */
static int
peek(struct input *in)
{
	int c;

	while ((c = peek_at(in, 0)) == '\\' && peek_at(in, 1) == '\n')
		in->pos += 2;
	return c;
}

static void
take(struct input *in, struct str *w)
{
	str_put(w, in->buf[in->pos++]);
}

/* Take up to and with the end character; fail at the end of input. */
static int
take_any(struct input *in, struct str *w)
{
	int c = peek_at(in, 0);

	if (c == -1)
		syntax_error(in, NULL);
	take(in, w);
	return c;
}

static void take_dollar(struct input *in, struct str *w, int dquote);

static void
take_backquote(struct input *in, struct str *w)
{
	int c;

	while ((c = take_any(in, w)) != '`')
		if (c == '\\')
			take_any(in, w);
}

static void
take_dquote(struct input *in, struct str *w)
{
	int c;

	for (;;) {
		c = take_any(in, w);
		if (c == '"')
			return;
		if (c == '\\')
			take_any(in, w);
		else if (c == '`')
			take_backquote(in, w);
		else if (c == '$')
			take_dollar(in, w, 1);
	}
}

static void
take_quote(struct input *in, struct str *w)
{
	while (take_any(in, w) != '\'')
		;
}

/* After "${": up to its "}". */
static void
take_brace(struct input *in, struct str *w, int dquote)
{
	int c;

	while ((c = take_any(in, w)) != '}') {
		if (c == '\\')
			take_any(in, w);
		else if (c == '\'' && !dquote)
			take_quote(in, w);
		else if (c == '"')
			take_dquote(in, w);
		else if (c == '`')
			take_backquote(in, w);
		else if (c == '$')
			take_dollar(in, w, dquote);
	}
}

/* After "$((": up to its "))". */
static void
take_arith(struct input *in, struct str *w)
{
	int depth = 2, c;

	while (depth) {
		c = take_any(in, w);
		depth += (c == '(') - (c == ')');
		if (c == '`')
			take_backquote(in, w);
		else if (c == '$' && peek_at(in, 0) == '{')
			take_dollar(in, w, 1);
	}
}

/* After "$(": parse, and take the text that was parsed. */
static void
take_substitution(struct input *in, struct str *w)
{
	struct input saved = *in;
	size_t start = in->pos;

	in->tok = -1;
	in->pending = NULL;
	in->depth++;
	parse_substitution(in);
	in->depth = saved.depth;
	in->tok = saved.tok;
	in->text = saved.text;
	in->tok_start = saved.tok_start;
	in->pending = saved.pending;
	str_add(w, in->buf + start, in->pos - start);
}

/* After "$": a name needs no care, what is in brackets does. */
static void
take_dollar(struct input *in, struct str *w, int dquote)
{
	int c = peek_at(in, 0);

	if (c == '{') {
		take(in, w);
		take_brace(in, w, dquote);
	} else if (c == '(') {
		take(in, w);
		if (peek_at(in, 0) == '(') {
			take(in, w);
			take_arith(in, w);
		} else {
			take_substitution(in, w);
		}
	}
}

size_t
lex_brace_len(const char *s, int dquote)
{
	struct input in;
	struct arena arena = { 0 };
	struct str w = { 0 };
	jmp_buf fail;
	size_t n;

	input_string(&in, s);
	in.arena = &arena;
	in.fail = &fail;
	if (setjmp(fail))
		return (size_t)-1;
	take_brace(&in, &w, dquote);
	n = in.pos;
	free(w.s);
	arena_free(&arena);
	input_free(&in);
	return n;
}

/* ---- tokens ---- */

size_t
name_len(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

int
is_name(const char *s, size_t n)
{
	return n && name_len(s) >= n;
}

/* Read the bodies of the here-documents named on the line that just ended. */
static void
read_here_documents(struct input *in)
{
	struct redir *r;

	while ((r = in->pending)) {
		struct str body = { 0 };

		in->pending = r->next_here;
		for (;;) {
			size_t start, n;
			const char *line;

			if (peek_at(in, 0) == -1)
				break;
			start = in->pos;
			while (peek_at(in, 0) != -1 && in->buf[in->pos] != '\n')
				in->pos++;
			if (r->strip_tabs)
				while (start < in->pos && in->buf[start] == '\t')
					start++;
			n = in->pos - start;
			if (peek_at(in, 0) == '\n')
				in->pos++;
			line = in->buf + start;
			if (n == strlen(r->word) && !memcmp(line, r->word, n))
				break;
			str_add(&body, line, n);
			str_put(&body, '\n');
		}
		r->body = arena_string(in->arena, body.s ? body.s : "", body.n);
		free(body.s);
	}
}

static int
operator(struct input *in, int c)
{
	int d = strchr("&|;<>", c) ? peek_at(in, 1) : 0;	/* after a newline nobody may look */

	in->pos++;
	switch (c) {
	case '\n':
		read_here_documents(in);
		return T_NEWLINE;
	case '&':
		if (d == '&') {
			in->pos++;
			return T_AND;
		}
		return T_BACK;
	case '|':
		if (d == '|') {
			in->pos++;
			return T_OR;
		}
		return T_PIPE;
	case ';':
		if (d == ';') {
			in->pos++;
			return T_DSEMI;
		}
		return T_SEMI;
	case '<':
		in->rop = d == '&' ? R_DUP_IN : d == '>' ? R_RDWR : d == '<' ? R_HERE : R_IN;
		if (in->rop != R_IN)
			in->pos++;
		if (in->rop == R_HERE) {
			in->strip_tabs = peek_at(in, 0) == '-';
			in->pos += in->strip_tabs;
		}
		return T_REDIR;
	case '>':
		in->rop = d == '&' ? R_DUP_OUT : d == '>' ? R_APPEND : d == '|' ? R_CLOBBER : R_OUT;
		if (in->rop != R_OUT)
			in->pos++;
		return T_REDIR;
	}
	return c;			/* ( and ) */
}

static int
is_meta(int c)
{
	return c == -1 || strchr(" \t\n|&;()<>", c);
}

/* Look at the next token without consuming it. */
int
lex_peek(struct input *in)
{
	struct str w = { 0 };
	int c;

	if (in->tok != -1)
		return in->tok;
	while ((c = peek(in)) == ' ' || c == '\t')
		in->pos++;
	if (c == '#')
		while ((c = peek_at(in, 0)) != -1 && c != '\n')
			in->pos++;
	in->tok_start = in->pos;
	if (c == -1) {
		if (in->pending)
			read_here_documents(in);
		return in->tok = T_EOF;
	}
	if (is_meta(c))
		return in->tok = operator(in, c);
	while (!is_meta(c = peek(in))) {
		take(in, &w);
		if (c == '\\')
			take_any(in, &w);
		else if (c == '\'')
			take_quote(in, &w);
		else if (c == '"')
			take_dquote(in, &w);
		else if (c == '`')
			take_backquote(in, &w);
		else if (c == '$')
			take_dollar(in, &w, 0);
	}
	str_end(&w);
	in->text = arena_string(in->arena, w.s, w.n);
	in->tok = T_WORD;
	if ((c == '<' || c == '>') && strspn(w.s, "0123456789") == w.n)
		in->tok = T_IO_NUMBER;
	free(w.s);
	return in->tok;
}

void
lex_next(struct input *in)
{
	in->tok = -1;
}
