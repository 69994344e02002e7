/* ps [-l] [-o COLUMN,...] [-p PID,...] - the processes, from /proc. -l: how they are scheduled, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/process.h"

#define USAGE		"ps [-Ael] [-o COLUMN[,COLUMN]...] [-p PID[,PID]...]"
#define DEFAULT		"pid,ppid,user,s,rss,time,args"
#define LONG		"pid,ppid,user,s,cls,rtprio,pri,ni,hart,rss,time,args"
#define COLUMNS_MAX	24

static void put_pid(const struct process *p, char *b, int n) { snprintf(b, n, "%d", p->pid); }
static void put_ppid(const struct process *p, char *b, int n) { snprintf(b, n, "%d", p->ppid); }
static void put_state(const struct process *p, char *b, int n) { snprintf(b, n, "%c", p->state); }
static void put_class(const struct process *p, char *b, int n) { snprintf(b, n, "%s", policy_class(p->policy)); }
static void put_pri(const struct process *p, char *b, int n) { snprintf(b, n, "%d", 39 - p->priority); }
static void put_hart(const struct process *p, char *b, int n) { snprintf(b, n, "%d", p->hart); }
static void put_threads(const struct process *p, char *b, int n) { snprintf(b, n, "%d", p->threads); }
static void put_rss(const struct process *p, char *b, int n) { snprintf(b, n, "%luK", p->rss * 4); }
static void put_comm(const struct process *p, char *b, int n) { snprintf(b, n, "%s", p->comm); }

/* Of real time alone. */
static void
put_rtprio(const struct process *p, char *b, int n)
{
	snprintf(b, n, p->rt_priority ? "%d" : "-", p->rt_priority);
}

/* Of time sharing alone. */
static void
put_nice(const struct process *p, char *b, int n)
{
	snprintf(b, n, p->rt_priority ? "-" : "%d", p->nice);
}

static void
put_time(const struct process *p, char *b, int n)
{
	unsigned long s = p->ticks / sysconf(_SC_CLK_TCK);

	snprintf(b, n, "%lu:%02lu", s / 60, s % 60);
}

static const struct column {
	const char *name, *other, *title;	/* two names; of the title's width, negative: left-aligned */
	int	width;
	void	(*put)(const struct process *p, char *buf, int size);
} columns[] = {
	{ "pid", "pid", "PID", 5, put_pid },
	{ "ppid", "ppid", "PPID", 5, put_ppid },
	{ "user", "uname", "USER", -8, process_user },
	{ "s", "state", "S", 1, put_state },
	{ "cls", "class", "CLS", -3, put_class },
	{ "rtprio", "rtprio", "RTPRIO", 6, put_rtprio },
	{ "pri", "priority", "PRI", 3, put_pri },
	{ "ni", "nice", "NI", 3, put_nice },
	{ "hart", "psr", "HART", 4, put_hart },
	{ "nlwp", "thcount", "NLWP", 4, put_threads },
	{ "rss", "rss", "RSS", 8, put_rss },
	{ "time", "cputime", "TIME", 7, put_time },
	{ "comm", "ucmd", "COMMAND", -15, put_comm },
	{ "args", "cmd", "COMMAND", -27, process_command },
};

static const struct column *chosen[COLUMNS_MAX];
static int nchosen;

static void
choose(char *list)
{
	char *name;
	size_t i;

	for (name = strtok(list, ", "); name; name = strtok(NULL, ", ")) {
		for (i = 0; i < sizeof columns / sizeof *columns; i++)
			if (!strcmp(name, columns[i].name) || !strcmp(name, columns[i].other))
				break;
		if (i == sizeof columns / sizeof *columns)
			die("there is no column %s", name);
		if (nchosen == COLUMNS_MAX)
			die("more than %d columns", COLUMNS_MAX);
		chosen[nchosen++] = &columns[i];
	}
}

/* A line: the titles if p is NULL. The last column is as wide as it is. */
static void
line(const struct process *p)
{
	char text[512];
	int i;

	for (i = 0; i < nchosen; i++) {
		const struct column *c = chosen[i];
		int width = i == nchosen - 1 && c->width < 0 ? 0 : c->width;

		if (p)
			c->put(p, text, sizeof text);
		else
			snprintf(text, sizeof text, "%s", c->title);
		printf("%s%*s", i ? " " : "", width, text);
	}
	putchar('\n');
}

/* Is pid in the list, "1,2 3"? NULL is everybody. */
static int
wanted(const char *list, int pid)
{
	const char *s = list;
	char *end;

	if (!list)
		return 1;
	while (*(s += strspn(s, ", "))) {
		long n = strtol(s, &end, 10);

		if (end == s || !strchr(", ", *end))
			die("not a list of processes: %s", list);
		if (n == pid)
			return 1;
		s = end;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	char usual[] = DEFAULT, lengthy[] = LONG;
	const char *list = NULL;
	int *pids, n, i, c, is_long = 0, shown = 0;

	while ((c = getopt(argc, argv, "Aelo:p:")) != -1) {
		if (c == 'l')
			is_long = 1;
		else if (c == 'o')
			choose(optarg);
		else if (c == 'p')
			list = optarg;
		else if (c == '?')
			usage(USAGE);
	}
	if (optind < argc)
		usage(USAGE);
	if (!nchosen)
		choose(is_long ? lengthy : usual);
	pids = process_list(&n);
	line(NULL);
	for (i = 0; i < n; i++) {
		struct process p;

		if (!wanted(list, pids[i]) || process_read(pids[i], &p))
			continue;
		line(&p);
		shown++;
	}
	return finish_output(!shown);
}
