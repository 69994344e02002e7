/* shutdown.h - the way down, for init and for poweroff where init is another. */
#ifndef SHUTDOWN_H
#define SHUTDOWN_H

/* End every process, leave the file systems clean, and reboot(2). Root only; does not return. */
void	shut_down(int command) __attribute__((noreturn));

#endif
