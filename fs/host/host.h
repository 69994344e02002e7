/*
 * host.h - the kernel's file-system code as a program of the build machine: what its tests use.
 *
 *	int main(int argc, char **argv)
 *	{
 *		host_boot(argc, argv);		// main is now a kernel thread: call the kernel's functions
 *		dev = host_disk_new("vda", 8 * MiB);
 *		...
 *		return host_end();
 *	}
 *
 * Everything that happens is decided by the seed (-s N on the command line, host_seed()): who
 * runs next, when a task is preempted, when and in which order the disk answers.  The same seed
 * gives the same run.
 */
#ifndef FS_HOST_HOST_H
#define FS_HOST_HOST_H

#include <stdio.h>
#include <stdlib.h>
#include "drivers/block/block.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "lib/types.h"

struct host_disk;

/* ---- machine.c: tasks and time ---- */
/* Options: -s SEED, -v (printk to stderr; else only levels ERR and worse), -q (none at all). */
void	host_boot(int argc, char **argv);
/* Exit status for main: 1 if any HOST_CHECK failed. */
int	host_end(void);
void	host_seed(u64 seed);		/* another sequence of choices from here on */
u64	host_random(void);		/* the machine's own sequence */
static inline u64 host_below(u64 n) { return host_random() % n; }
/* A kernel thread that calls fn(arg); host_join waits for its end and frees it. */
struct task *host_spawn(const char *name, void (*fn)(void *), void *arg);
void	host_join(struct task *t);
void	host_sleep(u64 ns);		/* virtual time */
/* A task is preempted about every n-th time that it could be; 0: never. 60 at first. */
void	host_preempt(uint n);

#define HOST_CHECK(cond) \
	((cond) ? (void)0 : host_failed(__FILE__, __LINE__, #cond))
void	host_failed(const char *file, int line, const char *what);
extern int host_failures;

/* ---- memory.c ---- */
/* The nth allocation from now fails, and every `every`-th after it (0: only that one). n 0: none. */
void	host_alloc_fail(ulong n, ulong every);
ulong	host_allocs(void);		/* allocations that could have failed, so far */
ulong	host_frames_used(void);

/* ---- disk.c: a disk in memory that remembers ---- */
struct block_device *host_disk_new(const char *name, u64 bytes);	/* zeros; "" for name: one is made up */
struct block_device *host_disk_load(const char *name, const char *path);
void	host_disk_save(struct block_device *dev, const char *path);
struct block_device *host_disk_copy(struct block_device *dev);		/* as it is now, recorded from here */
void	host_disk_free(struct block_device *dev);
void	*host_disk_bytes(struct block_device *dev);			/* its contents, behind the kernel's back */
/* Make a file system: mke2fs's arguments before the file and size, as the shell splits them. */
struct block_device *host_mke2fs(const char *args, u64 bytes);
/*
 * Run `command FILE` with the contents in a file: its exit status. Output only if it is not
 * `want` (-1: never).
 */
int	host_disk_run(struct block_device *dev, const char *command, int want);

/* The same, and the file's contents become the disk's, unrecorded. */
int	host_disk_change(struct block_device *dev, const char *command);
/* The last command's output, until the next. */
extern char *host_output;

#define HOST_DISK_INSTANT	BIT(0)	/* every bio is done before bio_submit returns */
#define HOST_DISK_ORDERED	BIT(1)	/* completions in order of submission */
void	host_disk_set(struct block_device *dev, uint flags);
/*
 * The nth bio (1: the next) of kind op from now on fails with -EIO; times: so many in a row, 0:
 * for ever. n 0: none.
 */
void	host_disk_fail(struct block_device *dev, enum bio_op op, ulong n, ulong times);
/* So many bios were submitted; PREFLUSH and FUA count as flushes, too. */
ulong	host_disk_count(struct block_device *dev, enum bio_op op);

/*
 * The record: every write's submission and end, every flush.  A crash state at `cut`
 * (0..host_disk_events) has all that a flush before it made durable, and of every later write any
 * sectors, as `seed` decides (0: all of them, whole).
 */
ulong	host_disk_events(struct block_device *dev);
struct block_device *host_disk_crash(struct block_device *dev, ulong cut, u64 seed);
void	host_disk_forget(struct block_device *dev);	/* the state now is durable, the record empty */

#endif
