"""The programs of user/threads: POSIX threads, through glibc and through musl, print what they printed on Linux.

NAME.expected, beside NAME.c, was recorded there; both libraries give the same.  One machine per build and number of harts
runs them all; what a program gave that disagrees is left in out/.  THREADS_ROUNDS makes the stress longer, THREADS_SEED
another one.
"""

import difflib
import functools
import os

import pytest

from grade.cpio import pack
from grade.machine import BUILD, OUT, ROOT, Machine
from grade.suite.conftest import BUILDS, make_once

FOLDER = ROOT / "user/threads"
PROGRAMS = sorted(p.stem for p in FOLDER.glob("*.expected"))
CPUS = [1, 2, 4]
LIBCS = ["glibc", "musl"]
ROUNDS = int(os.environ.get("THREADS_ROUNDS", "400"))
SEED = int(os.environ.get("THREADS_SEED", "1"))
_running = {}
_started = {}


@functools.cache
def suite(libc):
    """The suite linked with a library: (its file's bytes, None), or (None, why it cannot be)."""
    path = BUILD / f"threads-{libc}"
    made = make_once(path)
    if made.returncode:
        why = made.stdout.strip()
        # No musl is no fault of ours; a program that does not compile is.
        assert libc == "musl" and ("fetch-debian: " in why or "musl-cc: " in why), why
        return None, why
    return path.read_bytes(), None


def archive(build):
    OUT.mkdir(exist_ok=True)
    path = OUT / f"threads-{build}-{os.getpid()}.cpio"
    if not path.exists():
        files = {f"tests/threads-{c}": (0o100755, suite(c)[0]) for c in LIBCS if suite(c)[0]}
        path.write_bytes((BUILDS[build] / "initramfs.cpio").read_bytes() + pack({"tests": "dir", **files}))
    return path


def end_machine():
    for m in _running.values():
        m.kill()
    _running.clear()


@pytest.fixture
def guest(build, cpus):
    """The running machine that the programs share on this build and number of harts; ended by a failure."""
    if (build, cpus) not in _running:
        end_machine()
        n = _started[build, cpus] = _started.get((build, cpus), 0) + 1
        m = Machine(build=BUILDS[build], cpus=cpus, initrd=archive(build), append="quiet",
                    name=f"threads-{build}-{cpus}" + (f"-{n}" if n > 1 else ""))
        _running[build, cpus] = m
        m.start().boot()
    return _running[build, cpus]


@pytest.fixture(scope="module", autouse=True)
def no_machine_left():
    yield
    end_machine()
    for path in OUT.glob(f"threads-*-{os.getpid()}.cpio"):
        path.unlink()


def run(guest, libc, words, timeout):
    """What a program prints, its status in guest.code; the test is skipped if there is no such library."""
    if suite(libc)[1]:
        pytest.skip(suite(libc)[1])
    try:
        return guest.run(f"/tests/threads-{libc} {words}", timeout=timeout, check=False)
    except BaseException:
        end_machine()
        raise


@pytest.mark.builds("gcc", "debug")
@pytest.mark.parametrize("cpus", CPUS)
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_prints_what_linux_printed(guest, libc, name):
    """Line by line, and it ends with status 0."""
    got = run(guest, libc, name, timeout=60)
    want = (FOLDER / f"{name}.expected").read_text().rstrip("\n")
    if guest.code or got != want:
        (OUT / f"threads-{name}.got").write_text(got + "\n")
        wrong = "\n".join(difflib.unified_diff(want.splitlines(), got.splitlines(), "linux", "here", lineterm="", n=1))
        pytest.fail(f"status {guest.code}\n{wrong}\n  log: out/{guest.name}.log")


@pytest.mark.builds("debug")
@pytest.mark.parametrize("cpus", [4])
@pytest.mark.parametrize("libc", LIBCS)
def test_stress(guest, libc):
    """Twelve threads that do everything at once leave nothing torn, and the lock-order checker nothing to say."""
    got = run(guest, libc, f"stress {SEED} {ROUNDS}", timeout=60 + ROUNDS)
    assert (guest.code, got) == (0, (FOLDER / "stress.expected").read_text().rstrip("\n")), f"seed {SEED}"


@pytest.mark.builds("gcc", "debug")
@pytest.mark.parametrize("cpus", CPUS)
def test_the_machine_that_ran_them_all_powers_off(guest):
    """Nothing is left running, and the debug build counts no leak."""
    try:
        guest.send("poweroff\n")
        assert guest.wait() == 0
        assert "leak:" not in guest.text()
    finally:
        end_machine()
