"""The programs of user/tests, on 1, 2 and 4 harts.  They use only the Linux ABI and pass on Linux too.

With gcc and with its debug build all of them run on each number of harts.  What the number of harts shows has little
to do with the compiler: so clang's builds take one number each, the plain one the largest.

One machine per build and number of harts serves all of them, so each also shows that the ones
before it left the kernel sound; after a failure the next test gets a fresh machine, whose log has a
number more in its name.
"""

import os

import pytest

from grade.cpio import pack
from grade.machine import FOREIGN, OUT, ROOT, Machine
from grade.suite.conftest import BUILDS

TESTS = sorted(p.stem for p in (ROOT / "user/tests").glob("*.c")
               if not p.stem.startswith(("crash", "hostile", "exhaust")))  # those have files of their own
ARGUMENTS = {"many_tasks": "1000"}
LIMIT = {"out_of_memory": 200, "fork_bomb": 200, "many_tasks": 200, "exec": 200}   # others: 60 s
MEMORY = "256M" if FOREIGN else "128M"    # little, for some programs fill it
CPUS = {"gcc": [1, 2, 4], "debug": [1, 2, 4], "llvm": [4], "llvm-debug": [2]}
_running = {}
_started = {}


def archive(build):
    """The usual initramfs with the tests in /tests: two archives in a row, as Linux takes them."""
    folder = BUILDS[build]
    tests = {f"tests/{t}": (0o100755, (folder / "user/tests" / t).read_bytes()) for t in TESTS}
    OUT.mkdir(exist_ok=True)
    path = OUT / f"tests-{build}-{os.getpid()}.cpio"
    if not path.exists():
        path.write_bytes((folder / "initramfs.cpio").read_bytes() + pack({"tests": "dir", **tests}))
    return path


def end_machine():
    for m in _running.values():
        m.kill()
    _running.clear()


@pytest.fixture
def guest(build, cpus):
    """The running machine that tests of this build and number of harts share; ended by a failure."""
    if (build, cpus) not in _running:
        end_machine()
        n = _started[build, cpus] = _started.get((build, cpus), 0) + 1
        m = Machine(build=BUILDS[build], cpus=cpus, mem=MEMORY, initrd=archive(build), append="quiet",
                    name=f"guest-{build}-{cpus}" + (f"-{n}" if n > 1 else ""))
        _running[build, cpus] = m
        m.start().boot()
    return _running[build, cpus]


@pytest.fixture(scope="module", autouse=True)
def no_machine_left():
    yield
    end_machine()
    for path in OUT.glob(f"tests-*-{os.getpid()}.cpio"):
        path.unlink()


@pytest.mark.parametrize("test", TESTS)
def test_program(guest, test):
    """The program ends with status 0."""
    try:
        out = guest.run(f"/tests/{test} {ARGUMENTS.get(test, '')}", timeout=LIMIT.get(test, 60), check=False)
        assert guest.code == 0, f"{test} exited with {guest.code}: {out}\n  log: out/{guest.name}.log\n  rerun: {guest.rerun()}"
    except BaseException:
        end_machine()
        raise


def test_the_machine_that_ran_them_all_powers_off(guest):
    """After all of that nothing is left running and the machine ends with status 0."""
    try:
        guest.run("sync")
        guest.send("poweroff\n")
        assert guest.wait() == 0
        assert "leak:" not in guest.text()          # what the debug builds count at power-off
    finally:
        end_machine()


@pytest.mark.builds("gcc", "debug")
@pytest.mark.ours                       # Linux moves them about less
@pytest.mark.parametrize("cpus", [1, 4])
def test_one_equal_task_more_than_harts(machine, build, cpus):
    """They take turns in sharing a hart: Jain's index of the shares is at least 0.99."""
    m = machine(cpus=cpus, initrd=archive(build), append="quiet").boot()
    m.run("/tests/sched_shares equal", timeout=100)


@pytest.mark.ours
def test_round_robin_by_the_boot_parameter(machine, build):
    """sched=rr: equal shares whoever sleeps, and a slice's length by the nice value; sched=other is told and fair.

    Time is the instructions' (16 ns each): a host that looks away makes all slices longer, and so more equal.
    """
    m = machine(extra=["-icount", "shift=4"], initrd=archive(build), append="quiet sched=rr").boot()
    m.run("/tests/sched_shares rr", timeout=100)
    m = machine(initrd=archive(build), append="quiet sched=other").boot()
    assert 'sched: "other" is neither fair nor rr: it is fair' in m.text()
    m.run("/tests/sched_shares", timeout=100)


@pytest.mark.builds("gcc", "debug")
@pytest.mark.ours                       # Linux sets its limit of tasks lower in so much memory
def test_ten_thousand_tasks_in_one_gibibyte(machine, build):
    """10,000 processes can exist at once in 1 GiB of RAM (half as many with the debug build's larger stacks)."""
    m = machine(mem="1G", initrd=archive(build), append="quiet").boot()
    m.run(f"/tests/many_tasks {5000 if 'debug' in build else 10000}", timeout=300)
