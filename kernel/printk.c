/*
 * printk.c - the kernel's log: a ring of text, and the console it is copied to.
 *
 * Data        ring, the last 64 KiB of lines "<level>[seconds.micros] text\n".  A position is the number
 *             of bytes ever written before it, so positions never repeat; [start, end) is in the ring.
 * Locks       log_lock, rank last: anything may print, from any context.  Held while the console is
 *             written, so that lines stay whole.  A panicking cpu does without.
 * Invariants  L1  start is the beginning of a line, end - start <= LOG_SIZE.
 *             L2  start_line and end_line are the numbers of line feeds ever written before start and end.
 * Not here    syslog(2), which reads by log_read(), and /dev/kmsg, by log_line(); the terminal (drivers/tty).
 */
#include "kernel/printk.h"
#include <stdarg.h>
#include "abi/errno.h"
#include "arch/power.h"
#include "arch/timer.h"
#include "kernel/spinlock.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define LOG_SIZE	(64 * KiB)
#define DEFAULT_LEVEL	6

static struct spinlock log_lock = SPINLOCK_INIT(RANK_PRINTK);
static char ring[LOG_SIZE];
static u64 start, end;				/* [log_lock] */
static u64 start_line, end_line;		/* [log_lock] */
static void (*console)(const char *s, size_t n) = early_console_write;

int console_loglevel = 7;

void
console_register(void (*write)(const char *s, size_t n))
{
	__atomic_store_n(&console, write, __ATOMIC_RELEASE);
}

void
console_write(const char *s, size_t n)
{
	__atomic_load_n(&console, __ATOMIC_ACQUIRE)(s, n);
}

/* Add bytes at the end; forget whole lines at the start to make room. */
static void
ring_add(const char *s, size_t n)
{
	size_t at = end % LOG_SIZE, first = MIN(n, LOG_SIZE - at);

	while (end + n - start > LOG_SIZE) {
		while (start < end && ring[start % LOG_SIZE] != '\n')
			start++;
		start++;
		start_line++;
	}
	memcpy(ring + at, s, first);
	memcpy(ring, s + first, n - first);
	end += n;
}

/* One line, without its line feed. */
static void
put_line(int level, u64 now, const char *text, size_t n) MUST_HOLD(log_lock)
{
	char head[40];
	int len = snprintf(head, sizeof(head), "<%d>[%5lu.%06lu] ", level, now / NSEC_PER_SEC,
			   now % NSEC_PER_SEC / NSEC_PER_USEC);

	ring_add(head, len);
	ring_add(text, n);
	ring_add("\n", 1);
	end_line++;
	if (level < console_loglevel) {
		console_write(head + 3, len - 3);
		console_write(text, n);
		console_write("\n", 1);
	}
}

/* NO_TSA: a panic does not wait for a lock that a stopped hart may hold. */
void
printk(const char *fmt, ...) NO_TSA
{
	u64 now = clock_boot_ticks ? clock_monotonic() : 0;
	bool locked = !panicking();
	char buf[LOG_LINE_MAX], *line = buf, *nl;
	int level = DEFAULT_LEVEL;
	ulong flags = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (line[0] == '\001' && line[1] >= '0' && line[1] <= '7') {
		level = line[1] - '0';
		line += 2;
	}
	if (locked)
		flags = spin_lock_irqsave(&log_lock);
	do {
		nl = strchr(line, '\n');
		put_line(level, now, line, nl ? (size_t)(nl - line) : strlen(line));
		line = nl ? nl + 1 : NULL;
	} while (line && *line);
	if (locked)
		spin_unlock_irqrestore(&log_lock, flags);
}

size_t
log_read(u64 *pos, char *buf, size_t n)
{
	ulong flags = spin_lock_irqsave(&log_lock);
	size_t at, first;

	if (*pos < start)
		*pos = start;
	n = *pos < end ? MIN(n, end - *pos) : 0;
	at = *pos % LOG_SIZE;
	first = MIN(n, LOG_SIZE - at);
	memcpy(buf, ring + at, first);
	memcpy(buf + first, ring, n - first);
	*pos += n;
	spin_unlock_irqrestore(&log_lock, flags);
	return n;
}

u64
log_start(void)
{
	return READ_ONCE(start);
}

u64
log_end(void)
{
	return READ_ONCE(end);
}

void
log_first(struct log_place *at)
{
	ulong flags = spin_lock_irqsave(&log_lock);

	*at = (struct log_place){ start, start_line };
	spin_unlock_irqrestore(&log_lock, flags);
}

void
log_last(struct log_place *at)
{
	ulong flags = spin_lock_irqsave(&log_lock);

	*at = (struct log_place){ end, end_line };
	spin_unlock_irqrestore(&log_lock, flags);
}

/* "<level>[seconds.micros] " of a line: what follows it. */
static const char *
parse_head(const char *line, int *level, u64 *us)
{
	char *p;

	*level = line[1] - '0';
	for (p = (char *)line + 4; *p == ' '; p++)
		;
	*us = strtoul(p, &p, 10) * 1000000;
	*us += strtoul(p + 1, &p, 10);
	return p + 2;
}

ssize_t
log_line(struct log_place *at, char *buf, size_t n, int *level, u64 *us)
{
	char line[LOG_LINE_MAX + 64];
	size_t len = 0;
	ulong flags = spin_lock_irqsave(&log_lock);
	bool overtaken = at->pos < start;
	const char *text;

	if (overtaken)
		*at = (struct log_place){ start, start_line };
	while (!overtaken && at->pos < end && ring[at->pos % LOG_SIZE] != '\n') {
		if (len < sizeof(line) - 1)
			line[len++] = ring[at->pos % LOG_SIZE];
		at->pos++;
	}
	if (!overtaken) {
		at->pos++;
		at->line++;
	}
	spin_unlock_irqrestore(&log_lock, flags);
	if (overtaken)
		return -EPIPE;
	line[len] = '\0';
	text = parse_head(line, level, us);
	len = MIN(len - (text - line), n);
	memcpy(buf, text, len);
	return len;
}
