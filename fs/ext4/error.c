/*
 * error.c - what is wrong with the disk: told in the kernel's log, recorded in the super block,
 * and acted upon.
 *
 *	errors=continue     the call fails, and that is all
 *	errors=remount-ro   nothing is written from here on: the log is aborted, the file system read-only
 *	errors=panic
 *
 * An error is found anywhere, under handles and locks, where the super block cannot be changed:
 * so it is noted in memory, and gets to the disk with the next change of the super block
 * (ext4_super_update, every sync), or at once, past the log, when the log is aborted.
 *
 * Locks       error_lock [e] for what is noted.
 * Further     struct ext4_disk_super, s_error_count and on; e2fsck -f looks at everything once s_state says so.
 */
#include <stdarg.h>
#include "abi/mount.h"
#include "drivers/block/block.h"
#include "fs/ext4/ext4.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/fmt.h"
#include "lib/string.h"

/* s_*_error_errcode: the errors that have a number there. */
static u8
error_code(int err)
{
	switch (-err) {
	case EIO:		return 2;
	case ENOMEM:		return 3;
	case EFSCORRUPTED:	return 5;
	case ENOSPC:		return 6;
	case EROFS:		return 8;
	}
	return 1;
}

static void
note(struct ext4_sb *s, const char *func, int line, u64 ino, u64 block, int err)
{
	struct ext4_fault f = {
		.time = time_now().sec, .block = block, .ino = ino, .line = line, .error = err, .func = func,
	};

	spin_lock(&s->error_lock);
	if (!s->errors_new++)
		s->first_fault = f;
	s->last_fault = f;
	s->state |= EXT4_STATE_ERROR;
	spin_unlock(&s->error_lock);
}

bool
ext4_errors_record(struct ext4_sb *s)
{
	struct ext4_disk_super *d = s->super;
	struct ext4_fault first, last;
	u32 n;

	spin_lock(&s->error_lock);
	n = s->errors_new;
	first = s->first_fault;
	last = s->last_fault;
	s->errors_new = 0;
	spin_unlock(&s->error_lock);
	if (!n)
		return false;
	d->s_state |= EXT4_STATE_ERROR;
	if (!d->s_error_count) {
		d->s_first_error_time = first.time;
		d->s_first_error_time_hi = first.time >> 32;
		d->s_first_error_ino = first.ino;
		d->s_first_error_block = first.block;
		d->s_first_error_line = first.line;
		d->s_first_error_errcode = error_code(first.error);
		memset(d->s_first_error_func, 0, sizeof(d->s_first_error_func));
		memcpy(d->s_first_error_func, first.func, strnlen(first.func, sizeof(d->s_first_error_func)));
	}
	d->s_last_error_time = last.time;
	d->s_last_error_time_hi = last.time >> 32;
	d->s_last_error_ino = last.ino;
	d->s_last_error_block = last.block;
	d->s_last_error_line = last.line;
	d->s_last_error_errcode = error_code(last.error);
	memset(d->s_last_error_func, 0, sizeof(d->s_last_error_func));
	memcpy(d->s_last_error_func, last.func, strnlen(last.func, sizeof(d->s_last_error_func)));
	d->s_error_count += n;
	return true;
}

/* Nothing more is written but the super block, which says why. Once. */
static void
make_read_only(struct ext4_sb *s, int err)
{
	if (__atomic_exchange_n(&s->aborted, true, __ATOMIC_ACQ_REL))
		return;
	if (!s->read_only)
		pr_err("EXT4-fs (%s): Remounting filesystem read-only\n", s->dev->name);
	if (s->journal)
		journal_abort(s->journal, err);
	s->sb->flags |= MS_RDONLY;
	/* Past the log: no commit will carry it. What else is in it, e2fsck will judge. */
	if (!s->dev->read_only && !s->replaying) {
		ext4_errors_record(s);
		ext4_super_write(s);
	}
}

/* After the message: what errors= says. force: the log is gone, so there is no way on. */
static void
handle_error(struct ext4_sb *s, int err, bool force)
{
	if (s->on_error == EXT4_ON_ERROR_PANIC && !s->replaying)
		panic("EXT4-fs (%s): panic forced after error", s->dev->name);
	if (force || s->on_error == EXT4_ON_ERROR_RO)
		make_read_only(s, err);
}

int
ext4_corrupt_at(const char *func, int line, struct super_block *sb, u64 ino, u64 block, const char *fmt, ...)
{
	struct ext4_sb *s = ext4_sb(sb);
	char text[160], where[64] = "";
	va_list ap;
	int n = 0;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ino)
		n = snprintf(where, sizeof(where), " inode #%lu:", (ulong)ino);
	if (block)
		snprintf(where + n, sizeof(where) - n, " block %lu:", (ulong)block);
	pr_err("EXT4-fs error (device %s): %s:%d:%s comm %s: %s\n", s->dev->name, func, line, where,
	       current->comm, text);
	note(s, func, line, ino, block, -EFSCORRUPTED);
	handle_error(s, -EFSCORRUPTED, false);
	return -EFSCORRUPTED;
}

int
ext4_error_at(const char *func, int line, struct super_block *sb, int err, const char *what)
{
	struct ext4_sb *s = ext4_sb(sb);

	/* Whoever runs into an error told before need not tell it again. */
	if (err == -EROFS || READ_ONCE(s->aborted))
		return err;
	pr_err("EXT4-fs error (device %s) in %s:%d: %s: error %d\n", s->dev->name, func, line, what, -err);
	note(s, func, line, 0, 0, err);
	handle_error(s, err, false);
	return err;
}

void
ext4_journal_aborted(void *arg, int error)
{
	struct ext4_sb *s = arg;

	if (READ_ONCE(s->aborted))
		return;
	pr_err("EXT4-fs error (device %s): the journal has aborted: error %d\n", s->dev->name, -error);
	note(s, __func__, __LINE__, 0, 0, error);
	handle_error(s, error, true);
}
