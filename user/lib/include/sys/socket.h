/* socket.h - sockets. */
#ifndef SYS_SOCKET_H
#define SYS_SOCKET_H

#include <bits/types.h>
#include <sys/uio.h>
#include "abi/socket.h"

#define SCM_MAX_FD	ABI_SCM_MAX_FD
#define ucred		abi_ucred
#define linger		abi_linger

typedef unsigned int	socklen_t;
typedef unsigned short	sa_family_t;

struct sockaddr {
	sa_family_t sa_family;
	char	sa_data[14];
};

struct sockaddr_storage {
	sa_family_t ss_family;
	char	ss_data[118];
	unsigned long ss_align;
};

struct msghdr {
	void	*msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	size_t	msg_iovlen;
	void	*msg_control;
	size_t	msg_controllen;
	int	msg_flags;
};

struct mmsghdr {
	struct msghdr msg_hdr;
	unsigned int msg_len;
};

struct cmsghdr {
	size_t	cmsg_len;
	int	cmsg_level;
	int	cmsg_type;
};

#define CMSG_ALIGN(n)	(((n) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define CMSG_SPACE(n)	(CMSG_ALIGN(n) + sizeof(struct cmsghdr))
#define CMSG_LEN(n)	(sizeof(struct cmsghdr) + (n))
#define CMSG_DATA(c)	((unsigned char *)((c) + 1))
#define CMSG_FIRSTHDR(m) \
	((m)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr *)(m)->msg_control : (struct cmsghdr *)0)
struct cmsghdr *__cmsg_next(struct msghdr *m, struct cmsghdr *c);
#define CMSG_NXTHDR(m, c) __cmsg_next(m, c)

struct timespec;

int	socket(int family, int type, int protocol);
int	socketpair(int family, int type, int protocol, int *fds);
int	bind(int fd, const struct sockaddr *a, socklen_t n);
int	listen(int fd, int backlog);
int	accept(int fd, struct sockaddr *a, socklen_t *n);
int	accept4(int fd, struct sockaddr *a, socklen_t *n, int flags);
int	connect(int fd, const struct sockaddr *a, socklen_t n);
int	getsockname(int fd, struct sockaddr *a, socklen_t *n);
int	getpeername(int fd, struct sockaddr *a, socklen_t *n);
int	shutdown(int fd, int how);
int	setsockopt(int fd, int level, int opt, const void *val, socklen_t n);
int	getsockopt(int fd, int level, int opt, void *val, socklen_t *n);
ssize_t	send(int fd, const void *buf, size_t n, int flags);
ssize_t	sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *a, socklen_t len);
ssize_t	recv(int fd, void *buf, size_t n, int flags);
ssize_t	recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *a, socklen_t *len);
ssize_t	sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t	recvmsg(int fd, struct msghdr *m, int flags);
int	sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int	recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout);

#endif
