/*
 * schedtrace [-n EVENTS] [-o FILE] COMMAND [ARGUMENT...] - run it, and write what the scheduler did meanwhile.
 *
 * FILE (trace.json) is in Chrome's trace-event format: ui.perfetto.dev and chrome://tracing open it. Two groups of
 * tracks: the harts, with who ran there; the tasks, with when they ran and when they waited for a hart. -n: how many
 * events of each hart are kept, the last ones. The status is the command's.
 *
 * Data        lines of /proc/schedtrace (fs/proc/schedtrace.c) become struct event, sorted by time; then two passes,
 *             one a group, write them out. What begins (B) ends (E) on the same track, at the latest with the trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/cmd.h"

#define USAGE		"schedtrace [-n EVENTS] [-o FILE] COMMAND [ARGUMENT...]"
#define CONTROL		"/proc/schedtrace"
#define HARTS		0	/* the groups' numbers: "pid" in the file */
#define TASKS		1
#define HARTS_MAX	64

enum kind { BEGIN, END, SWITCH, WAKE, NEW, MIGRATE, UNKNOWN };
static const char *const kind_names[] = { "begin", "end", "switch", "wake", "new", "migrate" };

struct event {
	unsigned long long time;	/* ns */
	unsigned number;		/* its line: keeps the order of one hart */
	int	hart, pid, prio, other, other_prio;
	enum kind kind;
	char	state, comm[17];
	const char *coming;		/* who runs from now on, by the name he has when he leaves */
};

struct task {
	int	pid, prio, hart;
	char	comm[17];		/* its last name */
	enum { ASLEEP, READY, RUNNING } now;
};

static struct event *events;
static unsigned nevents, room, nharts;
static unsigned long long lost;
static struct task *tasks;
static unsigned ntasks, task_room;
static FILE *out;
static int some;			/* an object has been written: the next needs a comma */

/* --- reading --- */

static void *
grow(void *p, unsigned *n, size_t size)
{
	*n = *n ? *n * 2 : 256;
	p = realloc(p, *n * size);
	if (!p)
		die("out of memory");
	return p;
}

static enum kind
kind_of(const char *name)
{
	enum kind k;

	for (k = BEGIN; k < UNKNOWN && strcmp(name, kind_names[k]); k++)
		;
	return k;
}

/* The n words of s after which the name comes; the name goes to e. */
static void
take_name(struct event *e, const char *s, int n)
{
	while (n-- && s) {
		s = strchr(s, ' ');
		s = s ? s + 1 : NULL;
	}
	snprintf(e->comm, sizeof e->comm, "%.*s", s ? (int)strcspn(s, "\n") : 0, s ? s : "");
}

static void
take_line(const char *line)
{
	unsigned long long skipped;
	struct event *e;
	char kind[16];
	unsigned hart;

	if (sscanf(line, "# hart %u: %*u events, %llu lost", &hart, &skipped) == 2) {
		lost += skipped;
		nharts = hart + 1 > nharts ? hart + 1 : nharts;
		return;
	}
	if (*line == '#')
		return;
	if (nevents == room)
		events = grow(events, &room, sizeof *events);
	e = &events[nevents];
	memset(e, 0, sizeof *e);
	if (sscanf(line, "%llu %d %15s %d %d", &e->time, &e->hart, kind, &e->pid, &e->prio) != 5 ||
	    e->hart < 0 || e->hart >= HARTS_MAX)
		die("%s: a line that is not understood: %s", CONTROL, line);
	e->number = nevents++;
	e->kind = kind_of(kind);
	if (e->kind == SWITCH) {
		sscanf(line, "%*u %*d %*s %*d %*d %c %d %d", &e->state, &e->other, &e->other_prio);
		take_name(e, line, 8);
	} else if (e->kind == BEGIN || e->kind == END) {
		sscanf(line, "%*u %*d %*s %*d %*d %c", &e->state);
		take_name(e, line, 6);
	} else {
		sscanf(line, "%*u %*d %*s %*d %*d %d", &e->other);
		take_name(e, line, 6);
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static void
read_trace(void)
{
	FILE *f = fopen(CONTROL, "r");
	char line[256];

	if (!f)
		die_errno(CONTROL);
	while (fgets(line, sizeof line, f))
		take_line(line);
	if (ferror(f))
		die_errno(CONTROL);
	fclose(f);
	qsort(events, nevents, sizeof *events, by_time);
}

/* Who comes is named when he leaves: he may have called exec meanwhile. */
static void
name_who_comes(void)
{
	const char *leaves[HARTS_MAX] = { NULL };
	struct event *e;

	for (e = events + nevents; e-- > events; ) {
		e->coming = leaves[e->hart] ? leaves[e->hart] : "?";
		if (e->kind == SWITCH || e->kind == END)
			leaves[e->hart] = e->comm;
	}
}

/* --- tasks --- */

static struct task *
task(int pid)
{
	unsigned i;

	for (i = 0; i < ntasks; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	if (ntasks == task_room)
		tasks = grow(tasks, &task_room, sizeof *tasks);
	tasks[ntasks] = (struct task){ .pid = pid };
	return &tasks[ntasks++];
}

/* Everybody's last name: a task that execs is shown by what it became. Pid 0 is each hart's idleness, and no task. */
static void
name_tasks(void)
{
	unsigned i;

	for (i = 0; i < nevents; i++) {
		if (events[i].pid)
			strcpy(task(events[i].pid)->comm, events[i].comm);
		if (events[i].kind == SWITCH && events[i].other)
			task(events[i].other);
	}
}

/* --- writing --- */

static void
quoted(const char *s)
{
	for (putc('"', out); *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ' || (unsigned char)*s >= 0x7f)
			fprintf(out, "\\u%04x", (unsigned char)*s);
		else
			putc(*s, out);
	}
	putc('"', out);
}

/* {"ph":...,"pid":group,"tid":track,"ts":us: the rest and the brace are the caller's. */
static void
object(char phase, int group, int track, unsigned long long ns)
{
	fprintf(out, "%s\n{\"ph\":\"%c\",\"pid\":%d,\"tid\":%d,\"ts\":%llu.%03llu", some++ ? "," : "", phase, group,
		track, ns / 1000, ns % 1000);
}

static void
name_track(const char *what, int group, int track, const char *name, int number)
{
	char text[64];

	snprintf(text, sizeof text, number < 0 ? "%s" : "%s %d", name, number);
	object('M', group, track, 0);
	fprintf(out, ",\"name\":\"%s\",\"args\":{\"name\":", what);
	quoted(text);
	fprintf(out, "}}");
}

static void
begin(int group, int track, unsigned long long ns, const char *name, const struct task *t)
{
	object('B', group, track, ns);
	fprintf(out, ",\"name\":");
	quoted(name);
	fprintf(out, ",\"args\":{\"task\":%d,\"prio\":%d,\"hart\":%d}}", t->pid, t->prio, t->hart);
}

static void
end(int group, int track, unsigned long long ns)
{
	object('E', group, track, ns);
	putc('}', out);
}

static void
instant(const struct event *e, const char *what)
{
	char name[64];

	snprintf(name, sizeof name, "%s %s", what, e->comm);
	object('i', HARTS, e->hart, e->time);
	fprintf(out, ",\"s\":\"t\",\"name\":");
	quoted(name);
	fprintf(out, ",\"args\":{\"task\":%d,\"hart\":%d}}", e->pid, e->other);
}

/* The first group: on each hart's track, the tasks that ran there, one after the other; idleness is a gap. */
static void
write_harts(void)
{
	int running[HARTS_MAX] = { 0 };		/* pid whose B is written; 0: none */
	const struct event *e;
	unsigned i;

	for (i = 0; i < nharts; i++)
		name_track("thread_name", HARTS, i, "hart", i);
	for (e = events; e < events + nevents; e++) {
		int *now = &running[e->hart], next = e->kind == SWITCH ? e->other : e->kind == BEGIN ? e->pid : 0;

		if (e->kind == WAKE)
			instant(e, "wake");
		else if (e->kind == NEW)
			instant(e, "new");
		else if (e->kind == MIGRATE)
			instant(e, "move");
		if (e->kind > SWITCH)
			continue;
		if (*now)
			end(HARTS, e->hart, e->time);
		*now = next;
		if (next) {
			struct task *t = task(next);

			t->prio = e->kind == SWITCH ? e->other_prio : e->prio;
			t->hart = e->hart;
			begin(HARTS, e->hart, e->time, e->coming, t);
		}
	}
	for (i = 0; i < nharts; i++)
		if (running[i])
			end(HARTS, i, events[nevents - 1].time);
}

/* t is in that state from now on. */
static void
become(struct task *t, int state, const struct event *e)
{
	char name[32];

	if ((int)t->now == state || t->pid == 0)
		return;
	if (t->now != ASLEEP)
		end(TASKS, t->pid, e->time);
	t->now = state;
	snprintf(name, sizeof name, "hart %d", e->hart);
	if (state != ASLEEP)
		begin(TASKS, t->pid, e->time, state == READY ? "ready" : name, t);
}

/* The second: on each task's track, on which hart it ran, and when it was ready and had none. */
static void
write_tasks(void)
{
	const struct event *e;
	unsigned i;

	for (i = 0; i < ntasks; i++)
		name_track("thread_name", TASKS, tasks[i].pid, tasks[i].comm, tasks[i].pid);
	for (e = events; e < events + nevents; e++) {
		struct task *t = e->pid ? task(e->pid) : NULL;

		if (e->kind == SWITCH) {
			if (t)
				become(t, e->state == 'R' ? READY : ASLEEP, e);
			if (e->other) {
				t = task(e->other);
				t->prio = e->other_prio;
				t->hart = e->hart;
				become(t, RUNNING, e);
			}
		} else if (t && e->kind == BEGIN) {
			t->prio = e->prio;
			t->hart = e->hart;
			become(t, RUNNING, e);
		} else if (t && e->kind == END) {
			become(t, ASLEEP, e);
		} else if (t && (e->kind == WAKE || e->kind == NEW) && t->now == ASLEEP) {
			become(t, READY, e);
		}
	}
	for (i = 0; i < ntasks; i++)
		if (tasks[i].now != ASLEEP)
			end(TASKS, tasks[i].pid, events[nevents - 1].time);
}

static void
write_file(const char *path)
{
	fprintf(out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"lost\":%llu},\"traceEvents\":[", lost);
	name_track("process_name", HARTS, 0, "harts", -1);
	name_track("process_name", TASKS, 0, "tasks", -1);
	name_who_comes();
	name_tasks();
	write_harts();
	write_tasks();
	fprintf(out, "\n]}\n");
	if (fclose(out))
		die_errno(path);
	fprintf(stderr, "schedtrace: %s: %u events, %u harts, %u tasks", path, nevents, nharts, ntasks);
	fprintf(stderr, lost ? "; the first %llu are lost\n" : "\n", lost);
}

/* --- running --- */

static int
control(const char *what)
{
	int fd = open(CONTROL, O_WRONLY), ok;

	if (fd < 0)
		return -1;
	ok = write(fd, what, strlen(what)) >= 0;
	close(fd);
	return ok ? 0 : -1;
}

static int
run(char **argv)
{
	int status, e;
	pid_t pid = fork();

	if (pid < 0) {
		e = errno;
		control("stop");
		errno = e;
		die_errno("fork");
	}
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		_exit(run_instead(argv));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die_errno("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	const char *path = "trace.json";
	char start[32] = "start";
	int c, status;

	while ((c = getopt(argc, argv, "+n:o:")) != -1) {
		if (c == 'n')
			snprintf(start, sizeof start, "start %ld", number(optarg, "number of events"));
		else if (c == 'o')
			path = optarg;
		else
			usage(USAGE);
	}
	if (optind >= argc)
		usage(USAGE);
	out = fopen(path, "w");
	if (!out)
		die_errno(path);
	if (control(start))
		die_errno(errno == EBUSY ? "somebody else is tracing" : CONTROL);
	signal(SIGINT, SIG_IGN);		/* for the command, which ends by it; then the file is written */
	signal(SIGQUIT, SIG_IGN);
	status = run(argv + optind);
	if (control("stop"))
		die_errno(CONTROL);
	read_trace();
	write_file(path);
	control("clear");
	return status;
}
