"""Our QEMU plugins: compile one, and see whether this QEMU takes it.

    path = compiled(ROOT / "grade/sched/plugin.c")      NotMeasured where that cannot be: then nothing passes
"""

import os
import subprocess

from grade.machine import BUILD, ROOT

HEADER = ROOT / "grade/qemu_plugin.h"


class NotMeasured(Exception):
    """This QEMU takes no plugins, or there is no compiler: a reason to skip, never to pass."""


def compiled(source):
    """The path of the plugin that `source` makes; it takes out=FILE."""
    made = ROOT / BUILD / f"host/{source.parent.name}-{source.stem}.so"
    if not made.exists() or made.stat().st_mtime < max(source.stat().st_mtime, HEADER.stat().st_mtime):
        made.parent.mkdir(parents=True, exist_ok=True)
        part = made.with_suffix(f".{os.getpid()}")
        try:
            subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-shared",
                            "-fPIC", "-fvisibility=hidden", "-o", part, source], check=True)
        except FileNotFoundError:
            raise NotMeasured("no gcc on this machine: run `sh tools/doctor install test`") from None
        part.replace(made)
    try:
        probe = subprocess.run(["qemu-system-riscv64", "-M", "none", "-display", "none", "-monitor", "stdio", "-plugin",
                                f"{made},out=/dev/null"], input="quit\n", capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        raise NotMeasured("no QEMU on this machine: run `sh tools/doctor install run`") from None
    if probe.returncode:
        raise NotMeasured(f"this QEMU takes no plugins: {probe.stderr.strip()}")
    return made
