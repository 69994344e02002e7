"""A picture of who ran when: a Gantt chart, SVG, of a timeline that schedtrace wrote.

    python3 -m grade.gantt trace.json -o chart.svg [--from MS] [--to MS]
    python3 -m grade.gantt --run 'COMMAND' [--cpus 2] -o chart.svg     boots a machine and traces the command there

Above the harts, each stretch in its task's colour; below the tasks: full where one ran, pale where it
was ready and had no hart.  Hovering shows names and times.

    Slice = what begins and ends on a track: (group "harts" or "tasks", track, begin, end, name, args), times in ms
"""

import argparse
import html
import json
from collections import namedtuple
from pathlib import Path

Slice = namedtuple("Slice", "group track begin end name args")
HARTS, TASKS = 0, 1                     # groups, "pid" in the file
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#ee7733", "#0077bb", "#009988", "#887755")
WIDTH, LEFT, ROW, GAP = 1000, 130, 22, 6


def slices(trace):
    """All of them, in the order of their beginnings.  ValueError if one does not end, or time goes back on a track."""
    found, begun, last = [], {}, {}
    for e in trace["traceEvents"]:
        track = e["pid"], e["tid"]
        if e["ph"] == "M":
            continue
        if e["ts"] < last.get(track, 0):
            raise ValueError(f"time goes back on track {track}: {e}")
        last[track] = e["ts"]
        if e["ph"] == "B":
            if track in begun:
                raise ValueError(f"{e} begins before {begun[track]} has ended")
            begun[track] = e
        elif e["ph"] == "E":
            if track not in begun:
                raise ValueError(f"an end without a beginning on track {track}: {e}")
            b = begun.pop(track)
            found.append(Slice(("harts", "tasks")[track[0]], track[1], b["ts"] / 1e3, e["ts"] / 1e3, b["name"], b["args"]))
    if begun:
        raise ValueError(f"without an end: {begun}")
    return sorted(found, key=lambda s: s.begin)


def track_names(trace, group):
    """{track: name} of a group."""
    return {e["tid"]: e["args"]["name"] for e in trace["traceEvents"]
            if e["ph"] == "M" and e["name"] == "thread_name" and e["pid"] == group}


def step_of(span):
    """A round number of ms between the marks of an axis so long."""
    step = 10 ** len(str(int(span * 1000))) / 1e6
    while span / step < 6:
        step /= 2 if f"{step:e}"[0] == "1" else 2.5 if f"{step:e}"[0] == "5" else 2
    return step


class Chart:
    """SVG in pieces: rows are added from the top down."""

    def __init__(self, begin, end):
        self.begin, self.scale = begin, (WIDTH - LEFT - 10) / max(end - begin, 1e-6)
        self.end, self.y, self.parts = end, 10, []

    def x(self, ms):
        return LEFT + (min(max(ms, self.begin), self.end) - self.begin) * self.scale

    def text(self, x, y, what, size=12, **more):
        extra = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in more.items())
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{extra}>{html.escape(what)}</text>')

    def title(self, what):
        self.text(4, self.y + 13, what, font_weight="bold")
        self.y += 20

    def row(self, name, boxes):
        """boxes: (begin, end, colour, opacity, label, tooltip)"""
        self.text(LEFT - 8, self.y + ROW - 7, name, text_anchor="end")
        self.parts.append(f'<rect x="{LEFT}" y="{self.y}" width="{WIDTH - LEFT - 10}" height="{ROW}" fill="#f2f2f2"/>')
        for begin, end, colour, opacity, label, tip in boxes:
            if end < self.begin or begin > self.end:
                continue
            left, right = self.x(begin), self.x(end)
            self.parts.append(f'<rect x="{left:.1f}" y="{self.y}" width="{max(right - left, 0.5):.1f}" height="{ROW}" '
                              f'fill="{colour}" fill-opacity="{opacity}"><title>{html.escape(tip)}</title></rect>')
            if right - left > 7 * len(label) + 4:
                self.text((left + right) / 2, self.y + ROW - 7, label, 11, text_anchor="middle", pointer_events="none",
                          fill="#fff" if opacity == 1 else "#333")
        self.y += ROW + GAP

    def axis(self):
        step = step_of(self.end - self.begin)
        for n in range(int((self.end - self.begin) / step) + 1):
            x = self.x(self.begin + n * step)
            self.parts.append(f'<path d="M{x:.1f} {self.y - GAP}v5" stroke="#333"/>')
            self.text(x, self.y + 12, f"{n * step:g}" + (" ms" if n == 0 else ""), 11, text_anchor="middle")
        self.y += 22

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self.y}" '
                f'viewBox="0 0 {WIDTH} {self.y}" font-family="sans-serif">\n'
                f'<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def draw(trace, begin=None, end=None):
    """The chart of a timeline as SVG; begin and end in ms since the trace began."""
    every = slices(trace)
    start = min((s.begin for s in every), default=0)
    chart = Chart(start + (begin or 0), start + end if end is not None else max((s.end for s in every), default=1))
    seen = [s for s in every if s.end >= chart.begin and s.begin <= chart.end]
    colour = {}
    for s in seen:
        if s.group == "harts":
            colour.setdefault(s.args["task"], COLOURS[len(colour) % len(COLOURS)])

    def box(s, label, opacity=1):
        tip = f"{s.name}, task {s.args['task']}, priority {s.args['prio']}: " \
              f"{s.begin - start:.3f} to {s.end - start:.3f} ms"
        return s.begin, s.end, colour.get(s.args["task"], "#999"), opacity, label, tip

    chart.title("harts")
    for track, name in track_names(trace, HARTS).items():
        chart.row(name, [box(s, s.name) for s in seen if (s.group, s.track) == ("harts", track)])
    chart.title("tasks")
    for track, name in track_names(trace, TASKS).items():
        mine = [s for s in seen if (s.group, s.track) == ("tasks", track)]
        if mine:
            chart.row(name, [box(s, s.name, 0.25 if s.name == "ready" else 1) for s in mine])
    chart.axis()
    return chart.svg()


def trace_of(command, cpus, icount):
    """Run a command under schedtrace in a machine of its own: the timeline."""
    from grade.machine import Machine
    with Machine(cpus=cpus, icount=icount, append="quiet norandmaps", name="gantt") as m:
        m.boot(timeout=60)
        m.run(f"schedtrace -o /tmp/trace.json {command}", timeout=300, check=False)
        return m.run("cat /tmp/trace.json", timeout=300)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace", nargs="?", help="the file that schedtrace wrote")
    parser.add_argument("--run", metavar="COMMAND", help="run it in a machine instead")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--icount", action="store_true", help="a nanosecond is an instruction: the same picture every time")
    parser.add_argument("--save", metavar="FILE", help="the timeline of --run, too")
    parser.add_argument("--from", dest="begin", type=float, metavar="MS")
    parser.add_argument("--to", dest="end", type=float, metavar="MS")
    parser.add_argument("-o", metavar="SVG", default="chart.svg")
    args = parser.parse_args()
    if bool(args.trace) == bool(args.run):
        parser.error("either a file or --run")
    text = Path(args.trace).read_text() if args.trace else trace_of(args.run, args.cpus, args.icount)
    if args.save:
        Path(args.save).write_text(text)
    Path(args.o).write_text(draw(json.loads(text), args.begin, args.end))


if __name__ == "__main__":
    main()
