"""What `make gdb` knows (tools/sextant*) of a machine that is stopped, and how it goes from a program into the kernel and back."""

import os
import re
import shutil
import struct
import subprocess
import tempfile
import threading

import pytest

from grade.lab.oracle import gdbstub
from grade.machine import ROOT
from grade.suite.conftest import BUILDS

pytestmark = [pytest.mark.builds("gcc", "debug"), pytest.mark.ours,
              pytest.mark.skipif(not shutil.which("gdb-multiarch"), reason="no gdb-multiarch: make doctor")]
COMMANDS = ["hbreak sys_uname", "continue", "harts", "tasks", "areas", "pagetable $pc",
            'pagetable "((struct task *)$tp)->mm->stack_top-8"', "runqueues", "held", "kernel-log 200"]
PROMPT = "<gdb>"
PATIENCE = 300                          # seconds of the host, for a debugger that hangs


def test_the_debugger_knows_the_kernel(machine, build, tmp_path):
    m = machine(cpus=1, append="loglevel=4", extra=["-gdb", f"unix:{tmp_path}/gdb,server=on,wait=off"]).boot()
    m.run("sh -c 'while true; do uname; done' >/dev/null &")
    words = [w for c in COMMANDS for w in ("-ex", f'echo == {c}\\n', "-ex", c)]
    r = subprocess.run(["gdb-multiarch", "-q", "-batch", "-nx", BUILDS[build] / "kernel.elf", "-ex", "set architecture riscv:rv64",
                        "-ex", f"target remote {tmp_path}/gdb", "-ex", "source tools/sextant.gdb", *words], cwd=ROOT,
                       capture_output=True, text=True, timeout=120)
    said = dict(re.findall(r"^== (.*)\n((?:(?!== ).*\n?)*)", r.stdout, re.M))
    assert list(said) == COMMANDS, r.stdout + r.stderr
    assert "uname" in said["harts"] and re.search(r"task 1 .* init", said["tasks"])
    assert re.search(r"^[0-9a-f]{12}-[0-9a-f]{12} r-x  file", said["areas"], re.M)
    text, stack = said["pagetable $pc"], said[COMMANDS[6]]
    assert re.search(r"^level [01]: .*VR-X-GA-", text, re.M)       # a leaf of the kernel's text
    assert re.search(r"level 0: .*VRW-U-AD", stack)
    assert "uname runs" in said["runqueues"]
    assert ("0 held by task" if build == "debug" else "only a debug build knows") in said["held"]
    assert "init: running /init" in said["kernel-log 200"]


class Debugger:
    """gdb with our commands on a machine's stub; it stops the machine."""

    def __init__(self, build, socket):
        self.p = subprocess.Popen(["gdb-multiarch", "-nx", "-q", "-iex", f"set prompt {PROMPT}", str(BUILDS[build] / "kernel.elf")],
                                  cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.guard = threading.Timer(PATIENCE, self.p.kill)
        self.guard.start()
        self._answer()
        for command in ("set width 0", "set architecture riscv:rv64", f"target remote {socket}", "source tools/sextant.gdb"):
            self(command)

    def _answer(self):
        said = b""
        while not said.endswith(PROMPT.encode()):
            more = os.read(self.p.stdout.fileno(), 65536)
            assert more, f"gdb ended: {said.decode(errors='replace')}"
            said += more
        return said.decode(errors="replace").removesuffix(PROMPT).strip()

    def __call__(self, command):
        """What gdb answers."""
        os.write(self.p.stdin.fileno(), f"{command}\n".encode())
        return self._answer()

    def close(self):
        self.guard.cancel()
        self.p.kill()
        self.p.communicate()


@pytest.fixture
def stopped(machine, build):
    """A machine at its prompt and the debugger that holds it."""
    with tempfile.TemporaryDirectory(prefix="gdb-") as folder:
        path = gdbstub.path(folder, build)
        m = machine(cpus=2, append="quiet", extra=gdbstub.words(path))
        m.boot()
        gdb = Debugger(build, path)
        yield m, gdb
        gdb.close()


def test_across_the_border_and_back(stopped, build):
    """A breakpoint in a program stops no other; from there into the kernel, what called whom on both sides, and back."""
    m, gdb = stopped
    assert "uname.debug" in gdb("program uname")
    elsewhere, = struct.unpack_from("<Q", (BUILDS[build] / "user/bin/hostname").read_bytes(), 24)
    gdb(f"ubreak *{elsewhere}")                         # where hostname begins
    gdb("ubreak main")
    m.send("hostname; uname\n")
    assert "Breakpoint 2, main (argc=1" in gdb("c")
    gdb("delete")
    assert re.search(r"task \d+ +uname$", gdb("across harts"), re.M)
    assert "r-x  file" in gdb("areas") and 'comm = "uname' in gdb("current")
    assert "in a program already" in gdb("leave")
    assert '"uname"' in gdb("across x/s argv[0]")
    assert "trap_entry" in gdb("enter")
    gdb("hbreak sys_uname")
    assert "sys_uname" in gdb("c")
    rows = gdb("bt").split("\n")
    assert [re.search(r"(sys_uname|uname|main) \(", r).group(1) for r in rows if "signal handler" not in r] == ["sys_uname", "uname", "main"]
    assert "0x" in gdb("x/8xb a[0]")
    assert "in the kernel already" in gdb("enter")
    assert "uname (u=" in gdb("leave")
    assert "Cannot access" in gdb("p ncpus") and gdb("across p ncpus").endswith("= 2")
    assert gdb("p $priv").endswith("= 0") and "Linux" in gdb("p u->sysname")
