/*
 * power.h - ending and restarting the machine; the console before drivers.
 */
#ifndef ARCH_POWER_H
#define ARCH_POWER_H

#include "lib/types.h"

/* Try SBI SRST, then what drivers registered ("reboot=driver": first). Return only if nothing worked. */
void	machine_poweroff(void);
void	machine_reboot(void);
/* End with a failing status where the board can (virt's finisher); else as reboot or halt. */
void	machine_fail(int code);

/* A driver that can end the machine tells how; each may be NULL, each may return if it failed. The first keeps it. */
void	machine_set_poweroff(void (*poweroff)(void), void (*reboot)(void), void (*fail)(int code));

/* Firmware console: SBI DBCN, else legacy putchar. Any context, no locks. */
void	early_console_write(const char *s, size_t n);

#endif
