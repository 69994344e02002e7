/*
 * pid_mm.c - /proc/PID/{maps,statm,cmdline,environ,auxv}: a process's memory, described.
 *
 * Locks       mm->lock for reading while areas are walked; the address space is held by a
 *             temporary user, so it may outlive its process for the length of one read.
 */
#include "abi/errno.h"
#include "fs/proc/proc.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define ARGS_MAX	(2 * MiB)	/* more than exec allows */

/* Linux names these areas, and programs look for the names. */
static const char *
area_label(const struct mm *mm, const struct area *a)
{
	if (a->file)
		return NULL;
	if (a->flags & VM_IO)
		return a->pgoff ? "[vdso]" : "[vvar]";
	if (a->start < mm->brk && a->end > mm->brk_start)
		return "[heap]";
	if (a->start <= mm->start_stack && mm->start_stack <= a->end)
		return "[stack]";
	return NULL;
}

void
proc_put_area(struct pbuf *b, const struct mm *mm, const struct area *a, char *page)
{
	struct inode *i = a->file ? a->file->inode : NULL;
	u32 dev = i ? i->sb->dev : 0;
	const char *label = area_label(mm, a);
	size_t from = b->len;

	pbuf_printf(b, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", (ulong)a->start, (ulong)a->end,
		    a->flags & VM_READ ? 'r' : '-', a->flags & VM_WRITE ? 'w' : '-',
		    a->flags & VM_EXEC ? 'x' : '-', a->flags & VM_SHARED ? 's' : 'p',
		    (ulong)(a->file ? a->pgoff << PAGE_SHIFT : 0), (uint)ABI_DEV_MAJOR(dev), (uint)ABI_DEV_MINOR(dev),
		    i ? (ulong)i->ino : 0UL);
	if (label) {
		pbuf_pad(b, from, PROC_NAME_COLUMN);
		pbuf_printf(b, "%s", label);
	} else if (a->file && a->file->path.dentry) {
		ssize_t len = proc_path_text(&a->file->path, page, PAGE_SIZE);

		pbuf_pad(b, from, PROC_NAME_COLUMN);
		if (len > 0)
			pbuf_put(b, page, len);
	}
	pbuf_putc(b, '\n');
}

int
proc_maps_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	char *page;

	if (!mm)
		return 0;
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page) {
		mm_put(mm);
		return -ENOMEM;
	}
	rwsem_lock_read(&mm->lock);
	for (struct rb_node *r = rb_first(&mm->areas); r; r = rb_next(r))
		proc_put_area(b, mm, rb_entry(r, struct area, node), page);
	rwsem_unlock_read(&mm->lock);
	kfree(page);
	mm_put(mm);
	return 0;
}

int
proc_statm_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	struct mm_usage u = { 0 };

	if (mm) {
		mm_usage(mm, &u);
		mm_put(mm);
	}
	pbuf_printf(b, "%lu %lu %lu %lu 0 %lu 0\n", (ulong)u.size, (ulong)u.rss, (ulong)u.shared,
		    (ulong)u.text, (ulong)(u.data + u.stack));
	return 0;
}

/* Bytes [start, end) of mm's memory, as far as they can be read. */
static int
put_memory(struct pbuf *b, struct mm *mm, u64 start, u64 end)
{
	char *page;

	if (end <= start)
		return 0;
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	end = MIN(end, start + ARGS_MAX);
	while (start < end) {
		size_t want = MIN(end - start, PAGE_SIZE);
		size_t got = copy_from_mm(mm, page, start, want);

		pbuf_put(b, page, got);
		start += got;
		if (got < want)
			break;
	}
	kfree(page);
	return 0;
}

/* A program may write a longer title over its arguments and into its environment. */
int
proc_cmdline_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	int err;

	if (!mm)
		return 0;
	err = put_memory(b, mm, mm->arg_start, mm->arg_end);
	if (!err && b->len && !b->failed && b->buf[b->len - 1] && mm->env_start == mm->arg_end) {
		char *nul;

		err = put_memory(b, mm, mm->env_start, mm->env_end);
		nul = b->failed ? NULL : memchr(b->buf, '\0', b->len);
		if (nul)
			b->len = nul + 1 - b->buf;
	}
	mm_put(mm);
	return err;
}

int
proc_environ_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	int err;

	if (!mm)
		return 0;
	err = put_memory(b, mm, mm->env_start, mm->env_end);
	mm_put(mm);
	return err;
}

/* Pairs of words up to and with the one of type AT_NULL. */
int
proc_auxv_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct mm *mm = task_mm_get(t);
	size_t words = 0;

	if (!mm)
		return 0;
	while (words + 2 < ARRAY_SIZE(mm->auxv) && mm->auxv[words])
		words += 2;
	pbuf_put(b, (const char *)mm->auxv, (words + 2) * sizeof(mm->auxv[0]));
	mm_put(mm);
	return 0;
}
