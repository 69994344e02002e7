"""JUnit XML, as GitLab, GitHub's reporters and Jenkins read it: failure is wrong work, error a fault of the harness.

There is no place for points in it: they are a property of each test and of the suite.
Further: gitlab.com's "Unit test reports"; testmoapp/junitxml.
"""

import xml.etree.ElementTree as xml

from grade.lab.formats import message, plain

CHILD = {"fail": "failure", "infra": "error", "not measured": "skipped"}


def properties(parent, **pairs):
    inside = xml.SubElement(parent, "properties")
    for name, value in pairs.items():
        xml.SubElement(inside, "property", name=name, value=plain(str(value)))


def case(suite, report, t):
    e = xml.SubElement(suite, "testcase", classname=f"sextant.{report.lab}", name=plain(f"{t.title} [{t.id}]"),
                       time=f"{t.seconds:.3f}")
    properties(e, points=f"{t.earned:g}/{t.points:g}")
    if t.outcome != "pass":
        said = message(t)
        child = xml.SubElement(e, CHILD[t.outcome], message=said.split("\n")[0])
        if t.outcome != "not measured":
            child.set("type", t.outcome)
        child.text = said
    elif said := message(t):
        xml.SubElement(e, "system-out").text = said


def render(report):
    counts = {"tests": len(report.tests)}
    for outcome, name in (("fail", "failures"), ("infra", "errors"), ("not measured", "skipped")):
        counts[name] = sum(t.outcome == outcome for t in report.tests)
    counts = {k: str(v) for k, v in counts.items()} | {"time": f"{sum(t.seconds for t in report.tests):.3f}"}
    root = xml.Element("testsuites", name="sextant", **counts)
    suite = xml.SubElement(root, "testsuite", name=report.lab, **counts)
    properties(suite, seed=report.seed, points=f"{report.earned:g}/{report.possible:g}")
    for t in report.tests:
        case(suite, report, t)
    xml.indent(root)
    return xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
