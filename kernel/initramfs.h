/* initramfs.h - the files the boot loader brought. */
#ifndef KERNEL_INITRAMFS_H
#define KERNEL_INITRAMFS_H

/* In pid 1: unpack what the boot loader gave (cpio, gzip'd or not, several concatenated). 0 or -errno. */
int	initramfs_unpack(void);

#endif
