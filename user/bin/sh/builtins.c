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
	{ 'u', "nounset", &sh.nounset }, { 'v', "verbose", &sh.verbose }, { 'x', "xtrace", &sh.xtrace },
};
#define NOPTIONS (sizeof options / sizeof *options)

static void
set_option(int letter, const char *name, int on)
{
	size_t i;

	for (i = 0; i < NOPTIONS; i++)
		if (letter ? options[i].letter == letter : !strcmp(options[i].name, name)) {
			*options[i].flag = on;
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

/* Read a line a byte at a time, for what follows it is somebody else's. */
static int
b_read(int argc, char **argv)
{
	const char *ifs = var_get("IFS"), *prompt = NULL;
	struct str line = { 0 };
	char *p, *reply[] = { "REPLY", NULL }, **names;
	char *literal;			/* by byte: it was escaped */
	int i = 1, raw = 0, eof = 0;
	struct str escaped = { 0 };

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
	names = i < argc ? argv + i : reply;
	if (prompt && isatty(0))
		fprintf(stderr, "%s", prompt);
	for (;;) {
		char c;
		ssize_t n = read(0, &c, 1);

		if (n < 0 && errno == EINTR && !interrupted && !trap_pending)
			continue;
		if (n < 0 && errno == EINTR) {
			free(line.s);
			free(escaped.s);
			return 130;
		}
		if (n <= 0) {
			eof = 1;
			break;
		}
		if (c == '\\' && !raw) {
			if (read(0, &c, 1) != 1)
				break;
			if (c == '\n')
				continue;
			str_put(&line, c);
			str_put(&escaped, 1);
			continue;
		}
		if (c == '\n')
			break;
		if (!c)
			continue;
		str_put(&line, c);
		str_put(&escaped, 0);
	}
	p = str_end(&line);
	literal = str_end(&escaped);
	if (!ifs)
		ifs = " \t\n";
#define SEPARATES(q) (*(q) && !literal[(q) - line.s] && strchr(ifs, *(q)))
#define BLANK(q) (SEPARATES(q) && isspace((unsigned char)*(q)))
	while (BLANK(p))
		p++;
	for (; *names; names++) {
		char *start = p, *end;

		if (names[1]) {
			while (*p && !SEPARATES(p))
				p++;
			end = p;
			while (BLANK(p))
				p++;
			if (SEPARATES(p)) {
				p++;
				while (BLANK(p))
					p++;
			}
		} else {		/* the last takes the rest, but not blanks or one separator at its end */
			char *q;

			end = start + strlen(start);
			while (end > start && BLANK(end - 1))
				end--;
			for (q = start; q < end && !SEPARATES(q); q++)
				;
			if (q == end - 1 && SEPARATES(q))
				end = q;
			p = line.s + line.n;
		}
		{
			char keep = *end;

			*end = '\0';
			var_set(*names, start);
			*end = keep;
		}
	}
#undef SEPARATES
#undef BLANK
	free(line.s);
	free(escaped.s);
	return eof;
}

static int
b_getopts(int argc, char **argv)
{
	const char *opts, *p;
	char **args, letter[2] = { 0 }, number[16];
	static int at;			/* place in a word of several letters */
	static int last = 1;
	int n, index;

	if (argc < 3)
		sh_error("usage: getopts OPTIONS NAME [ARGUMENT...]");
	opts = argv[1];
	args = argc > 3 ? argv + 3 : sh.argv;
	n = argc > 3 ? argc - 3 : sh.argc;
	index = atoi(var_get("OPTIND") ? var_get("OPTIND") : "1");
	if (index < 1)
		index = 1;
	if (index != last)
		at = 0;
	last = index;
	var_unset("OPTARG");
	if (!at) {
		if (index > n || args[index - 1][0] != '-' || !args[index - 1][1])
			goto done;
		if (!strcmp(args[index - 1], "--")) {
			index++;
			goto done;
		}
		at = 1;
	}
	letter[0] = args[index - 1][at++];
	p = *letter == ':' ? NULL : strchr(opts, *letter);
	if (!args[index - 1][at]) {
		at = 0;
		index++;
	}
	if (p && p[1] == ':') {
		if (at) {
			var_set("OPTARG", args[index - 1] + at);
			index++;
		} else if (index <= n) {
			var_set("OPTARG", args[index - 1]);
			index++;
		} else {
			p = NULL;
			if (*opts == ':') {
				var_set("OPTARG", letter);
				*letter = ':';
			} else {
				sh_warn("option -%s needs an argument", letter);
				*letter = '?';
			}
			at = 0;
			goto out;
		}
		at = 0;
	}
	if (!p) {
		if (*opts == ':')
			var_set("OPTARG", letter);
		else
			sh_warn("unknown option -%s", letter);
		*letter = '?';
	}
out:
	snprintf(number, sizeof number, "%d", last = index);
	var_set("OPTIND", number);
	var_set(argv[2], letter);
	return 0;
done:
	snprintf(number, sizeof number, "%d", last = index);
	at = 0;
	var_set("OPTIND", number);
	var_set(argv[2], "?");
	return 1;
}

/* ---- control ---- */

static int
b_exit(int argc, char **argv)
{
	sh_exit(count(argc, argv, sh.status));
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

static int
b_ulimit(int argc, char **argv)
{
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
	const size_t n = sizeof limits / sizeof *limits;
	int hard = 0, soft = 0, all = 0, i;
	size_t which = 2, j;		/* -f */
	struct rlimit r;
	const char *p;

	for (i = 1; i < argc && argv[i][0] == '-'; i++)
		for (p = argv[i] + 1; *p; p++) {
			hard |= *p == 'H';
			soft |= *p == 'S';
			all |= *p == 'a';
			if (strchr("HSa", *p))
				continue;
			for (which = 0; which < n && limits[which].letter != *p; which++)
				;
			if (which == n) {
				sh_warn("ulimit: -%c: unknown option", *p);
				return 2;
			}
		}
	if (i < argc) {
		unsigned long v = RLIM_INFINITY;
		char *end;

		if (strcmp(argv[i], "unlimited")) {
			v = strtoul(argv[i], &end, 10) * limits[which].unit;
			if (*end || !isdigit((unsigned char)argv[i][0])) {
				sh_warn("ulimit: %s: bad number", argv[i]);
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
	for (j = 0; j < n; j++) {
		unsigned long v;

		if (!all && j != which)
			continue;
		if (getrlimit(limits[j].which, &r))
			continue;
		v = hard ? r.rlim_max : r.rlim_cur;
		if (all)
			printf("-%c: %-26s ", limits[j].letter, limits[j].name);
		if (v == RLIM_INFINITY)
			printf("unlimited\n");
		else
			printf("%lu\n", v / limits[j].unit);
	}
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
