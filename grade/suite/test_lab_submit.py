"""A submission can hand in the lab's files and nothing else, and its build can do no harm."""

import gzip
import io
import os
import random
import stat
import tarfile
import zipfile

import pytest

from grade.lab import sandbox, submit
from grade.lab.submit import Refused


class Lab:
    id = "cow"
    files = ["mm/cow.c", "mm/fault.c"]


GOOD = b'#include "mm/page.h"\n#include <stdarg.h>\nint cow_break(void) { return 0; } /* #include "/etc/passwd" */\n'


@pytest.fixture
def tree(tmp_path):
    t = tmp_path / "tree"
    (t / "mm").mkdir(parents=True)
    (t / "Makefile").write_text("pristine")
    (t / "mm/cow.c").write_text("the handout's")
    (t / "mm/fault.c").write_text("the handout's")
    return t


def packed(kind, path, files):
    """An archive of {name: bytes, or a function that makes a tar's or zip's entry}."""
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name, data in files.items():
                z.writestr(name, data)
        return path
    with tarfile.open(path, "w:gz") as t:
        for name, data in files.items():
            m = tarfile.TarInfo(name)
            m.size = len(data)
            t.addfile(m, io.BytesIO(data))
    return path


def folder(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
@pytest.mark.parametrize("top", ["", "student-lab-1/"])
def test_only_the_listed_files_are_taken(kind, top, tree, tmp_path):
    files = {f"{top}mm/cow.c": GOOD, f"{top}Makefile": b"all: ; rm -rf /", f"{top}grade/lab/report.py": b"earned = 100"}
    what = folder(tmp_path / "s", files) if kind == "folder" else packed(kind, tmp_path / "s", files)
    assert submit.take(Lab, what, tree) == ["mm/cow.c"]
    assert (tree / "mm/cow.c").read_bytes() == GOOD
    assert (tree / "mm/fault.c").read_text() == "the handout's"
    assert (tree / "Makefile").read_text() == "pristine"
    assert sorted(p.name for p in tree.rglob("*") if p.is_file()) == ["Makefile", "cow.c", "fault.c"]


@pytest.mark.parametrize("text", [
    b'#include "/root/seeds"\n', b'#include "../../seeds.h"\n', b"# include </etc/passwd>\n", b"#include SECRET\n",
    b'#inc\\\nlude "/etc/passwd"\n', b'%:include "/etc/passwd"\n', b'#/* */include "/etc/passwd"\n', b'#embed "/etc/passwd"\n',
    b'asm(".incbin \\"/etc/passwd\\"");\n', b'asm(".include \\"/etc/passwd\\"");\n', b"int x;\0\n", b"\xff\xfe\n",
    b'int a; // \\\n\n#include "/etc/passwd"\n', pytest.param(b"x" * (submit.LARGEST + 1), id="large")])
def test_what_a_file_may_not_say(text, tree, tmp_path):
    with pytest.raises(Refused, match="mm/cow.c"):
        submit.take(Lab, folder(tmp_path / "s", {"mm/cow.c": text, "mm/fault.c": GOOD}), tree)
    assert (tree / "mm/fault.c").read_text() == "the handout's"


@pytest.mark.parametrize("text", [GOOD, b'// #include "/etc/passwd"\n', b'char *s = "#include /*";\n', b'const char c = \'"\';\n'])
def test_what_a_file_may_say(text, tree, tmp_path):
    assert submit.take(Lab, folder(tmp_path / "s", {"mm/cow.c": text}), tree) == ["mm/cow.c"]


def test_links_and_devices_are_refused(tree, tmp_path):
    s = folder(tmp_path / "s", {"mm/fault.c": GOOD})
    (s / "mm/cow.c").symlink_to("/etc/passwd")
    with pytest.raises(Refused, match="symbolic link"):
        submit.take(Lab, s, tree)
    (s / "mm/cow.c").unlink()
    os.mkfifo(s / "mm/cow.c")
    with pytest.raises(Refused, match="not a plain file"):
        submit.take(Lab, s, tree)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "mm").symlink_to(s / "mm")
    with pytest.raises(Refused, match="symbolic link"):
        submit.take(Lab, linked, tree)


def test_archives_that_trick(tree, tmp_path):
    with tarfile.open(tmp_path / "link.tar", "w") as t:
        m = tarfile.TarInfo("mm/cow.c")
        m.type, m.linkname = tarfile.SYMTYPE, "/etc/passwd"
        t.addfile(m)
    with pytest.raises(Refused, match="not a plain file"):
        submit.take(Lab, tmp_path / "link.tar", tree)
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as z:
        m = zipfile.ZipInfo("mm/cow.c")
        m.external_attr = (stat.S_IFLNK | 0o777) << 16
        z.writestr(m, "/etc/passwd")
    with pytest.raises(Refused, match="not a plain file"):
        submit.take(Lab, tmp_path / "link.zip", tree)
    climbs = packed("tar", tmp_path / "climb.tar", {"../mm/cow.c": GOOD, "../../etc/evil": b"x", "/mm/cow.c": GOOD})
    assert submit.take(Lab, climbs, tree) == ["mm/cow.c"]       # as files of one folder: nothing is unpacked
    bomb = packed("zip", tmp_path / "bomb.zip", {"mm/cow.c": b"\n" * (4 << 20)})
    with pytest.raises(Refused, match="over"):
        submit.take(Lab, bomb, tree)
    huge = packed("tar", tmp_path / "huge.tar", {"junk": b"\n" * (66 << 20), "mm/cow.c": GOOD})
    with pytest.raises(Refused, match="unpacks to more"):
        submit.take(Lab, huge, tree)
    with gzip.open(tmp_path / "name.tgz", "wb", 1) as f:         # a name of 200 MiB
        m = tarfile.TarInfo("././@LongLink")
        m.size, m.type = 200 << 20, tarfile.GNUTYPE_LONGNAME
        f.write(m.tobuf(tarfile.GNU_FORMAT))
        for _ in range(66):
            f.write(bytes(1 << 20))
    with pytest.raises(Refused, match="unpacks to more"):
        submit.take(Lab, tmp_path / "name.tgz", tree)
    with open(tmp_path / "large.zip", "wb") as f:
        f.truncate(200 << 20)
    with pytest.raises(Refused, match="200 MiB, over 64"):
        submit.take(Lab, tmp_path / "large.zip", tree)
    for name, data in (("not", b"nothing"), ("cut.tar", packed("tar", tmp_path / "x.tar", {"mm/cow.c": GOOD * 999}).read_bytes()[:90])):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(Refused):
            submit.take(Lab, tmp_path / name, tree)
    with pytest.raises(Refused, match="none of the lab's files"):
        submit.take(Lab, packed("zip", tmp_path / "other.zip", {"cow.c": GOOD}), tree)


@pytest.mark.parametrize("kind", ["zip", "tar", "gz", "bz2", "xz"])
def test_a_damaged_archive_is_refused_in_words(kind, tree, tmp_path):
    """Wherever the damage is, a file is taken or the archive refused: nothing else."""
    path, data = tmp_path / "s", random.Random(1).randbytes(500).hex().encode()
    if kind == "zip":
        packed("zip", path, {"mm/cow.c": data})
    else:
        with tarfile.open(path, "w:" + kind.replace("tar", "")) as t:
            m = tarfile.TarInfo("mm/cow.c")
            m.size = len(data)
            t.addfile(m, io.BytesIO(data))
    whole = path.read_bytes()
    assert submit.read(path, Lab.files)["mm/cow.c"] == data
    for at in range(0, len(whole), max(len(whole) // 100, 1)):
        for damaged in (whole[:at], whole[:at] + bytes(b ^ 0x5a for b in whole[at:at + 5]) + whole[at + 5:]):
            path.write_bytes(damaged)
            try:
                submit.read(path, Lab.files)
            except Refused:
                pass


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "seeds"
    path.write_text("4711")
    path.chmod(0o644)
    return path


@pytest.mark.skipif(sandbox.kind() != "bwrap", reason="bubblewrap does not work here")
def test_a_build_sees_the_tree_and_no_more(tree, secret):
    (tree / "x.c").write_text(f'#include "{secret}"\n')
    assert "fatal error" in sandbox.run(["gcc", "-E", "x.c"], tree).output
    r = sandbox.run(["sh", "-c", f"cat {secret}; ls {tree.parent}; id -u; grep -c : /proc/net/dev; echo x > made"], tree)
    assert "4711" not in r.output and "seeds" not in r.output.split()
    assert r.output.split()[-1] == "1"                  # lo, and it is down
    assert str(sandbox.BUILDER if os.getuid() == 0 else os.getuid()) in r.output.split()
    assert (tree / "made").read_text() == "x\n"


def test_a_build_is_bounded(tree):
    assert "printed more" in sandbox.run(["yes"], tree).ended
    assert "longer than 1 s" in sandbox.run(["sleep", "60"], tree, seconds=1).ended
    bomb = sandbox.run(["sh", "-c", "f() { f | f & }; f; sleep 60"], tree, seconds=2)
    assert bomb.ended or bomb.status
    eats = sandbox.run(["/usr/bin/python3", "-c", "x = bytearray(4 << 30)"], tree)
    assert eats.status and "MemoryError" in eats.output
    fills = sandbox.run(["sh", "-c", f"head -c {sandbox.LARGEST_FILE + 1} /dev/zero > big"], tree)
    assert fills.status and (tree / "big").stat().st_size == sandbox.LARGEST_FILE, fills
    (tree / "big").unlink()
    assert sandbox.run(["sh", "-c", "echo fine; exit 3"], tree) == sandbox.Outcome(3, "fine\n")
