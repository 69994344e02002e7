"""Task sets: random ones for the simulation, and those that make a scene.

A random set is one whose order of runs does not hang on how long the kernel takes for a switch or a call: it is
simulated with two costs, and kept only if the runs are the same, each as long as before but for SLACK.
"""

import random

from grade.sched.model import FIFO, RR, Set, Simulation, Task, differences, soak
from grade.sched.trace import UNIT

MS = 1_000_000
UNITS_PER_MS = MS // UNIT
COSTS = 0, 15_000                       # ns: more than our kernel takes
SLACK = UNITS_PER_MS                    # of one run
KINDS = "fifo", "rr", "mixed", "priorities", "crowd"
LOCKS = 4


def simulate(s, cost=0):
    """The order of runs of a set."""
    return Simulation(s.tasks, cost).run(s.length)


def steady(s):
    one, other = (simulate(s, c) for c in COSTS)
    return len(one) > 3 and not list(differences(one, other, SLACK // 2))


def burst(rng, low, high):
    return ("b", int(rng.uniform(low, high) * UNITS_PER_MS))


def sleep(rng, low, high):
    return ("s", int(rng.uniform(low, high) * MS))


def _task(rng, id, kind, prios, others):
    """One worker of a random set."""
    policy = {"fifo": FIFO, "rr": RR, "priorities": FIFO, "crowd": RR}.get(kind) or rng.choice((FIFO, RR))
    longest = 30 if kind in ("crowd", "priorities") else rng.choice((30, 150))
    actions = []
    for _ in range(rng.randint(1, 4)):
        actions.append(burst(rng, 1, longest))
        roll = rng.random()
        if roll < 0.3:
            actions.append(sleep(rng, 1, 60))
        elif roll < 0.5:
            actions.append(("y",))
        elif kind == "priorities" and roll < 0.7:
            actions.append(("p", rng.choice(prios)))
        elif kind == "priorities":
            actions.append(("q", rng.choice(others), rng.choice(prios)))
    if actions[-1][0] != "b":
        actions.append(burst(rng, 1, 20))
    return Task(id, policy, rng.choice(prios), arrival=int(rng.uniform(0, 100 if policy == FIFO else 250) * MS),
                actions=actions)


def _locking_task(rng, id, prios):
    """One that takes locks with inheritance, and more of them inside, always in the same order."""
    actions = [burst(rng, 1, 8)]
    for _ in range(rng.randint(1, 3)):
        held = sorted(rng.sample(range(LOCKS), rng.randint(1, 3)))
        for n in held:
            actions += [("L", n), burst(rng, 1, 12)]
        for n in reversed(held):
            actions += [("U", n), burst(rng, 1, 6)]
        if rng.random() < 0.4:
            actions.append(sleep(rng, 1, 30))
            actions.append(burst(rng, 1, 8))
    return Task(id, FIFO, rng.choice(prios), arrival=int(rng.uniform(0, 80) * MS), actions=actions)


def random_set(seed, kind):
    """The first steady set that the seed leads to."""
    rng = random.Random(f"{kind} {seed}")
    while True:
        n = rng.randint(2, 10 if kind == "crowd" else 6)
        prios = sorted(rng.sample(range(1, 98), n if kind == "locks" else rng.randint(1, 3)))
        ids = list(range(1, n + 1))
        tasks = [soak()] + [_locking_task(rng, id, prios) if kind == "locks" else
                            _task(rng, id, kind, prios, [i for i in ids if i != id] or [id]) for id in ids]
        work = sum(a[1] * UNIT for t in tasks[1:] for a in t.actions if a[0] == "b")
        pauses = max(sum(a[1] for a in t.actions if a[0] == "s") for t in tasks[1:])
        s = Set(f"{kind}-{seed}", work + pauses + 400 * MS, tasks)
        if work < 1200 * MS and steady(s):
            return s


def random_sets(count, seed=1, kinds=KINDS):
    """So many, of every kind in turn."""
    return [random_set(seed * 100_000 + n, kinds[n % len(kinds)]) for n in range(count)]


# ---- inheritance: scenes; each task's priority is ten times its id, unless it says otherwise ----

def ms(n):
    return ("b", n * UNITS_PER_MS)


def _scene(name, length, tasks):
    """tasks: (priority, arrival in ms, actions)."""
    return Set(name, length * MS, [soak()] + [Task(i + 1, FIFO, prio, arrival=int(at * MS), actions=actions)
                                              for i, (prio, at, actions) in enumerate(tasks)])


def pathfinder(lock="L", unlock="U"):
    """Low has the bus, high wants it, medium has much to do: worker 3 must be done 50 ms after it came."""
    return _scene("pathfinder", 300, [
        (10, 0, [(lock, 0), ms(20), (unlock, 0), ms(5)]),
        (20, 6, [ms(200)]),
        (30, 3, [("e", 8), (lock, 0), ms(2), (unlock, 0), ("e", 9)])])


def chain(n=8):
    """Each has a lock and waits for the one before's; the most urgent for the last: the first inherits through all."""
    links = [(10 + i, 3 * i, [("L", i)] + ([ms(1), ("L", i - 1)] if i else []) + [ms(30 if i == 0 else 1)] +
              ([("U", i - 1)] if i else []) + [("U", i), ms(1)]) for i in range(n)]
    return _scene("chain", 400, links + [(60, 3 * n, [("e", 8), ("L", n - 1), ms(1), ("U", n - 1), ("e", 9)]),
                                         (50, 3 * n + 4, [ms(200)])])


def donors():
    """Worker 1 has two locks that others wait for: it runs at the highest, and at the next when that one has its."""
    return _scene("donors", 300, [
        (10, 0, [("L", 0), ("L", 1), ms(15), ("U", 1), ms(15), ("U", 0), ms(5)]),
        (30, 3, [("L", 0), ms(2), ("U", 0), ms(2)]),
        (50, 5, [("L", 1), ms(2), ("U", 1), ms(2)]),
        (40, 8, [ms(40)]),
        (20, 9, [ms(40)])])


def lesser_donor():
    """Of two that lend the later one is made less urgent meanwhile: the earlier decides, and worker 3 has to wait."""
    return _scene("lesser-donor", 300, [
        (10, 0, [("L", 0), ("L", 1), ms(25), ("U", 1), ms(15), ("U", 0), ms(5)]),
        (50, 3, [("L", 1), ms(2), ("U", 1), ms(2)]),
        (40, 8, [ms(40)]),
        (60, 6, [("q", 5, 30), ms(1)]),
        (55, 4, [("L", 0), ms(2), ("U", 0), ms(2)])])


def giving_up():
    """Donors whose patience ends while the owner sleeps: it wakes without their priority, through a chain too."""
    return _scene("giving-up", 400, [
        (10, 0, [("L", 0), ms(12), ("s", 25 * MS), ms(20), ("U", 0), ms(5)]),
        (12, 2, [("L", 1), ms(1), ("L", 0), ms(2), ("U", 0), ("U", 1)]),
        (40, 4, [("T", 0, 12 * MS), ms(3)]),
        (50, 6, [("T", 1, 20 * MS), ms(3)]),
        (30, 9, [ms(60)])])


def lowered():
    """Whose priority is changed while it waits takes its loan along: down, and up again."""
    return _scene("changed", 400, [
        (10, 0, [("L", 0), ms(40), ("U", 0), ms(5)]),
        (40, 4, [("L", 0), ms(2), ("U", 0), ms(2)]),
        (30, 6, [ms(60)]),
        (90, 12, [("q", 2, 20), ms(1), ("s", 10 * MS), ("q", 2, 50), ms(1)])])


SCENES = pathfinder, chain, donors, lesser_donor, giving_up, lowered
