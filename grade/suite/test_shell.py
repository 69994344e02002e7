"""The shell at a terminal, as a person types at it."""

import re

import pytest


pytestmark = pytest.mark.builds("gcc", "debug")


def typed(machine, keys, pattern):
    """Type keys at the prompt; pattern must come out on a line of its own, and then a prompt."""
    machine.send(keys)
    machine.expect(rf"^{pattern}\r?$")
    machine.boot()


def test_line_editing_and_history(machine):
    """Arrows, Home, End, Delete and ^A ^E ^U ^W ^K edit the line; up-arrow recalls the last ones."""
    m = machine(append="quiet").boot()
    typed(m, "echo wold\x1b[D\x1b[D\x1b[Dr\n", "wrold")
    typed(m, "echo  one   two\n", "one two")
    typed(m, "\x1b[A\n", "one two")
    typed(m, "\x1b[A\x1b[A\x1b[A\n", "wrold")
    typed(m, "garbage\x15echo clean\n", "clean")
    typed(m, "echo alpha beta\x17gamma\n", "alpha gamma")
    typed(m, "cho start\x01e\x05 end\n", "start end")
    typed(m, "echo keep drop\x1b[D\x1b[D\x1b[D\x1b[D\x0b\n", "keep")
    typed(m, "echo abx\x7fc\n", "abc")


def test_a_line_longer_than_the_screen(machine):
    """A command of 1000 characters is taken whole, and can still be edited at its beginning."""
    m = machine(append="quiet").boot()
    word = "x" * 1000
    typed(m, f"cho {word}\x01e\n", word)


def test_interrupt_ends_the_job_not_the_shell(machine):
    """^C kills what runs in the foreground; the shell prompts again, and the status says how it ended."""
    m = machine(append="quiet").boot()
    m.send("sh -c 'echo st\"\"arted; exec sleep 1000'\n")
    m.expect(r"^started\r?$")
    m.send("\x03")
    m.boot()
    typed(m, "echo =$?\n", "=130")
    m.send("typed but not sent\x03")
    m.boot()
    assert m.run("echo still") == "still"


def test_interrupt_stops_a_busy_loop(machine):
    """A loop in the shell itself, and a program that never enters the kernel, end at ^C too."""
    m = machine(append="quiet").boot()
    for command in "while :; do :; done", "sh -c 'while :; do :; done'":
        m.send(f'echo st""arted; {command}\n')
        m.expect(r"^started\r?$")
        m.send("\x03")
        m.boot()
    assert m.run("echo back") == "back"


def test_job_control(machine):
    """^Z stops the job; bg and fg go on with it; jobs lists it; %1 names it; ^\\ quits it."""
    m = machine(append="quiet").boot()
    m.send("sh -c 'echo st\"\"arted; exec sleep 1000'\n")
    m.expect(r"^started\r?$")
    m.send("\x1a")
    m.boot()
    assert re.search(r"\[1\].*Stopped", m.run("jobs"))
    m.run("bg >/dev/null")
    assert re.search(r"\[1\].*Running", m.run("jobs"))
    m.send("fg\n")
    m.expect("sleep 1000")
    m.send("\x1c")
    m.boot()
    typed(m, "echo =$?\n", "=131")
    m.run("sleep 1000 &")
    m.run("kill %1; wait", check=False)
    assert "sleep" not in m.run("jobs")


@pytest.fixture(params=["console", "pty"])
def shell(request, machine):
    """A shell at its prompt: on the console, or inside `script`, on a pseudo-terminal."""
    m = machine(append="quiet").boot()
    if request.param == "pty":
        m.send("script -q /dev/null\n")
        m.boot()
        assert m.run("tty") == "/dev/pts/0"
    return m


def test_jobs_have_names(shell):
    """%1, %+, %-, %text and %?text name jobs, for jobs, kill, wait, fg; bg goes on with several."""
    m = shell
    m.run("sleep 1000 & sleep 2000 & sleep 3000 &")
    out = m.run("jobs")
    assert re.search(r"\[1\]  Running +sleep 1000", out) and re.search(r"\[2\]- Running", out) \
        and re.search(r"\[3\]\+ Running", out)
    m.run("kill -STOP %1; sleep 0.2")
    assert re.search(r"\[1\]\+ Stopped +sleep 1000", m.run("jobs"))
    assert m.run("jobs -s").count("\n") == 0 and m.run("jobs -r").count("\n") == 1
    assert re.fullmatch(r"\d+\n\d+\n\d+", m.run("jobs -p"))
    m.run("kill -STOP %2 %3; sleep 0.2; bg %1 %?3000", check=False)
    assert "2000" in m.run("jobs -s") and m.run("jobs -r").count("\n") == 1
    assert m.run("kill %?2000; kill -CONT %2; wait %2; echo =$?") == "=143"     # before a prompt tells its end
    m.send("fg %1\n")
    m.expect("sleep 1000")
    m.send("\x03")
    m.boot()
    m.run("kill %+; wait", check=False)
    assert m.run("jobs") == ""


def test_wrong_names_of_jobs(shell):
    """A mistake is answered by what is wrong, and changes nothing."""
    m = shell
    says = lambda command: m.run(command + " 2>&1", check=False).partition("sh: ")[2]
    assert says("fg") == "fg: no current job" and m.code == 1
    assert says("bg %3") == "bg: %3: no such job"
    assert says("kill %1") == "%1: no such job"
    assert says("wait %1") == "wait: %1: no such job" and m.code == 127
    assert says("wait 99999") == "wait: 99999 is no child of this shell"
    assert "jobs: -x: unknown option" in says("jobs -x") and m.code == 2
    assert says("sh -c 'fg'") == "fg: no job control"
    m.run("sleep 1000 & sleep 2000 &")
    assert says("fg %sl") == "fg: %sl: ambiguous job"
    assert says("fg %1 %2") == "fg: one job at a time"
    assert says("bg %1") == "bg: job 1 runs in the background already"
    m.run("kill %1 %2; wait", check=False)


def test_job_control_in_a_script(shell):
    """set -m: each job of a script has its own group, can be stopped, and fg goes on with it."""
    m = shell
    out = m.run("sh -mc 'sh -c \"kill -STOP \\$\\$; echo on\"; echo =$?; jobs; fg' 2>/dev/null")
    assert re.fullmatch(r"=147\n\[1\]\+ Stopped .*\non", out)
    assert m.run("sh -c 'set -m; sleep 1000 & kill %1; wait %1; echo $?'") == "143"
    assert m.run("set +m; sleep 1000 & kill $!; wait $!; echo $?; set -m").endswith("\n143")


def test_notice_at_once(shell):
    """set -b: the end of a background job is told while the shell waits for a line; what was typed stays."""
    m = shell
    m.run("set -b")
    m.send("sleep 5 &\n")
    m.boot()
    m.send("echo whole")
    m.expect(r"\[1\]\+ Done +sleep 5")
    m.expect("echo whole")
    typed(m, " line\n", "whole line")


def test_leaving_with_stopped_jobs(shell):
    """exit and ^D warn of stopped jobs once; the second time the shell ends."""
    m = shell
    for leave in "exit\n", "\x04":
        m.send("sh -c 'kill -STOP $$'\n")
        m.expect("Stopped")
        m.boot()
        m.send(leave)
        m.expect("There are stopped jobs")
        m.boot()
        assert "Stopped" in m.run("jobs")
        m.run("kill -9 %1; wait", check=False)


def test_background_job_does_not_take_the_terminal(machine):
    """A background job that reads the terminal is stopped; the shell keeps its input."""
    m = machine(append="quiet").boot()
    m.run("cat &")
    m.run("sleep 0.3")
    assert re.search(r"Stopped.*cat", m.run("jobs"))
    m.run("kill -9 %1; wait", check=False)


def test_pipes_redirection_and_scripts(machine):
    """Five-stage pipes, files, here-documents, functions, loops, traps."""
    m = machine(append="quiet").boot()
    assert m.run("seq 1 20 | grep 1 | sort -r | head -n 3 | wc -l | cat") == "3"
    m.run("cat >/tmp/s <<'EOF'\nf() { echo \"f $1 of $#\"; return 3; }\nfor i in a b; do f $i x; done\necho $?\nEOF")
    assert m.run("sh /tmp/s") == "f a of 2\nf b of 2\n3"
    assert m.run("echo $((6 * 7)) $(echo sub) `echo back` ${none:-dflt}") == "42 sub back dflt"
    assert m.run("false; echo $?; (exit 7); echo $?") == "1\n7"
    assert m.run("sh -c 'sleep 0.1 & wait $!; echo $?'") == "0"


def test_paste_of_many_lines_loses_nothing(machine):
    """A paste of 200 lines at once runs whole and in order."""
    m = machine(append="quiet").boot()
    m.send("".join(f"echo line{i}end >>/tmp/p\n" for i in range(200)))
    m.send("echo PASTE''DONE\n")
    m.expect(r"^PASTEDONE\r?$", timeout=60)
    m.boot()
    assert m.run("wc -l </tmp/p").strip() == "200"
    assert m.run("tail -n 1 /tmp/p") == "line199end"


def test_end_of_file_leaves_the_shell(machine):
    """^D at the prompt ends the shell; init starts another."""
    m = machine(append="quiet").boot()
    m.send("\x04")
    m.boot()
    assert m.run("echo again") == "again"
