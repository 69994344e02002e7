/* permissions: mode bits, umask, ownership and the sticky bit decide for everyone but root. */
#include "test.h"

#define SOMEBODY	1000
#define OTHER		1001

static void
make(const char *name, int mode, uid_t uid, gid_t gid)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0 && write(fd, "text", 4) == 4 && fchown(fd, uid, gid) == 0 && fchmod(fd, mode) == 0);
	close(fd);
}

static void
become(uid_t uid, gid_t gid)
{
	CHECK(syscall(SYS_setgroups, 0, NULL) == 0 && setgid(gid) == 0 && setuid(uid) == 0);
	CHECK(getuid() == uid && geteuid() == uid && getgid() == gid && getegid() == gid);
	CHECK_ERRNO(EPERM, setuid(0));
}

static void
as_somebody(void)
{
	struct stat s;
	int fd;

	become(SOMEBODY, SOMEBODY);
	CHECK_ERRNO(EACCES, open("mine-none", O_RDONLY));	/* the owner's bits decide, not the group's */
	CHECK_ERRNO(EACCES, open("root-600", O_RDONLY));
	CHECK((fd = open("root-644", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK_ERRNO(EACCES, open("root-644", O_WRONLY));
	CHECK_ERRNO(EACCES, open("root-644", O_RDONLY | O_TRUNC));
	CHECK((fd = open("group-060", O_RDWR)) >= 0 && close(fd) == 0);
	CHECK_ERRNO(EACCES, open("closed/inside", O_RDONLY));
	CHECK_ERRNO(EACCES, stat("closed/inside", &s));
	CHECK_ERRNO(EACCES, open("closed", O_RDONLY));
	CHECK_ERRNO(EACCES, chdir("closed"));
	CHECK((fd = open("search/inside", O_RDONLY)) >= 0 && close(fd) == 0);	/* x alone: can be passed, not listed */
	CHECK_ERRNO(EACCES, open("search", O_RDONLY));
	CHECK_ERRNO(EACCES, open("new", O_CREAT | O_WRONLY, 0600));
	CHECK_ERRNO(EACCES, mkdir("new", 0700));
	CHECK_ERRNO(EACCES, unlink("root-644"));
	CHECK_ERRNO(EACCES, rename("root-644", "x"));
	CHECK_ERRNO(EPERM, chmod("root-644", 0777));
	CHECK_ERRNO(EPERM, chown("mine", OTHER, -1));
	CHECK(chmod("mine", 0600) == 0);
	CHECK_ERRNO(EACCES, access("root-600", R_OK));
	CHECK(access("root-644", R_OK) == 0 && access("root-644", F_OK) == 0);
	CHECK_ERRNO(EACCES, access("mine", X_OK));
	CHECK_ERRNO(EACCES, execl("mine", "mine", NULL));
	CHECK_ERRNO(EPERM, kill(getppid(), SIGTERM));
	CHECK(kill(getppid(), SIGCONT) == 0);		/* of the same session */
	CHECK_ERRNO(EPERM, sethostname("x", 1));
	CHECK_ERRNO(EPERM, chroot("/"));
	CHECK_ERRNO(EPERM, mknod("/tmp/perm.t/sticky/dev", S_IFCHR | 0600, 0x103));
	/* The sticky directory: anyone creates, only owners remove. */
	CHECK((fd = open("sticky/somebodys", O_CREAT | O_WRONLY, 0666)) >= 0);
	CHECK(fstat(fd, &s) == 0 && s.st_uid == SOMEBODY && s.st_gid == SOMEBODY);
	CHECK_ERRNO(EPERM, unlink("sticky/others"));
	CHECK_ERRNO(EPERM, rename("sticky/others", "sticky/x"));
}

static void
as_other(void)
{
	become(OTHER, OTHER);
	CHECK_ERRNO(EPERM, unlink("sticky/somebodys"));
	CHECK(unlink("sticky/others") == 0);
}

int
main(void)
{
	struct stat s;
	int fd;

	system("rm -rf /tmp/perm.t");
	umask(0);
	CHECK(mkdir("/tmp/perm.t", 0755) == 0 && chdir("/tmp/perm.t") == 0);
	make("root-600", 0600, 0, 0);
	make("root-644", 0644, 0, 0);
	make("mine", 0644, SOMEBODY, SOMEBODY);
	make("mine-none", 0077, SOMEBODY, SOMEBODY);
	make("group-060", 0060, 0, SOMEBODY);
	CHECK(mkdir("closed", 0700) == 0 && mkdir("search", 0711) == 0);
	CHECK(mkdir("sticky", 0777) == 0 && chmod("sticky", 01777) == 0);
	make("closed/inside", 0644, 0, 0);
	make("search/inside", 0644, 0, 0);
	make("sticky/others", 0666, OTHER, OTHER);
	CHECK(exited(in_child(as_somebody), 0));
	CHECK(exited(in_child(as_other), 0));

	/* Root passes everything but execution without any x. */
	CHECK((fd = open("mine-none", O_RDWR)) >= 0 && close(fd) == 0);
	CHECK_ERRNO(EACCES, access("root-600", X_OK));
	/* A change of owner drops set-uid; a set-gid directory hands on its group. */
	CHECK(chmod("mine", 06755) == 0 && chown("mine", OTHER, OTHER) == 0 && stat("mine", &s) == 0);
	CHECK((s.st_mode & 07777) == 0755 && s.st_uid == OTHER);
	CHECK(mkdir("setgid", 0777) == 0 && chown("setgid", 0, OTHER) == 0 && chmod("setgid", 02777) == 0);
	CHECK(mkdir("setgid/d", 0755) == 0 && stat("setgid/d", &s) == 0 && s.st_gid == OTHER && s.st_mode & S_ISGID);
	umask(022);
	CHECK(umask(077) == 022 && mkdir("u", 0777) == 0 && stat("u", &s) == 0 && (s.st_mode & 0777) == 0700);
	umask(022);
	CHECK(chdir("/") == 0);
	system("rm -rf /tmp/perm.t");
	return 0;
}
