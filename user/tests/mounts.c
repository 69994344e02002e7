/* mounts: a mount hides what is below, cannot go while in use, can be read-only, and stacks. */
#include <sys/mount.h>
#include "test.h"

static void
put(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	CHECK(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
}

int
main(void)
{
	struct stat under, over;
	int fd;

	rmdir("/tmp/mnt.t");
	CHECK(mkdir("/tmp/mnt.t", 0755) == 0);
	put("/tmp/mnt.t/below");
	CHECK(stat("/tmp/mnt.t", &under) == 0);
	CHECK_ERRNO(ENODEV, mount("none", "/tmp/mnt.t", "nosuchfs", 0, NULL));
	CHECK_ERRNO(ENOENT, mount("none", "/tmp/none", "tmpfs", 0, NULL));
	CHECK_ERRNO(ENOTDIR, mount("none", "/tmp/mnt.t/below", "tmpfs", 0, NULL));
	CHECK_ERRNO(EINVAL, umount("/tmp/mnt.t"));

	CHECK(mount("none", "/tmp/mnt.t", "tmpfs", 0, "mode=0700") == 0);
	CHECK(stat("/tmp/mnt.t", &over) == 0 && over.st_dev != under.st_dev && (over.st_mode & 07777) == 0700);
	CHECK_ERRNO(ENOENT, open("/tmp/mnt.t/below", O_RDONLY));
	put("/tmp/mnt.t/above");
	/* ".." leaves through the mount point. */
	CHECK(chdir("/tmp/mnt.t") == 0 && stat("../mnt.t", &over) == 0 && over.st_dev != under.st_dev);
	CHECK_ERRNO(EBUSY, umount("/tmp/mnt.t"));
	CHECK(chdir("/") == 0 && (fd = open("/tmp/mnt.t/above", O_RDONLY)) >= 0);
	CHECK_ERRNO(EBUSY, umount("/tmp/mnt.t"));
	CHECK(close(fd) == 0);
	CHECK_ERRNO(EBUSY, rmdir("/tmp/mnt.t"));
	CHECK_ERRNO(EXDEV, link("/tmp/mnt.t/above", "/tmp/linked"));
	CHECK_ERRNO(EXDEV, rename("/tmp/mnt.t/above", "/tmp/moved"));

	/* Read-only: nothing changes, reading goes on. */
	CHECK(mount(NULL, "/tmp/mnt.t", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK_ERRNO(EROFS, open("/tmp/mnt.t/new", O_WRONLY | O_CREAT, 0600));
	CHECK_ERRNO(EROFS, open("/tmp/mnt.t/above", O_WRONLY));
	CHECK_ERRNO(EROFS, unlink("/tmp/mnt.t/above"));
	CHECK_ERRNO(EROFS, mkdir("/tmp/mnt.t/d", 0700));
	CHECK_ERRNO(EROFS, chmod("/tmp/mnt.t/above", 0777));
	CHECK((fd = open("/tmp/mnt.t/above", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK(mount(NULL, "/tmp/mnt.t", NULL, MS_REMOUNT, NULL) == 0 && unlink("/tmp/mnt.t/above") == 0);

	/* One over another: the last is seen, and comes off first. */
	CHECK(mkdir("/tmp/mnt.t/first", 0700) == 0);
	CHECK(mount("none", "/tmp/mnt.t", "tmpfs", 0, NULL) == 0);
	CHECK_ERRNO(ENOENT, stat("/tmp/mnt.t/first", &over));
	CHECK(umount("/tmp/mnt.t") == 0 && stat("/tmp/mnt.t/first", &over) == 0);
	/* A mount inside keeps the outer one; a lazy umount takes both away at once. */
	CHECK(mount("none", "/tmp/mnt.t/first", "tmpfs", 0, NULL) == 0);
	CHECK_ERRNO(EBUSY, umount("/tmp/mnt.t"));
	CHECK(umount2("/tmp/mnt.t", MNT_DETACH) == 0);
	CHECK(stat("/tmp/mnt.t/below", &over) == 0 && over.st_dev == under.st_dev);
	CHECK_ERRNO(EINVAL, umount("/tmp/mnt.t"));
	CHECK(unlink("/tmp/mnt.t/below") == 0 && rmdir("/tmp/mnt.t") == 0);
	return 0;
}
