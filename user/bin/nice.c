/* nice [-n N] [COMMAND [ARGUMENT...]] - run it N (10) nicer; without a command, how nice we are. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include "common/cmd.h"

#define USAGE	"nice [-n N] [COMMAND [ARGUMENT...]]"

int
main(int argc, char **argv)
{
	long more = 10;
	int c, given = 0;

	while ((c = getopt(argc, argv, "+n:")) != -1) {
		if (c != 'n')
			usage(USAGE);
		more = number(optarg, "niceness");
		given = 1;
	}
	if (optind >= argc) {
		if (given)
			usage(USAGE);
		printf("%d\n", getpriority(PRIO_PROCESS, 0));
		return finish_output(0);
	}
	more = more < -40 ? -40 : more > 40 ? 40 : more;
	/* As POSIX has it: who may not is told so, and the command runs all the same. */
	if (setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + more))
		warn_errno("cannot set niceness");
	return run_instead(argv + optind);
}
