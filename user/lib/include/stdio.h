/* stdio.h - buffered files and formatting. No floating point. */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <bits/types.h>

#define EOF		(-1)
#define BUFSIZ		4096
#define FILENAME_MAX	4096
#define _IOFBF		0
#define _IOLBF		1
#define _IONBF		2
#ifndef SEEK_SET
#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#endif

typedef struct file FILE;
extern FILE *const stdin;
extern FILE *const stdout;
extern FILE *const stderr;

FILE	*fopen(const char *restrict path, const char *restrict mode);
FILE	*freopen(const char *restrict path, const char *restrict mode, FILE *restrict f);
FILE	*fdopen(int fd, const char *mode);
FILE	*popen(const char *command, const char *mode);
int	 pclose(FILE *f);
int	 fclose(FILE *f);
int	 fflush(FILE *f);
int	 setvbuf(FILE *restrict f, char *restrict buf, int mode, size_t size);
void	 setbuf(FILE *restrict f, char *restrict buf);
int	 fileno(FILE *f);
int	 feof(FILE *f);
int	 ferror(FILE *f);
void	 clearerr(FILE *f);
int	 fseek(FILE *f, long off, int whence);
long	 ftell(FILE *f);
void	 rewind(FILE *f);

int	 fgetc(FILE *f);
int	 getc(FILE *f);
int	 getchar(void);
int	 ungetc(int c, FILE *f);
char	*fgets(char *restrict s, int n, FILE *restrict f);
size_t	 fread(void *restrict p, size_t size, size_t n, FILE *restrict f);
ssize_t	 getline(char **restrict line, size_t *restrict cap, FILE *restrict f);
ssize_t	 getdelim(char **restrict line, size_t *restrict cap, int delim, FILE *restrict f);

int	 fputc(int c, FILE *f);
int	 putc(int c, FILE *f);
int	 putchar(int c);
int	 fputs(const char *restrict s, FILE *restrict f);
int	 puts(const char *s);
size_t	 fwrite(const void *restrict p, size_t size, size_t n, FILE *restrict f);

int	 printf(const char *restrict fmt, ...) __attribute__((format(printf, 1, 2)));
int	 fprintf(FILE *restrict f, const char *restrict fmt, ...) __attribute__((format(printf, 2, 3)));
int	 dprintf(int fd, const char *restrict fmt, ...) __attribute__((format(printf, 2, 3)));
int	 sprintf(char *restrict s, const char *restrict fmt, ...) __attribute__((format(printf, 2, 3)));
int	 snprintf(char *restrict s, size_t n, const char *restrict fmt, ...) __attribute__((format(printf, 3, 4)));
int	 asprintf(char **restrict s, const char *restrict fmt, ...) __attribute__((format(printf, 2, 3)));
int	 vprintf(const char *restrict fmt, va_list ap) __attribute__((format(printf, 1, 0)));
int	 vfprintf(FILE *restrict f, const char *restrict fmt, va_list ap) __attribute__((format(printf, 2, 0)));
int	 vdprintf(int fd, const char *restrict fmt, va_list ap) __attribute__((format(printf, 2, 0)));
int	 vsprintf(char *restrict s, const char *restrict fmt, va_list ap) __attribute__((format(printf, 2, 0)));
int	 vsnprintf(char *restrict s, size_t n, const char *restrict fmt, va_list ap)
	 __attribute__((format(printf, 3, 0)));
int	 vasprintf(char **restrict s, const char *restrict fmt, va_list ap) __attribute__((format(printf, 2, 0)));
int	 sscanf(const char *restrict s, const char *restrict fmt, ...) __attribute__((format(scanf, 2, 3)));
int	 vsscanf(const char *restrict s, const char *restrict fmt, va_list ap) __attribute__((format(scanf, 2, 0)));
void	 perror(const char *s);
int	 remove(const char *path);
int	 rename(const char *from, const char *to);
int	 renameat2(int odfd, const char *from, int ndfd, const char *to, unsigned int flags);

#endif
