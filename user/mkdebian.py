#!/usr/bin/env python3
"""Write a root disk of Debian's own riscv64 programs: an ext4 image, made without running any of them.

    mkdebian.py OUT BINDIR [--size SIZE] [PACKAGE...]

tools/fetch-debian brings PACKAGES (else those below) and what they depend on, checked by apt's keys and
sums.  Their files are taken from the archives as they are, owners and all.  The packages' own scripts
are riscv64's business and do not run: finish() does what they would, as far as programs notice.  BINDIR has our
init and poweroff, which become /sbin's.  Manuals, translations and licences of packages stay behind.

The same packages give the same bytes, whoever builds.  OUT.id is a digest of the tree.
"""
import argparse
import os
import stat
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass

from mkroot import EPOCH, HASH_SEED, UUID, digest, run

PACKAGES = """bash coreutils dash grep sed gawk findutils diffutils tar gzip make procps util-linux bsdutils
    bsdextrautils sysvinit-utils mount less vim-tiny perl-base lua5.4 sqlite3 python3 libpython3.13-testsuite
    base-files base-passwd passwd debianutils hostname ncurses-base ncurses-bin libc-bin netbase""".split()
LEFT_OUT = ("usr/share/doc/", "usr/share/man/", "usr/share/info/", "usr/share/locale/", "usr/share/lintian/",
            "usr/share/bug/", "usr/lib/systemd/")
# What `update-alternatives` would have chosen.
ALTERNATIVES = {
    "awk": "/usr/bin/gawk", "nawk": "/usr/bin/gawk", "editor": "/usr/bin/vim.tiny", "ex": "/usr/bin/vim.tiny",
    "lua": "/usr/bin/lua5.4", "luac": "/usr/bin/luac5.4", "pager": "/usr/bin/less", "rview": "/usr/bin/vim.tiny",
    "vi": "/usr/bin/vim.tiny", "view": "/usr/bin/vim.tiny", "vim": "/usr/bin/vim.tiny",
    "which": "/usr/bin/which.debianutils",
}
# What scripts of packages copy: from, to.
COPIES = {
    "usr/share/base-files/dot.bashrc": "root/.bashrc", "usr/share/base-files/dot.profile": "root/.profile",
    "usr/share/base-files/profile": "etc/profile", "usr/share/base-passwd/group.master": "etc/group",
    "usr/share/base-passwd/passwd.master": "etc/passwd", "usr/share/debianutils/shells": "etc/shells",
    "usr/share/libc-bin/nsswitch.conf": "etc/nsswitch.conf",
}
TEXTS = {
    "etc/fstab": "", "etc/hostname": "sextant\n", "etc/hosts": "127.0.0.1\tlocalhost sextant\n::1\tlocalhost\n",
}
DIRS = {"mnt": 0o755, "srv": 0o755, "opt": 0o755, "media": 0o755, "var/mail": 0o2775, "run/lock": 0o1777,
        "usr/local/bin": 0o755, "usr/local/sbin": 0o755, "usr/local/lib": 0o755, "var/lib/misc": 0o755}
MAIL_GROUP = 8


@dataclass
class Entry:
    """A name in the image: mode with its type, owners, and a file's bytes or a link's target."""
    mode: int
    data: bytes = b""
    uid: int = 0
    gid: int = 0
    mtime: int = EPOCH
    same_as: str = ""           # a hard link to this name


def unpack(deb, tree):
    """Add to the tree (a dict by name) what a package's archive holds."""
    types = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.REGTYPE: stat.S_IFREG, tarfile.SYMTYPE: stat.S_IFLNK}
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as p:
        with tarfile.open(fileobj=p.stdout, mode="r|") as tar:
            for m in tar:
                name = m.name.removeprefix("./").rstrip("/")
                if name in ("", ".") or name.startswith(LEFT_OUT):
                    continue
                if m.islnk():
                    first = tree[m.linkname.removeprefix("./")]
                    tree[name] = Entry(first.mode, first.data, m.uid, m.gid, m.mtime,
                                       m.linkname.removeprefix("./"))
                    continue
                data = tar.extractfile(m).read() if m.isreg() else m.linkname.encode() if m.issym() else b""
                tree[name] = Entry(types[m.type] | m.mode, data, m.uid, m.gid, m.mtime)
    if p.returncode:
        sys.exit(f"{deb}: dpkg-deb could not read it; remove it to have it fetched again")


def finish(tree, bindir):
    """What the packages' scripts would do, and our init."""
    for name, mode in DIRS.items():
        parts = name.split("/")
        for i in range(1, len(parts)):
            tree.setdefault("/".join(parts[:i]), Entry(stat.S_IFDIR | 0o755))
        tree.setdefault(name, Entry(stat.S_IFDIR | mode, gid=MAIL_GROUP if name == "var/mail" else 0))
    for source, name in COPIES.items():
        if source in tree:
            tree[name] = Entry(stat.S_IFREG | 0o644, tree[source].data)
    for name, text in TEXTS.items():
        tree[name] = Entry(stat.S_IFREG | 0o644, text.encode())
    for name, target in ALTERNATIVES.items():
        if target[1:] in tree:
            tree[f"etc/alternatives/{name}"] = Entry(stat.S_IFLNK | 0o777, target.encode())
            tree[f"usr/bin/{name}"] = Entry(stat.S_IFLNK | 0o777, f"/etc/alternatives/{name}".encode())
    tree["etc/mtab"] = Entry(stat.S_IFLNK | 0o777, b"../proc/self/mounts")
    tree["etc/shadow"] = Entry(stat.S_IFREG | 0o640, b"root:*:20000:0:99999:7:::\n", gid=42)
    for name, program in ("init", "init"), ("poweroff", "poweroff"), ("reboot", "poweroff"), ("halt", "poweroff"):
        with open(os.path.join(bindir, program), "rb") as f:
            tree[f"usr/sbin/{name}"] = Entry(stat.S_IFREG | 0o755, f.read())


def stage(tree, folder):
    """The tree as files of ours; who owns them is left to owners()."""
    os.chmod(folder, 0o755)
    for name in sorted(tree):
        e, path = tree[name], os.path.join(folder, name)
        if stat.S_ISDIR(e.mode):
            os.mkdir(path)
        elif stat.S_ISLNK(e.mode):
            os.symlink(e.data, path)
        elif not e.same_as:
            with open(path, "wb") as f:
                f.write(e.data)
    for name in (n for n in tree if tree[n].same_as):
        os.link(os.path.join(folder, tree[name].same_as), os.path.join(folder, name))
    for name in sorted(tree, reverse=True):     # a folder's time after those of what is in it
        e, path = tree[name], os.path.join(folder, name)
        if not stat.S_ISLNK(e.mode):
            os.chmod(path, stat.S_IMODE(e.mode))
        os.utime(path, (e.mtime, e.mtime), follow_symlinks=False)
    os.utime(folder, (EPOCH, EPOCH))


def owners(tree):
    """What debugfs is to do with the image: owners, and the times of change, which no file can be given."""
    me, mine = os.geteuid(), os.getegid()
    for name in ["", *sorted(tree)]:
        e = tree.get(name) or Entry(0)
        if e.uid != me:
            yield f'set_inode_field "/{name}" uid {e.uid}'
        if e.gid != mine:
            yield f'set_inode_field "/{name}" gid {e.gid}'
        for field in "atime", "ctime", "crtime":
            yield f'set_inode_field "/{name}" {field} @{EPOCH}'


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("bindir")
    p.add_argument("packages", nargs="*", default=PACKAGES)
    p.add_argument("--size", default="1G")
    args = p.parse_args()

    fetch = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools/fetch-debian")
    fetched = subprocess.run([fetch, "--debs", *args.packages], stdout=subprocess.PIPE, text=True)
    if fetched.returncode:
        sys.exit(fetched.returncode)        # it has said why
    tree = {}
    for deb in sorted(fetched.stdout.split()):
        unpack(deb, tree)
    finish(tree, args.bindir)
    making = args.out + ".new"
    with tempfile.TemporaryDirectory() as work:
        folder, script = os.path.join(work, "root"), os.path.join(work, "script")
        os.mkdir(folder)
        stage(tree, folder)
        if os.path.exists(making):
            os.unlink(making)
        run("mke2fs", "-q", "-t", "ext4", "-L", "debian", "-U", UUID, "-E",
            f"hash_seed={HASH_SEED},root_owner=0:0,lazy_itable_init=1", "-d", folder, making, args.size)
        with open(script, "w") as f:
            f.write("\n".join(owners(tree)) + "\n")
        run("debugfs", "-w", "-f", script, making)
    with open(args.out + ".id", "w") as f:
        f.write(digest([(n, e.mode, e.data, (e.uid, e.gid)) for n, e in sorted(tree.items())]))
    os.rename(making, args.out)


if __name__ == "__main__":
    main()
