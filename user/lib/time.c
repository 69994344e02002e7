/*
 * time.c - the calendar, in UTC.
 *
 * Days are counted in eras of 400 years that start on 1 March, so that a leap day is the
 * last of its year and month lengths follow one formula.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY	86400L
#define ERA	146097L			/* days in 400 years */

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char *const long_days[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};
static const char *const long_months[] = {
	"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December",
};

/* Days from 1 January 1970 to the given day; month 0..11 may be out of range. */
static long
day_number(long year, long month, long mday)
{
	long era, y;

	year += month / 12;
	month %= 12;
	if (month < 0) {
		month += 12;
		year--;
	}
	y = month < 2 ? year - 1 : year;
	era = (y >= 0 ? y : y - 399) / 400;
	y -= era * 400;
	return era * ERA + y * 365 + y / 4 - y / 100
		+ (153 * ((month + 10) % 12) + 2) / 5 + mday - 1 - 719468;
}

struct tm *
gmtime_r(const time_t *restrict t, struct tm *restrict tm)
{
	long day = *t / DAY, sec = *t % DAY, era, doe, yoe, doy, mp, year;

	if (sec < 0) {
		sec += DAY;
		day--;
	}
	memset(tm, 0, sizeof *tm);
	tm->tm_hour = sec / 3600;
	tm->tm_min = sec / 60 % 60;
	tm->tm_sec = sec % 60;
	tm->tm_wday = ((day + 4) % 7 + 7) % 7;
	day += 719468;
	era = (day >= 0 ? day : day - ERA + 1) / ERA;
	doe = day - era * ERA;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	tm->tm_mday = doy - (153 * mp + 2) / 5 + 1;
	tm->tm_mon = (mp + 2) % 12;
	year = yoe + era * 400 + (tm->tm_mon < 2);
	tm->tm_year = year - 1900;
	tm->tm_yday = day - 719468 - day_number(year, 0, 1);
	tm->tm_zone = "UTC";
	return tm;
}

struct tm *
gmtime(const time_t *t)
{
	static struct tm tm;

	return gmtime_r(t, &tm);
}

struct tm *localtime_r(const time_t *restrict t, struct tm *restrict tm) { return gmtime_r(t, tm); }
struct tm *localtime(const time_t *t) { return gmtime(t); }

/* Fields out of range are carried, as mktime must. */
time_t
timegm(struct tm *tm)
{
	time_t t = day_number(tm->tm_year + 1900L, tm->tm_mon, tm->tm_mday) * DAY
		+ tm->tm_hour * 3600L + tm->tm_min * 60L + tm->tm_sec;

	gmtime_r(&t, tm);
	return t;
}

time_t
mktime(struct tm *tm)
{
	return timegm(tm);
}

size_t
strftime(char *restrict s, size_t max, const char *restrict fmt, const struct tm *restrict tm)
{
	size_t n = 0;

	for (; *fmt; fmt++) {
		char part[64];
		const char *sub = NULL;
		int hour12 = tm->tm_hour % 12 ? tm->tm_hour % 12 : 12;
		struct tm copy = *tm;

		if (*fmt != '%' || !fmt[1]) {
			part[0] = *fmt;
			part[1] = '\0';
			goto add;
		}
		switch (*++fmt) {
		case 'a': snprintf(part, sizeof part, "%.3s", days + 3 * tm->tm_wday); break;
		case 'A': strcpy(part, long_days[tm->tm_wday]); break;
		case 'b': case 'h': snprintf(part, sizeof part, "%.3s", months + 3 * tm->tm_mon); break;
		case 'B': strcpy(part, long_months[tm->tm_mon]); break;
		case 'c': sub = "%a %b %e %H:%M:%S %Y"; break;
		case 'C': snprintf(part, sizeof part, "%02d", (tm->tm_year + 1900) / 100); break;
		case 'd': snprintf(part, sizeof part, "%02d", tm->tm_mday); break;
		case 'D': case 'x': sub = "%m/%d/%y"; break;
		case 'e': snprintf(part, sizeof part, "%2d", tm->tm_mday); break;
		case 'F': sub = "%Y-%m-%d"; break;
		case 'H': snprintf(part, sizeof part, "%02d", tm->tm_hour); break;
		case 'I': snprintf(part, sizeof part, "%02d", hour12); break;
		case 'j': snprintf(part, sizeof part, "%03d", tm->tm_yday + 1); break;
		case 'k': snprintf(part, sizeof part, "%2d", tm->tm_hour); break;
		case 'l': snprintf(part, sizeof part, "%2d", hour12); break;
		case 'm': snprintf(part, sizeof part, "%02d", tm->tm_mon + 1); break;
		case 'M': snprintf(part, sizeof part, "%02d", tm->tm_min); break;
		case 'n': strcpy(part, "\n"); break;
		case 'p': strcpy(part, tm->tm_hour < 12 ? "AM" : "PM"); break;
		case 'r': sub = "%I:%M:%S %p"; break;
		case 'R': sub = "%H:%M"; break;
		case 's': snprintf(part, sizeof part, "%ld", (long)timegm(&copy)); break;
		case 'S': snprintf(part, sizeof part, "%02d", tm->tm_sec); break;
		case 't': strcpy(part, "\t"); break;
		case 'T': case 'X': sub = "%H:%M:%S"; break;
		case 'u': snprintf(part, sizeof part, "%d", tm->tm_wday ? tm->tm_wday : 7); break;
		case 'w': snprintf(part, sizeof part, "%d", tm->tm_wday); break;
		case 'y': snprintf(part, sizeof part, "%02d", tm->tm_year % 100); break;
		case 'Y': snprintf(part, sizeof part, "%d", tm->tm_year + 1900); break;
		case 'z': strcpy(part, "+0000"); break;
		case 'Z': strcpy(part, "UTC"); break;
		case '%': strcpy(part, "%"); break;
		default: snprintf(part, sizeof part, "%%%c", *fmt); break;
		}
		if (sub && !strftime(part, sizeof part, sub, tm))
			return 0;
	add:
		if (n + strlen(part) >= max)
			return 0;
		strcpy(s + n, part);
		n += strlen(part);
	}
	if (n < max)
		s[n] = '\0';
	return n;
}

char *
asctime(const struct tm *tm)
{
	static char s[32];

	strftime(s, sizeof s, "%a %b %e %H:%M:%S %Y\n", tm);
	return s;
}

char *
ctime(const time_t *t)
{
	return asctime(gmtime(t));
}
