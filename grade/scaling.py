"""Curves: what an operation costs among more and more tasks, and how much sooner work is done by more harts.

    python3 -m grade.scaling [--linux IMAGE] [--tasks N,N...] [--harts N,N...]        make scaling

Tasks: user/bench/scale.c on one hart with -icount shift=0, where a nanosecond is an instruction.  A row is flat if it
costs at most 20% more among the most than among the fewest.

Harts: user/bench/parallel.c under sched/parallel.c, a plugin that keeps QEMU's harts in step and counts by their
instructions: so the figures are the kernel's and not the host's.

Writes docs/scaling-tasks.svg and docs/scaling-harts.svg, and prints the tables of docs/performance.md.
"""

import argparse
import math
import os
import re
import subprocess

from grade.cpio import pack
from grade.machine import BUILD, OUT, ROOT, Machine
from grade.sched.trace import NotMeasured

TASKS = (10, 30, 100, 300, 1000, 3000, 10000)
HARTS = (1, 2, 3, 4)
FLAT = 1.20
WORKERS, ROUNDS = 12, 40
PLUGIN = ROOT / "grade/sched/parallel.c"
COLOURS = {"switch": "#4477aa", "futex": "#ee6677", "pipe": "#228833", "thread": "#aa3377", "clock": "#ee7733"}


def archive(build):
    """A file: the build's initramfs with the two programs."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"scaling-{os.getpid()}.cpio"
    files = {f"bin/{p}": (0o100755, (ROOT / build / "user/bench" / p).read_bytes()) for p in ("scale", "parallel")}
    path.write_bytes((ROOT / build / "initramfs.cpio").read_bytes() + pack(files))
    return path


# ---- tasks ----

def among(points, rows=(), build=BUILD, **kernel):
    """{row: {tasks: instructions for one operation}}"""
    found = {}
    initrd = archive(build)
    try:
        with Machine(initrd=initrd, append="quiet norandmaps", mem="2G", icount=True, name="scaling-tasks", **kernel) as m:
            m.boot(timeout=60)
            for n in points:
                said = m.run(f"scale {n} {' '.join(rows)}", timeout=600)
                for row, cost in re.findall(r"^(\w+) +(\d+)$", said, re.M):
                    found.setdefault(row, {})[n] = int(cost)
    finally:
        initrd.unlink()
    return found


def steepness(costs):
    """What a row costs among the most, as a multiple of what it does among the fewest."""
    return costs[max(costs)] / costs[min(costs)]


# ---- harts ----

def plugin():
    """The path of the plugin, compiled."""
    made = ROOT / BUILD / "host/parallel-plugin.so"
    if not made.exists() or made.stat().st_mtime < PLUGIN.stat().st_mtime:
        made.parent.mkdir(parents=True, exist_ok=True)
        part = made.with_suffix(f".{os.getpid()}")
        try:
            subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-shared",
                            "-fPIC", "-fvisibility=hidden", "-o", part, PLUGIN], check=True)
        except FileNotFoundError:
            raise NotMeasured("no gcc on this machine: run `sh tools/doctor install test`") from None
        part.replace(made)
    return made


def work(harts, rounds=ROUNDS, build=BUILD, **kernel):
    """(how long the work took by the harts' clocks, [instructions of each hart])"""
    seen = OUT / f"parallel-{os.getpid()}.out"
    initrd = archive(build)
    try:
        with Machine(cpus=harts, initrd=initrd, append="quiet", name=f"scaling-harts-{harts}",
                     extra=["-plugin", f"{plugin()},out={seen}"], **kernel) as m:
            m.boot(timeout=60)
            m.run(f"parallel {WORKERS} {rounds}", timeout=600)
        text = seen.read_text()
    finally:
        initrd.unlink()
        seen.unlink(missing_ok=True)
    return int(re.search(r"^t (\d+)", text, re.M)[1]), [int(n) for n in re.findall(r"^h \d+ (\d+)", text, re.M)]


# ---- pictures ----

def curve(title, series, x_label, y_label, logarithmic=False, width=720, height=360):
    """An SVG of {name: ({x: y}, colour, dashes)}; the vertical axis begins at 0."""
    left, right, top, bottom = 60, 110, 34, 44
    xs = sorted({x for points, _, _ in series.values() for x in points})
    most = max(y for points, _, _ in series.values() for y in points.values()) * 1.08
    scale = math.log10 if logarithmic else float
    span = scale(xs[-1]) - scale(xs[0]) or 1
    step = next(s for e in range(-2, 9) for s in (10 ** e, 2 * 10 ** e, 5 * 10 ** e) if most / s <= 8)

    def place(x, y):
        return (left + (scale(x) - scale(xs[0])) / span * (width - left - right),
                height - bottom - y / most * (height - top - bottom))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
             'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="#fff"/>',
             f'<text x="{left}" y="20" font-weight="bold">{title}</text>']
    for i in range(int(most / step) + 1):
        x, y = place(xs[0], i * step)
        parts += [f'<path d="M{x:.0f} {y:.1f}H{width - right}" stroke="#ddd"/>',
                  f'<text x="{x - 6:.0f}" y="{y + 4:.1f}" text-anchor="end">{i * step:g}</text>']
    for n in xs:
        x, y = place(n, 0)
        parts.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{n}</text>')
    parts += [f'<text x="{(left + width - right) / 2:.0f}" y="{height - 8}" text-anchor="middle">{x_label}</text>',
              f'<text transform="translate(14 {height / 2:.0f}) rotate(-90)" text-anchor="middle">{y_label}</text>']
    for name, (points, colour, dashes) in series.items():
        at = [place(x, y) for x, y in sorted(points.items())]
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts.append(f'<path d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in at)}" fill="none" stroke="{colour}" '
                     f'stroke-width="2"{dash}/>')
        if not dashes:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{name}: {points[n]:g}</title></circle>'
                      for n, (x, y) in zip(sorted(points), at)]
        parts.append(f'<text x="{at[-1][0] + 8:.1f}" y="{at[-1][1] + 4:.1f}" fill="{colour}">{name}</text>')
    return "\n".join(parts) + "\n</svg>\n"


def draw_tasks(here, there):
    series = {row: (costs, COLOURS[row], "") for row, costs in here.items()}
    series |= {f"{row}, Linux": (costs, COLOURS[row], "5 4") for row, costs in there.items()}
    (ROOT / "docs/scaling-tasks.svg").write_text(
        curve("Instructions for one operation, among so many tasks", series, "tasks", "instructions", logarithmic=True))


def draw_harts(here, there):
    def ups(times):
        return {n: times[1] / t for n, t in times.items()}

    series = {"perfect": ({n: n for n in here}, "#bbbbbb", "2 4"), "Sextant": (ups(here), COLOURS["switch"], "")}
    if there:
        series["Linux"] = ups(there), COLOURS["futex"], "5 4"
    (ROOT / "docs/scaling-harts.svg").write_text(
        curve("Forks, pipes and files: work done in the time that one hart takes for 1", series, "harts", "work"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linux", metavar="IMAGE", help="measure and draw that one too")
    parser.add_argument("--tasks", default=",".join(map(str, TASKS)))
    parser.add_argument("--harts", default=",".join(map(str, HARTS)))
    args = parser.parse_args()
    points = [int(n) for n in args.tasks.split(",") if n]
    harts = [int(n) for n in args.harts.split(",") if n]
    wrong = []
    if points:
        here, there = among(points), among(points, foreign=args.linux) if args.linux else {}
        print("| instructions, among | " + " | ".join(f"{n:,}" for n in points) + " | last / first |")
        print("|---" * (len(points) + 2) + "|")
        for rows, whose in (here, ""), (there, ", Linux"):
            for row, costs in rows.items():
                print(f"| {row}{whose} | " + " | ".join(f"{costs[n]:,}" for n in points) + f" | {steepness(costs):.2f} |")
        wrong += [f"{row} is not flat" for row, costs in here.items() if steepness(costs) > FLAT]
        draw_tasks(here, there)
    if harts:
        here = {n: work(n) for n in harts}
        there = {n: work(n, foreign=args.linux) for n in harts} if args.linux else {}
        print("\n| harts | time, million | instructions, million | work in the time of one hart |\n|---|---|---|---|")
        for measured, whose in (here, ""), (there, ", Linux"):
            for n, (time, busy) in measured.items():
                print(f"| {n}{whose} | {time / 1e6:.1f} | {sum(busy) / 1e6:.1f} | {measured[harts[0]][0] / time:.2f} |")
        draw_harts({n: t for n, (t, _) in here.items()}, {n: t for n, (t, _) in there.items()})
        if 4 in here and here[harts[0]][0] / here[4][0] < 3:
            wrong.append("4 harts do less than 3 times the work of one")
    if wrong:
        raise SystemExit("; ".join(wrong))


if __name__ == "__main__":
    main()
