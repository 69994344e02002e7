/*
 * cpu_dma_latency: the smallest number that an open file was given holds, in four bytes or in hexadecimal text, and
 * goes with its file.
 */
#include "test.h"

static int
now(void)
{
	int fd = open("/dev/cpu_dma_latency", O_RDONLY), us = -7;

	CHECK(fd >= 0);
	CHECK(read(fd, &us, sizeof us) == sizeof us);
	CHECK(read(fd, &us, sizeof us) == 0);		/* the end; and no way back */
	CHECK(lseek(fd, 0, SEEK_SET) == 4);
	CHECK(pread(fd, &us, sizeof us, 0) == sizeof us);
	CHECK(close(fd) == 0);
	return us;
}

static int
ask(int us)
{
	int fd = open("/dev/cpu_dma_latency", O_RDWR);

	CHECK(fd >= 0);
	CHECK(write(fd, &us, sizeof us) == sizeof us);
	return fd;
}

static void
nobody(void)
{
	CHECK(setuid(65534) == 0);
	CHECK_ERRNO(EACCES, open("/dev/cpu_dma_latency", O_RDONLY));
}

int
main(void)
{
	int any = now(), a, b;
	struct stat st;

	CHECK(any == 2000000000);
	CHECK(stat("/dev/cpu_dma_latency", &st) == 0 && st.st_mode == (S_IFCHR | 0600));
	a = ask(100);
	CHECK(now() == 100);
	b = ask(30);
	CHECK(now() == 30);
	CHECK(write(b, "1f4\n", 5) == 5 && now() == 100);
	CHECK(write(b, "0x20", 5) == 5 && now() == 0x20);
	CHECK_ERRNO(EINVAL, write(b, "later", 5));
	CHECK_ERRNO(EINVAL, write(b, "", 0));
	CHECK_ERRNO(ERANGE, write(b, "80000000", 8));
	CHECK(now() == 0x20);
	CHECK(close(b) == 0 && now() == 100);
	CHECK(close(a) == 0 && now() == any);
	CHECK(exited(in_child(nobody), 0));
	return 0;
}
