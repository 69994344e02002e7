/* unistd.h - the calls of POSIX that have no better home, and getopt. */
#ifndef UNISTD_H
#define UNISTD_H

#include <bits/types.h>

#define STDIN_FILENO	0
#define STDOUT_FILENO	1
#define STDERR_FILENO	2
#define R_OK	4
#define W_OK	2
#define X_OK	1
#define F_OK	0
#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif

#define _SC_ARG_MAX		0
#define _SC_CLK_TCK		2
#define _SC_OPEN_MAX		4
#define _SC_PAGESIZE		30
#define _SC_PAGE_SIZE		30
#define _SC_NPROCESSORS_CONF	83
#define _SC_NPROCESSORS_ONLN	84

extern char **environ;

int	 close(int fd);
ssize_t	 read(int fd, void *buf, size_t n);
ssize_t	 write(int fd, const void *buf, size_t n);
ssize_t	 pread(int fd, void *buf, size_t n, off_t off);
ssize_t	 pwrite(int fd, const void *buf, size_t n, off_t off);
off_t	 lseek(int fd, off_t off, int whence);
int	 dup(int fd);
int	 dup2(int old, int new);
int	 dup3(int old, int new, int flags);
int	 pipe(int fds[2]);
int	 pipe2(int fds[2], int flags);
int	 fsync(int fd);
int	 fdatasync(int fd);
void	 sync(void);
int	 syncfs(int fd);
int	 truncate(const char *path, off_t len);
int	 ftruncate(int fd, off_t len);
int	 isatty(int fd);
char	*ttyname(int fd);

int	 access(const char *path, int mode);
int	 faccessat(int dfd, const char *path, int mode, int flags);
int	 chdir(const char *path);
int	 fchdir(int fd);
int	 chroot(const char *path);
char	*getcwd(char *buf, size_t n);
int	 link(const char *from, const char *to);
int	 linkat(int odfd, const char *from, int ndfd, const char *to, int flags);
int	 symlink(const char *target, const char *path);
int	 symlinkat(const char *target, int dfd, const char *path);
ssize_t	 readlink(const char *restrict path, char *restrict buf, size_t n);
ssize_t	 readlinkat(int dfd, const char *restrict path, char *restrict buf, size_t n);
int	 unlink(const char *path);
int	 unlinkat(int dfd, const char *path, int flags);
int	 rmdir(const char *path);
int	 chown(const char *path, uid_t uid, gid_t gid);
int	 lchown(const char *path, uid_t uid, gid_t gid);
int	 fchown(int fd, uid_t uid, gid_t gid);

pid_t	 fork(void);
pid_t	 vfork(void);
int	 execve(const char *path, char *const argv[], char *const envp[]);
int	 execv(const char *path, char *const argv[]);
int	 execvp(const char *file, char *const argv[]);
int	 execvpe(const char *file, char *const argv[], char *const envp[]);
int	 execl(const char *path, const char *arg, ...);
int	 execlp(const char *file, const char *arg, ...);
void	 _exit(int status) __attribute__((noreturn));
pid_t	 getpid(void);
pid_t	 getppid(void);
pid_t	 gettid(void);
uid_t	 getuid(void);
uid_t	 geteuid(void);
gid_t	 getgid(void);
gid_t	 getegid(void);
int	 setuid(uid_t uid);
int	 setgid(gid_t gid);
int	 setreuid(uid_t ruid, uid_t euid);
int	 setresuid(uid_t ruid, uid_t euid, uid_t suid);
int	 setregid(gid_t rgid, gid_t egid);
int	 setresgid(gid_t rgid, gid_t egid, gid_t sgid);
int	 getgroups(int n, gid_t *list);
pid_t	 setsid(void);
pid_t	 getsid(pid_t pid);
int	 setpgid(pid_t pid, pid_t pgid);
pid_t	 getpgid(pid_t pid);
pid_t	 getpgrp(void);
pid_t	 tcgetpgrp(int fd);
int	 tcsetpgrp(int fd, pid_t pgid);
int	 nice(int inc);

unsigned int sleep(unsigned int seconds);
int	 usleep(unsigned int us);
unsigned int alarm(unsigned int seconds);
int	 pause(void);
int	 brk(void *end);
void	*sbrk(intptr_t inc);
int	 getpagesize(void);
long	 sysconf(int name);
int	 gethostname(char *buf, size_t n);
int	 sethostname(const char *name, size_t n);
long	 syscall(long number, ...);

extern char *optarg;
extern int optind, opterr, optopt;
int	 getopt(int argc, char *const argv[], const char *opts);

#endif
