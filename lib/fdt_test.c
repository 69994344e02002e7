/* fdt_test.c - the tree of fdt_sample.h reads back as it was written, and malformed blobs are refused. */
#include "abi/errno.h"
#include "lib/fdt.h"
#include "lib/fdt_sample.h"
#include "lib/host_test.h"
#include "lib/string.h"

static int
path(const struct fdt *f, const char *p)
{
	return fdt_path(f, p, strlen(p));
}

static void
test_walk(const struct fdt *f)
{
	static const char *const order[] = {
		"", "aliases", "cpus", "cpu@1", "intc", "soc", "uart@10000000", "uart@10001000",
		"plic@c000000", "mid", "leaf@7"
	};
	int n = -1;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		n = fdt_next_node(f, n);
		CHECK(n >= 0);
		CHECK_STR(fdt_name(f, n), order[i]);
	}
	CHECK_EQ(fdt_next_node(f, n), -1);

	CHECK_EQ(fdt_parent(f, fdt_root(f)), -1);
	CHECK_STR(fdt_name(f, fdt_parent(f, path(f, "/cpus/cpu@1/intc"))), "cpu@1");
	CHECK_STR(fdt_name(f, fdt_first_child(f, fdt_root(f))), "aliases");
	CHECK_EQ(fdt_first_child(f, path(f, "/aliases")), -1);
	n = fdt_next_sibling(f, path(f, "/aliases"));
	CHECK_STR(fdt_name(f, n), "cpus");
	n = fdt_next_sibling(f, n);
	CHECK_STR(fdt_name(f, n), "soc");
	CHECK_EQ(fdt_next_sibling(f, path(f, "/mid")), -1);
	CHECK_EQ(fdt_next_sibling(f, fdt_root(f)), -1);
}

static void
test_paths(const struct fdt *f)
{
	int uart = path(f, "/soc/uart@10000000");

	CHECK(uart >= 0);
	CHECK_EQ(path(f, "/"), fdt_root(f));
	CHECK_EQ(path(f, "serial0"), uart);
	CHECK_EQ(path(f, "serial1"), -1);
	CHECK_EQ(path(f, ""), -1);
	CHECK_EQ(path(f, "/soc/uart"), -1);		/* there are two */
	CHECK_STR(fdt_name(f, path(f, "/cpus/cpu")), "cpu@1");
	CHECK_STR(fdt_name(f, path(f, "/soc/plic/")), "plic@c000000");
	CHECK_EQ(path(f, "/soc/plic@"), -1);
	CHECK_EQ(path(f, "/so"), -1);
	CHECK_EQ(path(f, "/soc/none/deeper"), -1);
	CHECK_EQ(fdt_path(f, "/soc:115200", 4), path(f, "/soc"));
}

static void
test_props(const struct fdt *f)
{
	int uart = path(f, "serial0"), soc = path(f, "/soc");
	struct fdt_prop p;

	CHECK(fdt_prop(f, uart, "interrupts", &p));
	CHECK_EQ(p.len, 8);
	CHECK_STR(p.name, "interrupts");
	CHECK_EQ(fdt_cell(&p, 1), 11);
	CHECK_EQ(fdt_cell(&p, 2), 0);
	CHECK(!fdt_prop(f, uart, "interrupt", &p));
	CHECK(!fdt_prop(f, soc, "reg", &p));		/* a child's is not ours */
	CHECK_EQ(fdt_prop_u32(f, uart, "interrupts", 0, 99), 10);
	CHECK_EQ(fdt_prop_u32(f, uart, "interrupts", 2, 99), 99);
	CHECK_EQ(fdt_prop_u32(f, uart, "nothing", 0, 99), 99);
	CHECK_STR(fdt_prop_string(f, soc, "compatible"), "simple-bus");
	CHECK(fdt_prop_string(f, uart, "nothing") == NULL);
	CHECK(fdt_compatible(f, uart, "ns16550a"));
	CHECK(fdt_compatible(f, uart, "ns16550"));
	CHECK(!fdt_compatible(f, uart, "ns1655"));
	CHECK(!fdt_compatible(f, uart, ""));
	CHECK(fdt_enabled(f, uart));
	CHECK(!fdt_enabled(f, path(f, "/soc/uart@10001000")));
	CHECK_STR(fdt_name(f, fdt_by_phandle(f, 1)), "plic@c000000");
	CHECK_EQ(fdt_by_phandle(f, 3), -1);
	CHECK_EQ(fdt_by_phandle(f, 0), -1);
}

static void
test_bus(const struct fdt *f)
{
	int uart = path(f, "serial0"), plic = path(f, "/soc/plic"), ctl;
	struct fdt_args args;
	u64 addr, size;
	u32 source;

	CHECK_EQ(fdt_reg(f, uart, 0, &addr, &size), 0);
	CHECK_EQ(addr, 0x110000000);
	CHECK_EQ(size, 0x100);
	CHECK_EQ(fdt_reg(f, uart, 1, &addr, &size), -ENOENT);
	CHECK_EQ(fdt_reg(f, plic, 0, &addr, &size), -ENOENT);
	CHECK_EQ(fdt_reg(f, path(f, "/soc/uart@10001000"), 0, &addr, &size), -EINVAL);	/* not in ranges */
	CHECK_EQ(fdt_reg(f, path(f, "/cpus/cpu"), 0, &addr, &size), 0);
	CHECK_EQ(addr, 1);
	CHECK_EQ(size, 0);
	CHECK_EQ(fdt_reg(f, path(f, "/mid/leaf"), 0, &addr, &size), -EINVAL);	/* no ranges at all */

	CHECK_EQ(fdt_irq(f, uart, 1, &ctl, &source), 0);
	CHECK_EQ(ctl, plic);
	CHECK_EQ(source, 11);
	CHECK_EQ(fdt_irq(f, uart, 2, &ctl, &source), -ENOENT);
	CHECK_EQ(fdt_irq(f, plic, 1, &ctl, &source), 0);
	CHECK_STR(fdt_name(f, ctl), "intc");
	CHECK_EQ(source, 9);
	CHECK_EQ(fdt_irq(f, plic, 2, &ctl, &source), -ENOENT);
	CHECK_EQ(fdt_irq(f, path(f, "/soc"), 0, &ctl, &source), -ENOENT);

	CHECK_EQ(fdt_list(f, plic, "interrupts-extended", "#interrupt-cells", 1, &args), 0);
	CHECK_STR(fdt_name(f, args.node), "intc");
	CHECK_EQ(args.count, 1);
	CHECK_EQ(args.cell[0], 9);
	CHECK_EQ(args.cell[1], 0);
	CHECK_EQ(fdt_list(f, plic, "interrupts-extended", "#interrupt-cells", 2, &args), -ENOENT);
	CHECK_EQ(fdt_list(f, plic, "clocks", "#clock-cells", 0, &args), -ENOENT);
	CHECK_EQ(fdt_list(f, plic, "interrupts-extended", "#no-cells", 1, &args), -EINVAL);	/* 11 is no phandle */

	CHECK(fdt_reserve(f, 0, &addr, &size));
	CHECK_EQ(addr, 0x80000000);
	CHECK_EQ(size, 0x1000);
	CHECK(!fdt_reserve(f, 1, &addr, &size));
}

/* A blob cut anywhere is refused; so is one whose header lies. */
static void
test_malformed(const u8 *blob, u32 size)
{
	static const struct { u32 at, value; } lies[] = {
		{ 0, 0xd00dfeee }, { 4, 20 }, { 8, 0xfffffff0 }, { 8, 73 }, { 12, 0x7fffffff },
		{ 16, 0xfffffff0 }, { 20, 16 }, { 24, 18 }, { 32, 0xffffffff }, { 32, 3 },
		{ 36, 0xffffffff }, { 36, 16 }, { 72, 2 }, { 72, 9 }, { 72, 7 },
	};
	struct fdt f;

	for (u32 n = 0; n < size; n++) {
		u8 *cut = host_copy(blob, n);

		CHECK_EQ(fdt_open(&f, cut, n), -EINVAL);
		free(cut);
	}
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		u8 *copy = host_copy(blob, size);

		sample_put32(copy + lies[i].at, lies[i].value);
		CHECK_EQ(fdt_open(&f, copy, size), -EINVAL);
		free(copy);
	}
}

/* Nesting is bounded, so that walking needs no more stack than fdt_parent() has. */
static void
test_depth(void)
{
	for (int depth = 30; depth <= 34; depth++) {
		struct sample s = { .nstructs = 0 };
		struct fdt f;
		u32 size;
		u8 *blob;

		for (int i = 0; i < depth; i++)
			sample_node(&s, i ? "n" : "");
		for (int i = 0; i < depth; i++)
			sample_end(&s);
		sample_cell(&s, 9);
		blob = sample_blob(&s, &size);
		CHECK_EQ(fdt_open(&f, blob, size), depth <= 32 ? 0 : -EINVAL);
		free(blob);
	}
}

int
main(void)
{
	struct fdt f;
	u32 size;
	u8 *blob = sample_build(&size);

	CHECK_EQ(fdt_open(&f, blob, size), 0);
	if (host_failures == 0) {
		test_walk(&f);
		test_paths(&f);
		test_props(&f);
		test_bus(&f);
	}
	test_malformed(blob, size);
	test_depth();
	free(blob);
	TEST_END();
}
