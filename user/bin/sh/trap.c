/* trap.c - signals: what `trap` set, and what an interactive shell does with ^C. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../common/cmd.h"
#include "sh.h"

#define NSIGNALS 65

static char *actions[NSIGNALS];		/* "" ignores; [0] is EXIT */
static volatile char pending[NSIGNALS];
volatile int trap_pending, interrupted;

static void
on_trap(int sig)
{
	pending[sig] = 1;
	trap_pending = 1;
}

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void
set_handler(int sig, void (*handler)(int))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = handler;	/* no SA_RESTART: read and wait come back */
	sigaction(sig, &sa, NULL);
}

/* What a signal does when no trap is set. */
static void
set_default(int sig)
{
	if (sh.interactive && sig == SIGINT)
		set_handler(sig, on_interrupt);
	else if (sh.interactive && (sig == SIGQUIT || sig == SIGTERM))
		set_handler(sig, SIG_IGN);
	else if (sh.monitor && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU))
		set_handler(sig, SIG_IGN);
	else
		set_handler(sig, SIG_DFL);
}

static void
set_defaults(const int *signals, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!actions[signals[i]])
			set_default(signals[i]);
}

void
trap_init(void)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM };

	set_defaults(signals, sizeof signals / sizeof *signals);
}

void
trap_monitor(void)
{
	static const int signals[] = { SIGTSTP, SIGTTIN, SIGTTOU };

	set_defaults(signals, sizeof signals / sizeof *signals);
}

/* In a child: traps are gone, ignored signals stay ignored, the rest is as at the beginning. */
void
trap_subshell(void)
{
	int was_interactive = sh.interactive, was_monitor = sh.monitor, i;

	sh.interactive = sh.monitor = 0;
	interrupted = trap_pending = 0;
	for (i = 0; i < NSIGNALS; i++) {
		pending[i] = 0;
		if (actions[i] && (!*actions[i] && i))
			continue;
		if (actions[i] && i)
			set_handler(i, SIG_DFL);
		free(actions[i]);
		actions[i] = NULL;
	}
	if (was_interactive)
		for (i = 1; i < NSIGNALS; i++)
			if (!actions[i] && (i == SIGINT || i == SIGQUIT || i == SIGTERM))
				set_handler(i, SIG_DFL);
	if (was_monitor)
		for (i = SIGTSTP; i <= SIGTTOU; i++)
			if (!actions[i])
				set_handler(i, SIG_DFL);
}

/* Run the actions of signals that have come. */
void
trap_run(void)
{
	int i, status = sh.status;

	while (trap_pending) {
		trap_pending = 0;
		for (i = 1; i < NSIGNALS; i++)
			if (pending[i]) {
				pending[i] = 0;
				if (actions[i] && *actions[i]) {
					char *copy = xstrdup(actions[i]);

					run_string(copy, 0);
					free(copy);
				}
				sh.status = status;
			}
	}
}

void
trap_exit(void)
{
	char *action = actions[0];

	actions[0] = NULL;
	if (action)
		run_string(action, 0);
	free(action);
}

int
trap_any(void)
{
	int i;

	for (i = 0; i < NSIGNALS; i++)
		if (actions[i])
			return 1;
	return 0;
}

/* After ^C at an interactive shell: leave whatever runs, for the prompt. */
void
check_interrupt(void)
{
	if (!interrupted || !sh.interactive || !sh.top)
		return;
	interrupted = 0;
	sh.status = 130;
	longjmp(*sh.top, 1);
}

int
trap_builtin(int argc, char **argv)
{
	int i = 1, status = 0, sig;
	const char *action = NULL;

	if (argc > 1 && !strcmp(argv[1], "--"))
		i++;
	if (i == argc || (i + 1 == argc && !strcmp(argv[i], "-p"))) {
		for (i = 0; i < NSIGNALS; i++)
			if (actions[i])
				printf("trap -- '%s' %s\n", actions[i], signal_name(i));
		return 0;
	}
	if (!strcmp(argv[i], "-l")) {
		signal_list();
		return 0;
	}
	if (argc - i > 1 && signal_number(argv[i]) >= 0 && argv[i][0] >= '0' && argv[i][0] <= '9')
		;			/* trap 2 15: a number where the action stood resets all */
	else if (argc - i > 1)
		action = argv[i++];
	if (action && !strcmp(action, "-"))
		action = NULL;
	for (; i < argc; i++) {
		sig = signal_number(argv[i]);
		if (sig < 0) {
			sh_warn("trap: %s: bad signal", argv[i]);
			status = 1;
			continue;
		}
		free(actions[sig]);
		actions[sig] = action ? xstrdup(action) : NULL;
		if (sig == 0 || sig == SIGKILL || sig == SIGSTOP)
			continue;
		if (!action)
			set_default(sig);
		else
			set_handler(sig, *action ? on_trap : SIG_IGN);
	}
	return status;
}
