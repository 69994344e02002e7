"""Full-screen programs, on the console and on a pseudo-terminal: what a person would see.

The programs are those of Debian's busybox; the screen is drawn by grade/screen.py from what came out.
"""

import re

import pytest

from grade.cpio import pack
from grade.screen import Screen
from grade.suite.conftest import BUILDS

pytestmark = pytest.mark.builds("gcc", "debug")
ROWS, COLUMNS = 24, 80
SCRIPT = "script -qc '{}' /dev/null"


@pytest.fixture
def terminal(machine, build, debian, tmp_path):
    """A machine with busybox whose console is 24 by 80: (it, a function that starts a command on a fresh screen)."""
    archive = tmp_path / "terminal.cpio"
    archive.write_bytes((BUILDS[build] / "initramfs.cpio").read_bytes() +
                        pack({"bin/busybox": (0o100755, (debian / "usr/bin/busybox").read_bytes())}))
    m = machine(initrd=archive, append="quiet", cpus=2).boot()
    m.run(f"stty rows {ROWS} cols {COLUMNS}; export TERM=vt100")

    def start(command):
        m.send(f"clear; {command}\n")
        m.expect(rb"\x1b\[2?J")                 # ours: what was typed is gone
        return Screen(ROWS, COLUMNS)

    return m, start


def row(n, pattern):
    """The line n of the screen looks like this."""
    return lambda s: re.fullmatch(pattern, s.lines()[n])


def prompt(s):
    """The shell waits, its prompt at the cursor."""
    return re.search(r"[#$]$", s.lines()[s.row][:s.column].rstrip())


@pytest.mark.parametrize("how", ["{}", SCRIPT], ids=["console", "pty"])
def test_vi_writes_a_file(terminal, how):
    """vi shows what is typed where it is typed, moves, deletes, and writes what it showed."""
    m, start = terminal
    m.run("printf 'one\\ntwo\\nthree\\n' >/tmp/f")
    s = start(how.format("busybox vi /tmp/f"))
    m.watch(s, lambda s: s.lines()[:4] == ["one", "two", "three", "~"] and "/tmp/f" in s.lines()[23]
            and (s.row, s.column) == (0, 0), "the file in vi, the cursor at its beginning")
    m.send("jA and a half\x1b")
    m.watch(s, row(1, "two and a half"), "the second line longer")
    m.send("kdd")
    m.watch(s, lambda s: s.lines()[:2] == ["two and a half", "three"], "the first line gone")
    m.send("Gofour\x1b")
    m.watch(s, lambda s: s.lines()[:4] == ["two and a half", "three", "four", "~"], "a new last line")
    m.send(":wq\n")
    m.watch(s, prompt, "the prompt")
    assert m.run("cat /tmp/f") == "two and a half\nthree\nfour"
    assert not s.unknown


@pytest.mark.parametrize("how", ["{}", SCRIPT], ids=["console", "pty"])
def test_less_turns_pages(terminal, how):
    """less fills the screen, pages forward and back, goes to the end and to the beginning.

    It makes the terminal raw only while it waits for a key, so keys that need Enter could come too soon.
    """
    m, start = terminal
    m.run("for i in $(seq 1 100); do echo line $i; done >/tmp/f")
    s = start(how.format("busybox less /tmp/f"))
    m.watch(s, lambda s: s.lines()[:23] == [f"line {i}" for i in range(1, 24)], "the first page")
    m.send(" ")
    m.watch(s, lambda s: s.lines()[:23] == [f"line {i}" for i in range(24, 47)], "the second page")
    m.send("b")
    m.watch(s, row(0, "line 1"), "the first page again")
    m.send("G")
    m.watch(s, lambda s: "line 100" in s.lines(), "the last line")
    m.send("g")
    m.watch(s, row(0, "line 1"), "the first line again")
    m.send("q")
    m.watch(s, prompt, "the prompt")


def test_top_draws_again(terminal):
    """top shows the machine and its processes, again and again, until q."""
    m, start = terminal
    s = start("busybox top -d 1")
    shown = lambda s: "Mem:" in s.lines()[0] and re.search(r"PID +PPID +USER", s.text()) and "init" in s.text()
    m.watch(s, shown, "top's table")
    s.feed(b"\x1b[2J")
    m.watch(s, shown, "top's table, drawn again")
    m.send("q")
    m.watch(s, prompt, "the prompt")


def test_stop_and_go_on(terminal):
    """^Z leaves vi for the shell, whose terminal works as before; fg brings vi back, and it draws itself."""
    m, start = terminal
    m.run("echo text >/tmp/f")
    s = start("busybox vi /tmp/f")
    m.watch(s, row(0, "text"), "the file in vi")
    m.send("\x1a")
    m.watch(s, prompt, "the prompt")
    assert re.search(r"\[1\].*Stopped", m.run("jobs"))
    m.send("clear; fg\n")
    m.expect(rb"\x1b\[2?J")
    s = m.watch(Screen(ROWS, COLUMNS), row(0, "text"), "vi again")
    m.send("ix\x1b")
    m.watch(s, row(0, "xtext"), "vi takes keys again")
    m.send(":q!\n")
    m.watch(s, prompt, "the prompt")
    assert m.run("jobs") == ""


@pytest.mark.parametrize("how", ["{}", SCRIPT], ids=["console", "pty"])
def test_another_size(terminal, how):
    """A window that becomes smaller: the program is told by SIGWINCH, through a pty too, and draws itself to fit."""
    m, start = terminal
    m.run("for i in $(seq 1 100); do echo line $i; done >/tmp/f")
    m.run("{ until [ -e /tmp/go ]; do sleep 0.1; done; stty rows 10 cols 40 </dev/ttyS0; } &")
    s = start(how.format("busybox vi /tmp/f"))
    m.watch(s, row(22, "line 23"), "a full page")
    m.send(":w /tmp/go\n")
    s.resize(10, 40)
    s.feed(b"\x1b[2J")
    m.watch(s, lambda s: s.lines()[:9] == [f"line {i}" for i in range(1, 10)], "nine lines, drawn again")
    m.send(":q\n")
    m.watch(s, prompt, "the prompt")
    assert m.run("stty size") == "10 40"


def test_interrupt_through_a_pty(terminal):
    """^C typed at the console ends the program inside script, and not script; ^D ends the shell there."""
    m, _ = terminal
    m.send("script -q /tmp/log\n")
    m.boot()
    m.send("sh -c 'echo in\"\"side; exec busybox sleep 1000'\n")
    m.expect(r"^inside\r?$")
    m.send("\x03")
    m.boot()
    m.send("echo =$?\n")
    m.expect(r"^=130\r?$")
    m.boot()
    assert m.run("tty") == "/dev/pts/0"
    m.send("\x04")
    m.expect("exit")
    m.boot()
    assert "inside" in m.run("cat /tmp/log")
    assert m.run("script -qec 'exit 7' /dev/null", check=False) == "" and m.code == 7
