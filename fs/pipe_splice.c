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
	ssize_t done = 0, n;
	struct uio u;

	mutex_lock(&p->lock);
	p->filling = false;
	if (b->n && !p->readers) {
		signal_raise(SIGPIPE);
		done = -EPIPE;
	}
	for (uint i = 0; done >= 0 && i < b->n; i++) {
		n = b->piece[i].len;
		if (n == PAGE_SIZE && !PAGE_OFFSET(p->head)) {
			put_page(p, (char *)b->piece[i].base);
		} else {
			uio_init_kernel(&u, (void *)b->piece[i].base, n);
			n = pipe_fill(p, &u, n);
		}
		done = n > 0 ? done + n : done ? done : n;
		if (n < (ssize_t)b->piece[i].len)
			break;			/* no memory: what follows must not take the place of what is missing */
	}
	if (b->n)
		wake_up_all(&p->rd_wait);
	wake_up_all(&p->wr_wait);
	mutex_unlock(&p->lock);
	return done;
}

/* --- pipe to pipe --- */

static void
lock_both(struct pipe *a, struct pipe *b) ACQUIRES(a->lock, b->lock) NO_TSA
{
	mutex_lock(a < b ? &a->lock : &b->lock);
	mutex_lock_nested(a < b ? &b->lock : &a->lock);
}

static void
unlock_both(struct pipe *a, struct pipe *b) RELEASES(a->lock, b->lock) NO_TSA
{
	mutex_unlock(&a->lock);
	mutex_unlock(&b->lock);
}

/* n whole pages at `from` of `in` change places with those at out's head. */
static void
swap_pages(struct pipe *in, u64 from, struct pipe *out, size_t n) MUST_HOLD(in->lock, out->lock)
{
	u64 to = out->head, end = to + n * PAGE_SIZE;
	char **src, **dst, *page;

	out->mixed |= in->mixed;
	for (; to < end; from += PAGE_SIZE, to += PAGE_SIZE) {
		src = pipe_slot(in, from);
		dst = pipe_slot(out, to);
		page = *src;
		*src = *dst;
		*dst = page;
	}
	out->head = end;
}

/* They are in both from now on. */
static void
share_pages(struct pipe *in, u64 from, struct pipe *out, size_t n) MUST_HOLD(in->lock, out->lock)
{
	in->mixed = true;
	for (; n--; from += PAGE_SIZE)
		put_page(out, *pipe_slot(in, from));
}

/* n bytes at `from` of `in`, to out's head: neither reaches into another page. 0 or -ENOMEM. */
static int
copy_part(struct pipe *in, u64 from, struct pipe *out, size_t n) MUST_HOLD(in->lock, out->lock)
{
	char *page = pipe_page(out);

	if (!page)
		return -ENOMEM;
	memcpy(page + PAGE_OFFSET(out->head), *pipe_slot(in, from) + PAGE_OFFSET(from), n);
	out->head += n;
	return 0;
}

/* Up to n bytes, both locked: how many, -ENOMEM if none for that. */
static ssize_t
move_bytes(struct pipe *in, struct pipe *out, size_t n, bool keep) MUST_HOLD(in->lock, out->lock)
{
	size_t done = 0, part;
	u64 from = in->tail;
	int err = 0;

	n = MIN(n, MIN(pipe_used(in), pipe_room(out)));
	for (; !err && done < n; done += part, from += part) {
		part = n - done;
		if (part >= PAGE_SIZE && !PAGE_OFFSET(from | out->head)) {
			part = ALIGN_DOWN(part, PAGE_SIZE);
			(keep ? share_pages : swap_pages)(in, from, out, part >> PAGE_SHIFT);
			continue;
		}
		part = MIN(part, PAGE_SIZE - MAX(PAGE_OFFSET(from), PAGE_OFFSET(out->head)));
		err = copy_part(in, from, out, part);
		if (err)
			part = 0;
	}
	return done ? (ssize_t)done : err;
}

/* What move_bytes() moved is known to all. */
static ssize_t
move_locked(struct pipe *in, struct pipe *out, size_t n, bool keep) MUST_HOLD(in->lock, out->lock)
{
	bool was_tight = pipe_room(in) < PIPE_BUF, was_empty = !pipe_used(out);
	ssize_t done = move_bytes(in, out, n, keep);

	if (unlikely(done < 0))
		return done;
	if (!keep) {
		pipe_skip(in, done);
		pipe_wake_writers(in, was_tight);
	}
	pipe_wake_readers(out, was_empty);
	return done;
}

/* Until `in` has bytes and `out` room, each for itself: 1; 0 at the end, -errno. */
static NOINLINE ssize_t
wait_both(struct pipe *in, bool in_nonblock, struct pipe *out, bool out_nonblock)
{
	ssize_t n;

	mutex_lock(&out->lock);
	n = wait_room(out, out_nonblock);
	mutex_unlock(&out->lock);
	if (n < 0)
		return n;
	mutex_lock(&in->lock);
	n = pipe_wait_bytes(in, in_nonblock);
	mutex_unlock(&in->lock);
	return n;
}

ssize_t
pipe_move(struct file *from, struct file *to, size_t n, bool nonblock, bool keep)
{
	struct pipe *in = pipe_of(from), *out = pipe_of(to);
	ssize_t done = 1;

	/* Who waits for one holds nothing of the other, and looks again when it has both. */
	while (done > 0) {
		lock_both(in, out);
		if (pipe_used(in) && !in->lent && out->readers && pipe_room(out) >= PIPE_BUF && !out->filling) {
			done = move_locked(in, out, n, keep);
			unlock_both(in, out);
			return done;
		}
		unlock_both(in, out);
		done = wait_both(in, nonblock || (from->flags & O_NONBLOCK), out, nonblock || (to->flags & O_NONBLOCK));
	}
	return done;
}
