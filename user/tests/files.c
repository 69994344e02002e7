/* files: open flags, offsets, sparse files, truncation, append, directories, links and their errors. */
#include <dirent.h>
#include <sys/uio.h>
#include "test.h"

static void
put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

int
main(void)
{
	char buf[8192], name[300];
	struct stat s, t;
	int fd, fd2;

	system("rm -rf /tmp/files.t");
	CHECK(mkdir("/tmp/files.t", 0755) == 0 && chdir("/tmp/files.t") == 0);
	CHECK_ERRNO(ENOENT, open("none", O_RDONLY));
	CHECK_ERRNO(ENOENT, open("", O_RDONLY));
	put("f", "0123456789");
	CHECK_ERRNO(EEXIST, open("f", O_CREAT | O_EXCL | O_WRONLY, 0600));
	CHECK_ERRNO(ENOTDIR, open("f/x", O_RDONLY));
	CHECK_ERRNO(ENOTDIR, open("f/", O_RDONLY));
	CHECK_ERRNO(ENOTDIR, open("f", O_RDONLY | O_DIRECTORY));
	CHECK_ERRNO(EISDIR, open("/tmp", O_WRONLY));
	memset(name, 'n', 256);
	name[256] = 0;
	CHECK_ERRNO(ENAMETOOLONG, open(name, O_CREAT | O_WRONLY, 0600));

	fd = open("f", O_RDWR);
	CHECK(lseek(fd, 4, SEEK_SET) == 4 && read(fd, buf, 3) == 3 && !memcmp(buf, "456", 3));
	CHECK(lseek(fd, -1, SEEK_END) == 9 && read(fd, buf, 5) == 1 && read(fd, buf, 5) == 0);
	CHECK_ERRNO(EINVAL, lseek(fd, -1, SEEK_SET));
	CHECK_ERRNO(EINVAL, lseek(fd, 0, 99));
	CHECK(pwrite(fd, "XY", 2, 2) == 2 && lseek(fd, 0, SEEK_CUR) == 10);
	CHECK(pread(fd, buf, 10, 0) == 10 && !memcmp(buf, "01XY456789", 10));
	struct iovec v[2] = { { buf, 2 }, { buf + 100, 3 } };
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && readv(fd, v, 2) == 5 && !memcmp(buf + 100, "XY4", 3));

	/* Sparse: holes read as zeros; truncation discards for good. */
	CHECK(lseek(fd, 1000000, SEEK_SET) == 1000000 && write(fd, "end", 3) == 3);
	CHECK(fstat(fd, &s) == 0 && s.st_size == 1000003 && s.st_blocks < 100);
	CHECK(pread(fd, buf, 4096, 500000) == 4096);
	for (int i = 0; i < 4096; i++)
		CHECK(buf[i] == 0);
	CHECK(ftruncate(fd, 5) == 0 && ftruncate(fd, 8) == 0);
	CHECK(pread(fd, buf, 20, 0) == 8 && !memcmp(buf, "01XY4\0\0\0", 8));
	CHECK_ERRNO(EINVAL, ftruncate(fd, -1));
	close(fd);
	CHECK_ERRNO(EBADF, read(fd, buf, 1));
	fd = open("f", O_RDONLY);
	CHECK_ERRNO(EBADF, write(fd, "x", 1));
	CHECK_ERRNO(EINVAL, ftruncate(fd, 0));
	close(fd);

	/* Append is always at the end. */
	fd = open("f", O_WRONLY | O_APPEND);
	fd2 = open("f", O_WRONLY | O_APPEND);
	CHECK(write(fd, "A", 1) == 1 && write(fd2, "B", 1) == 1 && write(fd, "C", 1) == 1);
	CHECK(fstat(fd, &s) == 0 && s.st_size == 11);
	close(fd2);
	/* dup shares the offset. */
	fd2 = dup(fd);
	CHECK(fd2 > fd && lseek(fd, 3, SEEK_SET) == 3 && lseek(fd2, 0, SEEK_CUR) == 3);
	close(fd);
	close(fd2);

	/* Links. */
	CHECK(link("f", "g") == 0 && stat("g", &s) == 0 && stat("f", &t) == 0);
	CHECK(s.st_ino == t.st_ino && s.st_nlink == 2);
	CHECK_ERRNO(EEXIST, link("f", "g"));
	CHECK_ERRNO(EPERM, link(".", "dirlink"));
	CHECK(unlink("f") == 0 && stat("g", &s) == 0 && s.st_nlink == 1);
	CHECK(symlink("g", "l") == 0 && lstat("l", &s) == 0 && S_ISLNK(s.st_mode) && s.st_size == 1);
	CHECK(readlink("l", buf, sizeof buf) == 1 && buf[0] == 'g');
	CHECK_ERRNO(EINVAL, readlink("g", buf, sizeof buf));
	CHECK_ERRNO(ELOOP, open("l", O_RDONLY | O_NOFOLLOW));
	CHECK(symlink("loop2", "loop1") == 0 && symlink("loop1", "loop2") == 0);
	CHECK_ERRNO(ELOOP, open("loop1", O_RDONLY));
	/* Open and unlinked: it lives until closed. */
	put("u", "still here");
	fd = open("u", O_RDONLY);
	CHECK(unlink("u") == 0 && read(fd, buf, 100) == 10 && fstat(fd, &s) == 0 && s.st_nlink == 0);
	close(fd);

	/* Directories. */
	CHECK(mkdir("d", 0700) == 0);
	CHECK_ERRNO(EEXIST, mkdir("d", 0700));
	CHECK_ERRNO(EEXIST, mkdir("/", 0700));
	put("d/x", "x");
	CHECK_ERRNO(ENOTEMPTY, rmdir("d"));
	CHECK_ERRNO(EISDIR, unlink("d"));
	CHECK_ERRNO(ENOTDIR, rmdir("g"));
	CHECK_ERRNO(EINVAL, rmdir("d/."));
	CHECK(unlink("d/x") == 0 && stat("d", &s) == 0 && s.st_nlink == 2);
	CHECK(chdir("d") == 0 && rmdir("../d") == 0);
	CHECK_ERRNO(ENOENT, open("new", O_CREAT | O_WRONLY, 0600));
	CHECK(chdir("/tmp/files.t") == 0);

	/* readdir gives every entry exactly once, also while entries go away. */
	CHECK(mkdir("many", 0755) == 0 && chdir("many") == 0);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof name, "file-%d", i);
		put(name, "");
	}
	static char seen[500];
	DIR *d = opendir(".");
	struct dirent *e;
	int n = 0;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		int i = atoi(e->d_name + 5);
		CHECK(i >= 0 && i < 500 && !seen[i] && e->d_type == DT_REG);
		seen[i] = 1;
		n++;
		CHECK(unlink(e->d_name) == 0);
	}
	closedir(d);
	CHECK(n == 500 && chdir("..") == 0 && rmdir("many") == 0);

	/* Modes and umask. */
	umask(027);
	CHECK((fd = open("m", O_CREAT | O_WRONLY, 0666)) >= 0 && fstat(fd, &s) == 0 && (s.st_mode & 07777) == 0640);
	CHECK(fchmod(fd, 04711) == 0 && fstat(fd, &s) == 0 && (s.st_mode & 07777) == 04711);
	close(fd);
	CHECK(chdir("/tmp") == 0);
	system("rm -rf /tmp/files.t");
	return 0;
}
