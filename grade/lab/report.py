"""What came out: a TestResult for each test of a lab, and the Report that holds them.

A Report has every test from the start, as not run, so that the denominator never shrinks; it is saved after each test,
so that a run that is cut short loses nothing.  grade/lab/formats makes other people's formats of it.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

OUTCOMES = ("pass", "fail", "infra", "not measured")
NOT_RUN = "not run"
HELD_BACK = "held back"
NOT_ASKED = "not asked for"


@dataclass
class TestResult:
    id: str
    title: str
    points: float
    earned: float = 0
    outcome: str = "infra"              # one of OUTCOMES
    show: str = "visible"               # or "held-back"
    why: str = NOT_RUN                  # in terms of the machine; empty when passed
    instructions: int | None = None     # of the guest
    seconds: float = 0.0                # of the host
    log: str = ""
    picture: str = ""
    rerun: str = ""
    measures: dict = field(default_factory=dict)        # name: [value, unit]

    @property
    def hidden(self):
        """Not run here on purpose: its points are neither won nor lost yet."""
        return self.outcome == "not measured" and self.why in (HELD_BACK, NOT_ASKED)


@dataclass
class Report:
    lab: str
    title: str
    seed: int
    tests: list
    carried: list = field(default_factory=list)         # labs whose work is the student's own (make carry)
    output: str = ""                    # what the build said, when it failed

    @property
    def earned(self):
        return sum(t.earned for t in self.tests)

    @property
    def possible(self):
        return sum(t.points for t in self.tests)

    @property
    def full(self):
        """Whether every test that counts here was passed, and there was one."""
        return any(t.outcome == "pass" for t in self.tests) and all(t.outcome == "pass" for t in self.tests if not t.hidden)

    @property
    def infra(self):
        return [t for t in self.tests if t.outcome == "infra"]

    def result(self, id):
        return next(t for t in self.tests if t.id == id)

    def save(self, path):
        """As JSON; whoever reads it meanwhile sees the old one or the new one."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = {**asdict(self), "earned": self.earned, "possible": self.possible}
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_text(json.dumps(whole, indent=1) + "\n")
        part.replace(path)

    @classmethod
    def load(cls, path):
        data = json.loads(Path(path).read_text())
        for derived in ("earned", "possible"):
            data.pop(derived, None)
        return cls(**{**data, "tests": [TestResult(**t) for t in data["tests"]]})


def fresh(lab, seed):
    """The report of a lab nothing of which has run yet."""
    return Report(lab.id, lab.title, seed, [
        TestResult(t.id, t.title, t.points, show=t.show,
                   **({"outcome": "not measured", "why": HELD_BACK} if t.show == "held-back" else {})) for t in lab.tests])


# ---- as text ----

WORDS = {"pass": "OK", "fail": "FAIL", "infra": "INFRA", "not measured": "-"}


def line(lab, t):
    """== cow: only written pages copied ==          FAIL  0/10  (39 M insns)  and why below."""
    title = f"== {lab}: {t.title} =="
    spent = f"({amount(t.instructions)} insns)" if t.instructions else f"({t.seconds:.1f} s)" if t.seconds else ""
    text = f"{title:<58} {WORDS[t.outcome]:<5} {t.earned:>3g}/{t.points:<3g} {spent}".rstrip()
    measures = ", ".join(f"{name} {value:g} {unit}".rstrip() if isinstance(value, (int, float)) else f"{name} {value} {unit}"
                         for name, (value, unit) in t.measures.items())
    if measures:
        text += f"\n     {measures}"
    if t.outcome != "pass":
        prefix = {"infra": "not graded, and not a zero: ", "not measured": "not measured: "}.get(t.outcome, "")
        text += "".join(f"\n     {row}" for row in f"{prefix}{t.why}".rstrip().split("\n"))
    places = {"log": t.log, "picture": t.picture, "rerun": t.rerun if t.outcome != "pass" else ""}
    if t.outcome != "pass" and (row := "   ".join(f"{k}: {v}" for k, v in places.items() if v)):
        text += f"\n     {row}"
    return text


def amount(n):
    return f"{n / 1e6:.0f} M" if n >= 1e7 else f"{n / 1e6:.1f} M" if n >= 1e5 else f"{n / 1e3:.1f} k"


def last_line(report):
    """Score: 71/100 (held back: 25, shown after the deadline)"""
    notes = []
    if points := sum(t.points for t in report.tests if t.hidden and t.why == HELD_BACK):
        notes.append(f"held back: {points:g}, shown after the deadline")
    if points := sum(t.points for t in report.tests if t.hidden and t.why == NOT_ASKED):
        notes.append(f"not asked for: {points:g}")
    for outcome, says in (("infra", "not graded, the harness is at fault"), ("not measured", "not measured here")):
        if lost := sum(t.points for t in report.tests if t.outcome == outcome and not t.hidden):
            notes.append(f"{lost:g} {says}")
    if report.carried:
        notes.append(f"on your own {', '.join(report.carried)}")
    return f"Score: {report.earned:g}/{report.possible:g}" + (f" ({'; '.join(notes)})" if notes else "")
