/* signame.c - signals by name, and kill. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cmd.h"

static const char *const names[] = {
	[0] = "EXIT",
	[SIGHUP] = "HUP", [SIGINT] = "INT", [SIGQUIT] = "QUIT", [SIGILL] = "ILL", [SIGTRAP] = "TRAP",
	[SIGABRT] = "ABRT", [SIGBUS] = "BUS", [SIGFPE] = "FPE", [SIGKILL] = "KILL", [SIGUSR1] = "USR1",
	[SIGSEGV] = "SEGV", [SIGUSR2] = "USR2", [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM", [SIGTERM] = "TERM",
	[SIGSTKFLT] = "STKFLT", [SIGCHLD] = "CHLD", [SIGCONT] = "CONT", [SIGSTOP] = "STOP",
	[SIGTSTP] = "TSTP", [SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU", [SIGURG] = "URG", [SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
	[SIGIO] = "IO", [SIGPWR] = "PWR", [SIGSYS] = "SYS",
};
#define NNAMES ((int)(sizeof names / sizeof *names))

int
signal_number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);
	int i;

	if (*s && !*end)
		return n >= 0 && n <= 64 ? (int)n : -1;
	if (!strncasecmp(s, "SIG", 3))
		s += 3;
	for (i = 0; i < NNAMES; i++)
		if (!strcasecmp(names[i], s))
			return i;
	return -1;
}

const char *
signal_name(int sig)
{
	static char number[12];

	if (sig >= 0 && sig < NNAMES)
		return names[sig];
	snprintf(number, sizeof number, "%d", sig);
	return number;
}

void
signal_list(void)
{
	int i;

	for (i = 1; i < NNAMES; i++)
		printf("%2d) %s%s", i, names[i], i % 8 ? "\t" : "\n");
	printf("\n");
}

/* kill [-SIG | -s SIG] PID...; -l. job() turns "%1" into a process group, if the caller has jobs. */
int
kill_main(int argc, char **argv, pid_t (*job)(const char *))
{
	int sig = SIGTERM, i = 1, status = 0;

	if (argc > 1 && !strcmp(argv[1], "-l")) {
		if (argc == 2)
			signal_list();
		for (i = 2; i < argc; i++) {
			int n = signal_number(argv[i]);

			if (n > 128)
				n -= 128;
			if (n < 0)
				warn_text("%s: bad signal", argv[i]);
			else if (argv[i][0] >= '0' && argv[i][0] <= '9')
				printf("%s\n", signal_name(n));
			else
				printf("%d\n", n);
		}
		return 0;
	}
	if (i < argc && argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "--")) {
		const char *name = argv[i] + 1;

		if (!strcmp(name, "s") && i + 1 < argc)
			name = argv[++i];
		sig = signal_number(name);
		if (sig < 0) {
			warn_text("%s: bad signal", name);
			return 1;
		}
		i++;
	}
	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	if (i >= argc) {
		fprintf(stderr, "usage: kill [-s SIGNAL | -SIGNAL] PID... | -l\n");
		return 2;
	}
	for (; i < argc; i++) {
		char *end;
		long pid = strtol(argv[i], &end, 10);

		if (argv[i][0] == '%' && job) {
			pid = job(argv[i]);
			if (!pid) {
				warn_text("%s: no such job", argv[i]);
				status = 1;
				continue;
			}
		} else if (!argv[i][0] || *end) {
			warn_text("%s: bad process number", argv[i]);
			status = 1;
			continue;
		}
		if (kill(pid, sig)) {
			warn_errno(argv[i]);
			status = 1;
		}
	}
	return status;
}
