/*
 * name.c - where sockets can be found: by a node in a file system, or by bytes of no file system ("abstract").
 *
 *	sun_path   "/run/x\0"    a node: bind makes it, connect needs write permission on it. The look-up is by
 *	                         inode, so links and renames of the node lead to the socket too
 *	           "\0bytes"     abstract: exactly these bytes, gone with the socket
 *	           (nothing)     bind: five hexadecimal digits after a NUL, that nobody has (autobind)
 *
 * Data        names[]: bound sockets, by inode or by bytes and type. all: every socket, for /proc/net/unix.
 * Locks       unix_names_lock [n] for the lists and for giving a socket its name, which it then keeps.
 * Invariants  N1  a socket is hashed => it is not dead and somebody counts it: so a look-up may count it too.
 */
#include "abi/fcntl.h"
#include "fs/vfs.h"
#include "kernel/random.h"
#include "kernel/task.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "net/unix/unix.h"

#define PATH_AT		offsetof(struct abi_sockaddr_un, sun_path)
#define AUTOBIND_NAMES	0x100000	/* five digits */

/* Guarded by: n unix_names_lock */
struct spinlock unix_names_lock = SPINLOCK_INIT(RANK_SOCKET_NAMES);
static struct list names[UNIX_HASH];		/* [n] */
struct list unix_all = LIST_INIT(unix_all);	/* [n] oldest first */
uint unix_count;				/* [n] its length */

/* --- names --- */

int
unix_check_address(const struct address *a)
{
	return a->len <= PATH_AT || a->len > sizeof(struct abi_sockaddr_un) || a->family != AF_UNIX ? -EINVAL : 0;
}

static struct unix_name *
name_new(const struct address *a)
{
	struct unix_name *n = kmalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return NULL;
	atomic_set(&n->refs, 1);
	n->len = a->len;
	memcpy(n->bytes, a->bytes, a->len);
	return n;
}

void
unix_name_put(struct unix_name *n)
{
	if (atomic_dec_and_test(&n->refs))
		kfree(n);
}

void
unix_name_copy(const struct unix_sock *u, struct address *out)
{
	const struct unix_name *n = smp_load_acquire(&u->name);

	if (n) {
		out->len = n->len;
		memcpy(out->bytes, n->bytes, n->len);
	} else {
		out->len = sizeof(out->family);
		out->family = AF_UNIX;
	}
}

void
unix_name_tell(const struct unix_sock *from, struct address *out)
{
	out->len = 0;
	if (smp_load_acquire(&from->name))
		unix_name_copy(from, out);
}

/* A connection that has just been made has its listener's name, but is not found by it. */
void
unix_name_share(struct unix_sock *u, struct unix_sock *listener)
{
	u->name = listener->name;
	atomic_inc(&u->name->refs);
}

/* --- the hash --- */

static struct list *
bucket_of_inode(const struct inode *i)
{
	return &names[((ulong)i / sizeof(*i)) % UNIX_HASH];
}

static struct list *
bucket_of_bytes(const char *s, size_t n, int type)
{
	u32 h = type;

	while (n--)
		h = h * 31 + (u8)*s++;
	return &names[h % UNIX_HASH];
}

/* The socket bound to i, not counted; NULL. */
static struct unix_sock *
find_inode_locked(const struct inode *i) MUST_HOLD(unix_names_lock)
{
	struct unix_sock *u;

	list_for_each(u, bucket_of_inode(i), hash_link)
		if (u->path.dentry && u->path.dentry->inode == i)
			return u;
	return NULL;
}

/* The socket of this abstract name and type, not counted; NULL. */
static struct unix_sock *
find_abstract_locked(const struct address *a, int type) MUST_HOLD(unix_names_lock)
{
	const struct abi_sockaddr_un *sun = (const void *)a->bytes;
	struct unix_sock *u;

	list_for_each(u, bucket_of_bytes(sun->sun_path, a->len - PATH_AT, type), hash_link)
		if (!u->path.dentry && u->sock.type == type && u->name->len == a->len &&
		    !memcmp(u->name->bytes, sun, a->len))
			return u;
	return NULL;
}

static struct unix_sock *
find_path(const struct abi_sockaddr_un *sun, size_t len, int type)
{
	char name[ABI_UNIX_PATH + 1];
	struct unix_sock *u;
	struct path p;
	int err;

	memcpy(name, sun->sun_path, len);
	name[len] = '\0';
	err = path_lookup(AT_FDCWD, name, LOOKUP_FOLLOW, &p);
	if (err)
		return ERR_PTR(err);
	err = inode_permission(p.dentry->inode, MAY_WRITE);
	if (err)
		goto out;
	spin_lock(&unix_names_lock);
	u = find_inode_locked(p.dentry->inode);
	if (!u)
		err = -ECONNREFUSED;
	else if (u->sock.type != type)
		err = -EPROTOTYPE;
	else
		unix_get(u);
	spin_unlock(&unix_names_lock);
out:
	path_put(&p);
	return err ? ERR_PTR(err) : u;
}

struct unix_sock *
unix_find(struct address *a, int type)
{
	const struct abi_sockaddr_un *sun = (const void *)a->bytes;
	struct unix_sock *u;

	if (sun->sun_path[0])
		return find_path(sun, a->len - PATH_AT, type);
	spin_lock(&unix_names_lock);
	u = find_abstract_locked(a, type);
	if (u)
		unix_get(u);
	spin_unlock(&unix_names_lock);
	return u ? u : ERR_PTR(-ECONNREFUSED);
}

/* --- bind --- */

/* u is called n from now on, and found in bucket. */
static void
name_give(struct unix_sock *u, struct unix_name *n, struct list *bucket) MUST_HOLD(unix_names_lock)
{
	list_push_back(bucket, &u->hash_link);
	smp_store_release(&u->name, n);
}

/* The node is made before u is asked whether it has a name: so a name that is taken is EADDRINUSE first. */
static int
bind_path(struct unix_sock *u, struct address *a)
{
	u32 mode = S_IFSOCK | (u->sock.inode->mode & 0777 & ~current->fs->umask);
	struct unix_name *n;
	bool named;
	struct path p;
	int err;

	a->len = PATH_AT + strnlen((char *)a->bytes + PATH_AT, a->len - PATH_AT) + 1;
	a->bytes[a->len - 1] = '\0';
	n = name_new(a);
	if (!n)
		return -ENOMEM;
	err = vfs_mknod_path(AT_FDCWD, n->bytes + PATH_AT, mode, 0, &p);
	if (err) {
		unix_name_put(n);
		return err == -EEXIST ? -EADDRINUSE : err;
	}
	spin_lock(&unix_names_lock);
	named = u->name;
	if (!named) {
		u->path = p;
		name_give(u, n, bucket_of_inode(p.dentry->inode));
	}
	spin_unlock(&unix_names_lock);
	if (!named)
		return 0;
	vfs_unlink(AT_FDCWD, n->bytes + PATH_AT, false);
	path_put(&p);
	unix_name_put(n);
	return -EINVAL;
}

/* Give u the abstract name a: 0, -EINVAL (it has one), -EADDRINUSE, -ENOMEM. */
static int
bind_abstract(struct unix_sock *u, const struct address *a)
{
	struct unix_name *n = name_new(a);
	int err = 0;

	if (!n)
		return -ENOMEM;
	spin_lock(&unix_names_lock);
	if (u->name)
		err = -EINVAL;
	else if (find_abstract_locked(a, u->sock.type))
		err = -EADDRINUSE;
	else
		name_give(u, n, bucket_of_bytes(n->bytes + PATH_AT, n->len - PATH_AT, u->sock.type));
	spin_unlock(&unix_names_lock);
	if (err)
		unix_name_put(n);
	return err;
}

int
unix_autobind(struct unix_sock *u)
{
	struct address a = { .len = PATH_AT + 6, .family = AF_UNIX };
	u32 first, i;
	int err;

	if (smp_load_acquire(&u->name))
		return 0;
	random_bytes(&first, sizeof(first));
	for (i = 0; i < AUTOBIND_NAMES; i++) {
		snprintf((char *)a.bytes + PATH_AT + 1, 6, "%05x", (first + i) % AUTOBIND_NAMES);
		err = bind_abstract(u, &a);
		if (err != -EADDRINUSE)
			return err == -EINVAL ? 0 : err;	/* another task has named it meanwhile */
	}
	return -ENOSPC;
}

int
unix_bind(struct socket *s, struct address *a)
{
	struct unix_sock *u = unix_of(s);
	int err;

	if (a->len == PATH_AT && a->family == AF_UNIX)
		return unix_autobind(u);
	err = unix_check_address(a);
	if (err)
		return err;
	return a->bytes[PATH_AT] ? bind_path(u, a) : bind_abstract(u, a);
}

void
unix_list(struct unix_sock *u)
{
	spin_lock(&unix_names_lock);
	list_push_back(&unix_all, &u->all_link);
	unix_count++;
	spin_unlock(&unix_names_lock);
}

void
unix_unhash(struct unix_sock *u)
{
	struct path p;

	spin_lock(&unix_names_lock);
	list_remove(&u->hash_link);
	list_remove(&u->all_link);
	unix_count--;
	p = u->path;
	u->path = (struct path){ 0 };
	spin_unlock(&unix_names_lock);
	if (p.dentry)
		path_put(&p);
}

void
unix_names_init(void)
{
	for (uint i = 0; i < UNIX_HASH; i++)
		list_init(&names[i]);
}
