"""The root directory on a disk, as `make run` has it: files stay, through power-off and through a pulled plug."""

import os
import subprocess

import pytest

from grade.machine import ROOT
from grade.suite.conftest import BUILDS

WORK = "i=0; while true; do i=$((i+1)); echo $i > /root/w$i; cp /bin/ls /root/c; mv /root/c /root/c$((i%7)); rm -f /root/w$((i-20)); done"


def copy_disk(image, to):
    """Most of a disk is empty, and stays a hole."""
    subprocess.run(["cp", "--sparse=always", image, to], check=True)


@pytest.fixture
def root(machine, build, tmp_path):
    """A function that boots a machine on the test's own copy of the root disk."""
    disk = tmp_path / "disk.img"
    copy_disk(BUILDS[build] / "root.img", disk)

    def boot(**how):
        m = machine(cpus=2, initrd=False, disks=[disk], append="root=/dev/vda rw quiet", **how).boot()
        m.disk = disk
        return m

    return boot


def fsck(disk):
    """e2fsck finds nothing at all in the image, whose log is empty."""
    r = subprocess.run(["e2fsck", "-fn", disk], capture_output=True, text=True,
                       env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
    assert r.returncode == 0, r.stdout + r.stderr


@pytest.mark.builds("gcc", "debug")
def test_files_survive_poweroff(root):
    """What was written before `poweroff` is there at the next boot, and the disk is clean."""
    m = root()
    m.run("mkdir /root/d; echo kept > /root/d/a; ln -s a /root/d/link; chmod 600 /root/d/a")
    m.send("poweroff\n")
    assert m.wait() == 0
    fsck(m.disk)
    m = root(cpu="rv64,zbc=off")    # checksums by tables and by clmul are the same
    assert m.run("cat /root/d/link; stat -c %a /root/d/a") == "kept\n600"
    m.send("rm /root/d/link; poweroff\n")
    assert m.wait() == 0
    fsck(m.disk)


@pytest.mark.builds("gcc", "debug")
def test_a_pulled_plug_loses_nothing_synced(root):
    """QEMU killed in the middle of work: what was synced is there, three times in a row, and the disk is sound."""
    for turn in range(3):
        m = root()
        for old in range(turn):
            assert m.run(f"cat /root/kept{old}; cmp /bin/sh /root/sh{old} && echo same") == f"text {old}\nsame"
        m.run(f"echo text {turn} > /root/kept{turn}; cp /bin/sh /root/sh{turn}; sync")
        m.send(f"({WORK}) &\n")
        m.run("sleep 1.5")
        m.kill()
    m = root()
    assert m.run("cat /root/kept*") == "text 0\ntext 1\ntext 2"
    m.send("poweroff\n")
    assert m.wait() == 0
    fsck(m.disk)


@pytest.mark.builds("gcc")
def test_a_second_machine_on_the_disk_is_refused(root):
    """`make run` on an image that a machine has open says so and starts nothing; the first one goes on."""
    m = root()
    r = subprocess.run(["make", "--no-print-directory", "run", f"DISK={m.disk}"], cwd=ROOT, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, timeout=300)
    assert r.returncode != 0
    assert str(m.disk) in r.stdout + r.stderr and "OpenSBI" not in r.stdout, r.stdout + r.stderr
    assert m.run("echo on") == "on"
