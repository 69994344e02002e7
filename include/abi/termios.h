/*
 * termios.h - terminal settings.
 * Source: Linux include/uapi/asm-generic/termbits.h, termbits-common.h, termios.h.
 */
#ifndef ABI_TERMIOS_H
#define ABI_TERMIOS_H

#include "abi/check.h"

#define NCCS		19	/* slots of c_cc in the kernel's struct (the C library's has 32) */

#define VINTR		0	/* ^C  */
#define VQUIT		1	/* ^\  */
#define VERASE		2	/* DEL */
#define VKILL		3	/* ^U  */
#define VEOF		4	/* ^D  */
#define VTIME		5
#define VMIN		6
#define VSWTC		7
#define VSTART		8	/* ^Q  */
#define VSTOP		9	/* ^S  */
#define VSUSP		10	/* ^Z  */
#define VEOL		11
#define VREPRINT	12	/* ^R  */
#define VDISCARD	13	/* ^O  */
#define VWERASE		14	/* ^W  */
#define VLNEXT		15	/* ^V  */
#define VEOL2		16

/* c_iflag */
#define IGNBRK		0x0001
#define BRKINT		0x0002
#define IGNPAR		0x0004
#define PARMRK		0x0008
#define INPCK		0x0010
#define ISTRIP		0x0020
#define INLCR		0x0040
#define IGNCR		0x0080
#define ICRNL		0x0100
#define IUCLC		0x0200
#define IXON		0x0400
#define IXANY		0x0800
#define IXOFF		0x1000
#define IMAXBEL		0x2000
#define IUTF8		0x4000

/* c_oflag */
#define OPOST		0x0001
#define OLCUC		0x0002
#define ONLCR		0x0004
#define OCRNL		0x0008
#define ONOCR		0x0010
#define ONLRET		0x0020
#define OFILL		0x0040
#define OFDEL		0x0080
#define NLDLY		0x0100
#define CRDLY		0x0600
#define TABDLY		0x1800
#define TAB3		0x1800
#define XTABS		0x1800
#define BSDLY		0x2000
#define VTDLY		0x4000
#define FFDLY		0x8000

/* c_cflag */
#define CBAUD		0x0000100f
#define B0		0x00000000
#define B50		0x00000001
#define B75		0x00000002
#define B110		0x00000003
#define B134		0x00000004
#define B150		0x00000005
#define B200		0x00000006
#define B300		0x00000007
#define B600		0x00000008
#define B1200		0x00000009
#define B1800		0x0000000a
#define B2400		0x0000000b
#define B4800		0x0000000c
#define B9600		0x0000000d
#define B19200		0x0000000e
#define B38400		0x0000000f
#define CBAUDEX		0x00001000
#define BOTHER		0x00001000
#define B57600		0x00001001
#define B115200		0x00001002
#define B230400		0x00001003
#define CSIZE		0x00000030
#define CS5		0x00000000
#define CS6		0x00000010
#define CS7		0x00000020
#define CS8		0x00000030
#define CSTOPB		0x00000040
#define CREAD		0x00000080
#define PARENB		0x00000100
#define PARODD		0x00000200
#define HUPCL		0x00000400
#define CLOCAL		0x00000800
#define CIBAUD		0x100f0000
#define IBSHIFT		16	/* from CBAUD to CIBAUD */
#define CMSPAR		0x40000000
#define CRTSCTS		0x80000000

/* c_lflag */
#define ISIG		0x00001
#define ICANON		0x00002
#define XCASE		0x00004
#define ECHO		0x00008
#define ECHOE		0x00010
#define ECHOK		0x00020
#define ECHONL		0x00040
#define NOFLSH		0x00080
#define TOSTOP		0x00100
#define ECHOCTL		0x00200
#define ECHOPRT		0x00400
#define ECHOKE		0x00800
#define FLUSHO		0x01000
#define PENDIN		0x04000
#define IEXTEN		0x08000
#define EXTPROC		0x10000

#define TCSANOW		0	/* tcsetattr(3) */
#define TCSADRAIN	1
#define TCSAFLUSH	2

#define TCIFLUSH	0	/* TCFLSH */
#define TCOFLUSH	1
#define TCIOFLUSH	2

#define TCOOFF		0	/* TCXONC */
#define TCOON		1
#define TCIOFF		2
#define TCION		3

#define N_TTY		0	/* c_line; linux/tty.h */

struct abi_termios {
	uint32_t c_iflag;
	uint32_t c_oflag;
	uint32_t c_cflag;
	uint32_t c_lflag;
	uint8_t	c_line;
	uint8_t	c_cc[NCCS];
};
ABI_SIZE(struct abi_termios, 36);
ABI_OFFSET(struct abi_termios, c_cc, 17);

struct abi_termios2 {
	uint32_t c_iflag;
	uint32_t c_oflag;
	uint32_t c_cflag;
	uint32_t c_lflag;
	uint8_t	c_line;
	uint8_t	c_cc[NCCS];
	uint32_t c_ispeed;
	uint32_t c_ospeed;
};
ABI_SIZE(struct abi_termios2, 44);

struct abi_winsize {
	uint16_t ws_row;
	uint16_t ws_col;
	uint16_t ws_xpixel;
	uint16_t ws_ypixel;
};
ABI_SIZE(struct abi_winsize, 8);

#endif
