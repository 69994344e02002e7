"""Programs that make any call with any argument, by the thousand: the kernel lives, and has everything back afterwards.

    python3 -m grade.hostile --calls 1000000 --seed 7       make hostile-calls

user/tests/hostile_calls.c does it; a machine of the debug build makes CALLS calls of one seed, then powers off and
reports no leak; the next has the next seed, and another number of harts.  docs/harness.md explains.
"""

import argparse
import os
import re
import sys

from grade.cpio import pack
from grade.machine import BUILD, OUT, Machine, MachineError

CALLS = 50000           # in one machine
HARTS = 1, 4, 2
TASKS = 4


def with_tests(build, *names):
    """The build's initramfs with some of its test programs in /tests: a new file."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{'-'.join(names)}-{build.name}-{os.getpid()}.cpio"
    path.write_bytes((build / "initramfs.cpio").read_bytes() + pack(
        {"tests": "dir"} | {f"tests/{n}": (0o100755, (build / "user/tests" / n).read_bytes()) for n in names}))
    return path


def call(build, cpus, seed, calls, name):
    """One machine, one seed; its last word. MachineError: the kernel is at fault."""
    initrd = with_tests(build, "hostile_calls")
    try:
        with Machine(build=build, cpus=cpus, initrd=initrd, append="quiet loglevel=1", name=name) as m:
            m.boot(60)
            said = m.run(f"/tests/hostile_calls {seed} {calls} {TASKS}", timeout=60 + calls / 50, check=False)
            if m.code or not said.endswith("all given back"):
                m.fail("all to be given back")
            assert m.run("echo alive; mkdir /x && rmdir /x && echo $?") == "alive\n0"
            m.send("poweroff\n")
            if m.wait() or "leak:" in m.text():
                m.fail("a power-off without leaks")
            return re.sub(r"[^\n]*\n", "", said)
    finally:
        initrd.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1000000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for i in range((args.calls + CALLS - 1) // CALLS):
        cpus = HARTS[i % len(HARTS)]
        try:
            print(f"{cpus} harts:", call(BUILD / "debug", cpus, args.seed + i, CALLS, f"hostile-calls-{args.seed + i}"), flush=True)
        except MachineError as e:
            print(e, f"\nSEED={args.seed + i} with {cpus} harts", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
