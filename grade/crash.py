"""Power cuts: work, cut at every moment, mount again, and see that every promise was kept.

    python3 -m grade.crash --states 20000           make crash
    python3 -m grade.crash --only random/ordered --seed 7 --states 500
    python3 -m grade.crash --list

For each scenario: an image (mke2fs), a workload on it in the machine, recorded (disk.py), the states that the
disk could hold after a cut at any moment (crash_states.py).  Each state is then mounted in one running machine
(crash_guest.py), its tree judged by the model of what was promised (crash_model.py), and what the machine left
judged by e2fsck -fn.  Of some states, by turns:

    again    the power is cut a second time, while the log is replayed; the tree must come out the same
    e2fsck   e2fsck replays the log in place of the machine; the tree must come out the same
    linux    another kernel does (with --other IMAGE)

docs/crash.md explains.  A bad state is kept as out/crash-SCENARIO-MOMENT.img.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections import Counter, namedtuple
from pathlib import Path

from grade import crash_image
from grade.crash_guest import Guest, GuestError, overlaid
from grade.crash_model import Model, data_of
from grade.crash_states import States
from grade.disk import Store
from grade.machine import BUILD, OUT, MachineError

MIB = 1 << 20
LARGEST = 32 * MIB

# share: how many states of all it gets, beside the others.
Scenario = namedtuple("Scenario", "name work mode block size steps options mount share", defaults=((), "", 1))

SCENARIOS = [
    Scenario("random/ordered", "random", "ordered", 1024, 8 * MIB, 400, share=3),
    Scenario("random/journal", "random", "journal", 1024, 8 * MIB, 300, share=2),
    Scenario("random/writeback", "random", "writeback", 1024, 8 * MIB, 300),
    Scenario("random/4k", "random", "ordered", 4096, 16 * MIB, 400, share=2),
    Scenario("random/2k", "random", "ordered", 2048, 16 * MIB, 300),
    Scenario("random/plain", "random", "ordered", 1024, 8 * MIB, 300,
             ("-O", "^metadata_csum,^64bit,^extents,^orphan_file")),
    Scenario("random/orphan_file", "random", "ordered", 1024, 8 * MIB, 300, ("-O", "orphan_file")),
    Scenario("storm/ordered", "storm", "ordered", 1024, 8 * MIB, 300, share=2),
    Scenario("storm/journal", "storm", "journal", 4096, 16 * MIB, 300),
    Scenario("database", "database", "ordered", 1024, 8 * MIB, 200, share=2),
    Scenario("replace", "replace", "ordered", 4096, 16 * MIB, 200),
    Scenario("append", "append", "ordered", 1024, 8 * MIB, 300),
    Scenario("tasks/ordered", "tasks", "ordered", 1024, 8 * MIB, 400, share=2),
    Scenario("tasks/journal", "tasks", "journal", 1024, 8 * MIB, 400),
    Scenario("orphans/ordered", "orphans", "ordered", 1024, 8 * MIB, 120),
    Scenario("orphans/journal", "orphans", "journal", 1024, 8 * MIB, 80),
    Scenario("folder", "folder", "ordered", 1024, 8 * MIB, 300),
    Scenario("full", "full", "ordered", 1024, 4 * MIB, 120),
]
TURN = 10                               # every so many states get each of the other checks


def old_files(folder):
    """What an image has before the work: names that workloads use, with content of task 0's call 0."""
    for name, size in (("f1", 3000), ("f5", 70000), ("d0/f2", 300), ("d0/deep/f3", 9000), ("old1", 12345), ("d1/f6", 0)):
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data_of(0, 0, 0, size))
        path.chmod(0o644)
    for path in [Path(folder), *Path(folder).glob("**")]:
        path.chmod(0o755)


def image_of(scenario):
    with tempfile.TemporaryDirectory() as tree:
        old_files(tree)
        return crash_image.make(scenario.size, scenario.block, scenario.options, tree)


class Bad(namedtuple("Bad", "scenario seed state reasons kept")):
    def __str__(self):
        s = self.state
        return (f"{self.scenario.name} seed {self.seed}: cut at moment {s.moment} ({s.kind}), possible until {s.last}:\n    " +
                "\n    ".join(self.reasons) + f"\n    kept: {self.kept}")


class Run:
    """One scenario with one seed: the record, and the judgement of its states."""

    def __init__(self, guest, scenario, seed, image=None):
        self.guest, self.scenario, self.seed = guest, scenario, seed
        self.base = image or image_of(scenario)
        self.options = ",".join(filter(None, (f"data={scenario.mode}", scenario.mount)))
        initial = guest.walk(overlaid(self.base, {}), self.options)
        self.record = guest.record(Store(self.base, guest.disk.size), scenario.work, seed, scenario.steps, self.options)
        self.model = Model(self.record, initial, scenario.mode, scenario.block)
        self.states = States(self.record, guest.disk.name)
        self.counts = Counter()
        self.bad = []
        self.keep = 5                   # how many bad states become files

    def check(self, count=None, other=None, variants=1, turn=TURN):
        """Judge so many states; the number done.  The machine mounts one while the one before is judged."""
        judge = crash_image.Judge(self.base)
        try:
            behind = None
            for n, state in enumerate(self.states.sample(count, self.seed, variants)):
                self.guest.submit(self._store(state.overlay), self.options)
                if behind:
                    self._judge(judge, *behind)
                tree, reasons = self._tree(self.guest)
                if tree and n % turn == 0:
                    reasons += self._again(state, tree, n)
                if tree and n % turn == turn // 2:
                    reasons += self._other_replay("e2fsck", tree, judge.replay(state.overlay))
                if tree and other and n % turn == turn - 1:
                    reasons += self._linux(other, state, tree)
                behind = state, tree, reasons
            if behind:
                self._judge(judge, *behind)
        finally:
            judge.close()
        return self.counts["states"]

    def _store(self, overlay):
        return Store(self.base, self.guest.disk.size, dict(overlay))

    @staticmethod
    def _tree(guest):
        try:
            return guest.result(), []
        except GuestError as e:
            return None, [f"the machine could not: {e}"]
        except MachineError as e:       # it hangs or it panicked: a bad state, and a new machine for the next
            log = guest.machine.log_path.name
            guest.restart()
            return None, [f"the machine is lost (its console: out/{log}): {e}"]

    def _judge(self, judge, state, tree, reasons):
        self.counts["states"] += 1
        self.counts[state.kind] += 1
        if tree:
            reasons += self.model.judge(tree, state.first, state.last)
            if said := judge.check(tree.written):
                reasons.append(f"e2fsck -fn: {said}")
        if reasons:
            self.bad.append(Bad(self.scenario, self.seed, state, reasons, self._keep(state)))

    def _keep(self, state):
        if len(self.bad) >= self.keep:
            return "(no)"
        path = OUT / f"crash-{self.scenario.name.replace('/', '-')}-{self.seed}-{state.moment}.img"
        Store(self.base, overlay=state.overlay).save(path)
        return str(path)

    def _again(self, state, tree, n):
        """Cut the power while the log is replayed, at some moment, and mount once more."""
        self.guest.disk.record = record = []
        self.guest.submit(self._store(state.overlay), self.options)
        _, reasons = self._tree(self.guest)
        self.guest.disk.record = None
        for second in States(record, self.guest.disk.name).sample(2, f"{self.seed}/{n}"):
            self.counts["again"] += 1
            self.guest.submit(self._store(state.overlay | second.overlay), self.options)
            after, wrong = self._tree(self.guest)
            reasons += wrong + (differences("the power cut again during replay", tree, after) if after else [])
        return reasons

    def _other_replay(self, who, tree, image):
        self.counts[who] += 1
        self.guest.submit(Store(image, self.guest.disk.size), self.options)
        after, reasons = self._tree(self.guest)
        return reasons + (differences(f"{who} replaying", tree, after) if after else [])

    def _linux(self, other, state, tree):
        self.counts["linux"] += 1
        other.submit(self._store(state.overlay), self.options)
        after, reasons = self._tree(other)
        return reasons + (differences("linux replaying", tree, after) if after else [])


def differences(who, one, two):
    """How two trees differ, apart from inode numbers and sizes of folders."""
    def seen(e):
        return (e.type, e.mode, e.links, e.size, e.data) if e.type != "d" else (e.type, e.mode, e.links)

    paths = [p for p in sorted({*one, *two}) if p not in one or p not in two or seen(one[p]) != seen(two[p])]
    return [f"with {who} the tree differs at {', '.join(map(repr, paths[:5]))}"] if paths else []


def shares(scenarios, states):
    """[(scenario, number of states)]"""
    total = sum(s.share for s in scenarios)
    return [(s, -(-states * s.share // total)) for s in scenarios]    # rounded up: at least `states`


def campaign(guest, scenarios, states, seed, other=None, rounds=1, progress=None, turn=TURN):
    """Run all scenarios, `rounds` times with different seeds; (Counter, [Bad])."""
    counts, bad = Counter(), []
    for round_ in range(rounds):
        for scenario, count in shares(scenarios, -(-states // rounds)):
            run = Run(guest, scenario, seed + round_)
            run.check(count, other, variants=3 if count > 1000 else 1, turn=turn)
            counts += run.counts
            bad += run.bad
            counts["records"] += 1
            counts["calls"] += len(run.model.calls)
            if progress:
                progress(run, counts, bad)
    return counts, bad


def summary(counts, bad, began):
    kinds = ("prefix", "certain", "only", "without", "subset", "torn", "sectors")
    return (f"crash: {counts['states']} states of {counts['records']} records ({counts['calls']} calls), {len(bad)} bad; " +
            ", ".join(f"{counts[k]} {k}" for k in kinds) +
            f"; checked otherwise: {counts['again']} cut again, {counts['e2fsck']} by e2fsck, {counts['linux']} by Linux; "
            f"{time.monotonic() - began:.0f} s")


def main():
    p = argparse.ArgumentParser(prog="grade.crash", description=__doc__.splitlines()[0])
    p.add_argument("--states", type=int, default=1000, help="how many in all")
    p.add_argument("--rounds", type=int, default=0, help="records of each scenario (default: one per 3,000 states)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", default="", help="scenarios whose name matches this regular expression")
    p.add_argument("--other", default=os.environ.get("SEXTANT_LINUX"), help="a Linux image that mounts a sample too")
    p.add_argument("--cpus", type=int, default=2)
    p.add_argument("--build", default=str(BUILD))
    p.add_argument("--list", action="store_true")
    args = p.parse_args()
    scenarios = [s for s in SCENARIOS if re.search(args.only, s.name)]
    if args.list or not scenarios:
        print(*(s.name for s in scenarios), sep="\n")
        return 0 if args.list else 2

    def progress(run, counts, bad):
        print(f"  {run.scenario.name:20} seed {run.seed}: {run.counts['states']:5} states, {len(run.bad)} bad"
              f"   (in all {counts['states']}, {len(bad)} bad, {time.monotonic() - began:.0f} s)", flush=True)
        for b in run.bad[:5]:
            print(f"BAD {b}", flush=True)

    began = time.monotonic()
    OUT.mkdir(exist_ok=True)
    try:
        with Guest(LARGEST, args.build, name="crash", cpus=args.cpus) as guest:
            rounds = args.rounds or -(-args.states // 3000)
            if args.other:
                with Guest(LARGEST, args.build, name="crash-linux", foreign=args.other) as other:
                    counts, bad = campaign(guest, scenarios, args.states, args.seed, other, rounds, progress)
            else:
                counts, bad = campaign(guest, scenarios, args.states, args.seed, None, rounds, progress)
    except (MachineError, crash_image.Broken) as e:
        print(f"crash: stopped: {e}")
        return 2
    print(summary(counts, bad, began))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
