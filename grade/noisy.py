"""A machine at the end of a bad serial line, with switches: what make board-test is tried on.

    with NoisyLine(lambda: Machine(...), folder, drop=0.001, change=0.001, seed=1) as noisy:
        board-test --tty noisy.tty --power-on noisy.switch("on") ...

The line is a pseudo-terminal; between it and QEMU's serial port characters are lost and changed, either way, by chance.
"""

import os
import pty
import random
import select
import threading
import tty


class NoisyLine:
    def __init__(self, make, folder, drop=0.0, change=0.0, seed=1, cut_after=None):
        self.make, self.drop, self.change = make, drop, change
        self.random = random.Random(seed)
        self.cut_after = cut_after      # characters from the machine, after which the line is cut
        self.said = self.damaged = 0    # characters that the machine has said; that were lost or changed
        self.fifo = folder / "switch"
        os.mkfifo(self.fifo)
        self.machine = None
        self.starts = 0

    def switch(self, way):
        """A shell command that turns the machine "on" or "off"."""
        return f"echo {way} > {self.fifo}"

    def __enter__(self):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.tty = os.ttyname(self.slave)
        self.control = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self.ending = False
        self.thread = threading.Thread(target=self._carry, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.ending = True
        os.write(self.control, b"\n")
        self.thread.join()
        self._turn("off")
        for fd in (self.master, self.slave, self.control):
            os.close(fd)

    def _turn(self, way):
        if self.machine:
            self.machine.kill()
            self.machine = None
        if way == "on":
            self.starts += 1
            self.machine = self.make()
            self.machine.start()

    def _damage(self, data):
        out = bytearray()
        for c in data:
            chance = self.random.random()
            if chance >= self.drop + self.change:
                out.append(c)
            else:
                self.damaged += 1
                if chance >= self.drop:
                    out.append(self.random.randrange(256))
        return bytes(out)

    def _from_machine(self):
        try:
            data = os.read(self.machine.console, 4096)
        except OSError:
            data = b""
        if not data:                    # it has ended by itself
            self._turn("off")
        self.said += len(data)
        if self.cut_after is not None and self.said > self.cut_after:
            return
        if data := self._damage(data):
            os.write(self.master, data)

    def _to_machine(self, data):
        try:
            self.machine.serial.sendall(data)
        except OSError:
            pass                        # it has just ended; reading from it will tell

    def _carry(self):
        while not self.ending:
            sources = [self.master, self.control] + ([self.machine.console] if self.machine else [])
            ready = select.select(sources, [], [])[0]
            if self.control in ready:
                for way in os.read(self.control, 4096).decode().split():
                    self._turn(way)
            elif self.master in ready:
                data = self._damage(os.read(self.master, 4096))
                if self.machine and data:
                    self._to_machine(data)
            elif ready:
                self._from_machine()
