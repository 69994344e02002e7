/*
 * auxv.c - what a program finds on its stack: arguments, environment, and the auxiliary vector.
 *
 *	stack_top	8 zero bytes
 *			program's name, environment strings, argument strings
 *			up to a page left out at random; 16 random bytes (AT_RANDOM)
 *			auxv: pairs of type and value, AT_NULL
 *			envp[], NULL
 *			argv[], NULL
 *	sp (16-aligned)	argc
 *
 * Further     RISC-V ELF psABI; System V ABI, "Process Initialization"; getauxval(3).
 */
#include "abi/auxv.h"
#include "abi/errno.h"
#include "abi/time.h"
#include "arch/cpu.h"
#include "kernel/exec_private.h"
#include "kernel/random.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define AUXV_MAX	28			/* entries, AT_NULL too */
#define RANDOM_BYTES	16
#define SIGFRAME_SIZE	sizeof(struct abi_rt_sigframe)

/* The vector for x, in Linux's order; random and execfn are user addresses. Number of entries. */
static int
auxv_fill(struct abi_auxv *v, const struct exec *x, u64 random, u64 execfn)
{
	const struct elf_image *img = &x->prog.img;
	const struct task *t = current;
	const struct abi_auxv all[] = {
		{ AT_SYSINFO_EHDR, x->mm->vdso },
		{ AT_L1I_CACHESIZE, 0 }, { AT_L1I_CACHEGEOMETRY, 0 },
		{ AT_L1D_CACHESIZE, 0 }, { AT_L1D_CACHEGEOMETRY, 0 },
		{ AT_L2_CACHESIZE, 0 }, { AT_L2_CACHEGEOMETRY, 0 }, { AT_L3_CACHESIZE, 0 }, { AT_L3_CACHEGEOMETRY, 0 },
		{ AT_MINSIGSTKSZ, SIGFRAME_SIZE },
		{ AT_HWCAP, cpu_hwcap() },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, ABI_CLK_TCK },
		{ AT_PHDR, img->phdr_vaddr ? x->prog.bias + img->phdr_vaddr : 0 },
		{ AT_PHENT, sizeof(struct elf64_phdr) },
		{ AT_PHNUM, img->phnum },
		{ AT_BASE, x->interp.file ? x->interp.bias + x->interp.img.low : 0 },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, x->prog.bias + img->entry },
		{ AT_UID, t->uid },
		{ AT_EUID, t->euid },
		{ AT_GID, t->gid },
		{ AT_EGID, t->egid },
		{ AT_SECURE, x->secure },
		{ AT_RANDOM, random },
		{ AT_EXECFN, execfn },
		{ AT_NULL, 0 },
	};

	static_assert(ARRAY_SIZE(all) <= AUXV_MAX, "AUXV_MAX");
	static_assert(sizeof(all) <= sizeof(x->mm->auxv), "room in struct mm");
	memcpy(v, all, sizeof(all));
	return ARRAY_SIZE(all);
}

/* Fill v with the addresses of n strings that lie at s in the kernel and at `at` in user memory; then NULL. */
static u64 *
fill_pointers(u64 *v, int n, const char **s, u64 *at)
{
	size_t len;

	while (n--) {
		*v++ = *at;
		len = strlen(*s) + 1;
		*s += len;
		*at += len;
	}
	*v++ = 0;
	return v;
}

int
exec_write_stack(struct exec *x)
{
	struct strings *args = &x->args;
	struct mm *mm = x->mm;
	const char *s = args->buf;
	size_t words = 1 + args->argc + 1 + args->envc + 1 + AUXV_MAX * 2;
	u64 strings, random, at, *v, *p;
	u8 bytes[RANDOM_BYTES];
	int n, err;

	strings = mm->stack_top - sizeof(u64) - args->bytes;
	random = (strings - RANDOM_BYTES - mm_place_arguments(mm)) & ~15UL;
	v = words * sizeof(u64) <= PAGE_SIZE ? page_alloc(GFP_KERNEL) : kmalloc(words * sizeof(u64), GFP_KERNEL);
	if (!v)
		return -ENOMEM;

	/* From the top: strings, random bytes, and the vectors below them. */
	err = copy_to_user(UPTR(strings), args->buf, args->bytes);
	if (err)
		goto out;
	random_bytes(bytes, sizeof(bytes));
	err = copy_to_user(UPTR(random), bytes, sizeof(bytes));
	if (err)
		goto out;

	at = strings;
	mm->arg_start = at;
	p = v;
	*p++ = args->argc;
	p = fill_pointers(p, args->argc, &s, &at);
	mm->arg_end = mm->env_start = at;
	p = fill_pointers(p, args->envc, &s, &at);
	mm->env_end = at;
	n = auxv_fill((struct abi_auxv *)p, x, random, at);
	memcpy(mm->auxv, p, n * sizeof(struct abi_auxv));
	p += n * 2;
	x->sp = (random - (p - v) * sizeof(u64)) & ~15UL;
	mm->start_stack = x->sp;
	err = copy_to_user(UPTR(x->sp), v, (p - v) * sizeof(u64));
out:
	if (words * sizeof(u64) <= PAGE_SIZE)
		page_free(v);
	else
		kfree(v);
	return err;
}
