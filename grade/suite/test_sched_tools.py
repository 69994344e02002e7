"""ps, chrt, taskset, nice, renice and top: what they set is so, what they show is true."""

import re

import pytest

from grade.screen import Screen

pytestmark = pytest.mark.builds("gcc", "debug")
ROWS, COLUMNS = 24, 80


@pytest.fixture
def shell(machine):
    return machine(cpus=2, append="quiet").boot()


def columns(m, which, pid):
    return m.run(f"ps -o {which} -p {pid}").split("\n")[1].split()


def test_policies_and_priorities(shell):
    """chrt sets a policy for a command or a process and shows it; ps has it in its columns."""
    shell.run("sleep 1000 & p=$!")
    pid = shell.run("echo $p")
    assert columns(shell, "cls,rtprio,pri,ni", pid) == ["TS", "-", "19", "0"]
    assert shell.run(f"chrt -p {pid}").split("\n") == [f"pid {pid}'s current scheduling policy: SCHED_OTHER",
                                                        f"pid {pid}'s current scheduling priority: 0"]
    shell.run(f"chrt -f -p 30 {pid}")
    assert columns(shell, "cls,rtprio,pri,ni", pid) == ["FF", "30", "70", "-"]
    shell.run(f"chrt -R -p 1 {pid}")
    assert "SCHED_RR|SCHED_RESET_ON_FORK" in shell.run(f"chrt -p {pid}")
    shell.run(f"chrt -i -p 0 {pid}")
    assert columns(shell, "class,priority", pid) == ["IDL", "19"]
    assert "SCHED_BATCH" in shell.run("chrt -b 0 chrt -p 0")
    assert shell.run("chrt -f 100 true", check=False) == "chrt: SCHED_FIFO has priorities 1 to 99" and shell.code == 1
    assert "No such process" in shell.run("chrt -p 99999", check=False) and shell.code == 1
    assert shell.run("chrt 5", check=False).startswith("usage: chrt") and shell.code == 2
    assert "nosuch" in shell.run("chrt 5 nosuch", check=False) and shell.code == 127
    shell.run(f"kill {pid}")


def test_nice_values(shell):
    """nice runs a command nicer and says how nice we are; renice changes processes, groups and users."""
    assert shell.run("nice; nice nice; nice -n -5 nice; nice -n 99 nice") == "0\n10\n-5\n19"
    shell.run("nice -n 3 sleep 1000 & p=$!")
    pid = shell.run("echo $p")
    assert shell.run(f"renice 7 {pid}") == f"{pid} (process ID) old priority 3, new priority 7"
    assert shell.run(f"renice -n -2 -p {pid}") == f"{pid} (process ID) old priority 7, new priority -2"
    assert columns(shell, "ni,pri", pid) == ["-2", "21"]
    assert "No such process" in shell.run("renice 5 99999", check=False) and shell.code == 1
    assert shell.run("renice 5", check=False).startswith("usage: renice") and shell.code == 2
    assert "not a number" in shell.run("nice -n x true", check=False) and shell.code == 1
    assert "nosuch" in shell.run("nice nosuch", check=False) and shell.code == 127
    shell.run(f"kill {pid}")


def test_harts(shell):
    """taskset keeps a command or a process on harts, by mask and by list; ps says on which it is."""
    assert shell.run("taskset 2 ps -o hart,comm").split("\n")[-1].split() == ["1", "ps"]
    assert shell.run("taskset -c 0 taskset -p 0") == "pid 0's current affinity mask: 1"
    shell.run("sleep 1000 & p=$!")
    pid = shell.run("echo $p")
    assert shell.run(f"taskset -cp 1 {pid}").split("\n") == [f"pid {pid}'s current affinity list: 0,1",
                                                             f"pid {pid}'s new affinity list: 1"]
    assert shell.run(f"taskset -ap 3 {pid}").split("\n")[-1] == f"pid {pid}'s new affinity mask: 3"
    for bad in ("zz", "-c 1-", "-c 3-1", "''"):
        assert "taskset: not a" in shell.run(f"taskset {bad} true", check=False) and shell.code == 1
    assert "Invalid argument" in shell.run("taskset 10 true", check=False) and shell.code == 1
    shell.run(f"kill {pid}")


def test_ps_chooses(shell):
    """-l has how tasks are scheduled; -o takes columns by name and refuses what is none; -p takes a list."""
    titles, first = shell.run("ps -l").split("\n")[:2]
    assert titles.split() == "PID PPID USER S CLS RTPRIO PRI NI HART RSS TIME COMMAND".split()
    assert re.match(r" +1 +0 root +S TS +- +19 +0 +[01] ", first)
    assert shell.run("ps -o pid,comm -p 1").split() == ["PID", "COMMAND", "1", "init"]
    assert shell.run("ps -o pid -o s,comm -p 1,2 | wc -l") == "3"
    assert shell.run("ps -o foo", check=False) == "ps: there is no column foo" and shell.code == 1
    assert shell.run("ps -p 99999 -o pid", check=False).split() == ["PID"] and shell.code == 1


def test_top(shell):
    """top fills the screen and draws it again, shows who is busy, fits another size, and q gives the terminal back."""
    m = shell
    m.run(f"stty rows {ROWS} cols {COLUMNS}; before=$(stty -a); yes >/dev/null & sleep 0.1")
    m.run("{ until [ -e /tmp/go ]; do sleep 0.1; done; stty rows 10 cols 40 </dev/ttyS0; } &")
    m.send("clear; top -d 0.3\n")
    m.expect(rb"\x1b\[2?J")
    s = Screen(ROWS, COLUMNS)
    busy = lambda s: re.match(r" *\d+ root +TS +20 +0 +[01] .* R +\d+\.\d .* yes", s.lines()[7] if len(s.lines()) > 7 else "")
    m.watch(s, lambda s: s.lines()[0].startswith("top - up") and "PID USER" in s.text() and busy(s), "yes above all others")
    assert sum(line.startswith("Hart ") for line in s.lines()) == 2 and not s.unknown
    s.feed(b"\x1b[2J")
    m.watch(s, busy, "the same, drawn again")
    m.send("N")
    m.watch(s, lambda s: re.search(r"^ +1 root ", s.lines()[7]), "process 1 first")
    m.send("q")
    m.watch(s, lambda s: re.search(r"[#$]$", s.lines()[s.row][:s.column].rstrip()), "the prompt")
    assert m.run("[ \"$before\" = \"$(stty -a)\" ] && echo same") == "same"
    m.send("clear; top -d 0.3\n")
    m.expect(rb"\x1b\[2?J")
    s = m.watch(Screen(ROWS, COLUMNS), busy, "top again")
    m.qmp("query-status")
    m.send("q")
    m.boot()
    m.send("clear; touch /tmp/go; top -d 0.3\n")
    m.expect(rb"\x1b\[2?J")
    m.watch(Screen(ROWS, COLUMNS), lambda s: len([x for x in s.lines() if x]) == 9 and "Hart 1" in s.text()
            and max(map(len, s.lines())) <= 40, "ten lines of forty")
    m.send("q")
    m.boot()
    assert "Stopped" not in m.run("jobs; kill %1", check=False)      # a background job may set the size
