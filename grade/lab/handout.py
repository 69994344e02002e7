"""make handout LAB=x OUT=dir: the tree that a student gets, from the reference tree.

Everything a student needs to build, run, debug and grade; not the bodies of the lab's functions, nor what would give
them away: mutants, other labs, this tool's own tests, what lab.toml leaves out. The folder is new, and its history is one
commit.

What an earlier lab had the student write is here, ours and whole; so are the functions of later labs, without which the
machine would not run. docs/labs/instructors.md says what that means for a course.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from grade.lab import source
from grade.lab.lab import LABS, LabError
from grade.machine import ROOT

AUTHOR = {"GIT_AUTHOR_NAME": "Sextant", "GIT_AUTHOR_EMAIL": "handout@localhost", "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
          "GIT_COMMITTER_NAME": "Sextant", "GIT_COMMITTER_EMAIL": "handout@localhost",
          "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


def tracked(tree=ROOT):
    """The files of a tree that are its source, by their paths in it."""
    r = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=tree, capture_output=True,
                       text=True)
    if r.returncode or not (tree / ".git").exists():    # a tree without history: all but what is made
        names = [p.relative_to(tree).as_posix() for p in tree.rglob("*") if p.is_file()]
        names = [n for n in names if not re.match(r"(build[^/]*|out|\.git)/|(.*/)?__pycache__/", n)]
    else:
        names = r.stdout.split("\0")
    return sorted(n for n in names if n and (tree / n).is_file())


def copy(names, to, tree=ROOT):
    """Files of a tree to another place, with their times: make sees what has not changed."""
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(tree / name, to / name, follow_symlinks=False)


def kept(lab, name):
    """Whether the handout has this file."""
    parts = Path(name).parts
    if parts[:2] == ("grade", "labs"):
        return len(parts) > 3 and parts[2] == lab.id and parts[3] != "mutants"
    if re.match(r"grade/suite/test_lab_.*|\.ci/", name):
        return False
    return not any(name == out or name.startswith(out.rstrip("/") + "/") for out in lab.leave_out)


def emptied(lab, file, text):
    """A file as the handout has it."""
    try:
        return source.empty(text, [e for e in lab.empty if e.file == file], file)
    except source.SourceError as e:
        raise LabError(f"lab {lab.id}: {e}") from None


def write(path, text):
    """Change a file, as a new one: it may be a link to somebody else's."""
    mode = path.stat().st_mode if path.exists() else 0o644
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(mode)


def without_mutants(text):
    """A lab.toml without its [[mutant]] tables, which say how a solution goes wrong."""
    return re.sub(r"^\[\[mutant\]\].*?(?=^\[|\Z)", "", text, flags=re.M | re.S)


def lay_out(lab, to, tree=ROOT):
    """The handout's files in a folder, which may exist; the names of the files."""
    names = [n for n in tracked(tree) if kept(lab, n)]
    files = sorted({e.file for e in lab.empty})
    if missing := [f for f in files if f not in names]:
        raise LabError(f"lab {lab.id}: the handout has no {', '.join(missing)}")
    texts = {f: emptied(lab, f, (tree / f).read_text()) for f in files}
    copy(names, to, tree)
    for file, text in texts.items():
        write(to / file, text)
    toml = to / "grade/labs" / lab.id / "lab.toml"
    write(toml, without_mutants(toml.read_text()))
    return names


def make(lab, to, tree=ROOT):
    """A handout in a new folder, with a history of one commit."""
    to = Path(to)
    if to.exists() and any(to.iterdir()):
        raise LabError(f"{to} is not empty: a handout wants a new folder")
    names = lay_out(lab, to, tree)
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("GIT_")}, **AUTHOR}
    for command in (["init", "-q", "-b", "main", "--template="], ["add", "-A"],
                    ["commit", "-q", "-m", f"{lab.title}: the handout"]):
        subprocess.run(["git", *command], cwd=to, env=env, check=True)
    return names


def solution_lines(lab, tree=ROOT):
    """The lines that are in no source file of the tree but inside what the handout empties: they tell it apart."""
    inside, outside = set(), set()
    for name in tracked(tree):
        if name.endswith((".c", ".h", ".S")) and kept(lab, name):
            text = (tree / name).read_text(errors="replace")
            if any(e.file == name for e in lab.empty):
                for e in lab.empty:
                    if e.file == name:
                        inside |= set(rows(source.body(text, e.function, name)))
                text = emptied(lab, name, text)
            outside |= set(rows(text))
    return inside - outside


def rows(text):
    """Lines that say enough to be known again, in a patch too."""
    return [row for row in (r.strip().lstrip("+-").strip() for r in text.split("\n")) if len(row) >= 12]


def leaks(lab, handout, tree=ROOT):
    """["file: line of the solution"]: files of a handout, and objects of its history, that have some."""
    wanted, found = solution_lines(lab, tree), []
    for path in (p for p in handout.rglob("*") if p.is_file() and ".git" not in p.relative_to(handout).parts[:1]):
        name = path.relative_to(handout).as_posix()
        if not re.match(r"(build[^/]*|out)/|(.*/)?__pycache__/", name):
            found += [f"{name}: {row}" for row in wanted & set(rows(path.read_text(errors="replace")))]
    if (handout / ".git").exists():
        said = subprocess.run(["git", "cat-file", "--batch-all-objects", "--batch"], cwd=handout, capture_output=True).stdout
        found += [f"the history: {row}" for row in wanted & set(rows(said.decode(errors="replace")))]
    return found


def labs_in(tree):
    return Path(tree) / LABS.relative_to(ROOT)
