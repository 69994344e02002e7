"""grade.lab: labs made from this tree, and what decides how many points they earn.  docs/labs/writing.md explains."""

from grade.sched.trace import NotMeasured

__all__ = ["Infra", "NotMeasured"]


class Infra(Exception):
    """The harness or QEMU is at fault, not the machine under test: never a zero."""
