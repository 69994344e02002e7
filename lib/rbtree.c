/*
 * rbtree.c - a red-black tree whose links live in its members.
 *
 * Invariants  T1  the root is black, and no red node has a red child.
 *             T2  every way from a node down to a NULL meets as many black nodes.
 *             So the longest way is at most twice the shortest.
 *             T3  every node says what root->update() would make it say.
 * Further     Cormen et al., Introduction to Algorithms, ch. 13 and 14.
 */
#include "lib/rbtree.h"

static bool
is_red(const struct rb_node *n)
{
	return n && n->red;
}

/* T3 from n up to the root, after a change below: as far as it makes a difference. */
static void
update_upward(struct rb_root *root, struct rb_node *n)
{
	if (n)
		root->update(n, true);
}

/* T3 of n, which is new in its place, and of those above it. */
static void
update_from(struct rb_root *root, struct rb_node *n)
{
	if (n) {
		root->update(n, false);
		update_upward(root, n->parent);
	}
}

/* Make `new` (or NULL) the child that `old` was to its parent. */
static void
replace_child(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
	struct rb_node *parent = old->parent;

	if (!parent)
		root->node = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new)
		new->parent = parent;
}

/*	  x		    y
 *	 / \	-->	   / \
 *	a   y		  x   c
 *	   / \		 / \
 *	  b   c		a   b
 */
static void
rotate_left(struct rb_root *root, struct rb_node *x)
{
	struct rb_node *y = x->right;

	x->right = y->left;
	if (y->left)
		y->left->parent = x;
	replace_child(root, x, y);
	y->left = x;
	x->parent = y;
	if (root->update) {
		root->update(x, false);
		root->update(y, false);
	}
}

static void
rotate_right(struct rb_root *root, struct rb_node *x)
{
	struct rb_node *y = x->left;

	x->left = y->right;
	if (y->right)
		y->right->parent = x;
	replace_child(root, x, y);
	y->right = x;
	x->parent = y;
	if (root->update) {
		root->update(x, false);
		root->update(y, false);
	}
}

void
rb_insert(struct rb_root *root, struct rb_node *node,
	  struct rb_node *parent, struct rb_node **slot)
{
	node->parent = parent;
	node->left = node->right = NULL;
	node->red = true;
	*slot = node;
	if (root->update)
		update_from(root, node);

	/* Only T1 can be broken, between node and its parent: push it up or rotate it away. */
	while (is_red(node->parent)) {
		struct rb_node *p = node->parent, *g = p->parent;
		bool left = p == g->left;
		struct rb_node *uncle = left ? g->right : g->left;

		if (is_red(uncle)) {
			p->red = uncle->red = false;
			g->red = true;
			node = g;
			continue;
		}
		if (left) {
			if (node == p->right) {
				rotate_left(root, p);
				p = node;
			}
			rotate_right(root, g);
		} else {
			if (node == p->left) {
				rotate_right(root, p);
				p = node;
			}
			rotate_left(root, g);
		}
		p->red = false;
		g->red = true;
		break;
	}
	root->node->red = false;
}

/* The ways through node (which may be NULL, hence parent) lack one black: restore T2. */
static void
remove_fixup(struct rb_root *root, struct rb_node *node, struct rb_node *parent)
{
	while (parent && !is_red(node)) {
		bool left = node == parent->left;
		struct rb_node *s = left ? parent->right : parent->left;

		if (s->red) {
			s->red = false;
			parent->red = true;
			if (left) {
				rotate_left(root, parent);
				s = parent->right;
			} else {
				rotate_right(root, parent);
				s = parent->left;
			}
		}
		if (!is_red(s->left) && !is_red(s->right)) {
			s->red = true;
			node = parent;
			parent = node->parent;
			continue;
		}
		if (left) {
			if (!is_red(s->right)) {
				s->left->red = false;
				s->red = true;
				rotate_right(root, s);
				s = parent->right;
			}
			s->right->red = false;
			s->red = parent->red;
			rotate_left(root, parent);
		} else {
			if (!is_red(s->left)) {
				s->right->red = false;
				s->red = true;
				rotate_left(root, s);
				s = parent->left;
			}
			s->left->red = false;
			s->red = parent->red;
			rotate_right(root, parent);
		}
		parent->red = false;
		return;
	}
	if (node)
		node->red = false;
}

void
rb_remove(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *child, *parent, *moved = NULL;
	bool lost_red;

	if (node->left && node->right) {
		/* Its successor has no left child: unhook that one, then put it in node's place. */
		struct rb_node *next = node->right;

		while (next->left)
			next = next->left;
		lost_red = next->red;
		child = next->right;
		parent = next->parent;
		replace_child(root, next, child);
		if (parent == node)
			parent = next;

		replace_child(root, node, next);
		next->red = node->red;
		next->left = node->left;
		next->left->parent = next;
		next->right = node->right;
		if (next->right)
			next->right->parent = next;
		moved = next;
	} else {
		child = node->left ? node->left : node->right;
		parent = node->parent;
		lost_red = node->red;
		replace_child(root, node, child);
	}
	if (root->update) {
		update_upward(root, parent);
		update_from(root, moved);
	}
	if (!lost_red)
		remove_fixup(root, child, parent);
}

struct rb_node *
rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->left)
		n = n->left;
	return n;
}

struct rb_node *
rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->right)
		n = n->right;
	return n;
}

struct rb_node *
rb_next(const struct rb_node *node)
{
	struct rb_node *p;

	if (node->right) {
		p = node->right;
		while (p->left)
			p = p->left;
		return p;
	}
	while ((p = node->parent) && node == p->right)
		node = p;
	return p;
}

struct rb_node *
rb_prev(const struct rb_node *node)
{
	struct rb_node *p;

	if (node->left) {
		p = node->left;
		while (p->right)
			p = p->right;
		return p;
	}
	while ((p = node->parent) && node == p->left)
		node = p;
	return p;
}
