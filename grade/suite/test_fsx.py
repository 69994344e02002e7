"""user/tests/fsx.c, the file-system exerciser, on each kind of file system: it agrees with its model, and
the tree it leaves has the digest that Linux's has (data/fsx.expected is what fsx printed there)."""

import subprocess

import pytest

from grade.cpio import pack
from grade.machine import ROOT
from grade.suite.conftest import BUILDS

EXPECTED = dict(line.split(": tree ") for line in (ROOT / "grade/suite/data/fsx.expected").read_text().splitlines()
                if line[:1] != "#")
DISKS = {                               # what mke2fs is told
    "ext4": ["-t", "ext4"],
    "ext4-1k": ["-t", "ext4", "-b", "1024"],
    "ext4-blockmap": ["-t", "ext4", "-O", "^extents,^64bit,^huge_file", "-b", "1024"],
}
OPTIONS = {"ext4-journal": ("ext4", "data=journal"), "ext4-writeback": ("ext4", "data=writeback")}
PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


@pytest.fixture
def arena(machine, cpio, tmp_path, build, kind):
    """A machine with an empty file system of the kind on /mnt."""
    image, option = OPTIONS.get(kind, (kind, "defaults"))
    disk = tmp_path / "disk.img"
    if image in DISKS:
        with open(disk, "wb") as f:
            f.truncate(256 << 20)
        subprocess.run(["mke2fs", "-q", "-F", *DISKS[image], disk], check=True, env={"PATH": PATH})
    archive = tmp_path / "fsx.cpio"
    archive.write_bytes((BUILDS[build] / "initramfs.cpio").read_bytes() + pack(
        {"tests": "dir", "tests/fsx": (0o100755, (BUILDS[build] / "user/tests/fsx").read_bytes())}))
    m = machine(cpus=2, initrd=archive, append="quiet", disks=[disk] if image in DISKS else []).boot()
    if image in DISKS:
        m.mount, m.disk = f"mount -t ext4 -o {option} /dev/vda /mnt", disk
    else:
        m.mount, m.disk = f"mount -t {kind} none /mnt", None
    m.run(m.mount)
    return m


def agrees(m, seed, tasks, ops, timeout):
    """Run it in a new directory: it agrees with its model, and with Linux."""
    name = f"fsx: seed {seed} tasks {tasks} ops {ops}"
    out = m.run(f"/tests/fsx -s {seed} -t {tasks} -n {ops} /mnt/{seed}-{tasks}", timeout=timeout, check=False)
    assert m.code == 0, out
    assert out == f"{name}: tree {EXPECTED[name]}"
    return EXPECTED[name]


def survives(m, trees):
    """What was there is there after umount and mount, and e2fsck finds nothing."""
    if not m.disk:
        return
    m.run(f"umount /mnt; {m.mount}")
    for where, tree in trees.items():
        assert m.run(f"/tests/fsx -d /mnt/{where}") == f"fsx: tree {tree}"
    m.run("umount /mnt")
    m.send("poweroff\n")
    assert m.wait() == 0
    check = subprocess.run(["e2fsck", "-fn", m.disk], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"PATH": PATH})
    assert check.returncode == 0, check.stdout.decode()


def exercise(m, *runs):
    """10,000 operations for each (seed, tasks)."""
    survives(m, {f"{seed}-{tasks}": agrees(m, seed, tasks, 10000, 300) for seed, tasks in runs})


@pytest.mark.builds("gcc", "debug", "llvm")
@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_exerciser(arena):
    """The two that everybody uses, by 1 and by 4 tasks."""
    exercise(arena, (1, 1), (2, 4))


@pytest.mark.builds("gcc", "debug")
@pytest.mark.parametrize("kind", ["ext4-1k", "ext4-blockmap", *OPTIONS])
def test_exerciser_on_others(arena, build):
    """Other formats and ways of keeping the log: the compiler makes no difference to them, nor do sanitizers for one task."""
    exercise(arena, *([(1, 1)] if build == "gcc" else []), (2, 4))


@pytest.mark.builds("gcc")
@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_exerciser_for_long(arena):
    """100,000 operations, by 1 and by 4 tasks."""
    survives(arena, {f"{seed}-{tasks}": agrees(arena, seed, tasks, 100000, 900) for seed, tasks in ((3, 1), (4, 4))})
