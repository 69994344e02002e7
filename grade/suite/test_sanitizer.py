"""The debug build's address sanitizer (docs/debugging.md): in the middle of uname the kernel is made to read what it may not.

Which addresses those are the shadow says, read from outside.
"""

import pytest

from grade.lab.oracle import gdbstub
from grade.lab.oracle.sv39 import Stopped
from grade.suite.conftest import BUILDS

pytestmark = [pytest.mark.builds("debug", "llvm-debug"), pytest.mark.ours]
SHADOW_OFFSET = 0xdffffff000000000
DIRECT_BASE, IMAGE_BASE = 0xffffffc000000000, 0xffffffff80000000
RAM = 0x80000000
BYTES = {"out of bounds": 0xfa, "use after free": 0xfb, "out of bounds of a global": 0xf9, "use of a free frame": 0xff}


def shadowed(still, elf, why):
    """The first address whose byte of shadow is `why`, in the image or in RAM."""
    space = still.space(still.harts[0].satp)
    for base, size in (IMAGE_BASE, gdbstub.symbol(elf, "image_end") - IMAGE_BASE), (DIRECT_BASE + RAM, still.ram[1] - still.ram[0]):
        at = still.bytes(space, (base >> 3) + SHADOW_OFFSET, size >> 3).find(bytes([why]))
        if at >= 0:
            return base + 8 * at
    raise AssertionError(f"no byte of shadow is {why:#x}")


@pytest.fixture
def reads(machine, build, tmp_path):
    """What a kernel says that reads from an address; a function of (stopped machine, kernel.elf) may find that."""
    elf = BUILDS[build] / "kernel.elf"

    def said(address):
        path = gdbstub.path(tmp_path, "sanitizer")
        m = machine(cpus=1, mem="128M", extra=gdbstub.words(path)).boot()
        stub = gdbstub.Stub(path, m)
        assert stub.stop_at(gdbstub.symbol(elf, "sys_uname"), lambda: m.send("uname\n"))
        if callable(address):
            with Stopped(m) as still:
                address = address(still, elf)
        stub.write("a0", address)               # the pointer to the call's arguments
        stub.go_on()
        panic = m.expect(r"Kernel panic: ([^\r\n]*)\r?\n", 20)[1].decode()
        stub.close()
        return address, panic
    return said


@pytest.mark.parametrize("name, byte", BYTES.items(), ids=[n.replace(" ", "-") for n in BYTES])
def test_memory_that_is_nobodys(reads, name, byte):
    """Each kind is called by its name."""
    address, panic = reads(lambda still, elf: shadowed(still, elf, byte))
    assert panic.startswith(f"KASAN: {name}: read at {address:#x} by sys_uname+"), panic


@pytest.mark.parametrize("address, what", [(0x18, "null pointer, 0x18"), (0x12340, "the kernel used a user address, 0x12340"),
                                           (0xffffffd800001000, "at 0xffffffd800001000"), (1 << 62, "at 0x4000000000000000")])
def test_memory_that_is_not_there(reads, address, what):
    """A wild pointer is reported as itself, though it is its shadow that is looked at first."""
    assert reads(address)[1].endswith(what)
