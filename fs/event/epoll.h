/* epoll.h - what the rest of fs/ must tell epoll, and how these files start. */
#ifndef FS_EVENT_EPOLL_H
#define FS_EVENT_EPOLL_H

struct file;

void	epoll_forget(struct file *f);	/* f's last reference has gone: nobody watches it any more */
void	epoll_init(void);
void	signalfd_init(void);

#endif
