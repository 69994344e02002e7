"""The shell at a terminal, as a person types at it."""

import time


def test_line_editing_and_history(machine):
    """Arrows move, ^A ^E ^U ^W ^K edit, up-arrow recalls."""
    m = machine().boot()
    m.send("echo wold\x1b[D\x1b[D\x1b[Dr\n")
    m.expect(r"^world?\r?$|^wrold\r?$")
    m.boot()
    assert m.run("echo  one   two") == "one two"
    m.send("\x1b[A\x1b[A\x1b[A\n")
    m.expect(r"^wrold\r?$|^world\r?$")
    m.boot()
    m.send("garbage\x15echo clean\n")
    m.expect(r"^clean\r?$")
    m.boot()


def test_interrupt_ends_the_job_not_the_shell(machine):
    """^C kills what runs in the foreground; the shell prompts again."""
    m = machine().boot()
    m.send("sleep 1000\n")
    m.expect("sleep 1000")
    time.sleep(0.3)
    m.send("\x03")
    m.boot()
    assert m.run("echo $?; echo alive").endswith("alive")
    m.send("typed but not sent\x03")
    m.boot()
    assert m.run("echo still") == "still"


def test_interrupt_stops_a_busy_loop(machine):
    """A program that never enters the kernel is killed too."""
    m = machine().boot()
    m.send("while true; do :; done\n")
    time.sleep(0.3)
    m.send("\x03")
    m.boot()
    assert m.run("echo back") == "back"


def test_pipes_redirection_and_scripts(machine):
    """Five-stage pipes, files, here-documents, functions, loops, traps."""
    m = machine().boot()
    assert m.run("seq 1 20 | grep 1 | sort -r | head -n 3 | wc -l | cat") == "3"
    m.run("cat >/tmp/s <<'EOF'\nf() { echo \"f $1 of $#\"; return 3; }\nfor i in a b; do f $i x; done\necho $?\nEOF")
    assert m.run("sh /tmp/s") == "f a of 2\nf b of 2\n3"
    assert m.run("echo $((6 * 7)) $(echo sub) `echo back` ${none:-dflt}") == "42 sub back dflt"
    assert m.run("false; echo $?; (exit 7); echo $?") == "1\n7"
    assert m.run("sleep 0.1 & wait $!; echo $?") == "0"


def test_paste_of_many_lines_loses_nothing(machine):
    """A paste of 200 lines at once runs whole and in order."""
    m = machine().boot()
    m.send("".join(f"echo line{i}end >>/tmp/p\n" for i in range(200)))
    m.send("echo PASTE''DONE\n")
    m.expect(r"^PASTEDONE\r?$", timeout=60)
    m.boot()
    assert m.run("wc -l </tmp/p").strip() == "200"
    assert m.run("tail -n 1 /tmp/p") == "line199end"


def test_end_of_file_leaves_the_shell(machine):
    """^D at the prompt ends the shell; init starts another."""
    m = machine().boot()
    m.send("\x04")
    m.boot()
    assert m.run("echo again") == "again"
