/*
 * locks.c - /proc/locks: who holds which lock of which file.
 *
 * Further     proc(5).
 */
#include "fs/locks.h"
#include "abi/errno.h"
#include "abi/stat.h"
#include "fs/proc/proc.h"
#include "mm/slab.h"

static void
show(struct pbuf *b, size_t n, const struct lock_view *v)
{
	pbuf_printf(b, "%lu: %-6s ADVISORY  %s %d %02x:%02x:%lu %ld ", (ulong)n, v->kind, v->write ? "WRITE" : "READ",
		    v->pid, ABI_DEV_MAJOR(v->dev), ABI_DEV_MINOR(v->dev), (ulong)v->ino, (long)v->start);
	if (v->end == LOCK_TO_END)
		pbuf_printf(b, "EOF\n");
	else
		pbuf_printf(b, "%ld\n", (long)v->end);
}

int
proc_locks_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct lock_view *v = NULL;
	size_t room = 0, have;

	while ((have = locks_look(v, room)) > room) {
		kfree(v);
		room = have + have / 8;		/* some more may come before the next look */
		v = kmalloc(room * sizeof(*v), GFP_KERNEL);
		if (!v)
			return -ENOMEM;
	}
	for (size_t i = 0; i < have; i++)
		show(b, i + 1, &v[i]);
	kfree(v);
	return 0;
}
