/*
 * ext4.h - what the files of fs/ext4/ share, in reading order.
 *
 *	super.c      mount, statfs, sync, unmount	geometry.c   the super block checked, field by field
 *	options.c    what follows mount -o		error.c      what is wrong, told and recorded
 *	journal.c    handles, and where the log is	csum.c       every checksum
 *	group.c      descriptors and bitmaps		zone.c       blocks that no file may have
 *	balloc.c     blocks: find, take, give back	prealloc.c   blocks kept for files that grow
 *	ialloc.c     inodes: find, take, give back	inode.c      an inode read, written, freed
 *	table.c      inodes in the inode table		xattr.c, xattr_set.c  extended attributes
 *	orphan.c     files to be finished at mount	orphan_file.c  the same, listed in a file
 *	map.c        logical block to disk block	extent_*.c   extent trees
 *	indirect.c   block maps of ext2			data.c, pageio.c, writeback.c, direct.c, journaled.c  pages
 *	truncate.c   shorter, longer			file.c       fsync, seeking data and holes
 *	fallocate.c  room made, holes punched
 *	dirblock.c   one directory block		dir.c, readdir.c  directories as lists of blocks
 *	htree.c      hashed directories			hash.c       the three hashes
 *	namei.c      create, link, unlink, rename	symlink.c
 *
 * Lock order inside: inode->lock (VFS) > page > ei->size_lock > handle (journal) > ei->map_lock > group lock >
 * buffers' own.
 * Times of changes go to the disk through ext4_inode_dirty() under a handle.
 */
#ifndef FS_EXT4_EXT4_H
#define FS_EXT4_EXT4_H

#include "abi/errno.h"
#include "fs/buffer.h"
#include "fs/ext4/disk.h"
#include "fs/jbd2/jbd2.h"
#include "fs/vfs.h"
#include "kernel/mutex.h"
#include "lib/crc16.h"
#include "lib/crc32c.h"
#include "lib/rbtree.h"

struct bio;

#define EFSCORRUPTED	EUCLEAN		/* as Linux */

enum ext4_data_mode { EXT4_DATA_ORDERED, EXT4_DATA_WRITEBACK, EXT4_DATA_JOURNAL };
enum ext4_errors { EXT4_ON_ERROR_CONTINUE = 1, EXT4_ON_ERROR_RO, EXT4_ON_ERROR_PANIC };

struct ext4_group {			/* Guarded by: i immutable once loaded  g lock  a atomic */
	struct spinlock lock;		/* rank RANK_EXT4_GROUP: counts, and the bits of the bitmaps */
	struct mutex load_lock;		/* one task reads a bitmap in; rank RANK_EXT4_LOAD */
	u64	block_bitmap, inode_bitmap, inode_table;	/* [i] */
	u32	free_blocks, free_inodes, used_dirs, itable_unused;	/* [g] as in the descriptor */
	u16	flags;			/* [g] EXT4_BG_* */
	u32	corrupt;		/* [a] its bitmaps are not believed: nothing is allocated here */
	u32	changed;		/* [a] EXT4_GROUP_*: bitmaps whose checksums are due */
	struct buffer *block_buffer, *inode_buffer;	/* [i] the bitmaps. NULL: not loaded */
	/* Bits set: not to be allocated: in use on the disk, freed but not yet committed, preallocated. */
	ulong	*busy;			/* [g] the bits; [i] the pointer, set before block_buffer */
	u32	first_free;		/* [g] no free block before it */
	u32	largest_free;		/* [g] no free run is longer (an upper bound) */
	u32	frees;			/* [g] how often blocks became free: a scan without the lock may be old */
	u32	next_inode;		/* [g] no free inode before it */
};
#define EXT4_GROUP_BLOCKS	BIT(0)
#define EXT4_GROUP_INODES	BIT(1)

struct ext4_zone {			/* fixed metadata: blocks [start, end) */
	struct rb_node node;
	u64	start, end;
};

/* The groups of one block of descriptors: read when the first of them is needed. */
struct ext4_chunk {			/* Guarded by: i immutable  a atomic */
	struct ext4_sb *s;		/* [i] */
	struct buffer *desc;		/* [i] */
	u32	first, n;		/* [i] groups first .. first + n - 1 */
	u32	largest_free;		/* [a] no group has a longer free run (an upper bound) */
	u32	frees;			/* [a] as a group's */
	bool	inodes_full;		/* [a] no group has a free inode */
	struct ext4_zone *zones;	/* [i] */
	u32	nzones;			/* [i] */
	struct ext4_group group[];
};

/* What went wrong first, or last: as the super block tells it. */
struct ext4_fault {
	u64	time, block;		/* seconds since 1970 */
	u32	ino, line;
	int	error;
	const char *func;
};

/* Guarded by: i immutable  s lock  a atomic  f freed_lock  e error_lock  z zone_lock */
struct ext4_sb {
	struct super_block *sb;		/* [i] */
	struct block_device *dev;	/* [i] */
	struct buffer *super_buffer;	/* [i] holds the super block */
	struct ext4_disk_super *super;	/* [i] in it: changed under lock */
	struct mutex lock;		/* rank RANK_EXT4_SB: the super block's fields, the orphan list */
	u32	block_size, block_bits;	/* [i] */
	u32	compat, incompat, ro_compat;	/* [s] features */
	u32	csum_seed;		/* [i] of metadata_csum */
	bool	csum;			/* [i] metadata_csum */
	bool	desc_csum;		/* [i] metadata_csum or gdt_csum: groups may be uninitialised */
	u32	groups;			/* [i] */
	u32	blocks_per_group, inodes_per_group, inode_size, desc_size, first_ino;	/* [i] */
	u32	desc_per_block, inodes_per_block, first_data_block;	/* [i] */
	u32	extra_isize;		/* [i] of new inodes */
	u64	blocks;			/* [i] in the file system */
	u32	flex_groups;		/* [i] groups in a flexible group, at least 1 */
	u32	table_blocks;		/* [i] of a group's inode table */
	u32	nchunks;		/* [i] blocks of group descriptors */
	struct ext4_chunk **chunk;	/* [i] once set, under chunk_lock; NULL: not yet read */
	struct mutex chunk_lock;	/* rank RANK_EXT4_LOAD */
	struct rb_root zones;		/* [z] fixed metadata of the chunks that have been read */
	struct spinlock zone_lock;	/* rank RANK_EXT4_FREED */
	bool	doubtful;		/* [i] the super block's checksum is wrong: the log may have a right one */
	bool	replaying;		/* [i] after that: the log is not replayed yet, so nothing read stays */
	s64	free_blocks;		/* [a] in all groups, as their descriptors count them */
	s64	held;			/* [a] of them, not to be had now: freed, not committed; preallocated */
	s64	reserved;		/* [a] promised to pages not yet written, or being allocated */
	s64	free_inodes;		/* [a] */
	u64	root_reserve;		/* [i] blocks for root (s_r_blocks_count) */
	u64	meta_reserve;		/* [i] blocks that only EXT4_ALLOC_METADATA may take */
	u64	overhead;		/* [i] blocks of fixed metadata and the log, for statfs */
	u32	resuid, resgid;
	u32	hash_seed[4];		/* [i] */
	u8	def_hash;		/* [i] EXT4_HASH_* with the sign of characters resolved */
	struct journal *journal;	/* [i] NULL: none, then nothing is atomic */
	struct inode *journal_inode;	/* [i] */
	bool	journal_started;	/* [s] */
	struct handle pretended;	/* for all who begin without a journal */
	/* Options. */
	enum ext4_data_mode data;	/* [i] */
	enum ext4_errors on_error;	/* [s] */
	u64	commit_interval;	/* [s] ns */
	bool	data_given;		/* [i] so /proc/mounts shows it */
	bool	barrier, noload, delalloc, discard, minixdf, grpid;	/* [s] */
	bool	read_only;		/* [s] nothing may be written: mounted so, or not yet ready */
	u32	aborted;		/* [a] not 0: an error made it read-only */
	bool	unmounting;		/* [s] */
	u16	state;			/* [s] EXT4_STATE_* to be written at unmount */
	struct list orphans;		/* [s] inodes on the list that begins at s_last_orphan, newest first */
	u32	norphans;		/* [s] on the list or in the file, known in memory */
	bool	orphans_unknown;	/* [s] some on the disk could not be finished */
	struct ext4_orphan_file *orphan_file;	/* [i] NULL: the feature is off */
	struct list freed;		/* [f] extents freed, not yet committed (balloc.c), oldest first */
	struct list preallocs;		/* [f] inodes that have a preallocation */
	struct spinlock freed_lock;	/* rank RANK_EXT4_FREED: before group locks */
	u32	last_group;		/* [a] hint for new directories */
	u32	last_generation;	/* [a] of a new inode; random at first */
	u64	sectors_written;	/* [i] by the device before the mount: s_kbytes_written */
	/* Errors since the super block was last written. */
	struct spinlock error_lock;	/* rank RANK_EXT4_FREED */
	u32	errors_new;		/* [e] how many; 0: the next two mean nothing */
	struct ext4_fault first_fault, last_fault;	/* [e] */
};

/* inode->private. Guarded by: i immutable  l inode->lock (VFS)  m map_lock  a atomic  f freed_lock  s s->lock */
struct ext4_inode {
	struct inode *inode;
	u32	flags;			/* [l] EXT4_*_FL */
	u32	generation;		/* [i] */
	u32	csum_seed;		/* [i] of inode number and generation */
	u16	extra_isize;		/* [i] */
	u64	acl_block;		/* [l] extended attributes that are not in the inode; 0: none */
	bool	fast_symlink;		/* [i] of a symbolic link: its target is in block */
	struct rwsem size_lock;		/* rank RANK_EXT4_SIZE: read while pages are written back, write to shrink */
	struct rwsem map_lock;		/* rank RANK_EXT4_MAP: the tree or block map */
	union {
		u32	block[15];	/* [m] extent root, block map; a fast symlink */
		struct ext4_extent_header root;
	};
	u64	disk_size;		/* [m] i_size on the disk: never past data that was written */
	u32	group;			/* [i] block group it lives in */
	u64	reserved;		/* [a] blocks promised to its dirty pages: data.c counts them */
	u32	sync_tid;		/* [a] transaction of its last change: what fsync waits for */
	u32	datasync_tid;		/* [a] the same for what fdatasync needs: size and map */
	/* Where it is on the disk. The buffer is kept from the first change on, for the next ones. */
	struct buffer *table;		/* [a] */
	u64	table_block;		/* [i] */
	u32	table_off;		/* [i] bytes in the block */
	struct spinlock lock;		/* rank RANK_EXT4_GROUP: one task at a time writes it into the table */
	/* A preallocation (prealloc.c): blocks busy in the group, not yet in the tree. In memory only. */
	u64	pa_start; u32 pa_len;	/* [f] balloc.c */
	struct list pa_link;		/* [f] on s->preallocs */
	u64	goal;			/* [m] where the next block would be best; 0: no idea */
	struct list orphan_link;	/* [s] */
	u32	orphan_slot;		/* [s] in the orphan file, EXT4_NO_SLOT: none */
	u32	dtime;			/* [s] on the orphan list: the next inode; else the time of deletion */
	u32	dir_hint;		/* [l] block where the last entry went */
	u32	parent;			/* of a directory: its "..", 0: not yet known; under the parent's lock */
	/* The last run or hole (start 0) looked up: most look-ups are for its neighbour. [a] by cached_seq (map.c) */
	u32	cached_seq, cached_logical, cached_len; u64 cached_start; bool cached_unwritten;
};
#define EXT4_NO_SLOT	(~0U)

static inline struct ext4_sb *ext4_sb(const struct super_block *sb) { return sb->private; }
static inline struct ext4_sb *ext4_isb(const struct inode *i) { return i->sb->private; }
static inline struct ext4_inode *ext4_i(const struct inode *i) { return i->private; }
static inline bool ext4_has_extents(const struct inode *i) { return ext4_i(i)->flags & EXT4_EXTENTS_FL; }
static inline bool ext4_journals_data(const struct inode *i)
{
	return S_ISREG(i->mode) && ext4_isb(i)->journal &&
	       (ext4_isb(i)->data == EXT4_DATA_JOURNAL || (ext4_i(i)->flags & EXT4_JOURNAL_DATA_FL));
}

static inline bool ext4_is_fast_symlink(const struct inode *i) { return ext4_i(i)->fast_symlink; }

/* --- super.c --- */
extern const struct file_system ext4_fs, ext3_fs, ext2_fs;
void	ext4_init(void);		/* at boot: registers the three kinds */
void	ext4_super_seal(struct buffer *b);
/* Write the super block to its place: only at mount and unmount, after journal_flush or an abort. */
int	ext4_super_write(struct ext4_sb *s);
/* Under a handle, with s->lock: before and after changing *s->super. */
int	ext4_super_access(struct ext4_sb *s, struct handle *h);
int	ext4_super_dirty(struct ext4_sb *s, struct handle *h);
/* Bring its counts and errors up to date, if they are not. Takes a handle: none may be held. */
int	ext4_super_update(struct ext4_sb *s);
u32	ext4_time_now(void);		/* seconds; the super block's have 8 more bits, s_*_hi */

/* --- geometry.c --- */
int	ext4_geometry_read(struct ext4_sb *s);		/* check s->super, and take over what does not change */
/* can we read, can we write it? Said why not. */
int	ext4_features_check(struct ext4_sb *s, bool read_only);

/* --- options.c --- */
struct ext4_options {
	enum ext4_data_mode data;
	bool	data_given, delalloc_given;
	enum ext4_errors on_error;
	u64	commit_interval;
	bool	barrier, noload, delalloc, discard, minixdf, grpid;
	u32	resuid, resgid;
};
#define EXT4_DEFAULT_COMMIT	(5 * NSEC_PER_SEC)
void	ext4_options_default(const struct ext4_sb *s, struct ext4_options *o);	/* by the super block */
int	ext4_options_parse(const char *data, struct ext4_options *o);	/* -EINVAL, having said why */
int	ext4_show_options(struct super_block *sb, char *buf, size_t size);	/* super_ops */

/* --- error.c --- */
/*
 * Something on the disk is not as it must be: says where, marks the super block, and does as errors= says.
 * Returns -EFSCORRUPTED for `return ext4_corrupt(...)`. block 0, ino 0: not known. No spinlock may be held.
 */
#define ext4_corrupt(sb, ino, block, ...) ext4_corrupt_at(__func__, __LINE__, sb, ino, block, __VA_ARGS__)
int	ext4_corrupt_at(const char *func, int line, struct super_block *sb, u64 ino, u64 block,
			const char *fmt, ...) PRINTF_LIKE(6, 7);
/* The same for err, an I/O error that leaves the file system in doubt; returns err. */
#define ext4_error(sb, err, what) ext4_error_at(__func__, __LINE__, sb, err, what)
int	ext4_error_at(const char *func, int line, struct super_block *sb, int err, const char *what);
void	ext4_journal_aborted(void *s, int error);	/* journal_config.aborted */
/* Put the errors since last time into the super block. s->lock held. True: there were any. */
bool	ext4_errors_record(struct ext4_sb *s);

/* --- journal.c --- */
/* A handle; without a journal, a pretended one: all of jbd2's calls below take it through these. ERR_PTR. */
struct handle *ext4_begin(struct super_block *sb, int credits);	/* -EROFS once aborted, or mounted read-only */
int	ext4_end(struct super_block *sb, struct handle *h);
int	ext4_extend(struct super_block *sb, struct handle *h, int more);	/* 0; 1: no room, restart */
int	ext4_restart(struct super_block *sb, struct handle *h, int credits);
int	ext4_write_access(struct super_block *sb, struct handle *h, struct buffer *b);
/* also: its contents are ours, VERIFIED */
int	ext4_create_access(struct super_block *sb, struct handle *h, struct buffer *b);
int	ext4_dirty(struct super_block *sb, struct handle *h, struct buffer *b);
u32	ext4_tid(struct super_block *sb, struct handle *h);		/* 0 without a journal */
/* An allocation failed, no handle is held: true if blocks have become free by now, so that it is worth another try. */
bool	ext4_alloc_retry(struct super_block *sb, int *tries);
/* Credits: what each step may dirty at most. */
#define EXT4_CREDITS_INODE	3		/* its table block; the super block; another inode of the orphan list */
/* to allocate or free that many, however scattered, with their tree */
int	ext4_credits_blocks(const struct super_block *sb, u32 blocks);
#define EXT4_CREDITS_DIR	12		/* to add or delete a name, splits included; bitmaps not */
/* a new inode: bitmap, descriptor, table */
int	ext4_credits_new(const struct super_block *sb);
/* A metadata block read and checked once by check (BUFFER_VERIFIED). ERR_PTR. */
struct buffer *ext4_bread(struct super_block *sb, u64 block,
			  int (*check)(struct super_block *, struct buffer *, void *), void *arg);
int	ext4_journal_open(struct ext4_sb *s);		/* find and load the log */
int	ext4_journal_replay(struct ext4_sb *s, bool *done);

/* --- csum.c: each `set` writes, each `ok` compares (true without metadata_csum) --- */
bool	ext4_super_csum_ok(const struct ext4_disk_super *d);
void	ext4_super_csum_set(struct ext4_disk_super *d);
bool	ext4_desc_csum_ok(struct ext4_sb *s, u32 group, const struct ext4_group_desc *d);
void	ext4_desc_csum_set(struct ext4_sb *s, u32 group, struct ext4_group_desc *d);
bool	ext4_bitmap_csum_ok(struct ext4_sb *s, const struct ext4_group_desc *d, const struct buffer *b, bool inodes);
void	ext4_bitmap_csum_set(struct ext4_sb *s, struct ext4_group_desc *d, const struct buffer *b, bool inodes);
bool	ext4_inode_csum_ok(struct ext4_sb *s, u64 ino, const struct ext4_disk_inode *d);
void	ext4_inode_csum_set(struct ext4_sb *s, u64 ino, struct ext4_disk_inode *d);
u32	ext4_inode_csum_seed(struct ext4_sb *s, u64 ino, u32 generation);
bool	ext4_extent_csum_ok(struct ext4_sb *s, u32 inode_seed, const void *block);
void	ext4_extent_csum_set(struct ext4_sb *s, u32 inode_seed, void *block);
bool	ext4_dirblock_csum_ok(struct ext4_sb *s, u32 inode_seed, const void *block);	/* leaf, with a tail */
void	ext4_dirblock_csum_set(struct ext4_sb *s, u32 inode_seed, void *block);
bool	ext4_dx_csum_ok(struct ext4_sb *s, u32 inode_seed, const void *block);		/* root or node */
void	ext4_dx_csum_set(struct ext4_sb *s, u32 inode_seed, void *block);

/* --- group.c --- */
int	ext4_groups_init(struct ext4_sb *s);		/* none is read yet: O(1) */
int	ext4_groups_count(struct ext4_sb *s);		/* read them all, and sum their counts */
void	ext4_groups_free(struct ext4_sb *s);
struct ext4_chunk *ext4_chunk_load(struct ext4_sb *s, u32 n);	/* ERR_PTR */
/* The group, its descriptor read and checked. ERR_PTR(-EIO, -ENOMEM, -EFSCORRUPTED). */
static inline struct ext4_group *
ext4_group(struct ext4_sb *s, u32 group)
{
	u32 n = group / s->desc_per_block;
	struct ext4_chunk *c = READ_ONCE(s->chunk[n]);

	if (unlikely(!c)) {
		c = ext4_chunk_load(s, n);
		if (IS_ERR(c))
			return (struct ext4_group *)c;
	}
	return &c->group[group - c->first];
}
/* Under h: group's descriptor changes from here on (counts, flags: taken from ext4_group when sealed). */
int	ext4_group_access(struct ext4_sb *s, struct handle *h, u32 group);
int	ext4_group_dirty(struct ext4_sb *s, struct handle *h, u32 group);
/* Its bitmaps, read and checked: 0 or -errno; then block_buffer and busy, or inode_buffer, are there. */
int	ext4_group_load_blocks(struct ext4_sb *s, u32 group, struct ext4_group *g);
int	ext4_group_load_inodes(struct ext4_sb *s, u32 group, struct ext4_group *g);
/* Write access to a bitmap, which may never have been written (EXT4_BG_*_UNINIT), and to the descriptor. */
int	ext4_group_blocks_access(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g);
int	ext4_group_inodes_access(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g);
/* After the change: both are dirty. */
int	ext4_group_blocks_dirty(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g);
int	ext4_group_inodes_dirty(struct ext4_sb *s, struct handle *h, u32 group, struct ext4_group *g);
/* Its bitmaps are wrong: nothing is allocated in it any more. */
void	ext4_group_distrust(struct ext4_sb *s, struct ext4_group *g);
static inline u64
ext4_group_first_block(const struct ext4_sb *s, u32 g)
{
	return s->first_data_block + (u64)g * s->blocks_per_group;
}
static inline u32
ext4_block_group(const struct ext4_sb *s, u64 b)
{
	return (b - s->first_data_block) / s->blocks_per_group;
}
u32	ext4_group_blocks(const struct ext4_sb *s, u32 group);	/* the last one may be shorter */
bool	ext4_group_has_super(const struct ext4_sb *s, u32 group);
/* blocks of super block and descriptors at its start */
u32	ext4_group_base(const struct ext4_sb *s, u32 group);

/* --- zone.c --- */
/* Are n blocks from `block` on in the file system, none of them fixed metadata? Reads descriptors: may sleep. */
bool	ext4_blocks_valid(struct ext4_sb *s, u64 block, u32 n);
int	ext4_zones_add(struct ext4_sb *s, struct ext4_chunk *c);	/* -EFSCORRUPTED, -ENOMEM */

/* --- balloc.c --- */
#define EXT4_ALLOC_RESERVED	BIT(0)		/* the blocks were reserved by ext4_reserve: take them from there */
#define EXT4_ALLOC_METADATA	BIT(1)		/* may use what only root may: never fails half way */
/*
 * Take up to *n free blocks in a row, as near after goal as can be (0: near the inode). *n is what was found (at least
 * 1). 0, -ENOSPC, -EIO, -EFSCORRUPTED. Needs credits: 2 (bitmap, descriptor). Counts them in inode->blocks; the
 * caller then writes the inode (ext4_inode_dirty).
 */
int	ext4_alloc_blocks(struct handle *h, struct inode *inode, u64 goal, u32 *n, uint flags, u64 *start);
/* Give them back in h; not reused before h's transaction is on disk. metadata: revoke them. Several groups are fine. */
int	ext4_free_blocks(struct handle *h, struct inode *inode, u64 start, u32 n, bool metadata);
/* inode has n sectors fewer. The count on the disk may have been wrong: not below 0. Write-back adds meanwhile. */
void	ext4_blocks_subtract(struct inode *inode, u64 n);
/* Delayed allocation: promise n blocks to later ext4_alloc_blocks: 0, -ENOSPC. Without a handle, may wait. */
int	ext4_reserve(struct super_block *sb, u32 n);
void	ext4_unreserve(struct super_block *sb, u32 n);
void	ext4_alloc_committed(void *s, u32 tid);		/* journal_config.committed */
/* unmount: what an aborted log never committed is forgotten */
void	ext4_alloc_end(struct ext4_sb *s);
u64	ext4_count_free(struct ext4_sb *s);		/* blocks, as statfs: not promised, not in use */
/* g's blocks [off, off + n) may be allocated again. */
void	ext4_group_release(struct ext4_sb *s, u32 group, u32 off, u32 n);

/* --- prealloc.c --- */
/* to allocate n blocks, have so many more set aside */
u32	ext4_prealloc_want(struct inode *inode, u32 n, uint flags);
void	ext4_prealloc_keep(struct inode *inode, u64 start, u32 n);	/* busy in their group already */
u32	ext4_prealloc_take(struct inode *inode, u64 goal, u32 n);	/* from goal on: how many */
void	ext4_prealloc_drop(struct inode *inode);			/* what is preallocated goes back */
/* everybody's; false: there was nothing */
bool	ext4_prealloc_drop_all(struct ext4_sb *s);

/* --- ialloc.c --- */
/*
 * A new inode in dir's neighbourhood, mode and owner as mkdir and create give them, in the cache, not yet
 * linked, nlink 1; ext4_inode_dirty() when it is filled in. Should it come to nothing: nlink 0, and
 * inode_put() once h has ended. ERR_PTR.
 */
struct inode *ext4_inode_alloc(struct handle *h, struct inode *dir, u32 mode);
/* its bit and counts; contents are gone already */
int	ext4_inode_free(struct handle *h, struct inode *inode);
/* Is ino's bit set? 1, 0, -errno. */
int	ext4_inode_in_use(struct ext4_sb *s, u64 ino);

/* --- inode.c --- */
/* counted; ERR_PTR(-EIO, -EFSCORRUPTED, -ESTALE: free inode) */
struct inode *ext4_iget(struct super_block *sb, u64 ino);
/* For inodes that no name leads to: the log, the orphan file, orphans. */
struct inode *ext4_iget_special(struct super_block *sb, u64 ino);
/* inode->private of an inode still to be filled in, and where it is in the table. -ENOMEM, or as ext4_group. */
int	ext4_inode_init(struct inode *inode, u64 ino);
void	ext4_inode_destroy(struct inode *inode);
/* its table block, kept in the inode: not counted. ERR_PTR */
struct buffer *ext4_inode_table(struct inode *inode);
/* table.c: counted. ERR_PTR */
struct buffer *ext4_inode_read(struct inode *inode, struct ext4_disk_inode **d);
int	ext4_inode_decode(struct inode *inode, const struct ext4_disk_inode *d);
void	ext4_table_seal(struct buffer *b);
void	ext4_inode_module_init(void);
/* The table block of ino is ours from here on, zeroed: nobody had an inode in it before. */
int	ext4_inode_table_new(struct handle *h, struct inode *inode);
/* A change in its place in the table that is not one of its fields: after ext4_write_access, in place of ext4_dirty. */
int	ext4_table_dirty(struct handle *h, struct inode *inode, struct buffer *b);
/* Write inode's attributes and i_block into its table block under h. Needs EXT4_CREDITS_INODE. */
int	ext4_inode_dirty(struct handle *h, struct inode *inode);
/* The same for a change that fdatasync need not wait for: times. */
int	ext4_inode_dirty_times(struct handle *h, struct inode *inode);
int	ext4_write_inode(struct inode *inode);		/* super_ops */
void	ext4_free_inode(struct inode *inode);		/* super_ops: last reference */
void	ext4_set_ops(struct inode *inode);		/* by mode: ops, fops, mapping.ops */
int	ext4_setattr(struct inode *inode, const struct attr *a);
int	ext4_getattr(struct inode *inode, struct stat_k *out);

/* --- xattr.c, xattr_set.c --- */
/* acl_block goes, or one reference to it */
int	ext4_xattr_release(struct handle *h, struct inode *inode);
ssize_t	ext4_getxattr(struct inode *inode, const char *name, void *buf, size_t size);	/* super_ops, as the next two */
ssize_t	ext4_listxattr(struct inode *inode, char *buf, size_t size);
int	ext4_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags);

/* --- orphan.c --- */
int	ext4_orphan_add(struct handle *h, struct inode *inode);	/* harmless if it is one */
int	ext4_orphan_del(struct handle *h, struct inode *inode);	/* h NULL: in memory only (aborted) */
int	ext4_orphans_finish(struct ext4_sb *s);			/* at mount: delete or truncate them */
bool	ext4_orphans_left(struct ext4_sb *s);			/* on the disk, not finished */
/* Orphan `ino` was found at slot (EXT4_NO_SLOT: on the list): finish it. 0, or why it could not be. */
int	ext4_orphan_process(struct ext4_sb *s, u64 ino, u32 slot);

/* --- orphan_file.c: s->lock held for all but load and free --- */
int	ext4_orphan_file_load(struct ext4_sb *s);
void	ext4_orphan_file_free(struct ext4_sb *s);
/* -ENOSPC: it is full */
int	ext4_orphan_file_add(struct ext4_sb *s, struct handle *h, struct inode *inode);
int	ext4_orphan_file_del(struct ext4_sb *s, struct handle *h, u32 slot);
int	ext4_orphan_file_finish(struct ext4_sb *s);		/* s->lock not held */

/* --- map.c --- */
struct ext4_map {			/* a run of logical blocks that is one run on the disk */
	u32	logical;		/* in: the first */
	u32	len;			/* in: at most; out: how many this answer is for */
	u64	physical;		/* out: 0 for a hole */
	bool	unwritten;		/* out: allocated, reads as zeros */
	bool	fresh;			/* out: allocated by this call */
};
/* Look up. A hole: physical 0, len: how many blocks of hole (at least 1). */
int	ext4_map_find(struct inode *inode, struct ext4_map *m);
#define EXT4_MAP_UNWRITTEN	BIT(0)		/* allocate as unwritten */
#define EXT4_MAP_RESERVED	BIT(1)		/* was reserved by delayed allocation */
#define EXT4_MAP_CONVERT	BIT(2)		/* an unwritten run found becomes written */
/*
 * Look up; a hole gets blocks (perhaps fewer than asked: m->len). Needs ext4_credits_blocks(sb, 1), for any length.
 * The inode has changed then: the caller calls ext4_inode_dirty(h, inode) once it is done with it.
 */
int	ext4_map_create(struct handle *h, struct inode *inode, struct ext4_map *m, uint flags);
/* Free all blocks from logical `first` to `last` (~0: the end). Restarts h as needed: an orphan, or a punch. */
int	ext4_map_remove(struct handle *h, struct inode *inode, u32 first, u32 last);
/* Blocks of a run, which may have holes, become written; or unwritten, so that they read as zeros. */
int	ext4_map_convert(struct handle *h, struct inode *inode, u32 logical, u32 len, bool unwritten);
u32	ext4_map_max_blocks(const struct inode *inode);	/* largest logical block + 1 */

/* --- extent.c, indirect.c: the two kinds behind map.c; map_lock held --- */
int	ext4_extent_init(struct inode *inode);		/* an empty root */
int	ext4_extent_find(struct inode *inode, struct ext4_map *m);
int	ext4_extent_insert(struct handle *h, struct inode *inode, u32 logical, u64 physical, u32 len, bool unwritten);
int	ext4_extent_convert(struct handle *h, struct inode *inode, u32 logical, u32 len, bool unwritten);
int	ext4_extent_remove(struct handle *h, struct inode *inode, u32 first, u32 last);
int	ext4_extent_check_root(struct inode *inode);	/* at iget */
int	ext4_indirect_find(struct inode *inode, struct ext4_map *m);
int	ext4_indirect_create(struct handle *h, struct inode *inode, struct ext4_map *m, uint flags);
int	ext4_indirect_remove(struct handle *h, struct inode *inode, u32 first, u32 last);
int	ext4_indirect_check(struct inode *inode);

/* --- data.c, truncate.c, fallocate.c, file.c --- */
extern const struct mapping_ops ext4_mapping_ops;
extern const struct file_ops ext4_file_fops;
/* inode->lock held for writing. Sets inode->size; both ways. */
int	ext4_truncate(struct inode *inode, u64 size);
/* nlink is 0 and nobody has it: free its blocks (the orphan list holds it meanwhile). */
int	ext4_truncate_free(struct inode *inode);
int	ext4_fsync(struct file *f, bool datasync);
int	ext4_inode_fsync(struct inode *inode, bool datasync);
long	ext4_fallocate(struct file *f, int mode, loff_t off, loff_t len);
long	ext4_ioctl(struct file *f, uint cmd, ulong arg);	/* for directories, too: flags and the like */

/* --- dirblock.c --- */
/* For ext4_bread: structure and checksum. place: struct ext4_dir_place. */
struct ext4_dir_place { struct inode *dir; u32 logical; };
int	ext4_dirblock_check_leaf(struct super_block *sb, struct buffer *b, void *place);
int	ext4_dirblock_check_first(struct super_block *sb, struct buffer *b, void *place);
int	ext4_dirblock_check_root(struct super_block *sb, struct buffer *b, void *place);
int	ext4_dirblock_check_node(struct super_block *sb, struct buffer *b, void *place);
int	ext4_dirblock_check_any(struct super_block *sb, struct buffer *b, void *place);
/* The entry of this name in the block, or NULL. *prev: the one before, for deleting (NULL: it is first). */
struct ext4_dirent *ext4_dirblock_find(struct inode *dir, struct buffer *b, const char *name, uint len,
				       struct ext4_dirent **prev);
/* The entry that has room for a name of len bytes behind its own, or NULL. */
struct ext4_dirent *ext4_dirblock_room(struct inode *dir, struct buffer *b, uint len);
/* Put a name into the room of e. The caller has write access, and dirties. */
void	ext4_dirblock_add(struct ext4_dirent *e, const char *name, uint len, u32 ino, u8 type);
void	ext4_dirblock_delete(struct buffer *b, struct ext4_dirent *e, struct ext4_dirent *prev);
void	ext4_dirblock_init(struct inode *dir, struct buffer *b);	/* one unused entry, and the tail */
/* Have b's checksum brought up to date when it is written: a leaf, or an index block. After each change. */
void	ext4_dirblock_changed(struct inode *dir, struct buffer *b, bool index);
static inline struct ext4_dirent *
ext4_dirent_next(const struct ext4_dirent *e)
{
	return (void *)((char *)e + e->rec_len);
}
static inline struct ext4_dirent *
ext4_dirent_at(const struct buffer *b, u32 off)
{
	return (void *)((char *)b->data + off);
}
u32	ext4_dirblock_space(const struct inode *dir);	/* bytes for entries: block less tail */

/* --- dir.c --- */
extern const struct file_ops ext4_dir_fops;
struct ext4_slot { struct buffer *b; struct ext4_dirent *e, *prev; };	/* where a name is; put the buffer */
/* 0, -ENOENT, or -errno. Name in dir, whichever kind dir is. dir->lock held. */
int	ext4_dir_find(struct inode *dir, const char *name, uint len, struct ext4_slot *out);
int	ext4_dir_add(struct handle *h, struct inode *dir, const char *name, uint len, struct inode *target);
int	ext4_dir_delete(struct handle *h, struct inode *dir, struct ext4_slot *slot);
/* point it elsewhere */
int	ext4_dir_set(struct handle *h, struct inode *dir, struct ext4_slot *slot, struct inode *target);
int	ext4_dir_init(struct handle *h, struct inode *dir, struct inode *parent);	/* "." and ".." */
/* Into block b if there is room: 0, -ENOSPC, -errno. */
int	ext4_dir_add_to(struct handle *h, struct inode *dir, struct buffer *b, const char *name, uint len,
			struct inode *target);
int	ext4_dir_parent(struct inode *dir, u32 *parent);	/* what its ".." says. Its parent's lock held */
int	ext4_dir_empty(struct inode *dir);		/* 0: yes; -ENOTEMPTY; -errno */
/* Block `logical` of dir, read as what it must be; 0 is whatever the first one is. ERR_PTR; holes are corruption. */
enum ext4_dir_kind { EXT4_DIR_LEAF, EXT4_DIR_NODE, EXT4_DIR_ANY };
struct buffer *ext4_dir_bread(struct inode *dir, u32 logical, enum ext4_dir_kind kind);
/* a new zeroed block at the end, write access taken */
struct buffer *ext4_dir_append(struct handle *h, struct inode *dir, u32 *logical);
u8	ext4_file_type(const struct inode *inode);	/* for its entry; 0 where entries have none */
bool	ext4_dir_hashed(const struct inode *dir);
u32	ext4_dir_blocks(const struct inode *dir);
/* dir's contents changed under h: times; and its inode goes to the disk. */
int	ext4_dir_touch(struct handle *h, struct inode *dir);
int	ext4_dir_readdir(struct file *f, struct dir_emit *e);
/* false: full */
bool	ext4_dirent_emit(struct inode *dir, struct dir_emit *e, const struct ext4_dirent *d, loff_t next);

/* --- htree.c --- */
/* as ext4_dir_find; -EAGAIN: search all blocks instead */
int	ext4_htree_find(struct inode *dir, const char *name, uint len, struct ext4_slot *out);
int	ext4_htree_add(struct handle *h, struct inode *dir, const char *name, uint len, struct inode *target);
/* dir has one full block: make it a hashed directory, into which the name then goes by ext4_htree_add. */
int	ext4_htree_make(struct handle *h, struct inode *dir);
/* index entries that fit from byte `start` of a block on */
uint	ext4_htree_limit(const struct inode *dir, uint start);
static inline u32 ext4_htree_block(const struct ext4_dx_entry *e) { return e->block & 0x0fffffff; }
/* --- readdir.c --- */
/* in order of hash, so that positions survive splits */
int	ext4_htree_readdir(struct file *f, struct dir_emit *e);
void	ext4_htree_forget(struct file *f);	/* where it stood among names of one hash: seek, close */
/* --- hash.c --- */
struct ext4_hash { u32 major, minor; };
struct ext4_hash ext4_name_hash(const struct ext4_sb *s, u8 version, const char *name, uint len);

/* --- namei.c, symlink.c --- */
int	ext4_symlink_set(struct handle *h, struct inode *inode, const char *target, uint len);
extern const struct inode_ops ext4_dir_ops, ext4_file_ops, ext4_symlink_ops, ext4_special_ops;

#endif
