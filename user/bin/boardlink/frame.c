/* frame.c - frames as lines of text: base64 and a checksum (frame.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "frame.h"

#define LINE_MAX	(FRAME_DATA * 4 / 3 + 64)
#define KEY_MAX		32

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char line[LINE_MAX];		/* from the last ~ on; not used while in_frame is 0 */
static size_t length;
static int in_frame;
static char key[KEY_MAX];

uint32_t
crc32(uint32_t crc, const void *data, size_t n)
{
	const unsigned char *p = data;

	for (crc = ~crc; n; n--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* The question that gives the key may be asked again: it has none itself. */
static uint32_t
line_crc(const char *s, size_t n)
{
	return crc32(s[5] == 'H' ? 0 : crc32(0, key, strlen(key)), s, n);
}

void
frame_set_key(const char *to)
{
	snprintf(key, sizeof key, "%s", to);
}

/* Into out: how many bytes, or -1 for what is not base64 or too much. */
static int
decode(const char *s, size_t n, char *out)
{
	unsigned bits = 0;
	size_t have = 0, got = 0;

	for (; n && s[n - 1] == '='; n--)
		;
	if (n * 3 / 4 > FRAME_DATA)
		return -1;
	for (; n; n--, s++) {
		const char *d = *s ? strchr(digits, *s) : NULL;

		if (!d)
			return -1;
		bits = bits << 6 | (unsigned)(d - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[got++] = bits >> have;
		}
	}
	out[got] = '\0';
	return got;
}

static size_t
encode(const char *in, size_t n, char *out)
{
	size_t at = 0;

	for (; n > 0; in += 3, n -= n < 3 ? n : 3) {
		unsigned bits = (in[0] & 255U) << 16 | (n > 1 ? in[1] & 255U : 0) << 8 | (n > 2 ? in[2] & 255U : 0);

		out[at++] = digits[bits >> 18];
		out[at++] = digits[bits >> 12 & 63];
		out[at++] = n > 1 ? digits[bits >> 6 & 63] : '=';
		out[at++] = n > 2 ? digits[bits & 63] : '=';
	}
	return at;
}

/* The line, NUL-terminated, as a frame. */
static int
parse(struct frame *f)
{
	char *space = strrchr(line, ' '), *end;
	size_t text = space ? space - line : 0;
	int size;

	if (text < 7 || line[4] != ' ' || line[6] != ' ' || strlen(space) != 9)
		return -1;
	if (strtoul(space + 1, &end, 16) != line_crc(line, text) || *end)
		return -1;
	f->number = strtoul(line, &end, 16);
	f->verb = line[5];
	size = decode(line + 7, text - 7, f->data);
	if (end != line + 4 || size < 0)
		return -1;
	f->size = size;
	return 1;
}

int
frame_take(char c, struct frame *f)
{
	if (c == '~') {
		in_frame = 1;
		length = 0;
	} else if (c == '\n' || c == '\r') {
		line[length] = '\0';
		if (!in_frame)
			return 0;
		in_frame = 0;
		return parse(f);
	} else if (in_frame && length + 1 < sizeof line) {
		line[length++] = c;
	}
	return 0;
}

static void
put(const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(1, p, n);

		if (w < 0 && errno != EINTR)
			return;			/* it will be asked again */
		if (w > 0) {
			p += w;
			n -= w;
		}
	}
}

void
frame_send(const struct frame *f)
{
	static char out[LINE_MAX];
	size_t n;

	n = snprintf(out, sizeof out, "\n~%04x %c ", f->number, f->verb);
	n += encode(f->data, f->size, out + n);
	n += snprintf(out + n, sizeof out - n, " %08x\n\n", (unsigned)line_crc(out + 2, n - 2));
	put(out, n);
}

void
frame_ask_again(void)
{
	put("\n~!\n", 4);
}
