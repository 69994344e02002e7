/* pipe_capacity: F_SETPIPE_SZ keeps what a pipe holds; writes of up to PIPE_BUF bytes are whole, small as it may be. */
#include <limits.h>
#include "test.h"

#define WRITERS	4
#define RECORDS	150

static unsigned char big[1 << 20], back[1 << 20];

static void
sizes(void)
{
	int f[2], fd;

	CHECK(pipe(f) == 0 && fcntl(f[0], F_GETPIPE_SZ) == 65536);
	CHECK(fcntl(f[0], F_SETPIPE_SZ, 0) == 4096 && fcntl(f[1], F_SETPIPE_SZ, 1) == 4096);
	CHECK(fcntl(f[0], F_SETPIPE_SZ, 4097) == 8192 && fcntl(f[1], F_GETPIPE_SZ) == 8192);
	CHECK(fcntl(f[0], F_SETPIPE_SZ, 3 << 16) == 1 << 18);
	CHECK_ERRNO(EINVAL, fcntl(f[0], F_SETPIPE_SZ, -1));
	CHECK_ERRNO(EINVAL, fcntl(f[0], F_SETPIPE_SZ, 0x80000001U));
	CHECK(fcntl(f[0], F_SETPIPE_SZ, 2 << 20) == 2 << 20);	/* for root */
	CHECK((fd = open("/dev/null", O_RDWR)) >= 0);
	CHECK_ERRNO(EBADF, fcntl(fd, F_GETPIPE_SZ));
	CHECK_ERRNO(EBADF, fcntl(fd, F_SETPIPE_SZ, 4096));
	close(fd);
	close(f[0]);
	close(f[1]);
}

/* Others have /proc/sys/fs/pipe-max-size. */
static void
sizes_of_others(void)
{
	int f[2];

	CHECK(setresuid(65534, 65534, 65534) == 0);
	CHECK(pipe(f) == 0 && fcntl(f[0], F_SETPIPE_SZ, 1 << 20) == 1 << 20);
	CHECK_ERRNO(EPERM, fcntl(f[0], F_SETPIPE_SZ, (1 << 20) + 1));
	CHECK_ERRNO(EINVAL, fcntl(f[0], F_SETPIPE_SZ, -1));
	CHECK(fcntl(f[0], F_SETPIPE_SZ, 8192) == 8192);
}

/* Smaller than what it holds: EBUSY. Else nothing is lost, wherever in the ring it lies. */
static void
contents(void)
{
	int f[2];

	CHECK(syscall(SYS_pipe2, f, O_NONBLOCK) == 0);
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = i * 13 + i / 4096;
	CHECK(write(f[1], big, 65536) == 65536 && read(f[0], back, 40960) == 40960);
	CHECK(write(f[1], big + 65536, 12288) == 12288);
	CHECK_ERRNO(EBUSY, fcntl(f[1], F_SETPIPE_SZ, 32768));
	CHECK(fcntl(f[1], F_GETPIPE_SZ) == 65536);
	CHECK(fcntl(f[1], F_SETPIPE_SZ, 1 << 20) == 1 << 20);
	CHECK(write(f[1], big + 77824, 8192) == 8192);
	CHECK(fcntl(f[1], F_SETPIPE_SZ, 65536) == 65536);
	CHECK(read(f[0], back + 40960, sizeof back - 40960) == 86016 - 40960 && !memcmp(big, back, 86016));
	CHECK(fcntl(f[1], F_SETPIPE_SZ, 4096) == 4096 && write(f[1], big, 8192) == 4096);
	CHECK_ERRNO(EAGAIN, write(f[1], big, 1));
	/* Room that it gains is room. */
	CHECK(fcntl(f[1], F_SETPIPE_SZ, 8192) == 8192 && write(f[1], big, 4096) == 4096);
	CHECK_ERRNO(EAGAIN, write(f[1], big, 1));
	close(f[0]);
	close(f[1]);
}

/* A writer that waits for room goes on in the room it gains. */
static void
waiting_writer(void)
{
	int f[2], status;
	pid_t p;

	CHECK(pipe(f) == 0 && fcntl(f[0], F_SETPIPE_SZ, 4096) == 4096 && write(f[1], big, 4096) == 4096);
	p = fork();
	CHECK(p >= 0);
	if (p == 0)
		_exit(write(f[1], big, 4096) != 4096);
	wait_state(p, p, 'S');
	CHECK(fcntl(f[0], F_SETPIPE_SZ, 8192) == 8192);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	close(f[0]);
	close(f[1]);
}

/* Records of `size` bytes, each of one letter, by several writers at once. If one finds no room, not a byte is in. */
static void
writer(int fd, int letter, size_t size)
{
	unsigned char record[PIPE_BUF];
	ssize_t n;

	memset(record, letter, size);
	for (int i = 0; i < RECORDS; ) {
		n = write(fd, record, size);
		if (n == (ssize_t)size)
			i++;
		else if (n == -1 && errno == EAGAIN)
			pause_ms(1);
		else
			_exit(1);
	}
	_exit(0);
}

static void
atomic(size_t size, int capacity, int flags)
{
	int f[2], status, count[WRITERS] = { 0 };
	unsigned char record[PIPE_BUF];
	size_t have;
	ssize_t n;

	CHECK(syscall(SYS_pipe2, f, 0) == 0 && fcntl(f[0], F_SETPIPE_SZ, capacity) == capacity);
	CHECK(fcntl(f[1], F_SETFL, flags) == 0);
	for (int i = 0; i < WRITERS; i++) {
		pid_t p = fork();

		CHECK(p >= 0);
		if (p == 0)
			writer(f[1], i, size);
	}
	close(f[1]);
	for (int i = 0; i < WRITERS * RECORDS; i++) {
		for (have = 0; have < size; have += n)
			CHECK((n = read(f[0], record + have, i % 2 && size - have > 777 ? 777 : size - have)) > 0);
		CHECK(record[0] < WRITERS);
		count[record[0]]++;
		for (size_t k = 1; k < size; k++)
			CHECK(record[k] == record[0]);
	}
	CHECK(read(f[0], record, 1) == 0);
	for (int i = 0; i < WRITERS; i++)
		CHECK(count[i] == RECORDS && wait(&status) > 0 && exited(status, 0));
	close(f[0]);
}

int
main(void)
{
	sizes();
	CHECK(exited(in_child(sizes_of_others), 0));
	contents();
	waiting_writer();
	atomic(PIPE_BUF, 65536, 0);
	atomic(PIPE_BUF, 4096, 0);
	atomic(1000, 4096, 0);
	atomic(1000, 4096, O_NONBLOCK);
	atomic(PIPE_BUF, 8192, O_NONBLOCK);
	return 0;
}
