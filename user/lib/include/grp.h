/* grp.h - /etc/group, without the members. The result is static. */
#ifndef GRP_H
#define GRP_H

#include <bits/types.h>

struct group {
	char	*gr_name, *gr_passwd;
	gid_t	gr_gid;
	char	**gr_mem;
};

struct group *getgrgid(gid_t gid);
struct group *getgrnam(const char *name);
int	setgroups(size_t n, const gid_t *list);

#endif
