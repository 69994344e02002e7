#!/usr/bin/python3
"""lint.py: what no compiler checks about how Sextant is written.

  layout    lines, tabs, trailing blanks, one final newline
  names     every file begins with a comment that begins with its name
  letters   every [x] guard letter on a struct field has a legend above the struct
  rooms     generic code names no machine: no CSRs, no assembly but a compiler barrier, outside arch/riscv
  headers   every header compiles alone, with the kernel's flags, or the build machine's where it is for tests
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
ROOMS = ("arch", "kernel", "mm", "fs", "net", "drivers", "lib", "include", "user")
FLAGS = ["--target=riscv64-linux-gnu", "-std=gnu11", "-ffreestanding", "-fsyntax-only", "-march=rv64imac", "-mabi=lp64",
         "-mcmodel=medany", "-I.", "-Iinclude", "-Iarch/riscv/include", "-D__KERNEL__", "-DDEBUG", "-Wall", "-Wextra",
         "-Wno-unused-parameter", "-Wno-unused-command-line-argument"]
# lib/host.mk's
HOST_FLAGS = ["-std=gnu11", "-fsyntax-only", "-I.", "-Iinclude", "-include", "lib/host_rename.h",
              "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-sign-compare", "-Wno-unused-function"]
# fs/host/host.mk's
FS_HOST_FLAGS = ["-std=gnu11", "-fsyntax-only", "-D__KERNEL__", "-DDEBUG", "-Ifs/host/include", "-I.", "-Iinclude",
                 "-Iarch/riscv/include", "-include", "fs/host/rename.h", *HOST_FLAGS[-5:]]
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


def names():
    """"name.c - ...", "name.c: ..." or a usage line; a program's name, by which its users know it, needs no suffix."""
    for name in sources(".c", ".h", ".S"):
        path = ROOT / name
        known = [re.escape(path.name)] + [re.escape(path.stem)] * (name.startswith(("user/bin/", "user/tests/")))
        if not re.match(rf"/\*(?:\n \*)? (?:{'|'.join(known)})(?![\w.])\W*\w", path.read_text()):
            yield f"{name}:1: the file does not begin with a comment that begins with {path.name} and says what it is"


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
    # Linux's own names of calls are no knowledge of the machine.
    calls = set(re.findall(r"riscv_\w+", (ROOT / "kernel/syscalls.def").read_text()))
    for name in sources(".c", ".h", rooms=("kernel", "mm", "fs", "net", "drivers", "lib")):
        for n, line in enumerate((ROOT / name).read_text().split("\n"), 1):
            words = set(re.findall(r"\b(?:sys_)?(riscv_\w+)", line))
            if re.search(r"\bcsr[rwsc]\w*\s", line) or words - calls or re.search(r'\basm\b(?!.*\(""[ :)])', line):
                yield f"{name}:{n}: knows the machine: {line.strip()}"
    for name in sources(".c", ".h", rooms=("lib",)):
        for n, line in enumerate((ROOT / name).read_text().split("\n"), 1):
            if re.match(r'#include "(kernel|mm|fs|net|drivers|arch)/', line):
                yield f"{name}:{n}: lib/ must not include {line.split()[1]}"


def clang(args):
    r = subprocess.run(["clang", *args], cwd=ROOT, capture_output=True, text=True)
    return [l for l in r.stderr.split("\n") if re.search(r": (warning|error|fatal error):", l)]


def compiled(commands):
    with ThreadPoolExecutor(2) as pool:
        for lines in pool.map(clang, commands):
            yield from lines


def headers():
    """Each one as the only thing an empty file includes."""
    names = sources(".h", rooms=("arch", "kernel", "mm", "fs", "net", "drivers", "lib", "include"))
    names = [n for n in names if not n.startswith("fs/host/include/")]      # in the place of arch's
    host = re.compile(r"lib/(host_.*|.*_sample)\.h$")
    fs_host = re.compile(r"(fs/host/.*|fs/jbd2/bank)\.h$")
    flags = {n: HOST_FLAGS if host.match(n) else FS_HOST_FLAGS if fs_host.match(n) else FLAGS for n in names}
    yield from compiled([*flags[n], "-include", n, "-xc", "/dev/null"] for n in names)


def locks():
    kernel = [n for n in sources(".c", rooms=("arch", "kernel", "mm", "fs", "net", "drivers"))
              if not n.endswith(("_test.c", "_fuzz.c", "asm-offsets.c")) and not n.startswith("fs/host/")]
    yield from compiled([*FLAGS, "-DTHREAD_SAFETY", "-Wthread-safety", n] for n in kernel)


def main():
    checks = [layout, names, letters, rooms] + ([headers, locks] if shutil.which("clang") else [])
    if not shutil.which("clang"):
        print("lint: clang is missing, headers and locks are not checked: sh tools/doctor install lint", file=sys.stderr)
    found = set()               # what is wrong with a header, clang says once for each file that includes it
    for check in checks:
        for line in check():
            if line not in found:
                print(line)
            found.add(line)
    print(f"lint: {len(found)} finding{'s' * (len(found) != 1)} by {', '.join(c.__name__ for c in checks)}")
    return 1 if found else 0


sys.exit(main())
