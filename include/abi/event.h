/*
 * event.h - descriptors that tell of events: eventfd, epoll, timerfd, signalfd, pidfd.
 * Source: Linux include/uapi/linux/eventpoll.h, eventfd.h, timerfd.h, signalfd.h, pidfd.h.
 */
#ifndef ABI_EVENT_H
#define ABI_EVENT_H

#include "abi/check.h"

#define EFD_SEMAPHORE	1
#define EFD_NONBLOCK	00004000
#define EFD_CLOEXEC	02000000

#define EPOLL_CLOEXEC	02000000
#define EPOLL_CTL_ADD	1
#define EPOLL_CTL_DEL	2
#define EPOLL_CTL_MOD	3

/* Events are poll's (abi/poll.h); these go with them. */
#define EPOLLEXCLUSIVE	0x10000000U	/* wake one of the epolls that watch the file */
#define EPOLLWAKEUP	0x20000000U	/* keep the machine from suspending: no effect where none does */
#define EPOLLONESHOT	0x40000000U	/* report once, then only after EPOLL_CTL_MOD */
#define EPOLLET		0x80000000U	/* report changes, not states */

struct abi_epoll_event {
	uint32_t events;
	uint64_t data;
};
ABI_SIZE(struct abi_epoll_event, 16);
ABI_OFFSET(struct abi_epoll_event, data, 8);

#define TFD_TIMER_ABSTIME	1
#define TFD_TIMER_CANCEL_ON_SET	2
#define TFD_NONBLOCK		00004000
#define TFD_CLOEXEC		02000000

#define SFD_NONBLOCK	00004000
#define SFD_CLOEXEC	02000000

struct abi_signalfd_siginfo {
	uint32_t ssi_signo;
	int32_t	ssi_errno;
	int32_t	ssi_code;
	uint32_t ssi_pid;
	uint32_t ssi_uid;
	int32_t	ssi_fd;
	uint32_t ssi_tid;
	uint32_t ssi_band;
	uint32_t ssi_overrun;
	uint32_t ssi_trapno;
	int32_t	ssi_status;
	int32_t	ssi_int;
	uint64_t ssi_ptr;
	uint64_t ssi_utime;
	uint64_t ssi_stime;
	uint64_t ssi_addr;
	uint16_t ssi_addr_lsb;
	uint16_t pad2_;
	int32_t	ssi_syscall;
	uint64_t ssi_call_addr;
	uint32_t ssi_arch;
	uint8_t	pad_[28];
};
ABI_SIZE(struct abi_signalfd_siginfo, 128);
ABI_OFFSET(struct abi_signalfd_siginfo, ssi_arch, 96);

#define PIDFD_NONBLOCK	00004000
#define PIDFD_THREAD	00000200	/* of a thread, not its process */

#define PIDFD_SIGNAL_THREAD		1
#define PIDFD_SIGNAL_THREAD_GROUP	2
#define PIDFD_SIGNAL_PROCESS_GROUP	4

#endif
