"""The pytest plugin that runs a lab's tests: the `lab` fixture, what each outcome means, points.

A lab's tests are functions test_ID(lab), one for each [[test]] of its lab.toml (a test that is `like` another runs that
one's function). What a test raises decides:

    nothing                             pass
    AssertionError                      fail; its message is what the student reads
    ValueError of the lab's own code    fail: an answer that is no number, a frame too short
    grade.lab.NotMeasured, a skip       not measured: this host cannot tell, so no points, and no reproach
    grade.lab.Infra, anything else      infra: the harness or QEMU is at fault; tried once more
"""

import hashlib
import random
import re
import signal
import struct
import subprocess
import time
import traceback
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from grade.cpio import pack
from grade.lab import Infra, NotMeasured
from grade.lab.lab import LabError
from grade.machine import ROOT, Machine, MachineError

GUARD = 900                             # seconds of the host for one test with one seed: against a harness that hangs
FLOOD = 512 << 10                       # bytes on the console: more is no test's answer
LINES, COLUMNS = 40, 200                # of a reason
TRIES = 2                               # of a test that the harness spoils


class LabMachine(Machine):
    """A machine of the tree under test, whose console may not flood the harness."""

    crashed = ""                        # QEMU itself died of this
    _full = False

    def start(self):
        try:
            return super().start()
        except (MachineError, OSError) as e:
            raise Infra(f"QEMU does not start: {e}") from e

    def kill(self):
        if self.process is not None:
            status = self.process.poll()
            if status is not None and status < 0 and not self._full:
                self.crashed = f"QEMU died of signal {-status}"
        super().kill()

    def _read(self, seconds):
        more = super()._read(seconds)
        if len(self.output) > FLOOD and not self._full:
            self._full = True
            self.process.kill()
            self.fail(f"an answer, but the console was flooded with {len(self.output)} bytes")
        return more and not self._full


class Fixture:
    """What a test gets as `lab`."""

    def __init__(self, run, test, seed):
        self.id, self.test, self.seed = run.lab.id, test, seed
        self.folder, self.tree, self.build = run.lab.folder, run.tree, run.build
        self.out = run.out
        self.harts, self.budget = test.harts, int(test.budget)
        self.random = random.Random(seed)
        self.instructions = None        # of the guest: count() adds
        self.measures, self.log, self.shown = {}, "", ""
        self._run, self._machines, self._made = run, [], []

    def machine(self, files=None, harts=None, **how):
        """A grade.machine.Machine, not yet started, whose initramfs has these files too.

        {path: as grade.cpio.pack wants it, or the Path of a program}; folders on the way are made.
        """
        name = f"{self.test.id}{f'-{len(self._machines)}' if self._machines else ''}"
        if files:
            initrd = self.out / f"{name}.cpio"
            initrd.write_bytes((self.build / "initramfs.cpio").read_bytes() + pack(with_folders(files)))
            self._made.append(initrd)
            how.setdefault("initrd", initrd)
        m = LabMachine(cpus=harts or self.harts, build=self.build, name=f"lab-{self.id}-{name}", **how)
        m.log_path = self.out / f"{name}.log"
        self._machines.append(m)
        self.log = shown(m.log_path)
        return m

    def program(self, name, **defines):
        """programs/NAME.c of the lab, compiled with -DKEY=VALUE against the tree's C library: a path."""
        source = self.folder / "programs" / f"{name}.c"
        words = [f"-D{k}={v}" for k, v in defines.items()]
        tag = hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]
        made = self.out / f"{name}-{tag}"
        command = [{"%out": str(made), "%in": str(source)}.get(w, w) for w in self._run.compiler()]
        r = subprocess.run(command + words, cwd=self.tree, capture_output=True, text=True)
        if r.returncode:
            raise Infra(f"{source.name} does not compile: {r.stderr[-2000:]}")
        self._made.append(made)
        return made

    def count(self, instructions):
        """So many guest instructions more went into this test."""
        self.instructions = (self.instructions or 0) + instructions

    def measure(self, name, value, unit=""):
        """A number to show beside the result."""
        self.measures[name] = [value, unit]

    def picture(self, name, svg):
        """Keep a plot."""
        path = self.out / f"{name}.svg"
        path.write_text(svg)
        self.shown = shown(path)
        return path

    def close(self):
        for m in self._machines:
            m.kill()
        for path in self._made:
            path.unlink(missing_ok=True)

    @property
    def crashed(self):
        return next((m.crashed for m in self._machines if m.crashed), "")


class Plugin:
    """One run of one lab's tests; `done(result)` after each."""

    def __init__(self, run):
        self.run = run                  # a run.Run
        self.fixture = None
        self.error = None               # what is wrong with the lab itself

    # ---- which ----

    def pytest_generate_tests(self, metafunc):
        name = metafunc.function.__name__.removeprefix("test_")
        cases = [(t, seed) for t in self.run.lab.tests if t.like == name for seed in self.run.seeds(t)]
        metafunc.parametrize("lab", cases, ids=[f"{t.id}-{seed}" for t, seed in cases], indirect=True)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        lab = self.run.lab
        found = {i.function.__name__ for i in items}
        if missing := [t.id for t in lab.tests if f"test_{t.like}" not in found]:
            raise LabError(f"lab {lab.id}: no function test_{', test_'.join(missing)} in {lab.folder}/test_*.py")
        if more := found - {f"test_{t.like}" for t in lab.tests}:
            raise LabError(f"lab {lab.id}: {', '.join(sorted(more))} has no [[test]] in lab.toml")
        items[:] = [i for i in items if hasattr(i, "callspec") and self.run.wanted(i.callspec.params["lab"][0])]
        items.sort(key=lambda i: lab.tests.index(i.callspec.params["lab"][0]))

    def pytest_collectreport(self, report):
        if report.failed:
            self.error = str(report.longrepr)

    # ---- one test ----

    @pytest.fixture
    def lab(self, request):
        self.fixture = Fixture(self.run, *request.param)
        yield self.fixture
        self.fixture.close()

    def pytest_runtest_protocol(self, item, nextitem):
        test, seed = item.callspec.params["lab"]
        result = self.run.report.result(test.id)
        if result.outcome not in ("pass", "infra") and not result.hidden:
            return True                 # an earlier seed lost it already
        for n in range(TRIES):
            if n:
                item._initrequest()
            self.fixture, self.verdict = None, ("pass", "")
            began = time.monotonic()
            with guard(GUARD):
                runtestprotocol(item, log=False, nextitem=nextitem)
            if self.verdict[0] != "infra":
                break
        self.record(result, test, seed, time.monotonic() - began)
        return True

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        if call.excinfo and self.verdict[0] == "pass":
            self.verdict = verdict(call.excinfo.value)
        elif call.excinfo and call.when == "teardown" and self.verdict[0] == "fail":
            self.verdict = verdict(call.excinfo.value)
        yield

    def record(self, result, test, seed, seconds):
        outcome, why = self.verdict
        f = self.fixture
        if f and f.crashed and outcome == "fail":
            outcome, why = "infra", f"{f.crashed}\n{why}"
        result.outcome, result.why = outcome, why
        result.seconds += seconds
        if f:
            result.log, result.picture, result.measures = f.log, f.shown, f.measures
            if f.instructions:
                result.instructions = (result.instructions or 0) + f.instructions
        result.rerun = f"make grade LAB={self.run.lab.id} T={test.id} SEED={seed}" if test.show == "visible" else ""
        last = seed == self.run.seeds(test)[-1]
        result.earned = test.points if outcome == "pass" and last else 0
        if last or outcome != "pass":
            self.run.done(result)


def with_folders(files):
    """For pack(): programs by their path are read, modes are those of files, folders come first."""
    whole = {str(f): "dir" for name in files for f in list(Path(name.lstrip("/")).parents)[-2::-1]}
    for name, what in files.items():
        if isinstance(what, Path):
            what = (0o755, what.read_bytes())
        if isinstance(what, tuple) and isinstance(what[1], bytes) and what[0] < 0o10000:
            what = (0o100000 | what[0], what[1])
        whole[name.lstrip("/")] = what
    return whole


def verdict(e):
    """(outcome, why) of what a test raised."""
    if isinstance(e, (AssertionError, pytest.fail.Exception)):
        return "fail", clean(str(e)) or f"the check at {place(e)} does not hold"
    if isinstance(e, (NotMeasured, pytest.skip.Exception)):
        return "not measured", clean(str(e))
    if isinstance(e, (ValueError, struct.error)) and "grade/labs/" in place(e):
        return "fail", clean(f"the machine's answer cannot be read: {e}")
    if isinstance(e, (KeyboardInterrupt, SystemExit, pytest.exit.Exception)):
        raise e
    return "infra", clean(str(e) if isinstance(e, Infra) else f"{type(e).__name__}: {e} (at {place(e)})")


def place(e):
    frames = traceback.extract_tb(e.__traceback__)
    return f"{shown(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"


def shown(path):
    """A path as people like to read it."""
    path = Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def clean(text):
    """What a machine said, made harmless: no control characters, no more than a screen."""
    text = re.sub(r"\n +(log|rerun): .*", "", text)         # Machine.fail's: the result's line has its own
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text).expandtabs(8)
    text = "".join(c if c == "\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    rows = [row if len(row) <= COLUMNS else row[:COLUMNS] + "..." for row in text.rstrip().split("\n")]
    if len(rows) > LINES:
        rows = [*rows[:LINES // 2], "...", *rows[-LINES // 2:]]
    return "\n".join(rows)


class guard:
    """with guard(seconds): the harness itself may take no longer."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        self.before = signal.signal(signal.SIGALRM, self.ring)
        signal.alarm(self.seconds)

    def ring(self, *_):
        raise Infra(f"the test did not end in {self.seconds} s")

    def __exit__(self, *_):
        signal.alarm(0)
        signal.signal(signal.SIGALRM, self.before)
