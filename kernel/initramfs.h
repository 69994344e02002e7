/* initramfs.h - the first user program: unpack the initrd into the root, run init. */
#ifndef KERNEL_INITRAMFS_H
#define KERNEL_INITRAMFS_H

void	init_start(void);		/* create pid 1, which does the rest */
/* In pid 1: unpack what the boot loader gave (cpio, gzip'd or not, several concatenated). 0 or -errno. */
int	initramfs_unpack(void);

#endif
