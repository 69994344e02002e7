/*
 * radix.c - a sparse array: 64-bit index to pointer, 6 bits of the index a level.
 *
 * Data        A tree of `height` levels holds the indices below 64^height.  A
 *             node's slots point to nodes, and on the lowest level to items.
 * Invariants  X1  bit i of present is set <=> slot[i] is not NULL.
 *             X2  no node is empty; height is 0 <=> root is NULL.
 *             X3  bit i of tags[t] is set <=> the item in slot i has tag t, or, above the lowest
 *                 level, some item below slot i has it.
 */
#include "lib/radix.h"
#include "abi/errno.h"
#include "lib/bitops.h"

#define SLOT_BITS	6
#define SLOTS		(1 << SLOT_BITS)
#define HEIGHT_MAX	DIV_ROUND_UP(64, SLOT_BITS)

struct radix_node {
	u64	present;		/* X1 */
	u64	tags[RADIX_TAGS];	/* X3 */
	void	*slot[SLOTS];
};

const size_t radix_node_size = sizeof(struct radix_node);

static uint
slot_at(u64 index, uint shift)
{
	return index >> shift & (SLOTS - 1);
}

/* Can a tree of this height hold index? */
static bool
fits(u64 index, u32 height)
{
	return height >= HEIGHT_MAX || index >> (height * SLOT_BITS) == 0;
}

static struct radix_node *
node_new(void)
{
	struct radix_node *n = radix_node_alloc(sizeof(*n));

	if (n) {
		n->present = 0;
		for (int t = 0; t < RADIX_TAGS; t++)
			n->tags[t] = 0;
		for (int i = 0; i < SLOTS; i++)
			n->slot[i] = NULL;
	}
	return n;
}

static void
node_set(struct radix_node *n, uint slot, void *p)
{
	n->slot[slot] = p;
	if (p)
		n->present |= 1UL << slot;
	else
		n->present &= ~(1UL << slot);
}

void
radix_init(struct radix *r)
{
	r->root = NULL;
	r->height = 0;
	r->count = 0;
}

/* The slot for index on the lowest level, NULL if no node covers it. */
static void **
find_slot(const struct radix *r, u64 index)
{
	struct radix_node *n = r->root;
	uint shift;

	if (!n || !fits(index, r->height))
		return NULL;
	for (shift = (r->height - 1) * SLOT_BITS; shift > 0; shift -= SLOT_BITS) {
		n = n->slot[slot_at(index, shift)];
		if (!n)
			return NULL;
	}
	return &n->slot[slot_at(index, 0)];
}

void *
radix_get(const struct radix *r, u64 index)
{
	void **slot = find_slot(r, index);

	return slot ? *slot : NULL;
}

void *
radix_replace(struct radix *r, u64 index, void *item)
{
	void **slot = find_slot(r, index);
	void *old = slot ? *slot : NULL;

	if (old)
		*slot = item;
	return old;
}

/*
 * Free the empty nodes on the way to index, lowest first, and roots that have
 * become nothing but a detour to low indices.  Restores X2.
 */
static void
prune(struct radix *r, u64 index)
{
	struct radix_node *way[HEIGHT_MAX], *n = r->root;
	int depth = 0;

	for (int shift = ((int)r->height - 1) * SLOT_BITS; n && shift >= 0; shift -= SLOT_BITS) {
		way[depth++] = n;
		n = shift ? n->slot[slot_at(index, shift)] : NULL;
	}
	while (depth > 0 && way[depth - 1]->present == 0) {
		depth--;
		radix_node_free(way[depth]);
		if (depth > 0)
			node_set(way[depth - 1],
				 slot_at(index, (r->height - depth) * SLOT_BITS), NULL);
		else
			radix_init(r);
	}
	while (r->height > 1 && r->root->present == 1) {
		n = r->root;
		r->root = n->slot[0];
		r->height--;
		radix_node_free(n);
	}
}

/* Put levels on top until index fits. 0 or -ENOMEM. */
static int
grow(struct radix *r, u64 index)
{
	if (!r->root) {
		r->root = node_new();
		if (!r->root)
			return -ENOMEM;
		r->height = 1;
		while (!fits(index, r->height))
			r->height++;
		return 0;
	}
	while (!fits(index, r->height)) {
		struct radix_node *n = node_new();

		if (!n)
			return -ENOMEM;
		node_set(n, 0, r->root);
		for (int t = 0; t < RADIX_TAGS; t++)
			n->tags[t] = r->root->tags[t] != 0;
		r->root = n;
		r->height++;
	}
	return 0;
}

int
radix_insert(struct radix *r, u64 index, void *item)
{
	struct radix_node *n;
	uint shift;

	if (grow(r, index) < 0)
		goto no_memory;
	n = r->root;
	for (shift = (r->height - 1) * SLOT_BITS; shift > 0; shift -= SLOT_BITS) {
		struct radix_node *child = n->slot[slot_at(index, shift)];

		if (!child) {
			child = node_new();
			if (!child)
				goto no_memory;
			node_set(n, slot_at(index, shift), child);
		}
		n = child;
	}
	if (n->slot[slot_at(index, 0)])
		return -EEXIST;
	node_set(n, slot_at(index, 0), item);
	r->count++;
	return 0;

no_memory:
	prune(r, index);
	return -ENOMEM;
}

void *
radix_remove(struct radix *r, u64 index)
{
	void **slot = find_slot(r, index);
	void *old = slot ? *slot : NULL;
	struct radix_node *n;

	if (!old)
		return NULL;
	n = container_of(slot - slot_at(index, 0), struct radix_node, slot[0]);
	for (uint t = 0; t < RADIX_TAGS; t++)
		if (unlikely(n->tags[t] >> slot_at(index, 0) & 1))
			radix_tag_clear(r, index, t);
	node_set(n, slot_at(index, 0), NULL);
	r->count--;
	if (n->present == 0 || n->present == 1)
		prune(r, index);
	return old;
}

/* index rounded down to what one slot of the level above `shift` covers. */
static u64
level_base(u64 index, uint shift)
{
	return shift + SLOT_BITS >= 64 ? 0 : index & ~0UL << (shift + SLOT_BITS);
}

/* Which slots of n to look below: those with the tag, or (tag < 0) all that are present. */
static inline u64
slots_wanted(const struct radix_node *n, int tag)
{
	return tag < 0 ? n->present : n->tags[tag];
}

static inline void *
next_entry(const struct radix *r, u64 *index, int tag)
{
	u64 i = *index;

	while (r->root && fits(i, r->height)) {
		struct radix_node *n = r->root;
		uint shift = (r->height - 1) * SLOT_BITS;

		for (;;) {
			uint slot = slot_at(i, shift);
			u64 rest = slots_wanted(n, tag) >> slot << slot;

			if (rest == 0)
				break;
			if ((uint)bit_lowest(rest) != slot) {
				slot = bit_lowest(rest);
				i = level_base(i, shift) | (u64)slot << shift;
			}
			if (shift == 0) {
				*index = i;
				return n->slot[slot];
			}
			n = n->slot[slot];
			shift -= SLOT_BITS;
		}
		/* Nothing more below this node: go on after all that it covers. */
		if (shift + SLOT_BITS >= 64)
			break;
		i = level_base(i, shift) + (1UL << (shift + SLOT_BITS));
		if (i == 0)
			break;
	}
	return NULL;
}

void *
radix_next(const struct radix *r, u64 *index)
{
	return next_entry(r, index, -1);
}

/* ---- tags ---- */

void *
radix_next_tag(const struct radix *r, u64 *index, uint tag)
{
	return next_entry(r, index, tag);
}

void
radix_tag_set(struct radix *r, u64 index, uint tag)
{
	struct radix_node *n = r->root;

	for (uint shift = (r->height - 1) * SLOT_BITS; ; shift -= SLOT_BITS) {
		n->tags[tag] |= 1UL << slot_at(index, shift);
		if (shift == 0)
			break;
		n = n->slot[slot_at(index, shift)];
	}
}

bool
radix_tag_get(const struct radix *r, u64 index, uint tag)
{
	struct radix_node *n = r->root;

	if (!n || !fits(index, r->height))
		return false;
	for (uint shift = (r->height - 1) * SLOT_BITS; n->tags[tag] >> slot_at(index, shift) & 1; shift -= SLOT_BITS) {
		if (shift == 0)
			return true;
		n = n->slot[slot_at(index, shift)];
	}
	return false;
}

bool
radix_tag_clear(struct radix *r, u64 index, uint tag)
{
	struct radix_node *way[HEIGHT_MAX], *n = r->root;
	int depth = 0;

	if (!radix_tag_get(r, index, tag))
		return false;
	for (uint shift = (r->height - 1) * SLOT_BITS; ; shift -= SLOT_BITS) {
		way[depth++] = n;
		if (shift == 0)
			break;
		n = n->slot[slot_at(index, shift)];
	}
	/* Upwards as long as it was the last below. */
	for (uint shift = 0; depth-- > 0; shift += SLOT_BITS) {
		way[depth]->tags[tag] &= ~(1UL << slot_at(index, shift));
		if (way[depth]->tags[tag])
			break;
	}
	return true;
}

void
radix_destroy(struct radix *r)
{
	struct radix_node *way[HEIGHT_MAX];
	int depth = 0;

	if (r->root)
		way[depth++] = r->root;
	while (depth > 0) {
		struct radix_node *n = way[depth - 1];

		if (depth < (int)r->height && n->present) {
			uint slot = bit_lowest(n->present);

			way[depth++] = n->slot[slot];
			n->present &= n->present - 1;
		} else {
			radix_node_free(n);
			depth--;
		}
	}
	radix_init(r);
}
