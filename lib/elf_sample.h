/* elf_sample.h - the headers of a dynamic program with two segments, for the test and the fuzzer. */
#ifndef LIB_ELF_SAMPLE_H
#define LIB_ELF_SAMPLE_H

#include "abi/elf.h"
#include "lib/host_test.h"

#define SAMPLE_PHDRS	5

struct elf_sample {
	struct elf64_ehdr h;
	struct elf64_phdr ph[SAMPLE_PHDRS];
};

static inline struct elf_sample
elf_sample_build(void)
{
	return (struct elf_sample){
		.h = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_DYN, .e_machine = EM_RISCV, .e_version = EV_CURRENT,
			.e_entry = 0x1234, .e_phoff = 64, .e_ehsize = 64, .e_phentsize = 56,
			.e_phnum = SAMPLE_PHDRS,
		},
		.ph = {
			{ PT_PHDR, PF_R, 64, 0x40, 0x40, 280, 280, 8 },
			{ PT_INTERP, PF_R, 0x158, 0x158, 0x158, 0x21, 0x21, 1 },
			{ PT_LOAD, PF_R | PF_X, 0, 0, 0, 0x2345, 0x2345, 0x1000 },
			{ PT_LOAD, PF_R | PF_W, 0x2df0, 0x3df0, 0x3df0, 0x280, 0x1500, 0x1000 },
			{ PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16 },
		},
	};
}

#endif
