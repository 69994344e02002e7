/*
 * list.h - a circular doubly linked list whose links live in its members.
 *
 * A `struct list` is both the head and a link.  An empty head, and a link on no
 * list, point to themselves.  Use: list_for_each(t, &rq->ready, runq_link).
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(l)	{ &(l), &(l) }

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void
list_insert_(struct list *link, struct list *prev, struct list *next)
{
	link->next = next;
	link->prev = prev;
	prev->next = link;
	next->prev = link;
}

static inline void
list_push_front(struct list *head, struct list *link)
{
	list_insert_(link, head, head->next);
}

static inline void
list_push_back(struct list *head, struct list *link)
{
	list_insert_(link, head->prev, head);
}

/* Take link off its list; afterwards it is empty, and removing again is harmless. */
static inline void
list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* Move everything on `from` to the end of `to`. */
static inline void
list_splice_back(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(link, type, member)	container_of(link, type, member)
#define list_first(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_last(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->prev, type, member))

#define list_for_each(pos, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* The same, when the body may remove pos. */
#define list_for_each_safe(pos, tmp, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member), \
	     tmp = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

#endif
