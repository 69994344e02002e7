/* rbtree_test.c - whatever is inserted and removed, the tree is in order, balanced and summed up (T1-T3). */
#include "lib/host_test.h"
#include "lib/rbtree.h"

#define N	600

struct item {
	int	key;
	bool	in;
	int	value, least;		/* any; of the values at and below the node */
	struct rb_node node;
};

static struct item items[N];

static int
least_below(const struct rb_node *n)
{
	const struct item *it = rb_entry(n, struct item, node);
	int least = it->value;

	for (int i = 0; i < 2; i++) {
		const struct rb_node *child = i ? n->right : n->left;

		if (child)
			least = MIN(least, rb_entry(child, struct item, node)->least);
	}
	return least;
}

static void
update(struct rb_node *n, bool upward)
{
	struct item *it;
	int was;

	do {
		it = rb_entry(n, struct item, node);
		was = it->least;
		it->least = least_below(n);
	} while (upward && it->least != was && (n = n->parent));
}

static struct rb_root root = { NULL, update };

static void
insert(struct item *it)
{
	struct rb_node **slot = &root.node, *parent = NULL;

	while (*slot) {
		parent = *slot;
		slot = it->key < rb_entry(parent, struct item, node)->key ? &parent->left : &parent->right;
	}
	rb_insert(&root, &it->node, parent, slot);
	it->in = true;
}

/* Check T1, T2 and T3 below n; returns the number of black nodes on any way down. */
static int
black_height(const struct rb_node *n, const struct rb_node *parent)
{
	int l, r;

	if (!n)
		return 0;
	CHECK(n->parent == parent);
	CHECK(!(n->red && parent && parent->red));
	CHECK_EQ(rb_entry(n, struct item, node)->least, least_below(n));
	l = black_height(n->left, n);
	r = black_height(n->right, n);
	CHECK_EQ(l, r);
	return l + !n->red;
}

/* The tree holds exactly the items marked `in`, in order, both ways. */
static void
check_all(void)
{
	struct rb_node *n = rb_first(&root);

	CHECK(!root.node || !root.node->red);
	black_height(root.node, NULL);
	for (int i = 0; i < N; i++) {
		if (!items[i].in)
			continue;
		CHECK(n == &items[i].node);
		n = n ? rb_next(n) : NULL;
	}
	CHECK(n == NULL);
	n = rb_last(&root);
	for (int i = N - 1; i >= 0; i--) {
		if (!items[i].in)
			continue;
		CHECK(n == &items[i].node);
		n = n ? rb_prev(n) : NULL;
	}
	CHECK(n == NULL);
}

int
main(void)
{
	u64 random = 7;

	for (int i = 0; i < N; i++) {
		items[i].key = i;
		items[i].value = (host_random(&random) >> 32) % 100;
	}
	check_all();
	CHECK(rb_last(&root) == NULL);

	/* Random steps, drifting between nearly empty and nearly full. */
	for (int step = 0; step < 6000; step++) {
		struct item *it = &items[(host_random(&random) >> 32) % N];
		bool grow = step / 1000 % 2 == 0;

		if (!it->in && (grow || step % 4 == 0)) {
			insert(it);
		} else if (it->in && (!grow || step % 4 == 0)) {
			rb_remove(&root, &it->node);
			it->in = false;
		}
		if (step % 10 == 0)
			check_all();
	}
	/* Ascending in, descending out: the worst case for an unbalanced tree. */
	for (int i = 0; i < N; i++) {
		if (items[i].in)
			rb_remove(&root, &items[i].node);
		items[i].in = false;
	}
	check_all();
	for (int i = 0; i < N; i++)
		insert(&items[i]);
	check_all();
	for (int i = N - 1; i >= 0; i--) {
		rb_remove(&root, &items[i].node);
		items[i].in = false;
		if (i % 50 == 0)
			check_all();
	}
	CHECK(root.node == NULL);
	TEST_END();
}
