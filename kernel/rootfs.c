/*
 * rootfs.c - the root directory on a disk: root=/dev/vda, rootfstype=, rootflags=, ro, rw, rootwait, rootdelay=.
 *
 *	/dev      devtmpfs, so that root='s device has a name
 *	/root     the disk is mounted here (read-only without `rw`, as on Linux), and devtmpfs on its dev/
 *	          pid 1 and its children have this as "/"; what is outside of it they do not see
 *
 * Further   Linux Documentation/admin-guide/kernel-parameters.txt.
 */
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/mount.h"
#include "drivers/block/block.h"
#include "fs/dev.h"
#include "fs/vfs.h"
#include "kernel/init.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define POLL_STEP	(100 * NSEC_PER_MSEC)	/* rootwait looks so often */

/* "254:0": the device's name through *name (room for "/dev/" and the name). False: not of that form, or none. */
static bool
name_of_number(const char *root, char *name, size_t size)
{
	struct block_device *dev;
	ulong major, minor;
	char *end;

	major = strtoul(root, &end, 10);
	if (end == root || *end != ':')
		return false;
	root = end + 1;
	minor = strtoul(root, &end, 10);
	if (end == root || *end || major > 4095 || minor > 255)
		return false;
	dev = block_find(DEV(major, minor));
	if (dev)
		snprintf(name, size, "/dev/%s", dev->name);
	return dev != NULL;
}

static void
list_disk(void *n, struct block_device *dev)
{
	pr_err("  /dev/%-8s %lu KiB\n", dev->name, (ulong)dev->sectors / 2);
	++*(int *)n;
}

static void NORETURN
cannot_mount(const char *root, const char *type, int err)
{
	int n = 0;

	pr_err("root: these disks are there:\n");
	block_for_each(list_disk, &n);
	if (!n)
		pr_err("  none (QEMU: -drive file=IMAGE,if=none,format=raw,id=d -device virtio-blk-device,drive=d)\n");
	panic("cannot mount the root file system root=%s%s%s: error %d", root, type ? " rootfstype=" : "",
	      type ? type : "", -err);
}

/* Mount source on /root as type, or as whatever kind it turns out to be. 0 or -errno. */
static int
try_mount(const char *source, const char *type, ulong flags, const char *data)
{
	int err = -ENODEV, i;

	if (type && *type)
		return vfs_mount(source, "/root", type, flags, data);
	for (i = 0; (type = fs_disk_kind(i)) != NULL; i++) {
		err = vfs_mount(source, "/root", type, flags, data);
		if (err != -EINVAL)	/* -EINVAL: not that kind */
			break;
	}
	return err;
}

static void
wait_for_device(const char *source)
{
	struct path p;

	if (!param("rootwait"))
		return;
	while (path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &p))
		sleep_until(clock_monotonic() + POLL_STEP);
	path_put(&p);
}

/* pid 1, and who it starts, see `where` as the root directory. */
static int
change_root(const char *where)
{
	struct fs_context *fs = current->fs;
	struct path p, old_root, old_cwd;
	int err = path_lookup(AT_FDCWD, where, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	path_get(&p);
	spin_lock(&fs->lock);
	old_root = fs->root;
	old_cwd = fs->cwd;
	fs->root = p;
	fs->cwd = p;
	spin_unlock(&fs->lock);
	path_put(&old_root);
	path_put(&old_cwd);
	return 0;
}

bool
rootfs_mount(void)
{
	const char *root = param("root"), *type = param("rootfstype"), *delay = param("rootdelay");
	ulong flags = param("rw") ? 0 : MS_RDONLY;
	char name[32];
	int err;

	if (!root || !*root)
		return false;
	if (delay && *delay)
		sleep_until(clock_monotonic() + strtoul(delay, NULL, 10) * NSEC_PER_SEC);
	err = vfs_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (err)
		cannot_mount(root, type, err);
	if (name_of_number(root, name, sizeof(name)))
		root = name;
	wait_for_device(root);
	err = try_mount(root, type, flags, param("rootflags"));
	if (err)
		cannot_mount(root, type, err);
	err = vfs_mount("devtmpfs", "/root/dev", "devtmpfs", 0, NULL);
	if (err)
		pr_warn("root: it has no /dev to mount devtmpfs on: error %d\n", -err);
	err = change_root("/root");
	if (err)
		cannot_mount(root, type, err);
	pr_info("root: %s mounted %s\n", root, flags & MS_RDONLY ? "read-only" : "read-write");
	return true;
}
