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


def random_set(seed, kind):
    """The first steady set that the seed leads to."""
    rng = random.Random(f"{kind} {seed}")
    while True:
        n = rng.randint(2, 10 if kind == "crowd" else 6)
        prios = sorted(rng.sample(range(1, 98), rng.randint(1, 3)))
        ids = list(range(1, n + 1))
        tasks = [soak()] + [_task(rng, id, kind, prios, [i for i in ids if i != id] or [id]) for id in ids]
        work = sum(a[1] * UNIT for t in tasks[1:] for a in t.actions if a[0] == "b")
        pauses = max(sum(a[1] for a in t.actions if a[0] == "s") for t in tasks[1:])
        s = Set(f"{kind}-{seed}", work + pauses + 400 * MS, tasks)
        if work < 1200 * MS and steady(s):
            return s


def random_sets(count, seed=1):
    """So many, of every kind in turn."""
    return [random_set(seed * 100_000 + n, KINDS[n % len(KINDS)]) for n in range(count)]
