#!/usr/bin/python3
"""Write the kernel's table of its own functions, as assembly, for backtraces.

Reads `nm -n kernel.elf` on stdin.  With --empty, writes a table without entries, for the first link.
The table goes into section .symbols, the last of .rodata, so that text keeps its place when it grows.

    symbol_count    .word   entries
    symbol_table    .word   offset from image_start, offset of the name in symbol_names; ascending
    symbol_names    NUL-terminated strings
"""
import sys


def read_functions(lines):
    """(offset from image_start, name), one for each address in text, ascending."""
    base = end = None
    found = {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue
        addr, kind, name = int(fields[0], 16), fields[1], fields[2]
        if name == "image_start":
            base = addr
        elif name == "image_text_end":
            end = addr
        elif kind in "tT" and not name.startswith((".L", "$")):
            # Of several names for an address a global one, then the first, is kept.
            if addr not in found or (kind == "T" and found[addr][0] == "t"):
                found[addr] = (kind, name)
    if base is None or end is None:
        sys.exit("symbols.py: no image_start or image_text_end among the symbols")
    return [(addr - base, found[addr][1]) for addr in sorted(found) if base <= addr < end]


def write_table(functions, out):
    out.write('\t.section .symbols, "a"\n\t.balign 4\n')
    out.write("\t.globl symbol_count, symbol_table, symbol_names\n")
    out.write(f"symbol_count:\n\t.word {len(functions)}\n")
    out.write("symbol_table:\n")
    offset = 0
    for addr, name in functions:
        out.write(f"\t.word {addr:#x}, {offset}\n")
        offset += len(name) + 1
    out.write("symbol_names:\n")
    for _, name in functions:
        out.write(f'\t.asciz "{name}"\n')


def main():
    functions = [] if sys.argv[1:] == ["--empty"] else read_functions(sys.stdin)
    write_table(functions, sys.stdout)


if __name__ == "__main__":
    main()
