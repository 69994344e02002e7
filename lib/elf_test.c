/* elf_test.c - a good program is described as it is, and each kind of bad one is refused. */
#include "abi/errno.h"
#include "lib/elf.h"
#include "lib/elf_sample.h"
#include "lib/host_test.h"

#define LIMIT	0x4000000000UL

/* Both checks, as exec does them. */
static int
check(const struct elf_sample *s, struct elf_image *image)
{
	u64 off, size;
	int err = elf_check_header(&s->h, &off, &size);

	if (err)
		return err;
	CHECK_EQ(off, s->h.e_phoff);
	CHECK_EQ(size, s->h.e_phnum * 56);
	return elf_check_phdrs(&s->h, s->ph, LIMIT, image);
}

static void
test_good(void)
{
	struct elf_sample s = elf_sample_build();
	struct elf_image i;

	CHECK_EQ(check(&s, &i), 0);
	CHECK_EQ(i.entry, 0x1234);
	CHECK(i.dynamic);
	CHECK(!i.exec_stack);
	CHECK_EQ(i.low, 0);
	CHECK_EQ(i.high, 0x6000);
	CHECK_EQ(i.phdr_vaddr, 64);
	CHECK_EQ(i.phnum, 5);
	CHECK_EQ(i.interp_off, 0x158);
	CHECK_EQ(i.interp_len, 0x21);
	CHECK_EQ(i.nsegs, 2);
	CHECK_EQ(i.seg[0].flags, PF_R | PF_X);
	CHECK_EQ(i.seg[1].vaddr, 0x3df0);
	CHECK_EQ(i.seg[1].offset, 0x2df0);
	CHECK_EQ(i.seg[1].filesz, 0x280);
	CHECK_EQ(i.seg[1].memsz, 0x1500);

	s.h.e_type = ET_EXEC;
	s.ph[4].p_flags |= PF_X;
	s.ph[3].p_filesz = 0;		/* only bss: its offset means nothing */
	s.ph[3].p_offset = 1;
	s.ph[2].p_offset = 0x1000;	/* the headers are in no segment now */
	CHECK_EQ(check(&s, &i), 0);
	CHECK(!i.dynamic);
	CHECK(i.exec_stack);
	CHECK_EQ(i.phdr_vaddr, 0);

	s.ph[3].p_memsz = 0;		/* an empty segment is none */
	CHECK_EQ(check(&s, &i), 0);
	CHECK_EQ(i.nsegs, 1);
}

#define REFUSED(change, err) do { \
	struct elf_sample s = elf_sample_build(); \
	struct elf_image i = { .entry = 99 }; \
	change; \
	CHECK_EQ(check(&s, &i), err); \
	CHECK_EQ(i.entry, 99);	/* unwritten on failure */ \
} while (0)

static void
test_bad(void)
{
	REFUSED(s.h.e_ident[0] = 0, -ENOEXEC);
	REFUSED(s.h.e_ident[EI_CLASS] = 1, -ENOEXEC);
	REFUSED(s.h.e_ident[EI_DATA] = 2, -ENOEXEC);
	REFUSED(s.h.e_type = ET_REL, -ENOEXEC);
	REFUSED(s.h.e_type = ET_CORE, -ENOEXEC);
	REFUSED(s.h.e_machine = 62, -ENOEXEC);
	REFUSED(s.h.e_phentsize = 32, -ENOEXEC);
	REFUSED(s.h.e_phnum = 0, -ENOEXEC);
	REFUSED(s.h.e_phnum = 74, -ENOEXEC);
	REFUSED(s.h.e_phoff = ~0UL - 8, -ENOEXEC);
	REFUSED(s.h.e_phoff = 1UL << 63, -ENOEXEC);
	REFUSED(s.h.e_entry = LIMIT, -EINVAL);
	REFUSED(s.ph[2].p_type = s.ph[3].p_type = PT_NULL, -ENOEXEC);
	REFUSED(s.ph[3].p_filesz = 0x1501, -ENOEXEC);
	REFUSED(s.ph[3].p_offset++, -ENOEXEC);
	REFUSED(s.ph[3].p_offset = 0x8000000000000df0, -ENOEXEC);
	REFUSED(s.ph[3].p_offset = 0xfffffffffffffdf0, -ENOEXEC);
	REFUSED(s.ph[3].p_vaddr = LIMIT - 0x210, -ENOEXEC);
	REFUSED(s.ph[3].p_vaddr = 0xfffffffffffffdf0, -ENOEXEC);
	REFUSED(s.ph[3].p_memsz = ~0UL, -ENOEXEC);
	REFUSED(s.ph[3].p_vaddr = 0x2df0, -ENOEXEC);		/* shares a page with the first */
	REFUSED(s.ph[2].p_vaddr = 0x8000, -ENOEXEC);		/* descending */
	REFUSED(s.ph[1].p_filesz = 1, -ENOEXEC);
	REFUSED(s.ph[1].p_filesz = 4097, -ENOEXEC);
	REFUSED(s.ph[1].p_offset = ~0UL, -EINVAL);
}

/* More segments than the description has room for. */
static void
test_many(void)
{
	struct elf64_phdr ph[ELF_MAX_SEGMENTS + 1];
	struct elf_sample s = elf_sample_build();
	struct elf_image i;

	for (int k = 0; k <= ELF_MAX_SEGMENTS; k++)
		ph[k] = (struct elf64_phdr){ PT_LOAD, PF_R, 0, 0x1000 * k, 0, 0x1000, 0x1000, 0x1000 };
	s.h.e_phnum = ELF_MAX_SEGMENTS;
	CHECK_EQ(elf_check_phdrs(&s.h, ph, LIMIT, &i), 0);
	CHECK_EQ(i.nsegs, ELF_MAX_SEGMENTS);
	s.h.e_phnum = ELF_MAX_SEGMENTS + 1;
	CHECK_EQ(elf_check_phdrs(&s.h, ph, LIMIT, &i), -ENOEXEC);
}

int
main(void)
{
	test_good();
	test_bad();
	test_many();
	TEST_END();
}
