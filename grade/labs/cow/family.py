"""A family of processes over one region: steps for programs/family.c, and which frame each page must be in after them.

The model does one step after the other, as the program does.  A frame belongs to one page of the processes that share
it; who writes to one that others have too gets the next frame.  check() compares that with the page tables of a
stopped machine: not the numbers of frames, which are the kernel's choice, but who shares with whom.
"""

import struct
import time

from grade.lab.oracle import console
from grade.lab.oracle.sv39 import PAGE, U, W, Stopped
from grade.machine import Limit

WRITE, WRITE_BY_CALL, READ, FORK, END = range(5)
GIB = 1 << 30


class Frame:
    """What one page holds: words by offset; the rest is zeros."""

    def __init__(self, words=()):
        self.words = dict(words)


class Family:
    def __init__(self, random, pages):
        self.random, self.pages = random, pages
        self.region = random.randrange(16, 200) * GIB + random.randrange(1, 511) * (1 << 21) - random.randrange(pages) * PAGE
        self.name_page = self.region - random.randrange(8, 64) * PAGE
        self.tag = random.getrandbits(62)
        self.steps = []
        self.space = {0: {}}            # process -> page -> Frame, or None: read, and never written by anybody
        self.fresh = {0: set()}         # pages that it wrote since its last fork
        self.written = 0                # how often a page that others had was written: copies that are needed

    # ---- steps ----

    def step(self, who, verb, a=0, b=0):
        self.steps.append(struct.pack("<2I2Q", who, verb, a, b))

    def write(self, who, page, by_call=False):
        space, offset = self.space[who], self.random.randrange(512) * 8
        word = self.random.getrandbits(64) | 1
        frame = space.get(page)
        if frame is None:
            space[page] = Frame()
        elif sum(other.get(page) is frame for other in self.space.values()) > 1:
            space[page] = Frame(frame.words)
            self.written += 1
        space[page].words[offset] = word
        self.fresh[who].add(page)
        self.step(who, WRITE_BY_CALL if by_call else WRITE, self.region + page * PAGE + offset, word)

    def read(self, who, page):
        frame = self.space[who].setdefault(page, None)
        offset = self.random.choice([*frame.words, self.random.randrange(512) * 8]) if frame else self.random.randrange(512) * 8
        self.step(who, READ, self.region + page * PAGE + offset, frame.words.get(offset, 0) if frame else 0)

    def fork(self, parent):
        child = max(self.space) + 1
        while child in self.ended():
            child += 1
        self.space[child] = dict(self.space[parent])
        self.fresh[parent], self.fresh[child] = set(), set()
        self.step(parent, FORK, child)
        self.parents = {**getattr(self, "parents", {}), child: parent}
        return child

    def ended(self):
        return set(getattr(self, "parents", {})) - set(self.space)

    def end(self, who):
        del self.space[who]
        self.step(who, END, 0, self.parents[who])

    # ---- the machine ----

    def run(self, lab, **how):
        """Start the machine and let it come to the end of the script."""
        script, word = f"s{lab.random.getrandbits(32):x}", f"{lab.random.getrandbits(64):x}"
        program = lab.program("family", SCRIPT=f'"{script}"', WORD=f'"{word}"', REGION=f"{self.region:#x}UL", PAGES=self.pages,
                              NAME=f"{self.name_page:#x}UL", TAG=f"{self.tag}UL", ALIVE=len(self.space))
        m = lab.machine({"init": (0o100755, program.read_bytes()), script: (0o100644, b"".join(self.steps))}, **how)
        said = console.said(m, rf"{word}|(refused|wrong): [^\r\n]*", timeout=15)[0].decode()
        assert said == word, said
        return m

    def check(self, still, spaces):
        """Every page of every process against the model; (how many were copied, how many should have been)."""
        place, owner, wrong = {}, {}, []
        self.memory = frames(still, {p.pa for space in spaces.values() for page in range(self.pages)
                                     if (p := space.find(self.region + page * PAGE))})
        extra = set()                   # frames that should be one with another
        for who, model in sorted(self.space.items()):
            for page in range(self.pages):
                va = self.region + page * PAGE
                found = spaces[who].find(va)
                if model.get(page) is None:
                    wrong += self.check_untouched(who, page, found, place)
                    continue
                frame = model[page]
                if not found:
                    wrong.append(f"page {page} of process {who} was written to, and is not there")
                    continue
                known = place.setdefault(frame, found.pa)
                if known != found.pa and found.pa not in extra:
                    extra.add(found.pa)
                    wrong.append(f"page {page} of process {who} was copied, and nobody wrote to it since the fork")
                elif owner.setdefault(found.pa, frame) is not frame:
                    wrong.append(f"page {page} of process {who} is in a frame that another page has, which was written to since")
                shared = sum(other.get(page) is frame for other in self.space.values()) > 1
                if found.flags & W and shared:
                    wrong.append(f"page {page} of process {who} may be written, and nobody wrote to it since the fork")
                if not found.flags & U:
                    wrong.append(f"page {page} of process {who} is not the program's: PTE_U is missing")
                if page in self.fresh[who] and not found.flags & W:
                    wrong.append(f"page {page} of process {who} was written to just now, and cannot be written to again")
                wrong += self.check_content(who, page, found, frame)
        return self.written + len(extra), wrong

    def check_untouched(self, who, page, found, place):
        """Nobody ever wrote there: nothing, or, if it was read, the frame of zeros, which nobody may write."""
        if not found:
            return []
        if page not in self.space[who]:
            return [f"page {page} of process {who} has a frame, and nobody touched it yet"]
        if found.flags & W:
            return [f"page {page} of process {who} was only read, and may be written: {found}"]
        if place.setdefault("zeros", found.pa) != found.pa:
            return [f"page {page} of process {who} was only read, and has a frame of its own: zeros are all alike"]
        return self.check_content(who, page, found, Frame())

    def check_content(self, who, page, found, frame):
        data = self.memory[found.pa]
        want = bytearray(PAGE)
        for offset, word in frame.words.items():
            struct.pack_into("<Q", want, offset, word)
        if data == want:
            return []
        at = next(i for i in range(0, PAGE, 8) if data[i:i + 8] != want[i:i + 8])
        return [f"page {page} of process {who} holds {int.from_bytes(data[at:at + 8], 'little'):#x} at {at:#x}, "
                f"where {int.from_bytes(want[at:at + 8], 'little'):#x} was written"]


def frames(still, wanted):
    """{physical address: the page there}; neighbours are read at once."""
    found, run = {}, []
    for pa in [*sorted(wanted), None]:
        if run and (pa is None or pa - run[-1] > 16 * PAGE):
            data = still.read(run[0], run[-1] + PAGE - run[0])
            found |= {at: data[at - run[0]:at - run[0] + PAGE] for at in run}
            run = []
        run.append(pa)
    return found


def names(machine, name_page, tag, who, seconds=10):
    """{process: satp} of processes that all spin, each with its number in its page of names."""
    found, limit = {}, Limit(machine, seconds)
    while set(found) != set(who):
        assert not limit.passed(), f"process {min(set(who) - set(found))} never runs, or its page of names is not its own"
        with Stopped(machine, program=True) as still:
            for hart in still.harts:
                word = hart.in_program() and still.bytes(still.space(hart.satp), name_page, 8)
                number = int.from_bytes(word, "little") - tag if word else -1
                if number in who:
                    found[number] = hart.satp
        time.sleep(0.02)
    return found


def summary(wrong, first):
    """A failure's message: the number, and the first few."""
    assert not wrong, "\n".join([first, *wrong[:4], *([f"... and {len(wrong) - 4} more"] if len(wrong) > 4 else [])])


# ---- the picture ----

COLUMNS, CELL = 128, 7
COLOURS = {"not there": "#eeeeee", "zeros": "#f7e08a", "shared": "#8fb8de", "its own": "#f0a35e", "copied in vain": "#d7263d"}


def sharing(family, spaces):
    """SVG: a strip of squares for each process, one for each page, coloured by whom it is shared with."""
    parts, y = [], 20
    count = {}
    for space in spaces.values():
        for page in range(family.pages):
            if found := space.find(family.region + page * PAGE):
                count[found.pa] = count.get(found.pa, 0) + 1
    for who, space in sorted(spaces.items()):
        parts.append(f'<text x="10" y="{y}">process {who}</text>')
        y += 6
        for page in range(family.pages):
            found = space.find(family.region + page * PAGE)
            frame = family.space[who].get(page)
            should = frame and sum(other.get(page) is frame for other in family.space.values()) > 1
            kind = ("not there" if not found else "zeros" if not frame else "shared" if count[found.pa] > 1 else
                    "copied in vain" if should else "its own")
            parts.append(f'<rect x="{10 + page % COLUMNS * CELL}" y="{y + page // COLUMNS * CELL}" width="{CELL - 1}" '
                         f'height="{CELL - 1}" fill="{COLOURS[kind]}"><title>page {page}: {kind}, {found}</title></rect>')
        y += (family.pages + COLUMNS - 1) // COLUMNS * CELL + 22
    for i, (name, colour) in enumerate(COLOURS.items()):
        parts.append(f'<rect x="{10 + i * 150}" y="{y - 10}" width="12" height="12" fill="{colour}"/>'
                     f'<text x="{28 + i * 150}" y="{y}">{name}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMNS * CELL + 20}" height="{y + 16}" font-family="sans-serif" '
            f'font-size="12"><rect width="100%" height="100%" fill="white"/>' + "\n".join(parts) + "</svg>\n")
