/*
 * top [-b] [-d SECONDS] [-n TIMES] - the machine and its busiest processes, drawn again and again; q ends it.
 *
 * Keys: q; the space bar, at once; P by processor time, M by memory, N by number. -b: as text, for a file.
 */
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/process.h"

#define USAGE		"top [-b] [-d SECONDS] [-n TIMES]"
#define HARTS_MAX	64

struct row {
	struct process p;
	unsigned tenths;		/* of a percent of one hart, since the last look */
};

struct look {				/* at everything, once */
	unsigned long long when;	/* ms */
	struct row *rows;
	int	nrows;
	struct { unsigned long long user, system, idle; } hart[HARTS_MAX];
	int	nharts;
};

static struct termios saved;
static int batch, width = 80, height = 24, left;	/* left: lines of the screen not yet used */
static char order = 'P';
static volatile sig_atomic_t over, again;

/* --- looking --- */

static unsigned long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

static void
look_at_harts(struct look *l)
{
	unsigned long long user, nice, system, idle;
	FILE *f = fopen("/proc/stat", "r");
	char line[512];
	int hart;

	if (!f)
		die_errno("/proc/stat");
	l->nharts = 0;
	while (l->nharts < HARTS_MAX && fgets(line, sizeof line, f))
		if (isdigit((unsigned char)line[3]) &&
		    sscanf(line, "cpu%d %llu %llu %llu %llu", &hart, &user, &nice, &system, &idle) == 5) {
			l->hart[l->nharts].user = user + nice;
			l->hart[l->nharts].system = system;
			l->hart[l->nharts++].idle = idle;
		}
	fclose(f);
}

static const struct row *
row_of(const struct look *l, int pid)
{
	for (int i = 0; i < l->nrows; i++)
		if (l->rows[i].p.pid == pid)
			return &l->rows[i];
	return NULL;
}

/* What is new since `before` is what a process has used; of one that is new, all. */
static void
look(struct look *l, const struct look *before)
{
	unsigned long hz = sysconf(_SC_CLK_TCK);
	int n, *pids = process_list(&n);

	l->when = now_ms();
	l->nrows = 0;
	l->rows = malloc((n + 1) * sizeof *l->rows);
	if (!l->rows)
		die("out of memory");
	for (int i = 0; i < n; i++) {
		struct row *r = &l->rows[l->nrows];
		const struct row *old;
		unsigned long long ms = l->when - before->when;

		if (process_read(pids[i], &r->p))
			continue;
		old = row_of(before, pids[i]);
		r->tenths = ms ? (r->p.ticks - (old ? old->p.ticks : 0)) * 1000000ULL / hz / ms : 0;
		l->nrows++;
	}
	free(pids);
	look_at_harts(l);
}

static int
by_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (order == 'P' && x->tenths != y->tenths)
		return x->tenths < y->tenths ? 1 : -1;
	if (order == 'P' && x->p.ticks != y->p.ticks)
		return x->p.ticks < y->p.ticks ? 1 : -1;
	if (order == 'M' && x->p.rss != y->p.rss)
		return x->p.rss < y->p.rss ? 1 : -1;
	return x->p.pid - y->p.pid;
}

/* --- drawing --- */

/* A line of the screen, cut to its width; nothing when it is full. */
static void __attribute__((format(printf, 2, 3)))
put_line(int bright, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (left == 0 && !batch)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (batch) {
		puts(text);
		return;
	}
	if (bright)
		printf("\033[7m%-*.*s\033[m", width, width, text);
	else
		printf("%.*s\033[K", width, text);
	if (--left)
		printf("\r\n");
}

static unsigned long
memory(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtoul(p + strlen(name), NULL, 10) : 0;
}

static void
put_machine(const struct look *l)
{
	int running = 0, sleeping = 0, stopped = 0, zombies = 0;
	char load[64] = "", text[4096] = "";
	unsigned long up = l->when / 1000, total, unused, available;
	FILE *f;

	f = fopen("/proc/loadavg", "r");
	if (f) {
		fgets(load, sizeof load, f);
		fclose(f);
	}
	f = fopen("/proc/meminfo", "r");
	if (f) {
		text[fread(text, 1, sizeof text - 1, f)] = '\0';
		fclose(f);
	}
	for (int i = 0; i < l->nrows; i++) {
		char s = l->rows[i].p.state;

		running += s == 'R';
		sleeping += s == 'S' || s == 'D';
		stopped += s == 'T';
		zombies += s == 'Z';
	}
	put_line(0, "top - up %lu:%02lu:%02lu, load %.*s", up / 3600, up / 60 % 60, up % 60, 14, load);
	put_line(0, "Tasks: %d total, %d running, %d sleeping, %d stopped, %d zombie", l->nrows, running, sleeping,
		 stopped, zombies);
	total = memory(text, "MemTotal:");
	unused = memory(text, "MemFree:");
	available = memory(text, "MemAvailable:");
	put_line(0, "Mem: %luK total, %luK used, %luK free, %luK available", total, total - unused, unused, available);
}

static void
put_harts(const struct look *l, const struct look *before)
{
	for (int i = 0; i < l->nharts; i++) {
		unsigned long long user, system, idle, sum;

		user = l->hart[i].user - (i < before->nharts ? before->hart[i].user : 0);
		system = l->hart[i].system - (i < before->nharts ? before->hart[i].system : 0);
		idle = l->hart[i].idle - (i < before->nharts ? before->hart[i].idle : 0);
		sum = user + system + idle ? user + system + idle : 1;
		put_line(0, "Hart %d: %3llu%% user, %3llu%% system, %3llu%% idle", i, user * 100 / sum,
			 system * 100 / sum, idle * 100 / sum);
	}
}

static void
put_processes(struct look *l)
{
	char user[16], command[256], pr[8];
	unsigned long hz = sysconf(_SC_CLK_TCK);

	qsort(l->rows, l->nrows, sizeof *l->rows, by_order);
	put_line(0, "%s", "");
	put_line(1, "%5s %-8s %-3s %3s %3s %4s %8s %s %5s %8s %s", "PID", "USER", "CLS", "PR", "NI", "HART", "RSS", "S",
		 "%CPU", "TIME", "COMMAND");
	for (int i = 0; i < l->nrows && (left || batch); i++) {
		const struct row *r = &l->rows[i];
		unsigned long hundredths = r->p.ticks * 100 / hz;

		process_user(&r->p, user, sizeof user);
		process_command(&r->p, command, sizeof command);
		if (r->p.rt_priority == 99)
			snprintf(pr, sizeof pr, "rt");		/* as everybody's top has it */
		else
			snprintf(pr, sizeof pr, "%d", r->p.priority);
		put_line(0, "%5d %-8s %-3s %3s %3d %4d %7luK %c %3u.%u %4lu:%02lu.%02lu %s", r->p.pid, user,
			 policy_class(r->p.policy), pr, r->p.nice, r->p.hart, r->p.rss * 4, r->p.state, r->tenths / 10,
			 r->tenths % 10, hundredths / 6000, hundredths / 100 % 60, hundredths % 100, command);
	}
}

static void
draw(struct look *l, const struct look *before)
{
	struct winsize w;

	if (ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col) {
		width = w.ws_col;
		height = w.ws_row;
	}
	left = height;
	if (!batch)
		printf("\033[H");
	put_machine(l);
	put_harts(l, before);
	put_processes(l);
	printf(batch ? "\n" : left ? "\033[J" : "");
	fflush(stdout);
}

/* --- the terminal --- */

static void
end(int sig)
{
	(void)sig;
	over = 1;
}

static void
redraw(int sig)
{
	again = sig;
}

/* Keys come as they are typed, and are not shown. */
static void
terminal_take(void)
{
	struct termios t = saved;

	t.c_lflag &= ~(ICANON | ECHO);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	tcsetattr(0, TCSANOW, &t);
	printf("\033[2J");
}

static void
terminal_give_back(void)
{
	tcsetattr(0, TCSANOW, &saved);
	printf("\033[%d;1H\n", height);
	fflush(stdout);
}

static void
catch(int sig, void (*fn)(int))
{
	struct sigaction a = { .sa_handler = fn };	/* no SA_RESTART: it ends the wait */

	sigaction(sig, &a, NULL);
}

/* Wait for a key or the time of the next look. True: look again now or then; false: end. */
static int
wait_for_key(int ms)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	char key;

	if (poll(&p, 1, ms) <= 0 || over)
		return !over;
	if (read(0, &key, 1) <= 0 || key == 'q' || key == 'Q' || key == 3)
		return 0;
	if (key == 'P' || key == 'M' || key == 'N')
		order = key;
	return 1;
}

/* "2", "0.5": ms. */
static long
seconds(const char *s)
{
	char *end;
	long ms = strtol(s, &end, 10) * 1000, unit = 100;

	if (end == s && *s != '.')
		die("not a number of seconds: %s", s);
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; unit /= 10)
			ms += (*end++ - '0') * unit;
	if (*end || ms < 0)
		die("not a number of seconds: %s", s);
	return ms < 10 ? 10 : ms;
}

int
main(int argc, char **argv)
{
	struct look looks[2] = { 0 };
	long delay = 2000, times = -1;
	int c, i;

	while ((c = getopt(argc, argv, "bd:n:")) != -1) {
		if (c == 'b')
			batch = 1;
		else if (c == 'd')
			delay = seconds(optarg);
		else if (c == 'n')
			times = number(optarg, "times");
		else
			usage(USAGE);
	}
	if (optind < argc)
		usage(USAGE);
	if (!batch) {
		if (tcgetattr(0, &saved) || !isatty(1))
			die("no terminal: -b writes text");
		catch(SIGINT, end);
		catch(SIGTERM, end);
		catch(SIGHUP, end);
		catch(SIGWINCH, redraw);
		catch(SIGCONT, redraw);
		terminal_take();
	}
	for (i = 0; times; i ^= 1) {
		free(looks[i].rows);
		look(&looks[i], &looks[!i]);
		draw(&looks[i], &looks[!i]);
		if (times > 0 && --times == 0)
			break;
		if (batch) {
			poll(NULL, 0, delay);
			continue;
		}
		if (!wait_for_key(delay))
			break;
		if (again) {
			again = 0;
			terminal_take();	/* another size, or ^Z and back: the screen is not ours any more */
		}
	}
	if (!batch)
		terminal_give_back();
	return finish_output(0);
}
