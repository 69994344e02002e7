/*
 * epoll.c - watching many files: who watches what.
 *
 *	epoll_ctl --> item --- hook on each wait queue of the file
 *	                |                   |
 *	                |  item_wake <------+ the file's queue is woken
 *	                v
 *	  ep->ready: items that may be ready      <-- epoll_pwait takes them off, asks each file again,
 *	                                              and puts those back that are watched by level
 *
 * Data        struct epoll: a tree of items by file and number; the list of those that may be ready.
 * Locks       epoll_tree_lock: which epoll watches what. Held by whoever makes or ends an item, so that file,
 *             epoll and item stay meanwhile, and that no circle of epolls can come to be.
 *             ep->lock [m]: the tree, and one collector at a time.  Held while files are asked, and one of
 *             these may be an epoll: then the watcher's is taken first, and there are no circles.
 *             ep->ready_lock [r]: taken by wakers, with the queue of the file locked.
 * Invariants  P1  an item's file exists: the last reference going ends the item (epoll_forget). Items count no
 *                 reference themselves.
 *             P2  an item that is off the ready list, and whose file has an event it wants, has been asked since
 *                 the event, or is about to be put on it by the waker.
 * Not here    being woken, and epoll_pwait (epoll_ready.c); ppoll (fs/poll.c), which joins queues for one call only.
 * Further     epoll(7).
 */
#include "fs/event/epoll.h"
#include "fs/event/anon.h"
#include "fs/event/epoll_private.h"
#include "fs/internal.h"
#include "fs/proc/tree.h"
#include "kernel/fdtable.h"
#include "kernel/syscall.h"
#include "mm/frame.h"
#include "mm/slab.h"

#define CHAIN_MAX	5		/* epolls that watch one another */
#define WAYS_MAX	500		/* up from one file, through more than one epoll */
#define EXCLUSIVE_OK	(POLLIN | POLLOUT | ALWAYS | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

/* While a file's poll() names its queues. */
struct hooking {
	struct poll_table pt;
	struct epoll_item *item;
	int	err;
};

/* Guarded by: i immutable  t epoll_tree_lock */
static struct mutex epoll_tree_lock;
static atomic_t items_count;
static int items_max;			/* [i] by RAM */
static uint last_visit;			/* [t] */

/* --- watching: epoll_tree_lock and ep->lock held --- */

/* poll_wait() of the file comes here. */
static void
item_hook(struct poll_table *pt, struct waitq *q)
{
	struct hooking *h = container_of(pt, struct hooking, pt);
	struct epoll_item *item = h->item;
	struct hook *hook = item->hooks ? kmalloc(sizeof(*hook), GFP_KERNEL) : &item->first;

	if (!hook) {
		h->err = -ENOMEM;
		return;
	}
	waiter_init(&hook->w);
	hook->w.wake = item_wake;
	hook->w.exclusive = item->events & EPOLLEXCLUSIVE;
	hook->q = q;
	hook->item = item;
	hook->next = item->hooks;
	item->hooks = hook;
	waitq_add(q, &hook->w);
}

static int
item_compare(const struct epoll_item *item, const struct file *f, int fd)
{
	if (item->file != f)
		return f < item->file ? -1 : 1;
	return fd < item->fd ? -1 : fd > item->fd;
}

/* The item for (f, fd), or NULL and where it would be. */
static struct epoll_item *
item_find(struct epoll *ep, struct file *f, int fd, struct rb_node **parent, struct rb_node ***slot)
	MUST_HOLD(ep->lock)
{
	struct epoll_item *item;

	*parent = NULL;
	*slot = &ep->items.node;
	while (**slot) {
		int c;

		*parent = **slot;
		item = rb_entry(*parent, struct epoll_item, node);
		c = item_compare(item, f, fd);
		if (!c)
			return item;
		*slot = c < 0 ? &(*parent)->left : &(*parent)->right;
	}
	return NULL;
}

/* If the item's file has an event now, say so. */
static void
item_check(struct epoll *ep, struct epoll_item *item, struct poll_table *pt) MUST_HOLD(ep->lock)
{
	if (!item_poll(ep, item, pt))
		return;
	ready_add(ep, item);
	wake_up(&ep->wait);
	wake_up_key(&ep->poll_wait, (void *)(ulong)(POLLIN | POLLRDNORM), 0);
}

/* End the item: off its file's queues and list, and every list of ep. */
static void
item_end(struct epoll *ep, struct epoll_item *item) MUST_HOLD(epoll_tree_lock, ep->lock)
{
	struct hook *h;
	ulong flags;

	while ((h = item->hooks) != NULL) {
		item->hooks = h->next;
		waitq_remove(h->q, &h->w);
		if (h != &item->first)
			kfree(h);
	}
	flags = spin_lock_irqsave(&ep->ready_lock);
	list_remove(&item->ready_link);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	rb_remove(&ep->items, &item->node);
	if (item->next)
		item->next->pprev = item->pprev;
	smp_store_release(item->pprev, item->next);	/* last: file_destroy looks at it without a lock */
	kfree(item);
	atomic_dec(&items_count);
}

/* Is there a place for one more item? The last sixteenth is kept for the system's own programs. */
static bool
may_add(void)
{
	int n = atomic_read(&items_count);

	return n < items_max - items_max / 16 || (n < items_max && capable(CAP_SYS_RESOURCE));
}

static int
item_add(struct epoll *ep, struct file *f, int fd, const struct abi_epoll_event *ev)
	MUST_HOLD(epoll_tree_lock, ep->lock)
{
	struct hooking h = { .pt.queue = item_hook };
	struct rb_node *parent, **slot;
	struct epoll_item *item;

	if (item_find(ep, f, fd, &parent, &slot))
		return -EEXIST;
	if (!may_add())
		return -ENOSPC;
	item = kzalloc(sizeof(*item), GFP_KERNEL);
	if (!item)
		return -ENOMEM;
	item->ep = ep;
	item->file = f;
	item->fd = fd;
	item->events = ev->events | ALWAYS;
	item->data = ev->data;
	list_init(&item->ready_link);
	rb_insert(&ep->items, &item->node, parent, slot);
	item->next = f->watchers;
	if (item->next)
		item->next->pprev = &item->next;
	item->pprev = &f->watchers;
	f->watchers = item;
	atomic_inc(&items_count);
	h.item = item;
	item_check(ep, item, &h.pt);
	if (h.err)
		item_end(ep, item);
	return h.err;
}

static int
item_modify(struct epoll *ep, struct epoll_item *item, const struct abi_epoll_event *ev) MUST_HOLD(ep->lock)
{
	ulong flags;

	if (item->events & EPOLLEXCLUSIVE)
		return -EINVAL;
	flags = spin_lock_irqsave(&ep->ready_lock);
	item->events = ev->events | ALWAYS;
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	item->data = ev->data;
	smp_mb();			/* a waker that saw the old events has changed what item_poll sees */
	item_check(ep, item, NULL);
	return 0;
}

static int
epoll_change(struct epoll *ep, int op, struct file *f, int fd, const struct abi_epoll_event *ev)
	MUST_HOLD(epoll_tree_lock, ep->lock)
{
	struct rb_node *parent, **slot;
	struct epoll_item *item;

	if (op == EPOLL_CTL_ADD)
		return item_add(ep, f, fd, ev);
	item = item_find(ep, f, fd, &parent, &slot);
	if (!item)
		return -ENOENT;
	if (op == EPOLL_CTL_MOD)
		return item_modify(ep, item, ev);
	item_end(ep, item);
	return 0;
}

/* --- no circles, no long chains, no wide nests --- */

/* ep->depth is what this search found before: with many ways to one epoll, it is looked at once. */
static bool
visited(struct epoll *ep) MUST_HOLD(epoll_tree_lock)
{
	bool was = ep->visit == last_visit;

	ep->visit = last_visit;
	return was;
}

/* How many epolls stand one above the other from ep downward; more than CHAIN_MAX if one of them is `top`. */
static uint
depth_below(struct epoll *ep, const struct epoll *top) MUST_HOLD(epoll_tree_lock)
{
	uint deepest = 0;

	if (ep == top)
		return CHAIN_MAX + 1;
	if (visited(ep))
		return ep->depth;
	for (struct rb_node *n = rb_first(&ep->items); n; n = rb_next(n)) {
		struct file *f = rb_entry(n, struct epoll_item, node)->file;

		if (is_epoll(f))
			deepest = MAX(deepest, depth_below(f->private, top));
	}
	return ep->depth = deepest + 1;
}

/* And from ep upward. */
static uint
depth_above(struct epoll *ep) MUST_HOLD(epoll_tree_lock)
{
	uint deepest = 0;

	if (visited(ep))
		return ep->depth;
	for (struct epoll_item *item = ep->file->watchers; item; item = item->next)
		deepest = MAX(deepest, depth_above(item->ep));
	return ep->depth = deepest + 1;
}

/* An item that is to come: ep watches f. */
struct link {
	struct epoll *ep;
	const struct file *f;
};

/* `ways` and the ways up from f: it gives up beyond WAYS_MAX. Who watches f itself counts `step` each. */
static uint
ways_up(const struct file *f, const struct link *new, uint ways, uint step) MUST_HOLD(epoll_tree_lock)
{
	for (struct epoll_item *item = f->watchers; item && ways <= WAYS_MAX; item = item->next)
		ways = ways_up(item->ep->file, new, ways + step, 1);
	if (f == new->f && ways <= WAYS_MAX)
		ways = ways_up(new->ep->file, new, ways + step, 1);
	return ways;
}

/*
 * Would f, or a file below it, have too many ways up? One that wakes goes all of them, with interrupts off: if each of
 * five layers were watched by all 128 of the next, that would be 128^5.  Those that watch the file itself are not
 * counted: any wait queue may be long.
 */
static bool
too_wide(const struct file *f, const struct link *new) MUST_HOLD(epoll_tree_lock)
{
	const struct file *last = NULL;
	struct epoll *ep = f->private;

	if (ways_up(f, new, 0, 0) > WAYS_MAX)
		return true;
	if (!is_epoll(f) || visited(ep))
		return false;
	for (struct rb_node *n = rb_first(&ep->items); n; n = rb_next(n)) {
		const struct file *below = rb_entry(n, struct epoll_item, node)->file;

		if (below != last && too_wide(below, new))
			return true;
		last = below;			/* it may be there by several numbers, one after the other */
	}
	return false;
}

/* May ep watch f? 0, -ELOOP, -EINVAL. */
static int
check_chain(struct epoll *ep, const struct file *f) MUST_HOLD(epoll_tree_lock)
{
	struct link new = { ep, f };
	uint below;

	if (is_epoll(f)) {
		last_visit++;
		below = depth_below(f->private, ep);
		last_visit++;
		if (below + depth_above(ep) > CHAIN_MAX)
			return -ELOOP;
	} else if (!ep->file->watchers) {
		return 0;
	}
	last_visit++;
	return too_wide(f, &new) ? -EINVAL : 0;
}

/* --- the file --- */

static void
epoll_release(struct file *f)
{
	struct epoll *ep = f->private;
	struct rb_node *n;

	mutex_lock(&epoll_tree_lock);
	mutex_lock(&ep->lock);
	while ((n = rb_first(&ep->items)) != NULL)
		item_end(ep, rb_entry(n, struct epoll_item, node));
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_tree_lock);
	kfree(ep);
}

void
epoll_forget(struct file *f)
{
	struct epoll_item *item;
	struct epoll *ep;

	mutex_lock(&epoll_tree_lock);
	while ((item = f->watchers) != NULL) {
		ep = item->ep;
		mutex_lock(&ep->lock);
		item_end(ep, item);
		mutex_unlock(&ep->lock);
	}
	mutex_unlock(&epoll_tree_lock);
}

static void
epoll_fdinfo(struct file *f, struct pbuf *b)
{
	struct epoll *ep = f->private;

	mutex_lock(&ep->lock);
	for (struct rb_node *n = rb_first(&ep->items); n; n = rb_next(n)) {
		struct epoll_item *item = rb_entry(n, struct epoll_item, node);
		struct inode *i = item->file->inode;

		pbuf_printf(b, "tfd: %8d events: %8x data: %16lx  pos:%ld ino:%lx sdev:%x\n", item->fd, item->events,
			    item->data, (long)item->file->pos, i ? (ulong)i->ino : 0UL, i ? i->sb->dev : 0);
	}
	mutex_unlock(&ep->lock);
}

const struct file_ops epoll_fops = {
	.poll = epoll_poll,
	.release = epoll_release,
	.fdinfo = epoll_fdinfo,
	.anon_name = "[eventpoll]",
	.stream = true,
};

void
epoll_init(void)
{
	struct mem_stats mem;

	mem_stats(&mem);
	items_max = MIN(mem.total * PAGE_SIZE / 25 / sizeof(struct epoll_item), (u64)INT32_MAX);
	mutex_init(&epoll_tree_lock, RANK_EPOLL_TREE);
}

/* --- the calls --- */

/* epoll_create1(2). */
long
sys_epoll_create1(const ulong *a)
{
	int flags = a[0];
	struct epoll *ep;
	struct file *f;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep), GFP_KERNEL);
	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->lock, RANK_EPOLL);
	waitq_init(&ep->wait);
	waitq_init(&ep->poll_wait);
	spin_init(&ep->ready_lock, RANK_EPOLL_READY);
	list_init(&ep->ready);
	f = anon_file(&epoll_fops, ep, 0);
	if (IS_ERR(f)) {
		kfree(ep);
		return PTR_ERR(f);
	}
	ep->file = f;
	fd = fd_open(f, flags & EPOLL_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* Do op and events go together for these files? 0 or -errno. */
static int
ctl_check(const struct file *ef, const struct file *f, int op, u32 events)
{
	if (!f->ops->poll)
		return -EPERM;
	if (ef == f || !is_epoll(ef))
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && (events & EPOLLEXCLUSIVE) &&
	    (op == EPOLL_CTL_MOD || is_epoll(f) || (events & ~EXCLUSIVE_OK)))
		return -EINVAL;
	return op == EPOLL_CTL_ADD || op == EPOLL_CTL_DEL || op == EPOLL_CTL_MOD ? 0 : -EINVAL;
}

static int
do_ctl(struct file *ef, struct file *f, int op, int fd, const struct abi_epoll_event *ev)
{
	struct epoll *ep;
	int err = ctl_check(ef, f, op, ev->events);

	if (err)
		return err;
	ep = ef->private;
	mutex_lock(&epoll_tree_lock);
	if (op == EPOLL_CTL_ADD)
		err = check_chain(ep, f);
	if (!err) {
		mutex_lock(&ep->lock);
		err = epoll_change(ep, op, f, fd, ev);
		mutex_unlock(&ep->lock);
	}
	mutex_unlock(&epoll_tree_lock);
	return err;
}

/* epoll_ctl(2). */
long
sys_epoll_ctl(const ulong *a)
{
	int epfd = a[0], op = a[1], fd = a[2];
	struct abi_epoll_event ev = { 0 };
	struct file *ef, *f;
	bool eput, put;
	int err = -EBADF;

	if (op != EPOLL_CTL_DEL && get_user(ev, UPTR(a[3])))
		return -EFAULT;
	ef = fd_get(epfd, &eput);
	if (!ef)
		return -EBADF;
	f = fd_get(fd, &put);
	if (f) {
		err = do_ctl(ef, f, op, fd, &ev);
		fd_put(f, put);
	}
	fd_put(ef, eput);
	return err;
}
