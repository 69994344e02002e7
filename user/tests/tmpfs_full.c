/* tmpfs_full: a full file system says ENOSPC, keeps what it has, and has room again after unlink. */
#include <sys/mount.h>
#include "test.h"

int
main(void)
{
	static char block[4096];
	int fd, n;

	mkdir("/tmp/full", 0755);
	CHECK(mount("none", "/tmp/full", "tmpfs", 0, "size=256k,nr_inodes=20") == 0);
	CHECK(chdir("/tmp/full") == 0);
	for (int round = 0; round < 3; round++) {
		fd = open("big", O_RDWR | O_CREAT | O_TRUNC, 0600);
		CHECK(fd >= 0);
		memset(block, 'a' + round, sizeof block);
		for (n = 0; write(fd, block, sizeof block) == sizeof block; n++)
			;
		CHECK(errno == ENOSPC && n >= 60 && n <= 64);
		for (int i = 0; i < n; i++) {
			CHECK(pread(fd, block, sizeof block, i * 4096L) == sizeof block);
			CHECK(block[0] == 'a' + round && block[4095] == 'a' + round);
		}
		close(fd);
		CHECK(unlink("big") == 0);
	}
	for (n = 0; n < 100; n++) {
		char name[20];

		snprintf(name, sizeof name, "f%d", n);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	CHECK(errno == ENOSPC && n >= 15 && n < 20);
	CHECK(chdir("/") == 0 && umount("/tmp/full") == 0 && rmdir("/tmp/full") == 0);
	return 0;
}
