"""Schedulers that are wrong on purpose, each of which a check must catch: else it proves nothing.

A mutant is one replacement in one file. If its old text is gone, the source has moved on and the mutant must
follow: that is an error, not a pass.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from grade.machine import BUILD, ROOT
from grade.sched import checks
from grade.sched.trace import NotMeasured

KERNEL = ("arch", "drivers", "fs", "kernel", "lib", "mm", "net")


class Mutant:
    """In the first of its places, (file, old, new), whose file has old once, that becomes new."""

    def __init__(self, name, check, *places):
        self.name, self.check, self.places = name, check, places    # check: takes kernel=IMAGE, as those of checks.py


def orders(**how):
    return checks.orders(40, seed=3, **how)


def intervals(**how):
    return checks.orders(150, kinds=("rr", "mixed"), **how)


def inheritance(**how):
    return checks.inheritance(20, **how)


def shares(policy):
    return lambda **how: checks.shares(policy, 4, **how)


def wakeups(**how):
    return checks.wakeups(4000, **how)


RT, SCHED, ROUND, BALANCE, PI, TIME, FAIR = (f"kernel/{n}.c" for n in (
    "sched_rt", "sched", "sched_rr", "balance", "pi", "time", "sched_fair"))
RR_INTERVAL = "READ_ONCE(sched_rr_timeslice_ms) * NSEC_PER_MSEC"

MUTANTS = [
    Mutant("preempted to the tail", orders, (RT, "rt_add(rq, t, !over);", "rt_add(rq, t, false);")),
    Mutant("woken to the head", orders, (RT, "	}\n	rt_add(rq, t, false);", "	}\n	rt_add(rq, t, how & ENQ_WAKE);")),
    Mutant("the interval doubled", orders, (RT, "= SCHED_RR_TIMESLICE_MS;", "= 2 * SCHED_RR_TIMESLICE_MS;")),
    Mutant("FIFO with an interval", orders,
           (RT, f"t->se.policy == SCHED_RR ? {RR_INTERVAL} : 0", RR_INTERVAL)),
    Mutant("the lowest first", orders, (RT, "? bit_highest(rq->rt.bitmap[0])", "? bit_lowest(rq->rt.bitmap[0])")),
    Mutant("yield to the head", orders, (RT, "bool over = yielded || !rt_turn(t);", "bool over = !rt_turn(t);")),
    Mutant("a fresh interval after preemption", intervals,
           (RT, "	if (over)\n		t->se.slice_used = 0;", "	t->se.slice_used = 0;")),
    Mutant("an interval ends when the one before would", intervals,
           (SCHED, "MIN(left, SLICE_LOOK);\n	return left == SLICE_FOREVER || (timer_pending(&rq->slice) && "
            "rq->slice.expires <= end) ?", "left;\n	return left == SLICE_FOREVER || timer_pending(&rq->slice) ?")),
    Mutant("lowered to the tail", orders, (SCHED, "if (queued && lowered) {", "if (false) {")),
    Mutant("round-robin without nice", shares("rr"), (ROUND, "	int nice = t->se.nice;", "	int nice = 0;")),
    Mutant("fair without nice", shares("fair"), (FAIR, "weights[20 + se->nice]", "weights[20]")),
    Mutant("newcomer at zero", checks.newcomers, (FAIR, "	se->vruntime += time;", "	se->vruntime = 0;")),
    Mutant("a sleeper is owed all it slept", checks.newcomers, (FAIR, "	if (ahead < -(s64)se->vslice)", "	if (false)")),
    Mutant("affinity ignored on wake", checks.affinity, (BALANCE, "allowed = t->se.allowed;", "allowed = ~0UL;")),
    Mutant("affinity ignored by stealing", checks.affinity,
           (FAIR, "		if (!(t->se.allowed & BIT(to_cpu)))", "		if (false)"),
           (ROUND, "		if (t->se.allowed & BIT(to_cpu))", "		if (true)")),
    Mutant("nobody gives a task away", lambda **how: checks.equals(10, seconds=20, **how),
           (BALANCE, "	worth = t && worth_giving(from, to, t);", "	worth = false;")),
    Mutant("inheritance one deep", inheritance, (PI, "t && n < PI_CHAIN_MAX;", "t && n < 1;")),
    Mutant("inherited for ever", inheritance, (PI, "	sched_donate(t, w ? w->loan.prio : 0);",
                                               "	if (w)\n			sched_donate(t, w->loan.prio);")),
    Mutant("who gave up still lends", inheritance, (PI, """	list_remove(&w->place.link);
	loan_begin(l);
	chain_update(l->owner);""", """	list_remove(&w->place.link);
	loan_begin(l);""")),
    Mutant("the last to lend decides", inheritance, (PI, "plist_add(&l->owner->pi_loans, &w->loan);",
                                                     "list_push_front(&l->owner->pi_loans, &w->loan.link);")),
    Mutant("preempted on the way to sleep, asleep", wakeups,
           (SCHED, "if (state == TASK_RUNNING || mode == PREEMPTED) {", "if (state == TASK_RUNNING) {")),
    Mutant("each hart its own clock", checks.clocks, (TIME, """u64
clock_monotonic(void)
{
	return ticks_to_monotonic(timer_ticks());""", """#include "kernel/task.h"

u64
clock_monotonic(void)
{
	return ticks_to_monotonic(timer_ticks() - 200000 * current->cpu);""")),
]


def scratch(folder):
    """Copy the tree and what is compiled of the kernel, so that a mutant costs one file and a link."""
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True,
                           text=True, check=True).stdout.split("\n")
    for path in (Path(n) for n in names if n and (ROOT / n).is_file()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    for path in (p for suffix in ("o", "d", "h", "so") for p in BUILD.rglob(f"*.{suffix}") if p.is_file()):
        to = path.relative_to(BUILD)
        if len(to.parts) == 1 or to.parts[0] in KERNEL:
            (folder / "build" / to).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / "build" / to)
    return folder


def make(folder):
    r = subprocess.run(["make", "-s", "build/Image"], cwd=folder, capture_output=True, text=True)
    if r.returncode:
        raise RuntimeError(f"a mutant does not compile:\n{r.stdout[-1000:]}{r.stderr[-3000:]}")
    return folder / "build/Image"


def caught(mutant, folder):
    """By what: a line; None if the check saw nothing."""
    for file, old, new in mutant.places:
        path = folder / file
        text = path.read_text() if path.exists() else ""
        if text.count(old) == 1:
            break
    else:
        raise RuntimeError(f"no place has it once: {mutant.places[0][1].strip()}")
    path.write_text(text.replace(old, new))
    try:
        bad = mutant.check(kernel=make(folder))
        return bad[0] if bad else None
    except AssertionError as e:         # it hung or died (MachineError): seen, too
        return str(e)
    finally:
        path.write_text(text)


def run(only=""):
    """Every mutant whose name has `only`; the names of those that got away."""
    away = []
    with tempfile.TemporaryDirectory(prefix="sextant-mutants-") as name:
        folder = scratch(Path(name))
        for m in (m for m in MUTANTS if only in m.name):
            if not any((folder / place[0]).exists() for place in m.places):
                print(f"  -       {m.name}: this kernel has no {m.places[0][0]}", flush=True)
                continue
            try:
                by = caught(m, folder)
            except NotMeasured as why:
                away.append(f"{m.name}: not measured")
                print(f"  -       {m.name}: not measured: {why}", flush=True)
                continue
            except RuntimeError as e:
                away.append(f"{m.name}: broken")
                print(f"  BROKEN  {m.name}: {e}", flush=True)
                continue
            print(f"  {'caught' if by else 'AWAY  '}  {m.name}: {(by or '').splitlines()[0][:90] if by else 'nobody saw it'}",
                  flush=True)
            away += [] if by else [m.name]
    return away
