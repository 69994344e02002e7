/*
 * dnotify.c - fcntl's F_NOTIFY: a signal when something happens in a directory.
 *
 * What there was before inotify, and still is: SIGIO, or what F_SETSIG says, and no word about which file it was.
 *
 * Data        struct request, one for each open directory and table of descriptors in which it was asked for.
 *             INODE_DNOTIFY says that a directory has one, so that nobody else looks for it.
 * Locks       dnotify_lock for all of it. Signals are sent under it: the open file, not counted, says to whom.
 * Invariants  D1  a request goes when its table closes a descriptor of its file: a file that ends has none.
 *             D2  notify_watches counts them.
 * Not here    to whom the signals go (async.c).
 * Further     fcntl(2), "File and directory change notification".
 */
#include "fs/dnotify.h"
#include "fs/async.h"
#include "fs/internal.h"
#include "fs/notify.h"
#include "kernel/fdtable.h"
#include "mm/slab.h"

struct request {			/* all under dnotify_lock */
	struct list link;		/* on requests */
	struct file *file;
	const struct files *owner;
	int	fd;
	u32	events;			/* DN_* */
};

static struct mutex dnotify_lock = MUTEX_INIT(dnotify_lock, RANK_NOTIFY);
static struct list requests = LIST_INIT(requests);

static struct request *
request_find(const struct file *f, const struct files *owner) MUST_HOLD(dnotify_lock)
{
	struct request *r;

	list_for_each(r, &requests, link)
		if (r->file == f && r->owner == owner)
			return r;
	return NULL;
}

static void
request_add(struct request *r) MUST_HOLD(dnotify_lock)
{
	list_push_back(&requests, &r->link);
	inode_flags_set(r->file->inode, INODE_DNOTIFY);
	__atomic_fetch_add(&notify_watches, 1, __ATOMIC_SEQ_CST);
}

static void
request_remove(struct request *r) MUST_HOLD(dnotify_lock)
{
	struct inode *dir = r->file->inode;
	bool others = false;
	struct request *o;

	list_remove(&r->link);
	__atomic_fetch_sub(&notify_watches, 1, __ATOMIC_RELAXED);
	list_for_each(o, &requests, link)
		others = others || o->file->inode == dir;
	if (!others)
		inode_flags_clear(dir, INODE_DNOTIFY);
	kfree(r);
}

long
dnotify_fcntl(int fd, struct file *f, u32 events)
{
	struct request *new, *r;
	struct file *now = NULL;
	int err;

	if (!(events & ~DN_MULTISHOT)) {
		dnotify_close(f, current->files);
		return 0;
	}
	if (!f->inode || !S_ISDIR(f->inode->mode))
		return -ENOTDIR;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	err = async_own(f);
	if (err)
		goto out;
	mutex_lock(&dnotify_lock);
	r = request_find(f, current->files);
	if (r) {
		r->fd = fd;
		r->events |= events;
	} else {
		*new = (struct request){ .file = f, .owner = current->files, .fd = fd, .events = events };
		request_add(new);
		/* Whoever closes fd from here on sees that there is one. Closed before: it goes again (D1). */
		now = fd_file(current->files, fd);
		if (now != f)
			request_remove(new);
		new = NULL;
	}
	mutex_unlock(&dnotify_lock);
	if (now)
		file_put(now);			/* not under the lock: it may end, which is told */
out:
	kfree(new);
	return err;
}

void
dnotify_close(struct file *f, const struct files *owner)
{
	struct request *r;

	mutex_lock(&dnotify_lock);
	r = request_find(f, owner);
	if (r)
		request_remove(r);
	mutex_unlock(&dnotify_lock);
}

void
dnotify_tell(struct inode *dir, u32 events)
{
	struct request *r, *next;

	if (!events)
		return;
	mutex_lock(&dnotify_lock);
	list_for_each_safe(r, next, &requests, link) {
		if (r->file->inode != dir || !(r->events & events))
			continue;
		async_message(r->file, r->fd);
		if (!(r->events & DN_MULTISHOT))
			request_remove(r);
	}
	mutex_unlock(&dnotify_lock);
}
