"""The result of a step that classroom-resources/autograding-grading-reporter reads: JSON, in base64 as a step's output.

    output(report)      what a workflow appends to $GITHUB_OUTPUT
"""

import base64
import json

from grade.lab.formats import message, plain, shown

STATUS = {"pass": "pass", "fail": "fail", "infra": "error", "not measured": "error"}


def render(report):
    tests = shown(report)
    status = "error" if any(STATUS[t.outcome] == "error" for t in tests) else "pass" if report.full else "fail"
    return json.dumps({"version": 1, "status": status, "max_score": sum(t.points for t in tests), "tests": [{
        "name": plain(t.title), "status": STATUS[t.outcome], "score": t.earned, "message": message(t),
        "test_code": plain(t.rerun), "filename": f"grade/labs/{report.lab}/lab.toml", "line_no": 0,
        "duration": round(t.seconds * 1000)} for t in tests]}, indent=1) + "\n"


def output(report):
    return f"result={base64.b64encode(render(report).encode()).decode()}\n"
