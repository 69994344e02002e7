"""What every test of the suite shares: the builds, and machines made from them.

A test that asks for `machine` or `build` runs on every build that `--builds` names (the Makefile
has made them), unless it says which with @pytest.mark.builds("gcc").  With SEXTANT_KERNEL=IMAGE
all of it runs on that kernel instead, but for what is marked `ours`: about Sextant, not the ABI.
"""

import fcntl
import subprocess
from pathlib import Path

import pytest

from grade.cpio import pack
from grade.machine import BUILD, FOREIGN, ROOT, Machine

BUILDS = {"gcc": BUILD, "debug": BUILD / "debug", "llvm": BUILD / "llvm", "llvm-debug": BUILD / "llvm-debug"}


def pytest_addoption(parser):
    parser.addoption("--builds", default="gcc", help="comma-separated: " + ",".join(BUILDS))


def pytest_configure(config):
    config.addinivalue_line("markers", "builds(name...): only on these builds")
    config.addinivalue_line("markers", "long: minutes; begun first, so that nobody waits for it alone at the end")
    config.addinivalue_line("markers", "ours: about Sextant itself; left out when SEXTANT_KERNEL names another kernel")


def pytest_generate_tests(metafunc):
    if "build" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("builds")
        builds = metafunc.config.getoption("--builds").split(",")
        if unknown := set(builds) - set(BUILDS):
            raise pytest.UsageError(f"no such build: {', '.join(unknown)}")
        builds = [b for b in builds if not only or b in only.args]
        harts = getattr(metafunc.module, "CPUS", None)       # by build, where the builds differ
        if isinstance(harts, dict) and "guest" in metafunc.fixturenames:
            metafunc.parametrize("build,cpus", [(b, n) for b in builds for n in harts[b]])
        else:
            metafunc.parametrize("build", builds)


@pytest.hookimpl(tryfirst=True)         # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Tests that share a machine come early, together, in the order of their file, on one worker."""
    def place(item):
        shared = "guest" in item.fixturenames
        return (not item.get_closest_marker("long"), not shared, groups.get(item, ""), item.function.__code__.co_firstlineno if shared else 0)

    groups = {}
    for item in items:
        if FOREIGN and item.get_closest_marker("ours"):
            item.add_marker(pytest.mark.skip(reason="about Sextant itself"))
        if "guest" in item.fixturenames and hasattr(item, "callspec"):
            p = item.callspec.params
            groups[item] = f"{item.module.__name__}-{p.get('build')}-{p.get('cpus')}"
            item.add_marker(pytest.mark.xdist_group(groups[item]))
    items.sort(key=place)


@pytest.fixture
def machine(request, build):
    """A function that makes a Machine of the build under test, named after the test, ended with it."""
    machines = []

    def make(**how):
        how.setdefault("build", BUILDS[build])
        how.setdefault("name", f"{request.node.name.partition('@')[0]}{'-' + str(len(machines)) if machines else ''}")
        m = Machine(**how)
        machines.append(m)
        return m.start()

    yield make
    for m in machines:
        m.kill()


def make_once(target):
    """Have make bring a file of the build up to date, one worker at a time: the completed process, with what it said."""
    with open(BUILD / "make.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run(["make", "--no-print-directory", "-s", target, f"O={BUILD}", "CI=true"], cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="session")
def debian():
    """A folder with Debian's riscv64 busybox-static unpacked."""
    folder = ROOT / "build" / "debian"
    subprocess.run([ROOT / "tools/fetch-debian", folder, "busybox-static"], check=True)
    return folder


@pytest.fixture
def cpio(tmp_path):
    """A function that packs {name: "dir" | bytes | (mode, bytes) | "-> target"} into an archive; its path."""

    def make(files, name="initramfs.cpio"):
        path = Path(tmp_path) / name
        path.write_bytes(pack(files))
        return path

    return make
