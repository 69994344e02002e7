/*
 * memfd.c - files in memory that only a descriptor leads to, and seals: promises that they will not change.
 *
 * A program that is handed such a file by another seals it, or sees that it is sealed, and then need
 * not fear that it shrinks under a mapping, or changes between check and use.
 *
 * Data        inode->seals, F_SEAL_*: of files of RAM file systems.  All but those made here with
 *             MFD_ALLOW_SEALING are born with F_SEAL_SEAL, so they never have another.
 * Locks       inode->lock for writing round setting them, so that whoever writes, cuts or fills the file
 *             (and holds it) sees them or comes first; areas_lock against mappings that are being made.
 * Further     memfd_create(2), fcntl(2) F_ADD_SEALS.
 */
#include "abi/memfd.h"
#include "abi/statfs.h"
#include "fs/internal.h"
#include "fs/memfd.h"
#include "kernel/fdtable.h"
#include "lib/string.h"
#include "mm/mm.h"

#define ALL_SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)
#define NAME_LEN	249		/* with "memfd:" a file name */

/* --- what they forbid --- */

int
seals_check_size(const struct inode *i, u64 size)
{
	if ((size < i->size && (i->seals & F_SEAL_SHRINK)) || (size > i->size && (i->seals & F_SEAL_GROW)))
		return -EPERM;
	return 0;
}

int
seals_check_write(const struct inode *i, u64 end)
{
	if ((i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) || ((i->seals & F_SEAL_GROW) && end > i->size))
		return -EPERM;
	return 0;
}

int
seals_check_map(const struct inode *i, struct area *a)
{
	if (!(i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) || !(a->flags & VM_SHARED))
		return 0;
	if (a->flags & VM_WRITE)
		return -EPERM;
	a->flags &= ~VM_MAYWRITE;
	return 0;
}

/* --- setting them --- */

/* Can somebody write through a mapping of i? If not, nobody who is just mapping it will (mapping_add_area). */
static bool
is_mapped_writable(struct inode *i)
{
	bool found;

	mutex_lock(&i->mapping.areas_lock);
	/* Not by the list of areas: one that is being unmapped is off it before its last writer is. */
	found = atomic_read(&i->mapping.writable) != 0;
	if (!found)
		i->seals |= F_SEAL_WRITE;
	mutex_unlock(&i->mapping.areas_lock);
	return found;
}

static int
seals_add(struct inode *i, u32 seals)
{
	if (i->seals & F_SEAL_SEAL)
		return -EPERM;
	if ((seals & F_SEAL_WRITE) && !(i->seals & F_SEAL_WRITE) && is_mapped_writable(i))
		return -EBUSY;
	/* What may be executed must not be changed either. */
	if ((seals & F_SEAL_EXEC) && (i->mode & 0111))
		seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	i->seals |= seals;
	return 0;
}

long
fcntl_seals(struct file *f, uint cmd, ulong arg)
{
	struct inode *i = f->inode;
	int err;

	if (cmd == F_ADD_SEALS && !(f->mode & FMODE_WRITE))
		return -EPERM;
	if (cmd == F_ADD_SEALS && (arg & ~(ulong)ALL_SEALS))
		return -EINVAL;
	if (f->ops != &ram_file_fops || i->sb->magic != TMPFS_MAGIC)
		return -EINVAL;
	if (cmd == F_GET_SEALS)
		return READ_ONCE(i->seals);
	rwsem_lock_write(&i->lock);
	err = seals_add(i, arg);
	rwsem_unlock_write(&i->lock);
	return err;
}

/* --- making such a file --- */

/* The file memfd:NAME: the name is for /proc alone. ERR_PTR. */
static struct file *
memfd_make(const char *name, uint flags)
{
	struct file *f = shmem_file_named(name);
	struct inode *i;

	if (IS_ERR(f))
		return f;
	i = f->inode;
	i->seals = flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL) ? 0 : F_SEAL_SEAL;
	if (flags & MFD_NOEXEC_SEAL) {
		i->mode &= ~0111;
		i->seals |= F_SEAL_EXEC;
	}
	return f;
}

long
sys_memfd_create(const ulong *a)
{
	static const char prefix[] = "memfd:";
	uint flags = a[1];
	char name[sizeof(prefix) + NAME_LEN];
	struct file *f;
	ssize_t len;
	int fd;

	if ((flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)) ||
	    (flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) == (MFD_EXEC | MFD_NOEXEC_SEAL))
		return -EINVAL;
	memcpy(name, prefix, sizeof(prefix));
	len = strncpy_from_user(name + sizeof(prefix) - 1, UPTR(a[0]), NAME_LEN + 1);
	if (len < 0)
		return len;
	if (len > NAME_LEN)
		return -EINVAL;
	f = memfd_make(name, flags);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_open(f, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}
