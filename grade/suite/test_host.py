"""Code without kernel state, on the build machine under ASan and UBSan: unit tests and fuzzers."""

import os
import subprocess

import pytest

from grade.machine import BUILD, ROOT

HOST = BUILD / "host"
TESTS = sorted(p.stem for p in (ROOT / "lib").glob("*_test.c"))
FUZZERS = sorted(p.stem for p in (ROOT / "lib").glob("*_fuzz.c"))


@pytest.mark.parametrize("name", TESTS + FUZZERS)
def test_host_program(name):
    """Exits 0; a sanitizer's report or a failed check does not."""
    r = subprocess.run([HOST / name], capture_output=True, text=True, timeout=300,
                       env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "halt_on_error=1"})
    assert r.returncode == 0, (r.stdout + r.stderr)[-3000:]
