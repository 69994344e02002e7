"""`make port-check`: of which machines it says that they reach a shell, and what it says is missing from others.

The device trees are QEMU's, and those that Debian's U-Boot carries for the HiFive boards and the VisionFive 2.
"""

import random
import re
import subprocess

import pytest

from grade.machine import BUILD, ROOT

pytestmark = [pytest.mark.ours, pytest.mark.builds("gcc")]
CHECK, KERNEL = BUILD / "host/port-check", BUILD / "kernel.elf"
BOARDS = {"unleashed": ("u-boot-sifive", "sifive_unleashed"), "unmatched": ("u-boot-sifive", "sifive_unmatched"),
          "visionfive2": ("u-boot-starfive", "starfive_visionfive2")}
LAST = r"port-check: a shell on {}, with its root in an initramfs"
EXPECTED = {
    "virt": [
        "memory      0x80000000, 1024 MiB",
        "hart        3 sv48, rv64imafdc",
        "timebase    10000000 Hz",
        "interrupts  plic@c000000 at 0xc000000, sifive,plic-1.0.0: driver plic",
        r"console     serial@10000000 at 0x10000000, ns16550a: driver uart16550, interrupt 10 of plic@c000000",
        "clock       rtc@101000 at 0x101000, google,goldfish-rtc: driver goldfish_rtc",
        "power       test@100000 at 0x100000, sifive,test1: driver syscon_finisher",
        "disk        virtio_mmio@10008000 .*: driver virtio_mmio, interrupt 8 of plic@c000000",
        "no driver   pci@30000000",
        "firmware's  clint@2000000",
        LAST.format("serial@10000000") + " or on a disk"],
    "sifive_u": [
        "hart        0 left alone, it has no MMU: rv64imac",
        "hart        4 sv48, rv64imafdc",
        "timebase    1000000 Hz",
        "interrupts  interrupt-controller@c000000 at 0xc000000, sifive,plic-1.0.0: driver plic",
        "console     serial@10010000 at 0x10010000, sifive,uart0: driver uart_sifive, interrupt 4 of ",
        "serial      serial@10011000 ",
        "clock       none that has a driver",
        "power       gpio-restart, gpio-restart: driver gpio_power",
        "spi         spi@10050000 at 0x10050000, sifive,spi0: driver spi_sifive",
        "disk        mmc@0, mmc-spi-slot: driver mmc_spi",
        "no driver   ethernet@10090000",
        LAST.format("serial@10010000") + " or on a disk"],
    "unleashed": [
        "machine     SiFive HiFive Unleashed A00, sifive,hifive-unleashed-a00",
        "memory      0x80000000, 8192 MiB",
        "hart        0 left alone, it has no MMU: rv64imac",
        "hart        4 sv39, rv64imafdc",
        "timebase    1000000 Hz",
        "console     serial@10010000 at 0x10010000, sifive,uart0: driver uart_sifive, interrupt 4 of ",
        "disk        mmc@0, mmc-spi-slot: driver mmc_spi",
        LAST.format("serial@10010000") + " or on a disk"],
    "unmatched": [
        "machine     SiFive HiFive Unmatched A00, sifive,hifive-unmatched-a00",
        "memory      0x80000000, 16384 MiB",
        "hart        0 left alone, it has no MMU: rv64imac",
        "console     serial@10010000 at 0x10010000, sifive,uart0: driver uart_sifive, interrupt 39 of ",
        "disk        mmc@0, mmc-spi-slot: driver mmc_spi",
        "no driver   pcie@e00000000",
        LAST.format("serial@10010000") + " or on a disk"],
    "visionfive2": [
        "machine     .*starfive,visionfive-2",
        "memory      0x40000000, [0-9]+ MiB",
        "hart        0 left alone, it has no MMU",
        "hart        4 sv39, rv64imafdc",
        "timebase    4000000 Hz",
        "console     serial@10000000 at 0x10000000, snps,dw-apb-uart: driver uart16550, interrupt 32 of ",
        "no driver   mmc@16020000 at 0x16020000, snps,dw-mshc",
        LAST.format("serial@10000000") + "; no disk has a driver"],
}


def check(tree, kernel=KERNEL):
    """port-check's status, and all that it says."""
    r = subprocess.run([CHECK, kernel, tree], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       errors="replace", timeout=60)
    assert "Sanitizer" not in r.stdout and "runtime error" not in r.stdout, r.stdout
    return r.returncode, r.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A function: the file with the named machine's device tree."""
    folder = tmp_path_factory.mktemp("trees")

    def get(name):
        if name in BOARDS:
            package, board = BOARDS[name]
            subprocess.run([ROOT / "tools/fetch-debian", ROOT / "build" / package, package], check=True)
            return ROOT / "build" / package / "usr/lib/u-boot" / board / "u-boot.itb"
        path = folder / f"{name}.dtb"
        if not path.exists():
            harts = {"virt": "4", "sifive_u": "5"}[name]
            subprocess.run(["qemu-system-riscv64", "-M", f"{name},dumpdtb={path}", "-smp", harts, "-m", "1G",
                            "-display", "none"], check=True, stderr=subprocess.DEVNULL, timeout=60)
        return path

    return get


@pytest.fixture
def changed(tree, tmp_path):
    """A function: virt's tree with its source changed, each (pattern, replacement) at least once."""

    def make(*changes):
        source = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", tree("virt")], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        for pattern, new in changes:
            source, n = re.subn(pattern, new, source)
            assert n, pattern
        path = tmp_path / "changed.dtb"
        subprocess.run(["dtc", "-q", "-f", "-I", "dts", "-O", "dtb", "-o", path], input=source, text=True, check=True)
        return path

    return make


@pytest.mark.parametrize("name", EXPECTED)
def test_a_machine_that_reaches_a_shell(tree, name):
    """Memory, harts, clock, console and the rest as the tree has them, one clear line at the end, status 0."""
    status, said = check(tree(name))
    for line in EXPECTED[name]:
        assert re.search(f"^{line}", said, re.M), f"no line like {line!r} in:\n{said}"
    assert "MISSING" not in said
    assert said.splitlines()[-1].startswith("port-check: a shell on ")
    assert status == 0


@pytest.mark.parametrize("changes,missing", [
    ([(r'device_type = "memory"', 'device_type = "other"')], "memory: no enabled node"),
    ([(r"(memory@80000000 {[^}]*reg = )<[^>]*>", r"\1<0x00 0x80000000 0x00 0x200000>")], "memory: no bank has room"),
    ([(r'mmu-type = "[^"]*";', "")], "a hart: none is enabled"),
    ([(r'riscv,isa = "rv64imafdc', 'riscv,isa = "rv64imafd')], "a hart: none is enabled"),
    ([(r'riscv,isa = "rv64', 'riscv,isa = "rv32')], "a hart: none is enabled"),
    ([(r"timebase-frequency = <[^>]*>;", "")], "a clock"),
    ([(r'"sifive,plic-1.0.0\\0riscv,plic0"|"sifive,plic-1.0.0", "riscv,plic0"', '"other,plic"')],
     "an interrupt controller"),
    ([(r'compatible = "ns16550a"', 'compatible = "other,uart"')], "a console: the firmware's is serial@10000000, other,uart"),
    ([(r'compatible = "ns16550a"', 'status = "disabled"; compatible = "ns16550a"')], "a console: the firmware's is serial@10000000"),
], ids=["memory", "room", "mmu", "compressed", "rv32", "timebase", "plic", "uart", "disabled"])
def test_what_is_missing(changed, changes, missing):
    """A tree without something that a shell needs: it is named, the last line says no shell, status 1."""
    status, said = check(changed(*changes))
    assert re.search(f"^MISSING     {re.escape(missing)}", said, re.M), said
    assert re.match(r"port-check: no shell: \d+ things? (is|are) MISSING$", said.splitlines()[-1])
    assert status == 1


@pytest.mark.parametrize("known,line,status", [
    (b"sifive,uart0\0", "MISSING     a console: the firmware's is serial@10010000, sifive,uart0", 1),
    (b"mmc-spi-slot\0", "no driver   mmc@0, mmc-spi-slot", 0)], ids=["uart", "card"])
def test_it_knows_what_the_kernel_knows(tree, tmp_path, known, line, status):
    """Another string in the kernel's table of compatible devices is another answer: there is no second table."""
    other = tmp_path / "kernel.elf"
    image = KERNEL.read_bytes()
    assert image.count(known) == 1
    other.write_bytes(image.replace(known, b"?" + known[1:]))
    found, said = check(tree("sifive_u"), other)
    assert line in said
    assert found == status


def test_the_firmwares_console_is_another(changed):
    """The kernel takes the first port of the tree: where the firmware speaks on another, that is said."""
    uart = r"(serial@10000000 {)"
    second = (r'serial@10009000 { compatible = "ns16550a"; reg = <0x0 0x10009000 0x0 0x100>; interrupts = <12>;'
              r' interrupt-parent = <&{/soc/plic@c000000}>; };\n\1')
    status, said = check(changed((uart, second)))
    assert "console     serial@10009000" in said
    assert "the firmware's console is serial@10000000: name it with console=" in said
    assert status == 0


@pytest.mark.parametrize("board,unknown,lines", [
    ("virt", [b"ns16550a"], [r"memory: \d+ KiB free", r"cpu: 2 harts, this is", r"timer: 10000000 Hz",
                             "cpu: 2 of 2 harts are up", "init: unable to open an initial console"]),
    ("virt", [b"sifive,plic-1.0.0", b"riscv,plic0"], ["ttyS0: no interrupt .* output only, by polling",
                                                      "console: ttyS0", "^hello from a shell"]),
    ("virt", [b"timebase-frequency"], ["cpu: 2 harts", "Kernel panic: .* is absent or not below 1 GHz"]),
    ("sifive_u", [b"mmc-spi-slot"], ["timer: 1000000 Hz", "console: ttySIF0", "^hello from a shell"])],
    ids=["uart", "plic", "timebase", "card"])
def test_steps_of_the_porting_guide(machine, tmp_path, board, unknown, lines):
    """What docs/porting.md says a kernel does that lacks a driver: it is seen through the firmware, or goes on without."""
    image = (BUILD / "Image").read_bytes()
    for word in unknown:
        assert word in image
        image = image.replace(word, b"?" + word[1:])
    (tmp_path / "Image").write_bytes(image)
    m = machine(board=board, cpus=3 if board == "sifive_u" else 2, kernel=tmp_path / "Image",
                append="loglevel=8 -- echo hello from a shell")
    for line in lines:
        m.expect(line)


@pytest.mark.parametrize("what,message", [
    ("absent", "cannot be opened"), ("empty", "not a device tree"), ("source", "this is source: compile it with dtc"),
    ("cut", "cut off: 3000 bytes of"), ("nesting", "malformed"), ("no tree", "without a device tree in it")])
def test_files_that_are_no_device_tree(tree, tmp_path, what, message):
    """Status 2, and a message that says what is wrong with the file."""
    path = tmp_path / "bad"
    blob = tree("virt").read_bytes()
    structs = int.from_bytes(blob[8:12], "big")
    if what == "no tree":
        source = '/dts-v1/; / { images { kernel { data = "none"; }; }; };'
        subprocess.run(["dtc", "-q", "-O", "dtb", "-o", path], input=source, text=True, check=True)
    elif what != "absent":
        path.write_bytes({"empty": b"", "source": b"/dts-v1/;\n/ { };\n", "cut": blob[:3000],
                          "nesting": blob[:structs] + b"\0\0\0\2" + blob[structs + 4:]}[what])
    status, said = check(path)
    assert message in said and said.count("\n") == 1
    assert status == 2


def test_damaged_trees(tree, tmp_path):
    """Twenty trees with bytes changed at random: an answer or a message, never a crash."""
    rng = random.Random(7)
    path = tmp_path / "damaged.dtb"
    for _ in range(20):
        blob = bytearray(tree(rng.choice(["virt", "sifive_u"])).read_bytes())
        for _ in range(rng.choice([1, 5, 50])):
            blob[rng.randrange(8, len(blob))] = rng.choice([0, 1, 255, rng.randrange(256)])
        path.write_bytes(blob)
        status, said = check(path)
        assert status in (0, 1, 2) and said.splitlines()[-1].startswith("port-check: "), said
