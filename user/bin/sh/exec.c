/*
 * exec.c - running a tree.
 *
 * RUN_EXIT means that this process ends after the command, so that a program may replace the
 * shell and a subshell needs no child. break, continue and return set sh.skip; each node
 * looks at it and gives way until a loop or function takes it.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sh.h"

void
sh_warn(const char *fmt, ...)
{
	va_list ap;
	char text[512];

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", sh.name, text);
}

/* An error that ends the command, and the shell if nobody is there to type another. */
void
sh_error(const char *fmt, ...)
{
	va_list ap;
	char text[512];

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	sh_warn("%s", text);
	sh.status = 2;
	if (sh.interactive && sh.top)
		longjmp(*sh.top, 1);
	sh_exit(2);
}

void
sh_exit(int status)
{
	sh.status = status;
	sh.skip = SKIP_NONE;
	trap_exit();
	fflush(stdout);
	_exit(status & 255);
}

/* ---- programs ---- */

char *
path_search(const char *name)
{
	const char *path = var_get("PATH"), *end;
	struct stat st;

	if (strchr(name, '/'))
		return xstrdup(name);
	if (!path)
		path = "/bin";
	for (;; path = end + 1) {
		size_t n;
		char *full;

		end = path + strcspn(path, ":");
		n = end - path;
		full = xmalloc(n + strlen(name) + 2);
		memcpy(full, path, n);
		sprintf(full + n, "%s%s", n ? "/" : "", name);
		if (stat(full, &st) == 0 && S_ISREG(st.st_mode) && access(full, X_OK) == 0)
			return full;
		free(full);
		if (!*end)
			return NULL;
	}
}

/* Become the program, or say why not: 127 not found, 126 found but not to be run. */
void
run_exec(char **argv, char **env)
{
	char *path = *argv[0] ? path_search(argv[0]) : NULL;
	int e, i, n;

	if (!path) {
		sh_warn("%s: not found", argv[0]);
		sh_exit(127);
	}
	execve(path, argv, env);
	e = errno;
	if (e == ENOEXEC) {		/* a script without #!: ours */
		char **args;

		for (n = 0; argv[n]; n++)
			;
		args = xmalloc((n + 2) * sizeof *args);
		args[0] = "sh";
		args[1] = path;
		for (i = 1; i <= n; i++)
			args[i + 1] = argv[i];
		execve("/bin/sh", args, env);
		e = errno;
	}
	sh_warn("%s: %s", argv[0], e == ENOENT ? "not found" : strerror(e));
	sh_exit(e == ENOENT || e == ENOTDIR ? 127 : 126);
}

/* ---- simple commands ---- */

/* Perform NAME=word. export: for a program that is about to run. */
static void
assign(const struct word *w, int export)
{
	for (; w; w = w->next) {
		size_t n = name_len(w->text);
		char *name = xmalloc(n + 1), *value;

		memcpy(name, w->text, n);
		name[n] = '\0';
		value = expand_assignment(w->text + n + 1);
		if (sh.xtrace)
			fprintf(stderr, "%s%s=%s\n", var_get("PS4"), name, value);
		var_set(name, value);
		if (export)
			var_set_flags(name, VAR_EXPORT);
		free(name);
		free(value);
	}
}

static void
save_assigned(const struct word *w)
{
	for (; w; w = w->next) {
		size_t n = name_len(w->text);
		char *name = xmalloc(n + 1);

		memcpy(name, w->text, n);
		name[n] = '\0';
		var_save(name);
		free(name);
	}
}

static void
trace(struct list *args)
{
	const char *ps4 = var_get("PS4");
	int i;

	fflush(stdout);
	fprintf(stderr, "%s", ps4 ? ps4 : "");
	for (i = 0; i < args->n; i++)
		fprintf(stderr, *args->v[i] && !strpbrk(args->v[i], " \t\n'\"$;&|<>()*?\\`") ? "%s%s" : "%s'%s'",
			i ? " " : "", args->v[i]);
	fprintf(stderr, "\n");
}

int
run_function(struct func *f, int argc, char **argv)
{
	char **old_argv = sh.argv;
	int old_argc = sh.argc, old_loops = sh.loops, mark = var_mark(), status;

	if (sh.functions >= 500)
		sh_error("%s: functions nested too deep", f->name);
	sh.argc = argc - 1;
	sh.argv = argv + 1;
	sh.loops = 0;
	sh.functions++;
	status = run_node(f->body, 0);
	if (sh.skip == SKIP_RETURN) {
		sh.skip = SKIP_NONE;
		status = sh.status;
	}
	sh.functions--;
	sh.loops = old_loops;
	sh.argc = old_argc;
	sh.argv = old_argv;
	var_restore(mark);
	return status;
}

/* A builtin's output is written before its redirections are undone. */
static int
run_builtin(const struct builtin *b, int argc, char **argv)
{
	int status = b->run(argc, argv);

	if (fflush(stdout) == EOF) {
		sh_warn("%s: write error: %s", argv[0], strerror(errno));
		clearerr(stdout);
		status = 1;
	}
	return status;
}

static int
run_program(struct node *n, struct list *args, int flags)
{
	if (!(flags & RUN_EXIT) || trap_any()) {
		struct job *j = job_new(n->text ? n->text : args->v[0]);
		pid_t pid = job_fork(j, 0);

		if (pid < 0)
			return 126;
		if (pid > 0)
			return job_wait(j);
	}
	if (redir_apply(n->redirs, 0))
		sh_exit(1);
	assign(n->assigns, 1);
	run_exec(args->v, var_environ());
}

static int
run_simple(struct node *n, int flags)
{
	struct list args = { 0 };
	const struct builtin *b;
	struct func *f;
	int status, mark = redir_mark(), vars = var_mark();

	sh.subst_status = 0;
	expand_words(n->words, &args);
	if (sh.xtrace && args.n)
		trace(&args);
	if (!args.n) {
		status = redir_apply(n->redirs, 1) ? 1 : 0;
		redir_restore(mark);
		if (!status) {
			assign(n->assigns, 0);
			status = sh.subst_status;
		}
		list_free(&args);
		return status;
	}
	b = builtin_find(args.v[0]);
	f = b && b->special ? NULL : func_find(args.v[0]);
	if (!b && !f) {
		status = run_program(n, &args, flags);
		list_free(&args);
		return status;
	}
	if (redir_apply(n->redirs, 1)) {
		redir_restore(mark);
		list_free(&args);
		return 1;
	}
	if (f || !b->special)
		save_assigned(n->assigns);
	assign(n->assigns, 1);
	if (f) {
		status = run_function(f, args.n, args.v);
	} else if (b->run == builtin_exec) {
		status = builtin_exec(args.n, args.v);
		if (args.n == 1)
			mark = redir_mark();	/* exec > file: it stays */
	} else {
		status = run_builtin(b, args.n, args.v);
	}
	redir_restore(mark);
	if (f || !b->special)
		var_restore(vars);
	list_free(&args);
	return status;
}

/* ---- compound commands ---- */

static int
run_pipeline(struct node *n)
{
	struct job *j = job_new(n->text);
	struct node *c;
	int in = -1, fds[2] = { -1, -1 };
	pid_t pid;

	for (c = n->a; c; c = c->next) {
		if (c->next && pipe(fds)) {
			sh_warn("pipe: %s", strerror(errno));
			break;
		}
		pid = job_fork(j, 0);
		if (pid == 0) {
			if (in >= 0) {
				dup2(in, 0);
				close(in);
			}
			if (c->next) {
				close(fds[0]);
				if (fds[1] != 1) {
					dup2(fds[1], 1);
					close(fds[1]);
				}
			}
			sh_exit(run_node(c, RUN_EXIT));
		}
		if (in >= 0)
			close(in);
		in = -1;
		if (c->next) {
			close(fds[1]);
			in = fds[0];
		}
		if (pid < 0)
			break;
	}
	if (in >= 0)
		close(in);
	return job_wait(j);
}

static int
run_subshell(struct node *n, int flags)
{
	struct job *j;
	pid_t pid;

	if (!(flags & RUN_EXIT) || trap_any()) {
		j = job_new(n->text ? n->text : "( )");
		pid = job_fork(j, 0);
		if (pid < 0)
			return 126;
		if (pid > 0)
			return job_wait(j);
	}
	if (redir_apply(n->redirs, 0))
		sh_exit(1);
	sh_exit(run_node(n->a, RUN_EXIT));
}

static int
run_background(struct node *n)
{
	struct job *j = job_new(n->text);
	pid_t pid = job_fork(j, 1);

	if (pid < 0)
		return 126;
	if (pid == 0)
		sh_exit(run_node(n->a, RUN_EXIT));
	job_background(j);
	return 0;
}

/* After a loop's body: take what is for this loop. True if the loop must end. */
static int
leave_loop(void)
{
	enum skip s = sh.skip;

	if (s == SKIP_NONE)
		return 0;
	if (s == SKIP_RETURN || --sh.skip_count > 0)
		return 1;
	sh.skip = SKIP_NONE;
	return s == SKIP_BREAK;
}

static int
run_tested(struct node *n)
{
	int status;

	sh.tested++;
	status = run_node(n, 0);
	sh.tested--;
	return status;
}

static int
run_while(struct node *n)
{
	int status = 0;

	sh.loops++;
	for (;;) {
		int r = run_tested(n->a);

		if (leave_loop() || sh.skip || (r == 0) != (n->type == N_WHILE))
			break;
		status = run_node(n->b, 0);
		if (leave_loop())
			break;
	}
	sh.loops--;
	return sh.skip == SKIP_RETURN ? sh.status : status;
}

static int
run_for(struct node *n)
{
	struct list words = { 0 };
	int i, status = 0;

	if (n->has_words)
		expand_words(n->words, &words);
	else
		for (i = 0; i < sh.argc; i++)
			list_add(&words, xstrdup(sh.argv[i]));
	sh.loops++;
	for (i = 0; i < words.n; i++) {
		var_set(n->name, words.v[i]);
		status = run_node(n->a, 0);
		if (leave_loop())
			break;
	}
	sh.loops--;
	list_free(&words);
	return sh.skip == SKIP_RETURN ? sh.status : status;
}

static int
run_case(struct node *n, int flags)
{
	char *value = expand_string(n->name);
	struct case_item *it;
	struct word *w;

	for (it = n->items; it; it = it->next)
		for (w = it->patterns; w; w = w->next) {
			char *p = expand_pattern(w->text);
			int hit = !fnmatch(p, value, 0);

			free(p);
			if (hit) {
				free(value);
				return it->body ? run_node(it->body, flags) : 0;
			}
		}
	free(value);
	return 0;
}

static int
run_compound(struct node *n, int flags)
{
	int status;

	switch (n->type) {
	case N_GROUP:
		return run_node(n->a, flags);
	case N_IF:
		status = run_tested(n->a);
		if (sh.skip)
			return status;
		if (status == 0)
			return run_node(n->b, flags);
		return n->c ? run_node(n->c, flags) : 0;
	case N_WHILE:
	case N_UNTIL:
		return run_while(n);
	case N_FOR:
		return run_for(n);
	default:
		return run_case(n, flags);
	}
}

int
run_node(struct node *n, int flags)
{
	int status = sh.status, mark, checked = 1;

	if (interrupted)
		check_interrupt();
	if (trap_pending)
		trap_run();
	if (sh.skip || sh.noexec)
		return status;
	switch (n->type) {
	case N_SIMPLE:
		status = run_simple(n, flags);
		break;
	case N_PIPE:
		status = run_pipeline(n);
		break;
	case N_SUBSHELL:
		status = run_subshell(n, flags);
		break;
	case N_NOT:
		status = !run_tested(n->a);
		checked = 0;
		break;
	case N_AND:
	case N_OR:
		status = run_tested(n->a);
		if (!sh.skip && (status == 0) == (n->type == N_AND))
			status = run_node(n->b, flags);
		checked = 0;
		break;
	case N_SEQ:
		run_node(n->a, 0);
		status = run_node(n->b, flags);
		checked = 0;
		break;
	case N_BACK:
		status = run_background(n);
		break;
	case N_FUNC:
		func_define(n->name, n->a, n->arena);
		status = 0;
		break;
	default:
		checked = 0;
		if (!n->redirs) {
			status = run_compound(n, flags);
			break;
		}
		mark = redir_mark();
		status = redir_apply(n->redirs, 1) ? 1 : run_compound(n, 0);
		redir_restore(mark);
	}
	sh.status = status;
	if (checked && status && sh.errexit && !sh.tested && !sh.skip)
		sh_exit(status);
	if (interrupted)
		check_interrupt();
	if (trap_pending)
		trap_run();
	return status;
}
