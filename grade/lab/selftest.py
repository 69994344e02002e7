"""make lab-selftest [LAB=x]: proof that a lab's tests can be trusted.

    the reference               full marks, the held-back tests included
    the handout                 builds with gcc and clang without warnings, scores its floor to the point, and holds none of
                                the solution's lines, in its files or its history
    the reference's bodies      put into the handout: full marks
    each mutant                 loses the tests that lab.toml names, and no others
    each cheat                  a handout that lies (grade/labs/cheats) scores no more than the floor
    repeats                     the reference and the handout again and again with other seeds, the processors busy: the same
                                points, to the point

Every kernel is a patch in a scratch tree that has the objects of this tree's build, so that each costs a few files and a
link. As many are graded at a time as there are processors; so the load is real even before the repeats.
"""

import itertools
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from grade.lab import handout, report, source
from grade.lab.lab import CHEATS, LABS, LabError, load
from grade.lab.run import build, clean_env
from grade.machine import BUILD, OUT, ROOT

SEED = 1000                             # of the first; each kernel gets the next
HANG = 3600                             # seconds: against a harness that hangs
BURNERS = 2                             # processes that load the machine while the repeats run


@dataclass
class Finding:
    """One thing that was tried, and what is wrong with it, if anything."""
    what: str
    wrong: str
    seconds: float


class Tree:
    """A scratch tree: the reference or a handout, changed and changed back."""

    def __init__(self, lab, folder, kind):
        self.lab, self.folder, self.kind = lab, folder, kind
        if kind == "handout":
            handout.make(lab, folder)
        else:
            handout.copy(handout.tracked(), folder)
        objects(BUILD, folder / "build")
        self.changed = {}

    def change(self, file, text):
        path = self.folder / file
        self.changed.setdefault(file, path.read_text() if path.exists() else None)
        handout.write(path, text)

    def patch(self, path):
        """Apply a patch; it must fit."""
        for file in touched(path):
            self.changed.setdefault(file, (self.folder / file).read_text() if (self.folder / file).exists() else None)
        r = subprocess.run(["patch", "-p1", "-s", "-f", "--no-backup-if-mismatch", "-r", "-", "-F", "2", "-i", path],
                           cwd=self.folder, capture_output=True, text=True)
        if r.returncode:
            raise LabError(f"{path.name} does not fit any more: {r.stdout}{r.stderr}")

    def solve(self):
        """The reference's bodies, put into the handout."""
        for file in {e.file for e in self.lab.empty}:
            empties = [e for e in self.lab.empty if e.file == file]
            self.change(file, source.fill((self.folder / file).read_text(), (ROOT / file).read_text(), empties, file))

    def back(self):
        for file, text in self.changed.items():
            if text is None:
                (self.folder / file).unlink(missing_ok=True)
            else:
                handout.write(self.folder / file, text)
        self.changed = {}

    def make(self, *words, folder="build"):
        if said := build(self.folder, folder, "CI=true", *words):
            raise LabError(f"it does not build: {said[-1500:]}")

    def grade(self, seed, out, held_back=False, tests=()):
        """The Report of this tree as it is, by this tree's tests."""
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        words = ["--tree", self.folder, "--built", "--out", out, "--seed", str(seed)]
        if tests:
            words += ["--test", ",".join(tests)]
        if held_back:
            (out.parent / f"{out.name}.seeds").write_text(f"{seed + 1}\n")
            words += ["--seeds", out.parent / f"{out.name}.seeds"]
        with open(out.parent / f"{out.name}.txt", "w") as said:
            subprocess.run([sys.executable, "-m", "grade.lab", "grade", self.lab.id, *map(str, words)], cwd=ROOT, stdout=said,
                           stderr=said, env={**clean_env(), "SEXTANT_BUILD": "build"}, timeout=HANG)
        return report.Report.load(out / "results.json")


def objects(folder, to):
    """What is compiled, with its times: make does only what differs.  No socket of a machine that runs from there."""
    skip = shutil.ignore_patterns("debug", "llvm", "llvm-debug", "latency", "host", "debian*", "*.img", "*.sock", "musl", "tests",
                                  "threads*")
    shutil.copytree(folder, to, ignore=skip, symlinks=True, dirs_exist_ok=True)


def touched(patch):
    return [row.split("\t")[0][6:].strip() for row in patch.read_text().split("\n") if row.startswith("+++ b/")]


class Selftest:
    def __init__(self, lab, folder, repeats=10, only="", say=print):
        self.lab, self.folder, self.repeats, self.only, self.say = lab, Path(folder), repeats, only, say
        self.out = OUT / "lab-selftest" / lab.id
        self.trees = {"reference": queue.Queue(), "handout": queue.Queue()}
        self.made = itertools.count(1)
        self.seed = itertools.count(SEED)
        self.lock = threading.Lock()

    # ---- trees ----

    def tree(self, kind):
        """One that nobody uses; a new one if there is none."""
        try:
            return self.trees[kind].get_nowait()
        except queue.Empty:
            with self.lock:             # git and the copying: one at a time
                return Tree(self.lab, self.folder / f"{kind}{next(self.made)}", kind)

    def graded(self, kind, change, name, seed=None, held_back=False):
        """The Report of a tree of that kind, with that change."""
        tree = self.tree(kind)
        try:
            change(tree)
            tree.make()
            return tree.grade(next(self.seed) if seed is None else seed, self.out / name, held_back)
        finally:
            tree.back()
            self.trees[kind].put(tree)

    # ---- what is tried: each returns what is wrong ----

    def reference(self):
        return full(self.graded("reference", lambda t: None, "reference", held_back=any(
            t.show == "held-back" for t in self.lab.tests)))

    def solved(self):
        return full(self.graded("handout", Tree.solve, "solved"))

    def untouched(self):
        r = self.graded("handout", lambda t: None, "handout")
        return exactly(r, self.lab.floor.handout)

    def clang(self):
        tree = self.tree("handout")
        try:
            if (BUILD / "llvm").is_dir():
                objects(BUILD / "llvm", tree.folder / "build/llvm")
            tree.make("LLVM=1", folder="build/llvm")
            found = handout.leaks(self.lab, tree.folder)
            return f"the handout holds the solution's lines: {found[:5]}" if found else ""
        finally:
            self.trees["handout"].put(tree)

    def mutant(self, m):
        r = self.graded("reference", lambda t: t.patch(self.lab.folder / m.patch), f"mutant-{m.name}")
        if wrong := harness(r):
            return wrong
        lost = {t.id for t in r.tests if t.outcome == "fail"}
        missed, more = set(m.killed_by) - lost, lost - set(m.killed_by) - set(m.hides)
        return "; ".join([f"{t} did not notice it" for t in sorted(missed)] +
                         [f"{t} failed too: {r.result(t).why.splitlines()[0]}" for t in sorted(more)])

    def cheat(self, path):
        r = self.graded("handout", lambda t: t.patch(path), f"cheat-{path.stem}")
        most = self.lab.floor.handout if self.lab.floor.cheats is None else self.lab.floor.cheats
        if r.earned > most:
            return f"it scores {r.earned:g}, over {most:g}: {', '.join(t.id for t in r.tests if t.earned)}"
        return harness(r)

    def repeat(self, n):
        r = self.graded("reference", lambda t: None, f"repeat-{n}")
        return full(r)

    # ---- all of it ----

    def cases(self):
        yield "reference", self.reference
        yield "handout", self.untouched
        yield "handout: clang, no trace of the solution", self.clang
        yield "handout with the reference's bodies", self.solved
        for m in self.lab.mutants:
            yield f"mutant {m.name}: {m.what}", lambda m=m: self.mutant(m)
        for path in sorted((LABS / CHEATS).glob("*.patch")):
            yield f"cheat {path.stem}", lambda path=path: self.cheat(path)

    def again(self):
        for n in range(1, self.repeats + 1):
            yield f"repeat {n}, under load", lambda n=n: self.repeat(n)

    def run(self, workers):
        """[Finding]; each is said when it is known."""
        self.out.mkdir(parents=True, exist_ok=True)

        def one(case):
            what, check = case
            began = time.monotonic()
            try:
                wrong = check()
            except (LabError, source.SourceError, OSError, subprocess.SubprocessError) as e:
                wrong = str(e)
            finding = Finding(what, wrong, time.monotonic() - began)
            self.say(f"  {'WRONG ' if wrong else 'holds '} {finding.seconds:5.0f} s  {self.lab.id}: {what}" +
                     (f"\n           {wrong}" if wrong else ""))
            return finding

        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(one, (c for c in self.cases() if self.only in c[0])))
        with ThreadPoolExecutor(workers) as pool, Load(BURNERS):
            return found + list(pool.map(one, (c for c in self.again() if self.only in c[0])))


def harness(r):
    """What spoiled a run: then nothing is proved."""
    return "; ".join(f"{t.id}: {t.outcome}: {t.why.splitlines()[0] if t.why else ''}" for t in r.tests
                     if t.outcome in ("infra", "not measured") and not t.hidden)


def exactly(r, points):
    if wrong := harness(r):
        return wrong
    has = [t.id for t in r.tests if t.earned]
    return "" if r.earned == points else f"it scores {r.earned:g}, not {points:g}; passed: {', '.join(has) or 'none'}"


def full(r):
    return "; ".join(f"{t.id}: {t.outcome}: {t.why.splitlines()[0] if t.why else ''}" for t in r.tests
                     if t.outcome != "pass" and not t.hidden)


class Load:
    """with Load(n): so many processes that do nothing but compute."""

    def __init__(self, processes):
        self.processes = processes

    def __enter__(self):
        self.running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(self.processes)]

    def __exit__(self, *_):
        for p in self.running:
            p.kill()
            p.wait()


def selftest(names, repeats, only="", workers=None, say=print):
    """0 when all holds, 1 otherwise."""
    began, findings = time.monotonic(), []
    if said := build(ROOT, BUILD, "CI=true"):
        raise LabError(f"the reference does not build: {said[-1500:]}")
    if not only:                        # once, for all handouts
        if said := build(ROOT, BUILD / "llvm", "CI=true", "LLVM=1"):
            raise LabError(f"the reference does not build with clang: {said[-1500:]}")
    for name in names:
        with tempfile.TemporaryDirectory(prefix="sextant-selftest-") as folder:
            findings += Selftest(load(name), folder, repeats, only, say).run(workers or os.cpu_count() or 2)
    wrong = [f for f in findings if f.wrong]
    say(f"lab-selftest: {len(findings)} tried in {len(names)} labs, {len(wrong)} wrong; {time.monotonic() - began:.0f} s" +
        "".join(f"\n  {f.what}" for f in wrong))
    return 1 if wrong or not findings else 0
