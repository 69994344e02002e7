/*
 * orphan_test.c - files deleted while they are open, and a machine that stops: the next mount deletes them.
 *
 * For each kind of file system: files of several kinds and sizes lose their names but are kept
 * open, some are closed again, in any order; at some moment the disk is copied as it is.  The
 * copy is mounted: nothing of them may be left.
 */
#include "abi/mount.h"
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define FILES	40

static char data[70000];

static struct file *
open_file(int i)
{
	struct file *f;
	char name[32];

	snprintf(name, sizeof(name), "/mnt/f%d", i);
	HOST_CHECK(host_put_file(name, data, i % 7 == 0 ? 0 : i * 1700) == 0);
	f = vfs_open(AT_FDCWD, name, O_RDONLY, 0);
	if (IS_ERR(f))
		panic("open %s: %d", name, PTR_ERR(f));
	return f;
}

static void
unlink_file(int i)
{
	char name[32];

	snprintf(name, sizeof(name), "/mnt/f%d", i);
	HOST_CHECK(vfs_unlink(AT_FDCWD, name, false) == 0);
}

/* Mounted once more, and unmounted, the copy is clean, and has as much space as when it was new. */
static void
check_copy(struct block_device *dev, u64 blocks, s64 inodes, ulong flags)
{
	struct ext4_sb *s;

	HOST_CHECK(host_mount(dev, flags, NULL) == 0);
	s = ext4_sb(host_super());
	HOST_CHECK((u64)s->free_blocks == blocks && s->free_inodes == inodes);
	HOST_CHECK(s->norphans == 0 && !s->super->s_last_orphan);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
}

static void
test(const char *make, ulong flags)
{
	struct block_device *dev = host_mke2fs(make, 16 * MiB), *copy;
	struct file *f[FILES];
	struct ext4_sb *s;
	u64 blocks;
	s64 inodes;
	int i;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	s = ext4_sb(host_super());
	blocks = s->free_blocks;
	inodes = s->free_inodes;
	for (i = 0; i < FILES; i++)
		f[i] = open_file(i);
	for (i = 0; i < FILES; i++)
		unlink_file((i * 7) % FILES);
	HOST_CHECK(s->norphans == FILES);
	/* First, last and some in the middle of the list go. */
	for (i = 0; i < FILES; i += 3) {
		file_put(f[i]);
		f[i] = NULL;
	}
	HOST_CHECK(super_sync(host_super(), true) == 0);
	HOST_CHECK(vfs_mount(NULL, "/mnt", NULL, MS_REMOUNT | MS_RDONLY, NULL) == -EBUSY);
	copy = host_disk_copy(dev);
	for (i = 0; i < FILES; i++)
		if (f[i])
			file_put(f[i]);
	HOST_CHECK(s->norphans == 0);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	check_copy(dev, blocks, inodes, 0);
	check_copy(copy, blocks, inodes, flags);
	host_disk_free(dev);
	host_disk_free(copy);
}

/* A list that bites its tail, or leads nowhere, ends the clean-up, not the machine. */
static void
test_bad_list(u32 head, u32 next)
{
	struct block_device *dev = host_mke2fs("-t ext4 -O ^has_journal,^metadata_csum -b 1024", 8 * MiB);
	struct ext4_disk_super *d = (void *)((u8 *)host_disk_bytes(dev) + EXT4_SUPER_OFFSET);
	struct ext4_disk_inode *inode;
	struct file *f;
	struct ext4_inode *ei;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	f = open_file(1);
	ei = ext4_i(f->inode);
	inode = (void *)((u8 *)host_disk_bytes(dev) + ei->table_block * 1024 + ei->table_off);
	HOST_CHECK(head == 0 || head == f->inode->ino || head > 12);
	file_put(f);
	HOST_CHECK(host_umount() == 0);
	d->s_last_orphan = head;
	inode->i_dtime = next;
	host_mount(dev, 0, NULL);
	host_umount();
	HOST_CHECK(d->s_last_orphan == 0);
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	static const char *const makes[] = {
		"-t ext4 -b 1024", "-t ext4 -b 1024 -O orphan_file", "-t ext4 -b 4096 -O orphan_file",
		"-t ext3 -b 1024", "-t ext2 -b 1024", "-t ext4 -O ^has_journal",
	};

	host_boot(argc, argv);
	memset(data, 'd', sizeof(data));
	for (size_t i = 0; i < ARRAY_SIZE(makes); i++) {
		int before = host_failures;

		test(makes[i], 0);
		test(makes[i], MS_RDONLY);
		if (host_failures != before)
			printf("... with mke2fs %s\n", makes[i]);
	}
	test_bad_list(12, 12);
	test_bad_list(12, 100000);
	test_bad_list(100000, 0);
	test_bad_list(500, 0);
	return host_end();
}
