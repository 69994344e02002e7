/* regex.h - POSIX basic and extended regular expressions. */
#ifndef REGEX_H
#define REGEX_H

#include <bits/types.h>

#define REG_EXTENDED	1
#define REG_ICASE	2
#define REG_NEWLINE	4
#define REG_NOSUB	8
#define REG_NOTBOL	1
#define REG_NOTEOL	2

#define REG_NOMATCH	1
#define REG_BADPAT	2
#define REG_EBRACK	7
#define REG_EPAREN	8
#define REG_BADBR	10
#define REG_ESPACE	12
#define REG_BADRPT	13

typedef ssize_t regoff_t;
typedef struct {
	size_t	re_nsub;
	void	*re_prog;
} regex_t;
typedef struct {
	regoff_t rm_so, rm_eo;
} regmatch_t;

int	regcomp(regex_t *restrict re, const char *restrict pattern, int flags);
int	regexec(const regex_t *restrict re, const char *restrict s, size_t n, regmatch_t *restrict m, int flags);
size_t	regerror(int err, const regex_t *restrict re, char *restrict buf, size_t n);
void	regfree(regex_t *re);

#endif
