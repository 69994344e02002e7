/*
 * hostile.c - small file systems, and changes to their metadata (hostile.h).
 *
 *	make     mke2fs -d, debugfs (attributes), e2fsck -D (hashed directories); then mounted: files with many
 *	         extents or indirect blocks, a hashed directory, orphans; with a journal the disk is taken as it is
 *	         in the middle
 *	find     super block, descriptors, bitmaps, each inode in use, and what its map or contents are made of
 *	mutate   one to three of these: bits flipped, fields set to numbers that mean something, parts copied
 *	fix      their checksums, and those of what holds them
 *
 * What is drawn depends on host_random() alone, and the disks on nothing but this file and the version of e2fsprogs.
 */
#include "fs/host/hostile.h"
#include "fs/host/host.h"
#include "fs/host/private.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "fs/jbd2/disk.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define MAX_PIECES	16384

static const struct { const char *args; u64 size; } recipes[HOSTILE_IMAGES] = {
	{ "-t ext4 -b 1024 -J size=1", 4 * MiB },
	{ "-t ext4 -b 1024 -O ^has_journal", 1 * MiB },
	{ "-t ext4 -b 4096 -O ^has_journal", 2 * MiB },
	{ "-t ext2 -b 1024", 1 * MiB },
	{ "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg,^64bit,^flex_bg -g 1024", 3 * MiB },
	{ "-t ext4 -b 1024 -O orphan_file -J size=1", 4 * MiB },
	{ "-t ext3 -b 1024 -I 128 -J size=1", 4 * MiB },
	{ "-t ext4 -b 2048 -O ^has_journal,large_dir,meta_bg,^resize_inode", 2 * MiB },
	{ "-t ext4 -b 1024 -O ^metadata_csum,^64bit -J size=1", 4 * MiB },
};

/* ---- making ---- */

static const char script[] =
	"set -e; export PATH=$PATH:/usr/sbin:/sbin E2FSPROGS_FAKE_TIME=1700000000; d=$(mktemp -d); img=%s; "
	"mkdir $d/small $d/hashed $d/empty; echo contents >$d/file; ln $d/file $d/small/hard; ln -s file $d/fast; "
	"ln -s $(printf %%0100d 7) $d/slow; mkfifo $d/small/fifo; i=0; "
	"while [ $i -lt 60 ]; do echo $i >$d/hashed/a-rather-long-name-for-a-file-$i; i=$((i+1)); done; "
	"seq 900 >$d/numbers; find $d -exec touch -h -d @1700000000 {} +; truncate -s %lu $img; "
	"mke2fs -q -F -E lazy_itable_init=0,hash_seed=6b1c2a4e-5f60-4d3b-8a9c-0123456789ab "
	"-U 0c0ffee0-1234-4321-8888-00000000000%u -d $d %s $img; "
	"debugfs -w -R \"ea_set /file user.long $(printf %%0300d 5)\" $img 2>&1; "
	"debugfs -w -R 'ea_set /numbers user.short abc' $img 2>&1; "
	"e2fsck -fyD $img 2>&1 || [ $? -le 1 ]; rm -rf $d";

static struct block_device *
base_disk(uint i)
{
	char *path = os_temp(), command[2048], *output;
	struct block_device *dev;

	snprintf(command, sizeof(command), script, path, recipes[i].size, i, recipes[i].args);
	if (os_run(command, &output)) {
		fprintf(stderr, "%s\n%s", command, output);
		exit(2);
	}
	free(output);
	dev = host_disk_load("", path);
	os_remove(path);
	return dev;
}

/* A file of many pieces: `n` times a byte, `step` bytes apart. */
static void
put_pieces(const char *path, uint n, u64 step)
{
	struct file *f = vfs_open(AT_FDCWD, path, O_CREAT | O_RDWR, 0644);

	HOST_CHECK(!IS_ERR(f));
	if (IS_ERR(f))
		return;
	for (uint i = 0; i < n; i++)
		HOST_CHECK(host_write(f, "piece", 5, i * step) == 5);
	HOST_CHECK(host_fsync(f) == 0);
	file_put(f);
}

static void
use(void)
{
	static const char long_name[] = "a name that is as long as it takes to fill some blocks of the directory, "
					"so that it gets an index, and does not fit into one any more";
	char path[300];

	put_pieces("/mnt/pieces", 110, 8192);
	put_pieces("/mnt/far", 5, 20000000);
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/ours", 0755) == 0);
	for (uint i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/mnt/ours/%u-%s", i, long_name);
		HOST_CHECK(vfs_link(AT_FDCWD, "/mnt/file", AT_FDCWD, path, 0) == 0);
	}
}

/* Used by this kernel; what is then on the disk is what we take. */
static char *
used_disk(struct block_device *dev, bool journal)
{
	u64 size = dev->sectors * SECTOR_SIZE;
	struct file *open[3] = { NULL };
	char path[64], *bytes;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	use();
	if (journal) {
		HOST_CHECK(host_umount() == 0);
		HOST_CHECK(host_mount(dev, 0, NULL) == 0);
		for (uint i = 0; i < ARRAY_SIZE(open); i++) {
			snprintf(path, sizeof(path), "/mnt/orphan-%u", i);
			put_pieces(path, 3 + 20 * i, 3000);
			open[i] = vfs_open(AT_FDCWD, path, O_RDWR, 0);
			HOST_CHECK(vfs_unlink(AT_FDCWD, path, false) == 0);
		}
		HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/hashed/a-rather-long-name-for-a-file-7", false) == 0);
		HOST_CHECK(vfs_unlink(AT_FDCWD, "/mnt/empty", true) == 0);
		HOST_CHECK(host_put_file("/mnt/late", "late", 4) == 0);
		HOST_CHECK(super_sync(host_super(), true) == 0);
	} else {
		HOST_CHECK(host_umount() == 0);
	}
	bytes = malloc(size);
	memcpy(bytes, host_disk_bytes(dev), size);
	for (uint i = 0; i < ARRAY_SIZE(open); i++)
		if (open[i] && !IS_ERR(open[i]))
			file_put(open[i]);
	if (journal)
		HOST_CHECK(host_umount() == 0);
	host_disk_free(dev);
	return bytes;
}

/* ---- finding ---- */

static void *
block_at(const struct hostile_image *m, u64 block)
{
	return block && block < m->size >> m->s.block_bits ? m->bytes + (block << m->s.block_bits) : NULL;
}

static void
found(struct hostile_image *m, enum piece_kind kind, const void *p, u32 size, u32 who, u32 seed)
{
	if (p && m->n < MAX_PIECES)
		m->piece[m->n++] = (struct piece){
			.kind = kind, .at = (const char *)p - m->bytes, .size = size, .who = who, .seed = seed,
		};
}

/* The fields that csum.c and we need. */
static void
geometry(struct hostile_image *m)
{
	struct ext4_disk_super *d = (void *)(m->bytes + EXT4_SUPER_OFFSET);
	struct ext4_sb *s = &m->s;

	s->super = d;
	s->block_bits = 10 + d->s_log_block_size;
	s->block_size = 1 << s->block_bits;
	s->csum = d->s_feature_ro_compat & EXT4_RO_METADATA_CSUM;
	s->desc_csum = s->csum || (d->s_feature_ro_compat & EXT4_RO_GDT_CSUM);
	s->csum_seed = crc32c(~0U, d->s_uuid, sizeof(d->s_uuid));
	s->inode_size = d->s_inode_size;
	s->desc_size = d->s_feature_incompat & EXT4_INCOMPAT_64BIT ? d->s_desc_size : EXT4_DESC_SIZE_OLD;
	s->blocks_per_group = d->s_blocks_per_group;
	s->inodes_per_group = d->s_inodes_per_group;
	s->first_data_block = d->s_first_data_block;
	s->blocks = d->s_blocks_count_lo;
	s->groups = DIV_ROUND_UP(s->blocks - s->first_data_block, s->blocks_per_group);
	s->first_ino = d->s_first_ino;
}

/* Descriptors follow the super block; with meta_bg only the first of them: enough for us. */
static struct ext4_group_desc *
desc_of(const struct hostile_image *m, char *bytes, u32 group)
{
	return (void *)(bytes + ((u64)(m->s.first_data_block + 1) << m->s.block_bits) + group * m->s.desc_size);
}

static struct ext4_disk_inode *
inode_of(const struct hostile_image *m, char *bytes, u32 ino)
{
	u32 group = (ino - 1) / m->s.inodes_per_group, i = (ino - 1) % m->s.inodes_per_group;
	u64 table = desc_of(m, bytes, group)->bg_inode_table_lo;

	return (void *)(bytes + (table << m->s.block_bits) + i * m->s.inode_size);
}

static void
find_dir_block(struct hostile_image *m, u32 ino, const struct ext4_disk_inode *d, u32 logical, void *b, u32 seed)
{
	const struct ext4_dx_node *n = b;
	bool index = (d->i_flags & EXT4_INDEX_FL) && (!logical || (!n->inode && n->rec_len == m->s.block_size));

	found(m, index ? PIECE_INDEX : PIECE_DIR, b, m->s.block_size, ino, seed);
}

/* One block of a file's contents: of interest if the file is a directory, the log, the orphan file. */
static void
find_content(struct hostile_image *m, u32 ino, const struct ext4_disk_inode *d, u32 logical, u64 block, u32 seed)
{
	const struct ext4_disk_super *super = m->s.super;
	struct jbd2_header *h = block_at(m, block);

	if (!h)
		return;
	if (S_ISDIR(d->i_mode))
		find_dir_block(m, ino, d, logical, h, seed);
	else if (ino == EXT4_INO_JOURNAL && logical == 0)
		found(m, PIECE_LOG_SUPER, h, 1024, ino, 0);
	else if (ino == EXT4_INO_JOURNAL && logical < 200)
		found(m, PIECE_LOG_BLOCK, h, m->s.block_size, ino, 0);
	else if ((super->s_feature_compat & EXT4_COMPAT_ORPHAN_FILE) && ino == super->s_orphan_file_inum)
		found(m, PIECE_ORPHANS, h, m->s.block_size, block, seed);
}

static void
find_extents(struct hostile_image *m, u32 ino, const struct ext4_disk_inode *d, const struct ext4_extent_header *h,
	     u32 seed)
{
	const struct ext4_extent *e = (const void *)(h + 1);
	const struct ext4_extent_idx *x = (const void *)(h + 1);
	struct ext4_extent_header *below;

	for (uint i = 0; i < h->eh_entries; i++) {
		if (!h->eh_depth) {
			for (u32 k = 0; k < e[i].ee_len && e[i].ee_len <= EXT4_EXTENT_MAX; k++)
				find_content(m, ino, d, e[i].ee_block + k, e[i].ee_start_lo + k, seed);
			continue;
		}
		below = block_at(m, x[i].ei_leaf_lo);
		found(m, PIECE_EXTENTS, below, m->s.block_size, ino, seed);
		if (below)
			find_extents(m, ino, d, below, seed);
	}
}

static void
find_indirect(struct hostile_image *m, u32 ino, const struct ext4_disk_inode *d, const u32 *map, uint n, uint level,
	      u32 *logical)
{
	uint per = m->s.block_size / 4, below = 1;
	u32 *next;

	for (uint i = 1; i < level; i++)
		below *= per;
	for (uint i = 0; i < n; i++) {
		if (level == 0) {
			find_content(m, ino, d, (*logical)++, map[i], 0);
			continue;
		}
		next = block_at(m, map[i]);
		found(m, PIECE_INDIRECT, next, m->s.block_size, ino, 0);
		if (next)
			find_indirect(m, ino, d, next, per, level - 1, logical);
		else
			*logical += below * per;
	}
}

static void
find_inode(struct hostile_image *m, u32 ino)
{
	struct ext4_disk_inode *d = inode_of(m, m->bytes, ino);
	u32 seed = m->s.csum ? ext4_inode_csum_seed(&m->s, ino, d->i_generation) : 0, logical = 0;

	if (!d->i_mode)
		return;
	if (ino < m->s.first_ino && ino != EXT4_INO_ROOT && ino != EXT4_INO_JOURNAL && ino != EXT4_INO_RESIZE)
		return;
	found(m, PIECE_INODE, d, m->s.inode_size, ino, 0);
	found(m, PIECE_XATTR, block_at(m, d->i_file_acl_lo), m->s.block_size, ino, 0);
	if (d->i_flags & EXT4_EXTENTS_FL) {
		find_extents(m, ino, d, (void *)d->i_block, seed);
	} else if (S_ISREG(d->i_mode) || S_ISDIR(d->i_mode)) {
		find_indirect(m, ino, d, d->i_block, EXT4_NDIRECT, 0, &logical);
		for (uint level = 1; level <= 3; level++)
			find_indirect(m, ino, d, d->i_block + EXT4_NDIRECT + level - 1, 1, level, &logical);
	}
}

static int
by_kind(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : (x->at > y->at) - (x->at < y->at);
}

static void
find_all(struct hostile_image *m)
{
	u32 groups = m->s.groups;
	uint i = 0;

	if (m->s.super->s_feature_incompat & EXT4_INCOMPAT_META_BG)
		groups = MIN(groups, m->s.block_size / m->s.desc_size);
	found(m, PIECE_SUPER, m->s.super, 1024, 0, 0);
	for (u32 g = 0; g < groups; g++) {
		struct ext4_group_desc *d = desc_of(m, m->bytes, g);

		found(m, PIECE_DESC, d, m->s.desc_size, g, 0);
		found(m, PIECE_BITMAP, block_at(m, d->bg_block_bitmap_lo), m->s.block_size, g, 0);
		found(m, PIECE_BITMAP, block_at(m, d->bg_inode_bitmap_lo), m->s.block_size, g, 0);
		m->piece[m->n - 1].inodes = true;
		for (u32 k = 0; k < m->s.inodes_per_group; k++)
			find_inode(m, g * m->s.inodes_per_group + k + 1);
	}
	qsort(m->piece, m->n, sizeof(*m->piece), by_kind);
	for (int kind = 0; kind <= PIECE_KINDS; kind++) {
		while (i < m->n && (int)m->piece[i].kind < kind)
			i++;
		m->first[kind] = i;
	}
}

void
hostile_make(struct hostile_image *m, uint i)
{
	memset(m, 0, sizeof(*m));
	m->args = recipes[i].args;
	m->size = recipes[i].size;
	m->bytes = used_disk(base_disk(i), strstr(m->args, "-J") != NULL);
	m->piece = malloc(MAX_PIECES * sizeof(*m->piece));
	geometry(m);
	find_all(m);
}

void
hostile_free(struct hostile_image *m)
{
	free(m->bytes);
	free(m->piece);
}

uint
hostile_count(const struct hostile_image *m, enum piece_kind kind)
{
	return m->first[kind + 1] - m->first[kind];
}

/* ---- checksums made right ---- */

static void
fix_desc(const struct hostile_image *m, char *bytes, u32 group)
{
	ext4_desc_csum_set((struct ext4_sb *)&m->s, group, desc_of(m, bytes, group));
}

static u32
swapped_crc(u32 crc, const void *block, u32 size, u32 hole)
{
	static const u32 zero;

	crc = crc32c(crc, block, hole);
	crc = crc32c(crc, &zero, sizeof(zero));
	return __builtin_bswap32(crc32c(crc, (const char *)block + hole + 4, size - hole - 4));
}

static void
fix_log(const struct hostile_image *m, char *bytes, const struct piece *p)
{
	struct jbd2_disk_super *super = (void *)(bytes + m->piece[m->first[PIECE_LOG_SUPER]].at);
	struct jbd2_header *h = (void *)(bytes + p->at);
	u32 seed = crc32c(~0U, super->s_uuid, sizeof(super->s_uuid)), size = m->s.block_size, hole;

	if (!(__builtin_bswap32(super->s_feature_incompat) & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3)))
		return;
	if (p->kind == PIECE_LOG_SUPER) {
		hole = offsetof(struct jbd2_disk_super, s_checksum);
		super->s_checksum = swapped_crc(~0U, super, sizeof(*super), hole);
		return;
	}
	if (h->h_magic != __builtin_bswap32(JBD2_MAGIC))
		return;
	hole = size - sizeof(struct jbd2_block_tail);
	if (h->h_blocktype == __builtin_bswap32(JBD2_COMMIT))
		hole = offsetof(struct jbd2_commit, h_chksum);
	*(u32 *)((char *)h + hole) = swapped_crc(seed, h, size, hole);
}

static void
fix_orphans(const struct hostile_image *m, void *block, const struct piece *p)
{
	u32 n = m->s.block_size - sizeof(struct ext4_orphan_tail);
	struct ext4_orphan_tail *t = (void *)((char *)block + n);
	u64 number = p->who;

	t->ob_checksum = crc32c(crc32c(p->seed, &number, sizeof(number)), block, n);
}

static void
fix_xattr(const struct hostile_image *m, void *block, const struct piece *p)
{
	u64 number = p->at >> m->s.block_bits;
	u32 *sum = (u32 *)block + 4, crc;

	*sum = 0;
	crc = crc32c(m->s.csum_seed, &number, sizeof(number));
	*sum = crc32c(crc, block, m->s.block_size);
}

static void
fix_piece(const struct hostile_image *m, char *bytes, const struct piece *p)
{
	struct ext4_sb *s = (struct ext4_sb *)&m->s;
	struct buffer b = { .data = bytes + p->at, .size = s->block_size };

	if (p->kind >= PIECE_LOG_SUPER)
		fix_log(m, bytes, p);
	else if (p->kind == PIECE_SUPER)
		ext4_super_csum_set(b.data);
	else if (p->kind == PIECE_DESC)
		fix_desc(m, bytes, p->who);
	if (!s->csum)
		return;
	switch (p->kind) {
	case PIECE_BITMAP:
		ext4_bitmap_csum_set(s, desc_of(m, bytes, p->who), &b, p->inodes);
		fix_desc(m, bytes, p->who);
		break;
	case PIECE_INODE:
		ext4_inode_csum_set(s, p->who, b.data);
		break;
	case PIECE_EXTENTS:
		ext4_extent_csum_set(s, p->seed, b.data);
		break;
	case PIECE_DIR:
		ext4_dirblock_csum_set(s, p->seed, b.data);
		break;
	case PIECE_INDEX:
		ext4_dx_csum_set(s, p->seed, b.data);
		break;
	case PIECE_XATTR:
		fix_xattr(m, b.data, p);
		break;
	case PIECE_ORPHANS:
		fix_orphans(m, b.data, p);
		break;
	default:
		break;
	}
}

/* ---- changes ---- */

/* A number that may mean something. */
static u32
number(const struct hostile_image *m, const struct piece *p)
{
	static const u32 edges[] = {
		0, 1, 2, 3, 4, 8, 12, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
		0x80000000, ~0U, ~1U,
	};
	u32 x;

	switch (host_below(8)) {
	case 0: case 1:
		return edges[host_below(ARRAY_SIZE(edges))];
	case 2:
		return host_below(m->s.blocks);
	case 3:
		return m->s.blocks - 1 + host_below(3);
	case 4:
		return m->piece[host_below(m->n)].at >> m->s.block_bits;
	case 5:
		x = m->s.super->s_inodes_count - 1 + host_below(3);
		return host_below(2) ? x : 1 + host_below(40);
	case 6:
		return p->at >> m->s.block_bits;
	}
	return host_random();
}

/* Where in the piece: half of the time near its beginning, where most have their header. */
static u32
place(const struct piece *p, u32 align)
{
	u32 range = host_below(2) && p->size > 64 ? 64 : p->size;

	return host_below(range) / align * align;
}

static void
change(const struct hostile_image *m, char *bytes, const struct piece *p)
{
	char *at = bytes + p->at;
	u32 off = place(p, 4), from = place(p, 4), n, big;
	const struct piece *other;

	big = p->kind >= PIECE_LOG_SUPER && host_below(2);
	switch (host_below(10)) {
	case 0: case 1:
		for (n = 1 + host_below(4); n; n--)
			at[host_below(p->size)] ^= 1 << host_below(8);
		break;
	case 2: case 3: case 4:
		n = number(m, p);
		*(u32 *)(at + off) = big ? __builtin_bswap32(n) : n;
		break;
	case 5: case 6:
		*(u16 *)(at + place(p, 2)) = number(m, p);
		break;
	case 7:
		*(u32 *)(at + off) += host_below(2) ? 1 + host_below(4) : -1 - host_below(4);
		break;
	case 8:
		n = MIN(4 + host_below(60) / 4 * 4, p->size - MAX(off, from));
		memmove(at + off, at + from, n);
		break;
	default:
		/* Another of its kind; rarely, of any. */
		other = &m->piece[host_below(m->n)];
		if (host_below(4))
			other = &m->piece[m->first[p->kind] + host_below(hostile_count(m, p->kind))];
		memmove(at, bytes + other->at, MIN(p->size, other->size));
	}
}

/* Anywhere. */
static void
flip_bits(const struct hostile_image *m, char *bytes)
{
	for (uint n = 1 + host_below(64); n; n--)
		bytes[host_below(m->size)] ^= 1 << host_below(8);
}

void
hostile_mutate(const struct hostile_image *m, char *bytes, bool fix)
{
	const struct piece *p;
	uint kind;

	if (host_below(20) == 0)
		flip_bits(m, bytes);
	for (uint n = 1 + host_below(3); n; n--) {
		do {
			kind = host_below(PIECE_KINDS);
		} while (!hostile_count(m, kind));
		p = &m->piece[m->first[kind] + host_below(hostile_count(m, kind))];
		for (uint k = 1 + host_below(2); k; k--)
			change(m, bytes, p);
		if (fix)
			fix_piece(m, bytes, p);
	}
}
