"""The crash test of fs/jbd2 is worth something: each of five deliberately broken logs fails it, the real one passes."""

import shutil
import subprocess

import pytest

from grade.machine import BUILD, ROOT

PATCHES = sorted((ROOT / "fs/jbd2/broken").glob("*.patch"))
STATES = "1000"


def crash_test(tree):
    """Build and run it in `tree`; the completed process."""
    program = tree / "build/host/fs/jbd2/crash_test"
    subprocess.run(["make", "-s", "O=build", program.relative_to(tree)], cwd=tree, check=True, capture_output=True,
                   timeout=600)
    return subprocess.run([program, "-q", "-n", STATES], capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the sources, with the objects that are built already: a patch costs one compilation."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("Makefile", "arch", "drivers", "fs", "include", "kernel", "lib", "mm", "tools", "user"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, symlinks=True)
        else:
            shutil.copy2(source, copy / name)
    if (BUILD / "host").is_dir():
        shutil.copytree(BUILD / "host", copy / "build/host")
    return copy


def test_five_are_kept():
    assert len(PATCHES) == 5


@pytest.mark.xdist_group("broken-logs")
def test_real_log(tree):
    r = crash_test(tree)
    assert r.returncode == 0, (r.stdout + r.stderr)[-3000:]


@pytest.mark.xdist_group("broken-logs")
@pytest.mark.parametrize("patch", PATCHES, ids=lambda p: p.stem)
def test_broken_log(tree, patch):
    """Patched so, the log loses or mixes something, and the test says that a state is bad: it does not just crash."""
    subprocess.run(["git", "apply", patch], cwd=tree, check=True, capture_output=True)
    try:
        r = crash_test(tree)
    finally:
        subprocess.run(["git", "apply", "-R", patch], cwd=tree, check=True, capture_output=True)
    assert r.returncode == 1 and "bad after a power cut" in r.stdout, (r.stdout + r.stderr)[-3000:]
