/*
 * mounts.c - /proc/PID/mounts, mountinfo and mountstats: what is mounted, as the process sees it from its root.
 *
 * Locks       mount_lock while mounts_for_each() calls us: we only print.
 * Further     proc_pid_mounts(5), proc_pid_mountinfo(5); fstab(5) for the escapes.
 */
#include "abi/errno.h"
#include "abi/mount.h"
#include "fs/dev.h"
#include "fs/proc/proc.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

/* s with what would end a field as octal escapes. */
static void
put_escaped(struct pbuf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\' || *s == '#')
			pbuf_printf(b, "\\%03o", *s);
		else
			pbuf_putc(b, *s);
	}
}

/* Flags of the mount itself. */
static void
put_mount_flags(struct pbuf *b, const struct mount *m)
{
	static const struct { ulong flag; const char *name; } names[] = {
		{ MS_NOSUID, ",nosuid" }, { MS_NODEV, ",nodev" }, { MS_NOEXEC, ",noexec" },
		{ MS_NOATIME, ",noatime" }, { MS_NODIRATIME, ",nodiratime" }, { MS_RELATIME, ",relatime" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (m->flags & names[i].flag)
			pbuf_printf(b, "%s", names[i].name);
}

/* Options of the file system. */
static void
put_super_options(struct pbuf *b, struct super_block *sb)
{
	char opts[128] = "";

	if (sb->ops->show_options && sb->ops->show_options(sb, opts, sizeof(opts)) >= 0)
		pbuf_printf(b, "%s", opts);
}

/* "/" or, of a bound directory, its path in its own file system. */
static void
put_root(struct pbuf *b, const struct mount *m)
{
	struct mount whole = { .sb = m->sb, .root = m->sb->root };
	struct path p = { .mnt = &whole, .dentry = m->root };
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *s;

	s = buf ? path_string(&p, NULL, buf, PATH_MAX) : NULL;
	if (!s || IS_ERR(s))
		b->failed = true;
	else
		put_escaped(b, s);
	kfree(buf);
}

static void
put_mounts_line(void *arg, const struct mount *m, const char *where)
{
	struct pbuf *b = arg;

	put_escaped(b, m->source);
	pbuf_putc(b, ' ');
	put_escaped(b, where);
	pbuf_printf(b, " %s %s", m->sb->fs->name, (m->flags | m->sb->flags) & MS_RDONLY ? "ro" : "rw");
	put_mount_flags(b, m);
	put_super_options(b, m->sb);
	pbuf_printf(b, " 0 0\n");
}

/* Nothing is shared with other name spaces: there are no optional fields before the "-". */
static void
put_mountinfo_line(void *arg, const struct mount *m, const char *where)
{
	struct pbuf *b = arg;

	pbuf_printf(b, "%d %d %u:%u ", m->id, m->parent ? m->parent->id : m->id, DEV_MAJOR(m->sb->dev),
		    DEV_MINOR(m->sb->dev));
	put_root(b, m);
	pbuf_putc(b, ' ');
	put_escaped(b, where);
	pbuf_printf(b, " %s", m->flags & MS_RDONLY ? "ro" : "rw");
	put_mount_flags(b, m);
	pbuf_printf(b, " - %s ", m->sb->fs->name);
	put_escaped(b, m->source);
	pbuf_printf(b, " %s", m->sb->flags & MS_RDONLY ? "ro" : "rw");
	put_super_options(b, m->sb);
	pbuf_putc(b, '\n');
}

static void
put_mountstats_line(void *arg, const struct mount *m, const char *where)
{
	struct pbuf *b = arg;

	pbuf_printf(b, "device ");
	put_escaped(b, m->source);
	pbuf_printf(b, " mounted on ");
	put_escaped(b, where);
	pbuf_printf(b, " with fstype %s\n", m->sb->fs->name);
}

static int
show(struct pbuf *b, struct task *t, void (*put_line)(void *arg, const struct mount *m, const char *where))
{
	struct path root;
	int err = task_path_get(t, false, &root);

	if (err)
		return err == -ENOENT ? -EINVAL : err;		/* a zombie has no root */
	err = mounts_for_each(&root, put_line, b);
	path_put(&root);
	return err;
}

int
proc_mounts_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	return show(b, t, put_mounts_line);
}

int
proc_mountinfo_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	return show(b, t, put_mountinfo_line);
}

int
proc_mountstats_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	return show(b, t, put_mountstats_line);
}
