/* socket.c - system calls on sockets. */
#include <sys/socket.h>
#include "sys.h"

int socket(int family, int type, int protocol) { return CALL(socket, family, type, protocol); }
int bind(int fd, const struct sockaddr *a, socklen_t n) { return CALL(bind, fd, a, n); }
int listen(int fd, int backlog) { return CALL(listen, fd, backlog, 0); }
int accept(int fd, struct sockaddr *a, socklen_t *n) { return CALL(accept, fd, a, n); }
int connect(int fd, const struct sockaddr *a, socklen_t n) { return CALL(connect, fd, a, n); }
int getsockname(int fd, struct sockaddr *a, socklen_t *n) { return CALL(getsockname, fd, a, n); }
int getpeername(int fd, struct sockaddr *a, socklen_t *n) { return CALL(getpeername, fd, a, n); }
int shutdown(int fd, int how) { return CALL(shutdown, fd, how, 0); }
ssize_t send(int fd, const void *buf, size_t n, int flags) { return sendto(fd, buf, n, flags, NULL, 0); }
ssize_t recv(int fd, void *buf, size_t n, int flags) { return recvfrom(fd, buf, n, flags, NULL, NULL); }
ssize_t sendmsg(int fd, const struct msghdr *m, int flags) { return CALL(sendmsg, fd, m, flags); }
ssize_t recvmsg(int fd, struct msghdr *m, int flags) { return CALL(recvmsg, fd, m, flags); }

int
socketpair(int family, int type, int protocol, int *fds)
{
	return CALL(socketpair, family, type, protocol, fds);
}

int
accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	return CALL(accept4, fd, a, n, flags);
}

int
setsockopt(int fd, int level, int opt, const void *val, socklen_t n)
{
	return CALL(setsockopt, fd, level, opt, val, n);
}

int
getsockopt(int fd, int level, int opt, void *val, socklen_t *n)
{
	return CALL(getsockopt, fd, level, opt, val, n);
}

ssize_t
sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *a, socklen_t len)
{
	return CALL(sendto, fd, buf, n, flags, a, len);
}

ssize_t
recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *a, socklen_t *len)
{
	return CALL(recvfrom, fd, buf, n, flags, a, len);
}

int
sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	return CALL(sendmmsg, fd, m, n, flags);
}

int
recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout)
{
	return CALL(recvmmsg, fd, m, n, flags, timeout);
}

/* The item after c, if all of it is there. */
struct cmsghdr *
__cmsg_next(struct msghdr *m, struct cmsghdr *c)
{
	char *end = (char *)m->msg_control + m->msg_controllen, *next = (char *)c + CMSG_ALIGN(c->cmsg_len);

	if (c->cmsg_len < sizeof(*c) || next + sizeof(*c) > end)
		return NULL;
	c = (struct cmsghdr *)next;
	return next + CMSG_ALIGN(c->cmsg_len) > end ? NULL : c;
}
