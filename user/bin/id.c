/* id [-u | -g | -n] - who runs this; whoami. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int user = 0, group = 0, name = 0, c;
	struct passwd *pw = getpwuid(geteuid());
	struct group *gr = getgrgid(getegid());

	while ((c = getopt(argc, argv, "ugn")) != -1) {
		user |= c == 'u';
		group |= c == 'g';
		name |= c == 'n';
		if (c == '?')
			usage("id [-u | -g] [-n]");
	}
	if (!strcmp(program_invocation_short_name, "whoami"))
		user = name = 1;
	if (name && pw && !group)
		printf("%s\n", pw->pw_name);
	else if (name && gr && group)
		printf("%s\n", gr->gr_name);
	else if (user || group)
		printf("%u\n", user ? geteuid() : getegid());
	else
		printf("uid=%u(%s) gid=%u(%s)\n", geteuid(), pw ? pw->pw_name : "?", getegid(), gr ? gr->gr_name : "?");
	return finish_output(0);
}
