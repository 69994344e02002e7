/* renice [-n] N [-g|-p|-u] ID... - how nice processes (-p), groups of them (-g) or a user's (-u) are from now on. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "common/cmd.h"

#define USAGE	"renice [-n] N [-g|-p|-u] ID..."

static const char *const kinds[] = {
	[PRIO_PROCESS] = "process ID", [PRIO_PGRP] = "process group ID", [PRIO_USER] = "user ID",
};

/* id's number: a user may be named. */
static int
identity(int which, const char *id)
{
	struct passwd *pw = which == PRIO_USER ? getpwnam(id) : NULL;

	return pw ? (int)pw->pw_uid : number(id, kinds[which]);
}

static int
renice(int which, const char *name, int nice)
{
	int id = identity(which, name), old;
	char what[64];

	snprintf(what, sizeof what, "%d (%s)", id, kinds[which]);
	errno = 0;
	old = getpriority(which, id);
	if ((old == -1 && errno) || setpriority(which, id, nice)) {
		warn_errno(what);
		return 1;
	}
	printf("%s old priority %d, new priority %d\n", what, old, getpriority(which, id));
	return 0;
}

int
main(int argc, char **argv)
{
	int which = PRIO_PROCESS, nice, status = 0, i = 1, any = 0;

	if (i < argc && !strcmp(argv[i], "-n"))
		i++;
	if (i >= argc)
		usage(USAGE);
	nice = number(argv[i++], "niceness");
	for (; i < argc; i++) {
		if (!strcmp(argv[i], "-g"))
			which = PRIO_PGRP;
		else if (!strcmp(argv[i], "-p"))
			which = PRIO_PROCESS;
		else if (!strcmp(argv[i], "-u"))
			which = PRIO_USER;
		else {
			status |= renice(which, argv[i], nice);
			any = 1;
		}
	}
	if (!any)
		usage(USAGE);
	return finish_output(status);
}
