/*
 * oom.c - a page was needed and there is none: end the process that frees the most.
 *
 *	mm_fault fails --> oom_retry --> reclaim has freed some: true, touch the page again
 *	                       |
 *	                       +--> nobody is dying yet: choose, SIGKILL
 *	                       |              it is the caller: false, the caller dies at once
 *	                       |
 *	                       +--> memory has come free meanwhile: true, touch the page again
 *	                       +--> wait until it is: true
 *	                       +--> nothing came free in a second: false
 *
 * Only faults come here: a kernel allocation that fails is an errno to the program that caused it.
 *
 * Locks       none held by the caller but sleeping ones; the wait is bounded because the victim may
 *             need one of those to exit.
 */
#include "abi/signal.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "mm/internal.h"
#include "mm/pagecache_private.h"

#define WAIT_STEP	(5 * NSEC_PER_MSEC)
#define WAIT_STEPS	200
#define TRIES		10		/* while memory that is free cannot be had */

static bool
dying(const struct process *p)
{
	return READ_ONCE(p->exiting) || (READ_ONCE(p->sig_pending) & sigmask(SIGKILL));
}

/* Pages that ending t's process would free, more or less; 0: it has none, or is not to be ended. */
static ulong
badness(struct task *t)
{
	struct mm *mm;
	long pages;

	if (t == init_task || t->proc->oom_score_adj <= -1000)
		return 0;
	mm = task_mm_get(t);
	if (!mm)
		return 0;
	pages = mm->rss_anon + mm->pt_pages;
	mm_put(mm);
	pages += t->proc->oom_score_adj * (long)(frames_total_ram() / 1000);
	return MAX(pages, 1L);
}

/* The process to end, by its leader, counted. *someone_dying: no need to, one is on its way out. NULL: none. */
static struct task *
choose(bool *someone_dying)
{
	struct task *t, *worst = NULL;
	ulong score, most = 0;
	int pid = 1;

	*someone_dying = false;
	for (; (t = task_next(&pid, true)) != NULL; pid++) {
		score = badness(t);
		if (score && dying(t->proc) && t->proc != current->proc)
			*someone_dying = true;
		if (score <= most) {
			task_put(t);
			continue;
		}
		if (worst)
			task_put(worst);
		worst = t;
		most = score;
	}
	return worst;
}

bool
oom_retry(uint tries)
{
	struct task *victim;
	bool someone_dying, me;

	if (dying(current->proc))
		return false;
	if (!frames_low())
		return tries < TRIES;
	if (reclaim_wait(tries))
		return true;
	victim = choose(&someone_dying);
	if (!victim)
		return false;
	me = victim->proc == current->proc;
	if (!someone_dying && !me) {
		pr_err("out of memory: ending process %d (%s)\n", task_tgid(victim), victim->comm);
		signal_send_process(victim->proc, SIGKILL, NULL);
	}
	task_put(victim);
	if (me && !someone_dying)
		return false;
	for (int i = 0; i < WAIT_STEPS && !dying(current->proc); i++) {
		set_state(TASK_UNINTERRUPTIBLE);
		sleep_prepared(clock_monotonic() + WAIT_STEP);
		if (!frames_low())
			return true;
	}
	return false;
}
