"""make bench: guest instructions per operation, beside Linux's figures for the same binary.

    python3 -m grade.bench [--kernel IMAGE] [--linux VMLINUX] [ROW...]
    python3 -m grade.bench --disk [--kernel IMAGE] [--linux VMLINUX] [PART...]     see bench_disk.py

One hart, 2 GiB (for 10,000 tasks), -icount shift=0: a nanosecond of the machine is one instruction, so the figures
repeat whatever else the host does.  grade/bench_linux.tsv holds what Linux took; --linux Image
measures that kernel instead and prints lines for the file.  Rows about files run on tmpfs, and once
more, as ROW@ext4, on an ext4 image that is a virtio disk.
"""

import argparse
import math
import os
import re
import sys

from grade import bench_disk
from grade.bench_disk import SLEEP, make_ext4
from grade.cpio import pack
from grade.machine import BUILD, OUT, ROOT, Machine

LINUX = ROOT / "grade" / "bench_linux.tsv"
PROGRAMS = ("bench", "ipcbench", "taskbench")       # user/bench


def figures(foreign, kernel, build, rows):
    """{row: instructions}: on tmpfs, and those about files also on ext4 on a virtio disk ("row@ext4")."""
    archive, disk = OUT / f"bench-{os.getpid()}.cpio", bench_disk.DISK
    OUT.mkdir(exist_ok=True)
    # A second archive after the first: the kernel unpacks both.
    programs = {f"bin/{p}": (0o100755, (ROOT / build / "user/bench" / p).read_bytes()) for p in PROGRAMS}
    archive.write_bytes((ROOT / build / "initramfs.cpio").read_bytes() + pack(programs))
    make_ext4(disk, 512)
    here = [row for row in rows if "@" not in row]
    there = [row.partition("@")[0] for row in rows if "@ext4" in row]
    text = ""
    with Machine(kernel=kernel, foreign=foreign, initrd=archive, append="quiet norandmaps console=ttyS0", mem="2G",
                 icount=True, extra=SLEEP, name="bench",
                 disks=[disk]) as m:
        m.boot(timeout=60)
        if here or not rows:
            for program in PROGRAMS:
                text += "\n" + m.run(f"{program} -d /tmp " + " ".join(here), timeout=600)
        if there or not rows:
            m.run("mount -t ext4 /dev/vda /mnt", check=False)
            for program in PROGRAMS:
                text += "\n" + m.run(f"{program} -f -d /mnt -s @ext4 " + " ".join(there), timeout=600, check=False)
    disk.unlink()
    archive.unlink()
    return {a: int(b) for a, b in re.findall(r"^([\w@]+) +(\d+)$", text, re.M)}


def boot_instructions(kernel):
    """Instructions from reset (OpenSBI's included) to the shell prompt."""
    with Machine(kernel=kernel, append="quiet", icount=True, name="bench-boot") as m:
        m.boot()
        return int(m.virtual_time() * 1e9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default=str(ROOT / BUILD / "Image"))
    parser.add_argument("--linux", help="a Linux Image to measure instead")
    parser.add_argument("--disk", action="store_true", help="the disk's throughput and more, beside Linux's if named")
    parser.add_argument("rows", nargs="*")
    args = parser.parse_args()
    if args.disk:
        return bench_disk.run(args.kernel, args.linux, args.rows)
    here = figures(args.linux, args.kernel, BUILD, args.rows)
    if not here:
        sys.exit("bench: no row came back: is there one of that name?  What the machine said is in out/bench.log")
    if args.linux:
        for name, value in here.items():
            print(f"{name}\t{value}")
        return
    linux = dict(line.split("\t") for line in LINUX.read_text().splitlines() if line and line[0] != "#")
    print(f"{'instructions per':22} {'Sextant':>10} {'Linux':>10} {'ratio':>7}")
    ratios = []
    for name, value in here.items():
        other = int(linux.get(name, 0))
        ratio = value / other if other else float("nan")
        ratios += [ratio] if other else []
        print(f"{name:22} {value:10} {other or '-':>10} {ratio:7.2f}{' !' if ratio > 0.5 else ''}")
    if not args.rows:
        print(f"{'boot to the prompt':22} {boot_instructions(args.kernel):10}")
    if ratios:
        print(f"{len(ratios)} rows, geometric mean {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f} of Linux; "
              f"{sum(r > 0.5 for r in ratios)} over half")


main()
