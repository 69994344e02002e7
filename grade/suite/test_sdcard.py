"""`make sdcard`: what is on the card, and a machine that starts from it as the board does, through all its firmware."""

import json
import os
import re
import shutil
import subprocess

import pytest

from grade.machine import BUILD, ROOT

SECTOR = 512
BOOT_START, ROOT_START = 16384, 131072
PACKAGE = ROOT / "build/u-boot-sifive/usr/lib/u-boot"
TOOLS = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "MTOOLS_SKIP_CHECK": "1"}
TYPES = ["5B193300-FC78-40CD-8002-E86C45580B47", "2E54B353-1271-4842-806F-E436D6AF6985",
         "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "0FC63DAF-8483-4772-8E79-3D69D8477DE4"]

pytestmark = [pytest.mark.ours, pytest.mark.builds("gcc")]


def tool(*args):
    return subprocess.run(args, env=TOOLS, check=True, stdout=subprocess.PIPE, timeout=120).stdout


def make(board, folder, *more):
    """Write a card's image into the folder: its path, the tool's status and what it said."""
    card = folder / f"{board}.img"
    done = subprocess.run([ROOT / "tools/mksdcard.py", card, "--board", board, "--kernel", BUILD / "Image", "--initrd",
                           BUILD / "initramfs.cpio", "--root", BUILD / "root.img", *more],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    return card, done.returncode, done.stdout


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """A function: the image for a board, made once, and what was said to a person."""
    made = {}

    def get(board):
        if board not in made:
            image, status, said = make(board, tmp_path_factory.mktemp("card"))
            assert status == 0, said
            made[board] = image, said
        return made[board]

    yield get
    for image, _ in made.values():
        image.unlink()


def read(path, start, size):
    with open(path, "rb") as f:
        f.seek(start * SECTOR)
        return f.read(size)


def extlinux(text):
    """extlinux.conf as U-Boot understands it: (global words, {label: words})."""
    top, labels, here = {}, {}, None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.strip().partition(" ")
        if word == "label":
            here = labels.setdefault(rest, {})
        else:
            (top if here is None else here)[word] = rest
    return top, labels


@pytest.mark.parametrize("board", ["unleashed", "unmatched"])
def test_the_card_has_what_the_board_looks_for(card, board, build):
    """Partitions by type and place, firmware byte for byte, a FAT that names files which are there, a clean ext4."""
    image, _ = card(board)
    table = json.loads(tool("sfdisk", "--json", image))["partitiontable"]
    parts = table["partitions"]
    assert table["label"] == "gpt" and [p["type"] for p in parts] == TYPES
    assert [p["start"] for p in parts] == [34, 2082, BOOT_START, ROOT_START]
    assert all(a["start"] + a["size"] <= b["start"] for a, b in zip(parts, parts[1:]))
    assert parts[2]["attrs"] == "LegacyBIOSBootable"
    assert b"No errors" in tool("sfdisk", "--verify", image)

    for name, part in ("u-boot-spl.bin", parts[0]), ("u-boot.itb", parts[1]):
        data = (PACKAGE / f"sifive_{board}" / name).read_bytes()
        assert len(data) <= part["size"] * SECTOR
        assert read(image, part["start"], len(data)) == data

    fat = f"{image}@@{BOOT_START * SECTOR}"
    assert read(image, BOOT_START, SECTOR)[82:90] == b"FAT32   "
    top, labels = extlinux(tool("mtype", "-i", fat, "::/extlinux/extlinux.conf").decode())
    assert top["default"] in labels and int(top["timeout"]) > 0
    for words in labels.values():
        assert set(words) <= {"kernel", "append", "initrd", "menu"}
        assert tool("mtype", "-i", fat, f"::{words['kernel']}") == (BUILD / "Image").read_bytes()
        if "initrd" in words:
            assert tool("mtype", "-i", fat, f"::{words['initrd']}") == (BUILD / "initramfs.cpio").read_bytes()
    assert labels["card"]["append"].split()[0] == "root=/dev/mmcblk0p4"

    assert parts[3]["size"] * SECTOR == (BUILD / "root.img").stat().st_size
    tool("e2fsck", "-fn", f"{image}?offset={parts[3]['start'] * SECTOR}")


def test_the_same_input_gives_the_same_card(card, build, tmp_path):
    """Bytes do not depend on when or where."""
    again, _, _ = make("unmatched", tmp_path)
    tool("cmp", card("unmatched")[0], again)
    again.unlink()


def test_a_person_is_told_what_to_do_next(card, build, tmp_path):
    """The command that writes the card, its size and a warning; or why there is no card, and what would help."""
    image, said = card("unleashed")
    assert f"dd if={image} of=/dev/sdX bs=4M conv=fsync" in said
    assert "WARNING" in said and f"{image.stat().st_size // SECTOR} sectors" in said

    folder = tmp_path / "firmware"
    folder.mkdir()
    image, status, said = make("unleashed", tmp_path, "--firmware", folder)
    assert status and "u-boot-spl.bin: No such file" in said and not image.exists()
    (folder / "u-boot-spl.bin").write_bytes(b"x" * (1 << 20) + b"x")
    (folder / "u-boot.itb").write_bytes(b"\xd0\x0d\xfe\xed")
    assert "the card has 1048576 for it" in make("unleashed", tmp_path, "--firmware", folder)[2]

    assert "none: No such file" in make("unleashed", tmp_path, "--root", "none")[2]
    assert not list(tmp_path.glob("*.img*"))


def start(machine, image, tmp_path):
    """A board with that card in it, as far as U-Boot's prompt.

    Its automatic start fails in QEMU 7.2, which answers the second CMD0 to a card as if it had been the first.
    """
    card = tmp_path / "sd.img"
    subprocess.run(["cp", "--sparse=always", image, card], check=True)
    os.truncate(card, 4 << 30)              # a card of 4 GiB: over 2 it is addressed by blocks, as boards need it
    m = machine(board="sifive_u,msel=11", cpus=5, mem="8G", initrd=False,
                firmware=PACKAGE / "sifive_unleashed/u-boot-spl.bin",
                extra=["-drive", f"file={card},if=sd,format=raw", "-nic", "none"])
    m.expect("U-Boot SPL", timeout=60)
    m.expect("Hit any key to stop autoboot", timeout=60)
    m.send(" ")
    m.expect("=> ")
    return m


def test_the_unleashed_card_starts_through_the_firmware(machine, card, tmp_path):
    """U-Boot SPL, OpenSBI, U-Boot and extlinux.conf, each from the card, end in our shell, whose root is the card."""
    m = start(machine, card("unleashed")[0], tmp_path)
    m.send("mmc rescan; run bootcmd_mmc0\n")
    m.expect("Found /extlinux/extlinux.conf", timeout=60)
    m.expect("Starting kernel", timeout=60)
    m.boot(timeout=60)
    assert m.run("grep -c ^processor /proc/cpuinfo") == "4"
    # What the firmware set the clocks to, and the speed that it gave the port by them.
    assert re.search(r"clocks: harts 999999 kHz, devices 499999 kHz", m.run("dmesg"))
    assert re.search(r"serial@10010000: 499999 kHz / 4341: 115180 baud", m.run("dmesg"))
    assert m.run("grep ' / ' /proc/mounts").startswith("/dev/mmcblk0p4 / ext4 rw")
    m.run("echo kept >/root/note; sync")
    m.send("reboot\n")
    m.wait()
    image = tmp_path / "sd.img"
    root = f"{image}?offset={ROOT_START * SECTOR}"
    tool("e2fsck", "-fn", root)
    assert tool("debugfs", "-R", "cat /root/note", root) == b"kept\n"
    image.unlink()
