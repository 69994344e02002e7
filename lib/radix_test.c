/* radix_test.c - the radix tree holds what was put in, and leaks no node, even when memory runs out. */
#include "abi/errno.h"
#include "lib/host_test.h"
#include "lib/radix.h"

static long nodes_live;			/* allocated, not yet freed */
static long nodes_left = -1;		/* how many more may be allocated; -1: any */

void *
radix_node_alloc(size_t size)
{
	if (nodes_left == 0)
		return NULL;
	if (nodes_left > 0)
		nodes_left--;
	nodes_live++;
	return malloc(size);
}

void
radix_node_free(void *node)
{
	nodes_live--;
	free(node);
}

#define N	400

static u64 keys[N];
static int items[N];
static bool in[N];
static bool tagged[N][RADIX_TAGS];

static int
compare_keys(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

/* Sorted, without doubles: small, near a power of 64, near the top, anything. */
static void
make_keys(void)
{
	u64 random = 5;

	for (int i = 0; i < N; i++) {
		u64 r = host_random(&random);

		switch (i % 4) {
		case 0:
			keys[i] = r % 300;
			break;
		case 1:
			keys[i] = (1UL << (1 + r % 63)) - 2 + (r >> 40) % 4;
			break;
		case 2:
			keys[i] = ~0UL - (i - 2);
			break;
		default:
			keys[i] = r >> (r % 60);
		}
	}
	qsort(keys, N, sizeof(keys[0]), compare_keys);
	for (int i = 1; i < N; i++)
		if (keys[i] <= keys[i - 1])
			keys[i] = keys[i - 1] + 1;
}

/* radix_next() visits exactly the entries present, ascending. */
static void
check_order(const struct radix *r)
{
	u64 index = 0, count = 0;
	void *p;

	for (int i = 0; i < N; i++) {
		if (!in[i])
			continue;
		p = radix_next(r, &index);
		CHECK(p == &items[i]);
		CHECK(p && index == keys[i]);
		count++;
		if (index == ~0UL)
			break;
		index++;
	}
	if (index != ~0UL)
		CHECK(radix_next(r, &index) == NULL);
	CHECK_EQ(r->count, count);
}

/* radix_next_tag() visits exactly the entries with the tag, ascending. */
static void
check_tags(const struct radix *r, uint tag)
{
	u64 index = 0;

	for (int i = 0; i < N; i++) {
		CHECK_EQ(radix_tag_get(r, keys[i], tag), tagged[i][tag]);
		if (!tagged[i][tag])
			continue;
		CHECK(radix_next_tag(r, &index, tag) == &items[i]);
		CHECK_EQ(index, keys[i]);
		if (index++ == ~0UL)
			return;
	}
	CHECK(radix_next_tag(r, &index, tag) == NULL);
}

/* Tags come and go with and without their entries. */
static void
step_tags(struct radix *r, u64 random)
{
	int i = (random >> 20) % N;
	uint tag = random >> 10 & 1;

	if (!in[i] || random >> 11 & 1) {
		CHECK_EQ(radix_tag_clear(r, keys[i], tag), tagged[i][tag]);
		tagged[i][tag] = false;
	} else {
		radix_tag_set(r, keys[i], tag);
		tagged[i][tag] = true;
	}
}

static void
test_random_steps(void)
{
	struct radix r;
	u64 random = 11;

	radix_init(&r);
	for (int step = 0; step < 20000; step++) {
		int i = (host_random(&random) >> 32) % N;
		bool grow = step / 4000 % 2 == 0;

		CHECK(radix_get(&r, keys[i]) == (in[i] ? &items[i] : NULL));
		if (in[i]) {
			CHECK_EQ(radix_insert(&r, keys[i], &items[0]), -EEXIST);
			CHECK(radix_replace(&r, keys[i], &items[i]) == &items[i]);
		} else {
			CHECK(radix_remove(&r, keys[i]) == NULL);
			CHECK(radix_replace(&r, keys[i], &items[i]) == NULL);
		}
		if (!in[i] && (grow || step % 4 == 0)) {
			CHECK_EQ(radix_insert(&r, keys[i], &items[i]), 0);
			in[i] = true;
		} else if (in[i] && (!grow || step % 4 == 0)) {
			CHECK(radix_remove(&r, keys[i]) == &items[i]);
			in[i] = tagged[i][0] = tagged[i][1] = false;
		}
		step_tags(&r, host_random(&random));
		if (step % 100 == 0) {
			check_order(&r);
			check_tags(&r, 0);
			check_tags(&r, 1);
		}
	}
	for (int i = 0; i < N; i++) {
		radix_remove(&r, keys[i]);
		in[i] = false;
	}
	CHECK_EQ(nodes_live, 0);
	CHECK_EQ(r.height, 0);
	CHECK(r.root == NULL);
}

/* An insertion that finds no memory changes nothing and keeps no node. */
static void
test_no_memory(void)
{
	struct radix r;

	for (int budget = 0; budget < 24; budget++) {
		long before;

		radix_init(&r);
		CHECK_EQ(radix_insert(&r, 5, &items[5]), 0);
		CHECK_EQ(radix_insert(&r, 1UL << 20, &items[6]), 0);
		before = nodes_live;
		nodes_left = budget;
		if (radix_insert(&r, 1UL << 63, &items[7]) < 0) {
			CHECK_EQ(nodes_live, before);
			CHECK(radix_get(&r, 1UL << 63) == NULL);
			CHECK_EQ(r.count, 2);
		} else {
			CHECK(radix_get(&r, 1UL << 63) == &items[7]);
		}
		nodes_left = -1;
		CHECK(radix_get(&r, 5) == &items[5]);
		CHECK(radix_get(&r, 1UL << 20) == &items[6]);
		radix_destroy(&r);
		CHECK_EQ(nodes_live, 0);
	}
	for (int budget = 0; budget < 12; budget++) {
		radix_init(&r);
		nodes_left = budget;
		if (radix_insert(&r, ~0UL, &items[0]) < 0)
			CHECK_EQ(nodes_live, 0);
		nodes_left = -1;
		radix_destroy(&r);
		CHECK_EQ(nodes_live, 0);
	}
}

int
main(void)
{
	struct radix empty;
	u64 zero = 0;

	radix_init(&empty);
	CHECK(radix_next(&empty, &zero) == NULL);
	CHECK(radix_get(&empty, 0) == NULL);
	make_keys();
	test_random_steps();
	test_no_memory();
	TEST_END();
}
