"""The tests of the lab sv39: its functions by themselves on the build machine, then the tables of a machine, from outside."""

import struct
import time
from pathlib import Path

from grade.lab.oracle import host
from grade.lab.oracle.map import draw
from grade.lab.oracle.sv39 import A, D, PAGE, R, U, V, W, X, Stopped, runs

ANON, SPECIAL = 1 << 8, 1 << 9
READ, WRITE, EXEC = 1, 2, 4
MIB2, GIB = 1 << 21, 1 << 30
HERE = Path(__file__).parent
FILES = ["mm/pagetable.c"]
FRAME0 = 0x88000000                     # frames of the scripts' pages, which have no memory

# ---- the functions by themselves ----


def entry(pa, bits):
    return pa >> 12 << 10 | bits


def prot(flags):
    """The bits of a leaf of these area flags, but W (mm/internal.h)."""
    return U | A | (R | V if flags & (READ | WRITE) else 0) | (X | V if flags & EXEC else 0)


def protected(e, flags):
    return e & ~(V | R | W | X | A | D) | (e & (W | D) if flags & WRITE else 0) | prot(flags)


class Bench:
    """A script for host/driver.c, and what the tables must hold after each of its lines."""

    def __init__(self, lab):
        self.lab, self.random = lab, lab.random
        self.lines, self.after = [], []         # the script; for each line its check
        self.model = {}                         # address -> entry
        self.frame = FRAME0

    def line(self, text, check):
        self.lines.append(text)
        self.after.append((text, dict(self.model), check))

    def places(self, blocks, pages):
        """Addresses all over the lower half: so many pages in each of so many 2 MiB blocks, the ends of tables too."""
        out = []
        gibs = self.random.sample(range(256), max(2, blocks // 3)) + [0, 255]
        for _ in range(blocks):
            block = self.random.choice(gibs) * GIB + self.random.choice([0, 511, self.random.randrange(512)]) * MIB2
            for i in {0, 511, *(self.random.randrange(512) for _ in range(pages))}:
                out.append(block + i * PAGE)
        return sorted(set(out))

    def new_entry(self):
        self.frame += PAGE
        flags = self.random.choice([READ, READ | WRITE, READ | EXEC, EXEC])
        bits = prot(flags) | (W | D if flags & WRITE and self.random.random() < .7 else 0)
        return self.frame, bits | self.random.choice([ANON, ANON, 0, SPECIAL])

    def range(self, places):
        """[from, to): ends at pages of the script, or of whole blocks."""
        a, b = sorted(self.random.choice([p, p + PAGE, p & -MIB2, p & -GIB, (p & -MIB2) + MIB2])
                      for p in self.random.choices(places, k=2))
        return a, min(max(b, a + PAGE), 1 << 38)

    # Lines, and what each must do.

    def put(self, va, verb="put"):
        pa, bits = self.new_entry()
        self.model[va] = entry(pa, bits)
        self.line(f"{verb} {va:x} {pa:x} {bits:x}", lambda s: s.is_entry(verb, va))

    def map(self, va):
        self.put(va, "map")

    def find(self, va):
        self.line(f"find {va:x} 0 0", lambda s: s.is_entry("find", va))

    def change(self, va):
        e, flags = self.model[va], self.random.randrange(8)
        want = protected(e, flags)

        def check(s):
            got = int(s.result[0], 16)
            assert got == want, f"pte_protect({e:#x}, {names(flags)}) is {got:#x} ({differs(got, want)}), not {want:#x}"
        self.line(f"entry {e:x} {flags:x} 0", check)

    def protect(self, a, b):
        flags = self.random.choice([0, READ, READ | WRITE, READ | EXEC, WRITE, EXEC])
        lost = False
        for va, e in self.model.items():
            if a <= va < b:
                self.model[va] = protected(e, flags)
                lost |= bool(e & ~self.model[va] & (V | R | W | X))

        def check(s):
            assert int(s.result[0]) == lost, \
                f"an entry {'lost' if lost else 'only gained'} permissions, and pt_protect says {not lost}: " + \
                ("nobody flushes, and a hart goes on with what it remembers" if lost else "all harts are flushed for nothing")
        self.line(f"protect {a:x} {b:x} {flags:x}", check)

    def zap(self, a, b):
        gone = {va: self.model.pop(va) for va in list(self.model) if a <= va < b}
        held = {e >> 10 << 12: va for va, e in gone.items() if not e & SPECIAL}
        anon = sum(bool(e & ANON) for e in gone.values() if not e & SPECIAL)

        def check(s):
            freed = {}
            for start, end, pa in s.freed:
                assert pa in held and pa not in freed, \
                    f"the frame {pa:#x} was given up {'twice' if pa in freed else 'and was not held by these entries'}"
                freed[pa] = held[pa]
                assert start <= held[pa] < end, \
                    f"the page {held[pa]:#x} is not in what is flushed before its frame is free, {start:#x} to {end:#x}"
            assert not (left := set(held) - set(freed)), \
                f"{len(left)} of {len(held)} frames are held by no entry any more and were not freed: lost for ever"
            assert s.result == [str(anon), str(len(held) - anon)], \
                f"{anon} anonymous pages and {len(held) - anon} of files came out, {' and '.join(s.result)} were counted"
        self.line(f"zap {a:x} {b:x} 0", check)

    def run(self, empties=False):
        """Run the script; the first line after which something is wrong fails."""
        program = host.build(self.lab, HERE / "host/driver.c", FILES)
        out = host.run(program, "\n".join(f"{line} {'0 ' * (3 - line.count(' '))}" for line in self.lines) + "\n")
        shown = out.split("end\n")
        first, shown[0] = shown[0].split("\n", 1)
        root = int(first.split()[1], 16)
        assert len(shown) == len(self.lines) + 1, f"it ended by itself after {len(shown) - 1} of {len(self.lines)} steps"
        for text, (line, model, check) in zip(shown, self.after):
            state = State(root, text)
            try:
                check(state)
                state.holds(model, empties)
            except AssertionError as e:
                raise AssertionError(f"step {self.after.index((line, model, check)) + 1}, `{line}`: {e}") from None


class State:
    """What host/driver.c shows after a line."""

    def __init__(self, root, text):
        self.root, self.tables, self.freed, self.result = root, {}, [], []
        span = (0, 0)
        for line in text.splitlines():
            verb, *words = line.split()
            if verb == "table":
                self.tables[int(words[0], 16)] = (int(words[1]), {int(i, 16): int(e, 16) for i, e in
                                                                  (w.split(":") for w in words[2:])})
            elif verb == "flush":
                span = tuple(int(w, 16) for w in words)
            elif verb == "freed":
                self.freed.append((*span, int(words[0], 16)))
            elif verb == "result":
                self.result = words

    def below(self, e):
        return (e >> 10) << 12

    def slot(self, va):
        """The address of va's last-level entry; None without a table."""
        table = self.root
        for level in (2, 1, 0):
            i = va >> 12 + 9 * level & 511
            if level == 0:
                return table + 8 * i
            e = self.tables[table][1].get(i)
            if not e or self.below(e) not in self.tables:
                return None
            table = self.below(e)

    def is_entry(self, verb, va):
        want, got = self.slot(va), self.result[0] if self.result else ""
        want = f"{want:x}" if want else "none"
        name = {"map": "pt_get", "find": "pt_find"}.get(verb)
        if name:
            assert got == want, f"{name}({va:#x}) found {said(got)}; walking the tables finds {said(want)}"

    def holds(self, model, empties):
        """The leaves are the model's, each table is reached once, counted right, and not empty."""
        leaves, seen = {}, {self.root}

        def visit(table, va, level):
            count, entries = self.tables[table]
            assert count == len(entries), \
                f"a table of level {level} for {va:#x} has {len(entries)} entries, and its frame counts {count}"
            assert entries or level == 2 or empties, f"the table of level {level} for {va:#x} is empty and still there"
            for i, e in entries.items():
                at = va + (i << 12 + 9 * level)
                if level == 0:
                    leaves[at] = e
                    continue
                below = self.below(e)
                assert e & 0x3ff == V and below in self.tables, f"the entry for {at:#x}, level {level}, is {e:#x}: no table"
                assert below not in seen, f"two entries point to the table at {below:#x}"
                seen.add(below)
                visit(below, at, level - 1)

        visit(self.root, 0, 2)
        lost = set(self.tables) - seen
        assert not lost, f"{len(lost)} tables are in use and nothing points to them: lost for ever"
        for va in sorted(set(leaves) | set(model)):
            got, want = leaves.get(va), model.get(va)
            if got != want:
                raise AssertionError(
                    f"{va:#x} is mapped ({got:#x}) and should not be" if want is None else
                    f"{va:#x} is not mapped, and should be" if got is None else
                    f"the entry of {va:#x} is {got:#x}, not {want:#x}: {differs(got, want)}")


def said(where):
    return "no table" if where == "none" else f"the entry at 0x{where}"


def names(flags):
    return "|".join(n for n, bit in (("VM_READ", 1), ("VM_WRITE", 2), ("VM_EXEC", 4)) if flags & bit) or "0"


def differs(got, want):
    bits = list(zip("V R W X U G A D ANON SPECIAL".split(), range(10)))
    more = [n for n, b in bits if got & ~want & 1 << b]
    less = [n for n, b in bits if want & ~got & 1 << b]
    frame = " the frame is another" if got >> 10 != want >> 10 else ""
    return ", ".join(["too much: " + " ".join(more)] * bool(more) + ["missing: " + " ".join(less)] * bool(less)) + frame


def test_find(lab):
    """pt_find finds the entry, and NULL where a table is missing on either level."""
    bench = Bench(lab)
    places = bench.places(9, 3)
    for va in places[::2]:
        bench.put(va)
    for va in places:
        bench.find(va)
        for other in (va ^ MIB2, va ^ GIB, va ^ PAGE, (va ^ GIB ^ MIB2)):
            bench.find(other)
    bench.run()


def test_get(lab):
    """pt_get makes what is missing, once; out of memory on either level it says so, and nothing is lost."""
    bench = Bench(lab)
    places = bench.places(10, 3)
    bench.random.shuffle(places)
    spare = [g * GIB for g in range(256) if all(va // GIB != g for va in places)]
    for i, va in enumerate(places):
        if i % 4 == 0:
            tables = bench.random.randrange(2)
            bench.line(f"fail {tables:x} 0 0", lambda s: None)
            fresh = spare.pop() + bench.random.randrange(512) * MIB2        # nothing on its way is there
            pa, bits = bench.new_entry()

            def check(s, fresh=fresh):
                assert s.result == ["none"], f"there is no memory for a table, and pt_get({fresh:#x}) found an entry"
            bench.line(f"map {fresh:x} {pa:x} {bits:x}", check)
            bench.line("fail ffffffffffffffff 0 0", lambda s: None)
        bench.map(va)
    bench.run(empties=True)


def test_protect(lab):
    """pte_protect and pt_protect give the entries that are there exactly the permissions asked for."""
    bench = Bench(lab)
    places = bench.places(8, 4)
    for va in places:
        bench.put(va)
    for va in places:
        bench.change(va)
    for _ in range(60):
        bench.protect(*bench.range(places))
    bench.run()


def test_unmap(lab):
    """gather_zap takes entries out, frees what they held after a flush, and empty tables with them."""
    bench = Bench(lab)
    places = bench.places(8, 4)
    dense = bench.random.randrange(64, 255) * GIB
    places += [dense + i * PAGE for i in bench.random.sample(range(512), 150)]
    for _ in range(3):
        for va in places:
            if va not in bench.model:
                bench.put(va)
        for _ in range(12):
            bench.zap(*bench.range(places))
    bench.zap(0, 1 << 38)
    bench.run()
    # A middle table that was made before memory ran out is empty: it goes, whatever range of it is unmapped.
    half = Bench(lab)
    at = half.random.randrange(256) * GIB
    half.line("fail 1 0 0", lambda s: None)
    half.line(f"put {at:x} {FRAME0:x} {prot(READ):x}", lambda s: None)
    half.line(f"zap {at + MIB2:x} {at + 2 * MIB2:x} 0", lambda s: s.holds({}, False))
    half.run(empties=True)


def test_random(lab):
    """300 operations in any order leave what a model says, after each."""
    bench = Bench(lab)
    places = bench.places(12, 4)
    for _ in range(300):
        kind = bench.random.random()
        if kind < .55 or not bench.model:
            bench.map(bench.random.choice(places))
        elif kind < .8:
            bench.protect(*bench.range(places))
        else:
            a, b = bench.range(places)
            bench.zap(a, min(b, a + bench.random.choice([PAGE, MIB2, GIB])))
    bench.run()


# ---- the kernel's half, as soon as it is there ----


def kernel_up(lab):
    """A machine whose kernel is up, and waits for a disk that never comes: no program is needed, nor runs."""
    machine = lab.machine(icount=True, initrd=False, append="root=/dev/vda rootwait")
    machine.start()
    machine.expect(r"console: tty", timeout=1)
    for _ in range(1000):                       # what comes after it, until the kernel sleeps
        if machine.virtual_time() > .3:
            break
        time.sleep(.01)
    return machine


def kernel_pages(still):
    """The space of hart 0 and the leaves of its kernel half."""
    space = still.space(still.harts[0].satp)
    pages = space.pages(kernel=True)
    assert pages, "nothing at all is mapped in the kernel's half"
    return space, pages


def test_wx(lab):
    """No frame can be both written and executed, through whichever addresses."""
    with Stopped(kernel_up(lab)) as still:
        _, pages = kernel_pages(still)
        lab.picture("wx", draw(still, still.harts[0].satp, "the kernel's map"))
        for p in pages:
            assert not (p.flags & W and p.flags & X), f"{p}: written and executed"
            assert not p.flags & U, f"{p}: programs reach it"
        text = [p for p in pages if p.flags & X]
        assert text, "nothing can be executed"
        for p in pages:
            for t in text:
                if p.flags & W and p.pa < t.pa + t.size and t.pa < p.pa + p.size:
                    raise AssertionError(f"the frame {max(p.pa, t.pa):#x} can be executed at {t.va:#x} and written at {p.va:#x}")
        stvec = next((t for t in text if t.va <= still.harts[0].stvec < t.va + t.size), None)
        assert stvec, f"the trap handler, {still.harts[0].stvec:#x}, is in no page that can be executed"
        constants = [p for p in pages if p.flags & R and not p.flags & (W | X) and p.va >= text[0].va]
        assert constants, "the image's constants can be written"


def test_leaves(lab):
    """Memory is mapped with the largest pages that fit: few tables, and none of firmware's memory."""
    with Stopped(kernel_up(lab)) as still:
        space, pages = kernel_pages(still)
        direct = [p for p in pages if p.flags & W and p.va >> 37 == pages[0].va >> 37]
        small = [p for p in direct if p.size == PAGE]
        wasted = [p for p in small if p.va % MIB2 == 0 and all(
            space.find(p.va + i * PAGE) and space.find(p.va + i * PAGE).flags == p.flags for i in range(512))]
        assert not wasted, f"{len(wasted)} blocks of 2 MiB are mapped page by page, the first at {wasted[0].va:#x}"
        for p in pages:
            assert p.pa >= still.ram[1] or p.pa < still.ram[0] or p.pa + p.size <= still.ram[1], f"{p}: past the end of RAM"
            assert not p.pa <= still.ram[0] < p.pa + p.size, f"{p}: firmware's memory is in it"
        tables, mapped = len(space.tables(kernel=True)), sum(p.size for p in pages)
        lab.measure("bytes of tables for each MiB", round(tables * PAGE / (mapped / (1 << 20))), "B")


def test_guards(lab):
    """Below and above each range of the kernel that is mapped page by page is a page that is not."""
    with Stopped(kernel_up(lab)) as still:
        space, pages = kernel_pages(still)
        area = [p for p in pages if p.va >> 32 == 0xffffffe0]
        assert area, "nothing is mapped in the area of stacks and devices, from 0xffffffe000000000"
        joined = runs(area)
        for p in joined:
            for at in (p.va - PAGE, p.va + p.size):
                beside = space.find(at)
                assert not beside, f"{p}: {at:#x}, beside it, is mapped too: {beside}"
        stacks = [p for p in joined if p.size == 16384]
        lab.measure("ranges with guards", len(joined))
        assert stacks, "no kernel stack of 16 KiB stands by itself"


# ---- a program's half ----

MAP, UNMAP, PROTECT, WRITE_TO, READ_FROM = range(5)


class Script:
    """Steps for programs/space.c, and what its pages are after them."""

    def __init__(self, random):
        self.random, self.steps = random, []
        self.pages = {}                         # address -> [protection, word or None if never touched, may it lack W]
        gibs = random.sample(range(16, 200), 3)
        blocks = [g * GIB + random.choice([0, 1, 255, 511]) * MIB2 for g in gibs for _ in range(2)]
        self.places = sorted({b + i * PAGE for b in blocks for i in random.sample(range(511), 7)})

    def step(self, verb, addr, size, arg):
        self.steps.append(struct.pack("<4Q", verb, addr, size, arg))

    def one(self):
        at, kind = self.random.choice(self.places), self.random.random()
        prot = self.random.choice([READ, READ | WRITE, READ | WRITE, READ | EXEC, 0])
        page = self.pages.get(at)
        if page is None or kind < .15:
            count = self.random.choice([1, 1, 2])
            self.step(MAP, at, count * PAGE, prot | READ)
            for i in range(count):
                self.pages[at + i * PAGE] = [prot | READ, None, True]
        elif kind < .3:
            self.step(UNMAP, at, PAGE, 0)
            del self.pages[at]
        elif kind < .6:
            self.step(PROTECT, at, PAGE, prot)
            page[0], page[2] = prot, True
        elif page[0] & WRITE:
            word = self.random.getrandbits(63) | 1
            self.step(WRITE_TO, at, 8, word)
            page[1:] = [word, False]
        elif page[0] & READ:
            self.step(READ_FROM, at, 8, page[1] or 0)
            page[1] = page[1] or 0

    def coda(self):
        """At last, in random places, each kind of page once, whatever came before; and one that leaves nothing behind."""
        lone = self.random.randrange(201, 250) * GIB + self.random.randrange(512) * MIB2
        self.step(MAP, lone, PAGE, 3)
        self.step(WRITE_TO, lone, 8, 1)
        self.step(UNMAP, lone, PAGE, 0)
        kinds = [((MAP, 3), (WRITE_TO,), (PROTECT, 0)), ((MAP, 3), (WRITE_TO,), (PROTECT, 1)),
                 ((MAP, 3), (WRITE_TO,), (PROTECT, 5)), ((MAP, 3), (WRITE_TO,), (PROTECT, 0), (PROTECT, 3)),
                 ((MAP, 1), (READ_FROM,), (PROTECT, 3), (WRITE_TO,)), ((MAP, 3), (READ_FROM,)), ((MAP, 3), (WRITE_TO,))]
        for at, steps in zip(self.random.sample(self.places, len(kinds)), kinds):
            for verb, *prot in steps:
                if verb == WRITE_TO:
                    self.pages[at][1:] = [self.random.getrandbits(63) | 1, False]
                elif verb == READ_FROM:
                    self.pages[at][1] = 0
                else:
                    content = None if verb == MAP else self.pages[at][1]
                    self.pages[at] = [prot[0], content, True]
                self.step(verb, at, PAGE, prot[0] if prot else self.pages[at][1])


def test_space(lab):
    """After 300 random mmap, munmap, mprotect, loads and stores, a walk from outside finds exactly the model's pages."""
    script = Script(lab.random)
    for _ in range(300):
        script.one()
    script.coda()
    name, word = f"s{lab.random.getrandbits(32):x}", f"{lab.random.getrandbits(64):x}"
    program = lab.program("space", SCRIPT=f'"{name}"', WORD=f'"{word}"')
    machine = lab.machine({"init": (0o100755, program.read_bytes()), name: (0o100644, b"".join(script.steps))}, harts=1)
    machine.start()
    machine.expect(f"{word}|refused|[Pp]anic", timeout=6)
    with Stopped(machine, program=True) as still:
        hart = still.user() or still.harts[0]
        lab.picture("space", draw(still, hart.satp, "after 300 operations"))
        assert hart.in_program(), f"no program runs; hart 0 is at {hart.pc:#x}"
        space = still.space(hart.satp)
        first, last = min(script.places), max(script.places)
        found = {p.va: p for p in space.pages() if first <= p.va <= last + PAGE}
        for va, p in found.items():
            page = script.pages.get(va)
            assert page, f"{p}: this page was unmapped, or never mapped"
            prot, content = page[0], page[1]
            assert content is not None, f"{p}: nobody touched this page yet"
            assert p.flags & U, f"{p}: programs cannot reach it"
            for flag, bit, what in ((W, WRITE, "written"), (X, EXEC, "executed"), (R, READ, "read")):
                assert not p.flags & flag or prot & bit, f"{p}: may be {what}, which mprotect forbids"
            got = int.from_bytes(still.read(p.pa, 8), "little")
            assert got == content, f"{p}: the frame holds {got:#x}, the program wrote {content:#x}"
        for va, (prot, content, lacks) in script.pages.items():
            if content and prot:
                assert va in found, f"{va:#x} was written to and should be there"
                assert lacks or found[va].flags & (W | D) == W | D, f"{found[va]}: was written to just now, and lacks W or D"
        empty = [t for t in space.tables() if not space.entries(t[2])]
        assert not empty, f"{len(empty)} tables are empty and still there, the first for {empty[0][1]:#x}"
        tables = sum(first >> 30 << 30 <= t[1] <= last for t in space.tables())
        lab.measure("bytes of tables for each byte mapped", round(tables / max(1, len(found)), 2))


def test_reuse(lab):
    """A page in a new place, 20,000 times, in 64 MiB: its tables come back each time."""
    word = f"{lab.random.getrandbits(64):x}"
    program = lab.program("reuse", WORD=f'"{word}"', ROUNDS=20000, STRIDE=lab.random.randrange(1, 65536, 2))
    machine = lab.machine({"init": (0o100755, program.read_bytes())}, harts=1, mem="64M")
    machine.start()
    said = machine.expect(f"{word}|refused|[Oo]ut of memory|out of memory|[Pp]anic", timeout=15)[0].decode()
    assert "anic" not in said, "the kernel panicked"
    assert said == word, f"memory ran out ({said}), and no more than one page was ever mapped: tables are not freed"


def test_stale(lab):
    """After mprotect returns no hart writes any more, whatever its TLB remembers."""
    key = lab.random.getrandbits(40) | 1
    program = lab.program("stale", KEY=f"{key}UL", ROUNDS=100, STEP=lab.random.randrange(1, 4096, 2))
    machine = lab.machine({"init": (0o100755, program.read_bytes())}, harts=2)
    machine.start()
    said = machine.expect(r"stale (\d+)\r?\n|[Pp]anic", timeout=15)
    assert said[1], "the kernel panicked"
    wrong, rest = divmod(int(said[1]), key)
    assert rest == 0, f"the answer, {int(said[1])}, is not one of the program's"
    assert wrong == 1, f"in {wrong - 1} of 100 rounds a page was written to after mprotect had taken the permission away"
