"""Every kind of object made until it is refused, in a small machine: errno, others go on, all of it comes back."""

import pytest

from grade.hostile import with_tests
from grade.suite.conftest import BUILDS


@pytest.mark.builds("gcc", "debug")
@pytest.mark.parametrize("who", ["user", pytest.param("root", marks=pytest.mark.ours)])
def test_exhaustion(machine, build, who):
    """user/tests/exhaust.c finds what it says; the shell works afterwards, and the machine powers off without a leak."""
    initrd = with_tests(BUILDS[build], "exhaust")
    try:
        m = machine(cpus=2, mem="64M", initrd=initrd, append="quiet loglevel=1").boot(60)
        out = m.run(f"/tests/exhaust {who}", timeout=600, check=False)
        assert m.code == 0, out
        assert m.run("echo alive; mkdir /x && rmdir /x && echo $?") == "alive\n0"
        m.send("poweroff\n")
        assert m.wait() == 0
        assert "leak:" not in m.text()
    finally:
        initrd.unlink(missing_ok=True)
