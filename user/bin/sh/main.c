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
			return;
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

static const struct { char letter; int *flag; } options[] = {
	{ 'e', &sh.errexit }, { 'u', &sh.nounset }, { 'f', &sh.noglob }, { 'n', &sh.noexec },
	{ 'v', &sh.verbose }, { 'x', &sh.xtrace }, { 'a', &sh.allexport }, { 'C', &sh.noclobber },
	{ 'i', &sh.interactive }, { 'l', &sh.login },
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

int
main(int argc, char **argv)
{
	extern char **environ;
	char *command = NULL;
	int i, from_stdin = 0, status;

	sh.pid = getpid();
	sh.name = argc ? argv[0] : "sh";
	if (*sh.name == '-') {
		sh.name++;
		sh.login = 1;
	}
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *p;

		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		for (p = argv[i] + 1; *p; p++) {
			if (*p == 'c') {
				command = "";
			} else if (*p == 's') {
				from_stdin = 1;
			} else if (set_option(*p)) {
				fprintf(stderr, "usage: sh [-aCefilnsuvx] [-c COMMAND [NAME]] [FILE] [ARGUMENT...]\n");
				return 2;
			}
		}
	}
	var_init(environ);
	if (command) {
		if (i == argc) {
			fprintf(stderr, "sh: -c needs a command\n");
			return 2;
		}
		command = argv[i++];
		if (i < argc)
			sh.name = argv[i++];
	} else if (i < argc && !from_stdin) {
		sh.name = argv[i++];
		from_stdin = -1;
	} else {
		from_stdin = 1;
		sh.interactive |= isatty(0) && isatty(2);
	}
	sh.argc = argc - i;
	sh.argv = argv + i;
	if (sh.login && access("/etc/profile", R_OK) == 0)
		run_file("/etc/profile");
	if (command) {
		sh_exit(run_string(command, RUN_EXIT));
	} else if (from_stdin < 0) {
		status = run_file(sh.name);
		sh_exit(status);
	}
	if (sh.interactive) {
		trap_init();
		jobs_init();
		interact();
		fprintf(stderr, "exit\n");
	} else {
		struct input in;

		input_file(&in, 0);
		sh.status = run_input(&in, 0);
	}
	sh_exit(sh.status);
}
