/* proc_mounts: mounts, mountinfo and mountstats tell of the same mounts; loginuid is inherited and starts a session. */
#include <sys/mount.h>
#include "test.h"

#define DIR_ "/tmp/proc_mounts test"

static char buf[65536];

static const char *
text(const char *name)
{
	int fd = open(name, O_RDONLY);
	size_t n = 0;
	ssize_t got;

	CHECK(fd >= 0);
	while ((got = read(fd, buf + n, sizeof buf - 1 - n)) > 0)
		n += got;
	CHECK(got == 0);
	buf[n] = '\0';
	close(fd);
	return buf;
}

/* The line of a file that holds the words; "" if there is none. */
static const char *
line(const char *name, const char *words)
{
	const char *all = text(name), *at = strstr(all, words);
	char *end;

	if (!at)
		return "";
	end = strchr(at, '\n');
	if (end)
		*end = '\0';
	while (at > all && at[-1] != '\n')
		at--;
	return at;
}

static void
logged_in(void)
{
	unsigned long session;

	CHECK(!strcmp(text("/proc/self/loginuid"), "1000"));
	session = strtoul(text("/proc/self/sessionid"), NULL, 10);
	CHECK(session != 0xffffffff);
}

/* Names of a process that has ended, and that were looked up before and after, do not keep /proc mounted. */
static void
unmount_after_a_death(void)
{
	char dir[64], path[128];
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		for (;;)
			pause();
	CHECK(mkdir("/tmp/proc.again", 0755) == 0 && mount("proc", "/tmp/proc.again", "proc", 0, NULL) == 0);
	snprintf(dir, sizeof dir, "/tmp/proc.again/%d", (int)pid);
	snprintf(path, sizeof path, "%s/task/%d/stat", dir, (int)pid);
	CHECK(access(path, R_OK) == 0);
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
	CHECK_ERRNO(ENOENT, access(dir, F_OK));
	CHECK(umount("/tmp/proc.again") == 0 && rmdir("/tmp/proc.again") == 0);
}

int
main(void)
{
	int id, parent, fd;
	unsigned major, minor;
	char root[64], where[64];

	mkdir(DIR_, 0755);
	CHECK(mount("source name", DIR_, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k") == 0);
	CHECK(mkdir(DIR_ "/in", 0755) == 0);
	CHECK(mkdir(DIR_ "/bound", 0755) == 0);
	CHECK(mount(DIR_ "/in", DIR_ "/bound", NULL, MS_BIND, NULL) == 0);

	CHECK(!strncmp(line("/proc/self/mounts", "\\040test tmpfs"),
		       "source\\040name /tmp/proc_mounts\\040test tmpfs rw,nosuid,nodev", 58));
	CHECK(sscanf(line("/proc/self/mountinfo", "\\040test rw"), "%d %d %u:%u %63s %63s",
		     &id, &parent, &major, &minor,
		     root, where) == 6);
	CHECK(id != parent && !strcmp(root, "/") && !strcmp(where, "/tmp/proc_mounts\\040test"));
	CHECK(strstr(line("/proc/self/mountinfo", "\\040test rw"), " - tmpfs source\\040name rw") != NULL);
	CHECK(sscanf(line("/proc/self/mountinfo", "/bound rw"), "%*d %d %*u:%*u %63s", &parent, root) == 2);
	CHECK(parent == id && !strcmp(root, "/in"));
	CHECK(!strcmp(line("/proc/self/mountstats", "\\040test with"),
		      "device source\\040name mounted on /tmp/proc_mounts\\040test with fstype tmpfs"));
	CHECK(umount(DIR_ "/bound") == 0 && umount(DIR_) == 0 && rmdir(DIR_) == 0);
	CHECK(!*line("/proc/self/mountinfo", "\\040test rw"));

	unmount_after_a_death();

	if (fork() == 0) {
		fd = open("/proc/self/loginuid", O_WRONLY);
		CHECK_ERRNO(EINVAL, write(fd, "me", 2));
		CHECK(write(fd, "1000", 4) == 4);
		logged_in();
		CHECK(exited(in_child(logged_in), 0));
		_exit(0);
	}
	CHECK(wait(&fd) > 0 && fd == 0);
	return 0;
}
