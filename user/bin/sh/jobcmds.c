/*
 * jobcmds.c - jobs, fg, bg, wait and kill: what the user says about jobs.
 *
 *	%N	job N			%%, %+	the current one: stopped last, or else put in the background last
 *	%text	begins with text	%-	the one before that
 *	%?text	has text in it		123	the one with process 123
 */
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../common/cmd.h"
#include "jobs.h"

/* What a name means. The message, if it means none; NULL and *found if it does. */
static const char *
find(const char *name, struct job **found)
{
	const char *what = name && *name == '%' ? name + 1 : NULL;
	struct job *j;
	int i;

	*found = NULL;
	if (!name || (what && (!*what || !strcmp(what, "%") || !strcmp(what, "+"))))
		*found = job_current(0);
	else if (what && !strcmp(what, "-"))
		*found = job_current(1);
	for (j = jobs; j && !*found && name; j = j->next) {
		if (what && isdigit((unsigned char)*what) && j->id == atoi(what))
			*found = j;
		for (i = 0; !what && i < j->n; i++)
			if (j->p[i].pid == atoi(name))
				*found = j;
	}
	if (*found || !what || !*what || isdigit((unsigned char)*what) || strchr("%+-", *what))
		return *found ? NULL : name ? "no such job" : "no current job";
	for (j = jobs; j; j = j->next) {
		if (!j->id || (*what == '?' ? !strstr(j->text, what + 1) : strncmp(j->text, what, strlen(what))))
			continue;
		if (*found)
			return "ambiguous job";
		*found = j;
	}
	return *found ? NULL : "no such job";
}

/* The same for a command, with its message given. */
static struct job *
find_for(const char *command, const char *name)
{
	struct job *j;
	const char *wrong = find(name, &j);

	if (!wrong)
		return j;
	if (name)
		sh_warn("%s: %s: %s", command, name, wrong);
	else
		sh_warn("%s: %s", command, wrong);
	return NULL;
}

/* ---- jobs ---- */

static void
list_job(struct job *j, int how)
{
	if (how == 'p')
		printf("%d\n", (int)j->p[0].pid);
	else
		job_describe(stdout, j, how);
	j->reported = 1;
	if (job_state(j) == DONE)
		job_free(j);
}

/* All of them by number; only: 'r' those that run, 's' those that are stopped. */
static void
list_all(int how, int only)
{
	struct job *j, *next;
	int id, max = 0;

	for (j = jobs; j; j = j->next)
		if (j->id > max)
			max = j->id;
	for (id = 1; id <= max; id++)
		for (j = jobs; j; j = next) {
			next = j->next;
			if (j->id != id || (only == 'r' && job_state(j) != RUNNING) ||
			    (only == 's' && job_state(j) != STOPPED))
				continue;
			list_job(j, how);
		}
}

int
jobs_builtin(int argc, char **argv)
{
	int how = 0, only = 0, status = 0, i;
	struct job *j;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		for (const char *p = argv[i] + 1; *p; p++) {
			if (*p == 'l' || *p == 'p') {
				how = *p;
			} else if (*p == 'r' || *p == 's') {
				only = *p;
			} else {
				sh_warn("jobs: -%c: unknown option (jobs [-lprs] [JOB...])", *p);
				return 2;
			}
		}
	}
	while (job_reap(WNOHANG))
		;
	if (i == argc)
		list_all(how, only);
	for (; i < argc; i++) {
		j = find_for("jobs", argv[i]);
		if (j)
			list_job(j, how);
		else
			status = 1;
	}
	return status;
}

/* ---- fg and bg ---- */

static void
go_on(struct job *j)
{
	for (int i = 0; i < j->n; i++)
		if (j->p[i].state == STOPPED)
			j->p[i].state = RUNNING;
	j->reported = 0;
	kill(-j->pgid, SIGCONT);
}

/* One job to the front or on in the background. Its status, or that of the going. */
static int
move(const char *command, const char *name)
{
	struct job *j = find_for(command, name);

	if (!j)
		return 1;
	if (!j->pgid) {
		sh_warn("%s: job %d was started without job control", command, j->id);
		return 1;
	}
	if (job_state(j) == DONE) {
		sh_warn("%s: job %d has ended", command, j->id);
		return 1;
	}
	if (*command == 'f') {
		job_to_front(j);		/* before its name is there: a ^C typed at that is for the job */
		fprintf(stderr, "%s\n", j->text);
		go_on(j);
		return job_wait(j);
	}
	if (job_state(j) == RUNNING) {
		sh_warn("bg: job %d runs in the background already", j->id);
		return 0;
	}
	fprintf(stderr, "[%d] %s\n", j->id, j->text);
	go_on(j);
	return 0;
}

int
fg_builtin(int argc, char **argv)
{
	int status = 0, i;

	if (!sh.monitor) {
		sh_warn("%s: no job control", argv[0]);
		return 1;
	}
	while (job_reap(WNOHANG))
		;
	if (argc == 1)
		return move(argv[0], NULL);
	if (argc > 2 && *argv[0] == 'f') {
		sh_warn("fg: one job at a time");
		return 2;
	}
	for (i = 1; i < argc; i++)
		status = move(argv[0], argv[i]);
	return status;
}

/* ---- wait and kill ---- */

static int
wait_all(void)
{
	struct job *j;

	for (;;) {
		for (j = jobs; j && job_state(j) != RUNNING; j = j->next)
			;
		if (!j)
			break;
		if (!job_reap(0) && (trap_pending || interrupted))
			return 130;
	}
	if (!sh.interactive)
		jobs_forget();
	return 0;
}

int
wait_builtin(int argc, char **argv)
{
	int i, status = 0;

	while (job_reap(WNOHANG))	/* kill -CONT may just have been said to one that we think is stopped */
		;
	if (argc == 1)
		return wait_all();
	for (i = 1; i < argc; i++) {
		struct job *j;
		const char *wrong = find(argv[i], &j);

		if (wrong) {
			if (*argv[i] == '%' || !isdigit((unsigned char)*argv[i]))
				sh_warn("wait: %s: %s", argv[i], wrong);
			else
				sh_warn("wait: %s is no child of this shell", argv[i]);
			status = 127;
			continue;
		}
		while (job_state(j) == RUNNING)
			if (!job_reap(0) && (trap_pending || interrupted))
				return 130;
		status = job_status(j);
		if (job_state(j) == DONE)
			job_free(j);
	}
	return status;
}

/* For kill: the group of a job, or its process. 0: no such job. */
static pid_t
job_group(const char *name)
{
	struct job *j;

	return find(name, &j) ? 0 : j->pgid ? -j->pgid : j->p[0].pid;
}

int
kill_builtin(int argc, char **argv)
{
	return kill_main(argc, argv, job_group);
}
