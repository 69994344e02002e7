/*
 * jobs.c - processes: starting them, waiting for them, and job control.  The commands are in jobcmds.c.
 *
 * Data        A list of jobs, newest first; a job is the processes of one pipeline. With
 *             job control (monitor) each job is a process group, and the terminal belongs
 *             to the one in the foreground.
 *
 *      job_fork        job_wait
 *   new ------> running -------> done (freed at once in the foreground, after a report in
 *                  |  ^                the background)
 *      ^Z, SIGSTOP v  | fg, bg, SIGCONT
 *                stopped
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "jobs.h"

struct job *jobs;
static unsigned uses;
static int warned;			/* that there are stopped jobs */
static struct termios terminal;		/* as it was when the shell started */

/* Our terminal: where messages go, or the one that controls us. -1: none. */
static int
find_terminal(void)
{
	int fd = -1, tty;

	if (isatty(2))
		return fcntl(2, F_DUPFD_CLOEXEC, 10);
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty >= 0) {
		fd = fcntl(tty, F_DUPFD_CLOEXEC, 10);
		close(tty);
	}
	return fd;
}

static void
give_terminal(pid_t pgid)
{
	if (sh.tty >= 0)
		tcsetpgrp(sh.tty, pgid);
}

void
job_to_front(struct job *j)
{
	give_terminal(j->pgid);
}

/* As it was when the shell started: the job left it in a state of its own. */
static void
restore_terminal(void)
{
	if (sh.tty >= 0 && sh.interactive)
		tcsetattr(sh.tty, TCSADRAIN, &terminal);
}

int
jobs_monitor(int on)
{
	pid_t pgid = 0;

	if (on == sh.monitor)
		return 0;
	if (on && sh.subshell)
		return -1;
	if (on) {
		if (sh.tty <= 0)
			sh.tty = find_terminal();
		if (sh.interactive && (sh.tty < 0 || tcgetattr(sh.tty, &terminal)))
			return -1;
		/* Started in the background: wait until somebody brings us to the front. */
		while (sh.tty >= 0 && (pgid = tcgetpgrp(sh.tty)) >= 0 && pgid != getpgrp())
			kill(0, SIGTTIN);
		if (pgid < 0 && sh.interactive)
			return -1;
	}
	sh.monitor = on;
	trap_monitor();
	if (on) {
		setpgid(0, 0);		/* fails harmlessly for a session leader */
		give_terminal(getpgrp());
	}
	return 0;
}

void
jobs_init(void)
{
	errno = 0;
	if (jobs_monitor(1) && errno != ENOTTY)
		sh_warn("no job control: %s", strerror(errno));
}

struct job *
job_new(const char *text)
{
	struct job *j = xmalloc(sizeof *j);

	*j = (struct job){ .next = jobs, .text = xstrdup(text ? text : "") };
	jobs = j;
	warned = 0;
	return j;
}

void
job_free(struct job *j)
{
	struct job **p;

	for (p = &jobs; *p != j; p = &(*p)->next)
		;
	*p = j->next;
	free(j->text);
	free(j->p);
	free(j);
}

void
jobs_forget(void)
{
	while (jobs)
		job_free(jobs);
}

enum state
job_state(const struct job *j)
{
	enum state s = DONE;
	int i;

	for (i = 0; i < j->n; i++) {
		if (j->p[i].state == RUNNING)
			return RUNNING;
		if (j->p[i].state == STOPPED)
			s = STOPPED;
	}
	return s;
}

static int
exit_status(int st)
{
	return WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WIFSTOPPED(st) ? 128 + WSTOPSIG(st) : WEXITSTATUS(st);
}

/*
 * A signal may come while a job is being started. Until the job has the terminal the shell gets ^C, and passes it on;
 * the child keeps whatever comes pending until its signals have their ordinary meaning again.
 */
pid_t
job_fork(struct job *j, int background)
{
	sigset_t all, old;
	pid_t pid;

	fflush(stdout);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (pid)
		sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0) {
		sh_warn("fork: %s", strerror(errno));
		return -1;
	}
	if (pid == 0) {
		int monitor = sh.monitor;

		if (monitor && j) {
			setpgid(0, j->pgid);
			if (!background)
				give_terminal(j->pgid ? j->pgid : getpid());
		}
		sh.subshell = 1;
		trap_subshell();
		if (background && !monitor) {
			int null = open("/dev/null", O_RDONLY);

			signal(SIGINT, SIG_IGN);
			signal(SIGQUIT, SIG_IGN);
			if (null > 0) {
				dup2(null, 0);
				close(null);
			}
		}
		jobs_forget();
		sigprocmask(SIG_SETMASK, &old, NULL);
		return 0;
	}
	if (j) {
		j->p = xrealloc(j->p, (j->n + 1) * sizeof *j->p);
		j->p[j->n++] = (struct process){ pid, 0, RUNNING };
		if (sh.monitor) {
			if (!j->pgid)
				j->pgid = pid;
			setpgid(pid, j->pgid);	/* child and parent both: neither may be late */
			if (!background) {
				give_terminal(j->pgid);
				if (interrupted)
					kill(-j->pgid, SIGINT);
			}
		}
	}
	return pid;
}

int
job_reap(int options)
{
	struct job *j;
	int st, i;
	pid_t pid = waitpid(-1, &st, options | (sh.monitor ? WUNTRACED | WCONTINUED : 0));

	if (pid <= 0) {
		if (pid < 0 && errno == ECHILD)
			for (j = jobs; j; j = j->next)
				for (i = 0; i < j->n; i++)
					if (j->p[i].state == RUNNING) {
						j->p[i].state = DONE;
						j->p[i].status = 127 << 8;
					}
		return 0;
	}
	for (j = jobs; j; j = j->next)
		for (i = 0; i < j->n; i++)
			if (j->p[i].pid == pid) {
				j->p[i].status = st;
				j->p[i].state = WIFSTOPPED(st) ? STOPPED : WIFCONTINUED(st) ? RUNNING : DONE;
				j->reported = 0;
			}
	return 1;
}

int
job_status(const struct job *j)
{
	return j->n ? exit_status(j->p[j->n - 1].status) : 0;
}

static void
give_id(struct job *j)
{
	struct job *k;

	if (!j->id) {
		for (k = jobs, j->id = 1; k; k = k->next)
			if (k != j && k->id >= j->id)
				j->id = k->id + 1;
	}
}

static int
more_current(const struct job *a, const struct job *b)
{
	int stopped_a = job_state(a) == STOPPED, stopped_b = job_state(b) == STOPPED;

	return stopped_a != stopped_b ? stopped_a : a->used > b->used;
}

struct job *
job_current(int previous)
{
	struct job *best = NULL, *j;

	for (;;) {
		struct job *skip = best;

		best = NULL;
		for (j = jobs; j; j = j->next) {
			if (j->id && j != skip && (!best || more_current(j, best)))
				best = j;
		}
		if (!previous--)
			return best;
	}
}

void
job_describe(FILE *f, const struct job *j, int what_else)
{
	int st = j->n ? j->p[j->n - 1].status : 0;
	char what[40];

	switch (job_state(j)) {
	case RUNNING:
		strcpy(what, "Running");
		break;
	case STOPPED:
		strcpy(what, "Stopped");
		break;
	default:
		if (WIFSIGNALED(st))
			snprintf(what, sizeof what, "%s", strsignal(WTERMSIG(st)));
		else if (WEXITSTATUS(st))
			snprintf(what, sizeof what, "Done(%d)", WEXITSTATUS(st));
		else
			strcpy(what, "Done");
	}
	fprintf(f, "[%d]%c ", j->id, j == job_current(0) ? '+' : j == job_current(1) ? '-' : ' ');
	if (what_else == 'l')
		fprintf(f, "%d ", (int)j->p[0].pid);
	fprintf(f, "%-20s %s\n", what, j->text);
}

/* Say that the last process died of a signal, unless everybody knows. */
static void
report_death(struct job *j)
{
	int st = j->p[j->n - 1].status, sig = WTERMSIG(st);

	if (!WIFSIGNALED(st) || sig == SIGPIPE)
		return;
	if (sig == SIGINT) {
		if (sh.interactive) {
			fprintf(stderr, "\n");
			interrupted = 1;
		}
		return;
	}
	fprintf(stderr, "%s%s\n", strsignal(sig), WCOREDUMP(st) ? " (core dumped)" : "");
}

int
job_wait(struct job *j)
{
	int status;

	while (job_state(j) == RUNNING)
		job_reap(0);
	if (sh.monitor)
		give_terminal(getpgrp());
	status = job_status(j);
	if (job_state(j) == STOPPED) {
		restore_terminal();
		give_id(j);
		j->used = ++uses;
		if (sh.interactive) {
			fprintf(stderr, "\n");
			job_describe(stderr, j, 0);
		}
		j->reported = 1;
		return status;
	}
	if (j->n && WIFSIGNALED(j->p[j->n - 1].status)) {
		restore_terminal();
		report_death(j);
	}
	job_free(j);
	return status;
}

void
job_background(struct job *j)
{
	give_id(j);
	j->used = ++uses;
	sh.last_bg = j->p[j->n - 1].pid;
	if (sh.interactive)
		fprintf(stderr, "[%d] %d\n", j->id, (int)sh.last_bg);
}

int
jobs_news(void)
{
	struct job *j;

	while (job_reap(WNOHANG))
		;
	for (j = jobs; j; j = j->next)
		if (job_state(j) != RUNNING && !j->reported)
			return 1;
	return 0;
}

void
jobs_report(void)
{
	struct job *j, *next;

	while (job_reap(WNOHANG))
		;
	for (j = jobs; j; j = next) {
		enum state s = job_state(j);

		next = j->next;
		if (s == RUNNING || j->reported)
			continue;
		if (sh.interactive)
			job_describe(stderr, j, 0);
		j->reported = 1;
		if (s == DONE && sh.interactive)
			job_free(j);
	}
}

int
jobs_hold_exit(void)
{
	struct job *j;

	for (j = jobs; j && job_state(j) != STOPPED; j = j->next)
		;
	if (!j || warned || !sh.interactive || sh.subshell)
		return 0;
	fprintf(stderr, "There are stopped jobs.\n");
	return warned = 1;
}
