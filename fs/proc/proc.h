/*
 * proc.h - between the files of fs/proc/.
 *
 * The functions have the shapes of struct pentry's members (tree.h).
 */
#ifndef FS_PROC_PROC_H
#define FS_PROC_PROC_H

#include "fs/proc/tree.h"

struct area;
struct files;
struct fs_context;
struct mm;

#define USER_HZ		100		/* ticks per second in /proc: AT_CLKTCK */
#define NSEC_PER_USER_TICK (1000000000UL / USER_HZ)

extern const struct file_system procfs, sysfs;

/* --- pid.c --- */
extern const struct pentry proc_pid_dir;	/* /proc/PID */
/* What t holds, counted; NULL if it has none (any more). */
struct files *task_files_get(struct task *t);
struct fs_context *task_fs_get(struct task *t);

/* --- pid_mm.c: what is in a process's memory --- */
int	proc_maps_show(struct pbuf *b, const struct pnode *n, struct task *t);
/* One line of maps; page: room for a path. */
#define PROC_NAME_COLUMN 73	/* where Linux pads to before an area's name */
void	proc_put_area(struct pbuf *b, const struct mm *mm, const struct area *a, char *page);
int	proc_statm_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_cmdline_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_environ_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_auxv_show(struct pbuf *b, const struct pnode *n, struct task *t);

/* --- smaps.c --- */
int	proc_smaps_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_smaps_rollup_show(struct pbuf *b, const struct pnode *n, struct task *t);

/* --- fd.c: what a process has open --- */
int	proc_fd_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out);
int	proc_fd_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e);
int	proc_fdinfo_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out);
int	proc_fdinfo_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e);
ssize_t	proc_exe_readlink(const struct pnode *n, struct task *t, char *buf, size_t size);
int	proc_exe_follow(const struct pnode *n, struct task *t, struct path *out);
ssize_t	proc_cwd_readlink(const struct pnode *n, struct task *t, char *buf, size_t size);
int	proc_cwd_follow(const struct pnode *n, struct task *t, struct path *out);
ssize_t	proc_root_readlink(const struct pnode *n, struct task *t, char *buf, size_t size);
int	proc_root_follow(const struct pnode *n, struct task *t, struct path *out);
/* The path as current sees it, " (deleted)" added when it is. Length or -errno. */
ssize_t	proc_path_text(const struct path *p, char *buf, size_t size);

/* Its root directory or its working directory, counted. 0 or -ENOENT. */
int	task_path_get(struct task *t, bool cwd, struct path *out);

/* --- mounts.c: what is mounted, as a process sees it --- */
int	proc_mounts_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_mountinfo_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_mountstats_show(struct pbuf *b, const struct pnode *n, struct task *t);

/* --- pid_session.c --- */
int	proc_loginuid_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_loginuid_write(const struct pnode *n, struct task *t, char *s, size_t len);
int	proc_sessionid_show(struct pbuf *b, const struct pnode *n, struct task *t);

/* --- info.c --- */
extern const struct pentry proc_tty_dir_table[];
int	proc_meminfo_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_cpuinfo_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_uptime_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_loadavg_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_version_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_kernel_cmdline_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_stat_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_filesystems_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_interrupts_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_partitions_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_diskstats_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_vmstat_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_slabinfo_show(struct pbuf *b, const struct pnode *n, struct task *t);

/* How long cpu has idled, with the stretch it may be in, ns. */
u64	cpu_idle_ns(int cpu);

/* --- sched.c, schedtrace.c, latency.c --- */
int	proc_sched_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_schedstat_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_pid_sched_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_pid_schedstat_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_schedtrace_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_schedtrace_write(const struct pnode *n, struct task *t, char *s, size_t len);
int	proc_latency_show(struct pbuf *b, const struct pnode *n, struct task *t);
int	proc_latency_write(const struct pnode *n, struct task *t, char *s, size_t len);

/* --- locks.c --- */
int	proc_locks_show(struct pbuf *b, const struct pnode *n, struct task *t);

/* --- sys.c --- */
extern const struct pentry proc_sys_table[];	/* /proc/sys */

/* --- net/ --- */
int	proc_net_unix_show(struct pbuf *b, const struct pnode *n, struct task *t);	/* net/unix/proc.c */

#endif
