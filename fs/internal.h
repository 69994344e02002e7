/*
 * internal.h - what the files of fs/ share and no other room uses.
 *
 * Three things: the name cache's inside (dcache.c), the path walk's state (namei.c), and the
 * set-up calls that vfs_init() makes in order.
 */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

#include "abi/capability.h"
#include "abi/uio.h"
#include "fs/vfs.h"
#include "kernel/task.h"
#include "mm/usercopy.h"

static inline bool capable(int cap) { return task_capable(BIT(cap)); }

struct abi_stat;

/* --- dcache.c --- */
#define DENTRY_DYING	0x40000000	/* in refs: out of the cache, the last put frees */
#define DCACHE_BITS	13

extern struct spinlock dcache_lock;
extern struct dentry **dcache_table;

/*
 * A component of a path, with its hash in the directory it is looked up in.  The first eight
 * bytes are also a word (zero beyond the name), as at the start of every dentry's name: most names
 * are hashed by one multiplication and compared by one comparison.
 */
struct qname {
	const char *s;
	u64	word;
	u32	len;
	u32	hash;
};

#define HASH_MULT	0x9e3779b97f4a7c15	/* 2^64 / golden ratio, odd: the high bits of products are mixed */
static inline u64 hash_word(const struct dentry *dir, u64 word) { return (((ulong)dir >> 3) ^ word) * HASH_MULT; }
static inline u64 hash_byte(u64 h, u8 c) { return (h + c) * HASH_MULT; }
static inline u32 hash_end(u64 h) { return h >> 32; }

/* The cached name q in dir, or NULL: not counted. */
static ALWAYS_INLINE struct dentry *
d_find_locked(const struct dentry *dir, const struct qname *q) MUST_HOLD(dcache_lock)
{
	struct dentry *d;
	u32 i;

	for (d = dcache_table[q->hash >> (32 - DCACHE_BITS)]; d; d = d->hash_next) {
		if (d->hash != q->hash || d->parent != dir || d->len != q->len || *(u64 *)d->name != q->word)
			continue;
		for (i = sizeof(u64); i < q->len; i++)
			if (d->name[i] != q->s[i])
				break;
		if (likely(i >= q->len)) {
			if (unlikely(!(d->flags & DENTRY_USED)))
				d->flags |= DENTRY_USED;
			return d;
		}
	}
	return NULL;
}

void	dcache_init(void);
void	qname_init(struct qname *q, const struct dentry *dir, const char *s, u32 len);
/* A name in dir that nobody can find yet, refs 1, negative. NULL if out of memory. */
struct dentry *d_alloc(struct dentry *dir, const struct qname *q);
/* Let look-ups find d. -ENOENT if its directory has been removed. */
int	d_hash(struct dentry *d);
/* No look-up finds d any more; holders keep it. */
void	d_drop(struct dentry *d);
/* d's file was unlinked: forget the name, or remember that there is none. dir's lock held. */
void	d_delete(struct dentry *d);
/*
 * Renaming in two steps, so that the second cannot fail once the file system has done its part.
 * d takes target's place and name (target is dropped), or they swap. Locks of both directories held.
 */
struct d_names {
	char	*to, *back;		/* kmalloc'd: what d will be called, and target when they swap */
};
int	d_move_prepare(struct d_names *n, struct dentry *d, struct dentry *target, bool exchange);	/* -ENOMEM */
void	d_move(struct d_names *n, struct dentry *d, struct dentry *target, bool exchange);
void	d_move_cancel(struct d_names *n);
/* Is a an ancestor of d, or d itself? */
bool	d_ancestor(const struct dentry *a, const struct dentry *d);
/* Mark the directory dead if no name is cached in it. -ENOTEMPTY. */
int	d_kill_if_empty(struct dentry *dir);
/* Undo d_kill_if_empty: the removal failed. */
void	d_revive(struct dentry *dir);
/*
 * Forget every name below root, kept by its file system or not: at unmount, when nobody can use them. When it returns
 * all are freed, and only the caller counts root.
 */
void	dcache_drop_tree(struct dentry *root);

/* --- inode.c --- */
void	inode_init(void);
void	super_get(struct super_block *sb);
void	super_put(struct super_block *sb);		/* last: unmounts */
/* Of an inode that a watch counted (sb->watched): it is put. The last thing done to sb. */
void	super_unwatch(struct super_block *sb);
void	super_discard(struct super_block *sb);		/* it was never mounted, and has no root */
/* fn for every super block that has been filled in; its unmounting waits meanwhile. */
void	super_for_each(void (*fn)(struct super_block *sb, void *arg), void *arg);
struct super_block *super_find(const struct block_device *dev);	/* mounted from dev: counted, or NULL */
/* Free i, which nobody has and no file system has filled in. */
void	inode_discard(struct inode *i);
static inline void inode_flags_set(struct inode *i, u32 f) { __atomic_fetch_or(&i->flags, f, __ATOMIC_RELEASE); }
static inline void inode_flags_clear(struct inode *i, u32 f) { __atomic_fetch_and(&i->flags, ~f, __ATOMIC_RELEASE); }
struct timespec_k timespec_of(u64 ns);

/* --- super.c --- */
void	super_init(void);

/* --- icache.c --- */
/* Give back a reference that looked like the last. True: it was, and nobody finds i any more (FREEING). */
bool	inode_put_last(struct inode *i);

/* --- file.c --- */
#define RW_MAX		0x7ffff000UL	/* Linux moves no more in one call */
/* How a write by u to f is: O_APPEND, O_DSYNC and O_SYNC as pwritev2's flags change them. */
static inline u32
write_flags(const struct file *f, const struct uio *u)
{
	if (likely(!u->flags))
		return f->flags;
	return (f->flags & ~(u->flags & RWF_NOAPPEND ? O_APPEND : 0)) | (u->flags & RWF_APPEND ? O_APPEND : 0) |
	       (u->flags & RWF_SYNC ? O_SYNC : u->flags & RWF_DSYNC ? O_DSYNC : 0);
}
void	files_init(void);
int	files_count(void);
struct file *file_alloc(u32 flags);			/* refs 1, no ops; NULL */
/* i, a regular file, is written to until inode_write_end: 0, or -ETXTBSY if a program runs from it. */
int	inode_write_begin(struct inode *i);
static inline void inode_write_end(struct inode *i) { atomic_dec(&i->writers); }
/* f, of a named regular file and open for writing, is one of its writers; or is so no more. */
int	file_writer_begin(struct file *f);
void	file_writer_end(struct file *f);
void	file_abandon(struct file *f);			/* its open failed: put it without release */

/* --- namei.c --- */
enum last_type { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

/*
 * A walk in progress.  While `locked`, dcache_lock is held and `at` is not counted: the lock
 * keeps it, and `held` (if set) is a counted path to be put once the lock is free.  Otherwise
 * `at` is counted.
 */
struct walk {
	struct path at;
	struct path root;		/* counted only if root_counted */
	struct path held;
	const char *p;			/* what is left of the name */
	char	*heap;			/* the expanded name after a symbolic link, kmalloc'd */
	uint	flags;			/* LOOKUP_* */
	int	links;			/* followed so far */
	bool	locked, root_counted;
	/* Set by walk_parent: the last component, in the directory `at`. */
	enum last_type type;
	bool	slash;			/* trailing slashes: it must be a directory */
	struct qname last;
};

/* Begin at dfd. On error nothing is held. */
int	walk_start(struct walk *w, int dfd, const char *name, uint flags);
/* Resolve all but the last component. On error the walk has been ended. */
int	walk_parent(struct walk *w);
/*
 * Go to the name q in `at`. 0: `at` is it, mounts crossed.  1: it was a link to follow, and w->p is
 * the rest of the way: call walk_parent again.  Else -errno and the walk goes on where it was.
 */
int	walk_step(struct walk *w, const struct qname *q, bool follow);
/* openat2's scope: -EXDEV if somebody has moved the place where w stands out of it. */
int	walk_check_scope(struct walk *w);
/* walk_start and all components: 0, the walk standing at the end and not ended; or -errno, ended. */
int	walk_whole(struct walk *w, int dfd, const char *name, uint flags);
/* End the walk; out, if not NULL, becomes a counted copy of where it stood. */
void	walk_end(struct walk *w, struct path *out);
/* Leave the lock: `at` becomes counted. */
void	walk_unlock(struct walk *w);
/* walk_parent for a caller that will change the directory: unlocked, `at` counted. End with walk_end. */
int	walk_to_parent(struct walk *w, int dfd, const char *name);
/*
 * Find q in dir, whose inode lock the caller holds for writing, asking the file system: counted.
 * create: a name that is not there is returned, negative and findable; lookup_undo() it if
 * nothing comes of it.  Else never negative.  ERR_PTR.
 */
struct dentry *lookup_locked(struct dentry *dir, const struct qname *q, bool create);
void	lookup_undo(struct dentry *d);
/* Replace *p by what is mounted on it, repeatedly. Counted. */
void	path_cross(struct path *p);
/* p's name was removed while it was in use. */
static inline bool
path_deleted(const struct path *p)
{
	return !(p->dentry->flags & DENTRY_HASHED) && p->dentry->parent != p->dentry;
}

/* A path name copied from the user: on the stack if short. */
struct name {
	char	*s;
	char	small[112];
};
int	name_get(struct name *n, uptr_t src);		/* -EFAULT, -ENAMETOOLONG, -ENOMEM */
void	name_put_slow(struct name *n);
static inline void
name_put(struct name *n)
{
	if (unlikely(n->s != n->small))
		name_put_slow(n);
}

/* The last step of vfs_open, for callers with a path: takes over p. ERR_PTR. */
struct file *path_open(struct path *p, u32 flags);
/* Open i, whose reference is taken over, as a name in dir that nobody can look up. ERR_PTR. */
struct file *open_unnamed(const struct path *dir, const char *name, struct inode *i, u32 flags);

/* --- mount.c --- */
void	mount_init(void);
/* What is mounted on (mnt, point), not counted; NULL. */
struct mount *mount_on_locked(struct mount *mnt, struct dentry *point) MUST_HOLD(dcache_lock);
void	mount_get(struct mount *m);
void	mount_put(struct mount *m);
/* Writing through p is allowed: 0 or -EROFS. */
int	mount_may_write(const struct path *p);
/* A mount of sb that is nowhere in the tree; NULL. */
struct mount *mount_hidden(struct super_block *sb);
/* Mount the first file system as everybody's root: only for boot. */
int	mount_root(const char *type, struct path *out);

/* --- permission.c --- */
int	dir_may_create(struct inode *dir);
int	dir_may_delete(struct inode *dir, struct inode *victim, bool isdir);
bool	inode_owner(const struct inode *inode);		/* current owns it or has CAP_FOWNER */
int	generic_permission(struct inode *inode, int mask);
/* Search permission for everybody needs no look at who asks. */
static inline bool inode_search_free(const struct inode *i) { return (i->mode & 0111) == 0111 && !i->ops->permission; }

/* --- space.c --- */
int	vfs_truncate(struct path *p, struct file *f, loff_t len);
int	file_size_allowed(u64 size);			/* RLIMIT_FSIZE: 0, or SIGXFSZ and -EFBIG */

/* --- attr.c --- */
void	inode_stat(struct inode *inode, struct stat_k *k);
void	inode_strip_suid(struct inode *inode);		/* before data changes; inode lock held */
void	inode_touch_atime_slow(struct file *f, struct inode *i);
static inline bool
time_before_eq(struct timespec_k a, struct timespec_k b)
{
	return a.sec < b.sec || (a.sec == b.sec && a.nsec <= b.nsec);
}
/* A read happened. As relatime: noted only if the file changed since the last one noted. */
static inline void
file_touch_atime(struct file *f, struct inode *i)
{
	if (unlikely(time_before_eq(i->atime, i->mtime) || time_before_eq(i->atime, i->ctime)))
		inode_touch_atime_slow(f, i);
}

/* --- locks.c --- */
struct files;
struct abi_flock;
void	locks_close(struct file *f, struct files *owner);	/* close(2): the process's record locks go */
void	locks_release(struct file *f);			/* last reference: flock and OFD locks go */
void	locks_free(struct inode *i);
long	fcntl_lock(int fd, struct file *f, uint cmd, uptr_t arg);

/* --- pipe.c --- */
void	pipe_init(void);
long	pipe_fcntl(struct file *f, uint cmd, ulong arg);

/* --- options.c --- */
/* Each word of what follows mount -o; value is NULL without "=". -EINVAL: option() says false, a word is too long. */
int	mount_options_each(const char *data, bool (*option)(void *arg, const char *key, const char *value), void *arg);

/* --- poll.c --- */
/* A signal mask for the time of a call: ppoll, pselect6, epoll_pwait. */
struct mask_swap {
	bool	swapped;
	u64	old;
};
/* From the caller's pointer, which may be null: 0, -EINVAL, -EFAULT. */
int	mask_begin(struct mask_swap *m, uptr_t mask, size_t size);
/* Put it back: after the handler's return if the call was interrupted. */
void	mask_end(struct mask_swap *m, bool interrupted);

/* --- tmpfs.c --- */
/*
 * A RAM file system of kind fs: tmpfs's options in data. kernel_mounted: its limits, which nobody gave, are
 * shown among its options, as Linux does. ERR_PTR.
 */
struct super_block *ram_super_create(const struct file_system *fs, ulong flags, const char *data, u32 root_mode,
				     bool kernel_mounted);
/* A node under root made by the kernel, root's own: 0, -EEXIST, -ENOMEM, -ENOSPC. */
int	ram_node_create(struct dentry *root, const char *name, u32 mode, u32 rdev);
void	tmpfs_init(void);

/* --- dev/ --- */
extern const struct file_ops chrdev_fops;	/* open() looks the number up */

#endif
