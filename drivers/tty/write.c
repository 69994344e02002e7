/*
 * write.c - write(2) to either end of a terminal: one writer at a time, a chunk at a time.
 *
 * Locks       the end's write lock, a mutex, over the whole call.
 * Not here    what becomes of the bytes: output.c for a terminal, ldisc.c for a pty's master.
 */
#include "abi/errno.h"
#include "drivers/tty/private.h"
#include "kernel/mutex.h"
#include "lib/string.h"
#include "mm/uio.h"

#define CHUNK	256

/* Once the lock is held. An error counts only if nothing was written; what was fetched and not written goes back. */
static ssize_t
write_chunks(const struct tty_sink *sink, struct uio *u, bool nonblock)
{
	ssize_t total = 0;

	while (u->resid) {
		struct uio before = *u;
		char buf[CHUNK];
		size_t want = MIN(u->resid, sizeof(buf));
		size_t n = uio_get(u, buf, want), done = 0;
		int err;

		if (n == 0)
			return total ? total : -EFAULT;
		err = sink->write(sink->to, buf, n, nonblock, &done);
		total += done;
		if (err) {
			*u = before;
			uio_get(u, buf, done);
			return total ? total : err;
		}
		if (n < want)
			return total;
	}
	return total;
}

ssize_t
tty_sink_write(const struct tty_sink *sink, struct uio *u, bool nonblock)
{
	ssize_t n;
	int err;

	if (nonblock) {
		if (!mutex_trylock(sink->lock))
			return -EAGAIN;
	} else {
		err = mutex_lock_interruptible(sink->lock);
		if (err)
			return err;
	}
	n = write_chunks(sink, u, nonblock);
	mutex_unlock(sink->lock);
	return n;
}
