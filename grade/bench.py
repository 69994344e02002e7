"""make bench: guest instructions per operation, beside Linux's figures for the same binary.

    python3 -m grade.bench [--kernel IMAGE] [--linux VMLINUX] [ROW...]

One hart, 256 MiB, -icount shift=0: a nanosecond of the machine is one instruction, so the figures
repeat whatever else the host does.  grade/bench_linux.tsv holds what Linux took; --linux Image
measures that kernel instead and prints lines for the file.
"""

import argparse
import math
import re
import sys

from grade.machine import ROOT, Machine
from grade.cpio import pack

LINUX = ROOT / "grade" / "bench_linux.tsv"


def figures(kernel, build, rows):
    archive = ROOT / "out" / "bench.cpio"
    archive.parent.mkdir(exist_ok=True)
    # A second archive after the first: the kernel unpacks both.
    archive.write_bytes((ROOT / build / "initramfs.cpio").read_bytes() +
                        pack({"bin/bench": (0o100755, (ROOT / build / "user/bench/bench").read_bytes())}))
    with Machine(kernel=kernel, initrd=archive, append="quiet console=ttyS0", icount=True, name="bench") as m:
        text = m.boot(timeout=60).run("bench -d /tmp " + " ".join(rows), timeout=600)
        return {a: int(b) for a, b in re.findall(r"^(\w+) +(\d+)$", text, re.M)}


def boot_instructions(kernel):
    """Instructions from reset (OpenSBI's included) to the shell prompt."""
    with Machine(kernel=kernel, append="quiet", icount=True, name="bench-boot") as m:
        m.boot()
        return int(m.virtual_time() * 1e9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default=str(ROOT / "build/Image"))
    parser.add_argument("--linux", help="a Linux Image to measure instead")
    parser.add_argument("rows", nargs="*")
    args = parser.parse_args()
    here = figures(args.linux or args.kernel, "build", args.rows)
    if not here:
        sys.exit("bench: no row came back; see out/bench.log")
    if args.linux:
        for name, value in here.items():
            print(f"{name}\t{value}")
        return
    linux = dict(line.split("\t") for line in LINUX.read_text().splitlines() if line and line[0] != "#")
    print(f"{'instructions per':20} {'Sextant':>10} {'Linux':>10} {'ratio':>7}")
    ratios = []
    for name, value in here.items():
        other = int(linux.get(name, 0))
        ratio = value / other if other else float("nan")
        ratios += [ratio] if other else []
        print(f"{name:20} {value:10} {other or '-':>10} {ratio:7.2f}{' !' if ratio > 0.5 else ''}")
    if not args.rows:
        print(f"{'boot to the prompt':20} {boot_instructions(args.kernel):10}")
    if ratios:
        print(f"{len(ratios)} rows, geometric mean {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f} of Linux; "
              f"{sum(r > 0.5 for r in ratios)} over half")


main()
