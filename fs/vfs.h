/*
 * vfs.h - names, inodes, mounts and open files: what every file system plugs into.
 *
 *	struct super_block  one mounted file system
 *	struct inode        one file, whatever its names
 *	struct dentry       one name in a directory, cached (also "no such name")
 *	struct mount        a super block's tree put somewhere in the name space
 *	struct file         one open: a position, flags, and the operations
 */
#ifndef FS_VFS_H
#define FS_VFS_H

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/poll.h"
#include "abi/stat.h"
#include "arch/atomic.h"
#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "lib/list.h"
#include "lib/types.h"
#include "mm/pagecache.h"
#include "mm/uio.h"

#define SYMLINK_MAX_DEPTH 40

struct abi_statfs;
struct dentry;
struct epoll_item;
struct file;
struct file_ops;
struct file_owner;
struct inode;
struct inode_ops;
struct mount;
struct poll_table;
struct super_block;
struct area;
struct attr;
struct block_device;
struct dir_emit;
struct path;
struct pbuf;
struct stat_k;

struct lock_list;
struct memxattr;
struct watch;

struct timespec_k { s64 sec; u32 nsec; };

struct waitq;

struct file_system {
	const char *name;		/* "tmpfs" */
	bool	nodev;			/* takes no block device */
	/* Make a super block. source and data as in mount(2), may be NULL. ERR_PTR. */
	struct super_block *(*mount)(const struct file_system *fs, const char *source, ulong flags, const char *data);
};
void	fs_register(const struct file_system *fs);	/* fs/filesystems.c: the list */
const struct file_system *fs_find(const char *name);
const char *fs_disk_kind(int i);	/* the i-th that is put on a disk; NULL past the end */
int	fs_show(int i, char *buf, size_t size);	/* line i of /proc/filesystems; its length, 0 past the end */

struct super_ops {
	/*
	 * Last reference gone; nlink 0: the file itself goes (blocks, inode). Otherwise its pages and attributes have
	 * been written. May sleep; holds no lock. Drops what is in inode->private.
	 */
	void	(*free_inode)(struct inode *inode);
	int	(*statfs)(struct super_block *sb, struct abi_statfs *out);
	/* Dirty pages and inodes have been written: commit the log, flush the disk. wait false: only start. */
	int	(*sync)(struct super_block *sb, bool wait);
	void	(*unmount)(struct super_block *sb);
	/* Attributes changed since inode_mark_dirty: to the disk's inode table (into the log; no wait for it). */
	int	(*write_inode)(struct inode *inode);
	/* New flags (MS_RDONLY) and options for a mounted one. NULL: flags alone may change. */
	int	(*remount)(struct super_block *sb, ulong flags, const char *data);
	/* For /proc/mounts: ",size=64k". May be NULL. */
	int	(*show_options)(struct super_block *sb, char *buf, size_t size);
	/*
	 * Extended attributes, all three or none; names are user., trusted. or security. and something. inode->lock is
	 * held (set: for writing). get and list: the length, -ERANGE if size (unless 0) is less; -ENODATA.
	 * set: value NULL removes; flags XATTR_*.
	 */
	ssize_t	(*getxattr)(struct inode *inode, const char *name, void *buf, size_t size);
	int	(*setxattr)(struct inode *inode, const char *name, const void *value, size_t size, int flags);
	ssize_t	(*listxattr)(struct inode *inode, char *buf, size_t size);
};

struct super_block {
	const struct file_system *fs;	/* [i] */
	const struct super_ops *ops;	/* [i] */
	struct dentry *root;
	u32	dev;			/* [i] st_dev */
	u64	magic;			/* [i] statfs f_type */
	u32	block_size;
	ulong	flags;			/* MS_RDONLY ... */
	atomic_t refs;			/* mounts and users */
	struct mutex rename_lock;
	struct list link;		/* all super blocks, for sync (fs/inode.c) */
	uint	visitors;		/* super_for_each is at it; under the list's lock */
	atomic_t watched;		/* inodes that inotify counts, or is putting (inotify.c) */
	atomic_t writers;		/* regular files open for writing: with one, it cannot become read-only */
	struct block_device *bdev;	/* [i] NULL: none */
	struct list dirty;		/* inodes with something to write, oldest first: dirty_lock (writeback.c) */
	void	*private;
};

/* Guarded by: i immutable  l lock  a atomic */
struct inode {
	u64	ino;			/* [i] */
	struct super_block *sb;		/* [i] */
	const struct inode_ops *ops;	/* [i] */
	const struct file_ops *fops;	/* [i] for open() */
	atomic_t refs;
	u32	mode;			/* [l] type and permissions */
	u32	uid, gid;		/* [l] */
	u32	nlink;			/* [l] */
	u32	rdev;			/* [i] device number (major:minor as Linux encodes) */
	u64	size;			/* [l] written; readers may load it torn-free */
	u64	blocks;			/* [l] 512-byte units */
	struct timespec_k atime, mtime, ctime, btime;	/* [l] */
	struct rwsem lock;		/* directory: its entries; file: size and truncation */
	struct mapping mapping;		/* cached pages of a regular file */
	struct pipe *pipe;		/* [l] FIFO in use */
	struct memxattr *xattrs;	/* [l] extended attributes, of a file system in memory (memxattr.c) */
	struct watch *watches;		/* of inotify, under its lock; NULL: nobody watches */
	struct lock_list *locks;	/* byte-range and flock locks (fs/locks.c), NULL: never any */
	atomic_t writers;		/* of a regular file: opens for writing; below 0: programs that run from it */
	u32	flags;			/* [a] INODE_* */
	u32	seals;			/* [l] F_SEAL_* of a file in memory (memfd.c) */
	u64	serial;			/* [a] names it among all that ever were, 0: not asked for yet (inode_serial) */
	struct inode *hash_next;	/* under icache_lock (fs/icache.c) */
	struct list dirty_link;		/* on sb->dirty, under dirty_lock */
	u64	dirtied;		/* when it became dirty, ns since boot */
	void	*private;		/* the file system's, or the device's */
};

#define INODE_DEAD	BIT(0)		/* a removed directory: no new names. Also under dcache_lock */
#define INODE_NEW	BIT(1)		/* being read by who put it in the cache; others wait */
#define INODE_FREEING	BIT(2)		/* the last reference is gone, free_inode runs; look-ups wait for the end */
#define INODE_HASHED	BIT(3)		/* in the inode cache */
#define INODE_DIRTY	BIT(4)		/* attributes to be written: write_inode */
#define INODE_DIRTY_PAGES BIT(5)	/* pages to be written */
#define INODE_LINKABLE	BIT(7)		/* never had a name (O_TMPFILE), and may get one */
#define INODE_SYNCING	BIT(6)		/* the writer has it: the next one waits */
#define INODE_DNOTIFY	BIT(8)		/* a directory with F_NOTIFY (dnotify.c) */

/* All with dir->lock held for write (lookup: read or write) by the VFS. Names are NUL-terminated in dentry->name. */
struct inode_ops {
	/* Find d->name in dir: d_instantiate(d, inode or NULL). 0 or -errno (not -ENOENT: that is a NULL inode). */
	int	(*lookup)(struct inode *dir, struct dentry *d);
	int	(*create)(struct inode *dir, struct dentry *d, u32 mode);
	int	(*mkdir)(struct inode *dir, struct dentry *d, u32 mode);
	/* A regular file that has no name, nlink 0, counted: it goes with its last reference. ERR_PTR. */
	struct inode *(*tmpfile)(struct inode *dir, u32 mode);
	int	(*mknod)(struct inode *dir, struct dentry *d, u32 mode, u32 rdev);
	int	(*symlink)(struct inode *dir, struct dentry *d, const char *target);
	int	(*link)(struct inode *dir, struct dentry *d, struct inode *target);
	int	(*unlink)(struct inode *dir, struct dentry *d);
	int	(*rmdir)(struct inode *dir, struct dentry *d);
	/* flags: RENAME_NOREPLACE (already checked), RENAME_EXCHANGE. */
	int	(*rename)(struct inode *odir, struct dentry *od, struct inode *ndir, struct dentry *nd, uint flags);
	/* Copy the target (no NUL) to buf; its length. */
	ssize_t	(*readlink)(struct inode *inode, char *buf, size_t size);
	/* A link whose target is an object, not a name (/proc/self/fd/3). May be NULL. */
	int	(*follow)(struct inode *inode, struct path *out);
	/* Change attributes (mode, owner, size, times): set bits of valid. NULL: inode_setattr. */
	int	(*setattr)(struct inode *inode, const struct attr *a);
	int	(*getattr)(struct inode *inode, struct stat_k *out);	/* NULL: from the inode */
	/* Of the directory that holds d. NULL: names stay true. 0: look up again (/proc). May sleep. */
	int	(*revalidate)(struct dentry *d);
	int	(*permission)(struct inode *inode, int mask);	/* NULL: by mode bits */
};

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

struct attr {
	u32	valid;			/* ATTR_* */
	u32	mode, uid, gid;
	u64	size;
	struct timespec_k atime, mtime;
};
#define ATTR_MODE	BIT(0)
#define ATTR_UID	BIT(1)
#define ATTR_GID	BIT(2)
#define ATTR_SIZE	BIT(3)
#define ATTR_ATIME	BIT(4)
#define ATTR_MTIME	BIT(5)

/* What stat, statx and getattr share, in kernel types. */
struct stat_k {
	u32	dev, rdev, mode, nlink, uid, gid, blksize;
	u64	ino, size, blocks;
	struct timespec_k atime, mtime, ctime, btime;
};

/*
 * Guarded by: d dcache_lock (fs/dcache.c)  i immutable  a atomic.  name and parent also stay while the
 * parent's inode lock is held; links to children of a RAM directory likewise.
 */
struct dentry {
	struct dentry *hash_next;	/* [d] chain of a bucket */
	struct dentry **hash_pprev;	/* [d] what points here */
	u32	hash;			/* [d] of parent and name */
	u32	len;			/* [d] of name */
	struct dentry *parent;		/* [d] counted; root: itself */
	char	*name;			/* [d] changes in rename */
	struct inode *inode;		/* [d] counted; NULL: no such name */
	u32	flags;			/* [d] DENTRY_* */
	atomic_t refs;			/* [a] DENTRY_DYING once out of the cache: the last put frees */
	struct super_block *sb;		/* [i] */
	struct list child_link, children; /* [d] newest first */
	struct list lru;		/* [d] every cached name; used ones are passed over */
	u64	cookie;			/* [d] place in its directory, for readdir: falls along the list */
	char	inline_name[40] ALIGNED(8);	/* short names; the first eight bytes of any are a word, zero-padded */
};
#define DENTRY_MOUNTED	BIT(0)		/* something is mounted here, in some mount */
#define DENTRY_HASHED	BIT(1)
#define DENTRY_USED	BIT(2)		/* found since reclaim last looked */

struct mount {			/* Guarded by: m mount_lock for reading, and dcache_lock too for writing  i immutable */
	struct super_block *sb;		/* [i] */
	struct dentry *root;		/* [i] of the mounted tree, counted */
	struct mount *parent;		/* [m] counted; NULL: the root mount, or detached */
	struct dentry *point;		/* [m] in parent, counted */
	struct list link;		/* [m] all mounts, in order: /proc/mounts */
	struct list children;		/* [m] mounts on names of this one, newest first */
	struct list child_link;		/* [m] */
	char	*source;		/* [i] */
	ulong	flags;			/* [m] MS_RDONLY MS_NOSUID MS_NODEV MS_NOEXEC ... */
	atomic_t refs;			/* one for the tree, one a child, one a path */
	int	id;			/* [i] */
};

/* Operations of an open file. Absent ones have the errno Linux gives (EINVAL, ENOTTY, ESPIPE...). */
struct file_ops {
	int	(*open)(struct inode *inode, struct file *f);
	void	(*release)(struct file *f);		/* last reference gone */
	int	(*flush)(struct file *f);		/* each close(2) */
	ssize_t	(*read)(struct file *f, struct uio *u, loff_t *pos);
	ssize_t	(*write)(struct file *f, struct uio *u, loff_t *pos);
	loff_t	(*seek)(struct file *f, loff_t off, int whence);
	/* Emit entries from f->pos on: emit returns false when the buffer is full. 0 or -errno. */
	int	(*readdir)(struct file *f, struct dir_emit *e);
	/* Events ready now (abi/poll.h); poll_wait() on each queue that could change that. NULL: always ready. */
	uint	(*poll)(struct file *f, struct poll_table *pt);
	long	(*ioctl)(struct file *f, uint cmd, ulong arg);
	/* May refuse or adjust; sets nothing when the page cache serves. NULL: -ENODEV. */
	int	(*mmap)(struct file *f, struct area *a);
	int	(*fsync)(struct file *f, bool datasync);
	long	(*fallocate)(struct file *f, int mode, loff_t off, loff_t len);
	/* More lines for /proc/PID/fdinfo. May be NULL. */
	void	(*fdinfo)(struct file *f, struct pbuf *b);
	const char *anon_name;			/* "[eventfd]": what /proc calls a file without a name */
	bool	cached;				/* read() copies from the page cache: uio_init_give works */
	bool	stream;				/* no position of bytes: pipes, ttys, sockets (pread: ESPIPE) */
};

struct dir_emit {
	loff_t	*pos;			/* cookie of the next entry: set before each emit */
	bool	(*emit)(struct dir_emit *e, const char *name, size_t len, u64 ino, u8 type, loff_t next);
};

struct file {			/* Guarded by: i immutable  p pos_lock  a atomic */
	atomic_t refs;
	u32	flags;			/* [a] O_* status flags */
	u32	mode;			/* [i] FMODE_*, but the last two */
	const struct file_ops *ops;	/* [i] */
	struct inode *inode;		/* [i] == path.dentry->inode when there is a path */
	struct path path;		/* [i] counted; dentry NULL for anonymous files */
	struct mutex pos_lock;
	loff_t	pos;			/* [p] */
	void	*private;
	u32	seen;			/* what had happened at open: a FIFO's writers, a disk file's write errors */
	struct readahead ra;		/* [p] */
	struct file_owner *owner;	/* whom it signals (fs/async.c); NULL: nothing was set */
	struct epoll_item *watchers;	/* what epoll watches it, under epoll's locks (fs/event/epoll.c) */
};
#define FMODE_READ	BIT(0)
#define FMODE_WRITE	BIT(1)
#define FMODE_PATH	BIT(2)		/* O_PATH */
#define FMODE_EXEC	BIT(3)
#define FMODE_WRITER	BIT(4)		/* it is one of inode->writers, and of its super block's */
#define FMODE_DENIES	BIT(5)		/* it is counted there from below: nobody writes to a program that runs */

/* What each task sees: counted, shared by CLONE_FS. */
struct fs_context {
	struct spinlock lock;
	atomic_t refs;
	struct path root, cwd;
	u32	umask;
};
extern struct fs_context *kernel_fs;	/* what kernel threads see: the first root */
struct fs_context *fs_context_copy(struct fs_context *old);
void	fs_context_put(struct fs_context *fs);

/* Boot: caches, tmpfs root mounted, current->fs set. */
void	vfs_init(void);

/* --- file.c: open files --- */
/* A file without a name; takes over the reference to inode (which may be NULL) on success. ERR_PTR. */
struct file *file_create(const struct file_ops *ops, struct inode *inode, u32 flags);
static inline void file_get(struct file *f) { atomic_inc(&f->refs); }
void	file_put(struct file *f);
struct files;
/* f, of a regular file, is a program that runs from now on, until file_allow_write or its last put. 0 or -ETXTBSY. */
int	file_deny_write(struct file *f);
void	file_allow_write(struct file *f);
int	file_close(struct file *f, struct files *owner);	/* a descriptor of owner goes: flush, unlock, put */
ssize_t	file_read(struct file *f, struct uio *u, loff_t *pos);	/* pos NULL: f->pos, locked */
ssize_t	file_write(struct file *f, struct uio *u, loff_t *pos);
ssize_t	file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos);
static inline uint
file_poll(struct file *f, struct poll_table *pt)
{
	return likely(f->ops->poll) ? f->ops->poll(f, pt) : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

/* --- namei.c: path walking --- */
#define LOOKUP_FOLLOW	BIT(0)		/* follow a final symbolic link */
#define LOOKUP_DIRECTORY BIT(1)
#define LOOKUP_EMPTY	BIT(2)		/* AT_EMPTY_PATH */
/* What openat2 asks for. */
#define LOOKUP_NO_XDEV	BIT(3)		/* no mount point is crossed: -EXDEV */
#define LOOKUP_NO_MAGIC	BIT(4)		/* no link that leads to an object: -ELOOP */
#define LOOKUP_NO_LINKS	BIT(5)		/* no symbolic link is followed: -ELOOP */
#define LOOKUP_BENEATH	BIT(6)		/* nothing leads out of dfd: -EXDEV */
#define LOOKUP_IN_ROOT	BIT(7)		/* dfd is the root of this walk */
#define LOOKUP_CACHED	BIT(8)		/* by what is in the cache, or -EAGAIN */
#define LOOKUP_SCOPED	(LOOKUP_BENEATH | LOOKUP_IN_ROOT)
/* dfd: AT_FDCWD or a descriptor. On success *out is counted: path_put(). */
int	path_lookup(int dfd, const char *name, uint flags, struct path *out);
int	path_lookup_user(int dfd, uptr_t name, uint flags, struct path *out);
void	path_get(const struct path *p);
void	path_put(const struct path *p);
/* The file behind dfd, if it has a name, counted. 0, -EBADF. */
int	path_of_fd(int dfd, struct path *out);
/* open(2)'s work, any caller. ERR_PTR. */
struct file *vfs_open(int dfd, const char *name, u32 flags, u32 mode);
/*
 * "/a/b" of p as seen from root, "(unreachable)/a/b" if it is not below that; a pointer into buf, or
 * ERR_PTR(-ENAMETOOLONG). " (deleted)" is the caller's.
 */
char	*path_string(const struct path *p, const struct path *root, char *buf, size_t size);
/* Kernel callers: initramfs, devtmpfs. 0 or -errno. */
int	vfs_mkdir(int dfd, const char *name, u32 mode);
int	vfs_mknod(int dfd, const char *name, u32 mode, u32 rdev);
/* The same, and where it is: *out counted. */
int	vfs_mknod_path(int dfd, const char *name, u32 mode, u32 rdev, struct path *out);
int	vfs_symlink(const char *target, int dfd, const char *name);
int	vfs_link(int odfd, const char *oname, int ndfd, const char *nname, uint flags);
int	vfs_unlink(int dfd, const char *name, bool dir);
int	vfs_rename(int odfd, const char *oname, int ndfd, const char *nname, uint flags);
int	vfs_setattr(struct path *p, const struct attr *a);
int	vfs_getattr(const struct path *p, struct stat_k *out);
/* fn of every mount that can be reached from root, in order, and where it is as seen from there. 0 or -ENOMEM. */
int	mounts_for_each(const struct path *root,
			void (*fn)(void *arg, const struct mount *m, const char *where), void *arg);
int	vfs_mount(const char *source, const char *target, const char *type, ulong flags, const char *data);
/* current may do `mask` (4 read, 2 write, 1 execute) to inode: 0 or -EACCES, -EROFS. */
int	inode_permission(struct inode *inode, int mask);
#define MAY_EXEC	1
#define MAY_WRITE	2
#define MAY_READ	4

/* --- dcache.c --- */
struct dentry *dentry_root(struct super_block *sb, struct inode *root);	/* takes over root's reference */
void	d_instantiate(struct dentry *d, struct inode *inode);	/* takes over the reference; NULL: negative */
void	dentry_get(struct dentry *d);
void	dentry_put(struct dentry *d);
void	dcache_drop_children(struct dentry *dir);		/* forget unused names (/proc, unmount) */
ulong	dcache_reclaim(ulong n);

/* --- inode.c --- */
struct inode *inode_create(struct super_block *sb, u32 mode);	/* refs 1, nlink 1, times now; NULL */
/* i, new in dir, takes what S_ISGID of dir says. */
void	inode_inherit_group(struct inode *i, const struct inode *dir);
static inline void inode_get(struct inode *i) { atomic_inc(&i->refs); }
void	inode_put(struct inode *i);
void	inode_setattr(struct inode *i, const struct attr *a);	/* apply without checks */
struct timespec_k time_now(void);		/* for a file's times: CLOCK_REALTIME in steps of 4 ms */

/* --- icache.c: for file systems whose inodes have numbers on a disk --- */
/*
 * Inode `ino` of sb, counted. INODE_NEW is set if it was not cached: the caller fills it in and calls
 * inode_new_done(i, 0), or inode_new_done(i, -errno), which puts it; others who look it up wait meanwhile.
 * ERR_PTR(-ENOMEM).
 */
struct inode *inode_lookup(struct super_block *sb, u64 ino);
void	inode_new_done(struct inode *i, int error);
void	inode_unhash(struct inode *i);

/* --- writeback.c --- */
void	inode_mark_dirty(struct inode *i);			/* attributes; cheap, any context that can spin */
void	inode_mark_dirty_pages(struct inode *i);		/* the page cache says so */
void	inode_undirty(struct inode *i);				/* i is being freed: nothing will be written */
/* Write i's pages and attributes, and wait for the pages: 0 or the first error. */
int	inode_sync(struct inode *i);
int	super_sync(struct super_block *sb, bool wait);		/* everything: pages, inodes, ops->sync */

/* --- super.c: file systems on disks --- */
/*
 * For file_system.mount: the device named by source, claimed, with a new super block for it, which fill() reads in
 * (by block_find or what it knows: sb->bdev is set). ERR_PTR: of fill, -ENOTBLK, -ENXIO, -EACCES (a read-only device),
 * -EBUSY (open for writing, or mounted otherwise). Mounted the same way already: that super block, counted once more.
 */
struct super_block *super_mount_disk(const struct file_system *fs, const char *source, ulong flags, const char *data,
				     const struct super_ops *ops, u64 magic,
				     int (*fill)(struct super_block *sb, ulong flags, const char *data));
u64	inode_serial(struct inode *i);				/* never that of another, even after its end */
u64	ino_alloc(void);					/* numbers for RAM file systems */
struct super_block *super_create(const struct file_system *fs, const struct super_ops *ops, u64 magic);
/* fops for special files, set by init_special_inode from mode. */
void	init_special_inode(struct inode *i, u32 mode, u32 rdev);

/* --- libfs.c: for RAM file systems --- */
/* A directory's names live in the dcache: lookups that miss are negative; readdir walks children. */
extern const struct file_ops ram_dir_fops;
extern const struct file_ops ram_file_fops;	/* page cache without a disk below */

/* --- diskfile.c: for files whose pages come from a disk; any file system may put these in its file_ops --- */
ssize_t	disk_file_read(struct file *f, struct uio *u, loff_t *pos);	/* O_DIRECT too, by mapping_ops.direct */
/* Takes inode->lock; O_APPEND, O_SYNC, O_DIRECT. */
ssize_t	disk_file_write(struct file *f, struct uio *u, loff_t *pos);
int	disk_file_mmap(struct file *f, struct area *a);

/* Take over the reference to inode and keep the name d for it until ram_unlink(). */
void	ram_link(struct dentry *d, struct inode *inode);
void	ram_unlink(struct dentry *d);
/* A file of `size` zero bytes with no name, for shared anonymous memory. ERR_PTR. */
/* fallocate(2) of an open file. */
long	file_fallocate(struct file *f, int mode, loff_t off, loff_t len);
/* reserve: its pages count as promised from now on (mm/commit.c). ERR_PTR. */
struct file *shmem_file_create(u64 size, bool reserve);
/* An empty one that is called /NAME where its path is asked for, though nobody can look it up. ERR_PTR. */
struct file *shmem_file_named(const char *name);

/* --- poll --- */
struct poll_table {
	void	(*queue)(struct poll_table *pt, struct waitq *q);
};
static inline void
poll_wait(struct poll_table *pt, struct waitq *q)
{
	if (pt && pt->queue)
		pt->queue(pt, q);
}

#endif
