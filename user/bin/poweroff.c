/*
 * poweroff, reboot, halt [-f] - stop the machine: one program by three names.
 *
 * init is asked to: it ends everything and leaves the file systems clean. With -f the disks are
 * written and the machine stops at once.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/shutdown.h"

/* Whether process 1 is the program that these signals mean something to. */
static int
init_is_ours(void)
{
	char name[16] = "";
	FILE *f = fopen("/proc/1/comm", "r");

	if (!f)
		return 0;
	fgets(name, sizeof name, f);
	fclose(f);
	return !strcmp(name, "init\n");
}

int
main(int argc, char **argv)
{
	static const struct { const char *name; int signal, command; } ways[] = {
		{ "reboot", SIGTERM, RB_AUTOBOOT }, { "halt", SIGUSR1, RB_HALT_SYSTEM },
		{ "poweroff", SIGUSR2, RB_POWER_OFF },
	};
	const char *me = program_invocation_short_name;
	int force = argc > 1 && !strcmp(argv[1], "-f"), i = 0;

	if (argc > 1 && !force)
		usage("poweroff | reboot | halt [-f]");
	if (geteuid()) {
		errno = EPERM;
		die_errno(me);
	}
	while (i < 2 && strcmp(ways[i].name, me))
		i++;
	if (force) {
		sync();
		reboot(ways[i].command);
		die_errno(me);
	}
	if (!init_is_ours())
		shut_down(ways[i].command);
	if (kill(1, ways[i].signal))
		die_errno("init");
	for (;;)
		pause();		/* until init ends us */
}
