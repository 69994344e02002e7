"""What disks and ext4 cost beyond single operations, on Sextant and, if an image is named, on Linux beside it.

    python3 -m grade.bench --disk [--kernel IMAGE] [--linux VMLINUX] [PART...]

    stream  256 MiB written and read one after another, on /dev/vda itself and in a file on ext4: MB/s of the host's
            time, the best of several runs in turns, for the host has other things to do
    names   a look-up, a miss, a creation and a removal in directories of 100 and of 100,000 files: instructions
    mount   mount and umount of disks from 1 MiB to 1 TiB: instructions
    fsyncs  8 tasks that fsync small files of their own: flushes of the disk for each fsync

user/bench/diskbench.c is what runs inside; mke2fs makes the disks, all sparse.
"""

import os
import re
import subprocess

from grade.cpio import pack
from grade.machine import BUILD, ROOT, Machine

OUT = ROOT / "out"
DISK, RAW = OUT / f"bench-{os.getpid()}.img", OUT / f"bench-{os.getpid()}-raw.img"
PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
# A machine that waits for a disk: its clock goes on as the host's does, not to the next timer at once.
SLEEP = ["-icount", "sleep=on"]
ROUNDS = 3
MIB = 256


def make_ext4(path, mib, *options):
    """An empty ext4 file system of so many MiB, sparse."""
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-F", *options, path, f"{mib}M"], check=True, env={"PATH": PATH},
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return path


class Bench:
    """Machines of one kernel, with diskbench and disks."""

    def __init__(self, name, kernel=None, foreign=None):
        self.name, self.kernel, self.foreign = name, kernel, foreign
        self.archive = OUT / f"bench-{os.getpid()}-{name}.cpio"
        OUT.mkdir(exist_ok=True)
        self.archive.write_bytes((ROOT / BUILD / "initramfs.cpio").read_bytes() + pack(
            {"bin/diskbench": (0o100755, (ROOT / BUILD / "user/bench/diskbench").read_bytes())}))

    def machine(self, disks, icount=True, **how):
        return Machine(kernel=self.kernel, foreign=self.foreign, initrd=self.archive, append="quiet norandmaps", icount=icount,
                       disks=disks, extra=SLEEP if icount else (), name=f"bench-disk-{self.name}", **how).start()

    def measure(self, m, command, timeout=600):
        return {a: int(b) for a, b in re.findall(r"^(\w+) (-?\d+)$", m.run(command, timeout=timeout), re.M)}


def stream_once(bench):
    """{what: bytes a second} of one fresh machine."""
    found = {}
    raw, disk = RAW, make_ext4(DISK, 1024)
    with open(raw, "wb") as f:
        f.truncate(MIB << 20)
    m = bench.machine([raw, disk], icount=False, mem="1G")
    try:
        m.boot(120)
        found["write /dev/vda"] = bench.measure(m, f"diskbench write /dev/vda {MIB}")["write"]
        m.run("mount -t ext4 /dev/vdb /mnt")
        found["write a file"] = bench.measure(m, f"diskbench write /mnt/big {MIB}")["write"]
        m.run("umount /mnt; mount -t ext4 /dev/vdb /mnt; sync; echo 3 >/proc/sys/vm/drop_caches", check=False)
        found["read a file"] = bench.measure(m, f"diskbench read /mnt/big {MIB}")["read"]
    finally:
        m.kill()
    # A fresh machine again: nothing of the disk itself is in its cache.
    m = bench.machine([raw], icount=False, mem="1G")
    try:
        found["read /dev/vda"] = bench.measure(m.boot(120), f"diskbench read /dev/vda {MIB}")["read"]
    finally:
        m.kill()
    raw.unlink()
    disk.unlink()
    return found


def stream(benches):
    best = {}
    for _ in range(ROUNDS):
        for b in benches:
            for what, speed in stream_once(b).items():
                best[what, b.name] = max(best.get((what, b.name), 0), speed)
    for what in ("read /dev/vda", "write /dev/vda", "read a file", "write a file"):
        yield f"{what}, MB/s", [best[what, b.name] / 1e6 for b in benches]


def names_once(bench):
    found = {}
    for n in (100, 100000):
        disk = make_ext4(DISK, 4096)
        m = bench.machine([disk])
        try:
            m.boot(120).run("mount -t ext4 /dev/vda /mnt")
            m.run(f"diskbench names /mnt/d {n}; umount /mnt; mount -t ext4 /dev/vda /mnt", timeout=1200)
            for what, cost in bench.measure(m, f"diskbench names /mnt/d {n}").items():
                found[what, n] = cost
        finally:
            m.kill()
        disk.unlink()
    return found


def names(benches):
    found = [names_once(b) for b in benches]
    for what in ("lookup", "miss", "create", "unlink"):
        for n in (100, 100000):
            yield f"{what} among {n:,}", [f[what, n] for f in found]
        yield f"{what}: how many times", [f[what, 100000] / f[what, 100] for f in found]
    yield "lookup, inodes apart", [f["lookup_far", 100000] for f in found]


def mount(benches):
    for label, mib in ("1 MiB", 1), ("64 MiB", 64), ("1 GiB", 1024), ("64 GiB", 65536), ("1 TiB", 1 << 20):
        costs = []
        for b in benches:
            disk = make_ext4(DISK, mib, *(["-J", "size=64"] if mib > 1024 else []))
            m = b.machine([disk])
            try:
                costs.append(b.measure(m.boot(120), "diskbench mount /dev/vda /mnt")["mount"])
            finally:
                m.kill()
            disk.unlink()
        yield f"mount {label}", costs


def flushes(m):
    """How often the guest has flushed the disks."""
    return sum(device["stats"]["flush_operations"] for device in m.qmp("query-blockstats"))


def fsyncs(benches):
    per, cost = [], []
    for b in benches:
        disk = make_ext4(DISK, 1024)
        m = b.machine([disk], icount=False, cpus=2)
        try:
            m.boot(120).run("mount -t ext4 /dev/vda /mnt; sync")
            before = flushes(m)
            found = b.measure(m, "diskbench fsyncs /mnt 8 200", timeout=300)
            per.append((flushes(m) - before) / found["fsyncs"])
            cost.append(found["fsync"])
        finally:
            m.kill()
        disk.unlink()
    yield "8 tasks: flushes per fsync", per
    yield "8 tasks: ns per fsync", cost


PARTS = {"stream": stream, "names": names, "mount": mount, "fsyncs": fsyncs}


def run(kernel, linux, parts):
    benches = ([Bench("sextant", kernel=kernel)] if kernel != "none" else []) + \
              ([Bench("linux", foreign=linux)] if linux else [])
    print(f"{'':28}" + "".join(f"{b.name:>14}" for b in benches))
    try:
        for part in parts or PARTS:
            for row, values in PARTS[part](benches):
                print(f"{row:28}" + "".join(f"{v:14.2f}" if isinstance(v, float) else f"{v:14,}" for v in values),
                      flush=True)
    finally:
        for path in (DISK, RAW, *(b.archive for b in benches)):
            path.unlink(missing_ok=True)
