"""What is taken from a submission: the files that lab.toml lists, as text, and nothing else.

    take(lab, submission, tree)     puts them into a pristine tree; their names

A submission is a folder, a tar (also compressed) or a zip, its files at the top or in one folder.  Whatever else is in it
is never looked at.  Refused, with the file and the reason (Refused): what is no plain file, not text, too large, or
includes what is outside the tree.  That last check is a first line only, for a preprocessor has many ways to say a thing:
the second is that a build sees nothing but the tree (sandbox.py).
"""

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

LARGEST = 1 << 20                       # bytes of one file
LARGEST_ARCHIVE = 64 << 20              # bytes of an archive, packed and, as far as it is read, unpacked
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)
INCLUDE = re.compile(r"^[ \t]*(?:#|%:)[ \t]*(?:include|include_next|import|embed)\b(.*)$", re.M)
PLAIN_INCLUDE = re.compile(r"[ \t]*(?:<([^<>\"]+)>|\"([^\"]+)\")[ \t]*")
ASSEMBLER = re.compile(r"\.(?:incbin|include)\b", re.I)


class Refused(Exception):
    """Something in a submission is not taken: the student's to mend."""


# ---- kinds of submission: each gives {path: bytes} of the wanted files ----

def wanted_path(name, files):
    """Which listed file a submission's path is: its own, or that below one folder; None."""
    parts = PurePosixPath(name).parts
    for path in ("/".join(parts), "/".join(parts[1:])):
        if path in files:
            return path
    return None


def from_folder(folder, files):
    found = {}
    tops = [folder] + sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink())
    for top in tops:
        for name in files:
            path = top / name
            if name in found or not (path.exists() or path.is_symlink()):
                continue
            links = [p for p in [path, *path.parents] if p != top and top in p.parents and p.is_symlink()]
            if links:
                raise Refused(f"{name}: a symbolic link; put the file itself there")
            if not stat.S_ISREG(path.lstat().st_mode):
                raise Refused(f"{name}: not a plain file")
            if path.stat().st_size > LARGEST:
                raise Refused(f"{name}: {path.stat().st_size} bytes, over {LARGEST}")
            found[name] = path.read_bytes()
    return found


def unpacked(path):
    """A tar's bytes, of which a few packed ones may make very many: no more than LARGEST_ARCHIVE."""
    head = path.open("rb").read(6)
    kind = next((m for magic, m in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ\0", lzma)) if head.startswith(magic)), None)
    with (kind.open if kind else open)(path, "rb") as f:
        data = f.read(LARGEST_ARCHIVE + 1)
    if len(data) > LARGEST_ARCHIVE:
        raise Refused(f"it unpacks to more than {LARGEST_ARCHIVE >> 20} MiB; hand in the lab's files only")
    return data


def from_tar(data, files):
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for m in tar:
            name = wanted_path(m.name, files)
            if not name:
                continue
            if not m.isreg():
                raise Refused(f"{name}: not a plain file in the archive")
            if m.size > LARGEST:
                raise Refused(f"{name}: {m.size} bytes, over {LARGEST}")
            found.setdefault(name, tar.extractfile(m).read())
    return found


def from_zip(path, files):
    found = {}
    with zipfile.ZipFile(path) as z:
        for m in z.infolist():
            name = wanted_path(m.filename, files)
            if not name:
                continue
            mode = m.external_attr >> 16
            if m.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
                raise Refused(f"{name}: not a plain file in the archive")
            with z.open(m) as f:                # the size that the archive states may be a lie
                data = f.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise Refused(f"{name}: over {LARGEST} bytes")
            found.setdefault(name, data)
    return found


def read(submission, files):
    """{name: bytes} of the files that the submission has."""
    path = Path(submission)
    if path.is_dir():
        return from_folder(path, files)
    if not path.is_file():
        raise Refused(f"{path}: neither a folder nor an archive")
    if path.stat().st_size > LARGEST_ARCHIVE:
        raise Refused(f"{path.stat().st_size >> 20} MiB, over {LARGEST_ARCHIVE >> 20}: hand in the lab's files only")
    try:
        if zipfile.is_zipfile(path):
            return from_zip(path, files)
        return from_tar(unpacked(path), files)
    except tarfile.ReadError:
        raise Refused(f"{path.name}: neither a tar nor a zip") from None
    except DAMAGED as e:
        raise Refused(f"the archive cannot be read: {e}") from None


# ---- what a file may say ----

def without_comments(text):
    """C with its comments as blanks and its lines joined, as the preprocessor has it before it looks for directives."""
    text = re.sub(r"\\[ \t]*\n", "", text)
    return re.sub(r"//[^\n]*|/\*.*?(?:\*/|\Z)|(\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')",
                  lambda m: m.group(1) or " ", text, flags=re.S)


def check(name, data):
    """Refuse a file that is not text or takes in what is not the tree's."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Refused(f"{name}: not text (UTF-8)") from None
    if "\0" in text:
        raise Refused(f"{name}: holds a zero byte")
    code = without_comments(text)
    for m in INCLUDE.finditer(code):
        what = PLAIN_INCLUDE.fullmatch(m.group(1))
        if not what:
            raise Refused(f"{name}: #include{m.group(1)}: name the file itself, as the other sources do")
        path = PurePosixPath(what.group(1) or what.group(2))
        if path.is_absolute() or ".." in path.parts:
            raise Refused(f"{name}: #include of {path}: only what is in the tree, by its path from the top")
    if m := ASSEMBLER.search(code):
        raise Refused(f"{name}: {m.group(0)}: files are not taken into assembly")


def take(lab, submission, tree):
    """Put the submission's listed files into the tree, which is pristine otherwise; their names."""
    found = read(submission, lab.files)
    if not found:
        raise Refused(f"none of the lab's files is in it: {', '.join(lab.files)}")
    for name, data in found.items():
        check(name, data)
    for name, data in found.items():
        path = Path(tree) / name
        path.unlink(missing_ok=True)
        path.write_bytes(data)
    return sorted(found)
