/* hostname [NAME] */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	char name[256];

	if (argc > 2)
		usage("hostname [NAME]");
	if (argc == 2) {
		if (sethostname(argv[1], strlen(argv[1])))
			die_errno(argv[1]);
		return 0;
	}
	if (gethostname(name, sizeof name))
		die_errno("hostname");
	puts(name);
	return finish_output(0);
}
