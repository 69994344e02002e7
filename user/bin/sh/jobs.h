/*
 * jobs.h - a job: the processes of one pipeline. Between jobs.c, which runs them, and jobcmds.c, which lets the
 * user look at them and change them.
 */
#ifndef SH_JOBS_H
#define SH_JOBS_H

#include <stdio.h>
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
	unsigned used;			/* larger: more lately stopped or put in the background */
	pid_t	pgid;			/* 0 without job control */
	int	n;
	struct process *p;
	char	*text;
	int	reported;		/* STOPPED or DONE has been told */
};

extern struct job *jobs;		/* newest first */

enum state job_state(const struct job *j);
int	job_status(const struct job *j);	/* the last process's, as $? */
int	job_reap(int options);		/* take one change of state from the kernel; 0: none, or a signal came */
void	job_free(struct job *j);
void	job_to_front(struct job *j);	/* the terminal is j's */
/* What %+ means, or %-: jobs that are stopped first, then the latest. NULL. */
struct job *job_current(int previous);
/* "[1]+ Stopped   vi". what: 'l' with process numbers, 0 without. */
void	job_describe(FILE *f, const struct job *j, int what);

#endif
