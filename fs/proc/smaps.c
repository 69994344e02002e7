/*
 * smaps.c - /proc/PID/smaps and smaps_rollup: what each area of a process has in memory, and all of them together.
 *
 * Locks       as pid_mm.c.
 * Further     proc_pid_smaps(5).
 */
#include "abi/errno.h"
#include "fs/proc/proc.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define KB(pages)	((ulong)(pages) * (PAGE_SIZE / 1024))
#define PSS_KB(pss)	((ulong)((pss) >> PSS_SHIFT) / 1024)

static void
put_usage(struct pbuf *b, const struct area_usage *u)
{
	const struct { const char *name; ulong kb; } rows[] = {
		{ "Rss:", KB(u->rss) }, { "Pss:", PSS_KB(u->pss) }, { "Pss_Dirty:", PSS_KB(u->pss_dirty) },
		{ "Shared_Clean:", KB(u->shared_clean) }, { "Shared_Dirty:", KB(u->shared_dirty) },
		{ "Private_Clean:", KB(u->private_clean) }, { "Private_Dirty:", KB(u->private_dirty) },
		{ "Referenced:", KB(u->rss) }, { "Anonymous:", KB(u->anon) }, { "KSM:", 0 }, { "LazyFree:", 0 },
		{ "AnonHugePages:", 0 }, { "ShmemPmdMapped:", 0 }, { "FilePmdMapped:", 0 }, { "Shared_Hugetlb:", 0 },
		{ "Private_Hugetlb:", 0 }, { "Swap:", 0 }, { "SwapPss:", 0 }, { "Locked:", PSS_KB(u->pss_locked) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		pbuf_printf(b, "%-16s%8lu kB\n", rows[i].name, rows[i].kb);
}

/* Two letters for each flag, as Linux has them; reading and executing may be allowed to any area. */
static void
put_flags(struct pbuf *b, u32 flags)
{
	static const struct { u32 flag; const char *name; } letters[] = {
		{ VM_READ, "rd" }, { VM_WRITE, "wr" }, { VM_EXEC, "ex" }, { VM_SHARED, "sh" }, { 0, "mr" },
		{ VM_MAYWRITE, "mw" }, { 0, "me" }, { VM_SHARED, "ms" }, { VM_GROWSDOWN, "gd" },
		{ VM_LOCKED, "lo" }, { VM_LOCKONFAULT, "lf" }, { VM_DONTCOPY, "dc" },
		{ VM_ACCOUNT, "ac" }, { VM_NORESERVE, "nr" }, { VM_WIPEONFORK, "wf" },
	};

	pbuf_printf(b, "VmFlags: ");
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (!letters[i].flag || (flags & letters[i].flag))
			pbuf_printf(b, "%s ", letters[i].name);
	pbuf_putc(b, '\n');
}

static void
put_area(struct pbuf *b, struct mm *mm, const struct area *a, char *page) MUST_HOLD_SHARED(mm->lock)
{
	ulong kb = (a->end - a->start) / 1024;
	struct area_usage u = { 0 };

	area_usage(mm, a, &u);
	proc_put_area(b, mm, a, page);
	pbuf_printf(b, "%-16s%8lu kB\n%-16s%8lu kB\n%-16s%8lu kB\n", "Size:", kb, "KernelPageSize:", PAGE_SIZE / 1024,
		    "MMUPageSize:", PAGE_SIZE / 1024);
	put_usage(b, &u);
	pbuf_printf(b, "THPeligible:           0\n");
	put_flags(b, a->flags);
}

int
proc_smaps_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	char *page;

	if (!mm)
		return 0;
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (page) {
		rwsem_lock_read(&mm->lock);
		for (struct rb_node *r = rb_first(&mm->areas); r; r = rb_next(r))
			put_area(b, mm, rb_entry(r, struct area, node), page);
		rwsem_unlock_read(&mm->lock);
		kfree(page);
	}
	mm_put(mm);
	return page ? 0 : -ENOMEM;
}

int
proc_smaps_rollup_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	struct area_usage u = { 0 };
	u64 start = 0, end = 0;
	struct area *a;

	if (!mm)
		return -ESRCH;
	rwsem_lock_read(&mm->lock);
	for (struct rb_node *r = rb_first(&mm->areas); r; r = rb_next(r)) {
		a = rb_entry(r, struct area, node);
		if (!end)
			start = a->start;
		end = a->end;
		area_usage(mm, a, &u);
	}
	rwsem_unlock_read(&mm->lock);
	mm_put(mm);
	pbuf_printf(b, "%08lx-%08lx ---p 00000000 00:00 0 ", (ulong)start, (ulong)end);
	pbuf_pad(b, 0, PROC_NAME_COLUMN);
	pbuf_printf(b, "[rollup]\n");
	put_usage(b, &u);
	return 0;
}
