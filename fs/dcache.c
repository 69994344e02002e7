/*
 * dcache.c - names and what they name, remembered: the tree of directory entries.
 *
 * Data        struct dentry (vfs.h): in a hash by (directory, name), on its directory's list of
 *             children, and on one LRU list of the whole cache.  A RAM file system keeps its
 *             names here and nowhere else: it holds a reference to each (ram_link), so that a
 *             name not found is a name that does not exist.
 * Locks       dcache_lock, a spinlock, for every field marked [d].  A path walk holds it from
 *             its first component to its last and counts only where it ends.
 *             Rank RANK_DCACHE: inside inode and mount locks; nothing sleeps under it.
 * Invariants  D1  DENTRY_HASHED set <=> in a bucket and on the parent's children
 *                 <=> DENTRY_DYING absent from refs.  (A root is never hashed.)
 *             D2  a dentry counts its parent, so a live name's ancestors are live.
 *             D3  refs goes from 0 to 1 only under dcache_lock.
 *             A put that leaves exactly DENTRY_DYING was the last of a name nobody can find:
 *             one atomic subtraction decides, without the lock.
 * Not here    asking a file system (namei.c: lookup_locked); RAM directories (libfs.c).
 */
#include "fs/internal.h"
#include "fs/notify.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "mm/slab.h"

struct spinlock dcache_lock = SPINLOCK_INIT(RANK_DCACHE);
struct dentry **dcache_table;

static struct slab_cache *dentry_cache;
static struct list lru = LIST_INIT(lru);	/* oldest first */
static atomic_t dentry_count;
static int dentry_limit;		/* beyond it, each new name makes an old one go */
static struct waitq root_alone = WAITQ_INIT(root_alone);
static u64 next_cookie = 3;		/* 0..2 are the start, "." and ".." */

void
qname_init(struct qname *q, const struct dentry *dir, const char *s, u32 len)
{
	u64 word = 0, h;
	u32 i;

	for (i = 0; i < len && i < sizeof(word); i++)
		word |= (u64)(u8)s[i] << 8 * i;
	for (h = hash_word(dir, word); i < len; i++)
		h = hash_byte(h, s[i]);
	q->s = s;
	q->word = word;
	q->len = len;
	q->hash = hash_end(h);
}

void
dentry_get(struct dentry *d)
{
	atomic_inc(&d->refs);
}

/* Free d, and its ancestors as far as it was the last to count them. */
static void
dentry_free(struct dentry *d)
{
	struct dentry *parent;
	bool root;
	int left;

	for (;;) {
		parent = d->parent;
		root = parent->parent == parent;
		if (d->inode) {
			notify_forgotten(d->inode);
			inode_put(d->inode);
		}
		if (d->name != d->inline_name)
			kfree(d->name);
		slab_free(dentry_cache, d);
		atomic_dec(&dentry_count);
		if (parent == d)
			return;
		left = atomic_add_return(&parent->refs, -1);
		if (root && left == DENTRY_DYING + 1)
			wake_up_all(&root_alone);	/* dcache_drop_tree; parent may be gone */
		if (left != DENTRY_DYING)
			return;
		d = parent;
	}
}

void
dentry_put(struct dentry *d)
{
	if (unlikely(atomic_add_return(&d->refs, -1) == DENTRY_DYING))
		dentry_free(d);
}

static struct dentry *
dentry_new(struct super_block *sb, struct inode *inode)
{
	struct dentry *d;

	d = slab_alloc(dentry_cache, GFP_KERNEL);
	if (!d && dcache_reclaim(64))
		d = slab_alloc(dentry_cache, GFP_KERNEL);
	if (!d)
		return NULL;
	atomic_inc(&dentry_count);
	if (unlikely(atomic_read(&dentry_count) > dentry_limit))
		dcache_reclaim(2);
	d->hash_next = NULL;
	d->hash_pprev = NULL;
	d->name = d->inline_name;
	*(u64 *)d->inline_name = 0;
	d->inode = inode;
	d->flags = 0;
	atomic_set(&d->refs, 1 + DENTRY_DYING);
	d->sb = sb;
	list_init(&d->child_link);
	list_init(&d->children);
	list_init(&d->lru);
	d->cookie = 0;
	return d;
}

struct dentry *
d_alloc(struct dentry *dir, const struct qname *q)
{
	struct dentry *d = dentry_new(dir->sb, NULL);

	if (!d)
		return NULL;
	if (q->len >= sizeof(d->inline_name)) {
		d->name = kmalloc(q->len + 1, GFP_KERNEL);
		if (!d->name) {
			slab_free(dentry_cache, d);
			atomic_dec(&dentry_count);
			return NULL;
		}
	}
	memcpy(d->name, q->s, q->len);
	d->name[q->len] = 0;
	d->len = q->len;
	d->hash = q->hash;
	d->parent = dir;
	dentry_get(dir);
	return d;
}

struct dentry *
dentry_root(struct super_block *sb, struct inode *root)
{
	struct dentry *d = dentry_new(sb, root);

	if (!d) {
		inode_put(root);
		return NULL;
	}
	d->name[0] = '/';
	d->name[1] = 0;
	d->len = 1;
	d->hash = 0;
	d->parent = d;
	return d;
}

static void
hash_insert_locked(struct dentry *d) MUST_HOLD(dcache_lock)
{
	struct dentry **bucket = &dcache_table[d->hash >> (32 - DCACHE_BITS)];

	d->hash_next = *bucket;
	if (*bucket)
		(*bucket)->hash_pprev = &d->hash_next;
	d->hash_pprev = bucket;
	*bucket = d;
}

static void
hash_remove_locked(struct dentry *d) MUST_HOLD(dcache_lock)
{
	*d->hash_pprev = d->hash_next;
	if (d->hash_next)
		d->hash_next->hash_pprev = d->hash_pprev;
	d->hash_next = NULL;
	d->hash_pprev = NULL;
}

static void
child_insert_locked(struct dentry *d) MUST_HOLD(dcache_lock)
{
	d->cookie = next_cookie++;
	list_push_front(&d->parent->children, &d->child_link);
}

int
d_hash(struct dentry *d)
{
	int err = 0;

	spin_lock(&dcache_lock);
	if (d->parent->inode->flags & INODE_DEAD) {
		err = -ENOENT;
	} else {
		hash_insert_locked(d);
		child_insert_locked(d);
		list_push_back(&lru, &d->lru);
		d->flags |= DENTRY_HASHED;
		atomic_add(&d->refs, -DENTRY_DYING);
	}
	spin_unlock(&dcache_lock);
	return err;
}

static void
d_drop_locked(struct dentry *d) MUST_HOLD(dcache_lock)
{
	assert_held(&dcache_lock);
	if (!(d->flags & DENTRY_HASHED))
		return;
	hash_remove_locked(d);
	list_remove(&d->child_link);
	list_remove(&d->lru);
	d->flags &= ~DENTRY_HASHED;
	atomic_add(&d->refs, DENTRY_DYING);
}

void
d_drop(struct dentry *d)
{
	spin_lock(&dcache_lock);
	d_drop_locked(d);
	spin_unlock(&dcache_lock);
}

void
d_instantiate(struct dentry *d, struct inode *inode)
{
	struct inode *old;

	spin_lock(&dcache_lock);
	old = d->inode;
	d->inode = inode;
	spin_unlock(&dcache_lock);
	if (old)
		inode_put(old);
}

void
d_delete(struct dentry *d)
{
	struct inode *gone = NULL;

	spin_lock(&dcache_lock);
	if (d->parent->inode->ops->lookup && atomic_read(&d->refs) == 1) {
		gone = d->inode;
		d->inode = NULL;
	} else {
		d_drop_locked(d);
	}
	spin_unlock(&dcache_lock);
	if (gone) {
		notify_forgotten(gone);
		inode_put(gone);
	}
}

void
ram_link(struct dentry *d, struct inode *inode)
{
	dentry_get(d);
	spin_lock(&dcache_lock);
	d->inode = inode;
	list_remove(&d->lru);
	spin_unlock(&dcache_lock);
}

void
ram_unlink(struct dentry *d)
{
	d_drop(d);
	dentry_put(d);
}

/* Give d another place: parent, name, hash. Its own parent count moves with it. */
static void
d_rename_locked(struct dentry *d, struct dentry *parent, char *name, u32 len, u32 hash) MUST_HOLD(dcache_lock)
{
	hash_remove_locked(d);
	d->name = name;
	d->len = len;
	d->hash = hash;
	if (d->parent != parent) {
		d->parent = parent;
		list_remove(&d->child_link);
		child_insert_locked(d);
	}
	hash_insert_locked(d);
}

static char *
name_copy(const char *s, u32 len)
{
	char *to = kzalloc(MAX(len + 1, (u32)sizeof(u64)), GFP_KERNEL);

	if (to)
		memcpy(to, s, len);
	return to;
}

int
d_move_prepare(struct d_names *n, struct dentry *d, struct dentry *target, bool exchange)
{
	n->to = name_copy(target->name, target->len);
	n->back = exchange ? name_copy(d->name, d->len) : NULL;
	if (n->to && (n->back || !exchange))
		return 0;
	d_move_cancel(n);
	return -ENOMEM;
}

void
d_move_cancel(struct d_names *n)
{
	kfree(n->to);
	kfree(n->back);
}

/* The counts of parents: swapping leaves them as they are; else target keeps its own and d's moves. */
void
d_move(struct d_names *n, struct dentry *d, struct dentry *target, bool exchange)
{
	struct dentry *oparent = d->parent, *nparent = target->parent;
	char *d_old = d->name, *t_old = target->name;
	u32 olen = d->len, ohash = d->hash;

	spin_lock(&dcache_lock);
	if (!exchange) {
		d_drop_locked(target);
		dentry_get(nparent);
	}
	d_rename_locked(d, nparent, n->to, target->len, target->hash);
	if (exchange)
		d_rename_locked(target, oparent, n->back, olen, ohash);
	spin_unlock(&dcache_lock);
	if (!exchange)
		dentry_put(oparent);
	if (d_old != d->inline_name)
		kfree(d_old);
	if (exchange && t_old != target->inline_name)
		kfree(t_old);
}

bool
d_ancestor(const struct dentry *a, const struct dentry *d)
{
	bool is;

	spin_lock(&dcache_lock);
	/* By inode: on a broken disk a directory has two names. */
	while (d->inode != a->inode && d->parent != d)
		d = d->parent;
	is = d->inode == a->inode;
	spin_unlock(&dcache_lock);
	return is;
}

int
d_kill_if_empty(struct dentry *dir)
{
	struct dentry *c;
	int err = 0;

	spin_lock(&dcache_lock);
	list_for_each(c, &dir->children, child_link)
		if (c->inode || !dir->inode->ops->lookup)
			err = -ENOTEMPTY;
	if (dir->flags & DENTRY_MOUNTED)
		err = -EBUSY;			/* since the caller looked */
	if (!err)
		inode_flags_set(dir->inode, INODE_DEAD);
	spin_unlock(&dcache_lock);
	return err;
}

void
d_revive(struct dentry *dir)
{
	spin_lock(&dcache_lock);
	inode_flags_clear(dir->inode, INODE_DEAD);
	spin_unlock(&dcache_lock);
}

/* Put every dentry on list (by lru link), each of which we count. */
static ulong
dispose(struct list *list)
{
	struct dentry *d;
	ulong n = 0;

	while ((d = list_first(list, struct dentry, lru))) {
		list_remove(&d->lru);
		dentry_put(d);
		n++;
	}
	return n;
}

/* Take d out of the cache onto list, with a reference. */
static void
evict_locked(struct dentry *d, struct list *list) MUST_HOLD(dcache_lock)
{
	dentry_get(d);
	d_drop_locked(d);
	list_push_back(list, &d->lru);
}

/* Forget up to n names nobody uses, the longest unused first; how many went. */
ulong
dcache_reclaim(ulong n)
{
	struct list gone = LIST_INIT(gone);
	ulong scan = 4 * n + 32, taken = 0;
	struct dentry *d;

	spin_lock(&dcache_lock);
	while (taken < n && scan--) {
		spin_breathe(&dcache_lock, scan);
		d = list_first(&lru, struct dentry, lru);
		if (!d)
			break;
		if (atomic_read(&d->refs) == 0 && !(d->flags & DENTRY_USED)) {
			evict_locked(d, &gone);
			taken++;
			continue;
		}
		d->flags &= ~DENTRY_USED;
		list_remove(&d->lru);
		list_push_back(&lru, &d->lru);
	}
	spin_unlock(&dcache_lock);
	return dispose(&gone);
}

void
dcache_drop_children(struct dentry *dir)
{
	struct list gone = LIST_INIT(gone);
	struct dentry *d, *tmp;

	spin_lock(&dcache_lock);
	list_for_each_safe(d, tmp, &dir->children, child_link)
		if (atomic_read(&d->refs) == 0)
			evict_locked(d, &gone);
	spin_unlock(&dcache_lock);
	dispose(&gone);
}

/* Forget every name of sb that nobody uses; how many went. */
static ulong
drop_unused(struct super_block *sb)
{
	struct list gone = LIST_INIT(gone);
	struct dentry *d, *tmp;

	spin_lock(&dcache_lock);
	list_for_each_safe(d, tmp, &lru, lru)
		if (d->sb == sb && atomic_read(&d->refs) == 0)
			evict_locked(d, &gone);
	spin_unlock(&dcache_lock);
	return dispose(&gone);
}

void
dcache_drop_tree(struct dentry *root)
{
	struct dentry *d;

	for (;;) {
		bool kept;

		spin_lock(&dcache_lock);
		d = root;
		while (!list_empty(&d->children))
			d = list_first(&d->children, struct dentry, child_link);
		if (d == root)
			break;
		kept = list_empty(&d->lru);	/* the file system's own reference: ram_link */
		if (!kept)
			dentry_get(d);
		d_drop_locked(d);
		spin_unlock(&dcache_lock);
		dentry_put(d);
	}
	spin_unlock(&dcache_lock);
	/* Not in the tree: names below a directory that was dropped before them, as that of an ended process is. */
	while (atomic_read(&root->refs) != DENTRY_DYING + 1 && drop_unused(root->sb))
		;
	/* Reclaim may have taken names out before us, and be about to put them. */
	wait_event(&root_alone, atomic_read(&root->refs) == DENTRY_DYING + 1);
}

void
dcache_init(void)
{
	struct mem_stats m;

	dentry_cache = slab_create("dentry", sizeof(struct dentry), 8, NULL);
	dcache_table = kzalloc(sizeof(*dcache_table) << DCACHE_BITS, GFP_KERNEL);
	if (!dcache_table)
		panic("no memory for the name cache");
	mem_stats(&m);
	dentry_limit = m.total;
}
