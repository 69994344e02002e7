#!/usr/bin/env python3
"""Write the root disk: an ext4 image of what is in the initramfs, byte for byte the same for the same input.

    mkroot.py build OUT BINDIR ETCDIR [--size SIZE] [--add FILE[:/PATH]]...
    mkroot.py ready IMAGE DISK
    mkroot.py fresh IMAGE DISK

`build` stages the tree, lets `mke2fs -d` make the file system of it, and has debugfs give every inode
to root, set the times that a staged file cannot have, and make the device nodes: no privileges needed.
Times are SOURCE_DATE_EPOCH, or 2026-01-01.  OUT.id is a digest of the tree.

`ready` sees to DISK, the image that is written to: made from IMAGE if it is missing, with a line if IMAGE's
tree is no longer the one it was made from, and an error if a machine has it open.  `fresh` makes it anew.
"""
import argparse
import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile

from mkinitramfs import tree

EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600"))
UUID = "53657874-616e-4074-8f6f-6f7464697331"
HASH_SEED = "53657874-616e-4074-8f6f-6f7464697332"
# mke2fs and debugfs take their clock from E2FSPROGS_FAKE_TIME, and are where only root looks for them.
ENV = dict(os.environ, E2FSPROGS_FAKE_TIME=str(EPOCH), PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def run(*args):
    """Run a tool of e2fsprogs; what it says is shown only if it fails."""
    if not shutil.which(args[0], path=ENV["PATH"]):
        sys.exit(f"{args[0]} is not installed: run `sh tools/doctor install build`")
    done = subprocess.run(args, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode(errors="replace")
    trouble = text.splitlines()
    if args[0] == "debugfs":    # always exits with 0, so what it says but its name and the commands counts
        trouble = [s for s in trouble if s and not s.startswith(("debugfs 1", "debugfs: ", "Allocated inode"))]
    if done.returncode or (args[0] == "debugfs" and trouble):
        sys.exit("\n".join([f"{' '.join(args)} failed:"] + trouble[:20]))


def stage(entries, folder):
    """The tree as files of ours; what only root can make is left to nodes()."""
    os.chmod(folder, 0o755)
    for name, mode, data, _ in entries:
        path = os.path.join(folder, name)
        if stat.S_ISDIR(mode):
            os.mkdir(path)
        elif stat.S_ISLNK(mode):
            os.symlink(data, path)
        elif stat.S_ISREG(mode):
            with open(path, "wb") as f:
                f.write(data)
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            os.chmod(path, stat.S_IMODE(mode))
    for name, mode, _, _ in [("", 0, 0, 0)] + entries:
        path = os.path.join(folder, name)
        if os.path.lexists(path):
            os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)


def commands(entries):
    """What debugfs is to do with the image."""
    for name, mode, _, (major, minor) in entries:
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            folder, _, base = name.rpartition("/")
            yield f"cd /{folder}"
            yield f'mknod "{base}" {"c" if stat.S_ISCHR(mode) else "b"} {major} {minor}'
            yield f'set_inode_field "/{name}" mode 0{mode:o}'
    for name in [""] + [e[0] for e in entries]:
        for field, value in ("uid", 0), ("gid", 0), ("atime", f"@{EPOCH}"), ("mtime", f"@{EPOCH}"), \
                ("ctime", f"@{EPOCH}"), ("crtime", f"@{EPOCH}"):
            yield f'set_inode_field "/{name}" {field} {value}'


def digest(entries):
    h = hashlib.sha256()
    for name, mode, data, rdev in entries:
        h.update(f"{name} {mode:o} {len(data)} {rdev}\n".encode() + data)
    return h.hexdigest() + "\n"


def build(args):
    entries = list(tree(args.bindir, args.etcdir, args.add))
    making = args.out + ".new"
    with tempfile.TemporaryDirectory() as work:
        folder, script = os.path.join(work, "root"), os.path.join(work, "script")
        os.mkdir(folder)
        stage(entries, folder)
        if os.path.exists(making):
            os.unlink(making)
        run("mke2fs", "-q", "-t", "ext4", "-L", "sextant", "-U", UUID, "-E",
            f"hash_seed={HASH_SEED},root_owner=0:0,lazy_itable_init=1", "-d", folder, making, args.size)
        with open(script, "w") as f:
            f.write("\n".join(commands(entries)) + "\n")
        run("debugfs", "-w", "-f", script, making)
    with open(args.out + ".id", "w") as f:
        f.write(digest(entries))
    os.rename(making, args.out)


def read(path):
    try:
        with open(path) as f:
            return f.read()
    except FileNotFoundError:
        return ""


def copy(image, disk):
    subprocess.run(["cp", "--sparse=always", image, disk + ".new"], check=True)
    shutil.copyfile(image + ".id", disk + ".id")
    os.rename(disk + ".new", disk)


def refuse_if_in_use(disk):
    """QEMU locks bytes from 100 and from 200 on of an image it has open; it would refuse too, in its own words."""
    with open(disk, "r+b") as f:
        try:
            fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 200, 100)
        except OSError:
            sys.exit(f"  STOP    {disk} is in use by another machine (another `make run'?): "
                     "end that one first, or say DISK=other.img")


def ready(args):
    if not os.path.exists(args.disk):
        copy(args.image, args.disk)
        return
    refuse_if_in_use(args.disk)
    if read(args.image + ".id") != read(args.disk + ".id"):
        print(f"  NOTE    programs have changed since {args.disk} was made: "
              "`make fresh' takes the new ones and forgets your files")


def fresh(args):
    if os.path.exists(args.disk):
        refuse_if_in_use(args.disk)
    copy(args.image, args.disk)
    print(f"  FRESH   {args.disk}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(required=True)
    b = sub.add_parser("build")
    b.add_argument("out")
    b.add_argument("bindir")
    b.add_argument("etcdir")
    b.add_argument("--size", default="512M")
    b.add_argument("--add", action="append", default=[], metavar="FILE[:/PATH]")
    b.set_defaults(do=build)
    for name, do in ("ready", ready), ("fresh", fresh):
        r = sub.add_parser(name)
        r.add_argument("image")
        r.add_argument("disk")
        r.set_defaults(do=do)
    args = p.parse_args()
    args.do(args)


if __name__ == "__main__":
    main()
