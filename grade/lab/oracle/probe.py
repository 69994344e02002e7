"""Counts of what a machine executes and stores, taken from outside by plugin.c, at points that a program marks.

    codes = probe.codes(lab.random, 2)                  for MARK(FIRST), MARK(SECOND) in a lab's program
    m, seen = probe.machine(lab, files, icount=True)    with the plugin in it
    ...
    first, second = seen.points(codes)                  second.kernel_bytes - first.kernel_bytes

Where QEMU takes no plugins a test that asks for them is not measured, and has no points.  What is counted proves that
work was done or not, not that it was right: each such test checks an answer too.
"""

from dataclasses import dataclass

from grade.lab.oracle import console
from grade.machine import ROOT
from grade.qemu_plugin import NotMeasured, compiled
from grade.sched.trace import Run

__all__ = ["NotMeasured", "Point", "Run", "Seen", "codes", "machine", "runs"]
SOURCE = ROOT / "grade/lab/oracle/plugin.c"
RUNS = ROOT / "grade/sched/plugin.c"
END = -1


@dataclass
class Point:
    """A hart came to a mark; the counts are the hart's since the machine began."""
    hart: int
    code: int                           # END: the machine's
    address: int
    instructions: int
    kernel_instructions: int            # at the kernel's addresses
    kernel_bytes: int                   # stored from there

    @classmethod
    def parse(cls, line):
        _, hart, code, address, *counts = line.split()
        return cls(int(hart), int(code), int(address, 16), *map(int, counts))


class Seen:
    """What the plugin of a machine has written."""

    def __init__(self, path):
        self.path = path

    def points(self, codes):
        """Points with one of these codes, in order. The kernel's own executions are none: they are not written down."""
        lines = self.path.read_text().rpartition("\n")[0].split("\n")
        return [p for p in map(Point.parse, filter(None, lines)) if p.code in codes]

    def total(self):
        """The sum over the harts, of a machine that has ended."""
        ends = self.points([END])
        return Point(END, END, 0, *(sum(getattr(p, name) for p in ends) for name in
                                    ("instructions", "kernel_instructions", "kernel_bytes")))


def codes(random, n):
    """n different codes, for `slti x0, x0, CODE`."""
    return random.sample(range(1, 2048), n)


def machine(lab, files, **how):
    """(lab.machine(...), Seen); NotMeasured if this QEMU takes no plugins."""
    path = lab.out / f"{lab.test.id}.probe"
    m = lab.machine(files, extra=["-plugin", f"{compiled(SOURCE)},out={path}"], **how)
    return m, Seen(path)


def runs(lab, files, said, timeout=8, **how):
    """Who ran when on one hart: [Run] by the marks in tasks' loops, times in instructions, once the machine has said `said`.

    The match, too.  This is grade/sched/plugin.c; a Run ends where another's mark is executed.
    """
    path = lab.out / f"{lab.test.id}.runs"
    m = lab.machine(files, harts=1, icount=True, extra=["-plugin", f"{compiled(RUNS)},out={path},clock=insn"], **how)
    match = console.said(m, said, timeout)
    m.qmp("quit")
    m.wait()
    lines = [line.split() for line in path.read_text().splitlines()]
    return sorted((Run(*map(int, words[1:])) for words in lines if words[0] == "r"), key=lambda r: r.start), match
