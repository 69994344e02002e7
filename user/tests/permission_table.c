/*
 * permission_table: every kind of access to a file or directory, of several modes, by several users: the answers are
 * Linux's, letter by letter.  Runs as root.
 *
 * A letter is an answer: '.' success, 'A' EACCES, 'P' EPERM, '?' another errno.
 */
#include <grp.h>
#include <sys/prctl.h>
#include "test.h"

#define OWNER		2000
#define GROUP		3000
#define STRANGER	2001
#define B(cap)		(1U << (cap))
#define AT_EACCESS_	0x200

static void
only_capabilities(unsigned set)
{
	unsigned h[2] = { 0x20080522, 0 }, d[6] = { set, set, 0, 0, 0, 0 };

	CHECK(syscall(91, h, d) == 0);
}

static void
become(uid_t uid, gid_t gid, gid_t extra, unsigned caps)
{
	CHECK(setgroups(extra ? 1 : 0, &extra) == 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	CHECK(setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0);
	only_capabilities(caps);
}

static void as_root(void) { }
static void as_root_without(void) { only_capabilities(0); }
static void as_owner(void) { become(OWNER, STRANGER, 0, 0); }
static void as_group(void) { become(STRANGER, GROUP, 0, 0); }
static void as_extra(void) { become(STRANGER, STRANGER, GROUP, 0); }
static void as_stranger(void) { become(STRANGER, STRANGER, 0, 0); }
static void as_reader(void) { become(STRANGER, STRANGER, 0, B(2)); }		/* DAC_READ_SEARCH */
static void as_overrider(void) { become(STRANGER, STRANGER, 0, B(1)); }	/* DAC_OVERRIDE */
static void as_fowner(void) { become(STRANGER, STRANGER, 0, B(3)); }		/* FOWNER */
static void as_chowner(void) { become(STRANGER, STRANGER, 0, B(0)); }		/* CHOWN */
/* setfsuid: real user 0 */
static void as_fs_owner(void) { CHECK(syscall(151, OWNER) == 0 && syscall(152, STRANGER) == 0); }

static const struct {
	const char *name;
	void	(*become)(void);
} who[] = {
	{ "root", as_root }, { "root, no capability", as_root_without }, { "owner", as_owner }, { "group", as_group },
	{ "extra group", as_extra }, { "stranger", as_stranger }, { "CAP_DAC_READ_SEARCH", as_reader },
	{ "CAP_DAC_OVERRIDE", as_overrider }, { "CAP_FOWNER", as_fowner }, { "CAP_CHOWN", as_chowner },
	{ "setfsuid", as_fs_owner },
};

/* What is tried on files of some mode, and on `dir` of some mode with what is in it. None spoils the next. */
static int done(int fd) { return fd < 0 ? -1 : close(fd); }
static int t_read(void) { return done(open("file", O_RDONLY)); }
static int t_write(void) { return done(open("file", O_WRONLY)); }
static int t_truncate(void) { return truncate("file", 1); }
static int t_execute(void) { return syscall(439, AT_FDCWD, "file", X_OK, AT_EACCESS_); }
static int t_access(void) { return access("file", R_OK | W_OK); }
static int t_noatime(void) { return done(open("file", O_RDONLY | 01000000)); }
static int t_chmod(void) { return chmod("file1", 0400); }
static int t_chown(void) { return chown("file2", STRANGER, -1); }
static int t_chgrp(void) { return chown("file3", -1, STRANGER); }
static int t_chgrp_own(void) { return chown("file4", -1, GROUP); }
static int t_touch(void) { return utimensat(AT_FDCWD, "file", NULL, 0); }
static int t_date(void) { return utimensat(AT_FDCWD, "file", (struct timespec[2]){ { 1, 0 }, { 1, 0 } }, 0); }
static int t_list(void) { return done(open("dir", O_RDONLY | O_DIRECTORY)); }
static int t_enter(void) { int r = chdir("dir"); return r ? r : chdir(".."); }
static int t_stat(void) { struct stat s; return stat("dir/in", &s); }
static int t_make(void) { int r = mkdir("dir/new", 0700); return r ? r : rmdir("dir/new"); }
static int t_remove(void) { return unlink("dir/in1"); }
static int t_rename(void) { return rename("dir/in2", "dir/out"); }
static int t_link(void) { return link("plain", "dir/link"); }
/* its ".." changes: sub must be writable */
static int t_move_dir(void) { return rename("dir/sub", "other/sub"); }

static int (*const tries[])(void) = {
	t_read, t_write, t_truncate, t_execute, t_access, t_noatime, t_chmod, t_chown, t_chgrp, t_chgrp_own,
	t_touch, t_date,
	t_list, t_enter, t_stat, t_make, t_remove, t_rename, t_link, t_move_dir,
};
#define TRIES	(sizeof tries / sizeof *tries)

static const int modes[] = { 0700, 0070, 0007, 0444, 0222, 0111, 01777, 06777 };
#define MODES	(sizeof modes / sizeof *modes)

static const char *files[] = { "file", "file1", "file2", "file3", "file4", "plain", NULL };
static const char *inside[] = { "dir/in", "dir/in1", "dir/in2", NULL };

static void
make(const char *name, int mode, uid_t uid, gid_t gid)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0 && write(fd, "text", 4) == 4 && fchown(fd, uid, gid) == 0 && fchmod(fd, mode) == 0 &&
	      close(fd) == 0);
}

/* The scene, fresh for every user and mode. */
static void
build(int mode)
{
	CHECK(mkdir("scene", 0777) == 0 && chdir("scene") == 0);
	for (const char **f = files; *f; f++)
		make(*f, **f == 'p' ? 0666 : mode, OWNER, GROUP);
	CHECK(mkdir("dir", 0700) == 0 && chown("dir", OWNER, GROUP) == 0 && mkdir("dir/sub", 0700) == 0);
	CHECK(chown("dir/sub", STRANGER, GROUP) == 0 && mkdir("other", 0777) == 0 && chmod("other", 0777) == 0);
	for (const char **f = inside; *f; f++)
		make(*f, 0600, STRANGER + 7, GROUP);
	CHECK(chmod("dir", mode) == 0);
}

static void
clear(void)
{
	CHECK(chdir("..") == 0);
	CHECK(chdir("scene") == 0);
	for (const char **f = files; *f; f++)
		unlink(*f);
	for (const char **f = inside; *f; f++)
		unlink(*f);
	unlink("dir/out");
	unlink("dir/link");
	rmdir("dir/sub");
	rmdir("other/sub");
	CHECK(rmdir("dir") == 0 && rmdir("other") == 0 && chdir("..") == 0 && rmdir("scene") == 0);
}

/* One letter for each of tries[], to got. */
static void
answers(void (*as)(void), char *got)
{
	pid_t p = fork();
	int status;

	CHECK(p >= 0);
	if (!p) {
		as();
		for (unsigned t = 0; t < TRIES; t++)
			got[t] = tries[t]() == 0 ? '.' : errno == EACCES ? 'A' : errno == EPERM ? 'P' : '?';
		_exit(0);
	}
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
}

/* Recorded on Linux 6.12: a line for each of who[], a group of letters for each mode. */
static const char *const want[][MODES] = {
	{ /* root */
	  "....................", "....................", "....................", "...A................",
	  "...A................", "....................", "....................", "....................", },
	{ /* root, no capability */
	  "AAAAAAPPPPAPAAAAAAAA", "AAAAAAPPPPAPAAAAAAAA", ".....PPPPP.P.......A", ".AAAAPPPPPAP.AAAAAAA",
	  "A..AAAPPPP.PAAAAAAAA", "AAA.AAPPPPAPA..AAAAA", ".....PPPPP.P....PP.P", ".....PPPPP.P.......A", },
	{ /* owner */
	  ".......P...........A", "AAAAAA.P....AAAAAAAA", "AAAAAA.P....AAAAAAAA", ".AAAA..P.....AAAAAAA",
	  "A..AAA.P....AAAAAAAA", "AAA.AA.P....A..AAAAA", ".......P...........A", ".......P...........A", },
	{ /* group */
	  "AAAAAAPPPPAPAAAAAAAA", ".....PPPPP.P........", "AAAAAAPPPPAPAAAAAAAA", ".AAAAPPPPPAP.AAAAAAA",
	  "A..AAAPPPP.PAAAAAAAA", "AAA.AAPPPPAPA..AAAAA", ".....PPPPP.P....PP..", ".....PPPPP.P........", },
	{ /* extra group */
	  "AAAAAAPPPPAPAAAAAAAA", ".....PPPPP.P........", "AAAAAAPPPPAPAAAAAAAA", ".AAAAPPPPPAP.AAAAAAA",
	  "A..AAAPPPP.PAAAAAAAA", "AAA.AAPPPPAPA..AAAAA", ".....PPPPP.P....PP..", ".....PPPPP.P........", },
	{ /* stranger */
	  "AAAAAAPPPPAPAAAAAAAA", "AAAAAAPPPPAPAAAAAAAA", ".....PPPPP.P........", ".AAAAPPPPPAP.AAAAAAA",
	  "A..AAAPPPP.PAAAAAAAA", "AAA.AAPPPPAPA..AAAAA", ".....PPPPP.P....PP..", ".....PPPPP.P........", },
	{ /* CAP_DAC_READ_SEARCH */
	  ".AAAAPPPPPAP...AAAAA", ".AAAAPPPPPAP...AAAAA", ".....PPPPP.P........", ".AAAAPPPPPAP...AAAAA",
	  "...AAPPPPP.P...AAAAA", ".AA.APPPPPAP...AAAAA", ".....PPPPP.P....PP..", ".....PPPPP.P........", },
	{ /* CAP_DAC_OVERRIDE */
	  "....APPPPP.P........", "....APPPPP.P........", ".....PPPPP.P........", "...AAPPPPP.P........",
	  "...AAPPPPP.P........", "....APPPPP.P........", ".....PPPPP.P....PP..", ".....PPPPP.P........", },
	{ /* CAP_FOWNER */
	  "AAAAAA.PPP..AAAAAAAA", "AAAAAA.PPP..AAAAAAAA", ".......PPP..........", ".AAAA..PPP...AAAAAAA",
	  "A..AAA.PPP..AAAAAAAA", "AAA.AA.PPP..A..AAAAA", ".......PPP..........", ".......PPP..........", },
	{ /* CAP_CHOWN */
	  "AAAAAAP...APAAAAAAAA", "AAAAAAP...APAAAAAAAA", ".....PP....P........", ".AAAAPP...AP.AAAAAAA",
	  "A..AAAP....PAAAAAAAA", "AAA.AAP...APA..AAAAA", ".....PP....P....PP..", ".....PPPPP.P........", },
	{ /* setfsuid */
	  ".......P...........A", "AAAA.A.P....AAAAAAAA", "AAAA.A.P....AAAAAAAA", ".AAA...P.....AAAAAAA",
	  "A..A.A.P....AAAAAAAA", "AAA..A.P....A..AAAAA", ".......P...........A", ".......P...........A", },
};

/* ---- set-ID bits: who writes or gives away loses them ---- */

static int
mode_after(const char *name)
{
	struct stat s;

	CHECK(stat(name, &s) == 0);
	return s.st_mode & 07777;
}

static void
set_id_bits(void)
{
	int fd;

	make("/tmp/perm.table/bits", 06777, OWNER, GROUP);
	/* CAP_FSETID */
	CHECK((fd = open("bits", O_RDWR)) >= 0 && write(fd, "x", 1) == 1 && mode_after("bits") == 06777);
	become(OWNER, STRANGER, 0, 0);
	CHECK(write(fd, "x", 1) == 1 && mode_after("bits") == 0777);
	/* not of the file's group: no set-group-ID */
	CHECK(chmod("bits", 06777) == 0 && mode_after("bits") == 04777);
	CHECK(ftruncate(fd, 1) == 0 && mode_after("bits") == 0777);
	CHECK(chmod("bits", 04777) == 0 && chown("bits", -1, STRANGER) == 0 && mode_after("bits") == 0777);
	CHECK(chmod("bits", 02767) == 0 && mode_after("bits") == 02767 && write(fd, "x", 1) == 1 &&
	      mode_after("bits") == 02767);
	CHECK(chmod("bits", 07000) == 0 && mode_after("bits") == 07000);
	CHECK(mkdir("made/d", 0777) == 0 && mode_after("made/d") == 02755);	/* the directory's group and bit */
	CHECK((fd = open("made/f", O_RDWR | O_CREAT, 02777)) >= 0 && mode_after("made/f") == 0755);
	CHECK((fd = open("made/g", O_RDWR | O_CREAT, 02767)) >= 0);
}

/* ---- chroot: what is left of it, and how far it holds ---- */

static void
roots(void)
{
	char cwd[100];
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	struct stat real, s;

	CHECK(fd >= 0 && fstat(fd, &real) == 0);
	CHECK(mkdir("jail", 0755) == 0 && mkdir("jail/in", 0755) == 0);
	CHECK_ERRNO(ENOTDIR, chroot("bits"));
	CHECK_ERRNO(ENOENT, chroot("nothing"));
	CHECK(chroot("jail") == 0);
	CHECK(stat("/in", &s) == 0 && stat("..", &s) == 0);		/* the working directory is still outside */
	CHECK(chdir("/") == 0 && getcwd(cwd, sizeof cwd) && !strcmp(cwd, "/"));
	CHECK(stat("..", &s) == 0 && stat("/..", &real) == 0 && s.st_ino == real.st_ino);
	CHECK(chroot("in") == 0 && chdir("../..") == 0);		/* root can get out: as on Linux */
	CHECK(fchdir(fd) == 0);
	CHECK(syscall(SYS_getcwd, cwd, sizeof cwd) > 0 && !strncmp(cwd, "(unreachable)", 13));
	CHECK(setuid(STRANGER) == 0);
	CHECK_ERRNO(EPERM, chroot("/"));
}

int
main(void)
{
	char *got = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int bad = 0;

	CHECK(got != MAP_FAILED);
	umask(0);
	system("rm -rf /tmp/perm.table");
	mkdir("/tmp", 0777);
	CHECK(mkdir("/tmp/perm.table", 0777) == 0 && chdir("/tmp/perm.table") == 0);
	for (unsigned i = 0; i < sizeof who / sizeof *who; i++)
		for (unsigned m = 0; m < MODES; m++) {
			build(modes[m]);
			answers(who[i].become, got);
			clear();
			if (i >= sizeof want / sizeof *want || !want[i][m] || strcmp(got, want[i][m])) {
				printf("\"%s\",\t/* %s, %04o */\n", got, who[i].name, modes[m]);
				bad = 1;
			}
		}
	umask(022);
	CHECK(mkdir("made", 0777) == 0 && chown("made", OWNER, GROUP) == 0 && chmod("made", 02777) == 0);
	CHECK(exited(in_child(set_id_bits), 0));
	CHECK(exited(in_child(roots), 0));
	CHECK(chdir("/") == 0);
	system("rm -rf /tmp/perm.table");
	return bad;
}
