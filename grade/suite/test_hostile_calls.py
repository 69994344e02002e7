"""Any call with any argument, 50,000 of them in all: no panic, no hang, and everything is given back."""

import pytest

from grade.hostile import call
from grade.suite.conftest import BUILDS


@pytest.mark.ours
@pytest.mark.builds("debug")
@pytest.mark.parametrize("cpus", [1, 4])
def test_hostile_calls(build, cpus):
    """The machine lives on, its counts are what they were, and it powers off without a leak."""
    call(BUILDS[build], cpus, seed=cpus, calls=25000, name=f"hostile-calls-{build}-{cpus}")
