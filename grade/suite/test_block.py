"""Disks: as files, divided into partitions, failing, read-only, of odd sizes.  docs/block.md."""

import re
import struct
import subprocess
import zlib

import pytest

from grade.cpio import pack
from grade.disk import Disk
from grade.machine import BUILD
from grade.suite.conftest import BUILDS

pytestmark = pytest.mark.builds("gcc", "debug")        # clang's kernels have disks in test_root, test_fsx and others
MIB = 1 << 20
PLAIN = Disk(size=16384, name="plain")  # where the disk that matters is made by `extra`
GPT_TYPE = bytes.fromhex("af3dc60f838472478e793d69d8477de4")        # "Linux filesystem data"


def pattern(seed, size):
    """What `block_device fill` writes."""
    mask = (1 << 64) - 1
    words = (((w ^ seed << 40) * 0x9E3779B97F4A7C15 & mask) ^ seed for w in range((size + 7) // 8))
    return struct.pack(f"<{(size + 7) // 8}Q", *words)[:size]


@pytest.fixture
def start(machine, build, tmp_path):
    """A machine with disks and /tests/block_device."""
    program = (BUILDS[build] / "user/tests/block_device").read_bytes()
    initrd = tmp_path / "block.cpio"
    initrd.write_bytes((BUILDS[build] / "initramfs.cpio").read_bytes() +
                       pack({"tests": "dir", "tests/block_device": (0o100755, program)}))

    def make(*disks, **how):
        how["append"] = f"quiet {how.get('append', '')}"
        return machine(initrd=initrd, disks=disks, **how).boot()

    return make


def block(m, what, timeout=60):
    out = m.run(f"/tests/block_device {what}", timeout=timeout, check=False)
    assert m.code == 0, out


def sizes(m):
    """{name: KiB} of /proc/partitions."""
    lines = m.run("cat /proc/partitions").splitlines()[2:]
    return {name: int(kib) for _, _, kib, name in map(str.split, lines)}


def name_of(m, size):
    """/dev/ and the name of the disk of so many bytes."""
    return next(f"/dev/{name}" for name, kib in sizes(m).items() if kib == size // 1024)


def test_the_ring_of_a_virtio_device():
    """drivers/virtio/virtqueue_test.c, on the build machine: no chain lost, no bell forgotten, no nonsense believed."""
    r = subprocess.run([BUILD / "host/drivers/virtio/virtqueue_test"], capture_output=True, text=True, timeout=300)
    assert r.returncode == 0, (r.stdout + r.stderr)[-3000:]


# ---- a disk as a file ----

@pytest.mark.parametrize("way", ["modern", "legacy"])
@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_a_disk_is_a_file(start, way, cpus):
    """Reading, writing, O_DIRECT, mmap, ioctl; four tasks at once; and the bytes are on the disk."""
    disk = Disk(size=6 * MIB + 512)
    m = start(disk, cpus=cpus, extra=["-global", f"virtio-mmio.force-legacy={'true' if way == 'legacy' else 'false'}"])
    block(m, "all /dev/vda")
    block(m, "storm /dev/vda 4")
    block(m, "fill /dev/vda 7; sync")
    assert disk.store.read(0, disk.size) == pattern(7, disk.size)
    block(m, "check /dev/vda 7")


@pytest.mark.ours
def test_a_disk_of_memory(start):
    """ramdisk= makes /dev/ram0, which is a disk like any other."""
    m = start(append="ramdisk=9M")
    assert sizes(m) == {"ram0": 9 * 1024}
    block(m, "all /dev/ram0")
    block(m, "storm /dev/ram0 3")
    block(m, "fill /dev/ram0 9; /tests/block_device check /dev/ram0 9")


@pytest.mark.parametrize("options", ["logical_block_size=4096,physical_block_size=4096", "queue-size=4",
                                     "seg-max-adjust=off", "event_idx=off", "indirect_desc=off",
                                     "indirect_desc=off,event_idx=off,queue-size=8", "discard=off",
                                     "config-wce=off", "request-merging=on"])
def test_a_disk_of_another_make(start, tmp_path, options):
    """Whatever the virtual disk is like, the same bytes come back."""
    image = tmp_path / "other.img"
    image.write_bytes(bytes(4 * MIB))
    m = start(PLAIN, extra=["-drive", f"file={image},if=none,format=raw,id=other", "-device",
                            f"virtio-blk-device,drive=other,{options}"])
    dev = name_of(m, 4 * MIB)
    block(m, f"all {dev}")
    block(m, f"storm {dev} 4")
    block(m, f"fill {dev} 5; /tests/block_device check {dev} 5; sync")
    assert image.read_bytes() == pattern(5, 4 * MIB)


@pytest.mark.parametrize("sectors", [1, 7, 12345])
def test_a_disk_of_odd_size(start, sectors):
    """The last sectors, fewer than a page, are read and written, and nothing after them."""
    disk = Disk(bytes(range(256)) * (2 * sectors))
    m = start(disk)
    size = sectors * 512
    assert m.run("cat /dev/vda | wc -c") == str(size)
    block(m, "fill /dev/vda 3")
    assert disk.store.read(0, size) == pattern(3, size)
    m.run("echo x | dd of=/dev/vda bs=1 seek=%d; true" % size)
    assert "No space left" in m.run("dd if=/dev/zero of=/dev/vda bs=4096 2>&1; true")
    assert disk.store.read(0, size) == bytes(size)


def test_names_go_by_the_order_of_the_device_tree(start, tmp_path):
    """Three disks have names in the order in which QEMU was told of them."""
    extra = []
    for i in range(3):
        (tmp_path / f"{i}.img").write_bytes(bytes((i + 1) * MIB))
        extra += ["-drive", f"file={tmp_path / f'{i}.img'},if=none,format=raw,id=n{i}", "-device", f"virtio-blk-device,drive=n{i}"]
    m = start(PLAIN, extra=extra)
    kib = sizes(m)
    assert sorted(kib) == ["vda", "vdb", "vdc", "vdd"]
    assert [kib[name] for name in sorted(kib) if kib[name] >= 1024] == [1024, 2048, 3072]


def test_a_read_only_disk(start, tmp_path):
    """It is read; a write is refused."""
    image = tmp_path / "ro.img"
    image.write_bytes(pattern(4, MIB))
    m = start(PLAIN, extra=["-drive", f"file={image},if=none,format=raw,readonly=on,id=ro",
                            "-device", "virtio-blk-device,drive=ro"])
    dev = name_of(m, MIB)
    block(m, f"check {dev} 4")
    assert m.run(f"blockdev --getro {dev}") == "1"
    assert "not permitted" in m.run(f"dd if=/dev/zero of={dev} bs=512 count=1 2>&1; true")
    assert image.read_bytes() == pattern(4, MIB)


# ---- partitions ----

def mbr(*entries):
    """A sector with (type, first, count) entries."""
    table = b"".join(struct.pack("<BxxxBxxxII", 0, *e) for e in entries)
    return bytes(446) + table.ljust(64, b"\0") + b"\x55\xaa"


def gpt(blocks, parts):
    """The first 34 sectors of a disk with (first, last) partitions."""
    entries = b"".join((GPT_TYPE + bytes([i + 1]) * 16 + struct.pack("<QQQ", first, last, 0)).ljust(128, b"\0")
                       for i, (first, last) in enumerate(parts)).ljust(128 * 128, b"\0")

    def header(crc):
        return b"EFI PART" + struct.pack("<IIIIQQQQ16sQIII", 0x10000, 92, crc, 0, 1, blocks - 1, 34, blocks - 34, bytes(16),
                                         2, 128, 128, zlib.crc32(entries))
    return mbr((0xEE, 1, blocks - 1)) + header(zlib.crc32(header(0))).ljust(512, b"\0") + entries


def test_partitions_of_an_mbr(start):
    """Primary and logical partitions have names, sizes and places; a new table is read when asked for."""
    image = bytearray(8 * MIB)
    image[:512] = mbr((0x83, 2048, 2048), (5, 5000, 6000), (0x83, 12000, 100))
    image[5000 * 512:5001 * 512] = mbr((0x83, 8, 1000), (5, 3000, 1500))
    image[8000 * 512:8001 * 512] = mbr((0x83, 8, 1000))
    for number, first in ((1, 2048), (3, 12000), (5, 5008), (6, 8008)):
        image[first * 512:first * 512 + 16] = b"partition %6d" % number
    disk = Disk(bytes(image))
    m = start(disk)
    assert sizes(m) == {"vda": 8192, "vda1": 1024, "vda2": 1, "vda3": 50, "vda5": 500, "vda6": 500}
    for number in (1, 3, 5, 6):
        assert m.run(f"head -c 16 /dev/vda{number}") == f"partition {number:6}"
    block(m, "fill /dev/vda3 3; sync")
    assert disk.store.read(12000 * 512, 51200) == pattern(3, 51200)
    assert "No space left" in m.run("dd if=/dev/zero of=/dev/vda3 bs=1k 2>&1; true")
    assert disk.store.read(12100 * 512, 512) == bytes(512) and disk.store.read(0, 512) == bytes(image[:512])

    # Another table: one partition goes, one stays, one moves.
    disk.store.write(0, mbr((0x83, 2048, 2048), (0, 0, 0), (0x83, 14000, 200)))
    assert "busy" in m.run("(sleep 5) <>/dev/vda5 & sleep 1; blockdev --rereadpt /dev/vda 2>&1; kill $!; true").lower()
    m.run("sleep 1; blockdev --rereadpt /dev/vda")
    assert sizes(m) == {"vda": 8192, "vda1": 1024, "vda3": 100}
    assert m.run("echo /dev/vda?").split() == ["/dev/vda1", "/dev/vda3"]


def test_partitions_of_a_gpt(start):
    """GPT partitions are found, more than sixteen of them, too."""
    blocks = 16384
    parts = [(2048 + 100 * i, 2048 + 100 * i + 49) for i in range(20)]
    image = bytearray(gpt(blocks, parts)).ljust(blocks * 512, b"\0")
    for i, (first, _) in enumerate(parts):
        image[first * 512:first * 512 + 16] = b"partition %6d" % (i + 1)
    m = start(Disk(bytes(image)))
    assert sizes(m) == {"vda": blocks // 2, **{f"vda{i + 1}": 25 for i in range(20)}}
    for number in (1, 2, 15, 16, 20):
        assert m.run(f"head -c 16 /dev/vda{number}") == f"partition {number:6}"


@pytest.mark.ours
def test_a_broken_table_is_a_message(start):
    """Tables that lead past the end, in circles, or to bytes that cannot be read: the disk itself works."""
    image = bytearray(4 * MIB)
    image[:512] = mbr((0x83, 2048, 1 << 31), (5, 1000, 4000), (0x83, 0xFFFFFFFF, 0xFFFFFFFF))
    image[1000 * 512:1001 * 512] = mbr((0x83, 1, 10), (5, 0, 4000))
    circle = Disk(bytes(image))
    damaged = Disk(gpt(8000, [(100, 200)])[:-2000].ljust(8000 * 512 - 8, b"\xff") + b"EFI PART")
    unread = Disk(bytes(3 * MIB))
    unread.fail("read", count=None)
    m = start(circle, damaged, unread)
    kib = sizes(m)
    assert sorted(kib.values()) == [1, 5, 3072, 4000, 4096]
    log = m.run("dmesg")
    assert "past the end" in log and "does not go forward" in log and "GPT is damaged" in log and "cannot read" in log
    unread.heal()
    for size in (4 * MIB, 8000 * 512, 3 * MIB):
        block(m, f"fill {name_of(m, size)} 2; /tests/block_device check {name_of(m, size)} 2")


# ---- errors ----

def test_errors_are_told_and_no_more(start):
    """A failing read, write or flush is an error of who asked for it; the next one is good again."""
    disk = Disk(pattern(1, 4 * MIB))
    m = start(disk)
    disk.fail("read", sectors=range(4096, 4097), count=None)
    assert "Input/output error" in m.run("dd if=/dev/vda of=/dev/null bs=64k 2>&1; true")
    assert "Input/output error" in m.run("dd if=/dev/vda of=/dev/null bs=4k skip=512 count=1 iflag=direct 2>&1; true")
    m.run("dd if=/dev/vda of=/dev/null bs=4k skip=600 count=100 2>&1")
    disk.heal()
    block(m, "check /dev/vda 1")
    for kind in ("write", "flush"):
        disk.fail(kind)
        assert "Input/output error" in m.run("dd if=/dev/zero of=/dev/vda bs=4k count=1 conv=fsync 2>&1; true")
        m.run("dd if=/dev/zero of=/dev/vda bs=4k count=1 conv=fsync 2>&1")
    block(m, "fill /dev/vda 6; /tests/block_device check /dev/vda 6")


def test_a_disk_that_vanishes(start):
    """Everything fails from then on, at once, and the machine goes on; when the disk is back, so is everything."""
    disk = Disk(pattern(1, 4 * MIB))
    m = start(disk, cpus=2)
    disk.vanish()
    for command in ("cat /dev/vda >/dev/null", "dd if=/dev/zero of=/dev/vda bs=64k count=9 conv=fsync",
                    "dd if=/dev/zero of=/dev/vda bs=64k count=9 oflag=direct"):
        m.run(f"{command} 2>/dev/null; true")
        assert m.code == 0
        m.run(f"if {command} 2>/dev/null; then false; fi")
    m.run("sync; echo alive")
    disk.heal()
    block(m, "all /dev/vda")


# ---- speed: what does not depend on the host ----

@pytest.mark.ours
def test_requests_are_big_and_interrupts_few(start):
    """A sequential read and write of 16 MiB through the cache: requests of 64 KiB or more, an interrupt each at most."""
    disk = Disk(size=16 * MIB)
    m = start(disk)

    def did(command):
        def numbers():
            fields = m.run("cat /proc/diskstats").split()
            irqs = re.search(r"(\d+) +plic .*virtio_mmio@", m.run("cat /proc/interrupts").replace(" 0 ", " "))
            return int(fields[3]), int(fields[7]), int(irqs[1]) if irqs else 0
        before = numbers()
        m.run(command)
        return [b - a for a, b in zip(before, numbers())]

    reads, _, irqs = did("cat /dev/vda >/dev/null")
    assert 16 <= reads <= 16 * MIB // 65536 and irqs <= reads
    _, writes, irqs = did("dd if=/dev/zero of=/dev/vda bs=64k count=256 conv=fsync 2>/dev/null")
    assert 8 <= writes <= 16 * MIB // 65536 and irqs <= writes + 2
