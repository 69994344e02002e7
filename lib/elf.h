/*
 * elf.h - checking an ELF executable's headers before anybody trusts them.
 *
 * Pure: takes bytes, returns a description.  kernel/exec.c maps what it says.
 * Source: System V ABI, ch. 4-5; RISC-V ELF psABI.
 */
#ifndef LIB_ELF_H
#define LIB_ELF_H

#include "abi/elf.h"
#include "lib/types.h"

#define ELF_MAX_SEGMENTS	16	/* PT_LOADs taken */
#define ELF_MAX_PHDRS_SIZE	4096	/* as Linux: the table fits a page */

struct elf_image {
	u64	entry;			/* as in the file: add the load bias */
	bool	dynamic;		/* ET_DYN: may be loaded anywhere */
	bool	exec_stack;		/* PT_GNU_STACK asks for an executable stack */
	u64	low, high;		/* page-aligned span of all segments */
	u64	phdr_vaddr;		/* where the program headers will be in memory, 0 if not loaded */
	u16	phnum;
	u64	interp_off, interp_len;	/* PT_INTERP in the file; len 0 if none */
	u32	nsegs;
	struct elf_segment {
		u64	vaddr, filesz, memsz, offset;	/* vaddr and offset agree modulo the page */
		u32	flags;			/* PF_R PF_W PF_X */
	} seg[ELF_MAX_SEGMENTS];	/* ascending, not overlapping */
};

/* Check the file header alone: 0, or -ENOEXEC. *phoff and *phsize say what to read next. */
int	elf_check_header(const struct elf64_ehdr *h, u64 *phoff, u64 *phsize);
/* Check the program headers (phsize bytes). limit: first address past user space. 0, -ENOEXEC or -EINVAL. */
int	elf_check_phdrs(const struct elf64_ehdr *h, const void *phdrs, u64 limit, struct elf_image *out);

#endif
