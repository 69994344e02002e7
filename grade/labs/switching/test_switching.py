"""The tests of the lab switching: registers that survive, who ran when, and how much happens when nothing should."""

from grade.gantt import COLOURS
from grade.lab.oracle import console, probe

MS = 1_000_000                          # instructions: with icount one takes a nanosecond
SLICE = 10 * MS


def answer(lab, key, said, what):
    """The number that a program printed, divided by its key: nobody can know that who did not run it."""
    number, rest = divmod(int(said), key)
    assert rest == 0, f"{what}: the answer, {int(said)}, is not one of the program's"
    return number


def registers(lab, which, kinds):
    key = lab.random.getrandbits(40) | 1
    program = lab.program("registers", KEY=f"{key}UL", WHICH=which, TASKS=lab.random.randrange(3, 6), TURNS=300,
                          SPINS=lab.random.randrange(20000, 60000))
    m = lab.machine({"init": (0o100755, program.read_bytes())}, append="sched=rr", icount=True)
    said = console.said(m, r"registers (\d+)\r?\n", timeout=10)
    lost = answer(lab, key, said[1], "registers") - 1
    assert lost == 0, f"after a switch {lost} times {kinds} had another task's value"


def test_integer(lab):
    """A task that gives up its hart finds s0 to s11 and gp as it left them."""
    registers(lab, 0, "one of s0 to s11 and gp")


def test_float(lab):
    """A task that is preempted, or yields, finds f0 to f31 as it left them."""
    registers(lab, 1, "one of f0 to f31")


def chart(turns, names, begin):
    """SVG: who ran when."""
    width, row = 1000, 26
    first, last = turns[0][1], turns[-1][2]
    scale = (width - 120) / max(1, last - first)
    rows = {id: i for i, id in enumerate(names)}
    parts = [f'<text x="8" y="{30 + row * i + 15}">worker {i}</text>' for i in rows.values()]
    parts += [f'<rect x="{100 + (start - first) * scale:.1f}" y="{30 + row * rows[id]}" width="{max(.5, (end - start) * scale):.1f}" '
              f'height="{row - 6}" fill="{COLOURS[rows[id] % len(COLOURS)]}"><title>{(start - begin) / MS:.2f} ms, '
              f'{(end - start) / MS:.2f} ms long</title></rect>' for id, start, end in turns]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{40 + row * len(rows) + 24}" font-family="sans-serif" '
            f'font-size="12"><rect width="100%" height="100%" fill="white"/><text x="8" y="18">who ran when: '
            f'{(last - first) / MS:.0f} ms</text>' + "\n".join(parts) + "</svg>\n")


def test_slices(lab):
    """Workers that never stop take turns, in order, 10 ms each."""
    random, key = lab.random, lab.random.getrandbits(40) | 1
    workers = random.randrange(3, 7)
    begin, end, *ids = probe.codes(random, workers + 2)
    program = lab.program("slices", KEY=f"{key}UL", WORKERS=workers, BEGIN=begin, END=end, LENGTH=f"{workers * 4 * SLICE}L",
                          LIST=" ".join(f"CODE({i},{id})" for i, id in enumerate(ids)))
    runs, said = probe.runs(lab, {"init": (0o100755, program.read_bytes())}, r"slices (\d+)\r?\n", append="sched=rr")
    began = next((r.start for r in runs if r.id == begin), None)
    ended = next((r.start for r in runs if r.id == end), None)
    assert began and ended, "the program's marks are not where they should be"
    lab.count(ended)
    turns = []                          # (id, start, end)
    for r in (r for r in runs if r.id in ids and began < r.start < ended):
        if turns and turns[-1][0] == r.id:
            turns[-1] = (r.id, turns[-1][1], r.last)
        else:
            turns.append((r.id, r.start, r.last))
    assert turns, "no worker ran"
    lab.picture("slices", chart(turns, ids, began))
    lab.measure("turns", len(turns))
    ran = answer(lab, key, said[1], "slices")
    assert ran == workers, f"{workers - ran} of {workers} workers never ran in {workers * 4 * SLICE // MS} ms"
    whole = turns[1:-1]
    assert len(whole) >= 2 * workers, f"in {workers * 4 * SLICE // MS} ms {workers} workers had {len(turns)} turns: want one each 10 ms"
    for before, (id, start, stop) in zip(turns, whole):
        length = stop - start
        assert .9 * SLICE < length < 1.1 * SLICE, f"a turn of worker {ids.index(id)} was {length / MS:.2f} ms long, not 10"
    order = [ids.index(id) for id, _, _ in whole]
    for i in range(len(order) - workers):
        window = order[i:i + workers]
        assert len(set(window)) == workers, f"turns went to workers {window}: somebody was passed over"
        assert order[i + workers] == order[i], f"after workers {window} it was {order[i + workers]}'s turn, not {order[i]}'s"


def test_idle(lab):
    """When every task waits, the machine executes next to nothing."""
    random, key, seconds = lab.random, lab.random.getrandbits(40), lab.random.randrange(2, 5)
    tasks = random.randrange(8, 14)
    codes = probe.codes(random, 2)
    program = lab.program("idle", KEY=f"{key}UL", TASKS=tasks, SECONDS=seconds, BEGIN=codes[0], END=codes[1])
    m, seen = probe.machine(lab, {"init": (0o100755, program.read_bytes())}, icount=True, append="sched=rr")
    said = console.said(m, r"idle (\d+)\r?\n|refused: \w+", timeout=10)
    want = (key + tasks * (tasks + 1) // 2) % (1 << 64)
    assert int(said[1]) == want, f"a word went through {tasks} tasks and came out as {int(said[1])}, not {want}"
    points = seen.points(codes)
    assert [p.code for p in points] == codes, "the program's marks are not where they should be"
    executed = points[1].instructions - points[0].instructions
    lab.count(points[1].instructions)
    lab.measure("a second asleep", round(executed / seconds), "instructions")
    assert executed <= 100_000 * seconds, f"{tasks + 1} tasks slept for {seconds} s, and {executed} instructions were executed: who polls?"


def hand_overs(key, pairs, rounds):
    """The sum that programs/wakeups.c prints."""
    total = 0
    for pair in range(pairs):
        word = key + pair
        for n in range(rounds):
            word = (word * 5 + n) % (1 << 64)
            total += word
    return total % (1 << 64)


def wakeups(lab, pairs, rounds, patience, **how):
    random, key = lab.random, lab.random.getrandbits(40)
    program = lab.program("wakeups", KEY=f"{key}UL", PAIRS=pairs, ROUNDS=f"{rounds}UL", STEP=random.randrange(1, 999, 2),
                          PHASE=random.randrange(2000, 4000), PATIENCE=f"{patience}UL", YIELDS=1)
    m = lab.machine({"init": (0o100755, program.read_bytes())}, append="sched=rr", **how)
    said = console.said(m, r"wakeups (\d+)\r?\n|stuck (\d+)|refused: \w+", timeout=15)
    assert not said[2], f"after {int(said[2] or 0)} of {pairs * rounds} rounds nobody got on any more: a wake-up was lost"
    want = hand_overs(key, pairs, rounds)
    assert int(said[1]) == want, f"the pairs' words add up to {int(said[1])}, not {want}"
    lab.measure("hand-overs", 2 * pairs * rounds)


def test_wakeups(lab):
    """Pairs hand a word to and fro at 200 phases of the timer: no wake-up is lost."""
    wakeups(lab, lab.random.randrange(2, 5), 200, 30000, icount=True)


def test_storm(lab):
    """The same on four harts, all at once: wake-ups meet sleepers on their way, and locks are fought for."""
    wakeups(lab, 8, 400, 3_000_000)
