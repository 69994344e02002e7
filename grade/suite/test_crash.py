"""Power cuts: what was promised before one is there after it.  `make crash` runs twenty times as many states.

docs/crash.md explains; with SEXTANT_KERNEL the same states are Linux's, which shows that the model is right.
"""

import pytest

from grade.crash import LARGEST, SCENARIOS, Run, campaign, shares
from grade.crash_guest import Guest, GuestError, overlaid
from grade.crash_image import make
from grade.crash_states import States
from grade.disk import Event, Store
from grade.suite.conftest import BUILDS

STATES = 1000
GROUPS = {                              # run side by side, each in one machine
    "random-ordered": ["random/ordered"],
    "random-modes": ["random/journal", "random/writeback"],
    "random-formats": ["random/4k", "random/2k", "random/plain", "random/orphan_file"],
    "storm": ["storm/ordered", "storm/journal", "folder"],
    "database": ["database", "replace", "append"],
    "tasks": ["tasks/ordered", "tasks/journal"],
    "long-files": ["orphans/ordered", "orphans/journal", "full"],
}


@pytest.fixture
def mounter(request, build):
    name = request.node.name.partition("@")[0]
    with Guest(LARGEST, BUILDS[build], name=name, cpus=2 if "tasks" in name else 1) as g:
        yield g


def test_every_scenario_is_in_a_group():
    """The groups below leave no scenario out."""
    assert sorted(sum(GROUPS.values(), [])) == sorted(s.name for s in SCENARIOS)


@pytest.mark.builds("gcc")
@pytest.mark.parametrize("group", GROUPS)
def test_power_cuts(mounter, group):
    """1,000 states over all groups, each mounted by the kernel, judged by the model and by e2fsck."""
    wanted = dict(shares(SCENARIOS, STATES))
    scenarios = [s for s in SCENARIOS if s.name in GROUPS[group]]
    for scenario in scenarios:
        counts, bad = campaign(mounter, [scenario], wanted[scenario], seed=1, turn=25)
        assert not bad, f"{len(bad)} of {counts['states']} states are bad; the first: {bad[0]}"
        assert counts["states"] == wanted[scenario]


@pytest.mark.builds("debug")
def test_power_cuts_under_the_sanitizers(mounter):
    """Some states with every safety net on."""
    for name in ("random/ordered", "storm/journal", "tasks/ordered", "orphans/ordered"):
        counts, bad = campaign(mounter, [s for s in SCENARIOS if s.name == name], 15, seed=2)
        assert not bad, str(bad[0])


@pytest.mark.builds("gcc")
def test_a_disk_that_ignores_flush_is_caught(mounter):
    """If the disk keeps nothing at a flush, promises break: the checker is not blind."""
    run = Run(mounter, next(s for s in SCENARIOS if s.name == "storm/ordered"), seed=3)
    flushes = {e.request for e in run.record if e.kind == "flush"}
    # The moments stay what they are: a flush becomes an event of another disk.
    lazy = [Event("flush", "another") if e.request in flushes and e.disk == run.states.disk else e for e in run.record]
    run.states = States(lazy, run.states.disk)
    run.keep = 0
    run.check(60)
    assert len(run.bad) > 5


@pytest.mark.builds("gcc")
def test_a_read_error_is_an_error(mounter):
    """EIO from the disk reaches the program that reads, and the next mount is well again."""
    base = make(8 << 20)
    store = overlaid(base, {})
    mounter.walk(Store(base, LARGEST))
    mounter.disk.fail("read", sectors=range(2, 4), count=None)
    with pytest.raises(GuestError, match="mount"):
        mounter.walk(Store(base, LARGEST, store.overlay))
    mounter.disk.heal()
    assert "lost+found" in mounter.walk(Store(base, LARGEST))
