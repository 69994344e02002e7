"""A picture (SVG) of what a stopped machine has where: the runs of pages of one space, its tables, and physical memory.

    svg = draw(still, satp, "after 300 operations")
    python3 -m grade.lab.oracle.map --qmp build/qmp.sock --out out/picture.svg          (make picture)

Left, the addresses that are mapped, a bar for each run of pages; its colour says what may be done there, red means both
written and executed.  Right, physical memory: a square for each piece of it, coloured by what this space has there.
"""

import argparse
import sys
from html import escape
from pathlib import Path

from grade.lab.oracle.sv39 import PAGE, R, W, X, Broken, Monitor, Stopped, runs

COLOURS = {"text": "#4c9f70", "constants": "#5b8def", "data": "#f0a35e", "written and executed": "#d7263d",
           "page tables": "#7b4fa3", "not of this space": "#e8e8e8"}
ROW, BAR, LEFT, COLUMNS, SQUARE = 18, 150, 20, 64, 9
LIMIT = 70                              # rows of each half


def kind(page):
    if page.flags & W and page.flags & X:
        return "written and executed"
    return "text" if page.flags & X else "data" if page.flags & W else "constants" if page.flags & R else ""


def size(n):
    return f"{n >> 30} GiB" if n >= 1 << 30 and n % (1 << 30) == 0 else f"{n >> 20} MiB" if n >= 1 << 20 and n % (1 << 20) == 0 \
        else f"{n >> 10} KiB"


class Canvas:
    def __init__(self):
        self.parts, self.height = [], 0

    def text(self, x, y, text, more=""):
        self.parts.append(f'<text x="{x}" y="{y}" {more}>{escape(text)}</text>')

    def box(self, x, y, w, h, colour, title=""):
        self.parts.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{colour}" stroke="white" stroke-width=".5">'
                          f"<title>{escape(title)}</title></rect>")

    def svg(self, width):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{self.height}" '
                f'font-family="monospace" font-size="11"><rect width="100%" height="100%" fill="white"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")


def rows(canvas, y, title, pages, tables):
    """The runs of one half, from the top down; the y below them."""
    joined = runs(pages)
    mapped = sum(p.size for p in pages)
    large = sum(p.size > PAGE for p in pages)
    canvas.text(LEFT, y, f"{title}: {size(mapped)} in {len(pages)} leaves ({large} large), {len(tables)} tables: "
                         f"{len(tables) * PAGE / mapped if mapped else 0:.2%} of it", 'font-weight="bold"')
    y += 8
    end = None
    for p in joined[:LIMIT]:
        if end is not None and p.va != end:
            y += 5                                      # a gap
        # One page is narrow, the largest run fills the bar: by powers of two.
        canvas.box(LEFT, y, 20 + min(BAR - 20, 7 * (p.size // PAGE).bit_length()), ROW - 4, COLOURS.get(kind(p), "#999"), str(p))
        canvas.text(LEFT + BAR + 8, y + 11, f"{p.va:#018x}  {size(p.size):>8}  {p.may()}  {p.pa:#x}")
        y += ROW
        end = p.va + p.size
    if len(joined) > LIMIT:
        canvas.text(LEFT, y + 11, f"... and {len(joined) - LIMIT} more")
        y += ROW
    return y + ROW


def memory(canvas, x, still, leaves, tables):
    """Physical memory as squares."""
    start, end = still.ram
    piece = PAGE
    while (end - start) // piece > COLUMNS * 64:
        piece *= 2
    what = {}
    for p in leaves:                                    # the kernel's map of all memory says nothing
        if start <= p.pa < end:
            for at in range(p.pa, min(p.pa + p.size, end), min(piece, p.size)):
                what[(at - start) // piece] = kind(p)
    for _, _, pa in tables:
        what[(pa - start) // piece] = "page tables"
    canvas.text(x, 44, f"physical memory: {size(end - start)} from {start:#x}, a square for {size(piece)}", 'font-weight="bold"')
    canvas.box(x, 52, COLUMNS * SQUARE, (end - start) // piece // COLUMNS * SQUARE, COLOURS["not of this space"])
    for i, name in sorted(what.items()):
        canvas.box(x + i % COLUMNS * SQUARE, 52 + i // COLUMNS * SQUARE, SQUARE, SQUARE, COLOURS.get(name, "#999"),
                   f"{start + i * piece:#x} {name}")
    y = 52 + ((end - start) // piece + COLUMNS - 1) // COLUMNS * SQUARE + ROW
    for name, colour in COLOURS.items():
        canvas.box(x, y - 10, 12, 12, colour)
        canvas.text(x + 18, y, name)
        y += ROW
    return y


def draw(still, satp, title=""):
    """The picture of the space that satp names, as text."""
    canvas = Canvas()
    canvas.text(LEFT, 22, f"{title or 'memory'}: satp {satp:#x}", 'font-size="14"')
    try:
        space = still.space(satp)
        user, kernel = space.pages(), space.pages(kernel=True)
        low, high = space.tables(), space.tables(kernel=True)
    except Broken as why:
        canvas.text(LEFT, 44, f"no hart could use this table: {why}", f'fill="{COLOURS["written and executed"]}"')
        canvas.height = 60
        return canvas.svg(1200)
    y = rows(canvas, 44, "program", user, low)
    y = rows(canvas, y + ROW, "kernel", kernel, high)
    x = LEFT + BAR + 440
    direct = [p for p in kernel if p.va - p.pa != 0xffffffc000000000]
    canvas.height = max(y, memory(canvas, x, still, direct + user, low + high)) + ROW
    return canvas.svg(x + COLUMNS * SQUARE + LEFT)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qmp", required=True, help="the socket of a machine that `make run` started")
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    try:
        machine = Monitor(args.qmp)
    except OSError as e:
        sys.exit(f"picture: no machine answers at {args.qmp} ({e.strerror}): start one with `make run` in another terminal")
    with Stopped(machine) as still:
        hart = still.user() or still.harts[0]
        svg = draw(still, hart.satp, f"hart {hart.number}, {'in a program' if hart.in_program() else 'in the kernel'}")
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(svg)
    print(f"  PICTURE {args.out}")


if __name__ == "__main__":
    main()
