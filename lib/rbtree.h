/*
 * rbtree.h - a red-black tree whose links live in its members.
 *
 * The caller walks and compares (so that look-ups inline); the tree balances.
 * To insert: walk from &root->node to an empty slot, then rb_insert(root, node,
 * parent, slot).
 *
 * A node may say something of all the members below it, such as the least of them: then
 * root->update(n, upward) works that out anew from n and its two children and, if `upward`, goes on to
 * its parent and so on, as long as it differs from before. The tree calls it wherever it hangs nodes
 * elsewhere. One call for the whole way up is a third cheaper than one for each node.
 *
 * Source: Cormen et al., Introduction to Algorithms, ch. 13 and 14.
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
	void	(*update)(struct rb_node *n, bool upward);	/* NULL: nodes say nothing */
};

#define RB_ROOT_INIT		{ NULL, NULL }
#define rb_entry(n, type, member) container_of(n, type, member)

void		rb_insert(struct rb_root *root, struct rb_node *node,
			  struct rb_node *parent, struct rb_node **slot);
void		rb_remove(struct rb_root *root, struct rb_node *node);
struct rb_node *rb_first(const struct rb_root *root);	/* smallest, or NULL */
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);	/* in order, or NULL */
struct rb_node *rb_prev(const struct rb_node *node);

/* The same for a tree that is empty, and for the only node of one: without a call, nor update(). */
static inline void
rb_insert_first(struct rb_root *root, struct rb_node *node)
{
	*node = (struct rb_node){ .red = false };
	root->node = node;
}

static inline bool
rb_is_only(const struct rb_root *root, const struct rb_node *node)
{
	return root->node == node && !node->left && !node->right;
}

#endif
