/*
 * exec_private.h - the stages of execve, each a file:
 *
 *	exec_script.c	which program: follows #! lines to an ELF file
 *	exec_args.c	argv and envp, out of the old address space
 *	exec_load.c	ELF segments into a new address space
 *	auxv.c		the new stack
 *	exec.c		the order of all this, and the point of no return
 */
#ifndef KERNEL_EXEC_PRIVATE_H
#define KERNEL_EXEC_PRIVATE_H

#include "lib/elf.h"
#include "lib/types.h"

struct file;
struct mm;

#define EXEC_HEAD	512	/* bytes of a file read to tell what it is; Linux looks at 256 */

/* argv then envp, NUL-terminated strings back to back, then the program's name. */
struct strings {
	int	argc, envc;
	size_t	argv_bytes;		/* of bytes: how many are argv's */
	size_t	bytes;
	size_t	size;			/* of buf */
	size_t	limit;			/* bytes and pointers together: more is -E2BIG */
	char	*buf;
};

/* An argv or envp as the caller has it. */
struct string_array {
	char	*const *kernel;		/* NULL: then user */
	uptr_t	user;			/* null: empty */
};

/* One ELF file: the program, or its interpreter. */
struct program {
	struct file *file;		/* counted, NULL: none */
	struct elf_image img;
	u64	bias;			/* address in memory - address in the file */
};

struct exec {
	const char *name;		/* as given to execve: comm, AT_EXECFN */
	char	*name_buf;		/* kmalloc'd, where it is; or NULL */
	int	dfd;			/* where path starts... */
	const char *path;		/* ...what to open: name, unless execveat was given a descriptor */
	uint	lookup;			/* LOOKUP_* for it */
	bool	hidden;			/* name will mean nothing to a script's interpreter: dfd closes on exec */
	struct program prog, interp;
	struct strings args;
	struct mm *mm;			/* the new address space until it is current's */
	u64	entry, sp;		/* where user mode starts */
	u64	brk;
	u32	personality;
	bool	secure;			/* set-user-ID or set-group-ID took effect */
};

/* --- exec_script.c --- */
/*
 * Open and check x->name: fills x->prog and x->interp. A script's interpreter line goes to x->args, followed by the
 * script's name, and *replaced says that the caller's argv[0] is not wanted.
 */
int	exec_find(struct exec *x, bool *replaced);
/* Open path to execute it: x bit, regular file, not on a noexec mount. ERR_PTR. */
struct file *exec_open(int dfd, const char *path, uint lookup);

/* --- exec_args.c --- */
int	strings_init(struct strings *s);	/* 0 or -ENOMEM */
void	strings_free(struct strings *s);
int	strings_add(struct strings *s, const char *str);	/* 0, -E2BIG, -ENOMEM */
/* Add all strings of a from number `skip` on; *count is raised by as many. 0, -EFAULT, -E2BIG, -ENOMEM. */
int	strings_add_array(struct strings *s, const struct string_array *a, int skip, int *count);

/* --- exec_load.c --- */
/* Read and check p->file's headers; head: its first n bytes. 0 or -errno. */
int	program_check(struct program *p, const void *head, size_t n);
/* Map both programs into x->mm; sets bias, entry and brk. 0 or -errno. */
int	exec_map(struct exec *x);
/* Zero what lies between the end of a file's data and the end of its page. x->mm is current's. 0 or -EFAULT. */
int	exec_clear_bss(const struct exec *x);

/* --- personality.c --- */
/* current's once it runs another program; sets_id: with other ids. */
u32	personality_after_exec(bool sets_id);

/* --- auxv.c --- */
/* Write strings and vectors on the new stack (x->mm is current's): sets x->sp. 0 or -errno. */
int	exec_write_stack(struct exec *x);

#endif
