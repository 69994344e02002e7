/*
 * locks.c - advisory locks: byte ranges by process (fcntl) or by open file (OFD), and flock.
 *
 * Data        struct lock_list, inode->locks, made when a file is first locked: two lists, of ranges,
 *             an owner's together and by start, and of whole-file flocks.  A process's ranges belong to its
 *             descriptor table, which threads share; the others belong to the struct file.
 * Locks       locks_lock, one spinlock for all of it: holding is short and locking is rare.
 *             What may have to be allocated is allocated before it is taken.
 * Invariants  L1  ranges of one owner do not overlap, and neighbours of one kind are merged.
 *             L2  two owners' ranges overlap only if both are read locks.
 * Further     fcntl(2) "Advisory record locking", flock(2).
 */
#include "abi/fcntl.h"
#include "fs/internal.h"
#include "fs/locks.h"
#include "kernel/fdtable.h"
#include "kernel/signal.h"
#include "mm/slab.h"

#define RANGE_END	INT64_MAX	/* last byte: a lock of length 0 reaches it */

struct range {
	struct list link;
	const void *owner;
	bool	ofd;			/* the owner is a file, not a process */
	int	pid;			/* for F_GETLK */
	int	type;			/* F_RDLCK, F_WRLCK */
	loff_t	start, end;		/* both included */
};

struct lock_list {
	struct list link;		/* on all_lists */
	const struct inode *inode;
	struct list ranges, flocks;
	struct waitq wait;		/* something was unlocked */
};

/* Who sleeps for whose range: to refuse a wait that closes a circle. */
struct blocked {
	struct list link;
	const void *owner, *on;
};

static struct spinlock locks_lock = SPINLOCK_INIT(RANK_ICACHE);
static struct list all_blocked = LIST_INIT(all_blocked);
static struct list all_lists = LIST_INIT(all_lists);	/* of files that were ever locked and are in memory */

/* i's list, made if it has none. NULL if out of memory. */
static struct lock_list *
locks_of(struct inode *i)
{
	struct lock_list *new;

	if (i->locks)
		return i->locks;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	list_init(&new->ranges);
	list_init(&new->flocks);
	waitq_init(&new->wait);
	new->inode = i;
	spin_lock(&locks_lock);
	if (!i->locks) {
		list_push_back(&all_lists, &new->link);
		smp_store_release(&i->locks, new);
		new = NULL;
	}
	spin_unlock(&locks_lock);
	kfree(new);
	return i->locks;
}

void
locks_free(struct inode *i)
{
	if (!i->locks)
		return;
	spin_lock(&locks_lock);
	list_remove(&i->locks->link);
	spin_unlock(&locks_lock);
	kfree(i->locks);
}

/* A range of somebody else that forbids r, or NULL. */
static struct range *
conflict_locked(struct list *list, const struct range *r)
{
	struct range *o;

	list_for_each(o, list, link)
		if (o->owner != r->owner && o->start <= r->end && o->end >= r->start &&
		    (o->type == F_WRLCK || r->type == F_WRLCK))
			return o;
	return NULL;
}

/* The first range of r's own owner that r touches, or NULL. */
static struct range *
own_locked(struct list *list, const struct range *r)
{
	struct range *o;

	list_for_each(o, list, link)
		if (o->owner == r->owner && o->start <= r->end && o->end >= r->start)
			return o;
	return NULL;
}

static void
range_free(struct range *r)
{
	list_remove(&r->link);
	kfree(r);
}

/* Put new in its place. */
static void
range_insert(struct list *list, struct range *new)
{
	struct range *o;
	bool mine = false;

	list_for_each(o, list, link) {
		if (o->owner == new->owner ? o->start > new->start : mine)
			break;
		mine |= o->owner == new->owner;
	}
	list_push_back(&o->link, &new->link);		/* before o, which may be the list's head */
}

/*
 * Make [r->start, r->end] of r's owner be of r's type (F_UNLCK: not locked). spare[0..1] are for the
 * piece added and for the right half of one that is split; what is used becomes NULL.
 */
static void
apply_locked(struct list *list, const struct range *r, struct range *spare[2])
{
	loff_t start = r->start, end = r->end;
	struct range *o, *tmp, *new;

	list_for_each_safe(o, tmp, list, link) {
		if (o->owner != r->owner)
			continue;
		if (o->type == r->type) {
			/* Same kind: swallow it if it overlaps or touches. */
			if ((start > 0 && o->end < start - 1) || (end < RANGE_END && o->start > end + 1))
				continue;
			start = MIN(start, o->start);
			end = MAX(end, o->end);
			range_free(o);
			continue;
		}
		if (o->end < r->start || o->start > r->end)
			continue;
		if (o->start < r->start && o->end > r->end) {
			new = spare[1];
			spare[1] = NULL;
			*new = *o;
			new->start = r->end + 1;
			list_push_front(&o->link, &new->link);
			o->end = r->start - 1;
		} else if (o->start < r->start) {
			o->end = r->start - 1;
		} else if (o->end > r->end) {
			o->start = r->end + 1;
		} else {
			range_free(o);
		}
	}
	if (r->type == F_UNLCK)
		return;
	new = spare[0];
	spare[0] = NULL;
	*new = *r;
	new->start = start;
	new->end = end;
	range_insert(list, new);
}

/* Would owner, waiting for `on`, wait for itself? */
static bool
deadlock_locked(const void *owner, const void *on)
{
	struct blocked *b;
	int depth;

	for (depth = 0; depth < 32; depth++) {
		if (on == owner)
			return true;
		list_for_each(b, &all_blocked, link)
			if (b->owner == on)
				break;
		if (&b->link == &all_blocked)
			return false;
		on = b->on;
	}
	return false;
}

/* Try once, and if it conflicts queue w and b. 0, -EAGAIN, -EDEADLK. */
static int
range_try(struct lock_list *l, struct range *r, struct range *spare[2], struct waiter *w, struct blocked *b)
{
	struct range *o = NULL;
	int err = 0;

	spin_lock(&locks_lock);
	list_remove(&b->link);
	if (r->type != F_UNLCK)
		o = conflict_locked(&l->ranges, r);
	if (!o) {
		apply_locked(&l->ranges, r, spare);
		wake_up_all(&l->wait);		/* a lock may have been given up or made weaker */
	} else if (w && !r->ofd && deadlock_locked(r->owner, o->owner)) {
		err = -EDEADLK;
	} else {
		err = -EAGAIN;
		if (w) {
			b->owner = r->owner;
			b->on = o->owner;
			if (!r->ofd)		/* an open file does not wait: a task does */
				list_push_back(&all_blocked, &b->link);
			waitq_prepare(&l->wait, w, TASK_INTERRUPTIBLE);
		}
	}
	spin_unlock(&locks_lock);
	return err;
}

static int
range_set(struct lock_list *l, struct range *r, bool wait)
{
	struct range *spare[2] = { kmalloc(sizeof(*r), GFP_KERNEL), kmalloc(sizeof(*r), GFP_KERNEL) };
	struct blocked b;
	struct waiter w;
	int err = -ENOLCK;

	list_init(&b.link);
	waiter_init(&w);
	if (spare[0] && spare[1]) {
		while ((err = range_try(l, r, spare, wait ? &w : NULL, &b)) == -EAGAIN && wait) {
			err = wait_sleep_(TASK_INTERRUPTIBLE, ~0UL);
			waitq_finish(&l->wait, &w);
			if (err)
				break;
		}
		spin_lock(&locks_lock);
		list_remove(&b.link);
		spin_unlock(&locks_lock);
	}
	kfree(spare[0]);
	kfree(spare[1]);
	return err;
}

/* struct flock's place in f as a range. 0, -EINVAL, -EOVERFLOW. */
static int
range_decode(struct file *f, const struct abi_flock *fl, struct range *r)
{
	loff_t base = 0, start, end;

	switch (fl->l_whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = f->pos;
		break;
	case SEEK_END:
		base = f->inode->size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, fl->l_start, &start))
		return -EOVERFLOW;
	end = RANGE_END;
	if (fl->l_len > 0) {
		if (__builtin_add_overflow(start, fl->l_len - 1, &end))
			return -EOVERFLOW;
	} else if (fl->l_len < 0) {
		end = start - 1;
		start += fl->l_len;
	}
	if (start < 0)
		return -EINVAL;
	if (fl->l_type != F_RDLCK && fl->l_type != F_WRLCK && fl->l_type != F_UNLCK)
		return -EINVAL;
	r->type = fl->l_type;
	r->start = start;
	r->end = end;
	return 0;
}

/*
 * Another thread may have closed fd, and with it the process's locks, while this one was taking r: then r goes too.
 * That thread may be gone by now. 0 or -EBADF.
 */
static int
check_not_closed(int fd, struct file *f)
{
	struct file *now;
	bool put;

	now = fd_get(fd, &put);
	if (now)
		fd_put(now, put);
	if (now == f)
		return 0;
	locks_close(f, current->files);
	return -EBADF;
}

/* F_GETLK: what forbids r, or of r's owner's own what it touches (F_UNLCK), as fl. */
static void
range_tell(struct lock_list *l, const struct range *r, struct abi_flock *fl)
{
	struct range *o;

	spin_lock(&locks_lock);
	o = r->type == F_UNLCK ? own_locked(&l->ranges, r) : conflict_locked(&l->ranges, r);
	fl->l_type = F_UNLCK;
	if (o) {
		fl->l_type = o->type;
		fl->l_whence = SEEK_SET;
		fl->l_start = o->start;
		fl->l_len = o->end == RANGE_END ? 0 : o->end - o->start + 1;
		fl->l_pid = o->pid;
	}
	spin_unlock(&locks_lock);
}

long
fcntl_lock(int fd, struct file *f, uint cmd, uptr_t arg)
{
	bool ofd = cmd >= F_OFD_GETLK;
	struct abi_flock fl;
	struct lock_list *l;
	struct range r;
	int err;

	if (get_user(fl, arg))
		return -EFAULT;
	if (!f->inode || (ofd && fl.l_pid))
		return -EINVAL;
	err = range_decode(f, &fl, &r);
	if (err)
		return err;
	r.owner = ofd ? (void *)f : (void *)current->files;
	r.ofd = ofd;
	r.pid = ofd ? -1 : task_tgid(current);
	l = locks_of(f->inode);
	if (!l)
		return -ENOLCK;
	if (cmd != F_GETLK && cmd != F_OFD_GETLK) {
		if ((r.type == F_RDLCK && !(f->mode & FMODE_READ)) || (r.type == F_WRLCK && !(f->mode & FMODE_WRITE)))
			return -EBADF;
		err = range_set(l, &r, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
		return err || ofd || r.type == F_UNLCK ? err : check_not_closed(fd, f);
	}
	if (r.type == F_UNLCK && !ofd)
		return -EINVAL;
	range_tell(l, &r, &fl);
	return put_user(fl, arg);
}

/* --- flock --- */

/* Give up f's flock. True if it had one. */
static bool
flock_drop_locked(struct lock_list *l, const struct file *f)
{
	struct range *o, *tmp;

	list_for_each_safe(o, tmp, &l->flocks, link) {
		if (o->owner == f) {
			range_free(o);
			return true;
		}
	}
	return false;
}

/* Take r for its file, whatever that held before. 0 or -EAGAIN, w queued if given. */
static int
flock_try(struct lock_list *l, struct range *r, struct waiter *w)
{
	int err = 0;

	spin_lock(&locks_lock);
	/* Changing the kind of lock gives the old one up first, as flock(2) says. */
	if (flock_drop_locked(l, r->owner))
		wake_up_all(&l->wait);
	if (!conflict_locked(&l->flocks, r)) {
		list_push_back(&l->flocks, &r->link);
	} else {
		err = -EAGAIN;
		if (w)
			waitq_prepare(&l->wait, w, TASK_INTERRUPTIBLE);
	}
	spin_unlock(&locks_lock);
	return err;
}

static int
file_flock(struct file *f, int op, bool wait)
{
	struct lock_list *l = f->inode ? locks_of(f->inode) : NULL;
	struct waiter w;
	struct range *r;
	int err;

	if (!l)
		return f->inode ? -ENOLCK : -EBADF;
	if (op == LOCK_UN) {
		spin_lock(&locks_lock);
		if (flock_drop_locked(l, f))
			wake_up_all(&l->wait);
		spin_unlock(&locks_lock);
		return 0;
	}
	r = kmalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOLCK;
	*r = (struct range){ .owner = f, .ofd = true, .pid = task_tgid(current), .end = RANGE_END };
	r->type = op == LOCK_EX ? F_WRLCK : F_RDLCK;
	waiter_init(&w);
	while ((err = flock_try(l, r, wait ? &w : NULL)) == -EAGAIN && wait) {
		err = wait_sleep_(TASK_INTERRUPTIBLE, ~0UL);
		waitq_finish(&l->wait, &w);
		if (err)
			break;
	}
	if (err)
		kfree(r);
	return err;
}

long
sys_flock(const ulong *a)
{
	int op = a[1] & ~(ulong)LOCK_NB;
	struct file *f;
	bool put;
	long r;

	if (op != LOCK_SH && op != LOCK_EX && op != LOCK_UN)
		return -EINVAL;
	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	r = file_flock(f, op, !(a[1] & LOCK_NB));
	fd_put(f, put);
	return r;
}

/* --- closing --- */

static void
drop_owner(struct inode *i, const void *owner, bool flocks)
{
	struct lock_list *l = i->locks;
	struct range *o, *tmp;

	spin_lock(&locks_lock);
	list_for_each_safe(o, tmp, &l->ranges, link)
		if (o->owner == owner)
			range_free(o);
	if (flocks)
		flock_drop_locked(l, owner);
	wake_up_all(&l->wait);
	spin_unlock(&locks_lock);
}

void
locks_close(struct file *f, struct files *owner)
{
	drop_owner(f->inode, owner, false);
}

void
locks_release(struct file *f)
{
	drop_owner(f->inode, f, true);
}

/* --- /proc/locks --- */

size_t
locks_look(struct lock_view *v, size_t max)
{
	struct lock_list *l;
	struct range *r;
	size_t n = 0;

	spin_lock(&locks_lock);
	list_for_each(l, &all_lists, link) {
		const struct inode *i = l->inode;

		list_for_each(r, &l->ranges, link)
			if (n++ < max)
				v[n - 1] = (struct lock_view){ r->ofd ? "OFDLCK" : "POSIX", r->type == F_WRLCK, r->pid,
							       i->sb->dev, i->ino, r->start, r->end };
		list_for_each(r, &l->flocks, link)
			if (n++ < max)
				v[n - 1] = (struct lock_view){ "FLOCK", r->type == F_WRLCK, r->pid, i->sb->dev, i->ino,
							       0, LOCK_TO_END };
	}
	spin_unlock(&locks_lock);
	return n;
}
