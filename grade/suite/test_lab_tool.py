"""Labs: the tool that makes handouts and grades them, and a sample of `make lab-selftest` for each lab of the tree."""

import os
import random
import re
import shutil
import socket
import subprocess
import sys

import pytest

from grade.lab import carry, handout, lab, plugin, report, selftest, source
from grade.lab.run import why_unbuilt
from grade.machine import BUILD, OUT, ROOT

pytestmark = pytest.mark.ours

SEED = int(os.environ.get("SEED", "1"))
LABS = lab.names()
C = '''\
/* c.c - a file. { */
#include "x.h"
#define OPEN {				/* a
					   comment */ \\
	{

static const char quote = '"', brace = '{';
static const int table[] = { 1, 2 };
static int helper(int x);

/* What helper does. */
static int
helper(int x)
{
	return x + table[0];		/* } */
}

static inline int one(void) { return 1; }

struct s { int a; };

/* What work does: "{". */
struct s *
work(struct s *p, int (*f)(int, void *), const char *text) MUST_HOLD(p->lock)
{
#if OLD
	if (p) {
#else
	if (!p)
#endif
		text = "}";
	do {
		p->a = helper(one());
	} while (0);
	return p;
}

int last(void)
{
	return 0;
}
'''


# ---- functions in C ----

def test_functions_are_found():
    text = C.replace("#if OLD\n\tif (p) {\n#else\n\tif (!p)\n#endif\n", "\tif (!p)\n")
    found = source.functions(text)
    assert [f.name for f in found] == ["helper", "one", "work", "last"]
    assert [f.static for f in found] == [True, True, False, False]
    assert text[found[2].above:].startswith("/* What work does")
    assert text[found[2].start:].startswith("struct s *\nwork(")
    assert len(source.blank(text)) == len(text)
    with pytest.raises(source.SourceError, match="not closed"):
        source.functions(C)


def test_what_only_the_solution_used_is_named():
    text = C.replace("#if OLD\n\tif (p) {\n#else\n\tif (!p)\n#endif\n", "\tif (!p)\n")
    empties = [lab.Empty("c.c", "work", "return NULL;")]
    emptied = source.empty(text, empties)
    assert source.body(emptied, "work") == f"\n\t{source.ASSIGNMENT}\n\t(void)helper;\n\treturn NULL;\n"
    assert source.fill(emptied, text, empties) == text
    empties.append(lab.Empty("c.c", "helper", delete=True))
    emptied = source.empty(text, empties)
    assert "helper(" not in emptied and "What helper does" not in emptied and "(void)table;" in emptied
    filled = source.fill(emptied, text, empties)
    assert source.body(filled, "helper") == source.body(text, "helper")


def test_every_file_of_the_tree():
    """Each function that stands in this tree's style is found, and emptied it is found again."""
    for name in (n for n in handout.tracked() if n.endswith(".c")):
        text = (ROOT / name).read_text()
        names = [f.name for f in source.functions(text)]
        wanted = set(re.findall(r"^(?!__attribute__)([A-Za-z_]\w*)\((?:[^;{}]|\n)*?\n\{$", text, re.M))
        assert wanted <= set(names), f"{name}: {wanted - set(names)}"
        for f in reversed(source.functions(text)):
            text = text[:f.open + 1] + "\n" + text[f.close:]
        assert [f.name for f in source.functions(text)] == names, name


# ---- lab.toml ----

GOOD = '''\
id = "x"
title = "X"
files = ["a.c"]
[[empty]]
file = "a.c"
function = "f"
[[test]]
id = "t"
title = "T"
points = 10
'''


@pytest.mark.parametrize("old, new, says", [
    ('id = "x"', 'id = "y"', "folder is x"),
    ('title = "X"\n', "", "needs title"),
    ("points = 10", 'points = "10"', "not of type"),
    ("points = 10", "points = -1", "must be positive"),
    ("points = 10", "points = 10\nunknown = 1", "has no unknown"),
    ('id = "t"', 'id = "A b"', "names the function"),
    ('file = "a.c"', 'file = "b.c"', "not one of files"),
    ('files = ["a.c"]', 'files = ["a.c", "../b.c"]', "inside the tree"),
    ("points = 10", 'points = 10\nshow = "never"', "want one of"),
    ("points = 10", 'points = 10\noracle = "Z"', "oracle"),
    ("points = 10", "points = 10\n[floor]\nhandout = 11", "but there are 10"),
    ("points = 10", 'points = 10\n[[mutant]]\npatch = "m"\nkilled_by = ["t"]\nwhat = ""', "no such file"),
    ('title = "X"', 'title = "X', "lab.toml"),
])
def test_a_mistake_is_named(tmp_path, old, new, says):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/lab.toml").write_text(GOOD)
    assert lab.load("x", tmp_path).possible == 10
    (tmp_path / "x/lab.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(lab.LabError, match=says):
        lab.load("x", tmp_path)


# ---- results ----

def test_a_report(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/lab.toml").write_text(GOOD + '[[test]]\nid = "h"\ntitle = "H"\npoints = 5\nshow = "held-back"\nlike = "t"\n')
    r = report.fresh(lab.load("x", tmp_path), 7)
    assert (r.earned, r.possible, r.full) == (0, 15, False) and r.tests[0].outcome == "infra"
    r.tests[0].outcome, r.tests[0].earned, r.tests[0].instructions = "pass", 10, 41_000_000
    assert r.full and "(41 M insns)" in report.line("x", r.tests[0])
    assert report.last_line(r) == "Score: 10/15 (held back: 5, shown after the deadline)"
    r.save(tmp_path / "r.json")
    assert report.Report.load(tmp_path / "r.json") == r
    assert plugin.clean("a\x1b[2Jb\x07\r\nc") == "ab\\x07\nc"


# ---- the labs of this tree ----

@pytest.mark.parametrize("name", LABS)
def test_a_handout_has_no_trace_of_the_solution(name, tmp_path):
    one = lab.load(name)
    to = tmp_path / "handout"
    handout.make(one, to)
    assert handout.leaks(one, to) == []
    assert lab.load(name, handout.labs_in(to)).tests == one.tests
    assert lab.names(handout.labs_in(to)) == [name]
    shutil.rmtree(to)
    assert one.possible in (100, 10), f"{name}: {one.possible:g} points"      # 10: the warm-up
    if one.empty:
        assert len(one.mutants) >= 5, f"{name}: {len(one.mutants)} mutants"
        assert len(handout.solution_lines(one)) > 5
    for path in [one.folder / m.patch for m in one.mutants] + sorted((lab.LABS / lab.CHEATS).glob("*.patch")):
        r = subprocess.run(["patch", "-p1", "-s", "-f", "-F", "2", "--dry-run", "-i", path], cwd=ROOT, capture_output=True,
                           text=True)
        assert r.returncode == 0, f"{path.name}: {r.stdout}"


def test_earlier_work_is_carried(tmp_path):
    """A student fills a body and adds a line: in a new handout both are there, and what changed here meanwhile is, too."""
    name = next(n for n in LABS if lab.load(n).empty)
    one = lab.load(name)
    student, new = tmp_path / "student", tmp_path / "new"
    handout.make(one, student)
    handout.copy(handout.tracked(), new)
    e = next(e for e in one.empty if not e.delete)
    text = (student / e.file).read_text()
    (student / e.file).write_text(source.replace(text, e.function, "\n\t/* mine */\n" + (e.body or "return;") + "\n") +
                                  "\n/* an own line */\n")
    shutil.rmtree(new / "grade/labs" / name)
    assert f"{name}: {e.file}" in carry.carry(student, name, new)
    got = (new / e.file).read_text()
    assert "/* mine */" in source.body(got, e.function) and got.endswith("/* an own line */\n")
    assert (new / "grade/carried").read_text() == f"{name}\n"


def test_objects_of_a_tree_that_runs(tmp_path):
    """`make run' is open in another terminal: its socket is no object, and no error."""
    running = tmp_path / "build"
    running.mkdir()
    (running / "a.o").write_text("compiled")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(running / "qmp.sock"))
        selftest.objects(running, tmp_path / "copy")
    assert [f.name for f in (tmp_path / "copy").iterdir()] == ["a.o"]


@pytest.mark.parametrize("said", [
    "  UCC user/lib/strerror.c\nmm/cow.c:7:1: error: `here' undeclared\nmake: *** [Makefile:3: mm/cow.o] Error 1",
    "  LINK kernel.elf\nld: mm/cow.o: undefined reference to `here'\ncollect2: error: ld returned 1 exit status",
    "  MKE2FS root.img\nmke2fs failed:\nmake: *** [user.mk:97: here] Error 1\nmake: *** Waiting for unfinished jobs....",
    "error: refused: here: 2000000 bytes", "make: here: No such file or directory\n"])
def test_the_line_that_says_why_a_tree_does_not_build(said):
    assert "here" in why_unbuilt(said)


def test_a_sample_of_the_selftest(tmp_path):
    """One mutant of one lab, and a cheat on its handout, by the test that must see them."""
    rng = random.Random(SEED)
    one = lab.load(rng.choice([n for n in LABS if lab.load(n).mutants]))
    mutant = rng.choice(one.mutants)
    tests = [rng.choice(mutant.killed_by)]
    out = OUT / "lab-suite"
    wrong = selftest.Tree(one, tmp_path / "mutant", "reference")
    wrong.patch(one.folder / mutant.patch)
    wrong.make()
    r = wrong.grade(SEED, out / "mutant", tests=tests)
    assert r.result(tests[0]).outcome in ("fail", "not measured"), f"{one.id}: {tests[0]} did not notice {mutant.name}"
    cheat = selftest.Tree(one, tmp_path / "cheat", "handout")
    cheat.patch(lab.LABS / lab.CHEATS / "c8-fakes-the-end.patch")
    cheat.make()
    r = cheat.grade(SEED, out / "cheat", tests=tests)
    assert r.earned <= (one.floor.cheats or one.floor.handout), f"{one.id}: the handout cheats at {tests[0]}"


def test_exit_codes(tmp_path):
    """No lab of that name: an error, and no success."""
    r = subprocess.run([sys.executable, "-m", "grade.lab", "grade", "no-such-lab"], cwd=ROOT, capture_output=True, text=True,
                       env={**os.environ, "SEXTANT_BUILD": str(BUILD)})
    assert r.returncode == 2 and "there is no lab no-such-lab" in r.stderr
