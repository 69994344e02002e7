"""Debian's unmodified riscv64 busybox-static: as /init, and command by command as on Linux."""

import difflib
import subprocess
from pathlib import Path

import pytest

from grade.machine import ROOT

DATA = Path(__file__).parent / "data"

INIT = b"""#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm; mount -t tmpfs shm /dev/shm
cd /
echo "@@begin@@"
sh /b.sh </dev/null 2>&1
echo "@@end@@ $?"
sync; poweroff -f
"""


pytestmark = pytest.mark.builds("gcc", "debug")


@pytest.fixture
def busybox_root(debian, cpio):
    return cpio({
        "bin": "dir", "dev": "dir", "dev/console": (0o20600, (5, 1)), "proc": "dir", "sys": "dir", "tmp": "dir", "mnt": "dir",
        "bin/busybox": (0o100755, (debian / "usr/bin/busybox").read_bytes()),
        "init": (0o100755, INIT),
        "b.sh": (0o100644, (DATA / "busybox.sh").read_bytes()),
    })


@pytest.mark.parametrize("cpus", [1, 2])
def test_sixty_commands_print_what_linux_prints(machine, busybox_root, cpus):
    """data/busybox.sh gives what Linux gave (data/busybox.expected: `rvlinux -- sh /b.sh`)."""
    m = machine(cpus=cpus, initrd=busybox_root, mem="512M", append="quiet")
    m.expect(r"^@@begin@@\r?\n")
    start = m.mark
    end = m.expect(r"^@@end@@ \d+", timeout=120)
    got = m.output[start:end.start()].decode(errors="replace").replace("\r\n", "\n")
    want = (DATA / "busybox.expected").read_text()
    diff = list(difflib.unified_diff(want.splitlines(), got.splitlines(), "linux", "sextant", lineterm="", n=1))
    assert not diff, "\n".join(diff)
    assert m.wait() == 0


def test_busybox_ash_on_the_console(machine, debian, cpio):
    """busybox itself as /init gives a shell on the console that takes commands."""
    root = cpio({"bin": "dir", "dev": "dir", "dev/console": (0o20600, (5, 1)), "proc": "dir",
                 "bin/busybox": (0o100755, (debian / "usr/bin/busybox").read_bytes()),
                 "bin/sh": "-> busybox", "init": (0o100755, b"#!/bin/sh\nexec setsid -c /bin/sh\n"),
                 "bin/setsid": "-> busybox"})
    m = machine(initrd=root, append="quiet")
    m.boot()
    assert m.run("/bin/busybox echo $((40 + 2))") == "42"


def test_what_is_unpacked_is_left_alone(debian):
    """Other workers may be reading it: to fetch a package again replaces no file."""
    busybox = debian / "usr/bin/busybox"
    before = busybox.stat().st_ino
    subprocess.run([ROOT / "tools/fetch-debian", debian, "busybox-static"], check=True)
    assert busybox.stat().st_ino == before
