"""The tests of the lab cow: what a stopped machine's page tables say of who shares which frame with whom."""

import sys
from pathlib import Path

from grade.lab.oracle import console, plot, probe
from grade.lab.oracle.sv39 import PAGE, W, Stopped

sys.path.insert(0, str(Path(__file__).parent))
from family import Family, names, sharing, summary       # noqa: E402


def judge(lab, family, name, first, **how):
    """Run the script, compare with the model, keep the picture."""
    machine = family.run(lab, **how)
    satps = names(machine, family.name_page, family.tag, family.space)
    with Stopped(machine) as still:
        spaces = {who: still.space(satp) for who, satp in satps.items()}
        copied, wrong = family.check(still, spaces)
        lab.picture(name, sharing(family, spaces))
    lab.measure("pages copied", copied)
    lab.measure("needed", family.written)
    summary(wrong, first.format(copied=copied, written=family.written))


def test_lazy(lab):
    """A page exists once it is touched; one that was only read has no frame of its own; a new one is zeros."""
    random, family = lab.random, Family(lab.random, 1024)
    for page in random.sample(range(family.pages), 160):
        for _ in range(random.choice([1, 1, 2])):
            random.choice([family.write, family.read, family.read])(0, page)
    judge(lab, family, "lazy", "of 1024 pages some were read and some were written:")


def test_shared(lab):
    """After fork both have the same frames, and neither may write to them."""
    random, family = lab.random, Family(lab.random, 700)
    written = random.sample(range(family.pages), 400)
    for page in written:
        family.write(0, page)
    for page in random.sample(range(family.pages), 60):
        family.read(0, page)
    family.fork(0)
    judge(lab, family, "shared", "400 pages, a fork, nobody wrote since: {copied} were copied")


def test_copied(lab):
    """Of the pages that parent and child share exactly those are copied that one of them writes."""
    random, family = lab.random, Family(lab.random, 512)
    for page in range(family.pages):
        family.write(0, page)
    child = family.fork(0)
    for page in random.sample(range(family.pages), random.randrange(12, 30)):
        family.write(random.choice([0, child]), page, by_call=random.random() < .3)
    for page in random.sample(range(family.pages), 20):
        family.read(random.choice([0, child]), page)
    judge(lab, family, "copied", "{written} of 512 shared pages were written to, {copied} were copied")


def test_family(lab):
    """Children of children, some of which end: each sees its own writes, and no more is copied than must be."""
    random, family = lab.random, Family(lab.random, 128)
    for page in random.sample(range(family.pages), 100):
        family.write(0, page)
    for _ in range(500):
        who = random.choice([*family.space])
        if random.random() < .02 and len(family.space) < 7:
            family.fork(who)
        elif random.random() < .02 and who and who not in {family.parents[w] for w in family.space if w}:
            family.end(who)
        else:
            random.choice([family.write, family.write, family.read])(who, random.randrange(family.pages))
    while len(family.space) < 3:
        family.fork(0)
    judge(lab, family, "family", "{written} writes to shared pages, {copied} were copied")


def test_reuse(lab):
    """When the children have ended, the parent writes to its own frames again: nothing is copied."""
    random, pages = lab.random, 256
    region, stride = random.randrange(16, 200) << 30, random.choice([PAGE, 3 * PAGE, 5 * PAGE])
    before, after = (f"{random.getrandbits(64):x}" for _ in range(2))
    program = lab.program("reuse", REGION=f"{region}UL", PAGES=pages, STRIDE=f"{stride}UL", KEY=f"{random.getrandbits(60)}UL",
                          CHILDREN=random.randrange(2, 6), BEFORE=f'"{before}"', AFTER=f'"{after}"')
    m = lab.machine({"init": (0o100755, program.read_bytes())})
    m.start()

    def look(word):
        m.expect(rf"{word}\r?\n", timeout=15)
        with Stopped(m, program=True) as still:
            assert still.user(), "no program runs"
            space = still.space(still.user().satp)
            return [space.find(region + i * stride) for i in range(pages)]

    was = look(before)
    assert all(was), f"{was.count(None)} of {pages} pages were written to, and are not there"
    writable = sum(bool(p.flags & W) for p in was)
    assert not writable, f"{writable} of {pages} pages were shared with a child at the last fork, and may be written already"
    m.send("\n")
    now = look(after)
    assert all(now), f"{now.count(None)} of {pages} pages were written to, and are not there"
    copied = sum(a.pa != b.pa for a, b in zip(was, now))
    lab.measure("pages copied", copied)
    assert not copied, f"nobody else had the {pages} pages any more, and {copied} of them were copied"
    assert all(p.flags & W for p in now), "a page was written to just now, and its entry does not let it write"


def test_race(lab):
    """Two harts write to the same shared page at the same moment: no write is lost, and no frame."""
    random, pages, rounds = lab.random, 64, 10
    region, tag, key = random.randrange(16, 200) << 30, random.getrandbits(62), random.getrandbits(40) | 1
    program = lab.program("race", REGION=f"{region}UL", NAME=f"{region - 16 * PAGE}UL", PAGES=f"{pages}UL", ROUNDS=f"{rounds}UL",
                          CHILDREN="500UL", TAG=f"{tag}UL", KEY=f"{key}UL")
    m = lab.machine({"init": (0o100755, program.read_bytes())}, mem="64M")
    said = console.said(m, r"race (\d+)\r?\n|[Oo]ut of memory|refused: \w+", timeout=60)
    assert said[1], "memory ran out, and there are never more than a few hundred pages: frames are lost"
    wrong, rest = divmod(int(said[1]), key)
    assert rest == 0, f"the answer, {int(said[1])}, is not one of the program's"
    assert wrong == 1, f"{wrong - 1} of {pages * rounds} pages lost a write, or a child saw one that was not its own"
    satps = names(m, region - 16 * PAGE, tag, {0, 1})
    with Stopped(m) as still:
        parent, child = (still.space(satps[who]) for who in (0, 1))
        both = [(parent.find(region + i * PAGE), child.find(region + i * PAGE)) for i in range(pages)]
    apart = sum(not a or not b or a.pa != b.pa for a, b in both)
    assert not apart, f"after one more fork {apart} of {pages} pages are not shared"


def stack_probes(random):
    """([(RLIMIT_STACK, depth, where a page lies below, its protection)], [whether it lives]): depths in pages."""
    probes, lives = [], []

    def probe(limit, depth, below, prot, alive):
        probes.append((limit * PAGE, depth, below, prot))
        lives.append(alive)

    for _ in range(6):
        limit = random.randrange(300, 1900)
        probe(limit, random.randrange(40, limit - 8), 0, 0, True)
        probe(limit, limit + random.randrange(8, 100), 0, 0, False)
    for _ in range(4):
        below = random.randrange(700, 1500)
        probe(2000, below - random.randrange(4, 240), below, 3, False)      # closer than STACK_GUARD
        probe(2000, below - random.randrange(270, 600), below, 1, True)
        probe(2000, below - random.randrange(2, 240), below, 0, True)       # a guard page of the program's own
        probe(2000, below + random.randrange(1, 30), below, random.choice([0, 1]), False)
    both = list(zip(probes, lives))
    random.shuffle(both)
    return [p for p, _ in both], [alive for _, alive in both]


def test_stack(lab):
    """The stack grows down to what is touched, as far as it may, and only touched pages have frames."""
    random, key = lab.random, lab.random.getrandbits(30) | 1
    probes, lives = stack_probes(random)
    depths = sorted(random.sample(range(60, 1800), 12))
    program = lab.program("stack", PROBES=",".join("{%d,%d,%d,%d}" % p for p in probes), DEPTHS=",".join(map(str, depths)),
                          KEY=f"{key}UL")
    m = lab.machine({"init": (0o100755, program.read_bytes())})
    said = console.said(m, r"stack ([0-9a-f]+) ([0-9a-f]+)\r?\n", timeout=15)
    end, (answer, rest) = int(said[1], 16), divmod(int(said[2], 16), key)
    assert rest == 0, f"the answer, {int(said[2], 16):#x}, is not one of the program's"
    for i, ((limit, depth, below, prot), alive) in enumerate(zip(probes, lives)):
        at = f" and a page of protection {prot} {below} pages below the top" if below else ""
        assert bool(answer - 1 >> i & 1) == alive, \
            f"with a limit of {limit // PAGE} pages{at}, a write {depth} pages below the top must {'succeed' if alive else 'fail'}"
    with Stopped(m, program=True) as still:
        assert still.user(), "no program runs"
        space = still.space(still.user().satp)
        for depth in depths:
            page = space.find(end - depth * PAGE)
            assert page, f"the stack {depth} pages below its top was written to, and is not there"
            got = int.from_bytes(still.read(page.pa + 8, 8), "little")
            assert got == key + depth, f"{depth} pages below the stack's top lies {got:#x}, not the {key + depth:#x} written there"
        mapped = sum(bool(space.find(end - depth * PAGE)) for depth in range(60, 1900))
    lab.measure("pages touched", len(depths))
    lab.measure("pages mapped", mapped)
    assert mapped == len(depths), f"{len(depths)} pages of the stack were touched, and {mapped} have a frame"


# ---- what it costs: counted outside of the machine ----


def costs(lab, pairs):
    """For each (pages, pages written after the fork): bytes that the kernel stored meanwhile: (in fork, in the writes)."""
    random, codes = lab.random, probe.codes(lab.random, 3)
    key, region = random.getrandbits(40) | 1, random.randrange(16, 200) << 30
    program = lab.program("cost", REGION=f"{region}UL", KEY=f"{key}UL", PAIRS=",".join("{%d,%d}" % p for p in pairs),
                          FORK=codes[0], WRITES=codes[1], DONE=codes[2])
    m, seen = probe.machine(lab, {"init": (0o100755, program.read_bytes())}, icount=True)
    said = console.said(m, r"cost (\d+)\r?\n|refused: \w+", timeout=20)
    assert int(said[1]) == key * sum(n + w for n, w in pairs), "after a fork and some writes a child or its parent reads a wrong word"
    points = seen.points(codes)
    assert [p.code for p in points] == codes * len(pairs), "the program's marks are not where they should be"
    lab.count(points[-1].instructions)
    return [(b.kernel_bytes - a.kernel_bytes, c.kernel_bytes - b.kernel_bytes)
            for a, b, c in zip(points[::3], points[1::3], points[2::3])]


def test_bytes(lab):
    """The kernel stores no more bytes than the written pages have."""
    pages, random = 512, lab.random
    writes = [0, *sorted(random.sample(range(8, pages), 4)), pages]
    series = [(w, stored) for w, (_, stored) in zip(writes, costs(lab, [(pages, w) for w in writes]))]
    limit = [(w, 64 * 1024 + w * 6000) for w in writes]
    lab.picture("bytes", plot.line(f"{pages} shared pages: what writing to some of them costs", series, "pages written",
                                   "bytes that the kernel stored", limit))
    lab.measure("a page written", round((series[-1][1] - series[0][1]) / pages), "bytes stored")
    for (n, stored), (_, most) in zip(series, limit):
        assert stored <= most, f"{n} of {pages} shared pages were written to, and the kernel stored {stored} bytes: as many as " \
            f"{stored // PAGE} pages have"
        assert stored >= n * PAGE, f"{n} pages were written to, and the kernel stored only {stored} bytes: who copied them?"


def test_flat(lab):
    """What fork stores for a page is a small part of a page."""
    sizes = sorted(lab.random.sample(range(256, 4096), 4))
    series = [(n, stored) for n, (stored, _) in zip(sizes, costs(lab, [(n, 0) for n in sizes]))]
    (small, few), (large, many) = series[0], series[-1]
    price = (many - few) / (large - small)
    lab.picture("flat", plot.line("what fork costs, by the pages of the process", series, "pages", "bytes that the kernel stored",
                                  [(n, few + 64 * (n - small)) for n in sizes]))
    lab.measure("fork, a page more", round(price, 1), "bytes stored")
    assert price <= 64, f"for each page more that the process has, fork stores {price:.0f} bytes more; an entry and a count are 20"
