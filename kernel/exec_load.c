/*
 * exec_load.c - an ELF program's segments become areas of a new address space.
 *
 * Nothing of the file is read here but its headers: pages come from the page cache when
 * the program touches them.  A segment's memory beyond its file bytes is zero: whole pages
 * of it are anonymous; the rest of its last file page is cleared once the space is live.
 *
 *	       page       filesz              memsz
 *	|........[==========|000000]|000000000000]......|
 *	 \______ file, private ____/ \__ anonymous ____/
 *
 * Not here    whether the headers make sense (lib/elf.c).
 */
#include "abi/errno.h"
#include "abi/mman.h"
#include "fs/vfs.h"
#include "kernel/exec_private.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

int
program_check(struct program *p, const void *head, size_t n)
{
	const struct elf64_ehdr *h = head;
	u64 phoff, phsize;
	void *buf;
	ssize_t got;
	int err;

	if (n < sizeof(*h))
		return -ENOEXEC;
	err = elf_check_header(h, &phoff, &phsize);
	if (err)
		return err;
	if (phoff <= n && phsize <= n - phoff && phoff % 8 == 0)
		return elf_check_phdrs(h, (const u8 *)head + phoff, USER_TOP, &p->img);
	if (phoff > (u64)1 << 62)
		return -ENOEXEC;
	buf = kmalloc(phsize, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	got = file_read_kernel(p->file, buf, phsize, phoff);
	if (got < 0)
		err = got;
	else if ((u64)got < phsize)
		err = -ENOEXEC;
	else
		err = elf_check_phdrs(h, buf, USER_TOP, &p->img);
	kfree(buf);
	return err;
}

static u32
segment_flags(const struct elf_segment *s)
{
	u32 flags = VM_MAYWRITE;

	if (s->flags & PF_R)
		flags |= VM_READ;
	if (s->flags & PF_W)
		flags |= VM_READ | VM_WRITE;
	if (s->flags & PF_X)
		flags |= VM_EXEC;
	return flags;
}

static int
map_segment(struct mm *mm, const struct program *p, const struct elf_segment *s)
{
	u64 start = p->bias + (s->vaddr & PAGE_MASK);
	u64 file_end = s->filesz ? PAGE_ALIGN(p->bias + s->vaddr + s->filesz) : start;
	u64 end = PAGE_ALIGN(p->bias + s->vaddr + s->memsz);
	u32 flags = segment_flags(s);
	long at;

	if (file_end > start) {
		at = mm_map(mm, start, file_end - start, flags, MAP_PRIVATE | MAP_FIXED, p->file,
			    s->offset >> PAGE_SHIFT);
		if (at < 0)
			return at;
	}
	if (end > file_end) {
		at = mm_map(mm, file_end, end - file_end, flags, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, NULL, 0);
		if (at < 0)
			return at;
	}
	return 0;
}

static int
map_program(struct mm *mm, const struct program *p)
{
	u32 i;
	int err = 0;

	for (i = 0; !err && i < p->img.nsegs; i++)
		err = map_segment(mm, p, &p->img.seg[i]);
	return err;
}

/* For /proc: the program's first and last code and data byte; and where its heap starts. */
static void
note_extent(struct exec *x)
{
	const struct elf_segment *s;
	struct mm *mm = x->mm;
	u64 start;

	mm->start_code = ~0UL;
	for (s = x->prog.img.seg; s < x->prog.img.seg + x->prog.img.nsegs; s++) {
		start = x->prog.bias + s->vaddr;
		mm->start_code = MIN(mm->start_code, start);
		if (s->flags & PF_X)
			mm->end_code = start + s->filesz;
		mm->start_data = start;
		mm->end_data = start + s->filesz;
	}
	x->brk = mm_place_heap(mm, x->prog.bias + x->prog.img.high);
}

int
exec_map(struct exec *x)
{
	struct program *prog = &x->prog, *interp = &x->interp;
	struct mm *mm = x->mm;
	u64 span;
	long at;
	int err;

	if (prog->img.dynamic)
		prog->bias = mm_place_program(mm) - prog->img.low;
	if (prog->bias + prog->img.high > mm->mmap_top)
		return -ENOEXEC;		/* it would lie where the stack is */
	err = map_program(mm, prog);
	if (err)
		return err;
	x->entry = prog->bias + prog->img.entry;
	note_extent(x);
	if (!interp->file)
		return 0;

	/* Find room for the interpreter as a whole, then map its segments there. */
	if (!interp->img.dynamic)
		return -ELIBBAD;
	span = interp->img.high - interp->img.low;
	at = mm_map(mm, 0, span, 0, MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
	if (at < 0)
		return at;
	err = mm_unmap(mm, at, span);
	if (err)
		return err;
	interp->bias = at - interp->img.low;
	x->entry = interp->bias + interp->img.entry;
	return map_program(mm, interp);
}

static int
clear_tails(const struct program *p)
{
	const struct elf_segment *s;
	u64 end;
	int err = 0;

	for (s = p->img.seg; !err && s < p->img.seg + p->img.nsegs; s++) {
		end = p->bias + s->vaddr + s->filesz;
		/* A read-only segment's tail cannot be written, and nobody expects zeros there. */
		if (s->filesz && s->memsz > s->filesz && (s->flags & PF_W) && PAGE_OFFSET(end))
			err = clear_user(UPTR(end), PAGE_ALIGN(end) - end);
	}
	return err;
}

int
exec_clear_bss(const struct exec *x)
{
	int err = clear_tails(&x->prog);

	return err || !x->interp.file ? err : clear_tails(&x->interp);
}
