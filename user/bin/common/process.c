/* process.c - what /proc says of a process, for ps and top. */
#include "process.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd.h"

int
process_file(int pid, const char *name, char *buf, int size)
{
	char path[64];
	int fd, n;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

/* Field n of /proc/PID/stat, proc(5). */
static void
take_field(struct process *p, int n, const char *s)
{
	switch (n) {
	case 3:		p->state = *s; break;
	case 4:		p->ppid = atoi(s); break;
	case 7:		p->tty = atoi(s); break;
	case 14:
	case 15:	p->ticks += strtoul(s, NULL, 10); break;
	case 18:	p->priority = atoi(s); break;
	case 19:	p->nice = atoi(s); break;
	case 20:	p->threads = atoi(s); break;
	case 24:	p->rss = strtoul(s, NULL, 10); break;
	case 39:	p->hart = atoi(s); break;
	case 40:	p->rt_priority = atoi(s); break;
	case 41:	p->policy = atoi(s); break;
	}
}

int
process_read(int pid, struct process *p)
{
	char buf[1024], *open, *close, *s;
	struct stat st;
	int i;

	if (process_file(pid, "stat", buf, sizeof buf) <= 0)
		return -1;
	open = strchr(buf, '(');
	close = strrchr(buf, ')');
	if (!open || !close)
		return -1;
	memset(p, 0, sizeof *p);
	p->pid = pid;
	snprintf(p->comm, sizeof p->comm, "%.*s", (int)(close - open - 1), open + 1);
	s = close + 1;
	for (i = 3; s && i <= 41; i++) {
		s += strspn(s, " ");
		take_field(p, i, s);
		s = strchr(s, ' ');
	}
	snprintf(buf, sizeof buf, "/proc/%d", pid);
	p->uid = stat(buf, &st) ? 0 : st.st_uid;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int *
process_list(int *n)
{
	DIR *d = opendir("/proc");
	int *pids = NULL, room = 0;
	struct dirent *e;

	if (!d)
		die_errno("/proc");
	*n = 0;
	while ((e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (*n == room) {
			room = room ? room * 2 : 64;
			pids = realloc(pids, room * sizeof *pids);
			if (!pids)
				die("out of memory");
		}
		pids[(*n)++] = atoi(e->d_name);
	}
	closedir(d);
	if (*n)
		qsort(pids, *n, sizeof *pids, by_number);
	return pids;
}

void
process_command(const struct process *p, char *buf, int size)
{
	int n = process_file(p->pid, "cmdline", buf, size), i;

	for (i = 0; i < n - 1; i++)
		if (!buf[i])
			buf[i] = ' ';
	if (n <= 0)
		snprintf(buf, size, "[%s]", p->comm);
}

void
process_user(const struct process *p, char *buf, int size)
{
	struct passwd *pw = getpwuid(p->uid);

	if (pw)
		snprintf(buf, size, "%s", pw->pw_name);
	else
		snprintf(buf, size, "%u", p->uid);
}

static const struct { int policy; const char *class, *name; } policies[] = {
	{ SCHED_OTHER, "TS", "SCHED_OTHER" },
	{ SCHED_FIFO, "FF", "SCHED_FIFO" },
	{ SCHED_RR, "RR", "SCHED_RR" },
	{ SCHED_BATCH, "B", "SCHED_BATCH" },
	{ SCHED_IDLE, "IDL", "SCHED_IDLE" },
	{ SCHED_DEADLINE, "DLN", "SCHED_DEADLINE" },
};

const char *
policy_class(int policy)
{
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
		if (policies[i].policy == policy)
			return policies[i].class;
	return "?";
}

const char *
policy_name(int policy)
{
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
		if (policies[i].policy == policy)
			return policies[i].name;
	return "unknown";
}
