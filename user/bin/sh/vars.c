/*
 * vars.c - variables and functions.
 *
 * Data        A hash table of variables; a stack of remembered ones, which is how `local`
 *             and `NAME=value builtin` put back what was there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

#define BUCKETS 64

static struct var *table[BUCKETS];
static struct func *functions;

static struct saved {
	char	*name, *value;		/* value NULL: it was not set */
	int	flags;
} *stack;
static int depth, cap;

static struct var **
bucket(const char *name)
{
	unsigned int h = 5381;

	while (*name)
		h = h * 33 + (unsigned char)*name++;
	return &table[h % BUCKETS];
}

static struct var *
find(const char *name)
{
	struct var *v;

	for (v = *bucket(name); v; v = v->next)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

static struct var *
make(const char *name)
{
	struct var *v = find(name), **b = bucket(name);

	if (v)
		return v;
	v = xmalloc(sizeof *v);
	*v = (struct var){ .next = *b, .name = xstrdup(name) };
	*b = v;
	return v;
}

const char *
var_get(const char *name)
{
	struct var *v = find(name);

	return v ? v->value : NULL;
}

void
var_set(const char *name, const char *value)
{
	struct var *v = make(name);
	char *old = v->value;

	if (v->flags & VAR_READONLY)
		sh_error("%s: is read only", name);
	v->value = xstrdup(value);
	free(old);
	if (sh.allexport)
		v->flags |= VAR_EXPORT;
}

void
var_set_flags(const char *name, int flags)
{
	make(name)->flags |= flags;
}

int
var_unset(const char *name)
{
	struct var **p, *v;

	for (p = bucket(name); (v = *p); p = &v->next) {
		if (strcmp(v->name, name))
			continue;
		if (v->flags & VAR_READONLY) {
			sh_warn("unset: %s: is read only", name);
			return 1;
		}
		*p = v->next;
		free(v->name);
		free(v->value);
		free(v);
		return 0;
	}
	return 0;
}

void
var_for_each(void (*f)(struct var *v, void *arg), void *arg)
{
	struct var *v;
	int i;

	for (i = 0; i < BUCKETS; i++)
		for (v = table[i]; v; v = v->next)
			f(v, arg);
}

static void
add_exported(struct var *v, void *arg)
{
	size_t n = strlen(v->name);
	char *s;

	if (!(v->flags & VAR_EXPORT) || !v->value)
		return;
	s = xmalloc(n + strlen(v->value) + 2);
	sprintf(s, "%s=%s", v->name, v->value);
	list_add(arg, s);
}

char **
var_environ(void)
{
	static struct list env;

	list_free(&env);
	var_for_each(add_exported, &env);
	if (!env.v) {
		list_add(&env, xstrdup(""));
		env.v[0] = NULL;
		env.n = 0;
	}
	return env.v;
}

static void
collect(struct var *v, void *arg)
{
	list_add(arg, (char *)v);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct var *const *)a)->name, (*(struct var *const *)b)->name);
}

/* Print all with these flags (0: all), so that the shell could read it back. */
void
var_print(int flags, const char *prefix)
{
	struct list l = { 0 };
	int i;

	var_for_each(collect, &l);
	if (l.n)
		qsort(l.v, l.n, sizeof *l.v, by_name);
	for (i = 0; i < l.n; i++) {
		struct var *v = (struct var *)l.v[i];
		const char *p;

		if ((v->flags & flags) != flags || (!flags && !v->value))
			continue;
		printf("%s%s", prefix, v->name);
		if (v->value) {
			printf("='");
			for (p = v->value; *p; p++)
				printf(*p == '\'' ? "'\\''" : "%c", *p);
			printf("'");
		}
		printf("\n");
	}
	free(l.v);
}

void
var_init(char **env)
{
	char cwd[4096];

	for (; *env; env++) {
		size_t n = name_len(*env);
		char name[256];

		if (!n || n >= sizeof name || (*env)[n] != '=')
			continue;
		memcpy(name, *env, n);
		name[n] = '\0';
		var_set(name, *env + n + 1);
		var_set_flags(name, VAR_EXPORT);
	}
	var_set("IFS", " \t\n");
	var_set("OPTIND", "1");
	if (!var_get("PATH"))
		var_set("PATH", "/bin:/sbin:/usr/bin:/usr/sbin");
	if (!var_get("PS1"))
		var_set("PS1", "\\h:\\w\\$ ");
	if (!var_get("PS2"))
		var_set("PS2", "> ");
	if (!var_get("PS4"))
		var_set("PS4", "+ ");
	if (getcwd(cwd, sizeof cwd)) {
		var_set("PWD", cwd);
		var_set_flags("PWD", VAR_EXPORT);
	}
	sprintf(cwd, "%d", (int)getppid());
	var_set("PPID", cwd);
}

/* ---- the stack of remembered variables ---- */

int
var_mark(void)
{
	return depth;
}

void
var_save(const char *name)
{
	struct var *v = find(name);

	if (depth == cap) {
		cap = cap * 2 + 8;
		stack = xrealloc(stack, cap * sizeof *stack);
	}
	stack[depth++] = (struct saved){
		xstrdup(name), v && v->value ? xstrdup(v->value) : NULL, v ? v->flags : 0,
	};
}

void
var_restore(int mark)
{
	while (depth > mark) {
		struct saved *s = &stack[--depth];
		struct var *v = make(s->name);

		free(v->value);
		v->value = s->value;
		v->flags = s->flags;
		if (!v->value && !v->flags)
			var_unset(s->name);
		free(s->name);
	}
}

/* ---- functions ---- */

struct func *
func_find(const char *name)
{
	struct func *f;

	for (f = functions; f; f = f->next)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

/* The tree stays where it is: its arena is kept for ever, for it may be running. */
void
func_define(const char *name, struct node *body, struct arena *arena)
{
	struct func *f = func_find(name);

	if (!f) {
		f = xmalloc(sizeof *f);
		f->name = xstrdup(name);
		f->next = functions;
		functions = f;
	}
	f->body = body;
	f->arena = arena;
	arena->keep = 1;
}

void
func_remove(const char *name)
{
	struct func **p, *f;

	for (p = &functions; (f = *p); p = &f->next)
		if (!strcmp(f->name, name)) {
			*p = f->next;
			free(f->name);
			free(f);
			return;
		}
}
