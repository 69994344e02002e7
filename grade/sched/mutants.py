"""Schedulers that are wrong on purpose, each of which a check must catch: else it proves nothing.

A mutant is one replacement in one file. If its old text is gone, the source has moved on and the mutant must
follow: that is an error, not a pass.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grade.machine import BUILD, ROOT, MachineError
from grade.sched import checks


@dataclass
class Mutant:
    """file's old text, there once, becomes new."""
    name: str
    file: str
    old: str
    new: str
    check: object                       # a function that takes kernel=IMAGE, as those of checks.py


def orders(**how):
    return checks.orders(40, seed=3, **how)


def wakeups(**how):
    return checks.wakeups(4000, **how)


MUTANTS = [
    Mutant("preempted to the tail", "kernel/sched_rt.c", "	if (yielded) {", "	if (true) {", orders),
    Mutant("woken to the head", "kernel/sched_rt.c", "	list_push_back(&rq->rt[t->se.prio], &t->se.link);",
           "	(wakeup ? list_push_front : list_push_back)(&rq->rt[t->se.prio], &t->se.link);", orders),
    Mutant("the interval doubled", "kernel/sched_rt.c", "(100 * NSEC_PER_MSEC)", "(200 * NSEC_PER_MSEC)", orders),
    Mutant("FIFO with an interval", "kernel/sched_rt.c", "t->se.policy == SCHED_RR ? RR_SLICE_NS : 0", "RR_SLICE_NS",
           orders),
    Mutant("the lowest first", "kernel/sched_rt.c", "? bit_highest(rq->rt_bitmap[0])", "? bit_lowest(rq->rt_bitmap[0])",
           orders),
    Mutant("yield to the head", "kernel/sched.c", "bool over = mode == YIELDED || rq->slice_over;",
           "bool over = rq->slice_over;", orders),
    Mutant("a fresh interval after preemption", "kernel/sched.c", "prev->se.slice_left = left - ran;",
           "prev->se.slice_left = 0;", orders),
    Mutant("an interval ends when the one before would", "kernel/sched.c",
           "(timer_pending(&rq->slice) && rq->slice.expires <= end)", "timer_pending(&rq->slice)", orders),
    Mutant("lowered to the tail", "kernel/sched.c", "if (queued && prio && prio < before) {", "if (false) {", orders),
    Mutant("round-robin without nice", "kernel/sched_rr.c", "	int nice = t->se.nice;", "	int nice = 0;",
           lambda **how: checks.shares("rr", 3, **how)),
    Mutant("affinity ignored on wake", "kernel/balance.c", "allowed = t->se.allowed;", "allowed = ~0UL;", checks.affinity),
    Mutant("affinity ignored by stealing", "kernel/sched_rr.c", "		if (t->se.allowed & BIT(to_cpu))", "		if (true)",
           checks.affinity),
    Mutant("preempted on the way to sleep, asleep", "kernel/sched.c",
           "if (state == TASK_RUNNING || mode == PREEMPTED) {", "if (state == TASK_RUNNING) {", wakeups),
    Mutant("each hart its own clock", "kernel/time.c", """u64
clock_monotonic(void)
{
	return ticks_to_monotonic(timer_ticks());""", """#include "kernel/task.h"

u64
clock_monotonic(void)
{
	return ticks_to_monotonic(timer_ticks() - 20000 * current->cpu);""", checks.clocks),
]


def scratch(folder):
    """Copy the tree and what is compiled of the kernel, so that a mutant costs one file and a link."""
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True,
                           text=True, check=True).stdout.split("\n")
    for path in (Path(n) for n in names if n and (ROOT / n).is_file()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    for path in (p for suffix in ("o", "d", "h", "so") for p in BUILD.rglob(f"*.{suffix}")):
        to = folder / "build" / path.relative_to(BUILD)
        if to.relative_to(folder).parts[1] not in ("debug", "llvm", "llvm-debug", "host", "user", "debian"):
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, to)
    return folder


def make(folder):
    r = subprocess.run(["make", "-s", "build/Image"], cwd=folder, capture_output=True, text=True)
    if r.returncode:
        raise RuntimeError(f"a mutant does not compile:\n{r.stdout[-1000:]}{r.stderr[-3000:]}")
    return folder / "build/Image"


def caught(mutant, folder):
    """By what: a line; None if the check saw nothing."""
    path = folder / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        raise RuntimeError(f"{mutant.name}: {mutant.file} has {text.count(mutant.old)} times, not once: {mutant.old.strip()}")
    path.write_text(text.replace(mutant.old, mutant.new))
    try:
        bad = mutant.check(kernel=make(folder))
        return bad[0] if bad else None
    except (MachineError, AssertionError) as e:         # it hung or died: seen, too
        return str(e)
    finally:
        path.write_text(text)


def run(only=""):
    """Every mutant whose name has `only`; the names of those that got away."""
    away = []
    with tempfile.TemporaryDirectory(prefix="sextant-mutants-") as name:
        folder = scratch(Path(name))
        for m in (m for m in MUTANTS if only in m.name):
            try:
                by = caught(m, folder)
            except RuntimeError as e:
                away.append(f"{m.name}: broken")
                print(f"  BROKEN  {m.name}: {e}", flush=True)
                continue
            print(f"  {'caught' if by else 'AWAY  '}  {m.name}: {(by or '').splitlines()[0][:90] if by else 'nobody saw it'}",
                  flush=True)
            away += [] if by else [m.name]
    return away
