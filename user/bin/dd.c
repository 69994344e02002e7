/*
 * dd if=FILE of=FILE bs=N count=N skip=N seek=N conv=... iflag=... oflag=... status=... - copy in blocks.
 *
 * conv    notrunc nocreat excl fsync fdatasync sync noerror sparse
 * flags   direct sync dsync append nonblock fullblock directory
 * status  none noxfer progress
 * ibs= and obs= differing from each other are not supported: bs= is both.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "common/cmd.h"

enum { NOTRUNC = 1, NOCREAT = 2, EXCL = 4, FSYNC = 8, FDATASYNC = 16, PAD = 32, NOERROR = 64, SPARSE = 128 };
enum { FULLBLOCK = O_CREAT };		/* among the open flags, where O_CREAT means nothing */
enum { STATUS_ALL, STATUS_NOXFER, STATUS_NONE, STATUS_PROGRESS };

struct word { const char *name; int value; };
static const struct word convs[] = {
	{ "notrunc", NOTRUNC }, { "nocreat", NOCREAT }, { "excl", EXCL }, { "fsync", FSYNC },
	{ "fdatasync", FDATASYNC }, { "sync", PAD }, { "noerror", NOERROR }, { "sparse", SPARSE }, { NULL, 0 },
};
static const struct word oflags[] = {
	{ "direct", O_DIRECT }, { "sync", O_SYNC }, { "dsync", O_DSYNC }, { "append", O_APPEND },
	{ "nonblock", O_NONBLOCK }, { "directory", O_DIRECTORY }, { "fullblock", FULLBLOCK }, { NULL, 0 },
};

static const char *in_name, *out_name;
static long long block = 512, count = -1, skip, seek;
static int conv, in_flags, out_flags, status_how;
static int in, out = 1;
static unsigned long long in_full, in_part, out_full, out_part, copied;
static struct timespec began;
static volatile int stop, tell;

static void on_stop(int sig) { stop = sig; }
static void on_tell(int sig) { (void)sig; tell = 1; }

static int
words(char *s, const struct word *table, const char *what)
{
	const struct word *w;
	int r = 0;
	char *one;

	while ((one = strsep(&s, ","))) {
		for (w = table; w->name && strcmp(w->name, one); w++)
			;
		if (!w->name)
			die("%s=%s is unknown", what, one);
		r |= w->value;
	}
	return r;
}

static void
parse(char *arg)
{
	char *value = strchr(arg, '=');

	if (!value)
		die("%s: not NAME=VALUE", arg);
	*value++ = '\0';
	if (!strcmp(arg, "if"))
		in_name = value;
	else if (!strcmp(arg, "of"))
		out_name = value;
	else if (!strcmp(arg, "bs") || !strcmp(arg, "ibs") || !strcmp(arg, "obs"))
		block = size_number(value, arg);
	else if (!strcmp(arg, "count"))
		count = size_number(value, arg);
	else if (!strcmp(arg, "skip"))
		skip = size_number(value, arg);
	else if (!strcmp(arg, "seek"))
		seek = size_number(value, arg);
	else if (!strcmp(arg, "conv"))
		conv |= words(value, convs, arg);
	else if (!strcmp(arg, "iflag"))
		in_flags |= words(value, oflags, arg);
	else if (!strcmp(arg, "oflag"))
		out_flags |= words(value, oflags, arg) & ~FULLBLOCK;
	else if (!strcmp(arg, "status"))
		status_how = !strcmp(value, "none") ? STATUS_NONE : !strcmp(value, "noxfer") ? STATUS_NOXFER
			: !strcmp(value, "progress") ? STATUS_PROGRESS : STATUS_ALL;
	else
		die("%s= is unknown", arg);
}

/* "1048576 bytes (1.0M) copied, 0.012 s, 83M/s" */
static void
report_speed(const char *end)
{
	struct timespec now;
	unsigned long long ns;
	char size[16], speed[16];

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (now.tv_sec - began.tv_sec) * 1000000000ULL + now.tv_nsec - began.tv_nsec;
	human_size(copied, size);
	human_size(copied / (ns / 1000 + 1) * 1000000 + copied % (ns / 1000 + 1) * 1000000 / (ns / 1000 + 1), speed);
	fprintf(stderr, "%llu bytes (%s) copied, %llu.%06llu s, %s/s%s", copied, size, ns / 1000000000,
		ns / 1000 % 1000000, speed, end);
}

static void
report(void)
{
	if (status_how == STATUS_PROGRESS)
		fputs("\n", stderr);
	if (status_how == STATUS_NONE)
		return;
	fprintf(stderr, "%llu+%llu records in\n%llu+%llu records out\n", in_full, in_part, out_full, out_part);
	if (status_how != STATUS_NOXFER)
		report_speed("\n");
}

static void
report_progress(void)
{
	static time_t last;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (last && now.tv_sec != last)
		report_speed("    \r");
	last = now.tv_sec;
}

static void
fail(const char *what)
{
	warn_errno(what);
	report();
	exit(1);
}

static void
open_files(void)
{
	int how = O_WRONLY | out_flags | (conv & NOCREAT ? 0 : O_CREAT) | (conv & EXCL ? O_EXCL : 0);
	struct stat st;

	if (in_name && (in = open(in_name, O_RDONLY | (in_flags & ~FULLBLOCK))) < 0)
		die_errno(in_name);
	if (out_name) {
		if (!(conv & NOTRUNC) && !seek)
			how |= O_TRUNC;
		out = open(out_name, how, 0666);
		if (out < 0)
			die_errno(out_name);
		if (seek && !(conv & NOTRUNC) && !fstat(out, &st) && S_ISREG(st.st_mode)
		    && ftruncate(out, seek * block))
			die_errno(out_name);
	}
	if (!in_name)
		in_name = "standard input";
	if (!out_name)
		out_name = "standard output";
}

/* One block, or what there is before the end. -1: an error. */
static ssize_t
read_block(char *buf)
{
	ssize_t n, got = 0;

	do {
		n = read(in, buf + got, block - got);
		if (n < 0 && errno == EINTR && !stop)
			continue;
		if (n <= 0)
			break;
		got += n;
	} while (got < block && in_flags & FULLBLOCK);
	return got ? got : n;
}

static void
write_block(const char *buf, ssize_t n)
{
	ssize_t done, w;

	if (conv & SPARSE && buf[0] == 0 && (n == 1 || !memcmp(buf, buf + 1, n - 1)) && lseek(out, n, SEEK_CUR) >= 0) {
		copied += n;
		out_full++;
		return;
	}
	for (done = 0; done < n; done += w) {
		w = write(out, buf + done, n - done);
		if (w < 0 && errno == EINTR && !stop)
			w = 0;
		else if (w < 0)
			fail(out_name);
		copied += w;
	}
	if (n == block)
		out_full++;
	else
		out_part++;
}

/* Past the blocks to be left out: by seeking, or by reading what cannot seek. */
static void
skip_input(char *buf)
{
	struct stat st;

	if (skip <= 0)
		return;
	if (lseek(in, skip * block, SEEK_CUR) >= 0) {
		if (!fstat(in, &st) && S_ISREG(st.st_mode) && st.st_size < skip * block)
			warn_text("%s: cannot skip past the end", in_name);
		return;
	}
	for (; skip > 0; skip--)
		if (read_block(buf) <= 0)
			break;
}

static void
copy(char *buf)
{
	ssize_t n;

	for (; count && !stop; count -= count > 0) {
		n = read_block(buf);
		if (n == 0)
			break;
		if (n < 0) {
			if (stop)
				break;
			if (!(conv & NOERROR))
				fail(in_name);
			warn_errno(in_name);
			if (lseek(in, block, SEEK_CUR) < 0)	/* the bad block counts as read */
				break;
			if (!(conv & PAD))
				continue;
			n = 0;
		}
		if (n == block)
			in_full++;
		else
			in_part += n > 0;
		if (conv & PAD && n < block) {
			memset(buf + n, 0, block - n);
			n = block;
		}
		write_block(buf, n);
		if (tell)
			report();
		tell = 0;
		if (status_how == STATUS_PROGRESS)
			report_progress();
	}
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_stop };
	struct stat st;
	char *buf;
	int i;

	for (i = 1; i < argc; i++)
		parse(argv[i]);
	if (block <= 0)
		die("bs: must be positive");
	clock_gettime(CLOCK_MONOTONIC, &began);
	buf = mmap(NULL, block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf == MAP_FAILED)		/* a mapping, because O_DIRECT wants it aligned */
		die_errno("bs");
	sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = on_tell;
	sigaction(SIGUSR1, &sa, NULL);
	open_files();
	skip_input(buf);
	if (seek && lseek(out, seek * block, SEEK_CUR) < 0)
		fail(out_name);
	copy(buf);
	/* A hole at the end is not there until something says how long the file is. */
	if (conv & SPARSE && !fstat(out, &st) && S_ISREG(st.st_mode) && ftruncate(out, lseek(out, 0, SEEK_CUR)))
		fail(out_name);
	if ((conv & FSYNC && fsync(out)) || (conv & FDATASYNC && fdatasync(out)) || close(out))
		fail(out_name);
	report();
	return stop ? 128 + stop : 0;
}
