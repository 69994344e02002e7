"""`make run` as a person has it, on a terminal: what is typed goes to the machine, ^C too, and only ^A is QEMU's."""

import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

import pytest

from grade.machine import BUILD, ROOT

pytestmark = [pytest.mark.ours, pytest.mark.builds("gcc")]
GUARD = 300                             # seconds of the host, for each wait
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROMPT = "^sextant:~# $"


class Terminal:
    """A command on a terminal of its own, whose keys make signals as a person's do."""

    def __init__(self, *command):
        self.master, self.slave = pty.openpty()
        self.modes = termios.tcgetattr(self.slave)
        self.said = ""
        self.process = subprocess.Popen(["setsid", "--ctty", *command], cwd=ROOT,
                                        stdin=self.slave, stdout=self.slave, stderr=self.slave)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        """What still runs on the terminal ends."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)

    def read(self):
        """Take what the command has said, waiting a little; whether there was anything."""
        ready = select.select([self.master], [], [], 0.2)[0]
        if ready:
            self.said += os.read(self.master, 65536).decode(errors="replace")
        return bool(ready)

    def expect(self, pattern):
        """Wait until a line like this is said, and forget all up to there."""
        end = time.monotonic() + GUARD
        while not (m := re.search(pattern, ESCAPES.sub("", self.said.replace("\r", "")), re.M)):
            ended = self.process.poll() is not None
            assert self.read() or not ended, f"ended with {self.process.returncode} before {pattern}:\n{self.said}"
            assert time.monotonic() < end, f"no {pattern} in {GUARD} s:\n{self.said}"
        self.said = m.string[m.end():]

    def type(self, keys):
        os.write(self.master, keys.encode())

    def end(self):
        """Wait until the command ends: its status."""
        end = time.monotonic() + GUARD
        while self.process.poll() is None:
            self.read()
            assert time.monotonic() < end, f"no end in {GUARD} s:\n{self.said}"
        return self.process.returncode


@pytest.mark.parametrize("board, last_keys", [("virt", "\x01x"), ("sifive_u", "reboot\r")], ids=["virt", "sifive_u"])
def test_keys_go_to_the_machine(build, board, last_keys, tmp_path_factory):
    """^C ends the machine's program, not QEMU; ^A x ends QEMU, or the machine itself; the terminal is as before."""
    own = tmp_path_factory.mktemp("run")
    with Terminal("make", "--no-print-directory", "run", f"BOARD={board}", f"O={BUILD}", "CI=true",
                  f"DISK={own / 'disk.img'}", f"QMP={own / 'qmp.sock'}") as t:
        t.expect(PROMPT)
        t.type("sh -c 'echo in\"\"side; exec sleep 1000'\r")
        t.expect("^inside$")
        t.type("\x03")
        t.expect(PROMPT)
        t.type("echo =$?\r")
        t.expect("^=130$")
        t.expect(PROMPT)
        t.type(last_keys)
        assert t.end() == 0, t.said
        assert termios.tcgetattr(t.slave) == t.modes
