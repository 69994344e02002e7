/*
 * initramfs.c - filling the root directory from the initrd: cpio archives (newc), each perhaps gzip'd, one after
 * another.
 *
 * What is wrong in an archive is reported and ends the unpacking there; what was unpacked
 * stays, and the machine goes on with it, as Linux does.
 *
 * Not here    the formats: lib/cpio.c, lib/inflate.c.
 * Further     Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#include "kernel/initramfs.h"

#include "abi/errno.h"
#include "fs/dev.h"
#include "fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/cpio.h"
#include "lib/inflate.h"
#include "lib/string.h"
#include "mm/bootmem.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/vmap.h"

#define LINK_BUCKETS	64
#define TRAILER_SIZE	ALIGN_UP(110 + sizeof("TRAILER!!!"), 4)	/* a cpio header and the name */

/* The first name of each file that has several: the others become links to it. */
struct link {
	struct link *next;
	u32	ino, dev_major, dev_minor;
	char	name[];
};

/* A directory's time, set when all that goes into it is there. */
struct dir_time {
	struct dir_time *next;
	u32	mtime;
	char	name[];
};

struct unpack {
	struct link *links[LINK_BUCKETS];
	struct dir_time *dirs;
	ulong	files, failed;
};

/* ---- one entry of an archive ---- */

/* Owner, mode and time of name, which exists. 0 or -errno. */
static int
set_attributes(const char *name, const struct cpio_entry *e, u32 valid)
{
	struct attr a = {
		.valid = valid, .mode = e->mode & 07777, .uid = e->uid, .gid = e->gid,
		.atime = { e->mtime, 0 }, .mtime = { e->mtime, 0 },
	};
	struct path p;
	int err = path_lookup(AT_FDCWD, name, 0, &p);

	if (err)
		return err;
	err = vfs_setattr(&p, &a);
	path_put(&p);
	return err;
}

/* Something of another type in the way of name goes, as on Linux: a later archive replaces. */
static void
clear_way(const char *name, u32 mode)
{
	struct path p;
	u32 old;

	if (path_lookup(AT_FDCWD, name, 0, &p))
		return;
	old = p.dentry->inode->mode;
	path_put(&p);
	if ((old ^ mode) & S_IFMT)
		vfs_unlink(AT_FDCWD, name, S_ISDIR(old));
	else if (!S_ISDIR(mode) && !S_ISREG(mode))
		vfs_unlink(AT_FDCWD, name, false);
}

/* The link record of e's file, *fresh if this is its first name. NULL if it has one name, or out of memory. */
static struct link *
find_link(struct unpack *u, const struct cpio_entry *e, bool *fresh)
{
	struct link **bucket = &u->links[e->ino % LINK_BUCKETS], *l;
	size_t n = strlen(e->name) + 1;

	*fresh = false;
	if (e->nlink < 2 || S_ISDIR(e->mode))
		return NULL;
	for (l = *bucket; l; l = l->next)
		if (l->ino == e->ino && l->dev_major == e->dev_major && l->dev_minor == e->dev_minor)
			return l;
	l = kmalloc(sizeof(*l) + n, GFP_KERNEL);
	if (!l)
		return NULL;
	*l = (struct link){ *bucket, e->ino, e->dev_major, e->dev_minor };
	memcpy(l->name, e->name, n);
	*bucket = l;
	*fresh = true;
	return l;
}

/* Open e's name with O_CREAT and flags, and write e's data. 0 or -errno. */
static int
write_file(const struct cpio_entry *e, u32 flags)
{
	struct file *f = vfs_open(AT_FDCWD, e->name, O_WRONLY | O_CREAT | O_LARGEFILE | flags, e->mode & 07777);
	struct uio uio;
	loff_t pos = 0;
	ssize_t n = 0;

	if (IS_ERR(f))
		return PTR_ERR(f);
	uio_init_kernel(&uio, (void *)e->data, e->size);
	while (uio.resid && (n = file_write(f, &uio, &pos)) > 0)
		;
	file_put(f);
	return n < 0 ? n : uio.resid ? -ENOSPC : 0;
}

static int
make_file(struct unpack *u, const struct cpio_entry *e)
{
	bool fresh;
	struct link *l = find_link(u, e, &fresh);
	int err;

	if (!l || fresh)
		return write_file(e, O_TRUNC);
	vfs_unlink(AT_FDCWD, e->name, false);
	err = vfs_link(AT_FDCWD, l->name, AT_FDCWD, e->name, 0);
	/* The data comes with one of the names, usually the last. */
	return err || !e->size ? err : write_file(e, 0);
}

static int
make_node(struct unpack *u, const struct cpio_entry *e)
{
	bool fresh;
	struct link *l = find_link(u, e, &fresh);

	if (l && !fresh)
		return vfs_link(AT_FDCWD, l->name, AT_FDCWD, e->name, 0);
	return vfs_mknod(AT_FDCWD, e->name, e->mode, DEV(e->rdev_major, e->rdev_minor));
}

static int
make_symlink(const struct cpio_entry *e)
{
	char *target;
	int err;

	if (e->size >= PATH_MAX)
		return -ENAMETOOLONG;
	target = kmalloc(e->size + 1, GFP_KERNEL);
	if (!target)
		return -ENOMEM;
	memcpy(target, e->data, e->size);
	target[e->size] = '\0';
	err = vfs_symlink(target, AT_FDCWD, e->name);
	kfree(target);
	return err;
}

static int
make_directory(struct unpack *u, const struct cpio_entry *e)
{
	size_t n = strlen(e->name) + 1;
	struct dir_time *d;
	int err = vfs_mkdir(AT_FDCWD, e->name, e->mode & 07777);

	if (err && err != -EEXIST)
		return err;
	d = kmalloc(sizeof(*d) + n, GFP_KERNEL);
	if (d) {				/* without it, the directory keeps the present as its time */
		*d = (struct dir_time){ u->dirs, e->mtime };
		memcpy(d->name, e->name, n);
		u->dirs = d;
	}
	return 0;
}

/* Make what e describes. 0 or -errno. */
static int
unpack_entry(struct unpack *u, const struct cpio_entry *e)
{
	u32 valid = ATTR_MODE | ATTR_UID | ATTR_GID;
	int err;

	clear_way(e->name, e->mode);
	switch (e->mode & S_IFMT) {
	case S_IFREG:
		err = make_file(u, e);
		valid |= ATTR_ATIME | ATTR_MTIME;
		break;
	case S_IFDIR:
		err = make_directory(u, e);
		break;
	case S_IFLNK:
		err = make_symlink(e);
		valid = ATTR_UID | ATTR_GID | ATTR_ATIME | ATTR_MTIME;
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		err = make_node(u, e);
		valid |= ATTR_ATIME | ATTR_MTIME;
		break;
	default:
		return 0;			/* Linux skips what it does not know */
	}
	return err ? err : set_attributes(e->name, e, valid);
}

/* ---- archives ---- */

/* Directory times, after everything else; the records go. */
static void
unpack_finish(struct unpack *u)
{
	struct dir_time *d;
	struct link *l;
	struct cpio_entry e = { 0 };
	int i;

	while ((d = u->dirs)) {
		u->dirs = d->next;
		e.mtime = d->mtime;
		set_attributes(d->name, &e, ATTR_ATIME | ATTR_MTIME);
		kfree(d);
	}
	for (i = 0; i < LINK_BUCKETS; i++) {
		while ((l = u->links[i])) {
			u->links[i] = l->next;
			kfree(l);
		}
	}
}

/* One plain cpio archive at buf; *used: its length with the trailer. 0 or -EINVAL. */
static int
unpack_cpio(struct unpack *u, const u8 *buf, size_t size, size_t *used)
{
	struct cpio c;
	struct cpio_entry e;
	int more, err;

	cpio_open(&c, buf, size);
	while ((more = cpio_next(&c, &e)) > 0) {
		err = unpack_entry(u, &e);
		u->files++;
		if (err && !u->failed++)
			pr_err("initramfs: cannot make \"%s\": error %d\n", e.name, -err);
	}
	*used = c.at;
	if (c.at < size && buf[c.at])		/* at the trailer: past it */
		*used = MIN(c.at + TRAILER_SIZE, size);
	if (more < 0)
		pr_err("initramfs: broken cpio archive at byte %lu of %lu, after %lu files\n", c.at, size, u->files);
	return more;
}

static int unpack_all(struct unpack *u, const u8 *buf, size_t size, bool nested);

/* One gzip member at buf: inflate it whole and unpack what was in it. */
static int
unpack_gzip(struct unpack *u, const u8 *buf, size_t size, size_t *used)
{
	size_t room = gzip_claimed_size(buf, size), most = 0, len;
	struct mem_stats m;
	u8 *out;
	int err;

	mem_stats(&m);
	most = m.free * PAGE_SIZE / 2;
	/* The size it claims is at its end, which need not be the end of the initrd. */
	if (room < size || room > most)
		room = size * 4;
	for (;; room *= 2) {
		room = MIN(room, most);
		out = vmalloc(room);
		if (!out) {
			err = -ENOMEM;
			break;
		}
		err = gzip_inflate(buf, size, out, room, &len, used);
		if (err != -ENOSPC || room == most)
			break;
		vfree(out);
	}
	if (err)
		pr_err("initramfs: gzip: error %d%s\n", -err, err == -EINVAL ? " (broken archive)" : "");
	else
		err = unpack_all(u, out, len, true);
	if (out)
		vfree(out);
	return err;
}

/* Archives one after another, zero bytes between them. */
static int
unpack_all(struct unpack *u, const u8 *buf, size_t size, bool nested)
{
	size_t used;
	int err;

	for (;;) {
		while (size && !*buf) {
			buf++;
			size--;
		}
		if (!size)
			return 0;
		if (!nested && gzip_is(buf, size))
			err = unpack_gzip(u, buf, size, &used);
		else
			err = unpack_cpio(u, buf, size, &used);
		if (err)
			return err;
		buf += used;
		size -= used;
	}
}

int
initramfs_unpack(void)
{
	struct unpack u = { 0 };
	struct fs_context *fs = current->fs;
	u32 umask = fs->umask;
	int err;

	if (!initrd_size)
		return 0;
	fs->umask = 0;
	err = unpack_all(&u, phys_to_virt(initrd_pa), initrd_size, false);
	unpack_finish(&u);
	frame_release_boot(initrd_pa, initrd_pa + initrd_size);
	initrd_size = 0;
	fs->umask = umask;
	if (u.failed)
		pr_err("initramfs: %lu of %lu files could not be made\n", u.failed, u.files);
	return err;
}
