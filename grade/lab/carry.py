"""make carry FROM=dir LAB=x: a student's work of an earlier lab, brought into this tree.

Of FROM, a tree that began as the handout of lab x, the files that x lists are merged into the same files here: what the
student changed since the handout goes in, what this tree has changed since stays. Where both changed the same lines the
student's win. grade/carried remembers which labs came: results say so.
"""

import subprocess
import tempfile
from pathlib import Path

from grade.lab import lab as labs
from grade.lab import source
from grade.lab.handout import emptied, labs_in, write
from grade.lab.lab import LabError
from grade.lab.run import CARRIED
from grade.machine import ROOT


def first(tree, file):
    """The file as the handout had it: in the first commit of the student's history; None if there is none."""
    r = subprocess.run(["git", "rev-list", "--max-parents=0", "HEAD"], cwd=tree, capture_output=True, text=True)
    if r.returncode or not (tree / ".git").exists():
        return None
    r = subprocess.run(["git", "show", f"{r.stdout.split()[-1]}:{file}"], cwd=tree, capture_output=True, text=True)
    return None if r.returncode else r.stdout


def merged(base, ours, theirs):
    """Three texts made one: where both changed, theirs."""
    with tempfile.TemporaryDirectory(prefix="sextant-carry-") as name:
        paths = [Path(name, n) for n in ("ours", "base", "theirs")]
        for path, text in zip(paths, (ours, base, theirs)):
            path.write_text(text)
        r = subprocess.run(["git", "merge-file", "-p", "-q", "--theirs", *paths], capture_output=True, text=True)
    if r.returncode < 0 or r.returncode > 127:
        raise LabError(f"git merge-file: {r.stderr}")
    return r.stdout


def file(lab, name, student, into):
    """What the file is to be here; None if the student has none."""
    if not (student / name).is_file():
        return None
    theirs = (student / name).read_text()
    if not (into / name).is_file():
        return theirs
    ours = (into / name).read_text()
    base = first(student, name)
    if base is not None:
        return merged(base, emptied(lab, name, ours), theirs)
    for e in (e for e in lab.empty if e.file == name and not e.delete):
        ours = source.replace(ours, e.function, source.body(theirs, e.function, student / name), name)
    return ours


def carry(student, name=None, into=ROOT):
    """Bring the labs that the student's tree has, or that one; ["lab: file"] of what changed."""
    student, into = Path(student).resolve(), Path(into)
    if student == into.resolve():
        raise LabError("FROM is this tree itself")
    if not labs_in(student).is_dir():
        raise LabError(f"{student} is no tree with labs: there is no {labs_in(student)}")
    here = set(labs.names(labs_in(into)))
    names = [name] if name else [n for n in labs.names(labs_in(student)) if n not in here]
    if not names:
        raise LabError(f"{student} has no lab but those of this tree: say which with LAB=")
    changed = []
    for name in names:
        lab = labs.load(name, labs_in(student))
        try:
            new = {f: file(lab, f, student, into) for f in lab.files}
        except source.SourceError as e:
            raise LabError(f"lab {name}: {e}") from None
        for f, text in new.items():
            if text is not None and (not (into / f).exists() or (into / f).read_text() != text):
                (into / f).parent.mkdir(parents=True, exist_ok=True)
                write(into / f, text)
                changed.append(f"{name}: {f}")
        record = into / CARRIED
        known = record.read_text().split() if record.exists() else []
        record.write_text("".join(f"{n}\n" for n in dict.fromkeys([*known, name])))
    return changed
