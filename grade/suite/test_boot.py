"""Booting: every machine that the one Image promises to start on, and how runs end."""

import re
import time

import pytest


@pytest.mark.parametrize("cpus", [1, 2, 4, 8])
def test_virt_reaches_the_prompt_with_every_hart(machine, cpus):
    """On virt, any number of harts up to 8 is brought up and the shell starts."""
    m = machine(cpus=cpus, append="quiet").boot()
    assert m.run("grep -c ^processor /proc/cpuinfo") == str(cpus)


def test_sifive_u_reaches_the_prompt(machine):
    """The same Image boots sifive_u: hart 0 is left alone, the SiFive UART is the console."""
    m = machine(board="sifive_u", cpus=5, mem="512M").boot(timeout=60)
    assert m.run("grep -c ^processor /proc/cpuinfo") == "4"


@pytest.mark.builds("gcc", "debug")
@pytest.mark.parametrize("mem", ["64M", "96M", "1G", "3G", "16G"])
def test_any_amount_of_ram(machine, build, mem):
    """From 64 MiB to 16 GiB; nearly all of it is usable (the debug build's shadow takes an eighth, and its image 8 MiB)."""
    m = machine(mem=mem).boot()
    total = int(re.search(r"MemTotal: *(\d+) kB", m.run("cat /proc/meminfo"))[1])
    given = int(mem[:-1]) * (1024 if mem[-1] == "M" else 1024 * 1024)
    assert given * (0.65 if build == "debug" else 0.93) < total <= given


@pytest.mark.parametrize("cpu", ["rv64", "rv64,sstc=off", "sifive-u54"])
def test_any_cpu_model(machine, cpu):
    """With and without Sstc and the newer extensions."""
    m = machine(cpu=cpu, cpus=2).boot()
    assert m.run("sleep 0.2; echo slept") == "slept"


def test_poweroff_succeeds(machine):
    """`poweroff` ends QEMU with status 0."""
    m = machine(cpus=2).boot()
    m.send("poweroff\n")
    assert m.wait() == 0


@pytest.mark.ours
def test_panic_fails_with_a_backtrace_of_every_hart(machine):
    """When init dies the kernel panics: reason, registers, symbols of every hart, and a failing status."""
    m = machine(cpus=2, append="rdinit=/bin/false")
    m.expect(r"panic: .*init")
    m.expect(r"end of kernel panic")
    harts = m.text().split("panic: ", 1)[1]
    assert set(re.findall(r"cpu (\d+) \(hart \d+\)", harts)) == {"0", "1"}
    assert len(re.findall(r"pc +[0-9a-f]{16}", harts)) == 2
    assert len(re.findall(r"backtrace:", harts)) == 2 and re.search(r"[a-z_]+\+0x[0-9a-f]+/0x[0-9a-f]+", harts)
    assert m.wait() not in (0, None)


def test_unknown_words_go_to_init(machine):
    """A word that the kernel does not know is an argument of init; with '=' in it, its environment."""
    m = machine(append="quiet colour=blue echo words -- and after; env")
    m.expect(r"^words and after\r?$")
    m.expect(r"^colour=blue\r?$")
    assert m.wait() == 0


@pytest.mark.ours
def test_loglevel_and_quiet(machine):
    """Without quiet the kernel says what it does; with quiet it does not, and dmesg still has it."""
    line = r"(?m)^\[ *\d+\.\d+\] (memory: .*?)\r?$"
    said = re.search(line, machine().boot().text())[1]
    m = machine(append="quiet").boot()
    assert not re.search(line, m.text())
    assert said.split(":")[0] in m.run("dmesg")
    assert re.search(line, machine(append="loglevel=7").boot().text())


def test_idle_machine_executes_nothing(machine):
    """With nothing to do every hart stays in wfi: QEMU takes next to no time of the host."""
    m = machine(cpus=4, append="quiet").boot()
    m.run("sleep 1")
    before = m.cpu_time()
    time.sleep(4)
    assert m.cpu_time() - before < 0.1
