/*
 * cmd.h - what the commands share: messages in one form, signal names, modes, and the three
 * commands that are also built into the shell.  Everything here is linked into each program
 * that uses it.
 */
#ifndef CMD_H
#define CMD_H

#include <sys/types.h>

/* "cp: x: No such file or directory", on standard error, from errno. */
void	warn_errno(const char *what);
void	warn_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same as warn_text, then exit with status 1. */
void	die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void	die_errno(const char *what) __attribute__((noreturn));
/* "usage: cp ...", exit with status 2. */
void	usage(const char *text) __attribute__((noreturn));
/* Flush standard output at the end: the exit status, 1 if something could not be written. */
int	finish_output(int status);

/* Become the command. The exit status after a message if that fails: 127, there is none, or 126. */
int	run_instead(char **argv);

/* A whole decimal number, or die. */
long	number(const char *s, const char *what);
/* The same with a unit behind it: c 1, w 2, b 512, k M G T 1024 and powers, kB MB GB TB 1000 and powers. */
long long size_number(const char *s, const char *what);
/* "1.5M" style for people; into buf of at least 8 bytes. */
char	*human_size(unsigned long long n, char *buf);
/* "drwxr-xr-x" */
void	mode_string(mode_t mode, char out[11]);
/* Parse "755" or "u+x,go-w" over a mode. -1 if malformed. */
int	mode_parse(const char *s, mode_t old, int is_dir, mode_t mask);
/* dir/name, malloc'ed. */
char	*path_join(const char *dir, const char *name);
/* Copy all of one file to another. 0, or -1 after a message about the named ones. */
int	copy_fd(int from, const char *from_name, int to, const char *to_name);
/* Open for reading; "-" is standard input. -1 after a message. */
int	open_input(const char *path);

int	signal_number(const char *name);	/* "INT", "SIGINT", "2"; "EXIT" and "0" are 0; -1 */
const char *signal_name(int sig);		/* "INT" */
void	signal_list(void);

int	test_main(int argc, char **argv);
int	printf_main(int argc, char **argv);
int	echo_main(int argc, char **argv);
int	kill_main(int argc, char **argv, pid_t (*job)(const char *));

#endif
