"""The longest sections in which a hart cannot be preempted, load by load: /proc/latency of a kernel made with LATENCY=1.

    make LATENCY=1 && python3 -m grade.latency [--kernel IMAGE] [--top 3] [--over NS] [LOAD...]

One hart with -icount shift=0: a nanosecond is an instruction.  user/bench/latency.c makes the loads; those about
files run on tmpfs, and once more, as LOAD@ext4, on a disk.
"""

import argparse
import os
import re

from grade.bench_disk import SLEEP, make_ext4
from grade.cpio import pack
from grade.machine import BUILD, OUT, ROOT, Machine

DISK = OUT / f"latency-{os.getpid()}.img"
ON_DISK = ("files", "cache")


def sections(text):
    """[(ns, from, to)] of /proc/latency, the longest first: each place is its callers, the innermost first."""
    found = re.findall(r"^(\d+) ns, .*\n\tfrom (.*)\n\tto (.*)", text, re.M)
    return [(int(ns), begin.split(" < "), end.split(" < ")) for ns, begin, end in found]


def measure(kernel, loads):
    """Yields (load, its sections)."""
    archive = OUT / f"latency-{os.getpid()}.cpio"
    OUT.mkdir(exist_ok=True)
    archive.write_bytes((ROOT / BUILD / "initramfs.cpio").read_bytes() +
                        pack({"bin/latency": (0o100755, (ROOT / BUILD / "user/bench/latency").read_bytes())}))
    make_ext4(DISK, 128)
    try:
        with Machine(kernel=kernel, initrd=archive, append="quiet norandmaps", icount=True, extra=SLEEP,
                     disks=[DISK], name="latency") as m:
            m.boot(timeout=60)
            m.run("mount -t ext4 /dev/vda /mnt")
            every = m.run("latency").split()
            for load in loads or every + [f"{n}@ext4" for n in ON_DISK]:
                name, _, disk = load.partition("@")
                m.run("sync; echo >/proc/latency")
                m.run(f"latency -d {'/mnt' if disk else '/tmp'} {name}", timeout=300)
                yield load, sections(m.run("cat /proc/latency"))
    finally:
        archive.unlink()
        DISK.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default=str(ROOT / BUILD / "latency" / "Image"))
    parser.add_argument("--top", type=int, default=3, help="how many of each load")
    parser.add_argument("--over", type=int, default=0, metavar="NS", help="only those that are longer")
    parser.add_argument("loads", nargs="*", metavar="LOAD")
    args = parser.parse_args()
    for load, found in measure(args.kernel, args.loads):
        for ns, begin, end in [f for f in found if f[0] > args.over][:args.top]:
            print(f"{load:16} {ns:8}  {' < '.join(begin[:4])}\n{'':26}to {' < '.join(end[:2])}", flush=True)


if __name__ == "__main__":
    main()
