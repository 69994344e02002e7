"""Where a student's tree is built: no network, no files but the tree's and the system's, an ordinary user, and limits.

    r = run(["make", "all"], tree)      r.status, r.output, r.ended ("" or what ended it)
    [*inside(tree, write=False), "./x"] for who runs it himself
    kind()                              "bwrap"; "limits": this machine allows no more, which is said aloud

bubblewrap shows the command a file system that has the tree, where it was, and the system's programs: held-back seeds,
results and other submissions are not there to be read.  Where it cannot work (a container without user namespaces) only
the limits hold, and whoever grades is told.  QEMU runs outside of this: what a machine can reach is its devices, which the
harness gives it: no network card, no shared folder, no semihosting.
"""

import functools
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

SECONDS = 300                           # by the clock
CPU_SECONDS = 240                       # of one process
MEMORY = 2 << 30                        # bytes of address space, of one process
LARGEST_FILE = 512 << 20                # bytes: the root disk's
PROCESSES = 512                         # of the user
BUILDER = 61440 + os.getpid() % 4000    # who builds, when root grades: each grader has one, for processes are counted by user
OUTPUT = 1 << 20                        # bytes kept; a command that writes more is ended
ALONE = ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/sbin", "/etc/alternatives", "/etc/ld.so.cache", "/etc/mke2fs.conf", "/opt")


@dataclass
class Outcome:
    status: int
    output: str
    ended: str = ""                     # why we ended it


def bwrap(tree, write=True):
    root = os.getuid() == 0
    words = ["bwrap", *(ALONE if root else ["--unshare-all"]), "--die-with-parent", "--new-session", "--proc", "/proc",
             "--dev", "/dev", "--tmpfs", "/tmp", "--perms", "0755", "--dir", "/etc"]    # else /etc would be for root alone
    for path in SYSTEM:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            words += ["--ro-bind", path, path]
    words += ["--bind" if write else "--ro-bind", str(tree), str(tree), "--chdir", str(tree), "--"]
    return words + (["setpriv", f"--reuid={BUILDER}", f"--regid={BUILDER}", "--clear-groups", "--no-new-privs"] if root else [])


@functools.cache
def kind():
    """What this machine allows; a lack is said once."""
    with tempfile.TemporaryDirectory() as folder:
        works = shutil.which("bwrap") and subprocess.run([*bwrap(own(folder)), "true"], capture_output=True).returncode == 0
    if not works:
        print("sandbox: bubblewrap does not work here, so a build can read whatever this user can: grade in a container of its"
              " own, without held-back seeds (docs/labs/instructors.md)", file=sys.stderr, flush=True)
    return "bwrap" if works else "limits"


def inside(tree, write=True):
    """The words before a command that shut it in; none where that cannot be."""
    return bwrap(Path(tree).resolve(), write) if kind() == "bwrap" else []


def own(tree):
    """Give the tree to who will build in it; the tree."""
    if os.getuid() == 0:
        for path in [tree, *(os.path.join(at, n) for at, dirs, files in os.walk(tree) for n in dirs + files)]:
            os.chown(path, BUILDER, BUILDER, follow_symlinks=False)
    return tree


def limits():
    """In the child: what each of its processes may use."""
    for what, most in ((resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0),
                       (resource.RLIMIT_FSIZE, LARGEST_FILE), (resource.RLIMIT_NPROC, PROCESSES)):
        resource.setrlimit(what, (most, most))


def drain(pipe, kept, enough):
    """Keep what comes, up to OUTPUT; then say that it is enough."""
    while data := pipe.read1(65536):
        kept.extend(data[:max(OUTPUT - len(kept), 0)])
        if len(kept) >= OUTPUT:
            enough.set()
            return


def run(command, tree, seconds=SECONDS):
    """Run a command in a tree, bounded; its Outcome."""
    tree = own(Path(tree).resolve())
    words = [*inside(tree), *command]
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/tmp", "LC_ALL": "C.UTF-8"}
    p = subprocess.Popen(words, cwd=tree, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=limits,
                         **({"user": BUILDER, "group": BUILDER, "extra_groups": []} if kind() != "bwrap" and os.getuid() == 0 else {}))
    kept, enough = bytearray(), threading.Event()
    reader = threading.Thread(target=drain, args=(p.stdout, kept, enough), daemon=True)
    reader.start()
    ended = ""
    for _ in range(seconds * 10):
        if enough.is_set():
            ended = f"it printed more than {OUTPUT >> 20} MiB"
            break
        try:
            p.wait(0.1)
            break
        except subprocess.TimeoutExpired:
            continue
    else:
        ended = f"it took longer than {seconds} s"
    try:
        os.killpg(p.pid, signal.SIGKILL)        # and all that it started: they are of its session, or die with bwrap
    except ProcessLookupError:
        pass
    status = p.wait()
    reader.join(5)
    return Outcome(status, kept.decode(errors="replace"), ended)
