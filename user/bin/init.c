/*
 * init - process 1: the first program, the parent of orphans.
 *
 * Mounts /proc, /sys, /dev, /tmp and friends where the kernel has not, makes a root on a disk
 * writable (unless the kernel's command line says "ro"), runs /etc/rc if there is one, and keeps
 * root's login shell (/etc/passwd) on the console.  Signals: SIGUSR1 halts, SIGUSR2 powers off, SIGTERM reboots (as
 * busybox's init); how that goes is common/shutdown.c.
 *
 * Words after "--" on the kernel's command line come here as arguments: they are a command
 * that `sh -c` runs instead of the interactive shell, and when it ends the machine is
 * powered off. A line "init: command exited with status N" says how it went:
 *
 *	append="console=ttyS0 quiet -- ls -l /proc"
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "common/shutdown.h"

static const char *const dirs[] = {
	"/proc", "/sys", "/dev", "/tmp", "/mnt", "/root", "/run", "/dev/pts", "/dev/shm",
};

static const struct { const char *source, *target, *type, *options; } mounts[] = {
	{ "proc", "/proc", "proc", NULL },
	{ "sysfs", "/sys", "sysfs", NULL },
	{ "devpts", "/dev/pts", "devpts", "gid=5,mode=620,ptmxmode=666" },	/* 5: group tty */
	{ "tmpfs", "/tmp", "tmpfs", NULL },
	{ "tmpfs", "/dev/shm", "tmpfs", NULL },
};

static const struct { const char *target, *path; } links[] = {
	{ "/proc/self/fd", "/dev/fd" }, { "/proc/self/fd/0", "/dev/stdin" },
	{ "/proc/self/fd/1", "/dev/stdout" }, { "/proc/self/fd/2", "/dev/stderr" },
};

static volatile int stop_command;

static void
on_signal(int sig)
{
	stop_command = sig == SIGUSR1 ? RB_HALT_SYSTEM : sig == SIGUSR2 ? RB_POWER_OFF : RB_AUTOBOOT;
}

/* Whether a word stands alone on the kernel's command line. */
static int
kernel_was_told(const char *word)
{
	char line[4096], *at = line, *w;
	FILE *f = fopen("/proc/cmdline", "r");
	int found = 0;

	if (!f)
		return 0;
	if (fgets(line, sizeof line, f))
		while (!found && (w = strsep(&at, " \n")) && strcmp(w, "--"))
			found = !strcmp(w, word);
	fclose(f);
	return found;
}

/* A kernel may mount its root read-only, so that it can be checked first. */
static void
make_root_writable(void)
{
	struct statvfs root;

	if (statvfs("/", &root) || !(root.f_flag & ST_RDONLY))
		return;
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", MS_NOSUID, NULL);
	if (!kernel_was_told("ro") && mount(NULL, "/", NULL, MS_REMOUNT, NULL))
		perror("init: / stays read-only");
}

static void
make_dirs(void)
{
	size_t i;

	for (i = 0; i < sizeof dirs / sizeof *dirs; i++)
		mkdir(dirs[i], strcmp(dirs[i], "/tmp") && strcmp(dirs[i], "/dev/shm") ? 0755 : 01777);
}

/* Make /dev and what programs expect in and around it. What a kernel lacks is left out. */
static void
set_up(void)
{
	struct stat st;
	size_t i;

	umask(0);
	make_root_writable();
	make_dirs();
	if (stat("/dev/zero", &st))	/* the archive itself brings console and null */
		mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	make_dirs();
	for (i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		struct stat up;
		char above[64];

		snprintf(above, sizeof above, "%s/..", mounts[i].target);
		if (!stat(mounts[i].target, &st) && !stat(above, &up) && st.st_dev != up.st_dev)
			continue;		/* something is mounted there */
		mount(mounts[i].source, mounts[i].target, mounts[i].type, MS_NOSUID, mounts[i].options);
	}
	for (i = 0; i < sizeof links / sizeof *links; i++)
		if (symlink(links[i].target, links[i].path) && errno != EEXIST)
			perror(links[i].path);
	umask(022);
	sethostname("sextant", 7);
}

/* Standard input, output and error are the console, if it can be opened. */
static void
open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

/* In a child: a session of its own whose terminal is the console. */
static void
open_session(void)
{
	/* /dev/console itself cannot become a controlling terminal on Linux; what it stands for can. */
	static const char *const names[] = { "/dev/ttyS0", "/dev/ttySIF0", "/dev/console" };
	sigset_t none;
	int fd = -1;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	setsid();
	for (size_t i = 0; fd < 0 && i < sizeof names / sizeof *names; i++)
		fd = open(names[i], O_RDWR | O_NOCTTY);
	if (fd < 0)
		return;
	ioctl(fd, TIOCSCTTY, 1);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

/* Run a shell, as argv[0] says: the child's pid. */
static pid_t
start(const char *shell, const char *name, const char *flag, const char *arg)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	open_session();
	if (chdir(getenv("HOME")))
		chdir("/");
	execl(shell, name, flag, arg, (char *)NULL);
	fprintf(stderr, "init: %s: %s\n", shell, strerror(errno));
	_exit(127);
}

/* Root's shell; the "-" before its name has it read /etc/profile. */
static pid_t
login(void)
{
	const struct passwd *root = getpwuid(0);
	const char *shell = root && *root->pw_shell ? root->pw_shell : "/bin/sh", *base = strrchr(shell, '/');
	char name[64];

	setenv("SHELL", shell, 1);
	snprintf(name, sizeof name, "-%s", base ? base + 1 : shell);
	return start(shell, name, NULL, NULL);
}

/* Reap until this child ends; its wait status, or -1 when a signal asked for the end. */
static int
wait_for(pid_t pid)
{
	int status;

	while (!stop_command) {
		pid_t p = wait(&status);

		if (p == pid)
			return status;
		if (p < 0 && errno == ECHILD)
			return 0;
	}
	return -1;
}

/* The words after "--" (a kernel may leave that out), joined; NULL if there are none. */
static char *
join(int argc, char **argv)
{
	static char command[4096];
	int i, first = 1;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			first = i + 1;
	for (i = first; i < argc; i++) {
		if (strlen(command) + strlen(argv[i]) + 2 > sizeof command)
			break;
		if (*command)
			strcat(command, " ");
		strcat(command, argv[i]);
	}
	return *command ? command : NULL;
}

int
main(int argc, char **argv)
{
	char *command = join(argc, argv);
	struct sigaction sa = { .sa_handler = on_signal };	/* no restart: wait() must come back */
	struct stat st;
	int status;

	if (getpid() != 1) {
		fprintf(stderr, "init: must be process 1\n");
		return 1;
	}
	open_console();
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	signal(SIGINT, SIG_IGN);
	set_up();
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("SHELL", "/bin/sh", 1);
	setenv("TERM", "vt100", 0);
	if (!stat("/etc/rc", &st))
		wait_for(start("/bin/sh", "sh", "/etc/rc", NULL));
	if (command && !stop_command) {
		status = wait_for(start("/bin/sh", "sh", "-c", command));
		if (stop_command)
			shut_down(stop_command);
		printf("init: command exited with status %d\n",
		       WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
		fflush(stdout);
		shut_down(RB_POWER_OFF);
	}
	while (!stop_command) {
		struct timespec pause_ = { 1, 0 };
		time_t began = time(NULL);
		pid_t pid = login();

		if (pid > 0)
			wait_for(pid);
		if (!stop_command && time(NULL) - began < 1)
			nanosleep(&pause_, NULL);	/* a shell that dies at once must not spin */
	}
	shut_down(stop_command);
}
