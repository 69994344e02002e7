"""The tests of the warm-up: the tools are here, the machine boots, and a kernel that goes wrong says how."""

import re
import subprocess
import tempfile
from pathlib import Path

from grade.lab.oracle import gdbstub
from grade.lab.oracle.map import draw
from grade.lab.oracle.sv39 import PAGE, USER_TOP, Stopped


def test_doctor(lab):
    """What is needed to build and run is installed."""
    r = subprocess.run(["sh", "tools/doctor", "check", "build", "run"], cwd=lab.tree, capture_output=True, text=True)
    assert r.returncode == 0, f"`make doctor` misses something:\n{r.stdout}"


def test_boot(lab):
    """A machine with any number of harts and any memory gets to a prompt and runs a program."""
    harts, memory = lab.random.choice([1, 2, 3, 4]), lab.random.choice([96, 128, 200, 256])
    machine = lab.machine(harts=harts, mem=f"{memory}M")
    machine.start()
    machine.boot()
    word = f"{lab.random.getrandbits(64):x}"
    assert machine.run(f"echo {word} | tr 0-9a-f f0-9a-e") == word.translate(
        str.maketrans("0123456789abcdef", "f0123456789abcde")), "echo and tr, piped, say something else"
    with Stopped(machine) as still:
        assert len(still.harts) == harts and still.ram[1] - still.ram[0] == memory << 20
        lab.picture("boot", draw(still, still.harts[0].satp, f"{harts} harts, {memory} MiB, at the prompt"))


def broken(lab, address):
    """A machine whose kernel is made to read from an address, in the middle of uname; what it then says."""
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        path = gdbstub.path(folder, lab.id)
        machine = lab.machine(harts=1, extra=gdbstub.words(path))
        machine.start()
        machine.boot()
        stub = gdbstub.Stub(path, machine)
        here = stub.stop_at(gdbstub.symbol(Path(lab.build) / "kernel.elf", "sys_uname"), lambda: machine.send("uname\n"))
        assert here, "`uname` never called sys_uname"
        if callable(address):
            address = address(machine, stub)
        stub.write("a0", address)               # the pointer to the call's arguments
        stub.go_on()
        said = machine.expect(r"Kernel panic: ([^\r\n]*)\r?\n", 20)[1].decode(errors="replace")
        stub.close()
        return address, said


def says(said, address, what):
    assert re.search(what, said), f"the kernel read from {address:#x} and the report says {said!r}; it should say {what!r}"
    assert re.search(rf"0x{address:x}\b", said), f"the kernel read from {address:#x}, and the report does not have the address: {said!r}"
    assert "load" in said, f"it was a load, and the report does not say so: {said!r}"


def test_null(lab):
    """A member of a structure that is not there: the report says null pointer."""
    address, said = broken(lab, lab.random.choice([8, 24, 256, 4088]))
    says(said, address, "null pointer")


def test_user(lab):
    """An address of a program, used without mm/usercopy.c: the report says so."""
    address, said = broken(lab, lab.random.randrange(1 << 20, USER_TOP >> 3) * 8)
    says(said, address, "user address")


def test_guard(lab):
    """The page below a kernel stack: the report says guard page."""
    def below(machine, stub):
        with Stopped(machine) as still:
            space = still.space(still.harts[0].satp)
            at = stub.read("sp") & -PAGE
            while space.find(at):
                at -= PAGE
        return at + lab.random.randrange(PAGE // 8) * 8

    address, said = broken(lab, below)
    says(said, address, "guard page")


def test_other(lab):
    """Anywhere else in the kernel's half where nothing is: the report says neither."""
    address, said = broken(lab, 0xffffffd800000000 + lab.random.randrange(1 << 30) * 8)
    says(said, address, "fault")
    for wrong in ("null", "user", "guard"):
        assert wrong not in said, f"{address:#x} is no {wrong} address, and the report says {said!r}"
