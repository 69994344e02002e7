"""A disk that remembers: a block device of the machine under test that lives in the harness.

    disk = Disk("fs.img")                       # or bytes, or Disk(size=1 << 40): zeros
    with Machine(disks=[disk]) as m:            # /dev/vda
        disk.record = record = []
        m.boot().run("...")
    # record: every write, completion and flush, in order

QEMU is the client of an NBD server, which is one thread of the harness for all disks: what arrives on
several disks has one order.  The server

    remembers   each write and flush, and when the machine was told that it was done, as Events;
    lingers     before it says that a write or a flush is done (`linger` seconds without a new request):
                a machine that flushes before its writes are done has them in flight when the flush
                arrives, every time, and not only if the race goes wrong;
    fails       as told: fail() and vanish();
    forgets     nothing of the image: writes go to an overlay of 512-byte sectors over a base that is
                never written.  `disk.store` may be replaced while the machine runs and has no request
                under way: the machine finds another disk content.

The protocol is NBD's fixed newstyle handshake with simple replies (doc/proto.md of the NBD project).
"""

import errno
import os
import selectors
import socket
import struct
import threading
import time
from collections import namedtuple
from pathlib import Path

SECTOR = 512
ZEROS = bytes(SECTOR)

# What a record holds.  `request` numbers the requests of all disks.
#   "write"    request, disk, offset, data     the machine asked for it
#   "discard"  request, disk, offset, data     likewise: data is the zeros that are read afterwards
#   "flush"    request, disk
#   "done"     request, disk                   the machine was told that it is done
#   "note"     data                            a program in the machine said this (Channel)
Event = namedtuple("Event", "kind disk request offset data fua", defaults=(None, 0, 0, None, False))


class Store:
    """The content of a disk: a base that never changes, and an overlay {sector: 512 bytes} over it."""

    def __init__(self, base=b"", size=None, overlay=None):
        self._fd = None
        if isinstance(base, (str, Path)):
            self._fd = os.open(base, os.O_RDONLY | os.O_CLOEXEC)
            end = os.fstat(self._fd).st_size
        else:
            end = len(base)
        self.base = base
        self.size = size or end
        if self.size % SECTOR:
            raise ValueError(f"a disk of {self.size} bytes is no number of sectors")
        self.overlay = {} if overlay is None else overlay

    def __del__(self):
        if getattr(self, "_fd", None) is not None:
            os.close(self._fd)

    def base_read(self, offset, length):
        data = os.pread(self._fd, length, offset) if self._fd is not None else bytes(self.base[offset:offset + length])
        return data + bytes(length - len(data))

    def read(self, offset, length):
        """Bytes; offset and length are whole sectors."""
        first, count = offset // SECTOR, length // SECTOR
        overlay = self.overlay
        found = [(i, overlay[s]) for i, s in enumerate(range(first, first + count)) if s in overlay] if overlay else ()
        if len(found) == count:
            return b"".join(data for _, data in found)
        data = bytearray(self.base_read(offset, length))
        for i, sector in found:
            data[i * SECTOR:(i + 1) * SECTOR] = sector
        return bytes(data)

    def write(self, offset, data):
        self.overlay.update(sectors(offset, data))

    def zero(self, offset, length):
        self.overlay.update(dict.fromkeys(range(offset // SECTOR, (offset + length) // SECTOR), ZEROS))

    def save(self, path):
        """Write it as a sparse file."""
        with open(path, "wb") as f:
            step = 1 << 20
            for at in range(0, self.size if self._fd is not None else len(self.base), step):
                data = self.base_read(at, min(step, self.size - at))
                if data.count(0) != len(data):
                    f.seek(at)
                    f.write(data)
            for sector in sorted(self.overlay):
                f.seek(sector * SECTOR)
                f.write(self.overlay[sector])
            f.truncate(self.size)


def sectors(offset, data):
    """(sector number, its 512 bytes) of a write of whole sectors."""
    first = offset // SECTOR
    return ((first + i, bytes(data[i * SECTOR:(i + 1) * SECTOR])) for i in range(len(data) // SECTOR))


class Fault:
    """An error for the requests of one kind: the `after`-th that touches the sectors, and `count` in all."""

    def __init__(self, kind, after=0, count=1, sectors=None, error=errno.EIO):
        self.kind, self.after, self.count, self.sectors, self.error = kind, after, count, sectors, error
        self.hits = 0

    def hit(self, kind, offset, length):
        if kind != self.kind:
            return 0
        if self.sectors is not None and not (offset < self.sectors.stop * SECTOR
                                             and offset + length > self.sectors.start * SECTOR):
            return 0
        if self.after > 0:
            self.after -= 1
            return 0
        if self.count is not None and self.hits >= self.count:
            return 0
        self.hits += 1
        return self.error


class Disk:
    """One disk.  What the server calls is below; a test uses store, record, fail(), vanish(), delay, linger."""

    def __init__(self, base=b"", size=None, name="disk", linger=0.0, readonly=False):
        self.store = base if isinstance(base, Store) else Store(base, size)
        self.size = self.store.size     # what the machine was told; a new store has the same
        self.name = name
        self.linger = linger
        self.readonly = readonly
        self.delay = 0.0                # seconds before any request is served
        self.record = None              # a list of Events, while it is wanted
        self.faults = []
        self.counts = {"read": 0, "write": 0, "flush": 0, "discard": 0}
        self.bytes = {"read": 0, "write": 0}
        self.waiting = []               # what answers the reads that had to wait
        self._lost = False
        self._connection = None

    # ---- for tests ----

    def fail(self, kind, after=0, count=1, sectors=None, error=errno.EIO):
        """Answer the next "read", "write", "flush" or "discard" with an error (skip `after`; count=None: for ever)."""
        fault = Fault(kind, after, count, sectors, error)
        self.faults.append(fault)
        return fault

    def heal(self):
        self.faults = []
        self._lost = False

    def vanish(self, unplug=False):
        """From now every request fails; with unplug the connection drops too, and heal() can't bring it back."""
        self._lost = True
        if unplug and self._connection:
            self._connection.unplug()

    # ---- for Machine ----

    def attach(self):
        """A connected socket for QEMU, for -blockdev driver=nbd,server.type=fd."""
        ours, theirs = socket.socketpair()
        self._connection = Connection(self, ours)
        Server.get().add(self._connection)
        return theirs

    # ---- for the server, in its thread ----

    def error(self, kind, offset, length):
        """Count a request; the errno that it must fail with, or 0."""
        self.counts[kind] += 1
        if kind in self.bytes:
            self.bytes[kind] += length
        if self._lost:
            return errno.EIO
        if offset + length > self.size:
            return errno.ENOSPC if kind == "write" else errno.EINVAL
        if self.readonly and kind in ("write", "discard"):
            return errno.EPERM
        return next((e for f in self.faults if (e := f.hit(kind, offset, length))), 0)

    def read(self, offset, length):
        return self.store.read(offset, length)

    def blocks(self, offset):
        """Whether a read there has to wait (Channel)."""
        return False

    def write(self, offset, data):
        self.store.write(offset, data)

    def remember(self, kind, offset=0, data=None, fua=False):
        """Put a request into the record; its Event, or None."""
        if self.record is None:
            return None
        event = Event(kind, self.name, Server.get().number(), offset, data, fua)
        self.record.append(event)
        return event


class Channel(Disk):
    """A disk that is no disk but a line to a program in the machine: user/tests/crash.h says how.

    on_note(text) is called in the server's thread; a note also goes into `record` if there is one.
    """

    NOTES, REPORTS, COMMANDS, SIZE = 256 << 20, 320 << 20, 512 << 20, 1 << 30

    def __init__(self, on_note):
        super().__init__(size=self.SIZE, name="channel")
        self.store.write(0, b"SEXTANT CHANNEL".ljust(SECTOR, b"\0"))
        self._on_note = on_note
        self._command = None

    def write(self, offset, data):
        if offset != self.NOTES:
            self.store.write(offset, data)
            return
        text = data.rstrip(b"\0").decode()
        if self.record is not None:
            self.record.append(Event("note", data=text))
        self._on_note(text)

    def remember(self, *_):
        return None

    def blocks(self, offset):
        return offset == self.COMMANDS and self._command is None

    def read(self, offset, length):
        if offset == self.COMMANDS:
            line, self._command = self._command, None
            return line.ljust(length, b"\0")
        return self.store.read(offset, length)

    def clear(self):
        """Forget what was said to a machine that is gone."""
        self._command = None
        self.waiting = []

    def command(self, line):
        """Give the program its next line: it waits for it, or will ask."""
        def give():
            self._command = line.encode()
            if self.waiting:
                self.waiting.pop()()
        Server.get().do(give)


class Connection:
    """QEMU's connection to one disk: the handshake, then requests."""

    # Sent flags: has flags, flush, FUA, trim, write zeroes; 2 is read-only.
    FLAGS = 1 | 4 | 8 | 32 | 64
    READ, WRITE, DISC, FLUSH, TRIM, WRITE_ZEROES = 0, 1, 2, 3, 4, 6

    def __init__(self, disk, sock):
        self.disk, self.sock = disk, sock
        self.phase = self._greet_answer
        self.held = []                  # (reply, Event or None): done, but not said
        self.last = 0.0                 # when the last request came
        sock.sendall(b"NBDMAGIC" b"IHAVEOPT" + struct.pack(">H", 1 | 2))

    def fileno(self):
        return self.sock.fileno()

    def unplug(self):
        self.sock.shutdown(socket.SHUT_RDWR)

    def _take(self, n):
        data = self.sock.recv(n, socket.MSG_WAITALL)
        if len(data) != n:
            raise EOFError
        return data

    # ---- handshake ----

    def _greet_answer(self):
        self._take(4)
        self.phase = self._option

    def _option(self):
        magic, option, length = struct.unpack(">8sII", self._take(16))
        data = self._take(length) if length else b""
        if magic != b"IHAVEOPT":
            raise EOFError
        flags = self.FLAGS | (2 if self.disk.readonly else 0)
        if option in (6, 7):            # INFO, GO
            self._option_reply(option, 3, struct.pack(">HQH", 0, self.disk.size, flags))
            self._option_reply(option, 3, struct.pack(">HIII", 3, SECTOR, 4096, 32 << 20))
            self._option_reply(option, 1)
            if option == 7:
                self.phase = self._request
        elif option == 1:               # EXPORT_NAME: no reply header, and no zeroes as agreed
            self.sock.sendall(struct.pack(">QH", self.disk.size, flags))
            self.phase = self._request
        elif option == 2:               # ABORT
            self._option_reply(option, 1)
            raise EOFError
        else:
            self._option_reply(option, 0x80000001)

    def _option_reply(self, option, kind, data=b""):
        self.sock.sendall(struct.pack(">QIII", 0x3E889045565A9, option, kind, len(data)) + data)

    # ---- requests ----

    def _request(self):
        magic, flags, kind, handle, offset, length = struct.unpack(">IHHQQI", self._take(28))
        if magic != 0x25609513:
            raise EOFError
        if kind == self.DISC:
            raise EOFError
        payload = self._take(length) if kind == self.WRITE else None
        disk = self.disk
        if disk.delay:
            time.sleep(disk.delay)
        self.last = time.monotonic()
        fua = bool(flags & 1)
        if kind == self.READ:
            self._read(handle, offset, length)
        elif kind == self.WRITE:
            self._write(handle, "write", offset, length, payload, fua)
        elif kind in (self.TRIM, self.WRITE_ZEROES):
            self._write(handle, "discard", offset, length, None, fua)
        elif kind == self.FLUSH:
            error = disk.error("flush", 0, 0)
            self._finish(handle, error, None if error else disk.remember("flush"))
        else:
            self._reply(handle, errno.EINVAL)

    def _read(self, handle, offset, length):
        error = self.disk.error("read", offset, length)
        if not error and self.disk.blocks(offset):
            self.disk.waiting.append(lambda: self._reply(handle, 0, self.disk.read(offset, length)))
            return
        self._reply(handle, error, b"" if error else self.disk.read(offset, length))

    def _write(self, handle, kind, offset, length, data, fua):
        disk = self.disk
        error = disk.error(kind, offset, length)
        event = None
        if not error:
            event = disk.remember(kind, offset, bytes(length) if data is None else data, fua)
            if data is None:
                disk.store.zero(offset, length)
            else:
                disk.write(offset, data)
        self._finish(handle, error, event)

    def _finish(self, handle, error, event):
        """Say that a write or flush is done: at once, or after some silence."""
        self.held.append((handle, error, event))
        if not self.disk.linger:
            self.release()

    def release(self):
        held, self.held = self.held, []
        for handle, error, event in held:
            if event and self.disk.record is not None:
                self.disk.record.append(Event("done", event.disk, event.request))
            self._reply(handle, error)

    def _reply(self, handle, error, data=b""):
        self.sock.sendall(struct.pack(">IIQ", 0x67446698, error, handle) + data)

    def close(self):
        self.held = []
        self.sock.close()


class Server(threading.Thread):
    """The one thread that serves every disk."""

    _one = None

    @classmethod
    def get(cls):
        if cls._one is None:
            cls._one = cls()
            cls._one.start()
        return cls._one

    def __init__(self):
        super().__init__(daemon=True, name="disks")
        self._selector = selectors.DefaultSelector()
        self._bell_rung, self._bell = socket.socketpair()
        self._selector.register(self._bell_rung, selectors.EVENT_READ, None)
        self._jobs = []
        self._number = 0

    def number(self):
        self._number += 1
        return self._number

    def do(self, job):
        """Run job() in the server's thread, soon."""
        self._jobs.append(job)
        self._bell.send(b"!")

    def add(self, connection):
        self.do(lambda: self._selector.register(connection, selectors.EVENT_READ, connection))

    def _drop(self, connection):
        self._selector.unregister(connection)
        connection.close()

    def run(self):
        while True:
            lingering = [c for key in self._selector.get_map().values() if (c := key.data) and c.held]
            timeout = None
            if lingering:
                now = time.monotonic()
                timeout = max(0.0, min(c.last + c.disk.linger - now for c in lingering))
            ready = self._selector.select(timeout)
            for key, _ in ready:
                if key.data is None:
                    self._bell_rung.recv(4096)
                    while self._jobs:
                        self._jobs.pop(0)()
                    continue
                try:
                    key.data.phase()
                except (EOFError, OSError):
                    self._drop(key.data)
            now = time.monotonic()
            for c in lingering:
                if c.held and now - c.last >= c.disk.linger:
                    try:
                        c.release()
                    except OSError:
                        pass            # the next read says so
