/*
 * shutdown.c - the way down: everybody is asked to end, then ended; file systems are unmounted,
 * the last mounted first; what is still in use, the root above all, becomes read-only.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cmd.h"
#include "mounts.h"
#include "shutdown.h"

/* Until nobody but us and process 1 is left, or so many times 10 ms. Process 1 inherits everybody. */
static void
wait_for_all(int ticks)
{
	struct timespec tick = { 0, 10000000 };
	pid_t p;

	while (ticks-- > 0) {
		while ((p = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (p < 0 && (getpid() == 1 || (kill(-1, 0) && errno == ESRCH)))
			return;
		nanosleep(&tick, NULL);
	}
}

static void
end_all(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	kill(-1, SIGHUP);		/* the only one that interactive shells heed */
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	wait_for_all(20);
	kill(-1, SIGKILL);
	wait_for_all(200);
}

static void
unmount_all(void)
{
	size_t n;
	struct mntent *m;

	if (access(MOUNTED, R_OK))
		return;
	for (m = mounts_read(&n); n--; ) {
		if (strcmp(m[n].mnt_dir, "/") && !umount2(m[n].mnt_dir, 0))
			continue;
		if (mount(NULL, m[n].mnt_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL)
		    && !strncmp(m[n].mnt_fsname, "/dev/", 5))
			warn_errno(m[n].mnt_dir);
	}
}

void
shut_down(int command)
{
	end_all();
	sync();
	if (chdir("/"))
		warn_errno("/");
	unmount_all();
	reboot(command);
	warn_errno("reboot");
	for (;;)
		pause();
}
