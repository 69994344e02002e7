/* mknod PATH p, mknod PATH b|c MAJOR MINOR; mkfifo PATH... */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int i, status = 0;

	if (!strcmp(program_invocation_short_name, "mkfifo")) {
		if (argc < 2)
			usage("mkfifo PATH...");
		for (i = 1; i < argc; i++)
			if (mkfifo(argv[i], 0666)) {
				warn_errno(argv[i]);
				status = 1;
			}
		return status;
	}
	if (argc == 3 && !strcmp(argv[2], "p")) {
		if (mkfifo(argv[1], 0666))
			die_errno(argv[1]);
		return 0;
	}
	if (argc != 5 || (strcmp(argv[2], "b") && strcmp(argv[2], "c")))
		usage("mknod PATH p | PATH b|c MAJOR MINOR");
	if (mknod(argv[1], 0666 | (argv[2][0] == 'b' ? S_IFBLK : S_IFCHR),
		  makedev(number(argv[3], "major"), number(argv[4], "minor"))))
		die_errno(argv[1]);
	return 0;
}
