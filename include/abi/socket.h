/*
 * socket.h - sockets: families, types, options, messages.
 * Source: Linux include/linux/socket.h, uapi/linux/socket.h, uapi/asm-generic/socket.h, uapi/linux/un.h, linux/net.h.
 */
#ifndef ABI_SOCKET_H
#define ABI_SOCKET_H

#include "abi/check.h"

#define AF_UNSPEC	0
#define AF_UNIX		1
#define AF_LOCAL	1
#define AF_INET		2
#define AF_INET6	10
#define AF_NETLINK	16
#define AF_PACKET	17
#define AF_VSOCK	40
#define PF_UNSPEC	AF_UNSPEC
#define PF_UNIX		AF_UNIX
#define PF_LOCAL	AF_LOCAL
#define PF_INET		AF_INET
#define PF_INET6	AF_INET6

#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOCK_RAW	3
#define SOCK_RDM	4
#define SOCK_SEQPACKET	5
#define SOCK_PACKET	10
#define SOCK_NONBLOCK	00004000	/* in the type of socket(2), the flags of accept4(2) */
#define SOCK_CLOEXEC	02000000

#define SHUT_RD		0
#define SHUT_WR		1
#define SHUT_RDWR	2

#define SOMAXCONN	4096

/* send and recv */
#define MSG_OOB		0x1
#define MSG_PEEK	0x2
#define MSG_DONTROUTE	0x4
#define MSG_CTRUNC	0x8
#define MSG_TRUNC	0x20
#define MSG_DONTWAIT	0x40
#define MSG_EOR		0x80
#define MSG_WAITALL	0x100
#define MSG_CONFIRM	0x800
#define MSG_ERRQUEUE	0x2000
#define MSG_NOSIGNAL	0x4000
#define MSG_MORE	0x8000
#define MSG_WAITFORONE	0x10000
#define MSG_FASTOPEN	0x20000000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SOL_SOCKET	1
#define SO_DEBUG	1
#define SO_REUSEADDR	2
#define SO_TYPE		3
#define SO_ERROR	4
#define SO_DONTROUTE	5
#define SO_BROADCAST	6
#define SO_SNDBUF	7
#define SO_RCVBUF	8
#define SO_KEEPALIVE	9
#define SO_OOBINLINE	10
#define SO_NO_CHECK	11
#define SO_PRIORITY	12
#define SO_LINGER	13
#define SO_REUSEPORT	15
#define SO_PASSCRED	16
#define SO_PEERCRED	17
#define SO_RCVLOWAT	18
#define SO_SNDLOWAT	19
#define SO_RCVTIMEO	20
#define SO_SNDTIMEO	21
#define SO_PEERNAME	28
#define SO_ACCEPTCONN	30
#define SO_PEERSEC	31
#define SO_SNDBUFFORCE	32
#define SO_RCVBUFFORCE	33
#define SO_MARK		36
#define SO_PROTOCOL	38
#define SO_DOMAIN	39
#define SO_COOKIE	57
#define SO_PEERGROUPS	59

#define SCM_RIGHTS	1
#define SCM_CREDENTIALS	2

#define ABI_SCM_MAX_FD	253	/* descriptors in one message: SCM_MAX_FD of include/net/scm.h */

/* ioctl */
#define SIOCINQ		0x541B
#define SIOCOUTQ	0x5411

#define ABI_SOCKADDR_MAX 128	/* of any family: struct sockaddr_storage */
#define ABI_UNIX_PATH	108

struct abi_sockaddr_un {
	uint16_t sun_family;
	char	sun_path[ABI_UNIX_PATH];
};
ABI_SIZE(struct abi_sockaddr_un, 110);

struct abi_linger {
	int32_t	l_onoff;
	int32_t	l_linger;
};
ABI_SIZE(struct abi_linger, 8);

struct abi_ucred {
	uint32_t pid;
	uint32_t uid;
	uint32_t gid;
};
ABI_SIZE(struct abi_ucred, 12);

struct abi_msghdr {
	uint64_t msg_name;		/* user addresses */
	int32_t	msg_namelen;
	uint64_t msg_iov;
	uint64_t msg_iovlen;
	uint64_t msg_control;
	uint64_t msg_controllen;
	uint32_t msg_flags;
};
ABI_SIZE(struct abi_msghdr, 56);
ABI_OFFSET(struct abi_msghdr, msg_iov, 16);
ABI_OFFSET(struct abi_msghdr, msg_flags, 48);

struct abi_mmsghdr {
	struct abi_msghdr msg_hdr;
	uint32_t msg_len;
};
ABI_SIZE(struct abi_mmsghdr, 64);

struct abi_cmsghdr {			/* followed by its data, then padding to 8 bytes */
	uint64_t cmsg_len;		/* header and data */
	int32_t	cmsg_level;
	int32_t	cmsg_type;
};
ABI_SIZE(struct abi_cmsghdr, 16);

#endif
