/*
 * main.c - port-check KERNEL.ELF FILE: what Sextant would do with the machine that a device tree describes.
 *
 * FILE is a device tree (.dtb), or a U-Boot image (.itb) that carries one.
 * Ends with status 0 if the kernel gets to a shell, 1 if something is missing, 2 if a file cannot be read.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/string.h"
#include "mm/bootmem.h"
#include "tools/port/port.h"

#define FDT_MAGIC	0xd00dfeedU
#define MAX_FILE	(256 * MiB)

const char *__asan_default_options(void);

/* The sanitizer's: what was read is needed until the end. */
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void NORETURN PRINTF_LIKE(1, 2)
die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("port-check: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static u8 *
read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	u8 *data = NULL;
	size_t n, have = 0;

	if (!f)
		die("%s: cannot be opened", path);
	do {
		data = realloc(data, have + MiB);
		if (!data || have > MAX_FILE)
			die("%s: too large", path);
		n = fread(data + have, 1, MiB, f);
		have += n;
	} while (n);
	if (ferror(f))
		die("%s: cannot be read", path);
	fclose(f);
	*size = have;
	return data;
}

static u32
be32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Open the tree in data, or say why it is none. */
static void
open_tree(const char *path, const u8 *data, size_t size)
{
	if (size < 4 || be32(data) != FDT_MAGIC)
		die("%s: not a device tree: it does not begin with d00dfeed%s", path,
		    size > 8 && !memcmp(data, "/dts-v1/", 8) ? "; this is source: compile it with dtc" : "");
	if (size < 8 || be32(data + 4) > size)
		die("%s: cut off: %zu bytes of %u", path, size, size < 8 ? 0 : be32(data + 4));
	if (fdt_open(&the_fdt, data, size))
		die("%s: a malformed device tree: the kernel would refuse it", path);
}

/* In a U-Boot image, which is a device tree itself, the first tree among its images. */
static void
open_image(const char *path)
{
	int images = fdt_path(&the_fdt, "/images", strlen("/images")), n;
	struct fdt_prop data;

	for (n = images < 0 ? -1 : fdt_first_child(&the_fdt, images); n >= 0; n = fdt_next_sibling(&the_fdt, n)) {
		if (fdt_prop(&the_fdt, n, "data", &data) && data.len >= 4 && be32(data.data) == FDT_MAGIC) {
			open_tree(path, data.data, data.len);
			return;
		}
	}
	if (images >= 0)
		die("%s: a U-Boot image without a device tree in it", path);
}

int
main(int argc, char **argv)
{
	const char *problem;
	size_t size;
	u8 *data;

	if (argc != 3)
		die("usage: port-check kernel.elf file.dtb");
	data = read_file(argv[1], &size);
	problem = kernel_open(data, size);
	if (problem)
		die("%s: %s", argv[1], problem);
	data = read_file(argv[2], &size);
	open_tree(argv[2], data, size);
	open_image(argv[2]);
	kernel_probe();
	return report() ? 0 : 1;
}
