/* users.c - /etc/passwd and /etc/group, a line at a time. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Find the line of a file whose name (if given) or number matches. Fields point into a static line. */
static int
find(const char *file, const char *name, unsigned int id, char **field, int nfields)
{
	static char line[256];
	FILE *f = fopen(file, "re");
	int found = 0;

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof line, f)) {
		char *p = line;
		int n;

		line[strcspn(line, "\n")] = '\0';
		for (n = 0; n < nfields && p; n++)
			field[n] = strsep(&p, ":");
		if (n >= 3)
			found = name ? !strcmp(field[0], name) : strtoul(field[2], NULL, 10) == id;
		for (; n < nfields; n++)
			field[n] = "";
	}
	fclose(f);
	return found;
}

static struct passwd *
find_user(const char *name, uid_t uid)
{
	static struct passwd pw;
	char *f[7];

	if (!find("/etc/passwd", name, uid, f, 7))
		return NULL;
	pw = (struct passwd){ f[0], f[1], strtoul(f[2], NULL, 10), strtoul(f[3], NULL, 10), f[4], f[5], f[6] };
	return &pw;
}

static struct group *
find_group(const char *name, gid_t gid)
{
	static struct group gr;
	static char *none[1];
	char *f[4];

	if (!find("/etc/group", name, gid, f, 4))
		return NULL;
	gr = (struct group){ f[0], f[1], strtoul(f[2], NULL, 10), none };
	return &gr;
}

struct passwd *getpwuid(uid_t uid) { return find_user(NULL, uid); }
struct passwd *getpwnam(const char *name) { return find_user(name, 0); }
struct group *getgrgid(gid_t gid) { return find_group(NULL, gid); }
struct group *getgrnam(const char *name) { return find_group(name, 0); }
