/*
 * inotify.c - who wants to know what happens to which file, and the events that wait to be read.
 *
 * Data        struct inotify, an open file: its watches, and a queue of events.  struct watch, one inode
 *             in one inotify: on the inode's chain and on the inotify's list.  A watch counts its
 *             inode, so that it is not forgotten while nobody has it open.
 * Locks       notify_lock for all of it: with nobody watching it is never taken.  Under it memory is
 *             allocated, but nothing is copied to a program, and no inode is put (that may delete a file).
 * Invariants  I1  a watch on an inode's chain is on its inotify's list, and the contrary.
 *             I2  notify_watches counts them.
 * Further     inotify(7).  Linux's order of events is kept, down to DELETE_SELF before the directory's DELETE.
 */
#include "abi/fcntl.h"
#include "abi/ioctl.h"
#include "abi/poll.h"
#include "fs/dnotify.h"
#include "fs/internal.h"
#include "fs/notify.h"
#include "kernel/fdtable.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "lib/string.h"
#include "mm/slab.h"

#define QUEUE_MAX	16384U		/* events: then IN_Q_OVERFLOW */
#define INSTANCES_MAX	128		/* of a user: then EMFILE */
#define WATCHES_MAX	65536U		/* of all programs: then ENOSPC */
#define ADD_BITS	(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW | \
			 IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR | IN_ONESHOT)
#define KEPT_BITS	(IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT)	/* of those, what a watch remembers */

struct event {
	struct list link;		/* on q->events, oldest first */
	int	wd;
	u32	mask, cookie;
	u32	len;			/* of name, its NULs included: a multiple of 16 */
	char	name[];
};

struct inotify {			/* all under notify_lock */
	struct list link;		/* on instances */
	struct waitq wait;
	struct list events;
	uint	nevents;
	size_t	bytes;			/* that reading them all would give */
	struct list watches;
	int	last_wd;
	u32	uid;			/* [i] who made it */
	struct event overflow;		/* IN_Q_OVERFLOW: on the queue at most once, and needs no memory */
};

struct watch {				/* all under notify_lock */
	struct watch *next;		/* on inode->watches */
	struct list link;		/* on q->watches */
	struct inotify *q;
	struct inode *inode;		/* counted */
	int	wd;
	u32	mask;
};

uint notify_watches;
static struct mutex notify_lock = MUTEX_INIT(notify_lock, RANK_NOTIFY);
static struct list instances = LIST_INIT(instances);	/* under notify_lock */
static u32 last_cookie;
static const struct file_ops inotify_fops;

/* --- events --- */

static size_t event_size(const struct event *e) { return sizeof(struct abi_inotify_event) + e->len; }

/* Is it what was told last, and not read yet? */
static bool
is_repeated(const struct inotify *q, int wd, u32 mask, u32 cookie, const char *name, size_t len)
{
	const struct event *last;

	if (list_empty(&q->events) || (mask & IN_IGNORED))
		return false;
	last = list_last(&q->events, struct event, link);
	return last->wd == wd && last->mask == mask && last->cookie == cookie && (len ? 1 : 0) == (last->len ? 1 : 0) &&
	       (!len || (strlen(last->name) == len && !memcmp(last->name, name, len)));
}

/* An event, or without room or memory for one, q's IN_Q_OVERFLOW; NULL if that waits already. */
static struct event *
event_new(struct inotify *q, size_t len) MUST_HOLD(notify_lock)
{
	struct event *e = q->nevents < QUEUE_MAX ? kzalloc(sizeof(*e) + len, GFP_KERNEL) : NULL;

	if (!e && list_empty(&q->overflow.link))
		e = &q->overflow;
	return e;
}

static void
event_free(struct inotify *q, struct event *e)
{
	if (e != &q->overflow)
		kfree(e);
}

/* Queue an event, or that there was one which could not be queued. */
static void
event_add(struct inotify *q, int wd, u32 mask, u32 cookie, const char *name, size_t len) MUST_HOLD(notify_lock)
{
	size_t room = len ? ALIGN_UP(len + 1, sizeof(struct abi_inotify_event)) : 0;
	struct event *e;

	if (is_repeated(q, wd, mask, cookie, name, len))
		return;
	e = event_new(q, room);
	if (!e)
		return;
	if (e != &q->overflow) {
		e->wd = wd;
		e->mask = mask;
		e->cookie = cookie;
		e->len = room;
		memcpy(e->name, name, len);
	}
	list_push_back(&q->events, &e->link);
	q->nevents++;
	q->bytes += event_size(e);
	wake_up_key(&q->wait, (void *)(POLLIN | POLLRDNORM), 1);
}

static struct event *
event_take(struct inotify *q) MUST_HOLD(notify_lock)
{
	struct event *e = list_first(&q->events, struct event, link);

	list_remove(&e->link);
	q->nevents--;
	q->bytes -= event_size(e);
	return e;
}

/* --- watches --- */

/*
 * Put an inode that a watch counted. Until then sb->watched keeps its super block: unmounting finds no such watch
 * any more, and would go on. Afterwards sb may be gone.
 */
static void
watch_inode_put(struct inode *i)
{
	struct super_block *sb = i->sb;

	inode_put(i);
	super_unwatch(sb);
}

/* w ends: its inode is the caller's to put with watch_inode_put, once the lock is free. */
static struct inode *
watch_remove(struct watch *w) MUST_HOLD(notify_lock)
{
	struct inode *i = w->inode;
	struct watch **p = &i->watches;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	list_remove(&w->link);
	__atomic_fetch_sub(&notify_watches, 1, __ATOMIC_RELAXED);
	event_add(w->q, w->wd, IN_IGNORED, 0, NULL, 0);
	kfree(w);
	return i;
}

/* F_NOTIFY's names for what happens. */
static u32
dnotify_events(u32 mask)
{
	return (mask & IN_ACCESS ? DN_ACCESS : 0) | (mask & IN_MODIFY ? DN_MODIFY : 0) |
	       (mask & IN_ATTRIB ? DN_ATTRIB : 0) | (mask & (IN_CREATE | IN_MOVED_TO) ? DN_CREATE : 0) |
	       (mask & (IN_DELETE | IN_MOVED_FROM) ? DN_DELETE : 0);
}

/* Tell i's watches. The inodes of those that were to hear one event only are put at the end. */
static void
tell(struct inode *i, u32 mask, u32 cookie, const char *name, size_t len, bool unlinked)
{
	struct watch *w, *next;
	uint puts = 0;

	if (READ_ONCE(i->flags) & INODE_DNOTIFY)
		dnotify_tell(i, dnotify_events(mask));
	if (!READ_ONCE(i->watches))
		return;
	mutex_lock(&notify_lock);
	for (w = i->watches; w; w = next) {
		next = w->next;
		if (!(w->mask & mask & IN_ALL_EVENTS) || (unlinked && (w->mask & IN_EXCL_UNLINK)))
			continue;
		event_add(w->q, w->wd, mask, cookie, name, len);
		if (w->mask & IN_ONESHOT) {
			watch_remove(w);
			puts++;
		}
	}
	mutex_unlock(&notify_lock);
	while (puts--)
		watch_inode_put(i);
}

static u32 dir_bit(const struct inode *i) { return S_ISDIR(i->mode) ? IN_ISDIR : 0; }

void
notify_inode_slow(struct inode *i, u32 mask)
{
	/* As Linux: what ends or moves a directory itself does not say that it is one. */
	tell(i, mask & (IN_DELETE_SELF | IN_MOVE_SELF) ? mask : mask | dir_bit(i), 0, NULL, 0, false);
}

void
notify_name_slow(struct inode *dir, const char *name, size_t len, u32 mask, u32 cookie)
{
	tell(dir, mask, cookie, name, len, false);
}

void
notify_dentry_slow(struct dentry *d, u32 mask)
{
	struct inode *i = d->inode;
	struct dentry *parent;
	char name[NAME_MAX + 1];
	bool unlinked;
	size_t len;

	mask |= dir_bit(i);
	spin_lock(&dcache_lock);
	parent = d->parent;
	dentry_get(parent);
	len = d->len;
	memcpy(name, d->name, len);
	unlinked = !(d->flags & DENTRY_HASHED);
	spin_unlock(&dcache_lock);
	if (parent != d)
		tell(parent->inode, mask, 0, name, len, unlinked);
	dentry_put(parent);
	tell(i, mask, 0, NULL, 0, false);
}

void
notify_move_slow(struct inode *from, const struct qname *name, struct inode *to, const struct qname *to_name,
		 const struct inode *moved)
{
	u32 cookie = __atomic_add_fetch(&last_cookie, 1, __ATOMIC_RELAXED);

	if (from == to && (READ_ONCE(from->flags) & INODE_DNOTIFY))
		dnotify_tell(from, DN_RENAME);
	tell(from, IN_MOVED_FROM | dir_bit(moved), cookie, name->s, name->len, false);
	tell(to, IN_MOVED_TO | dir_bit(moved), cookie, to_name->s, to_name->len, false);
}

/* All watches of i hear of mask, wanted or not, and end. */
void
notify_gone_slow(struct inode *i, u32 mask)
{
	uint puts = 0;

	mutex_lock(&notify_lock);
	while (i->watches) {
		struct watch *w = i->watches;

		if ((w->mask & mask) || mask == IN_UNMOUNT)
			event_add(w->q, w->wd, mask, 0, NULL, 0);
		watch_remove(w);
		puts++;
	}
	mutex_unlock(&notify_lock);
	while (puts--)
		watch_inode_put(i);
}

/* Seldom called, so all watches there are are looked at. */
void
notify_unmount_slow(struct super_block *sb)
{
	struct inode *found;
	struct inotify *q;
	struct watch *w;

	do {
		found = NULL;
		mutex_lock(&notify_lock);
		list_for_each(q, &instances, link)
			list_for_each(w, &q->watches, link)
				if (w->inode->sb == sb)
					found = w->inode;
		if (found)
			inode_get(found);
		mutex_unlock(&notify_lock);
		if (found) {
			notify_gone_slow(found, IN_UNMOUNT);
			inode_put(found);
		}
	} while (found);
}

/* --- the calls --- */

/* Count q as its user's. -EMFILE. */
static int
instance_add(struct inotify *q)
{
	struct inotify *o;
	uint n = 0;

	mutex_lock(&notify_lock);
	list_for_each(o, &instances, link)
		n += o->uid == q->uid;
	if (n < INSTANCES_MAX)
		list_push_back(&instances, &q->link);
	mutex_unlock(&notify_lock);
	return n < INSTANCES_MAX ? 0 : -EMFILE;
}

static void
instance_free(struct inotify *q)
{
	mutex_lock(&notify_lock);
	list_remove(&q->link);
	while (!list_empty(&q->events))
		event_free(q, event_take(q));
	mutex_unlock(&notify_lock);
	kfree(q);
}

long
sys_inotify_init1(const ulong *a)
{
	struct inotify *q;
	struct file *f;
	int fd;

	if (a[0] & ~(ulong)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return -ENOMEM;
	waitq_init(&q->wait);
	list_init(&q->events);
	list_init(&q->watches);
	list_init(&q->overflow.link);
	q->overflow.wd = -1;
	q->overflow.mask = IN_Q_OVERFLOW;
	q->uid = current->euid;
	fd = instance_add(q);
	if (fd) {
		kfree(q);
		return fd;
	}
	f = file_create(&inotify_fops, NULL, O_RDONLY | (a[0] & O_NONBLOCK));
	if (IS_ERR(f)) {
		instance_free(q);
		return PTR_ERR(f);
	}
	f->private = q;
	fd = fd_open(f, a[0] & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

static struct watch *
watch_find(const struct inotify *q, const struct inode *i) MUST_HOLD(notify_lock)
{
	struct watch *w = i->watches;

	while (w && w->q != q)
		w = w->next;
	return w;
}

/* A watch more, made of w: its number, or -ENOSPC. */
static int
watch_add(struct inotify *q, struct inode *i, u32 mask, struct watch *w) MUST_HOLD(notify_lock)
{
	if (READ_ONCE(notify_watches) >= WATCHES_MAX || q->last_wd == INT32_MAX)
		return -ENOSPC;
	inode_get(i);
	atomic_inc(&i->sb->watched);
	*w = (struct watch){ .next = i->watches, .q = q, .inode = i, .wd = ++q->last_wd, .mask = mask & KEPT_BITS };
	WRITE_ONCE(i->watches, w);
	list_push_back(&q->watches, &w->link);
	__atomic_fetch_add(&notify_watches, 1, __ATOMIC_SEQ_CST);
	return w->wd;
}

/* Watch i, or change how it is watched. */
static int
watch_update(struct inotify *q, struct inode *i, u32 mask)
{
	struct watch *new = kmalloc(sizeof(*new), GFP_KERNEL), *w;
	int wd;

	if (!new)
		return -ENOMEM;
	mutex_lock(&notify_lock);
	w = watch_find(q, i);
	if (!w) {
		wd = watch_add(q, i, mask, new);
		if (wd > 0)
			new = NULL;
	} else if (mask & IN_MASK_CREATE) {
		wd = -EEXIST;
	} else {
		w->mask = (mask & IN_MASK_ADD ? w->mask : 0) | (mask & KEPT_BITS);
		wd = w->wd;
	}
	mutex_unlock(&notify_lock);
	kfree(new);
	return wd;
}

/* The inotify behind fd, in use until fd_put. -EBADF, -EINVAL. */
static int
inotify_get(int fd, struct file **f, bool *put)
{
	*f = fd_get(fd, put);
	if (!*f)
		return -EBADF;
	if ((*f)->ops == &inotify_fops)
		return 0;
	fd_put(*f, *put);
	return -EINVAL;
}

long
sys_inotify_add_watch(const ulong *a)
{
	u32 mask = a[2];
	struct file *f;
	struct path p;
	bool put;
	int r;

	if ((mask & ~ADD_BITS) || !(mask & ADD_BITS))
		return -EINVAL;
	r = inotify_get(a[0], &f, &put);
	if (r)
		return r;
	r = (mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE) ? -EINVAL : 0;
	if (!r)
		r = path_lookup_user(AT_FDCWD, UPTR(a[1]), (mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) |
				     (mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0), &p);
	if (!r) {
		r = inode_permission(p.dentry->inode, MAY_READ);
		if (!r)
			r = watch_update(f->private, p.dentry->inode, mask);
		path_put(&p);
	}
	fd_put(f, put);
	return r;
}

long
sys_inotify_rm_watch(const ulong *a)
{
	struct inode *i = NULL;
	struct inotify *q;
	struct watch *w;
	struct file *f;
	bool put;
	int r = inotify_get(a[0], &f, &put);

	if (r)
		return r;
	q = f->private;
	mutex_lock(&notify_lock);
	list_for_each(w, &q->watches, link) {
		if (w->wd == (int)a[1]) {
			i = watch_remove(w);
			break;
		}
	}
	mutex_unlock(&notify_lock);
	if (i)
		watch_inode_put(i);
	fd_put(f, put);
	return i ? 0 : -EINVAL;
}

/* --- the file --- */

/* Take the first event if there are `room` bytes for it: NULL if not, or if there is none. */
static struct event *
next_event(struct inotify *q, size_t room, bool *too_small)
{
	struct event *e = NULL;

	mutex_lock(&notify_lock);
	if (!list_empty(&q->events)) {
		*too_small = event_size(list_first(&q->events, struct event, link)) > room;
		if (!*too_small)
			e = event_take(q);
	}
	mutex_unlock(&notify_lock);
	return e;
}

static bool
event_put(struct uio *u, const struct event *e)
{
	struct abi_inotify_event h = { .wd = e->wd, .mask = e->mask, .cookie = e->cookie, .len = e->len };

	return uio_put(u, &h, sizeof(h)) == sizeof(h) && uio_put(u, e->name, e->len) == e->len;
}

static ssize_t
inotify_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct inotify *q = f->private;
	size_t size = u->resid;
	bool too_small = false, ok;
	struct event *e;
	int err;

	for (;;) {
		e = next_event(q, u->resid, &too_small);
		if (e) {
			ok = event_put(u, e);
			event_free(q, e);
			if (!ok)
				return -EFAULT;
			continue;
		}
		if (u->resid < size)
			return size - u->resid;
		if (too_small)
			return -EINVAL;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&q->wait, READ_ONCE(q->nevents) != 0);
		if (err)
			return err;
	}
}

static uint
inotify_poll(struct file *f, struct poll_table *pt)
{
	struct inotify *q = f->private;

	poll_wait(pt, &q->wait);
	return READ_ONCE(q->nevents) ? POLLIN | POLLRDNORM : 0;
}

static long
inotify_ioctl(struct file *f, uint cmd, ulong arg)
{
	struct inotify *q = f->private;

	return cmd == FIONREAD ? put_user((int)READ_ONCE(q->bytes), UPTR(arg)) : -ENOTTY;
}

static void
inotify_release(struct file *f)
{
	struct inotify *q = f->private;
	struct inode *i;

	do {
		i = NULL;
		mutex_lock(&notify_lock);
		if (!list_empty(&q->watches))
			i = watch_remove(list_first(&q->watches, struct watch, link));
		mutex_unlock(&notify_lock);
		if (i)
			watch_inode_put(i);
	} while (i);
	instance_free(q);
}

static const struct file_ops inotify_fops = {
	.anon_name = "inotify",
	.read = inotify_read,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.release = inotify_release,
	.stream = true,
};
