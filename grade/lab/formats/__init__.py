"""A Report in the words of other people's systems: JUnit, Gradescope, GitHub's classroom actions, PrairieLearn.

    write(report, folder)       LAB.junit.xml, LAB.gradescope.json, LAB.classroom.json, LAB.prairielearn.json

Each format is a file: its render(report) gives the text.  They are written again after each test, whole or not at all, so
that a run which is cut short leaves what it had.  What a machine printed goes through plain() first: it is a student's.

A fault of the harness is no zero, where a format has a word for that: JUnit's error, PrairieLearn's "not gradable", the
classroom's error.  Gradescope has none: there the test has no score, and grade/lab/package.py fails the run.
"""

import os
import re
from pathlib import Path

LONGEST = 4000                          # characters of one message
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
CONTROL = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(text, longest=LONGEST):
    """Text that no terminal, page or parser takes for more: no escapes, no control characters, not too long."""
    text = CONTROL.sub("?", ESCAPE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return text if len(text) <= longest else f"{text[:longest]}\n[{len(text) - longest} characters more]"


def message(t):
    """What is said of a test beside its points."""
    rows = [t.why] if t.outcome != "pass" else []
    rows += [f"{name}: {value} {unit}".rstrip() for name, (value, unit) in t.measures.items()]
    if t.instructions:
        rows.append(f"{t.instructions} guest instructions")
    if t.outcome != "pass" and t.rerun:
        rows.append(f"again: {t.rerun}")
    return plain("\n".join(rows))


def shown(report):
    """The tests that say something: not those that were left out on purpose."""
    return [t for t in report.tests if not t.hidden]


def replace(path, text):
    """Write a file whole, or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text)
    part.replace(path)


def write(report, folder):
    from grade.lab.formats import classroom, gradescope, junit, prairielearn
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for format, name in ((junit, "junit.xml"), (gradescope, "gradescope.json"), (classroom, "classroom.json"),
                         (prairielearn, "prairielearn.json")):
        replace(folder / f"{report.lab}.{name}", format.render(report))
