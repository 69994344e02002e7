/*
 * proc.c - /proc/net/unix: every socket of the family, a line each.
 *
 * Locks       unix_names_lock while the sockets are counted and collected; the lines are made without it.
 */
#include "fs/proc/proc.h"
#include "mm/slab.h"
#include "net/unix/unix.h"

#define ACCEPTS		0x10000		/* Flags: it listens */

/* Linux's enum socket_state: connected or not, and for a connection nobody has accepted, on its way. */
static uint
line_state(const struct unix_sock *u)
{
	bool connected = u->state == UNIX_CONNECTED;

	if (!u->sock.inode)
		return connected ? 2 : 4;
	return connected ? 3 : 1;
}

/* An abstract name's NULs are shown as '@'. */
static void
put_name(struct pbuf *b, const struct unix_sock *u)
{
	struct address a;
	size_t n, i;

	unix_name_copy(u, &a);
	n = a.len - sizeof(a.family);
	if (!n)
		return;
	pbuf_putc(b, ' ');
	if (a.bytes[sizeof(a.family)])
		n--;				/* a path's own NUL */
	for (i = 0; i < n; i++)
		pbuf_putc(b, a.bytes[sizeof(a.family) + i] ? a.bytes[sizeof(a.family) + i] : '@');
}

static void
put_line(struct pbuf *b, const struct unix_sock *u)
{
	pbuf_printf(b, "%016lx: %08X %08X %08X %04X %02X %5lu", 0UL, (uint)atomic_read(&u->refs) - 1, 0U,
		    u->state == UNIX_LISTENING ? ACCEPTS : 0U, (uint)u->sock.type, line_state(u),
		    (ulong)u->sock.ino);
	put_name(b, u);
	pbuf_putc(b, '\n');
}

/* Up to max sockets, counted, oldest first. */
static uint
collect(struct unix_sock **v, uint max)
{
	struct unix_sock *u;
	uint n = 0;

	spin_lock(&unix_names_lock);
	list_for_each(u, &unix_all, all_link) {
		if (n == max)
			break;
		unix_get(u);
		v[n++] = u;
	}
	spin_unlock(&unix_names_lock);
	return n;
}

int
proc_net_unix_show(struct pbuf *b, const struct pnode *node, struct task *t)
{
	uint max = READ_ONCE(unix_count) + 16, n, i;
	struct unix_sock **v = kmalloc(max * sizeof(*v), GFP_KERNEL);

	if (!v)
		return -ENOMEM;
	n = collect(v, max);
	pbuf_printf(b, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	for (i = 0; i < n; i++) {
		put_line(b, v[i]);
		unix_put(v[i]);
	}
	kfree(v);
	return 0;
}
