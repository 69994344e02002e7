/*
 * os.c - the few things that the build machine's system does for fs/host: memory, files, other programs.
 *
 * No header of the kernel is included here but types.h: the two name many things alike.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fs/host/private.h"

const char *__asan_default_options(void);

#define MAX_TEMPS	64

static char *temps[MAX_TEMPS];
static int ntemps;

/* The sanitizer's: crash states are many megabytes each, so freed memory is not kept for long. */
const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=16:malloc_context_size=12:allocator_release_to_os_interval_ms=-1";
}

void
os_same_addresses(char **argv)
{
	int old = personality(0xffffffff);

	if (old == -1 || (old & ADDR_NO_RANDOMIZE) || personality(old | ADDR_NO_RANDOMIZE) == -1)
		return;
	execv("/proc/self/exe", argv);
}

void
os_stack(const void **bottom, size_t *size)
{
	pthread_attr_t attr;
	void *addr;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &addr, size);
	pthread_attr_destroy(&attr);
	*bottom = addr;
}

void *
os_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return p;
}

char *
os_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	char *p;

	if (!f || fstat(fileno(f), &st)) {
		perror(path);
		exit(2);
	}
	*size = st.st_size;
	p = malloc(*size ? *size : 1);
	if (!p || fread(p, 1, *size, f) != *size) {
		perror(path);
		exit(2);
	}
	fclose(f);
	return p;
}

void
os_write(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	static const char zeros[65536];

	if (fd < 0 || ftruncate(fd, size)) {
		perror(path);
		exit(2);
	}
	for (size_t i = 0; i < size; i += sizeof(zeros)) {
		size_t n = size - i < sizeof(zeros) ? size - i : sizeof(zeros);

		const char *from = (const char *)data + i;

		if (memcmp(from, zeros, n) && pwrite(fd, from, n, i) != (ssize_t)n) {
			perror(path);
			exit(2);
		}
	}
	close(fd);
}

static void
remove_temps(void)
{
	while (ntemps)
		unlink(temps[--ntemps]);
}

char *
os_temp(void)
{
	const char *dir = getenv("TMPDIR");
	char *name = NULL;
	int fd;

	if (asprintf(&name, "%s/fshost-XXXXXX", dir ? dir : "/tmp") < 0 || ntemps == MAX_TEMPS)
		exit(2);
	fd = mkstemp(name);
	if (fd < 0) {
		perror(name);
		exit(2);
	}
	close(fd);
	if (!ntemps)
		atexit(remove_temps);
	temps[ntemps++] = name;
	return name;
}

void
os_remove(const char *path)
{
	unlink(path);
	for (int i = 0; i < ntemps; i++) {
		if (strcmp(temps[i], path))
			continue;
		free(temps[i]);
		temps[i] = temps[--ntemps];
		return;
	}
}

int
os_run(const char *command, char **output)
{
	size_t n = 0, max = 1 << 16;
	char *buf = malloc(max);
	FILE *p;
	int status;

	fflush(stdout);
	p = popen(command, "r");
	if (!p || !buf) {
		perror(command);
		exit(2);
	}
	while (n < max - 1) {
		size_t got = fread(buf + n, 1, max - 1 - n, p);

		if (!got)
			break;
		n += got;
		if (n == max - 1) {
			max *= 2;
			buf = realloc(buf, max);
			if (!buf)
				exit(2);
		}
	}
	buf[n] = 0;
	status = pclose(p);
	*output = buf;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
