/*
 * options.c - what follows mount -o: read, and shown in /proc/mounts.
 *
 * The super block has defaults of its own (tune2fs -o, -e); what is given wins, and /proc/mounts
 * shows only what differs from them, as Linux does.  Options of Linux's that change nothing here
 * are accepted.
 * Further     ext4(5).
 */
#include "fs/ext4/ext4.h"
#include "fs/internal.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define MAX_COMMIT	2147483		/* seconds */

/* s_default_mount_opts. */
#define DEFM_DATA		0x0060
#define DEFM_DATA_JOURNAL	0x0020
#define DEFM_DATA_WRITEBACK	0x0060
#define DEFM_NOBARRIER		0x0100
#define DEFM_DISCARD		0x0400
#define DEFM_NODELALLOC		0x0800

static enum ext4_errors
default_errors(const struct ext4_sb *s)
{
	switch (s->super->s_errors) {
	case EXT4_ERRORS_PANIC:
		return EXT4_ON_ERROR_PANIC;
	case EXT4_ERRORS_RO:
		return EXT4_ON_ERROR_RO;
	}
	return EXT4_ON_ERROR_CONTINUE;
}

static enum ext4_data_mode
default_data(const struct ext4_sb *s)
{
	switch (s->super->s_default_mount_opts & DEFM_DATA) {
	case DEFM_DATA_JOURNAL:
		return EXT4_DATA_JOURNAL;
	case DEFM_DATA_WRITEBACK:
		return EXT4_DATA_WRITEBACK;
	}
	return EXT4_DATA_ORDERED;
}

void
ext4_options_default(const struct ext4_sb *s, struct ext4_options *o)
{
	u32 d = s->super->s_default_mount_opts;

	memset(o, 0, sizeof(*o));
	o->data = default_data(s);
	o->on_error = default_errors(s);
	o->commit_interval = EXT4_DEFAULT_COMMIT;
	o->barrier = !(d & DEFM_NOBARRIER);
	o->discard = d & DEFM_DISCARD;
	o->delalloc = s->sb->fs == &ext4_fs && !(d & DEFM_NODELALLOC);
	o->resuid = s->super->s_def_resuid;
	o->resgid = s->super->s_def_resgid;
}

/* Accepted: they ask for what is always so, or for what makes no difference here. */
static const char *const harmless[] = {
	"user_xattr", "nouser_xattr", "acl", "noacl", "relatime", "norelatime", "strictatime", "lazytime",
	"nolazytime", "atime", "noatime", "diratime", "nodiratime", "suid", "nosuid", "dev", "nodev", "exec",
	"noexec", "async", "rw", "ro", "defaults", "auto", "noauto", "user", "nouser", "nofail", "_netdev",
	"loud", "silent", "mand", "nomand", "iversion", "noiversion",
	"orlov", "oldalloc", "block_validity", "noblock_validity", "auto_da_alloc", "noauto_da_alloc",
	"dioread_lock", "dioread_nolock", "nodioread_nolock", "journal_checksum", "nojournal_checksum", "noquota",
	"noinit_itable", "init_itable", "nocheck", "i_version", "nomblk_io_submit", "mblk_io_submit", "bh", "nobh",
	"no_prefetch_block_bitmaps", "prefetch_block_bitmaps", "mb_optimize_scan", "max_batch_time",
	"min_batch_time", "journal_ioprio", "stripe", "inode_readahead_blks", "max_dir_size_kb", "reservation",
	"noreservation",
};

static bool
is_harmless(const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(harmless); i++)
		if (!strcmp(key, harmless[i]))
			return true;
	return false;
}

static bool
parse_number(const char *value, u32 *out)
{
	char *end;
	ulong n;

	if (!value || !*value)
		return false;
	n = strtoul(value, &end, 0);
	if (*end || n > ~0U)
		return false;
	*out = n;
	return true;
}

static bool
parse_data(const char *value, struct ext4_options *o)
{
	if (!strcmp(value, "ordered"))
		o->data = EXT4_DATA_ORDERED;
	else if (!strcmp(value, "journal"))
		o->data = EXT4_DATA_JOURNAL;
	else if (!strcmp(value, "writeback"))
		o->data = EXT4_DATA_WRITEBACK;
	else
		return false;
	o->data_given = true;
	return true;
}

/* What a failed write of data does to the log: here it never does anything. */
static bool
parse_data_err(const char *value)
{
	return !strcmp(value, "ignore") || !strcmp(value, "abort");
}

static bool
parse_errors(const char *value, struct ext4_options *o)
{
	if (!strcmp(value, "continue"))
		o->on_error = EXT4_ON_ERROR_CONTINUE;
	else if (!strcmp(value, "remount-ro"))
		o->on_error = EXT4_ON_ERROR_RO;
	else if (!strcmp(value, "panic"))
		o->on_error = EXT4_ON_ERROR_PANIC;
	else
		return false;
	return true;
}

/* Options that are there or not. */
static bool
parse_flag(const char *key, struct ext4_options *o)
{
	static const struct {
		const char *key;
		u8 off;
		bool on;
	} flags[] = {
		{ "barrier", offsetof(struct ext4_options, barrier), true },
		{ "nobarrier", offsetof(struct ext4_options, barrier), false },
		{ "noload", offsetof(struct ext4_options, noload), true },
		{ "norecovery", offsetof(struct ext4_options, noload), true },
		{ "delalloc", offsetof(struct ext4_options, delalloc), true },
		{ "nodelalloc", offsetof(struct ext4_options, delalloc), false },
		{ "discard", offsetof(struct ext4_options, discard), true },
		{ "nodiscard", offsetof(struct ext4_options, discard), false },
		{ "minixdf", offsetof(struct ext4_options, minixdf), true },
		{ "bsddf", offsetof(struct ext4_options, minixdf), false },
		{ "grpid", offsetof(struct ext4_options, grpid), true },
		{ "bsdgroups", offsetof(struct ext4_options, grpid), true },
		{ "nogrpid", offsetof(struct ext4_options, grpid), false },
		{ "sysvgroups", offsetof(struct ext4_options, grpid), false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!strcmp(key, flags[i].key)) {
			*(bool *)((char *)o + flags[i].off) = flags[i].on;
			o->delalloc_given |= flags[i].off == offsetof(struct ext4_options, delalloc);
			return true;
		}
	}
	return is_harmless(key);
}

/* "key=value". */
static bool
parse_pair(const char *key, const char *value, struct ext4_options *o)
{
	u32 n;

	if (!strcmp(key, "data"))
		return parse_data(value, o);
	if (!strcmp(key, "data_err"))
		return parse_data_err(value);
	if (!strcmp(key, "errors"))
		return parse_errors(value, o);
	if (!parse_number(value, &n))
		return is_harmless(key);
	if (!strcmp(key, "commit")) {
		if (n > MAX_COMMIT)
			return false;
		/* 0 asks for the default. */
		o->commit_interval = n ? n * NSEC_PER_SEC : EXT4_DEFAULT_COMMIT;
	} else if (!strcmp(key, "barrier")) {
		o->barrier = n != 0;
	} else if (!strcmp(key, "resuid")) {
		o->resuid = n;
	} else if (!strcmp(key, "resgid")) {
		o->resgid = n;
	} else {
		return is_harmless(key);
	}
	return true;
}

static bool
parse_option(void *arg, const char *key, const char *value)
{
	if (value ? parse_pair(key, value, arg) : parse_flag(key, arg))
		return true;
	pr_err("EXT4-fs: unrecognized mount option \"%s%s%s\" or missing value\n", key, value ? "=" : "",
	       value ? value : "");
	return false;
}

int
ext4_options_parse(const char *data, struct ext4_options *o)
{
	return mount_options_each(data, parse_option, o);
}

/* --- shown --- */

struct shown {
	char	*buf;
	size_t	size, n;
};

static void
show(struct shown *out, const char *option)
{
	size_t len = strlen(option);

	if (out->n + len + 2 > out->size)
		return;
	out->buf[out->n++] = ',';
	memcpy(out->buf + out->n, option, len + 1);
	out->n += len;
}

static void
show_number(struct shown *out, const char *option, ulong n)
{
	char text[40];

	snprintf(text, sizeof(text), "%s=%lu", option, n);
	show(out, text);
}

int
ext4_show_options(struct super_block *sb, char *buf, size_t size)
{
	static const char *const data[] = { "data=ordered", "data=writeback", "data=journal" };
	static const char *const errors[] = { NULL, "errors=continue", "errors=remount-ro", "errors=panic" };
	const struct ext4_sb *s = ext4_sb(sb);
	struct shown out = { buf, size, 0 };
	struct ext4_options d;

	ext4_options_default(s, &d);
	if (size)
		buf[0] = '\0';
	/* In Linux's order. */
	if (s->minixdf)
		show(&out, "minixdf");
	if (s->grpid)
		show(&out, "grpid");
	if (s->journal && s->data == EXT4_DATA_JOURNAL)
		show(&out, "nodioread_nolock");
	if (s->discard != d.discard)
		show(&out, s->discard ? "discard" : "nodiscard");
	if (s->delalloc != d.delalloc)
		show(&out, s->delalloc ? "delalloc" : "nodelalloc");
	if (s->noload)
		show(&out, "norecovery");
	if (s->barrier != d.barrier)
		show(&out, s->barrier ? "barrier" : "nobarrier");
	if (s->resuid != d.resuid)
		show_number(&out, "resuid", s->resuid);
	if (s->resgid != d.resgid)
		show_number(&out, "resgid", s->resgid);
	if (s->on_error != d.on_error)
		show(&out, errors[s->on_error]);
	if (s->commit_interval != d.commit_interval)
		show_number(&out, "commit", s->commit_interval / NSEC_PER_SEC);
	if (s->journal && s->data_given)
		show(&out, data[s->data]);
	return out.n;
}
