"""A lab's report in other people's formats has the form that they document (data/formats), whatever a student's machine said."""

import base64
import json
import xml.etree.ElementTree as xml

import jsonschema
import pytest

from grade.lab import formats
from grade.lab.formats import classroom, gradescope, junit, prairielearn
from grade.lab.report import HELD_BACK, Report, TestResult
from grade.machine import ROOT

NASTY = "\x1b[2J\x1b]0;PASS\x07\x00\x9b31m Score: 100/100 <b>&amp;]]> \ud800".encode("utf-8", "replace").decode() + "x" * 10 ** 6

PASSED = TestResult("p", "pages are shared", 60, 60, "pass", why="", instructions=41_000_000, seconds=1.5,
                    measures={"copied": [16, "pages"]})
FAILED = TestResult("f", "only written pages are copied", 15, 0, "fail", why=f"wrote 16, 512 were copied\n{NASTY}", rerun="make grade")
INFRA = TestResult("i", "two harts", 0, 0, "infra", why="QEMU did not start")
HIDDEN = TestResult("h", "the same, other seeds", 25, 0, "not measured", "held-back", HELD_BACK)
SEEN = TestResult("h", "the same, other seeds", 25, 25, "pass", "held-back", "")
NO_PLUGIN = TestResult("n", "stores", 10, 0, "not measured", why="this QEMU has no plugins")
TestResult.__test__ = False             # its name says otherwise to pytest
REPORTS = {
    "full": [PASSED, SEEN], "some": [PASSED, FAILED, HIDDEN], "harness": [PASSED, INFRA], "unmeasured": [PASSED, NO_PLUGIN],
    "nothing yet": [TestResult("a", "a", 10)], "empty": [],
}


@pytest.fixture(params=REPORTS)
def report(request):
    return Report("cow", f"Copy on write {NASTY}", 7, REPORTS[request.param], output=NASTY)


def checked(name, text):
    data = json.loads(text)
    jsonschema.validate(data, json.loads((ROOT / f"grade/suite/data/formats/{name}.json").read_text()))
    assert "\\u001b" not in text and "\\u0000" not in text and "\\u009b" not in text
    return data


def test_gradescope(report):
    r = checked("gradescope", gradescope.render(report))
    assert r["score"] == report.earned
    assert [t["name"] for t in r["tests"]] == [t.title for t in report.tests if not t.hidden]
    for t, of in zip(r["tests"], [t for t in report.tests if not t.hidden]):
        assert ("score" in t) == (of.outcome in ("pass", "fail"))
        assert t["visibility"] == ("after_published" if of.show == "held-back" else "visible")


def test_classroom(report):
    r = checked("classroom", classroom.render(report))
    assert r["max_score"] == sum(t.points for t in report.tests if not t.hidden)
    broken = any(t.outcome not in ("pass", "fail") for t in report.tests if not t.hidden)
    assert r["status"] == ("error" if broken else "pass" if report.full else "fail")
    name, _, value = classroom.output(report).rstrip("\n").partition("=")
    assert name == "result" and json.loads(base64.b64decode(value)) == r


def test_prairielearn(report):
    text = prairielearn.render(report)
    r = checked("prairielearn", text)
    assert len(text) < 10 ** 6
    assert r["gradable"] == (not report.infra)
    if r["gradable"] and report.tests:
        assert r["score"] == sum(t.earned for t in report.tests) / sum(t.points for t in report.tests if not t.hidden)


def test_prairielearn_shows_pictures_as_long_as_there_is_room(tmp_path):
    (tmp_path / "small.svg").write_text("<svg/>")
    (tmp_path / "large.svg").write_text("<svg>" + " " * 10 ** 6 + "</svg>")
    of = [TestResult(n, n, 1, 1, "pass", why="", picture=str(tmp_path / f"{n}.svg")) for n in ("large", "small", "missing")]
    tests = checked("prairielearn", prairielearn.render(Report("cow", "", 1, of)))["tests"]
    assert ["images" in t for t in tests] == [False, True, False]


def test_junit(report):
    root = xml.fromstring(junit.render(report))
    assert root.tag == "testsuites" and [s.tag for s in root] == ["testsuite"]
    cases = root[0].findall("testcase")
    assert len(cases) == len(report.tests)
    assert len({(c.get("classname"), c.get("name")) for c in cases}) == len(cases)
    for attribute, child in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(root[0].get(attribute)) == int(root.get(attribute)) == len(root[0].findall(f"testcase/{child}"))
    for c, t in zip(cases, report.tests):
        assert float(c.get("time")) == t.seconds
        assert c.find("properties/property[@name='points']").get("value") == f"{t.earned:g}/{t.points:g}"
        verdicts = [e.tag for e in c if e.tag in ("failure", "error", "skipped")]
        assert verdicts == {"pass": [], "fail": ["failure"], "infra": ["error"], "not measured": ["skipped"]}[t.outcome]


def test_all_are_written_and_leave_nothing_else(report, tmp_path):
    formats.write(report, tmp_path / "results")
    assert sorted(p.name for p in (tmp_path / "results").iterdir()) == [
        "cow.classroom.json", "cow.gradescope.json", "cow.junit.xml", "cow.prairielearn.json"]


def test_plain_says_what_it_left_out():
    assert formats.plain("a\x1b[31mb\x1b]0;title\x07c\rd\x00") == "abc\nd?"
    assert formats.plain("x" * 5000).endswith("[1000 characters more]")
