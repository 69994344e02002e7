#!/usr/bin/env python3
"""Write the initramfs: a newc cpio of the programs, /etc and a few nodes, the same for the same input.

    mkinitramfs.py OUT BINDIR ETCDIR [--add FILE[:/PATH]]...

Format: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
"""
import argparse
import os
import stat

# More names for one program: it looks at what it is called.
LINKS = {
    "false": "true", "[": "test", "reboot": "poweroff", "halt": "poweroff",
    "whoami": "id", "dirname": "basename", "mkfifo": "mknod",
}
DIRS = ["bin", "dev", "etc", "mnt", "proc", "root", "run", "sys", "tmp", "usr"]


class Cpio:
    def __init__(self):
        self.out = bytearray()
        self.ino = 0

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        self.ino += 1
        encoded = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = [self.ino, mode, 0, 0, links, 0, len(data), 0, 0, *rdev, len(encoded), 0]
        self.out += b"070701" + b"".join(b"%08X" % f for f in fields) + encoded
        self._pad(4)
        self.out += data
        self._pad(4)

    def _pad(self, to):
        self.out += bytes(-len(self.out) % to)

    def finish(self):
        self.ino = -1
        self.add("TRAILER!!!", 0)
        self._pad(512)
        return self.out


def read(path):
    with open(path, "rb") as f:
        return f.read()


def tree(bindir, etcdir, extras=()):
    """Everything a root file system starts with: (name, mode, contents, device numbers), parents first."""
    for d in DIRS:
        yield d, stat.S_IFDIR | (0o1777 if d == "tmp" else 0o700 if d == "root" else 0o755), b"", (0, 0)
    yield "usr/bin", stat.S_IFLNK | 0o777, b"../bin", (0, 0)
    yield "sbin", stat.S_IFLNK | 0o777, b"bin", (0, 0)
    yield "init", stat.S_IFLNK | 0o777, b"bin/init", (0, 0)
    yield "dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)
    yield "dev/null", stat.S_IFCHR | 0o666, b"", (1, 3)
    programs = sorted(n for n in os.listdir(bindir)
                      if "." not in n and os.path.isfile(os.path.join(bindir, n)))
    for name in programs:
        yield "bin/" + name, stat.S_IFREG | 0o755, read(os.path.join(bindir, name)), (0, 0)
    for name, target in sorted(LINKS.items()):
        yield "bin/" + name, stat.S_IFLNK | 0o777, target.encode(), (0, 0)
    for name in sorted(os.listdir(etcdir)):
        mode = 0o755 if name == "rc" else 0o644
        yield "etc/" + name, stat.S_IFREG | mode, read(os.path.join(etcdir, name)), (0, 0)
    made = set(DIRS)
    for extra in extras:
        path, _, to = extra.partition(":")
        to = (to or "/bin/" + os.path.basename(path)).lstrip("/")
        parts = to.split("/")[:-1]
        for i in range(len(parts)):
            d = "/".join(parts[:i + 1])
            if d not in made:
                made.add(d)
                yield d, stat.S_IFDIR | 0o755, b"", (0, 0)
        yield to, stat.S_IFREG | (os.stat(path).st_mode & 0o777), read(path), (0, 0)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("out")
    p.add_argument("bindir")
    p.add_argument("etcdir")
    p.add_argument("--add", action="append", default=[], metavar="FILE[:/PATH]")
    args = p.parse_args()

    c = Cpio()
    for entry in tree(args.bindir, args.etcdir, args.add):
        c.add(*entry)
    data = c.finish()
    with open(args.out, "wb") as f:
        f.write(data)


if __name__ == "__main__":
    main()
