"""A board's serial line, and questions and answers over it that survive lost and changed characters.

    with Line("/dev/ttyUSB0") as line:
        link = Link(line)
        link.connect()                  # waits for the shell, starts boardlink in it
        link.put("/tmp/pipes", data)
        ended = link.run("/tmp/pipes", seconds=60)

Frames are described in user/bin/boardlink/frame.h.  A question is asked until a whole answer to it has come; if none
comes for PATIENCE seconds, whatever is asked meanwhile, the line is Lost.  Nothing is ever concluded from silence or
from text that is not in a frame, but that the kernel has panicked.
"""

import base64
import itertools
import os
import re
import secrets
import select
import termios
import time
import tty
import zlib
from typing import NamedTuple

PATIENCE = 60                           # seconds without a whole answer: the line is lost
QUIET = 5                               # seconds of silence in which a newline may be typed to see who is there
BLOCK = 1024                            # bytes in a frame, at most; halved when frames do not arrive
PROMPT = re.compile(rb"[#$] (?:\x1b\[[0-9;?]*[A-Za-z])*$")
UBOOT = re.compile(rb"=> $")
PANIC = re.compile(rb"Kernel panic: ([^\r\n]*)[\r\n]")


class Lost(Exception):
    """The board does not answer."""


class Panicked(Exception):
    """The board's kernel said that it panicked."""


class Refused(Exception):
    """The board answered, with an error."""


class Ended(NamedTuple):
    """How a command ended."""

    how: str                            # "exit", "signal"; "killed": not in time
    number: int
    output: str


class Line:
    """A serial port, raw; all that it said goes to a log."""

    def __init__(self, path, baud=115200, log=None):
        self.path, self.baud = path, baud
        self.log = open(log, "wb") if log else None
        self.fd = None
        self.tail = b""                 # what it said last

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *exc):
        self.close()
        if self.log:
            self.log.close()

    def open(self):
        self.fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)
        settings = termios.tcgetattr(self.fd)
        settings[2] = settings[2] & ~(termios.CSTOPB | termios.PARENB | termios.CRTSCTS) | termios.CLOCAL | termios.CREAD
        settings[4] = settings[5] = getattr(termios, f"B{self.baud}")
        termios.tcsetattr(self.fd, termios.TCSANOW, settings)

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
        self.fd = None

    def read(self, seconds):
        """What comes within so many seconds; b"" if nothing does."""
        try:
            if self.fd is None:
                self.open()             # an adapter that was unplugged
            if not select.select([self.fd], [], [], seconds)[0]:
                return b""
            data = os.read(self.fd, 65536)
        except OSError:
            self.close()
            time.sleep(min(seconds, 0.5))
            return b""
        if self.log:
            self.log.write(data)
            self.log.flush()
        self.tail = (self.tail + data)[-4096:]
        return data

    def write(self, data):
        data = memoryview(data)
        deadline = time.monotonic() + 10
        while data and time.monotonic() < deadline:
            try:
                if self.fd is None:
                    self.open()
                if select.select([], [self.fd], [], 0.2)[1]:
                    data = data[os.write(self.fd, data):]
            except OSError:
                self.close()
                time.sleep(0.2)

    def send_time(self, n):
        """Seconds that n characters take."""
        return n * 10 / self.baud


class Link:
    """boardlink at the other end of a line."""

    def __init__(self, line, patience=PATIENCE):
        self.line, self.patience = line, patience
        self.key = b""
        self.block = BLOCK
        self.good = 0                   # answers to the first question since the last that took more
        self.delay = 1.0                # how long answers take, lately
        self.numbers = itertools.count(secrets.randbelow(65536))
        self.ids = itertools.count(secrets.randbelow(1 << 30))
        self.buffer = b""
        self.resent = 0                 # questions that were asked again

    # ---- frames ----

    def _frame(self, number, verb, data):
        body = b"%04x %c %s" % (number, verb, base64.b64encode(data))
        crc = zlib.crc32(body, zlib.crc32(self.key) if verb != ord("H") else 0)
        return b"\n~%s %08x\n\n" % (body, crc)

    def _parse(self, line):
        """(number, verb, data) of a line's text behind its last ~, or None."""
        body, _, crc = line.rpartition(b" ")
        try:
            if len(crc) != 8 or int(crc, 16) != zlib.crc32(body, zlib.crc32(self.key)):
                return None
            number, verb, data = body.split(b" ")
            return int(number, 16), verb, base64.b64decode(data, validate=True)
        except ValueError:
            return None

    def _listen(self, seconds):
        """Lines that begin with ~ within so many seconds, without it; ends at the first pause after one."""
        deadline = time.monotonic() + seconds
        while True:
            data = self.line.read(max(0, deadline - time.monotonic()))
            self.buffer = (self.buffer + data)[-16384:]
            if m := PANIC.search(self.buffer):
                self.buffer = b""
                raise Panicked(m[1].decode(errors="replace"))
            *lines, self.buffer = re.split(rb"[\r\n]", self.buffer)
            for line in lines:
                if b"~" in line:
                    yield line.rpartition(b"~")[2]
            if time.monotonic() >= deadline:
                return

    def _answer(self, number, verb, seconds):
        """The answer to a question; None: none came, or something that may have been one."""
        for line in self._listen(seconds):
            said = self._parse(line)
            if said and said[0] == number and said[1] == verb.lower().encode():
                return said[2]
            if not said:
                return None
        return None

    def ask(self, verb, data=b"", patience=None):
        """Ask until there is an answer."""
        number = next(self.numbers) & 0xffff
        began = time.monotonic()
        wait = max(0.2, 4 * self.delay)
        first = True
        while True:
            frame = self._frame(number, ord(verb), data)
            asked = time.monotonic()
            self.line.write(frame)
            answer = self._answer(number, verb, wait + self.line.send_time(len(frame) + 2 * self.block))
            if answer is not None:
                break
            first = False
            self.resent += 1
            self.good = 0
            self.block = max(32, self.block // 2)
            wait = min(wait * 1.5, 5)
            if time.monotonic() - began > (patience or self.patience):
                raise Lost(f"no answer for {time.monotonic() - began:.0f} s")
        self.delay = 0.8 * self.delay + 0.2 * (time.monotonic() - asked)
        self.good += first
        if self.good >= 8:
            self.good, self.block = 0, min(BLOCK, self.block * 2)
        if answer.startswith(b"error"):
            raise Refused(answer.decode(errors="replace"))
        return answer

    # ---- the session ----

    def connect(self, patience=None):
        """Wait for a shell, start boardlink in it and give it a new key."""
        deadline = time.monotonic() + (patience or self.patience)
        heard = time.monotonic()
        self.buffer = self.line.tail = b""
        wait = QUIET                    # longer each time: a slow board answers, too
        while time.monotonic() < deadline:
            if self.line.read(0.3):
                heard = time.monotonic()
                if PANIC.search(self.line.tail):
                    raise Panicked("before the shell")
            elif UBOOT.search(self.line.tail):
                self.line.write(b"boot\n")
                self.line.tail = b""
            elif PROMPT.search(self.line.tail) or time.monotonic() - heard > QUIET:
                if self._start(wait):
                    return
                wait *= 2
                heard = time.monotonic()
        raise Lost("no shell answers")

    def _start(self, wait):
        """At what may be a shell, or a boardlink of before: does one answer within so many seconds?"""
        self.line.write(b"\x03\x03\x03\n")
        self.line.read(0.3)
        self.line.write(b"boardlink\n")
        self.line.read(1)
        self.line.tail = b""
        key, self.key = self.key, secrets.token_hex(4).encode()
        try:
            return self.ask("H", self.key, patience=wait) == b"boardlink 1"
        except (Lost, Refused):
            self.key = key
            return False

    def end(self):
        """Leave the shell as it was found."""
        try:
            self.ask("B", patience=3)
        except (Lost, Refused, Panicked):
            self.line.write(b"\x03\x03\x03\n")

    # ---- files and commands ----

    def has(self, path, data):
        """Is this what is in the file?"""
        return self.ask("F", path.encode()) == b"%d %08x" % (len(data), zlib.crc32(data))

    def put(self, path, data):
        """Make the file, unless it is there already."""
        for _ in range(3):
            if self.has(path, data):
                return
            at = 0
            while at < len(data) or not at:
                block = data[at:at + self.block]
                self.ask("W", b"%d %s\n" % (at, path.encode()) + block)
                at += max(len(block), 1)
        if not self.has(path, data):
            raise Refused(f"{path} cannot be written")

    def run(self, command, seconds):
        """Run a shell command; how it Ended. It is killed after so many seconds."""
        me = next(self.ids)
        self.ask("R", b"%d %s" % (me, command.encode()))
        deadline, pause = time.monotonic() + seconds, 0.02
        killed = False
        while (answer := self.ask("P", b"%d" % me)) == b"running":
            if time.monotonic() > deadline:
                if killed:
                    raise Lost(f"{command} cannot be killed")
                killed = True
                self.ask("K", b"%d" % me)
                deadline += 10
            time.sleep(pause)
            pause = min(pause * 1.5, 1)
        how, number, size = answer.split()
        output = b""
        while len(output) < min(int(size), 65536):
            part = self.ask("G", b"%d %d %d" % (me, len(output), self.block))
            if not part:
                break
            output += part
        return Ended("killed" if killed else how.decode(), int(number), output.decode(errors="replace"))
