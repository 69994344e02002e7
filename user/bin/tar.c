/*
 * tar c|x|t [-vmp] [-f ARCHIVE] [-C DIRECTORY] [FILE...] - archives in the ustar format.
 *
 * An archive is a header of 512 bytes for each file and its bytes padded to 512, then two blocks
 * of zeros:
 *
 *	  0 name  100 mode  108 uid  116 gid  124 size  136 mtime  148 sum  156 type
 *	157 link  257 "ustar\0" "00"  265 user  297 group  329 major  337 minor  345 prefix
 *
 * Numbers are octal text. A longer name is split at a slash into prefix and name. Of GNU's additions
 * long names ('L', 'K') are read; pax headers ('x', 'g') are passed over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "common/cmd.h"

#define BLOCK	512

struct header {
	char	name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char	magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static int verbose, now_times, status, archive;
static const char *archive_name = "-";
static char **wanted;			/* names on the command line; empty: all */

/* Files with several names that are in the archive: the others become links to the first. */
static struct first { dev_t dev; ino_t ino; char *name; struct first *next; } *firsts;

/* ---- blocks ---- */

static void
put_bytes(const void *p, size_t n)
{
	ssize_t w;

	for (; n; n -= w, p = (const char *)p + w) {
		w = write(archive, p, n);
		if (w < 0 && errno == EINTR)
			w = 0;
		else if (w < 0)
			die_errno(archive_name);
	}
}

/* Exactly n bytes. 0 at the end of the archive. */
static int
get_bytes(void *p, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = read(archive, (char *)p + got, n - got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			die_errno(archive_name);
		if (r == 0 && got)
			die("%s: ends in the middle", archive_name);
		if (r == 0)
			return 0;
		got += r;
	}
	return 1;
}

static unsigned int
checksum(const struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned int sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= offsetof(struct header, sum) && i < offsetof(struct header, type) ? ' ' : p[i];
	return sum;
}

/* A field of octal digits; or, with the top bit set, big-endian binary (GNU, for the big and negative). */
static long long
get_number(const char *field, size_t n)
{
	long long v = 0;
	size_t i = 0;

	if (field[0] & 0x80) {
		v = field[0] & 0x40 ? -1 : 0;
		for (i = 1; i < n; i++)
			v = (long long)((unsigned long long)v << 8 | (unsigned char)field[i]);
		return v;
	}
	while (i < n && field[i] == ' ')
		i++;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++)
		v = v * 8 + (field[i] - '0');
	return v;
}

static void
put_number(char *field, size_t n, unsigned long long v)
{
	int binary = v >> 3 * (n - 1) != 0;	/* more than the digits can say */
	size_t i = binary ? n : n - 1;

	field[n - 1] = '\0';
	while (i--) {
		field[i] = binary ? v & 0xff : '0' + (v & 7);
		v >>= binary ? 8 : 3;
	}
	if (binary)
		field[0] |= 0x80;
}

/* ---- create ---- */

/* name into the header, split if it must be. 0 if it cannot be. */
static int
put_name(struct header *h, const char *name)
{
	size_t n = strlen(name);
	const char *slash;

	if (n <= sizeof h->name) {
		memcpy(h->name, name, n);
		return 1;
	}
	for (slash = strchr(name, '/'); slash && strlen(slash + 1) > sizeof h->name; slash = strchr(slash + 1, '/'))
		;
	if (!slash || (size_t)(slash - name) > sizeof h->prefix || !slash[1])
		return 0;
	memcpy(h->prefix, name, slash - name);
	memcpy(h->name, slash + 1, strlen(slash + 1));
	return 1;
}

/* Of a file with more names: the one that is in the archive already, or NULL, and this is it from now on. */
static const char *
first_name(const struct stat *st, const char *name)
{
	struct first *f;

	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return NULL;
	for (f = firsts; f; f = f->next)
		if (f->ino == st->st_ino && f->dev == st->st_dev)
			return f->name;
	f = malloc(sizeof *f);
	if (!f || !(f->name = strdup(name)))
		die("out of memory");
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->next = firsts;
	firsts = f;
	return NULL;
}

static char
type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return '0';
	case S_IFLNK: return '2';
	case S_IFCHR: return '3';
	case S_IFBLK: return '4';
	case S_IFDIR: return '5';
	case S_IFIFO: return '6';
	default: return 0;		/* a socket */
	}
}

static void
put_owner(struct header *h, const struct stat *st)
{
	struct passwd *pw = getpwuid(st->st_uid);
	struct group *gr = getgrgid(st->st_gid);

	put_number(h->uid, sizeof h->uid, st->st_uid);
	put_number(h->gid, sizeof h->gid, st->st_gid);
	if (pw)
		strncpy(h->user, pw->pw_name, sizeof h->user - 1);
	if (gr)
		strncpy(h->group, gr->gr_name, sizeof h->group - 1);
}

/* What a file that shrank meanwhile lacks is made up with zeros. */
static void
put_contents(int fd, const char *path, off_t size)
{
	static char buf[64 * BLOCK];

	while (size > 0) {
		size_t want = size < (off_t)sizeof buf ? (size_t)size : sizeof buf;
		ssize_t n = read(fd, buf, want);

		if (n < 0) {
			warn_errno(path);
			status = 1;
		}
		if (n <= 0) {
			memset(buf, 0, want);
			n = want;
		}
		size -= n;
		if (!size && n % BLOCK) {
			memset(buf + n, 0, BLOCK - n % BLOCK);
			n += BLOCK - n % BLOCK;
		}
		put_bytes(buf, n);
	}
}

static void
put_file(const char *path, const struct stat *st)
{
	struct header h = { .magic = "ustar", .version = { '0', '0' }, .type = type_of(st->st_mode) };
	const char *other, *name = path + strspn(path, "/");
	char stored[PATH_MAX], target[PATH_MAX] = "";
	int fd = -1;

	snprintf(stored, sizeof stored, "%s%s", *name ? name : "./", S_ISDIR(st->st_mode) && *name ? "/" : "");
	other = first_name(st, stored);
	if (other) {
		h.type = '1';
		strcpy(target, other);
	} else if (h.type == '2' && readlink(path, target, sizeof target - 1) < 0) {
		warn_errno(path);
		status = 1;
		return;
	}
	if (!h.type || !put_name(&h, stored) || strlen(target) > sizeof h.link) {
		warn_text("%s: %s", path, h.type ? "name too long" : "a socket: left out");
		status |= h.type != 0;
		return;
	}
	if (h.type == '0' && (fd = open(path, O_RDONLY)) < 0) {
		warn_errno(path);
		status = 1;
		return;
	}
	memcpy(h.link, target, strlen(target));
	put_number(h.mode, sizeof h.mode, st->st_mode & 07777);
	put_owner(&h, st);
	put_number(h.size, sizeof h.size, h.type == '0' ? st->st_size : 0);
	put_number(h.mtime, sizeof h.mtime, st->st_mtime > 0 ? st->st_mtime : 0);
	if (h.type == '3' || h.type == '4') {
		put_number(h.major, sizeof h.major, major(st->st_rdev));
		put_number(h.minor, sizeof h.minor, minor(st->st_rdev));
	}
	put_number(h.sum, 7, checksum(&h));
	h.sum[7] = ' ';
	put_bytes(&h, sizeof h);
	if (fd >= 0) {
		put_contents(fd, path, st->st_size);
		close(fd);
	}
	if (verbose)
		fprintf(archive == 1 ? stderr : stdout, "%s\n", stored);
}

static void
put_tree(const char *path)
{
	static struct stat self;
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (!self.st_ino)
		fstat(archive, &self);
	if (lstat(path, &st)) {
		warn_errno(path);
		status = 1;
		return;
	}
	if (S_ISREG(st.st_mode) && st.st_dev == self.st_dev && st.st_ino == self.st_ino) {
		warn_text("%s: is the archive", path);
		return;
	}
	put_file(path, &st);
	if (!S_ISDIR(st.st_mode))
		return;
	d = opendir(path);
	if (!d) {
		warn_errno(path);
		status = 1;
		return;
	}
	while ((e = readdir(d))) {
		char *below;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		below = path_join(path, e->d_name);
		put_tree(below);
		free(below);
	}
	closedir(d);
}

/* ---- extract and list ---- */

struct entry {
	char	name[PATH_MAX], link[PATH_MAX];
	char	owner[68];		/* "user/group", for -tv */
	struct stat st;			/* mode with type, size, mtime, owner, rdev */
	char	type;
};

static int
is_wanted(const char *name)
{
	char **w;
	size_t n;

	for (w = wanted; *w; w++) {
		n = strlen(*w);
		while (n > 1 && (*w)[n - 1] == '/')
			n--;
		if (!strncmp(name, *w, n) && (!name[n] || name[n] == '/'))
			return 1;
	}
	return w == wanted;
}

/* Pass over, or write to fd (if not negative), the bytes that follow a header. */
static void
get_contents(int fd, const char *path, off_t size)
{
	static char buf[64 * BLOCK];

	while (size > 0) {
		size_t want = size < (off_t)sizeof buf ? (size_t)size : sizeof buf;
		size_t padded = (want + BLOCK - 1) / BLOCK * BLOCK;

		if (!get_bytes(buf, padded))
			die("%s: ends in the middle", archive_name);
		if (fd >= 0 && write(fd, buf, want) != (ssize_t)want) {
			warn_errno(path);
			status = 1;
			fd = -1;
		}
		size -= want;
	}
}

/* A name that is the contents of a header of type L or K. */
static void
get_long_name(char *to, off_t size)
{
	char *all;

	if (size <= 0 || size >= PATH_MAX)
		die("%s: a name is too long", archive_name);
	all = calloc(1, (size + BLOCK) / BLOCK * BLOCK + BLOCK);
	if (!all || !get_bytes(all, (size + BLOCK - 1) / BLOCK * BLOCK))
		die("%s: ends in the middle", archive_name);
	snprintf(to, PATH_MAX, "%.*s", (int)size, all);
	free(all);
}

static mode_t
mode_of(char type)
{
	switch (type) {
	case '2': return S_IFLNK;
	case '3': return S_IFCHR;
	case '4': return S_IFBLK;
	case '5': return S_IFDIR;
	case '6': return S_IFIFO;
	default: return S_IFREG;
	}
}

/* The next file's header. 0 at the end. */
static int
get_entry(struct entry *e)
{
	struct header h;
	struct passwd *pw;
	struct group *gr;
	off_t size;

	e->name[0] = e->link[0] = '\0';
	for (;;) {
		if (!get_bytes(&h, sizeof h) || !h.name[0])
			return 0;
		if (checksum(&h) != get_number(h.sum, sizeof h.sum))
			die("%s: not a tar archive, or broken", archive_name);
		size = get_number(h.size, sizeof h.size);
		if (size < 0)
			die("%s: broken", archive_name);
		if (h.type == 'L' || h.type == 'K')
			get_long_name(h.type == 'L' ? e->name : e->link, size);
		else if (h.type == 'x' || h.type == 'g')
			get_contents(-1, NULL, size);
		else
			break;
	}
	if (!e->name[0])
		snprintf(e->name, sizeof e->name, "%.155s%s%.100s", memcmp(h.magic, "ustar", 6) ? "" : h.prefix,
			 !memcmp(h.magic, "ustar", 6) && h.prefix[0] ? "/" : "", h.name);
	if (!e->link[0])
		snprintf(e->link, sizeof e->link, "%.100s", h.link);
	e->type = h.type ? h.type : '0';
	if (e->type == '0' && e->name[strlen(e->name) - 1] == '/')
		e->type = '5';		/* as the oldest archives say it */
	memset(&e->st, 0, sizeof e->st);
	e->st.st_mode = mode_of(e->type) | (get_number(h.mode, sizeof h.mode) & 07777);
	e->st.st_size = e->type >= '1' && e->type <= '6' ? 0 : size;
	e->st.st_mtim.tv_sec = get_number(h.mtime, sizeof h.mtime);
	h.user[31] = h.group[31] = '\0';
	if (h.user[0] && h.group[0])
		snprintf(e->owner, sizeof e->owner, "%s/%s", h.user, h.group);
	else
		snprintf(e->owner, sizeof e->owner, "%lld/%lld", get_number(h.uid, sizeof h.uid),
			 get_number(h.gid, sizeof h.gid));
	pw = h.user[0] ? getpwnam(h.user) : NULL;
	gr = h.group[0] ? getgrnam(h.group) : NULL;
	e->st.st_uid = pw ? pw->pw_uid : get_number(h.uid, sizeof h.uid);
	e->st.st_gid = gr ? gr->gr_gid : get_number(h.gid, sizeof h.gid);
	e->st.st_rdev = makedev(get_number(h.major, sizeof h.major), get_number(h.minor, sizeof h.minor));
	return 1;
}

static void
show(const struct entry *e)
{
	char mode[11], day[32];

	if (verbose < 1) {
		puts(e->name);
		return;
	}
	mode_string(e->st.st_mode, mode);
	strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", gmtime(&e->st.st_mtim.tv_sec));
	printf("%s %s %9ld %s %s", mode, e->owner, (long)e->st.st_size, day, e->name);
	if (e->type == '1' || e->type == '2')
		printf(" -> %s", e->link);
	printf("\n");
}

/* Not below here, by ".." or by being absolute: a name we make no file of. */
static int
leads_out(const char *name)
{
	const char *p;

	for (p = name; *p; p += strcspn(p, "/"), p += strspn(p, "/"))
		if (!strncmp(p, "..", 2) && (!p[2] || p[2] == '/'))
			return 1;
	return 0;
}

static void
make_parents(char *path)
{
	char *p;

	for (p = path + 1; *p; p++)
		if (*p == '/' && p[1]) {
			*p = '\0';
			mkdir(path, 0755);
			*p = '/';
		}
}

/* Make what the entry says, without contents. A descriptor for those, -1 if there are none, -2: errno. */
static int
make_node(struct entry *e, const char *path)
{
	struct stat st;

	if (e->type == '5')
		return mkdir(path, 0700) && (errno != EEXIST || stat(path, &st) || !S_ISDIR(st.st_mode)) ? -2 : -1;
	if (unlink(path) && errno != ENOENT)
		return -2;
	switch (e->type) {
	case '1':
		return link(e->link + strspn(e->link, "/"), path) ? -2 : -1;
	case '2':
		return symlink(e->link, path) ? -2 : -1;
	case '3':
	case '4':
	case '6':
		return mknod(path, e->st.st_mode, e->st.st_rdev) ? -2 : -1;
	default: {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

		return fd < 0 ? -2 : fd;
	}
	}
}

static void
set_attributes(const char *path, const struct stat *st)
{
	struct timespec times[2] = { { 0, UTIME_NOW }, st->st_mtim };
	int err = 0;

	if (geteuid() == 0)
		err |= lchown(path, st->st_uid, st->st_gid);
	if (!S_ISLNK(st->st_mode))
		err |= chmod(path, st->st_mode & 07777);
	if (!now_times)
		err |= utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
	if (err) {
		warn_errno(path);
		status = 1;
	}
}

/* Directories get their modes and times last, when nothing is made in them any more. */
static struct later { char *path; struct stat st; struct later *next; } *directories;

static void
extract(struct entry *e)
{
	char *path = e->name + strspn(e->name, "/");
	size_t n = strlen(path);
	int fd;

	while (n && path[n - 1] == '/')
		path[--n] = '\0';
	if (!*path || leads_out(path)) {
		warn_text("%s: leads out of here, left out", e->name);
		status = *path != 0 || status;
		get_contents(-1, NULL, e->st.st_size);
		return;
	}
	fd = make_node(e, path);
	if (fd == -2 && errno == ENOENT) {
		make_parents(path);
		fd = make_node(e, path);
	}
	if (fd == -2) {
		warn_errno(path);
		status = 1;
		get_contents(-1, NULL, e->st.st_size);
		return;
	}
	get_contents(fd, path, e->st.st_size);
	if (fd >= 0 && close(fd)) {
		warn_errno(path);
		status = 1;
	}
	if (e->type == '5') {
		struct later *l = malloc(sizeof *l);

		if (!l || !(l->path = strdup(path)))
			die("out of memory");
		l->st = e->st;
		l->next = directories;
		directories = l;
	} else if (e->type != '1') {
		set_attributes(path, &e->st);
	}
	if (verbose)
		puts(path);
}

/* ---- the command ---- */

static void
create(const char *name, const char *dir)
{
	static const char end[2 * BLOCK];
	char **f;

	archive = strcmp(name, "-") ? open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666) : 1;
	if (archive < 0)
		die_errno(name);
	if (dir && chdir(dir))
		die_errno(dir);
	for (f = wanted; *f; f++)
		put_tree(*f);
	put_bytes(end, sizeof end);
	if (close(archive))
		die_errno(name);
}

static void
read_archive(const char *name, const char *dir, int how)
{
	static struct entry e;
	struct later *l;

	archive = strcmp(name, "-") ? open(name, O_RDONLY) : 0;
	if (archive < 0)
		die_errno(name);
	if (dir && chdir(dir))
		die_errno(dir);
	while (get_entry(&e)) {
		if (!is_wanted(e.name)) {
			get_contents(-1, NULL, e.st.st_size);
		} else if (how == 't') {
			show(&e);
			get_contents(-1, NULL, e.st.st_size);
		} else {
			extract(&e);
		}
	}
	for (l = directories; l; l = l->next)
		set_attributes(l->path, &l->st);
}

int
main(int argc, char **argv)
{
	static const char text[] = "tar c|x|t [-vmp] [-f ARCHIVE] [-C DIRECTORY] [FILE...]";
	const char *dir = NULL;
	char first[64];
	int how = 0, c;

	/* "tar xf x.tar" as well as "tar -x -f x.tar" */
	if (argc > 1 && argv[1][0] != '-') {
		snprintf(first, sizeof first, "-%s", argv[1]);
		argv[1] = first;
	}
	while ((c = getopt(argc, argv, "cxtvmpf:C:")) != -1) {
		switch (c) {
		case 'c':
		case 'x':
		case 't':
			if (how && how != c)
				usage(text);
			how = c;
			break;
		case 'v':
			verbose = 1;
			break;
		case 'm':
			now_times = 1;
			break;
		case 'p':
			break;
		case 'f':
			archive_name = optarg;
			break;
		case 'C':
			dir = optarg;
			break;
		default:
			usage(text);
		}
	}
	wanted = argv + optind;
	if (!how || (how == 'c' && !*wanted))
		usage(text);
	umask(0);
	if (how == 'c')
		create(archive_name, dir);
	else
		read_archive(archive_name, dir, how);
	return finish_output(status);
}
