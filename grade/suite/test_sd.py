"""SD cards on sifive_u's SPI bus: the root on one, the guest suite on that, and cards that fail.

QEMU's controller transfers at once, so that the kernel never has to wait for it; `spi=irq` leaves each byte to the
interrupt all the same.  QEMU's card checks no checksum, is never busy and reports no error of its image: for that
drivers/mmc/sd_card_test.c plays the card.
"""

import os
import struct
import subprocess

import pytest

from grade.machine import BUILD
from grade.suite.conftest import BUILDS
from grade.suite.test_guest import ARGUMENTS, LIMIT, MEMORY, TESTS
from grade.suite.test_root import copy_disk, fsck

pytestmark = pytest.mark.ours
SECTOR, MIB = 512, 1 << 20
# Of what takes thousands of writes to the disk, some: each is a byte at a time.
FEWER = {"file_coherence": "/root/coherence 100", "file_large": "/root/large 1"}
ROOT_START = 2 * MIB                    # of the second partition


def tool(*args, **how):
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return subprocess.run(args, env=dict(os.environ, PATH=path), check=True, capture_output=True, text=True, **how)


@pytest.fixture
def board(machine):
    """A function that boots sifive_u with a card in its slot; card=None: the slot is empty."""

    def boot(card, append="", initrd=False, mem="512M", **how):
        extra = ["-drive", f"file={card},if=sd,format=raw,cache=unsafe"] if card else []
        if not initrd:
            append = f"root=/dev/mmcblk0 rw {append}"
        return machine(board="sifive_u", cpus=5, mem=mem, initrd=None if initrd else False, extra=extra,
                       append=append.strip(), **how).boot(timeout=100)

    return boot


@pytest.fixture
def card(build, tmp_path):
    """The root disk on a card."""
    path = tmp_path / "card.img"
    copy_disk(BUILDS[build] / "root.img", path)
    return path


def power_off(m):
    """sifive_u can only halt."""
    m.send("poweroff\n")
    m.expect("System halted", timeout=60)
    m.kill()
    assert "leak:" not in m.text()


@pytest.mark.builds("gcc", "debug")
def test_root_on_a_card(board, card):
    """The root is on the card: files are written and read, are there after power-off, and the disk is clean."""
    m = board(card)
    assert "mmcblk0: 1048576 blocks of 512 bytes (512 MiB)" in m.text()
    m.run("cp /bin/sh /root/a; dd if=/dev/urandom of=/root/b bs=64k count=8 2>/dev/null; cp /root/b /root/c; sync")
    m.run("echo 3 > /proc/sys/vm/drop_caches; cmp /root/b /root/c; cmp /bin/sh /root/a", timeout=200)
    power_off(m)
    fsck(card)
    m = board(card, append="spi=irq")
    m.run("cmp /root/b /root/c", timeout=200)
    m.run("dd if=/dev/zero of=/root/d bs=4k count=4 2>/dev/null; sync")
    assert int(m.run("grep spi /proc/interrupts").split()[1]) > 10000      # a byte or a few each
    power_off(m)
    fsck(card)


def test_partitions_of_a_card(board, card, tmp_path, build):
    """mmcblk0p1 and p2 are there, and the root is on the second one of a card of more than 2 GiB (SDHC)."""
    disk = tmp_path / "disk.img"
    with open(disk, "wb") as f:         # an MBR: one MiB, and the root
        entries = [(2048, 2048), (ROOT_START // SECTOR, 512 * MIB // SECTOR)]
        table = b"".join(struct.pack("<B3xB3xII", 0, 0x83, *e) for e in entries)
        f.write(bytes(446) + table.ljust(64, b"\0") + b"\x55\xaa")
        f.truncate(4096 * MIB)
    tool("dd", f"if={card}", f"of={disk}", "bs=1M", f"seek={ROOT_START // MIB}", "conv=notrunc,sparse")
    m = board(disk, append="root=/dev/mmcblk0p2", initrd=False)
    assert m.run("ls -l /dev/mmcblk0*").count("179,") == 3
    assert "8388608 blocks" in m.text()
    m.run("echo kept > /root/kept; sync; dd if=/dev/mmcblk0 bs=512 skip=8388607 count=1 2>/dev/null | wc -c")
    power_off(m)
    tool("dd", f"if={disk}", f"of={card}", "bs=1M", f"skip={ROOT_START // MIB}", "count=512", "conv=sparse")
    fsck(card)
    assert "kept" in tool("debugfs", "-R", "cat /root/kept", card).stdout


@pytest.mark.long
@pytest.mark.builds("gcc")
def test_guest_suite_on_a_card(board, card):
    """All programs of user/tests, from the card, in one machine of five harts."""
    script = card.with_name("commands")
    commands = ["mkdir /tests", "cd /tests"]
    for t in TESTS:
        commands += [f"write {BUILDS['gcc'] / 'user/tests' / t} {t}", f"set_inode_field {t} mode 0100755"]
    script.write_text("\n".join(commands) + "\n")
    tool("debugfs", "-w", "-f", script, card)
    m = board(card, append="quiet", mem=MEMORY)
    m.run("date -s @1800000000")        # the board has no clock that goes on
    failed = {}
    for t in TESTS:
        out = m.run(f"/tests/{t} {FEWER.get(t, ARGUMENTS.get(t, ''))}", timeout=2 * LIMIT.get(t, 60), check=False)
        if m.code:
            failed[t] = f"status {m.code}: {out[-500:]}"
    assert not failed
    power_off(m)
    fsck(card)


@pytest.mark.builds("gcc")
def test_boot_from_a_card_costs_at_most_two_of_virt(machine, card):
    """Guest instructions from reset to the prompt: with a card at most twice as many as virt with its initramfs."""
    extra = ["-drive", f"file={card},if=sd,format=raw,cache=unsafe"]
    card_boot = machine(board="sifive_u", cpus=2, mem="512M", icount=True, initrd=False, extra=extra,
                        append="root=/dev/mmcblk0 rw quiet").boot().virtual_time()
    virt_boot = machine(mem="512M", icount=True, append="quiet").boot().virtual_time()
    assert card_boot < 2 * virt_boot


def slot(m):
    return next(d["device"] for d in m.qmp("query-block") if d["device"].startswith("sd"))


@pytest.mark.builds("gcc", "debug")
def test_card_pulled(board, card, tmp_path):
    """Pulled: EIO for what needs it, and no panic. Back: it works again, and what the disk holds is sound."""
    other = tmp_path / "other.img"
    other.write_bytes(b"other".ljust(2 * MIB, b"\0"))
    m = board(None, initrd=True)
    assert "mmcblk0: no card" in m.text()
    m.qmp("blockdev-change-medium", device=slot(m), filename=str(card), format="raw")
    m.expect("mmcblk0: 1048576 blocks", timeout=60)
    m.run("mkdir /m; mount -t ext4 /dev/mmcblk0 /m; cp /bin/sh /m/kept; sync")
    m.qmp("eject", device=slot(m), force=True)
    assert "Input/output error" in m.run("dd if=/dev/mmcblk0 of=/dev/null bs=4k skip=9999 count=1 2>&1", check=False)
    assert m.code != 0
    m.run("echo lost > /m/lost; sync", check=False)
    m.run("ls /m/nothing 2>/dev/null; cat /m/kept > /dev/null", check=False)     # cached or not, no panic
    m.qmp("blockdev-change-medium", device=slot(m), filename=str(other), format="raw")
    assert "Input/output error" in m.run("dd if=/dev/mmcblk0 of=/dev/null bs=4k skip=9 count=1 2>&1", check=False)
    assert "(another card)" in m.text()
    m.qmp("blockdev-change-medium", device=slot(m), filename=str(card), format="raw")
    m.run("dd if=/dev/mmcblk0 of=/dev/null bs=4k skip=20000 count=1")
    m.run("umount /m", check=False)
    m.run("mount -t ext4 /dev/mmcblk0 /m; cmp /bin/sh /m/kept; echo new > /m/new; umount /m", check=True)
    power_off(m)
    assert other.read_bytes() == b"other".ljust(2 * MIB, b"\0")
    fsck(card)


@pytest.mark.parametrize("name", ["sd_card_test"])
def test_host_program(name):
    """On the build machine: a simulated card with everything that can go wrong, under ASan and UBSan."""
    r = subprocess.run([BUILD / "host/drivers/mmc" / name], capture_output=True, text=True, timeout=300)
    assert r.returncode == 0, (r.stdout + r.stderr)[-3000:]
