/*
 * process.h - process groups and sessions: how a shell names its jobs.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "kernel/task.h"

/* Every process, zombies too, parents before children: start with NULL; NULL ends. */
struct process *process_next_locked(struct process *p) MUST_HOLD(tasks_lock);
/* Those of group pgid. */
struct process *pgrp_next_locked(int pgid, struct process *p) MUST_HOLD(tasks_lock);
/*
 * Nobody outside the group but in its session is parent of a member (`without` not counted):
 * no shell would continue what stops.
 */
bool	pgrp_orphaned_locked(int pgid, const struct process *without) MUST_HOLD(tasks_lock);
/*
 * p ends, or has lost `parent`: if that makes its group an orphaned one (`without` not counted) and members have
 * stopped, the group gets SIGHUP and SIGCONT.
 */
void	pgrp_lost_locked(const struct process *p, const struct process *parent,
			 const struct process *without) MUST_HOLD(tasks_lock);

#endif
