/* stdlib.h - memory, numbers, sorting, the environment, the end. */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS	0
#define EXIT_FAILURE	1
#define RAND_MAX	0x7fffffff

void	*malloc(size_t n);
void	*calloc(size_t n, size_t size);
void	*realloc(void *p, size_t n);
void	*reallocarray(void *p, size_t n, size_t size);
void	*aligned_alloc(size_t align, size_t n);
void	 free(void *p);

int	 atoi(const char *s);
long	 atol(const char *s);
long	 strtol(const char *restrict s, char **restrict end, int base);
unsigned long strtoul(const char *restrict s, char **restrict end, int base);
long long strtoll(const char *restrict s, char **restrict end, int base);
unsigned long long strtoull(const char *restrict s, char **restrict end, int base);
int	 abs(int n);
long	 labs(long n);
int	 rand(void);
void	 srand(unsigned int seed);

void	 qsort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *));
void	*bsearch(const void *key, const void *base, size_t n, size_t size,
		 int (*cmp)(const void *, const void *));

char	*getenv(const char *name);
int	 setenv(const char *name, const char *value, int replace);
int	 unsetenv(const char *name);
int	 putenv(char *s);
int	 clearenv(void);

int	 system(const char *command);
int	 mkstemp(char *template);
char	*mkdtemp(char *template);
char	*realpath(const char *restrict path, char *restrict out);
int	 atexit(void (*f)(void));
void	 exit(int status) __attribute__((noreturn));
void	 _Exit(int status) __attribute__((noreturn));
void	 abort(void) __attribute__((noreturn));

#endif
