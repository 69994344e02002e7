/*
 * exhaust: when there is no more of a kind of object the call says so, other programs go on, and all of it comes back.
 *
 *	exhaust [root|user [KIND]]
 *
 * For each kind (exhaust_kinds.h) a process makes one after the other until it is refused: as user 1000 with a limit,
 * as root without, until memory or a table of the kernel's ends (for want of memory it may itself be ended). It then
 * keeps what it has. Another program that starts now works, or is refused with an errno, or ended; once the process is
 * gone it works, and the counts are as before (counts.h). A kind that the kernel does not have is passed over.
 */
#include "counts.h"
#include "exhaust_kinds.h"

#define USER	1000
#define SECONDS	300			/* a kind that takes longer hangs */

static const struct kind {
	const char *name;
	int	(*one)(int i);
	int	limit, value;		/* RLIMIT_, -1: no limit, only as root */
	int	refused;		/* a user's errno; 0: he is never refused */
	int	most;			/* what root tries at most */
	int	root[4];		/* his errnos */
} kinds[] = {
	{ "processes", one_process, RLIMIT_NPROC, 20, EAGAIN, 40000, { EAGAIN, ENOMEM } },
	{ "threads", one_thread, RLIMIT_NPROC, 20, EAGAIN, 40000, { EAGAIN, ENOMEM } },
	{ "descriptors", one_descriptor, RLIMIT_NOFILE, 100, EMFILE, 1 << 17, { EMFILE, ENOMEM } },
	{ "files", one_file, RLIMIT_NOFILE, 100, EMFILE, 1 << 20, { EMFILE, ENFILE, ENOMEM } },
	{ "pipes", one_pipe, RLIMIT_NOFILE, 100, EMFILE, 1 << 20, { EMFILE, ENFILE, ENOMEM } },
	{ "full pipes", one_full_pipe, RLIMIT_NOFILE, 100, EMFILE, 1 << 20, { EMFILE, ENFILE, ENOMEM } },
	{ "pages of a file", one_file_page, RLIMIT_FSIZE, 1 << 20, EFBIG, 1 << 20, { ENOSPC } },
	{ "inodes", one_inode, RLIMIT_CORE, 0, ENOSPC, 1 << 20, { ENOSPC } },
	{ "directories", one_directory, RLIMIT_CORE, 0, ENOSPC, 1 << 20, { ENOSPC } },
	{ "symbolic links", one_symlink, RLIMIT_CORE, 0, ENOSPC, 1 << 20, { ENOSPC, ENOMEM } },
	{ "missing names", one_missing_name, RLIMIT_CORE, 0, 0, 50000, { 0 } },
	{ "maps", one_map, RLIMIT_CORE, 0, ENOMEM, 1 << 20, { ENOMEM } },
	{ "pages", one_page, RLIMIT_AS, 16 << 20, ENOMEM, 1 << 20, { ENOMEM } },
	{ "page tables", one_page_table, RLIMIT_AS, 8 << 20, ENOMEM, 60000, { ENOMEM } },
	{ "queued signals", one_signal, RLIMIT_SIGPENDING, 50, EAGAIN, 50000, { EAGAIN } },
	{ "timers", one_timer, RLIMIT_SIGPENDING, 50, EAGAIN, 50000, { EAGAIN, ENOMEM } },
	{ "record locks", one_record_lock, -1, 0, 0, 3000, { ENOLCK, ENOMEM } },
	{ "flocks", one_flock, RLIMIT_NOFILE, 100, EMFILE, 3000, { EMFILE, ENFILE, ENOMEM, ENOLCK } },
	{ "mounts", one_mount, -1, 0, 0, 2000, { ENOSPC, ENOMEM } },
	{ "arguments", one_argument, RLIMIT_CORE, 0, E2BIG, 400, { E2BIG } },
	{ "socket pairs", one_socket_pair, RLIMIT_NOFILE, 100, EMFILE, 1 << 20, { EMFILE, ENFILE, ENOMEM, ENOBUFS } },
	{ "full sockets", one_full_socket, RLIMIT_NOFILE, 100, EMFILE, 1 << 20, { EMFILE, ENFILE, ENOMEM, ENOBUFS } },
	{ "descriptors in flight", one_in_flight, RLIMIT_NOFILE, 100, ETOOMANYREFS, 20000,
	  { EMFILE, ENFILE, ENOMEM, ENOBUFS } },
	{ "epoll items", one_epoll_item, RLIMIT_NOFILE, 100, EMFILE, 100000, { EMFILE, ENFILE, ENOMEM, ENOSPC } },
	{ "inotify instances", one_inotify, RLIMIT_NOFILE, 100, EMFILE, 100000, { EMFILE, ENFILE, ENOMEM } },
	{ "watches", one_watch, RLIMIT_CORE, 0, ENOSPC, 100000, { ENOSPC, ENOMEM } },
	{ "memfds", one_memfd, RLIMIT_NOFILE, 100, EMFILE, 100000, { EMFILE, ENFILE, ENOMEM, ENOSPC } },
	{ "eventfds", one_eventfd, RLIMIT_NOFILE, 100, EMFILE, 50000, { EMFILE, ENFILE, ENOMEM } },
	{ "timerfds", one_timerfd, RLIMIT_NOFILE, 100, EMFILE, 50000, { EMFILE, ENFILE, ENOMEM } },
	{ "ptys", one_pty, RLIMIT_NOFILE, 100, EMFILE, 10000, { EMFILE, ENFILE, ENOMEM, ENOSPC } },
};

static volatile struct result {
	int	done, made, err;
} *result;

static void
room_make(void)
{
	mkdir(ROOM, 0755);
	CHECK(mount("none", ROOM, "tmpfs", 0, "size=8m,nr_inodes=2000,mode=777") == 0);
}

static void
room_remove(void)
{
	CHECK(umount2(ROOM, MNT_DETACH) == 0 && rmdir(ROOM) == 0);
}

static void
limit(int which, rlim_t most)
{
	struct rlimit r = { most, most };

	CHECK(setrlimit(which, &r) == 0);
}

/* The first to be ended if memory lacks. */
static void
be_a_victim(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	CHECK(fd >= 0 && write(fd, score, strlen(score)) == (ssize_t)strlen(score));
	close(fd);
}

static void
make_all(const struct kind *k, int as_user)
{
	int i, err = 0, most = as_user && k->most > 100000 ? 100000 : k->most;

	be_a_victim("1000");
	CHECK(setpgid(0, 0) == 0 && chdir(ROOM) == 0);
	signal(SIGXFSZ, SIG_IGN);
	if (as_user) {
		limit(k->limit, k->value);
		CHECK(syscall(SYS_setgroups, 0, NULL) == 0 && setgid(USER) == 0 && setuid(USER) == 0);
	} else {
		limit(RLIMIT_NOFILE, k->most);
		limit(RLIMIT_NPROC, 1 << 20);
		limit(RLIMIT_SIGPENDING, 1 << 24);
	}
	for (i = 0; i < most && !err; i++) {
		err = k->one(i);
		result->made = i;
	}
	result->err = err;
	result->done = 1;
	for (;;)
		pause();
}

/* The errno is one of those that the kind may be refused with. */
static int
expected(const struct kind *k, int as_user, int err)
{
	if (as_user)
		return err == k->refused;
	if (!err)
		return 1;		/* enough for the memory that there is */
	for (int i = 0; i < 4; i++)
		if (err == k->root[i])
			return 1;
	return 0;
}

/* A program that prints nothing and exits with 7: whether it did. Its other ends are allowed if asked. */
static int
another_program(int must_work)
{
	char *argv[] = { "exhaust", "seven", NULL };
	int status = 0;
	pid_t p = fork();

	if (p < 0) {
		CHECK(!must_work && (errno == EAGAIN || errno == ENOMEM));
		return 0;
	}
	if (p == 0) {
		be_a_victim("0");
		execv("/proc/self/exe", argv);
		_exit(errno);
	}
	CHECK(waitpid(p, &status, 0) == p);
	if (exited(status, 7))
		return 1;
	if (must_work || !(exited(status, ENOMEM) || exited(status, ENFILE) || exited(status, EAGAIN) ||
			   killed(status, SIGKILL) || killed(status, SIGSEGV))) {
		printf("another program: wait status %#x\n", status);
		CHECK(!"another program works");
	}
	return 0;
}

static void
exhaust(const struct kind *k, int as_user)
{
	static struct counts before;
	int status = 0, died = 0, worked;
	pid_t p;

	counts_take(&before);
	room_make();
	*result = (struct result){ 0 };
	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (p == 0)
		make_all(k, as_user);
	for (int ms = 0; !result->done && !died; ms += 5) {
		died = waitpid(p, &status, WNOHANG) == p;
		CHECK(ms < SECONDS * 1000);
		pause_ms(5);
	}
	worked = another_program(as_user && k->limit != RLIMIT_CORE);
	kill(-p, SIGKILL);
	if (!died)
		CHECK(waitpid(p, &status, 0) == p);
	CHECK(killed(status, SIGKILL));
	printf("%s, as %s: %d, then %s%s\n", k->name, as_user ? "user" : "root", result->made,
	       !result->done ? "ended" : !result->err ? "enough" : strerror(result->err),
	       worked ? "" : "; another program was refused");
	if (result->done && (result->err == ENOSYS || result->err == ENOENT) && result->made == 0)
		printf("%s: not here\n", k->name);
	else
		CHECK(result->done ? expected(k, as_user, result->err) : !as_user);
	CHECK(another_program(1));
	room_remove();
	CHECK(counts_settle(&before));
}

int
main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "seven"))
		return 7;
	result = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(result != MAP_FAILED);
	be_a_victim("-1000");
	umask(0);
	another_program(1);
	for (int as_user = 0; as_user < 2; as_user++) {
		if (argc > 1 && strcmp(argv[1], as_user ? "user" : "root"))
			continue;
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			if ((as_user && kinds[i].limit < 0) || (argc > 2 && strcmp(argv[2], kinds[i].name)))
				continue;
			exhaust(&kinds[i], as_user);
		}
	}
	return 0;
}
