"""The scheduler as a QEMU plugin sees it (docs/sched-proof.md); `make sched-proof` does more of each, and the mutants."""

import pytest

from grade.sched import checks, trace
from grade.suite.conftest import BUILDS

pytestmark = [pytest.mark.builds("gcc"), pytest.mark.ours]


@pytest.fixture(autouse=True)
def measured():
    try:
        trace.plugin()
    except trace.NotMeasured as why:
        pytest.skip(f"not measured: {why}")


def good(check, *args, build, **how):
    """The check finds nothing wrong."""
    try:
        bad = check(*args, build=BUILDS[build], **how)
    except trace.NotMeasured as why:
        pytest.skip(f"not measured: {why}")
    assert not bad, f"{len(bad)} differences; the first:\n" + "\n".join(bad[:5])


def test_real_time_orders(build):
    """Orders, quanta and preemptions of 200 random FIFO and RR sets are those of the simulation."""
    good(checks.orders, 200, build=build)


def test_shares_of_round_robin(build):
    """sched=rr: turn by turn, as long as the nice value says."""
    good(checks.shares, "rr", build=build)


def test_shares_of_fair(build):
    """sched=fair: shares by weight, within 2% over 100 quanta."""
    good(checks.shares, "fair", build=build)


def test_interactive_among_hogs(build):
    """Who mostly sleeps is served within a quantum, among 8 who never do."""
    good(checks.interactive, build=build)


def test_newcomers(build):
    """A new task and one that has slept have their share from then on: no more, no less."""
    good(checks.newcomers, build=build)


@pytest.mark.parametrize("inherits", [False, True])
def test_the_bus_of_mars_pathfinder(build, inherits):
    """Without inheritance the deadline is missed, with it met."""
    good(checks.bus_deadline, inherits, build=build)


def test_inheritance(build):
    """Chains, several donors, donors that give up, and 60 random sets with nested locks run as the simulation has it."""
    good(checks.inheritance, build=build)


def test_affinity(build):
    """No worker is seen on a hart that its mask forbids."""
    good(checks.affinity, build=build)


@pytest.mark.parametrize("workers", [4, 10, 16])
def test_equals_on_four_harts(build, workers):
    """Equal workers have equal time, Jain's index 0.99, and do not hop about."""
    good(checks.equals, workers, seconds=2 if workers == 4 else 6, build=build)


def test_the_most_urgent_run(build):
    """Of eight real-time tasks on four harts it is the most urgent that run."""
    good(checks.most_urgent, build=build)


@pytest.mark.parametrize("cpus", [1, 4])
def test_no_wakeup_is_lost(build, cpus):
    """10,000 times somebody is woken while he falls asleep."""
    good(checks.wakeups, 10_000, cpus=cpus, build=build)


def test_clock_across_harts(build):
    """What one hart has read of the clock no other reads less than afterwards."""
    good(checks.clocks, build=build)
