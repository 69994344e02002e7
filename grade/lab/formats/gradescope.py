"""Gradescope's results.json (autograder specifications, "Output format").

The score on top is that of what was run: a test the harness could not run has none.  Held-back tests, where they were run,
are shown once grades are published.
"""

import json

from grade.lab.formats import message, plain, shown
from grade.lab.report import last_line


def test(n, t):
    r = {"number": str(n), "name": plain(t.title), "output": message(t), "output_format": "text",
         "visibility": "after_published" if t.show == "held-back" else "visible", "tags": [t.outcome]}
    if t.outcome in ("pass", "fail"):
        r |= {"score": t.earned, "max_score": t.points, "status": "passed" if t.outcome == "pass" else "failed"}
    return r


def render(report):
    tests = [test(n, t) for n, t in enumerate(report.tests, 1) if not t.hidden]
    whole = {"score": report.earned, "execution_time": round(sum(t.seconds for t in report.tests)),
             "output": plain(f"{report.title}\n{last_line(report)}\n{report.output}".rstrip()), "output_format": "text",
             "test_output_format": "text", "visibility": "visible", "stdout_visibility": "hidden",
             "extra_data": {"lab": report.lab, "seed": report.seed, "infra": [t.id for t in report.infra]}, "tests": tests}
    if measured := [t for t in shown(report) if t.outcome == "pass" and t.instructions]:
        whole["leaderboard"] = [{"name": "guest instructions", "value": sum(t.instructions for t in measured), "order": "asc"}]
    return json.dumps(whole, indent=1) + "\n"
