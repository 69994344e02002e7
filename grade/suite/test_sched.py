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


def good(bad):
    assert not bad, f"{len(bad)} differences; the first:\n" + "\n".join(bad[:5])


def test_real_time_orders(build):
    """Orders, quanta and preemptions of 200 random FIFO and RR sets are those of the simulation."""
    good(checks.orders(200, build=BUILDS[build]))


@pytest.mark.parametrize("cpus", [1, 4])
def test_no_wakeup_is_lost(build, cpus):
    """10,000 times somebody is woken while he falls asleep."""
    good(checks.wakeups(10_000, cpus=cpus, build=BUILDS[build]))


def test_clock_across_harts(build):
    """What one hart has read of the clock no other reads less than afterwards."""
    good(checks.clocks(build=BUILDS[build]))
