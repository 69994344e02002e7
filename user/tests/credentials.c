/*
 * credentials: user and group ids, capability sets, securebits, and what execve makes of them; who may signal whom;
 * who may look into a process; the limit of tasks.  Runs as root.
 */
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "test.h"

#define SOMEBODY	1000
#define OTHER		1001
#define KEEP		(-1)

#define CHOWN		0
#define DAC_OVERRIDE	1
#define FOWNER		3
#define CAP_KILL_	5
#define CAP_SETGID_	6
#define CAP_SETUID_	7
#define CAP_SETPCAP_	8
#define NET_RAW		13
#define B(cap)		(1UL << (cap))
#define ALL		(B(41) - 1)

static char *self;
#define PLACE	"/tmp/credentials.d"			/* a file system of its own: /tmp may be nosuid */
static char copy[] = PLACE "/copy";		/* of this program, with all kinds of modes */

struct sets { unsigned long eff, perm, inh; };

static int
capget_(struct sets *s)
{
	unsigned h[2] = { 0x20080522, 0 }, d[6] = { 0 };
	int r = syscall(SYS_capget, h, d);

	s->eff = d[0] | (unsigned long)d[3] << 32;
	s->perm = d[1] | (unsigned long)d[4] << 32;
	s->inh = d[2] | (unsigned long)d[5] << 32;
	return r;
}

static int
capset_(unsigned long eff, unsigned long perm, unsigned long inh)
{
	unsigned h[2] = { 0x20080522, 0 };
	unsigned d[6] = { eff, perm, inh, eff >> 32, perm >> 32, inh >> 32 };

	return syscall(91, h, d);
}

static int bounding(int cap) { return prctl(PR_CAPBSET_READ, cap, 0, 0, 0); }
static int ambient(int op, int cap) { return prctl(PR_CAP_AMBIENT, op, cap, 0, 0); }

#define SETS(e, p, i) do { \
	struct sets s_; \
	CHECK(capget_(&s_) == 0); \
	if (s_.eff != (e) || s_.perm != (p) || s_.inh != (i)) { \
		printf("%s:%d: sets %lx %lx %lx\n", __FILE__, __LINE__, s_.eff, s_.perm, s_.inh); \
		fflush(stdout); \
		_exit(1); \
	} \
} while (0)

#define UIDS(r, e, s, f)	uids(__LINE__, (uid_t []){ r, e, s, f }, 0)
#define GIDS(r, e, s, f)	uids(__LINE__, (uid_t []){ r, e, s, f }, 1)

/* The ids of /proc/self/status, so that the file-system one is seen too. */
static void
uids(int line, const uid_t *want, int groups)
{
	char text[4096], *p;
	int fd = open("/proc/self/status", O_RDONLY), n;
	uid_t got[4];

	CHECK(fd >= 0 && (n = read(fd, text, sizeof text - 1)) > 0);
	close(fd);
	text[n] = 0;
	p = strstr(text, groups ? "\nGid:\t" : "\nUid:\t");
	CHECK(p);
	p += 6;
	for (int i = 0; i < 4; i++)
		got[i] = strtoul(p, &p, 10);
	if (memcmp(got, want, sizeof got)) {
		printf("line %d: ids %d %d %d %d\n", line, got[0], got[1], got[2], got[3]);
		fflush(stdout);
		_exit(1);
	}
}

/* ---- the calls that set ids ---- */

static void
users_of_root(void)
{
	CHECK(setresuid(KEEP, SOMEBODY, KEEP) == 0);
	UIDS(0, SOMEBODY, 0, SOMEBODY);
	SETS(0, ALL, 0);
	CHECK_ERRNO(EPERM, setuid(OTHER));
	CHECK_ERRNO(EPERM, setresuid(OTHER, KEEP, KEEP));
	CHECK(setuid(SOMEBODY) == 0 || errno == EPERM);
	CHECK(setresuid(KEEP, 0, KEEP) == 0);
	SETS(ALL, ALL, 0);
	/* Real and effective exchanged: the saved one follows. */
	CHECK(setreuid(SOMEBODY, 0) == 0);
	UIDS(SOMEBODY, 0, 0, 0);
	CHECK(setreuid(KEEP, SOMEBODY) == 0);
	UIDS(SOMEBODY, SOMEBODY, 0, SOMEBODY);	/* to the real one: the saved one stays */
	SETS(0, ALL, 0);
	CHECK(setreuid(KEEP, 0) == 0);
	UIDS(SOMEBODY, 0, 0, 0);
	CHECK(setreuid(SOMEBODY, SOMEBODY) == 0);
	UIDS(SOMEBODY, SOMEBODY, SOMEBODY, SOMEBODY);
	SETS(0, 0, 0);
	CHECK_ERRNO(EPERM, setreuid(KEEP, 0));
	CHECK_ERRNO(EPERM, setresuid(KEEP, KEEP, OTHER));
	CHECK_ERRNO(EINVAL, setuid(KEEP));
	CHECK(setresuid(KEEP, KEEP, KEEP) == 0);
}

static void
groups_of_root(void)
{
	gid_t list[3] = { 5, 6, 7 }, got[3];

	CHECK(setgroups(3, list) == 0 && getgroups(0, NULL) == 3 && getgroups(3, got) == 3 &&
	      !memcmp(list, got, sizeof got));
	CHECK_ERRNO(EINVAL, getgroups(2, got));
	CHECK(setresgid(1, 2, 3) == 0);
	GIDS(1, 2, 3, 2);
	CHECK(setregid(KEEP, 1) == 0);
	GIDS(1, 1, 3, 1);
	CHECK(setregid(4, KEEP) == 0);
	GIDS(4, 1, 1, 1);
	CHECK(setuid(SOMEBODY) == 0);
	CHECK(setgid(4) == 0);
	GIDS(4, 4, 1, 4);
	CHECK_ERRNO(EPERM, setgid(5));		/* a supplementary group is no id of one's own */
	CHECK_ERRNO(EPERM, setregid(5, KEEP));
	CHECK_ERRNO(EPERM, setresgid(KEEP, 5, KEEP));
	CHECK_ERRNO(EPERM, setgroups(1, list));
	CHECK_ERRNO(EINVAL, setgid(KEEP));
	CHECK(setresgid(1, 1, 1) == 0);
	CHECK_ERRNO(EPERM, setgid(4));
}

static void
file_system_ids(void)
{
	int fd;

	CHECK((fd = open(copy, O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK(syscall(151, SOMEBODY) == 0 && syscall(151, KEEP) == SOMEBODY);
	UIDS(0, 0, 0, SOMEBODY);
	SETS(ALL & ~(B(0) | B(1) | B(2) | B(3) | B(4) | B(9) | B(27) | B(32)), ALL, 0);
	CHECK_ERRNO(EACCES, open("/tmp/credentials.secret", O_RDONLY));
	CHECK(access("/tmp/credentials.secret", R_OK) == 0);		/* the real user decides here */
	CHECK(syscall(151, 0) == SOMEBODY && syscall(152, SOMEBODY) == 0);
	SETS(ALL, ALL, 0);
	GIDS(0, 0, 0, SOMEBODY);
	CHECK(setresuid(SOMEBODY, OTHER, OTHER) == 0);
	UIDS(SOMEBODY, OTHER, OTHER, OTHER);
	CHECK(syscall(151, SOMEBODY) == OTHER && syscall(151, 0) == SOMEBODY && syscall(151, KEEP) == SOMEBODY);
	CHECK(access("/tmp/credentials.secret", R_OK) == -1 && errno == EACCES);
}

/* ---- capability sets ---- */

static void
set_rules(void)
{
	unsigned h[2] = { 1, 0 }, d[6];

	CHECK(syscall(SYS_capget, h, NULL) == 0 && h[0] == 0x20080522);
	h[0] = 1;
	CHECK_ERRNO(EINVAL, syscall(SYS_capget, h, d));
	h[0] = 1;
	CHECK_ERRNO(EINVAL, syscall(91, h, d));
	h[1] = -1;
	CHECK_ERRNO(EINVAL, syscall(SYS_capget, h, d));
	h[1] = 999999;
	CHECK_ERRNO(ESRCH, syscall(SYS_capget, h, d));
	h[1] = 1;
	CHECK(syscall(SYS_capget, h, d) == 0);
	CHECK_ERRNO(EPERM, syscall(91, h, d));			/* only oneself */
	CHECK_ERRNO(EFAULT, syscall(SYS_capget, NULL, d));
	SETS(ALL, ALL, 0);
	CHECK_ERRNO(EPERM, capset_(ALL, ALL & ~B(NET_RAW), 0));	/* effective beyond permitted */
	CHECK(capset_(B(CHOWN), ALL & ~B(NET_RAW), B(FOWNER)) == 0);
	SETS(B(CHOWN), ALL & ~B(NET_RAW), B(FOWNER));
	CHECK_ERRNO(EPERM, capset_(0, ALL, B(FOWNER)));		/* permitted never grows */
	CHECK_ERRNO(EPERM, capset_(0, 0, B(NET_RAW)));		/* inheritable: from permitted, without CAP_SETPCAP */
	CHECK(capset_(0, ALL & ~B(NET_RAW), B(FOWNER) | B(CHOWN)) == 0);
	CHECK_ERRNO(EPERM, chown(copy, SOMEBODY, 0));
	CHECK(capset_(B(CHOWN), B(CHOWN) | B(CAP_SETPCAP_), B(FOWNER)) == 0 && chown(copy, 0, 0) == 0);
	/* The bounding set. */
	CHECK(bounding(NET_RAW) == 1);
	CHECK_ERRNO(EINVAL, bounding(41));
	CHECK_ERRNO(EPERM, prctl(PR_CAPBSET_DROP, NET_RAW, 0, 0, 0));
	CHECK(capset_(B(CAP_SETPCAP_), B(CHOWN) | B(CAP_SETPCAP_), B(FOWNER)) == 0);
	CHECK_ERRNO(EINVAL, prctl(PR_CAPBSET_DROP, 41, 0, 0, 0));
	CHECK(prctl(PR_CAPBSET_DROP, NET_RAW, 0, 0, 0) == 0 && bounding(NET_RAW) == 0 && bounding(CHOWN) == 1);
	CHECK_ERRNO(EPERM, capset_(B(CAP_SETPCAP_), B(CAP_SETPCAP_), B(NET_RAW)));	/* not beyond bounding */
	CHECK(capset_(B(CAP_SETPCAP_), B(CAP_SETPCAP_) | B(CHOWN), B(FOWNER) | B(40) | B(CHOWN)) == 0);
	/* Ambient: permitted and inheritable, both. */
	CHECK_ERRNO(EPERM, ambient(PR_CAP_AMBIENT_RAISE, FOWNER));
	CHECK_ERRNO(EPERM, ambient(PR_CAP_AMBIENT_RAISE, CAP_SETPCAP_));
	CHECK_ERRNO(EINVAL, ambient(PR_CAP_AMBIENT_RAISE, 41));
	CHECK_ERRNO(EINVAL, ambient(9, CHOWN));
	CHECK_ERRNO(EINVAL, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CHOWN, 1, 0));
	CHECK_ERRNO(EINVAL, ambient(PR_CAP_AMBIENT_CLEAR_ALL, 1));
	CHECK(ambient(PR_CAP_AMBIENT_RAISE, CHOWN) == 0 && ambient(PR_CAP_AMBIENT_IS_SET, CHOWN) == 1);
	CHECK(capset_(B(CAP_SETPCAP_), B(CAP_SETPCAP_) | B(CHOWN), B(40)) == 0);
	CHECK(ambient(PR_CAP_AMBIENT_IS_SET, CHOWN) == 0);	/* no longer inheritable */
}

static void
secure_bits(void)
{
	CHECK(prctl(PR_GET_SECUREBITS) == 0 && prctl(PR_GET_KEEPCAPS) == 0);
	CHECK_ERRNO(EINVAL, prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0));
	CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && prctl(PR_GET_KEEPCAPS) == 1 &&
	      prctl(PR_GET_SECUREBITS) == 0x10);
	CHECK_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 0x10000, 0, 0, 0));
	CHECK(prctl(PR_SET_SECUREBITS, 0x30, 0, 0, 0) == 0);			/* keep, locked */
	CHECK_ERRNO(EPERM, prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0));
	CHECK_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 0x10, 0, 0, 0));		/* no unlocking */
	CHECK_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 0x20, 0, 0, 0));
	CHECK(prctl(PR_SET_SECUREBITS, 0x34, 0, 0, 0) == 0);			/* and no setuid fix-up */
	CHECK(setresuid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
	SETS(ALL, ALL, 0);
	CHECK(capset_(0, ALL, 0) == 0);
	CHECK_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 0x34, 0, 0, 0));
}

static void
keep_capabilities(void)
{
	CHECK(capset_(ALL, ALL, ALL) == 0 && ambient(PR_CAP_AMBIENT_RAISE, CHOWN) == 0);
	CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setuid(SOMEBODY) == 0);
	SETS(0, ALL, ALL);
	CHECK(ambient(PR_CAP_AMBIENT_IS_SET, CHOWN) == 0);
	CHECK(capset_(B(CAP_SETUID_), ALL, ALL) == 0 && setuid(OTHER) == 0);
	UIDS(OTHER, OTHER, OTHER, OTHER);
	SETS(B(CAP_SETUID_), ALL, ALL);
}

/* ---- execve: the program prints what it got, as one line ---- */

static void
after_exec(void)
{
	struct sets s;
	char line[160];
	unsigned long bound = 0, amb = 0;
	extern char **environ;
	unsigned long *aux;
	char **e = environ;
	int secure = -1;

	while (*e++)
		;
	for (aux = (unsigned long *)e; *aux; aux += 2)
		if (*aux == 23)
			secure = aux[1];
	CHECK(capget_(&s) == 0);
	for (int i = 0; i <= 40; i++) {
		bound |= (unsigned long)bounding(i) << i;
		amb |= (unsigned long)ambient(PR_CAP_AMBIENT_IS_SET, i) << i;
	}
	snprintf(line, sizeof line, "u%d,%d g%d,%d e%lx p%lx i%lx b%lx a%lx s%d d%d k%d", getuid(), geteuid(), getgid(),
		 getegid(), s.eff, s.perm, s.inh, bound, amb, secure, (int)prctl(PR_GET_DUMPABLE),
		 (int)prctl(PR_GET_SECUREBITS));
	CHECK(write(1, line, strlen(line)) == (long)strlen(line));
	_exit(0);
}

static char result[200];

/* body() in a child, then exec `name`: its line in result. */
static void
exec_after(void (*body)(void), char *name)
{
	int fds[2], n = 0, k;
	pid_t p;

	CHECK(pipe(fds) == 0);
	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (!p) {
		close(fds[0]);
		body();
		dup2(fds[1], 1);
		execl(name, name, "exec", NULL);
		printf("exec: errno %d", errno);
		fflush(stdout);
		_exit(1);
	}
	close(fds[1]);
	while ((k = read(fds[0], result + n, sizeof result - 1 - n)) > 0)
		n += k;
	result[n] = 0;
	close(fds[0]);
	CHECK(waitpid(p, NULL, 0) == p);
}

#define GIVES(body, name, want) do { \
	exec_after(body, name); \
	if (strcmp(result, want)) { \
		printf("%s:%d: %s\n     wanted %s\n", __FILE__, __LINE__, result, want); \
		failed = 1; \
	} \
} while (0)

static void nothing(void) { }

static void
plain_user(void)
{
	CHECK(syscall(SYS_setgroups, 0, NULL) == 0 && setgid(SOMEBODY) == 0 && setuid(SOMEBODY) == 0);
}

static void no_new_privs(void) { plain_user(); CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0); }
static void effective_user(void) { CHECK(setresuid(KEEP, SOMEBODY, KEEP) == 0); }
static void real_user(void) { CHECK(setresuid(SOMEBODY, 0, 0) == 0); }
static void dropped(void) { CHECK(capset_(0, B(CHOWN), B(NET_RAW)) == 0); }
static void bounded(void) { CHECK(prctl(PR_CAPBSET_DROP, NET_RAW, 0, 0, 0) == 0); }
static void without_root(void) { CHECK(prctl(PR_SET_SECUREBITS, 1, 0, 0, 0) == 0); }
static void dropped_nnp(void) { dropped(); CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0); }
static void
with_ambient(void)
{
	CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	plain_user();
	CHECK(capset_(0, B(CHOWN) | B(NET_RAW), B(CHOWN)) == 0 && ambient(PR_CAP_AMBIENT_RAISE, CHOWN) == 0);
}

/* Another process shares its root directory: set-user-ID must not take effect. */
static int
sharing(void *arg)
{
	(void)arg;
	CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	for (int fd = 3; fd < 20; fd++)
		close(fd);
	for (;;)
		pause();
	return 0;
}

static void
shared_fs(void)
{
	char *stack = map_anon(4 * PAGE, PROT_READ | PROT_WRITE);

	plain_user();
	CHECK(clone(sharing, stack + 4 * PAGE, CLONE_FS | SIGCHLD, NULL) > 0);
}

static void
copy_self(int mode, int uid, int gid)
{
	char buf[4096];
	int in = open("/proc/self/exe", O_RDONLY), out, n;

	unlink(copy);
	out = open(copy, O_WRONLY | O_CREAT | O_EXCL, 0700);
	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof buf)) > 0)
		CHECK(write(out, buf, n) == n);
	CHECK(fchown(out, uid, gid) == 0 && fchmod(out, mode) == 0);
	close(in);
	close(out);
}

#define FULL "1ffffffffff"

static void
executions(void)
{
	int failed = 0;

	copy_self(0755, 0, 0);
	GIVES(nothing, copy, "u0,0 g0,0 e" FULL " p" FULL " i0 b" FULL " a0 s0 d1 k0");
	GIVES(plain_user, copy, "u1000,1000 g1000,1000 e0 p0 i0 b" FULL " a0 s0 d1 k0");
	GIVES(effective_user, copy, "u0,1000 g0,0 e0 p" FULL " i0 b" FULL " a0 s1 d0 k0");
	GIVES(real_user, copy, "u1000,0 g0,0 e" FULL " p" FULL " i0 b" FULL " a0 s1 d0 k0");
	GIVES(dropped, copy, "u0,0 g0,0 e" FULL " p" FULL " i2000 b" FULL " a0 s0 d0 k0");
	GIVES(dropped_nnp, copy, "u0,0 g0,0 e1 p1 i2000 b" FULL " a0 s0 d1 k0");
	GIVES(bounded, copy, "u0,0 g0,0 e1ffffffdfff p1ffffffdfff i0 b1ffffffdfff a0 s0 d1 k0");
	GIVES(without_root, copy, "u0,0 g0,0 e0 p0 i0 b" FULL " a0 s0 d1 k1");
	GIVES(with_ambient, copy, "u1000,1000 g1000,1000 e1 p1 i1 b" FULL " a1 s0 d1 k0");
	copy_self(0711, 0, 0);			/* who may not read it may not look into it either */
	GIVES(plain_user, copy, "u1000,1000 g1000,1000 e0 p0 i0 b" FULL " a0 s0 d0 k0");
	copy_self(04755, 0, 0);
	GIVES(plain_user, copy, "u1000,0 g1000,1000 e" FULL " p" FULL " i0 b" FULL " a0 s1 d0 k0");
	GIVES(no_new_privs, copy, "u1000,1000 g1000,1000 e0 p0 i0 b" FULL " a0 s0 d1 k0");
	GIVES(with_ambient, copy, "u1000,0 g1000,1000 e" FULL " p" FULL " i1 b" FULL " a0 s1 d0 k0");
	GIVES(without_root, copy, "u0,0 g0,0 e0 p0 i0 b" FULL " a0 s0 d1 k1");
	GIVES(shared_fs, copy, "u1000,1000 g1000,1000 e0 p0 i0 b" FULL " a0 s1 d1 k0");
	copy_self(04755, OTHER, OTHER);
	GIVES(nothing, copy, "u0,1001 g0,0 e0 p" FULL " i0 b" FULL " a0 s1 d0 k0");
	GIVES(plain_user, copy, "u1000,1001 g1000,1000 e0 p0 i0 b" FULL " a0 s1 d0 k0");
	copy_self(02755, OTHER, OTHER);
	GIVES(plain_user, copy, "u1000,1000 g1000,1001 e0 p0 i0 b" FULL " a0 s1 d0 k0");
	copy_self(02745, OTHER, OTHER);		/* without the group's x: a lock mark of old, not set-group-ID */
	GIVES(plain_user, copy, "u1000,1000 g1000,1000 e0 p0 i0 b" FULL " a0 s0 d1 k0");
	CHECK(!failed);
}

/* ---- who may signal whom: sender's and target's real, effective and saved users ---- */

static int
may_signal(const uid_t from[3], const uid_t to[3], int sig)
{
	int ready[2], status;
	pid_t target, sender;
	char c;

	CHECK(pipe(ready) == 0);
	target = fork();
	if (!target) {
		signal(SIGUSR1, SIG_IGN);
		if (sig == SIGCONT && to[0] == OTHER)
			setsid();
		CHECK(setresuid(to[0], to[1], to[2]) == 0 && write(ready[1], "r", 1) == 1);
		for (;;)
			pause();
	}
	CHECK(read(ready[0], &c, 1) == 1);
	sender = fork();
	if (!sender) {
		CHECK(setresuid(from[0], from[1], from[2]) == 0);
		_exit(kill(target, sig) == 0 ? 0 : errno);
	}
	CHECK(waitpid(sender, &status, 0) == sender && WIFEXITED(status));
	CHECK(kill(target, SIGKILL) == 0 && waitpid(target, NULL, 0) == target);
	close(ready[0]);
	close(ready[1]);
	return WEXITSTATUS(status);
}

static void
kill_matrix(void)
{
	static const uid_t who[][3] = {
		{ 0, 0, 0 }, { 7, 7, 7 }, { 8, 8, 8 }, { 7, 8, 8 }, { 7, 7, 8 }, { 7, 8, 7 }, { 0, 7, 0 }, { 7, 0, 7 },
	};
	/* Rows: senders; columns: targets. 1: permitted. The sender's real or effective, the target's real or saved. */
	static const char *const want[] = {
		"11111111", "01011101", "00111000", "01111101", "01011101", "01111101", "11011111", "11111111",
	};
	int n = sizeof who / sizeof *who, failed = 0;

	for (int i = 0; i < n; i++) {
		char row[9] = "";

		for (int j = 0; j < n; j++)
			row[j] = may_signal(who[i], who[j], SIGUSR1) == 0 ? '1' : '0';
		if (strcmp(row, want[i])) {
			printf("sender %d: %s, wanted %s\n", i, row, want[i]);
			failed = 1;
		}
	}
	CHECK(!failed);
	CHECK(may_signal((uid_t []){ 7, 7, 7 }, (uid_t []){ 8, 8, 8 }, 0) == EPERM);
	CHECK(may_signal((uid_t []){ 7, 7, 7 }, (uid_t []){ 8, 8, 8 }, SIGCONT) == 0);	/* of the same session */
	CHECK(may_signal((uid_t []){ 7, 7, 7 }, (uid_t []){ OTHER, OTHER, OTHER }, SIGCONT) == EPERM);
	CHECK(may_signal((uid_t []){ 7, 7, 7 }, (uid_t []){ 8, 8, 8 }, 65) == EINVAL);
}

/* To all that there are: nobody is no error. */
static void
kill_everybody(void)
{
	CHECK(setuid(54321) == 0);
	CHECK(kill(-1, SIGTERM) == 0);
	CHECK_ERRNO(EPERM, kill(1, 0));
}

/* ---- the rest ---- */

static int
owner(const char *what)
{
	struct stat s;
	char path[40];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)getpid(), what);
	CHECK(stat(path, &s) == 0);
	return s.st_uid;
}

static void
dumpable(void)
{
	int fd;

	CHECK(prctl(PR_GET_DUMPABLE) == 1 && owner("status") == 0);
	CHECK(setgid(SOMEBODY) == 0 && setuid(SOMEBODY) == 0);
	CHECK(prctl(PR_GET_DUMPABLE) == 0);		/* it may know what root knew */
	CHECK(owner("") == SOMEBODY && owner("task") == SOMEBODY && owner("status") == 0 && owner("fd") == 0);
	CHECK_ERRNO(EINVAL, prctl(PR_SET_DUMPABLE, 2, 0, 0, 0));
	CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 && prctl(PR_GET_DUMPABLE) == 1);
	CHECK(owner("status") == SOMEBODY && owner("fd") == SOMEBODY);
	if (fork() == 0) {				/* another program of the same user */
		CHECK(prctl(PR_GET_DUMPABLE) == 1);
		char path[40];

		snprintf(path, sizeof path, "/proc/%d/fd", (int)getppid());
		CHECK((fd = open(path, O_RDONLY | O_DIRECTORY)) >= 0);
		close(fd);
		_exit(0);
	}
	int status;
	CHECK(wait(&status) > 0 && exited(status, 0));
	CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	if (fork() == 0) {
		char path[40];

		CHECK(prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
		snprintf(path, sizeof path, "/proc/%d/fd", (int)getppid());
		CHECK(open(path, O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES);
		_exit(0);
	}
	CHECK(wait(&status) > 0 && exited(status, 0));
}

static void
task_limit(void)
{
	struct rlimit r = { 2, 2 };
	int status, fds[2];
	pid_t p, first;
	char c;

	CHECK(pipe(fds) == 0);
	copy_self(0755, 0, 0);
	CHECK(setrlimit(RLIMIT_NPROC, &r) == 0);
	p = fork();				/* root has no such limit */
	CHECK(p >= 0);
	if (!p) {
		CHECK(setuid(31415) == 0);
		if ((p = fork()) == 0)
			for (;;)
				pause();
		CHECK(p > 0);
		CHECK_ERRNO(EAGAIN, fork());
		_exit(kill(p, SIGKILL) == 0 && waitpid(p, NULL, 0) == p && (p = fork()) >= 0 ? 0 : 1);
	}
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	r.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_NPROC, &r) == 0);
	if ((first = fork()) == 0) {
		CHECK(setuid(27182) == 0 && write(fds[1], "r", 1) == 1);
		for (;;)
			pause();
	}
	CHECK(read(fds[0], &c, 1) == 1);
	if ((p = fork()) == 0) {
		CHECK(setuid(27182) == 0);	/* one too many already: it is let, but gets no further than that */
		execl(copy, copy, "exec", NULL);
		_exit(errno == EAGAIN ? 0 : 1);
	}
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	CHECK(kill(first, SIGKILL) == 0 && waitpid(first, NULL, 0) == first);
}

/* NO_NEW_PRIVS stays, for children too; PDEATHSIG goes with a change of users. */
static void
promises(void)
{
	int sig = -1, status;

	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	CHECK_ERRNO(EINVAL, prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && setuid(0) == 0 && prctl(PR_GET_PDEATHSIG, &sig) == 0 &&
	      sig == SIGTERM);
	if (fork() == 0) {
		CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_PDEATHSIG, &sig) == 0 && sig == 0);
		_exit(0);
	}
	CHECK(wait(&status) > 0 && exited(status, 0));
	CHECK(setuid(SOMEBODY) == 0 && prctl(PR_GET_PDEATHSIG, &sig) == 0 && sig == 0);
	CHECK_ERRNO(EFAULT, prctl(PR_GET_PDEATHSIG, NULL));
}

static const struct {
	const char *name;
	void	(*body)(void);
} parts[] = {
	{ "users", users_of_root },
	{ "groups", groups_of_root },
	{ "file-system ids", file_system_ids },
	{ "capability sets", set_rules },
	{ "securebits", secure_bits },
	{ "keeping capabilities", keep_capabilities },
	{ "executions", executions },
	{ "who may signal whom", kill_matrix },
	{ "signals to everybody", kill_everybody },
	{ "dumpable", dumpable },
	{ "limit of tasks", task_limit },
	{ "promises", promises },
};

int
main(int argc, char **argv)
{
	int fd, failed = 0;

	self = argv[0];
	if (argc > 1)
		after_exec();
	mkdir("/tmp", 0777);
	mkdir(PLACE, 0755);
	CHECK(mount("none", PLACE, "tmpfs", 0, NULL) == 0 && chmod(PLACE, 0755) == 0);
	copy_self(0755, 0, 0);
	fd = open("/tmp/credentials.secret", O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0 && fchmod(fd, 0600) == 0 && close(fd) == 0);
	for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
		printf("%s\n", parts[i].name);
		failed |= !exited(in_child(parts[i].body), 0);
	}
	umount(PLACE);
	rmdir(PLACE);
	unlink("/tmp/credentials.secret");
	return failed;
}
