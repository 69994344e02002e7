/*
 * main.c - the kernel's start: every subsystem in order, one a line.
 *
 * arch/riscv/head.S turned paging on and calls kernel_main() on the boot hart's own
 * stack; the other harts enter kernel_secondary() when cpu_start_others() starts them.
 */
#include "arch/cpu.h"
#include "arch/pagetable.h"
#include "arch/timer.h"
#include "arch/trap.h"
#include "drivers/block/block.h"
#include "drivers/driver.h"
#include "drivers/irq.h"
#include "drivers/mmc/mmc.h"
#include "drivers/tty/tty.h"
#include "fs/buffer.h"
#include "fs/dev.h"
#include "fs/ext4/ext4.h"
#include "fs/proc/proc.h"
#include "fs/vfs.h"
#include "kernel/init.h"
#include "kernel/main.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/stackprotect.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "mm/bootmem.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/vmap.h"
#include "net/socket.h"

/* What works after each line is said beside it. */
void
kernel_main(void)
{
	trap_init_hart();		/* a fault in the kernel says where, instead of hanging */
	bootmem_init();			/* the device tree can be read; bootmem_alloc */
	params_init();			/* param("...") */
	kernelmap_init();		/* all RAM by phys_to_virt; the image is W^X */
	frame_init();			/* frame_alloc, page_alloc */
	slab_init();			/* kmalloc */
	vmap_init();			/* vmalloc, ioremap, kernel stacks */
	cpu_init();			/* ncpus, cpu_hwcap */
	crc32c_init();			/* checksums of the disk are cheap */
	timer_init();			/* timer_ticks means something */
	stackprotect_init();		/* DEBUG: random_bytes works */
	timers_init();			/* clock_monotonic, timer_start */
	task_init();			/* current is pid 0 */
	sched_init();			/* schedule, wake_task */
	driver_probe_all(DRIVER_IRQ);	/* irq_attach */
	irq_init_hart();
	driver_probe_all(DRIVER_SUPPLY); /* clk_rate, gpio_get */
	driver_probe_all(DRIVER_CONSOLE); /* printk reaches the UART */
	timer_init_hart();		/* timers fire */
	irq_enable();
	vfs_init();			/* an empty root directory */
	net_init();			/* sockets */
	devtmpfs_init();		/* /dev can be mounted */
	fs_register(&procfs);		/* and /proc */
	fs_register(&sysfs);		/* and /sys */
	ext4_init();			/* and ext4, ext3, ext2 */
	block_init();			/* disks can register */
	buffer_init();			/* buffer_read */
	ramdisk_init();			/* /dev/ram0, if asked for */
	driver_probe_all(DRIVER_NORMAL); /* /dev/vda */
	tty_console_init();		/* /dev/console */
	pty_init();			/* /dev/ptmx, and devpts can be mounted */
	cpu_start_others();		/* the other harts schedule */
	init_start();			/* pid 1 unpacks the initramfs, or mounts root=, and runs init */
	mmc_start();			/* memory cards are looked for: /dev/mmcblk0 */
	reclaim_init();			/* memory is freed before it runs out */
	writeback_init();		/* what is written reaches the disk by itself */
	sched_idle_loop();
}

/* Every other hart; its idle task is current already. */
void
kernel_secondary(void)
{
	trap_init_hart();
	irq_init_hart();
	timer_init_hart();
	irq_enable();
	sched_idle_loop();
}
