/*
 * hostile_calls: whatever a program asks of the kernel, and however, it harms itself at most.
 *
 *	hostile_calls [-t] [-a ROUND] SEED CALLS TASKS
 *
 * In rounds, by turns as root and as user 1000: TASKS tasks that share memory, descriptors, directory and signal
 * actions make a few hundred calls each, of any number, with arguments that may be almost right (hostile_args.h). A
 * round has a root directory of its own, and descriptors and mappings of every kind. -a: that round alone. -t: print
 * each call before it is made, and what it returned. The same seed leads to the same calls, as far as the tasks' speeds
 * let it.
 *
 * A watchdog outside of it interrupts a call that blocks, and ends the round when that does not help. What the round
 * leaves (processes, mounts, the clock's time) is removed after it. Then everything must be as before: counts.h.
 *
 * Bounded so that only the kernel can fail the test: signals go to the round's own processes, root's reboot lacks its
 * magic number, and his chroot a name (from a second one he would get out of the first).
 */
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include "counts.h"
#include "hostile_args.h"

#define TASKS_MAX	8
#define CALLS_A_ROUND	300		/* of each task */
#define FORK_CALLS	40		/* of a child with memory of its own */
#define USER		1000
#define SCRATCH		"/tmp/hostile"
#define LOOK_MS		5		/* of the watchdog */
#define NUDGES		20		/* that a call outlasts before the round ends */
#define HANG_MS		180000		/* nothing that has been killed lives longer */
#define PIDS		32768
#define NR_REBOOT	142
#define F_SETOWN_	8
#define F_SETOWN_EX_	15
#define FIOSETOWN_	0x8901
#define SIOCSPGRP_	0x8902
#define THREADED	0x3d0f00	/* as pthread_create does */
#define SHARING		0xf00		/* VM, FS, FILES, SIGHAND: processes all the same */

struct progress {
	volatile int	tid;
	volatile int	done;
	volatile unsigned long calls;
};

static struct progress *progress;	/* of each task, and of all forked children: shared with the watchdog */
static char stacks[TASKS_MAX][65536] __attribute__((aligned(16)));
static struct rng seeds[TASKS_MAX];
static int tasks, tracing;
static unsigned char stranger[PIDS + 1]; /* not of ours: it was here first */

/* ---- one task ---- */

/* A child that shares memory with its parent has no stack, or the parent's: it gives the processor away, and ends. */
static long
raw_call(long nr, const unsigned long *a)
{
	register unsigned long a7 asm("a7") = nr, a0 asm("a0") = a[0], a1 asm("a1") = a[1], a2 asm("a2") = a[2],
		a3 asm("a3") = a[3], a4 asm("a4") = a[4], a5 asm("a5") = a[5];

	asm volatile("	ecall\n"
		     "	bnez	a0, 2f\n"
		     "	addi	t0, a7, -220\n"
		     "	beqz	t0, 1f\n"
		     "	addi	t0, a7, -435\n"
		     "	bnez	t0, 2f\n"
		     "1:	li	a7, 124\n"
		     "	ecall\n"
		     "	li	a7, 93\n"
		     "	li	a0, 0\n"
		     "	ecall\n"
		     "	j	1b\n"
		     "2:\n"
		     : "+r" (a0), "+r" (a7), "+r" (a1), "+r" (a2), "+r" (a3), "+r" (a4), "+r" (a5)
		     : : "t0", "memory");
	return a0;
}

/* What is about to be called, and then what it returned. */
static void
trace_call(int me, unsigned i, const char *name, long nr, const unsigned long *a)
{
	char line[200];
	int n = snprintf(line, sizeof line, "%d.%u %s %ld(%lx, %lx, %lx, %lx, %lx, %lx)\n", me, i, name, nr,
			 a[0], a[1], a[2], a[3], a[4], a[5]);

	(void)!write(TRACE_FD, line, n);
}

static void
trace_result(int me, unsigned i, const char *name, long result)
{
	char line[100];
	int n = snprintf(line, sizeof line, "%d.%u %s = %ld\n", me, i, name, result);

	(void)!write(TRACE_FD, line, n);
}

/* Make one of the next few allocations fail, where the kernel offers that. */
static void
fail_soon(struct rng *r)
{
	char s[8];
	int n = snprintf(s, sizeof s, "%u", 1 + rnd(r, 12)), fd;

	fd = open("/proc/thread-self/fail-nth", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, s, n);
		close(fd);
	}
}

/* What root may not do: end the machine, leave the scratch directory, have input signal others. */
static void
bound(long nr, unsigned long *a)
{
	if (nr == NR_REBOOT || nr == SYS_chroot)
		a[0] = 1;
	if (nr == SYS_fcntl && ((int)a[1] == F_SETOWN_ || (int)a[1] == F_SETOWN_EX_))
		a[2] = 0;
	if (nr == SYS_ioctl && ((int)a[1] == FIOSETOWN_ || (int)a[1] == SIOCSPGRP_))
		a[1] = 0;
}

static void calls_make(int me, struct rng *r, unsigned n, struct progress *p);

static void
fork_child(struct rng *r)
{
	struct rng own = { r->state ^ 0x5eed };

	if (fork() == 0) {
		calls_make(TASKS_MAX, &own, FORK_CALLS, &progress[TASKS_MAX]);
		_exit(0);
	}
}

static void
calls_make(int me, struct rng *r, unsigned n, struct progress *p)
{
	unsigned long a[6];
	const char *name;
	long nr, result;

	for (unsigned i = 0; i < n; i++) {
		nr = next_call(r, &name, a);
		if (!as_user)
			bound(nr, a);
		if (rnd(r, 16) == 0)
			fail_soon(r);
		if (tracing)
			trace_call(me, i, name, nr, a);
		p->calls++;
		result = raw_call(nr, a);
		if (tracing)
			trace_result(me, i, name, result);
		if (me < TASKS_MAX && rnd(r, 64) == 0)
			fork_child(r);
	}
}

static int
task_main(void *arg)
{
	long me = (long)arg;

	progress[me].tid = syscall(SYS_gettid);
	calls_make(me, &seeds[me], CALLS_A_ROUND, &progress[me]);
	progress[me].done = 1;
	syscall(SYS_exit, 0);
	return 0;
}

/* ---- what a round begins with ---- */

static void
put_string(char *noise, int i, const char *s)
{
	snprintf(noise + N_STRINGS + i * STRING, STRING, "%s", s);
}

/* The first names are those that exist, or could. */
static void
noise_strings(struct rng *r, char *noise)
{
	static const char *const names[] = {
		"file", "dir", "link", "fifo", "dir/a", "dir/b", "new", "new/x", ".", "..", "/", "", "dir/", "file/",
		"null", "zero", "loop", "proc", "proc/self/status", "proc/self/fd/3", "proc/self/maps", "proc/meminfo",
		"proc/self/oom_score_adj", "proc/sys/vm/drop_caches", "proc/self/fd", "proc/self/cwd", "mnt", "mnt/a",
		"tty", "ptmx", "pts", "random", "proc/self/task", "proc/self/mounts", "full", "proc/self/mem",
		"proc/self/comm", "sock", "dir/link/../x", "proc",
	}, *const others[] = {
		"tmpfs", "proc", "sysfs", "devpts", "size=100k", "nr_inodes=5", "mode=777", "user.name", "security.x",
		"trusted.a", "system.posix_acl_access", "user.", "ro,noexec", "size=-1,uid=x", "ext4", "",
	};

	for (int i = 0; i < STRINGS; i++)
		put_string(noise, i, names[i]);
	for (int i = 0; i < 16; i++)
		put_string(noise, STRINGS + i, others[i]);
	memset(noise + N_STRINGS + (STRINGS + 16) * STRING, 'a' + rnd(r, 26), 600);	/* longer than any */
}

static void
noise_structures(struct rng *r, char *noise)
{
	unsigned long *argv = (void *)(noise + N_ARGV);

	for (int i = 0; i < 200; i++) {
		long *t = (void *)(noise + N_TIMES + 16 * i);

		t[0] = rnd(r, 16) ? 0 : (long)any_word(r);
		t[1] = rnd(r, 16) ? rnd(r, PATIENCE) : any_word(r);
	}
	for (int i = 0; i < 16; i++) {
		char *a = noise + N_ADDRESSES + STRING * i;

		*(short *)a = rnd(r, 8) ? 1 : rnd(r, 20);
		snprintf(a + 2 + i % 2, 100, i % 4 < 2 ? "sock" : "s%u", rnd(r, 4));
	}
	for (int i = 0; i < 200; i++) {
		unsigned long *v = (void *)(noise + N_IOVECS + 16 * i);

		v[0] = any_address(r);
		v[1] = rnd(r, 3) ? rnd(r, 10000) : any_size(r);
	}
	for (int i = 0; i < 32; i++) {
		unsigned long *m = (void *)(noise + N_MESSAGES + 64 * i);
		unsigned long control = AREAS + A_NOISE * ROOM + N_MESSAGES + 64 * (32 + rnd(r, 32));
		int *c = (void *)(noise + N_MESSAGES + 64 * (32 + i));

		memcpy(m, (unsigned long[]){ rnd(r, 3) ? 0 : argument(r, 'q'), argument(r, 'L'), argument(r, 'v'),
			rnd(r, 5), rnd(r, 3) ? control : any_address(r), rnd(r, 4) ? 32 : argument(r, 's'),
			any_flags(r) }, 56);
		memcpy(c, (int[]){ 16 + 4 * rnd(r, 5), rnd(r, 32) ? 0 : -1, rnd(r, 8) ? 1 : rnd(r, 50), 1 + rnd(r, 3),
			rnd(r, FDS), rnd(r, FDS), rnd(r, FDS), rnd(r, FDS) }, 32);
	}
	for (int i = 0; i < 16; i++) {
		unsigned long *c = (void *)(noise + N_CLONES + STRING * i);

		memcpy(c, (unsigned long[]){ argument(r, 'K') & ~0xffUL, any_address(r), any_address(r),
			any_address(r), some_signal(r), rnd(r, 2) ? 0 : AREAS, rnd(r, 2) ? 0 : AREA, any_address(r),
			i % 4 ? 0 : any_address(r), i % 4 == 0, 0 }, 88);
	}
	for (int i = 0; i < 5; i++)
		argv[i] = i < 4 ? AREAS + A_NOISE * ROOM + N_STRINGS + STRING * rnd(r, STRINGS) : 0;
	for (int i = 0; i < 0x8000 / 8; i++)
		((unsigned long *)(noise + N_WORDS))[i] = any_word(r);
}

static void *
area_map(int area, size_t len, int prot, int flags, int fd)
{
	void *p = mmap((void *)(AREAS + area * ROOM), len, prot, flags | MAP_FIXED, fd, 0);

	CHECK(p == (void *)(AREAS + area * ROOM));
	return p;
}

static void
areas_make(struct rng *r)
{
	const int rw = PROT_READ | PROT_WRITE, fd = open("file", O_RDWR);

	CHECK(fd >= 0);
	area_map(A_PRIVATE, AREA, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	area_map(A_SHARED, AREA, rw, MAP_SHARED | MAP_ANONYMOUS, -1);
	area_map(A_FILE, AREA, rw, MAP_SHARED, fd);
	area_map(A_FILE_PRIVATE, AREA, rw, MAP_PRIVATE, fd);
	area_map(A_READ_ONLY, AREA, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	area_map(A_NONE, AREA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	area_map(A_HOLES, AREA, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (int i = 4; i < 16; i += 4)
		CHECK(munmap((char *)(AREAS + A_HOLES * ROOM) + i * PAGE, PAGE) == 0);
	close(fd);
	CHECK((close(open("short", O_RDWR | O_CREAT, 0666)), truncate("short", 100)) == 0);
	area_map(A_PAST_END, AREA, rw, MAP_SHARED, open("short", O_RDWR));
	noise_strings(r, area_map(A_NOISE, AREA, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	noise_structures(r, (char *)(AREAS + A_NOISE * ROOM));
}

/* Descriptor fd becomes at; what this kernel does not have is a file instead. */
static void
fd_at(int at, long fd)
{
	if (fd < 0)
		fd = open("file", O_RDWR);
	CHECK(fd >= 0);
	if (fd != at) {
		CHECK(dup2(fd, at) == at);
		close(fd);
	}
}

static void
pair_at(int at, long err, const int *pair)
{
	fd_at(at, err < 0 ? -1 : pair[0]);
	fd_at(at + 1, err < 0 ? -1 : pair[1]);
}

/* One of each kind. Numbers of calls: some kernels, and our headers, lack a few. */
static void
fds_make(void)
{
	static const struct { const char *name; int flags; } files[] = {
		{ "file", O_RDWR }, { "file", O_RDONLY }, { "file", O_WRONLY | O_APPEND }, { "dir", O_DIRECTORY },
		{ "file", 0x200000 }, { "fifo", O_RDWR | O_NONBLOCK }, { "null", O_RDWR }, { "zero", O_RDWR },
		{ "random", O_RDONLY }, { "proc/self/status", O_RDONLY }, { "proc", O_RDONLY },
		{ "proc/self/fd", O_RDONLY },
		{ "link", 0x200000 | O_NOFOLLOW }, { ".", 0x200000 }, { "proc/self/comm", O_RDWR }, { "full", O_RDWR },
		{ "proc/self/maps", O_RDONLY }, { "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK },
	};
	int pair[2], at, unlock = 0, number = 0;
	char slave[32];

	for (int fd = 0; fd < 256; fd++)
		if (fd != TRACE_FD)
			close(fd);
	for (at = 0; at < (int)(sizeof files / sizeof *files); at++)
		fd_at(at, open(files[at].name, files[at].flags));
	ioctl(at - 1, 0x40045431 /* TIOCSPTLCK */, &unlock);
	ioctl(at - 1, 0x80045430 /* TIOCGPTN */, &number);
	snprintf(slave, sizeof slave, "pts/%d", number);
	fd_at(at++, open(slave, O_RDWR | O_NOCTTY));
	pair_at(at, pipe(pair), pair);
	pair_at(at + 2, pipe2(pair, O_NONBLOCK), pair);
	for (int type = 1; type <= 2; type++)
		pair_at(at + 2 + 2 * type, syscall(199, 1, type, 0, pair), pair);
	at += 8;
	fd_at(at, syscall(198, 1, 1, 0));			/* listens to "sock" */
	syscall(200, at, AREAS + A_NOISE * ROOM + N_ADDRESSES, 7);
	syscall(201, at++, 4);
	fd_at(at++, syscall(19, 1, 0));				/* eventfd */
	fd_at(at++, syscall(20, 0));				/* epoll */
	fd_at(at++, syscall(85, 1, 0));				/* timerfd */
	fd_at(at++, syscall(74, -1, AREAS + A_PRIVATE * ROOM, 8, 0));	/* signalfd */
	fd_at(at++, syscall(26, 0x800));			/* inotify */
	fd_at(at++, syscall(279, AREAS + A_NOISE * ROOM, 2));	/* memfd */
	fd_at(at++, syscall(434, getpid(), 0));			/* pidfd */
	CHECK(at < FDS && at == FD_EVENTS + NEVENTS);
}

static void
on_nudge(int sig)
{
}

static void
signals_make(void)
{
	struct sigaction a = { .sa_handler = on_nudge };
	sigset_t none;

	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGSEGV && sig != SIGBUS && sig != SIGILL && sig != SIGFPE && sig != SIGTRAP)
			sigaction(sig, &a, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
limit(int which, rlim_t most)
{
	struct rlimit r = { most, most };

	CHECK(setrlimit(which, &r) == 0);
}

/* Never to be the one whom a lack of memory spares; nobody's priority but its own. */
static void
confine(void)
{
	struct sched_param other = { 0 };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd >= 0)
		(void)!write(fd, "900", 3);
	sched_setscheduler(0, SCHED_OTHER, &other);
	limit(RLIMIT_AS, 96 << 20);
	limit(RLIMIT_FSIZE, 2 << 20);
	limit(RLIMIT_NOFILE, 128);
	limit(RLIMIT_NPROC, 60);
	limit(RLIMIT_CORE, 0);
	setsid();
	CHECK(chroot(SCRATCH) == 0 && chdir("/") == 0);
}

static void
round_main(unsigned long seed)
{
	struct rng r = { seed };
	int flags = rnd(&r, 2) ? THREADED : SHARING | SIGCHLD;

	confine();
	if (as_user)
		CHECK(syscall(SYS_setgroups, 0, NULL) == 0 && setgid(USER) == 0 && setuid(USER) == 0);
	areas_make(&r);
	fds_make();
	signals_make();
	for (int i = 0; i < tasks; i++)
		seeds[i].state = seed * 31 + i;
	for (long i = 1; i < tasks; i++)
		CHECK(clone(task_main, stacks[i] + sizeof stacks[i], flags & ~0x380000, (void *)i) > 0);
	task_main(0);
	_exit(0);
}

/* ---- the watchdog ---- */

static void
scratch_make(void)
{
	static const struct { const char *name; int minor; } devices[] = {
		{ "null", 3 }, { "zero", 5 }, { "full", 7 }, { "random", 9 },
	};
	int fd;

	mkdir(SCRATCH, 0755);
	CHECK(mount("none", SCRATCH, "tmpfs", 0, "size=4m,nr_inodes=400,mode=777") == 0);
	CHECK(chdir(SCRATCH) == 0);
	umask(0);
	CHECK(mkdir("proc", 0755) == 0 && mount("proc", "proc", "proc", 0, NULL) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(mknod(devices[i].name, S_IFCHR | 0666, makedev(1, devices[i].minor)) == 0);
	CHECK(mkdir("pts", 0755) == 0);
	if (mount("devpts", "pts", "devpts", 0, "ptmxmode=666,mode=666") == 0)
		mknod("ptmx", S_IFCHR | 0666, makedev(5, 2));
	CHECK(mkdir("dir", 0777) == 0 && mkdir("mnt", 0777) == 0 && mkfifo("fifo", 0666) == 0);
	CHECK(symlink("dir", "link") == 0 && symlink("loop", "loop") == 0);
	fd = open("file", O_RDWR | O_CREAT, 0666);
	CHECK(fd >= 0 && ftruncate(fd, AREA) == 0 && fchown(fd, USER, USER) == 0);
	close(fd);
	CHECK(link("file", "dir/a") == 0 && chdir("/") == 0);
}

/* All mounts below it go, however many are on top of each other. */
static void
scratch_remove(void)
{
	char line[512], where[256];
	int found;
	FILE *f;

	do {
		found = 0;
		f = fopen("/proc/mounts", "r");
		CHECK(f);
		while (fgets(line, sizeof line, f))
			if (sscanf(line, "%*s %255s", where) == 1 && !strncmp(where, SCRATCH, strlen(SCRATCH)))
				found = 1;
		fclose(f);
		if (found)
			CHECK(umount2(SCRATCH, MNT_DETACH) == 0);
	} while (found);
	CHECK(rmdir(SCRATCH) == 0);
}

/* The kernel starts threads of its own as it likes. */
static int
is_kernel_thread(int pid)
{
	char name[40], text[400] = "", *end;
	int fd, parent = 0;

	snprintf(name, sizeof name, "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
		text[0] = '\0';
	close(fd);
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 && (parent == 0 || parent == 2);
}

/* Call fn with each process that was not here at first; how many there are. */
static int
each_of_ours(void (*fn)(int pid))
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int n = 0, pid;

	CHECK(d);
	while ((e = readdir(d)) != NULL) {
		pid = atoi(e->d_name);
		if (pid <= 0 || pid > PIDS || stranger[pid] || is_kernel_thread(pid))
			continue;
		fn(pid);
		n++;
	}
	closedir(d);
	return n;
}

static void
is_stranger(int pid)
{
	stranger[pid] = 1;
}

static void
end_one(int pid)
{
	kill(pid, SIGKILL);
}

static void
show_one(int pid)
{
	char name[40], text[400];
	int fd, n;

	snprintf(name, sizeof name, "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY);
	n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
	close(fd);
	printf("hangs: %.*s\n", n > 0 ? n : 0, text);
}

/* Whether every task has ended, or is past help. One whose call blocks gets a signal. */
static int
all_done(unsigned long *last, int *stuck, int leader_gone)
{
	int done = 1;

	for (int i = 0; i < tasks; i++) {
		struct progress *p = &progress[i];

		if (p->done || stuck[i] > NUDGES || (!p->tid && leader_gone))
			continue;
		if (p->calls != last[i] || !p->tid) {
			stuck[i] = 0;
		} else if (++stuck[i] > 1) {
			syscall(SYS_tkill, p->tid, SIGCONT);
			syscall(SYS_tkill, p->tid, SIGUSR2);
		}
		last[i] = p->calls;
		done = 0;
	}
	return done;
}

static void
end_all(void)
{
	int status;

	for (long waited = 0; each_of_ours(end_one); waited += LOOK_MS) {
		while (waitpid(-1, &status, WNOHANG) > 0)
			;
		if (waited > HANG_MS) {
			printf("hostile_calls: killed, and still there:\n");
			each_of_ours(show_one);
			fflush(stdout);
			_exit(1);
		}
		pause_ms(LOOK_MS);
	}
}

/* One round; how many calls were made. */
static unsigned long
round_run(unsigned long seed, int user)
{
	unsigned long last[TASKS_MAX] = { 0 }, calls = 0;
	int stuck[TASKS_MAX] = { 0 }, gone = 0, status = 0;
	pid_t leader;

	memset(progress, 0, PAGE);
	scratch_make();
	fflush(stdout);
	leader = fork();
	CHECK(leader >= 0);
	if (leader == 0) {
		as_user = user;
		round_main(seed);
	}
	while (!all_done(last, stuck, gone)) {
		pause_ms(LOOK_MS);
		gone = gone || waitpid(leader, &status, WNOHANG) == leader;
	}
	end_all();
	scratch_remove();
	for (int i = 0; i <= TASKS_MAX; i++)
		calls += progress[i].calls;
	if (!calls)
		printf("hostile_calls: nothing was called: wait status %#x\n", status);
	CHECK(calls);
	return calls;
}

/* What root may do to everybody, undone. */
static void
restore(const struct utsname *u, const struct timespec *started)
{
	struct timespec now;

	sethostname(u->nodename, strlen(u->nodename));
	mount(NULL, "/proc", NULL, MS_REMOUNT, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	now.tv_sec += started->tv_sec;
	clock_settime(CLOCK_REALTIME, &now);
}

/* Above all whom the calls may make urgent, and no victim of theirs. */
static void
rise(void)
{
	struct sched_param first = { 99 };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd >= 0)
		(void)!write(fd, "-1000", 5);
	close(fd);
	CHECK(sched_setscheduler(0, SCHED_FIFO, &first) == 0);
}

int
main(int argc, char **argv)
{
	unsigned long seed, want, calls = 0, only = 0, round = 0;
	static struct counts before;
	struct timespec started, uptime;
	struct utsname u;
	int opt;

	while ((opt = getopt(argc, argv, "ta:")) != -1)
		if (opt == 't')
			tracing = 1;
		else if (opt == 'a')
			only = atol(optarg);
	if (argc - optind != 3)
		return 2;
	seed = strtoul(argv[optind], NULL, 0);
	want = strtoul(argv[optind + 1], NULL, 0);
	tasks = atoi(argv[optind + 2]);
	CHECK(tasks >= 1 && tasks <= TASKS_MAX);
	progress = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(progress != MAP_FAILED);
	uname(&u);
	clock_gettime(CLOCK_REALTIME, &started);
	clock_gettime(CLOCK_MONOTONIC, &uptime);
	started.tv_sec -= uptime.tv_sec;
	if (tracing)
		CHECK(dup2(1, TRACE_FD) == TRACE_FD);
	each_of_ours(is_stranger);
	rise();
	for (round = only; calls < want; round++) {
		if (round == 2 || round == only)	/* by then caches and such have their usual size */
			counts_take(&before);
		printf("hostile_calls: round %lu\n", round);
		calls += round_run(seed * 1000003 + round, round & 1);
		if (only)
			break;
	}
	restore(&u, &started);
	/* A round alone may be the first that needs some thread of the kernel. */
	if (!only && !counts_settle(&before))
		return 1;
	printf("hostile_calls: seed %lu, %lu calls of %d tasks in %lu rounds: all given back\n", seed, calls, tasks,
	       round);
	return 0;
}
