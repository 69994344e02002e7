"""Trees of files: as they are on the host, as the machine reports them, and as text.

    Seen = what two trees are compared by: {path: (type, mode, links, size, CRC-32 or target)}
"""

import os
import random
import stat
import zlib
from pathlib import Path

KINDS = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFIFO: "p", stat.S_IFSOCK: "s",
         stat.S_IFCHR: "c", stat.S_IFBLK: "b"}


def of_host(folder):
    """What a folder of the host holds; "" is the folder itself."""
    seen = {}
    for root, folders, files in os.walk(os.fsencode(folder)):
        for name in [b""] * (root == os.fsencode(folder)) + folders + files:
            path = os.path.join(root, name) if name else root
            st = os.lstat(path)
            kind = KINDS[stat.S_IFMT(st.st_mode)]
            what = zlib.crc32(Path(os.fsdecode(path)).read_bytes()) if kind == "f" else \
                os.fsdecode(os.readlink(path)) if kind == "l" else ""
            links = 2 + sum(e.is_dir(follow_symlinks=False) for e in os.scandir(path)) if kind == "d" else st.st_nlink
            size = 0 if kind == "d" else st.st_size
            seen[os.fsdecode(os.path.relpath(path, os.fsencode(folder))) if name else ""] = \
                (kind, stat.S_IMODE(st.st_mode), links, size, what)
    return seen


def of_guest(tree):
    """What a Tree of crash_guest holds."""
    seen = {}
    for path, e in tree.items():
        what = (zlib.crc32(e.data) if e.data is not None else e.hash) if e.type == "f" else \
            os.fsdecode(e.data) if e.type == "l" else ""
        seen[path] = (e.type, e.mode, e.links, 0 if e.type == "d" else e.size, what)
    return seen


def without_lost(seen):
    """Without lost+found, which mke2fs adds: the root has one folder less."""
    seen = dict(seen)
    if seen.pop("lost+found", None):
        kind, mode, links, size, what = seen[""]
        seen[""] = (kind, mode, links - 1, size, what)
    return seen


def differences(one, two):
    """Lines that say where two such trees differ."""
    return [f"{path!r}: {one.get(path, 'nothing')} and {two.get(path, 'nothing')}"
            for path in sorted({*one, *two}) if one.get(path) != two.get(path)]


def to_text(seen):
    return "".join(f"{k} {m:o} {n} {s} {w!r} {path!r}\n" for path, (k, m, n, s, w) in sorted(seen.items()))


# ---- making some ----

def make(folder, kind, seed=1):
    """Fill a folder: "mixed", "deep", "wide", "names", "big" or "small"."""
    rng = random.Random(f"{kind}{seed}")
    folder = Path(folder)
    globals()[f"_{kind}"](folder, rng)
    for root, folders, files in os.walk(folder):
        os.chmod(root, 0o755)
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(rng.choice((0o644, 0o600, 0o755, 0o4711, 0o444)))


def _small(folder, rng):
    (folder / "dir").mkdir()
    for n in range(8):
        (folder / "dir" / f"file{n}").write_bytes(rng.randbytes(rng.randrange(5000)))
    (folder / "empty").write_bytes(b"")
    (folder / "link").symlink_to("dir/file0")


def _mixed(folder, rng):
    _small(folder, rng)
    places = [folder]
    for n in range(12):
        places.append(rng.choice(places) / f"d{n}")
        places[-1].mkdir()
    for n in range(80):
        size = rng.choice((0, 1, 59, 60, 61, 1023, 1024, 1025, 4096, 12288, 49152, rng.randrange(300000)))
        (rng.choice(places) / f"f{n}").write_bytes(rng.randbytes(size))
    for n in range(10):
        (rng.choice(places) / f"fast{n}").symlink_to("x" * rng.randrange(1, 59))
        (rng.choice(places) / f"slow{n}").symlink_to("y/" * rng.randrange(30, 400))
        os.link(folder / "dir" / f"file{n % 8}", rng.choice(places) / f"hard{n}")
    os.mkfifo(folder / "fifo")
    with open(folder / "sparse", "wb") as f:
        for n in (0, 100, 101, 700, 3000):
            f.seek(n * 4096)
            f.write(rng.randbytes(4096))
        f.truncate(20 << 20)


def _deep(folder, rng):
    for n in range(60):
        folder = folder / f"level{n}"
        folder.mkdir()
        (folder / "file").write_bytes(rng.randbytes(rng.randrange(100)))


def _wide(folder, rng):
    (folder / "wide").mkdir()
    for n in range(10000):
        (folder / "wide" / f"entry-{n:05}-{rng.randrange(10**6)}").write_bytes(b"")


def _names(folder, rng):
    for n in range(600):
        length = rng.choice((1, 2, 3, 4, 251, 252, 253, 254, 255))
        name = "".join(rng.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789+,=@#%") for _ in range(length))
        if not (folder / name).exists():
            (folder / name).write_bytes(name.encode())
    (folder / "ünïcödé-名前").write_bytes(b"utf-8")


def _big(folder, rng):
    (folder / "big").write_bytes(rng.randbytes(9 << 20))
    (folder / "little").write_bytes(b"little")
