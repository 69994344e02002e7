/*
 * poweroff, reboot, halt [-f] - stop the machine: one program by three names.
 *
 * Everything is asked to end (SIGTERM, then SIGKILL) and the disks are written, unless -f.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>
#include "common/cmd.h"

/* Everybody but us and process 1; then until nobody is left, or 2 seconds. */
static void
end_all(void)
{
	struct timespec tick = { 0, 20000000 };
	int i;

	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	for (i = 0; i < 10 && kill(-1, 0) == 0; i++)
		nanosleep(&tick, NULL);
	kill(-1, SIGKILL);
}

int
main(int argc, char **argv)
{
	const char *me = program_invocation_short_name;
	int force = argc > 1 && !strcmp(argv[1], "-f");
	int cmd = !strcmp(me, "reboot") ? RB_AUTOBOOT : !strcmp(me, "halt") ? RB_HALT_SYSTEM : RB_POWER_OFF;

	if (argc > 1 && !force)
		usage("poweroff | reboot | halt [-f]");
	if (geteuid()) {
		errno = EPERM;
		die_errno(me);
	}
	if (!force)
		end_all();
	sync();
	reboot(cmd);
	die_errno(me);
}
