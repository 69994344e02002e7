/*
 * fdt_machine.c - what a device tree says of the machine itself: harts, memory, the clock.
 *
 * Further     Devicetree Specification 0.4, chapter 3; bindings riscv/cpus.yaml, riscv/extensions.yaml.
 */
#include "lib/fdt_machine.h"
#include "lib/string.h"

bool
fdt_cpu_usable(const struct fdt *f, int node)
{
	const char *type = fdt_prop_string(f, node, "device_type");
	const char *mmu = fdt_prop_string(f, node, "mmu-type");

	return type && !strcmp(type, "cpu") && fdt_enabled(f, node) && mmu && !strncmp(mmu, "riscv,sv", 8);
}

u64
fdt_cpu_hartid(const struct fdt *f, int node)
{
	u64 id = fdt_prop_u32(f, node, "reg", 0, 0);

	if (fdt_prop_u32(f, fdt_parent(f, node), "#address-cells", 0, 1) == 2)
		id = id << 32 | fdt_prop_u32(f, node, "reg", 1, 0);
	return id;
}

void
fdt_cpu_isa(const struct fdt *f, int node, char *isa, size_t size)
{
	const char *s = fdt_prop_string(f, node, "riscv,isa"), *end;
	struct fdt_prop list;

	if (!fdt_prop(f, node, "riscv,isa-extensions", &list) || !list.len) {
		strlcpy(isa, s ? s : "rv64", size);
		return;
	}
	strlcpy(isa, "rv64", size);
	s = list.data;
	for (end = s + list.len; s < end && memchr(s, 0, end - s); s += strlen(s) + 1) {
		if (s[0] && s[1])
			strlcat(isa, "_", size);
		strlcat(isa, s, size);
	}
}

int
fdt_next_memory(const struct fdt *f, int node)
{
	const char *type;

	node = node < 0 ? fdt_first_child(f, fdt_root(f)) : fdt_next_sibling(f, node);
	for (; node >= 0; node = fdt_next_sibling(f, node)) {
		type = fdt_prop_string(f, node, "device_type");
		if (type && !strcmp(type, "memory") && fdt_enabled(f, node))
			break;
	}
	return node;
}

int
fdt_next_reserved(const struct fdt *f, int node)
{
	int parent;

	if (node < 0) {
		parent = fdt_path(f, "/reserved-memory", strlen("/reserved-memory"));
		node = parent < 0 ? -1 : fdt_first_child(f, parent);
	} else {
		node = fdt_next_sibling(f, node);
	}
	while (node >= 0 && !fdt_enabled(f, node))
		node = fdt_next_sibling(f, node);
	return node;
}

u32
fdt_timebase(const struct fdt *f)
{
	int cpus = fdt_path(f, "/cpus", strlen("/cpus"));

	return cpus < 0 ? 0 : fdt_prop_u32(f, cpus, "timebase-frequency", 0, 0);
}
