/*
 * printk.h - the kernel's log: a ring read by dmesg, and the console.
 *
 * printk works from the first C function on, in any context.  Levels as syslog(3).
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include "lib/types.h"

#define KERN_EMERG	"\0010"
#define KERN_ERR	"\0013"
#define KERN_WARNING	"\0014"
#define KERN_NOTICE	"\0015"
#define KERN_INFO	"\0016"
#define KERN_DEBUG	"\0017"

void	printk(const char *fmt, ...) PRINTF_LIKE(1, 2);
#define pr_err(...)	printk(KERN_ERR __VA_ARGS__)
#define pr_warn(...)	printk(KERN_WARNING __VA_ARGS__)
#define pr_info(...)	printk(KERN_INFO __VA_ARGS__)
#define pr_debug(...)	printk(KERN_DEBUG __VA_ARGS__)

extern int console_loglevel;		/* messages below this level number reach the console */

/* A console driver takes over from the firmware's: write() must work in any context. */
void	console_register(void (*write)(const char *s, size_t n));
void	console_write(const char *s, size_t n);

/* For syslog(2): copy up to n bytes of the log from sequence *pos on; advances *pos. */
size_t	log_read(u64 *pos, char *buf, size_t n);
u64	log_start(void);
u64	log_end(void);

#define LOG_LINE_MAX	512		/* of one message; what is longer is cut */

/* For /dev/kmsg: the beginning of a line, and how many lines there were before it since boot. */
struct log_place { u64 pos, line; };
void	log_first(struct log_place *at);	/* the oldest line that is left */
void	log_last(struct log_place *at);		/* behind the newest */
/*
 * The line there, without its line feed, cut to n bytes: its length, and at is the next one. There must be one, or
 * have been: -EPIPE and the oldest place if it has been overwritten.
 */
ssize_t	log_line(struct log_place *at, char *buf, size_t n, int *level, u64 *us);

/* Stop the machine: reason, registers, backtrace of every hart. Only for a broken kernel. */
void	panic(const char *fmt, ...) NORETURN PRINTF_LIKE(1, 2);
bool	panicking(void);

#define assert(x)	do {									\
	if (unlikely(!(x)))									\
		panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #x);			\
} while (0)

/* Where in the kernel: "name+0x12/0x40", from the table linked into the image. arch/riscv/backtrace.c */
const char *symbol_lookup(vaddr_t pc, ulong *offset, ulong *size);	/* NULL if not kernel text */
void	backtrace_print(void);

#endif
