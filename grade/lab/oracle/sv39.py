"""What a machine's memory and page tables hold, read from outside while it stands still.

    with Stopped(machine) as still:
        hart = still.user()                     # the hart that runs a program
        space = still.space(hart.satp)
        page = space.find(0x10000)              # a Page, or None
        for page in space.pages(): ...          # every leaf, in order of address

Nothing of this asks the kernel under test: registers and physical memory come from QEMU (QMP), and the tables are
walked here, entry by entry, as the privileged ISA says (12.4, Sv39).  What a hart would refuse, a leaf that is not
aligned, reserved bits, write without read, is a Broken; so is a table outside of RAM, for a kernel may write anything
into an entry.  `machine` is whatever has qmp() and hmp(): a grade.machine.Machine, or a Monitor below.
"""

import json
import re
import secrets
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PAGE = 4096
V, R, W, X, U, G, A, D = (1 << n for n in range(8))
RESERVED = ~((1 << 54) - 1)                     # no extension that uses these bits is switched on by this kernel
USER_TOP = 1 << 38
TRIES = 100
RAM = 0x80000000                                # on every board we run


class Broken(AssertionError):
    """A page table no hart could use, or none at all."""


@dataclass(frozen=True)
class Page:
    """One leaf: `size` bytes at virtual va are physical pa."""
    va: int
    pa: int
    size: int
    flags: int                                  # V R W X U G A D, and 8, 9 for software

    def may(self):
        """Permissions as rwxu."""
        return "".join(c if self.flags & bit else "-" for c, bit in zip("rwxu", (R, W, X, U)))

    def __str__(self):
        return f"{self.va:#x} -> {self.pa:#x}, {self.size >> 10} KiB, {self.may()}"


class Monitor:
    """QMP on a socket in the file system: a machine that somebody else started."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rwb")
        self._file.readline()                   # the greeting
        self.qmp("qmp_capabilities")

    def qmp(self, execute, **arguments):
        tag = secrets.token_hex(4)
        self._file.write(json.dumps({"execute": execute, "arguments": arguments, "id": tag}).encode() + b"\n")
        self._file.flush()
        while line := self._file.readline():
            answer = json.loads(line)
            if answer.get("id") == tag:
                if "error" in answer:
                    raise OSError(f"QMP {execute}: {answer['error']['desc']}")
                return answer["return"]
        raise OSError(f"QMP {execute}: QEMU closed the connection")

    def hmp(self, command):
        return self.qmp("human-monitor-command", **{"command-line": command})


class Hart:
    """One hart's registers."""

    def __init__(self, number, text):
        self.number = number
        self.registers = {}
        for name, value in re.findall(r"(?:x\d+/)?([a-z][a-z0-9]*)\s+([0-9a-f]{16})\b", text):
            self.registers.setdefault(name, int(value, 16))

    def __getattr__(self, name):
        try:
            return self.registers[name]
        except KeyError:
            raise AttributeError(name) from None

    def in_program(self):
        """Does it run a program?  Those live in the lower half, which no kernel executes from."""
        return self.pc < USER_TOP and self.satp >> 60 == 8


class Stopped:
    """A machine that stands still while it is looked at; program=True: while a hart runs a program, if one ever does."""

    def __init__(self, machine, program=False):
        self.machine, self.program = machine, program
        self.ram = (RAM, RAM + machine.qmp("query-memory-size-summary")["base-memory"])
        self._cache = {}
        self._folder = tempfile.TemporaryDirectory(prefix="sv39-")

    def __enter__(self):
        self._was_running = self.machine.qmp("query-status")["status"] == "running"
        for _ in range(TRIES):
            self.machine.qmp("stop")
            text = self.machine.hmp("info registers -a")
            self.harts = [Hart(int(n), regs) for n, regs in re.findall(r"CPU#(\d+)(.*?)(?=CPU#|\Z)", text, re.S)]
            if not self.program or self.user() or not self._was_running:
                break
            self.machine.qmp("cont")            # an interrupt, say
            time.sleep(0.01)
        self.machine.qmp("stop")
        return self

    def __exit__(self, *exc):
        self._folder.cleanup()
        if self._was_running:
            self.machine.qmp("cont")

    def user(self):
        """The hart that runs a program, which the test made spin; None."""
        return next((h for h in self.harts if h.in_program()), None)

    def read(self, pa, size):
        """size bytes of physical memory."""
        if not self.ram[0] <= pa <= pa + size <= self.ram[1]:
            raise Broken(f"{pa:#x} is not RAM, which is {self.ram[0]:#x} to {self.ram[1]:#x}")
        path = Path(self._folder.name) / "memory"
        self.machine.qmp("pmemsave", val=pa, size=size, filename=str(path))
        return path.read_bytes()

    def table(self, pa):
        """The 512 entries of a page-table page."""
        if pa not in self._cache:
            data = self.read(pa, PAGE)
            self._cache[pa] = [int.from_bytes(data[i:i + 8], "little") for i in range(0, PAGE, 8)]
        return self._cache[pa]

    def space(self, satp):
        if satp >> 60 != 8:
            raise Broken(f"satp is {satp:#x}: its mode is not Sv39")
        return Space(self, (satp & ((1 << 44) - 1)) << 12)

    def bytes(self, space, va, size):
        """What a program would read at va; None where nothing is mapped."""
        out = b""
        while size:
            page = space.find(va)
            if page is None:
                return None
            step = min(size, page.va + page.size - va)
            out += self.read(page.pa + va - page.va, step)
            va, size = va + step, size - step
        return out


class Space:
    """The translation that one root table means."""

    def __init__(self, still, root):
        self.still, self.root = still, root

    def _entry(self, entry, va, level):
        """What an entry that covers va at this level is: None, the table below, or a Page."""
        if not entry & V:
            return None
        if entry & RESERVED:
            raise Broken(f"the entry of {va:#x} has reserved bits: {entry:#x}")
        pa, size = (entry >> 10 & ((1 << 44) - 1)) << 12, PAGE << 9 * level
        if entry & (R | W | X):
            if entry & W and not entry & R:
                raise Broken(f"the entry of {va:#x} may be written but not read: {entry:#x}")
            if pa & (size - 1):
                raise Broken(f"the leaf of {va:#x} covers {size >> 10} KiB, but {pa:#x} is no multiple of that")
            return Page(va, pa, size, entry & 0x3ff)
        if level == 0:
            raise Broken(f"the last-level entry of {va:#x} has none of R, W and X: {entry:#x}")
        if entry & (D | A | U):
            raise Broken(f"the entry of {va:#x} points to a table, and has A, D or U: {entry:#x}")
        return pa

    def find(self, va):
        """The Page that maps va; None."""
        table = self.root
        for level in (2, 1, 0):
            size = PAGE << 9 * level
            what = self._entry(self.still.table(table)[va // size & 511], va & ~(size - 1), level)
            if not isinstance(what, int):
                return what
            table = what
        return None

    def _walk(self, table, va, level, first, last):
        size = PAGE << 9 * level
        for i in range(first, last):
            at = va + i * size
            if level == 2 and i >= 256:
                at |= -1 << 39 & (1 << 64) - 1
            what = self._entry(self.still.table(table)[i], at, level)
            if isinstance(what, int):
                yield level - 1, at, what
                yield from self._walk(what, at, level - 1, 0, 512)
            elif what:
                yield what

    def _half(self, kernel):
        return self._walk(self.root, 0, 2, *((256, 512) if kernel else (0, 256)))

    def pages(self, kernel=False):
        """Every leaf of the user half, or of the kernel half."""
        return [p for p in self._half(kernel) if isinstance(p, Page)]

    def tables(self, kernel=False):
        """Every table below the root: (level, the address it begins to map, where it is)."""
        return [t for t in self._half(kernel) if not isinstance(t, Page)]

    def entries(self, table):
        """How many entries of a table are not 0."""
        return sum(e != 0 for e in self.still.table(table))


def runs(pages):
    """Neighbours with the same permissions, and one after the other in physical memory too, as one Page."""
    out = []
    for p in pages:
        last = out[-1] if out else None
        if last and last.va + last.size == p.va and last.pa + last.size == p.pa and last.may() == p.may():
            out[-1] = Page(last.va, last.pa, last.size + p.size, last.flags)
        else:
            out.append(p)
    return out
