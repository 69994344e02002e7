/*
 * kernel.c - the kernel's drivers, without their devices.
 *
 * Which driver gets which node is decided by the kernel's own drivers/driver.c and drivers/spi/spi.c, compiled for
 * this machine and linked here. The drivers they choose from are those of drivers/drivers.def and spi/chips.def; their
 * names, levels and lists of `compatible` strings are read from kernel.elf. Only their probe functions are ours: they
 * write down what they were given.
 *
 * Data        NAME_driver of each driver, filled by kernel_open(); claimed[].
 * Invariants  struct driver has the same layout here and there: both are LP64, little-endian.
 * Not here    what it means (report.c).
 */
#include <elf.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/irq.h"
#include "drivers/spi/spi.h"
#include "kernel/printk.h"
#include "mm/bootmem.h"
#include "mm/slab.h"
#include "mm/vmap.h"
#include "tools/port/port.h"

#define DRIVER(name)	struct driver name##_driver;
#include "drivers/drivers.def"
#undef DRIVER

#define CHIP(name)	struct spi_driver name##_driver;
#include "drivers/spi/chips.def"
#undef CHIP

static struct entry {			/* a driver: its name, its file, and whichever of the two it is */
	const char *name, *file;
	struct driver *driver;
	struct spi_driver *chip;
	const char *kind;
} drivers[] = {
#define DRIVER(name)	{ #name, "drivers/*/" #name ".c", &name##_driver, NULL, NULL },
#include "drivers/drivers.def"
#undef DRIVER
#define CHIP(name)	{ #name, "drivers/*/" #name ".c", NULL, &name##_driver, NULL },
#include "drivers/spi/chips.def"
#undef CHIP
};

static_assert(sizeof(void *) == 8 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the kernel's structures are read as they are");

struct fdt the_fdt;
struct claimed claimed[MAX_CLAIMED];
int nclaimed;
const char *kernel_isa = "";

static const u8 *image;			/* kernel.elf */
static size_t image_size;

/* ---- kernel.elf ---- */

static bool
inside(u64 off, u64 size)
{
	return off <= image_size && size <= image_size - off;
}

/* The section headers; NULL if this is no ELF file of ours. */
static const Elf64_Shdr *
sections(u32 *n)
{
	const Elf64_Ehdr *h = (const void *)image;

	if (!inside(0, sizeof(*h)) || memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_machine != EM_RISCV || h->e_shoff % 8 || !inside(h->e_shoff, h->e_shnum * sizeof(Elf64_Shdr)))
		return NULL;
	*n = h->e_shnum;
	return (const void *)(image + h->e_shoff);
}

static const Elf64_Shdr *
section(u32 type)
{
	u32 n = 0;
	const Elf64_Shdr *s = sections(&n);

	for (; n; n--, s++)
		if (s->sh_type == type && inside(s->sh_offset, s->sh_size))
			return s;
	return NULL;
}

/* What is in the file for the kernel's address va; NULL unless size bytes are. */
static const void *
at_address(u64 va, u64 size)
{
	u32 n = 0;
	const Elf64_Shdr *s = sections(&n);

	for (; n; n--, s++)
		if (s->sh_type == SHT_PROGBITS && s->sh_flags & SHF_ALLOC && va >= s->sh_addr &&
		    va - s->sh_addr <= s->sh_size && size <= s->sh_size - (va - s->sh_addr) &&
		    inside(s->sh_offset, s->sh_size))
			return image + s->sh_offset + (va - s->sh_addr);
	return NULL;
}

static const char *
string_at(u64 va)
{
	const char *s = at_address(va, 1);

	return s && memchr(s, 0, image + image_size - (const u8 *)s) ? s : NULL;
}

static u64
symbol_address(const char *name)
{
	u32 n;
	const Elf64_Shdr *all = sections(&n), *symtab = section(SHT_SYMTAB), *strtab;
	const Elf64_Sym *sym;

	if (!symtab || symtab->sh_link >= n)
		return 0;
	strtab = &all[symtab->sh_link];
	sym = (const void *)(image + symtab->sh_offset);
	for (u64 i = 0; i < symtab->sh_size / sizeof(*sym); i++)
		if (sym[i].st_name < strtab->sh_size && inside(strtab->sh_offset, strtab->sh_size) &&
		    !strncmp((const char *)image + strtab->sh_offset + sym[i].st_name, name,
			     strtab->sh_size - sym[i].st_name))
			return sym[i].st_value;
	return 0;
}

/* The string in the attributes that says what was compiled for. */
static void
read_isa(void)
{
	const Elf64_Shdr *s = section(SHT_RISCV_ATTRIBUTES);
	const char *p = s ? (const char *)image + s->sh_offset : NULL;

	for (u64 i = 0; s && i + 4 < s->sh_size; i++)
		if (!memcmp(p + i, "rv64", 4) && memchr(p + i, 0, s->sh_size - i)) {
			kernel_isa = p + i;
			return;
		}
}

/* ---- the drivers ---- */

static void
claim(int node, struct entry *e, enum driver_level level, const char *compatible)
{
	if (nclaimed < MAX_CLAIMED)
		claimed[nclaimed++] = (struct claimed){ node, e->name, e->kind, level, compatible };
}

static int
note_chip(struct spi_device *d)
{
	for (struct entry *e = drivers; e < drivers + ARRAY_SIZE(drivers); e++)
		if (e->chip && fdt_compatible(&the_fdt, d->node, e->chip->compatible)) {
			claim(d->node, e, DRIVER_NORMAL, e->chip->compatible);
			break;
		}
	return 0;
}

/* Every driver's probe. A bus's driver then tells of what is on it. */
static int
note(struct device *dev)
{
	struct spi_bus *bus;
	struct entry *e = drivers;

	while (e->driver != dev->driver)
		e++;
	claim(dev->node, e, e->driver->level, dev->match->compatible);
	if (!spi_bus_wanted(dev->node))
		return 0;
	bus = calloc(1, sizeof(*bus));
	if (!bus)
		return -ENOMEM;
	bus->name = dev->name;
	bus->ncs = UINT32_MAX;
	spi_bus_register(bus, dev->node);
	return 0;
}

/* Copy a driver's tables out of the kernel. */
static bool
load_driver(u64 address, struct driver *d)
{
	const struct driver *theirs = at_address(address, sizeof(*theirs));
	const struct driver_match *m, *ours;
	struct driver_match *copy;
	int n = 0;

	if (!theirs)
		return false;
	*d = *theirs;
	d->probe = note;
	d->name = string_at((u64)theirs->name);
	for (m = at_address((u64)theirs->match, sizeof(*m)); m && m->compatible;
	     m = at_address((u64)&theirs->match[n], sizeof(*m)))
		n++;
	ours = at_address((u64)theirs->match, (n + 1) * sizeof(*ours));
	copy = calloc(n + 1, sizeof(*copy));
	if (!m || !ours || !copy || !d->name)
		return false;
	for (int i = 0; i < n; i++)
		if (!(copy[i].compatible = string_at((u64)ours[i].compatible)))
			return false;
	d->match = copy;
	return true;
}

static bool
load_chip(u64 address, struct spi_driver *d)
{
	const struct spi_driver *theirs = at_address(address, sizeof(*theirs));

	if (!theirs)
		return false;
	d->compatible = string_at((u64)theirs->compatible);
	d->probe = note_chip;
	return d->compatible;
}

/* "uart" of drivers/uart/..., by the driver's file. */
static const char *
kind_of(const char *file)
{
	const char *folder;
	char *kind = NULL;
	glob_t g;

	if (glob(file, 0, NULL, &g) == 0) {
		folder = g.gl_pathv[0] + strlen("drivers/");
		kind = strndup(folder, strcspn(folder, "/"));
		globfree(&g);
	}
	return kind ? kind : "?";
}

const char *
kernel_open(const void *elf, size_t size)
{
	char symbol[64];
	struct entry *e;
	u32 n;

	image = elf;
	image_size = size;
	if (!sections(&n))
		return "not a 64-bit RISC-V ELF file";
	for (e = drivers; e < drivers + ARRAY_SIZE(drivers); e++) {
		sprintf(symbol, "%.32s_driver", e->name);
		e->kind = kind_of(e->file);
		if (!(e->driver ? load_driver(symbol_address(symbol), e->driver) :
				  load_chip(symbol_address(symbol), e->chip)))
			return "its drivers are not those of drivers/drivers.def: run make";
	}
	read_isa();
	return NULL;
}

void
kernel_probe(void)
{
	for (int level = 0; level <= DRIVER_NORMAL; level++)
		driver_probe_all(level);
}

/* ---- what drivers/driver.c and drivers/spi/spi.c call ---- */

void
printk(const char *fmt, ...)
{
}

void *
kmalloc(size_t size, u32 flags)
{
	return malloc(size);
}

void *
kzalloc(size_t size, u32 flags)
{
	return calloc(1, size);
}

void
kfree(void *p)
{
	free(p);
}

void
mutex_init(struct mutex *m, enum lock_rank rank)
{
}

volatile void *
ioremap(paddr_t pa, size_t size)
{
	return NULL;
}

int
irq_attach(int controller, u32 source, const char *name, void (*fn)(void *), void *arg)
{
	return -ENODEV;
}
