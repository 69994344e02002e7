"""What boards have and QEMU models: clocks, pins, ways to end, an Image anywhere in RAM, page tables for any core."""

import re
import subprocess
import time

import pytest

from grade.suite.conftest import BUILDS

pytestmark = pytest.mark.ours

GPIO_OUTPUT_EN, GPIO_OUTPUT = 0x10060008, 0x1006000C
PWM_CMP = 0x10020020
DOWN = 4 << 20                                  # how much further up an Image is put
JUMP = bytes.fromhex("97024000" "67800200")     # auipc t0, DOWN >> 12; jr t0


def word(m, address):
    return int(m.hmp(f"xp /1xw {address:#x}").split()[-1], 16)


@pytest.fixture
def tree(tmp_path):
    """A function: a board's device tree with lines added to its root, as a file."""

    def make(lines, board="sifive_u", cpus=5):
        dtb = tmp_path / "machine.dtb"
        subprocess.run(["qemu-system-riscv64", "-M", f"{board},dumpdtb={dtb}", "-smp", str(cpus), "-m", "256M"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = subprocess.run(["dtc", "-qI", "dtb", "-O", "dts", dtb], check=True, stdout=subprocess.PIPE,
                              text=True).stdout
        if "GPIO" in lines:
            gpio = re.search(r"gpio@10060000 \{.*?phandle = (<\w+>)", text, re.S)[1].strip("<>")
            lines = lines.replace("GPIO", gpio)
        text += f"/ {{ {lines} }};\n"
        subprocess.run(["dtc", "-qI", "dts", "-O", "dtb", "-o", dtb], input=text, text=True, check=True)
        return dtb

    return make


@pytest.mark.builds("gcc", "debug")
def test_a_register_of_the_tree_ends_the_machine(machine):
    """reboot=driver: virt's syscon-poweroff and syscon-reboot do it, and the firmware is not asked."""
    m = machine(append="quiet loglevel=7 reboot=driver").boot()
    m.send("poweroff\n")
    m.expect(r"syscon-poweroff: 0x5555")
    assert m.wait() == 0
    m = machine(append="quiet loglevel=7 reboot=driver").boot()
    m.send("reboot\n")
    m.expect(r"syscon-reboot: 0x7777")
    assert m.wait() == 0


@pytest.mark.builds("gcc", "debug")
def test_a_pin_resets_the_machine(machine):
    """gpio-restart: pin 10, active low, ends sifive_u."""
    m = machine(board="sifive_u", cpus=5, append="loglevel=7 reboot=driver").boot(60)
    m.send("reboot\n")
    m.expect(r"gpio-restart: pin 10")
    assert m.wait() == 0


@pytest.mark.builds("gcc")
def test_a_pin_cuts_the_power(machine, tree):
    """gpio-poweroff, as the Unmatched has it: held inactive from boot on, and driven when all else is done."""
    dtb = tree("gpio-poweroff { compatible = \"gpio-poweroff\"; gpios = <GPIO 2 1>; timeout-ms = <10>; };")
    m = machine(board="sifive_u", cpus=5, dtb=dtb, append="reboot=driver").boot(60)
    assert word(m, GPIO_OUTPUT_EN) & 4 and word(m, GPIO_OUTPUT) & 4
    m.send("poweroff\n")
    m.expect(r"gpio-poweroff: pin 2")
    m.expect(r"gpio-poweroff: the board goes on")       # then the firmware drives the same pin, to no more effect
    assert any(not word(m, GPIO_OUTPUT) & 4 for _ in range(1000))


@pytest.mark.builds("gcc", "debug")
@pytest.mark.parametrize("kind", ["gpio", "pwm"])
def test_a_light_beats_like_a_heart(machine, tree, kind):
    """The light that asks for it, of two, goes on and off for ever; the other stays off. On a pin, and on a PWM's."""
    if kind == "gpio":
        dtb = tree("""leds { compatible = "gpio-leds"; one { gpios = <GPIO 4 0>; };
                      two { gpios = <GPIO 5 1>; linux,default-trigger = "heartbeat"; }; };""")
        first, second = (lambda: word(m, GPIO_OUTPUT) >> 4 & 1), (lambda: word(m, GPIO_OUTPUT) >> 5 & 1 ^ 1)
    else:               # as the boards' trees have it: inverted, and active low
        dtb = tree("""soc { pwm@10020000 { #pwm-cells = <3>; phandle = <0x77>; }; };
                      leds { compatible = "pwm-leds"; one { pwms = <0x77 0 7812500 1>; active-low; };
                      two { pwms = <0x77 1 7812500 1>; active-low; linux,default-trigger = "heartbeat"; }; };""")
        first, second = (lambda: word(m, PWM_CMP) == 0), (lambda: word(m, PWM_CMP + 4) == 0)
    m = machine(board="sifive_u", cpus=5, dtb=dtb).boot(60)
    assert m.run("dmesg | grep -c 'heartbeat: two'") == "1"
    changes, last = 0, second()
    for _ in range(1000):
        assert not first()
        now = second()
        changes, last = changes + (now != last), now
        if changes == 6:
            return
        time.sleep(0.02)
    m.fail("three beats")


@pytest.mark.parametrize("board, cpus", [("virt", 2), ("sifive_u", 5)])
def test_the_image_starts_anywhere(machine, build, tree, tmp_path, board, cpus):
    """Four MiB above where the firmware jumps to, the same Image boots: nothing in it knows its address.

    The jump's page stays reserved: OpenSBI before 1.2 now and then sends a second hart there, too (head.S: astray).
    """
    dtb = tree("""reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
                  jump@80200000 { reg = <0 0x80200000 0 0x1000>; }; };""", board, cpus)
    image = tmp_path / "Image"
    image.write_bytes(JUMP + bytes(DOWN - len(JUMP)) + (BUILDS[build] / "Image").read_bytes())
    m = machine(board=board, cpus=cpus, kernel=image, dtb=dtb).boot(60)
    assert m.run("grep -c ^processor /proc/cpuinfo") == str(min(cpus, 4))


@pytest.mark.builds("gcc", "debug")
def test_no_page_waits_for_its_accessed_or_dirty_bit(machine):
    """Every entry of every hart's page table has A, and D where it can be written: cores that set neither never fault.

    After programs have run, shared pages, and swept over files: most of what is mapped was never touched.
    """
    m = machine(cpus=2).boot()
    m.run("for i in 1 2 3 4; do (ls -l /bin | sort | wc >/dev/null) & done; wait; cat /bin/* >/dev/null")
    m.send("while :; do ls / >/dev/null; done &\n")
    m.boot()
    for _ in range(20):
        for cpu in 0, 1:
            said = m.qmp("human-monitor-command", **{"command-line": "info mem", "cpu-index": cpu})
            rights = re.findall(r"^[0-9a-f]{16} [0-9a-f]{16} [0-9a-f]{16} (\S+)", said, re.M)
            assert len(rights) > 5, said
            for r in rights:
                assert "a" in r and ("w" not in r or "d" in r), said


BULLET = "errata=0x489:0x8000000000000007:"


@pytest.mark.builds("gcc", "debug")
@pytest.mark.parametrize("ids, found", [
    (BULLET + "0x20181004", ["fence by address is not enough (CIP-1200)", "failed fetches are cut (CIP-453)"]),
    (BULLET + "0x200630", ["fence by address is not enough (CIP-1200)"]),
    (BULLET + "0x1200626", []), (BULLET + "0x20210000", []),
    ("errata=0:1:0x20171107", ["fence by address is not enough"]),
    ("errata=0x31e:0x8000000000000007:0x20181004", [])])
def test_cores_are_known_by_their_ids(machine, build, cpio, ids, found):
    """Each id's errata are named once, whoever starts; and what works around them works."""
    files = {f"bin/{t}": (0o100755, (BUILDS[build] / "user/tests" / t).read_bytes()) for t in ("mmap", "fork_memory", "signal_info")}
    initrd = cpio(files)
    initrd.write_bytes((BUILDS[build] / "initramfs.cpio").read_bytes() + initrd.read_bytes())
    m = machine(cpus=2, append=ids, initrd=initrd).boot()
    said = re.findall(r"errata: (.*)", m.run("dmesg"))
    assert len(said) == len(found) and all(s.endswith(f) for s, f in zip(said, found)), said
    if found:
        m.run("mmap && fork_memory", timeout=120)
        # It jumps to 2^38: extended upward, that is another address, as only a core with that erratum needs it.
        m.run("signal_info", check=False, timeout=120)
        assert bool(m.code) == (len(found) == 2)
