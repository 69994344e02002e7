"""A student's file as a program of the build machine, under the address and undefined-behaviour sanitizers.

    program = build(lab, HERE / "host/driver.c", ["mm/pagetable.c"])
    answer = run(program, script)

The driver is the lab's (its folder host/); the kernel's headers and fs/host's idea of a machine are the tree's.  What runs
is a student's code, in the sandbox: it gets its script on standard input, sees the tree, which it may not change, and uses
no more time and output than is stated here.  Its word decides nothing: a driver prints what lies in memory, the
test judges that.
"""

import hashlib
import os
import re
import resource
import subprocess
from pathlib import Path

from grade.lab import sandbox

FLAGS = ("-std=gnu11 -g -O1 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -fsanitize=address,undefined "
         "-fno-sanitize-recover=all -fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -D__KERNEL__ "
         "-Ifs/host/include -I. -Iinclude -Iarch/riscv/include -include fs/host/rename.h").split()
SECONDS = 20                            # of CPU: the reference needs a fraction of one
OUTPUT = 64 << 20


def build(lab, driver, sources):
    """Compile `driver`, a path, with these files of the tree; the program.  What does not compile is a failure."""
    parts = hashlib.sha256(b"".join(p.read_bytes() for p in (driver, *(Path(lab.tree) / s for s in sources))))
    program = Path(lab.build) / f"host-{driver.parents[1].name}-{parts.hexdigest()[:16]}"
    if program.exists():
        return program
    part = Path(f"{program}.{os.getpid()}")
    command = [os.environ.get("HOSTCC", "gcc"), *FLAGS, "-o", str(part), str(driver), *sources]
    done = subprocess.run(command, cwd=lab.tree, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{', '.join(sources)} cannot be compiled for the build machine:\n{done.stderr[-2000:]}"
    part.replace(program)
    return program


def _limits():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(program, script):
    """What the program prints, given the script.  A sanitizer's report, a crash or a `wrong` line is a failure."""
    with subprocess.Popen([*sandbox.inside(program.parent, write=False), str(program)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"},
                          preexec_fn=_limits, cwd="/") as child:
        try:
            out, err = child.communicate(script.encode(), timeout=10 * SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            raise AssertionError("it neither answers nor ends") from None
    out, err = out[:OUTPUT].decode(errors="replace"), err.decode(errors="replace")
    if wrong := re.search(r"^wrong (.*)$", out, re.M):
        raise AssertionError(wrong[1])
    if child.returncode:
        raise AssertionError(_report(child.returncode, err))
    return out


def _report(status, err):
    """A sanitizer's report in a line or two: what happened, and where in the student's file."""
    what = re.search(r"ERROR: AddressSanitizer: (.*?)(?: on (?:address|unknown address) .*| \(pc .*)?$|runtime error: (.*)$", err, re.M)
    where = re.findall(r"#\d+ 0x[0-9a-f]+ in (\w+) \S*?((?:mm|kernel|arch|fs|lib)/[\w/.]+:\d+)", err)
    place = f", in {where[0][0]} ({where[0][1]})" if where else ""
    if not what:
        cause = f"signal {-status}" if status < 0 else f"status {status}"
        if status == -24 or status == -9:
            cause = f"{SECONDS} s of CPU: a loop that does not end?"
        return f"it ended with {cause}{place}"
    text = what[1] or what[2]
    if "use-after-poison" in text:
        text = "it touched memory that is no table, or no longer one"
    return f"{text}{place}"
