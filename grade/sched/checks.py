"""What a schedule must be like, check by check.

Each is a function that runs what it needs (its keywords go to trace.watch) and returns the lines that say where the
kernel was wrong; none: it was not.
"""

import random
import statistics

from grade.sched.model import FIFO, OTHER, RR, Set, Task, differences
from grade.sched.sets import KINDS, MS, SCENES, SLACK, pathfinder, random_sets, simulate
from grade.sched.trace import DONE, OWN, UNIT, WAKE, WOKEN, NotMeasured, run, watch

WAKE_LATENCY = 200_000                  # ns from a wake-up to the woken worker's next instruction, on one hart
ALWAYS = ("b", 1 << 40)
STALL = 100 * MS                        # by the host, of a hart: longer, and shares in some seconds are the host's
DEADLINE = 50 * MS                      # of the Pathfinder's bus


def last_words(said):
    """What a machine said before it ended, but for its farewell."""
    return " / ".join(line for line in said.splitlines()[-12:] if line and not line.startswith(("init:", "[", "Boot")))


def orders(count=200, seed=1, kinds=KINDS, **how):
    """FIFO and RR: orders, quanta and preemptions of random task sets equal the simulation's."""
    sets = random_sets(count, seed, kinds)
    bad = []
    for s, trace in zip(sets, run(sets, name="sched-orders", **how)):
        bad += [f"{s.name}: {line}\n{s}" for line in differences(simulate(s), trace.order(), SLACK)]
    return bad


# ---- time sharing, one hart ----

# Linux's weights, from nice -20 to 19: a step is a quarter more or less.
WEIGHTS = [88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991,
           1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15]


def weight(nice):
    """Under `fair`."""
    return WEIGHTS[nice + 20]


def quantum(nice):
    """Under `rr`: ms, 1 at nice 19, 10 at 0, 30 at -20."""
    return 10 - nice * 9 / 19 if nice > 0 else 10 - nice


def shares(policy, count=8, rounds=100, seed=1, **how):
    """Each hog has what its nice value entitles it to, within 2%, over 100 turns of the least favoured."""
    rng = random.Random(f"shares {seed}")
    share, sets = {"fair": weight, "rr": quantum}[policy], []
    for n in range(count):
        base = rng.randint(-20, 8)
        nices = [rng.randint(base, base + 11) for _ in range(rng.randint(2, 8))] if n else [0] * 8
        turn = 3 / min(map(share, nices)) if policy == "fair" else 1
        sets.append(Set(f"shares-{n}", int(rounds * turn * sum(map(share, nices)) * MS),
                        [Task(i + 1, OTHER, nice=nice, arrival=-1, actions=[ALWAYS]) for i, nice in enumerate(nices)]))
    bad = []
    for s, trace in zip(sets, run(sets, append=f"sched={policy}", name=f"sched-shares-{policy}", **how)):
        had, all_shares = trace.units(0, s.length), sum(share(t.nice) for t in s.tasks)
        for t in s.tasks:
            due = share(t.nice) / all_shares
            got = had.get(t.id, 0) / sum(had.values())
            if abs(got / due - 1) > 0.02:
                bad.append(f"{s.name}: nice {t.nice} among {sorted(t.nice for t in s.tasks)}: {got:.4f} of the hart, due {due:.4f}")
    return bad


def interactive(hogs=8, times=100, seed=1, **how):
    """Under `fair` a task that mostly sleeps is served within one quantum, among hogs."""
    rng = random.Random(f"interactive {seed}")
    at, due, actions = 50.0, [], []
    for _ in range(times):
        at += rng.uniform(15, 40)
        due.append(int(at * MS))
        actions += [("a", due[-1]), ("e", OWN), ("b", 400)]
    s = Set("interactive", due[-1] + 50 * MS, [Task(i + 1, OTHER, arrival=-1, actions=[ALWAYS]) for i in range(hogs)] +
            [Task(hogs + 1, OTHER, arrival=0, actions=actions)])
    trace, = run([s], append="sched=fair", name="sched-interactive", **how)
    turn = statistics.median(r[1] for r in trace.order() if r[0] <= hogs) * UNIT
    served = trace.of(OWN, hogs + 1)
    late = [f"due at {a / MS:.2f} ms, served {(b - a) / MS:.2f} ms later, a quantum is {turn / MS:.2f} ms"
            for a, b in zip(due, served) if b - a > 1.05 * turn]
    return late if len(served) == times else [f"served {len(served)} times of {times}"]


def newcomers(**how):
    """Under `fair` neither a new task nor one that has slept for long gets more than its share from then on, or less."""
    hogs = [Task(i, OTHER, arrival=-1, actions=[ALWAYS]) for i in range(1, 5)]
    s = Set("newcomers", 1300 * MS, hogs + [Task(5, OTHER, arrival=600 * MS, actions=[ALWAYS]),
                                            Task(6, OTHER, arrival=900 * MS, actions=[("c", 7)])])
    trace, = run([s], append="sched=fair", name="sched-newcomers", **how)
    bad = []
    for start, end, ids in ((602, 892, (1, 2, 3, 4, 5)), (905, 1300, (1, 2, 3, 4, 5, 7))):
        had = trace.units(start * MS, end * MS)
        bad += [f"worker {i} had {had.get(i, 0) / sum(had.values()):.3f} of the hart from {start} to {end} ms, due {1 / len(ids):.3f}"
                for i in ids if abs(had.get(i, 0) * len(ids) / sum(had.values()) - 1) > 0.08]
    return bad


# ---- inheritance ----

def bus_deadline(inherits, **how):
    """The Pathfinder's bus task: in time exactly if the lock inherits."""
    s = pathfinder() if inherits else pathfinder("l", "u")
    trace, = run([s], name="sched-pathfinder", **how)
    took = trace.of(OWN + 1, 3)[0] - trace.of(OWN, 3)[0]
    return [] if (took <= DEADLINE) == inherits else [f"the bus task took {took / MS:.1f} ms"]


def inheritance(count=60, seed=1, **how):
    """Scenes, and random sets with nested locks: who ran is what the simulation has, with inheritance through chains."""
    sets = [scene() for scene in SCENES] + random_sets(count, seed, ["locks"])
    bad = []
    for s, trace in zip(sets, run(sets, name="sched-inheritance", **how)):
        bad += [f"{s.name}: {line}\n{s}" for line in differences(simulate(s), trace.order(), SLACK)]
    return bad


# ---- several harts ----

def affinity(cpus=4, seed=1, **how):
    """No worker is ever seen on a hart that its mask forbids: from its start, over sleeps, after it has changed the mask.

    The kernel numbers the harts as it likes, the one that boots first: whoever may use one alone shows which that is.
    """
    rng = random.Random(f"affinity {seed}")
    tasks = [Task(40 + n, OTHER, mask=1 << n, arrival=0, actions=[("b", 1000), ("s", 7 * MS)] * 100) for n in range(cpus)]
    masks = {t.id: [t.mask] for t in tasks}
    for id in range(1, 17):
        masks[id] = [rng.randrange(1, 1 << cpus)]
        actions = []
        for _ in range(12):
            for _ in range(rng.randint(1, 6)):
                actions += [("b", rng.randint(1000, 300_000)), ("s", rng.randint(10_000, 8 * MS))]
            masks[id].append(rng.randrange(1, 1 << cpus))
            actions += [("m", masks[id][-1]), ("e", OWN)]
        prio = rng.randint(1, 50) if id % 4 == 0 else 0
        tasks.append(Task(id, RR if prio else OTHER, prio, mask=masks[id][0], arrival=rng.randrange(20 * MS), actions=actions))
    trace, = run([Set("affinity", 1500 * MS, tasks)], cpus=cpus, icount=False, name="sched-affinity", **how)
    number = {r.hart: r.id - 40 for r in trace.runs if r.id >= 40}
    if sorted(number.values()) != list(range(cpus)):
        return [f"who may use one hart each was seen on others: {number}"]
    bad = []
    for r in (r for r in trace.runs if r.id):
        mask = masks[r.id][sum(t <= r.start for t in trace.of(OWN, r.id))]
        if not mask >> number[r.hart] & 1:
            bad.append(f"worker {r.id} on hart {r.hart} at {r.start / MS:.1f} ms, its mask is {mask:#x}")
    return bad


def jain(shares):
    """Jain's index of fairness: 1 if all are equal, 1/n if one has all."""
    return sum(shares) ** 2 / (len(shares) * sum(x * x for x in shares))


def equals(workers=16, cpus=4, seconds=3, policy="", **how):
    """Equal workers have equal time on several harts, and do not hop from hart to hart all the time."""
    s = Set("equals", seconds * 1000 * MS, [Task(i + 1, OTHER, arrival=-1, actions=[ALWAYS]) for i in range(workers)])
    trace, = run([s], cpus=cpus, icount=False, append=f"sched={policy}" if policy else "", name=f"sched-equals-{workers}", **how)
    had, hops, where = dict.fromkeys(range(1, workers + 1), 0), 0, {}
    for r in (r for r in trace.runs if r.id and r.last > 0):
        had[r.id] += r.last - max(r.start, 0)
        hops += where.setdefault(r.id, r.hart) != r.hart
        where[r.id] = r.hart
    index, limit = jain(had.values()), 100 * cpus * seconds
    due = seconds * 1000 * MS * cpus / workers
    if index < 0.99 and trace.stall() > max(STALL, due / 20):          # less of a worker's own would not show
        raise NotMeasured(f"the host stopped a hart for {trace.stall() / MS:.0f} ms")
    return [f"Jain's index is {index:.4f}: " + " ".join(f"{t / MS:.0f}" for t in had.values()) + " ms"] * (index < 0.99) + \
           [f"{hops} migrations in {seconds} s, more than {limit}"] * (hops > limit)


def most_urgent(cpus=4, seed=1, **how):
    """Of more real-time tasks than harts the most urgent run, whichever came first and wherever, also when some have ended."""
    rng = random.Random(f"urgent {seed}")
    prios = rng.sample(range(2, 90), cpus + 6)
    ending = sorted(prios)[-3:]
    s = Set("urgent", 2500 * MS, [Task(i + 1, FIFO, prio, arrival=(5 + 20 * i) * MS,
                                       actions=[("b", 1 << 23)] if prio in ending else [ALWAYS])
                                  for i, prio in enumerate(prios)])
    trace, = run([s], cpus=cpus, icount=False, name="sched-urgent", **how)
    late = {r.id for r in trace.runs if r.last > 2200 * MS}
    done = {id for _, kind, id, _ in trace.events if kind == DONE}
    left = sorted((t for t in s.tasks if t.id not in done), key=lambda t: -t.prio)
    top = {t.id for t in left[:cpus]}
    return [] if late == top else [f"priorities {prios}: ran {sorted(late)}, the most urgent are {sorted(top)}"]


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
    fair = [("shares under fair", lambda: shares("fair", 40, seed=seed)),
            ("interactive among hogs", lambda: interactive(seed=seed)),
            ("newcomers and sleepers", newcomers),
            ("the most urgent on four harts", lambda: most_urgent(seed=seed)),
            *((f"{n} equals on four harts", lambda n=n: equals(n, seconds=max(8, n // 2))) for n in (4, 5, 10, 16, 60))]
    return [("real-time orders", lambda: orders(sets, seed)),
            ("shares under rr", lambda: shares("rr", 40, seed=seed)),
            *fair,
            ("the bus without inheritance", lambda: bus_deadline(False)),
            ("the bus with inheritance", lambda: bus_deadline(True)),
            ("inheritance", lambda: inheritance(sets // 4, seed)),
            *((f"affinity, {n} harts", lambda n=n: affinity(n, seed)) for n in (2, 3, 4)),
            ("no wake-up lost, one hart", lambda: wakeups(100_000, seed)),
            ("no wake-up lost, four harts", lambda: wakeups(100_000, seed, cpus=4)),
            ("the clock across harts", lambda: clocks(500_000))]
