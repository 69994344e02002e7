/*
 * edit.c - the line editor: one line of input on a terminal, and the history of such lines.
 *
 * Data        struct line: the bytes, the cursor among them, and where on the screen the
 *             last drawing left the cursor. A line may cover several rows of the screen.
 * Invariants  Outside edit_line() the terminal has its own settings, so that programs see
 *             what the user set. One byte is read at a time: what is typed ahead of a
 *             command belongs to that command.
 * Keys        arrows Home End Del, ^A ^E ^B ^F ^P ^N, ^U ^K ^W ^Y, ^L, ^R, Alt-B Alt-F
 *             Alt-D, Tab, ^C, ^D.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "sh.h"

#define HISTORY	256

struct line {
	char	*s;			/* NUL-terminated */
	size_t	n, cap, at;
	const char *prompt;		/* its last row */
	int	cols;			/* of the screen */
	int	row;			/* of the cursor, from the row where the prompt begins */
};

static char *history[HISTORY];
static int nhistory;
static char *killed;			/* what ^K ^U ^W took, for ^Y */
static volatile int resized, child_changed;
static struct str screen;		/* output of one drawing: a single write */

/* ---- characters on a screen ---- */

static int
char_len(const char *s)
{
	int n = 1;

	if ((unsigned char)*s >= 0xc0)
		while (n < 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
	return n;
}

/* Columns of the character at s: 2 for wide ones (east Asian, emoji), 0 for combining ones. */
static int
char_width(const char *s)
{
	unsigned char c = *s;
	unsigned long u;
	int n = char_len(s), i;

	if (c < 0x80)
		return c < 32 || c == 127 ? 2 : 1;	/* a control character is shown as ^X */
	u = c & (0xff >> (n + 1));
	for (i = 1; i < n; i++)
		u = u << 6 | ((unsigned char)s[i] & 0x3f);
	if ((u >= 0x300 && u < 0x370) || (u >= 0x200b && u < 0x2010))
		return 0;
	if ((u >= 0x1100 && u < 0x1160) || (u >= 0x2e80 && u < 0xa4d0) || (u >= 0xac00 && u < 0xd7a4)
	    || (u >= 0xf900 && u < 0xfb00) || (u >= 0xfe30 && u < 0xfe70) || (u >= 0xff00 && u < 0xff61)
	    || (u >= 0x1f300 && u < 0x1fb00) || (u >= 0x20000 && u < 0x40000))
		return 2;
	return 1;
}

/* Columns of n bytes; escape sequences take none. */
static int
width(const char *s, size_t n)
{
	const char *end = s + n;
	int w = 0;

	while (s < end) {
		if (*s == 27 && s[1] == '[') {
			for (s += 2; s < end && !isalpha((unsigned char)*s); s++)
				;
			s += s < end;
			continue;
		}
		w += char_width(s);
		s += char_len(s);
	}
	return w;
}

static void
out(const char *s)
{
	str_add(&screen, s, strlen(s));
}

static void
out_move(int n, int letter)
{
	char buf[16];

	if (n > 0) {
		snprintf(buf, sizeof buf, "\033[%d%c", n, letter);
		out(buf);
	}
}

static void
out_text(const char *s, size_t n)
{
	for (; n; n--, s++) {
		if ((unsigned char)*s < 32 || *s == 127) {
			str_put(&screen, '^');
			str_put(&screen, *s ^ 64);
		} else {
			str_put(&screen, *s);
		}
	}
}

static void
flush(void)
{
	size_t done = 0;

	while (done < screen.n) {
		ssize_t w = write(2, screen.s + done, screen.n - done);

		if (w < 0 && errno != EINTR)
			break;
		if (w > 0)
			done += w;
	}
	screen.n = 0;
}

static void
get_size(struct line *l)
{
	struct winsize ws;

	resized = 0;
	l->cols = ioctl(2, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 1 ? ws.ws_col : 80;
}

/* Draw prompt and line afresh, from wherever the cursor is in the old drawing. */
static void
draw(struct line *l)
{
	int pw = width(l->prompt, strlen(l->prompt));
	int whole = pw + width(l->s, l->n), before = pw + width(l->s, l->at);

	out_move(l->row, 'A');
	out("\r\033[J");
	out(l->prompt);
	out_text(l->s, l->n);
	if (whole && whole % l->cols == 0)
		out("\r\n");			/* the terminal waits at the edge: make it go on */
	out_move(whole / l->cols - before / l->cols, 'A');
	out("\r");
	out_move(before % l->cols, 'C');
	l->row = before / l->cols;
	flush();
}

/* ---- changing the line ---- */

static void
insert(struct line *l, const char *s, size_t n)
{
	int w;

	if (l->n + n + 1 > l->cap) {
		l->cap = (l->n + n + 1) * 2;
		l->s = xrealloc(l->s, l->cap);
	}
	memmove(l->s + l->at + n, l->s + l->at, l->n - l->at + 1);
	memcpy(l->s + l->at, s, n);
	l->n += n;
	l->at += n;
	w = width(l->prompt, strlen(l->prompt)) + width(l->s, l->n);
	if (l->at == l->n && n == 1 && (unsigned char)*s >= 32 && *s != 127 && w % l->cols) {
		out_text(s, n);			/* typed at the end: no need to draw all */
		l->row = w / l->cols;
		flush();
	} else {
		draw(l);
	}
}

/* Remove [from, to); keep: for ^Y. The cursor goes to from. */
static void
cut(struct line *l, size_t from, size_t to, int keep)
{
	if (from >= to)
		return;
	if (keep) {
		free(killed);
		killed = xmalloc(to - from + 1);
		memcpy(killed, l->s + from, to - from);
		killed[to - from] = '\0';
	}
	memmove(l->s + from, l->s + to, l->n - to + 1);
	l->n -= to - from;
	l->at = from;
	draw(l);
}

static void
replace(struct line *l, const char *s)
{
	size_t n = strlen(s);

	if (n + 1 > l->cap) {
		l->cap = n + 1;
		l->s = xrealloc(l->s, l->cap);
	}
	memmove(l->s, s, n + 1);
	l->n = l->at = n;
	draw(l);
}

static size_t
left_of(struct line *l)
{
	size_t at = l->at;

	while (at > 0 && ((unsigned char)l->s[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t
right_of(struct line *l)
{
	return l->at < l->n ? l->at + char_len(l->s + l->at) : l->n;
}

static size_t
word_left(struct line *l, int blanks_only)
{
	size_t at = l->at;

#define IN_WORD(c) (blanks_only ? !isspace((unsigned char)(c)) : isalnum((unsigned char)(c)) || (c) & 0x80)
	while (at > 0 && !IN_WORD(l->s[at - 1]))
		at--;
	while (at > 0 && IN_WORD(l->s[at - 1]))
		at--;
	return at;
}

static size_t
word_right(struct line *l)
{
	size_t at = l->at;
	int blanks_only = 0;

	while (at < l->n && !IN_WORD(l->s[at]))
		at++;
	while (at < l->n && IN_WORD(l->s[at]))
		at++;
	return at;
#undef IN_WORD
}

/* ---- keys ---- */

enum key { K_EOF = -1, K_RESIZE = -2, K_NOTICE = -3, K_UP = 256, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_DELETE,
	   K_WORD_LEFT, K_WORD_RIGHT, K_WORD_CUT, K_NOTHING };

static int
read_byte(void)
{
	unsigned char c;

	for (;;) {
		ssize_t n = read(0, &c, 1);

		if (n == 1)
			return c;
		if (n == 0 || errno != EINTR)
			return K_EOF;
		if (resized)
			return K_RESIZE;
		if (child_changed)
			return K_NOTICE;
	}
}

/* Is more input waiting? A moment's grace lets the rest of an escape sequence arrive. */
static int
waiting(int ms)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

static int
read_escape(void)
{
	int c, number = 0, modifier = 0;

	if (!waiting(100))
		return K_NOTHING;
	c = read_byte();
	switch (c) {
	case 'b': return K_WORD_LEFT;
	case 'f': return K_WORD_RIGHT;
	case 'd': return K_WORD_CUT;
	case '[':
	case 'O':
		break;
	default:
		return K_NOTHING;
	}
	while ((c = read_byte()) >= 0 && (isdigit(c) || c == ';')) {
		if (c == ';') {
			modifier = 1;
		} else if (!modifier) {
			number = number * 10 + c - '0';
		}
	}
	switch (c) {
	case 'A': return K_UP;
	case 'B': return K_DOWN;
	case 'C': return modifier ? K_WORD_RIGHT : K_RIGHT;
	case 'D': return modifier ? K_WORD_LEFT : K_LEFT;
	case 'H': return K_HOME;
	case 'F': return K_END;
	case '~':
		return number == 1 || number == 7 ? K_HOME : number == 4 || number == 8 ? K_END
			: number == 3 ? K_DELETE : K_NOTHING;
	}
	return K_NOTHING;
}

static int
read_key(void)
{
	int c = read_byte();

	return c == 27 ? read_escape() : c;
}

/* ---- history ---- */

void
history_add(const char *line)
{
	size_t n = strcspn(line, "\n");

	if (!n || (nhistory && strlen(history[nhistory - 1]) == n && !memcmp(history[nhistory - 1], line, n)))
		return;
	if (nhistory == HISTORY) {
		free(history[0]);
		memmove(history, history + 1, (HISTORY - 1) * sizeof *history);
		nhistory--;
	}
	history[nhistory] = xmalloc(n + 1);
	memcpy(history[nhistory], line, n);
	history[nhistory++][n] = '\0';
}

int
history_builtin(int argc, char **argv)
{
	int i;

	(void)argc;
	(void)argv;
	for (i = 0; i < nhistory; i++)
		printf("%5d  %s\n", i + 1, history[i]);
	return 0;
}

/* ^R: find an older line while its text is typed. Returns the key that ended the search. */
static int
search(struct line *l)
{
	const char *prompt = l->prompt;
	struct str text = { 0 };
	char show[128];
	int i = nhistory, key;

	str_end(&text);
	for (;;) {
		snprintf(show, sizeof show, "(search: %.80s) ", text.s);
		l->prompt = show;
		draw(l);
		key = read_key();
		if (key == 18) {
			i--;			/* ^R again: older */
		} else if ((key == 127 || key == 8) && text.n) {
			text.n--;
			i = nhistory - 1;
		} else if (key >= 32 && key < 256 && key != 127) {
			str_put(&text, key);
			if (i == nhistory)
				i--;
		} else if (key != K_RESIZE && key != K_NOTICE) {
			break;
		}
		str_end(&text);
		for (; i >= 0 && text.n; i--)
			if (strstr(history[i], text.s)) {
				replace(l, history[i]);
				break;
			}
		if (i < 0)
			i = 0;
	}
	free(text.s);
	l->prompt = prompt;
	draw(l);
	return key == 7 ? K_NOTHING : key;
}

/* ---- completion ---- */

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a list shows of a path: its last part. */
static const char *
last_part(const char *s)
{
	const char *p = s + strlen(s);

	if (p > s && p[-1] == '/')
		p--;
	while (p > s && p[-1] != '/')
		p--;
	return p;
}

static void
show_choices(struct line *l, struct list *found)
{
	int i, j, wide = 1, per_row, rows;

	for (i = 0; i < found->n; i++) {
		int w = width(last_part(found->v[i]), strlen(last_part(found->v[i])));

		if (w + 2 > wide)
			wide = w + 2;
	}
	per_row = l->cols / wide ? l->cols / wide : 1;
	rows = (found->n + per_row - 1) / per_row;
	out("\r\n");
	for (i = 0; i < rows && i < 40; i++) {
		for (j = i; j < found->n; j += rows) {
			const char *s = last_part(found->v[j]);
			int pad = j + rows < found->n ? wide - width(s, strlen(s)) : 0;

			out_text(s, strlen(s));
			while (pad-- > 0)
				out(" ");
		}
		out("\r\n");
	}
	l->row = 0;
	draw(l);
}

/* Tab: insert what all choices share; if that is nothing, show them. */
static void
complete_line(struct line *l)
{
	struct list found = { 0 };
	size_t start, n, have, i;

	complete(l->s, l->at, &start, &found);
	if (!found.n)
		return;
	qsort(found.v, found.n, sizeof *found.v, compare);
	n = strlen(found.v[0]);
	for (i = 1; i < (size_t)found.n; i++) {
		size_t same = 0;

		while (same < n && found.v[i][same] == found.v[0][same])
			same++;
		n = same;
	}
	have = l->at - start;
	if (n > have || (n && memcmp(found.v[0], l->s + start, n < have ? n : have))) {
		cut(l, start, l->at, 0);
		insert(l, found.v[0], n);
	} else if (found.n > 1) {
		show_choices(l, &found);
	}
	if (found.n == 1 && n && found.v[0][n - 1] != '/')
		insert(l, " ", 1);
	list_free(&found);
}

static void
on_resize(int sig)
{
	(void)sig;
	resized = 1;
}

static void
on_child(int sig)
{
	(void)sig;
	child_changed = 1;
}

/* Keys that move the cursor. 0 if key is none of them. */
static int
key_moves(struct line *l, int key)
{
	switch (key) {
	case K_LEFT:
	case 2:
		l->at = left_of(l);
		break;
	case K_RIGHT:
	case 6:
		l->at = right_of(l);
		break;
	case K_HOME:
	case 1:
		l->at = 0;
		break;
	case K_END:
	case 5:
		l->at = l->n;
		break;
	case K_WORD_LEFT:
		l->at = word_left(l, 0);
		break;
	case K_WORD_RIGHT:
		l->at = word_right(l);
		break;
	default:
		return 0;
	}
	draw(l);
	return 1;
}

/* Keys that remove text. 0 if key is none of them. */
static int
key_cuts(struct line *l, int key)
{
	switch (key) {
	case K_DELETE:
	case 4:				/* ^D */
		cut(l, l->at, right_of(l), 0);
		return 1;
	case 8:
	case 127:
		cut(l, left_of(l), l->at, 0);
		return 1;
	case K_WORD_CUT:
		cut(l, l->at, word_right(l), 1);
		return 1;
	case 11:			/* ^K */
		cut(l, l->at, l->n, 1);
		return 1;
	case 21:			/* ^U */
		cut(l, 0, l->at, 1);
		return 1;
	case 23:			/* ^W */
		cut(l, word_left(l, 1), l->at, 1);
		return 1;
	}
	return 0;
}

/* Where the up and down keys have come to. */
struct browse {
	int	where;			/* in the history; nhistory is the new line */
	char	*mine;			/* the new line, while an old one is shown */
};

static void
browse_to(struct line *l, struct browse *b, int to)
{
	if (to < 0 || to > nhistory)
		return;
	if (b->where == nhistory) {
		free(b->mine);
		b->mine = xstrdup(l->s);
	}
	b->where = to;
	replace(l, to == nhistory ? b->mine : history[to]);
}

/* All keys that neither move, remove nor end. */
static void
key_acts(struct line *l, struct browse *b, int key)
{
	char c = key;

	switch (key) {
	case K_NOTICE:			/* set -b: a job ended or stopped */
		child_changed = 0;
		if (jobs_news()) {
			out_move(l->row, 'A');
			out("\r\033[J");
			flush();
			jobs_report();
			l->row = 0;
			draw(l);
		}
		break;
	case K_RESIZE:
		l->row = 0;
		out("\r");
		get_size(l);
		draw(l);
		break;
	case 12:			/* ^L */
		out("\033[H\033[2J");
		l->row = 0;
		draw(l);
		break;
	case 25:			/* ^Y */
		if (killed)
			insert(l, killed, strlen(killed));
		break;
	case K_UP:
	case 16:
		browse_to(l, b, b->where - 1);
		break;
	case K_DOWN:
	case 14:
		browse_to(l, b, b->where + 1);
		break;
	case '\t':			/* at the start of a line, or pasted: only a tab */
		if (l->at == strspn(l->s, " \t") || waiting(0))
			insert(l, &c, 1);
		else
			complete_line(l);
		break;
	default:
		if (key < 256 && key >= 32)
			insert(l, &c, 1);
	}
}

/* Act on keys until the line is complete. 0 at the end of input or after ^C. */
static int
edit(struct line *l, int *cancelled)
{
	struct browse b = { .where = nhistory };
	int key;

	for (;;) {
		key = read_key();
		if (key == 18)
			key = search(l);
		if (key == K_EOF || key == '\r' || key == '\n' || key == 3 || (key == 4 && !l->n))
			break;
		if (!key_moves(l, key) && !key_cuts(l, key))
			key_acts(l, &b, key);
	}
	free(b.mine);
	if (key == K_EOF || key == 4)	/* ^D on an empty line: the end of input */
		return 0;
	if (l->at < l->n) {
		l->at = l->n;
		draw(l);
	}
	if (key != 3)
		return 1;
	out("^C");
	*cancelled = 1;
	return 0;
}

char *
edit_line(const char *prompt, int *cancelled)
{
	struct line l = { .cap = 64 };
	struct termios cooked, raw;
	struct sigaction sa = { .sa_handler = on_resize }, old, old_child;
	const char *last = strrchr(prompt, '\n');
	int notify = sh.notify, ok;

	if (tcgetattr(0, &cooked)) {
		char *line = NULL;		/* not a terminal after all */
		size_t cap = 0;

		fprintf(stderr, "%s", prompt);
		return getline(&line, &cap, stdin) < 0 ? NULL : line;
	}
	l.s = xmalloc(l.cap);
	l.s[0] = '\0';
	l.prompt = last ? last + 1 : prompt;
	raw = cooked;
	raw.c_iflag &= ~(IXON | INLCR);
	raw.c_iflag |= ICRNL;
	raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_oflag |= OPOST | ONLCR;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(0, TCSADRAIN, &raw);
	sigaction(SIGWINCH, &sa, &old);
	child_changed = 0;
	sa.sa_handler = on_child;
	if (notify)
		sigaction(SIGCHLD, &sa, &old_child);
	get_size(&l);
	if (last)
		str_add(&screen, prompt, l.prompt - prompt);
	out(l.prompt);
	l.row = width(l.prompt, strlen(l.prompt)) / l.cols;
	flush();
	ok = edit(&l, cancelled);
	if (ok || *cancelled)
		out("\n");
	flush();
	sigaction(SIGWINCH, &old, NULL);
	if (notify)
		sigaction(SIGCHLD, &old_child, NULL);
	tcsetattr(0, TCSADRAIN, &cooked);
	if (!ok) {
		free(l.s);
		return NULL;
	}
	history_add(l.s);
	l.s = xrealloc(l.s, l.n + 2);
	strcpy(l.s + l.n, "\n");
	return l.s;
}
