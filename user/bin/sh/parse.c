/*
 * parse.c - words to a tree: the grammar of POSIX's shell, one function a rule.
 *
 * Errors leave through in->fail; the tree is in in->arena, so nothing needs undoing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sh.h"

static struct node *parse_list(struct input *in, int newlines);

static struct node *
node(struct input *in, enum node_type type)
{
	struct node *n = arena_alloc(in->arena, sizeof *n);

	memset(n, 0, sizeof *n);
	n->type = type;
	return n;
}

static void
unexpected(struct input *in)
{
	static char what[64];

	switch (lex_peek(in)) {
	case T_EOF:
		syntax_error(in, NULL);
	case T_NEWLINE:
		syntax_error(in, "newline");
	case T_WORD:
	case T_IO_NUMBER:
		snprintf(what, sizeof what, "\"%.50s\"", in->text);
		break;
	case T_AND:
		syntax_error(in, "\"&&\"");
	case T_OR:
		syntax_error(in, "\"||\"");
	case T_DSEMI:
		syntax_error(in, "\";;\"");
	case T_REDIR:
		syntax_error(in, "redirection");
	default:
		snprintf(what, sizeof what, "\"%c\"", in->tok);
	}
	syntax_error(in, what);
}

/* Is the next token this reserved word? */
static int
at_word(struct input *in, const char *word)
{
	return lex_peek(in) == T_WORD && !strcmp(in->text, word);
}

static int
accept_word(struct input *in, const char *word)
{
	if (!at_word(in, word))
		return 0;
	lex_next(in);
	return 1;
}

static void
expect_word(struct input *in, const char *word)
{
	if (!accept_word(in, word))
		unexpected(in);
}

static void
skip_newlines(struct input *in)
{
	while (lex_peek(in) == T_NEWLINE)
		lex_next(in);
}

/* Words that end a list when they stand where a command would. */
static int
at_list_end(struct input *in)
{
	static const char *const enders[] = { "then", "else", "elif", "fi", "do", "done", "esac", "}" };
	size_t i;
	int t = lex_peek(in);

	if (t == T_EOF || t == T_CLOSE || t == T_DSEMI)
		return 1;
	for (i = 0; t == T_WORD && i < sizeof enders / sizeof *enders; i++)
		if (!strcmp(in->text, enders[i]))
			return 1;
	return 0;
}

/* A list that may not be empty. */
static struct node *
parse_body(struct input *in)
{
	struct node *n = parse_list(in, 1);

	if (!n)
		unexpected(in);
	return n;
}

/* ---- redirections ---- */

/* The delimiter without its quotes; tells whether it had any. */
static char *
unquote(struct input *in, const char *s, int *quoted)
{
	struct str out = { 0 };
	int q = 0;
	char *r;

	*quoted = 0;
	for (; *s; s++) {
		if ((*s == '\'' || *s == '"') && (!q || q == *s)) {
			q = q ? 0 : *s;
			*quoted = 1;
		} else if (*s == '\\' && q != '\'' && s[1]) {
			*quoted = 1;
			str_put(&out, *++s);
		} else {
			str_put(&out, *s);
		}
	}
	r = arena_string(in->arena, out.s ? out.s : "", out.n);
	free(out.s);
	return r;
}

/* Parse a redirection if there is one, and hang it on *tail. */
static int
parse_redir(struct input *in, struct redir ***tail)
{
	struct redir *r;
	int fd = -1;

	if (lex_peek(in) == T_IO_NUMBER) {
		fd = atoi(in->text);
		lex_next(in);
	}
	if (lex_peek(in) != T_REDIR)
		return 0;
	r = arena_alloc(in->arena, sizeof *r);
	memset(r, 0, sizeof *r);
	r->op = in->rop;
	r->strip_tabs = in->strip_tabs;
	r->fd = fd != -1 ? fd : r->op == R_IN || r->op == R_RDWR || r->op == R_DUP_IN || r->op == R_HERE ? 0 : 1;
	lex_next(in);
	if (lex_peek(in) != T_WORD && in->tok != T_IO_NUMBER)
		unexpected(in);
	r->word = in->text;
	if (r->op == R_HERE) {
		struct redir **p = &in->pending;

		r->word = unquote(in, in->text, &r->literal);
		while (*p)
			p = &(*p)->next_here;
		*p = r;
	}
	lex_next(in);
	**tail = r;
	*tail = &r->next;
	return 1;
}

static void
parse_redirs(struct input *in, struct node *n)
{
	struct redir **tail = &n->redirs;

	while (parse_redir(in, &tail))
		;
}

/* ---- commands ---- */

static void
add_word(struct input *in, struct word ***tail)
{
	struct word *w = arena_alloc(in->arena, sizeof *w);

	w->next = NULL;
	w->text = in->text;
	**tail = w;
	*tail = &w->next;
	lex_next(in);
}

static int
is_assignment(const char *s)
{
	size_t n = name_len(s);

	return n && s[n] == '=';
}

static struct node *parse_command_node(struct input *in);

static struct node *
parse_function(struct input *in, char *name)
{
	struct node *n = node(in, N_FUNC);

	lex_next(in);
	if (lex_peek(in) != T_CLOSE)
		unexpected(in);
	lex_next(in);
	skip_newlines(in);
	n->name = name;
	n->arena = in->arena;
	n->a = parse_command_node(in);
	if (!n->a)
		unexpected(in);
	return n;
}

static struct node *
parse_simple(struct input *in)
{
	struct node *n = node(in, N_SIMPLE);
	struct redir **redirs = &n->redirs;
	struct word **assigns = &n->assigns, **words = &n->words;

	for (;;) {
		int t = lex_peek(in);

		if (t == T_REDIR || t == T_IO_NUMBER) {
			if (!parse_redir(in, &redirs))
				unexpected(in);
		} else if (t != T_WORD) {
			break;
		} else if (!n->words && is_assignment(in->text)) {
			add_word(in, &assigns);
		} else {
			add_word(in, &words);
			if (n->words && !n->words->next && !n->assigns && !n->redirs && lex_peek(in) == T_OPEN) {
				if (!is_name(n->words->text, strlen(n->words->text)))
					unexpected(in);
				return parse_function(in, n->words->text);
			}
		}
	}
	if (!n->words && !n->assigns && !n->redirs)
		unexpected(in);
	return n;
}

/* After "if" or "elif". */
static struct node *
parse_if(struct input *in)
{
	struct node *n = node(in, N_IF);

	n->a = parse_body(in);
	expect_word(in, "then");
	n->b = parse_body(in);
	if (accept_word(in, "elif")) {
		n->c = parse_if(in);
		return n;
	}
	if (accept_word(in, "else"))
		n->c = parse_body(in);
	expect_word(in, "fi");
	return n;
}

static struct node *
parse_do(struct input *in)
{
	struct node *n;

	expect_word(in, "do");
	n = parse_body(in);
	expect_word(in, "done");
	return n;
}

static struct node *
parse_for(struct input *in)
{
	struct node *n = node(in, N_FOR);
	struct word **words = &n->words;

	if (lex_peek(in) != T_WORD || !is_name(in->text, strlen(in->text)))
		unexpected(in);
	n->name = in->text;
	lex_next(in);
	if (lex_peek(in) == T_SEMI) {
		lex_next(in);
	} else {
		skip_newlines(in);
		if (accept_word(in, "in")) {
			n->has_words = 1;
			while (lex_peek(in) == T_WORD)
				add_word(in, &words);
			if (lex_peek(in) != T_SEMI && in->tok != T_NEWLINE)
				unexpected(in);
			lex_next(in);
		}
	}
	skip_newlines(in);
	n->a = parse_do(in);
	return n;
}

static struct node *
parse_case(struct input *in)
{
	struct node *n = node(in, N_CASE);
	struct case_item **items = &n->items;

	if (lex_peek(in) != T_WORD)
		unexpected(in);
	n->name = in->text;
	lex_next(in);
	skip_newlines(in);
	expect_word(in, "in");
	skip_newlines(in);
	while (!at_word(in, "esac")) {
		struct case_item *it = arena_alloc(in->arena, sizeof *it);
		struct word **patterns = &it->patterns;

		memset(it, 0, sizeof *it);
		if (lex_peek(in) == T_OPEN)
			lex_next(in);
		for (;;) {
			if (lex_peek(in) != T_WORD)
				unexpected(in);
			add_word(in, &patterns);
			if (lex_peek(in) != T_PIPE)
				break;
			lex_next(in);
		}
		if (lex_peek(in) != T_CLOSE)
			unexpected(in);
		lex_next(in);
		it->body = parse_list(in, 1);
		*items = it;
		items = &it->next;
		if (lex_peek(in) != T_DSEMI)
			break;
		lex_next(in);
		skip_newlines(in);
	}
	expect_word(in, "esac");
	return n;
}

/* A simple or compound command with its redirections. */
static struct node *
parse_command_node(struct input *in)
{
	struct node *n;

	if (lex_peek(in) == T_OPEN) {
		lex_next(in);
		n = node(in, N_SUBSHELL);
		n->a = parse_body(in);
		if (lex_peek(in) != T_CLOSE)
			unexpected(in);
		lex_next(in);
	} else if (accept_word(in, "{")) {
		n = node(in, N_GROUP);
		n->a = parse_body(in);
		expect_word(in, "}");
	} else if (accept_word(in, "if")) {
		n = parse_if(in);
	} else if (at_word(in, "while") || at_word(in, "until")) {
		n = node(in, at_word(in, "while") ? N_WHILE : N_UNTIL);
		lex_next(in);
		n->a = parse_body(in);
		n->b = parse_do(in);
	} else if (accept_word(in, "for")) {
		n = parse_for(in);
	} else if (accept_word(in, "case")) {
		n = parse_case(in);
	} else {
		if (at_list_end(in))
			unexpected(in);
		return parse_simple(in);
	}
	parse_redirs(in, n);
	return n;
}

static struct node *
parse_pipeline(struct input *in)
{
	struct node *first, *last, *n;
	int negate = 0;
	size_t start;

	while (accept_word(in, "!"))
		negate = !negate;
	lex_peek(in);
	start = in->tok_start;
	n = first = last = parse_command_node(in);
	while (lex_peek(in) == T_PIPE) {
		lex_next(in);
		skip_newlines(in);
		last = last->next = parse_command_node(in);
	}
	if (first != last) {
		n = node(in, N_PIPE);
		n->a = first;
	}
	if (sh.interactive && !n->text) {
		size_t end = in->tok_start;

		while (end > start && strchr(" \t\n", in->buf[end - 1]))
			end--;
		n->text = arena_string(in->arena, in->buf + start, end - start);
	}
	if (negate) {
		struct node *not = node(in, N_NOT);

		not->a = n;
		not->text = n->text;
		n = not;
	}
	return n;
}

static struct node *
parse_and_or(struct input *in)
{
	struct node *n = parse_pipeline(in);
	int t;

	while ((t = lex_peek(in)) == T_AND || t == T_OR) {
		struct node *op = node(in, t == T_AND ? N_AND : N_OR);

		lex_next(in);
		skip_newlines(in);
		op->a = n;
		op->b = parse_pipeline(in);
		op->text = op->a->text;
		n = op;
	}
	return n;
}

/*
 * Commands separated by ; & or (if newlines is set) newlines, up to what cannot go on.
 * NULL if there are none. Without newlines a newline ends the list and stays unread.
 */
static struct node *
parse_list(struct input *in, int newlines)
{
	struct node *list = NULL, *n;
	int t;

	for (;;) {
		if (newlines)
			skip_newlines(in);
		if (at_list_end(in) || lex_peek(in) == T_NEWLINE)
			return list;
		n = parse_and_or(in);
		t = lex_peek(in);
		if (t == T_BACK) {
			struct node *back = node(in, N_BACK);

			back->a = n;
			back->text = n->text;
			n = back;
		}
		if (list) {
			struct node *seq = node(in, N_SEQ);

			seq->a = list;
			seq->b = n;
			list = seq;
		} else {
			list = n;
		}
		if (t == T_SEMI || t == T_BACK)
			lex_next(in);
		else if (t != T_NEWLINE || !newlines)
			return list;
	}
}

struct node *
parse_substitution(struct input *in)
{
	struct node *n = parse_list(in, 1);

	if (lex_peek(in) != T_CLOSE)
		unexpected(in);
	lex_next(in);
	return n;
}

enum parse_result
parse_command(struct input *in, struct arena *arena, struct node **out)
{
	jmp_buf fail;

	*out = NULL;
	in->arena = arena;
	in->fail = &fail;
	in->pending = NULL;
	in->tok = -1;
	in->depth = 0;
	in->at_start = 1;
	in->ended = in->failed = 0;
	if (in->pos == in->len && in->block)
		in->pos = in->len = 0;
	if (setjmp(fail)) {
		in->pos = in->len;		/* the rest of the line is not to be trusted */
		return PARSE_ERROR;
	}
	if (lex_peek(in) == T_EOF)
		return in->failed ? PARSE_ERROR : PARSE_EOF;
	if (in->tok != T_NEWLINE) {
		*out = parse_list(in, 0);
		if (lex_peek(in) != T_NEWLINE && in->tok != T_EOF)
			unexpected(in);
	}
	if (in->failed)
		longjmp(fail, 1);
	lex_next(in);
	return PARSE_OK;
}
