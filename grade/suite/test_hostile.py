"""Disks made to mislead, in the machine: mounted, walked, written to, one after the other in one boot.  The kernel lives on.

The images are those of fs/ext4/ext4_fuzz.c, which tries thousands of them on the build machine.
"""

import os
import re
import subprocess

import pytest

from grade.cpio import pack
from grade.disk import Disk, Store
from grade.machine import BUILD, OUT, ROOT, Machine
from grade.suite.conftest import BUILDS

IMAGES = 200
EACH = {"gcc": 1, "debug": 3}   # of them, every so manyth: the debug build takes ten times as long for one
SIZE = 4 << 20          # of the largest
TOGETHER = 10           # images between two looks at the machine


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    subprocess.run([BUILD / "host/fs/ext4/ext4_fuzz", "-q", "-w", folder, str(IMAGES)], check=True, timeout=300)
    return sorted(folder.iterdir())


@pytest.mark.ours
@pytest.mark.builds("gcc", "debug")
def test_hostile_images(build, images):
    """Each is refused or mounted, and neither harms the machine; a good many can be mounted."""
    assert len(images) == IMAGES
    images = images[::EACH[build]]
    disk = Disk(size=SIZE, name="vda")
    OUT.mkdir(exist_ok=True)
    initrd = OUT / f"hostile-{os.getpid()}.cpio"
    initrd.write_bytes((ROOT / BUILDS[build] / "initramfs.cpio").read_bytes() + pack(
        {"hostile": (0o100755, (ROOT / BUILDS[build] / "user/tests/hostile").read_bytes())}))
    mounted = 0
    try:
        with Machine(name=f"hostile-{build}", disks=[disk], initrd=initrd, build=BUILDS[build], mem="256M",
                     append="quiet loglevel=1") as m:
            m.boot(60)
            for n, image in enumerate(images):
                disk.store = Store(image, SIZE)
                said = m.run(f"/hostile vda {n + 1}", 120)
                assert re.search(r"hostile: (mounted \d+ names, .*|refused \d+)$", said), f"{image.name}: {said[-500:]}"
                mounted += "mounted" in said
                if n % TOGETHER == 0:
                    assert m.run("echo alive; mkdir /x && rmdir /x && echo $?") == "alive\n0"
    finally:
        initrd.unlink(missing_ok=True)
    assert len(images) / 4 < mounted < len(images)
