/* time.h - time of day and interval timers. */
#ifndef SYS_TIME_H
#define SYS_TIME_H

#include <time.h>

int	gettimeofday(struct timeval *restrict tv, void *restrict tz);
int	settimeofday(const struct timeval *tv, const void *tz);
int	getitimer(int which, struct itimerval *value);
int	setitimer(int which, const struct itimerval *restrict value, struct itimerval *restrict old);

#endif
