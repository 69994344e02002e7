/*
 * find [PATH...] [EXPRESSION] - the files of trees that an expression is true of.
 *
 * -name -path GLOB, -type bcdfpls, -size [+-]N[bckMG], -links -inum -uid -gid -mmin -mtime [+-]N,
 * -perm [-/]MODE, -newer FILE, -empty; -maxdepth -mindepth N, -xdev, -depth; -print -print0 -ls -delete
 * -prune -quit, -exec COMMAND... \; or +; and with !, -a, -o and parentheses.
 *
 * Data        struct node: the expression as a tree, as the words were parsed; eval() walks it for
 *             each file.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "common/cmd.h"

#define MANY	64			/* files that -exec ... + hands over at once */

struct file {
	const char *path, *name;
	struct stat st;
	int	depth;
};

struct node {
	int	(*test)(const struct node *, const struct file *);
	struct node *left, *right;
	const char *text;
	char	**command;		/* of -exec, -exec+ */
	int	words;
	char	*held[MANY];		/* paths that -exec+ has yet to hand over */
	int	nheld;
	int	sign;			/* '+' more, '-' less, 0 exactly */
	long long n, unit;
	struct timespec time;
};

static int status, pruned, done, depth_first, one_device, acts;
static long depth_max = -1, depth_min;
static dev_t device;
static char **word;			/* the next one to parse */
static struct node *batches[16];	/* the -exec+ */
static int nbatches;

/* ---- tests ---- */

static int
compare(const struct node *e, long long v)
{
	return e->sign == '+' ? v > e->n : e->sign == '-' ? v < e->n : v == e->n;
}

static int eval(const struct node *e, const struct file *f) { return e->test(e, f); }
static int t_and(const struct node *e, const struct file *f) { return eval(e->left, f) && !done && eval(e->right, f); }
static int t_or(const struct node *e, const struct file *f) { return eval(e->left, f) || done || eval(e->right, f); }
static int t_not(const struct node *e, const struct file *f) { return !eval(e->left, f); }
static int t_true(const struct node *e, const struct file *f) { (void)e; (void)f; return 1; }
static int t_name(const struct node *e, const struct file *f) { return !fnmatch(e->text, f->name, 0); }
static int t_path(const struct node *e, const struct file *f) { return !fnmatch(e->text, f->path, 0); }
static int t_links(const struct node *e, const struct file *f) { return compare(e, f->st.st_nlink); }
static int t_inum(const struct node *e, const struct file *f) { return compare(e, f->st.st_ino); }
static int t_uid(const struct node *e, const struct file *f) { return compare(e, f->st.st_uid); }
static int t_gid(const struct node *e, const struct file *f) { return compare(e, f->st.st_gid); }

static int
t_age(const struct node *e, const struct file *f)
{
	return compare(e, (time(NULL) - f->st.st_mtime) / e->unit);
}

static int
t_size(const struct node *e, const struct file *f)
{
	return compare(e, (f->st.st_size + e->unit - 1) / e->unit);
}

static int
t_type(const struct node *e, const struct file *f)
{
	static const char letters[] = "pcdbfls";
	static const mode_t types[] = { S_IFIFO, S_IFCHR, S_IFDIR, S_IFBLK, S_IFREG, S_IFLNK, S_IFSOCK };
	const char *l = strchr(letters, *e->text);

	return l && *l && (f->st.st_mode & S_IFMT) == types[l - letters];
}

static int
t_perm(const struct node *e, const struct file *f)
{
	mode_t m = f->st.st_mode & 07777;

	return e->sign == '-' ? (m & e->n) == e->n : e->sign == '/' ? !e->n || m & e->n : m == e->n;
}

static int
t_newer(const struct node *e, const struct file *f)
{
	const struct timespec *t = &f->st.st_mtim;

	return t->tv_sec > e->time.tv_sec || (t->tv_sec == e->time.tv_sec && t->tv_nsec > e->time.tv_nsec);
}

static int
t_empty(const struct node *e, const struct file *f)
{
	struct dirent *d;
	int n = 0;
	DIR *dir;

	(void)e;
	if (S_ISREG(f->st.st_mode))
		return f->st.st_size == 0;
	if (!S_ISDIR(f->st.st_mode) || !(dir = opendir(f->path)))
		return 0;
	while ((d = readdir(dir)))
		n += strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
	closedir(dir);
	return !n;
}

/* ---- actions ---- */

static int t_print(const struct node *e, const struct file *f) { printf("%s%c", f->path, (char)e->n); return 1; }
static int t_prune(const struct node *e, const struct file *f) { (void)e; (void)f; return pruned = 1; }
static int t_quit(const struct node *e, const struct file *f) { (void)e; (void)f; return done = 1; }

static int
t_delete(const struct node *e, const struct file *f)
{
	(void)e;
	if (!strcmp(f->path, ".") || !(S_ISDIR(f->st.st_mode) ? rmdir : unlink)(f->path))
		return 1;
	warn_errno(f->path);
	status = 1;
	return 0;
}

static int
t_ls(const struct node *e, const struct file *f)
{
	char mode[11], day[32];

	(void)e;
	mode_string(f->st.st_mode, mode);
	strftime(day, sizeof day, "%b %e %H:%M", gmtime(&f->st.st_mtime));
	printf("%9lu %6lu %s %3lu %5u %5u %10ld %s %s\n", (unsigned long)f->st.st_ino,
	       (unsigned long)f->st.st_blocks / 2, mode, (unsigned long)f->st.st_nlink, f->st.st_uid, f->st.st_gid,
	       (long)f->st.st_size, day, f->path);
	return 1;
}

/* Whether the command succeeded. */
static int
run(char **argv)
{
	int how;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0) {
		execvp(argv[0], argv);
		warn_errno(argv[0]);
		_exit(127);
	}
	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			die_errno("wait");
	return WIFEXITED(how) && !WEXITSTATUS(how);
}

/* text with each {} replaced by path, malloc'ed. */
static char *
substitute(const char *text, const char *path)
{
	size_t n = strlen(text) + 1;
	const char *s;
	char *out, *to;

	for (s = text; (s = strstr(s, "{}")); s += 2)
		n += strlen(path);
	to = out = malloc(n);
	if (!out)
		die("out of memory");
	while ((s = strstr(text, "{}"))) {
		memcpy(to, text, s - text);
		to = stpcpy(to + (s - text), path);
		text = s + 2;
	}
	strcpy(to, text);
	return out;
}

static int
t_exec(const struct node *e, const struct file *f)
{
	char *argv[e->words + 1];
	int i, r;

	for (i = 0; i < e->words; i++)
		argv[i] = substitute(e->command[i], f->path);
	argv[i] = NULL;
	r = run(argv);
	while (i--)
		free(argv[i]);
	return r;
}

static void
hand_over(struct node *e)
{
	char *argv[e->words + MANY + 1];

	if (!e->nheld)
		return;
	memcpy(argv, e->command, e->words * sizeof *argv);
	memcpy(argv + e->words, e->held, e->nheld * sizeof *argv);
	argv[e->words + e->nheld] = NULL;
	if (!run(argv))
		status = 1;
	while (e->nheld)
		free(e->held[--e->nheld]);
}

static int
t_batch(const struct node *e, const struct file *f)
{
	struct node *mine = (struct node *)e;

	mine->held[mine->nheld++] = substitute("{}", f->path);
	if (mine->nheld == MANY)
		hand_over(mine);
	return 1;
}

/* ---- parsing ---- */

static struct node *
node(int (*test)(const struct node *, const struct file *), struct node *left, struct node *right)
{
	struct node *e = calloc(1, sizeof *e);

	if (!e)
		die("out of memory");
	e->test = test;
	e->left = left;
	e->right = right;
	return e;
}

static char *
argument(const char *of)
{
	if (!*word)
		die("%s needs an argument", of);
	return *word++;
}

/* "+3", "-3", "3", for -size with a unit behind it. */
static void
parse_count(struct node *e, const char *of, int units)
{
	static const struct { char c; long size; } unit[] = {
		{ 'c', 1 }, { 'w', 2 }, { 'b', 512 }, { 'k', 1 << 10 }, { 'M', 1 << 20 }, { 'G', 1 << 30 },
	};
	char *s = argument(of), *end;

	e->sign = *s == '+' || *s == '-' ? *s++ : 0;
	e->n = strtoll(s, &end, 10);
	e->unit = 512;
	for (size_t i = 0; units && i < sizeof unit / sizeof *unit; i++)
		if (*end == unit[i].c) {
			e->unit = unit[i].size;
			end++;
			break;
		}
	if (end == s || *end)
		die("%s: not a number: %s", of, s);
}

static void
parse_exec(struct node *e)
{
	e->command = word;
	for (; *word && strcmp(*word, ";"); word++) {
		e->words = word - e->command + 1;
		if (!strcmp(*word, "{}") && word[1] && !strcmp(word[1], "+")) {
			e->words--;
			e->test = t_batch;
			if (nbatches == sizeof batches / sizeof *batches)
				die("too many -exec ... +");
			batches[nbatches++] = e;
			word += 2;
			return;
		}
	}
	if (!*word || !e->words)
		die("-exec: no command, or no ; behind it");
	word++;
	e->test = t_exec;
}

/* Words with nothing to evaluate: how deep, and where not. */
static int
parse_setting(const char *w)
{
	if (!strcmp(w, "-maxdepth"))
		depth_max = number(argument(w), w);
	else if (!strcmp(w, "-mindepth"))
		depth_min = number(argument(w), w);
	else if (!strcmp(w, "-xdev"))
		one_device = 1;
	else if (!strcmp(w, "-depth"))
		depth_first = 1;
	else
		return 0;
	return 1;
}

static int
parse_action(struct node *e, const char *w)
{
	acts++;
	if (!strcmp(w, "-print") || !strcmp(w, "-print0")) {
		e->test = t_print;
		e->n = w[6] ? '\0' : '\n';
	} else if (!strcmp(w, "-exec")) {
		parse_exec(e);
	} else if (!strcmp(w, "-delete")) {
		e->test = t_delete;
		depth_first = 1;
	} else if (!strcmp(w, "-ls")) {
		e->test = t_ls;
	} else {
		acts--;
		return 0;
	}
	return 1;
}

static void
parse_perm(struct node *e)
{
	char *s = argument("-perm");
	int mode;

	e->sign = *s == '-' || *s == '/' ? *s++ : 0;
	mode = mode_parse(s, 0, 0, 0);
	if (mode < 0)
		die("%s: bad mode", s);
	e->n = mode;
	e->test = t_perm;
}

static const struct {
	const char *word;
	int	(*test)(const struct node *, const struct file *);
	char	takes;			/* t text, n a count, s a size, or nothing */
	long	unit;
} tests[] = {
	{ "-name", t_name, 't', 0 }, { "-path", t_path, 't', 0 },
	{ "-type", t_type, 't', 0 }, { "-size", t_size, 's', 0 }, { "-links", t_links, 'n', 0 },
	{ "-inum", t_inum, 'n', 0 }, { "-uid", t_uid, 'n', 0 }, { "-gid", t_gid, 'n', 0 },
	{ "-mtime", t_age, 'n', 86400 }, { "-mmin", t_age, 'n', 60 }, { "-empty", t_empty, 0, 0 },
	{ "-prune", t_prune, 0, 0 }, { "-quit", t_quit, 0, 0 }, { "-true", t_true, 0, 0 },
};

static struct node *parse_or(void);

static struct node *
parse_primary(void)
{
	struct node *e = node(t_true, NULL, NULL);
	const char *w = argument("expression");
	struct stat st;

	if (!strcmp(w, "!") || !strcmp(w, "-not")) {
		e->test = t_not;
		e->left = parse_primary();
		return e;
	}
	if (!strcmp(w, "(")) {
		e = parse_or();
		if (strcmp(argument("("), ")"))
			die("( without )");
		return e;
	}
	if (parse_setting(w) || parse_action(e, w))
		return e;
	if (!strcmp(w, "-perm")) {
		parse_perm(e);
		return e;
	}
	if (!strcmp(w, "-newer")) {
		w = argument(w);
		if (stat(w, &st))
			die_errno(w);
		e->test = t_newer;
		e->time = st.st_mtim;
		return e;
	}
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		if (strcmp(w, tests[i].word))
			continue;
		e->test = tests[i].test;
		if (tests[i].takes == 't')
			e->text = argument(w);
		else if (tests[i].takes)
			parse_count(e, w, tests[i].takes == 's');
		if (tests[i].unit)
			e->unit = tests[i].unit;
		return e;
	}
	die("%s is unknown", w);
}

static struct node *
parse_and(void)
{
	struct node *e = parse_primary();

	while (*word && strcmp(*word, "-o") && strcmp(*word, ")")) {
		if (!strcmp(*word, "-a"))
			word++;
		e = node(t_and, e, parse_primary());
	}
	return e;
}

static struct node *
parse_or(void)
{
	struct node *e = parse_and();

	while (*word && !strcmp(*word, "-o")) {
		word++;
		e = node(t_or, e, parse_and());
	}
	return e;
}

/* ---- the walk ---- */

static void walk(const struct node *e, const char *path, int depth);

static void
walk_below(const struct node *e, const char *path, int depth)
{
	struct dirent *d;
	DIR *dir = opendir(path);

	if (!dir) {
		warn_errno(path);
		status = 1;
		return;
	}
	while (!done && (d = readdir(dir))) {
		char *below;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		below = path_join(path, d->d_name);
		walk(e, below, depth + 1);
		free(below);
	}
	closedir(dir);
}

static void
walk(const struct node *e, const char *path, int depth)
{
	const char *base = strrchr(path, '/');
	struct file f = { .path = path, .name = base && base[1] ? base + 1 : path, .depth = depth };
	int down;

	if (lstat(path, &f.st)) {
		warn_errno(path);
		status = 1;
		return;
	}
	if (depth == 0)
		device = f.st.st_dev;
	down = S_ISDIR(f.st.st_mode) && (depth_max < 0 || depth < depth_max)
		&& (!one_device || f.st.st_dev == device);
	if (depth_first && down)
		walk_below(e, path, depth);
	pruned = 0;
	if (!done && depth >= depth_min)
		eval(e, &f);
	if (!depth_first && down && !pruned && !done)
		walk_below(e, path, depth);
}

int
main(int argc, char **argv)
{
	static char *here[] = { ".", NULL };
	char **paths = argv + 1, **first;
	struct node *e = NULL;

	for (word = paths; *word && **word != '-' && strcmp(*word, "!") && strcmp(*word, "("); word++)
		;
	first = word;
	if (*word)
		e = parse_or();
	if (*word)
		die("%s: not expected here", *word);
	if (!e)
		e = node(t_true, NULL, NULL);
	if (!acts) {
		e = node(t_and, e, node(t_print, NULL, NULL));
		e->right->n = '\n';
	}
	*first = NULL;
	if (first == paths)
		paths = here;
	for (; *paths && !done; paths++)
		walk(e, *paths, 0);
	while (nbatches)
		hand_over(batches[--nbatches]);
	return finish_output(status);
}
