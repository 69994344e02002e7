/*
 * errata.c - which known faults the cores have, by the ids that the firmware tells of each.
 *
 * A core is looked up when its hart starts. What works around a fault asks for its bit in `errata`:
 * tlb_flush_local_page (tlb.c) and fetch_address (trap.c).
 *
 * What needs no bit is done for every core: only full fences go to other harts, and no ASIDs are used (tlb.c);
 * entries have A and D from the start (mm/pagetable.c); large pages never touch the firmware's memory
 * (mm/kernelmap.c).
 *
 * "errata=VENDOR:ARCH:IMPLEMENTATION" looks up those ids instead: so the work-arounds can be run on any core.
 *
 * Further     SiFive errata CIP-453 and CIP-1200; the RISC-V Privileged Architecture on mvendorid, marchid, mimpid.
 */
#include "errata.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "lib/string.h"

#define ANY_VENDOR	0UL
#define SIFIVE		0x489UL
#define ROCKET		1UL			/* the U5 series and everybody's Rocket: an id of the open list */
#define BULLET		0x8000000000000007UL	/* the U7 series: with the top bit, an id of the vendor's own list */

struct erratum {
	const char *what;
	u32	bit;
	ulong	vendor, arch;
	ulong	mask, first, last;		/* of mimpid, under the mask... */
	ulong	repaired;			/* ...but for this one, whole */
};

static const struct erratum table[] = {
	{ "a fence by address is not enough", ERRATUM_FENCE_ADDRESS, ANY_VENDOR, ROCKET,
	  0xffffff, 0, 0x200630, 0x1200626 },
	{ "a fence by address is not enough (CIP-1200)", ERRATUM_FENCE_ADDRESS, SIFIVE, BULLET,
	  0xffffff, 0, 0x200630, 0x1200626 },
	{ "addresses of failed fetches are cut (CIP-453)", ERRATUM_FETCH_ADDRESS, SIFIVE, BULLET,
	  ~0UL, 0x20181004, 0x20191105, 0 },
};

u32 errata;

static bool
has(const struct erratum *e, ulong mvendorid, ulong marchid, ulong mimpid)
{
	ulong imp = mimpid & e->mask;

	return marchid == e->arch && (e->vendor == ANY_VENDOR || mvendorid == e->vendor) &&
	       imp >= e->first && imp <= e->last && mimpid != e->repaired;
}

/* Ids of the command line; those that it leaves out stay. */
static void
pretend(ulong *id[3])
{
	const char *s = param("errata");
	char *end;

	for (int i = 0; s && i < 3; i++) {
		*id[i] = strtoul(s, &end, 0);
		s = *end == ':' ? end + 1 : NULL;
	}
}

void
errata_add(ulong mvendorid, ulong marchid, ulong mimpid)
{
	pretend((ulong *[]){ &mvendorid, &marchid, &mimpid });
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct erratum *e = &table[i];

		if (has(e, mvendorid, marchid, mimpid) &&
		    !(__atomic_fetch_or(&errata, e->bit, __ATOMIC_RELAXED) & e->bit))
			pr_info("errata: %s\n", e->what);
	}
}
