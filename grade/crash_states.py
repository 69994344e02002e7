"""What a disk may hold after a power cut: the states that a record of writes and flushes allows.

    states = States(record)
    for state in states.sample(1000, seed=1):
        state.overlay                   # {sector: bytes} over base
        state.first, state.last         # the moments of the record at which the cut can leave this

A disk keeps its promises by the flush alone, sector by sector:

    - A write that was done before a flush was asked for is on the medium once that flush is done.
      So is a write with FUA once it is done itself.
    - Any other write is there or not, whatever came before or after it, and of its 512-byte sectors
      any may be there and others not.  A sector is never half written, and neither is the superblock
      (UNTORN): it is two sectors under one checksum, written in place at every mount, so ext4 itself
      relies on that.
    - Of two writes to one sector, the later wins if both are there, but either may be missing.

A moment is a number of events of the record that have happened.  The notes of the programs in the
machine are events too, so a moment also says what had been promised.
"""

import random
from collections import namedtuple

from grade.disk import sectors

# kind: how it was chosen; moment: of the cut; first, last: all moments at which it is possible are between.
State = namedtuple("State", "kind moment first last overlay")

UNTORN = {3: 2}                         # this sector is there if that one is, where one write has both
VARIANTS = ("only", "without", "subset", "subset", "torn", "torn", "sectors")


class Write:
    """A write that may not be on the medium yet."""

    __slots__ = ("request", "sectors", "done", "keys", "bound", "gone")

    def __init__(self, event):
        self.request = event.request
        self.sectors = list(sectors(event.offset, event.data))
        self.keys = [hash(s) for s in self.sectors]
        first = self.sectors[0][0] if self.sectors else 0
        self.bound = {a - first: b - first for a, b in UNTORN.items() if first <= b and a < first + len(self.sectors)}
        self.done = False
        self.gone = set()               # indexes of sectors that something later has replaced for good


class Medium:
    """The record played up to a moment: what is certain, and the writes that may be there."""

    def __init__(self, disk):
        self.disk = disk
        self.certain = {}               # sector -> bytes
        self.keys = {}                  # sector -> hash of the two
        self.key = 0                    # all of them, by exclusive or: names the content
        self.pending = {}               # request -> Write, in the order asked for
        self._fua = set()
        self._flushes = {}              # request -> the writes that it makes certain

    def play(self, event):
        """Whether it changed what is possible."""
        if event.disk != self.disk:
            return False
        if event.kind in ("write", "discard"):
            self.pending[event.request] = Write(event)
            if event.fua:
                self._fua.add(event.request)
        elif event.kind == "flush":
            self._flushes[event.request] = [r for r, w in self.pending.items() if w.done]
        elif event.request in self._flushes:
            for request in self._flushes.pop(event.request):
                self._settle(request)
        elif event.request in self.pending:
            self.pending[event.request].done = True
            if event.request in self._fua:
                self._settle(event.request)
            return False
        return True

    def _settle(self, request):
        write = self.pending.pop(request, None)
        if write is None:
            return
        for (sector, data), key in zip(write.sectors, write.keys):
            self.certain[sector] = data
            self.key ^= self.keys.get(sector, 0) ^ key
            self.keys[sector] = key
        # What was done before this was asked for can't come after it any more.
        mine = {s for s, _ in write.sectors}
        for w in self.pending.values():
            if w.request < request and w.done:
                w.gone.update(i for i, (s, _) in enumerate(w.sectors) if s in mine)

    def choose(self, kind, seed):
        """{request: None for all of it, or a set of indexes of its sectors} of the pending writes."""
        rng = random.Random(seed)
        pending = self.pending
        if kind == "prefix":
            return dict.fromkeys(pending)
        if kind == "certain" or not pending:
            return {}
        requests = list(pending)
        if kind == "only":
            return {rng.choice(requests): None}
        if kind == "without":
            chosen = dict.fromkeys(requests)
            del chosen[rng.choice(requests)]
            return chosen
        if kind == "sectors":
            return {r: {i for i in range(len(pending[r].sectors)) if rng.random() < 0.5} for r in requests}
        odds = rng.choice((0.1, 0.5, 0.9))
        chosen = {r: None for r in requests if rng.random() < odds}
        if kind == "torn":
            # One of the last is torn: what was being written when the power went.
            r = rng.choice(requests[-4:] if rng.random() < 0.5 else requests)
            n = len(pending[r].sectors)
            at = rng.randrange(n + 1)
            chosen[r] = rng.choice((set(range(at)), set(range(at, n)), {i for i in range(n) if rng.random() < 0.5}))
        return chosen

    def _chosen(self, chosen):
        """{sector: (bytes, hash)} of the writes chosen, the later over the earlier."""
        top = {}
        for request, write in self.pending.items():
            if request in chosen:
                which = chosen[request]
                for i, (pair, key) in enumerate(zip(write.sectors, write.keys)):
                    if (which is None or write.bound.get(i, i) in which) and i not in write.gone:
                        top[pair[0]] = (pair[1], key)
        return top

    def key_of(self, chosen):
        key = self.key
        for sector, (_, k) in self._chosen(chosen).items():
            key ^= self.keys.get(sector, 0) ^ k
        return key

    def overlay_of(self, chosen):
        overlay = dict(self.certain)
        overlay.update((sector, data) for sector, (data, _) in self._chosen(chosen).items())
        return overlay


class States:
    """All states of one disk that a record allows, or as many as wanted."""

    def __init__(self, record, disk="vda"):
        self.record, self.disk = record, disk

    def _moments(self, medium):
        """Play the record; each moment just before the disk's possibilities change, and the last one."""
        for moment, event in enumerate(self.record):
            if event.disk == self.disk:
                yield moment
            medium.play(event)
        yield len(self.record)

    def plan(self, seed=0, variants=1):
        """[(moment, kind, seed, first, last)] of different contents: every prefix and every certain content,
        and `variants` times the VARIANTS of each moment."""
        medium = Medium(self.disk)
        seen = {}                       # content -> its plan
        fresh = True                    # the pending writes have changed since the last moment
        before = None
        for moment in self._moments(medium):
            shape = (medium.key, tuple(medium.pending))
            fresh, before = shape != before, shape
            kinds = [("prefix", 0), ("certain", 0)]
            if fresh and medium.pending:
                kinds += [(kind, f"{seed}/{moment}/{n}/{i}") for n in range(variants) for i, kind in enumerate(VARIANTS)]
            for kind, s in kinds:
                key = medium.key_of(medium.choose(kind, s))
                if key in seen:
                    seen[key][4] = moment
                else:
                    seen[key] = [moment, kind, s, moment, moment]
        return sorted(seen.values(), key=lambda p: p[0])

    def sample(self, count=None, seed=0, variants=1):
        """Yield `count` different States (None: all planned) in the order of their moments.

        Prefixes are preferred up to a third of the count, the rest is drawn by the seed."""
        plan = self.plan(seed, variants)
        if count is not None and len(plan) > count:
            rng = random.Random(seed)
            prefixes = [p for p in plan if p[1] == "prefix"]
            others = [p for p in plan if p[1] != "prefix"]
            n = max(min(len(prefixes), count // 3), count - len(others))
            plan = sorted(rng.sample(prefixes, n) + rng.sample(others, count - n), key=lambda p: p[0])
        medium = Medium(self.disk)
        wanted = iter(plan)
        p = next(wanted, None)
        for moment in self._moments(medium):
            while p and p[0] == moment:
                yield State(p[1], moment, p[3], p[4], medium.overlay_of(medium.choose(p[1], p[2])))
                p = next(wanted, None)
            if p is None:
                return
