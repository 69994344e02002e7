/*
 * fdt.h - reading a flattened device tree, in place, without trusting it.
 *
 * A node is its byte offset in the structure block; -1 is "none".  fdt_open()
 * checks the whole blob once (header, bounds, nesting, termination), so that the
 * readers below cannot run outside it.  Blob need only be 4-byte aligned.
 * Source: Devicetree Specification 0.4, chapter 5.
 */
#ifndef LIB_FDT_H
#define LIB_FDT_H

#include "lib/types.h"

struct fdt {
	const u8 *blob;
	u32	size;			/* totalsize */
	const u8 *structs, *strings;
	u32	structs_size, strings_size;
	u32	rsvmap;			/* offset of the memory reservation block */
};

struct fdt_prop {
	const char *name;
	const void *data;
	u32	len;
};

/* 0, or -EINVAL for anything malformed. max: bytes readable at blob. */
int	fdt_open(struct fdt *f, const void *blob, size_t max);

int	fdt_root(const struct fdt *f);
int	fdt_first_child(const struct fdt *f, int node);
int	fdt_next_sibling(const struct fdt *f, int node);
int	fdt_parent(const struct fdt *f, int node);
/* Every node in tree order: start with node = -1; -1 ends. */
int	fdt_next_node(const struct fdt *f, int node);
const char *fdt_name(const struct fdt *f, int node);	/* "uart@10000000" */
/* "/soc/uart@10000000", also without unit address when that is unique; or an alias. */
int	fdt_path(const struct fdt *f, const char *path, size_t len);
int	fdt_by_phandle(const struct fdt *f, u32 phandle);

/* False if absent. */
bool	fdt_prop(const struct fdt *f, int node, const char *name, struct fdt_prop *out);
const char *fdt_prop_string(const struct fdt *f, int node, const char *name); /* NUL-checked or NULL */
/* The i-th 32-bit cell of a property; dflt if absent or too short. */
u32	fdt_prop_u32(const struct fdt *f, int node, const char *name, u32 i, u32 dflt);
u32	fdt_cell(const struct fdt_prop *p, u32 i);	/* i-th cell, 0 past the end */
/* True if `compatible` lists s. */
bool	fdt_compatible(const struct fdt *f, int node, const char *s);
/* False only for a status other than "okay"/"ok". */
bool	fdt_enabled(const struct fdt *f, int node);
/* The i-th (address, size) of `reg`, translated through every parent's `ranges`. 0 or -ENOENT/-EINVAL. */
int	fdt_reg(const struct fdt *f, int node, u32 i, u64 *addr, u64 *size);
/*
 * The i-th entry of a list as `clocks` or `gpios`: a phandle, and as many cells as its node says in `cells`
 * ("#clock-cells"). 0, -ENOENT (no such list or entry) or -EINVAL.
 */
struct fdt_args {
	int	node;
	u32	count;
	u32	cell[4];		/* those past count are 0 */
};

int	fdt_list(const struct fdt *f, int node, const char *list, const char *cells, u32 i, struct fdt_args *out);
/*
 * The i-th interrupt of node: its controller's node and first cell (source number), by
 * `interrupts` + inherited `interrupt-parent`, or `interrupts-extended`. 0 or -ENOENT/-EINVAL.
 */
int	fdt_irq(const struct fdt *f, int node, u32 i, int *controller, u32 *source);
/* Entry i of the memory reservation block; false at its end. */
bool	fdt_reserve(const struct fdt *f, u32 i, u64 *addr, u64 *size);

#endif
