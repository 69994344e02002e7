/* chown [-hR] [USER][:GROUP] FILE... - names or numbers; -h: of links themselves. */
#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

static int recursive, no_follow;
static uid_t uid = -1;
static gid_t gid = -1;

static void
parse(char *who)
{
	char *group = strpbrk(who, ":."), *end;
	struct passwd *pw;
	struct group *gr;

	if (group)
		*group++ = '\0';
	if (*who) {
		pw = getpwnam(who);
		uid = pw ? pw->pw_uid : strtoul(who, &end, 10);
		if (!pw && *end)
			die("%s: no such user", who);
	}
	if (group && *group) {
		gr = getgrnam(group);
		gid = gr ? gr->gr_gid : strtoul(group, &end, 10);
		if (!gr && *end)
			die("%s: no such group", group);
	}
}

static int
change(const char *path, int below)
{
	int status = 0;
	struct dirent *e;
	struct stat st;
	DIR *d;

	if ((no_follow || below ? lchown : chown)(path, uid, gid)) {
		warn_errno(path);
		status = 1;
	}
	if (!recursive || lstat(path, &st) || !S_ISDIR(st.st_mode))
		return status;
	d = opendir(path);
	if (!d) {
		warn_errno(path);
		return 1;
	}
	while ((e = readdir(d))) {
		char *name;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		name = path_join(path, e->d_name);
		status |= change(name, 1);
		free(name);
	}
	closedir(d);
	return status;
}

int
main(int argc, char **argv)
{
	int status = 0, c;

	while ((c = getopt(argc, argv, "hR")) != -1) {
		if (c == '?')
			usage("chown [-hR] [USER][:GROUP] FILE...");
		recursive |= c == 'R';
		no_follow |= c == 'h';
	}
	if (argc - optind < 2)
		usage("chown [-hR] [USER][:GROUP] FILE...");
	parse(argv[optind]);
	while (++optind < argc)
		status |= change(argv[optind], 0);
	return status;
}
