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


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("out")
    p.add_argument("bindir")
    p.add_argument("etcdir")
    p.add_argument("--add", action="append", default=[], metavar="FILE[:/PATH]")
    args = p.parse_args()

    c = Cpio()
    for d in DIRS:
        c.add(d, stat.S_IFDIR | (0o1777 if d == "tmp" else 0o700 if d == "root" else 0o755))
    c.add("usr/bin", stat.S_IFLNK | 0o777, b"../bin")
    c.add("sbin", stat.S_IFLNK | 0o777, b"bin")
    c.add("init", stat.S_IFLNK | 0o777, b"bin/init")
    c.add("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
    c.add("dev/null", stat.S_IFCHR | 0o666, rdev=(1, 3))
    programs = sorted(n for n in os.listdir(args.bindir)
                      if "." not in n and os.path.isfile(os.path.join(args.bindir, n)))
    for name in programs:
        c.add("bin/" + name, stat.S_IFREG | 0o755, read(os.path.join(args.bindir, name)))
    for name, target in sorted(LINKS.items()):
        c.add("bin/" + name, stat.S_IFLNK | 0o777, target.encode())
    for name in sorted(os.listdir(args.etcdir)):
        mode = 0o755 if name == "rc" else 0o644
        c.add("etc/" + name, stat.S_IFREG | mode, read(os.path.join(args.etcdir, name)))
    made = set(DIRS)
    for extra in args.add:
        path, _, to = extra.partition(":")
        to = (to or "/bin/" + os.path.basename(path)).lstrip("/")
        parts = to.split("/")[:-1]
        for i in range(len(parts)):
            d = "/".join(parts[:i + 1])
            if d not in made:
                made.add(d)
                c.add(d, stat.S_IFDIR | 0o755)
        c.add(to, stat.S_IFREG | (os.stat(path).st_mode & 0o777), read(path))
    data = c.finish()
    with open(args.out, "wb") as f:
        f.write(data)


if __name__ == "__main__":
    main()
