/*
 * elf.c - checking an ELF executable's headers.
 *
 * What is accepted: 64-bit little-endian RISC-V, ET_EXEC or ET_DYN, PT_LOADs in
 * ascending order that share no page.  Every sum below is checked for overflow
 * before it is used, since all its terms come from the file.
 *
 * Not here    does the file really hold those bytes; mapping it (kernel/exec.c).
 */
#include "lib/elf.h"
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "lib/string.h"

int
elf_check_header(const struct elf64_ehdr *h, u64 *phoff, u64 *phsize)
{
	u64 size = (u64)h->e_phnum * sizeof(struct elf64_phdr), end;

	if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return -ENOEXEC;
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return -ENOEXEC;
	if (h->e_machine != EM_RISCV)
		return -ENOEXEC;
	if (h->e_phentsize != sizeof(struct elf64_phdr))
		return -ENOEXEC;
	if (size == 0 || size > ELF_MAX_PHDRS_SIZE)
		return -ENOEXEC;
	if (__builtin_add_overflow(h->e_phoff, size, &end) || end > INT64_MAX)
		return -ENOEXEC;

	*phoff = h->e_phoff;
	*phsize = size;
	return 0;
}

/* Add one PT_LOAD to the image. 0 or -ENOEXEC. */
static int
add_segment(const struct elf64_phdr *ph, u64 limit, struct elf_image *out)
{
	u64 end, page_end, file_end;

	if (ph->p_memsz == 0)
		return 0;
	if (out->nsegs == ELF_MAX_SEGMENTS || ph->p_filesz > ph->p_memsz)
		return -ENOEXEC;
	if (__builtin_add_overflow(ph->p_vaddr, ph->p_memsz, &end) || end > limit)
		return -ENOEXEC;
	page_end = PAGE_ALIGN(end);
	if (page_end < end || page_end > limit)
		return -ENOEXEC;
	if (__builtin_add_overflow(ph->p_offset, ph->p_filesz, &file_end) || file_end > INT64_MAX)
		return -ENOEXEC;
	if (ph->p_filesz > 0 && PAGE_OFFSET(ph->p_vaddr) != PAGE_OFFSET(ph->p_offset))
		return -ENOEXEC;

	if (out->nsegs == 0)
		out->low = ph->p_vaddr & PAGE_MASK;
	else if ((ph->p_vaddr & PAGE_MASK) < out->high)
		return -ENOEXEC;
	out->high = page_end;
	out->seg[out->nsegs++] = (struct elf_segment){
		.vaddr = ph->p_vaddr,
		.filesz = ph->p_filesz,
		.memsz = ph->p_memsz,
		.offset = ph->p_offset,
		.flags = ph->p_flags & (PF_R | PF_W | PF_X),
	};
	return 0;
}

/* Where the program headers come to lie: in the segment whose bytes from the file include them. */
static u64
find_phdrs(const struct elf64_ehdr *h, const struct elf_image *image)
{
	u64 size = (u64)h->e_phnum * sizeof(struct elf64_phdr);

	for (u32 i = 0; i < image->nsegs; i++) {
		const struct elf_segment *s = &image->seg[i];

		if (h->e_phoff >= s->offset && h->e_phoff - s->offset <= s->filesz &&
		    size <= s->filesz - (h->e_phoff - s->offset))
			return s->vaddr + (h->e_phoff - s->offset);
	}
	return 0;
}

int
elf_check_phdrs(const struct elf64_ehdr *h, const void *phdrs, u64 limit, struct elf_image *out)
{
	struct elf_image image = {
		.entry = h->e_entry,
		.dynamic = h->e_type == ET_DYN,
		.phnum = h->e_phnum,
	};
	int err;

	for (u16 i = 0; i < h->e_phnum; i++) {
		struct elf64_phdr ph;

		memcpy(&ph, (const u8 *)phdrs + i * sizeof(ph), sizeof(ph));
		switch (ph.p_type) {
		case PT_LOAD:
			err = add_segment(&ph, limit, &image);
			if (err)
				return err;
			break;
		case PT_INTERP:
			if (image.interp_len)
				break;		/* the first counts, as in Linux */
			if (ph.p_filesz < 2 || ph.p_filesz > PATH_MAX)
				return -ENOEXEC;
			if (ph.p_offset > (u64)INT64_MAX - PATH_MAX)
				return -EINVAL;
			image.interp_off = ph.p_offset;
			image.interp_len = ph.p_filesz;
			break;
		case PT_GNU_STACK:
			image.exec_stack = ph.p_flags & PF_X;
			break;
		}
	}
	if (image.nsegs == 0)
		return -ENOEXEC;
	if (image.entry >= limit)
		return -EINVAL;
	image.phdr_vaddr = find_phdrs(h, &image);
	*out = image;
	return 0;
}
