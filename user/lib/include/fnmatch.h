/* fnmatch.h - matching a name against a shell pattern. */
#ifndef FNMATCH_H
#define FNMATCH_H

#define FNM_NOMATCH	1
#define FNM_PATHNAME	(1 << 0)
#define FNM_NOESCAPE	(1 << 1)
#define FNM_PERIOD	(1 << 2)

int	fnmatch(const char *pattern, const char *s, int flags);

#endif
