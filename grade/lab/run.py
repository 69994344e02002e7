"""Grade a tree: build it, run a lab's tests, say after each what came out.

    Run(load("cow"), tree, seed=7).grade()      a Report

The grader is this tree's; the machine is `tree`'s, which may be another: a student's, a mutant's.
"""

import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grade.lab import Infra, report
from grade.lab.lab import LabError
from grade.lab.plugin import Plugin, clean
from grade.machine import BUILD, OUT, ROOT

CARRIED = "grade/carried"               # in a student's tree: the labs that make carry brought


class Run:
    def __init__(self, lab, tree=ROOT, seed=None, tests=(), held_back=(), out=None, results=None, build=None, say=print):
        self.lab, self.tree = lab, Path(tree).resolve()
        self.build = self.tree / (build or (BUILD if self.tree == ROOT else "build"))
        self.seed = secrets.randbelow(10 ** 6) if seed is None else seed
        self.tests, self.held_back = set(tests), list(held_back)
        self.out = Path(out or OUT / "lab" / lab.id)
        self.results = Path(results) if results else None
        self.say = say
        self.report = report.fresh(lab, self.seed)
        self._compiler = None
        for id in self.tests:
            lab.test(id)

    # ---- what the plugin asks ----

    def seeds(self, test):
        """With which seeds a test runs: the run's and those that follow from it; held back, those of the file."""
        if test.show == "held-back":
            return self.held_back or [self.seed]
        return [self.seed + 7919 * n for n in range(test.seeds)]

    def wanted(self, test):
        if self.tests:
            return test.id in self.tests
        return test.show == "visible" or bool(self.held_back)

    def compiler(self):
        """The command that makes a program: words, with %in and %out."""
        if self._compiler is None:
            r = subprocess.run(["make", "-s", "--no-print-directory", f"O={inside(self.tree, self.build)}", "user-cc"], cwd=self.tree,
                               capture_output=True, text=True, env=clean_env())
            if r.returncode:
                raise Infra(f"make user-cc: {r.stderr[-500:]}")
            self._compiler = shlex.split(r.stdout)
        return self._compiler

    def done(self, result):
        self.say(report.line(self.lab.id, result))
        self.save()

    # ---- all of it ----

    def save(self):
        self.report.save(self.out / "results.json")
        if self.results:
            self.report.save(self.results / f"{self.lab.id}.json")
            from grade.lab import formats           # only where somebody asks for them
            formats.write(self.report, self.results)

    def grade(self, make=True):
        """Build and run; the Report."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        carried = self.tree / CARRIED
        self.report.carried = carried.read_text().split() if carried.exists() else []
        for t in self.report.tests:
            if self.tests and t.id not in self.tests:
                t.outcome, t.why = "not measured", report.NOT_ASKED
            elif t.show == "held-back" and self.wanted(self.lab.test(t.id)):
                t.outcome, t.why = "infra", report.NOT_RUN
        self.save()
        if make and (said := self.prepare()):
            self.unbuilt(said)
        else:
            self.run_tests()
        self.say(report.last_line(self.report))
        self.save()
        return self.report

    def prepare(self):
        """Make the tree: None, or what the compiler said."""
        return build(self.tree, self.build)

    def unbuilt(self, said):
        self.report.output = clean(said)
        self.say(f"The tree does not build:\n{self.report.output}")
        for t in self.report.tests:
            if t.outcome == "infra":
                t.outcome, t.why = "fail", clean(f"the tree does not build: {why_unbuilt(said)}")
                self.done(t)

    def run_tests(self):
        plugin = Plugin(self)
        code = pytest.main(["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:xdist", "--assert=plain",
                            "--import-mode=importlib", "-c", os.devnull, f"--rootdir={self.lab.folder}",
                            *map(str, sorted(self.lab.folder.glob("test_*.py")))], plugins=[plugin])
        if plugin.error:
            raise LabError(f"lab {self.lab.id}: {plugin.error}")
        if code == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            raise LabError(f"lab {self.lab.id}: pytest ended with {code!r}")


def why_unbuilt(said):
    """The line of a failed build that names the mistake: the first, or else the last of all."""
    rows = said.strip().split("\n")
    return next((row for row in rows if re.search(r"\berror:|undefined reference|\*\*\* \[", row)), rows[-1])


def clean_env():
    """Without what a make above this one would hand down."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}


def inside(tree, folder):
    """The folder as make was told of it before: what depends on what is known by these names."""
    folder = Path(tree) / folder
    return folder.relative_to(tree) if folder.is_relative_to(tree) else folder


def build(tree, folder, *words):
    """Make the tree, into a folder; None, or what the compiler said."""
    r = subprocess.run(["make", "-s", "--no-print-directory", f"-j{os.cpu_count() or 2}", f"O={inside(tree, folder)}", *words, "all"],
                       cwd=tree, capture_output=True, text=True, errors="replace", env=clean_env())
    sys.stderr.write(r.stderr if not r.returncode else "")
    return r.stdout + r.stderr if r.returncode else None
