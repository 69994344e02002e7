/* names.h - the kernel's ABI headers say struct abi_x; here those structs get their libc names. */
#ifndef BITS_NAMES_H
#define BITS_NAMES_H

#define abi_stat	stat
#define abi_statfs	statfs
#define abi_statx	statx
#define abi_timespec	timespec
#define abi_timeval	timeval
#define abi_itimerval	itimerval
#define abi_itimerspec	itimerspec
#define abi_tms		tms
#define abi_rlimit	rlimit
#define abi_rusage	rusage
#define abi_winsize	winsize
#define abi_pollfd	pollfd
#define abi_utsname	utsname
#define abi_sysinfo	sysinfo
#define abi_flock	flock
#define abi_termios	termios
#define abi_sched_param	sched_param

#endif
