/* ps - the processes, from /proc. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

struct process {
	int	pid, ppid, tty;
	char	state, comm[32];
	unsigned long ticks, rss;	/* processor time; resident pages */
	uid_t	uid;
};

/* Read a small file of a process. Length, -1 if it has gone. */
static int
slurp(int pid, const char *name, char *buf, int size)
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

/* /proc/PID/stat: pid (comm) state ppid pgrp session tty ... utime stime at 14, rss at 24. */
static int
read_stat(int pid, struct process *p)
{
	char buf[1024], *open, *close, *s;
	struct stat st;
	int i;

	if (slurp(pid, "stat", buf, sizeof buf) <= 0)
		return -1;
	open = strchr(buf, '(');
	close = strrchr(buf, ')');
	if (!open || !close)
		return -1;
	memset(p, 0, sizeof *p);
	p->pid = pid;
	snprintf(p->comm, sizeof p->comm, "%.*s", (int)(close - open - 1), open + 1);
	s = close + 1;
	for (i = 3; s && i <= 24; i++) {
		s += strspn(s, " ");
		if (i == 3)
			p->state = *s;
		else if (i == 4)
			p->ppid = atoi(s);
		else if (i == 7)
			p->tty = atoi(s);
		else if (i == 14 || i == 15)
			p->ticks += strtoul(s, NULL, 10);
		else if (i == 24)
			p->rss = strtoul(s, NULL, 10);
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

int
main(int argc, char **argv)
{
	int *pids = NULL, n = 0, i, hz = sysconf(_SC_CLK_TCK);
	DIR *d = opendir("/proc");
	struct dirent *e;

	(void)argc;
	(void)argv;
	if (!d)
		die_errno("/proc");
	while ((e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		pids = realloc(pids, (n + 1) * sizeof *pids);
		if (!pids)
			die("out of memory");
		pids[n++] = atoi(e->d_name);
	}
	closedir(d);
	if (n)
		qsort(pids, n, sizeof *pids, by_number);
	printf("%5s %5s %-8s %s %8s %7s %s\n", "PID", "PPID", "USER", "S", "RSS", "TIME", "COMMAND");
	for (i = 0; i < n; i++) {
		struct process p;
		struct passwd *pw;
		char cmd[512], user[16];
		int len, j;

		if (read_stat(pids[i], &p))
			continue;
		len = slurp(p.pid, "cmdline", cmd, sizeof cmd);
		for (j = 0; j < len - 1; j++)
			if (!cmd[j])
				cmd[j] = ' ';
		pw = getpwuid(p.uid);
		if (pw)
			snprintf(user, sizeof user, "%s", pw->pw_name);
		else
			snprintf(user, sizeof user, "%u", p.uid);
		printf("%5d %5d %-8s %c %7luK %4lu:%02lu ", p.pid, p.ppid, user, p.state, p.rss * 4,
		       p.ticks / hz / 60, p.ticks / hz % 60);
		printf(len > 0 ? "%s\n" : "[%s]\n", len > 0 ? cmd : p.comm);
	}
	return finish_output(0);
}
