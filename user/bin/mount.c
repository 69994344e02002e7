/* mount [-t TYPE] [-o OPTIONS] SOURCE DIRECTORY; alone, it lists what is mounted. */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include "common/cmd.h"

static const struct { const char *name; unsigned long set, clear; } flags[] = {
	{ "defaults", 0, 0 }, { "ro", MS_RDONLY, 0 }, { "rw", 0, MS_RDONLY }, { "nosuid", MS_NOSUID, 0 },
	{ "nodev", MS_NODEV, 0 }, { "noexec", MS_NOEXEC, 0 }, { "sync", MS_SYNCHRONOUS, 0 },
	{ "remount", MS_REMOUNT, 0 }, { "bind", MS_BIND, 0 }, { "rbind", MS_BIND | MS_REC, 0 },
	{ "move", MS_MOVE, 0 }, { "noatime", MS_NOATIME, 0 }, { "relatime", MS_RELATIME, 0 },
};

/* What is no flag goes to the file system. */
static unsigned long
parse_options(char *s, unsigned long f, char *data, size_t size)
{
	char *o;
	size_t i;

	while ((o = strsep(&s, ","))) {
		for (i = 0; i < sizeof flags / sizeof *flags; i++)
			if (!strcmp(flags[i].name, o))
				break;
		if (i < sizeof flags / sizeof *flags) {
			f = (f | flags[i].set) & ~flags[i].clear;
			continue;
		}
		if (strlen(data) + strlen(o) + 2 > size)
			die("too many options");
		if (*data)
			strcat(data, ",");
		strcat(data, o);
	}
	return f;
}

static int
list(void)
{
	char line[1024], dev[256], dir[256], type[64], opts[256];
	FILE *f = fopen("/proc/mounts", "r");

	if (!f)
		die_errno("/proc/mounts");
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%255s %255s %63s %255s", dev, dir, type, opts) == 4)
			printf("%s on %s type %s (%s)\n", dev, dir, type, opts);
	return finish_output(0);
}

int
main(int argc, char **argv)
{
	const char *type = NULL;
	unsigned long f = 0;
	char data[512] = "";
	int c;

	if (argc == 1)
		return list();
	while ((c = getopt(argc, argv, "t:o:r")) != -1) {
		switch (c) {
		case 't':
			type = optarg;
			break;
		case 'o':
			f = parse_options(optarg, f, data, sizeof data);
			break;
		case 'r':
			f |= MS_RDONLY;
			break;
		default:
			usage("mount [-t TYPE] [-o OPTIONS] SOURCE DIRECTORY");
		}
	}
	if (argc - optind != 2)
		usage("mount [-t TYPE] [-o OPTIONS] SOURCE DIRECTORY");
	if (!type && !(f & (MS_BIND | MS_REMOUNT | MS_MOVE)))
		type = "ext4";
	if (mount(argv[optind], argv[optind + 1], type, f, data))
		die_errno(argv[optind + 1]);
	return 0;
}
