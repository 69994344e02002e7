"""The tests of the lab syscalls: copies on the build machine, page by page; then calls of a machine, with any argument."""

import hashlib
import struct
from pathlib import Path

from grade.lab.oracle import host
from grade.lab.oracle.plot import line
from grade.lab.oracle.sv39 import PAGE, W, X, Stopped

HERE = Path(__file__).parent
FILES = ["mm/usercopy.c", "mm/uio.c"]
USER_TOP = 1 << 38
EPERM, EBADF, EFAULT, EINVAL, ENOSYS = 1, 9, 14, 22, 38
RW_MAX = 0x7ffff000                             # one call moves at most this

# ---- by themselves, on the build machine ----

WRITABLE, READ_ONLY, LAZY, LAZY_READ_ONLY, SHARED, SLOW, NEVER, SUPERVISOR = KINDS = range(8)
READABLE = {WRITABLE, READ_ONLY, LAZY, LAZY_READ_ONLY, SHARED, SLOW}
STORABLE = {WRITABLE, LAZY, SHARED, SLOW}
NAMES = ("writable", "read-only", "not there yet", "not there yet, read-only", "shared until somebody writes",
         "there after three faults", "never to be had", "the kernel's")


def made(n, seed):
    """The bytes that host/driver.c makes of a seed: none is 0."""
    out = bytearray()
    for _ in range(n):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        out.append(seed >> 56 | 1)
    return bytes(out)


class Bench:
    """A script for host/driver.c, and what memory must be after each line."""

    def __init__(self, lab):
        self.lab, self.random = lab, lab.random
        self.lines, self.checks = [], []
        self.pages, self.bytes = {}, {}         # address of a page -> kind; -> its bytes
        base = self.random.randrange(1 << 20, 1 << 24) * PAGE
        for i, kind in enumerate(self.random.choices(KINDS[:6], k=12) + list(KINDS)):
            self.page(base + i * PAGE, kind)
        # Across a table's end, and at the end of all that is a program's.
        table = (base + (1 << 30) >> 21 << 21) + (1 << 21)
        self.page(table - PAGE, LAZY)
        self.page(table, SHARED)
        for i, kind in enumerate((LAZY, WRITABLE)):
            self.page(USER_TOP - (2 - i) * PAGE, kind)
        self.places = sorted(self.pages)

    def page(self, va, kind):
        seed = self.random.getrandbits(32)
        self.pages[va], self.bytes[va] = kind, bytearray(made(PAGE, seed))
        self.line(f"page {va:x} {kind:x} {seed:x}", lambda s: None)

    def line(self, text, check):
        self.lines.append(text)
        self.checks.append(check)

    def reach(self, va, n, kinds):
        """How many bytes from va on may be moved: to the first page that does not allow it."""
        done = 0
        while done < n:
            page = va + done & -PAGE
            if va + done >= USER_TOP or self.pages.get(page) not in kinds:
                break
            done += min(n - done, page + PAGE - va - done)
        return done

    def load(self, va, n):
        return b"".join(bytes([self.bytes[a & -PAGE][a % PAGE]]) for a in range(va, va + n))

    def store(self, va, data):
        """What is stored, as the driver will show it: {address: byte} of those that changed."""
        changed = {}
        for i, byte in enumerate(data):
            page, at = va + i & -PAGE, (va + i) % PAGE
            if self.bytes[page][at] != byte:
                self.bytes[page][at] = changed[va + i] = byte
        return changed

    def span(self):
        """Where, and how much: near a page's end, over several, a byte, nothing; some of it nobody's."""
        va = self.random.choice(self.places) + self.random.choice([0, 8, PAGE - 1, PAGE - 8, self.random.randrange(PAGE)])
        n = self.random.choice([0, 1, 4, 8, 13, 64, 256, 257, PAGE - va % PAGE, PAGE - va % PAGE + 1, PAGE,
                                self.random.randrange(4 * PAGE)])
        if self.random.random() < .1:
            va = self.random.choice([0, USER_TOP - 3, USER_TOP, USER_TOP + 5, 1 << 63, (1 << 64) - 8, (1 << 64) - PAGE,
                                     0xffffffc080200000])
        return va, n

    def copy(self, verb):
        va, n = self.span()
        seed = self.random.getrandbits(32)
        out = verb in ("to", "toall", "clear")
        moved = self.reach(va, n, STORABLE if out else READABLE)
        whole = verb.endswith("all")
        want = (0 if moved == n else -EFAULT) if whole else moved
        changed = self.store(va, bytes(moved) if verb == "clear" else made(n, seed)[:moved]) if out else {}
        data = None if out else self.load(va, moved)
        where = ", ".join(NAMES[self.pages[p]] if p in self.pages else "nobody's"
                          for p in range(va & -PAGE, va + max(n, 1), PAGE)[:5])
        name = {"to": "copy_to_user_some", "toall": "copy_to_user", "clear": "clear_user_some", "from": "copy_from_user_some",
                "fromall": "copy_from_user"}[verb]

        def check(s):
            said = f"{name}({va:#x}, {n} bytes), pages {where}"
            assert s.result == want, f"{said}: returned {s.result}, not {want}"
            s.changed_only(changed, said)
            if data is not None:
                assert s.buffer[:moved] == data, f"{said}: other bytes came than are there"
        self.line(f"{verb} {va:x} {n:x} {seed:x}", check)

    def string(self):
        va, most = self.span()
        if self.random.random() < .7 and (room := self.reach(va, most, READABLE)) > 16:
            at = va + self.random.randrange(room - 8) & -8
            self.store(at, bytes(8))
            self.line(f"poke {at:x} 0 0", lambda s: None)
        room = self.reach(va, most, READABLE)
        data = self.load(va, room)
        length = data.find(0)
        want = length if length >= 0 else most if room == most else -EFAULT

        def check(s):
            said = f"strncpy_from_user({va:#x}, at most {most}), of which {room} can be read and byte {length} is the first 0"
            assert s.result == want, f"{said}: returned {s.result}, not {want}"
            s.changed_only({}, said)
            if want >= 0:
                end = min(want + 1, most)
                assert s.buffer[:end] == data[:end], f"{said}: other bytes came than are there"
        self.line(f"string {va:x} {most:x} 0", check)

    def vec(self):
        """An array of struct iovec in pages that may be written, and its import; sometimes a bad one."""
        va = self.random.choice([p for p in self.places if self.pages[p] in STORABLE and
                                 self.pages.get(p + PAGE) in READABLE]) + self.random.choice([0, PAGE - 40])
        count = self.random.choice([0, 1, 2, 3, 7, 8, 9, 30])
        pieces = [self.span() for _ in range(count)]
        kind = self.random.random()
        if kind < .3 and count:
            i = self.random.randrange(count)
            pieces[i] = pieces[i][0], self.random.choice([1 << 63, (1 << 64) - 1, RW_MAX, RW_MAX + 1, 1 << 40, (1 << 63) - 1])
        words = b"".join(struct.pack("<QQ", *p) for p in pieces)
        if self.reach(va, len(words), STORABLE) < len(words):
            return [], 0
        for i in range(0, len(words), 8):
            self.store(va + i, words[i:i + 8])
            self.line(f"poke {va + i:x} {int.from_bytes(words[i:i + 8], 'little'):x} 0", lambda s: None)
        shown, fail, where = count, 0, va
        if kind > .9:
            shown = self.random.choice([1025, 1 << 32, (1 << 64) - 1, 1 << 60])
        elif kind > .8:
            fail = 1
        elif kind > .75:
            where = USER_TOP + 64
        want, left, cut = 0, RW_MAX, []
        if shown > 1024:
            want = -EINVAL
        elif fail and count > 8:
            want = -12
        elif where != va and count:
            want = -EFAULT
        elif any(n >> 63 for _, n in pieces):
            want = -EINVAL
        for base, n in pieces:
            cut.append((base, min(n, left)))
            left -= cut[-1][1]
        total = RW_MAX - left

        def check(s):
            said = f"uio_init_vec({where:#x}, {shown} pieces, of {', '.join(hex(n) for _, n in pieces[:9])} bytes)"
            assert s.result == want, f"{said}: returned {s.result}, not {want}"
            if want == 0:
                assert s.resid == [total, 0, 0], f"{said}: resid, done, kernel are {s.resid}, not {[total, 0, 0]}"
                assert s.pieces == cut, f"{said}: the pieces are {s.pieces}, not {cut}"
        self.line(f"vec {where:x} {shown:x} {fail:x}", check)
        return (cut, total) if want == 0 else ([], 0)

    def through(self, pieces, total):
        """uio_put and uio_get through what vec() imported, from its beginning on."""
        at = 0
        for _ in range(3):
            if total - at > 1 << 16 or at >= total:
                return
            n = self.random.randrange(1, min(total - at, 9000) + 1)
            verb, seed = self.random.choice(["put", "get"]), self.random.getrandbits(32)
            source, moved, changed, data = made(n, seed), 0, {}, b""
            before = 0                          # bytes of the pieces before this one
            for base, size in pieces:
                begin, before = at + moved - before, before + size
                if moved == n or begin >= size:
                    continue
                step = min(n - moved, size - begin)
                got = self.reach(base + begin & (1 << 64) - 1, step, STORABLE if verb == "put" else READABLE)
                if verb == "put":
                    changed |= self.store(base + begin, source[moved:moved + got])
                else:
                    data += self.load(base + begin, got)
                moved += got
                if got < step:
                    break

            def check(s, verb=verb, n=n, moved=moved, changed=changed, data=data):
                said = f"uio_{verb} of {n} bytes over {len(pieces)} pieces"
                assert s.result == moved, f"{said}: moved {s.result}, not {moved}"
                s.changed_only(changed, said) if verb == "put" else s.changed_only({}, said)
                if verb == "get":
                    assert s.buffer[:moved] == data, f"{said}: other bytes came than are there"
            self.line(f"{verb} {n:x} {seed:x} 0", check)
            at += moved
            if moved < n:
                return

    def run(self):
        out = host.run(host.build(self.lab, HERE / "host/driver.c", FILES), "".join(
            f"{line}\n" for line in self.lines))
        shown = out.split("end\n")
        assert len(shown) == len(self.lines) + 1, f"it ended by itself after {len(shown) - 1} of {len(self.lines)} steps"
        for i, (text, check) in enumerate(zip(shown, self.checks)):
            try:
                check(Shown(text))
            except AssertionError as e:
                raise AssertionError(f"step {i + 1}: {e}") from None


class Shown:
    """What host/driver.c shows after a line."""

    def __init__(self, text):
        self.result, self.buffer, self.resid, self.pieces, self.changed = None, b"", [], [], {}
        for line in text.splitlines():
            verb, *words = line.split()
            if verb == "result":
                self.result = int(words[0])
            elif verb == "buffer":
                self.buffer = bytes.fromhex(words[0]) if words else b""
            elif verb == "resid":
                self.resid = [int(w) for w in words]
            elif verb == "piece":
                self.pieces.append(tuple(int(w, 16) for w in words))
            elif verb == "changed":
                self.changed |= {int(words[0], 16) + i: b for i, b in enumerate(bytes.fromhex(words[1]))}

    def changed_only(self, want, said):
        if self.changed == want:
            return
        at = min(a for a in set(self.changed) | set(want) if self.changed.get(a) != want.get(a))
        raise AssertionError(f"{said}: the byte at {at:#x} " + (
            "was not written" if at not in self.changed else "was written, which it must not be" if at not in want else
            f"is {self.changed[at]:#x}, not {want[at]:#x}"))


def test_copy(lab):
    """Copies of any length over pages of any kind: as many bytes as may be moved, those, and no others."""
    bench = Bench(lab)
    for _ in range(250):
        bench.copy(bench.random.choice(["to", "toall", "clear", "from", "fromall"]))
    bench.run()


def test_string(lab):
    """A string ends at its 0, at the most that is asked for, or at the first page that cannot be read."""
    bench = Bench(lab)
    for _ in range(120):
        bench.string()
    bench.run()


def test_pieces(lab):
    """An array of pieces is fetched once, checked, cut to what one call may move; then copies go across the pieces."""
    bench = Bench(lab)
    for _ in range(60):
        pieces, total = bench.vec()
        if pieces:
            bench.through(pieces, total)
    bench.run()


# ---- calls of a machine ----


def started(lab, program, files=(), **how):
    """A machine whose first program is this one."""
    machine = lab.machine({"init": (0o100755, Path(program).read_bytes()), **dict(files)}, **how)
    return machine.start()


def until(machine, word, timeout=10):
    """What the program says before it says the word."""
    begin = machine.mark
    said = machine.expect(rf"{word}\r?\n|[Pp]anic|refused", timeout)
    assert b"anic" not in said[0], "the kernel panicked"
    assert b"refused" not in said[0], "the program could not open /dev/zero and /dev/null"
    return machine.output[begin:said.start()].decode(errors="replace").replace("\r", "")


def answers(text, *verbs):
    """(verb, result, bytes) of the program's lines."""
    for row in text.splitlines():
        words = row.split(" ")
        if words[0] in verbs and len(words) == 3:
            yield words[0], int(words[1]), bytes.fromhex(words[2])


SET, SET_FROM_NOWHERE, UNAME, UNAME_READ_ONLY, SYSINFO, BECOME = range(6)


def run_names(lab, steps):
    name, word = f"n{lab.random.getrandbits(32):x}", f"{lab.random.getrandbits(64):x}"
    program = lab.program("names", SCRIPT=f'"{name}"', WORD=f'"{word}"')
    machine = started(lab, program, {name: (0o100644, b"".join(struct.pack("<ii96s", *s) for s in steps))}.items())
    got = list(answers(until(machine, word), "set", "uname", "sysinfo", "become"))
    assert len(got) == len(steps), f"{len(steps)} calls were made, and {len(got)} answers arrived"
    return machine, got


def test_names(lab):
    """The host's name is what was set last, nothing more of it is shown, and bad names and pointers change nothing."""
    random, steps, want = lab.random, [(UNAME, 0, b"")], [None]
    name = None
    for i in range(40):
        kind = random.choice(["set"] * 4 + ["empty", "long", "negative", "nowhere", "read-only"])
        if i == 30:
            steps.append((BECOME, 1000, b""))
            want.append(0)
        allowed = i < 30
        if kind in ("set", "empty"):
            data = bytes(random.randrange(97, 123) for _ in range(0 if kind == "empty" else random.randrange(1, 65)))
            steps.append((SET, len(data), data))
            want.append(0 if allowed else -EPERM)
            name = data if allowed else name
        elif kind in ("long", "negative"):
            steps.append((SET, random.choice([65, 66, 96, 1 << 30] if kind == "long" else [-1, -64, -1 << 31]), b"x" * 96))
            want.append(-EINVAL if allowed else -EPERM)
        elif kind == "nowhere":
            steps.append((SET_FROM_NOWHERE, random.randrange(1, 65), b""))
            want.append(-EFAULT if allowed else -EPERM)
        else:
            steps.append((UNAME_READ_ONLY, 0, b""))
            want.append(-EFAULT)
        steps.append((UNAME, 0, b""))
        want.append(name)
    _, got = run_names(lab, steps)
    assert got[0][1] == 0, f"uname returned {got[0][1]}"
    first = got[0][2]
    for i in range(6):
        field = first[65 * i:65 * i + 65].split(b"\0", 1)
        assert len(field) == 2 and not field[1].strip(b"\0"), f"field {i} of uname's answer is not a string and zeros: {field}"
    for (verb, length, data), (_, result, shown), expected in zip(steps[1:], got[1:], want[1:]):
        if verb != UNAME:
            what = {SET: f"sethostname of {length} bytes", SET_FROM_NOWHERE: "sethostname from an address with nothing",
                    UNAME_READ_ONLY: "uname into memory of which the end is read-only", BECOME: "setuid"}[verb]
            assert result == expected, f"{what} returned {result}, not {expected}"
            continue
        now = first if expected is None else first[:65] + expected.ljust(65, b"\0") + first[130:]
        assert shown[:390] == now[:390], \
            f"uname shows the name {shown[65:130].rstrip(bytes(1))!r}; set was {now[65:130].rstrip(bytes(1))!r}"
        assert shown[390:] == b"\x5a" * 10, "uname wrote past the end of its answer"


def test_totals(lab):
    """sysinfo tells the machine's memory, and not one byte that is none of the program's business."""
    machine, got = run_names(lab, [(SYSINFO, 0, b"")] * 5)
    ram = machine.qmp("query-memory-size-summary")["base-memory"]
    for _, result, data in got:
        assert result == 0, f"sysinfo returned {result}"
        up, *loads, total, free, shared, buffers, swap, swapfree, procs = struct.unpack_from("<q3Q6QH", data)
        unit = struct.unpack_from("<I", data, 104)[0]
        assert unit == 1 and ram * .6 < total <= ram, f"the machine has {ram} bytes of RAM; sysinfo says {total} times {unit}"
        assert 0 < free < total and 0 <= up < 3600 and 1 <= procs < 200, f"{free} bytes free, {procs} tasks, up {up} s?"
        assert not data[82:104].strip(b"\0") and not data[108:112].strip(b"\0"), \
            f"bytes that sysinfo does not define are not 0: {data[82:112].hex()}: whose secret is that?"
        assert data[112:] == b"\x5a" * 8, "sysinfo wrote past the end of its answer"


class Calls:
    """Calls with any argument, and what Linux returns for each."""

    def __init__(self, random):
        self.random = random
        self.area = random.randrange(1 << 22, 1 << 25) << 12
        self.rw, self.ro, self.none, self.lazy, self.hole, self.rw2, self.end = (self.area + i * PAGE for i in range(7))
        self.memory = bytearray(random.randbytes(3 * PAGE).replace(b"\0", b"a").replace(b"/", b"b"))
        self.calls = []                 # (number and arguments, what is returned, in words)
        # Strings at the page's ends; iovecs in the read-only page, where no call writes.
        self.memory[2 * PAGE - 6:2 * PAGE] = b"absent"          # no 0 before a page that cannot be read
        self.memory[PAGE + 1000:PAGE + 1010] = b"not-there\0"
        self.iovecs()

    def iovecs(self):
        r, good = self.random, []
        for i in range(8):
            base, n = r.choice([(self.rw + 8 * i, 100), (self.lazy + 5, 33), (self.rw2, 4096), (self.rw + 4090, 6)])
            good.append((base, n))
        self.good = good
        self.memory[PAGE:PAGE + 128] = b"".join(struct.pack("<QQ", *p) for p in good)
        bad = [(self.rw, 8), (self.rw, (1 << 64) - 1)]
        self.memory[PAGE + 128:PAGE + 160] = b"".join(struct.pack("<QQ", *p) for p in bad)
        faulty = [(self.rw, 16), (self.hole, 16)]
        self.memory[PAGE + 160:PAGE + 192] = b"".join(struct.pack("<QQ", *p) for p in faulty)

    def room(self, at, n):
        """How many of n bytes from `at` on a call may write."""
        done = 0
        while done < n and (at + done & -PAGE) in (self.rw, self.lazy, self.rw2):
            done = min(n, done + PAGE - (at + done) % PAGE)
        return done

    def place(self):
        """Any address, and how much."""
        r = self.random
        at = r.choice([self.rw, self.ro, self.none, self.lazy, self.hole, self.rw2, self.end]) + r.choice(
            [0, 1, 8, 2000, 4000, 4088, 4095])
        if r.random() < .25:
            at = r.choice([0, 1, USER_TOP - 1, USER_TOP, 1 << 63, (1 << 64) - 1, (1 << 64) - 4096, 0xffffffff80000000,
                           0xffffffc080200000])
        return at, r.choice([1, 7, 8, 100, 390, 4096, 5000, 9000])

    def add(self, want, said, *words):
        self.calls.append((tuple(w % (1 << 64) for w in words) + (0,) * (7 - len(words)), want, said))

    def one(self):
        r = self.random
        at, n = self.place()
        self.room_here = room = self.room(at, n)
        where = f"{at:#x}"
        whole = {"uname": (160, 390), "sysinfo": (179, 112)}
        kind = r.choice(["zero", "random", "whole", "time", "sleep", "cwd", "path", "readv", "number", "fd", "flags"])
        if kind in ("zero", "random"):
            call = (63, 3, at, n) if kind == "zero" else (278, at, n, 0)
            self.add(room or -EFAULT, f"{'read of /dev/zero' if kind == 'zero' else 'getrandom'}, {n} bytes to {where}", *call)
        elif kind == "whole":
            name = r.choice(list(whole))
            number, size = whole[name]
            self.add(0 if self.room(at, size) == size else -EFAULT, f"{name} to {where}", number, at)
        elif kind == "time":
            self.add(0 if self.room(at, 16) == 16 else -EFAULT, f"clock_gettime to {where}", 113, 1, at)
        elif kind == "sleep":
            at = r.choice([self.none, self.hole + 8, self.end, USER_TOP, (1 << 64) - 8, self.ro + PAGE - 8])
            self.add(-EFAULT, f"nanosleep from {at:#x}", 101, at, 0)
        elif kind == "cwd":
            size = r.choice([1, 2, 100])
            self.add(-34 if size < 2 else 2 if self.room(at, 2) == 2 else -EFAULT, f"getcwd to {where}, {size} bytes", 17, at, size)
        elif kind == "path":
            at, want = r.choice([(self.ro + 1000, -2), (self.ro + PAGE - 6, -EFAULT),
                                 (self.none, -EFAULT), (USER_TOP, -EFAULT), ((1 << 64) - 1, -EFAULT), (self.hole, -EFAULT)])
            self.add(want, f"openat of the string at {at:#x}", 56, -100, at, 0, 0)
        elif kind == "readv":
            at, count, want = r.choice([
                (self.ro, c := r.randrange(9), sum(n for _, n in self.good[:c])), (self.ro, 1025, -EINVAL),
                (self.ro, (1 << 64) - 1, -EINVAL), (self.ro + 128, 2, -EINVAL), (self.ro + 160, 2, 16), (self.hole, 1, -EFAULT),
                (self.ro + PAGE - 8, 1, -EFAULT), ((1 << 64) - 16, 1, -EFAULT)])
            self.add(want, f"readv of /dev/zero, {count} pieces that lie at {at:#x}", 65, 3, at, count)
        elif kind == "number":
            number = r.choice([511, 600, 1 << 20, 1 << 31, (1 << 63) + 63, (1 << 64) - 2, (1 << 32) + (1 << 20)])
            self.add(-ENOSYS, f"call {number}", number, at, n)
        elif kind == "fd":
            self.add(-EBADF, "read of a descriptor that is not open", 63, r.choice([77, 1023, -1, -100, 1 << 30]), at, n)
        else:
            self.add(-EINVAL, "getrandom with flags that do not exist", 278, at, n, r.choice([8, 1 << 30, 6]))


def constants(still):
    """A digest of all that the kernel may not write: text and constants."""
    space = still.space(still.harts[0].satp)
    pages = [p for p in space.pages(kernel=True) if not p.flags & W and p.size <= 1 << 21]
    assert any(p.flags & X for p in pages), "nothing can be executed"
    return hashlib.sha256(b"".join(still.read(p.pa, p.size) for p in pages)).hexdigest()


def test_hostile(lab):
    """2,000 calls with any argument return what Linux returns, and the kernel's text is the same afterwards."""
    calls = Calls(lab.random)
    for _ in range(2000):
        calls.one()
    name, word = f"h{lab.random.getrandbits(32):x}", f"{lab.random.getrandbits(64):x}"
    program = lab.program("hostile", SCRIPT=f'"{name}"', WORD=f'"{word}"', AREA=f"{calls.area:#x}UL")
    machine = started(lab, program, {
        name: (0o100644, b"".join(struct.pack("<7Q", *words) for words, _, _ in calls.calls)),
        f"{name}.mem": (0o100644, bytes(calls.memory))}.items())
    until(machine, "ready")
    with Stopped(machine) as still:
        before = constants(still)
    machine.send("\n")
    got = [int(w, 16) for w in until(machine, word, 30).split() if len(w) <= 16 and all(c in "0123456789abcdef" for c in w)]
    with Stopped(machine) as still:
        assert constants(still) == before, "the kernel's text or constants are not what they were before the calls"
    assert len(got) == len(calls.calls), f"{len(calls.calls)} calls were made, and {len(got)} answers arrived"
    for i, (result, (words, want, said)) in enumerate(zip(got, calls.calls)):
        result = result - (1 << 64) if result >> 63 else result
        assert result == want, f"call {i + 1}, {said}: returned {result}; Linux returns {want}"


def fnv(data):
    h = 14695981039346656037
    for byte in data:
        h = (h ^ byte) * 1099511628211 % (1 << 64)
    return h


def test_recover(lab):
    """What the kernel copies into memory that is not there, or shared after fork, arrives there and only there."""
    state = key = lab.random.getrandbits(48) | 1
    made_of_key = bytearray()
    for _ in range(3 * 8 * PAGE):
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        made_of_key.append(state >> 56)
    size = 8 * PAGE
    parent = bytes(made_of_key[:size])
    child = bytearray(parent)
    child[5:5 + size - PAGE] = made_of_key[size:2 * size - PAGE]
    fresh = bytes(PAGE - 5) + bytes(made_of_key[size:2 * size]) + bytes(5)
    machine = started(lab, lab.program("recover", KEY=f"{key}UL"))
    for who, want, what in (("child", child, "in the child, what a read put into memory shared with its parent is not there"),
                            ("parent", parent, "the parent's memory changed when the kernel wrote to the child's"),
                            ("fresh", fresh, "what a read put into memory that was not touched before is not there")):
        said = machine.expect(rf"{who} ([0-9a-f]+)\r?\n|[Pp]anic", 10)
        assert said[1], "the kernel panicked"
        assert int(said[1], 16) == fnv(want), what


EMPTY, PER_BYTE, BASE = 600, 4, 9000            # instructions that are allowed: an empty call; a byte and a call through a pipe


def test_cost(lab):
    """A call costs some hundred instructions, a byte of a copy not even one: pages are copied as pages."""
    word = f"{lab.random.getrandbits(64):x}"
    machine = started(lab, lab.program("cost", WORD=f'"{word}"', KEY=lab.random.randrange(1, 255, 2)), icount=True)
    rows = [tuple(int(w) for w in row.split()) for row in until(machine, word).splitlines()
            if len(row.split()) == 2 and row.replace(" ", "").isdigit()]
    assert len(rows) == 8, "the program could not write to a pipe what it then reads"
    points = [(n, ticks) for n, ticks in rows]          # 100 rounds, and a tick is 100 instructions
    lab.picture("cost", line("write and read of a pipe", points[1:], "bytes", "instructions",
                             [(1, BASE), (4096, BASE + PER_BYTE * 4096)]))
    lab.measure("an empty call", points[0][1], "instructions")
    slope = (points[-1][1] - points[1][1]) / (points[-1][0] - points[1][0])
    lab.measure("a byte, there and back", round(slope, 2), "instructions")
    assert points[0][1] <= EMPTY, f"getppid takes {points[0][1]} instructions, more than {EMPTY}"
    for n, cost in points[1:]:
        assert cost <= BASE + PER_BYTE * n, f"{n} bytes through a pipe take {cost} instructions, more than {BASE + PER_BYTE * n}"
