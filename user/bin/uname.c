/* uname [-asnrvm] */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	static const char letters[] = "snrvm";
	struct utsname u;
	const char *parts[5] = { u.sysname, u.nodename, u.release, u.version, u.machine };
	int show = 0, c, i, first = 1;

	while ((c = getopt(argc, argv, "asnrvmo")) != -1) {
		if (c == '?')
			usage("uname [-asnrvm]");
		show |= c == 'a' ? 31 : c == 'o' ? 1 : 1 << (strchr(letters, c) - letters);
	}
	if (uname(&u))
		die_errno("uname");
	if (!show)
		show = 1;
	for (i = 0; i < 5; i++)
		if (show >> i & 1) {
			printf("%s%s", first ? "" : " ", parts[i]);
			first = 0;
		}
	printf("\n");
	return finish_output(0);
}
