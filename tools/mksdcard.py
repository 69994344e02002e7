#!/usr/bin/python3
"""mksdcard.py: write an SD card image that a SiFive board starts from; needs neither root's rights nor loop devices.

    mksdcard.py OUT --board unleashed|unmatched --kernel IMAGE --initrd CPIO --root EXT4 [--firmware DIR]

    sectors        type        what
    34-2081        5B193300-*  U-Boot SPL: the ROM looks for this type
    2082-10273     2E54B353-*  u-boot.itb (OpenSBI, U-Boot, device tree): the SPL reads from sector 2082
    16384-131071   EF00        FAT32, marked bootable: Image, initramfs.cpio, extlinux/extlinux.conf
    131072-        8300        the root, an ext4 image as it is

DIR holds u-boot-spl.bin and u-boot.itb; without it they come from Debian's package u-boot-sifive
(tools/fetch-debian), whose copyright file says what they are made of.  The same input gives the same bytes.

Further: docs/boards/; UEFI Specification 2.10, chapter 5 (GPT).
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SECTOR = 512
SPL = 34, 2048                          # first sector, how many
FIRMWARE = 2082, 8192
BOOT = 16384, 114688
ROOT_START = 131072
MIB = 2048                              # sectors
GPT_END = 33                            # sectors of the second partition table, after everything
TREE = Path(__file__).resolve().parent.parent
TYPES = {"spl": "5B193300-FC78-40CD-8002-E86C45580B47", "u-boot": "2E54B353-1271-4842-806F-E436D6AF6985",
         "boot": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "root": "0FC63DAF-8483-4772-8E79-3D69D8477DE4"}
UUID = "53657874-616e-4074-8f6f-6f7473646{:03x}"
EPOCH = os.environ.get("SOURCE_DATE_EPOCH", "1767225600")
ENV = dict(os.environ, SOURCE_DATE_EPOCH=EPOCH, TZ="UTC", LC_ALL="C", MTOOLS_SKIP_CHECK="1",
           PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
EXTLINUX = """default {default}
timeout 30
menu title Sextant

label card
	menu label Sextant, its root on the card
	kernel /Image
	append root=/dev/mmcblk0p4 rw

label memory
	menu label Sextant, its root in memory
	kernel /Image
	initrd /initramfs.cpio
"""


def stop(why):
    sys.exit(f"mksdcard: {why}")


def run(*args, text=None):
    """Run a tool; what it says is shown only if it fails."""
    if not shutil.which(args[0], path=ENV["PATH"]):
        stop(f"{args[0]} is not installed: run `sh tools/doctor install card`")
    done = subprocess.run(args, env=ENV, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        stop(f"{' '.join(map(str, args))} failed:\n{done.stdout.strip()}")


def fetched(board):
    """The folder of the board's firmware, out of Debian's package."""
    folder = TREE / "build/u-boot-sifive"
    done = subprocess.run([TREE / "tools/fetch-debian", folder, "u-boot-sifive"])
    if done.returncode:
        stop("without Debian's u-boot-sifive there is no firmware for the card.  Try again with a network\n"
             "(DEBIAN_MIRROR=http://... names an archive), or unpack the package elsewhere and say\n"
             f"    make sdcard BOARD={board} FIRMWARE=folder-with-u-boot-spl.bin-and-u-boot.itb")
    return folder / f"usr/lib/u-boot/sifive_{board}"


def firmware(folder):
    """The bytes of the two stages, which must fit where the board looks for them."""
    parts = []
    for name, (_, count), magic in ("u-boot-spl.bin", SPL, b""), ("u-boot.itb", FIRMWARE, b"\xd0\x0d\xfe\xed"):
        try:
            data = (folder / name).read_bytes()
        except OSError as e:
            stop(f"{folder / name}: {e.strerror}")
        if not data or not data.startswith(magic):
            stop(f"{folder / name}: not a {'flattened image tree' if magic else 'boot loader'}")
        if len(data) > count * SECTOR:
            stop(f"{folder / name}: {len(data)} bytes, and the card has {count * SECTOR} for it")
        parts.append(data)
    return parts


def partition(card, root_sectors):
    rows = [("spl", *SPL, ""), ("u-boot", *FIRMWARE, ""), ("boot", *BOOT, ", attrs=LegacyBIOSBootable"),
            ("root", ROOT_START, root_sectors, "")]
    lines = ["label: gpt", f"label-id: {UUID.format(0)}", "unit: sectors", "first-lba: 34"]
    for i, (name, start, count, more) in enumerate(rows, 1):
        lines.append(f"{i}: start={start}, size={count}, type={TYPES[name]}, uuid={UUID.format(i)}, name={name}{more}")
    run("sfdisk", "-q", "--no-reread", "--no-tell-kernel", card, text="\n".join(lines) + "\n")


def fill_boot(card, kernel, initrd, default):
    """A file system of FAT32 in the partition, made and filled in place."""
    inside = f"{card}@@{BOOT[0] * SECTOR}"
    run("mformat", "-i", inside, "-F", "-T", str(BOOT[1]), "-h", "255", "-s", "63", "-H", str(BOOT[0]), "-c", "1",
        "-N", "53657874", "-v", "SEXTANT", "::")
    run("mmd", "-i", inside, "::/extlinux")
    with tempfile.TemporaryDirectory() as work:
        conf = Path(work, "extlinux.conf")
        conf.write_text(EXTLINUX.format(default=default))
        for source, name in (kernel, "Image"), (initrd, "initramfs.cpio"), (conf, "extlinux/extlinux.conf"):
            staged = Path(work, "staged")
            shutil.copyfile(source, staged)
            os.utime(staged, (int(EPOCH), int(EPOCH)))
            run("mcopy", "-m", "-i", inside, staged, f"::/{name}")


def place(card, start, data):
    with open(card, "r+b") as f:
        f.seek(start * SECTOR)
        f.write(data)


def copy(source, card, start):
    """A whole file into the card, its holes left as holes."""
    with open(source, "rb") as f, open(card, "r+b") as out:
        size, at = os.stat(source).st_size, 0
        while at < size:
            try:
                at = os.lseek(f.fileno(), at, os.SEEK_DATA)
            except OSError:             # ENXIO: the rest is a hole
                return
            end = os.lseek(f.fileno(), at, os.SEEK_HOLE)
            f.seek(at)
            out.seek(start * SECTOR + at)
            while at < end:
                at += out.write(f.read(min(end - at, 1 << 20)))


def build(args):
    for path in args.kernel, args.initrd, args.root:
        if not os.path.isfile(path):
            stop(f"{path}: No such file: run `make` first")
    parts = firmware(Path(args.firmware) if args.firmware else fetched(args.board))
    root_sectors = os.stat(args.root).st_size // SECTOR
    making = args.out + ".new"
    with open(making, "wb") as f:
        f.truncate(-(-(ROOT_START + root_sectors + GPT_END) // MIB) * MIB * SECTOR)
    partition(making, root_sectors)
    place(making, SPL[0], parts[0])
    place(making, FIRMWARE[0], parts[1])
    fill_boot(making, args.kernel, args.initrd, args.default)
    copy(args.root, making, ROOT_START)
    os.rename(making, args.out)


def cards():
    """Disks of this machine that can be taken out: names that of= might want."""
    for disk in sorted(Path("/sys/block").glob("*")):
        try:
            removable = (disk / "removable").read_text().strip() == "1" or re.match(r"mmcblk\d+$", disk.name)
            sectors = int((disk / "size").read_text())
        except OSError:
            continue
        if removable and sectors:
            yield f"/dev/{disk.name} ({sectors * SECTOR / 1e9:.1f} GB)"


def say_what_next(out):
    size = os.stat(out).st_size
    found = list(cards())
    print(f"  CARD    {out}: {size / 1e6:.0f} MB ({size // SECTOR} sectors)\n"
          "  NEXT    find the card's device (`lsblk`), put its name for sdX, and write it:\n\n"
          f"      sudo dd if={out} of=/dev/sdX bs=4M conv=fsync status=progress\n\n"
          "  WARNING this destroys all that is on that device: with another disk's name, that disk's files.\n"
          f"          Removable here: {', '.join(found) or 'none found'}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("--board", required=True, choices=("unleashed", "unmatched"))
    p.add_argument("--kernel", required=True)
    p.add_argument("--initrd", required=True)
    p.add_argument("--root", required=True)
    p.add_argument("--firmware", metavar="DIR")
    p.add_argument("--default", choices=("card", "memory"), default="card")
    args = p.parse_args()
    build(args)
    say_what_next(args.out)


if __name__ == "__main__":
    main()
