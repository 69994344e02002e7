/*
 * init.c - the first process: it finds the root directory and becomes init.
 *
 *	init_start    pid 1, a kernel thread
 *	  /dev, /dev/console, /root    as Linux's built-in archive has them
 *	  block_scan_partitions        /dev/vda1 and so on: from here on disks can be waited for
 *	  initramfs_unpack             the boot loader's files
 *	  rdinit= or /init, if there:  exec; else
 *	  rootfs_mount                 root=
 *	  open /dev/console            descriptors 0, 1, 2
 *	  exec                         init=, /sbin/init, /etc/init, /bin/init, /bin/sh
 */
#include "kernel/init.h"

#include "abi/errno.h"
#include "drivers/block/block.h"
#include "fs/dev.h"
#include "fs/vfs.h"
#include "kernel/exec.h"
#include "kernel/fdtable.h"
#include "kernel/initramfs.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/task.h"

/* What every Linux has before the initrd is unpacked. */
static void
make_first_files(void)
{
	vfs_mkdir(AT_FDCWD, "/dev", 0755);
	vfs_mknod(AT_FDCWD, "/dev/console", S_IFCHR | 0600, DEV(5, 1));
	vfs_mkdir(AT_FDCWD, "/root", 0700);
}

static void
open_console(void)
{
	struct file *f = vfs_open(AT_FDCWD, "/dev/console", O_RDWR, 0);
	int fd;

	if (IS_ERR(f)) {
		pr_warn("init: unable to open an initial console: error %d\n", -PTR_ERR(f));
		return;
	}
	for (fd = 0; fd < 3; fd++) {
		file_get(f);
		if (fd_open(f, false) < 0)
			file_put(f);
	}
	file_put(f);
}

static bool
exists(const char *path)
{
	struct path p;

	if (path_lookup(AT_FDCWD, path, LOOKUP_FOLLOW, &p))
		return false;
	path_put(&p);
	return true;
}

/* 0, and the program runs when we return to user mode; or -errno. */
static int
try_init(const char *path)
{
	char **argv = params_init_argv();
	int err;

	argv[0] = (char *)path;
	err = exec_kernel(path, argv, params_init_envp());
	if (!err)
		pr_info("init: running %s\n", path);
	else if (err != -ENOENT)
		pr_err("init: %s exists but cannot be run: error %d\n", path, -err);
	return err;
}

/* Returns to start what was found: see task_arch_init_kernel. */
static void
init_main(void *unused)
{
	static const char *const usual[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	const char *rdinit = param("rdinit"), *init = param("init");
	size_t i;
	int err;

	if (!rdinit || !*rdinit)
		rdinit = "/init";
	make_first_files();
	block_scan_partitions();
	initramfs_unpack();
	if (exists(rdinit)) {
		open_console();
		if (!try_init(rdinit))
			return;
	}
	rootfs_mount();
	open_console();
	if (init && *init) {
		err = try_init(init);
		if (!err)
			return;
		panic("no init: rdinit %s, and init=%s as asked for: error %d", rdinit, init, -err);
	}
	for (i = 0; i < ARRAY_SIZE(usual); i++)
		if (!try_init(usual[i]))
			return;
	panic("no init: tried %s, /sbin/init, /etc/init, /bin/init, /bin/sh. Is there an initrd or a root disk? "
	      "(-initrd build/initramfs.cpio, or root=/dev/vda on the command line)", rdinit);
}

void
init_start(void)
{
	struct task *t = kthread_create("init", init_main, NULL);

	if (!t)
		panic("no memory for the first process");
	if (t != init_task)
		panic("the first process has pid %d", t->pid);
	sched_start(t);
}
