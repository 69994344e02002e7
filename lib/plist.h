/*
 * plist.h - a list in order of priority: the highest first, equals as they came.
 *
 * The head is a struct list.  Adding looks from the end, so it costs nothing where all are equal.
 */
#ifndef LIB_PLIST_H
#define LIB_PLIST_H

#include "lib/list.h"

struct plist_node {
	struct list link;
	int	prio;
};

/* Add n, whose prio is set, behind those that are at least as urgent. */
static inline void
plist_add(struct list *head, struct plist_node *n)
{
	struct list *next = head;

	while (next->prev != head && list_entry(next->prev, struct plist_node, link)->prio < n->prio)
		next = next->prev;
	list_push_back(next, &n->link);		/* before it */
}

#endif
