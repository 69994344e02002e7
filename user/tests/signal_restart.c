/*
 * signal_restart: what becomes of each blocking call that a signal interrupts, as signal(7) says.
 *
 * A child sleeps in the call; the parent disturbs it in one of five ways and looks whether the call ended with EINTR
 * or the child sleeps again.  A call that goes on then gets what it waits for, and must succeed.
 */
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include "test.h"

#define FUTEX_WAIT_	0
#define FUTEX_WAKE_	1
#define FUTEX_WAIT_BITSET_ 9

enum way { HANDLER, HANDLER_RESTART, STOP_CONTINUE, IGNORED, TWO_HANDLERS, WAYS };
static const char *const way_names[WAYS] = { "handler", "SA_RESTART", "stop", "ignored", "both" };

/* Shared by parent and child. */
static struct shared {
	volatile int ready, done, hits;
	volatile long result;
	volatile int error;
	volatile unsigned word;			/* a futex */
} *sh;

static int fds[2];				/* a pipe, of each cell's own */
static char fifo[] = "/tmp/signal_restart.fifo", locked[] = "/tmp/signal_restart.lock";
static int lock_fd = -1;			/* the parent's: a lock, or the other end of a FIFO */
static int extra;				/* an object's number: a queue, a set of semaphores */
static pid_t grandchild;

static const struct timespec hundred = { 100, 0 };

/* ---- the calls: what returns -1 was interrupted ---- */

static long do_read(void) { char c; return read(fds[0], &c, 1) == 1 ? 0 : -1; }

static void
fill_pipe(void)
{
	static char block[4096];

	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	while (write(fds[1], block, sizeof block) > 0)
		;
	fcntl(fds[1], F_SETFL, 0);
}

static long do_write(void) { return write(fds[1], "x", 1) == 1 ? 0 : -1; }
static long do_open_read(void) { return open(fifo, O_RDONLY) >= 0 ? 0 : -1; }
static long do_open_write(void) { return open(fifo, O_WRONLY) >= 0 ? 0 : -1; }

/* The child's child lives until the pipe has a byte. */
static void
fork_grandchild(void)
{
	char c;

	grandchild = fork();
	CHECK(grandchild >= 0);
	if (!grandchild) {
		prctl(PR_SET_NAME, "grandchild");
		if (read(fds[0], &c, 1) == 1)
			_exit(0);
		_exit(1);
	}
}

static long do_wait4(void) { fork_grandchild(); sh->ready = 1; return waitpid(grandchild, NULL, 0) > 0 ? 0 : -1; }
static long
do_waitid(void)
{
	siginfo_t info;

	fork_grandchild();
	sh->ready = 1;
	return waitid(P_PID, grandchild, &info, WEXITED);
}

static long do_flock(void) { return flock(open(locked, O_RDWR), LOCK_EX); }
static void lock_flock(void) { lock_fd = open(locked, O_RDWR); CHECK(flock(lock_fd, LOCK_EX) == 0); }
static void unlock_flock(void) { CHECK(flock(lock_fd, LOCK_UN) == 0); }
static void drop_lock(void) { close(lock_fd); lock_fd = -1; }

static long
set_lock(int fd, int cmd, int type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_len = 1 };

	return fcntl(fd, cmd, &l);
}

static long do_setlkw(void) { return set_lock(open(locked, O_RDWR), F_SETLKW, F_WRLCK); }
static void lock_record(void) { lock_fd = open(locked, O_RDWR); CHECK(set_lock(lock_fd, F_SETLK, F_WRLCK) == 0); }
static void unlock_record(void) { CHECK(set_lock(lock_fd, F_SETLK, F_UNLCK) == 0); }

static long
futex(int op, const struct timespec *timeout)
{
	return syscall(SYS_futex, &sh->word, op, 0, timeout, NULL, -1);
}

static long do_futex(void) { return futex(FUTEX_WAIT_, NULL); }
static long do_futex_timed(void) { return futex(FUTEX_WAIT_, &hundred); }
static long
do_futex_until(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 100;
	return futex(FUTEX_WAIT_BITSET_, &t);
}
static void wake_futex(void) { CHECK(syscall(SYS_futex, &sh->word, FUTEX_WAKE_, 1, NULL, NULL, 0) == 1); }

/* A relative sleep that ends early says how much is left; one until a moment does not touch rem. */
static long
do_nanosleep(void)
{
	struct timespec rem = { -1, -1 };
	long r = nanosleep(&hundred, &rem);

	if (r < 0 && !(rem.tv_sec >= 0 && rem.tv_sec < 100 && rem.tv_nsec > 0))
		errno = EBADMSG;
	return r;
}

static long
do_clock_nanosleep(void)
{
	struct timespec rem = { -1, -1 };
	int e = clock_nanosleep(CLOCK_REALTIME, 0, &hundred, &rem);

	errno = e == EINTR && !(rem.tv_sec >= 0 && rem.tv_sec < 100) ? EBADMSG : e;
	return e ? -1 : 0;
}

static long
do_clock_nanosleep_abs(void)
{
	struct timespec t, rem = { -1, -1 };
	int e;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 100;
	e = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, &rem);
	errno = rem.tv_sec != -1 ? EBADMSG : e;
	return e ? -1 : 0;
}

static long do_poll(void) { struct pollfd p = { fds[0], POLLIN, 0 }; return ppoll(&p, 1, NULL, NULL) == 1 ? 0 : -1; }
static long
do_poll_timed(void)
{
	struct pollfd p = { fds[0], POLLIN, 0 };
	struct timespec t = hundred;		/* the system call writes what is left */

	return syscall(SYS_ppoll, &p, 1, &t, NULL, 8) == 1 ? 0 : -1;
}

static long
do_select(void)
{
	unsigned long set = 1UL << fds[0];

	return syscall(SYS_pselect6, fds[0] + 1, &set, NULL, NULL, NULL, NULL) == 1 ? 0 : -1;
}

static long do_pause(void) { return ppoll(NULL, 0, NULL, NULL); }
static long do_sigsuspend(void) { sigset_t s; sigemptyset(&s); return sigsuspend(&s); }
static long
do_sigtimedwait(void)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGQUIT);
	sigprocmask(SIG_BLOCK, &s, NULL);
	return sigtimedwait(&s, NULL, &hundred);
}

static long do_tty(void) { char c; return read(extra, &c, 1) >= 0 ? 0 : -1; }
static void open_tty(void) { extra = open("/dev/tty", O_RDONLY); }

static void make_queue(void) { extra = syscall(186, 0, 0600); }			/* msgget */
static void drop_queue(void) { syscall(187, extra, 0, NULL); }			/* msgctl IPC_RMID */
static long do_msgrcv(void) { char b[16]; return syscall(188, extra, b, 1, 0, 0) == 1 ? 0 : -1; }
static void
send_message(void)
{
	struct { long type; char text; } m = { 1, 'x' };

	CHECK(syscall(189, extra, &m, 1, 0) == 0);
}

static void make_semaphore(void) { extra = syscall(190, 0, 1, 0600); }		/* semget */
static void drop_semaphore(void) { syscall(191, extra, 0, 0, 0); }		/* semctl IPC_RMID */
static long do_semop(void) { struct { short n, op, f; } o = { 0, -1, 0 }; return syscall(193, extra, &o, 1); }
static void
raise_semaphore(void)
{
	struct { short n, op, f; } o = { 0, 1, 0 };

	CHECK(syscall(193, extra, &o, 1) == 0);
}

static void make_epoll(void) { extra = syscall(20, 0); }			/* epoll_create1 */
static long do_epoll(void) { char ev[16]; return syscall(22, extra, ev, 1, -1, NULL, 8); }
static void make_eventfd(void) { extra = syscall(19, 0, 0); }
static long do_eventfd(void) { uint64_t v; return read(extra, &v, 8) == 8 ? 0 : -1; }
static void add_eventfd(void) { uint64_t v = 1; CHECK(write(extra, &v, 8) == 8); }

static void put_byte(void) { CHECK(write(fds[1], "x", 1) == 1); }
static void take_page(void) { static char page[65536]; CHECK(read(fds[0], page, sizeof page) > 0); }
static void open_for_write(void) { lock_fd = open(fifo, O_WRONLY); CHECK(lock_fd >= 0); }
static void open_for_read(void) { lock_fd = open(fifo, O_RDONLY); CHECK(lock_fd >= 0); }

/* ---- the table: R goes on, I ends with EINTR; in the order of enum way ---- */

static const struct row {
	const char *name, *expect;
	long	(*call)(void);
	void	(*event)(void);			/* what the call waits for; NULL: it is killed instead */
	void	(*before)(void), (*after)(void);	/* around it, in the parent */
	int	own_ready;			/* call says itself when it begins */
	int	maybe;				/* skipped if `extra` could not be made */
} rows[] = {
	{ .name = "read, pipe", .expect = "IRRRR", .call = do_read, .event = put_byte },
	{ .name = "read, eventfd", .expect = "IRRRR", .call = do_eventfd,
	  .event = add_eventfd, .before = make_eventfd, .maybe = 1 },
	{ .name = "read, terminal", .expect = "IRRRR", .call = do_tty, .before = open_tty, .maybe = 1 },
	{ .name = "write, full pipe", .expect = "IRRRR", .call = do_write, .event = take_page, .before = fill_pipe },
	{ .name = "open, FIFO to read", .expect = "IRRRR", .call = do_open_read,
	  .event = open_for_write, .after = drop_lock },
	{ .name = "open, FIFO to write", .expect = "IRRRR", .call = do_open_write,
	  .event = open_for_read, .after = drop_lock },
	{ .name = "wait4", .expect = "IRRRR", .call = do_wait4,
	  .event = put_byte, .after = put_byte, .own_ready = 1 },
	{ .name = "waitid", .expect = "IRRRR", .call = do_waitid,
	  .event = put_byte, .after = put_byte, .own_ready = 1 },
	{ .name = "flock", .expect = "IRRRR", .call = do_flock,
	  .event = unlock_flock, .before = lock_flock, .after = drop_lock },
	{ .name = "fcntl F_SETLKW", .expect = "IRRRR", .call = do_setlkw,
	  .event = unlock_record, .before = lock_record, .after = drop_lock },
	{ .name = "futex", .expect = "IRRRR", .call = do_futex, .event = wake_futex },
	{ .name = "futex, timeout", .expect = "IIRRI", .call = do_futex_timed, .event = wake_futex },
	{ .name = "futex, until", .expect = "IIRRI", .call = do_futex_until, .event = wake_futex },
	{ .name = "nanosleep", .expect = "IIRRI", .call = do_nanosleep },
	{ .name = "clock_nanosleep", .expect = "IIRRI", .call = do_clock_nanosleep },
	{ .name = "clock_nanosleep, until", .expect = "IIRRI", .call = do_clock_nanosleep_abs },
	{ .name = "ppoll", .expect = "IIRRI", .call = do_poll, .event = put_byte },
	{ .name = "ppoll, timeout", .expect = "IIRRI", .call = do_poll_timed, .event = put_byte },
	{ .name = "pselect6", .expect = "IIRRI", .call = do_select, .event = put_byte },
	{ .name = "pause", .expect = "IIRRI", .call = do_pause },
	{ .name = "rt_sigsuspend", .expect = "IIRRI", .call = do_sigsuspend },
	{ .name = "rt_sigtimedwait", .expect = "IIIRI", .call = do_sigtimedwait },
	{ .name = "epoll_pwait", .expect = "IIIRI", .call = do_epoll, .before = make_epoll, .maybe = 1 },
	{ .name = "msgrcv", .expect = "IIRRI", .call = do_msgrcv,
	  .event = send_message, .before = make_queue, .after = drop_queue, .maybe = 1 },
	{ .name = "semop", .expect = "IIIRI", .call = do_semop,
	  .event = raise_semaphore, .before = make_semaphore, .after = drop_semaphore, .maybe = 1 },
};

/* ---- one cell ---- */

static void handler(int sig) { (void)sig; sh->hits++; }

static void
set(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = fn;
	sa.sa_flags = flags;
	CHECK(sigaction(sig, &sa, NULL) == 0);
}

/* The letter of a process's state, 0 if it is gone. */
static int
state_of(pid_t p)
{
	char path[32], text[256], *paren;
	int fd, n;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)p);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	paren = strrchr(text, ')');
	return paren ? paren[2] : 0;
}

/* Until p sleeps, or says that its call is over. */
static void
settle(pid_t p)
{
	while (!sh->done && state_of(p) != 'S')
		pause_ms(1);
}

static void
child(const struct row *r, enum way way)
{
	set(SIGUSR1, handler, way == HANDLER_RESTART || way == TWO_HANDLERS ? SA_RESTART : 0);
	set(SIGUSR2, way == IGNORED ? SIG_IGN : handler, 0);
	if (!r->own_ready)
		sh->ready = 1;
	sh->result = r->call();
	sh->error = errno;
	sh->done = 1;
	_exit(0);
}

static void
disturb(pid_t p, enum way way)
{
	int status;

	switch (way) {
	case HANDLER:
	case HANDLER_RESTART:
		CHECK(kill(p, SIGUSR1) == 0);
		while (!sh->hits)
			pause_ms(1);
		break;
	case STOP_CONTINUE:
		CHECK(kill(p, SIGSTOP) == 0);
		CHECK(waitpid(p, &status, WUNTRACED) == p && WIFSTOPPED(status));
		CHECK(kill(p, SIGCONT) == 0);
		break;
	case IGNORED:
		CHECK(kill(p, SIGUSR2) == 0 && kill(p, SIGCHLD) == 0 && kill(p, SIGWINCH) == 0);
		pause_ms(2);
		break;
	default:		/* both at once, while it is stopped: the first one taken decides */
		CHECK(kill(p, SIGSTOP) == 0);
		CHECK(waitpid(p, &status, WUNTRACED) == p && WIFSTOPPED(status));
		CHECK(kill(p, SIGUSR2) == 0 && kill(p, SIGUSR1) == 0 && kill(p, SIGCONT) == 0);
		while (sh->hits < 2)
			pause_ms(1);
		break;
	}
}

/* 'R', 'I', or '-' if the system has no such call; another letter: neither of both. */
static int
cell(const struct row *r, enum way way)
{
	int status, result = 'R';
	pid_t p;

	memset(sh, 0, sizeof *sh);
	CHECK(pipe(fds) == 0);
	extra = 0;
	if (r->before)
		r->before();
	if (r->maybe && extra < 0) {
		close(fds[0]);
		close(fds[1]);
		return '-';
	}
	p = fork();
	CHECK(p >= 0);
	if (!p)
		child(r, way);
	while (!sh->ready)
		pause_ms(1);
	settle(p);
	CHECK(!sh->done);
	disturb(p, way);
	settle(p);
	if (sh->done)
		result = sh->result == -1 && sh->error == EINTR ? 'I' : '?';
	else if (r->event)
		r->event();
	else
		kill(p, SIGKILL);
	CHECK(waitpid(p, &status, 0) == p);
	if (result == 'R' && r->event && !(exited(status, 0) && sh->done && sh->result == 0))
		result = '!';
	if (result != 'R' && result != 'I')
		printf("%s: result %ld, errno %d\n", r->name, sh->result, sh->error);
	if (r->after)
		r->after();
	if (r->maybe && !r->after)
		close(extra);
	close(fds[0]);
	close(fds[1]);
	return result;
}

int
main(void)
{
	char got[WAYS + 1] = "";
	int bad = 0;

	sh = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(sh != MAP_FAILED);
	mkdir("/tmp", 0777);
	unlink(fifo);
	CHECK(mkfifo(fifo, 0600) == 0);
	CHECK(close(open(locked, O_RDWR | O_CREAT, 0600)) == 0);
	printf("%-24s", "");
	for (int w = 0; w < WAYS; w++)
		printf(" %-10s", way_names[w]);
	printf("\n");
	for (const struct row *r = rows; r < rows + sizeof rows / sizeof *rows; r++) {
		printf("%-24s", r->name);
		for (int w = 0; w < WAYS; w++) {
			fflush(stdout);
			got[w] = cell(r, w);
			printf(" %-10s", got[w] == 'R' ? "goes on" : got[w] == 'I' ? "EINTR" :
			       got[w] == '-' ? "-" : "WRONG");
		}
		printf("\n");
		if (got[0] != '-' && strcmp(got, r->expect))
			bad = 1;
	}
	unlink(fifo);
	unlink(locked);
	CHECK(!bad);
	return 0;
}
