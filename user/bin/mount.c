/*
 * mount [-t TYPE] [-o OPTIONS] [-r] SOURCE DIRECTORY, or -o remount,... with either alone;
 * with nothing, or -t alone, it lists what is mounted.
 *
 * Without -t every type of /proc/filesystems that lives on disks is tried.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/mounts.h"

#define USAGE "mount [-r] [-t TYPE] [-o OPTIONS] [SOURCE] [DIRECTORY]"

static const struct { const char *name; unsigned long set, clear; } flags[] = {
	{ "defaults", 0, 0 }, { "ro", MS_RDONLY, 0 }, { "rw", 0, MS_RDONLY },
	{ "nosuid", MS_NOSUID, 0 }, { "suid", 0, MS_NOSUID }, { "nodev", MS_NODEV, 0 }, { "dev", 0, MS_NODEV },
	{ "noexec", MS_NOEXEC, 0 }, { "exec", 0, MS_NOEXEC }, { "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS }, { "dirsync", MS_DIRSYNC, 0 }, { "remount", MS_REMOUNT, 0 },
	{ "bind", MS_BIND, 0 }, { "rbind", MS_BIND | MS_REC, 0 }, { "move", MS_MOVE, 0 },
	{ "noatime", MS_NOATIME, 0 }, { "atime", 0, MS_NOATIME }, { "nodiratime", MS_NODIRATIME, 0 },
	{ "relatime", MS_RELATIME, 0 }, { "strictatime", MS_STRICTATIME, MS_RELATIME | MS_NOATIME },
	{ "lazytime", MS_LAZYTIME, 0 }, { "silent", MS_SILENT, 0 },
};

/* Flags go into *f. What is no flag goes to the file system, if data is given. */
static void
parse_options(char *s, unsigned long *f, char *data, size_t size)
{
	char *o;
	size_t i;

	while ((o = strsep(&s, ","))) {
		for (i = 0; i < sizeof flags / sizeof *flags; i++)
			if (!strcmp(flags[i].name, o))
				break;
		if (i < sizeof flags / sizeof *flags) {
			*f = (*f | flags[i].set) & ~flags[i].clear;
			continue;
		}
		if (!data || !*o)
			continue;
		if (strlen(data) + strlen(o) + 2 > size)
			die("too many options");
		if (*data)
			strcat(data, ",");
		strcat(data, o);
	}
}

static int
list(const char *type)
{
	size_t n, i;
	struct mntent *m = mounts_read(&n);

	for (i = 0; i < n; i++)
		if (!type || !strcmp(m[i].mnt_type, type))
			printf("%s on %s type %s (%s)\n", m[i].mnt_fsname, m[i].mnt_dir, m[i].mnt_type, m[i].mnt_opts);
	return finish_output(0);
}

/* The kernel's remount replaces all flags: options that are not named stay as they are. */
static void
remount(const char *place, char *options, unsigned long f, const char *data)
{
	size_t n;
	struct mntent *table = mounts_read(&n);
	const struct mntent *m = mount_of(place, table, n);
	unsigned long old = 0;

	if (!m)
		_exit(1);
	parse_options(m->mnt_opts, &old, NULL, 0);
	parse_options(options, &old, NULL, 0);
	if (mount(m->mnt_fsname, m->mnt_dir, NULL, old | f, data))
		die_errno(m->mnt_dir);
}

/* Try each kind that /proc/filesystems does not call nodev. Whether one was right; else errno says why not. */
static int
mount_some_type(const char *source, const char *dir, unsigned long f, const char *data)
{
	FILE *kinds = fopen("/proc/filesystems", "r");
	char line[64], type[32];
	int error = ENODEV;

	if (!kinds)
		die_errno("/proc/filesystems");
	while (fgets(line, sizeof line, kinds)) {
		if (*line != '\t' || sscanf(line, "%31s", type) != 1)
			continue;
		if (!mount(source, dir, type, f | MS_SILENT, data)) {
			fclose(kinds);
			return 1;
		}
		error = errno;
		if (error != EINVAL && error != ENODEV)	/* not just another kind's disk */
			break;
	}
	fclose(kinds);
	errno = error;
	return 0;
}

int
main(int argc, char **argv)
{
	const char *type = NULL, *source, *dir;
	unsigned long f = 0;
	char data[512] = "", given[512] = "";
	int c;

	while ((c = getopt(argc, argv, "t:o:rw")) != -1) {
		switch (c) {
		case 't':
			type = optarg;
			break;
		case 'o':
			if (strlen(given) + strlen(optarg) + 2 > sizeof given)
				die("too many options");
			strcat(strcat(given, optarg), ",");
			parse_options(optarg, &f, data, sizeof data);
			break;
		case 'r':
			strcat(given, "ro,");
			f |= MS_RDONLY;
			break;
		case 'w':
			break;
		default:
			usage(USAGE);
		}
	}
	if (optind == argc && !f && !*data)
		return list(type);
	if (f & MS_REMOUNT && !(f & MS_BIND) && argc > optind) {
		remount(argv[argc - 1], given, f & ~MS_RDONLY, data);
		return 0;
	}
	if (argc - optind != 2)
		usage(USAGE);
	source = argv[optind];
	dir = argv[optind + 1];
	if (type || f & (MS_BIND | MS_REMOUNT | MS_MOVE) ? mount(source, dir, type, f, data)
							  : !mount_some_type(source, dir, f, data)) {
		char what[256];

		snprintf(what, sizeof what, "%s on %s", source, dir);
		die_errno(what);
	}
	return 0;
}
