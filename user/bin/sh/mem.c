/* mem.c - arenas, growing strings and lists; out of memory is the end of the command. */
#include <stdlib.h>
#include <string.h>
#include "sh.h"

struct arena_block {
	struct arena_block *next;
	size_t	used, size;
	char	bytes[];
};

void *
xrealloc(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		sh_error("out of memory");
	return p;
}

void *
xmalloc(size_t n)
{
	return xrealloc(NULL, n);
}

char *
xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *p;

	n = (n + 7) & ~(size_t)7;
	if (!b || b->used + n > b->size) {
		size_t size = n > 1000 ? n : 1000;

		b = xmalloc(sizeof *b + size);
		b->next = a->blocks;
		b->used = 0;
		b->size = size;
		a->blocks = b;
	}
	p = b->bytes + b->used;
	b->used += n;
	return p;
}

char *
arena_string(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	p[n] = '\0';
	return memcpy(p, s, n);
}

void
arena_free(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->blocks)) {
		a->blocks = b->next;
		free(b);
	}
}

void
str_add(struct str *b, const char *s, size_t n)
{
	if (b->n + n + 1 > b->cap) {
		b->cap = (b->n + n + 1) * 2 + 16;
		b->s = xrealloc(b->s, b->cap);
	}
	memcpy(b->s + b->n, s, n);
	b->n += n;
}

void
str_put(struct str *b, int c)
{
	char ch = c;

	str_add(b, &ch, 1);
}

char *
str_end(struct str *b)
{
	str_add(b, "", 0);
	b->s[b->n] = '\0';
	return b->s;
}

void
list_add(struct list *l, char *s)
{
	if (l->n + 2 > l->cap) {
		l->cap = l->cap * 2 + 8;
		l->v = xrealloc(l->v, l->cap * sizeof *l->v);
	}
	l->v[l->n++] = s;
	l->v[l->n] = NULL;
}

void
list_free(struct list *l)
{
	int i;

	for (i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct list){ 0 };
}
