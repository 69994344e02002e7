"""The kernel's file-system code on the build machine, under ASan and UBSan (fs/host/)."""

import os
import subprocess

import pytest

from grade.machine import BUILD, ROOT

TESTS = sorted(str(p.relative_to(ROOT / "fs").with_suffix(""))
               for kind in ("test", "fuzz") for p in (ROOT / "fs").glob(f"*/*_{kind}.c"))


@pytest.mark.parametrize("name", TESTS)
def test_fs_host_program(name):
    """Exits 0; a sanitizer's report, a deadlock, a lock out of order or a failed check does not."""
    r = subprocess.run([BUILD / "host/fs" / name, "-q"], capture_output=True, text=True, timeout=600,
                       env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "halt_on_error=1"})
    assert r.returncode == 0, (r.stdout + r.stderr)[-3000:]
