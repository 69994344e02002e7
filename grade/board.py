"""make board-test: the programs of user/tests on a board, over its serial line.

    make board-test TTY=/dev/ttyUSB0 [BAUD=115200] [POWER_ON=command] [POWER_OFF=command] [RESET=command]
                    [BOOT=seconds] [TESTS="pipes sig*"] [SAMPLE=n SEED=n]

The board runs Sextant from a card or an initramfs of ours.  A program that it has in /tests is run there; another is
sent over the line first.  The commands are the board's switches, for a board that does not answer any more, and to
begin and end with; without them a person is the switch.

A verdict needs a whole answer with its checksum (grade/boardlink.py): "ok" is a program that ended with status 0.
"FAILED" ended otherwise, not in time, or with the kernel's panic.  "LOST" is a program of which nothing is known.
Ends with status 0 if all are ok, 1 if one failed, 2 if nothing failed but something is not known.
"""

import argparse
import fnmatch
import random
import subprocess
import sys
import time

from grade.boardlink import Line, Link, Lost, Panicked, Refused
from grade.machine import BUILD, OUT
from grade.suite.test_guest import ARGUMENTS, LIMIT, TESTS

BOOT = 180                              # seconds from power to shell, through all firmware
OLD = 1_700_000_000                     # a clock before this was never set
SLOWER = 5                              # than the machine that the limits are for
OK, FAILED, LOST = "ok", "FAILED", "LOST"


class Switches:
    """The commands for a board's power."""

    def __init__(self, on, off, reset):
        self.on, self.off, self.reset = on, off, reset

    def do(self, command):
        if command and subprocess.run(command, shell=True, stdin=subprocess.DEVNULL).returncode:
            print(f"board-test: `{command}' failed", file=sys.stderr)

    def restart(self):
        """Off and on; whether there was a way to."""
        if self.reset:
            self.do(self.reset)
        elif self.off and self.on:
            self.do(self.off)
            time.sleep(1)
            self.do(self.on)
        return bool(self.reset or (self.off and self.on))


class Board:
    """Tests on one board, one after the other."""

    def __init__(self, line, switches, build, boot, patience, slower):
        self.line, self.switches, self.build, self.boot, self.slower = line, switches, build, boot, slower
        self.link = Link(line, patience)
        self.there = False              # boardlink answers

    def connect(self):
        """Whether the board answers, perhaps after a restart."""
        for again in (False, True):
            if again and not self.switches.restart():
                break
            try:
                self.link.connect(self.boot)
                self.set_clock()
                self.there = True
                return True
            except (Lost, Panicked, Refused) as e:
                print(f"board-test: {e}", file=sys.stderr)
        return False

    def set_clock(self):
        """A board without a clock of its own has ours."""
        if self.link.run(f"test $(date +%s) -gt {OLD} || date -s @{int(time.time())}", 60).number:
            print("board-test: the board's clock cannot be set", file=sys.stderr)

    def one(self, name):
        """A test's verdict, and what to say of it."""
        program = (self.build / "user/tests" / name).read_bytes()
        path = f"/tests/{name}"
        if not self.link.has(path, program):
            path = f"/tmp/board-{name}"
            self.link.put(path, program)
        ended = self.link.run(f"cd /; exec {path} {ARGUMENTS.get(name, '')}", LIMIT.get(name, 60) * self.slower)
        if ended.how == "exit" and ended.number == 0:
            return OK, ""
        what = "did not end in time" if ended.how == "killed" else f"{ended.how} {ended.number}"
        return FAILED, f"{what}: {ended.output.strip()[-500:]}"

    def test(self, name):
        """The same, whatever happens to the board; a test that is cut off is tried once more."""
        why = "the board does not answer"
        for _ in range(2):
            if not self.there and not self.connect():
                return LOST, why
            try:
                return self.one(name)
            except Panicked as e:
                self.there = False
                self.switches.restart()
                return FAILED, f"the kernel panicked: {e}"
            except (Lost, Refused) as e:
                why = str(e)
                self.there = False
                self.switches.restart()
        return LOST, why


def choose(words, sample, seed):
    """The tests that a pattern names, or all; so many of them at random if sample is not 0."""
    tests = [t for t in TESTS if not words or any(fnmatch.fnmatch(t, w) for w in words)]
    return sorted(random.Random(seed).sample(tests, min(sample, len(tests)))) if sample else tests


def main():
    p = argparse.ArgumentParser(prog="board-test", description=__doc__.splitlines()[0])
    p.add_argument("--tty", required=True)
    p.add_argument("--baud", type=int, default=115200)
    p.add_argument("--power-on", default="")
    p.add_argument("--power-off", default="")
    p.add_argument("--reset", default="")
    p.add_argument("--sample", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--boot", type=float, default=BOOT, help="seconds from power to shell")
    p.add_argument("--patience", type=float, default=60, help="seconds without an answer: the line is lost")
    p.add_argument("--slower", type=float, default=SLOWER, help="so many times the usual limits")
    p.add_argument("tests", nargs="*", help="patterns of names")
    a = p.parse_args()
    tests = choose(a.tests, a.sample, a.seed)
    if not tests:
        p.error("no test has such a name")
    OUT.mkdir(exist_ok=True)
    switches = Switches(a.power_on, a.power_off, a.reset)
    verdicts = []
    try:
        with Line(a.tty, a.baud, OUT / "board-test.log") as line:
            switches.do(a.power_on)
            board = Board(line, switches, BUILD, a.boot, a.patience, a.slower)
            for i, name in enumerate(tests, 1):
                began = time.monotonic()
                verdict, why = board.test(name)
                verdicts.append(verdict)
                print(f"{i}/{len(tests)} {verdict} {name} ({time.monotonic() - began:.1f} s){': ' + why if why else ''}",
                      flush=True)
                if verdict == LOST and not board.there and not (a.reset or (a.power_on and a.power_off)):
                    verdicts += [LOST] * (len(tests) - i)       # nobody turns it on again
                    break
            if board.there:
                board.link.end()
    except (OSError, AttributeError) as e:
        print(f"board-test: {a.tty}: {e}", file=sys.stderr)
        verdicts += [LOST] * (len(tests) - len(verdicts))
    finally:
        switches.do(a.power_off)
    ok, failed, lost = (verdicts.count(v) for v in (OK, FAILED, LOST))
    print(f"board-test: {ok} of {len(tests)} ok, {failed} failed, {lost} of which nothing is known; "
          f"all the line said: {OUT / 'board-test.log'}")
    return 1 if failed else 2 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
