/* string.h - memory and strings. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>
#include <strings.h>

void	*memcpy(void *restrict dst, const void *restrict src, size_t n);
void	*memmove(void *dst, const void *src, size_t n);
void	*memset(void *dst, int c, size_t n);
int	 memcmp(const void *a, const void *b, size_t n);
void	*memchr(const void *s, int c, size_t n);
void	*memrchr(const void *s, int c, size_t n);
void	*memmem(const void *hay, size_t hlen, const void *needle, size_t nlen);
size_t	 strlen(const char *s);
size_t	 strnlen(const char *s, size_t max);
int	 strcmp(const char *a, const char *b);
int	 strncmp(const char *a, const char *b, size_t n);
int	 strcoll(const char *a, const char *b);
char	*strcpy(char *restrict dst, const char *restrict src);
char	*strncpy(char *restrict dst, const char *restrict src, size_t n);
char	*stpcpy(char *restrict dst, const char *restrict src);
char	*strcat(char *restrict dst, const char *restrict src);
char	*strncat(char *restrict dst, const char *restrict src, size_t n);
char	*strchr(const char *s, int c);
char	*strchrnul(const char *s, int c);
char	*strrchr(const char *s, int c);
char	*strstr(const char *hay, const char *needle);
size_t	 strspn(const char *s, const char *set);
size_t	 strcspn(const char *s, const char *set);
char	*strpbrk(const char *s, const char *set);
char	*strtok(char *restrict s, const char *restrict sep);
char	*strtok_r(char *restrict s, const char *restrict sep, char **restrict save);
char	*strsep(char **sp, const char *sep);
char	*strdup(const char *s);
char	*strndup(const char *s, size_t n);
char	*strerror(int err);
char	*strsignal(int sig);

#endif
