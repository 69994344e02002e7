/*
 * radix.h - a sparse array: 64-bit index to pointer, 64 slots a node; entries may carry tags.
 *
 * A tag is a mark that can be searched for: radix_next_tag finds the next marked entry without a look at the
 * others.  The caller locks.  Nodes come from radix_node_alloc/free, which the kernel
 * supplies from a slab and the host tests from malloc.
 */
#ifndef LIB_RADIX_H
#define LIB_RADIX_H

#include "lib/types.h"

struct radix_node;

struct radix {
	struct radix_node *root;
	u32	height;			/* levels below root's pointer; 0: empty */
	u64	count;			/* entries present */
};

void	 radix_init(struct radix *r);
/* NULL if absent. */
void	*radix_get(const struct radix *r, u64 index);
/* 0, -ENOMEM, or -EEXIST if index is taken. item must not be NULL. */
int	 radix_insert(struct radix *r, u64 index, void *item);
/* Put item where something is already; returns the old one, NULL (and no change) if nothing was. */
void	*radix_replace(struct radix *r, u64 index, void *item);
/* Returns what was there, or NULL. Empty nodes are freed. */
void	*radix_remove(struct radix *r, u64 index);
/* The first entry with index >= *index; sets *index. NULL if there is none. */
void	*radix_next(const struct radix *r, u64 *index);

#define RADIX_TAGS	2		/* tags are 0 and 1 */
/* The entry at index must be present. */
void	 radix_tag_set(struct radix *r, u64 index, uint tag);
/* Harmless if index is absent. True if it had the tag. */
bool	 radix_tag_clear(struct radix *r, u64 index, uint tag);
bool	 radix_tag_get(const struct radix *r, u64 index, uint tag);
/* The first entry with this tag and index >= *index; sets *index. NULL if there is none. */
void	*radix_next_tag(const struct radix *r, u64 *index, uint tag);
/* Free all nodes (not the items). */
void	 radix_destroy(struct radix *r);

extern const size_t radix_node_size;	/* what radix_node_alloc is asked for, always */
void	*radix_node_alloc(size_t size);
void	 radix_node_free(void *node);

#endif
