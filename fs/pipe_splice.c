/*
 * pipe_splice.c - bytes between pipes and files, or other pipes, without a copy where whole pages go.
 *
 *	file --batch--> pipe --batch--> file      a batch holds pieces of pages, and counts them (splice.h)
 *	pipe ---------> pipe                      whole pages change rings (splice), or are in both (tee)
 *
 * What a pipe gives to a file is *lent*: readers wait until it is known how many bytes were taken, and the rest is
 * still there.  What comes from a stream cannot be given back: the room for it is reserved beforehand (filling).
 *
 * Data        pipe_private.h.
 * Locks       two pipes' locks: the lower address first.
 * Further     splice(2), tee(2).
 */
#include "abi/fcntl.h"
#include "fs/pipe_private.h"
#include "fs/splice.h"
#include "kernel/signal.h"
#include "lib/string.h"

/* --- pipe to file --- */

ssize_t
pipe_lend(struct file *f, struct batch *b, size_t n, bool nonblock)
{
	struct pipe *p = pipe_of(f);
	ssize_t got;

	mutex_lock(&p->lock);
	got = pipe_wait_bytes(p, nonblock || (f->flags & O_NONBLOCK));
	if (got > 0) {
		n = MIN(n, pipe_used(p));
		for (size_t done = 0, part; done < n && !batch_full(b); done += part) {
			size_t off = PAGE_OFFSET(p->tail + done);

			part = MIN(n - done, PAGE_SIZE - off);
			batch_add(b, *pipe_slot(p, p->tail + done) + off, part);
		}
		p->lent = true;
		got = b->bytes;
	}
	mutex_unlock(&p->lock);
	return got;
}

void
pipe_return(struct file *f, size_t used)
{
	struct pipe *p = pipe_of(f);
	bool was_tight;

	mutex_lock(&p->lock);
	was_tight = pipe_room(p) < PIPE_BUF;
	p->lent = false;
	pipe_skip(p, used);
	pipe_wake_writers(p, was_tight);
	wake_up_all(&p->rd_wait);
	mutex_unlock(&p->lock);
}

/* --- file to pipe --- */

/* Until PIPE_BUF bytes fit: how many fit; -EAGAIN, -EPIPE with its signal, -ERESTARTSYS. */
static ssize_t
wait_room(struct pipe *p, bool nonblock) MUST_HOLD(p->lock)
{
	int err;

	for (;;) {
		if (!p->readers) {
			signal_raise(SIGPIPE);
			return -EPIPE;
		}
		if (pipe_room(p) >= PIPE_BUF && !p->filling)
			return pipe_room(p);
		err = nonblock ? -EAGAIN : pipe_sleep(p, &p->wr_wait);
		if (err)
			return err;
	}
}

ssize_t
pipe_reserve(struct file *f, bool nonblock)
{
	struct pipe *p = pipe_of(f);
	ssize_t n;

	mutex_lock(&p->lock);
	n = wait_room(p, nonblock || (f->flags & O_NONBLOCK));
	p->filling |= n > 0;
	mutex_unlock(&p->lock);
	return n;
}

/* The whole page va, counted here once more, is the ring's next. */
static void
put_page(struct pipe *p, char *va) MUST_HOLD(p->lock)
{
	char **slot = pipe_slot(p, p->head);

	frame_get(va_frame(va));
	if (*slot)
		frame_put(va_frame(*slot));
	*slot = va;
	p->mixed = true;
	p->head += PAGE_SIZE;
}

ssize_t
pipe_fill_reserved(struct file *f, const struct batch *b)
{
	struct pipe *p = pipe_of(f);
	ssize_t done = 0, n = 1;
	struct uio u;

	mutex_lock(&p->lock);
	p->filling = false;
	if (b->n && !p->readers) {
		signal_raise(SIGPIPE);
		done = -EPIPE;
	}
	for (uint i = 0; done >= 0 && i < b->n && n > 0; i++) {
		n = b->piece[i].len;
		if (n == PAGE_SIZE && !PAGE_OFFSET(p->head)) {
			put_page(p, (char *)b->piece[i].base);
		} else {
			uio_init_kernel(&u, (void *)b->piece[i].base, n);
			n = pipe_fill(p, &u, n);
		}
		done = n > 0 ? done + n : done ? done : n;
	}
	if (b->n)
		wake_up_all(&p->rd_wait);
	wake_up_all(&p->wr_wait);
	mutex_unlock(&p->lock);
	return done;
}

/* --- pipe to pipe --- */

static void
lock_both(struct pipe *a, struct pipe *b) NO_TSA
{
	mutex_lock(a < b ? &a->lock : &b->lock);
	mutex_lock_nested(a < b ? &b->lock : &a->lock);
}

static void
unlock_both(struct pipe *a, struct pipe *b) NO_TSA
{
	mutex_unlock(&a->lock);
	mutex_unlock(&b->lock);
}

/* n bytes at `from` of `in`, which ends no page before them, to out's head. 0 or -ENOMEM. */
static int
move_part(struct pipe *in, u64 from, struct pipe *out, size_t n, bool keep)
{
	char **src = pipe_slot(in, from), **dst = pipe_slot(out, out->head), *page;

	if (n == PAGE_SIZE && keep) {
		put_page(out, *src);
		in->mixed = true;
	} else if (n == PAGE_SIZE) {
		page = *src;
		*src = *dst;
		*dst = page;
		out->mixed |= in->mixed;
		out->head += n;
	} else {
		page = pipe_page(out);
		if (!page)
			return -ENOMEM;
		memcpy(page + PAGE_OFFSET(out->head), *src + PAGE_OFFSET(from), n);
		out->head += n;
	}
	return 0;
}

/* Up to n bytes, both locked: how many, -ENOMEM if none for that. */
static ssize_t
move_bytes(struct pipe *in, struct pipe *out, size_t n, bool keep)
{
	size_t done = 0, part;
	int err = 0;

	n = MIN(n, MIN(pipe_used(in), pipe_room(out)));
	while (!err && done < n) {
		u64 from = in->tail + done;

		part = MIN(n - done, PAGE_SIZE - MAX(PAGE_OFFSET(from), PAGE_OFFSET(out->head)));
		err = move_part(in, from, out, part, keep);
		done += err ? 0 : part;
	}
	return done ? (ssize_t)done : err;
}

/* What move_bytes() moved is known to all. */
static ssize_t
move_locked(struct pipe *in, struct pipe *out, size_t n, bool keep)
{
	bool was_tight = pipe_room(in) < PIPE_BUF, was_empty = !pipe_used(out);
	ssize_t done = move_bytes(in, out, n, keep);

	if (done <= 0)
		return done;
	if (!keep) {
		pipe_skip(in, done);
		pipe_wake_writers(in, was_tight);
	}
	pipe_wake_readers(out, was_empty);
	return done;
}

ssize_t
pipe_move(struct file *from, struct file *to, size_t n, bool nonblock, bool keep)
{
	struct pipe *in = pipe_of(from), *out = pipe_of(to);
	ssize_t done;

	/* Who waits for one holds nothing of the other, and looks again when it has both. */
	for (;;) {
		mutex_lock(&out->lock);
		done = wait_room(out, nonblock || (to->flags & O_NONBLOCK));
		mutex_unlock(&out->lock);
		if (done < 0)
			return done;
		mutex_lock(&in->lock);
		done = pipe_wait_bytes(in, nonblock || (from->flags & O_NONBLOCK));
		mutex_unlock(&in->lock);
		if (done <= 0)
			return done;
		lock_both(in, out);
		done = in->lent || out->filling || !out->readers ? 0 : move_locked(in, out, n, keep);
		unlock_both(in, out);
		if (done)
			return done;
	}
}
