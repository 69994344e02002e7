/* private.h - what the files of fs/host/ share. */
#ifndef FS_HOST_PRIVATE_H
#define FS_HOST_PRIVATE_H

#include "lib/types.h"

/* ---- os.c: the build machine's system, without the kernel's headers ---- */
void	os_same_addresses(char **argv);		/* start again without address randomisation: runs repeat exactly */
void	os_stack(const void **bottom, size_t *size);
void	*os_map(size_t size);
char	*os_read(const char *path, size_t *size);	/* malloc'd; exits on failure */
void	os_write(const char *path, const void *data, size_t size);	/* zeros become holes */
char	*os_temp(void);				/* the name of a file that is gone at exit; malloc'd */
int	os_run(const char *command, char **output);	/* exit status; output malloc'd */
void	os_remove(const char *path);

/* ---- memory.c ---- */
void	host_memory_init(void);
bool	host_alloc_fails(uint gfp);

/* ---- disk.c ---- */
u64	host_disk_next(void);			/* when the next bio is done; ~0: none in flight */
void	host_disk_event(void);			/* end it */
void	host_disk_unplug(void);

/* ---- kernel.c ---- */
struct block_device;
void	host_device_open(struct block_device *dev);	/* its inode, with the page cache of the raw disk */
void	host_device_drop(struct block_device *dev);	/* forget what is cached of it */
void	host_device_close(struct block_device *dev);
extern struct process host_process;	/* whose threads all tasks are (machine.c) */
void	host_kernel_init(void);			/* the parts of the kernel that are linked in */

#endif
