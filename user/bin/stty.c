/* stty [-a] [SETTING...], stty size - the terminal's settings: raw, cooked, sane, [-]echo ... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "common/cmd.h"

enum which { IFLAG, OFLAG, LFLAG };

static const struct { const char *name; enum which where; unsigned bit; } flags[] = {
	{ "ignbrk", IFLAG, IGNBRK }, { "brkint", IFLAG, BRKINT }, { "istrip", IFLAG, ISTRIP },
	{ "inlcr", IFLAG, INLCR }, { "igncr", IFLAG, IGNCR }, { "icrnl", IFLAG, ICRNL },
	{ "ixon", IFLAG, IXON }, { "ixoff", IFLAG, IXOFF }, { "opost", OFLAG, OPOST },
	{ "onlcr", OFLAG, ONLCR }, { "isig", LFLAG, ISIG }, { "icanon", LFLAG, ICANON },
	{ "iexten", LFLAG, IEXTEN }, { "echo", LFLAG, ECHO }, { "echoe", LFLAG, ECHOE },
	{ "echok", LFLAG, ECHOK }, { "echonl", LFLAG, ECHONL }, { "noflsh", LFLAG, NOFLSH },
	{ "tostop", LFLAG, TOSTOP },
};

static const struct { const char *name; int index; } chars[] = {
	{ "intr", VINTR }, { "quit", VQUIT }, { "erase", VERASE }, { "kill", VKILL }, { "eof", VEOF },
	{ "susp", VSUSP }, { "start", VSTART }, { "stop", VSTOP }, { "werase", VWERASE },
	{ "lnext", VLNEXT }, { "rprnt", VREPRINT },
};

static tcflag_t *
word(struct termios *t, enum which w)
{
	return w == IFLAG ? &t->c_iflag : w == OFLAG ? &t->c_oflag : &t->c_lflag;
}

static void
show(struct termios *t)
{
	struct winsize ws = { 0 };
	size_t i;

	ioctl(0, TIOCGWINSZ, &ws);
	printf("rows %u; columns %u;\n", ws.ws_row, ws.ws_col);
	for (i = 0; i < sizeof chars / sizeof *chars; i++) {
		int c = t->c_cc[chars[i].index];

		if (!c)
			printf("%s = <undef>; ", chars[i].name);
		else if (c < 32 || c == 127)
			printf("%s = ^%c; ", chars[i].name, c ^ 64);
		else
			printf("%s = %c; ", chars[i].name, c);
	}
	printf("min = %d; time = %d;\n", t->c_cc[VMIN], t->c_cc[VTIME]);
	for (i = 0; i < sizeof flags / sizeof *flags; i++)
		printf("%s%s ", *word(t, flags[i].where) & flags[i].bit ? "" : "-", flags[i].name);
	printf("\n");
}

static void
sane(struct termios *t)
{
	t->c_iflag = (t->c_iflag & ~(IGNBRK | INLCR | IGNCR | ISTRIP | IXOFF)) | ICRNL | IXON | BRKINT;
	t->c_oflag |= OPOST | ONLCR;
	t->c_lflag |= ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK;
	t->c_cc[VINTR] = 3;
	t->c_cc[VQUIT] = 28;
	t->c_cc[VERASE] = 127;
	t->c_cc[VKILL] = 21;
	t->c_cc[VEOF] = 4;
	t->c_cc[VSUSP] = 26;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

/* Apply one setting; value is the next argument. How many arguments it took, 0 if unknown. */
static int
set(struct termios *t, const char *s, const char *value)
{
	int off = *s == '-';
	const char *name = s + off;
	struct winsize ws;
	size_t i;

	for (i = 0; i < sizeof flags / sizeof *flags; i++)
		if (!strcmp(flags[i].name, name)) {
			if (off)
				*word(t, flags[i].where) &= ~flags[i].bit;
			else
				*word(t, flags[i].where) |= flags[i].bit;
			return 1;
		}
	for (i = 0; value && i < sizeof chars / sizeof *chars; i++)
		if (!strcmp(chars[i].name, s)) {
			t->c_cc[chars[i].index] = value[0] != '^' || !value[1] ? (unsigned char)value[0]
						: value[1] == '-' ? 0 : (value[1] ^ 64) & 127;
			return 2;
		}
	if (!strcmp(s, "sane") || !strcmp(s, "cooked") || !strcmp(s, "-raw")) {
		sane(t);
		return 1;
	}
	if (!strcmp(s, "raw") || !strcmp(s, "-cooked")) {
		cfmakeraw(t);
		return 1;
	}
	if (value && (!strcmp(s, "rows") || !strcmp(s, "cols") || !strcmp(s, "columns"))) {
		if (ioctl(0, TIOCGWINSZ, &ws))
			die_errno("standard input");
		*(*s == 'r' ? &ws.ws_row : &ws.ws_col) = number(value, s);
		if (ioctl(0, TIOCSWINSZ, &ws))
			die_errno("standard input");
		return 2;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct termios t, old;
	struct winsize ws;
	int i, n;

	if (tcgetattr(0, &t))
		die_errno("standard input");
	if (argc == 1 || (argc == 2 && !strcmp(argv[1], "-a"))) {
		show(&t);
		return finish_output(0);
	}
	if (argc == 2 && !strcmp(argv[1], "size")) {
		if (ioctl(0, TIOCGWINSZ, &ws))
			die_errno("standard input");
		printf("%u %u\n", ws.ws_row, ws.ws_col);
		return finish_output(0);
	}
	old = t;
	for (i = 1; i < argc; i += n) {
		n = set(&t, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		if (!n)
			die("%s: unknown setting", argv[i]);
	}
	/* A size is no mode: it may be set from the background, where setting modes stops us. */
	if (memcmp(&t, &old, sizeof(t)) && tcsetattr(0, TCSADRAIN, &t))
		die_errno("standard input");
	return 0;
}
