/*
 * crash.h - the crash tests' channel to the harness: a disk whose other end is a program.
 *
 * The harness sees what is written to it in one order with what is written to the disks under test.
 * Every access is direct, so that it has happened when the call returns.
 *
 *	byte 0		"SEXTANT CHANNEL": which disk it is
 *	NOTES		one sector is one note to the harness
 *	REPORTS		a long answer; a note says that it is complete
 *	COMMANDS	reading this sector waits for the next line from the harness
 */
#ifndef CRASH_H
#define CRASH_H

#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include "test.h"

#define SECTOR		512
#define NOTES		(256L << 20)
#define REPORTS		(320L << 20)
#define COMMANDS	(512L << 20)

static int channel = -1;

/* A buffer that direct access may use. */
static inline char *
buffer_make(size_t len)
{
	return map_anon(len, PROT_READ | PROT_WRITE);
}

/* Find the disk that is the channel among the first eight. */
static inline void
channel_open(void)
{
	char name[] = "/dev/vda", *sector = buffer_make(PAGE);

	for (; channel < 0 && name[7] <= 'h'; name[7]++) {
		int fd = open(name, O_RDWR | O_DIRECT | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (pread(fd, sector, SECTOR, 0) == SECTOR && !strcmp(sector, "SEXTANT CHANNEL"))
			channel = fd;
		else
			close(fd);
	}
	munmap(sector, PAGE);
	CHECK(channel >= 0);
}

/* Tell the harness one line; it has it when this returns. */
static inline void __attribute__((format(printf, 1, 2)))
channel_note(const char *format, ...)
{
	static char *sector;
	va_list ap;

	if (!sector)
		sector = buffer_make(PAGE);
	memset(sector, 0, SECTOR);
	va_start(ap, format);
	vsnprintf(sector, SECTOR, format, ap);
	va_end(ap);
	CHECK(pwrite(channel, sector, SECTOR, NOTES) == SECTOR);
}

/* The next command from the harness, waiting for it; in a static buffer. */
static inline char *
channel_command(void)
{
	static char *sector;

	if (!sector)
		sector = buffer_make(PAGE);
	CHECK(pread(channel, sector, SECTOR, COMMANDS) == SECTOR);
	return sector;
}

/* The next word of *line, ended by a zero; "" at the end. */
static inline char *
word_next(char **line)
{
	char *word = *line;

	while (*word == ' ')
		word++;
	*line = word + strcspn(word, " ");
	if (**line)
		*(*line)++ = 0;
	return word;
}

/* Forget what the kernel remembers of a disk: the harness has changed it. */
static inline void
disk_forget(const char *disk)
{
	int fd = open(disk, O_RDONLY);

	if (fd >= 0) {
		ioctl(fd, BLKFLSBUF, 0);
		close(fd);
	}
}

/* mount(2) with words of mount(8): ro, noatime and the filesystem's own.  0 or -errno. */
static inline int
disk_mount(const char *disk, const char *words)
{
	char copy[200], own[200] = "", *word, *rest = copy;
	unsigned long flags = 0;

	snprintf(copy, sizeof copy, "%s", words);
	while ((word = strsep(&rest, ","))) {
		if (!strcmp(word, "ro"))
			flags |= MS_RDONLY;
		else if (!strcmp(word, "noatime"))
			flags |= MS_NOATIME;
		else if (strcmp(word, "rw"))
			snprintf(own + strlen(own), sizeof own - strlen(own), "%s%s", *own ? "," : "", word);
	}
	return mount(disk, "/mnt", "ext4", flags, own) ? -errno : 0;
}

#endif
