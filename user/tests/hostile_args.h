/*
 * hostile_args.h - what hostile_calls calls, and with what: a letter per argument says what a friend would give.
 *
 * Everything comes from the seed alone and nothing from memory that a call may have spoilt: descriptors of every kind
 * have known numbers, mappings of every kind known addresses, strings and structures known places among them.
 *
 * Not here    who makes these, and runs the calls (hostile_calls.c).
 */
#ifndef HOSTILE_ARGS_H
#define HOSTILE_ARGS_H

#include "test.h"

/* Areas of memory, ROOM apart, each AREA long: what they are, hostile_calls.c's areas_make() says. */
#define AREAS		0x2000000000UL
#define AREA		(16 * PAGE)
#define ROOM		(32 * PAGE)
enum {
	A_PRIVATE, A_SHARED, A_FILE, A_FILE_PRIVATE, A_READ_ONLY, A_NONE, A_HOLES, A_PAST_END, A_FREE, A_NOISE, NAREAS
};

/* Numbers of the descriptors that fds_make() opens. */
enum { FD_DIR = 3, FD_SOCKETS = 23, NSOCKETS = 5, FD_EPOLL = 29, FD_EVENTS = 28, NEVENTS = 7, FD_MEMFD = 33 };

/* Of A_NOISE: 64 KiB of */
#define N_STRINGS	0		/* names, STRING bytes each */
#define N_TIMES		0x2000		/* struct timespec, a millisecond or so */
#define N_ADDRESSES	0x3000		/* struct sockaddr_un, STRING bytes each */
#define N_IOVECS	0x4000
#define N_MESSAGES	0x5000		/* struct msghdr, 64 bytes each, and their control messages, 64 each */
#define N_CLONES	0x6000		/* struct clone_args, STRING bytes each */
#define N_ARGV		0x7000		/* a short list of strings */
#define N_WORDS		0x8000		/* words that might be anything */
#define STRING		128
#define STRINGS		40

#define FDS		48		/* descriptors that tasks begin with, and a little more */
#define TRACE_FD	60
#define PATIENCE	1000000L	/* nanoseconds that a wait with a sensible time takes */

struct rng {
	unsigned long	state;
};

static inline unsigned
rnd(struct rng *r, unsigned below)
{
	r->state = r->state * 6364136223846793005UL + 1442695040888963407UL;
	return (r->state >> 33) % below;
}

static inline unsigned long
rnd_bits(struct rng *r)
{
	return (unsigned long)rnd(r, 1U << 31) << 33 ^ (unsigned long)rnd(r, 1U << 31) << 15 ^ rnd(r, 1U << 16);
}

/*
 * d descriptor   F of a file   G of a directory   k of a socket   e of epoll   E of events   D a directory's, AT_FDCWD
 * p path         S any string  b buffer         n structure     T timespec   v iovecs      h message   R clone_args
 * s size         o offset      l length         8 of a sigset   Z of clone_args            L of q      q socket address
 * f flags        @ AT_ flags   O to open        N to make a descriptor       P protection  M of mmap   K of clone
 * i number       W 0 to 3      0 zero           w wait's options             g signal      t process   u user
 * a page         A argv        c ioctl          C fcntl         j domain     J type        B level     m mode
 * x anything
 */
static const struct call {
	short	nr;
	signed char rare;		/* ends, blinds or slows the caller: chosen so many times less often */
	const char *name, *args;
} calls[] = {
	{ 0, 0, "io_setup", "in" }, { 1, 0, "io_destroy", "x" }, { 2, 0, "io_submit", "xin" },
	{ 3, 0, "io_cancel", "xnn" }, { 4, 0, "io_getevents", "xiinT" }, { 5, 0, "setxattr", "pSbsW" },
	{ 6, 0, "lsetxattr", "pSbsW" }, { 7, 0, "fsetxattr", "FSbsW" }, { 8, 0, "getxattr", "pSbs" },
	{ 9, 0, "lgetxattr", "pSbs" }, { 10, 0, "fgetxattr", "dSbs" }, { 11, 0, "listxattr", "pbs" },
	{ 12, 0, "llistxattr", "pbs" }, { 13, 0, "flistxattr", "dbs" }, { 14, 0, "removexattr", "pS" },
	{ 15, 0, "lremovexattr", "pS" }, { 16, 0, "fremovexattr", "dS" }, { 17, 0, "getcwd", "bs" },
	{ 19, 0, "eventfd2", "iN" }, { 20, 0, "epoll_create1", "N" }, { 21, 0, "epoll_ctl", "eWdn" },
	{ 22, 0, "epoll_pwait", "ebii08" }, { 23, 0, "dup", "d" }, { 24, 0, "dup3", "ddf" },
	{ 25, 0, "fcntl", "dCi" }, { 25, 0, "fcntl", "dCn" }, { 26, 0, "inotify_init1", "N" },
	{ 27, 0, "inotify_add_watch", "Epf" }, { 28, 0, "inotify_rm_watch", "Ei" }, { 29, 0, "ioctl", "dcn" },
	{ 29, 0, "ioctl", "dci" }, { 30, 0, "ioprio_set", "iti" }, { 31, 0, "ioprio_get", "it" },
	{ 32, 0, "flock", "di" }, { 33, 0, "mknodat", "Dpmi" }, { 34, 0, "mkdirat", "Dpm" },
	{ 35, 0, "unlinkat", "Dp@" }, { 36, 0, "symlinkat", "SDp" }, { 37, 0, "linkat", "DpDp0" },
	{ 39, 2, "umount2", "pi" }, { 40, 0, "mount", "ppSfS" }, { 41, 0, "pivot_root", "pp" },
	{ 43, 0, "statfs", "pb" }, { 44, 0, "fstatfs", "db" }, { 45, 0, "truncate", "po" },
	{ 46, 0, "ftruncate", "Fo" }, { 47, 0, "fallocate", "FWoo" }, { 48, 0, "faccessat", "DpW" },
	{ 49, 0, "chdir", "p" }, { 50, 0, "fchdir", "G" }, { 51, 0, "chroot", "p" }, { 52, 0, "fchmod", "dm" },
	{ 53, 0, "fchmodat", "Dpm" }, { 54, 0, "fchownat", "Dpuu@" }, { 55, 0, "fchown", "duu" },
	{ 56, 0, "openat", "DpOm" }, { 56, 0, "openat", "DpOm" }, { 57, 4, "close", "d" }, { 58, 0, "vhangup", "" },
	{ 59, 0, "pipe2", "bN" }, { 60, 0, "quotactl", "ipun" }, { 61, 0, "getdents64", "Gbs" },
	{ 62, 0, "lseek", "FoW" }, { 63, 0, "read", "dbs" }, { 64, 0, "write", "dbs" }, { 65, 0, "readv", "dvi" },
	{ 66, 0, "writev", "dvi" }, { 67, 0, "pread64", "Fbso" }, { 68, 0, "pwrite64", "Fbso" },
	{ 69, 0, "preadv", "Fvio" }, { 70, 0, "pwritev", "Fvio" }, { 71, 0, "sendfile", "ddns" },
	{ 72, 0, "pselect6", "innnTn" }, { 73, 0, "ppoll", "niTn8" }, { 74, 0, "signalfd4", "En8N" },
	{ 75, 0, "vmsplice", "dvif" }, { 76, 0, "splice", "dndnsf" }, { 77, 0, "tee", "ddsf" },
	{ 78, 0, "readlinkat", "Dpbs" }, { 79, 0, "newfstatat", "Dpb@" }, { 80, 0, "fstat", "db" },
	{ 81, 0, "sync", "" }, { 82, 0, "fsync", "d" }, { 83, 0, "fdatasync", "d" },
	{ 84, 0, "sync_file_range", "doof" }, { 85, 0, "timerfd_create", "iN" },
	{ 86, 0, "timerfd_settime", "EWTb" }, { 87, 0, "timerfd_gettime", "Eb" }, { 88, 0, "utimensat", "DpT@" },
	{ 89, 0, "acct", "p" }, { 90, 0, "capget", "nb" }, { 91, 4, "capset", "nn" }, { 92, 4, "personality", "i" },
	{ 93, 16, "exit", "i" }, { 94, 16, "exit_group", "i" }, { 95, 0, "waitid", "itbwb" },
	{ 96, 0, "set_tid_address", "b" }, { 97, 4, "unshare", "K" }, { 98, 0, "futex", "biiTbi" },
	{ 98, 0, "futex", "biiibi" }, { 99, 0, "set_robust_list", "ns" }, { 100, 0, "get_robust_list", "tbb" },
	{ 101, 0, "nanosleep", "Tb" }, { 102, 0, "getitimer", "Wb" }, { 103, 0, "setitimer", "WTb" },
	{ 105, 0, "init_module", "nsS" }, { 106, 0, "delete_module", "Sf" }, { 107, 0, "timer_create", "inb" },
	{ 108, 0, "timer_gettime", "ib" }, { 109, 0, "timer_getoverrun", "i" }, { 110, 0, "timer_settime", "ifTb" },
	{ 111, 0, "timer_delete", "i" }, { 112, 0, "clock_settime", "iT" }, { 113, 0, "clock_gettime", "ib" },
	{ 114, 0, "clock_getres", "ib" }, { 115, 0, "clock_nanosleep", "iiTb" }, { 116, 4, "syslog", "ibs" },
	{ 117, 16, "ptrace", "itnn" }, { 118, 0, "sched_setparam", "tn" }, { 119, 0, "sched_setscheduler", "tWn" },
	{ 120, 0, "sched_getscheduler", "t" }, { 121, 0, "sched_getparam", "tb" },
	{ 122, 0, "sched_setaffinity", "tsn" }, { 123, 0, "sched_getaffinity", "tsb" },
	{ 124, 0, "sched_yield", "" }, { 125, 0, "sched_get_priority_max", "i" },
	{ 126, 0, "sched_get_priority_min", "i" }, { 127, 0, "sched_rr_get_interval", "tb" },
	{ 128, 0, "restart_syscall", "" }, { 129, 2, "kill", "tg" }, { 130, 2, "tkill", "tg" },
	{ 131, 2, "tgkill", "ttg" }, { 132, 0, "sigaltstack", "nb" }, { 133, 4, "rt_sigsuspend", "n8" },
	{ 134, 8, "rt_sigaction", "gnb8" }, { 135, 8, "rt_sigprocmask", "inb8" }, { 136, 0, "rt_sigpending", "b8" },
	{ 137, 0, "rt_sigtimedwait", "nbT8" }, { 138, 2, "rt_sigqueueinfo", "tgn" }, { 139, 16, "rt_sigreturn", "" },
	{ 140, 0, "setpriority", "iti" }, { 141, 0, "getpriority", "it" }, { 142, 0, "reboot", "xxxx" },
	{ 143, 4, "setregid", "uu" }, { 144, 4, "setgid", "u" }, { 145, 8, "setreuid", "uu" },
	{ 146, 8, "setuid", "u" }, { 147, 8, "setresuid", "uuu" }, { 148, 0, "getresuid", "bbb" },
	{ 149, 4, "setresgid", "uuu" }, { 150, 0, "getresgid", "bbb" }, { 151, 4, "setfsuid", "u" },
	{ 152, 4, "setfsgid", "u" }, { 153, 0, "times", "b" }, { 154, 0, "setpgid", "tt" },
	{ 155, 0, "getpgid", "t" }, { 156, 0, "getsid", "t" }, { 157, 0, "setsid", "" },
	{ 158, 0, "getgroups", "ib" }, { 159, 0, "setgroups", "in" }, { 160, 0, "uname", "b" },
	{ 161, 0, "sethostname", "bi" }, { 162, 0, "setdomainname", "bi" }, { 163, 0, "getrlimit", "ib" },
	{ 164, 8, "setrlimit", "in" }, { 165, 0, "getrusage", "Wb" }, { 166, 0, "umask", "m" },
	{ 167, 0, "prctl", "iiiii" }, { 167, 0, "prctl", "ibnii" }, { 168, 0, "getcpu", "bb" },
	{ 169, 0, "gettimeofday", "bb" }, { 170, 0, "settimeofday", "Tn" }, { 171, 0, "adjtimex", "n" },
	{ 172, 0, "getpid", "" }, { 178, 0, "gettid", "" }, { 179, 0, "sysinfo", "b" },
	{ 180, 0, "mq_open", "SOmn" }, { 181, 0, "mq_unlink", "S" }, { 182, 0, "mq_timedsend", "dbsiT" },
	{ 183, 0, "mq_timedreceive", "dbsbT" }, { 184, 0, "mq_notify", "dn" }, { 185, 0, "mq_getsetattr", "dnb" },
	{ 186, 0, "msgget", "if" }, { 187, 0, "msgctl", "iin" }, { 188, 0, "msgrcv", "ibsif" },
	{ 189, 0, "msgsnd", "insf" }, { 190, 0, "semget", "iif" }, { 191, 0, "semctl", "iiin" },
	{ 192, 0, "semtimedop", "iniT" }, { 193, 0, "semop", "ini" }, { 194, 0, "shmget", "isf" },
	{ 195, 0, "shmctl", "iin" }, { 196, 0, "shmat", "iaf" }, { 197, 0, "shmdt", "a" },
	{ 198, 0, "socket", "jJ0" }, { 198, 0, "socket", "jJ0" }, { 199, 0, "socketpair", "jJ0b" },
	{ 200, 0, "bind", "kqL" }, { 201, 0, "listen", "ki" }, { 202, 0, "accept", "kbb" },
	{ 203, 0, "connect", "kqL" }, { 204, 0, "getsockname", "kbn" }, { 205, 0, "getpeername", "kbn" },
	{ 206, 0, "sendto", "kbsfqL" }, { 207, 0, "recvfrom", "kbsfbn" }, { 208, 0, "setsockopt", "kBinL" },
	{ 209, 0, "getsockopt", "kBibn" }, { 210, 0, "shutdown", "kW" }, { 211, 0, "sendmsg", "khf" },
	{ 211, 0, "sendmsg", "khf" }, { 212, 0, "recvmsg", "khf" }, { 212, 0, "recvmsg", "khf" },
	{ 213, 0, "readahead", "dos" }, { 214, 0, "brk", "a" }, { 215, 2, "munmap", "al" },
	{ 216, 0, "mremap", "allWa" }, { 217, 0, "add_key", "SSbsi" }, { 218, 0, "request_key", "SSSi" },
	{ 219, 0, "keyctl", "iiiii" }, { 220, 0, "clone", "Kbbbb" }, { 221, 16, "execve", "pAA" },
	{ 222, 0, "mmap", "alPMdo" }, { 222, 0, "mmap", "alPMdo" }, { 223, 0, "fadvise64", "dooi" },
	{ 224, 0, "swapon", "pf" }, { 225, 0, "swapoff", "p" }, { 226, 0, "mprotect", "alP" },
	{ 227, 0, "msync", "ali" }, { 228, 0, "mlock", "al" }, { 229, 0, "munlock", "al" },
	{ 230, 4, "mlockall", "i" }, { 231, 0, "munlockall", "" }, { 232, 0, "mincore", "alb" },
	{ 233, 0, "madvise", "ali" }, { 234, 0, "remap_file_pages", "aliif" }, { 235, 0, "mbind", "alinif" },
	{ 236, 0, "get_mempolicy", "bniaf" }, { 237, 0, "set_mempolicy", "ini" },
	{ 238, 0, "migrate_pages", "tinn" }, { 239, 0, "move_pages", "tsnnbf" },
	{ 240, 2, "rt_tgsigqueueinfo", "ttgn" }, { 241, 0, "perf_event_open", "ntidf" },
	{ 242, 0, "accept4", "kbbN" }, { 243, 0, "recvmmsg", "khifT" }, { 258, 0, "riscv_hwprobe", "nisnf" },
	{ 259, 0, "riscv_flush_icache", "aai" }, { 260, 2, "wait4", "tbwb" }, { 261, 4, "prlimit64", "tinb" },
	{ 262, 0, "fanotify_init", "ff" }, { 263, 0, "fanotify_mark", "dffDp" },
	{ 264, 0, "name_to_handle_at", "Dpnb@" }, { 265, 0, "open_by_handle_at", "dnO" },
	{ 266, 0, "clock_adjtime", "in" }, { 267, 0, "syncfs", "d" }, { 268, 0, "setns", "di" },
	{ 269, 0, "sendmmsg", "khif" }, { 270, 0, "process_vm_readv", "tvivif" },
	{ 271, 0, "process_vm_writev", "tvivif" }, { 272, 0, "kcmp", "ttiii" }, { 274, 0, "sched_setattr", "tnf" },
	{ 275, 0, "sched_getattr", "tbsf" }, { 276, 0, "renameat2", "DpDpW" }, { 277, 16, "seccomp", "iin" },
	{ 278, 0, "getrandom", "bsi" }, { 279, 0, "memfd_create", "Si" }, { 280, 0, "bpf", "ins" },
	{ 281, 16, "execveat", "DpAA@" }, { 282, 0, "userfaultfd", "O" }, { 283, 0, "membarrier", "iii" },
	{ 284, 0, "mlock2", "alW" }, { 285, 0, "copy_file_range", "FnFns0" }, { 286, 0, "preadv2", "Fvioof" },
	{ 287, 0, "pwritev2", "Fvioof" }, { 288, 0, "pkey_mprotect", "alPi" }, { 289, 0, "pkey_alloc", "ii" },
	{ 290, 0, "pkey_free", "i" }, { 291, 0, "statx", "Dp@fb" }, { 292, 0, "io_pgetevents", "xiinTn" },
	{ 293, 0, "rseq", "nsif" }, { 424, 0, "pidfd_send_signal", "Eg00" }, { 425, 0, "io_uring_setup", "in" },
	{ 426, 0, "io_uring_enter", "diifns" }, { 427, 0, "io_uring_register", "dini" },
	{ 428, 0, "open_tree", "Dpf" }, { 429, 0, "move_mount", "DpDpf" }, { 430, 0, "fsopen", "Sf" },
	{ 431, 0, "fsconfig", "diSSi" }, { 432, 0, "fsmount", "dff" }, { 433, 0, "fspick", "Dpf" },
	{ 434, 0, "pidfd_open", "tf" }, { 435, 0, "clone3", "RZ" }, { 435, 0, "clone3", "ns" },
	{ 436, 16, "close_range", "ddf" }, { 437, 0, "openat2", "Dpns" }, { 438, 0, "pidfd_getfd", "Ed0" },
	{ 439, 0, "faccessat2", "DpW@" }, { 440, 0, "process_madvise", "dviif" },
	{ 441, 0, "epoll_pwait2", "ebiT08" }, { 442, 0, "mount_setattr", "Dpfns" },
	{ 443, 0, "quotactl_fd", "diun" }, { 444, 0, "landlock_create_ruleset", "nsf" },
	{ 445, 0, "landlock_add_rule", "dinf" }, { 446, 0, "landlock_restrict_self", "df" },
	{ 447, 0, "memfd_secret", "O" }, { 448, 0, "process_mrelease", "df" }, { 449, 0, "futex_waitv", "nifTi" },
	{ 450, 0, "set_mempolicy_home_node", "alif" }, { 451, 0, "cachestat", "dnbf" },
	{ 452, 0, "fchmodat2", "Dpm@" }, { 453, 0, "map_shadow_stack", "alf" }, { 454, 0, "futex_wake", "biif" },
	{ 455, 0, "futex_wait", "biifTi" }, { 456, 0, "futex_requeue", "nfii" }, { 457, 0, "statmount", "nbsf" },
	{ 458, 0, "listmount", "nbsf" }, { 459, 0, "lsm_get_self_attr", "ibbf" },
	{ 460, 0, "lsm_set_self_attr", "insf" }, { 461, 0, "lsm_list_modules", "bbf" }, { 462, 0, "mseal", "alf" },
	{ 463, 0, "setxattrat", "DpfSns" }, { 464, 0, "getxattrat", "DpfSns" }, { 465, 0, "listxattrat", "Dpfbs" },
	{ 466, 0, "removexattrat", "DpfS" }, { 467, 0, "open_tree_attr", "Dpfns" },
};
#define NCALLS	(sizeof calls / sizeof *calls)

#define PICK(r, ...) ({ \
	static const unsigned long pick_[] = { __VA_ARGS__ }; \
	pick_[rnd(r, sizeof pick_ / sizeof *pick_)]; \
})

static inline unsigned long
any_address(struct rng *r)
{
	unsigned long area = AREAS + rnd(r, rnd(r, 2) ? NAREAS : A_READ_ONLY) * ROOM;

	switch (rnd(r, 16)) {
	case 0:
		return PICK(r, 0, 1, -1UL, -4096UL, 1UL << 63, 0xffffffc000000000UL, 0xffffffd800000000UL,
			    0x4000000000UL, 0x4000000000UL - 8, 0x3ffffff000UL, 4096, 0x10000);
	case 1:
		return area + AREA - PICK(r, 0, 1, 4, 7, 8, 16, 64, 4095, 4096);
	case 2:
		return area + rnd(r, 16) * PAGE + PICK(r, 1, 2, 3, 4095, 4092, 4088);
	case 3:
		return AREAS + A_HOLES * ROOM + 4 * PAGE - PICK(r, 1, 8, 64, 2048);
	default:
		return area + rnd(r, 16) * PAGE + rnd(r, 512) * 8;
	}
}

static inline unsigned long
any_size(struct rng *r)
{
	return PICK(r, 0, 1, 2, 4, 7, 8, 12, 16, 24, 32, 56, 64, 88, 100, 104, 128, 144, 255, 256, 512, 1024, 4095,
		    4096, 4097, 8192, 65535, 65536, 65537, 1 << 20, 0x7fffffff, 0x7ffff000, 0x80000000UL, 0xffffffffUL,
		    -1UL, -4096UL, 1UL << 63, -8UL, 4096, 100, 16);
}

/* A word that a structure may hold: half of them two halves. */
static inline unsigned long
any_word(struct rng *r)
{
	switch (rnd(r, 10)) {
	case 0: case 1: case 2:
		return 0;
	case 3:
		return rnd(r, 40);
	case 4:
		return rnd(r, 40) | (unsigned long)rnd(r, 40) << 32;
	case 5:
		return any_address(r);
	case 6:
		return any_size(r);
	case 7:
		return 1UL << rnd(r, 64);
	case 8:
		return rnd(r, 1U << 31) | (unsigned long)rnd(r, FDS) << 32;
	default:
		return rnd_bits(r);
	}
}

static inline unsigned long
any_offset(struct rng *r)
{
	return PICK(r, 0, 0, 1, 511, 512, 4095, 4096, 4097, 8192, 65536, 100000, 1 << 20, 1UL << 31, 1UL << 32, -1UL,
		    1UL << 62, 0x7fffffffffffffffUL, 0x7ffffffffffff000UL, 1UL << 63, -4096UL, 1UL << 44);
}

static inline unsigned long
noise(struct rng *r, unsigned long from, unsigned long step, unsigned count)
{
	return AREAS + A_NOISE * ROOM + from + rnd(r, count) * step;
}

static int as_user;			/* from the start: who was root once may have kept a capability */

/* Those whom a signal, a trace or a limit hurts: ourselves, ours, nobody. Only a user may also try everybody. */
static inline unsigned long
some_pid(struct rng *r)
{
	long pid;

	switch (rnd(r, 8)) {
	case 0:
		return PICK(r, 99999999, 0x80000000UL, 0x7fffffff, -99999999L);
	case 1: case 2:
		return 0;
	case 3: case 4:
		return syscall(SYS_getpid);
	case 5:
		return as_user ? (unsigned long)PICK(r, 1, 2, -1UL, 3) : 0;
	case 6:
		pid = syscall(SYS_getpid) + 1 + rnd(r, 3);	/* one of our children, if it is there */
		return syscall(SYS_getpgid, pid) == syscall(SYS_getpgid, 0) ? pid : 0;
	default:
		return syscall(SYS_gettid);
	}
}

static inline unsigned long
some_signal(struct rng *r)
{
	return rnd(r, 4) ? PICK(r, 0, SIGCHLD, SIGURG, SIGCONT, SIGUSR1, SIGUSR2, 34, 35, 50, 64, 65, -1UL, 28)
			 : rnd(r, 66);
}

static inline unsigned long
any_flags(struct rng *r)
{
	switch (rnd(r, 8)) {
	case 0: case 1: case 2: case 3: case 4:
		return 0;
	case 5: case 6:
		return 1UL << rnd(r, 16);
	case 7:
		if (rnd(r, 2))
			return rnd_bits(r);
		return 1UL << rnd(r, 32) | 1UL << rnd(r, 16);
	}
	return 0;
}

static inline unsigned long
any_number(struct rng *r)
{
	return rnd(r, 8) ? rnd(r, rnd(r, 3) ? 8 : 64)
			 : PICK(r, -1UL, -2UL, 0x7fffffff, 0x80000000UL, 0xffffffffUL, 1000, 65536);
}

static inline unsigned long
any_fd(struct rng *r)
{
	return rnd(r, 16) ? rnd(r, FDS) : PICK(r, -1UL, -100UL, 1000, 0x7fffffff, 0x80000000UL, TRACE_FD + 1);
}

/* A descriptor of the kind that a call wants, four times of five. */
static inline unsigned long
fitting_fd(struct rng *r, int kind)
{
	if (rnd(r, 5) == 0)
		return any_fd(r);
	switch (kind) {
	case 'F':
		return PICK(r, 0, 0, 0, 1, 2, FD_MEMFD, FD_MEMFD);
	case 'G':
		return PICK(r, FD_DIR, FD_DIR, 10, 11, 13);
	case 'k':
		return FD_SOCKETS + rnd(r, NSOCKETS);
	case 'e':
		return FD_EPOLL;
	default:
		return FD_EVENTS + rnd(r, NEVENTS);
	}
}

static inline unsigned long
some_path(struct rng *r, int count)
{
	return rnd(r, 16) ? noise(r, N_STRINGS, STRING, rnd(r, 2) ? 8 : count) : any_address(r);
}

static inline unsigned long
argument(struct rng *r, int kind)
{
	if (kind != 't' && rnd(r, 24) == 0)
		return any_word(r);
	switch (kind) {
	case 'd':
		return any_fd(r);
	case 'F': case 'G': case 'k': case 'e': case 'E':
		return fitting_fd(r, kind);
	case 'D':
		return rnd(r, 4) ? -100UL : fitting_fd(r, 'G');
	case 'p':
		return some_path(r, STRINGS);
	case 'S':
		return rnd(r, 2) ? some_path(r, STRINGS + 16) : noise(r, N_STRINGS + STRINGS * STRING, STRING, 16);
	case 'b':
		return any_address(r);
	case 'n':
		return rnd(r, 8) ? noise(r, N_WORDS, 8, 0x7000 / 8) : any_address(r);
	case 'T':
		return rnd(r, 8) ? noise(r, N_TIMES, 16, 200) : PICK(r, 0, AREAS + A_NOISE * ROOM + N_WORDS + 64);
	case 's':
		return any_size(r);
	case 'o':
		return any_offset(r);
	case 'f':
		return any_flags(r);
	case '0':
		return 0;
	case 'W':
		return rnd(r, 16) ? rnd(r, 4) : any_number(r);
	case '@':
		return rnd(r, 2) ? 0 : PICK(r, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x1100, 0x8000);
	case 'N':
		return rnd(r, 12) ? PICK(r, 0, O_NONBLOCK, O_CLOEXEC, O_NONBLOCK | O_CLOEXEC) : any_flags(r);
	case 'j':
		return rnd(r, 12) ? 1 : any_number(r);
	case 'J':
		return rnd(r, 12) ? PICK(r, 1, 2, 5) | PICK(r, 0, O_NONBLOCK, O_CLOEXEC) : any_number(r);
	case 'B':
		return rnd(r, 12) ? 1 : any_number(r);
	case 'g':
		return some_signal(r);
	case 't':
		return some_pid(r);
	case 'a':
		return AREAS + rnd(r, NAREAS) * ROOM + rnd(r, 24) * PAGE + (rnd(r, 10) == 0);
	case 'l':
		return rnd(r, 8) ? rnd(r, 20) * PAGE + PICK(r, 0, 0, 1, -1UL) :
		       PICK(r, 0, -1UL, -4096UL, 1UL << 63, 1UL << 40, 1UL << 38, 1 << 20);
	case 'P':
		return rnd(r, 8) ? rnd(r, 8) : any_flags(r);
	case 'M':
		return PICK(r, MAP_PRIVATE, MAP_SHARED) | PICK(r, 0, MAP_ANONYMOUS, MAP_ANONYMOUS) |
		       PICK(r, 0, 0x10 /* fixed */, 0x10, 0x100000 /* noreplace */) |
		       PICK(r, 0, 0, 0x8000 /* populate */, 0x100, 0x2000, 0x4000, 0x20000, 0x40000);
	case 'K':
		return PICK(r, SIGCHLD, SIGCHLD, 0x4100 | SIGCHLD /* vfork */, 0x3d0f00, 0x10f00, 0x50f00, 0x1200011,
			    0x100, 0x900, 0x400, 0x8011, 0x20000, 0x1000011) | (rnd(r, 3) ? 0 : any_flags(r));
	case 'u':
		return PICK(r, -1UL, -1UL, 0, 1000, 1000, 65534, 0xfffffffeUL, 1UL << 32, -2UL);
	case 'm':
		return rnd(r, 2) ? rnd(r, 1 << 17) :
		       PICK(r, 0777, 0666, 0, 04755, 02755, 01777, 010600, 0100600, 020600, 060600, 0140600);
	case 'A':
		return PICK(r, 0, AREAS + A_NOISE * ROOM + N_ARGV);
	case 'q':
		return noise(r, N_ADDRESSES, STRING, 16);
	case 'L':
		return PICK(r, 0, 1, 2, 3, 4, 8, 16, 24, 109, 110, 111, 128, -1UL, 0x7fffffff);
	case 'v':
		return rnd(r, 4) ? noise(r, N_IOVECS, 16, 200) : noise(r, N_WORDS, 8, 0x7000 / 8);
	case 'h':
		return rnd(r, 4) ? noise(r, N_MESSAGES, 64, 32) : noise(r, N_WORDS, 8, 0x7000 / 8);
	case 'R':
		return noise(r, N_CLONES, STRING, 16);
	case 'c':
		return rnd(r, 8) == 0 ? rnd_bits(r) :
		       rnd(r, 2) ? 0x5400 + rnd(r, 0x64) :
		       PICK(r, 0x80045430, 0x40045431, 0x80045438, 0x80045439, 0x5441, 0x40045436, 0x80086601,
			    0x40086602, 0x80087601, 0x40049409, 0xc020660b, 0xc0045878, 0xc0045877, 0xc0185879, 0x125d,
			    0x125e, 0x1260, 0x1261, 0x1268, 0x80081272, 0x1277, 0x127b, 0x127f, 2, 1, 0x8901, 0x8902,
			    0x8903, 0x8904, 0x8910);
	case 'C':
		return rnd(r, 3) ? rnd(r, 17) : 1024 + rnd(r, 16);
	case 'O':
		return rnd(r, 8) == 0 ? any_flags(r) : rnd(r, 3) |
		       PICK(r, 0, 0, O_CREAT, O_CREAT | O_EXCL, O_TRUNC, O_APPEND, O_NONBLOCK, O_NONBLOCK, O_DIRECTORY,
			    O_NOFOLLOW, 0x200000 /* path */, 0x410000 /* tmpfile */, O_CLOEXEC, 0x4000 /* direct */);
	case 'w':
		return rnd(r, 4) ? PICK(r, 1, 4, 5, 6, 7, 12, 0x4000004, 0x80000001UL, 0x40000005, 15) : any_flags(r);
	case 'Z':
		return rnd(r, 4) ? 88 : any_size(r);
	case '8':
		return rnd(r, 12) ? 8 : any_size(r);
	case 'x':
		return any_word(r);
	default:
		return any_number(r);
	}
}

/* One call: its number, its name if it has one, and its six arguments. */
static inline long
next_call(struct rng *r, const char **name, unsigned long a[6])
{
	const struct call *c;
	long nr;

	*name = "?";
	if (rnd(r, 12) == 0) {		/* any number, known or not: with anything */
		do {
			nr = rnd(r, 512);
			if (rnd(r, 40) == 0)
				nr = PICK(r, -1UL, 1UL << 31, 1UL << 32, 1UL << 63, 600, 100000);
			for (c = calls; c < calls + NCALLS && c->nr != nr; c++)
				;
		} while (c < calls + NCALLS);
		for (int i = 0; i < 6; i++)
			a[i] = argument(r, "dpnsfibx"[rnd(r, 8)]);
		return nr;
	}
	do {
		c = &calls[rnd(r, NCALLS)];
	} while (c->rare && rnd(r, c->rare));
	*name = c->name;
	for (int i = 0; i < 6; i++)
		a[i] = i < (int)strlen(c->args) ? argument(r, c->args[i]) : 0;
	return c->nr;
}

#endif
