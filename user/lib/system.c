/* system.c - system calls on memory, clocks, mounts and the machine. */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "sys.h"

long
syscall(long n, ...)
{
	va_list ap;
	long a[6];
	int i;

	va_start(ap, n);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return __syscall_return(__syscall6(n, a[0], a[1], a[2], a[3], a[4], a[5]));
}

/* ---- memory ---- */

void *
mmap(void *addr, size_t n, int prot, int flags, int fd, off_t off)
{
	return (void *)CALL(mmap, addr, n, prot, flags, fd, off);
}

void *
mremap(void *addr, size_t n, size_t to, int flags, ...)
{
	va_list ap;
	void *new;

	va_start(ap, flags);
	new = va_arg(ap, void *);
	va_end(ap);
	return (void *)CALL(mremap, addr, n, to, flags, new);
}

int munmap(void *addr, size_t n) { return CALL(munmap, addr, n); }
int mprotect(void *addr, size_t n, int prot) { return CALL(mprotect, addr, n, prot); }
int madvise(void *addr, size_t n, int advice) { return CALL(madvise, addr, n, advice); }
int msync(void *addr, size_t n, int flags) { return CALL(msync, addr, n, flags); }
int mlock(const void *addr, size_t n) { return CALL(mlock, addr, n); }
int munlock(const void *addr, size_t n) { return CALL(munlock, addr, n); }

int
brk(void *end)
{
	if ((void *)SYS(brk, end) == end)
		return 0;
	errno = ENOMEM;
	return -1;
}

void *
sbrk(intptr_t inc)
{
	char *now = (char *)SYS(brk, 0);

	return inc && brk(now + inc) < 0 ? (void *)-1 : now;
}

/* ---- time ---- */

int clock_gettime(clockid_t clock, struct timespec *ts) { return CALL(clock_gettime, clock, ts); }
int clock_settime(clockid_t clock, const struct timespec *ts) { return CALL(clock_settime, clock, ts); }
int clock_getres(clockid_t clock, struct timespec *ts) { return CALL(clock_getres, clock, ts); }
int nanosleep(const struct timespec *req, struct timespec *rem) { return CALL(nanosleep, req, rem); }

int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *req, struct timespec *rem)
{
	return -SYS(clock_nanosleep, clock, flags, req, rem);
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz) { return CALL(gettimeofday, tv, tz); }
int settimeofday(const struct timeval *tv, const void *tz) { return CALL(settimeofday, tv, tz); }
int getitimer(int which, struct itimerval *value) { return CALL(getitimer, which, value); }

int
setitimer(int which, const struct itimerval *restrict value, struct itimerval *restrict old)
{
	return CALL(setitimer, which, value, old);
}

clock_t times(struct tms *t) { return SYS(times, t); }

time_t
time(time_t *t)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

clock_t
clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * CLOCKS_PER_SEC + ts.tv_nsec / 1000;
}

unsigned int
sleep(unsigned int seconds)
{
	struct timespec ts = { seconds, 0 };

	return nanosleep(&ts, &ts) < 0 ? ts.tv_sec + (ts.tv_nsec > 0) : 0;
}

int
usleep(unsigned int us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000L };

	return nanosleep(&ts, NULL);
}

/* ---- the machine ---- */

int
mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	return CALL(mount, source, target, type, flags, data);
}

int umount2(const char *target, int flags) { return CALL(umount2, target, flags); }
int umount(const char *target) { return CALL(umount2, target, 0); }
int uname(struct utsname *u) { return CALL(uname, u); }
int sysinfo(struct sysinfo *s) { return CALL(sysinfo, s); }
int klogctl(int op, char *buf, int n) { return CALL(syslog, op, buf, n); }
int reboot(int cmd) { return CALL(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, cmd, 0); }
int sethostname(const char *name, size_t n) { return CALL(sethostname, name, n); }
ssize_t getrandom(void *buf, size_t n, unsigned int flags) { return CALL(getrandom, buf, n, flags); }
int getpagesize(void) { return 4096; }

int
gethostname(char *buf, size_t n)
{
	struct utsname u;

	if (uname(&u) < 0)
		return -1;
	if (strlen(u.nodename) >= n) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(buf, u.nodename);
	return 0;
}

long
sysconf(int name)
{
	struct rlimit r;
	cpu_set_t set;
	int i, n = 0;

	switch (name) {
	case _SC_ARG_MAX:
		return 131072;
	case _SC_CLK_TCK:
		return ABI_CLK_TCK;
	case _SC_OPEN_MAX:
		return getrlimit(RLIMIT_NOFILE, &r) < 0 ? -1 : (long)r.rlim_cur;
	case _SC_PAGESIZE:
		return 4096;
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		if (sched_getaffinity(0, sizeof set, &set) < 0)
			return 1;
		for (i = 0; i < CPU_SETSIZE; i++)
			n += CPU_ISSET(i, &set);
		return n;
	}
	errno = EINVAL;
	return -1;
}
