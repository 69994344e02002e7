/* process.c - system calls on processes: making, replacing, waiting, identity. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sys.h"

pid_t
fork(void)
{
	return CALL(clone, SIGCHLD, 0, 0, 0, 0);
}

/* A plain fork: a child that shared this stack would spoil the return address. */
pid_t
vfork(void)
{
	return fork();
}

int
execve(const char *path, char *const argv[], char *const envp[])
{
	return CALL(execve, path, argv, envp);
}

int
execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

/* Look in $PATH; EACCES is remembered while the search goes on, as POSIX asks. */
int
execvpe(const char *file, char *const argv[], char *const envp[])
{
	const char *path = getenv("PATH"), *end;
	char full[PATH_MAX];
	int denied = 0;

	if (strchr(file, '/'))
		return execve(file, argv, envp);
	if (!*file) {
		errno = ENOENT;
		return -1;
	}
	if (!path)
		path = "/bin:/sbin:/usr/bin";
	for (;; path = end + 1) {
		end = strchrnul(path, ':');
		if (snprintf(full, sizeof full, "%.*s%s%s", (int)(end - path), path,
			     end == path ? "" : "/", file) < (int)sizeof full) {
			execve(full, argv, envp);
			if (errno == EACCES)
				denied = 1;
			else if (errno != ENOENT && errno != ENOTDIR)
				return -1;
		}
		if (!*end)
			break;
	}
	errno = denied ? EACCES : ENOENT;
	return -1;
}

int
execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

/* Collect variadic arguments up to NULL and run them. */
static int
exec_list(const char *file, const char *arg, va_list ap, int (*run)(const char *, char *const *))
{
	char *argv[64];
	int n = 1;

	argv[0] = (char *)arg;
	while (n < 63 && (argv[n] = va_arg(ap, char *)))
		n++;
	argv[n] = NULL;
	return run(file, argv);
}

int
execl(const char *path, const char *arg, ...)
{
	va_list ap;
	int r;

	va_start(ap, arg);
	r = exec_list(path, arg, ap, execv);
	va_end(ap);
	return r;
}

int
execlp(const char *file, const char *arg, ...)
{
	va_list ap;
	int r;

	va_start(ap, arg);
	r = exec_list(file, arg, ap, execvp);
	va_end(ap);
	return r;
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *ru) { return CALL(wait4, pid, status, options, ru); }
pid_t wait3(int *status, int options, struct rusage *ru) { return wait4(-1, status, options, ru); }
pid_t waitpid(pid_t pid, int *status, int options) { return wait4(pid, status, options, NULL); }
pid_t wait(int *status) { return wait4(-1, status, 0, NULL); }
int waitid(idtype_t type, id_t id, siginfo_t *info, int options) { return CALL(waitid, type, id, info, options, 0); }

pid_t getpid(void) { return SYS0(getpid); }
pid_t getppid(void) { return SYS0(getppid); }
pid_t gettid(void) { return SYS0(gettid); }
uid_t getuid(void) { return SYS0(getuid); }
uid_t geteuid(void) { return SYS0(geteuid); }
gid_t getgid(void) { return SYS0(getgid); }
gid_t getegid(void) { return SYS0(getegid); }
int setuid(uid_t uid) { return CALL(setuid, uid); }
int setgid(gid_t gid) { return CALL(setgid, gid); }
int setreuid(uid_t r, uid_t e) { return CALL(setreuid, r, e); }
int setregid(gid_t r, gid_t e) { return CALL(setregid, r, e); }
int setresuid(uid_t r, uid_t e, uid_t s) { return CALL(setresuid, r, e, s); }
int setresgid(gid_t r, gid_t e, gid_t s) { return CALL(setresgid, r, e, s); }
int getgroups(int n, gid_t *list) { return CALL(getgroups, n, list); }
int setgroups(size_t n, const gid_t *list) { return CALL(setgroups, n, list); }
pid_t setsid(void) { return __syscall_return(SYS0(setsid)); }
pid_t getsid(pid_t pid) { return CALL(getsid, pid); }
int setpgid(pid_t pid, pid_t pgid) { return CALL(setpgid, pid, pgid); }
pid_t getpgid(pid_t pid) { return CALL(getpgid, pid); }
pid_t getpgrp(void) { return SYS(getpgid, 0); }
int tcsetpgrp(int fd, pid_t pgid) { return ioctl(fd, TIOCSPGRP, &pgid); }

pid_t
tcgetpgrp(int fd)
{
	pid_t pgid;

	return ioctl(fd, TIOCGPGRP, &pgid) < 0 ? -1 : pgid;
}

int sched_yield(void) { return SYS0(sched_yield); }
int sched_setaffinity(pid_t pid, size_t n, const cpu_set_t *set) { return CALL(sched_setaffinity, pid, n, set); }

int
sched_setscheduler(pid_t pid, int policy, const struct sched_param *p)
{
	return CALL(sched_setscheduler, pid, policy, p);
}

int sched_getparam(pid_t pid, struct sched_param *p) { return CALL(sched_getparam, pid, p); }
int sched_get_priority_min(int policy) { return CALL(sched_get_priority_min, policy); }
int sched_get_priority_max(int policy) { return CALL(sched_get_priority_max, policy); }
int sched_getscheduler(pid_t pid) { return CALL(sched_getscheduler, pid); }

int
sched_getaffinity(pid_t pid, size_t n, cpu_set_t *set)
{
	memset(set, 0, n);		/* the kernel writes only as much as it has */
	return CALL(sched_getaffinity, pid, n, set) < 0 ? -1 : 0;
}

int
sched_getcpu(void)
{
	unsigned int cpu;

	return CALL(getcpu, &cpu, 0) < 0 ? -1 : (int)cpu;
}

int
prlimit(pid_t pid, int which, const struct rlimit *set, struct rlimit *old)
{
	return CALL(prlimit64, pid, which, set, old);
}

int getrlimit(int which, struct rlimit *r) { return prlimit(0, which, NULL, r); }
int setrlimit(int which, const struct rlimit *r) { return prlimit(0, which, r, NULL); }
int getrusage(int who, struct rusage *ru) { return CALL(getrusage, who, ru); }
int setpriority(int which, id_t who, int prio) { return CALL(setpriority, which, who, prio); }

int
getpriority(int which, id_t who)
{
	int r = CALL(getpriority, which, who);

	return r < 0 ? r : 20 - r;	/* the kernel answers 40..1 to keep clear of errors */
}

int
nice(int inc)
{
	if (setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + inc) < 0)
		return -1;
	return getpriority(PRIO_PROCESS, 0);
}

int
prctl(int op, ...)
{
	va_list ap;
	long a, b, c, d;

	va_start(ap, op);
	a = va_arg(ap, long);
	b = va_arg(ap, long);
	c = va_arg(ap, long);
	d = va_arg(ap, long);
	va_end(ap);
	return CALL(prctl, op, a, b, c, d);
}

/* Run a command with sh; the caller's ^C and ^\ wait until it is done. */
int
system(const char *command)
{
	struct sigaction ign = { .sa_handler = SIG_IGN }, old_int, old_quit;
	sigset_t chld = 1UL << (SIGCHLD - 1), old;
	int status = -1;
	pid_t pid;

	if (!command)
		return 1;
	sigaction(SIGINT, &ign, &old_int);
	sigaction(SIGQUIT, &ign, &old_quit);
	sigprocmask(SIG_BLOCK, &chld, &old);
	pid = fork();
	if (pid == 0) {
		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		sigprocmask(SIG_SETMASK, &old, NULL);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}
