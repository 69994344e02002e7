"""A lab is data: grade/labs/NAME/lab.toml, and beside it README.md, test_*.py, programs/ and mutants/.

    lab = load("cow")           every mistake in a lab.toml is a LabError that says where and what
    names()                     the labs that this tree has

What each word of a lab.toml means: docs/labs/writing.md.
"""

import dataclasses
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from grade.machine import ROOT

LABS = ROOT / "grade/labs"
CHEATS = "cheats"                       # grade/labs/cheats is no lab: the wrong kernels that every lab must see through
SHOWS = ("visible", "held-back")
ORACLES = "ADBPIXVNRG"                  # the letters of docs/labs/writing.md


class LabError(Exception):
    """A mistake in a lab's files: its author's to mend."""


@dataclass
class Empty:
    """A function that the student writes: what the handout has in its place."""
    file: str
    function: str
    body: str = ""                      # C; with an empty one the function does nothing
    delete: bool = False                # a helper of the solution: the handout does not have it at all


@dataclass
class Test:
    id: str
    title: str
    points: float
    show: str = "visible"
    oracle: str = "A"
    harts: int = 1
    budget: float = 2e8                 # guest instructions
    seeds: int = 1                      # how many the test must pass, one after the other
    like: str = ""                      # its function is test_LIKE: the same test held back, with other seeds

    def __post_init__(self):
        self.like = self.like or self.id


@dataclass
class Mutant:
    """A wrong kernel, and the tests that it must lose: those and no others."""
    patch: str
    killed_by: list
    what: str
    hides: list = field(default_factory=list)   # tests that it may lose or not, for which there must be a reason

    @property
    def name(self):
        return Path(self.patch).stem


@dataclass
class Floor:
    handout: float = 0                  # what an untouched handout scores
    cheats: float | None = None         # what the best of the cheat kernels may score; as the handout, unless told


@dataclass
class Lab:
    id: str
    title: str
    folder: Path
    files: list
    empty: list
    tests: list
    after: list = field(default_factory=list)
    mutants: list = field(default_factory=list)
    floor: Floor = field(default_factory=Floor)
    leave_out: list = field(default_factory=list)       # files and folders that would give the solution away

    @property
    def possible(self):
        return sum(t.points for t in self.tests)

    def test(self, id):
        for t in self.tests:
            if t.id == id:
                return t
        raise LabError(f"lab {self.id} has no test {id}; it has {', '.join(t.id for t in self.tests)}")


def names(labs=LABS):
    """The labs here, in the order in which they build on each other, then by name."""
    here = sorted(p.parent.name for p in Path(labs).glob("*/lab.toml"))
    after = {n: read(Path(labs) / n / "lab.toml").get("after", []) for n in here}
    order = []

    def place(name, seen=()):
        if name in seen:
            raise LabError(f"labs come after each other in a circle: {' '.join((*seen, name))}")
        for earlier in after.get(name, []):
            place(earlier, (*seen, name))
        if name in after and name not in order:
            order.append(name)

    for name in here:
        place(name)
    return order


def read(path):
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        here = ", ".join(sorted(p.parent.name for p in path.parent.parent.glob("*/lab.toml"))) or "none"
        raise LabError(f"there is no lab {path.parent.name} (no {path}); labs here: {here}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise LabError(f"{path}: {e}") from None


def load(name, labs=LABS):
    """The lab, checked for all that its files alone can tell."""
    folder = Path(labs) / name
    path = folder / "lab.toml"
    data = read(path)

    def wrong(what):
        raise LabError(f"{path}: {what}")

    data.pop("points", None)            # a reminder for readers: the tests say
    kinds = {"empty": Empty, "test": Test, "mutant": Mutant}
    parts = {key: [make(cls, each, f"[[{key}]]", wrong) for each in data.pop(key, [])] for key, cls in kinds.items()}
    floor = make(Floor, data.pop("floor", {}), "[floor]", wrong)
    lab = make(Lab, {**data, "folder": folder, "empty": parts["empty"], "tests": parts["test"],
                     "mutants": parts["mutant"], "floor": floor}, "the top", wrong)
    check(lab, wrong)
    return lab


def make(cls, data, where, wrong):
    """A dataclass of a table, each key known, present and of the right type."""
    if not isinstance(data, dict):
        wrong(f"{where} must be a table")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    if unknown := sorted(set(data) - set(fields)):
        wrong(f"{where} has no {', '.join(unknown)}; it has {', '.join(fields)}")
    needed = [n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING]
    if missing := [n for n in needed if n not in data]:
        wrong(f"{where} needs {', '.join(missing)}")
    types = {str: str, float: (int, float), int: (int, float), bool: bool, list: list, float | None: (int, float)}
    for name, value in data.items():
        if (wanted := types.get(fields[name].type)) and (not isinstance(value, wanted) or
                                                         isinstance(value, bool) and wanted is not bool):
            wrong(f"{where}: {name} = {value!r} is not of type {getattr(fields[name].type, '__name__', 'number')}")
    return cls(**data)


def check(lab, wrong):
    if lab.id != lab.folder.name:
        wrong(f"id = {lab.id!r}, but its folder is {lab.folder.name}")
    ids = [t.id for t in lab.tests]
    if not ids:
        wrong("no [[test]]: a lab without tests would be passed by anything")
    if twice := {i for i in ids if ids.count(i) > 1}:
        wrong(f"two tests have the id {', '.join(twice)}")
    for t in lab.tests:
        t.seeds, t.harts = int(t.seeds), int(t.harts)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", t.id):
            wrong(f"test id {t.id!r}: want small letters, digits and _, for it names the function test_{t.id}")
        if t.show not in SHOWS:
            wrong(f"test {t.id}: show = {t.show!r}, want one of {', '.join(SHOWS)}")
        if t.points < 0 or t.seeds < 1 or t.harts < 1 or t.budget <= 0:
            wrong(f"test {t.id}: points, seeds, harts and budget must be positive")
        if bad := set(re.split(r"\s*,\s*", t.oracle)) - set(ORACLES):
            wrong(f"test {t.id}: oracle {', '.join(sorted(bad))} is none of {', '.join(ORACLES)}")
    for e in lab.empty:
        if e.file not in lab.files:
            wrong(f"[[empty]] {e.function} is in {e.file}, which is not one of files: the student could not hand it in")
    for path in (*lab.files, *lab.leave_out, *(m.patch for m in lab.mutants)):
        if Path(path).is_absolute() or ".." in Path(path).parts:
            wrong(f"{path!r}: want a path inside the tree")
    for m in lab.mutants:
        if not (lab.folder / m.patch).is_file():
            wrong(f"[[mutant]] {m.patch}: there is no such file")
        if not m.killed_by:
            wrong(f"[[mutant]] {m.patch}: killed_by is empty, so nothing would notice it")
        if unknown := {*m.killed_by, *m.hides} - {*ids}:
            wrong(f"[[mutant]] {m.patch}: no test {', '.join(sorted(unknown))}")
    for name, points in (("handout", lab.floor.handout), ("cheats", lab.floor.cheats or 0)):
        if not 0 <= points <= lab.possible:
            wrong(f"[floor] {name} = {points}, but there are {lab.possible:g} points")
