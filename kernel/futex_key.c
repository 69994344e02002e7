/*
 * futex_key.c - which word a futex operation means, and where its waiters stand.
 *
 * Two programs may map a word at different addresses, and its page may come, go and be copied: so in a
 * shared mapping a word is known by its file and its place there.  Anonymous shared memory has a file
 * too.  Elsewhere, and where the caller says so (FUTEX_PRIVATE_FLAG), it is the space and the address.
 *
 * Data        buckets[], hashed by key.  An inode is named by its serial number, not by its address: a
 *             key may outlive it, and then means nothing any more.
 * Locks       bucket->lock; two: lower address first.
 * Further     futex(2).
 */
#include "abi/errno.h"
#include "arch/barrier.h"
#include "fs/vfs.h"
#include "kernel/futex_private.h"
#include "mm/layout.h"
#include "mm/mm.h"

#define NBUCKETS	256

static struct futex_bucket buckets[NBUCKETS];

void
futex_init(void)
{
	for (struct futex_bucket *b = buckets; b < buckets + NBUCKETS; b++) {
		spin_init(&b->lock, RANK_FUTEX);
		list_init(&b->waiters);
	}
}

/* --- keys --- */

/* The key of a word that may be in a shared mapping. 0 or -EFAULT. */
static int
key_shared(u64 addr, struct futex_key *k)
{
	struct mm *mm = current->mm;
	struct area *a;
	int err = 0;

	rwsem_lock_read(&mm->lock);
	a = mm_find(mm, addr);
	if (!a || a->start > addr)
		err = -EFAULT;
	else if ((a->flags & VM_SHARED) && a->file)
		*k = (struct futex_key){ inode_serial(a->file->inode) * 2 + 1,
					 (a->pgoff << PAGE_SHIFT) + (addr - a->start) };
	else
		*k = (struct futex_key){ (u64)mm, addr };
	rwsem_unlock_read(&mm->lock);
	return err;
}

int
futex_key_get(u64 addr, bool private, struct futex_key *k)
{
	if (addr & 3)
		return -EINVAL;
	if (addr >= USER_TOP)
		return -EFAULT;
	if (!private)
		return key_shared(addr, k);
	*k = (struct futex_key){ (u64)current->mm, addr };
	return 0;
}

/* --- buckets --- */

struct futex_bucket *
futex_bucket_of(const struct futex_key *k)
{
	u64 h = ((k->space >> 1) ^ (k->addr >> 2)) * 0x9e3779b97f4a7c15UL;

	return &buckets[h >> 56];
}

void
futex_lock_both(struct futex_bucket *a, struct futex_bucket *b) NO_TSA
{
	spin_lock(a < b ? &a->lock : &b->lock);
	if (a != b)
		spin_lock_nested(a < b ? &b->lock : &a->lock);
}

void
futex_unlock_both(struct futex_bucket *a, struct futex_bucket *b) NO_TSA
{
	if (a != b)
		spin_unlock(&b->lock);
	spin_unlock(&a->lock);
}

void
futex_waiter_add(struct futex_waiter *w, struct futex_bucket *b)
{
	w->bucket = b;
	w->place.prio = current->se.base_prio;
	plist_add(&b->waiters, &w->place);
}

void
futex_waiter_enter(struct futex_waiter *w)
{
	struct futex_bucket *b = futex_bucket_of(&w->key);

	spin_lock(&b->lock);
	futex_waiter_add(w, b);
	spin_unlock(&b->lock);
	smp_mb();			/* pairs with futex_wake's */
}

struct futex_bucket *
futex_waiter_lock(struct futex_waiter *w) NO_TSA
{
	struct futex_bucket *b;

	for (;;) {
		b = READ_ONCE(w->bucket);
		spin_lock(&b->lock);
		if (b == w->bucket)
			return b;
		spin_unlock(&b->lock);
	}
}

void
futex_waiter_move(struct futex_waiter *w, struct futex_bucket *b, const struct futex_key *k)
{
	list_remove(&w->place.link);
	w->key = *k;
	WRITE_ONCE(w->bucket, b);
	plist_add(&b->waiters, &w->place);
}
