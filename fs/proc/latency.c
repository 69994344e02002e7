/*
 * latency.c - /proc/latency: the longest sections in which a hart could not be preempted. Writing begins anew.
 *
 * Only in the debug build, and with LATENCY=1. Three lines a section: how long, on which hart, who ran at its end;
 * where it began, and where it ended, each place with its callers.
 */
#ifdef LATENCY
#include "kernel/latency.h"
#include "abi/errno.h"
#include "arch/timer.h"
#include "fs/proc/proc.h"
#include "kernel/printk.h"
#include "mm/slab.h"

#define LISTED	64

struct list_of_sections {		/* the longest, that first */
	uint	n;
	struct { struct latency_section s; int cpu; } of[LISTED];
};

static void
list_insert(void *arg, int cpu, const struct latency_section *s)
{
	struct list_of_sections *l = arg;
	uint i;

	if (l->n == LISTED && l->of[LISTED - 1].s.ticks >= s->ticks)
		return;
	if (l->n < LISTED)
		l->n++;
	for (i = l->n - 1; i > 0 && l->of[i - 1].s.ticks < s->ticks; i--)
		l->of[i] = l->of[i - 1];
	l->of[i].s = *s;
	l->of[i].cpu = cpu;
}

static void
put_places(struct pbuf *b, const char *what, const ulong *pcs)
{
	pbuf_printf(b, "\t%s", what);
	for (int i = 0; i < LATENCY_FRAMES && pcs[i]; i++) {
		ulong offset, size;
		const char *name = symbol_lookup(pcs[i], &offset, &size);

		pbuf_printf(b, i ? " < " : " ");
		if (name)
			pbuf_printf(b, "%s+0x%lx", name, offset);
		else
			pbuf_printf(b, "0x%lx", pcs[i]);
	}
	pbuf_putc(b, '\n');
}

int
proc_latency_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct list_of_sections *l = kzalloc(sizeof(*l), GFP_KERNEL);
	int err = l ? latency_report(list_insert, l) : -ENOMEM;

	for (uint i = 0; !err && i < l->n; i++) {
		const struct latency_section *s = &l->of[i].s;

		pbuf_printf(b, "%lu ns, hart %d, task %d %.16s\n", (ulong)timer_ticks_to_ns(s->ticks), l->of[i].cpu,
			    s->pid, s->comm);
		put_places(b, "from", s->begin);
		put_places(b, "to", s->end);
	}
	kfree(l);
	return err;
}

int
proc_latency_write(const struct pnode *n, struct task *t, char *s, size_t len)
{
	latency_reset();
	return 0;
}
#endif
