"""More tasks make nothing dearer, more harts do more: a bounded part of make scaling (grade/scaling.py)."""

import pytest

from grade import scaling
from grade.sched.trace import NotMeasured


@pytest.mark.ours
@pytest.mark.builds("gcc")
def test_flat_from_10_to_10000_tasks(build):
    """A switch, a futex, a pipe, a thread and a clock cost at most 20% more among 10,000 tasks than among 10."""
    costs = scaling.among((10, 10000))
    assert set(costs) == set(scaling.COLOURS)
    steep = {row: c for row, c in costs.items() if scaling.steepness(c) > scaling.FLAT}
    assert not steep


@pytest.mark.ours
@pytest.mark.builds("gcc")
def test_four_harts_do_twice_the_work_of_one(build):
    """Forks, pipes and files of 12 processes, by the harts' own instructions.

    On a slow host there are more ticks and switches among them, for those follow the host's clock: make scaling asks for 3.
    """
    try:
        one, four = (scaling.work(n, rounds=20)[0] for n in (1, 4))
    except NotMeasured as why:
        pytest.skip(f"not measured: {why}")
    assert one / four >= 2
