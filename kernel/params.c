/*
 * params.c - the kernel command line: /chosen bootargs of the device tree.
 *
 * Words are separated by blanks; "double quotes" keep blanks in a value.  What the kernel
 * does not know goes to init, as on Linux: name=value to its environment, other words to
 * its arguments, and everything after "--".  A word with a dot in its name is for a module
 * and goes nowhere.
 *
 * Data        text[]: the line cut into words; words[] points into it.  Never freed.
 * Locks       none: written by params_init() before anything else runs.
 * Further     Linux Documentation/admin-guide/kernel-parameters.rst, bootparam(7).
 */
#include "kernel/params.h"

#include "kernel/printk.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/bootmem.h"

#define LINE_MAX	2048
#define WORDS_MAX	128
#define INIT_MAX	32		/* arguments, and variables, handed to init; Linux's limit too */

static char line[LINE_MAX];		/* as given */
static char text[LINE_MAX];
static char *words[WORDS_MAX];
static int nwords;
static char *init_argv[INIT_MAX + 2] = { "init" };
static char *init_envp[INIT_MAX + 3] = { "HOME=/", "TERM=linux" };

/* Words that mean something to this kernel, or that every Linux takes and init need not see. */
static const char *const known[] = {
	"console", "debug", "earlycon", "errata", "ignore_loglevel", "init", "loglevel", "maxcpus", "mem", "norandmaps",
	"nosmp", "panic", "quiet", "ramdisk", "rdinit", "reboot", "ro", "root", "rootdelay", "rootflags", "rootfstype",
	"rootwait", "rw", "sched", NULL
};

/* The length of word's name if it ends where a name may end; 0: word is not `name`. */
static size_t
match(const char *word, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(word, name, n) && (word[n] == '=' || !word[n]) ? n : 0;
}

static bool
is_known(const char *word)
{
	const char *const *k;
	const char *dot = strchr(word, '.'), *eq = strchr(word, '=');

	if (dot && (!eq || dot < eq))
		return true;
	for (k = known; *k; k++)
		if (match(word, *k))
			return true;
	return false;
}

/* Cut the next word out of *p, without its quotes; NULL at the end. */
static char *
next_word(char **p)
{
	char *s = *p, *word, *out;
	bool quoted = false;

	while (*s == ' ' || *s == '\t' || *s == '\n')
		s++;
	if (!*s)
		return NULL;
	for (word = out = s; *s && (quoted || (*s != ' ' && *s != '\t' && *s != '\n')); s++) {
		if (*s == '"')
			quoted = !quoted;
		else
			*out++ = *s;
	}
	if (*s)
		s++;
	*out = '\0';
	*p = s;
	return word;
}

static void
append(char **list, int max, char *word)
{
	int n;

	for (n = 0; list[n]; n++)
		;
	if (n < max)
		list[n] = word;
	else
		pr_warn("params: too many words for init: \"%s\" left out\n", word);
}

/* name=value replaces a variable of that name. */
static void
append_env(char *word)
{
	size_t n = strchr(word, '=') - word + 1;
	int i;

	for (i = 0; init_envp[i]; i++) {
		if (!strncmp(init_envp[i], word, n)) {
			init_envp[i] = word;
			return;
		}
	}
	append(init_envp, INIT_MAX + 2, word);
}

static void
set_loglevel(void)
{
	const char *level = param("loglevel");

	if (param_flag("quiet"))
		console_loglevel = 4;
	if (param_flag("debug"))
		console_loglevel = 10;
	if (level && *level)
		console_loglevel = strtoul(level, NULL, 0);
	if (param_flag("ignore_loglevel"))
		console_loglevel = 15;
}

void
params_init(void)
{
	int chosen = fdt_path(&the_fdt, "/chosen", 7);
	const char *args = chosen < 0 ? NULL : fdt_prop_string(&the_fdt, chosen, "bootargs");
	char *p = text, *word;
	bool for_init = false;

	if (!args)
		return;
	if (strlcpy(line, args, sizeof(line)) >= sizeof(line))
		pr_err("params: command line cut after %d characters\n", LINE_MAX - 1);
	memcpy(text, line, sizeof(text));
	while ((word = next_word(&p))) {
		if (!for_init && !strcmp(word, "--")) {
			for_init = true;
			continue;
		}
		if (for_init) {
			append(init_argv, INIT_MAX + 1, word);
			continue;
		}
		if (nwords < WORDS_MAX)
			words[nwords++] = word;
		else
			pr_warn("params: too many words: \"%s\" left out\n", word);
		/* A boot loader's default words are not meant for a program named by hand. */
		if (match(word, "init") || match(word, "rdinit"))
			memset(init_argv + 1, 0, sizeof(init_argv) - sizeof(init_argv[0]));
		if (is_known(word))
			continue;
		if (strchr(word, '='))
			append_env(word);
		else
			append(init_argv, INIT_MAX + 1, word);
	}
	set_loglevel();
}

const char *
params_line(void)
{
	return line;
}

const char *
param(const char *name)
{
	const char *value = NULL;
	size_t n;
	int i;

	for (i = 0; i < nwords; i++) {
		n = match(words[i], name);
		if (n)
			value = words[i][n] ? words[i] + n + 1 : "";
	}
	return value;
}

bool
param_flag(const char *name)
{
	return param(name) != NULL;
}

char **
params_init_argv(void)
{
	return init_argv;
}

char **
params_init_envp(void)
{
	return init_envp;
}
