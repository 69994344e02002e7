"""Programs of user/tests that know what a file system on a disk does: run on ext4, in one machine, then e2fsck looks."""

import subprocess

import pytest

from grade.cpio import pack
from grade.suite.conftest import BUILDS

PROGRAMS = {"xattr": "/mnt disk", "tmpfile": "/mnt", "seek_data": "/mnt", "fallocate": "/mnt"}      # and their arguments
PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


@pytest.mark.parametrize("cpus", [1, 4])
def test_files_on_ext4(machine, tmp_path, build, cpus):
    """Each program ends with status 0, the disk is clean then, and nothing was leaked."""
    disk = tmp_path / "disk.img"
    with open(disk, "wb") as f:
        f.truncate(32 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", disk], check=True, env={"PATH": PATH})
    tests = {f"tests/{t}": (0o100755, (BUILDS[build] / "user/tests" / t).read_bytes()) for t in PROGRAMS}
    archive = tmp_path / "files.cpio"
    archive.write_bytes((BUILDS[build] / "initramfs.cpio").read_bytes() + pack({"tests": "dir", **tests}))
    m = machine(cpus=cpus, initrd=archive, append="quiet", disks=[disk]).boot()
    m.run("mount -t ext4 /dev/vda /mnt")
    for program, arguments in PROGRAMS.items():
        out = m.run(f"/tests/{program} {arguments}", timeout=120, check=False)
        assert m.code == 0, f"{program}: {out}"
    m.run("umount /mnt")
    m.send("poweroff\n")
    assert m.wait() == 0
    assert "leak:" not in m.text()
    subprocess.run(["e2fsck", "-fn", disk], check=True, env={"PATH": PATH})
