/*
 * crashcheck: mount what the harness put on a disk and tell it what is there, as often as it asks.
 *
 * Commands from the channel (crash.h), words between single blanks:
 *
 *	walk DISK OPTIONS WHAT	mount, report the tree, unmount
 *	keep DISK OPTIONS	mount and stay mounted
 *	tree WHAT		report the tree of what is mounted
 *	leave			unmount
 *	quit
 *
 * WHAT is "content" (the files' bytes) or "hash" (CRC-32 of them).  The answer is a note: "ok BYTES",
 * the length of the report, or "error ERRNO what".  A report has for each name, the root first,
 *
 *	TYPE MODE LINKS INODE SIZE HASH PATHBYTES DATABYTES\n PATH DATA
 *
 * numbers in decimal, mode in octal, TYPE one of fdlpscb, DATA the content or a symbolic link's target.
 */
#include <dirent.h>
#include <sys/sysmacros.h>
#include "crash.h"

#define ROOM	(64 << 20)		/* the longest report */
#define CHUNK	(64 << 10)

static struct report {
	char	*text;
	size_t	len;
	int	content;		/* bytes, not hashes */
	char	failed[256];		/* what went wrong first; its errno before it */
} report;
static uint32_t crc_table[256];

static void
crc_init(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		crc_table[i] = c;
	}
}

static uint32_t
crc_add(uint32_t crc, const unsigned char *p, size_t n)
{
	while (n--)
		crc = crc >> 8 ^ crc_table[(crc ^ *p++) & 0xff];
	return crc;
}

static void
fail(const char *call, const char *path)
{
	if (!*report.failed)
		snprintf(report.failed, sizeof report.failed, "%d %s %s", errno, call, path);
}

static void
report_add(const void *p, size_t n)
{
	if (report.len + n > ROOM) {
		errno = EFBIG;
		fail("report", "");
		return;
	}
	memcpy(report.text + report.len, p, n);
	report.len += n;
}

/* Read a file to its end into the report or a hash; the bytes that were there. */
static off_t
file_read(const char *path, uint32_t *hash)
{
	static char buf[CHUNK];
	uint32_t crc = ~0u;
	off_t total = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		fail("open", path);
		return 0;
	}
	while ((n = read(fd, buf, sizeof buf)) > 0) {
		if (report.content)
			report_add(buf, n);
		else
			crc = crc_add(crc, (unsigned char *)buf, n);
		total += n;
	}
	if (n < 0)
		fail("read", path);
	close(fd);
	*hash = ~crc;
	return total;
}

static char
type_of(mode_t mode)
{
	return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p'
	     : S_ISSOCK(mode) ? 's' : S_ISCHR(mode) ? 'c' : S_ISBLK(mode) ? 'b' : '?';
}

/* One entry.  The head is written again once the length of the content is known: it has a fixed width. */
static void
entry_report(const char *path, const struct stat *st)
{
	char head[120], target[4096];
	const char *name = path + strlen("/mnt");
	size_t at = report.len, bytes = 0;
	uint32_t hash = 0;
	ssize_t n;
	int len;

	if (*name == '/')
		name++;
	for (int pass = 0; pass < 2; pass++) {
		len = snprintf(head, sizeof head, "%c %06o %8lu %10lu %20lu %10u %5lu %10lu\n", type_of(st->st_mode),
			       (unsigned)st->st_mode & 07777, (unsigned long)st->st_nlink, (unsigned long)st->st_ino,
			       (unsigned long)st->st_size, hash, (unsigned long)strlen(name), (unsigned long)bytes);
		if (pass) {
			if (at + len <= report.len)
				memcpy(report.text + at, head, len);
			break;
		}
		report_add(head, len);
		report_add(name, strlen(name));
		if (S_ISREG(st->st_mode)) {
			size_t before = report.len;
			off_t total = file_read(path, &hash);

			bytes = report.len - before;
			if (total != st->st_size) {
				errno = EIO;
				fail("size", path);
			}
		} else if (S_ISLNK(st->st_mode)) {
			n = readlink(path, target, sizeof target);
			if (n < 0)
				fail("readlink", path);
			else
				report_add(target, bytes = n);
		} else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
			n = snprintf(target, sizeof target, "%u,%u", major(st->st_rdev), minor(st->st_rdev));
			report_add(target, bytes = n);
		}
	}
}

static void
tree_walk(const char *path)
{
	struct dirent *e;
	struct stat st;
	char *below;
	DIR *d;

	if (lstat(path, &st)) {
		fail("lstat", path);
		return;
	}
	entry_report(path, &st);
	if (!S_ISDIR(st.st_mode))
		return;
	d = opendir(path);
	if (!d) {
		fail("opendir", path);
		return;
	}
	while (errno = 0, (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		below = malloc(strlen(path) + strlen(e->d_name) + 2);
		if (!below)
			break;
		sprintf(below, "%s/%s", path, e->d_name);
		tree_walk(below);
		free(below);
	}
	if (errno)
		fail("readdir", path);
	closedir(d);
}

/* Report what is mounted, into the channel's REPORTS. */
static void
tree_report(const char *what)
{
	report.len = 0;
	report.content = !strcmp(what, "content");
	tree_walk("/mnt");
	for (size_t at = 0; at < report.len; at += CHUNK) {
		size_t n = report.len - at < CHUNK ? (report.len - at + SECTOR - 1) / SECTOR * SECTOR : CHUNK;

		CHECK(pwrite(channel, report.text + at, n, REPORTS + at) == (ssize_t)n);
	}
}

static void
disk_keep(const char *disk, const char *options)
{
	char path[32];
	int err;

	snprintf(path, sizeof path, "/dev/%s", disk);
	disk_forget(path);
	err = disk_mount(path, options);
	if (err) {
		errno = -err;
		fail("mount", path);
	}
}

static void
disk_leave(void)
{
	if (umount("/mnt"))
		fail("umount", "/mnt");
}

int
main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	crc_init();
	report.text = buffer_make(ROOM + CHUNK);
	channel_open();
	for (;;) {
		char *line = channel_command(), *verb = word_next(&line);
		char *a = word_next(&line), *b = word_next(&line), *c = word_next(&line);

		*report.failed = 0;
		report.len = 0;
		if (!strcmp(verb, "quit"))
			break;
		if (!strcmp(verb, "walk")) {
			disk_keep(a, b);
			if (!*report.failed) {
				tree_report(c);
				disk_leave();
			}
		} else if (!strcmp(verb, "keep"))
			disk_keep(a, b);
		else if (!strcmp(verb, "tree"))
			tree_report(a);
		else if (!strcmp(verb, "leave"))
			disk_leave();
		if (*report.failed)
			channel_note("error %s", report.failed);
		else
			channel_note("ok %lu", (unsigned long)report.len);
	}
	channel_note("ok 0");
	return 0;
}
