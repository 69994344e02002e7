"""A machine that says what is on a disk, as often as asked, in one boot.

    with Guest() as g:
        tree = g.walk(store)            # mount, read everything, unmount
        tree["a/b"].data                # an Entry; tree.written is what the mount wrote: {sector: bytes}

The machine runs user/tests/crashcheck.c.  Its disk under test is one Disk whose store is replaced for each
walk; the program forgets the old one's cache by itself.  submit() and result() are walk() in two halves:
between them the harness can judge the walk before.
"""

import os
import queue
from collections import namedtuple

from grade.cpio import pack
from grade.disk import Channel, Disk, Store
from grade.machine import BUILD, OUT, PROMPT, ROOT, Limit, Machine, MachineError

PROGRAMS = ("crashcheck", "crashwork")

# What a walk found of one name.  data: the content, a symbolic link's target, or None if only hashed.
Entry = namedtuple("Entry", "type mode links inode size hash data")


class Tree(dict):
    """{path: Entry}, "" being the root; `written`: the overlay that mounting and unmounting left."""

    written = None


class GuestError(MachineError):
    """The machine could not do it: mount, read or unmount failed."""


class Guest:
    def __init__(self, size=64 << 20, build=BUILD, name="crash", cpus=1, mem="256M", foreign=None, append="", make=None,
                 patience=120):
        """make: what makes the machine, which must have the PROGRAMS in /tests, with these disks (a lab's).

        patience: seconds of the machine's time for an answer."""
        self._patience = patience
        self._said = queue.Queue()
        self.disk = Disk(size=size, name="vda")
        self.channel = Channel(self._said.put)
        self._name, self._started = name, 0
        self.machine = None
        self._content = True
        self.busy = False               # crashcheck runs
        self.lost = False               # the machine came to harm: restart()
        self._initrd = None
        if make:
            self._make = lambda number: make(disks=[self.disk, self.channel], append=f"quiet {append}".strip())
            return
        OUT.mkdir(exist_ok=True)
        self._initrd = OUT / f"{name}-{os.getpid()}.cpio"
        tests = ROOT / build / "user/tests"
        self._initrd.write_bytes((ROOT / build / "initramfs.cpio").read_bytes() + pack(
            {"tests": "dir", **{f"tests/{p}": (0o100755, (tests / p).read_bytes()) for p in PROGRAMS}}))
        self._make = lambda number: Machine(
            name=self._name + number, disks=[self.disk, self.channel], initrd=self._initrd, build=build, cpus=cpus, mem=mem,
            foreign=foreign, append=f"quiet {append}".strip())

    def __enter__(self):
        self.restart()
        return self

    def restart(self):
        """Boot, or boot anew; each machine has a log of its own."""
        if self.machine:
            self.machine.kill()
        self._started += 1
        self.channel.clear()
        self._said_clear()
        self.busy = self.lost = False
        number = f"-{self._started}" if self._started > 1 else ""
        self.machine = self._make(number).start()
        self.machine.boot(60)

    def __exit__(self, *exc):
        self.machine.kill()
        if self._initrd:
            self._initrd.unlink(missing_ok=True)

    # ---- talking ----

    def listen(self, timeout=None):
        """The next note of the program in the machine."""
        try:
            return self._listen(timeout or self._patience)
        except MachineError:
            self.lost = True
            raise

    def _said_clear(self):
        while not self._said.empty():
            self._said.get()

    def _listen(self, timeout):
        limit = None
        while True:
            try:
                return self._said.get(timeout=0.5)
            except queue.Empty:
                pass
            limit = limit or Limit(self.machine, timeout)
            self.machine.listen()
            if self.machine.process.poll() is not None:
                self.machine.fail("an answer, but QEMU has ended")
            if b"panic" in self.machine.output[-4000:]:
                self.machine.expect("end of kernel panic|end Kernel panic", 10)
                self.machine.fail("an answer, but the kernel panicked")
            # Whatever it said, it said before it ended.
            if self.busy and PROMPT.search(self.machine.output, self.machine.mark) and self._said.empty():
                self.machine.fail("an answer, but crashcheck has ended")
            if limit.passed():
                self.machine.fail(f"an answer within {limit}")

    def _start(self):
        if not self.busy:
            self.lost = True            # unless it starts
            self.machine.send("/tests/crashcheck\n")
            self.machine.expect(r"crashcheck\r?\n")
            self.busy, self.lost = True, False

    def ask(self, line):
        """Give crashcheck a command; the length of its report."""
        self._start()
        self.channel.command(line)
        return self._answer()

    def _answer(self):
        verdict, _, rest = self.listen().partition(" ")
        if verdict != "ok":
            raise GuestError(rest)
        return int(rest)

    def quit(self):
        """Back to the shell's prompt."""
        if self.busy:
            self.ask("quit")
            self.machine.expect(r"[#$] ")
            self.busy = False

    # ---- recording ----

    def record(self, store, workload, seed=1, steps=300, options="rw", linger=0.0005, timeout=120):
        """Run user/tests/crashwork.c on a disk of this content: the record of what it said and what the disk was asked."""
        self.quit()
        self.disk.store, self.disk.linger = store, linger
        self.disk.record = self.channel.record = record = []
        try:
            self.machine.run(f"/tests/crashwork vda {options} {workload} {seed} {steps}", timeout)
        except MachineError:
            self.lost = True
            raise
        finally:
            self.disk.record = self.channel.record = None
            self.disk.linger = 0.0
        self._said_clear()
        return record

    # ---- walking ----

    def submit(self, store, options="rw", content=True):
        """Begin a walk of a disk with this content (a Store, or an overlay over nothing)."""
        self._start()
        self.disk.store = store
        self._content = content
        self.channel.command(f"walk vda {options} {'content' if content else 'hash'}")

    def result(self):
        """The Tree of the walk submitted."""
        length = self._answer()
        tree = parse(self.channel.store.read(Channel.REPORTS, (length + 511) // 512 * 512)[:length], self._content)
        tree.written = self.disk.store.overlay
        return tree

    def walk(self, store, options="rw", content=True):
        self.submit(store, options, content)
        return self.result()


def parse(report, content):
    tree = Tree()
    at = 0
    while at < len(report):
        end = report.index(b"\n", at)
        kind, mode, links, inode, size, checksum, name, data = report[at:end].decode().split()
        name, data, at = int(name), int(data), end + 1
        path = report[at:at + name].decode(errors="surrogateescape")
        body = report[at + name:at + name + data]
        at += name + data
        if path in tree:
            raise GuestError(f"{path} is there twice")
        tree[path] = Entry(kind, int(mode, 8), int(links), int(inode), int(size), int(checksum),
                           body if content or kind != "f" else None)
    return tree


def overlaid(base, overlay):
    """A Store of base with a copy of overlay: what the machine writes does not change the original."""
    return Store(base, overlay=dict(overlay))
