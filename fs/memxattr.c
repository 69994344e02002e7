/*
 * memxattr.c - extended attributes in memory: a list, newest first.
 *
 * Data        struct memxattr (xattr.h).  A file seldom has more than two or three.
 * Locks       the inode's, which the VFS holds.
 */
#include "fs/xattr.h"
#include "lib/string.h"
#include "mm/slab.h"

/* The pointer to the attribute of this name, or to the NULL at the end. */
static struct memxattr **
find(struct memxattr **p, const char *name)
{
	while (*p && strcmp((*p)->name, name))
		p = &(*p)->next;
	return p;
}

ssize_t
memxattr_get(const struct memxattr *head, const char *name, void *buf, size_t size)
{
	const struct memxattr *x = *find((struct memxattr **)&head, name);

	if (!x)
		return -ENODATA;
	if (size && x->size > size)
		return -ERANGE;
	if (size)
		memcpy(buf, x->name + x->name_len + 1, x->size);
	return x->size;
}

ssize_t
memxattr_list(const struct memxattr *x, char *buf, size_t size)
{
	ssize_t at = 0;

	for (; x && at >= 0; x = x->next) {
		if (!strncmp(x->name, XATTR_TRUSTED_PREFIX, strlen(XATTR_TRUSTED_PREFIX)) &&
		    !xattr_visible(XATTR_TRUSTED_PREFIX))
			continue;
		at = xattr_list_add(buf, size, at, "", x->name, x->name_len);
	}
	return at;
}

int
memxattr_set(struct memxattr **head, const char *name, const void *value, size_t size, int flags,
	     struct memxattr **old)
{
	struct memxattr **p = find(head, name), *x = NULL;
	size_t len = strlen(name);
	int err = xattr_flags_check(*p, flags);

	if (err)
		return err;
	if (value) {
		x = kmalloc(memxattr_space(len, size), GFP_KERNEL);
		if (!x)
			return -ENOMEM;
		x->name_len = len;
		x->size = size;
		memcpy(x->name, name, len + 1);
		memcpy(x->name + len + 1, value, size);
	}
	*old = *p;
	if (*p)
		*p = (*p)->next;
	if (x) {
		x->next = *head;
		*head = x;
	}
	return 0;
}

void
memxattr_free(struct memxattr *head)
{
	struct memxattr *next;

	for (; head; head = next) {
		next = head->next;
		kfree(head);
	}
}
