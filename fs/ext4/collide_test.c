/*
 * collide_test.c - directories whose names share hashes by the hundred: hash.c is replaced by a hash with ten values.
 *
 * Leaves are then continued over many blocks, which no real set of names can be expected to bring about. e2fsck, which
 * has the true hash, is not asked.
 */
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define NAMES	2500

struct ext4_hash
ext4_name_hash(const struct ext4_sb *s, u8 version, const char *name, uint len)
{
	u32 sum = 0;

	for (uint i = 0; i < len; i++)
		sum += (u8)name[i] * (i + 1);
	return (struct ext4_hash){ (sum % 10 + 1) << 20, sum % 3 };
}

static uint seen[NAMES];

struct reader {
	struct dir_emit e;
	uint	room;
};

static bool
see(struct dir_emit *e, const char *name, size_t len, u64 ino, u8 type, loff_t next)
{
	struct reader *r = container_of(e, struct reader, e);
	char s[EXT4_NAME_MAX + 1] = "";
	uint n;

	if (!r->room)
		return false;
	r->room--;
	memcpy(s, name, len);
	if (sscanf(s, "name-%u", &n) == 1 && n < NAMES)
		seen[n]++;
	*e->pos = next;
	return true;
}

static const char *
name_of(char *buf, const char *prefix, uint n)
{
	snprintf(buf, 64, "/mnt/d/%s-%u", prefix, n);
	return buf;
}

/* Read the directory, a few names a call; other names come and go between the calls. */
static void
read_all(uint step, uint from, bool churn)
{
	struct file *f = vfs_open(AT_FDCWD, "/mnt/d", O_RDONLY | O_DIRECTORY, 0);
	struct reader r = { .e.emit = see, .e.pos = &f->pos };
	char buf[64];

	memset(seen, 0, sizeof(seen));
	do {
		r.room = 1 + host_below(50);
		mutex_lock(&f->pos_lock);
		rwsem_lock_read(&f->inode->lock);
		HOST_CHECK(f->ops->readdir(f, &r.e) == 0);
		rwsem_unlock_read(&f->inode->lock);
		mutex_unlock(&f->pos_lock);
		for (uint i = 0; churn && i < 5; i++) {
			if (vfs_link(AT_FDCWD, "/mnt/target", AT_FDCWD, name_of(buf, "other", host_below(300)), 0))
				vfs_unlink(AT_FDCWD, buf, false);
		}
	} while (!r.room);
	file_put(f);
	for (uint i = 0; i < NAMES; i++)
		HOST_CHECK(seen[i] == (i >= from && (i - from) % step == 0));
}

static void
find_all(uint step, uint from)
{
	struct path p;
	char buf[64];
	int err;

	while (dcache_reclaim(1000))
		;
	for (uint i = 0; i < NAMES; i++) {
		err = path_lookup(AT_FDCWD, name_of(buf, "name", i), 0, &p);
		HOST_CHECK(err == (i >= from && (i - from) % step == 0 ? 0 : -ENOENT));
		if (!err)
			path_put(&p);
	}
}

static void
test(const char *args)
{
	struct block_device *dev = host_mke2fs(args, 8 * MiB);
	char buf[64];

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	HOST_CHECK(vfs_mknod(AT_FDCWD, "/mnt/target", S_IFREG | 0600, 0) == 0);
	for (uint i = 0; i < NAMES; i++)
		HOST_CHECK(vfs_link(AT_FDCWD, "/mnt/target", AT_FDCWD, name_of(buf, "name", i), 0) == 0);
	find_all(1, 0);
	read_all(1, 0, false);
	read_all(1, 0, true);
	for (uint i = 0; i < NAMES; i++)
		if (i % 3 != 1)
			HOST_CHECK(vfs_unlink(AT_FDCWD, name_of(buf, "name", i), false) == 0);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	find_all(3, 1);
	read_all(3, 1, true);
	HOST_CHECK(host_umount() == 0);
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	host_boot(argc, argv);
	test("-t ext4 -O ^has_journal -b 1024");
	test("-t ext4 -O ^has_journal,^metadata_csum -b 2048");
	return host_end();
}
