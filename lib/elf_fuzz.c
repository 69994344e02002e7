/* elf_fuzz.c [count [seed]] - what elf.c accepts keeps its promises, whatever the headers say. */
#include "lib/elf.h"
#include "lib/elf_sample.h"
#include "lib/host_fuzz.h"

#define COUNT	300000
#define LIMIT	0x4000000000UL

/* The promises of struct elf_image, on which kernel/exec.c relies. */
static void
check_image(const struct elf_image *image)
{
	u64 last = 0;

	CHECK(image->nsegs >= 1 && image->nsegs <= ELF_MAX_SEGMENTS);
	CHECK(image->entry < LIMIT && image->high <= LIMIT && image->low < image->high);
	CHECK(image->low % PAGE_SIZE == 0 && image->high % PAGE_SIZE == 0);
	CHECK(image->interp_len <= 4096 && image->interp_off + image->interp_len <= INT64_MAX);
	for (u32 i = 0; i < image->nsegs; i++) {
		const struct elf_segment *s = &image->seg[i];

		CHECK(s->filesz <= s->memsz && s->memsz > 0);
		CHECK(s->vaddr + s->memsz <= image->high && s->vaddr >= image->low);
		CHECK((s->vaddr & PAGE_MASK) >= last);
		CHECK(s->filesz == 0 || (s->vaddr - s->offset) % PAGE_SIZE == 0);
		CHECK(s->offset + s->filesz <= INT64_MAX);
		CHECK((s->flags & ~(PF_R | PF_W | PF_X)) == 0);
		last = PAGE_ALIGN(s->vaddr + s->memsz);
	}
}

int
main(int argc, char **argv)
{
	struct fuzz fuzz = fuzz_begin(argc, argv, COUNT);
	struct elf_sample sample = elf_sample_build();
	u64 accepted = 0, total = fuzz.count;

	for (; fuzz.count > 0; fuzz.count--) {
		struct elf64_ehdr h;
		struct elf_image image;
		u64 off, size;
		size_t n;
		u8 *file = fuzz_mutate(&fuzz, (const u8 *)&sample, sizeof(sample), &n), *table;

		if (n >= sizeof(h)) {
			__builtin_memcpy(&h, file, sizeof(h));
			if (elf_check_header(&h, &off, &size) == 0 && off <= n && size <= n - off) {
				table = host_copy(file + off, size);
				if (elf_check_phdrs(&h, table, LIMIT, &image) == 0) {
					accepted++;
					check_image(&image);
				}
				free(table);
			}
		}
		free(file);
	}
	return fuzz_end(accepted, total) || host_failures;
}
