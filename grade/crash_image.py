"""Images for the crash tests: made by mke2fs, judged by e2fsck, never by code of ours."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from grade.crash_model import POISON
from grade.disk import SECTOR

TOOLS = "/usr/sbin:/sbin:/usr/bin:/bin"
DEFAULTS = "lazy_itable_init=0,lazy_journal_init=0,nodiscard"


# What e2fsck -fn says about a sound filesystem: nothing but this.  An extent tree deeper than it need be is sound.
CONTENT = (r"e2fsck \d|Pass \d\w?: |.*: \d+/\d+ files \(.*\), \d+/\d+ blocks$|"
           r"Inode \d+ extent tree \(at level \d+\) could be (shorter|narrower)\.  Optimize\? no")


class Broken(AssertionError):
    """e2fsck found something, or a tool failed."""


def tool(*words, ok=(0,), data=None):
    """Run one of e2fsprogs; its output."""
    path = shutil.which(str(words[0]), path=TOOLS)
    if not path:
        raise Broken(f"{words[0]} is not installed: run `sh tools/doctor install test`")
    p = subprocess.run([path, *map(str, words[1:])], input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       env={**os.environ, "E2FSPROGS_FAKE_TIME": "1767225600", "LC_ALL": "C"})
    text = p.stdout.decode(errors="replace")
    if p.returncode not in ok:
        raise Broken(f"{words[0]} ended with status {p.returncode}: {text[-2000:]}")
    return text


def poison(size):
    """Bytes that no file has: each sector names itself."""
    return b"".join((POISON + b"%08d " % n).ljust(32, b".") * (SECTOR // 32) for n in range(size // SECTOR))


def scratch():
    """A folder for images that come and go: in memory where that is possible."""
    return tempfile.mkdtemp(prefix="sextant-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)


def make(size, block=1024, options=(), tree=None, stale=True):
    """The bytes of a new ext4.  `tree`: a folder whose files it has; `stale`: free blocks hold POISON."""
    folder = scratch()
    try:
        path = Path(folder) / "fs.img"
        with open(path, "wb") as f:
            if stale:
                f.write(poison(size))
            f.truncate(size)
        kind = () if "-t" in options else ("-t", "ext4")
        words = ["mke2fs", "-q", "-F", *kind, "-b", block, "-E", DEFAULTS, "-U", "5e5e5e5e-0000-4000-8000-000000000001"]
        if tree:
            words += ["-d", tree]
        tool(*words, *options, path)
        return path.read_bytes()
    finally:
        shutil.rmtree(folder)


class Judge:
    """A file that e2fsck looks at, holding one overlay of a base after another."""

    def __init__(self, base):
        self._folder = scratch()
        self.path = Path(self._folder) / "state.img"
        self._base = base
        self._now = {}
        self.path.write_bytes(base)

    def close(self):
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, overlay):
        """Make the file base + overlay."""
        changed = {s: self._base[s * SECTOR:(s + 1) * SECTOR] for s in self._now if s not in overlay}
        changed.update((s, data) for s, data in overlay.items() if self._now.get(s) is not data)
        fd = os.open(self.path, os.O_WRONLY)
        try:
            for sector, data in changed.items():
                os.pwrite(fd, data, sector * SECTOR)
            os.ftruncate(fd, len(self._base))
        finally:
            os.close(fd)
        self._now = overlay

    def check(self, overlay):
        """What e2fsck -fn has to say against it: "" if nothing."""
        self.put({s: d for s, d in overlay.items() if (s + 1) * SECTOR <= len(self._base)})
        try:
            text = tool("e2fsck", "-fn", self.path)
        except Broken as e:
            return str(e)
        strange = [line for line in text.splitlines() if line and not re.match(CONTENT, line)]
        return "\n".join(strange)

    def replay(self, overlay):
        """Let e2fsck replay the log and finish; the bytes of the image afterwards."""
        self.put({s: d for s, d in overlay.items() if (s + 1) * SECTOR <= len(self._base)})
        try:
            tool("e2fsck", "-fy", self.path, ok=(0, 1))
            return self.path.read_bytes()
        finally:
            self.path.write_bytes(self._base)
            self._now = {}
