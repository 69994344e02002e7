/*
 * ramdisk.c - a disk made of memory: /dev/ram0, if the command line says ramdisk=64M.
 *
 * It answers each request at once, from inside start().  The smallest example of a driver, and a disk for tests that
 * need none of their own.
 */
#include "abi/errno.h"
#include "drivers/block/block.h"
#include "fs/dev.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "mm/vmap.h"

#define RAM_MAJOR	1
#define MAX_SECTORS	128		/* copied in one go, with interrupts off */

static char *ramdisk;			/* its bytes */

static int
ramdisk_start(void *driver, struct request *rq)
{
	char *at = ramdisk + (rq->sector << SECTOR_SHIFT);
	struct request_iter it;

	if (rq->op == BIO_DISCARD)
		memset(at, 0, (size_t)rq->sectors << SECTOR_SHIFT);
	for (it = request_first(rq); it.len; request_step(&it)) {
		char *p = (char *)frame_va(it.frame) + it.off;

		if (rq->op == BIO_WRITE)
			memcpy(at, p, it.len);
		else
			memcpy(p, at, it.len);
		at += it.len;
	}
	request_done(rq, 0);
	return 0;
}

static const struct block_ops ramdisk_ops = { .start = ramdisk_start };
static const struct block_limits ramdisk_limits = {
	.max_vecs = BIO_MAX_VECS, .max_sectors = MAX_SECTORS, .max_discard = MAX_SECTORS, .discard = true,
};

void
ramdisk_init(void)
{
	const char *s = param("ramdisk");
	char *end;
	u64 size;
	int err;

	if (!s)
		return;
	size = strtoul(s, &end, 0);
	switch (*end) {
	case 'G': case 'g': size *= GiB; break;
	case 'M': case 'm': size *= MiB; break;
	case 'K': case 'k': size *= KiB; break;
	}
	size = ALIGN_DOWN(size, PAGE_SIZE);
	ramdisk = size ? vmalloc(size) : NULL;
	if (!ramdisk) {
		pr_err("ram0: no disk of ramdisk=%s\n", s);
		return;
	}
	memset(ramdisk, 0, size);
	err = block_register("ram0", DEV(RAM_MAJOR, 0), size >> SECTOR_SHIFT, SECTOR_SIZE, false, &ramdisk_limits,
			     &ramdisk_ops, NULL);
	if (err)
		vfree(ramdisk);
}
