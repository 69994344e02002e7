"""Run task sets in a machine and read from outside who ran when.

    traces = run(sets, icount=True)         one Trace a set, as plugin.c saw it

QEMU's plugins do it: `plugin()` compiles ours, and tells why where that cannot be: then nothing is measured, and
nothing passes.
"""

import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from grade.cpio import pack
from grade.machine import BUILD, OUT, ROOT, Machine
from grade.qemu_plugin import NotMeasured, compiled

__all__ = ["NotMeasured", "Run", "Trace", "parse", "plugin", "run", "watch", "with_programs"]
SOURCE = ROOT / "grade/sched/plugin.c"
BEGIN, END, DONE, DUE, WAKE, WOKEN, GAVE_UP, OWN = range(1, 9)     # user/sched/marker.h
UNIT = 500                              # instructions, there too
LEAD = 30_000_000                       # ns from BEGIN to time 0 (user/sched/work.c)
NEVER = 1 << 63


@dataclass
class Run:
    """hart executed units of id's marker, and nobody else's in between."""
    hart: int
    id: int
    units: int
    start: int                          # ns; with the host's clock those of the host
    last: int                           # when the last of them began; with the host's clock: when another followed
    cpu: int = 0                        # with the host's clock: how long the host had the hart run meanwhile, ns


@dataclass
class Trace:
    """What was seen of one task set; times are the set's own (0: where arrivals count from)."""
    runs: list = field(default_factory=list)            # by start
    events: list = field(default_factory=list)          # (time, kind, id, hart)

    def order(self):
        """[(id, units, start)] from time 0 on: runs of the same worker one after the other are one."""
        merged = []
        for r in (r for r in self.runs if r.last > 0):
            units, start = r.units, max(r.start, 0)
            if r.start < 0:
                units = units * r.last // (r.last - r.start)
            if merged and merged[-1][0] == r.id:
                merged[-1][1] += units
            else:
                merged.append([r.id, units, start])
        return [tuple(m) for m in merged]

    def units(self, start=0, end=None):
        """{id: units it had}; a run that is partly outside counts for its part."""
        total = {}
        for r in self.runs:
            length = max(r.last - r.start, 1)
            inside = min(r.last, end if end is not None else r.last) - max(r.start, start)
            if inside > 0 or (inside == 0 and r.units == 1):
                total[r.id] = total.get(r.id, 0) + r.units * min(1, max(inside, 1) / length)
        return total

    def stall(self):
        """With the host's clock: the longest that the host let a hart wait in one run, ns."""
        return max((r.last - r.start - r.cpu for r in self.runs if r.last - r.start > 2 * r.cpu), default=0)

    def of(self, kind, id=None):
        """The times of an event."""
        return [t for t, k, i, _ in self.events if k == kind and id in (None, i)]


def plugin():
    """The path of the plugin, compiled; NotMeasured if this machine cannot have it."""
    return compiled(SOURCE)


def with_programs(build, files):
    """The build's initramfs with user/sched's programs and these files in /sched: a new file."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"sched-{os.getpid()}-{secrets.token_hex(4)}.cpio"
    programs = {f"sched/{p.name}": (0o100755, p.read_bytes()) for p in (ROOT / build / "user/sched").iterdir()}
    path.write_bytes((ROOT / build / "initramfs.cpio").read_bytes() + pack(
        {"sched": "dir", **programs, **{f"sched/{n}": text.encode() for n, text in files.items()}}))
    return path


def watch(command, files=(), cpus=1, icount=True, append="", build=BUILD, name="sched", timeout=120, kernel=None):
    """Run a command of user/sched in a machine to its end; (what it printed, [Trace])."""
    seen = OUT / f"{name}-{os.getpid()}.trace"
    initrd = with_programs(build, dict(files))
    how = f"{plugin()},out={seen},clock={'insn' if icount else 'host'}"
    try:
        with Machine(build=build, cpus=cpus, icount=icount, initrd=initrd, kernel=kernel, name=name, extra=["-plugin", how],
                     append=f"quiet {append} -- {command}") as m:
            m.wait(timeout)
            return m.text(), parse(seen.read_text(), not icount)
    finally:
        initrd.unlink(missing_ok=True)
        seen.unlink(missing_ok=True)


def run(sets, **how):
    """One Trace for each set (anything whose str() is a set's text)."""
    how.setdefault("timeout", 60 + 2 * sum(s.length for s in sets) / 1e9)
    said, traces = watch("/sched/work /sched/sets", {"sets": "".join(map(str, sets))}, **how)
    if not re.search(r"work: all done", said):
        raise AssertionError(f"the task sets did not come to an end:\n{said[-2000:]}")
    if len(traces) != len(sets):
        raise AssertionError(f"{len(sets)} sets, {len(traces)} seen")
    return traces


def parse(text, host_clock=False):
    """Traces of what the plugin wrote: between BEGIN and END."""
    lines = [line.split() for line in text.splitlines()]
    events = [(int(t), int(kind), int(id), int(hart)) for what, hart, kind, id, t in
              (line for line in lines if line[0] == "e")]
    runs = [Run(*map(int, line[1:])) for line in lines if line[0] == "r"]
    events.sort()
    runs.sort(key=lambda r: r.start)
    if host_clock:
        close_runs(runs, events)
    traces, i, j = [], 0, 0
    for begin in (e[0] for e in events if e[1] == BEGIN):
        end = next(e[0] for e in events if e[1] == END and e[0] > begin)
        zero = begin + LEAD
        t = Trace()
        while i < len(runs) and runs[i].start < begin:
            i += 1
        while i < len(runs) and runs[i].start < end:
            r = runs[i]
            t.runs.append(Run(r.hart, r.id, r.units, r.start - zero, min(r.last, end) - zero, r.cpu))
            i += 1
        t.events = [(at - zero, *rest) for at, *rest in events if begin < at < end]
        t.length = end - zero
        traces.append(t)
    return traces


def close_runs(runs, events):
    """With the host's clock a run lasts until another begins there, or something happens there."""
    starts = {}
    for at, hart in sorted([(r.start, r.hart) for r in runs] + [(at, hart) for at, _, _, hart in events]):
        starts.setdefault(hart, []).append(at)
    place = dict.fromkeys(starts, 0)
    for r in runs:
        at, r.cpu = starts[r.hart], r.last
        while place[r.hart] < len(at) and at[place[r.hart]] <= r.start:
            place[r.hart] += 1
        r.last = at[place[r.hart]] if place[r.hart] < len(at) else NEVER
