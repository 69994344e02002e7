"""A packed lab grades in the places it was packed for: their steps are run here as they run there, in folders like theirs.

What is handed in is refused, so that nothing is compiled: the way there and back is what is tested.  LAB_PACKAGES=full hands
in the reference's files instead, and wants full marks.
"""

import base64
import json
import os
import subprocess
import tarfile
import zipfile

import pytest
import yaml

from grade.lab import package
from grade.lab.lab import load
from grade.machine import ROOT

LAB = "cow"
FULL = os.environ.get("LAB_PACKAGES") == "full"


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    out = tmp_path_factory.mktemp("package") / "out"
    seeds = out.parent / "seeds"
    seeds.write_text("4711\n")
    names = package.make(load(LAB), out, seeds)
    assert names == ["Dockerfile", "github/grade.yml", "gitlab/.gitlab-ci.yml", "gradescope.zip", "sextant.tar.gz"]
    return out


@pytest.fixture
def work(tmp_path):
    """What is handed in."""
    for name in load(LAB).files:
        path = tmp_path / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(("" if FULL else '#include "/etc/passwd"\n') + (ROOT / name).read_text())
    return tmp_path / "work"


def sh(command, where, **env):
    """Run a step as a runner does: with /bin/sh -e, and nothing of ours in the environment; its status."""
    env = {"PATH": os.environ["PATH"], "HOME": str(where), **env}
    return subprocess.run(["sh", "-e", "-c", command], cwd=where, env=env).returncode


def judged(results):
    report = json.loads((results / f"{LAB}.json").read_text())
    if FULL:
        assert report["earned"] == report["possible"]
    else:
        assert report["earned"] == 0 and all("refused: mm/" in t["why"] for t in report["tests"] if t["outcome"] == "fail")
    return report


def test_nothing_of_a_solution_is_packed(packed, tmp_path):
    from grade.lab.handout import leaks
    with tarfile.open(packed / "sextant.tar.gz") as tar:
        tar.extractall(tmp_path)
    tree = tmp_path / "sextant"
    assert not leaks(load(LAB), tree)
    assert (tree / package.SEEDS).read_text() == "4711\n" and package.is_pristine(tree)
    assert not list(tree.glob("grade/labs/*/mutants")) and not (tree / "grade/labs/cheats").exists()


def test_gradescope(packed, work, tmp_path):
    top = tmp_path / "autograder"
    (top / "source").mkdir(parents=True)
    with zipfile.ZipFile(packed / "gradescope.zip") as z:
        assert {i.filename: i.external_attr >> 16 for i in z.infolist()}["run_autograder"] == 0o100755
        z.extractall(top / "source")
    work.rename(top / "submission")
    setup = (top / "source/setup.sh").read_text().replace("apt-get update", ":")
    if not FULL:
        setup = setup.replace("make -s", "echo not now: make -s")
    assert sh(setup, top, AUTOGRADER=str(top)) == 0
    assert sh((top / "source/run_autograder").read_text(), top, AUTOGRADER=str(top)) == 0
    r = json.loads((top / "results/results.json").read_text())
    assert r["score"] == judged(top / "lab-results")["earned"]
    assert FULL or "refused: mm/" in r["tests"][0]["output"]


def repository(tmp_path, packed, work):
    """A student's: the handout, and then a commit of their own."""
    with tarfile.open(packed / "sextant.tar.gz") as tar:
        tar.extractall(tmp_path)
    repo = (tmp_path / "sextant").rename(tmp_path / "student")
    (repo / package.PRISTINE).unlink()
    (repo / package.SEEDS).unlink()
    git = "git -c user.name=s -c user.email=s@localhost -c init.defaultBranch=main"
    assert sh(f"{git} init -q . && {git} add -A && {git} commit -qm handout", repo) == 0
    assert sh(f"cp -r {work}/. . && {git} add -A && {git} commit -qm mine", repo) == 0
    return repo


def test_github(packed, work, tmp_path):
    workflow = yaml.safe_load((packed / "github/grade.yml").read_text())
    assert workflow[True] == ["push", "pull_request", "workflow_dispatch"]      # "on", to YAML
    repo, outputs = repository(tmp_path, packed, work), tmp_path / "outputs"
    steps = {s.get("name"): s for s in workflow["jobs"]["grade"]["steps"]}
    for name in ("the handout as it was", "grade"):
        where = (repo / steps[name].get("working-directory", ".")).resolve()
        status = sh(steps[name]["run"], where, GITHUB_WORKSPACE=str(repo), GITHUB_OUTPUT=str(outputs))
        assert status == (0 if FULL or name != "grade" else 1)
    result = json.loads(base64.b64decode(outputs.read_text().removeprefix("result=")))
    assert result["status"] == ("pass" if FULL else "fail")
    assert steps["report"]["env"] == {"GRADE_RESULTS": "${{ steps.grade.outputs.result }}"}
    judged(repo / "results")


def test_gitlab(packed, work, tmp_path):
    job = yaml.safe_load((packed / "gitlab/.gitlab-ci.yml").read_text())["grade"]
    repo = repository(tmp_path, packed, work)
    assert sh("\n".join(job["script"]), repo, CI_PROJECT_DIR=str(repo)) == (0 if FULL else 1)
    judged(repo / "results")
    assert (repo / job["artifacts"]["reports"]["junit"]).exists()


def test_docker_grades_what_is_mounted(packed):
    """Docker is not run here: the image is made of commands that the others run too."""
    lines = (packed / "Dockerfile").read_text().splitlines()
    assert [row.split()[0] for row in lines if row[:1] not in ("#", " ", "")] == ["FROM", "RUN", "ADD", "WORKDIR", "RUN", "CMD"]
    assert json.loads(lines[-1].removeprefix("CMD "))[-5:] == ["submission", LAB, "/submission", "--results", "/results"]
