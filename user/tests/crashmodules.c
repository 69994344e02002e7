/* crashmodules: load the kernel modules named, in order.  Only a kernel that is not ours needs it. */
#include "test.h"

#ifndef SYS_finit_module
#define SYS_finit_module 273
#endif

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);

		if (fd < 0)
			continue;
		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			perror(argv[i]);
		close(fd);
	}
	return 0;
}
