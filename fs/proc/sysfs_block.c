/*
 * sysfs_block.c - disks and partitions in /sys, where lsblk, blkid and udev look for them.
 *
 *	/sys/devices/virtual/block/vda/vda1	what there is to know of each
 *	/sys/block/vda				a link there, for disks
 *	/sys/class/block/vda1			a link there, for disks and partitions
 *	/sys/dev/block/254:1			a link there, by number
 *
 * Data        arg of a node is the device number.  Devices do not go away (drivers/block/block.h).
 * Not here    which bus a disk is on: all of them stand under "virtual".
 * Further     Linux Documentation/ABI/stable/sysfs-block.
 */
#include "abi/errno.h"
#include "drivers/block/block.h"
#include "fs/dev.h"
#include "fs/proc/sysfs.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define MS(ns)	((ulong)((ns) / 1000000))

/* --- files of one device --- */

static int
dev_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%u:%u\n", DEV_MAJOR(n->arg), DEV_MINOR(n->arg));
	return 0;
}

static int
size_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%lu\n", (ulong)block_find(n->arg)->sectors);
	return 0;
}

static int
start_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%lu\n", (ulong)block_find(n->arg)->start);
	return 0;
}

static int
partition_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", block_find(n->arg)->partition);
	return 0;
}

static int
ro_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%d\n", block_find(n->arg)->read_only);
	return 0;
}

static int
block_size_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "%u\n", block_find(n->arg)->block_size);
	return 0;
}

static int
uevent_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct block_device *d = block_find(n->arg);

	pbuf_printf(b, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=%s\n", DEV_MAJOR(d->dev), DEV_MINOR(d->dev), d->name,
		    d->partition ? "partition" : "disk");
	if (d->partition)
		pbuf_printf(b, "PARTN=%d\n", d->partition);
	return 0;
}

static void
put_io(struct pbuf *b, const struct block_stats *s, enum bio_op op)
{
	pbuf_printf(b, "%8lu %8lu %8lu %8lu ", s->ios[op], s->merges[op], s->sectors[op], MS(s->ns[op]));
}

/* The numbers of a line of /proc/diskstats. */
static int
stat_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct block_stats s = block_find(n->arg)->stats;
	u64 weighted = s.ns[BIO_READ] + s.ns[BIO_WRITE] + s.ns[BIO_DISCARD] + s.ns[BIO_FLUSH];

	put_io(b, &s, BIO_READ);
	put_io(b, &s, BIO_WRITE);
	pbuf_printf(b, "%8lu %8lu %8lu ", s.in_flight, MS(s.busy_ns), MS(weighted));
	put_io(b, &s, BIO_DISCARD);
	pbuf_printf(b, "%8lu %8lu\n", s.ios[BIO_FLUSH], MS(s.ns[BIO_FLUSH]));
	return 0;
}

/* --- names --- */

static const struct pentry disk_dir, partition_dir;

/* Looking for one device that `matches`, from the one after `skip` matching ones on. */
struct search {
	bool	(*matches)(const struct search *s, const struct block_device *d);
	const char *name;
	u32	whole;			/* of a disk's partitions: the disk */
	long	skip;
	struct block_device *found;
};

static void
search_step(void *arg, struct block_device *d)
{
	struct search *s = arg;

	if (!s->found && s->matches(s, d) && s->skip-- == 0)
		s->found = d;
}

static bool
is_disk(const struct search *s, const struct block_device *d)
{
	return !d->partition && (!s->name || strcmp(s->name, d->name) == 0);
}

static bool
is_any(const struct search *s, const struct block_device *d)
{
	return !s->name || strcmp(s->name, d->name) == 0;
}

static bool
is_partition(const struct search *s, const struct block_device *d)
{
	return d->partition && d->whole->dev == s->whole && (!s->name || strcmp(s->name, d->name) == 0);
}

static bool
is_number(const struct search *s, const struct block_device *d)
{
	char number[24];

	snprintf(number, sizeof(number), "%u:%u", DEV_MAJOR(d->dev), DEV_MINOR(d->dev));
	return !s->name || strcmp(s->name, number) == 0;
}

static int
find(struct search s, const struct pentry *e, struct pnode *out)
{
	block_for_each(search_step, &s);
	if (!s.found)
		return -ENOENT;
	out->e = e;
	out->arg = s.found->dev;
	return 0;
}

/* Emit all that s matches, as entries of kind e. */
static int
list_devices(struct search s, const struct pentry *e, struct dir_emit *to)
{
	struct search next;
	char number[24];

	for (long i = *to->pos - PTREE_DYNAMIC; ; i++) {
		struct pnode n = { .e = e };

		next = s;
		next.skip = i;
		block_for_each(search_step, &next);
		if (!next.found)
			return 0;
		n.arg = next.found->dev;
		snprintf(number, sizeof(number), "%u:%u", DEV_MAJOR(n.arg), DEV_MINOR(n.arg));
		if (!ptree_emit(to, s.matches == is_number ? number : next.found->name, &n, PTREE_DYNAMIC + i + 1))
			return 0;
	}
}

/* "../" up times, then the way to the device's directory. */
static ssize_t
link_text(u32 dev, int up, char *buf, size_t size)
{
	struct block_device *d = block_find(dev);
	char text[64] = "";

	while (up--)
		strlcat(text, "../", sizeof(text));
	strlcat(text, "devices/virtual/block/", sizeof(text));
	strlcat(text, d->whole->name, sizeof(text));
	if (d->partition) {
		strlcat(text, "/", sizeof(text));
		strlcat(text, d->name, sizeof(text));
	}
	return MIN(snprintf(buf, size, "%s", text), (int)size);
}

static ssize_t
near_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	return link_text(n->arg, 1, buf, size);
}

static ssize_t
far_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	return link_text(n->arg, 2, buf, size);
}

static const struct pentry near_link = { .name = "link", .mode = S_IFLNK | 0777, .readlink = near_readlink };
static const struct pentry far_link = { .name = "link", .mode = S_IFLNK | 0777, .readlink = far_readlink };

/* A directory's two functions (sysfs.h): what is in it, and as what it appears. */
#define LISTING(dir_name, condition, entry, of_disk) \
int \
sysfs_##dir_name##_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out) \
{ \
	return find((struct search){ .matches = condition, .name = name, .whole = of_disk }, &entry, out); \
} \
int \
sysfs_##dir_name##_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e) \
{ \
	return list_devices((struct search){ .matches = condition, .whole = of_disk }, &entry, e); \
}

LISTING(block, is_disk, near_link, 0)
LISTING(class_block, is_any, far_link, 0)
LISTING(dev_block, is_number, far_link, 0)
LISTING(devices_block, is_disk, disk_dir, 0)
LISTING(partitions, is_partition, partition_dir, dir->arg)

/* --- the tables --- */

static const struct pentry queue_table[] = {
	PFILE("hw_sector_size", block_size_show),
	PFILE("logical_block_size", block_size_show),
	PFILE("minimum_io_size", block_size_show),
	PFILE("physical_block_size", block_size_show),
	{ 0 },
};

#define COMMON_FILES \
	PTEXT("alignment_offset", "0\n"), \
	PFILE("dev", dev_show), \
	PDIR("holders", NULL), \
	PFILE("ro", ro_show), \
	PFILE("size", size_show), \
	PFILE("stat", stat_show), \
	PFILE("uevent", uevent_show)

static const struct pentry disk_table[] = {
	COMMON_FILES,
	PTEXT("hidden", "0\n"),
	PDIR("queue", queue_table),
	PTEXT("removable", "0\n"),
	PDIR("slaves", NULL),
	{ 0 },
};

static const struct pentry partition_table[] = {
	COMMON_FILES,
	PFILE("partition", partition_show),
	PFILE("start", start_show),
	{ 0 },
};

static const struct pentry disk_dir = {
	.name = "disk", .mode = S_IFDIR | 0555, .children = disk_table,
	.lookup = sysfs_partitions_lookup, .readdir = sysfs_partitions_readdir,
};
static const struct pentry partition_dir = PDIR("partition", partition_table);
