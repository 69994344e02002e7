"""The log, from outside: what it brings home after a crash, and in which order it asks the disk for things."""

import re
import struct
import tempfile
from pathlib import Path

from grade import crash
from grade.crash_guest import Guest, GuestError
from grade.crash_image import Broken, Judge, make, tool
from grade.crash_states import Medium, State, States
from grade.disk import Store
from grade.labs.log.jbd2 import MAGIC, History, Log, Transaction, blocks_of
from grade.labs.log.plot import timeline

MIB = 1 << 20
PLAIN = ("-O", "^metadata_csum,^64bit", "-J", "size=1")
BLOCK = 1024
FILE_BLOCKS = 180
AFTER, ANYWHERE = 30, 30                # power cuts of one recording: just after a commit; at any moment
PATIENCE = 30                           # seconds of the machine's time to mount, read and unmount
OTHERS = 8                              # flushes for other reasons: to mount and to unmount
# The super block's sums are not logged: who mounts counts anew.
SUMS = re.compile(r"Free (blocks|inodes) count wrong \(\d+, counted=\d+\)\.|Fix\? no|")


def guest(lab, size=8 * MIB):
    programs = {f"tests/{p}": lab.program(p) for p in ("crashcheck", "crashwork")}
    return Guest(size, append="quiet", patience=PATIENCE, make=lambda **how: lab.machine(files=programs, **how))


# ---- replay: logs that the harness wrote ----

class Disk:
    """An image with one file of random bytes, logs that change it, and what the file must hold then."""

    def __init__(self, rng):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "file").write_bytes(rng.randbytes(FILE_BLOCKS * BLOCK))
            self.image = make(4 * MIB, BLOCK, PLAIN, folder)
        self.rng, self.log = rng, Log(self.image)
        self.homes = blocks_of(self.image, "/file")
        self.place = {home: n for n, home in enumerate(self.homes)}

    def logged(self, count, most, revokes=False):
        """Transactions that follow each other; the last is not committed."""
        rng, tid, list_ = self.rng, self.rng.randrange(2, 10 ** 6), []
        homes = rng.sample(self.homes, most) if revokes else self.homes         # few: logged and revoked again and again
        for n in range(count):
            t = Transaction(tid + n, committed=n < count - 1)
            for home in rng.sample(homes, rng.randrange(1, most)):
                data = rng.randbytes(BLOCK)
                t.blocks[home] = struct.pack(">I", MAGIC) + data[4:] if rng.random() < 0.2 else data
            if revokes:
                logged = sorted({h for e in list_ for h in e.blocks} - set(t.blocks))
                t.revokes = set(rng.sample(logged, min(len(logged), rng.randrange(2, 12))))
            list_.append(t)
        return list_

    def expected(self, transactions):
        """{home: (content, who says so)} of the file's blocks."""
        found = {}
        for t in (t for t in transactions if t.committed):
            for home in t.revokes:
                found[home] = (self.log.read(home), f"transaction {t.tid} revoked it, and nobody logged it after")
            for home, data in t.blocks.items():
                found[home] = (data, f"transaction {t.tid} logged it last")
        return {h: found.get(h, (self.log.read(h), "no committed transaction logged it")) for h in self.homes}


def compare(disk, transactions, tree):
    """Whether the file is what the log made it, and the log empty."""
    assert "file" in tree, f"after the mount there is no file; there is {sorted(tree)}"
    data = tree["file"].data
    for home, (content, why) in disk.expected(transactions).items():
        n = disk.place[home]
        got = data[n * BLOCK:(n + 1) * BLOCK]
        if got != content:
            whose = [f"what transaction {t.tid} logged" for t in transactions if t.blocks.get(home) == got]
            if got[:4] == bytes(4) and got[4:] == content[4:]:
                whose = ["its copy with the first word still 0"]
            if not whose and got == disk.log.read(home):
                whose = ["what it held before"]
            raise AssertionError(f"block {home} must hold other bytes: {why}, but it holds {(whose or ['something else'])[0]}")


def says_empty(disk, transactions, overlay):
    """After a mount and an unmount the log's super block says that nothing is to be replayed."""
    first = disk.log.blocks[0] * BLOCK // 512
    head = overlay.get(first, disk.image[first * 512:first * 512 + 512])
    sequence, start = struct.unpack_from(">II", head, 0x18)
    assert start == 0, f"all is home, but s_start is still {start}: the next mount would replay it again"
    last = max(t.tid for t in transactions if t.committed)
    assert sequence > last, f"the next transaction would be {sequence}, a number that the log has used up to {last}"


def places(disk, transactions, rng):
    """Where in the ring a log begins: at its end, so that it wraps, or anywhere."""
    log, need = disk.log, sum(len(list(disk.log.encode(t))) for t in transactions)
    return rng.choice((log.first, log.length - rng.randrange(1, need), rng.randrange(log.first, log.length)))


def replay(lab, revokes, rounds=4):
    rng = lab.random
    disk = Disk(rng)
    with guest(lab) as g:
        for _ in range(rounds):
            transactions = disk.logged(rng.randrange(4, 8), 150 if not revokes else 24, revokes)
            image = disk.log.put(transactions, places(disk, transactions, rng))
            tree = g.walk(Store(image, g.disk.size))
            compare(disk, transactions, tree)
            says_empty(disk, transactions, tree.written)


def test_replay(lab):
    replay(lab, revokes=False)


def test_revoke(lab):
    replay(lab, revokes=True)


def test_twice(lab):
    rng = lab.random
    disk = Disk(rng)
    with guest(lab) as g:
        transactions = disk.logged(5, 40, revokes=True)
        image = disk.log.put(transactions, places(disk, transactions, rng))
        g.disk.record = record = []
        tree = g.walk(Store(image, g.disk.size))
        g.disk.record = None
        compare(disk, transactions, tree)
        assert any(e.kind == "write" for e in record), "the mount wrote nothing at all"
        states = list(States(record, g.disk.name).sample(24, lab.seed))
        for n, state in enumerate(states):
            tree = g.walk(Store(image, g.disk.size, dict(state.overlay)))
            try:
                compare(disk, transactions, tree)
            except AssertionError as e:
                raise AssertionError(f"the power was cut during replay, and the second mount did not finish it: {e} "
                                     f"(cut {n + 1} of {len(states)})") from None


# ---- commit and checkpoint: what the machine asks the disk for ----

def recorded(lab, g, work, mode, steps, size=8 * MIB):
    """A workload on a new image, recorded: (crash.Run, Log, History)."""
    scenario = crash.Scenario(f"{work}/{mode}", work, mode, BLOCK, size, steps, PLAIN)
    base = crash.image_of(scenario)
    try:
        run = crash.Run(g, scenario, lab.random.randrange(10 ** 6), base)
    except GuestError as e:
        raise AssertionError(f"the machine could not use the disk: {e}") from None
    log = Log(base)
    return run, log, History(log, run.record, g.disk.name)


def committed(history):
    assert history.commits, "the log was never committed: the disk saw no commit block"


def test_commit(lab):
    with guest(lab) as g:
        _, log, history = recorded(lab, g, "random", "ordered", 250)
    committed(history)
    lab.measure("commits", history.commits)
    lab.picture("log", timeline(log, history))
    blocks = sum(len(t.blocks) for t in history.transactions)
    assert blocks, f"{history.commits} commit blocks, and no block was logged"
    if history.early:
        tid, unsure = history.early[0]
        raise AssertionError(f"{len(history.early)} of {history.commits} commit blocks were sent too early: that of "
                             f"transaction {tid} while {unsure} blocks of the log that it vouches for could still be lost")


def test_tail(lab):
    with guest(lab) as g:
        _, _, history = recorded(lab, g, "storm", "journal", 250)
    committed(history)
    lab.measure("tails", history.tails)
    assert history.tails > 2, f"the log's super block was written {history.tails} times: its space was never freed"
    if history.lost:
        sequence, tid, home = history.lost[0]
        raise AssertionError(f"the log's super block was sent, to begin with transaction {sequence}, while block {home}, which "
                             f"transaction {tid} logged, was not at its place for good; {len(history.lost)} such blocks")


def replayed(judge, overlay):
    """An image after e2fsck has replayed its log, and what e2fsck then has to say against it."""
    judge.put({s: d for s, d in overlay.items() if (s + 1) * 512 <= len(judge._base)})
    try:
        tool("e2fsck", "-y", "-E", "journal_only", judge.path, ok=(0, 1))
        image = judge.path.read_bytes()
    finally:
        judge.path.write_bytes(judge._base)
        judge._now = {}
    return image


def cuts(lab, work, mode, steps):
    """The power is cut at many moments; e2fsck, not the student, replays the log; every promise must be kept."""
    with guest(lab) as g:
        run, _, history = recorded(lab, g, work, mode, steps)
        committed(history)
        judge = Judge(run.base)
        try:
            states = [*after_commits(history, run.record, g.disk.name), *run.states.sample(ANYWHERE, lab.seed)]
            for n, state in enumerate(states):
                try:
                    image = replayed(judge, state.overlay)
                    said = judge.check(changed(run.base, image)).split("\n")
                    wrong = "\n".join(row for row in said if not SUMS.fullmatch(row))
                except Broken as e:
                    wrong, image = str(e), None
                assert not wrong, f"after power cut {n + 1} (moment {state.moment}) e2fsck says: {wrong}"
                tree = g.walk(Store(image, g.disk.size), "ro")
                wrong = run.model.judge(tree, state.first, state.last)
                assert not wrong, f"after power cut {n + 1} (moment {state.moment}, {state.kind}): {'; '.join(wrong)}"
        finally:
            judge.close()
    lab.measure("power cuts", len(states))


def after_commits(history, record, disk):
    """The least that the medium can hold when a commit block was just written, and when the program has gone on since.

    What the block vouches for must be there; and what an fsync promised that has returned."""
    moments = {t.durable + 1 for t in history.transactions if t.durable < len(record)}
    for t in history.transactions:
        moments |= {next((n + 1 for n in range(t.done, len(record)) if record[n].kind == "note"), len(record))}
    moments = sorted(moments)
    wanted = set(moments[::-(-len(moments) // AFTER) or 1])
    medium = Medium(disk)
    for moment, event in enumerate(record):
        if moment in wanted:
            yield State("certain", moment, moment, moment, dict(medium.certain))
        medium.play(event)


def changed(base, image):
    """The sectors in which two images differ."""
    return {s: image[s * 512:s * 512 + 512] for s in range(len(base) // 512)
            if base[s * 512:s * 512 + 512] != image[s * 512:s * 512 + 512]}


def test_ordered(lab):
    cuts(lab, "append", "ordered", 160)


def test_journal(lab):
    cuts(lab, "random", "journal", 160)


def test_cost(lab):
    with guest(lab) as g:
        _, _, history = recorded(lab, g, "database", "ordered", 150)
    committed(history)
    most = 3 * history.commits + 2 * history.tails + OTHERS
    lab.measure("flushes per commit", round(history.flushes / history.commits, 2))
    assert history.flushes <= most, (f"{history.flushes} flushes for {history.commits} commits and {history.tails} moves of the "
                                     f"tail: {most} would do for them, data without a commit, mount and unmount")
