/*
 * chrt [-f|-r|-o|-b|-i] [-R] PRIORITY COMMAND..., chrt [...] -p PRIORITY PID, chrt -p PID, chrt -m
 *
 * By which policy, and with which priority of real time, a command or a process is scheduled. -f FIFO, -r RR (the
 * default), -o OTHER, -b BATCH, -i IDLE. -R: its children start as OTHER. -a: every thread. -m: what priorities
 * there are.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/process.h"

#define USAGE	"chrt [-f|-r|-o|-b|-i] [-R] PRIORITY COMMAND [ARGUMENT...]\n" \
		"       chrt [-f|-r|-o|-b|-i] [-aR] -p PRIORITY PID\n" \
		"       chrt [-a] -p PID\n" \
		"       chrt -m"

static void
show_limits(void)
{
	static const int policies[] = { SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE };

	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
		printf("%s min/max priority\t: %d/%d\n", policy_name(policies[i]),
		       sched_get_priority_min(policies[i]), sched_get_priority_max(policies[i]));
}

static void
fail(int pid, const char *what)
{
	char text[64];

	snprintf(text, sizeof text, "failed to %s pid %d's policy", what, pid);
	die_errno(text);
}

static void
show(int pid)
{
	struct sched_param param;
	int policy = sched_getscheduler(pid);

	if (policy < 0 || sched_getparam(pid, &param))
		fail(pid, "get");
	printf("pid %d's current scheduling policy: %s%s\n", pid, policy_name(policy & ~SCHED_RESET_ON_FORK),
	       policy & SCHED_RESET_ON_FORK ? "|SCHED_RESET_ON_FORK" : "");
	printf("pid %d's current scheduling priority: %d\n", pid, param.sched_priority);
}

/* Do it to each thread of pid. */
static void
each_thread(int pid, void (*fn)(int tid))
{
	char path[32];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	d = opendir(path);
	if (!d)
		fail(pid, "get");
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			fn(atoi(e->d_name));
	closedir(d);
}

static int policy = SCHED_RR;
static struct sched_param param;

static void
set(int pid)
{
	if (sched_setscheduler(pid, policy, &param))
		fail(pid, "set");
}

int
main(int argc, char **argv)
{
	int c, all = 0, by_pid = 0, reset = 0, pid, least, most;

	while ((c = getopt(argc, argv, "+abfimoprR")) != -1) {
		switch (c) {
		case 'a': all = 1; break;
		case 'b': policy = SCHED_BATCH; break;
		case 'f': policy = SCHED_FIFO; break;
		case 'i': policy = SCHED_IDLE; break;
		case 'm': show_limits(); return finish_output(0);
		case 'o': policy = SCHED_OTHER; break;
		case 'p': by_pid = 1; break;
		case 'r': policy = SCHED_RR; break;
		case 'R': reset = SCHED_RESET_ON_FORK; break;
		default: usage(USAGE);
		}
	}
	if (argc - optind < 2 - (by_pid && argc - optind == 1) || (by_pid && argc - optind > 2))
		usage(USAGE);
	pid = by_pid ? number(argv[argc - 1], "process ID") : 0;
	if (by_pid && argc - optind == 1) {
		if (all)
			each_thread(pid, show);
		else
			show(pid);
		return finish_output(0);
	}
	param.sched_priority = number(argv[optind], "priority");
	least = sched_get_priority_min(policy);
	most = sched_get_priority_max(policy);
	if (param.sched_priority < least || param.sched_priority > most)
		die("%s has priorities %d to %d", policy_name(policy), least, most);
	policy |= reset;
	if (by_pid && all)
		each_thread(pid, set);
	else
		set(pid);
	return by_pid ? 0 : run_instead(argv + optind + 1);
}
