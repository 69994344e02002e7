"""Disks of Linux whose power was cut, for the test that replays them (suite/test_images.py).

    python3 -m grade.crash_linux VMLINUX            writes suite/data/linux-NAME.img.xz and .tree

Linux runs a workload on a small image, recorded; of the states that a cut could leave, the one with most to do at
the next mount is kept, compressed, with the tree that Linux then finds on it.  The tests need neither Linux nor this.
"""

import lzma
import sys
import tempfile
from pathlib import Path

from grade import crash_image, tree
from grade.crash_guest import Guest
from grade.crash_model import Model
from grade.crash_states import States
from grade.disk import Store

DATA = Path(__file__).parent / "suite/data"
MIB = 1 << 20
SIZE = 8 * MIB

# name: workload, steps, data mode, block size, words for mke2fs
DISKS = {
    "ordered": ("random", 300, "ordered", 1024, ()),
    "journal": ("storm", 300, "journal", 1024, ()),
    "4k": ("random", 200, "ordered", 4096, ()),
    "orphans": ("orphans", 60, "ordered", 1024, ()),
    "orphan-file": ("orphans", 60, "ordered", 1024, ("-O", "orphan_file")),
    "no-checksums": ("random", 300, "ordered", 1024, ("-O", "^metadata_csum,^64bit")),
    "checksum-v1": ("storm", 200, "ordered", 1024, ("-O", "^metadata_csum,uninit_bg")),
    "folder": ("folder", 300, "ordered", 1024, ()),
    "tasks": ("tasks", 300, "ordered", 1024, ()),
    "wrapped": ("storm", 2500, "ordered", 1024, ()),
}


def cut(guest, name):
    """(image, text of the tree, sectors that the mount wrote, revoke blocks, orphans) of the state with most to do."""
    work, steps, mode, block, options = DISKS[name]
    base = crash_image.make(SIZE, block, options, stale=False)
    initial = guest.walk(Store(base, guest.disk.size))
    mount = f"data={mode}" + (",journal_checksum" if name == "checksum-v1" else "")
    record = guest.record(Store(base, guest.disk.size), work, 9, steps, mount)
    model = Model(record, initial, mode, block)
    best = None
    for state in States(record, guest.disk.name).sample(40, 9):
        guest.disk.record = replay = []
        seen = guest.walk(Store(base, guest.disk.size, dict(state.overlay)))
        guest.disk.record = None
        if wrong := model.judge(seen, state.first, state.last):
            raise SystemExit(f"{name}: Linux itself: {wrong}")
        image = bytearray(base)
        for sector, data in state.overlay.items():
            image[sector * 512:(sector + 1) * 512] = data
        written, revokes, orphans = sum(len(e.data) // 512 for e in replay if e.kind == "write"), *pending(image)
        worth = written + 200 * min(revokes, 2) + 200 * min(orphans, 2)
        if best is None or worth > best[0]:
            best = worth, bytes(image), tree.to_text(tree.of_guest(seen)), written, revokes, orphans
    return best[1:]


def pending(image):
    """How many revoke blocks the log has to replay, and how many orphans there are afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cut.img"
        path.write_bytes(image)
        revokes = crash_image.tool("debugfs", "-R", "logdump", path).count("revoke table")
        orphans = crash_image.tool("e2fsck", "-fy", path, ok=(0, 1)).count("orphaned inode")
    return revokes, orphans


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    with Guest(SIZE, foreign=sys.argv[1], name="crash-linux") as guest:
        for name in DISKS:
            image, text, written, revokes, orphans = cut(guest, name)
            packed = lzma.compress(image, preset=9 | lzma.PRESET_EXTREME)
            (DATA / f"linux-{name}.img.xz").write_bytes(packed)
            (DATA / f"linux-{name}.tree").write_text(text)
            print(f"{name}: {len(packed)} bytes, {len(text.splitlines())} names, "
                  f"{written} sectors written by the replay, {revokes} revoke blocks, {orphans} orphans")
    return 0


if __name__ == "__main__":
    sys.exit(main())
