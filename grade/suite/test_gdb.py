"""What `make gdb` knows (tools/sextant.gdb, tools/sextant_gdb.py), asked of a machine stopped in a system call."""

import re
import shutil
import subprocess

import pytest

from grade.machine import ROOT
from grade.suite.conftest import BUILDS

COMMANDS = ["hbreak sys_uname", "continue", "harts", "tasks", "areas", "pagetable $pc",
            'pagetable "((struct task *)$tp)->mm->stack_top-8"', "runqueues", "held", "kernel-log 200"]


@pytest.mark.ours
@pytest.mark.builds("gcc", "debug")
@pytest.mark.skipif(not shutil.which("gdb-multiarch"), reason="no gdb-multiarch: make doctor")
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
    assert re.search(r"^level 0: .*VR-X-GA-", text, re.M)       # a leaf of the kernel's text
    assert re.search(r"level 0: .*VRW-U-AD", stack)
    assert "uname runs" in said["runqueues"]
    assert ("0 held by task" if build == "debug" else "only a debug build knows") in said["held"]
    assert "init: running /init" in said["kernel-log 200"]
