/*
 * super_test.c - file systems as mke2fs makes them: mounted, used, unmounted; e2fsck must find
 * nothing to say.
 *
 * Also what must be refused, by which errno; options; statfs; read-only and back.
 */
#include "abi/mount.h"
#include "abi/statfs.h"
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "lib/fmt.h"
#include "lib/string.h"

static char big[3 << 20];

/* The bytes of file n. */
static void
fill(char *p, size_t size, u32 n)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (i * 31 + n * 7 + (i >> 8)) & 0xff;
}

static bool
same(const char *path, size_t size, u32 n)
{
	static char got[sizeof(big) + 1], want[sizeof(big)];

	fill(want, size, n);
	return host_get_file(path, got, size + 1) == (ssize_t)size && !memcmp(got, want, size);
}

static void
put(const char *path, size_t size, u32 n)
{
	fill(big, size, n);
	HOST_CHECK(host_put_file(path, big, size) == 0);
}

static const char *
name(char *buf, u32 dir, u32 file)
{
	snprintf(buf, 64, "/mnt/d%u/file-number-%u", dir, file);
	return buf;
}

static size_t size_of(u32 d, u32 i) { return (d * 977 + i * 1313) % 9000; }

/* Directories, files of all sizes, links of all kinds, devices; some of it removed again. */
static void
populate(void)
{
	static char target[200];
	char a[64], b[64];
	u32 d, i;

	memset(target, 'x', sizeof(target) - 1);
	for (d = 0; d < 6; d++) {
		snprintf(a, sizeof(a), "/mnt/d%u", d);
		HOST_CHECK(vfs_mkdir(AT_FDCWD, a, 0755) == 0);
		for (i = 0; i < 12; i++)
			put(name(a, d, i), size_of(d, i), d * 100 + i);
	}
	put("/mnt/big", sizeof(big), 5);
	HOST_CHECK(vfs_symlink("short", AT_FDCWD, "/mnt/fast") == 0);
	HOST_CHECK(vfs_symlink(target, AT_FDCWD, "/mnt/slow") == 0);
	HOST_CHECK(vfs_mknod(AT_FDCWD, "/mnt/null", S_IFCHR | 0666, ABI_DEV(1, 3)) == 0);
	HOST_CHECK(vfs_mknod(AT_FDCWD, "/mnt/wide", S_IFBLK | 0600, ABI_DEV(300, 70000)) == 0);
	HOST_CHECK(vfs_mknod(AT_FDCWD, "/mnt/fifo", S_IFIFO | 0600, 0) == 0);
	HOST_CHECK(vfs_link(AT_FDCWD, name(a, 0, 0), AT_FDCWD, "/mnt/hard", 0) == 0);
	for (d = 0; d < 6; d++)
		for (i = 0; i < 12; i += 3)
			HOST_CHECK(vfs_unlink(AT_FDCWD, name(a, d, i), false) == 0);
	for (i = 1; i < 12; i++)
		if (i % 3)
			HOST_CHECK(vfs_rename(AT_FDCWD, name(a, 5, i), AT_FDCWD, name(b, 4, 100 + i), 0) == 0);
	HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/d5", true) == 0);
}

static void
verify(void)
{
	struct stat_k st;
	struct path p;
	char a[64];
	u32 d, i;

	for (d = 0; d < 5; d++)
		for (i = 0; i < 12; i++)
			if (i % 3)
				HOST_CHECK(same(name(a, d, i), size_of(d, i), d * 100 + i));
	for (i = 1; i < 12; i++)
		if (i % 3)
			HOST_CHECK(same(name(a, 4, 100 + i), size_of(5, i), 500 + i));
	HOST_CHECK(same("/mnt/big", sizeof(big), 5));
	HOST_CHECK(same("/mnt/hard", size_of(0, 0), 0));
	HOST_CHECK(path_lookup(AT_FDCWD, "/mnt/d5", 0, &p) == -ENOENT);
	if (path_lookup(AT_FDCWD, "/mnt/wide", 0, &p)) {
		HOST_CHECK(!"found /mnt/wide");
		return;
	}
	HOST_CHECK(vfs_getattr(&p, &st) == 0 && st.rdev == ABI_DEV(300, 70000) && S_ISBLK(st.mode));
	path_put(&p);
}

static const char *const makes[] = {
	"-t ext2 -b 1024", "-t ext2 -b 2048", "-t ext2 -b 4096", "-t ext2 -I 128",
	"-t ext2 -O ^sparse_super,^resize_inode", "-t ext4 -O ^has_journal",
	"-t ext4 -O ^has_journal -b 1024", "-t ext4 -O ^has_journal -b 4096",
	"-t ext4 -O ^has_journal,^metadata_csum,uninit_bg",
	"-t ext4 -O ^has_journal,^metadata_csum,^uninit_bg", "-t ext4 -O ^has_journal,^64bit",
	"-t ext4 -O ^has_journal,^64bit,^metadata_csum,uninit_bg -b 1024",
	"-t ext4 -O ^has_journal,meta_bg,^resize_inode -b 1024",
	"-t ext4 -O ^has_journal,meta_bg,^resize_inode,^64bit -b 1024",
	"-t ext4 -O ^has_journal,sparse_super2 -b 1024",
	"-t ext4 -O ^has_journal,sparse_super2 -E num_backup_sb=1",
	"-t ext4 -O ^has_journal,^flex_bg -b 1024", "-t ext4 -O ^has_journal -G 2 -b 1024",
	"-t ext4 -O ^has_journal -I 128", "-t ext4 -O ^has_journal -I 512",
	"-t ext4 -O ^has_journal,^extent,^64bit",
	"-t ext4 -O ^has_journal,^dir_index,^huge_file",
	"-t ext4 -O ^has_journal,metadata_csum_seed",
	"-t ext4 -O ^has_journal -E lazy_itable_init=1 -b 1024",
	"-t ext4 -O ^has_journal -E lazy_itable_init=0 -b 1024",
	"-t ext4 -O ^has_journal -g 1024 -b 1024", "-t ext4 -O ^has_journal -N 4000 -b 1024",
	"-r 0", "-t ext3", "-t ext3 -b 1024", "-t ext4", "-t ext4 -b 1024", "-t ext4 -b 2048",
	"-t ext4 -b 4096", "-t ext4 -O orphan_file", "-t ext4 -O ^metadata_csum,uninit_bg",
	"-t ext4 -O ^64bit", "-t ext4 -O ^extent,^64bit",
	"-t ext4 -O meta_bg,^resize_inode -b 1024", "-t ext4 -O sparse_super2",
	"-t ext4 -O bigalloc -C 16384", "-t ext4 -O quota", "-t ext4 -O project,quota -I 256",
	"-t ext4 -O ^flex_bg -b 1024", "-t ext4 -O large_dir", "-t ext4 -O inline_data",
	"-t ext4 -O encrypt", "-t ext4 -O casefold", "-t ext4 -O ea_inode", "-t ext4 -O mmp",
};

/* What the features in `args` should make of a mount: 0, -EROFS (readable only), -EINVAL (not at all). */
static int
expected(const char *args)
{
	static const char *const no[] = { "inline_data", "encrypt", "casefold", "ea_inode", "mmp" };
	static const char *const ro[] = { "bigalloc", "quota" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(no); i++)
		if (strstr(args, no[i]))
			return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(ro); i++)
		if (strstr(args, ro[i]))
			return -EROFS;
	return 0;
}

static void
test_make(const char *args)
{
	struct block_device *dev = host_mke2fs(args, 24 * MiB);
	int want = expected(args), err = host_mount(dev, 0, NULL), before = host_failures;

	HOST_CHECK(err == (want ? -EINVAL : 0));
	if (want == -EROFS) {
		HOST_CHECK(host_mount(dev, MS_RDONLY, NULL) == 0);
		HOST_CHECK(vfs_mount(NULL, "/mnt", NULL, MS_REMOUNT, NULL) == -EROFS);
		HOST_CHECK(host_umount() == 0);
	}
	if (!err) {
		populate();
		verify();
		HOST_CHECK(host_umount() == 0);
		HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
		HOST_CHECK(host_mount(dev, MS_RDONLY, NULL) == 0);
		verify();
		HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/x", 0755) == -EROFS);
		HOST_CHECK(host_umount() == 0);
		HOST_CHECK(host_mount(dev, 0, NULL) == 0);
		verify();
		HOST_CHECK(host_umount() == 0);
	}
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	if (host_failures != before)
		printf("... with mke2fs %s: mount gave %d\n", args, err);
	host_disk_free(dev);
}

static void
test_options(void)
{
	/* As Linux 6.12 answers. */
	static const struct { const char *options; int want; const char *shown; bool journal; } cases[] = {
		{ NULL, 0, "", false },
		{ "", 0, "", false },
		{ "errors=remount-ro", 0, ",errors=remount-ro", false },
		{ "errors=panic,nodelalloc,discard", 0, ",discard,nodelalloc,errors=panic", false },
		{ "nobarrier", 0, ",nobarrier", false },
		{ "barrier=0", 0, ",nobarrier", false },
		{ "barrier=1,user_xattr,acl,relatime,delalloc", 0, "", false },
		{ "resuid=7,resgid=8", 0, ",resuid=7,resgid=8", false },
		{ "nonsense", -EINVAL, NULL, false },
		{ "errors=never", -EINVAL, NULL, false },
		{ "resuid", -EINVAL, NULL, false },
		{ "commit=x", -EINVAL, NULL, false },
		{ "data=ordered", -EINVAL, NULL, false },	/* there is no journal */
		{ "commit=7", -EINVAL, NULL, false },
		{ "commit=5", 0, "", false },
		{ "nobarrier,noload,discard,nodelalloc,minixdf,resuid=1,resgid=2,errors=panic", 0,
		  ",minixdf,discard,nodelalloc,norecovery,nobarrier,resuid=1,resgid=2,errors=panic", true },
		{ "nobarrier,discard,commit=9,data=writeback,resuid=1,errors=remount-ro", 0,
		  ",discard,nobarrier,resuid=1,errors=remount-ro,commit=9,data=writeback", true },
		{ "data=journal,nobarrier,discard,commit=3", 0,
		  ",nodioread_nolock,discard,nodelalloc,nobarrier,commit=3,data=journal", true },
		{ "data=journal,delalloc", -EINVAL, NULL, true },
		{ "errors=continue,data=ordered", 0, ",data=ordered", true },
		{ "grpid,commit=0,data_err=abort", 0, ",grpid", true },
		{ "commit=9999999999", -EINVAL, NULL, true },
		{ "quiet", -EINVAL, NULL, true },
		{ "data=", -EINVAL, NULL, true },
	};
	struct block_device *disk[2] = {
		host_mke2fs("-t ext4 -O ^has_journal", 4 * MiB), host_mke2fs("-t ext4", 16 * MiB),
	};
	char shown[128];
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		err = host_mount(disk[cases[i].journal], 0, cases[i].options);
		HOST_CHECK(err == cases[i].want);
		if (err)
			continue;
		HOST_CHECK(host_super()->ops->show_options(host_super(), shown, sizeof(shown)) >= 0);
		HOST_CHECK(!strcmp(shown, cases[i].shown));
		HOST_CHECK(host_umount() == 0);
	}
	host_disk_free(disk[0]);
	host_disk_free(disk[1]);
}

/* Free space goes, and comes back to what it was. */
static void
test_statfs(void)
{
	struct block_device *dev = host_mke2fs("-t ext4 -O ^has_journal -b 1024", 16 * MiB);
	struct abi_statfs before, full, after;
	struct super_block *sb;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	sb = host_super();
	memset(&before, 0, sizeof(before));
	memset(&full, 0, sizeof(full));
	memset(&after, 0, sizeof(after));
	HOST_CHECK(sb->ops->statfs(sb, &before) == 0);
	HOST_CHECK(before.f_bsize == 1024 && before.f_type == 0xEF53 && before.f_namelen == 255);
	put("/mnt/a", 1 << 20, 1);
	HOST_CHECK(sb->ops->statfs(sb, &full) == 0);
	HOST_CHECK(before.f_bfree - full.f_bfree >= 1024 && before.f_bfree - full.f_bfree < 1040);
	HOST_CHECK(before.f_ffree - full.f_ffree == 1);
	HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/a", false) == 0);
	HOST_CHECK(sb->ops->statfs(sb, &after) == 0);
	HOST_CHECK(after.f_bfree == before.f_bfree && after.f_ffree == before.f_ffree);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

static void
test_remount(const char *args)
{
	struct block_device *dev = host_mke2fs(args, 16 * MiB);
	struct super_block *sb;

	HOST_CHECK(host_mount(dev, MS_RDONLY, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/a", 0755) == -EROFS);
	HOST_CHECK(vfs_mount(NULL, "/mnt", NULL, MS_REMOUNT, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/a", 0755) == 0);
	put("/mnt/a/f", 5000, 3);
	sb = host_super();
	HOST_CHECK(vfs_mount(NULL, "/mnt", NULL, MS_REMOUNT | MS_RDONLY, "errors=remount-ro") == 0);
	HOST_CHECK(ext4_sb(sb)->on_error == EXT4_ON_ERROR_RO && ext4_sb(sb)->read_only);
	/* Whole and clean as it stands, not only once it is unmounted. */
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/b", 0755) == -EROFS);
	HOST_CHECK(vfs_mount(NULL, "/mnt", NULL, MS_REMOUNT, "nonsense") == -EINVAL);
	HOST_CHECK(vfs_mount(NULL, "/mnt", NULL, MS_REMOUNT, NULL) == 0);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/b", 0755) == 0);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

/* errors=remount-ro: one error, and nothing is written any more; the super block tells the next mount. */
static void
test_errors(void)
{
	struct block_device *dev = host_mke2fs("-t ext4 -O ^has_journal", 4 * MiB);
	const struct ext4_disk_super *d = (void *)((u8 *)host_disk_bytes(dev) + EXT4_SUPER_OFFSET);
	struct super_block *sb;

	HOST_CHECK(host_mount(dev, 0, "errors=continue") == 0);
	sb = host_super();
	HOST_CHECK(ext4_corrupt(sb, 12, 34, "a test: %d", 5) == -EFSCORRUPTED);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/a", 0755) == 0);
	HOST_CHECK(super_sync(sb, true) == 0);
	HOST_CHECK(d->s_error_count == 1 && d->s_first_error_ino == 12 && d->s_last_error_block == 34);
	HOST_CHECK((d->s_state & EXT4_STATE_ERROR) && !strcmp((char *)d->s_first_error_func, "test_errors"));
	HOST_CHECK(d->s_first_error_errcode == 5 && d->s_first_error_time);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_mount(dev, 0, "errors=remount-ro") == 0);
	sb = host_super();
	HOST_CHECK(ext4_error(sb, -EIO, "a test") == -EIO);
	HOST_CHECK(sb->flags & MS_RDONLY);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/b", 0755) == -EROFS);
	HOST_CHECK(d->s_error_count == 2 && d->s_first_error_ino == 12 && d->s_last_error_errcode == 2);
	HOST_CHECK(vfs_mount(NULL, "/mnt", NULL, MS_REMOUNT, NULL) == -EROFS);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(d->s_state & EXT4_STATE_ERROR);
	host_disk_free(dev);
}

/* Mounting reads no more of a large disk than of a small one. */
static void
test_mount_cost(void)
{
	struct block_device *small = host_mke2fs("-t ext4 -O ^has_journal -b 1024", 4 * MiB);
	struct block_device *large = host_mke2fs("-t ext4 -O ^has_journal -b 1024 -g 512", 128 * MiB);
	ulong reads[2];

	HOST_CHECK(host_mount(small, MS_RDONLY, NULL) == 0);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_mount(large, MS_RDONLY, NULL) == 0);
	HOST_CHECK(host_umount() == 0);
	reads[0] = host_disk_count(small, BIO_READ);
	reads[1] = host_disk_count(large, BIO_READ);
	HOST_CHECK(reads[1] <= reads[0] + 1);
	host_disk_free(small);
	host_disk_free(large);
}

/* Memory, or the disk, fails at any moment of a mount and a little work: errors, but the disk stays as it must be. */
static void
test_faults(const char *args)
{
	struct block_device *dev = host_mke2fs(args, 16 * MiB), *copy;
	ulong before;
	int kind, err;
	u32 n;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	put("/mnt/a", 5000, 1);
	HOST_CHECK(host_umount() == 0);
	for (kind = 0; kind < 3; kind++) {
		for (n = 1; n < 130; n += 1 + n / 24) {
			copy = host_disk_copy(dev);
			before = host_frames_used();
			if (kind == 0)
				host_alloc_fail(n, 0);
			else
				host_disk_fail(copy, kind == 1 ? BIO_READ : BIO_WRITE, n, 1);
			err = host_mount(copy, 0, NULL);
			if (!err) {
				host_put_file("/mnt/b", big, 9000);
				vfs_unlink(AT_FDCWD, "/mnt/a", false);
				vfs_mkdir(AT_FDCWD, "/mnt/c", 0755);
				HOST_CHECK(host_umount() == 0);
			}
			host_alloc_fail(0, 0);
			host_disk_fail(copy, BIO_READ, 0, 0);
			host_disk_fail(copy, BIO_WRITE, 0, 0);
			/* The next mount brings it in order, but for what a lost write took with it. */
			HOST_CHECK(host_mount(copy, 0, NULL) == 0);
			HOST_CHECK(host_umount() == 0);
			if (kind == 0)
				HOST_CHECK(host_disk_run(copy, "e2fsck -fn", 0) == 0);
			host_disk_free(copy);
			HOST_CHECK(host_frames_used() <= before + 64);
			if (host_failures) {
				printf("... fault %u of kind %d, mke2fs %s\n", n, kind, args);
				return;
			}
		}
	}
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	host_boot(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(makes); i++)
		test_make(makes[i]);
	test_options();
	test_statfs();
	test_remount("-t ext4 -O ^has_journal");
	test_remount("-t ext4");
	test_errors();
	test_mount_cost();
	test_faults("-t ext4 -b 1024");
	test_faults("-t ext4 -b 4096 -O orphan_file");
	test_faults("-t ext2 -b 1024");
	return host_end();
}
