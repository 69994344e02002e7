/*
 * schedtrace.c - /proc/schedtrace: the scheduler's trace as text, and how it is started and stopped.
 *
 *	echo start >/proc/schedtrace		forget, and record from now on
 *	echo start 4096 >/proc/schedtrace	the last 4096 events of each hart (rounded up to a power of two)
 *	echo stop >/proc/schedtrace		what was recorded can still be read
 *	echo clear >/proc/schedtrace		give its memory back
 *
 * A line an event: time since boot in ns, hart, event, then what the event is about. The harts come one after the
 * other, each in the order of time.
 *
 *	813602100 0 begin PID PRIO STATE COMM			the trace begins; PID runs
 *	813603400 0 switch PID PRIO STATE NEXT PRIO COMM	PID, which is COMM, leaves; NEXT comes
 *	813605900 1 wake PID PRIO HART COMM			PID is ready again; it ran on HART
 *	813605900 1 new PID PRIO HART COMM			PID is ready for the first time
 *	813606000 1 migrate PID PRIO HART COMM			PID goes to HART
 *	813909800 0 end PID PRIO STATE COMM			the trace ends
 *
 * PRIO is 0 to 98 for real time (99 less the priority), 120 and nice for time sharing, 140 for idle.
 */
#include "kernel/schedtrace.h"
#include "abi/errno.h"
#include "fs/proc/proc.h"
#include "kernel/time.h"
#include "lib/string.h"

static const char *const event_names[] = {
	[TRACE_BEGIN] = "begin", [TRACE_END] = "end", [TRACE_SWITCH] = "switch", [TRACE_WAKE] = "wake",
	[TRACE_NEW] = "new", [TRACE_MIGRATE] = "migrate",
};

static void
put_hart(void *b, int cpu, u64 written, u64 lost)
{
	pbuf_printf(b, "# hart %d: %lu events, %lu lost\n", cpu, (ulong)written, (ulong)lost);
}

static void
put_record(void *b, int cpu, const struct trace_record *r)
{
	pbuf_printf(b, "%lu %d %s %d %u", (ulong)ticks_to_monotonic(r->time), cpu, event_names[r->event], r->pid,
		    r->prio);
	if (r->event == TRACE_BEGIN || r->event == TRACE_END || r->event == TRACE_SWITCH)
		pbuf_printf(b, " %c", r->state);
	if (r->event != TRACE_BEGIN && r->event != TRACE_END)
		pbuf_printf(b, " %d", r->other);
	if (r->event == TRACE_SWITCH)
		pbuf_printf(b, " %u", r->other_prio);
	pbuf_printf(b, " %.*s\n", TASK_COMM_LEN, r->comm);
}

int
proc_schedtrace_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	pbuf_printf(b, "# %s, %lu events a hart\n", READ_ONCE(schedtrace_on) ? "on" : "off", schedtrace_size());
	schedtrace_report(put_hart, put_record, b);
	return 0;
}

int
proc_schedtrace_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	long records = 0;

	if (!strcmp(s, "stop"))
		return schedtrace_stop();
	if (!strcmp(s, "clear"))
		return schedtrace_clear();
	if (strncmp(s, "start", 5) || (s[5] && s[5] != ' '))
		return -EINVAL;
	if (s[5])
		records = ptree_number(s + 6);
	return records < 0 || (s[5] && !records) ? -EINVAL : schedtrace_start(records);
}
