/* pipes: order, atomicity, end of file, EPIPE, non-blocking, capacity, FIFOs. */
#include <poll.h>
#include "test.h"

static void write_to_nobody(void) { int f[2]; CHECK(pipe(f) == 0); close(f[0]); write(f[1], "x", 1); }

int
main(void)
{
	static char big[200000], back[200000];
	char line[512];
	int f[2], status;
	ssize_t n;
	size_t done;
	pid_t p;

	CHECK(killed(in_child(write_to_nobody), SIGPIPE));
	signal(SIGPIPE, SIG_IGN);
	CHECK(pipe(f) == 0);
	close(f[0]);
	CHECK_ERRNO(EPIPE, write(f[1], "x", 1));
	close(f[1]);

	/* Opened by its number, a pipe whose writers are gone is at its end: nobody waits for another one. */
	CHECK(pipe(f) == 0);
	CHECK(write(f[1], "last", 4) == 4);
	close(f[1]);
	snprintf(line, sizeof line, "/proc/self/fd/%d", f[0]);
	f[1] = open(line, O_RDONLY);
	CHECK(f[1] >= 0);
	CHECK(read(f[1], back, 10) == 4 && read(f[1], back, 10) == 0);
	close(f[1]);
	close(f[0]);

	/* More than fits passes through in order. */
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = i * 31 + i / 251;
	CHECK(pipe(f) == 0);
	p = fork();
	if (p == 0) {
		close(f[0]);
		CHECK(write(f[1], big, sizeof big) == sizeof big);
		_exit(0);
	}
	close(f[1]);
	for (done = 0; ; done += n) {
		n = read(f[0], back + done, 7001 < sizeof back - done ? 7001 : sizeof back - done);
		if (n <= 0)
			break;
	}
	CHECK(n == 0 && done == sizeof big && !memcmp(big, back, sizeof big));
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	close(f[0]);

	/* Non-blocking: fills to 64 KiB, then EAGAIN; poll agrees. */
	CHECK(syscall(SYS_pipe2, f, O_NONBLOCK) == 0);
	CHECK_ERRNO(EAGAIN, read(f[0], line, 1));
	for (done = 0; (n = write(f[1], big, 4096)) > 0; done += n)
		;
	CHECK(n == -1 && errno == EAGAIN && done == 65536);
	struct pollfd pf[2] = { { f[0], POLLIN, 0 }, { f[1], POLLOUT, 0 } };
	CHECK(poll(pf, 2, 0) == 1 && pf[0].revents == POLLIN && pf[1].revents == 0);
	CHECK(read(f[0], back, 4096) == 4096);
	CHECK(poll(pf, 2, 0) == 2);
	close(f[0]);
	close(f[1]);

	/* Writers of up to PIPE_BUF bytes never mix. */
	CHECK(pipe(f) == 0);
	for (int w = 0; w < 4; w++)
		if (fork() == 0) {
			memset(line, 'a' + w, sizeof line);
			for (int i = 0; i < 200; i++)
				CHECK(write(f[1], line, sizeof line) == sizeof line);
			_exit(0);
		}
	close(f[1]);
	for (int i = 0; i < 800; i++) {
		for (done = 0; done < sizeof line; done += n)
			CHECK((n = read(f[0], line + done, sizeof line - done)) > 0);
		for (size_t k = 1; k < sizeof line; k++)
			CHECK(line[k] == line[0]);
	}
	CHECK(read(f[0], line, 1) == 0);
	while (wait(NULL) > 0)
		;
	close(f[0]);

	/* Opened once more through /proc, it is the same pipe. */
	CHECK(pipe(f) == 0);
	snprintf(line, sizeof line, "/proc/self/fd/%d", f[0]);
	int again = open(line, O_RDONLY);
	CHECK(again >= 0 && write(f[1], "twice", 5) == 5 && read(again, line, 10) == 5 && !memcmp(line, "twice", 5));
	close(f[0]);
	CHECK(write(f[1], "x", 1) == 1 && close(again) == 0);
	CHECK_ERRNO(EPIPE, write(f[1], "x", 1));
	close(f[1]);

	/* A FIFO opens when both ends are there. */
	unlink("/tmp/fifo.t");
	CHECK(mkfifo("/tmp/fifo.t", 0600) == 0);
	CHECK_ERRNO(ENXIO, open("/tmp/fifo.t", O_WRONLY | O_NONBLOCK));
	p = fork();
	if (p == 0) {
		int w = open("/tmp/fifo.t", O_WRONLY);
		CHECK(w >= 0 && write(w, "hi", 2) == 2);
		_exit(0);
	}
	f[0] = open("/tmp/fifo.t", O_RDONLY);
	CHECK(f[0] >= 0 && read(f[0], line, 10) == 2 && read(f[0], line, 10) == 0);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	CHECK_ERRNO(ESPIPE, lseek(f[0], 0, SEEK_SET));
	unlink("/tmp/fifo.t");
	return 0;
}
