/* pwd.h - /etc/passwd. The result is static: the next call overwrites it. */
#ifndef PWD_H
#define PWD_H

#include <bits/types.h>

struct passwd {
	char	*pw_name, *pw_passwd;
	uid_t	pw_uid;
	gid_t	pw_gid;
	char	*pw_gecos, *pw_dir, *pw_shell;
};

struct passwd *getpwuid(uid_t uid);
struct passwd *getpwnam(const char *name);

#endif
