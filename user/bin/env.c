/* env [-i] [-u NAME] [NAME=VALUE...] [COMMAND [ARGUMENT...]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	extern char **environ;
	char **e;
	int c;

#ifdef __GLIBC__
	setenv("POSIXLY_CORRECT", "1", 1);
#endif
	while ((c = getopt(argc, argv, "iu:")) != -1) {
		if (c == 'i')
			clearenv();
		else if (c == 'u')
			unsetenv(optarg);
		else
			usage("env [-i] [-u NAME] [NAME=VALUE...] [COMMAND [ARGUMENT...]]");
	}
	for (; optind < argc && strchr(argv[optind], '='); optind++)
		putenv(argv[optind]);
	if (optind < argc)
		return run_instead(argv + optind);
	for (e = environ; e && *e; e++)
		puts(*e);
	return finish_output(0);
}
