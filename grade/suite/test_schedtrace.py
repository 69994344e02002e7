"""schedtrace's timeline: it can be read, it is whole, and it shows what ran; and the chart that is made of it."""

import json
import re
import xml.dom.minidom

import pytest

from grade import gantt

pytestmark = [pytest.mark.builds("gcc", "debug"), pytest.mark.ours]
WORKERS = "for n in 1 2 3; do seq 1 2000 >/dev/null & done; taskset 2 wc -l /etc/passwd; wait"


@pytest.fixture
def traced(machine):
    """A function that runs a shell script under schedtrace on two harts: (the machine, the timeline)."""

    def run(script, options=""):
        m = machine(cpus=2, append="quiet").boot()
        said = m.run(f"schedtrace {options} -o /tmp/t.json sh -c '{script}'")
        assert re.search(r"t\.json: \d+ events, 2 harts", said)
        return m, json.loads(m.run("cat /tmp/t.json"))

    return run


def check(trace):
    """Ordered and balanced (slices() looks); nobody is at two places, and both groups tell of the same stretches."""
    every = gantt.slices(trace)
    ran = sorted((s.args["task"], s.begin, s.end, f"hart {s.track}") for s in every if s.group == "harts")
    theirs = sorted((s.track, s.begin, s.end, s.name) for s in every if s.group == "tasks" and s.name != "ready")
    assert ran == theirs
    for one, other in zip(theirs, theirs[1:]):
        assert one[0] != other[0] or one[2] <= other[1], f"at two places: {one}, {other}"
    return every


def test_a_timeline_shows_who_ran(traced):
    """The workers are there by name, each with the time it ran; one that may use one hart only is on no other."""
    m, trace = traced(WORKERS)
    every = check(trace)
    assert trace["otherData"]["lost"] == 0
    assert set(gantt.track_names(trace, gantt.HARTS).values()) == {"hart 0", "hart 1"}
    names = list(gantt.track_names(trace, gantt.TASKS).values())
    assert sum(n.startswith("seq ") for n in names) == 3
    assert {s.args["task"] for s in every if s.name == "seq"} == \
        {int(n.split()[1]) for n in names if n.startswith("seq ")}
    assert {s.track for s in every if s.group == "harts" and s.name == "wc"} == {1}
    assert m.run("cat /proc/schedtrace") == "# off, 0 events a hart"       # it gave the memory back


def test_what_does_not_fit_is_lost_first(traced):
    """A small ring keeps the last events and says how many it lost; what is left is as whole as a long trace."""
    _, trace = traced(WORKERS, "-n 16")
    assert trace["otherData"]["lost"] > 0
    assert any(s.name == "schedtrace" for s in check(trace))       # it ran last


def test_a_chart_is_drawn_of_it(traced):
    """The Gantt chart is SVG with a row for each hart and each task."""
    _, trace = traced("seq 1 100 >/dev/null")
    chart = xml.dom.minidom.parseString(gantt.draw(trace))
    words = [t.firstChild.data for t in chart.getElementsByTagName("text")]
    assert {"harts", "tasks", "hart 0", "hart 1"} <= set(words)
    assert any(w.startswith("seq ") for w in words)


def test_the_control_file_says_no(machine):
    """What it does not understand is EINVAL; a second trace is EBUSY; what was recorded stays until it is cleared."""
    m = machine(cpus=2, append="quiet").boot()
    m.run("w() { printf '%s\\n' \"$1\" | dd of=/proc/schedtrace bs=64 2>&1 | grep -o 'Invalid.*\\|Device.*'; }")
    assert m.run("w stop", check=False) == "Invalid argument"
    assert m.run("w 'start 0'", check=False) == "Invalid argument"
    assert m.run("w 'start 65537'", check=False) == "Invalid argument"
    assert m.run("w start4", check=False) == "Invalid argument"
    assert m.run("w start", check=False) == ""
    assert m.run("w start; w clear", check=False).split("\n") == ["Device or resource busy"] * 2
    m.run("w stop", check=False)
    assert " begin " in m.run("cat /proc/schedtrace") and m.run("w clear", check=False) == ""
    assert m.run("cat /proc/schedtrace") == "# off, 0 events a hart"
