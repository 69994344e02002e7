"""PrairieLearn's results.json (external grading).  At most a megabyte: pictures come last, as long as there is room.

A fault of the harness makes the whole not gradable, which costs the student no attempt.
"""

import base64
import json
from pathlib import Path

from grade.lab.formats import message, plain, shown
from grade.lab.report import last_line

ROOM = 900_000                          # bytes of the file; the limit is 1 MB


def picture(t):
    """Its plot as PrairieLearn shows one, or None."""
    path = Path(t.picture)
    if not t.picture or path.suffix != ".svg" or not path.exists():
        return None
    return {"label": plain(t.title), "url": "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode()}


def render(report):
    tests = shown(report)
    possible = sum(t.points for t in tests)
    whole = {"gradable": not report.infra, "message": plain(last_line(report)), "output": plain(report.output),
             "tests": [{"name": plain(t.title), "description": t.id, "points": t.earned, "max_points": t.points,
                        "message": message(t).split("\n")[0], "output": message(t)} for t in tests]}
    if report.infra:
        whole["format_errors"] = [plain(f"{t.title}: {t.why}") for t in report.infra]
    else:
        whole["score"] = sum(t.earned for t in tests) / possible if possible else 0
    room = ROOM - len(json.dumps(whole, indent=1).encode())
    for t, shown_test in zip(tests, whole["tests"]):
        if (p := picture(t)) and len(json.dumps(p)) < room:
            shown_test["images"] = [p]
            room -= len(json.dumps(p)) + 100
    return json.dumps(whole, indent=1) + "\n"
