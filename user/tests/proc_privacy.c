/* proc_privacy: another user's process shows its status, but not its memory map, files or directories. */
#include "test.h"

static char name[64];
static pid_t victim;

static void
as_nobody(void)
{
	static const char *const open_to_all[] = { "status", "stat", "cmdline" };
	static const char *const links[] = { "cwd", "root", "exe" };
	char buf[64];

	CHECK(setgid(65534) == 0 && setuid(65534) == 0);
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "/proc/%d/%s", victim, open_to_all[i]);
		int fd = open(name, O_RDONLY);
		CHECK(fd >= 0 && read(fd, buf, sizeof buf) > 0);
		snprintf(name, sizeof name, "/proc/%d/%s", victim, links[i]);
		CHECK_ERRNO(EACCES, readlink(name, buf, sizeof buf));
		CHECK_ERRNO(EACCES, open(name, O_RDONLY));
	}
	snprintf(name, sizeof name, "/proc/%d/fd", victim);
	CHECK_ERRNO(EACCES, open(name, O_RDONLY));
	snprintf(name, sizeof name, "/proc/%d/maps", victim);
	int fd = open(name, O_RDONLY);
	CHECK(fd < 0 ? errno == EACCES : read(fd, buf, sizeof buf) == -1 && errno == EACCES);
	CHECK(readlink("/proc/self/cwd", buf, sizeof buf) > 0);
}

int
main(void)
{
	victim = fork();
	if (victim == 0)
		for (;;)
			pause();
	CHECK(exited(in_child(as_nobody), 0));
	kill(victim, SIGKILL);
	CHECK(waitpid(victim, NULL, 0) == victim);
	return 0;
}
