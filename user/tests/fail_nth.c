/*
 * fail_nth: whichever allocation of a system call fails, the call reports it or gets by, the kernel lives, and what the
 * call had taken until then is given back.
 *
 * Linux's way of asking (Documentation/fault-injection): N written to /proc/self/fail-nth makes the
 * N-th allocation of this thread from then on fail. A kernel without that file passes.
 */
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "test.h"

#define N_MAX		400
#define DIR_NAME	"/tmp/fail_nth.d"
#define FIRED		100		/* exit status of a child: it got by although something failed */
#define WRONG		101		/* it failed, though nothing had */
#define SECONDS		30		/* a child that takes longer hangs */
#define SLACK_KIB	512		/* page tables that each cpu keeps for the next process */

#define TRY(x) do { if ((long)(x) == -1) return errno; } while (0)

static char self[256], buf[65536], stack[16384] __attribute__((aligned(16)));
static int fail_fd;

static void
fail_after(int n)
{
	char s[16];
	int len = snprintf(s, sizeof s, "%d", n);

	CHECK(pwrite(fail_fd, s, len, 0) == len);
}

/* The first write may be what fails. */
static void
fail_never(void)
{
	if (pwrite(fail_fd, "0", 1, 0) < 0)
		CHECK(pwrite(fail_fd, "0", 1, 0) == 1);
}

/* How many allocations are left until one fails: 0 if it has failed. */
static int
fail_left(int fd)
{
	char s[16] = "";

	CHECK(pread(fd, s, sizeof s - 1, 0) > 0);
	return atoi(s);
}

/* ---- scenarios: 0, or the errno of what failed; what they leave in the directory, clean_up removes ---- */

/* The child of a fork fails nothing: the count is a thread's own. */
static int
do_fork(void)
{
	int status;
	pid_t p;

	TRY(p = fork());
	if (p == 0)
		_exit(7);
	TRY(waitpid(p, &status, 0));
	return exited(status, 7) ? 0 : EPROTO;
}

static int
do_vfork_exec(void)
{
	char *argv[] = { self, "seven", NULL };
	int status;
	pid_t p;

	TRY(p = vfork());
	if (p == 0) {
		execve(self, argv, environ);
		_exit(8);
	}
	TRY(waitpid(p, &status, 0));
	return exited(status, 7) ? 0 : EPROTO;
}

/* The program looks for itself whether something failed. */
static int
exec_with(char *a, char *b)
{
	char fd[12];
	char *argv[] = { self, "left", fd, a, b, NULL }, *envp[] = { a, b, NULL };

	snprintf(fd, sizeof fd, "%d", fail_fd);
	TRY(execve(self, argv, envp));
	return 0;
}

static int
do_exec(void)
{
	return exec_with("a", "b");
}

/* Something else shares the descriptors: the new program gets its own. */
static int
do_exec_shared(void)
{
	pid_t p = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	TRY(p);
	if (p == 0) {
		pause_ms(20);
		_exit(0);
	}
	return exec_with("a", "b");
}

static int
sleep_a_little(void *arg)
{
	pause_ms(20);
	return 0;
}

/* The same of signal actions; and the old address space has another user. */
static int
do_exec_shared_memory(void)
{
	TRY(clone(sleep_a_little, stack + sizeof stack,
		  CLONE_VM | CLONE_SIGHAND | CLONE_FILES | CLONE_FS | SIGCHLD, NULL));
	return exec_with("a", "b");
}

static int
do_exec_long(void)
{
	memset(buf, 'x', 20000);
	buf[20000] = '\0';
	return exec_with(buf, buf + 8000);
}

static int
do_exec_script(void)
{
	char fd[12], *argv[] = { "script", fd, NULL }, line[300];
	int s, n = snprintf(line, sizeof line, "#!%s left\n", self);

	snprintf(fd, sizeof fd, "%d", fail_fd);
	TRY(s = open("script", O_WRONLY | O_CREAT | O_TRUNC, 0755));
	TRY(write(s, line, n));
	TRY(close(s));
	TRY(execve("script", argv, environ));
	return 0;
}

static int
do_thread_body(void *arg)
{
	return 0;
}

static int
do_thread(void)
{
	static volatile int tid;

	TRY(clone(do_thread_body, stack + sizeof stack,
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID |
		  CLONE_CHILD_CLEARTID, NULL, &tid, NULL, &tid));
	for (int v; (v = tid) != 0; )
		syscall(SYS_futex, &tid, 0, v, NULL, NULL, 0);
	return 0;
}

static int
do_pipe(void)
{
	int p[2];

	TRY(pipe(p));
	TRY(write(p[1], buf, 3 * PAGE));
	TRY(read(p[0], buf, 2 * PAGE));
	TRY(fcntl(p[1], F_SETPIPE_SZ, 128 << 10));
	TRY(close(p[0]));
	TRY(close(p[1]));
	return 0;
}

static int
do_sendfile(void)
{
	int p[2], fd;

	TRY(pipe(p));
	TRY(fd = open(self, O_RDONLY));
	TRY(syscall(SYS_sendfile, p[1], fd, NULL, 3 * PAGE));
	return 0;
}

static int
do_fifo(void)
{
	int fd;

	TRY(mknod("fifo", S_IFIFO | 0600, 0));
	TRY(fd = open("fifo", O_RDWR));
	TRY(write(fd, buf, 10));
	TRY(read(fd, buf, 10));
	return 0;
}

static int
do_names(void)
{
	char c[64];
	int fd;

	TRY(fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0600));
	TRY(close(fd));
	TRY(rename("a", "b"));
	TRY(link("b", "a"));
	TRY(mkdir("d", 0700));
	TRY(symlink("a-rather-long-text-so-that-it-must-be-kept-outside-of-the-inode", "s"));
	TRY(readlink("s", c, sizeof c));
	TRY(rename("a", "d/x"));
	TRY(rename("b", "d/x"));
	TRY(unlink("d/x"));
	TRY(rmdir("d"));
	TRY(chdir("/proc/self/fd"));
	TRY(chdir(DIR_NAME));
	return 0;
}

/* Names that have to be kept outside of the kernel's entries for them. */
static int
do_long_names(void)
{
	char a[201], b[201], path[4096];
	int fd;

	memset(a, 'a', 200);
	memset(b, 'b', 200);
	a[200] = b[200] = '\0';
	TRY(fd = open(a, O_RDWR | O_CREAT, 0600));
	TRY(mkdir(b, 0700));
	TRY(syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* exchange */));
	TRY(chdir(a));
	TRY(getcwd(path, sizeof path));
	TRY(chdir(".."));
	TRY(rename(b, "b"));
	TRY(rmdir(a));
	return 0;
}

static int
do_tmpfs(void)
{
	struct stat st;
	int fd;

	TRY(mkdir("m", 0700));
	TRY(mount("none", "m", "tmpfs", 0, "size=1m,nr_inodes=20"));
	TRY(fd = open("m/f", O_RDWR | O_CREAT, 0600));
	TRY(write(fd, buf, 2 * PAGE));
	TRY(close(fd));
	TRY(mkdir("m/d", 0700));
	TRY(mount("m", "m/d", NULL, MS_BIND, NULL));
	TRY(stat("m/d/f", &st));
	TRY(umount("m/d"));
	TRY(umount("m"));
	return 0;
}

static int
do_file(void)
{
	int fd;

	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(write(fd, buf, 5 * PAGE));
	TRY(pwrite(fd, buf, 100, 1L << 30));
	TRY(ftruncate(fd, PAGE + 1));
	TRY(fallocate(fd, 0, 4 * PAGE, 4 * PAGE));
	TRY(lseek(fd, 0, SEEK_SET));
	TRY(read(fd, buf, sizeof buf));
	TRY(ftruncate(fd, 1L << 20));
	return 0;
}

static int
do_iovecs(void)
{
	static struct iovec v[100];
	int fd;

	for (int i = 0; i < 100; i++)
		v[i] = (struct iovec){ buf + i * 100, 99 };
	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(writev(fd, v, 100));
	TRY(lseek(fd, 0, SEEK_SET));
	TRY(readv(fd, v, 100));
	return 0;
}

static int
do_locks(void)
{
	struct flock a = { .l_type = F_WRLCK, .l_start = 0, .l_len = 100 };
	struct flock b = { .l_type = F_UNLCK, .l_start = 10, .l_len = 10 };
	int fd;

	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(fcntl(fd, F_SETLK, &a));
	TRY(fcntl(fd, F_SETLK, &b));
	a.l_type = F_RDLCK;
	TRY(fcntl(fd, F_SETLK, &a));
	return 0;
}

static int
do_anonymous(void)
{
	char *m = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(m);
	for (int i = 0; i < 4 << 20; i += 512 << 10)
		m[i] = 1;
	TRY(mprotect(m + PAGE, PAGE, PROT_READ));
	TRY(mprotect(m + 3 * PAGE, PAGE, PROT_NONE));
	TRY(munmap(m + 5 * PAGE, PAGE));
	TRY(madvise(m, 8 * PAGE - 3 * PAGE, MADV_DONTNEED));
	TRY(munmap(m, 4 << 20));
	return 0;
}

static int
do_mremap(void)
{
	char *m = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *block;

	TRY(m);
	memset(m, 5, 4 * PAGE);
	TRY(block = mmap(m + 4 * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	TRY(m = mremap(m, 4 * PAGE, 4 << 20, MREMAP_MAYMOVE));
	for (int i = 0; i < 4 * PAGE; i++)
		if (m[i] != 5)
			return EPROTO;
	TRY(mremap(m + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, block));
	return block[0] == 5 ? 0 : EPROTO;
}

static int
do_brk(void)
{
	char *was = sbrk(0);

	TRY(sbrk(100 * PAGE));
	was[0] = was[50 * PAGE] = 1;
	TRY(sbrk(-100 * PAGE));
	return 0;
}

static int
do_shared(void)
{
	char *m = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *f;
	int fd;

	TRY(m);
	m[0] = m[3 * PAGE] = 1;
	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(ftruncate(fd, 4 * PAGE));
	TRY(f = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	f[PAGE] = 1;
	TRY(f = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0));
	f[2 * PAGE] = 1;
	return 0;
}

static int
do_descriptors(void)
{
	int fd;

	TRY(fd = open("/dev/null", O_RDWR));
	TRY(dup2(fd, 900));
	TRY(fcntl(fd, F_DUPFD, 300));
	TRY(do_fork());
	return 0;
}

static int
do_poll(void)
{
	static struct pollfd p[200];
	struct timespec t = { 0, 1000000 };
	static uint64_t in[16];
	int fd[2];

	TRY(pipe(fd));
	for (int i = 0; i < 200; i++)
		p[i] = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	TRY(poll(p, 200, 1));
	in[0] = 1UL << fd[0];
	TRY(syscall(SYS_pselect6, 1024, in, NULL, NULL, &t, NULL));
	return 0;
}

static volatile int caught;

static void
on_signal(int s)
{
	caught++;
}

static int
do_signals(void)
{
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
	siginfo_t info = { .si_code = SI_QUEUE };
	struct timespec none = { 0, 0 };
	sigset_t set;

	TRY(sigaltstack(&alt, NULL));
	TRY(sigaction(SIGUSR1, &a, NULL));
	TRY(kill(getpid(), SIGUSR1));
	if (caught != 1)
		return EPROTO;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	TRY(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < 3; i++)
		TRY(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &info));
	TRY(sigtimedwait(&set, NULL, &none));
	return 0;
}

static int
do_timer(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	TRY(sigaction(SIGALRM, &a, NULL));
	alarm(1);			/* and the hang's alarm comes back with it */
	alarm(SECONDS);
	TRY(sigprocmask(SIG_SETMASK, &set, NULL));
	return 0;
}

static int
do_futex(void)
{
	struct timespec t = { 0, 1000000 };
	static int word;

	if (syscall(SYS_futex, &word, 0, 0, &t, NULL, 0) == -1 && errno != ETIMEDOUT)
		return errno;
	return 0;
}

static int
read_directory(const char *name)
{
	int fd;
	long n;

	TRY(fd = open(name, O_RDONLY | O_DIRECTORY));
	do {
		TRY(n = syscall(SYS_getdents64, fd, buf, sizeof buf));
	} while (n > 0);
	return 0;
}

static int
read_file(const char *name)
{
	int fd;
	long n;

	TRY(fd = open(name, O_RDONLY));
	do {
		TRY(n = read(fd, buf, sizeof buf));
	} while (n > 0);
	return 0;
}

static int
do_readdir(void)
{
	int err = read_directory("/proc");

	return err ? err : read_directory("/proc/self/fd");
}

static int
do_maps(void)
{
	static const char *const names[] = { "/proc/self/maps", "/proc/self/status", "/proc/self/cmdline",
					     "/proc/self/mounts", "/proc/self/environ", "/proc/stat", "/proc/meminfo" };
	int err = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names && !err; i++)
		err = read_file(names[i]);
	return err;
}

static int
do_proc_links(void)
{
	char to[300];
	int fd;

	TRY(readlink("/proc/self/exe", to, sizeof to));
	TRY(readlink("/proc/self/fd/0", to, sizeof to));
	TRY(fd = open("/proc/self/exe", O_RDONLY));
	TRY(getcwd(to, sizeof to));
	return 0;
}

static int
do_groups(void)
{
	static gid_t g[300];

	TRY(syscall(SYS_setgroups, 300, g));
	TRY(syscall(SYS_setgroups, 3, g));
	TRY(do_fork());
	return 0;
}

static int
do_devices(void)
{
	int fd;

	TRY(fd = open("/dev/urandom", O_RDONLY));
	TRY(read(fd, buf, 3 * PAGE));
	TRY(fd = open("/dev/zero", O_RDWR));
	TRY(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	return 0;
}

/* Few bytes and many, whole and in pieces. */
static int
do_sockets(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int p[2];

	for (int i = 0; i < 3; i++) {
		TRY(socketpair(AF_UNIX, types[i], 0, p));
		TRY(write(p[0], buf, 100));
		TRY(write(p[0], buf, sizeof buf));
		TRY(recv(p[1], buf, 100, 0));
		TRY(recv(p[1], buf, sizeof buf, 0));
		close(p[0]);
		close(p[1]);
	}
	return 0;
}

static int
do_connect(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
	socklen_t n = sizeof a;
	int s, c, f;

	TRY(s = socket(AF_UNIX, SOCK_STREAM, 0));
	TRY(bind(s, (void *)&a, 3));
	TRY(listen(s, 2));
	TRY(c = socket(AF_UNIX, SOCK_STREAM, 0));
	TRY(bind(c, (void *)&a, 2));
	TRY(connect(c, (void *)&a, 3));
	TRY(accept(s, (void *)&a, &n));
	TRY(f = open("/proc/net/unix", O_RDONLY));
	TRY(read(f, buf, sizeof buf));
	return 0;
}

/* Descriptors sent, looked at and received; the sockets in each other's queues at the end. */
static int
do_rights(void)
{
	union { char bytes[64]; struct cmsghdr c; } u;
	struct iovec v = { buf, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &u };
	int p[2];

	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	for (int i = 0; i < 3; i++) {
		u.c = (struct cmsghdr){ CMSG_LEN(8), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&u.c), p, 8);
		m.msg_controllen = CMSG_SPACE(8);
		TRY(sendmsg(p[0], &m, 0));
	}
	m.msg_controllen = sizeof u;
	TRY(recvmsg(p[1], &m, MSG_PEEK));
	m.msg_controllen = sizeof u;
	TRY(recvmsg(p[1], &m, 0));
	return 0;
}

static const struct scenario {
	const char *name;
	int	(*run)(void);
} scenarios[] = {
	{ "fork", do_fork }, { "vfork and exec", do_vfork_exec }, { "exec", do_exec },
	{ "exec, shared descriptors", do_exec_shared }, { "exec, shared memory", do_exec_shared_memory },
	{ "exec, long arguments", do_exec_long },
	{ "exec of a script", do_exec_script }, { "thread", do_thread }, { "pipe", do_pipe },
	{ "sendfile", do_sendfile }, { "fifo", do_fifo }, { "names", do_names }, { "long names", do_long_names },
	{ "tmpfs", do_tmpfs },
	{ "file", do_file }, { "iovecs", do_iovecs }, { "locks", do_locks },
	{ "anonymous memory", do_anonymous }, { "mremap", do_mremap }, { "brk", do_brk },
	{ "shared memory", do_shared }, { "descriptors", do_descriptors }, { "poll", do_poll },
	{ "signals", do_signals }, { "timer", do_timer }, { "futex", do_futex }, { "readdir", do_readdir },
	{ "proc", do_maps }, { "proc links", do_proc_links }, { "groups", do_groups },
	{ "devices", do_devices }, { "sockets", do_sockets }, { "connect", do_connect }, { "rights", do_rights },
};

/* ---- the runs ---- */

static void
clean_up(void)
{
	umount("m/d");
	umount("m");
	rmdir("m");
	unlink("d/x");
	rmdir("d");
	for (int c = 'a'; c <= 'b'; c++) {	/* of do_long_names */
		memset(buf, c, 200);
		buf[200] = '\0';
		if (unlink(buf) < 0)
			rmdir(buf);
	}
	for (const char *const *n = (const char *const[]){ "a", "b", "s", "fifo", "script", NULL }; *n; n++)
		unlink(*n);
}

/* In a child: the scenario with its n-th allocation failing (0: none). Its exit status says how it went. */
static void
run(const struct scenario *s, int n)
{
	int err, left;

	alarm(SECONDS);
	fail_fd = open("/proc/self/fail-nth", O_RDWR);
	CHECK(fail_fd >= 0);
	memset(stack, 0, sizeof stack);
	fail_after(n);
	err = s->run();
	left = fail_left(fail_fd);
	fail_never();
	if (err && (left || !n)) {
		printf("%s: errno %d, though nothing failed\n", s->name, err);
		fflush(stdout);
		_exit(WRONG);
	}
	_exit(err ? err : n && !left ? FIRED : 0);
}

/* One run; whether an allocation failed in it. */
static int
check(const struct scenario *s, int n)
{
	static const int allowed[] = { ENOMEM, EAGAIN, ENFILE, ENOSPC, EFAULT, ENOLCK, ENOBUFS, FIRED };
	int status;
	pid_t p;

	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (p == 0)
		run(s, n);
	CHECK(waitpid(p, &status, 0) == p);
	clean_up();
	if (exited(status, 0))
		return 0;
	if (killed(status, SIGKILL) || killed(status, SIGSEGV))
		return 1;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (exited(status, allowed[i]))
			return 1;
	printf("%s: allocation %d failed: wait status %#x\n", s->name, n, status);
	fflush(stdout);
	exit(1);
}

/* What is free, and what the kernel keeps for its next objects and tasks: in KiB. */
static long
free_kib(void)
{
	static const char *const names[] = { "MemFree:", "Slab:", "KernelStack:" };
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	CHECK(f);
	while (fgets(line, sizeof line, f))
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (!strncmp(line, names[i], strlen(names[i])))
				kib += atol(line + strlen(names[i]));
	fclose(f);
	return kib;
}

static void
sweep(const struct scenario *s)
{
	for (int n = 1; n <= N_MAX && check(s, n); n++)
		;
}

int
main(int argc, char **argv)
{
	const size_t count = sizeof scenarios / sizeof *scenarios;
	long before, after;
	ssize_t len;
	int fd;

	if (argc > 1 && !strcmp(argv[1], "seven"))
		return 7;
	if (argc > 2 && !strcmp(argv[1], "left")) {
		/* A script's name stands before the descriptor's number. */
		fd = atoi(strcmp(argv[2], "script") ? argv[2] : argv[3]);
		return fail_left(fd) ? 0 : FIRED;
	}
	fd = open("/proc/self/fail-nth", O_RDWR);
	if (fd < 0) {
		printf("this kernel cannot be asked to fail: no /proc/self/fail-nth\n");
		return 0;
	}
	close(fd);
	len = readlink("/proc/self/exe", self, sizeof self - 1);
	CHECK(len > 0);
	self[len] = '\0';
	mkdir(DIR_NAME, 0755);
	CHECK(chdir(DIR_NAME) == 0);
	for (size_t i = 0; i < count; i++)	/* fills what caches there are */
		for (int round = 0; round < 2; round++)
			check(&scenarios[i], 0);
	before = free_kib();
	for (size_t i = 0; i < count; i++)
		sweep(&scenarios[i]);
	after = free_kib();
	if (after < before - SLACK_KIB)
		printf("%ld KiB free before, %ld KiB after\n", before, after);
	CHECK(after >= before - SLACK_KIB);
	CHECK(chdir("/") == 0 && rmdir(DIR_NAME) == 0);
	return 0;
}
