/* fdt_fuzz.c [count [seed [file.dtb]]] - no blob, however damaged, makes the readers leave it. */
#include "lib/fdt.h"
#include "lib/fdt_sample.h"
#include "lib/host_fuzz.h"
#include "lib/string.h"

#define COUNT	60000

static volatile u64 sink;		/* makes the bytes read count as used */

/* Read every byte that a property or a string hands out. */
static void
touch(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sink += ((const u8 *)p)[i];
}

static void
touch_string(const char *s)
{
	if (s)
		touch(s, strlen(s));
}

static void
read_all(const struct fdt *f)
{
	u64 addr, size;
	u32 source;
	int ctl, visited = 0;

	for (int n = fdt_next_node(f, -1); n >= 0 && visited < 60; n = fdt_next_node(f, n), visited++) {
		struct fdt_prop p;

		touch_string(fdt_name(f, n));
		sink += fdt_parent(f, n) + fdt_first_child(f, n) + fdt_next_sibling(f, n);
		if (fdt_prop(f, n, "reg", &p))
			touch(p.data, p.len);
		touch_string(fdt_prop_string(f, n, "compatible"));
		sink += fdt_compatible(f, n, "ns16550") + fdt_enabled(f, n);
		for (u32 i = 0; i < 3; i++) {
			if (fdt_reg(f, n, i, &addr, &size) == 0)
				sink += addr + size;
			if (fdt_irq(f, n, i, &ctl, &source) == 0)
				touch_string(fdt_name(f, ctl));
		}
		sink += fdt_prop_u32(f, n, "interrupts", 1, 0);
	}
	sink += fdt_path(f, "/soc/uart@10000000", 18) + fdt_path(f, "serial0", 7) + fdt_path(f, "/cpus/cpu", 9);
	for (u32 i = 0; i < 4 && fdt_reserve(f, i, &addr, &size); i++)
		sink += addr;
}

int
main(int argc, char **argv)
{
	struct fuzz fuzz = fuzz_begin(argc, argv, COUNT);
	u64 accepted = 0, total = fuzz.count;
	size_t len;
	u8 *sample;

	if (argc > 3) {
		sample = fuzz_read_file(argv[3], &len);
	} else {
		u32 size;

		sample = sample_build(&size);
		len = size;
	}
	for (; fuzz.count > 0; fuzz.count--) {
		struct fdt f;
		size_t n;
		u8 *blob = fuzz_mutate(&fuzz, sample, len, &n);

		if (fdt_open(&f, blob, n) == 0) {
			accepted++;
			read_all(&f);
		}
		free(blob);
	}
	free(sample);
	return fuzz_end(accepted, total);
}
