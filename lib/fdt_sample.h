/*
 * fdt_sample.h - building a small device tree in memory, for the test and the fuzzer.
 *
 * sample_build() writes this tree, with one reservation of 0x1000 bytes at 0x80000000:
 *
 *	/ { #address-cells = <2>; #size-cells = <2>; interrupt-parent = <1>;
 *	    aliases { serial0 = "/soc/uart@10000000"; };
 *	    cpus { #address-cells = <1>; #size-cells = <0>;
 *	           cpu@1 { reg = <1>; intc { phandle = <2>; #interrupt-cells = <1>; }; }; };
 *	    soc { #address-cells = <1>; #size-cells = <1>; compatible = "simple-bus";
 *	          ranges = <0x10000000  0x1 0x10000000  0x1000000>;
 *	          uart@10000000 { compatible = "ns16550a", "ns16550"; reg = <0x10000000 0x100>;
 *	                          interrupts = <10 11>; };
 *	          uart@10001000 { status = "disabled"; reg = <0x20000000 0x100>; };
 *	          plic@c000000 { phandle = <1>; #interrupt-cells = <1>;
 *	                         interrupts-extended = <2 11  2 9>; }; };
 *	    mid { leaf@7 { reg = <0 7  8>; }; }; };
 */
#ifndef LIB_FDT_SAMPLE_H
#define LIB_FDT_SAMPLE_H

#include "lib/host_test.h"

struct sample {
	u8	structs[2048], strings[512];
	u32	nstructs, nstrings;
};

static inline void
sample_put32(u8 *p, u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static inline void
sample_cell(struct sample *s, u32 v)
{
	sample_put32(s->structs + s->nstructs, v);
	s->nstructs += 4;
}

static inline void
sample_bytes(struct sample *s, const void *p, u32 n)
{
	__builtin_memcpy(s->structs + s->nstructs, p, n);
	s->nstructs += (n + 3) & ~3U;
}

static inline void
sample_node(struct sample *s, const char *name)
{
	sample_cell(s, 1);
	sample_bytes(s, name, __builtin_strlen(name) + 1);
}

static inline void
sample_end(struct sample *s)
{
	sample_cell(s, 2);
}

static inline void
sample_prop(struct sample *s, const char *name, const void *data, u32 len)
{
	sample_cell(s, 3);
	sample_cell(s, len);
	sample_cell(s, s->nstrings);
	sample_bytes(s, data, len);
	__builtin_strcpy((char *)s->strings + s->nstrings, name);
	s->nstrings += __builtin_strlen(name) + 1;
}

static inline void
sample_string(struct sample *s, const char *name, const char *value)
{
	sample_prop(s, name, value, __builtin_strlen(value) + 1);
}

static inline void
sample_cells(struct sample *s, const char *name, u32 n, const u32 *cells)
{
	u8 be[64];

	for (u32 i = 0; i < n; i++)
		sample_put32(be + 4 * i, cells[i]);
	sample_prop(s, name, be, 4 * n);
}

#define SAMPLE_CELLS(s, name, ...) \
	sample_cells(s, name, sizeof((u32[]){ __VA_ARGS__ }) / 4, (u32[]){ __VA_ARGS__ })

/* Header, reservations, structure and strings as one blob of exactly its size, for the caller to free. */
static inline u8 *
sample_blob(const struct sample *s, u32 *size)
{
	u32 structs = 40 + 32, strings = structs + s->nstructs;
	u8 *blob = calloc(1, strings + s->nstrings);
	u32 header[10] = {
		0xd00dfeed, strings + s->nstrings, structs, strings, 40, 17, 16, 0, s->nstrings, s->nstructs
	};

	for (int i = 0; i < 10; i++)
		sample_put32(blob + 4 * i, header[i]);
	sample_put32(blob + 44, 0x80000000);
	sample_put32(blob + 52, 0x1000);
	__builtin_memcpy(blob + structs, s->structs, s->nstructs);
	__builtin_memcpy(blob + strings, s->strings, s->nstrings);
	*size = header[1];
	return blob;
}

static inline u8 *
sample_build(u32 *size)
{
	struct sample s = { .nstructs = 0 };

	sample_node(&s, "");
	SAMPLE_CELLS(&s, "#address-cells", 2);
	SAMPLE_CELLS(&s, "#size-cells", 2);
	SAMPLE_CELLS(&s, "interrupt-parent", 1);
	sample_node(&s, "aliases");
	sample_string(&s, "serial0", "/soc/uart@10000000");
	sample_end(&s);

	sample_node(&s, "cpus");
	SAMPLE_CELLS(&s, "#address-cells", 1);
	SAMPLE_CELLS(&s, "#size-cells", 0);
	sample_node(&s, "cpu@1");
	SAMPLE_CELLS(&s, "reg", 1);
	sample_node(&s, "intc");
	SAMPLE_CELLS(&s, "phandle", 2);
	SAMPLE_CELLS(&s, "#interrupt-cells", 1);
	sample_end(&s);
	sample_end(&s);
	sample_end(&s);

	sample_cell(&s, 4);
	sample_node(&s, "soc");
	SAMPLE_CELLS(&s, "#address-cells", 1);
	sample_cell(&s, 4);
	SAMPLE_CELLS(&s, "#size-cells", 1);
	sample_string(&s, "compatible", "simple-bus");
	SAMPLE_CELLS(&s, "ranges", 0x10000000, 1, 0x10000000, 0x1000000);
	sample_node(&s, "uart@10000000");
	sample_prop(&s, "compatible", "ns16550a\0ns16550", 17);
	SAMPLE_CELLS(&s, "reg", 0x10000000, 0x100);
	SAMPLE_CELLS(&s, "interrupts", 10, 11);
	sample_end(&s);
	sample_node(&s, "uart@10001000");
	sample_string(&s, "status", "disabled");
	SAMPLE_CELLS(&s, "reg", 0x20000000, 0x100);
	sample_end(&s);
	sample_node(&s, "plic@c000000");
	SAMPLE_CELLS(&s, "phandle", 1);
	SAMPLE_CELLS(&s, "#interrupt-cells", 1);
	SAMPLE_CELLS(&s, "interrupts-extended", 2, 11, 2, 9);
	sample_end(&s);
	sample_end(&s);

	sample_node(&s, "mid");
	sample_node(&s, "leaf@7");
	SAMPLE_CELLS(&s, "reg", 0, 7, 8);
	sample_end(&s);
	sample_end(&s);
	sample_end(&s);
	sample_cell(&s, 9);
	return sample_blob(&s, size);
}

#endif
