/* builtins.c - the commands that are the shell's own, and their table. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <unistd.h>
#include "../common/cmd.h"
#include "sh.h"

static int
b_true(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static int
b_false(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

/* A count argument: its value, or dflt if there is none. */
static int
count(int argc, char **argv, int dflt)
{
	char *end;
	long n;

	if (argc < 2)
		return dflt;
	n = strtol(argv[1], &end, 10);
	if (!*argv[1] || *end || n < 0 || n > INT_MAX)
		sh_error("%s: bad number: %s", argv[0], argv[1]);
	return n;
}

/* ---- directories ---- */

/* Take . and .. out of an absolute path, as text. */
static void
tidy(char *path)
{
	char *out = path, *p = path;

	while (*p) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (n && !(n == 1 && *p == '.')) {
			*out++ = '/';
			memmove(out, p, n);
			out += n;
		}
		p += n;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
}

static int
b_cd(int argc, char **argv)
{
	const char *to, *pwd = var_get("PWD");
	char path[PATH_MAX * 2], real[PATH_MAX];
	int i = 1, physical = 0, show = 0;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++)
		physical = argv[i][1] == 'P';
	to = i < argc ? argv[i] : var_get("HOME");
	if (!to) {
		sh_warn("cd: HOME not set");
		return 1;
	}
	if (!strcmp(to, "-")) {
		to = var_get("OLDPWD");
		if (!to) {
			sh_warn("cd: OLDPWD not set");
			return 1;
		}
		show = 1;
	}
	if (*to == '/' || !pwd)
		snprintf(path, sizeof path, "%s", to);
	else
		snprintf(path, sizeof path, "%s/%s", pwd, to);
	if (pwd && !physical)
		tidy(path);
	if (chdir(path) && (errno != ENOENT || *to == '/' || chdir(to))) {
		sh_warn("cd: %s: %s", to, strerror(errno));
		return 1;
	}
	if ((physical || !pwd) && getcwd(real, sizeof real))
		snprintf(path, sizeof path, "%s", real);
	var_set("OLDPWD", pwd ? pwd : "");
	var_set("PWD", path);
	if (show)
		printf("%s\n", path);
	return 0;
}

static int
b_pwd(int argc, char **argv)
{
	const char *pwd = var_get("PWD");
	char buf[PATH_MAX];
	struct stat a, b;

	if (!(argc > 1 && !strcmp(argv[1], "-P")) && pwd && *pwd == '/'
	    && !stat(pwd, &a) && !stat(".", &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev) {
		printf("%s\n", pwd);
		return 0;
	}
	if (!getcwd(buf, sizeof buf)) {
		sh_warn("pwd: %s", strerror(errno));
		return 1;
	}
	printf("%s\n", buf);
	return 0;
}

/* ---- variables and options ---- */

/* export and readonly. */
static int
b_export(int argc, char **argv)
{
	int flag = argv[0][0] == 'e' ? VAR_EXPORT : VAR_READONLY, i = 1, remove = 0;

	if (i < argc && !strcmp(argv[i], "-n"))
		remove = i++;
	if (i == argc || (!strcmp(argv[i], "-p") && i + 1 == argc)) {
		var_print(flag, flag == VAR_EXPORT ? "export " : "readonly ");
		return 0;
	}
	for (; i < argc; i++) {
		char *eq = strchr(argv[i], '=');

		if (!is_name(argv[i], eq ? (size_t)(eq - argv[i]) : strlen(argv[i])))
			sh_error("%s: %s: bad name", argv[0], argv[i]);
		if (eq) {
			*eq = '\0';
			var_set(argv[i], eq + 1);
		}
		if (remove) {
			char *value = var_get(argv[i]) ? xstrdup(var_get(argv[i])) : NULL;

			var_unset(argv[i]);
			if (value)
				var_set(argv[i], value);
			free(value);
		} else {
			var_set_flags(argv[i], flag);
		}
	}
	return 0;
}

static int
b_local(int argc, char **argv)
{
	int i;

	if (!sh.functions)
		sh_error("local: not in a function");
	for (i = 1; i < argc; i++) {
		char *eq = strchr(argv[i], '=');

		if (!is_name(argv[i], eq ? (size_t)(eq - argv[i]) : strlen(argv[i])))
			sh_error("local: %s: bad name", argv[i]);
		if (eq)
			*eq = '\0';
		var_save(argv[i]);
		if (eq)
			var_set(argv[i], eq + 1);
	}
	return 0;
}

static int
b_unset(int argc, char **argv)
{
	int i = 1, functions = 0, status = 0;

	if (i < argc && (!strcmp(argv[i], "-f") || !strcmp(argv[i], "-v")))
		functions = argv[i++][1] == 'f';
	for (; i < argc; i++) {
		if (functions)
			func_remove(argv[i]);
		else
			status |= var_unset(argv[i]);
	}
	return status;
}

static const struct { char letter; const char *name; int *flag; } options[] = {
	{ 'a', "allexport", &sh.allexport }, { 'C', "noclobber", &sh.noclobber },
	{ 'e', "errexit", &sh.errexit }, { 'f', "noglob", &sh.noglob }, { 'n', "noexec", &sh.noexec },
	{ 'b', "notify", &sh.notify }, { 'm', "monitor", &sh.monitor },
	{ 'u', "nounset", &sh.nounset }, { 'v', "verbose", &sh.verbose }, { 'x', "xtrace", &sh.xtrace },
};
#define NOPTIONS (sizeof options / sizeof *options)

static void
set_option(int letter, const char *name, int on)
{
	size_t i;

	for (i = 0; i < NOPTIONS; i++)
		if (letter ? options[i].letter == letter : !strcmp(options[i].name, name)) {
			if (options[i].flag != &sh.monitor)
				*options[i].flag = on;
			else if (jobs_monitor(on))
				sh_warn("set: no job control here");
			return;
		}
	if (letter)
		sh_error("set: -%c: unknown option", letter);
	sh_error("set: -o %s: unknown option", name);
}

/*
 * Replace the positional parameters. The strings of an earlier `set` are not freed: a
 * function's caller may still hold them.
 */
static void
set_arguments(int argc, char **argv)
{
	char **v = xmalloc((argc + 1) * sizeof *v);
	int i;

	for (i = 0; i < argc; i++)
		v[i] = xstrdup(argv[i]);
	v[argc] = NULL;
	sh.argv = v;
	sh.argc = argc;
}

static int
b_set(int argc, char **argv)
{
	int i;
	size_t j;

	if (argc == 1) {
		var_print(0, "");
		return 0;
	}
	for (i = 1; i < argc; i++) {
		int on = argv[i][0] == '-';
		const char *p;

		if (!strcmp(argv[i], "--")) {
			set_arguments(argc - i - 1, argv + i + 1);
			return 0;
		}
		if ((!on && argv[i][0] != '+') || !argv[i][1])
			break;
		for (p = argv[i] + 1; *p; p++) {
			if (*p != 'o') {
				set_option(*p, NULL, on);
			} else if (i + 1 < argc) {
				set_option(0, argv[++i], on);
				break;
			} else {
				for (j = 0; j < NOPTIONS; j++)
					printf("%-12s %s\n", options[j].name, *options[j].flag ? "on" : "off");
			}
		}
	}
	if (i < argc)
		set_arguments(argc - i, argv + i);
	return 0;
}

static int
b_shift(int argc, char **argv)
{
	int n = count(argc, argv, 1);

	if (n > sh.argc) {
		sh_warn("shift: cannot shift that many");
		return 1;
	}
	sh.argv += n;
	sh.argc -= n;
	return 0;
}

/* What `read` has read, and how it is taken apart. */
struct read_line {
	struct str text;
	struct str escaped;		/* by byte of text: a backslash stood before it */
	const char *ifs;
};

/* Read a line a byte at a time, for what follows it is somebody else's. 0, 1 at the end of input, 130 on a signal. */
static int
read_line(struct read_line *l, int raw)
{
	for (;;) {
		char c;
		ssize_t n = read(0, &c, 1);

		if (n < 0 && errno == EINTR && !interrupted && !trap_pending)
			continue;
		if (n < 0 && errno == EINTR)
			return 130;
		if (n <= 0)
			return 1;
		if (c == '\\' && !raw) {
			if (read(0, &c, 1) != 1)
				return 0;
			if (c == '\n')
				continue;
			str_put(&l->text, c);
			str_put(&l->escaped, 1);
			continue;
		}
		if (c == '\n')
			return 0;
		if (!c)
			continue;
		str_put(&l->text, c);
		str_put(&l->escaped, 0);
	}
}

static int
separates(const struct read_line *l, const char *p)
{
	return *p && !l->escaped.s[p - l->text.s] && strchr(l->ifs, *p);
}

static int
is_blank(const struct read_line *l, const char *p)
{
	return separates(l, p) && isspace((unsigned char)*p);
}

static char *
skip_blanks(const struct read_line *l, char *p)
{
	while (is_blank(l, p))
		p++;
	return p;
}

/* The end of the field at *p, which goes to the next field. */
static char *
field_end(const struct read_line *l, char **p)
{
	char *q = *p, *end;

	while (*q && !separates(l, q))
		q++;
	end = q;
	q = skip_blanks(l, q);
	if (separates(l, q))
		q = skip_blanks(l, q + 1);
	*p = q;
	return end;
}

/* The last name takes the rest, but not blanks or one separator at its end. */
static char *
rest_end(const struct read_line *l, char *start)
{
	char *end = start + strlen(start), *q;

	while (end > start && is_blank(l, end - 1))
		end--;
	for (q = start; q < end && !separates(l, q); q++)
		;
	return q == end - 1 && separates(l, q) ? q : end;
}

static void
assign_fields(const struct read_line *l, char **names)
{
	char *p = skip_blanks(l, l->text.s);

	for (; *names; names++) {
		char *start = p, *end, keep;

		if (names[1]) {
			end = field_end(l, &p);
		} else {
			end = rest_end(l, start);
			p = l->text.s + l->text.n;
		}
		keep = *end;
		*end = '\0';
		var_set(*names, start);
		*end = keep;
	}
}

static int
b_read(int argc, char **argv)
{
	const char *prompt = NULL;
	struct read_line l = { .ifs = var_get("IFS") };
	char *reply[] = { "REPLY", NULL };
	int i = 1, raw = 0, status;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "-r"))
			raw = 1;
		else if (!strcmp(argv[i], "-p") && i + 1 < argc)
			prompt = argv[++i];
		else if (!strcmp(argv[i], "--")) {
			i++;
			break;
		} else
			sh_error("read: %s: unknown option", argv[i]);
	}
	if (prompt && isatty(0))
		fprintf(stderr, "%s", prompt);
	if (!l.ifs)
		l.ifs = " \t\n";
	status = read_line(&l, raw);
	str_end(&l.text);
	str_end(&l.escaped);
	if (status != 130)
		assign_fields(&l, i < argc ? argv + i : reply);
	free(l.text.s);
	free(l.escaped.s);
	return status;
}

/* getopts goes on in a word of several letters (at 0: with a new word), if OPTIND is as it left it. */
static int getopts_at, getopts_last = 1;

/* The next letter; *index goes on after the last of its word. -1 where the options end. */
static int
getopts_letter(char **args, int n, int *index)
{
	char *word;
	int letter;

	if (!getopts_at && *index > n)
		return -1;
	word = args[*index - 1];
	if (!getopts_at) {
		if (word[0] != '-' || !word[1])
			return -1;
		if (!strcmp(word, "--")) {
			++*index;
			return -1;
		}
		getopts_at = 1;
	}
	letter = (unsigned char)word[getopts_at++];
	if (!word[getopts_at]) {
		getopts_at = 0;
		++*index;
	}
	return letter;
}

/* The letter's argument, the rest of its word or the next one, to OPTARG. 0 if there is none. */
static int
getopts_argument(char **args, int n, int *index)
{
	if (!getopts_at && *index > n)
		return 0;
	var_set("OPTARG", args[*index - 1] + getopts_at);
	getopts_at = 0;
	++*index;
	return 1;
}

/* Complain of a letter, or with ':' first in opts leave that to the script; the letter becomes what says so. */
static void
getopts_fault(const char *opts, char *letter, int missing)
{
	if (*opts == ':') {
		var_set("OPTARG", letter);
		*letter = missing ? ':' : '?';
		return;
	}
	if (missing)
		sh_warn("option -%s needs an argument", letter);
	else
		sh_warn("unknown option -%s", letter);
	*letter = '?';
}

static int
b_getopts(int argc, char **argv)
{
	const char *opts, *p;
	char **args, letter[2] = { 0 }, number[16];
	int n, index, c;

	if (argc < 3)
		sh_error("usage: getopts OPTIONS NAME [ARGUMENT...]");
	opts = argv[1];
	args = argc > 3 ? argv + 3 : sh.argv;
	n = argc > 3 ? argc - 3 : sh.argc;
	index = atoi(var_get("OPTIND") ? var_get("OPTIND") : "1");
	if (index < 1)
		index = 1;
	if (index != getopts_last)
		getopts_at = 0;
	getopts_last = index;
	var_unset("OPTARG");
	c = getopts_letter(args, n, &index);
	if (c < 0) {
		*letter = '?';
		getopts_at = 0;
	} else {
		*letter = c;
		p = c == ':' ? NULL : strchr(opts, c);
		if (!p)
			getopts_fault(opts, letter, 0);
		else if (p[1] == ':' && !getopts_argument(args, n, &index))
			getopts_fault(opts, letter, 1);
	}
	snprintf(number, sizeof number, "%d", getopts_last = index);
	var_set("OPTIND", number);
	var_set(argv[2], letter);
	return c < 0;
}

/* ---- control ---- */

static int
b_exit(int argc, char **argv)
{
	int status = count(argc, argv, sh.status);

	if (jobs_hold_exit())
		return 1;
	sh_exit(status);
}

/* break and continue. */
static int
b_break(int argc, char **argv)
{
	int n = count(argc, argv, 1);

	if (!sh.loops)
		return 0;
	sh.skip = argv[0][0] == 'b' ? SKIP_BREAK : SKIP_CONTINUE;
	sh.skip_count = n > sh.loops ? sh.loops : n < 1 ? 1 : n;
	return 0;
}

static int
b_return(int argc, char **argv)
{
	int status = count(argc, argv, sh.status);

	sh.skip = SKIP_RETURN;
	return status & 255;
}

static int
b_eval(int argc, char **argv)
{
	struct str s = { 0 };
	int i, status;

	for (i = 1; i < argc; i++) {
		str_add(&s, argv[i], strlen(argv[i]));
		str_put(&s, i + 1 < argc ? ' ' : '\n');
	}
	status = sh.status;
	if (s.n)
		status = run_string(str_end(&s), 0);
	else
		status = 0;
	free(s.s);
	return status;
}

static int
b_dot(int argc, char **argv)
{
	char *path;
	int status;

	if (argc < 2)
		sh_error("usage: . FILE");
	path = access(argv[1], R_OK) == 0 ? xstrdup(argv[1]) : path_search(argv[1]);
	if (!path)
		sh_error("%s: not found", argv[1]);
	status = run_file(path);
	free(path);
	if (sh.skip == SKIP_RETURN) {
		sh.skip = SKIP_NONE;
		status = sh.status;
	}
	return status;
}

int
builtin_exec(int argc, char **argv)
{
	if (argc == 1)
		return 0;
	trap_exit();
	if (sh.interactive)
		trap_subshell();
	run_exec(argv + 1, var_environ());
}

/* Run a builtin or program, never a function; -v and -V tell what it is, as type does. */
static int
describe(const char *name, int brief)
{
	static const char *const reserved[] = {
		"if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until",
		"for", "in", "{", "}", "!",
	};
	char *path;
	size_t i;

	for (i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (!strcmp(reserved[i], name)) {
			printf(brief ? "%s\n" : "%s is a shell keyword\n", name);
			return 0;
		}
	if (func_find(name)) {
		printf(brief ? "%s\n" : "%s is a function\n", name);
		return 0;
	}
	if (builtin_find(name)) {
		printf(brief ? "%s\n" : "%s is a shell builtin\n", name);
		return 0;
	}
	path = path_search(name);
	if (path && access(path, X_OK) == 0) {
		if (brief)
			printf("%s\n", path);
		else
			printf("%s is %s\n", name, path);
		free(path);
		return 0;
	}
	free(path);
	if (!brief)
		printf("%s: not found\n", name);
	return 127;
}

static int
b_type(int argc, char **argv)
{
	int i, status = 0;

	for (i = 1; i < argc; i++)
		if (describe(argv[i], 0))
			status = 127;
	return status;
}

static int
b_command(int argc, char **argv)
{
	const struct builtin *b;
	struct job *j;
	int i = 1, status = 0;
	pid_t pid;

	if (i < argc && (!strcmp(argv[i], "-v") || !strcmp(argv[i], "-V"))) {
		int brief = argv[i][1] == 'v';

		for (i++; i < argc; i++)
			status |= describe(argv[i], brief);
		return status;
	}
	if (i < argc && (!strcmp(argv[i], "-p") || !strcmp(argv[i], "--")))
		i++;
	if (i == argc)
		return 0;
	b = builtin_find(argv[i]);
	if (b)
		return b->run(argc - i, argv + i);
	j = job_new(argv[i]);
	pid = job_fork(j, 0);
	if (pid == 0)
		run_exec(argv + i, var_environ());
	return pid < 0 ? 126 : job_wait(j);
}

/* ---- the process ---- */

static int
b_umask(int argc, char **argv)
{
	mode_t old = umask(0);
	int mode, i = 1, words = 0;

	umask(old);
	if (i < argc && !strcmp(argv[i], "-S"))
		words = i++;
	if (i == argc) {
		char s[11];

		mode_string(~old & 0777, s);
		if (words)
			printf("u=%.*s,g=%.*s,o=%.*s\n", 3, s + 1, 3, s + 4, 3, s + 7);
		else
			printf("%04o\n", (unsigned)old);
		return 0;
	}
	mode = isdigit((unsigned char)argv[i][0]) ? mode_parse(argv[i], 0, 0, 0)
		: mode_parse(argv[i], ~old & 0777, 0, 0);
	if (mode < 0) {
		sh_warn("umask: %s: bad mode", argv[i]);
		return 1;
	}
	umask(isdigit((unsigned char)argv[i][0]) ? (mode_t)mode : ~(mode_t)mode & 0777);
	return 0;
}

static int
b_times(int argc, char **argv)
{
	struct tms t;
	long hz = sysconf(_SC_CLK_TCK), v[4];
	int i;

	(void)argc;
	(void)argv;
	times(&t);
	v[0] = t.tms_utime;
	v[1] = t.tms_stime;
	v[2] = t.tms_cutime;
	v[3] = t.tms_cstime;
	for (i = 0; i < 4; i++)
		printf("%ldm%ld.%02lds%c", v[i] / hz / 60, v[i] / hz % 60, v[i] % hz * 100 / hz, i & 1 ? '\n' : ' ');
	return 0;
}

static const struct { char letter; int which, unit; const char *name; } limits[] = {
	{ 'c', RLIMIT_CORE, 512, "core file size (blocks)" },
	{ 'd', RLIMIT_DATA, 1024, "data seg size (kb)" },
	{ 'f', RLIMIT_FSIZE, 512, "file size (blocks)" },
	{ 'l', RLIMIT_MEMLOCK, 1024, "locked memory (kb)" },
	{ 'n', RLIMIT_NOFILE, 1, "open files" },
	{ 's', RLIMIT_STACK, 1024, "stack size (kb)" },
	{ 't', RLIMIT_CPU, 1, "cpu time (seconds)" },
	{ 'u', RLIMIT_NPROC, 1, "processes" },
	{ 'v', RLIMIT_AS, 1024, "virtual memory (kb)" },
};
#define NLIMITS (sizeof limits / sizeof *limits)
#define LIMIT_FSIZE 2			/* its place: what ulimit means without a letter */

static int
limit_set(size_t which, const char *s, int hard, int soft)
{
	unsigned long v = RLIM_INFINITY;
	struct rlimit r;
	char *end;

	if (strcmp(s, "unlimited")) {
		v = strtoul(s, &end, 10) * limits[which].unit;
		if (*end || !isdigit((unsigned char)*s)) {
			sh_warn("ulimit: %s: bad number", s);
			return 1;
		}
	}
	getrlimit(limits[which].which, &r);
	if (hard || !soft)
		r.rlim_max = v;
	if (soft || !hard)
		r.rlim_cur = v;
	if (setrlimit(limits[which].which, &r)) {
		sh_warn("ulimit: %s", strerror(errno));
		return 1;
	}
	return 0;
}

static void
limit_show(size_t which, int hard, int named)
{
	unsigned long v;
	struct rlimit r;

	if (getrlimit(limits[which].which, &r))
		return;
	v = hard ? r.rlim_max : r.rlim_cur;
	if (named)
		printf("-%c: %-26s ", limits[which].letter, limits[which].name);
	if (v == RLIM_INFINITY)
		printf("unlimited\n");
	else
		printf("%lu\n", v / limits[which].unit);
}

static int
b_ulimit(int argc, char **argv)
{
	int hard = 0, soft = 0, all = 0, i;
	size_t which = LIMIT_FSIZE, j;
	const char *p;

	for (i = 1; i < argc && argv[i][0] == '-'; i++)
		for (p = argv[i] + 1; *p; p++) {
			hard |= *p == 'H';
			soft |= *p == 'S';
			all |= *p == 'a';
			if (strchr("HSa", *p))
				continue;
			for (which = 0; which < NLIMITS && limits[which].letter != *p; which++)
				;
			if (which == NLIMITS) {
				sh_warn("ulimit: -%c: unknown option", *p);
				return 2;
			}
		}
	if (i < argc)
		return limit_set(which, argv[i], hard, soft);
	for (j = 0; j < NLIMITS; j++)
		if (all || j == which)
			limit_show(j, hard, all);
	return 0;
}

static int
b_help(int argc, char **argv)
{
	const struct builtin *b;
	int i, col = 0;

	(void)argc;
	(void)argv;
	printf("Built into this shell:\n");
	for (i = 0; (b = builtin_at(i)); i++)
		printf("%-10s%s", b->name, ++col % 7 ? "" : "\n");
	printf("\nPrograms are in /bin: try `ls /bin`. `poweroff` stops the machine.\n");
	return 0;
}

static const struct builtin builtins[] = {
	{ ".", b_dot, 1 }, { ":", b_true, 1 }, { "[", test_main, 0 }, { "bg", fg_builtin, 0 },
	{ "break", b_break, 1 }, { "cd", b_cd, 0 }, { "command", b_command, 0 },
	{ "continue", b_break, 1 }, { "echo", echo_main, 0 }, { "eval", b_eval, 1 },
	{ "exec", builtin_exec, 1 }, { "exit", b_exit, 1 }, { "export", b_export, 1 },
	{ "false", b_false, 0 }, { "fg", fg_builtin, 0 }, { "getopts", b_getopts, 0 },
	{ "help", b_help, 0 }, { "history", history_builtin, 0 }, { "jobs", jobs_builtin, 0 },
	{ "kill", kill_builtin, 0 }, { "local", b_local, 1 }, { "printf", printf_main, 0 },
	{ "pwd", b_pwd, 0 }, { "read", b_read, 0 }, { "readonly", b_export, 1 },
	{ "return", b_return, 1 }, { "set", b_set, 1 }, { "shift", b_shift, 1 }, { "source", b_dot, 1 },
	{ "test", test_main, 0 }, { "times", b_times, 1 }, { "trap", trap_builtin, 1 },
	{ "true", b_true, 0 }, { "type", b_type, 0 }, { "ulimit", b_ulimit, 0 },
	{ "umask", b_umask, 0 }, { "unset", b_unset, 1 }, { "wait", wait_builtin, 0 },
};
#define NBUILTINS ((int)(sizeof builtins / sizeof *builtins))

const struct builtin *
builtin_at(int i)
{
	return i < NBUILTINS ? &builtins[i] : NULL;
}

const struct builtin *
builtin_find(const char *name)
{
	int lo = 0, hi = NBUILTINS;

	while (lo < hi) {
		int mid = (lo + hi) / 2, c = strcmp(name, builtins[mid].name);

		if (!c)
			return &builtins[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
