/* kmsg: what is written to /dev/kmsg is a numbered record of the log, read whole or not at all; dmesg has it too. */
#include "test.h"

/* Read records until one holds the text, or until there is none: its length or -1. */
static ssize_t
find(int fd, const char *text, char *buf, size_t size)
{
	ssize_t n;

	while ((n = read(fd, buf, size - 1)) > 0) {
		buf[n] = '\0';
		if (strstr(buf, text))
			return n;
	}
	return -1;
}

int
main(void)
{
	char buf[2048], long_text[2000];
	unsigned long level, number, next, us;
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK), other;
	pid_t p;

	CHECK(fd >= 0);
	CHECK(lseek(fd, 0, SEEK_END) == 0);
	CHECK(write(fd, "<5>kmsg: the first\n", 19) == 19);
	CHECK(write(fd, "<6>kmsg: the second\n", 20) == 20);
	CHECK(find(fd, "kmsg: the first", buf, sizeof buf) > 0);
	CHECK(sscanf(buf, "%lu,%lu,%lu,", &level, &number, &us) == 3);
	CHECK((level & 7) == 5);
	CHECK(!strcmp(strchr(buf, ';'), ";kmsg: the first\n"));
	CHECK(find(fd, "kmsg: the second", buf, sizeof buf) > 0);
	CHECK(sscanf(buf, "%lu,%lu,%lu,", &level, &next, &us) == 3);
	CHECK((level & 7) == 6 && next > number);

	/* Nothing more; the whole log again from its start; a reader of its own is where it was. */
	CHECK(find(fd, "kmsg: the third", buf, sizeof buf) == -1 && errno == EAGAIN);
	other = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	CHECK(find(other, "kmsg: the second", buf, sizeof buf) > 0);
	CHECK(lseek(other, 0, SEEK_SET) == 0 && find(other, "kmsg: the second", buf, sizeof buf) > 0);
	CHECK_ERRNO(ESPIPE, lseek(other, 1, SEEK_SET));
	CHECK_ERRNO(EINVAL, lseek(other, 0, SEEK_CUR));
	CHECK_ERRNO(EBADF, write(other, "x", 1));

	/* A record is not cut in two. */
	CHECK(lseek(other, 0, SEEK_SET) == 0);
	CHECK_ERRNO(EINVAL, read(other, buf, 5));
	CHECK(read(other, buf, sizeof buf) > 5);
	memset(long_text, 'x', sizeof long_text);
	CHECK_ERRNO(EINVAL, write(fd, long_text, sizeof long_text));

	/* Who may wait is told of the next record. */
	CHECK(lseek(fd, 0, SEEK_END) == 0);
	CHECK(fcntl(fd, F_SETFL, 0) == 0);
	p = fork();
	if (p == 0) {
		usleep(200000);
		CHECK(write(fd, "<6>kmsg: waited for\n", 20) == 20);
		_exit(0);
	}
	CHECK(find(fd, "kmsg: waited for", buf, sizeof buf) > 0);
	CHECK(waitpid(p, NULL, 0) == p);
	return 0;
}
