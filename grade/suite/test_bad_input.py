"""Malformed things from outside: device trees, archives, no init.  A clear message, a living kernel."""

import gzip
import random
import re
import subprocess

import pytest

from grade.suite.conftest import BUILDS
from grade.cpio import pack


pytestmark = [pytest.mark.ours, pytest.mark.builds("gcc", "debug")]


def base(build):
    return (BUILDS[build] / "initramfs.cpio").read_bytes()


def test_no_init_says_what_was_tried(machine, cpio):
    """Without any init the kernel says which names it tried."""
    m = machine(initrd=cpio({"dev": "dir"}))
    m.expect(r"panic: .*init")
    assert "/sbin/init" in m.text() or m.wait() != 0


def test_no_initrd_at_all(machine):
    m = machine(initrd=False)
    m.expect(r"panic: .*init")
    assert m.wait() != 0


def test_gzip_and_concatenated_archives(machine, build, tmp_path):
    """A gzip'd archive, one gzip'd after a plain one, padding between: all unpack."""
    path = tmp_path / "i.gz"
    path.write_bytes(gzip.compress(base(build)) + bytes(512) + pack({"etc/second": (0o100644, b"two\n")}))
    m = machine(initrd=path).boot()
    assert m.run("cat /etc/second") == "two"


@pytest.mark.parametrize("kind", ["truncated", "garbage", "huge", "badgzip"])
def test_a_broken_archive_is_reported(machine, build, tmp_path, kind):
    """The files before the damage are there, a message names the archive, and the shell starts."""
    good = base(build)
    extra = pack({"etc/late": (0o100644, b"x" * 5000)})
    bad = {"truncated": extra[:600], "garbage": b"not a cpio at all" * 40, "badgzip": gzip.compress(extra)[:40],
           "huge": extra[:54] + b"ffffffff" + extra[62:]}[kind]
    path = tmp_path / "i.cpio"
    path.write_bytes(good + bad)
    m = machine(initrd=path).boot()
    assert re.search(r"(?i)initramfs|initrd|archive", m.run("dmesg"))
    m.run("echo alive")


def dtb_of(board="virt", smp=1, mem="256M", tmp=None):
    path = tmp / "machine.dtb"
    subprocess.run(["qemu-system-riscv64", "-M", f"{board},dumpdtb={path}", "-smp", str(smp), "-m", mem], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


@pytest.mark.parametrize("seed", range(8))
def test_corrupt_device_trees_end_in_a_message(machine, tmp_path, seed):
    """Random damage to the tree: boots, or says what is wrong; never silence.  (OpenSBI reads it first.)"""
    path = dtb_of(tmp=tmp_path)
    blob = bytearray(path.read_bytes())
    rng = random.Random(seed)
    for _ in range(6):
        at = rng.randrange(64, len(blob))
        blob[at] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(blob))
    m = machine(dtb=path)
    m.expect(rb"(?s)[#$] $|panic|OpenSBI|Sextant", timeout=20)


def test_device_tree_without_memory(machine, tmp_path):
    path = dtb_of(tmp=tmp_path)
    text = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", "-q", path], capture_output=True, text=True, check=True).stdout
    text = text.replace('device_type = "memory"', 'device_type = "menory"')
    subprocess.run(["dtc", "-I", "dts", "-O", "dtb", "-q", "-o", path], input=text, text=True, check=True)
    m = machine(dtb=path)
    m.expect(r"panic: .*(memory|RAM)")


def test_unknown_devices_are_left_alone(machine, tmp_path):
    """Nodes that no driver knows, and one that lies about its interrupt, do not hurt."""
    path = dtb_of(tmp=tmp_path)
    text = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", "-q", path], capture_output=True, text=True, check=True).stdout
    ghost = 'ghost@66000000 { compatible = "acme,ghost"; reg = <0 0x66000000 0 0x1000>; interrupts = <9999>; };'
    text, n = re.subn(r"(\n\tsoc \{(?:\n\t\t[^{}\n]+;)*\n)", rf"\1\t\t{ghost}\n", text)
    assert n == 1
    subprocess.run(["dtc", "-I", "dts", "-O", "dtb", "-q", "-o", path], input=text, text=True, check=True)
    machine(dtb=path).boot()
