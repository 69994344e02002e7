/*
 * fdt.c - reading a flattened device tree in place.
 *
 * The structure block is a run of big-endian 32-bit tokens:
 *
 *	1 BEGIN_NODE	name, NUL, padding to 4
 *	3 PROP		length, offset of the name in the strings block, value, padding to 4
 *	4 NOP
 *	2 END_NODE
 *	9 END
 *
 * Invariants  D1  after fdt_open() every token, name and value lies inside its
 *                 block, names end in NUL, nodes nest at most DEPTH_MAX deep,
 *                 and in every node the properties come before the children.
 * Not here    what the properties mean (lib/fdt_bus.c: reg, interrupts).
 * Further     Devicetree Specification 0.4, chapter 5.
 */
#include "lib/fdt.h"
#include "abi/errno.h"
#include "lib/string.h"

#define FDT_MAGIC	0xd00dfeedU
#define HEADER_SIZE	40
#define VERSION		17		/* the first with the size of the structure block */
#define DEPTH_MAX	32

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };

static u32
get_be32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static u64
get_be64(const void *p)
{
	return (u64)get_be32(p) << 32 | get_be32((const u8 *)p + 4);
}

/* The token at offset `at`, and in *next where the following one is. Relies on D1. */
static u32
read_token(const struct fdt *f, u32 at, u32 *next)
{
	u32 token = get_be32(f->structs + at);

	at += 4;
	if (token == BEGIN_NODE)
		at += ALIGN_UP(strlen((const char *)f->structs + at) + 1, 4);
	else if (token == PROP)
		at += 8 + ALIGN_UP(get_be32(f->structs + at), 4);
	*next = at;
	return token;
}

/* ---- opening: the only code that does not rely on D1 ---- */

/* Does [off, off+size) lie in the blob? */
static bool
in_blob(u32 off, u32 size, u32 total)
{
	return off <= total && size <= total - off;
}

/* As read_token(), for bytes nobody has checked. 0 if the token is malformed. */
static u32
check_token(const struct fdt *f, u32 at, u32 *next)
{
	u32 left = f->structs_size - at, token, len, name;

	if (left < 4)
		return 0;
	token = get_be32(f->structs + at);
	at += 4;
	left -= 4;

	if (token == BEGIN_NODE) {
		len = strnlen((const char *)f->structs + at, left);
		if (len == left || ALIGN_UP(len + 1, 4) > left)
			return 0;
	} else if (token == PROP) {
		if (left < 8)
			return 0;
		len = get_be32(f->structs + at);
		if (len > left - 8 || ALIGN_UP(len, 4) > left - 8)
			return 0;
		name = get_be32(f->structs + at + 4);
		if (name >= f->strings_size)
			return 0;
		if (!memchr(f->strings + name, '\0', f->strings_size - name))
			return 0;
	} else if (token != END_NODE && token != NOP && token != END) {
		return 0;
	}
	read_token(f, at - 4, next);
	return token;
}

/* Establish D1: exactly one root, everything nested and ended. */
static bool
check_structs(const struct fdt *f)
{
	u32 at = 0, depth = 0, roots = 0;
	bool props_may_come = false;

	for (;;) {
		u32 next, token = check_token(f, at, &next);

		switch (token) {
		case BEGIN_NODE:
			if (depth == 0 && roots++ > 0)
				return false;
			if (++depth > DEPTH_MAX)
				return false;
			props_may_come = true;
			break;
		case END_NODE:
			if (depth-- == 0)
				return false;
			props_may_come = false;
			break;
		case PROP:
			if (!props_may_come)
				return false;
			break;
		case NOP:
			break;
		case END:
			return depth == 0 && roots == 1;
		default:
			return false;
		}
		at = next;
	}
}

/* The reservation block must end, in an entry of zeros, inside the blob. */
static bool
check_reservations(const struct fdt *f)
{
	for (u32 at = f->rsvmap; in_blob(at, 16, f->size); at += 16)
		if (get_be64(f->blob + at) == 0 && get_be64(f->blob + at + 8) == 0)
			return true;
	return false;
}

int
fdt_open(struct fdt *f, const void *blob, size_t max)
{
	const u8 *b = blob;
	u32 structs, strings;
	struct fdt t;

	if (max < HEADER_SIZE || get_be32(b) != FDT_MAGIC)
		return -EINVAL;
	t.blob = b;
	t.size = get_be32(b + 4);
	structs = get_be32(b + 8);
	strings = get_be32(b + 12);
	t.rsvmap = get_be32(b + 16);
	t.strings_size = get_be32(b + 32);
	t.structs_size = get_be32(b + 36);

	if (t.size < HEADER_SIZE || t.size > max || t.size > INT32_MAX)
		return -EINVAL;
	if (get_be32(b + 20) < VERSION || get_be32(b + 24) > VERSION)
		return -EINVAL;
	if (structs % 4 || !in_blob(structs, t.structs_size, t.size) ||
	    !in_blob(strings, t.strings_size, t.size))
		return -EINVAL;
	t.structs = b + structs;
	t.strings = b + strings;
	if (!check_structs(&t) || !check_reservations(&t))
		return -EINVAL;
	*f = t;
	return 0;
}

bool
fdt_reserve(const struct fdt *f, u32 i, u64 *addr, u64 *size)
{
	for (const u8 *p = f->blob + f->rsvmap;; p += 16) {
		u64 a = get_be64(p), s = get_be64(p + 8);

		if (a == 0 && s == 0)
			return false;
		if (i-- == 0) {
			*addr = a;
			*size = s;
			return true;
		}
	}
}

/* ---- walking ---- */

/* From the token at `at`, skip properties and NOPs; where the next other token is. */
static u32
skip_to_structure(const struct fdt *f, u32 at)
{
	u32 next;

	for (;;) {
		u32 token = read_token(f, at, &next);

		if (token != PROP && token != NOP)
			return at;
		at = next;
	}
}

/* Offset of the first token inside node. */
static u32
node_body(const struct fdt *f, int node)
{
	u32 next;

	read_token(f, node, &next);
	return next;
}

int
fdt_root(const struct fdt *f)
{
	return skip_to_structure(f, 0);
}

int
fdt_first_child(const struct fdt *f, int node)
{
	u32 at = skip_to_structure(f, node_body(f, node));

	return get_be32(f->structs + at) == BEGIN_NODE ? (int)at : -1;
}

int
fdt_next_node(const struct fdt *f, int node)
{
	u32 at, next;

	if (node < 0)
		return fdt_root(f);
	at = node_body(f, node);
	for (;;) {
		u32 token = read_token(f, at, &next);

		if (token == BEGIN_NODE)
			return at;
		if (token == END)
			return -1;
		at = next;
	}
}

int
fdt_next_sibling(const struct fdt *f, int node)
{
	u32 at = node, next, depth = 0;

	do {
		u32 token = read_token(f, at, &next);

		if (token == BEGIN_NODE)
			depth++;
		else if (token == END_NODE)
			depth--;
		at = next;
	} while (depth > 0);
	at = skip_to_structure(f, at);
	return get_be32(f->structs + at) == BEGIN_NODE ? (int)at : -1;
}

int
fdt_parent(const struct fdt *f, int node)
{
	int way[DEPTH_MAX];
	u32 at = fdt_root(f), next, depth = 0;

	while (at != (u32)node) {
		u32 token = read_token(f, at, &next);

		if (token == BEGIN_NODE)
			way[depth++] = at;
		else if (token == END_NODE)
			depth--;
		else if (token == END)
			return -1;
		at = next;
	}
	return depth > 0 ? way[depth - 1] : -1;
}

const char *
fdt_name(const struct fdt *f, int node)
{
	return (const char *)f->structs + node + 4;
}

/* ---- properties ---- */

bool
fdt_prop(const struct fdt *f, int node, const char *name, struct fdt_prop *out)
{
	u32 at = node_body(f, node), next;

	for (;;) {
		u32 token = read_token(f, at, &next);

		if (token == PROP) {
			const char *s = (const char *)f->strings + get_be32(f->structs + at + 8);

			if (strcmp(s, name) == 0) {
				out->name = s;
				out->data = f->structs + at + 12;
				out->len = get_be32(f->structs + at + 4);
				return true;
			}
		} else if (token != NOP) {
			return false;
		}
		at = next;
	}
}

u32
fdt_cell(const struct fdt_prop *p, u32 i)
{
	return i < p->len / 4 ? get_be32((const u8 *)p->data + 4 * i) : 0;
}

u32
fdt_prop_u32(const struct fdt *f, int node, const char *name, u32 i, u32 dflt)
{
	struct fdt_prop p;

	if (!fdt_prop(f, node, name, &p) || i >= p.len / 4)
		return dflt;
	return fdt_cell(&p, i);
}

const char *
fdt_prop_string(const struct fdt *f, int node, const char *name)
{
	struct fdt_prop p;

	if (!fdt_prop(f, node, name, &p) || !memchr(p.data, '\0', p.len))
		return NULL;
	return p.data;
}

bool
fdt_compatible(const struct fdt *f, int node, const char *s)
{
	size_t want = strlen(s) + 1;
	const char *at, *end;
	struct fdt_prop p;

	if (!fdt_prop(f, node, "compatible", &p))
		return false;
	at = p.data;
	end = at + p.len;
	while (at < end) {
		size_t n = strnlen(at, end - at) + 1;

		if (n == want && n <= (size_t)(end - at) && memcmp(at, s, n) == 0)
			return true;
		at += n;
	}
	return false;
}

bool
fdt_enabled(const struct fdt *f, int node)
{
	struct fdt_prop p;
	const char *s;

	if (!fdt_prop(f, node, "status", &p))
		return true;
	s = fdt_prop_string(f, node, "status");
	return s && (strcmp(s, "okay") == 0 || strcmp(s, "ok") == 0);
}

int
fdt_by_phandle(const struct fdt *f, u32 phandle)
{
	if (phandle == 0 || phandle == UINT32_MAX)
		return -1;
	for (int n = fdt_next_node(f, -1); n >= 0; n = fdt_next_node(f, n))
		if (fdt_prop_u32(f, n, "phandle", 0, 0) == phandle)
			return n;
	return -1;
}

/* ---- paths ---- */

/*
 * The child of node called name (len bytes): exactly so, or, when only one
 * child's name is that up to its '@', that one.
 */
static int
find_child(const struct fdt *f, int node, const char *name, size_t len)
{
	int loose = -1, nloose = 0;

	for (int c = fdt_first_child(f, node); c >= 0; c = fdt_next_sibling(f, c)) {
		const char *s = fdt_name(f, c);

		if (strncmp(s, name, len) != 0 || strnlen(s, len) < len)
			continue;
		if (s[len] == '\0')
			return c;
		if (s[len] == '@') {
			loose = c;
			nloose++;
		}
	}
	return nloose == 1 ? loose : -1;
}

/* Follow a path below node, component by component. */
static int
walk_path(const struct fdt *f, int node, const char *p, const char *end)
{
	while (node >= 0) {
		const char *start;

		while (p < end && *p == '/')
			p++;
		if (p == end)
			break;
		for (start = p; p < end && *p != '/'; p++)
			;
		node = find_child(f, node, start, p - start);
	}
	return node;
}

int
fdt_path(const struct fdt *f, const char *path, size_t len)
{
	const char *end = path + len, *p = path;
	struct fdt_prop alias;
	int aliases, node;
	char name[32];

	if (len > 0 && *path == '/')
		return walk_path(f, fdt_root(f), path, end);

	/* An alias: its value is a path, and the rest of ours goes on from there. */
	while (p < end && *p != '/')
		p++;
	aliases = find_child(f, fdt_root(f), "aliases", 7);
	if (aliases < 0 || p == path || (size_t)(p - path) >= sizeof(name))
		return -1;
	memcpy(name, path, p - path);
	name[p - path] = '\0';
	if (!fdt_prop(f, aliases, name, &alias))
		return -1;
	len = strnlen(alias.data, alias.len);
	if (len == 0 || *(const char *)alias.data != '/')
		return -1;
	node = walk_path(f, fdt_root(f), alias.data, (const char *)alias.data + len);
	return walk_path(f, node, p, end);
}
