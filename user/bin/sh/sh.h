/*
 * sh.h - the shell's own types, and what its files offer each other.
 *
 *   main.c      options, the loop that reads and runs         edit.c      the line editor
 *   lex.c       characters to words and operators             complete.c  its Tab key
 *   parse.c     words to a tree                               jobs.c      processes, waiting, job control
 *   expand.c    a word of the tree to the words it means      jobcmds.c   jobs, fg, bg, wait, kill
 *   arith.c     $(( ))                                        trap.c      signals
 *   exec.c      running a tree                                builtins.c  cd, read, set and the others
 *   redir.c     redirections and here-documents               vars.c      variables and functions
 *                                                             mem.c       arenas and strings
 */
#ifndef SH_H
#define SH_H

#include <setjmp.h>
#include <stddef.h>
#include <sys/types.h>

/* ---- memory that is freed all at once: the tree of one command ---- */

struct arena {
	struct arena_block *blocks;
	int	keep;			/* a function defined in this tree lives on */
};

void	*arena_alloc(struct arena *a, size_t n);
char	*arena_string(struct arena *a, const char *s, size_t n);
void	 arena_free(struct arena *a);
void	*xmalloc(size_t n);
void	*xrealloc(void *p, size_t n);
char	*xstrdup(const char *s);

/* A string that grows. */
struct str {
	char	*s;
	size_t	n, cap;
};
void	str_put(struct str *b, int c);
void	str_add(struct str *b, const char *s, size_t n);
char	*str_end(struct str *b);	/* ends it with NUL; the bytes stay b's */

/* ---- the tree ---- */

enum node_type {
	N_SIMPLE,	/* assigns, words */
	N_PIPE,		/* a, a->next ... */
	N_NOT,		/* a */
	N_AND, N_OR,	/* a, b */
	N_SEQ,		/* a, b */
	N_BACK,		/* a */
	N_SUBSHELL,	/* a */
	N_GROUP,	/* a */
	N_IF,		/* a then b else c */
	N_WHILE, N_UNTIL, /* a do b */
	N_FOR,		/* name, words (if has_words), a */
	N_CASE,		/* name is the word, items */
	N_FUNC,		/* name, a */
};

struct word {
	struct word *next;
	char	*text;			/* as written, quotes and all */
};

enum redir_op { R_IN, R_OUT, R_CLOBBER, R_APPEND, R_RDWR, R_DUP_IN, R_DUP_OUT, R_HERE };

struct redir {
	struct redir *next;
	enum redir_op op;
	int	fd;
	int	literal;		/* R_HERE: the delimiter was quoted */
	int	strip_tabs;		/* R_HERE: <<- */
	char	*word;			/* file, descriptor, or R_HERE's delimiter */
	char	*body;			/* R_HERE */
	struct redir *next_here;	/* while its body is still to come */
};

struct case_item {
	struct case_item *next;
	struct word *patterns;
	struct node *body;
};

struct node {
	enum node_type type;
	int	has_words;
	struct node *next;		/* in a pipeline */
	struct node *a, *b, *c;
	struct word *assigns, *words;
	struct redir *redirs;
	struct case_item *items;
	char	*name;
	char	*text;			/* of a pipeline: what `jobs` shows */
	struct arena *arena;		/* N_FUNC: where it lives */
};

/* ---- input (lex.c) and grammar (parse.c) ---- */

enum token { T_EOF, T_NEWLINE, T_WORD, T_IO_NUMBER, T_AND, T_OR, T_DSEMI, T_REDIR,
	     T_PIPE = '|', T_BACK = '&', T_SEMI = ';', T_OPEN = '(', T_CLOSE = ')' };

struct input {
	char	*buf;			/* the text of the command being parsed */
	size_t	len, pos;
	int	(*more)(struct input *);	/* append a line to buf; 0 at the end of input */
	int	fd;			/* for more() */
	int	seekable;
	char	*block;			/* read ahead, when that is harmless */
	size_t	block_pos, block_len;
	int	at_start;		/* the next line begins a command: PS1, not PS2 */
	int	ended;			/* more() said so */
	int	failed;			/* stopped by ^C */

	int	tok;			/* the token looked at, -1 if none is */
	char	*text;			/* of T_WORD and T_IO_NUMBER */
	enum redir_op rop;		/* of T_REDIR */
	int	strip_tabs, here;
	size_t	tok_start;

	struct arena *arena;
	struct redir *pending;		/* here-documents whose bodies come after the newline */
	jmp_buf	*fail;
	int	depth;			/* of command substitutions */
};

void	input_string(struct input *in, const char *s);
void	input_file(struct input *in, int fd);
void	input_free(struct input *in);
int	lex_peek(struct input *in);
void	lex_next(struct input *in);
int	is_name(const char *s, size_t n);
size_t	name_len(const char *s);
/* The length of what follows "${" up to and with its "}"; (size_t)-1 if it does not end. */
size_t	lex_brace_len(const char *s, int dquote);
void	syntax_error(struct input *in, const char *near) __attribute__((noreturn));

enum parse_result { PARSE_OK, PARSE_EOF, PARSE_ERROR };
/* One complete command, up to its newline. *out is NULL for a blank line. */
enum parse_result parse_command(struct input *in, struct arena *arena, struct node **out);
/* The list inside "$(", up to and with its ")". Fails through in->fail. */
struct node *parse_substitution(struct input *in);

/* ---- expansion ---- */

struct list {			/* words, NULL-terminated */
	char	**v;
	int	n, cap;
};
void	list_add(struct list *l, char *s);
void	list_free(struct list *l);

void	 expand_words(const struct word *w, struct list *out);
char	*expand_string(const char *text);		/* no splitting, no file names; malloc'ed */
char	*expand_assignment(const char *text);		/* likewise, ~ after = and : too */
char	*expand_pattern(const char *text);		/* likewise, quoted characters escaped */
char	*expand_here(const char *text);			/* a here-document's body */
long	 arith(const char *s);

/* ---- variables ---- */

#define VAR_EXPORT	1
#define VAR_READONLY	2

struct var {
	struct var *next;
	char	*name, *value;		/* value NULL: unset, but exported or local */
	int	flags;
};

const char *var_get(const char *name);
void	var_set(const char *name, const char *value);
void	var_set_flags(const char *name, int flags);
int	var_unset(const char *name);
char	**var_environ(void);		/* NAME=value of all exported; valid until the next call */
void	var_print(int flags, const char *prefix);
void	var_init(char **env);
void	var_for_each(void (*f)(struct var *v, void *arg), void *arg);
/* Remember a variable, so that var_restore(mark) puts it back. */
void	var_save(const char *name);
int	var_mark(void);
void	var_restore(int mark);

struct func {
	struct func *next;
	char	*name;
	struct node *body;
	struct arena *arena;
};
struct func *func_find(const char *name);
void	func_define(const char *name, struct node *body, struct arena *arena);
void	func_remove(const char *name);

/* ---- running ---- */

#define RUN_EXIT	1		/* this process ends after the command: exec in place */

enum skip { SKIP_NONE, SKIP_BREAK, SKIP_CONTINUE, SKIP_RETURN };

struct shell {
	int	status;			/* $? */
	pid_t	pid, last_bg;		/* $$, $! */
	char	*name;			/* $0 */
	int	argc;			/* $# */
	char	**argv;			/* $1 is argv[0] */
	int	interactive, monitor, login;
	int	errexit, xtrace, noglob, nounset, noexec, verbose, allexport, noclobber, notify;
	int	subshell;		/* a child of the main shell, running its code */
	int	loops, functions;	/* nesting */
	int	tested;			/* > 0 while somebody looks at the status: set -e waits */
	enum skip skip;
	int	skip_count;
	int	subst_status;		/* of the last command substitution */
	int	tty;			/* descriptor of the terminal when monitor */
	jmp_buf	*top;			/* where errors and ^C go when interactive */
};
extern struct shell sh;

int	run_node(struct node *n, int flags);
int	run_string(const char *s, int flags);
int	run_file(const char *path);
int	run_input(struct input *in, int flags);
void	run_exec(char **argv, char **env) __attribute__((noreturn));
void	sh_error(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void	sh_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	sh_exit(int status) __attribute__((noreturn));
char	*path_search(const char *name);	/* full path of a command, malloc'ed, or NULL */

typedef int builtin_fn(int argc, char **argv);
struct builtin {
	const char *name;
	builtin_fn *run;
	int	special;		/* POSIX: found before functions, assignments stay */
};
const struct builtin *builtin_find(const char *name);
const struct builtin *builtin_at(int i);	/* NULL past the last */
int	builtin_exec(int argc, char **argv);
int	run_function(struct func *f, int argc, char **argv);

/*
 * Perform redirections; with save, what they replace is remembered, and redir_restore(mark)
 * puts everything since redir_mark() back. 0, or -1 with a message given.
 */
int	redir_apply(const struct redir *r, int save);
int	redir_mark(void);
void	redir_restore(int mark);

/* ---- processes and signals ---- */

struct job;
struct job *job_new(const char *text);
/* Fork a process of a job. 0 in the child, which is then a subshell with default signals. */
pid_t	job_fork(struct job *j, int background);
int	job_wait(struct job *j);	/* in the foreground; the last process's status */
void	job_background(struct job *j);
void	jobs_report(void);		/* say what ended or stopped, before a prompt */
int	jobs_news(void);		/* it would say something */
void	jobs_forget(void);
void	jobs_init(void);	/* job control, if there is a terminal */
int	jobs_monitor(int on);	/* set -m, set +m: 0, or -1 if there cannot be job control */
int	jobs_hold_exit(void);	/* true, with a message, the first time with stopped jobs: do not leave yet */
int	jobs_builtin(int argc, char **argv);
int	fg_builtin(int argc, char **argv);
int	wait_builtin(int argc, char **argv);
int	kill_builtin(int argc, char **argv);

extern volatile int trap_pending;	/* a signal with a trap has come */
extern volatile int interrupted;	/* ^C at an interactive shell */
void	trap_init(void);		/* signal settings of an interactive shell */
void	trap_monitor(void);		/* of one with or without job control */
void	trap_subshell(void);		/* back to defaults, in a child */
void	trap_run(void);
void	trap_exit(void);
int	trap_any(void);
int	trap_builtin(int argc, char **argv);
void	check_interrupt(void);

/* ---- the line editor ---- */

/* A line of input, with its newline; malloc'ed. NULL at the end of input; *cancelled after ^C. */
char	*edit_line(const char *prompt, int *cancelled);
void	history_add(const char *line);
int	history_builtin(int argc, char **argv);
/* Ways to go on from the text before the cursor: whole words; *common replaces text[*start...]. */
int	complete(const char *text, size_t cursor, size_t *start, struct list *found);

#endif
