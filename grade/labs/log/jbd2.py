"""The log as the disk has it, read and written without the kernel: only what logs without checksums need.

    log = Log(image)                    # bytes of an ext4 of mke2fs -O ^metadata_csum,^64bit
    log.put([Transaction(...)], at=9)   # the image with these in its log, to be replayed
    History(log, record)                # what a recorded disk was asked, in terms of the log
"""

import os
import struct
import tempfile
from dataclasses import dataclass, field

from grade.crash_image import tool
from grade.crash_states import Medium
from grade.disk import SECTOR

MAGIC = 0xC03B3998
DESCRIPTOR, COMMIT, SUPER, REVOKE = 1, 2, 4, 5
ESCAPE, SAME_UUID, LAST = 1, 2, 8
HEADER, TAG = 12, 8
NEEDS_RECOVERY = 4                      # in ext4's s_feature_incompat, at 1024 + 0x60
FEATURE_REVOKE = 1                      # in the log's s_feature_incompat


@dataclass
class Transaction:
    tid: int
    blocks: dict = field(default_factory=dict)          # home: content
    revokes: set = field(default_factory=set)
    committed: bool = True
    done: int = 0                                       # the moment at which the machine heard that it is written
    durable: float = float("inf")                       # the moment from which its commit block is on the medium


def blocks_of(image, what):
    """The blocks of a file of an image, in order; `what` is as debugfs wants it."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as f:
        f.write(image)
        f.flush()
        return [int(w) for w in tool("debugfs", "-R", f"blocks {what}", f.name).split("\n", 1)[1].split()]


class Log:
    def __init__(self, image):
        self.image = image
        self.block_size = 1024 << struct.unpack_from("<I", image, 1024 + 0x18)[0]
        self.blocks = blocks_of(image, "<8>")
        head = self.read(self.blocks[0])
        _, _, _, _, self.length, self.first, self.sequence, self.start = struct.unpack_from(">8I", head)
        self.blocks = self.blocks[:self.length]
        self.index = {b: i for i, b in enumerate(self.blocks)}

    def read(self, block):
        return self.image[block * self.block_size:(block + 1) * self.block_size]

    def after(self, at, n=1):
        return (at - self.first + n) % (self.length - self.first) + self.first

    def put(self, transactions, at):
        """A copy of the image whose log has these, the first at that place of the ring."""
        image = bytearray(self.image)

        def block(number, data):
            image[number * self.block_size:(number + 1) * self.block_size] = data.ljust(self.block_size, b"\0")

        head = bytearray(self.read(self.blocks[0]))
        struct.pack_into(">II", head, 0x18, transactions[0].tid, at)
        features, = struct.unpack_from(">I", head, 0x28)
        struct.pack_into(">I", head, 0x28, features | FEATURE_REVOKE)
        block(self.blocks[0], bytes(head))
        for t in transactions:
            for data in self.encode(t):
                block(self.blocks[at], data)
                at = self.after(at)
        incompat, = struct.unpack_from("<I", image, 1024 + 0x60)
        struct.pack_into("<I", image, 1024 + 0x60, incompat | NEEDS_RECOVERY)
        return bytes(image)

    def encode(self, t):
        """The blocks of a transaction, in the order of the ring."""
        def header(kind):
            return struct.pack(">III", MAGIC, kind, t.tid)

        if t.revokes:
            body = b"".join(struct.pack(">I", b) for b in sorted(t.revokes))
            yield header(REVOKE) + struct.pack(">I", HEADER + 4 + len(body)) + body
        pairs = list(t.blocks.items())
        room = (self.block_size - HEADER - 16) // TAG
        for n in range(0, len(pairs), room):
            group, tags, copies = pairs[n:n + room], b"", []
            for i, (home, data) in enumerate(group):
                escape = data[:4] == struct.pack(">I", MAGIC)
                flags = (ESCAPE if escape else 0) | (SAME_UUID if i else 0) | (LAST if i == len(group) - 1 else 0)
                tags += struct.pack(">IHH", home, 0, flags) + (b"" if i else bytes(16))
                copies.append(bytes(4) + data[4:] if escape else data)
            yield header(DESCRIPTOR) + tags
            yield from copies
        if t.committed:
            yield header(COMMIT)

    def tags(self, data):
        """[(home, flags)] of a descriptor block."""
        found, at = [], HEADER
        while at + TAG <= len(data):
            home, _, flags = struct.unpack_from(">IHH", data, at)
            found.append((home, flags))
            at += TAG + (0 if flags & SAME_UUID else 16)
            if flags & LAST:
                break
        return found


class History:
    """The transactions that a record shows, and what broke the rules of docs/log.md."""

    def __init__(self, log, record, disk="vda"):
        self.log, self.disk = log, disk
        self.transactions = []
        self.commits = self.flushes = self.tails = 0
        self.early = []                 # commit blocks sent while what they vouch for was not durable
        self.lost = []                  # tails moved over what was not home
        self._play(record)

    def _play(self, record):
        medium, ring, waiting = Medium(self.disk), {}, {}
        self.at = None
        for moment, event in enumerate(record):
            if event.disk == self.disk and event.kind in ("write", "flush"):
                self.flushes += event.kind == "flush"
                if event.kind == "write":
                    for n, data in self._blocks(event):
                        self._write(medium, ring, waiting, event, n, data)
            medium.play(event)
            if event.kind == "done" and event.request in waiting:
                waiting[event.request].done = moment
            for request in [r for r in waiting if r not in medium.pending]:
                waiting.pop(request).durable = moment

    def _blocks(self, event):
        size = self.log.block_size
        if event.offset % size == 0:
            for at in range(0, len(event.data) // size * size, size):
                yield (event.offset + at) // size, event.data[at:at + size]

    def _write(self, medium, ring, waiting, event, n, data):
        place = self.log.index.get(n)
        if place is None:
            return
        ring[place] = data
        magic, kind, tid = struct.unpack_from(">III", data)
        if place == 0:
            start, = struct.unpack_from(">I", data, 0x1C)
            sequence, = struct.unpack_from(">I", data, 0x18)
            self.tails += 1
            self._moved(medium, sequence, start)
            if self.at is None and start:
                self.at = start
        elif magic == MAGIC and kind == COMMIT:
            self._commit(medium, ring, waiting, event, place, tid)

    def _commit(self, medium, ring, waiting, event, place, tid):
        """A commit block is sent: all its transaction's blocks must be on the medium, and where the log begins."""
        if self.transactions and tid <= self.transactions[-1].tid:
            return                      # a copy of a block that looks like one
        self.commits += 1
        size = self.log.block_size // SECTOR
        unsure = {n // size for w in medium.pending.values() for n, _ in w.sectors} & set(self.log.blocks)
        if unsure:
            self.early.append((tid, len(unsure)))
        t = self._parse(ring, place, tid)
        self.transactions.append(t)
        waiting[event.request] = t
        self.at = self.log.after(place)

    def _parse(self, ring, place, tid):
        t, at = Transaction(tid), self.at
        while at is not None and at != place and at in ring:
            magic, kind, number = struct.unpack_from(">III", ring[at])
            if magic != MAGIC or number != tid:
                break
            if kind == REVOKE:
                used, = struct.unpack_from(">I", ring[at], HEADER)
                t.revokes |= {struct.unpack_from(">I", ring[at], o)[0] for o in range(HEADER + 4, used, 4)}
            for home, flags in self.log.tags(ring[at]) if kind == DESCRIPTOR else ():
                at = self.log.after(at)
                copy = ring.get(at, b"")
                t.blocks[home] = struct.pack(">I", MAGIC) + copy[4:] if flags & ESCAPE else copy
            at = self.log.after(at)
        return t

    def _moved(self, medium, sequence, start):
        """The super block says that transactions before `sequence` are over: they must be home for good."""
        live = {b for t in self.transactions if t.tid >= sequence for b in (*t.blocks, *t.revokes)} if start else set()
        newest = {}
        for t in self.transactions:
            if t.tid < sequence or not start:
                for b in t.revokes:
                    newest.pop(b, None)
                newest.update((b, (t.tid, data)) for b, data in t.blocks.items())
        size = self.log.block_size
        for home, (tid, data) in newest.items():
            if home in live:
                continue
            first = home * size // SECTOR
            there = b"".join(medium.certain.get(s, self.log.image[s * SECTOR:(s + 1) * SECTOR])
                             for s in range(first, first + size // SECTOR))
            if there != data:
                self.lost.append((sequence, tid, home))
