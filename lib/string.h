/* string.h - memory and string routines; fmt.h formats. Names and contracts as ISO C. */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/types.h"

void	*memcpy(void *dst, const void *src, size_t n);
void	*memmove(void *dst, const void *src, size_t n);
void	*memset(void *dst, int c, size_t n);
int	 memcmp(const void *a, const void *b, size_t n);
void	*memchr(const void *s, int c, size_t n);
size_t	 strlen(const char *s);
size_t	 strnlen(const char *s, size_t max);
int	 strcmp(const char *a, const char *b);
int	 strncmp(const char *a, const char *b, size_t n);
char	*strchr(const char *s, int c);
char	*strrchr(const char *s, int c);
char	*strstr(const char *hay, const char *needle);
/* Copy at most size-1 bytes and always end dst with NUL; the length of src, as OpenBSD's. */
size_t	 strlcpy(char *dst, const char *src, size_t size);
size_t	 strlcat(char *dst, const char *src, size_t size);
/* Parse an unsigned number (base 0: 0x, 0 prefixes). *end as strtoul's; saturates at ULONG_MAX. */
ulong	 strtoul(const char *s, char **end, int base);

#endif
