/* time.h - clocks and calendar. The only time zone is UTC. */
#ifndef TIME_H
#define TIME_H

#include <bits/names.h>
#include <bits/types.h>
#include "abi/time.h"

#define CLOCKS_PER_SEC	1000000L

struct tm {
	int	tm_sec, tm_min, tm_hour;
	int	tm_mday, tm_mon, tm_year;
	int	tm_wday, tm_yday, tm_isdst;
	long	tm_gmtoff;
	const char *tm_zone;
};

time_t	time(time_t *t);
clock_t	clock(void);
time_t	mktime(struct tm *tm);
time_t	timegm(struct tm *tm);
struct tm *gmtime(const time_t *t);
struct tm *gmtime_r(const time_t *restrict t, struct tm *restrict tm);
struct tm *localtime(const time_t *t);
struct tm *localtime_r(const time_t *restrict t, struct tm *restrict tm);
size_t	strftime(char *restrict s, size_t max, const char *restrict fmt, const struct tm *restrict tm);
char	*ctime(const time_t *t);
char	*asctime(const struct tm *tm);
int	clock_gettime(clockid_t clock, struct timespec *ts);
int	clock_settime(clockid_t clock, const struct timespec *ts);
int	clock_getres(clockid_t clock, struct timespec *ts);
int	clock_nanosleep(clockid_t clock, int flags, const struct timespec *req, struct timespec *rem);
int	nanosleep(const struct timespec *req, struct timespec *rem);

#endif
