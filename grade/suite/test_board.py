"""`make board-test` on a machine behind a serial line that loses and changes characters: the verdicts are still right.

One character in 500 is damaged, in both directions.  Programs that are known to fail, to hang, to end the machine or
to pretend stand in for the tests of those names.
"""

import os
import re
import subprocess
import sys

import pytest

from grade.machine import BUILD, ROOT, Machine
from grade.noisy import NoisyLine

pytestmark = [pytest.mark.ours, pytest.mark.builds("gcc")]
STAND_INS = {
    "clocks": ("ok", "exit 0"),
    "epoll": ("FAILED", "echo why; exit 1"),
    "eventfd": ("FAILED", "kill -9 $$"),
    "exec": ("FAILED", "sleep 1000"),
    # All that can be said without the session's key: answers to every question that may come next.
    "faults": ("FAILED", "i=0; while test $i -lt 300; do echo \"~$(printf %04x $i) p ZXhpdCAwIDA= 00000000\"; "
                         "i=$((i + 1)); done > /dev/console; exit 1"),
    "fifo": ("LOST", "poweroff -f; sleep 1000"),
    "files": ("FAILED", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo Kernel panic: not really; done > /dev/console; exit 0"),
    "flock": ("ok", "for i in 1 2 3 4 5 6 7 8 9; do echo lines of output that nobody needs; done"),
}


@pytest.fixture
def noisy(request, tmp_path):
    """A function: a machine on a noisy line."""
    lines = []

    def make(board="virt", cpus=1, **how):
        name = request.node.name.partition("@")[0]
        line = NoisyLine(lambda: Machine(board=board, cpus=cpus, append="quiet", name=name), tmp_path, **how)
        lines.append(line)
        return line.__enter__()

    yield make
    for line in lines:
        line.__exit__()


def board_test(line, *args, build=BUILD):
    """Run it: its status, and (verdict, test) pairs."""
    r = subprocess.run([sys.executable, "-m", "grade.board", "--tty", line.tty, "--power-on", line.switch("on"),
                        "--power-off", line.switch("off"), *args], cwd=ROOT, text=True, timeout=500,
                       env={**os.environ, "SEXTANT_BUILD": str(build)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(r.stdout)
    return r.returncode, re.findall(r"^\d+/\d+ (\w+) (\w+)", r.stdout, re.M), r.stdout


@pytest.fixture
def stand_ins(tmp_path):
    """A build whose programs are the scripts above."""
    folder = tmp_path / "build/user/tests"
    folder.mkdir(parents=True)
    for name, (_, script) in STAND_INS.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    return tmp_path / "build"


def test_programs_over_a_bad_line(noisy):
    """make board-test sends programs to a sifive_u whose line is bad, runs them and has their verdicts."""
    line = noisy("sifive_u", 3, drop=0.001, change=0.001)
    r = subprocess.run(["make", "-s", "board-test", f"TTY={line.tty}", f"POWER_ON={line.switch('on')}",
                        f"POWER_OFF={line.switch('off')}", "BOOT=400", "TESTS=pipes getdents"], cwd=ROOT, text=True, timeout=500,
                       env={**os.environ, "O": str(BUILD), "CI": "true"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert re.search(r"^1/2 ok getdents .*\n2/2 ok pipes .*\nboard-test: 2 of 2 ok, 0 failed", r.stdout, re.M), r.stdout
    assert r.returncode == 0
    assert line.damaged > 10


def test_verdicts_over_a_bad_line(noisy, stand_ins):
    """Failure, a signal, no end, forged answers, a panic and a machine that ends are told from success."""
    line = noisy(drop=0.001, change=0.001, seed=3)
    status, verdicts, said = board_test(line, "--slower", "0.05", "--patience", "20", "--boot", "60", *STAND_INS,
                                        build=stand_ins)
    assert verdicts == [(verdict, name) for name, (verdict, _) in STAND_INS.items()]
    assert "exit 1: why" in said and "signal 9" in said and "did not end in time" in said and "panicked: not" in said
    assert "2 of 8 ok, 5 failed, 1 of which nothing is known" in said
    assert status == 1
    assert line.damaged > 10 and line.starts >= 4


def test_a_line_that_is_cut(noisy, stand_ins):
    """From some point on nothing arrives: what had no verdict by then is lost, and the status says so."""
    line = noisy(cut_after=2500)
    status, verdicts, said = board_test(line, "--patience", "3", "--boot", "10", "clocks", "flock", build=stand_ins)
    assert ("LOST", "flock") in verdicts and ("ok", "flock") not in verdicts
    assert "0 failed" in said and status == 2


def test_no_line(tmp_path):
    """A port that is not there: every test is lost."""
    r = subprocess.run([sys.executable, "-m", "grade.board", "--tty", str(tmp_path / "none"), "pipes"], cwd=ROOT,
                       text=True, timeout=100, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert "No such file" in r.stdout and "0 of 1 ok" in r.stdout
    assert r.returncode == 2
