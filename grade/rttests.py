"""Debian's rt-tests, unmodified: what each says, and what it measured, here and on Linux.

    python3 -m grade.rttests [--kernel IMAGE] [--linux IMAGE] [--loops N] [--cpus N]     make rt-tests
    python3 -m grade.rttests --record IMAGE                     suite/data/rt-tests.expected, anew

On one hart the machine runs with -icount shift=0: a microsecond is 1000 instructions, and the figures are the same in
each run.  With more harts they say as much about the host as about the kernel: there only the shape counts.

    shape = a program's text in which each number is N: which lines it prints, in which order, and its verdict
"""

import argparse
import functools
import os
import re
import subprocess

from grade.bench_disk import make_ext4
from grade.cpio import pack
from grade.machine import BUILD, OUT, ROOT, Machine

EXPECTED = ROOT / "grade/suite/data/rt-tests.expected"
PACKAGES = ("rt-tests", "libc6", "libnuma1", "libgcc-s1")
LIBRARIES = ("libc.so.6", "libnuma.so.1", "libgcc_s.so.1")
LOADER = "ld-linux-riscv64-lp64d.so.1"
# A task of rt-migrate-test runs 300 ms, and whoever has a hart to run on may be late by 150: that is the host's, not ours.
COMMANDS = (
    "cyclictest -m -t 4 -p 80 -i 1000 -l {loops} -q",
    "cyclictest -m -t 3 -a 0 -p 99 -d 0 -i 2000 -l {loops} -q",
    "pi_stress --inversions={loops} --groups={cpus}",
    "pi_stress --inversions={loops} --groups={cpus} --rr --uniprocessor --quiet",
    "ptsematest -t 2 -p 80 -i 500 -l {loops} -q",
    "sigwaittest -t 2 -p 80 -i 500 -l {loops} -q",
    "signaltest -t 4 -p 80 -l {loops} -q",
    "rt-migrate-test -r 300 -s 600 -l 2 -m 150000 -c 5",
    "hackbench -g 2 -l 20",
    "hackbench -p -T -f 5 -s 512 -g 2 -l 20",
)
# cyclictest LOOPS among eight that compute, one that forks and runs programs, and one that reads and writes a disk.
LOADED = """#!/bin/sh
for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & all="$all $!"; done
(while :; do /bin/true; done) & all="$all $!"
(while :; do
	dd if=/dev/vda of=/dev/null bs=1048576 count=32
	dd if=/dev/zero of=/dev/vda bs=1048576 count=8 seek=40
	sync; echo 3 >/proc/sys/vm/drop_caches
done) 2>/dev/null & all="$all $!"
/rt/cyclictest -m -p 99 -i 1000 -l $1 -q
kill -9 $all
"""


@functools.cache
def archive():
    """A file: an initramfs with the programs in /rt, and the libraries that they want."""
    folder = ROOT / BUILD / "rt-tests"
    subprocess.run([ROOT / "tools/fetch-debian", folder, *PACKAGES], check=True)
    libraries = folder / "usr/lib/riscv64-linux-gnu"
    programs = {c.split()[0] for c in COMMANDS}
    files = {"rt": "dir", "lib": "dir", "lib/riscv64-linux-gnu": "dir"}
    files |= {f"rt/{p}": (0o100755, (folder / "usr/bin" / p).read_bytes()) for p in sorted(programs)}
    files |= {f"lib/riscv64-linux-gnu/{p}": (0o100755, (libraries / p).read_bytes()) for p in LIBRARIES}
    files["rt/loaded"] = 0o100755, LOADED.encode()
    files[f"lib/{LOADER}"] = 0o100755, (libraries / LOADER).read_bytes()
    OUT.mkdir(exist_ok=True)
    path = OUT / f"rt-tests-{os.getpid()}.cpio"
    path.write_bytes((ROOT / BUILD / "initramfs.cpio").read_bytes() + pack(files))
    return path


def run(machine, command, loops):
    """What a command of COMMANDS prints, and whether its status is zero."""
    text = machine.run(f"/rt/{command.format(loops=loops, cpus=machine.cpus)} 2>&1", timeout=120, check=False)
    return text + f"\nstatus {'not ' if machine.code else ''}zero"


def worst_under_load(loops, **kernel):
    """(least, mean, greatest) of cyclictest's wake-ups on a hart that has all that it can do, in us."""
    disk = OUT / f"rt-tests-{os.getpid()}.img"
    make_ext4(disk, 64)
    try:
        with Machine(icount=True, mem="512M", initrd=archive(), append="quiet", name="rt-tests-loaded",
                     disks=[disk], **kernel) as m:
            m.boot(timeout=90)
            text = m.run(f"/rt/loaded {loops} 2>&1", timeout=600)
            return figures(text)
    finally:
        disk.unlink()


def shape(text):
    """The lines of a text without what differs from run to run: numbers, columns, pictures of progress."""
    text = re.sub(r"\x1b\[\d*[A-Z]|^.*\r", "", text, flags=re.M)
    text = re.sub(r"^[|-]+", "", text, flags=re.M)
    text = re.sub(r"[ \t]*-?\d+(\.\d+)?", " N", text)
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def figures(text):
    """The numbers that a text names, as one line: the least, mean and greatest of each thread; or a duration."""
    rows = re.findall(r"Min:? *(\d+),? *(?:Act|Cur):? *\d+,? *Avg:? *(\d+),? *Max:? *(\d+)", text)
    if rows:
        return f"{min(int(r[0]) for r in rows)} / {sum(int(r[1]) for r in rows) // len(rows)} / {max(int(r[2]) for r in rows)}"
    words = re.search(r"^Time: (.*)|(Passed!|Failed!)|inversion performed: (\d+)", text, re.M)
    return next((w for w in words.groups() if w), "-") if words else "-"


def expected():
    """{command: shape} as recorded on Linux."""
    return dict(re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", EXPECTED.read_text(), re.M))


def measure(cpus, loops, **kernel):
    """{command: text} of one machine that runs them all."""
    name = f"rt-tests-{'linux' if 'foreign' in kernel else 'ours'}-{cpus}"
    with Machine(cpus=cpus, icount=cpus == 1, mem="512M", initrd=archive(), append="quiet", name=name, **kernel) as m:
        m.boot(timeout=90)
        return {c: run(m, c, loops) for c in COMMANDS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default=str(ROOT / BUILD / "Image"))
    parser.add_argument("--linux", metavar="IMAGE", help="a Linux to measure too")
    parser.add_argument("--loops", type=int, default=1000)
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--record", metavar="IMAGE", help="what this Linux says is what is expected")
    args = parser.parse_args()
    try:
        if args.record:
            said = measure(args.cpus, 50, foreign=args.record)
            EXPECTED.write_text("".join(f"## {c}\n{shape(text)}\n" for c, text in said.items()))
            return
        here = measure(args.cpus, args.loops, kernel=args.kernel)
        there = measure(args.cpus, args.loops, foreign=args.linux) if args.linux else {}
        print(f"{args.loops} loops on {args.cpus} harts, us: least / mean / greatest\n\n| | Sextant | Linux |\n|---|---|---|")
        for c, text in here.items():
            print(f"| `{c.format(loops='N', cpus=args.cpus)}` | {figures(text)} | {figures(there.get(c, ''))} |")
        if args.cpus == 1:
            worst = [worst_under_load(args.loops, **how) for how in ({"kernel": args.kernel}, {"foreign": args.linux}) if
                     "kernel" in how or args.linux]
            print("| `cyclictest -m -p 99 -i 1000 -l N -q`, loaded | " + " | ".join(worst) + " |")
        wrong = [c for c, text in here.items() if shape(text) + "\n" != expected()[c]]
        if wrong:
            raise SystemExit("not as on Linux: " + "; ".join(wrong))
    finally:
        archive().unlink()


if __name__ == "__main__":
    main()
