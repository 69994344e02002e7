/*
 * icache.c - inodes by number: one struct inode for a file, however many names and tasks reach it.
 *
 *	inode_lookup: absent ---> NEW ---inode_new_done---> ready --last inode_put--> FREEING ---> gone
 *	                           | error                                              |
 *	                           +----------------> gone        look-ups wait here <--+
 *
 * Data        a hash table of every inode that has a number on a disk (INODE_HASHED).
 * Locks       icache_lock [c] for the chains, and for the last reference to a hashed inode: a look-up
 *             takes a reference under it, so inode_put gives the last one back under it.
 * Invariants  I1  a hashed inode has refs > 0, or FREEING.
 * Not here    how long an inode is kept: as long as a name in the dentry cache or an open file has it.
 */
#include "fs/internal.h"
#include "kernel/printk.h"
#include "kernel/waitq.h"
#include "mm/slab.h"

#define ICACHE_BITS	12

static struct spinlock icache_lock = SPINLOCK_INIT(RANK_ICACHE);
static struct inode *table[1 << ICACHE_BITS];	/* [c] */
static struct waitq ready = WAITQ_INIT(ready);	/* some inode is NEW or FREEING no more */

static inline struct inode **
bucket(const struct super_block *sb, u64 ino)
{
	return &table[(((ulong)sb >> 6) + ino) * HASH_MULT >> (64 - ICACHE_BITS)];
}

static struct inode *
find(struct super_block *sb, u64 ino) MUST_HOLD(icache_lock)
{
	struct inode *i;

	for (i = *bucket(sb, ino); i; i = i->hash_next)
		if (i->ino == ino && i->sb == sb)
			return i;
	return NULL;
}

static void
insert(struct inode *i) MUST_HOLD(icache_lock)
{
	struct inode **b = bucket(i->sb, i->ino);

	i->hash_next = *b;
	*b = i;
	inode_flags_set(i, INODE_HASHED);
}

static void
remove(struct inode *i) MUST_HOLD(icache_lock)
{
	struct inode **p = bucket(i->sb, i->ino);

	while (*p != i)
		p = &(*p)->hash_next;
	*p = i->hash_next;
	inode_flags_clear(i, INODE_HASHED);
}

/* Wait until what is now in the table under this number, NEW or FREEING, has changed. */
static void
wait_change(struct super_block *sb, u64 ino)
{
	struct waiter w;
	struct inode *i;

	waiter_init(&w);
	waitq_prepare(&ready, &w, TASK_UNINTERRUPTIBLE);
	spin_lock(&icache_lock);
	i = find(sb, ino);
	if (!i || !(READ_ONCE(i->flags) & (INODE_NEW | INODE_FREEING))) {
		spin_unlock(&icache_lock);
		waitq_finish(&ready, &w);
		return;
	}
	spin_unlock(&icache_lock);
	wait_sleep_(TASK_UNINTERRUPTIBLE, ~0UL);
	waitq_finish(&ready, &w);
}

/* The inode if it is cached and not in a state to wait for: counted. *wait: it is in one. */
static struct inode *
find_ready(struct super_block *sb, u64 ino, bool *wait) MUST_HOLD(icache_lock)
{
	struct inode *i = find(sb, ino);

	*wait = i && (READ_ONCE(i->flags) & (INODE_NEW | INODE_FREEING));
	if (!i || *wait)
		return NULL;
	inode_get(i);
	return i;
}

struct inode *
inode_lookup(struct super_block *sb, u64 ino)
{
	struct inode *i, *made = NULL;
	bool wait;

	for (;;) {
		spin_lock(&icache_lock);
		i = find_ready(sb, ino, &wait);
		if (!i && !wait && made) {
			i = made;
			made = NULL;
			insert(i);
		}
		spin_unlock(&icache_lock);
		if (i)
			break;
		if (wait) {
			wait_change(sb, ino);
			continue;
		}
		made = inode_create(sb, 0);
		if (!made)
			return ERR_PTR(-ENOMEM);
		made->ino = ino;
		made->flags = INODE_NEW;
	}
	if (made)
		inode_discard(made);
	return i;
}

void
inode_new_done(struct inode *i, int error)
{
	if (error) {
		spin_lock(&icache_lock);
		remove(i);
		spin_unlock(&icache_lock);
		inode_discard(i);
	} else {
		/* Who finds it without NEW finds it filled in. */
		inode_flags_clear(i, INODE_NEW);
	}
	wake_up_all(&ready);
}

void
inode_unhash(struct inode *i)
{
	spin_lock(&icache_lock);
	if (i->flags & INODE_HASHED)
		remove(i);
	spin_unlock(&icache_lock);
	wake_up_all(&ready);
}

bool
inode_put_last(struct inode *i)
{
	bool last;

	spin_lock(&icache_lock);
	last = atomic_dec_and_test(&i->refs);
	if (last)
		inode_flags_set(i, INODE_FREEING);
	spin_unlock(&icache_lock);
	return last;
}
