/* un.h - addresses of AF_UNIX. */
#ifndef SYS_UN_H
#define SYS_UN_H

#include <sys/socket.h>

#define sockaddr_un	abi_sockaddr_un

#endif
