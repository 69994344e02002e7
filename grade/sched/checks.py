"""What a schedule must be like, check by check.

Each is a function that runs what it needs (its keywords go to trace.watch) and returns the lines that say where the
kernel was wrong; none: it was not.
"""

from grade.sched.model import differences
from grade.sched.sets import SLACK, random_sets, simulate
from grade.sched.trace import WAKE, WOKEN, run, watch

WAKE_LATENCY = 200_000                  # ns from a wake-up to the woken worker's next instruction, on one hart


def last_words(said):
    """What a machine said before it ended, but for its farewell."""
    return " / ".join(line for line in said.splitlines()[-12:] if line and not line.startswith(("init:", "[", "Boot")))


def orders(count=200, seed=1, **how):
    """FIFO and RR: orders, quanta and preemptions of random task sets equal the simulation's."""
    sets = random_sets(count, seed)
    bad = []
    for s, trace in zip(sets, run(sets, name="sched-orders", **how)):
        bad += [f"{s.name}: {line}\n{s}" for line in differences(simulate(s), trace.order(), SLACK)]
    return bad


def wakeups(phases=10_000, seed=1, cpus=1, **how):
    """No wake-up is lost, whichever instruction of falling asleep it comes after."""
    spread = cpus > 1
    said, traces = watch(f"/sched/wakeups {seed} {phases}{' spread' if spread else ''}", cpus=cpus, icount=not spread,
                         name=f"sched-wakeups-{cpus}", **how)
    if f"wakeups: {phases} phases" not in said:
        return [last_words(said)]
    woke, woken = traces[0].of(WAKE, 2), traces[0].of(WOKEN, 1)
    if len(woke) != phases or len(woken) != phases:
        return [f"{phases} phases: seen were {len(woke)} wake-ups and {len(woken)} ends of sleep"]
    late = [f"phase {n + 1}: woken {b - a} ns after the wake-up" for n, (a, b) in enumerate(zip(woke, woken))
            if b < a or (not spread and b - a > WAKE_LATENCY)]
    return late[:10]


def clocks(rounds=50_000, cpus=4, **how):
    """The clock never steps back from one hart to another."""
    said, _ = watch(f"/sched/clocks {rounds}", cpus=cpus, icount=False, name="sched-clocks", **how)
    return [] if f"clocks: {cpus} harts, {rounds} rounds each, 0 steps back" in said else [last_words(said)]


def at_length(sets, seed):
    """[(name, function)] of all, for make sched-proof."""
    return [("real-time orders", lambda: orders(sets, seed)),
            ("no wake-up lost, one hart", lambda: wakeups(100_000, seed)),
            ("no wake-up lost, four harts", lambda: wakeups(100_000, seed, cpus=4)),
            ("the clock across harts", lambda: clocks(500_000))]
