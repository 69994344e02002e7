/*
 * fdt_bus.c - where a device's registers are, and where its interrupts go.
 *
 * Addresses in `reg` are those of the bus the device sits on.  Every bus above
 * says by `ranges` where its addresses appear on the next one:
 *
 *	ranges = <child-address  parent-address  length> ...
 *
 * with as many cells each as #address-cells of the bus, #address-cells of its
 * parent and #size-cells of the bus say.  Empty: the same addresses.
 *
 * Further     Devicetree Specification 0.4, 2.3.5-2.3.8 and 2.4.
 */
#include "abi/errno.h"
#include "lib/fdt.h"

/* n cells (0 to 2) from the i-th on, as one number. */
static u64
read_cells(const struct fdt_prop *p, u32 i, u32 n)
{
	u64 v = 0;

	for (u32 end = i + n; i < end; i++)
		v = v << 32 | fdt_cell(p, i);
	return v;
}

/* How wide addresses and sizes are on a bus. False if wider than 64 bits, as PCI's. */
static bool
bus_cells(const struct fdt *f, int bus, u32 *addr, u32 *size)
{
	*addr = fdt_prop_u32(f, bus, "#address-cells", 0, 2);
	*size = fdt_prop_u32(f, bus, "#size-cells", 0, 1);
	return *addr >= 1 && *addr <= 2 && *size <= 2;
}

/* Turn an address on `bus` into one on its parent `up`. 0 or -EINVAL. */
static int
translate(const struct fdt *f, int bus, int up, u64 *addr)
{
	u32 child_cells, parent_cells, size_cells, up_size_cells, entry;
	struct fdt_prop ranges;

	if (!fdt_prop(f, bus, "ranges", &ranges))
		return -EINVAL;
	if (ranges.len == 0)
		return 0;
	if (!bus_cells(f, bus, &child_cells, &size_cells) ||
	    !bus_cells(f, up, &parent_cells, &up_size_cells))
		return -EINVAL;

	entry = child_cells + parent_cells + size_cells;
	for (u32 i = 0; i + entry <= ranges.len / 4; i += entry) {
		u64 from = read_cells(&ranges, i, child_cells);
		u64 to = read_cells(&ranges, i + child_cells, parent_cells);
		u64 len = read_cells(&ranges, i + child_cells + parent_cells, size_cells);

		if (*addr >= from && *addr - from < len) {
			*addr = to + (*addr - from);
			return 0;
		}
	}
	return -EINVAL;
}

/* Where #size-cells is 0 a reg is a name (a hart's number, a chip select): it is not translated. */
int
fdt_reg(const struct fdt *f, int node, u32 i, u64 *addr, u64 *size)
{
	int bus = fdt_parent(f, node), up;
	u32 addr_cells, size_cells, entry;
	struct fdt_prop reg;
	u64 a, s;

	if (bus < 0 || !fdt_prop(f, node, "reg", &reg))
		return -ENOENT;
	if (!bus_cells(f, bus, &addr_cells, &size_cells))
		return -EINVAL;
	entry = addr_cells + size_cells;
	if (i >= reg.len / 4 / entry)
		return -ENOENT;
	a = read_cells(&reg, i * entry, addr_cells);
	s = read_cells(&reg, i * entry + addr_cells, size_cells);

	if (size_cells > 0) {
		for (; (up = fdt_parent(f, bus)) >= 0; bus = up)
			if (translate(f, bus, up, &a) < 0)
				return -EINVAL;
	}
	*addr = a;
	*size = s;
	return 0;
}

/* The node that node's interrupts go to: the nearest `interrupt-parent` at or above it; -1 if none. */
static int
interrupt_parent(const struct fdt *f, int node)
{
	for (; node >= 0; node = fdt_parent(f, node)) {
		struct fdt_prop p;

		if (fdt_prop(f, node, "interrupt-parent", &p))
			return fdt_by_phandle(f, fdt_cell(&p, 0));
	}
	return -1;
}

int
fdt_list(const struct fdt *f, int node, const char *list, const char *cells, u32 i, struct fdt_args *out)
{
	struct fdt_prop p;
	u32 at, count;
	int provider;

	if (!fdt_prop(f, node, list, &p))
		return -ENOENT;
	/* Only its provider says how long an entry is. */
	for (at = 0; at < p.len / 4; at += 1 + count) {
		provider = fdt_by_phandle(f, fdt_cell(&p, at));
		if (provider < 0)
			return -EINVAL;
		count = fdt_prop_u32(f, provider, cells, 0, 0);
		if (count > ARRAY_SIZE(out->cell) || count > p.len / 4 - at - 1)
			return -EINVAL;
		if (i-- == 0) {
			*out = (struct fdt_args){ .node = provider, .count = count };
			for (u32 c = 0; c < count; c++)
				out->cell[c] = fdt_cell(&p, at + 1 + c);
			return 0;
		}
	}
	return -ENOENT;
}

int
fdt_irq(const struct fdt *f, int node, u32 i, int *controller, u32 *source)
{
	struct fdt_args args;
	struct fdt_prop p;
	int ctl, err;
	u32 cells;

	err = fdt_list(f, node, "interrupts-extended", "#interrupt-cells", i, &args);
	if (!err && !args.count)
		err = -EINVAL;
	if (!err) {
		*controller = args.node;
		*source = args.cell[0];
	}
	if (err != -ENOENT || fdt_prop(f, node, "interrupts-extended", &p))
		return err;

	if (!fdt_prop(f, node, "interrupts", &p))
		return -ENOENT;
	ctl = interrupt_parent(f, node);
	if (ctl < 0)
		return -EINVAL;
	cells = fdt_prop_u32(f, ctl, "#interrupt-cells", 0, 0);
	if (cells == 0)
		return -EINVAL;
	if (i >= p.len / 4 / cells)
		return -ENOENT;
	*controller = ctl;
	*source = fdt_cell(&p, i * cells);
	return 0;
}
