"""Images cross: what Linux's tools make is read here byte for byte, and what is written here is sound to them.

Each image is made by mke2fs (and debugfs) from a generated tree, read by the kernel, written to by a workload,
judged by e2fsck -fn, and read again.  SEXTANT_LINUX=IMAGE names a Linux kernel that then reads the same.

data/linux-*.img.xz are disks of Linux whose power was cut, with what Linux itself found on them afterwards;
grade/crash_linux.py makes them.
"""

import contextlib
import lzma
import os
from pathlib import Path

import pytest

from grade import crash_image, tree
from grade.crash_guest import Guest, GuestError
from grade.crash_image import Judge
from grade.crash_model import Model
from grade.disk import Store
from grade.suite.conftest import BUILDS

MIB = 1 << 20
SIZE = 64 * MIB
LINUX = os.environ.get("SEXTANT_LINUX")
DATA = Path(__file__).parent / "data"

# name: tree, block size, words for mke2fs
IMAGES = {
    "default": ("mixed", 4096, ()),
    "1k": ("mixed", 1024, ()),
    "2k": ("mixed", 2048, ()),
    "block-maps": ("mixed", 1024, ("-O", "^extents,^64bit")),
    "block-maps-4k": ("mixed", 4096, ("-O", "^extents,^64bit,^metadata_csum")),
    "32bit": ("mixed", 1024, ("-O", "^64bit")),
    "no-checksums": ("mixed", 1024, ("-O", "^metadata_csum")),
    "group-checksums": ("mixed", 1024, ("-O", "^metadata_csum,uninit_bg")),
    "no-flex-bg": ("mixed", 1024, ("-O", "^flex_bg")),
    "sparse-super2": ("mixed", 1024, ("-O", "sparse_super2,^resize_inode")),
    "orphan-file": ("mixed", 4096, ("-O", "orphan_file")),
    "checksum-seed": ("mixed", 1024, ("-O", "metadata_csum_seed")),
    "meta-bg": ("mixed", 1024, ("-O", "meta_bg,^resize_inode")),
    "no-journal": ("mixed", 1024, ("-O", "^has_journal")),
    "ext2": ("mixed", 1024, ("-t", "ext2")),
    "ext3": ("mixed", 4096, ("-t", "ext3")),
    "small-inodes": ("mixed", 1024, ("-I", "128")),
    "no-index": ("mixed", 1024, ("-O", "^dir_index")),
    "deep": ("deep", 1024, ()),
    "wide": ("wide", 1024, ("-N", "12000")),
    "wide-indexed": ("wide", 4096, ("-N", "12000")),
    "long-names": ("names", 1024, ()),
    "one-group": ("big", 4096, ("-g", "32768")),
    "full": ("small", 1024, ("-m", "0")),
    "fragmented": ("small", 1024, ()),
}


@pytest.fixture(scope="module")
def machines():
    """A function that gives the one machine for a key, booted anew if it came to harm."""
    with contextlib.ExitStack() as stack:
        made = {}

        def give(key, **how):
            guest = made.get(key)
            if guest is None:
                made[key] = guest = stack.enter_context(Guest(SIZE, name=f"images-{key}-{os.getpid()}", **how))
            elif guest.lost:
                guest.restart()
            return guest

        yield give


@pytest.fixture
def mounter(build, machines):
    return machines(build, build=BUILDS[build])


def fill(image, expected, folder):
    """debugfs writes a file that takes nearly all that is free."""
    free = next(line for line in crash_image.tool("dumpe2fs", "-h", image).splitlines() if line.startswith("Free blocks:"))
    filler = Path(folder) / "filler"
    filler.write_bytes(os.urandom((int(free.split()[-1]) - 40) * 1024 // 1024 * 1024))
    filler.chmod(0o644)
    crash_image.tool("debugfs", "-w", "-R", f"write {filler} filler", image)
    expected["filler"] = tree.of_host(folder)["filler"]


def fragment(image, expected, folder):
    """debugfs writes many small files, removes every second, and writes a long one into the holes."""
    piece, long = Path(folder) / "piece", Path(folder) / "long"
    piece.write_bytes(os.urandom(1024))
    # Longer than the holes and than what lies before them: extents by the hundred.
    long.write_bytes(os.urandom(600 * 1024))
    piece.chmod(0o644)
    long.chmod(0o644)
    script = [f"write {piece} piece{n}" for n in range(800)] + [f"rm piece{n}" for n in range(0, 800, 2)]
    script += [f"write {long} long", *(f"rm piece{n}" for n in range(201, 800, 2))]
    commands = Path(folder) / "commands"
    commands.write_text("\n".join(script) + "\n")
    crash_image.tool("debugfs", "-w", "-f", commands, image)
    host = tree.of_host(folder)
    expected["long"] = host["long"]
    expected.update((f"piece{n}", host["piece"]) for n in range(1, 200, 2))


def make_image(name, folder):
    """(bytes of the image, what must be seen on it)"""
    kind, block, words = IMAGES[name]
    source, image = Path(folder) / "source", Path(folder) / "fs.img"
    source.mkdir()
    tree.make(source, kind)
    expected = tree.of_host(source)
    size = 8 * MIB if name == "full" else 48 * MIB
    image.write_bytes(crash_image.make(size, block, words, source))
    aside = Path(folder) / "aside"
    aside.mkdir()
    if name == "full":
        fill(image, expected, aside)
    if name == "fragmented":
        fragment(image, expected, aside)
    if name == "wide-indexed":
        crash_image.tool("e2fsck", "-fyD", image, ok=(0, 1))
    return image.read_bytes(), expected


@pytest.mark.builds("gcc")
@pytest.mark.parametrize("name", IMAGES)
def test_image(mounter, machines, tmp_path, name):
    """Read with equal hashes; after a workload e2fsck finds nothing, and what was written is read again."""
    image, expected = make_image(name, tmp_path)
    seen = mounter.walk(Store(image, SIZE), "ro")
    assert not tree.differences(expected, tree.without_lost(tree.of_guest(seen)))

    store = Store(image, SIZE)
    # The model takes its time with 10,000 names.
    record = mounter.record(store, "random", seed=5, steps=40 if IMAGES[name][0] == "wide" else 200)
    again = mounter.walk(store)
    assert not Model(record, seen, block=IMAGES[name][1]).judge(again, len(record), len(record))
    check(image, store)
    read_by_linux(machines, store, again)


def check(image, store):
    judge = Judge(image)
    try:
        assert judge.check(store.overlay) == ""
    finally:
        judge.close()


def read_by_linux(machines, store, seen):
    if LINUX:
        theirs = machines("linux", foreign=LINUX).walk(store)
        assert not tree.differences(tree.of_guest(seen), tree.of_guest(theirs))


@pytest.mark.builds("gcc", "debug")
@pytest.mark.parametrize("path", sorted(DATA.glob("linux-*.img.xz")), ids=lambda p: p.name.split(".")[0])
def test_power_cut_of_linux(mounter, path):
    """A disk of Linux whose power was cut: replayed here, the tree is what Linux finds after its own replay."""
    image = lzma.decompress(path.read_bytes())
    store = Store(image, SIZE)
    seen = tree.of_guest(mounter.walk(store, "rw"))
    expected = path.with_name(path.name.replace(".img.xz", ".tree")).read_text()
    assert tree.to_text(seen) == expected
    check(image, store)


@pytest.mark.builds("gcc")
@pytest.mark.ours                       # Linux has them all
@pytest.mark.parametrize("feature", ["inline_data", "casefold", "encrypt", "ea_inode", "bigalloc"])
def test_unknown_feature(mounter, tmp_path, feature):
    """A feature that the kernel lacks is refused with a message that names it, or what it finds is right."""
    tree.make(tmp_path, "small")
    image = crash_image.make(16 * MIB, 1024, ("-O", feature), tmp_path)
    store = Store(image, SIZE)
    try:
        seen = tree.without_lost(tree.of_guest(mounter.walk(store, "ro" if feature == "bigalloc" else "rw")))
        assert not tree.differences(tree.of_host(tmp_path), seen)
        check(image, store)
    except GuestError:
        mounter.quit()
        assert feature in mounter.machine.run("dmesg | tail -n 5")
