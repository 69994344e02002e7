/*
 * lockrank.h - the order in which locks may be taken, all of it.
 *
 * A lock may be taken only while every lock held has a smaller rank (equal only where a
 * function says so: lock_nested).  The debug build checks each acquisition; docs/locking.md
 * tells the story.  Sleeping locks come before spinning ones.
 */
#ifndef KERNEL_LOCKRANK_H
#define KERNEL_LOCKRANK_H

enum lock_rank {
	RANK_NONE,		/* unchecked: only for locks of the checker itself and tests */

	/* Sleeping locks (mutex, rwsem). */
	RANK_SCHEDTRACE,	/* starting, stopping and reading the scheduler's trace; text is made under it */
	RANK_EXEC,		/* one exec at a time in a process */
	RANK_FUTEX_EXIT,	/* a task gives up its user locks; who wants one waits for that */
	RANK_FILE_POS,		/* a file's offset, held across read and write */
	RANK_ASYNC,		/* whom a file signals; held while it is asked for its queues */
	RANK_EPOLL_TREE,	/* which epoll watches what */
	RANK_EPOLL,		/* one epoll's items, held while their files are asked; two: the watcher first */
	RANK_MOUNT,		/* the mount tree */
	RANK_RENAME,		/* one cross-directory rename at a time per file system */
	RANK_INODE_DIR,		/* a directory's inode; parent before child */
	RANK_INODE,		/* a file's inode, inside its directory's */
	RANK_TTY,		/* a terminal's settings and line buffer, for readers and ioctls */
	RANK_PIPE,		/* one pipe's ring */
	RANK_SOCKET_READ,	/* one receiver at a time takes bytes off a socket's queue */
	RANK_SOCKET_RIGHTS,	/* which descriptors are in flight between sockets */
	RANK_MM,		/* an address space's areas: faults in copies take it under all the above */
	RANK_NOTIFY,		/* inotify: a file is put, and with it a watch of its inode, under the above */
	RANK_MAPPING,		/* sync(2) waiting for what is on its way to the disk */
	RANK_RMAP,		/* the areas that map a file */
	RANK_EXT4_SIZE,		/* a file is not made shorter while its pages are given blocks */
	RANK_JOURNAL,		/* an open handle, as a lock: journal_begin waits for other tasks' to end */
	RANK_EXT4_SB,		/* ext4's super block fields and orphan list */
	RANK_EXT4_MAP,		/* one inode's extent tree or block map */
	RANK_EXT4_LOAD,		/* one group's bitmap being read */
	RANK_SPI,		/* a bus of chips, for as long as a disk on it is read or written by its task */
	RANK_JOURNAL_STATE,	/* checkpointing, one at a time */

	/* Spinning locks. */
	RANK_TASKS,		/* the process tree and pid table */
	RANK_SIGHAND,		/* a process's signal state */
	RANK_SIGQUEUE,		/* how many signals each user has queued */
	RANK_ADJTIME,		/* how the wall clock is kept right */
	RANK_POSIX_TIMER,	/* when one expires */
	RANK_CPU_TIMERS,	/* a process's timers of CPU time */
	RANK_FILES,		/* a descriptor table */
	RANK_FS,		/* a task's cwd, root, umask; short tables */
	RANK_DCACHE,		/* the dentry hash and tree */
	RANK_ICACHE,		/* the inode cache */
	RANK_SB,		/* the list of super blocks */
	RANK_SOCKET_NAMES,	/* where sockets of AF_UNIX can be found */
	RANK_SOCKET,		/* one socket's state and queue; two: lower address first */
	RANK_PAGETABLE,		/* a space's page-table pages */
	RANK_PAGES,		/* a mapping's radix tree */
	RANK_DIRTY,		/* super blocks' lists of dirty inodes */
	RANK_EXT4_FREED,	/* extents freed, not committed */
	RANK_EXT4_GROUP,	/* a block group's counts and bitmaps */
	RANK_BUFFERS,		/* the buffer cache's table and lists */
	RANK_JOURNAL_LIST,	/* a journal's transactions and their lists of buffers */
	RANK_LRU,		/* page reclaim's lists */
	RANK_FUTEX,		/* a futex hash bucket */
	RANK_TTY_BUF,		/* a terminal's ring, shared with its interrupt */
	RANK_BLOCK,		/* a disk's queue of requests */
	RANK_DRIVER,		/* a device's registers */
	RANK_IRQ,		/* interrupt controller tables */
	RANK_WALL_WATCHERS,	/* who is told when the wall clock is set */
	RANK_EVENT,		/* an eventfd's or timerfd's count */
	RANK_WAITQ,		/* a wait queue; two: of an epoll, inside that of a file it watches */
	RANK_ASYNC_OWNER,	/* what a file's signal will tell */
	RANK_EPOLL_READY,	/* an epoll's list of what may be ready */
	RANK_SCHED_CHANGE,	/* how a task is scheduled is read, checked and changed in one piece */
	RANK_PI,		/* who waits for whose lock: so late, for a mutex may be released under any lock */
	RANK_RUNQ,		/* a hart's run queue; two: lower cpu first */
	RANK_CPUTIME,		/* one task's user and system time */
	RANK_WALL,		/* the timers set by the wall clock */
	RANK_TIMER,		/* a hart's timer tree: the run queue arms its slice timer */
	RANK_CLOCK,		/* setting the wall clock */
	RANK_VMAP,		/* kernel address ranges */
	RANK_SLAB,		/* one slab cache */
	RANK_FRAMES,		/* a node's buddy lists */
	RANK_RANDOM,
	RANK_PRINTK,		/* last: anything may print */
	RANK_COUNT
};

#endif
