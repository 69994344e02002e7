#!/usr/bin/python3
"""lint.py: what no compiler checks about how Sextant is written.

  layout    lines, tabs, trailing blanks, one final newline
  letters   every [x] guard letter on a struct field has a legend above the struct
  rooms     generic code names no machine: no CSRs, no assembly but a barrier, outside arch/riscv
  headers   every header compiles alone, with the kernel's flags
  locks     clang's thread-safety analysis over MUST_HOLD and friends (skipped without clang)

Prints one line a finding, FILE:LINE: what; exits 1 if there was any.
"""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("arch", "kernel", "mm", "fs", "drivers", "lib", "include", "user")
FLAGS = ["--target=riscv64-linux-gnu", "-std=gnu11", "-ffreestanding", "-fsyntax-only", "-march=rv64imac", "-mabi=lp64",
         "-mcmodel=medany", "-I.", "-Iinclude", "-Iarch/riscv/include", "-D__KERNEL__", "-DDEBUG", "-Wall", "-Wextra",
         "-Wno-unused-parameter", "-Wno-sign-compare", "-Wno-unused-command-line-argument"]
MAX_LINE = 120


def sources(*suffixes, rooms=ROOMS):
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *rooms], cwd=ROOT,
                           capture_output=True, text=True, check=True).stdout.split()
    return [n for n in names if n.endswith(suffixes) and (ROOT / n).exists()]


def layout():
    for name in sources(".c", ".h", ".S", ".def", ".ld"):
        text = (ROOT / name).read_text()
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield f"{name}:{text.count(chr(10))}: the file does not end in one newline"
        for n, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield f"{name}:{n}: blanks at the end of the line"
            if len(line.expandtabs(8)) > MAX_LINE:
                yield f"{name}:{n}: the line is {len(line.expandtabs(8))} columns wide, over {MAX_LINE}"
            if re.match(r"^ {8}", line):
                yield f"{name}:{n}: indented by spaces"


def letters():
    """A field comment that starts with [x] needs "x meaning" in a "Guarded by:" legend in its file, or a reserved letter."""
    reserved = set("iaoc")
    for name in sources(".c", ".h"):
        text = (ROOT / name).read_text()
        legend = set()
        for m in re.finditer(r"Guarded by:?((?:.|\n)*?)\*/", text):
            legend |= set(re.findall(r"\b([A-Za-z])\b", m[1]))
        for n, line in enumerate(text.split("\n"), 1):
            for m in re.finditer(r"/\* \[([A-Za-z])\]", line):
                if m[1] not in legend | reserved:
                    yield f"{name}:{n}: guard letter [{m[1]}] has no legend (\"Guarded by: {m[1]} ...\") in this file"


def rooms():
    for name in sources(".c", ".h", rooms=("kernel", "mm", "fs", "drivers", "lib")):
        for n, line in enumerate((ROOT / name).read_text().split("\n"), 1):
            if re.search(r"\bcsr[rwsc]\w*\s", line) or re.search(r"\briscv_", line) and "sys_riscv_" not in line:
                yield f"{name}:{n}: knows the machine: {line.strip()}"
    for name in sources(".c", ".h", rooms=("lib",)):
        for n, line in enumerate((ROOT / name).read_text().split("\n"), 1):
            if re.match(r'#include "(kernel|mm|fs|drivers|arch)/', line):
                yield f"{name}:{n}: lib/ must not include {line.split()[1]}"


def clang(extra, name):
    r = subprocess.run(["clang", *FLAGS, *extra, name], cwd=ROOT, capture_output=True, text=True)
    return [l for l in r.stderr.split("\n") if re.search(r": (warning|error|fatal error):", l)]


def compiled(names, extra):
    with ThreadPoolExecutor(2) as pool:
        for lines in pool.map(lambda n: clang(extra, n), names):
            yield from lines


def headers():
    kernel = [n for n in sources(".h", rooms=("arch", "kernel", "mm", "fs", "drivers", "lib", "include")) if "host_test" not in n]
    yield from compiled(kernel, ["-xc", "-Wno-pragma-once-outside-header"])


def locks():
    kernel = [n for n in sources(".c", rooms=("arch", "kernel", "mm", "fs", "drivers"))
              if not n.endswith(("_test.c", "_fuzz.c", "asm-offsets.c"))]
    yield from compiled(kernel, ["-DTHREAD_SAFETY", "-Wthread-safety"])


def main():
    checks = [layout, letters, rooms] + ([headers, locks] if shutil.which("clang") else [])
    if not shutil.which("clang"):
        print("lint: clang is missing, headers and locks are not checked: sh tools/doctor install lint", file=sys.stderr)
    found = 0
    for check in checks:
        for line in check():
            print(line)
            found += 1
    print(f"lint: {found} finding{'s' * (found != 1)} by {', '.join(c.__name__ for c in checks)}")
    return 1 if found else 0


sys.exit(main())
