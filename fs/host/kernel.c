/*
 * kernel.c - what the rest of the kernel is to the file systems, on the host: printk, panic, and the start.
 */
#include <sanitizer/common_interface_defs.h>
#include <stdarg.h>
#include "fs/async.h"
#include "fs/buffer.h"
#include "fs/event/anon.h"
#include "fs/event/epoll.h"
#include "fs/host/host.h"
#include "fs/host/private.h"
#include "fs/vfs.h"
#include "kernel/fdtable.h"
#include "kernel/random.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/pagecache_private.h"

int console_loglevel = 4;		/* errors and worse */

static void
put_err(void *arg, const char *s, size_t n)
{
	fwrite(s, 1, n, stderr);
}

void
printk(const char *fmt, ...)
{
	int level = 4;
	va_list ap;

	if (fmt[0] == 1) {
		level = fmt[1] - '0';
		fmt += 2;
	}
	if (level >= console_loglevel)
		return;
	va_start(ap, fmt);
	fmt_vformat(put_err, NULL, fmt, ap);
	va_end(ap);
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "panic: ");
	va_start(ap, fmt);
	fmt_vformat(put_err, NULL, fmt, ap);
	va_end(ap);
	fprintf(stderr, " (task %s)\n", current ? current->comm : "none");
	__sanitizer_print_stack_trace();
	abort();
}

const char *symbol_lookup(vaddr_t pc, ulong *offset, ulong *size) { return NULL; }
bool panicking(void) { return false; }

void
random_bytes(void *buf, size_t n)
{
	for (u8 *p = buf; n--; p++)
		*p = host_random();
}

/* ---- the raw disk's pages: what a block device's inode is on a real machine ---- */

const struct file_ops blkdev_fops;		/* nobody opens one */

/* Nobody waits for events, or is sent signals about files. */
void anon_init(void) { }
void epoll_init(void) { }
void epoll_forget(struct file *f) { }
void signalfd_init(void) { }
void kmsg_init(void) { }
void async_init(void) { }
void async_end(struct file *f) { }
int async_set(struct file *f, int fd, bool on) { return 0; }
int async_own(struct file *f) { return 0; }
void async_message(struct file *f, int fd) { }
long async_fcntl(struct file *f, uint cmd, ulong arg) { return -EINVAL; }

static struct super_block *disks_super;
static const struct super_ops disks_ops;
static const struct file_system disks_fs = { .name = "bdev", .nodev = true };

static void
page_read(struct bio *b)
{
	mapping_read_done(b->vec[0].frame, b->error);
	bio_free(b);
}

static void
device_read_pages(struct mapping *m, struct frame **pages, uint n)
{
	struct block_device *dev = m->inode->private;

	for (uint i = 0; i < n; i++) {
		u64 at = pages[i]->index << PAGE_SHIFT, size = dev->sectors * SECTOR_SIZE;
		u64 bytes = at < size ? MIN(size - at, PAGE_SIZE) : 0;
		struct bio *b;

		memset((char *)frame_va(pages[i]) + bytes, 0, PAGE_SIZE - bytes);
		if (!bytes) {
			mapping_read_done(pages[i], 0);
			continue;
		}
		b = bio_alloc(dev, BIO_READ, 1, GFP_KERNEL);
		b->sector = at / SECTOR_SIZE;
		b->done = page_read;
		bio_add(b, pages[i], 0, bytes);
		bio_submit(b);
	}
}

static const struct mapping_ops device_mapping_ops = { .read_pages = device_read_pages };

void
host_device_open(struct block_device *dev)
{
	dev->inode = inode_create(disks_super, S_IFBLK | 0600);
	if (!dev->inode)
		panic("no inode for a disk");
	dev->inode->mapping.ops = &device_mapping_ops;
	dev->inode->rdev = dev->dev;
	dev->inode->private = dev;
	dev->inode->size = dev->sectors * SECTOR_SIZE;
}

void
host_device_drop(struct block_device *dev)
{
	buffer_drop_all(dev);
	mapping_truncate(&dev->inode->mapping, 0);
}

void
host_device_close(struct block_device *dev)
{
	host_device_drop(dev);
	inode_put(dev->inode);
}

void
host_kernel_init(void)
{
	host_process.rlim[RLIMIT_FSIZE].rlim_cur = ~0UL;
	host_process.rlim[RLIMIT_NOFILE].rlim_cur = 1024;
	radix_cache_init();
	buffer_init();
	vfs_init();
	current->files = files_create();
	disks_super = super_create(&disks_fs, &disks_ops, 0);
	if (!disks_super || !current->files)
		panic("no memory to start with");
	reclaim_init();
	writeback_init();
}
