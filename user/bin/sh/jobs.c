/*
 * jobs.c - processes: starting them, waiting for them, and job control.
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
#include "../common/cmd.h"
#include "sh.h"

enum state { RUNNING, STOPPED, DONE };

struct process {
	pid_t	pid;
	int	status;			/* of wait */
	enum state state;
};

struct job {
	struct job *next;
	int	id;			/* the N of %N; 0 for one that was never seen */
	pid_t	pgid;			/* 0 without job control */
	int	n;
	struct process *p;
	char	*text;
	int	reported;		/* STOPPED or DONE has been told */
};

static struct job *jobs;
static struct termios terminal;		/* as it was when the shell started */

void
jobs_init(void)
{
	pid_t pgid;

	sh.tty = fcntl(2, F_DUPFD_CLOEXEC, 10);
	if (sh.tty < 0 || tcgetattr(sh.tty, &terminal))
		return;
	/* Started in the background: wait until somebody brings us to the front. */
	while ((pgid = tcgetpgrp(sh.tty)) >= 0 && pgid != getpgrp())
		kill(0, SIGTTIN);
	if (pgid < 0) {
		sh_warn("no job control: %s", strerror(errno));
		return;
	}
	sh.monitor = 1;
	trap_init();
	setpgid(0, 0);			/* fails harmlessly for a session leader */
	tcsetpgrp(sh.tty, getpgrp());
}

struct job *
job_new(const char *text)
{
	struct job *j = xmalloc(sizeof *j);

	*j = (struct job){ .next = jobs, .text = xstrdup(text ? text : "") };
	jobs = j;
	return j;
}

static void
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

static enum state
job_state(struct job *j)
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
				tcsetpgrp(sh.tty, j->pgid ? j->pgid : getpid());
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
				tcsetpgrp(sh.tty, j->pgid);
				if (interrupted)
					kill(-j->pgid, SIGINT);
			}
		}
	}
	return pid;
}

/* Take one change of state from the kernel. 0: nothing left to wait for, or a signal came. */
static int
reap(int options)
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

static int
job_status(struct job *j)
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

static void
describe(FILE *f, struct job *j, int with_pid)
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
	fprintf(f, "[%d]%c ", j->id, j == jobs ? '+' : ' ');
	if (with_pid)
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
		reap(0);
	if (sh.monitor)
		tcsetpgrp(sh.tty, getpgrp());
	status = job_status(j);
	if (job_state(j) == STOPPED) {
		tcsetattr(sh.tty, TCSADRAIN, &terminal);
		give_id(j);
		fprintf(stderr, "\n");
		describe(stderr, j, 0);
		j->reported = 1;
		return status;
	}
	if (j->n && WIFSIGNALED(j->p[j->n - 1].status)) {
		if (sh.monitor)
			tcsetattr(sh.tty, TCSADRAIN, &terminal);
		report_death(j);
	}
	job_free(j);
	return status;
}

void
job_background(struct job *j)
{
	give_id(j);
	sh.last_bg = j->p[j->n - 1].pid;
	if (sh.interactive)
		fprintf(stderr, "[%d] %d\n", j->id, (int)sh.last_bg);
}

void
jobs_report(void)
{
	struct job *j, *next;

	while (reap(WNOHANG))
		;
	for (j = jobs; j; j = next) {
		enum state s = job_state(j);

		next = j->next;
		if (s == RUNNING || j->reported)
			continue;
		if (sh.interactive)
			describe(stderr, j, 0);
		j->reported = 1;
		if (s == DONE && sh.interactive)
			job_free(j);
	}
}

/* %N, %%, %+, %text or a process number; NULL: the newest. Messages are given here. */
static struct job *
job_find(const char *name, int complain)
{
	struct job *j;
	int i;

	for (j = jobs; j; j = j->next) {
		if (!j->id)
			continue;
		if (!name || !strcmp(name, "%%") || !strcmp(name, "%+") || !strcmp(name, "%"))
			return j;
		if (*name == '%') {
			if (atoi(name + 1) == j->id || (name[1] > '9' && !strncmp(j->text, name + 1, strlen(name + 1))))
				return j;
		} else {
			for (i = 0; i < j->n; i++)
				if (j->p[i].pid == atoi(name))
					return j;
		}
	}
	if (complain)
		sh_warn("%s: no such job", name ? name : "current");
	return NULL;
}

int
jobs_builtin(int argc, char **argv)
{
	int with_pid = argc > 1 && !strcmp(argv[1], "-l"), only_pid = argc > 1 && !strcmp(argv[1], "-p");
	struct job *j, *next;
	int id, max = 0;

	while (reap(WNOHANG))
		;
	for (j = jobs; j; j = j->next)
		if (j->id > max)
			max = j->id;
	for (id = 1; id <= max; id++)
		for (j = jobs; j; j = next) {
			next = j->next;
			if (j->id != id)
				continue;
			if (only_pid)
				printf("%d\n", (int)j->p[0].pid);
			else
				describe(stdout, j, with_pid);
			if (job_state(j) == DONE)
				job_free(j);
		}
	return 0;
}

/* fg and bg. */
int
fg_builtin(int argc, char **argv)
{
	struct job *j = job_find(argc > 1 ? argv[1] : NULL, 1);
	int i, foreground = argv[0][0] == 'f';

	if (!j)
		return 1;
	if (!sh.monitor) {
		sh_warn("%s: no job control", argv[0]);
		return 1;
	}
	if (foreground) {
		fprintf(stderr, "%s\n", j->text);
		tcsetpgrp(sh.tty, j->pgid);
	} else {
		fprintf(stderr, "[%d] %s\n", j->id, j->text);
	}
	for (i = 0; i < j->n; i++)
		if (j->p[i].state == STOPPED)
			j->p[i].state = RUNNING;
	j->reported = 0;
	kill(-j->pgid, SIGCONT);
	return foreground ? job_wait(j) : 0;
}

int
wait_builtin(int argc, char **argv)
{
	struct job *j;
	int i, status = 0;

	if (argc == 1) {
		for (;;) {
			for (j = jobs; j && job_state(j) != RUNNING; j = j->next)
				;
			if (!j)
				break;
			if (!reap(0) && (trap_pending || interrupted))
				return 130;
		}
		if (!sh.interactive)
			jobs_forget();
		return 0;
	}
	for (i = 1; i < argc; i++) {
		j = job_find(argv[i], 0);
		if (!j) {
			status = 127;
			continue;
		}
		while (job_state(j) == RUNNING)
			if (!reap(0) && (trap_pending || interrupted))
				return 130;
		status = job_status(j);
		if (job_state(j) == DONE)
			job_free(j);
	}
	return status;
}

static pid_t
job_group(const char *name)
{
	struct job *j = job_find(name, 0);

	return !j ? 0 : j->pgid ? -j->pgid : j->p[0].pid;
}

int
kill_builtin(int argc, char **argv)
{
	return kill_main(argc, argv, job_group);
}
