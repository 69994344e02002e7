/* umount [-lf] DIRECTORY... */
#include <sys/mount.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int flags = 0, status = 0, c;

	while ((c = getopt(argc, argv, "lf")) != -1) {
		if (c == '?')
			usage("umount [-lf] DIRECTORY...");
		flags |= c == 'l' ? MNT_DETACH : MNT_FORCE;
	}
	if (optind == argc)
		usage("umount [-lf] DIRECTORY...");
	for (; optind < argc; optind++)
		if (umount2(argv[optind], flags)) {
			warn_errno(argv[optind]);
			status = 1;
		}
	return status;
}
