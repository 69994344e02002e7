"""Debian's own programs on its own root: each check of data/debian/*.checks prints what it printed on Linux.

NAME.expected was recorded there.  With SEXTANT_KERNEL=IMAGE the same machine, disk and checks run on that
kernel; what each file gave is left in out/debian-NAME.got: so a new check is recorded by copying it.
"""

import difflib
import functools
import os
import re

import pytest

from grade.machine import BUILD, FOREIGN, OUT, PROMPT
from grade.suite.conftest import make_once
from grade.suite.test_busybox import DATA

CHECKS = DATA / "debian"
NAMES = sorted(p.stem for p in CHECKS.glob("*.checks"))
INTERPRETERS = {"dash": "dash", "lua": "lua5.4", "perl": "perl", "python": "python3", "tty": "python3"}
RUNNERS = {"lua": "check.lua", "perl": "check.pl", "python": "check.py", "tty": "check.py"}

# /mnt becomes the root of Debian's programs; the disk's changes are forgotten when QEMU ends.
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in virtio_mmio virtio_blk crc16 crc32c_generic libcrc32c mbcache jbd2 ext4; do
	[ -f /mod/$m.ko ] && insmod /mod/$m.ko
done
ifconfig lo up 2>/dev/null
mount -t ext4 /dev/vda /mnt
mkdir -p /dev/pts /dev/shm /mnt/checks
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
for link in /proc/self/fd:fd fd/0:stdin fd/1:stdout fd/2:stderr; do
	[ -e /dev/${link#*:} ] || ln -s ${link%:*} /dev/${link#*:}
done
for dir in proc sys dev dev/pts dev/shm checks; do mount --bind /$dir /mnt/$dir; done
mount -t tmpfs tmp /mnt/tmp
echo 1 >/proc/sys/kernel/printk
chroot /mnt /usr/bin/env -i PATH=/usr/bin:/usr/sbin HOME=/root LC_ALL=C.UTF-8 TERM=vt100 bash /checks/run
poweroff -f
"""

RUN = """mkdir -p /root/w; cd /root/w
echo "@@begin@@"
{interpreter} /checks/{runner} /checks/{name}.checks </dev/null 2>&1 | cat
echo "@@end@@"
cd /; sync; umount /tmp
"""


@functools.cache
def image():
    """The root disk, made once from packages that are fetched once."""
    made = make_once(BUILD / "debian.img")
    assert made.returncode == 0, made.stdout
    return BUILD / "debian.img"


@pytest.fixture
def debian_machine(machine, debian, cpio):
    """A function that boots a machine that runs the checks of one file, and nothing else."""

    def boot(name, **how):
        run = RUN.format(name=name, interpreter=INTERPRETERS.get(name, "bash"), runner=RUNNERS.get(name, "check.sh"))
        files = {d: "dir" for d in ("bin", "dev", "proc", "sys", "mnt", "checks", "mod")}
        files |= {"dev/console": (0o20600, (5, 1)), "init": (0o100755, INIT.encode()), "checks/run": (0o100644, run.encode()),
                  "bin/busybox": (0o100755, (debian / "usr/bin/busybox").read_bytes())}
        files |= {f"checks/{p.name}": (0o100644, p.read_bytes()) for p in CHECKS.iterdir() if p.suffix != ".expected"}
        return machine(initrd=cpio(files), disks=[f"{image()},snapshot=on"], mem="512M", append="quiet", **how)

    return boot


def by_check(text):
    """A list of (the check's line, what it gave)."""
    parts = re.split(r"^# (.*)\n", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def disagreements(want, got):
    want, got = by_check(want), by_check(got)
    for i, (check, answer) in enumerate(want):
        if i >= len(got) or got[i][0] != check:
            yield f"# {check}\n(and {len(want) - i - 1} more did not run)"
            return
        if got[i][1] != answer:
            yield "\n".join([f"# {check}", *difflib.unified_diff(answer.splitlines(), got[i][1].splitlines(),
                                                                 "linux", "here", lineterm="", n=0)])


def test_there_are_three_hundred_checks():
    """One a line of *.checks, each with its answer in *.expected."""
    want = {name: by_check((CHECKS / f"{name}.expected").read_text()) for name in NAMES}
    for name in NAMES:
        lines = [s for s in (CHECKS / f"{name}.checks").read_text().splitlines() if s and s[0] != "#" and s[:2] != "| "]
        assert [c for c, _ in want[name]] == lines, f"{name}.expected is not of these checks: record it again"
    assert sum(map(len, want.values())) >= 300


@pytest.mark.builds("gcc")
@pytest.mark.parametrize("name", NAMES)
def test_programs_answer_as_on_linux(debian_machine, name):
    """Every check of the file gives what it gave on Linux."""
    m = debian_machine(name)
    m.expect(r"^@@begin@@\r?\n", timeout=60)
    start = m.mark
    end = m.expect(r"^@@end@@\r?\n", timeout=600)
    got = m.output[start:end.start()].decode(errors="replace").replace("\r\n", "\n")
    (OUT / f"debian-{name}{'' if FOREIGN else '-' + m.name}.got").write_text(got)
    wrong = list(disagreements((CHECKS / f"{name}.expected").read_text(), got))
    assert not wrong, f"{len(wrong)} disagree:\n" + "\n".join(wrong)
    assert m.wait() == 0


@pytest.mark.ours
@pytest.mark.builds("gcc")
def test_the_root_boots_to_a_login_shell(machine):
    """root= on Debian's disk: our init starts root's bash, as a login shell, and poweroff ends the machine."""
    m = machine(cpus=2, initrd=False, disks=[f"{image()},snapshot=on"], mem="512M", append="root=/dev/vda rw quiet")
    m.boot()
    assert m.run("trap; grep SigIgn /proc/self/status") == "SigIgn:\t0000000000000000"     # init's are its own
    m.send('dash -c "echo sle\'\'eps; exec sleep 1000"\n')
    m.expect(r"sleeps\r?\n")
    m.send("\x03")
    m.expect(PROMPT)
    assert m.run("echo $0 $SHELL; shopt -q login_shell && echo login") == "-bash /bin/bash\nlogin"
    assert m.run("python3 -c 'print(6 * 7)'; vi --version | head -n 1 | cut -d' ' -f1") == "42\nVIM"
    m.send("poweroff\n")
    assert m.wait() == 0
