/*
 * hostile.c - as /init: makes the calls of a script, whatever they are, and shows what each returned.
 *
 * Memory, from AREA on, a page each: writable, read-only, none, not touched yet, a hole, writable, a hole. Descriptors: 3
 * /dev/zero, 4 /dev/null. The script, /SCRIPT, is records of seven words: number and arguments; what lies in memory
 * before them is the file /SCRIPT.mem, of two pages.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE	4096UL

static long
call(const unsigned long *w)
{
	register long a0 asm("a0") = w[1], a7 asm("a7") = w[0];
	register long a1 asm("a1") = w[2], a2 asm("a2") = w[3], a3 asm("a3") = w[4], a4 asm("a4") = w[5], a5 asm("a5") = w[6];

	asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
	return a0;
}

static void
memory(void)
{
	char *at = (char *)AREA;
	int fd = open("/" SCRIPT ".mem", O_RDONLY);

	mmap(at, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	read(fd, at, PAGE);
	read(fd, at + PAGE, PAGE);
	read(fd, at + 5 * PAGE, PAGE);
	close(fd);
	mprotect(at + PAGE, PAGE, PROT_READ);
	mprotect(at + 2 * PAGE, PAGE, PROT_NONE);
	munmap(at + 4 * PAGE, PAGE);
}

int
main(void)
{
	static unsigned long script[64][7];
	char byte;
	int fd;
	long n;

	mkdir("/dev", 0755);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	if (open("/dev/zero", O_RDWR) != 3 || open("/dev/null", O_RDWR) != 4) {
		printf("refused\n");
		return 1;
	}
	memory();
	fd = open("/" SCRIPT, O_RDONLY);
	printf("ready\n");
	fflush(stdout);
	read(0, &byte, 1);
	while ((n = read(fd, script, sizeof(script))) > 0) {
		for (long i = 0; i < n / (long)sizeof(script[0]); i++)
			printf("%lx ", call(script[i]) & 0xffffffffffffffff);
		printf("\n");
	}
	printf(WORD "\n");
	fflush(stdout);
	for (;;)
		pause();
}
