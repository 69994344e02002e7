/*
 * inotify: which events come, in which order, with which names; masks, one shot, cookies, overflow, poll, errno.
 *
 *	inotify [-p]	-p: print the events, to see where two kernels differ
 */
#include "test.h"
#include <poll.h>
#include <sys/ioctl.h>

struct event { int wd; uint32_t mask, cookie, len; char name[]; };

enum { ACCESS = 1, MODIFY = 2, ATTRIB = 4, OPEN = 0x20, CREATE = 0x100, ALL = 0xfff };
#define ONLYDIR		0x01000000u
#define DONT_FOLLOW	0x02000000u
#define EXCL_UNLINK	0x04000000u
#define MASK_CREATE	0x10000000u
#define MASK_ADD	0x20000000u
#define ONESHOT		0x80000000u
#define Q_OVERFLOW	0x00004000u

static int in, print;
static char text[8192];

static int
watch(const char *path, uint32_t mask)
{
	return syscall(SYS_inotify_add_watch, in, path, mask);
}

static void
add_event(char *to, const struct event *e, uint32_t *cookie)
{
	static const char *const names[] = {
		"access", "modify", "attrib", "close_write", "close_nowrite", "open", "moved_from", "moved_to",
		"create", "delete", "delete_self", "move_self", "", "unmount", "overflow", "ignored",
	};
	char name[300] = "";

	for (int i = 0; i < 16; i++)
		if (e->mask & 1u << i)
			strcat(name, names[i]);
	if (e->mask & 0x40000000)
		strcat(name, "/dir");
	if (e->len)
		sprintf(name + strlen(name), ":%s", e->name);
	if (e->cookie)
		strcat(name, e->cookie == *cookie ? "=" : "+");
	*cookie = e->cookie;
	sprintf(to + strlen(to), "%s%d.%s", *to ? " " : "", e->wd, name);
}

/* All events that are there, as text: "WD.EVENT[/dir][:NAME]", with + and = for a first and a second cookie. */
static const char *
events(void)
{
	static char buf[65536] __attribute__((aligned(8)));
	uint32_t cookie = 0;
	int left, n;

	*text = 0;
	CHECK(ioctl(in, FIONREAD, &left) == 0);
	if (!left)
		return text;
	n = read(in, buf, sizeof(buf));
	CHECK(n == left);
	for (char *p = buf; p < buf + n; p += sizeof(struct event) + ((struct event *)p)->len) {
		const struct event *e = (void *)p;

		CHECK(e->len % 16 == 0 && (!e->len || strlen(e->name) < e->len));
		add_event(text, e, &cookie);
	}
	return text;
}

static void
expect(int line, const char *want)
{
	const char *got = events();

	if (print) {
		printf("%d: %s\n", line, got);
	} else if (strcmp(got, want)) {
		printf("line %d: \"%s\", not \"%s\"\n", line, got, want);
		fflush(stdout);
		_exit(1);
	}
}
#define EXPECT(want) expect(__LINE__, want)

static void
files(void)
{
	char buf[8];
	int fd;

	CHECK(watch(".", ALL) == 1);
	fd = open("f", O_RDWR | O_CREAT, 0644);
	EXPECT("1.create:f 1.open:f");
	CHECK(write(fd, "abc", 3) == 3 && pread(fd, buf, 3, 0) == 3 && pread(fd, buf, 3, 3) == 0);
	EXPECT("1.modify:f 1.access:f");
	CHECK(write(fd, "abc", 3) == 3 && write(fd, "abc", 3) == 3);
	EXPECT("1.modify:f");					/* the same twice is told once */
	CHECK(fchmod(fd, 0600) == 0 && fchown(fd, 1, 1) == 0);
	EXPECT("1.attrib:f");
	CHECK(ftruncate(fd, 1) == 0);
	EXPECT("1.modify:f");
	close(fd);
	EXPECT("1.close_write:f");
	fd = open("f", O_RDONLY);
	CHECK(watch("f", ALL) == 2);
	close(fd);
	EXPECT("1.open:f 1.close_nowrite:f 2.close_nowrite");
	CHECK(syscall(SYS_setxattr, "f", "user.a", "b", 1, 0) == 0);
	EXPECT("1.attrib:f 2.attrib");
	CHECK(rename("f", "g") == 0);
	EXPECT("1.moved_from:f+ 1.moved_to:g= 2.move_self");
	CHECK(link("g", "h") == 0);
	EXPECT("2.attrib 1.create:h");
	CHECK(unlink("h") == 0);
	EXPECT("2.attrib 1.delete:h");
	CHECK(unlink("g") == 0);
	EXPECT("2.attrib 2.delete_self 2.ignored 1.delete:g");
	CHECK_ERRNO(EINVAL, syscall(SYS_inotify_rm_watch, in, 2));
}

static void
directories(void)
{
	int fd;

	CHECK(mkdir("d", 0755) == 0 && symlink("d", "s") == 0 && mknod("p", S_IFIFO | 0600, 0) == 0);
	EXPECT("1.create/dir:d 1.create:s 1.create:p");
	CHECK(watch("d", ALL) == 3 && watch("s", ALL) == 3 && watch("s", ALL | DONT_FOLLOW) == 4);
	EXPECT("");
	fd = open("d", O_RDONLY | O_DIRECTORY);
	EXPECT("1.open/dir:d 3.open/dir");
	CHECK(syscall(SYS_getdents64, fd, text, sizeof(text)) > 0);
	EXPECT("1.access/dir:d 3.access/dir");
	close(fd);
	EXPECT("1.close_nowrite/dir:d 3.close_nowrite/dir");
	close(open("d/x", O_CREAT | O_WRONLY, 0600));
	EXPECT("3.create:x 3.open:x 3.close_write:x");
	CHECK(rename("d/x", "x") == 0);
	EXPECT("3.moved_from:x+ 1.moved_to:x=");
	CHECK(rename("d", "e") == 0);
	EXPECT("1.moved_from/dir:d+ 1.moved_to/dir:e= 3.move_self");
	CHECK(rmdir("e") == 0);
	EXPECT("3.delete_self 3.ignored 1.delete/dir:e");
	CHECK(unlink("s") == 0 && unlink("p") == 0);
	EXPECT("4.attrib 4.delete_self 4.ignored 1.delete:s 1.delete:p");
	close(open("y", O_CREAT | O_WRONLY, 0600));
	CHECK(watch("y", ALL) == 5);
	events();
	CHECK(rename("x", "y") == 0);				/* y is no more */
	EXPECT("1.moved_from:x+ 1.moved_to:y= 5.attrib 5.delete_self 5.ignored");
}

static void
unlinked_but_open(void)
{
	int fd = open("y", O_WRONLY);

	CHECK(watch("y", ALL) == 6 && watch(".", ALL | EXCL_UNLINK) == 1);
	events();
	CHECK(unlink("y") == 0);
	EXPECT("6.attrib 1.delete:y");
	CHECK(write(fd, "x", 1) == 1);
	EXPECT("6.modify");
	close(fd);
	EXPECT("6.close_write 6.delete_self 6.ignored");
	CHECK(syscall(SYS_inotify_rm_watch, in, 1) == 0);
	EXPECT("1.ignored");
}

static void
masks(void)
{
	int fd = open("m", O_RDWR | O_CREAT, 0600);

	CHECK(watch("m", MODIFY) == 7 && watch("m", ATTRIB | MASK_ADD) == 7);
	CHECK(write(fd, "x", 1) == 1 && fchmod(fd, 0640) == 0);
	EXPECT("7.modify 7.attrib");
	CHECK(watch("m", ATTRIB) == 7 && write(fd, "x", 1) == 1);
	EXPECT("");
	CHECK_ERRNO(EEXIST, watch("m", ATTRIB | MASK_CREATE));
	CHECK(watch("m", MODIFY | ONESHOT) == 7 && write(fd, "x", 1) == 1 && write(fd, "x", 1) == 1);
	EXPECT("7.modify 7.ignored");
	CHECK_ERRNO(ENOTDIR, watch("m", MODIFY | ONLYDIR));
	CHECK_ERRNO(ENOENT, watch("none", MODIFY));
	CHECK_ERRNO(EINVAL, watch("m", 0));
	CHECK_ERRNO(EINVAL, watch("m", MODIFY | 0x00800000));
	CHECK_ERRNO(EINVAL, watch("m", MODIFY | MASK_ADD | MASK_CREATE));
	CHECK_ERRNO(EBADF, syscall(SYS_inotify_add_watch, -1, "m", MODIFY));
	CHECK_ERRNO(EINVAL, syscall(SYS_inotify_add_watch, fd, "m", MODIFY));
	CHECK_ERRNO(EINVAL, syscall(SYS_inotify_rm_watch, fd, 1));
	CHECK_ERRNO(EBADF, syscall(SYS_inotify_rm_watch, -1, 1));
	CHECK_ERRNO(EINVAL, syscall(SYS_inotify_init1, 1));
	CHECK_ERRNO(EAGAIN, read(in, text, sizeof(text)));
	close(fd);
	CHECK(unlink("m") == 0);
}

static void
as_nobody(void)
{
	CHECK(setuid(65534) == 0);
	CHECK_ERRNO(EACCES, watch("secret", MODIFY));
}

static void
reading(void)
{
	struct pollfd p = { .events = POLLIN };
	int wd, fd, status;
	pid_t child;

	close(open("secret", O_CREAT | O_WRONLY, 0600));
	CHECK(exited(in_child(as_nobody), 0) && unlink("secret") == 0);
	wd = watch(".", CREATE);
	CHECK(wd > 0);
	p.fd = in;
	CHECK(poll(&p, 1, 0) == 0);
	close(open("a", O_CREAT | O_WRONLY, 0600));
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
	CHECK_ERRNO(EINVAL, read(in, text, 31));			/* the event has 16 + 16 bytes */
	CHECK(read(in, text, 32) == 32);
	CHECK(fcntl(in, F_SETFL, 0) == 0);
	child = fork();
	if (!child) {
		pause_ms(50);
		close(open("b", O_CREAT | O_WRONLY, 0600));
		_exit(0);
	}
	CHECK(read(in, text, sizeof(text)) == 32);			/* waits */
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	CHECK(fcntl(in, F_SETFL, O_NONBLOCK) == 0 && unlink("a") == 0 && unlink("b") == 0);
	CHECK(syscall(SYS_inotify_rm_watch, in, wd) == 0);
	events();
	fd = open("o", O_RDWR | O_CREAT, 0600);
	CHECK(watch("o", ACCESS | MODIFY) > 0);
	for (int i = 0; i < 16384 / 2 + 10; i++)
		CHECK(pwrite(fd, "x", 1, 0) == 1 && pread(fd, text, 1, 0) == 1);
	int n = 0, size;
	static char buf[32768];
	uint32_t last = 0;

	while ((size = read(in, buf, sizeof(buf))) > 0) {
		n += size / 16;
		last = ((struct event *)(buf + size - 16))->mask;
	}
	CHECK(n == 16385 && last == Q_OVERFLOW);
	close(fd);
	CHECK(unlink("o") == 0);
}

static void
unmounted(void)
{
	CHECK(mkdir("mnt", 0755) == 0);
	if (syscall(SYS_mount, "none", "mnt", "tmpfs", 0, NULL) < 0) {
		CHECK(rmdir("mnt") == 0);
		return;
	}
	close(open("mnt/f", O_CREAT | O_WRONLY, 0600));
	CHECK(watch("mnt/f", ALL) > 0);
	events();
	CHECK(syscall(SYS_umount2, "mnt", 0) == 0 && rmdir("mnt") == 0);
	CHECK(strstr(events(), "unmount") && strstr(text, "ignored"));
}

int
main(int argc, char **argv)
{
	print = argc > 1;
	CHECK(mkdir("/tmp/inotify.t", 0755) == 0 && chdir("/tmp/inotify.t") == 0);
	in = syscall(SYS_inotify_init1, O_CLOEXEC | O_NONBLOCK);
	CHECK(in >= 0);
	files();
	directories();
	unlinked_but_open();
	masks();
	reading();
	unmounted();
	close(in);
	CHECK(chdir("/") == 0 && rmdir("/tmp/inotify.t") == 0);
	return 0;
}
