/* params.h - the kernel command line, from /chosen bootargs. */
#ifndef KERNEL_PARAMS_H
#define KERNEL_PARAMS_H

#include "lib/types.h"

void	params_init(void);			/* split what the device tree says */
const char *params_line(void);			/* as given, for /proc/cmdline */
/* Value of the last "name=value", "" for a bare "name", NULL if absent. */
const char *param(const char *name);
bool	param_flag(const char *name);
/* Words the kernel does not know: without '=' init's arguments, with '=' its environment. NULL-terminated. */
char	**params_init_argv(void);		/* [0] left for the program's name */
char	**params_init_envp(void);

#endif
