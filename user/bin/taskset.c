/*
 * taskset [-c] MASK COMMAND..., taskset [-ac] -p [MASK] PID - on which harts a command or a process may run.
 *
 * MASK is hexadecimal, bit n for hart n; with -c a list: 0,2-3. -a: every thread of the process.
 */
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

#define USAGE	"taskset [-c] MASK COMMAND [ARGUMENT...]\n" \
		"       taskset [-ac] -p [MASK] PID"

static int as_list;
static cpu_set_t wanted;
static int setting;			/* `wanted` is to be set */

static int
parse_mask(const char *s, cpu_set_t *set)
{
	int i, n;

	CPU_ZERO(set);
	if (!strncmp(s, "0x", 2) || !strncmp(s, "0X", 2))
		s += 2;
	n = strlen(s);
	if (!n || n > CPU_SETSIZE / 4 || strspn(s, "0123456789abcdefABCDEF") != (size_t)n)
		return -1;
	for (i = 0; i < n; i++) {
		char digit[2] = { s[n - 1 - i] };
		long v = strtol(digit, NULL, 16);

		for (int bit = 0; bit < 4; bit++)
			if (v >> bit & 1)
				CPU_SET(i * 4 + bit, set);
	}
	return 0;
}

/* 0,2-5,8-14:2 */
static int
parse_list(const char *s, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (;;) {
		char *end;
		long first = strtol(s, &end, 10), last = first, step = 1;

		if (end == s)
			return -1;
		if (*end == '-') {
			last = strtol(s = end + 1, &end, 10);
			if (end == s)
				return -1;
			if (*end == ':') {
				step = strtol(s = end + 1, &end, 10);
				if (end == s)
					return -1;
			}
		}
		if (first < 0 || last < first || last >= CPU_SETSIZE || step < 1)
			return -1;
		for (; first <= last; first += step)
			CPU_SET(first, set);
		if (!*end)
			return 0;
		if (*end != ',')
			return -1;
		s = end + 1;
	}
}

static void
print_set(const cpu_set_t *set)
{
	const char *comma = "";
	int i, last, seen = 0;

	if (!as_list) {
		for (i = CPU_SETSIZE / 64 - 1; i >= 0; i--) {
			if (seen)
				printf("%016lx", set->bits[i]);
			else if (set->bits[i] || i == 0)
				seen = printf("%lx", set->bits[i]);
		}
		putchar('\n');
		return;
	}
	for (i = 0; i < CPU_SETSIZE; i = last) {
		for (last = i; last < CPU_SETSIZE && CPU_ISSET(last, set); last++)
			;
		if (last - i == 2)
			last--;			/* two are no range */
		if (last > i) {
			printf(last - i > 1 ? "%s%d-%d" : "%s%d", comma, i, last - 1);
			comma = ",";
		} else {
			last++;
		}
	}
	putchar('\n');
}

static void
show(int pid, const char *when)
{
	cpu_set_t set;
	char what[64];

	CPU_ZERO(&set);
	if (sched_getaffinity(pid, sizeof set, &set)) {
		snprintf(what, sizeof what, "failed to get pid %d's affinity", pid);
		die_errno(what);
	}
	printf("pid %d's %s affinity %s: ", pid, when, as_list ? "list" : "mask");
	print_set(&set);
}

static void
set_one(int pid)
{
	char what[64];

	if (sched_setaffinity(pid, sizeof wanted, &wanted)) {
		snprintf(what, sizeof what, "failed to set pid %d's affinity", pid);
		die_errno(what);
	}
}

static void
do_one(int pid)
{
	show(pid, "current");
	if (!setting)
		return;
	set_one(pid);
	show(pid, "new");
}

static void
each_thread(int pid)
{
	char path[32];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	d = opendir(path);
	if (!d)
		die_errno(path);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			do_one(atoi(e->d_name));
	closedir(d);
}

int
main(int argc, char **argv)
{
	int c, all = 0, by_pid = 0, pid;

	while ((c = getopt(argc, argv, "+acp")) != -1) {
		if (c == 'a')
			all = 1;
		else if (c == 'c')
			as_list = 1;
		else if (c == 'p')
			by_pid = 1;
		else
			usage(USAGE);
	}
	argc -= optind;
	argv += optind;
	if (argc < 1 || (by_pid ? argc > 2 : argc < 2))
		usage(USAGE);
	setting = !by_pid || argc == 2;
	if (setting && (as_list ? parse_list : parse_mask)(argv[0], &wanted))
		die("not a %s of harts: %s", as_list ? "list" : "mask", argv[0]);
	if (!by_pid) {
		set_one(0);
		return run_instead(argv + 1);
	}
	pid = number(argv[argc - 1], "process ID");
	if (all)
		each_thread(pid);
	else
		do_one(pid);
	return finish_output(0);
}
