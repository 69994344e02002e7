/*
 * frame.h - questions and answers as lines of a serial port that drops and changes characters.
 *
 *	~0c1d W aGVsbG8= 5d41402a
 *	|    | |        `-- CRC-32, in hexadecimal, of the session's key and all between ~ and the space before it
 *	|    | `----------- what is said, in base64
 *	|    `------------- the verb; the answer has the same, as a small letter
 *	`------------------ the number of the question, which the answer repeats
 *
 * The harness asks (grade/boardlink.py), we answer, each question once or more often: it asks again until it has an
 * answer that is whole. So every verb may be done twice. A line that is not whole is answered by "~!", to be asked
 * again at once. A frame may follow other output on its line, such as the kernel's log: it begins at the last ~.
 */
#ifndef BOARDLINK_FRAME_H
#define BOARDLINK_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_DATA	2048		/* bytes that a frame may carry, either way */

struct frame {
	unsigned number;
	char	verb;
	size_t	size;
	char	data[FRAME_DATA + 1];	/* size bytes, and a NUL */
};

uint32_t crc32(uint32_t crc, const void *data, size_t n);	/* of the bytes so far, 0 at first */
void	frame_set_key(const char *key);
/* The next byte of the line: 1, *f is a frame; 0, not yet; -1, a line that was meant to be one ended. */
int	frame_take(char c, struct frame *f);
void	frame_send(const struct frame *f);	/* to standard output */
void	frame_ask_again(void);

#endif
