/*
 * bootmem.c - what memory there is, and handing it out before the buddy allocator runs.
 *
 * Data        bootmem_ram[]: RAM the kernel may touch; firmware's is not in it.
 *             bootmem_reserved[]: the parts of it that are in use.
 * Locks       none: one hart, before anything else runs.
 * Invariants  B1  both lists are sorted, page-aligned and do not overlap.
 *             B2  bootmem_ram lies in the direct map's 128 GiB, and holds the whole image.
 * Not here    mapping it (kernelmap.c); freeing and sharing it (frame.c).
 * Further     Devicetree Specification 0.4, 3.4 /memory, 3.5 /reserved-memory, 5.3.
 */
#include "mm/bootmem.h"

#include "abi/errno.h"
#include "arch/pagetable.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "lib/fdt_machine.h"
#include "lib/string.h"
#include "mm/internal.h"
#include "mm/kasan.h"
#include "mm/layout.h"

struct mem_range bootmem_ram[BOOTMEM_MAX_RANGES];
int bootmem_nram;
struct mem_range bootmem_reserved[BOOTMEM_MAX_RANGES];
int bootmem_nreserved;

struct fdt the_fdt;
paddr_t initrd_pa;
size_t initrd_size;

static bool direct_map_up;

/* ---- lists of ranges ---- */

static void
range_delete(struct mem_range *list, int *n, int i)
{
	memmove(&list[i], &list[i + 1], (*n - i - 1) * sizeof(list[0]));
	--*n;
}

static void
range_insert(struct mem_range *list, int *n, int i, struct mem_range r)
{
	if (*n == BOOTMEM_MAX_RANGES)
		panic("memory map: more than %d ranges", BOOTMEM_MAX_RANGES);
	memmove(&list[i + 1], &list[i], (*n - i) * sizeof(list[0]));
	list[i] = r;
	++*n;
}

/* Add [start, end), swallowing what overlaps it and joining what touches it on the same node. */
static void
range_add(struct mem_range *list, int *n, paddr_t start, paddr_t end, u32 node)
{
	int i = 0;

	while (i < *n && list[i].start <= end) {
		if (list[i].end < start ||
		    (list[i].node != node && (list[i].end == start || list[i].start == end))) {
			i++;
			continue;
		}
		start = MIN(start, list[i].start);
		end = MAX(end, list[i].end);
		range_delete(list, n, i);
	}
	for (i = 0; i < *n && list[i].start < start; i++)
		;
	range_insert(list, n, i, (struct mem_range){ start, end, node });
}

/* Cut [start, end) out of whatever is on the list. */
static void
range_cut(struct mem_range *list, int *n, paddr_t start, paddr_t end)
{
	struct mem_range r;
	int i = 0;

	while (i < *n) {
		r = list[i];
		if (r.end <= start || r.start >= end) {
			i++;
			continue;
		}
		range_delete(list, n, i);
		if (r.start < start)
			range_insert(list, n, i++, (struct mem_range){ r.start, start, r.node });
		if (r.end > end)
			range_insert(list, n, i++, (struct mem_range){ end, r.end, r.node });
	}
}

/* The range of RAM that holds all of [start, end), or NULL. */
static struct mem_range *
ram_holding(paddr_t start, paddr_t end)
{
	for (int i = 0; i < bootmem_nram; i++)
		if (bootmem_ram[i].start <= start && end <= bootmem_ram[i].end)
			return &bootmem_ram[i];
	return NULL;
}

void
bootmem_reserve(paddr_t start, paddr_t end)
{
	start = ALIGN_DOWN(start, PAGE_SIZE);
	end = PAGE_ALIGN(end);
	if (start < end)
		range_add(bootmem_reserved, &bootmem_nreserved, start, end, 0);
}

const struct mem_range *
bootmem_reserved_in(paddr_t start, paddr_t end)
{
	for (int i = 0; i < bootmem_nreserved; i++)
		if (bootmem_reserved[i].start < end && start < bootmem_reserved[i].end)
			return &bootmem_reserved[i];
	return NULL;
}

/* ---- what the device tree says ---- */

static void
ram_add(u64 addr, u64 size, u32 node)
{
	u64 start = PAGE_ALIGN(addr), end;

	if (addr + size < addr || start < addr) {
		pr_warn("memory at %#lx: size %#lx wraps around, ignored\n", addr, size);
		return;
	}
	end = MIN(ALIGN_DOWN(addr + size, PAGE_SIZE), DIRECT_SIZE);
	if (addr + size > DIRECT_SIZE)
		pr_warn("memory from %#lx on is beyond the direct map, ignored\n",
			MAX(start, DIRECT_SIZE));
	if (start < end)
		range_add(bootmem_ram, &bootmem_nram, start, end, node < MAX_NODES ? node : 0);
}

static void
read_memory_nodes(void)
{
	u64 addr, size;
	u32 numa;
	int n;

	for (n = fdt_next_memory(&the_fdt, -1); n >= 0; n = fdt_next_memory(&the_fdt, n)) {
		numa = fdt_prop_u32(&the_fdt, n, "numa-node-id", 0, 0);
		for (u32 i = 0; fdt_reg(&the_fdt, n, i, &addr, &size) == 0; i++)
			ram_add(addr, size, numa);
	}
}

/*
 * Take out what belongs to others: every /reserved-memory region, and what lies below the image
 * in its bank up to the firmware's end (all of it when the firmware does not say where it is).
 */
static void
cut_firmware(paddr_t image_end_pa)
{
	struct mem_range *bank = ram_holding(image_pa, image_end_pa);
	paddr_t low, firmware_end = 0;
	u64 addr, size;
	int n;

	if (!bank)
		panic("the kernel image, at %#lx, is not in the memory the device tree describes", image_pa);
	low = bank->start;
	for (n = fdt_next_reserved(&the_fdt, -1); n >= 0; n = fdt_next_reserved(&the_fdt, n)) {
		for (u32 i = 0; fdt_reg(&the_fdt, n, i, &addr, &size) == 0; i++) {
			paddr_t end = addr + size;

			if (end <= addr || end + PAGE_SIZE < end) {
				pr_warn("reserved memory at %#lx: bad size %#lx, ignored\n", addr, size);
				continue;
			}
			if (addr < image_end_pa && end > image_pa) {
				pr_warn("reserved memory at %#lx overlaps the kernel, ignored\n", addr);
				continue;
			}
			if (addr >= low && addr < image_pa)
				firmware_end = MAX(firmware_end, end);
			range_cut(bootmem_ram, &bootmem_nram, ALIGN_DOWN(addr, PAGE_SIZE), PAGE_ALIGN(end));
		}
	}
	if (low == image_pa)
		return;
	if (!firmware_end)
		pr_warn("memory from %#lx to the kernel at %#lx may be the firmware's, ignored\n", low, image_pa);
	firmware_end = firmware_end ? MIN(ALIGN_UP(firmware_end, 2 * MiB), image_pa) : image_pa;
	range_cut(bootmem_ram, &bootmem_nram, low, firmware_end);
}

/* One or two cells; false if absent. */
static bool
chosen_address(int chosen, const char *name, u64 *out)
{
	struct fdt_prop p;

	if (!fdt_prop(&the_fdt, chosen, name, &p) || (p.len != 4 && p.len != 8))
		return false;
	*out = fdt_cell(&p, 0);
	if (p.len == 8)
		*out = *out << 32 | fdt_cell(&p, 1);
	return true;
}

static void
reserve_initrd(void)
{
	int chosen = fdt_path(&the_fdt, "/chosen", strlen("/chosen"));
	u64 start, end;

	if (chosen < 0 || !chosen_address(chosen, "linux,initrd-start", &start) ||
	    !chosen_address(chosen, "linux,initrd-end", &end) || start == end)
		return;
	if (start > end || !ram_holding(start, end)) {
		pr_warn("initrd at %#lx..%#lx is not in memory, ignored\n", start, end);
		return;
	}
	initrd_pa = start;
	initrd_size = end - start;
	bootmem_reserve(start, end);
}

void
bootmem_init(void)
{
	paddr_t image_end_pa = image_pa + (image_end - image_start);
	u64 addr, size;

	if (!boot_fdt || fdt_open(&the_fdt, boot_fdt, MIN(boot_fdt_size, FDT_MAX_SIZE)) != 0)
		panic("no device tree, or a malformed one, at %#lx", boot_fdt_pa);
	read_memory_nodes();
	if (bootmem_nram == 0)
		panic("the device tree describes no usable memory");
	cut_firmware(PAGE_ALIGN(image_end_pa));

	bootmem_reserve(image_pa, image_end_pa);
	bootmem_reserve(boot_fdt_pa, boot_fdt_pa + the_fdt.size);
	for (u32 i = 0; fdt_reserve(&the_fdt, i, &addr, &size); i++)
		if (addr + size > addr && addr + size <= DIRECT_SIZE)
			bootmem_reserve(addr, addr + size);
	reserve_initrd();
}

/* ---- handing it out ---- */

void *
early_va(paddr_t pa)
{
	static paddr_t window = ~0UL;
	static char *va;

	if (direct_map_up)
		return phys_to_virt(pa);
	if (ALIGN_DOWN(pa, 2 * MiB) != window) {
		window = ALIGN_DOWN(pa, 2 * MiB);
		va = fixmap_map(FIXMAP_SCRATCH, window);
	}
	return va + (pa - window);
}

/* The lowest free place of that size in r; 0: none. */
static paddr_t
find_in(const struct mem_range *r, size_t size, size_t align)
{
	paddr_t pa = ALIGN_UP(r->start, align);
	const struct mem_range *used;

	while (pa >= r->start && pa + size > pa && pa + size <= r->end) {
		used = bootmem_reserved_in(pa, pa + size);
		if (!used)
			return pa;
		pa = ALIGN_UP(used->end, align);
	}
	return 0;
}

paddr_t
bootmem_alloc(size_t size, size_t align)
{
	paddr_t pa = 0;

	size = PAGE_ALIGN(size);
	align = MAX(align, PAGE_SIZE);
	/* Beside the image first: its bank certainly works. */
	for (int pass = 0; pass < 2 && !pa; pass++)
		for (int i = 0; i < bootmem_nram && !pa; i++)
			if ((pass == 0) == (bootmem_ram[i].end > image_pa))
				pa = find_in(&bootmem_ram[i], size, align);
	if (!pa)
		panic("out of memory during boot: no %lu KiB free", size / KiB);
	bootmem_reserve(pa, pa + size);
	for (size_t i = 0; i < size; i += PAGE_SIZE)
		page_clear(early_va(pa + i));
	return pa;
}

paddr_t
bootmem_alloc_raw(size_t size, size_t align)
{
	const struct mem_range *best = &bootmem_ram[0];
	paddr_t pa;

	for (int i = 1; i < bootmem_nram; i++)
		if (bootmem_ram[i].end - bootmem_ram[i].start > best->end - best->start)
			best = &bootmem_ram[i];
	size = PAGE_ALIGN(size);
	pa = find_in(best, size, align);
	if (!pa)
		panic("out of memory during boot: no %lu MiB for the frame table", size / MiB);
	bootmem_reserve(pa, pa + size);
	kasan_unpoison(phys_to_virt(pa), size);
	return pa;
}

/* The copy is readable for ever, wherever the boot loader had put the original. */
void
bootmem_direct_map_up(void)
{
	u32 size = the_fdt.size;
	void *copy;

	direct_map_up = true;
	copy = phys_to_virt(bootmem_alloc(size, PAGE_SIZE));
	memcpy(copy, the_fdt.blob, size);
	if (fdt_open(&the_fdt, copy, size) != 0)
		panic("the device tree changed while it was copied");
	fixmap_close();
}
