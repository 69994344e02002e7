/*
 * main.c - options, and the loop that reads a command and runs it.
 *
 *   sh [-eufnvxails] [-c COMMAND [NAME]] [FILE] [ARGUMENT...]
 *
 * Interactive if it reads a terminal and writes one, or with -i. A login shell (-l, or a
 * name that starts with -) reads /etc/profile first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

struct shell sh;

/* Run all of an input. With RUN_EXIT its last command may replace the shell. */
int
run_input(struct input *in, int flags)
{
	struct arena arena = { 0 }, *kept;
	struct node *n;
	enum parse_result r;
	int status = 0;

	while ((r = parse_command(in, &arena, &n)) == PARSE_OK) {
		if (n) {
			int last = in->fd < 0 && !in->buf[in->pos + strspn(in->buf + in->pos, " \t\n")];

			status = run_node(n, last ? flags & RUN_EXIT : 0);
		}
		if (arena.keep) {		/* a function lives here: leave the blocks to it */
			kept = xmalloc(sizeof *kept);
			*kept = arena;
			arena = (struct arena){ 0 };
		}
		arena_free(&arena);
		if (sh.skip)
			break;
	}
	arena_free(&arena);
	if (r == PARSE_ERROR)
		status = 2;
	return sh.status = status;
}

int
run_string(const char *s, int flags)
{
	struct input in;
	int status;

	input_string(&in, s);
	status = run_input(&in, flags);
	input_free(&in);
	return status;
}

/* The shell's own descriptors are out of the way of those that scripts name. */
static int
open_script(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), high;

	if (fd < 0)
		return -1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	close(fd);
	return high;
}

int
run_file(const char *path)
{
	struct input in;
	int fd = open_script(path), status;

	if (fd < 0) {
		sh_warn("%s: %s", path, strerror(errno));
		return 127;
	}
	input_file(&in, fd);
	status = run_input(&in, 0);
	input_free(&in);
	close(fd);
	return status;
}

/* Read and run until the end of input; errors and ^C come back to the prompt. */
static void
interact(void)
{
	struct arena arena = { 0 };
	struct input in;
	struct node *n;
	jmp_buf top;
	char **argv = sh.argv;
	int argc = sh.argc;

	input_file(&in, 0);
	if (setjmp(top)) {			/* undo what was half done */
		redir_restore(0);
		var_restore(0);
		sh.argv = argv;
		sh.argc = argc;
		sh.loops = sh.functions = sh.tested = 0;
		sh.skip = SKIP_NONE;
	}
	sh.top = &top;
	for (;;) {
		jobs_report();
		fflush(stdout);
		switch (parse_command(&in, &arena, &n)) {
		case PARSE_EOF:
			if (!jobs_hold_exit())
				return;
			in.ended = 0;
			break;
		case PARSE_ERROR:
			sh.status = in.failed ? 130 : 2;
			break;
		case PARSE_OK:
			if (n)
				run_node(n, 0);
			sh.skip = SKIP_NONE;
		}
		if (arena.keep)
			arena = (struct arena){ 0 };
		arena_free(&arena);
	}
}

static int start_monitor;		/* -m */

static const struct { char letter; int *flag; } options[] = {
	{ 'e', &sh.errexit }, { 'u', &sh.nounset }, { 'f', &sh.noglob }, { 'n', &sh.noexec },
	{ 'v', &sh.verbose }, { 'x', &sh.xtrace }, { 'a', &sh.allexport }, { 'C', &sh.noclobber },
	{ 'i', &sh.interactive }, { 'l', &sh.login }, { 'm', &start_monitor }, { 'b', &sh.notify },
};

static int
set_option(int letter)
{
	size_t i;

	for (i = 0; i < sizeof options / sizeof *options; i++)
		if (options[i].letter == letter) {
			*options[i].flag = 1;
			return 0;
		}
	return -1;
}

/* Where the commands come from. */
enum source { FROM_FILE, FROM_STDIN, FROM_STRING };

/* Take the options. The index of the first argument that is none, or -1 with a message given. */
static int
parse_options(int argc, char **argv, enum source *from)
{
	const char *p;
	int i;

	*from = FROM_FILE;
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--"))
			return i + 1;
		for (p = argv[i] + 1; *p; p++) {
			if (*p == 'c') {
				*from = FROM_STRING;
			} else if (*p == 's') {
				if (*from == FROM_FILE)
					*from = FROM_STDIN;
			} else if (set_option(*p)) {
				fprintf(stderr, "usage: sh [-abCefilmnsuvx] [-c COMMAND [NAME]] "
						"[FILE] [ARGUMENT...]\n");
				return -1;
			}
		}
	}
	return i;
}

/* Run standard input, with prompts if somebody sits there. */
static int
run_stdin(void)
{
	struct input in;

	if (sh.interactive) {
		trap_init();
		jobs_init();
		interact();
		fprintf(stderr, "exit\n");
		return sh.status;
	}
	input_file(&in, 0);
	return run_input(&in, 0);
}

int
main(int argc, char **argv)
{
	extern char **environ;
	char *command = NULL;
	enum source from;
	int i;

	sh.pid = getpid();
	sh.name = argc ? argv[0] : "sh";
	if (*sh.name == '-') {
		sh.name++;
		sh.login = 1;
	}
	i = parse_options(argc, argv, &from);
	if (i < 0)
		return 2;
	var_init(environ);
	if (from == FROM_STRING) {
		if (i == argc) {
			fprintf(stderr, "sh: -c needs a command\n");
			return 2;
		}
		command = argv[i++];
		if (i < argc)
			sh.name = argv[i++];
	} else if (from == FROM_FILE && i < argc) {
		sh.name = argv[i++];
	} else {
		from = FROM_STDIN;
		sh.interactive |= isatty(0) && isatty(2);
	}
	sh.argc = argc - i;
	sh.argv = argv + i;
	if (sh.login && access("/etc/profile", R_OK) == 0)
		run_file("/etc/profile");
	if (start_monitor && jobs_monitor(1))
		sh_warn("no job control here");
	switch (from) {
	case FROM_STRING:
		sh_exit(run_string(command, RUN_EXIT));
	case FROM_FILE:
		sh_exit(run_file(sh.name));
	case FROM_STDIN:
		sh.status = run_stdin();
	}
	sh_exit(sh.status);
}
