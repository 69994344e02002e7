/*
 * rbtree.h - a red-black tree whose links live in its members.
 *
 * The caller walks and compares (so that look-ups inline); the tree balances.
 * To insert: walk from &root->node to an empty slot, then rb_insert(root, node,
 * parent, slot).  Source: Cormen et al., Introduction to Algorithms, ch. 13.
 */
#ifndef LIB_RBTREE_H
#define LIB_RBTREE_H

#include "lib/types.h"

struct rb_node {
	struct rb_node *parent, *left, *right;
	bool red;
};

struct rb_root {
	struct rb_node *node;
};

#define RB_ROOT_INIT		{ NULL }
#define rb_entry(n, type, member) container_of(n, type, member)

void		rb_insert(struct rb_root *root, struct rb_node *node,
			  struct rb_node *parent, struct rb_node **slot);
void		rb_remove(struct rb_root *root, struct rb_node *node);
struct rb_node *rb_first(const struct rb_root *root);	/* smallest, or NULL */
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);	/* in order, or NULL */
struct rb_node *rb_prev(const struct rb_node *node);

#endif
