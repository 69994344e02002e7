/* wait.h - waiting for children. */
#ifndef SYS_WAIT_H
#define SYS_WAIT_H

#include <bits/names.h>
#include <bits/types.h>
#include <signal.h>
#include "abi/wait.h"

typedef int idtype_t;
struct rusage;

pid_t	wait(int *status);
pid_t	waitpid(pid_t pid, int *status, int options);
pid_t	wait3(int *status, int options, struct rusage *ru);
pid_t	wait4(pid_t pid, int *status, int options, struct rusage *ru);
int	waitid(idtype_t type, id_t id, siginfo_t *info, int options);

#endif
