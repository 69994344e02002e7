/*
 * stat [-fL] [-c FORMAT] FILE... - what a file is; -f: its file system.
 *
 * FORMAT has one letter after each %: see file_field() and fs_field().
 */
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "common/cmd.h"

static const struct { long magic; const char *name; } kinds[] = {
	{ EXT4_SUPER_MAGIC, "ext2/ext3" }, { TMPFS_MAGIC, "tmpfs" }, { RAMFS_MAGIC, "ramfs" },
	{ PROC_SUPER_MAGIC, "proc" }, { SYSFS_MAGIC, "sysfs" }, { DEVPTS_SUPER_MAGIC, "devpts" },
	{ MSDOS_SUPER_MAGIC, "msdos" },
};

static const char *
type_name(const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG: return st->st_size ? "regular file" : "regular empty file";
	case S_IFDIR: return "directory";
	case S_IFLNK: return "symbolic link";
	case S_IFCHR: return "character special file";
	case S_IFBLK: return "block special file";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	default: return "weird file";
	}
}

static const char *
fs_name(long magic)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].magic == magic)
			return kinds[i].name;
	return "UNKNOWN";
}

static const char *
user_name(uid_t uid)
{
	struct passwd *pw = getpwuid(uid);

	return pw ? pw->pw_name : "UNKNOWN";
}

static const char *
group_name(gid_t gid)
{
	struct group *gr = getgrgid(gid);

	return gr ? gr->gr_name : "UNKNOWN";
}

static const char *
time_text(const struct timespec *t)
{
	static char text[64];
	char day[32];

	strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", gmtime(&t->tv_sec));
	snprintf(text, sizeof text, "%s.%09ld +0000", day, t->tv_nsec);
	return text;
}

/* 'a' -> link: "'a' -> 'b'" */
static void
put_quoted(const char *path, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t n = S_ISLNK(st->st_mode) ? readlink(path, target, sizeof target - 1) : -1;

	if (n < 0) {
		printf("%s", path);
	} else {
		target[n] = '\0';
		printf("'%s' -> '%s'", path, target);
	}
}

static void
file_field(int c, const char *path, const struct stat *st)
{
	char mode[11];

	switch (c) {
	case 'a': printf("%o", st->st_mode & 07777); break;
	case 'A': mode_string(st->st_mode, mode); printf("%s", mode); break;
	case 'b': printf("%lu", (unsigned long)st->st_blocks); break;
	case 'B': printf("512"); break;
	case 'd': printf("%lu", (unsigned long)st->st_dev); break;
	case 'D': printf("%lx", (unsigned long)st->st_dev); break;
	case 'f': printf("%x", st->st_mode); break;
	case 'F': printf("%s", type_name(st)); break;
	case 'g': printf("%u", st->st_gid); break;
	case 'G': printf("%s", group_name(st->st_gid)); break;
	case 'h': printf("%lu", (unsigned long)st->st_nlink); break;
	case 'i': printf("%lu", (unsigned long)st->st_ino); break;
	case 'n': printf("%s", path); break;
	case 'N': put_quoted(path, st); break;
	case 'o': printf("%lu", (unsigned long)st->st_blksize); break;
	case 's': printf("%ld", (long)st->st_size); break;
	case 't': printf("%x", major(st->st_rdev)); break;
	case 'T': printf("%x", minor(st->st_rdev)); break;
	case 'u': printf("%u", st->st_uid); break;
	case 'U': printf("%s", user_name(st->st_uid)); break;
	case 'x': printf("%s", time_text(&st->st_atim)); break;
	case 'X': printf("%ld", (long)st->st_atim.tv_sec); break;
	case 'y': printf("%s", time_text(&st->st_mtim)); break;
	case 'Y': printf("%ld", (long)st->st_mtim.tv_sec); break;
	case 'z': printf("%s", time_text(&st->st_ctim)); break;
	case 'Z': printf("%ld", (long)st->st_ctim.tv_sec); break;
	default: putchar('?'); break;
	}
}

static void
fs_field(int c, const char *path, const struct statfs *s)
{
	switch (c) {
	case 'a': printf("%lu", (unsigned long)s->f_bavail); break;
	case 'b': printf("%lu", (unsigned long)s->f_blocks); break;
	case 'c': printf("%lu", (unsigned long)s->f_files); break;
	case 'd': printf("%lu", (unsigned long)s->f_ffree); break;
	case 'f': printf("%lu", (unsigned long)s->f_bfree); break;
	case 'i': printf("%08x%08x", s->f_fsid[0], s->f_fsid[1]); break;
	case 'l': printf("%lu", (unsigned long)s->f_namelen); break;
	case 'n': printf("%s", path); break;
	case 's': printf("%lu", (unsigned long)s->f_bsize); break;
	case 'S': printf("%lu", (unsigned long)s->f_frsize); break;
	case 't': printf("%lx", (unsigned long)s->f_type); break;
	case 'T': printf("%s", fs_name(s->f_type)); break;
	default: putchar('?'); break;
	}
}

/* Everything about one file, for people. */
static void
show_file(const char *path, const struct stat *st)
{
	char mode[11];

	printf("  File: ");
	put_quoted(path, st);
	printf("\n  Size: %-10ld\tBlocks: %-10lu IO Block: %-6lu %s\n", (long)st->st_size,
	       (unsigned long)st->st_blocks, (unsigned long)st->st_blksize, type_name(st));
	printf("Device: %lxh/%lud\tInode: %-10lu  Links: ", (unsigned long)st->st_dev,
	       (unsigned long)st->st_dev, (unsigned long)st->st_ino);
	if (!S_ISBLK(st->st_mode) && !S_ISCHR(st->st_mode))
		printf("%lu", (unsigned long)st->st_nlink);
	else
		printf("%-5lu Device type: %x,%x", (unsigned long)st->st_nlink, major(st->st_rdev), minor(st->st_rdev));
	mode_string(st->st_mode, mode);
	printf("\nAccess: (%04o/%s)  Uid: (%5u/%8s)", st->st_mode & 07777, mode, st->st_uid, user_name(st->st_uid));
	printf("   Gid: (%5u/%8s)\n", st->st_gid, group_name(st->st_gid));
	printf("Access: %s\n", time_text(&st->st_atim));
	printf("Modify: %s\n", time_text(&st->st_mtim));
	printf("Change: %s\n", time_text(&st->st_ctim));
}

static void
show_fs(const char *path, const struct statfs *s)
{
	printf("  File: \"%s\"\n    ID: %x%08x Namelen: %-7lu Type: %s\nBlock size: %-10lu\n", path,
	       s->f_fsid[0], s->f_fsid[1], (unsigned long)s->f_namelen, fs_name(s->f_type), (unsigned long)s->f_bsize);
	printf("Blocks: Total: %-10lu Free: %-10lu Available: %lu\nInodes: Total: %-10lu Free: %lu\n",
	       (unsigned long)s->f_blocks, (unsigned long)s->f_bfree, (unsigned long)s->f_bavail,
	       (unsigned long)s->f_files, (unsigned long)s->f_ffree);
}

static int
show(const char *path, int fs, int follow, const char *format)
{
	struct statfs s;
	struct stat st;

	if (fs ? statfs(path, &s) : (follow ? stat : lstat)(path, &st)) {
		warn_errno(path);
		return 1;
	}
	if (!format && fs)
		show_fs(path, &s);
	else if (!format)
		show_file(path, &st);
	for (; format && *format; format++) {
		if (*format != '%' || !format[1])
			putchar(*format);
		else if (*++format == '%')
			putchar('%');
		else if (fs)
			fs_field(*format, path, &s);
		else
			file_field(*format, path, &st);
	}
	if (format)
		putchar('\n');
	return 0;
}

int
main(int argc, char **argv)
{
	const char *format = NULL;
	int fs = 0, follow = 0, status = 0, c;

	while ((c = getopt(argc, argv, "fLc:")) != -1) {
		fs |= c == 'f';
		follow |= c == 'L';
		if (c == 'c')
			format = optarg;
		if (c == '?')
			usage("stat [-fL] [-c FORMAT] FILE...");
	}
	if (optind == argc)
		usage("stat [-fL] [-c FORMAT] FILE...");
	for (; optind < argc; optind++)
		status |= show(argv[optind], fs, follow, format);
	return finish_output(status);
}
